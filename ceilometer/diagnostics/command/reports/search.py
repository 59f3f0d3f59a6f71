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

"""Searches a journal for the entries of reports.

What a query asks is asked of libsystemd where it can answer, which looks at
indexes and not at entries; the rest is sorted out here. Files are searched
one after the other, so the work grows with their number and no faster.
"""

from __future__ import annotations

import collections
from collections.abc import Iterator
import dataclasses
import os
from typing import Any

from ceilometer.diagnostics.command.reports import claims
from ceilometer.diagnostics.command.reports import container_records
from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import sender
from ceilometer.diagnostics.command.reports import stored
from ceilometer.diagnostics import fields

#: Entries of a report come in this long after its first one, at most; longer
#: than sections and delivery may take together.
REPORT_USEC_MAX = 120 * 1_000_000

#: So many reports that are not from a unit of Ceilometer are read where none
#: is named, the newest: anybody may write any number of them.
STRANGERS_MAX = 1000

#: So many ids are asked of the journal itself; more are sorted out here.
_ID_MATCHES_MAX = 8

#: So many units are asked of the journal; more are sorted out here. Each one
#: is looked up at each step.
_UNIT_MATCHES_MAX = 64

#: A part of a section is smaller; so much is read of what claims to be one.
_SUMMARY_BYTES_MAX = 256 * 1024

#: Entries that have these in common are of one report; the unit comes last.
KEY_FIELDS = (fields.REPORT_ID, '_MACHINE_ID', '_BOOT_ID', '_PID', '_UID',
              '_SYSTEMD_UNIT')

#: The path of the file that an entry of :func:`groups` is in.
FILE = '__FILE'

#: When it came, where a query asks for that.
MONOTONIC = '__MONOTONIC_TIMESTAMP'

# What processes have sent themselves, what root has sent about them, and what
# another process of their unit has.
_OWN, _ROOT, _TOLD = range(3)

Key = tuple[Any, ...]
Groups = dict[Key, list[stored.Entry]]


@dataclasses.dataclass(frozen=True)
class Query:
    """Which reports are wanted: all that fulfil each condition given.

    :ivar ids: ids, or beginnings of ids
    :ivar units: units, or shell patterns of such
    :ivar pids: process ids
    :ivar matches: ``FIELD=value``; wanted is a report of which an entry has
        it. Values of the same field are alternatives
    :ivar since_usec: no reports before, microseconds since the epoch
    :ivar since_monotonic_usec: no reports before, on the monotonic clock of
        this boot, whatever the time of their entries
    :ivar until_usec: no reports after
    :ivar boot_ids: the boots
    :ivar trusted: only reports from units of Ceilometer
    :ivar origin: only what is in files of that origin, see
        :func:`claims.origin`
    """

    ids: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    pids: tuple[int, ...] = ()
    matches: tuple[str, ...] = ()
    since_usec: int | None = None
    since_monotonic_usec: int | None = None
    until_usec: int | None = None
    boot_ids: tuple[str, ...] = ()
    trusted: bool = False
    origin: str | None = None

    @property
    def names_reports(self) -> bool:
        """Whether it asks for certain reports, and not for all of a time."""
        return bool(self.ids or self.units or self.pids or self.matches)

    @property
    def names_processes(self) -> bool:
        """Whether a journal can be asked for what it asks of processes."""
        return bool(self.units or self.pids or self.trusted)


#: Asks for every report.
ALL = Query()


class AmbiguousId(ValueError):
    """The beginning of an id that several reports have; one line says so."""


def groups(journal: journal_reader.Journal, query: Query,
           problems: list[str] | None = None) -> Groups:
    """The entries of each report that may be wanted.

    Of a query this knows not the times to the microsecond: those are of the
    report, and not of an entry. An id of it may be the beginning of several.

    :param journal: where to look
    :param query: which are wanted
    :param problems: takes a line if the journal is damaged, and one if
        reports are left out
    :returns: entries, by the values that they have of :data:`KEY_FIELDS`;
        each names its file as :data:`FILE`
    :raises source.JournalError: the journal cannot be read
    """
    container_records.learn(journal)
    if query.ids:
        # whether a file is damaged is of no interest where all is found
        told: list[str] = []
        grouped = _groups(journal, query, told, checked=False)
        if _has_all(grouped, query.ids):
            if problems is not None:
                problems += told
            return grouped
    return _groups(journal, query, problems, checked=True)


