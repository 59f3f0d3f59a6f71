# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Paths of a system whose root directory may be mounted elsewhere."""

from __future__ import annotations

import errno
import os
import pathlib

#: As the kernel has it.
_LINKS_MAX = 40


def resolve(root: pathlib.Path, path: pathlib.PurePath) -> pathlib.Path:
    """Where a file of a system is, seen from here.

    Links in the path are followed as that system follows them, so that none
    leads out of it. The last part is not followed: it is the file itself.
    Where ``/lib`` is a link, what is below ``/lib`` and below ``/usr/lib`` is
    the same file.

    :param root: the system's root directory
    :param path: absolute, as that system names the file
    :raises OSError: links lead in a circle
    """
    done: list[str] = []
    left = list(reversed(path.parts[1:]))
    links = 0
    while left:
        part = left.pop()
        at = root.joinpath(*done, part)
        if part == '..':
            done = done[:-1]
        elif left and at.is_symlink():
            links += 1
            if links > _LINKS_MAX:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(at))
            target = pathlib.PurePath(os.readlink(at))
            if target.is_absolute():
                done = []
            left += reversed([part for part in target.parts if part != '/'])
        else:
            done.append(part)
    return root.joinpath(*done)


def named(root: pathlib.Path, path: pathlib.Path) -> str:
    """How a system itself names a file.

    :param root: the system's root directory
    :param path: the file, as :func:`resolve` gives it
    """
    return f'/{path.relative_to(root)}'
