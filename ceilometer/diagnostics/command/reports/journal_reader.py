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
import re
import resource
from typing import Any

from ceilometer.diagnostics.command.reports import fatal_entries
from ceilometer.diagnostics.command.reports import kept_reader
from ceilometer.diagnostics.command.reports import promised
from ceilometer.diagnostics.command.reports import sender
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics.command.reports import stored
from ceilometer.diagnostics import fields
from systemd import journal

#: Longest piece of a field's value that is read where the whole is not
#: wanted, bytes.
OUTLINE_BYTES = 512

#: So often opening is tried while files vanish, or are refused.
_ATTEMPTS = 4

#: Descriptors that are wanted beside one for each file of the journal.
_OTHER_DESCRIPTORS = 64


#: What is read of an entry that cannot be read as a whole.
_FIELDS = tuple(
    name for name in vars(fields).values() if isinstance(name, str) and (
        name.startswith('REPORT'))) + (
    fields.MESSAGE, fields.MESSAGE_ID, fields.PRIORITY,
    fields.SYSLOG_IDENTIFIER, '_MACHINE_ID', '_BOOT_ID', '_HOSTNAME', '_PID',
    '_UID', '_GID', '_COMM', '_EXE', '_CMDLINE', '_SYSTEMD_UNIT',
    sender.OBJECT_PID, sender.OBJECT_UID, sender.OBJECT_UNIT,
    '_SYSTEMD_CGROUP', '_SYSTEMD_INVOCATION_ID', '_SYSTEMD_SLICE',
    '_TRANSPORT', '_SOURCE_REALTIME_TIMESTAMP', '_NAMESPACE')

_REPORT = f'{fields.REPORT}=1'.encode()
_SECTION = f'{fields.MESSAGE_ID}={fields.MESSAGE_ID_SECTION}'.encode()

# The sequence number of an entry in its cursor, which is no secret:
# systemd.journal-fields(7) says only that cursors can be compared.
_SEQUENCE_NUMBER = re.compile(r'(?:^|;)i=([0-9a-f]{1,16})(?:;|$)')

#: So often a file that seems damaged is looked at: it may be written to.
_LOOKS = 3