def _has_all(grouped: Groups, ids: tuple[str, ...]) -> bool:
    """Whether each report that is named is there, and complete."""
    complete = [stored.decode(key[0]) for key, entries in grouped.items()
                if stored.is_complete(entries)]
    return len(complete) == len(grouped) and all(
        any(own.startswith(wanted) for own in complete) for wanted in ids)


def _groups(journal: journal_reader.Journal, query: Query,
            problems: list[str] | None, checked: bool) -> Groups:
    ids = _ids(journal, query, problems, checked)
    if ids is not None and not ids:
        return {}
    paths = None if query.origin is None else claims.of_origin(
        journal.files, query.origin)
    grouped: Groups = {}
    strangers = _Strangers(None if query.names_reports else STRANGERS_MAX)
    for reader in journal.each(journal_reader.OUTLINE_BYTES, paths, checked):
        for side in _sides(query):
            units = _match(reader, query, ids, side)
            if units is None:
                continue
            for entry in _wanted(reader, query, ids, problems):
                if query.names_processes and not _is_of(entry, query, side):
                    continue
                if units and sender.unit_of(entry) not in units:
                    continue
                key = _key(entry)
                if sender.is_of_ceilometer(key[-1]):
                    grouped.setdefault(key, []).append(entry)
                else:
                    strangers.add(key, entry)
    grouped.update(strangers.newest())
    if query.units or query.trusted:
        _add_without_unit(journal, grouped, problems)
    else:
        _join_without_unit(grouped)
    if strangers.left_out and problems is not None:
        problems.append(
            f'{strangers.left_out} more reports are not from a Ceilometer '
            'unit and were left out; name a unit, pid or id to see them')
    return grouped


class _Strangers:
    """Reports of others than the units of Ceilometer, the newest of them.

    :param most: how many are kept, None for all
    :ivar left_out: how many were not
    """

    def __init__(self, most: int | None) -> None:
        self.left_out = 0
        self._most = most
        self._kept: Groups = {}

    def add(self, key: Key, entry: stored.Entry) -> None:
        """Keep an entry, and forget older ones if there are too many."""
        self._kept.setdefault(key, []).append(entry)
        # half of them at once: the work stays linear
        if self._most is not None and len(self._kept) > 2 * self._most:
            self._forget()

    def newest(self) -> Groups:
        """The entries of those that were kept."""
        if self._most is not None:
            self._forget()
        return self._kept

    def _forget(self) -> None:
        assert self._most is not None
        by_time = sorted(
            self._kept, key=lambda key: _time(self._kept[key][0]))
        for key in by_time[:max(len(by_time) - self._most, 0)]:
            del self._kept[key]
            self.left_out += 1


def _time(entry: stored.Entry) -> tuple[int, bytes]:
    """Sorts entries by when they were sent, whatever they say of it."""
    value = stored.first(entry, '_SOURCE_REALTIME_TIMESTAMP')
    if value is None:
        value = stored.first(entry, '__REALTIME_TIMESTAMP') or b''
    return len(value), value


def _key(entry: stored.Entry) -> Key:
    key = tuple(map(entry.get, KEY_FIELDS))
    if sender.OBJECT_PID in entry:
        key = (*key[:-1], sender.unit_of(entry))
    if list in map(type, key):
        return tuple(value[0] if isinstance(value, list) else value
                     for value in key)
    return key


def _ids(journal: journal_reader.Journal, query: Query,
         problems: list[str] | None, checked: bool) -> set[bytes] | None:
    """Ids of the reports that fulfil the ids and matches of a query."""
    ids: set[bytes] | None = None
    if query.ids:
        beginnings = tuple(wanted.encode() for wanted in query.ids)
        whole = {wanted for wanted in beginnings if stored.is_id(wanted)}
        ids = set(whole)
        if len(whole) < len(beginnings):
            for reader in journal.each(checked=checked):
                # anybody may write a field of this name
                ids.update(value for value in reader.unique(fields.REPORT_ID)
                           if value.startswith(beginnings)
                           and stored.is_id(value))
    if query.matches:
        having_match: set[Any] = set()
        for reader in journal.each(journal_reader.OUTLINE_BYTES,
                                   checked=checked):
            reader.add_match(f'{fields.REPORT}=1')
            for match in query.matches:
                # what is no UTF-8 is no less a value
                reader.add_match(os.fsencode(match))
            having_match.update(
                stored.first(entry, fields.REPORT_ID)
                for entry in entries(reader, problems))
        having_match.discard(None)
        ids = having_match if ids is None else ids & having_match
    return ids


