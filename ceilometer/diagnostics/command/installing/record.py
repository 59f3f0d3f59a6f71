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

"""The record of what was installed: what is in it is ours to remove."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
from typing import Any
from typing import Final

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.installing import inside_root

#: Where it is, in the system that it is about.
PATH: Final = pathlib.PurePosixPath(
    '/var/lib/ceilometer-diagnostics/installed-files.json')

_VERSION = 1


def digest(data: bytes) -> str:
    """What the record knows a file's content by."""
    return hashlib.sha256(data).hexdigest()


@dataclasses.dataclass
class Record:
    """What was installed into a system.

    :ivar what: ``units`` or ``drop-ins``
    :ivar files: the digests that a file may have and still be as we wrote it,
        by its path in the system; two while it is being replaced
    :ivar directories: those that were made for them
    :ivar extras: what was asked for besides
    """

    what: str
    files: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    directories: list[str] = dataclasses.field(default_factory=list)
    extras: list[str] = dataclasses.field(default_factory=list)

    def is_as_written(self, path: str, data: bytes | None) -> bool:
        """Whether a file of the record holds what we wrote.

        :param path: in the system
        :param data: what the file holds, None if it is no regular file
        """
        return data is not None and digest(data) in self.files.get(path, ())

    def to_bytes(self) -> bytes:
        """What the file of the record holds."""
        return (json.dumps({'version': _VERSION,
                            **dataclasses.asdict(self)}, indent=1)
                + '\n').encode()


def load(root: pathlib.Path) -> Record | None:
    """The record of a system; None if nothing was installed into it.

    :param root: the system's root directory
    :raises command_line.Failure: it is damaged, or of a later version
    :raises OSError: it cannot be read
    """
    path = inside_root.resolve(root, PATH)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        told: dict[str, Any] = json.loads(data)
        if told.pop('version') != _VERSION:
            raise command_line.Failure(
                f'{path} was written by a later version of this command')
        found = Record(**told)
        for name, digests in found.files.items():
            if not (name.startswith('/') and isinstance(digests, list)):
                raise ValueError(name)
        return found
    except (ValueError, TypeError, KeyError, AttributeError):
        raise command_line.Failure(
            f'{path} is damaged: remove what it names, and then this file'
        ) from None
