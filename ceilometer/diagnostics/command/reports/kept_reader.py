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
"""Reads the files in which reports wait for the journal, as if it had them.

Whose a report is the owner of its file decides, and the directory that
systemd has made for the unit; never what is in the file. Of that, only the
process id is believed: whoever may write there is the user of the unit.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from collections.abc import Iterator
import errno
import os
import stat
from typing import Any

from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import kept_files

#: Where the runtime directories of units are.
RUN = '/run'

_REALTIME = '__REALTIME_TIMESTAMP'
_MONOTONIC = '__MONOTONIC_TIMESTAMP'


def is_kept(path: str) -> bool:
    """Whether it is a file in which a report waits.

    :param path: of a journal file, or of such a file
    """
    return kept_files.name(os.path.basename(path)) is not None


def find() -> tuple[list[str], list[str]]:
    """Find the files of this system.

    Those of directories that may not be read are left out: their reports
    come with the journal.

    :returns: their paths, oldest first in each directory, and a line for
        what is not believed
    """
    paths: list[str] = []
    problems: list[str] = []
    for above in (kept_files.OWN, kept_files.ADDED):
        top = os.path.join(RUN, above)
        for directory in _directories(top):
            try:
                names = kept_files.names(directory)
                if not names:
                    continue
                if not _is_of(0, top):
                    problems.append(
                        f'{top}: others than root may write to it: reports '
                        'in it are skipped')
                    break
            except OSError:
                continue
            paths += [os.path.join(directory, name) for name in names]
            if dropped := _dropped(directory):
                problems.append(
                    f'{directory}: {dropped} older reports were dropped: the '
                    f'newest {kept_files.FILES_MAX}, and '
                    f'{kept_files.BYTES_MAX // 2 ** 20} MiB, are kept')
    return paths, problems


def _directories(top: str) -> list[str]:
    try:
        return sorted(os.path.join(top, name) for name in os.listdir(top))
    except OSError:
        return []


def _is_of(owner: int, directory: str) -> bool:
    found = os.stat(directory)
    return found.st_uid == owner and not found.st_mode & (
        stat.S_IWGRP | stat.S_IWOTH)


def _dropped(directory: str) -> int:
    try:
        return os.lstat(os.path.join(directory, kept_files.DROPPED)).st_size
    except OSError:
        return 0


class Reader:
    """Gives the entries of one file, with the interface of a journal's.

    :param path: the file
    :raises OSError: it cannot be read, or is not the unit's own
    :ivar path: the same
    :ivar damaged: whether its indexes are not to be used; it has none
    :ivar partly: how many entries could be read only in part
    :ivar data_threshold: how much of each field is read, 0 for all of it
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.damaged = False
        self.partly = 0
        self.data_threshold = 0
        self._wanted: dict[str, set[bytes]] = {}
        # the entry, and the place before which it goes on
        self._at: int | None = None
        self._next = 0
        # before it is read: what changes meanwhile is read next time
        self._state = _state(path)
        self._entries = _read(path)
        self._by_id: dict[bytes, list[int]] = {}
        for number, entry in enumerate(self._entries):
            for value in set(_values(entry, fields.REPORT_ID)):
                self._by_id.setdefault(value, []).append(number)

    def is_current(self) -> bool:
        """Whether the file has not changed since it was read.

        :raises OSError: it is not there any more
        """
        return self._state == _state(self.path)

    def close(self) -> None:
        """Nothing is open."""

    def add_match(self, match: str | bytes) -> None:
        """Want only entries that have this; of one field, any of them."""
        asked = match.encode() if isinstance(match, str) else match
        name, _, value = asked.partition(b'=')
        self._wanted.setdefault(
            name.decode(errors='replace'), set()).add(value)

    def flush_matches(self) -> None:
        """Want all entries again."""
        self._wanted.clear()

    def seek_head(self) -> None:
        """Go before the first entry."""
        self._go(0)

    def seek_realtime(self, usec: int) -> None:
        """Go to the first entry from a time on, microseconds."""
        self._go(next(
            (number for number, entry in enumerate(self._entries)
             if _number(entry, _REALTIME) >= usec), len(self._entries)))

    def step(self) -> bool:
        """Go to the next entry; False at the end."""
        return self._find(self._from_here())

    def step_back(self) -> bool:
        """Go to the entry before; False at the begin."""
        before = self._next if self._at is None else self._at
        return self._find(range(before - 1, -1, -1))

    def _go(self, number: int) -> None:
        self._at = None
        self._next = number

    def _find(self, numbers: Iterable[int]) -> bool:
        for number in numbers:
            if all(values & set(_values(self._entries[number], name))
                   for name, values in self._wanted.items()):
                self._at = number
                self._next = number + 1
                return True
        return False

    def _from_here(self) -> Iterator[int]:
        """The entries from here on that can be wanted.

        A report is asked for by its id, and there may be very many.
        """
        asked = self._wanted.get(fields.REPORT_ID)
        if asked is None:
            yield from range(self._next, len(self._entries))
            return
        known = [self._by_id[value] for value in asked
                 if value in self._by_id]
        at = self._next
        while True:
            places = [(own, bisect.bisect_left(own, at)) for own in known]
            at = min((own[place] for own, place in places
                      if place < len(own)), default=-1)
            if at < 0:
                return
            yield at
            at += 1

    @property
    def _entry(self) -> dict[str, Any]:
        assert self._at is not None, 'not at an entry'
        return self._entries[self._at]

    def walk(self) -> Iterator[dict[str, Any]]:
        """The entries from here on that fulfil the matches: their fields."""
        while self.step():
            yield self.fields()

    def unique(self, name: str) -> set[bytes]:
        """All values that a field has in the file, whatever the matches."""
        return {value for entry in self._entries
                for value in _values(entry, name)}

    def fields(self) -> dict[str, Any]:
        """All fields of the entry: bytes, or a list if one stands twice."""
        return {name: [self._cut(one) for one in value]
                if isinstance(value, list) else self._cut(value)
                for name, value in self._entry.items()
                if not name.startswith('__')}

    def field(self, name: str) -> bytes | None:
        """One field of the entry, None if it has none of this name."""
        values = _values(self._entry, name)
        return self._cut(values[0]) if values else None

    def realtime_usec(self) -> int:
        """When the entry was written."""
        return _number(self._entry, _REALTIME)

    def monotonic_usec(self) -> int:
        """The same, on the monotonic clock."""
        return _number(self._entry, _MONOTONIC)

    def addresses(self) -> dict[str, bytes]:
        """What the export format says of an entry beside its fields."""
        return {'__CURSOR': b'kept-%d' % self._next,
                _REALTIME: b'%d' % self.realtime_usec(),
                _MONOTONIC: b'%d' % self.monotonic_usec()}

    def _cut(self, value: bytes) -> bytes:
        return value[:self.data_threshold or None]