class Reader(journal.Reader):  # type: ignore[misc]
    """A journal reader that gives fields as they are: bytes.

    The conversions of its base take a third of the time of listing reports,
    and make of a field what another system's journal need not hold there.

    A file that is damaged is read without its indexes, from both ends: they
    lead no further than to the damage.

    :param path: the file to read
    :ivar path: the same
    :ivar damaged: whether its indexes are not to be used
    :ivar partly: how many entries could be read only in part
    """

    def __init__(self, path: str) -> None:
        super().__init__(files=[path])
        self.path = path
        self.damaged = False
        self.partly = 0
        self._wanted: dict[bytes, set[bytes]] = {}
        self._fatal: dict[bool, fatal_entries.FatalEntries | None] = {}

    @property
    def bytes_max(self) -> int:
        """How much of each field is read, 0 for all of it."""
        return int(self.data_threshold)

    @bytes_max.setter
    def bytes_max(self, count: int) -> None:
        self.data_threshold = count

    def add_match(self, match: str | bytes) -> None:
        """Want only entries that have this; of one field, any of them."""
        asked = match.encode() if isinstance(match, str) else match
        if self.damaged:
            name, _, value = asked.partition(b'=')
            self._wanted.setdefault(name, set()).add(value)
        else:
            super().add_match(asked)

    def flush_matches(self) -> None:
        """Want all entries again."""
        self._wanted.clear()
        super().flush_matches()

    def seek_realtime(self, usec: int) -> None:
        """Go to the first entry from a time on, microseconds."""
        if not self.damaged:
            super().seek_realtime(usec)

    def step(self) -> bool:
        """Go to the next entry; False at the end, and at what is damaged."""
        try:
            return bool(self._next())
        except OSError:
            return False

    def walk(self) -> Iterator[dict[str, Any]]:
        """The entries from here on that fulfil the matches: their fields."""
        if not self.damaged:
            while self.step():
                yield self.fields()
            return
        for _ in self._walk_all():
            if self._is_of_report():
                entry = self.fields()
                if all(name == fields.REPORT.encode()
                       or _values(entry, name.decode(errors='replace'))
                       & values for name, values in self._wanted.items()):
                    yield entry

    def _walk_all(self) -> Iterator[None]:
        """Go to each entry that can be reached, whatever the matches."""
        seen: set[str] = set()
        # what one index has lost another may have
        for match in (None, _REPORT, _SECTION):
            for seek, step in ((self.seek_head, self.step),
                               (self.seek_tail, self.step_back)):
                self._open_anew()
                if match is not None:
                    super().add_match(match)
                seek()
                while step():
                    try:
                        cursor = self._get_cursor()
                    except OSError:
                        continue
                    if cursor in seen and match is None:
                        break
                    if cursor not in seen:
                        seen.add(cursor)
                        yield

    def _open_anew(self) -> None:
        """Open the file again: at damage libsystemd stays where it is."""
        threshold = self.bytes_max
        self.close()
        super().__init__(files=[self.path])
        self.bytes_max = threshold

    def step_back(self) -> bool:
        """Go to the entry before; False at the begin, and at what is damaged.
        """
        try:
            return bool(self._previous())
        except OSError:
            return False

    def _is_of_report(self) -> bool:
        # each value is in the file once: what it is found by may be damaged
        return (self.field(fields.REPORT) == b'1' or self.field(
            fields.MESSAGE_ID) == fields.MESSAGE_ID_SECTION.encode())

    def loss(self, promise: promised.Promise) -> str:
        """How much cannot be read of a file that is damaged, a line.

        :param promise: what there should be
        """
        reached = of_reports = 0
        for _ in self._walk_all():
            reached += 1
            of_reports += self._is_of_report()
        count = max((count or 0 for count in promise.having), default=0)
        if count > of_reports:
            lost = f'{count - of_reports} of {count} entries of reports'
        elif promise.entries > reached:
            lost = f'{promise.entries - reached} of {promise.entries} entries'
        else:
            return f'{self.path}: damaged, but all entries can be read'
        return f'{self.path}: damaged: {lost} cannot be read'

    def lacks(self, promise: promised.Promise) -> bool:
        """Whether less can be found than a file promises.

        Where that is so, libsystemd finds nothing in this reader afterwards.
        """
        if None in promise.having:
            return True
        self.flush_matches()
        self.seek_tail()
        if promise.entries and not (
                self.step_back()
                and self.realtime_usec() >= promise.tail_usec):
            return True
        if not any(promise.having):
            return False
        reports, sections = promise.having
        self.add_match(_REPORT)
        self.seek_head()
        count = 0
        while self.step():
            count += 1
        if count < (reports or 0):
            return True
        return bool(not reports and sections) and self._lost_its_mark()

    def _lost_its_mark(self) -> bool:
        """Whether a daemon sent what is no report, but once was one."""
        self.flush_matches()
        self.add_match(_SECTION)
        self.seek_head()
        while self.step():
            if sender.is_of_ceilometer(self.field('_SYSTEMD_UNIT')):
                return True
        return False

    def unique(self, name: str) -> set[bytes]:
        """All values that a field has in the file, whatever the matches."""
        if self.damaged:
            return {value for _ in self._walk_all() if self._is_of_report()
                    for value in [self.field(name)] if value is not None}
        try:
            return set(super(journal.Reader, self).query_unique(name))
        except OSError:
            return set()

    def fields(self) -> dict[str, Any]:
        """All fields of the entry: bytes, or a list if one stands twice.

        Of an entry that is damaged, those that can be read.
        """
        left = self._without_fatal()
        if left is not None:
            self.partly += 1
            return {**left, stored.PARTLY: b'1'}
        try:
            entry: dict[str, Any] = self._get_all()
        except (OSError, UnicodeDecodeError):
            # one value is no field, or its name no text to systemd-python
            self.partly += 1
            entry = {name: value for name in _FIELDS
                     for value in [self.field(name)] if value is not None}
            entry[stored.PARTLY] = b'1'
        return entry

    def field(self, name: str) -> bytes | None:
        """One field of the entry, None if it has none of this name."""
        left = self._without_fatal()
        if left is not None:
            found = left.get(name)
            return found[0] if isinstance(found, list) else found
        try:
            value: bytes = self._get(name)
        except (KeyError, OSError):
            return None
        return value

    def _without_fatal(self) -> dict[str, Any] | None:
        """The fields of the entry but those that would end the process.

        None where there are no such fields: most journals have none, and are
        looked at once, when the first of their entries is read.
        """
        if self.damaged not in self._fatal:
            try:
                promise = promised.read(self.path, (_REPORT, _SECTION))
                self._fatal[self.damaged] = fatal_entries.FatalEntries(
                    self.path, None if self.damaged
                    else promise.places if promise else ())
            except (OSError, ValueError):
                # vanished since it was opened
                self._fatal[self.damaged] = None
        fatal = self._fatal[self.damaged]
        if not fatal:
            return None
        number = _SEQUENCE_NUMBER.search(self._get_cursor())
        place = number and fatal.place(int(number[1], 16))
        return None if place is None else fatal.fields(place, self.bytes_max)

    def realtime_usec(self) -> int:
        """When journald received the entry."""
        return int(self._get_realtime())

    def monotonic_usec(self) -> int:
        """The same, on the monotonic clock of the host's boot."""
        return int(self._get_monotonic()[0])

    def addresses(self) -> dict[str, bytes]:
        """What the export format says of an entry beside its fields."""
        return {
            '__CURSOR': self._get_cursor().encode(),
            '__REALTIME_TIMESTAMP': b'%d' % self.realtime_usec(),
            '__MONOTONIC_TIMESTAMP': b'%d' % self.monotonic_usec(),
        }


