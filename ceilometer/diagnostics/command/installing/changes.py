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

"""Changes the files of a system: all of them, or none."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import tempfile
from typing import Final

from ceilometer.diagnostics.command.installing import inside_root
from ceilometer.diagnostics.command.installing import plan as plans
from ceilometer.diagnostics.command.installing import record

_FILE_MODE = 0o644
_DIRECTORY_MODE = 0o755

#: How names of files begin that are not in their place yet.
TEMPORARY: Final = '.ceilometer-diagnostics-'


def apply(root: pathlib.Path, plan: plans.Plan, before: record.Record | None,
          what: str, recorded: bool = True,
          extras: tuple[str, ...] = ()) -> None:
    """Do what is planned; if that fails, all is as it was.

    :param root: the system's root directory
    :param plan: what to do
    :param before: the record of what was installed
    :param what: ``units`` or ``drop-ins``; empty to have no record any more
    :param recorded: whether the system keeps a record; a package manager has
        its own
    :param extras: what was asked for besides
    :raises OSError: a file cannot be written
    """
    changes = _Changes(root)
    kept = before or record.Record(what)
    after = record.Record(what, {
        name: kept.files[name] for name in plan.unchanged
        if name in kept.files}, extras=list(extras))
    written = plan.new | plan.replaced
    keeps_record = recorded and bool(what)
    try:
        for name, data in written.items():
            changes.stage(name, data)
            after.files[name] = [record.digest(data)]
        if keeps_record:
            changes.make_directory_of(str(record.PATH))
            after.directories = [*kept.directories, *changes.directories]
            # whoever ends us from here on finds all files in it, old or new
            changes.stage(str(record.PATH), dataclasses.replace(
                after, files={**kept.files, **{
                    name: [*kept.files.get(name, []), *digests]
                    for name, digests in after.files.items()}}).to_bytes())
            changes.place(str(record.PATH))
        changes.place(*written)
        for name in plan.removed:
            changes.remove(name)
        if keeps_record:
            changes.stage(str(record.PATH), after.to_bytes())
            changes.place(str(record.PATH))
        elif recorded:
            changes.remove(str(record.PATH))
    except BaseException:
        changes.undo()
        raise
    if not what:
        _remove_empty(root, kept.directories)


class _Changes:
    """Changes that can be taken back.

    :ivar directories: those that were made, as the system names them
    """

    def __init__(self, root: pathlib.Path) -> None:
        self._root = root
        self.directories: list[str] = []
        self._staged: dict[pathlib.Path, str] = {}
        self._before: dict[pathlib.Path, bytes | None] = {}

    def _at(self, name: str) -> pathlib.Path:
        return inside_root.resolve(self._root, pathlib.PurePosixPath(name))

    def stage(self, name: str, data: bytes) -> None:
        """Write a file beside its place."""
        self.make_directory_of(name)
        at = self._at(name)
        descriptor, temporary = tempfile.mkstemp(
            prefix=TEMPORARY, dir=at.parent)
        self._staged[at] = temporary
        with open(descriptor, 'wb') as file:
            file.write(data)
            os.fchmod(descriptor, _FILE_MODE)
            file.flush()
            os.fsync(descriptor)

    def make_directory_of(self, name: str) -> None:
        """Make the directory of a file, and those above it."""
        self._make_directory(self._at(name).parent)

    def _make_directory(self, directory: pathlib.Path) -> None:
        if directory.is_dir():
            return
        self._make_directory(directory.parent)
        directory.mkdir()
        self.directories.append(inside_root.named(self._root, directory))
        # whatever umask says: systemd's generators run as other users, too
        directory.chmod(_DIRECTORY_MODE)

    def place(self, *names: str) -> None:
        """Put staged files in their places."""
        for at in map(self._at, names):
            self._remember(at)
            os.replace(self._staged[at], at)
            del self._staged[at]

    def remove(self, name: str) -> None:
        """Remove a file that may be gone already."""
        at = self._at(name)
        self._remember(at)
        at.unlink(missing_ok=True)

    def _remember(self, at: pathlib.Path) -> None:
        if at not in self._before:
            self._before[at] = plans.content(at)

    def undo(self) -> None:
        """Take all back, as far as that can be done."""
        for temporary in self._staged.values():
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        for at, data in self._before.items():
            with contextlib.suppress(OSError):
                if data is None:
                    at.unlink(missing_ok=True)
                elif plans.content(at) != data:
                    at.write_bytes(data)
                    at.chmod(_FILE_MODE)
        _remove_empty(self._root, self.directories)


def _remove_empty(root: pathlib.Path, directories: list[str]) -> None:
    for name in sorted(directories, key=len, reverse=True):
        # somebody else may have put something there
        with contextlib.suppress(OSError):
            inside_root.resolve(root, pathlib.PurePosixPath(name)).rmdir()
