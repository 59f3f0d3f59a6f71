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

from collections.abc import Collection
from collections.abc import Iterator
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

    :param path: the file to read
    :ivar path: the same
    """

    def __init__(self, path: str) -> None:
        super().__init__(files=[path])
        self.path = path

    def step(self) -> bool:
        """Go to the next entry; False at the end."""
        return bool(self._next())

    def unique(self, name: str) -> set[bytes]:
        """All values that a field has in the file, whatever the matches."""
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
    """The files of a journal, found once and read one after the other.

    A file is opened alone, and stays open. So what a file costs does not
    depend on how many others there are, a damaged one hides nothing of the
    others, and of each entry it is known in which file it is.

    :param place: which journal
    :raises source.JournalError: there is none, or nothing of it can be read
    :ivar source: which journal
    :ivar problems: a line for each file that is skipped
    """

    def __init__(self, place: source.Source) -> None:
        self.source = place
        self._unusable: dict[str, str] = {}
        self._opened: dict[str, Reader] = {}
        self.refresh()

    def refresh(self) -> None:
        """Find the files again: journald starts new ones.

        A reader with a match can miss the newest entry of a quiet journal for
        ever: who waits calls this each time.
        """
        self._close()
        self._files, self.problems = source.find(self.source)
        for path in [path for path in self._files if path in self._unusable]:
            self._skip(path)
        _allow_descriptors(len(self._files))

    def each(self, bytes_max: int = 0,
             paths: Collection[str] | None = None) -> Iterator[Reader]:
        """The files one after the other, each at its beginning.

        Readers are used again: what is wanted of one must be read before the
        next is asked for, and in one thread.

        :param bytes_max: how much of each field to read, 0 for all of it
        :param paths: only these files
        :raises source.JournalError: nothing of it can be read
        """
        done = set()
        for _ in range(_ATTEMPTS):
            vanished = False
            for path in list(self._files):
                if path in done or paths is not None and path not in paths:
                    continue
                done.add(path)
                try:
                    reader = self._reader(path)
                except FileNotFoundError:
                    # removed or archived since it was found
                    vanished = True
                    continue
                if reader is None:
                    continue
                reader.flush_matches()
                reader.seek_head()
                reader.data_threshold = bytes_max
                yield reader
            if not vanished:
                return
            self.refresh()

    def _reader(self, path: str) -> Reader | None:
        """The reader of a file, None where libsystemd refuses it."""
        if path in self._opened:
            return self._opened[path]
        try:
            try:
                reader = Reader(path)
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE):
                    raise
                self._close()
                reader = Reader(path)
        except OSError as error:
            if error.errno == errno.ENOENT:
                raise FileNotFoundError(error.errno, error.strerror,
                                        path) from None
            self._unusable[path] = f'{path}: {source.reason(error)}'
            self._skip(path)
            return None
        self._opened[path] = reader
        return reader

    def _skip(self, path: str) -> None:
        self._files = [other for other in self._files if other != path]
        line = self._unusable[path]
        # who names a file wants that one
        if self.source.files or not self._files:
            raise source.JournalError(line)
        self.problems.append(f'{line}; skipped')

    def _close(self) -> None:
        for reader in self._opened.values():
            reader.close()
        self._opened.clear()


def _allow_descriptors(files: int) -> None:
    """Raise the limit of descriptors as journalctl does, if it is too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files + _OTHER_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and wanted > soft:
        if hard != resource.RLIM_INFINITY:
            wanted = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, soft), hard))