def _sides(query: Query) -> tuple[int, ...]:
    """Who may have written what a query wants, if a journal is asked."""
    if not query.names_processes:
        return (_OWN,)
    return (_OWN, _ROOT, _TOLD) if query.pids else (_OWN, _ROOT)


def _is_of(entry: stored.Entry, query: Query, side: int) -> bool:
    """Whether an entry was asked for with one side, and with no other."""
    if side == _TOLD:
        return sender.told_of(entry) is not None and (
            stored.first(entry, '_PID') not in {
                b'%d' % pid for pid in query.pids})
    return sender.is_about_another(entry) == (side == _ROOT)


def _match(reader: journal_reader.AnyReader, query: Query,
           ids: set[bytes] | None, side: int) -> set[bytes] | None:
    """Ask a file for what a query wants.

    :param side: who has written it
    :returns: the units to sort out, empty for none; None if the file cannot
        have what is wanted
    """
    too_many: set[bytes] = set()
    pid_field, unit_field = '_PID', '_SYSTEMD_UNIT'
    reader.flush_matches()
    reader.seek_head()
    if side == _ROOT:
        pid_field, unit_field = sender.OBJECT_PID, sender.OBJECT_UNIT
        reader.add_match('_UID=0')
    elif side == _TOLD:
        pid_field = sender.OBJECT_PID
        for trigger in fields.TELLING_TRIGGERS:
            reader.add_match(f'{fields.REPORT_TRIGGER}={trigger}')
    reader.add_match(f'{fields.REPORT}=1')
    if ids is not None and len(ids) <= _ID_MATCHES_MAX:
        for value in ids:
            reader.add_match(fields.REPORT_ID.encode() + b'=' + value)
    for pid in query.pids:
        reader.add_match(f'{pid_field}={pid}')
    for boot_id in query.boot_ids:
        reader.add_match(f'_BOOT_ID={boot_id}')
    if query.units or query.trusted:
        units = _units(reader, query, unit_field)
        if not units:
            return None
        if len(units) > _UNIT_MATCHES_MAX:
            too_many, units = units, set()
        for unit in units:
            reader.add_match(unit_field.encode() + b'=' + unit)
    if query.since_usec is not None:
        reader.seek_realtime(max(query.since_usec - REPORT_USEC_MAX, 0))
    return too_many


def _units(reader: journal_reader.AnyReader, query: Query,
           unit_field: str) -> set[bytes]:
    """The units that a query wants and a file may have."""
    # those that are named, too, may be names of containers
    return {
        value for value in reader.unique(unit_field)
        if (not query.trusted or sender.is_of_ceilometer(value))
        and (not query.units or any(
            containers.is_called(stored.decode(value), unit)
            for unit in query.units))}


def _wanted(reader: journal_reader.AnyReader, query: Query,
            ids: set[bytes] | None, problems: list[str] | None,
            ) -> Iterator[stored.Entry]:
    latest = None
    if query.until_usec is not None:
        latest = query.until_usec + REPORT_USEC_MAX
    file = os.fsencode(reader.path)
    for entry in entries(reader, problems):
        if ids is not None and (
                stored.first(entry, fields.REPORT_ID) not in ids):
            continue
        if (latest is not None and reader.realtime_usec() > latest
                and fields.REPORT_KEPT_USEC not in entry):
            continue
        if stored.is_summary(entry):
            # the one datum that the outline of a report is made with
            reader.data_threshold = _SUMMARY_BYTES_MAX
            entry[fields.REPORT_DATA] = reader.field(fields.REPORT_DATA)
            reader.data_threshold = journal_reader.OUTLINE_BYTES
        if '_SOURCE_REALTIME_TIMESTAMP' not in entry:
            # not every journal tells when an entry was sent
            entry['__REALTIME_TIMESTAMP'] = b'%d' % reader.realtime_usec()
        if query.since_monotonic_usec is not None:
            entry[MONOTONIC] = b'%d' % reader.monotonic_usec()
        entry[FILE] = file
        yield entry