def _state(path: str) -> tuple[int, ...]:
    found = os.stat(path)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns,
            found.st_ctime_ns)


def _read(path: str) -> list[dict[str, Any]]:
    directory, file_name = os.path.split(path)
    name = kept_files.name(file_name)
    unit = kept_files.unit(directory)
    owner = os.stat(directory).st_uid
    if name is None or unit is None or not _is_of(owner, directory):
        raise OSError(errno.EPERM, 'others may write to its directory', path)
    host = {
        '_UID': b'%d' % owner, '_PID': b'%d' % name.pid,
        '_SYSTEMD_UNIT': unit.encode(errors='surrogateescape'),
        '_HOSTNAME': os.uname().nodename.encode(),
        '_MACHINE_ID': source.machine_id().encode(),
        '_BOOT_ID': source.boot_id().encode()}
    content = kept_files.read(path, owner)
    return [
        {**{key: value for key, value in kept.fields.items()
            if not key.startswith('_') or key in (_REALTIME, _MONOTONIC)},
         **host, '_SOURCE_REALTIME_TIMESTAMP':
             b'%d' % _number(kept.fields, _REALTIME)}
        for kept in kept_files.entries(content) if kept.waiting
        # nobody hands over for another in a file
        if not {fields.REPORT_KEPT_PID, fields.REPORT_KEPT_USEC}
        & set(kept.fields)]


def _values(entry: dict[str, Any], name: str) -> list[bytes]:
    value = entry.get(name, [])
    return value if isinstance(value, list) else [value]


def _number(entry: dict[str, Any], name: str) -> int:
    value = _values(entry, name)[:1] or [b'']
    digits = value[0].isdigit() and len(value[0]) < 19
    return int(value[0]) if digits else 0


def directory_of(unit: str) -> str | None:
    """Where a unit keeps reports, None if it has no such directory.

    :param unit: its name
    """
    for above in (kept_files.OWN, kept_files.ADDED):
        for directory in _directories(os.path.join(RUN, above)):
            if kept_files.unit(directory) == unit:
                return directory
    return None


def full_directory(unit: str) -> str | None:
    """Where a unit would keep reports if there were space; else None.

    :param unit: its name
    """
    directory = directory_of(unit)
    if directory is None:
        return None
    found = os.statvfs(directory)
    # of a file system without a number of files that is 0
    full = not found.f_bavail or (found.f_files and not found.f_favail)
    return directory if full else None
