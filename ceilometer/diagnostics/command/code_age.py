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

"""Whether the code on disk is newer than a process that has loaded it."""

from __future__ import annotations

import os

from ceilometer.diagnostics.outside import proc_files

#: The directory of this package.
OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def is_newer(package: str, pid: int) -> bool:
    """Whether a package has been replaced since a process was started.

    :param package: directory of the package, as the process sees it: a
        container has files of its own
    :param pid: process id; False if it is gone, or its files cannot be seen
    """
    try:
        return _changed(_as_seen_by(pid, package)) > proc_files.started(pid)
    except (OSError, ValueError, IndexError):
        return False


def _as_seen_by(pid: int, path: str) -> str:
    """The path here of a file that a process has by another one.

    :raises OSError: its files cannot be seen
    """
    try:
        here = os.readlink(f'/proc/{pid}/root') == '/' and (
            os.readlink(f'/proc/{pid}/ns/mnt')
            == os.readlink('/proc/self/ns/mnt'))
    except PermissionError:
        # somebody else than root looks at a daemon, which most likely has
        # the same files
        here = True
    return path if here else f'/proc/{pid}/root{path}'


def _changed(package: str) -> float:
    """When files of a package were last put there, seconds since the epoch.

    Not when they were last edited: files of a distribution's package are of
    the day when it was built.
    """
    times = [0.0]
    for directory, _, names in os.walk(package):
        for name in names:
            if name.endswith('.py'):
                try:
                    times.append(os.stat(
                        os.path.join(directory, name)).st_ctime)
                except OSError:
                    # it is being replaced now
                    continue
    return max(times)
