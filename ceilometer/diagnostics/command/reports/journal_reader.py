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

"""Opens the files of a journal and reads their entries, as bytes."""

from __future__ import annotations

import errno
import resource
from typing import Any

from ceilometer.diagnostics.command.reports import source
from systemd import journal

#: Longest piece of a field's value that is read where the whole is not
#: wanted, bytes.
OUTLINE_BYTES = 512

#: So often opening is tried while files vanish, or are refused.
_ATTEMPTS = 4

#: Descriptors that are wanted beside one for each file of the journal.
_OTHER_DESCRIPTORS = 64


class Reader(journal.Reader):  # type: ignore[misc]
    """A journal reader that gives fields as they are: bytes.

    The conversions of its base take a third of the time of listing reports,
    and make of a field what another system's journal need not hold there.
    """

    def step(self) -> bool:
        """Go to the next entry; False at the end."""
        return bool(self._next())

    def unique(self, name: str) -> set[bytes]:
        """All values that a field has anywhere, whatever the matches."""
        return set(super(journal.Reader, self).query_unique(name))

    def fields(self) -> dict[str, Any]:
        """All fields of the entry: bytes, or a list if one stands twice."""
        entry: dict[str, Any] = self._get_all()
        return entry

    def field(self, name: str) -> bytes | None:
        """One field of the entry, None if it has none of this name."""
        try:
            value: bytes = self._get(name)
        except KeyError:
            return None
        return value

    def realtime_usec(self) -> int:
        """When journald received the entry."""
        return int(self._get_realtime())

    def addresses(self) -> dict[str, bytes]:
        """What the export format says of an entry beside its fields."""
        monotonic = self._get_monotonic()[0]
        return {
            '__CURSOR': self._get_cursor().encode(),
            '__REALTIME_TIMESTAMP': b'%d' % self.realtime_usec(),
            '__MONOTONIC_TIMESTAMP': b'%d' % monotonic,
        }


class Journal:
    """The files of a journal, found once and opened as often as wanted.

    :param place: which journal
    :raises source.JournalError: there is none, or nothing of it can be read
    :ivar source: which journal
    :ivar problems: a line for each file that is skipped
    """

    def __init__(self, place: source.Source) -> None:
        self.source = place
        self._unusable: dict[str, str] = {}
        self.refresh()

    def refresh(self) -> None:
        """Find the files again: journald starts new ones."""
        self._files, self.problems = source.find(self.source)
        self._pass_over()
        _allow_descriptors(len(self._files))

    def reader(self, bytes_max: int = 0) -> Reader:
        """Open it; not to be used in several threads, nor for waiting.

        A reader with a match can miss the newest entry of a quiet journal for
        ever: who waits opens a new one each time.

        :param bytes_max: how much of each field to read, 0 for all of it
        :raises source.JournalError: it cannot be opened
        """
        for _ in range(_ATTEMPTS):
            try:
                reader = Reader(files=self._files)
                reader.data_threshold = bytes_max
                return reader
            except OSError as error:
                problem = error
            if problem.errno == errno.ENOENT:
                # removed or archived since it was found
                self.refresh()
            else:
                self._try_each(problem)
        raise source.JournalError(
            f'the journal cannot be opened: {source.reason(problem)}')

    def _try_each(self, error: OSError) -> None:
        """Find the files that libsystemd refuses, and all others for them."""
        before = len(self._unusable)
        for path in self._files:
            try:
                journal.Reader(files=[path]).close()
            except OSError as own:
                self._unusable[path] = f'{path}: {source.reason(own)}'
        if len(self._unusable) == before:
            raise source.JournalError(
                f'the journal cannot be opened: {source.reason(error)}')
        self._pass_over()

    def _pass_over(self) -> None:
        refused = [path for path in self._files if path in self._unusable]
        lines = [self._unusable[path] for path in refused]
        # who names a file wants that one
        if refused and (self.source.files or refused == self._files):
            raise source.JournalError('; '.join(lines))
        self._files = [path for path in self._files if path not in refused]
        self.problems += [f'{line}; skipped' for line in lines]


def _allow_descriptors(files: int) -> None:
    """Raise the limit of descriptors as journalctl does, if it is too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files + _OTHER_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and wanted > soft:
        if hard != resource.RLIM_INFINITY:
            wanted = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, soft), hard))