#: Reads a file of the journal, or one that waits for it.
AnyReader = Reader | kept_reader.Reader


def _values(entry: dict[str, Any], name: str) -> set[bytes]:
    values = entry.get(name, [])
    return set(values if isinstance(values, list) else [values])


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
        self._kept: dict[str, kept_reader.Reader] = {}
        self._looked_at: dict[str, str | None] = {}
        self.refresh()

    def refresh(self) -> None:
        """Find the files again: journald starts new ones.

        A reader with a match can miss the newest entry of a quiet journal for
        ever: who waits calls this each time.
        """
        self._close()
        kept, untrusted = (kept_reader.find() if self.source.local
                           else ([], []))
        try:
            self._files, self.problems = source.find(self.source)
        except source.JournalError as error:
            # none that can be read
            if not kept:
                raise source.JournalError(
                    '; '.join([*untrusted, str(error)])) from None
            self._files, self.problems = [], [str(error)]
        # before the journal: meanwhile they may be handed over to it
        self._files = kept + self._files
        self.problems += untrusted
        self._known = set(self._files)
        for path in [path for path in self._files if path in self._unusable]:
            self._skip(path)
        self.problems += filter(None, map(self._looked_at.get, self._files))
        _allow_descriptors(len(self._files))

    @property
    def files(self) -> list[str]:
        """The paths of the files."""
        return list(self._files)

    def each(self, bytes_max: int = 0, paths: Collection[str] | None = None,
             checked: bool = True) -> Iterator[AnyReader]:
        """The files one after the other, each at its beginning.

        Readers are used again: what is wanted of one must be read before the
        next is asked for, and in one thread.

        :param bytes_max: how much of each field to read, 0 for all of it
        :param paths: only these files
        :param checked: look whether each file is damaged, if that is not
            known yet; where it is not looked, a damaged one may hide entries
        :raises source.JournalError: nothing of it can be read
        """
        done = set()
        for _ in range(_ATTEMPTS):
            vanished = False
            # only those that are wanted are looked at: this is called for
            # each report
            for path in list(self._files if paths is None else filter(
                    self._known.__contains__, paths)):
                if path in done:
                    continue
                done.add(path)
                try:
                    reader = self._reader(path, checked)
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

    def _reader(self, path: str, checked: bool) -> AnyReader | None:
        """The reader of a file, None where it cannot be read."""
        if kept_reader.is_kept(path):
            try:
                kept = self._kept.get(path)
                if kept is None or not kept.is_current():
                    kept = self._kept[path] = kept_reader.Reader(path)
                return kept
            except FileNotFoundError:
                raise
            except OSError as error:
                self._unusable[path] = f'{path}: {source.reason(error)}'
                self._skip(path)
                return None
        reader = self._opened.get(path) or self._open(path)
        if reader is not None:
            if checked and path not in self._looked_at:
                reader = self._look(path, reader)
            reader.damaged = self._looked_at.get(path) is not None
            self._opened[path] = reader
        return reader

    def _open(self, path: str) -> Reader | None:
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
        return reader

    def _look(self, path: str, reader: Reader) -> Reader:
        """Look whether a file is damaged; gives a reader to go on with."""
        self._looked_at[path] = None
        for _ in range(_LOOKS):
            promise = promised.read(path, (_REPORT, _SECTION))
            if promise is None or not reader.lacks(promise):
                return reader
            reader.close()
            reader = Reader(path)
        assert promise is not None
        reader.damaged = True
        problem = self._looked_at[path] = reader.loss(promise)
        self.problems.append(problem)
        return reader

    def _skip(self, path: str) -> None:
        self._files = [other for other in self._files if other != path]
        self._known.discard(path)
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
