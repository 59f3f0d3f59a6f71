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
indexes and not at entries; the rest is sorted out here.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import os
from typing import Any

from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import stored
from ceilometer.diagnostics import fields

#: Entries of a report come in this long after its first one, at most; longer
#: than sections and delivery may take together.
REPORT_USEC_MAX = 120 * 1_000_000

#: So many ids are asked of the journal itself; more are sorted out here.
_ID_MATCHES_MAX = 64

#: A part of a section is smaller; so much is read of what claims to be one.
_SUMMARY_BYTES_MAX = 256 * 1024

#: Entries that have these in common are of one report; the unit comes last.
KEY_FIELDS = (fields.REPORT_ID, '_MACHINE_ID', '_BOOT_ID', '_PID', '_UID',
              '_SYSTEMD_UNIT')


@dataclasses.dataclass(frozen=True)
class Query:
    """Which reports are wanted: all that fulfil each condition given.

    :ivar ids: ids, or beginnings of ids
    :ivar units: units, or shell patterns of such
    :ivar pids: process ids
    :ivar matches: ``FIELD=value``; wanted is a report of which an entry has
        it. Values of the same field are alternatives
    :ivar since_usec: no reports before, microseconds since the epoch
    :ivar until_usec: no reports after
    :ivar boot_ids: the boots
    """

    ids: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    pids: tuple[int, ...] = ()
    matches: tuple[str, ...] = ()
    since_usec: int | None = None
    until_usec: int | None = None
    boot_ids: tuple[str, ...] = ()


#: Asks for every report.
ALL = Query()


class AmbiguousId(ValueError):
    """The beginning of an id that several reports have; one line says so."""


def groups(reader: journal_reader.Reader, query: Query,
           problems: list[str] | None = None,
           ) -> dict[tuple[Any, ...], list[stored.Entry]]:
    """The entries of each report that may be wanted.

    Of a query this knows neither the units nor, to the microsecond, the
    times: those are of the report, and not of an entry.

    :param reader: at the beginning of the journal, without matches
    :param query: which are wanted
    :param problems: takes a line if the journal is damaged
    :returns: entries, by the values that they have of :data:`KEY_FIELDS`
    :raises AmbiguousId: an id of the query is the beginning of several
    """
    ids = _ids(reader, query, problems)
    if ids is not None and not ids:
        return {}
    _match(reader, query, ids)
    return _group(_wanted(reader, query, ids, problems))


def _ids(reader: journal_reader.Reader, query: Query,
         problems: list[str] | None) -> set[bytes] | None:
    """Ids of the reports that fulfil the ids and matches of a query."""
    ids: set[bytes] | None = None
    if query.ids:
        # anybody may write a field of this name
        known = [value for value in reader.unique(fields.REPORT_ID)
                 if stored.is_id(value)]
        ids = set()
        for wanted in query.ids:
            having = [value for value in known
                      if value.startswith(wanted.encode())]
            if len(having) > 1 and wanted.encode() not in having:
                raise AmbiguousId(
                    f'report id {wanted} is ambiguous: {len(having)} reports '
                    'begin with it')
            ids.update(having)
    if query.matches:
        reader.add_match(f'{fields.REPORT}=1')
        for match in query.matches:
            # what is no UTF-8 is no less a value
            reader.add_match(os.fsencode(match))
        having_match = {stored.first(entry, fields.REPORT_ID)
                        for entry in entries(reader, problems)} - {None}
        reader.flush_matches()
        reader.seek_head()
        ids = having_match if ids is None else ids & having_match
    return ids


def _match(reader: journal_reader.Reader, query: Query,
           ids: set[bytes] | None) -> None:
    reader.add_match(f'{fields.REPORT}=1')
    if ids is not None and len(ids) <= _ID_MATCHES_MAX:
        for value in ids:
            reader.add_match(fields.REPORT_ID.encode() + b'=' + value)
    for pid in query.pids:
        reader.add_match(f'_PID={pid}')
    for boot_id in query.boot_ids:
        reader.add_match(f'_BOOT_ID={boot_id}')
    if query.since_usec is not None:
        reader.seek_realtime(max(query.since_usec - REPORT_USEC_MAX, 0))


def _wanted(reader: journal_reader.Reader, query: Query,
            ids: set[bytes] | None, problems: list[str] | None,
            ) -> Iterator[stored.Entry]:
    latest = None
    if query.until_usec is not None:
        latest = query.until_usec + REPORT_USEC_MAX
    for entry in entries(reader, problems):
        if ids is not None and (
                stored.first(entry, fields.REPORT_ID) not in ids):
            continue
        if latest is not None and reader.realtime_usec() > latest:
            continue
        if stored.is_summary(entry):
            # the one datum that the outline of a report is made with
            reader.data_threshold = _SUMMARY_BYTES_MAX
            entry[fields.REPORT_DATA] = reader.field(fields.REPORT_DATA)
            reader.data_threshold = journal_reader.OUTLINE_BYTES
        if '_SOURCE_REALTIME_TIMESTAMP' not in entry:
            # not every journal tells when an entry was sent
            entry['__REALTIME_TIMESTAMP'] = b'%d' % reader.realtime_usec()
        yield entry


def entries(reader: journal_reader.Reader, problems: list[str] | None = None,
            ) -> Iterator[stored.Entry]:
    """The entries from here on that fulfil the matches.

    :param reader: an open journal
    :param problems: takes a line if the journal is damaged
    """
    damaged = 0
    while True:
        try:
            if not reader.step():
                break
        except OSError:
            # libsystemd goes on no further in a file that is damaged
            damaged += 1
            break
        try:
            fields_of_entry = reader.fields()
        except (OSError, UnicodeDecodeError):
            # systemd-python decodes the names of fields
            damaged += 1
        else:
            yield fields_of_entry
    if damaged and problems is not None:
        problems.append('the journal is damaged: one or more entries could '
                        'not be read')


def _group(given: Iterable[stored.Entry],
           ) -> dict[tuple[Any, ...], list[stored.Entry]]:
    """Put together the entries of each report, of each sender."""
    grouped: dict[tuple[Any, ...], list[stored.Entry]] = {}
    for entry in given:
        key = tuple(stored.first(entry, name) for name in KEY_FIELDS)
        grouped.setdefault(key, []).append(entry)
    for key in [key for key in grouped if key[-1] is None]:
        # journald does not learn the unit of a process that is gone already
        same = [other for other in grouped
                if other[:-1] == key[:-1] and other[-1] is not None]
        if len(same) == 1:
            grouped[same[0]] += grouped.pop(key)
    return grouped


def boots(journal: journal_reader.Journal) -> list[str]:
    """The ids of the boots in a journal, oldest first."""
    first: dict[str, int] = {}
    with journal.reader(journal_reader.OUTLINE_BYTES) as reader:
        for value in reader.unique('_BOOT_ID'):
            reader.flush_matches()
            reader.add_match(b'_BOOT_ID=' + value)
            reader.seek_head()
            if reader.step():
                first[stored.decode(value)] = reader.realtime_usec()
    return sorted(first, key=lambda boot: first[boot])