def entries(reader: journal_reader.AnyReader,
            problems: list[str] | None = None) -> Iterator[stored.Entry]:
    """The entries from here on that fulfil the matches.

    :param reader: an open file
    :param problems: takes a line if the file is damaged
    """
    before = reader.partly
    yield from reader.walk()
    if reader.partly > before and problems is not None:
        problems.append(
            f'{reader.path}: damaged: {reader.partly - before} entries can be '
            'read only in part')


def sent_by(found: list[stored.Entry]) -> tuple[bytes, ...]:
    """What journald says of the sender of all entries of a report.

    :param found: the entries
    :returns: ``FIELD=value``, which the journal can be asked for
    """
    told = []
    for name in (*KEY_FIELDS[1:], sender.OBJECT_UNIT):
        values = {stored.first(entry, name) for entry in found}
        # of a process that is gone journald did not learn the unit
        if len(values) == 1 and None not in values:
            told.append(name.encode() + b'=' + values.pop())
    return tuple(told)


def whole_entries(journal: journal_reader.Journal, key: Key,
                  known: list[stored.Entry],
                  paths: set[str]) -> Iterator[stored.Entry]:
    """The entries of a report, whole ones, each with its file.

    :param journal: where it was found
    :param key: its values of :data:`KEY_FIELDS`
    :param known: its entries, in outline
    :param paths: the files to read
    """
    asked = sent_by(known)
    for reader in journal.each(paths=paths):
        reader.add_match(f'{fields.REPORT}=1')
        if key[0] is not None:
            reader.add_match(f'{fields.REPORT_ID}='.encode() + key[0])
        for match in asked:
            reader.add_match(match)
        for entry in entries(reader):
            # of a process that is gone journald did not learn the unit
            if _key(entry)[:-1] == key[:-1] and (
                    _key(entry)[-1] in (None, key[-1])):
                entry[FILE] = os.fsencode(reader.path)
                yield entry


def _join_without_unit(grouped: Groups) -> None:
    """Put entries of which journald did not learn the unit to their report.

    It does not learn it of a process that is gone already.
    """
    same: dict[Key, list[Key]] = {}
    for key in grouped:
        if key[-1] is not None:
            same.setdefault(key[:-1], []).append(key)
    for key in [key for key in grouped if key[-1] is None]:
        others = same.get(key[:-1], ())
        if len(others) == 1:
            grouped[others[0]] += grouped.pop(key)


def _add_without_unit(journal: journal_reader.Journal, grouped: Groups,
                      problems: list[str] | None) -> None:
    """Find such entries, too, where only those with a unit were asked for."""
    # as where all are asked for: nobody knows to which of several they belong
    same = collections.Counter(key[:-1] for key in grouped)
    for key, known in grouped.items():
        if None in key or same[key[:-1]] > 1 or stored.is_complete(known):
            continue
        for reader in journal.each(
                journal_reader.OUTLINE_BYTES,
                {stored.decode(entry[FILE]) for entry in known}):
            reader.add_match(f'{fields.REPORT}=1')
            for name, value in zip(KEY_FIELDS[:-1], key, strict=False):
                reader.add_match(name.encode() + b'=' + value)
            known += [entry for entry in _wanted(reader, ALL, None, problems)
                      if _key(entry) == (*key[:-1], None)]


def boots(journal: journal_reader.Journal) -> list[str]:
    """The ids of the boots in a journal, oldest first."""
    first: dict[str, int] = {}
    for reader in journal.each(journal_reader.OUTLINE_BYTES):
        for value in reader.unique('_BOOT_ID'):
            reader.flush_matches()
            reader.add_match(b'_BOOT_ID=' + value)
            reader.seek_head()
            if reader.step():
                boot = stored.decode(value)
                first[boot] = min(reader.realtime_usec(),
                                  first.get(boot, reader.realtime_usec()))
    return sorted(first, key=lambda boot: first[boot])
