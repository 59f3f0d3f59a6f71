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

"""Finds reports again in a journal, and says what is missing of them.

Who wrote a report is taken from journald's own fields, which no process can
forge; what the process says of itself stands beside it. A report that comes
from outside the units of Ceilometer is found, too, and is not
:attr:`~Identity.trusted`. Entries belong together only if both the report's
id and journald's word for the sender are the same: nobody adds a section to
the report of another.

Nothing of the side that writes is imported, so that this works on a host
where Ceilometer is broken or absent. Nothing here logs.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import fnmatch
import re
from typing import Any

from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import search
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics.command.reports import stored
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report as report_module

#: Processes of a unit that noticed a trigger within this time answer the
#: same one, if none of them answers twice.
ANSWER_USEC_MAX = 5 * 1_000_000

#: Names of the units whose reports are believed.
UNIT = re.compile(r'(openstack-)?ceilometer-[\w.:@\\-]+\.service', re.ASCII)

_SHORT_ID_DIGITS = 12

_BODY_FIELDS = {fields.MESSAGE, fields.REPORT_DATA}
_OUTLINE_FIELDS = (fields.REPORT_ID, fields.REPORT_SCHEMA,
                   fields.REPORT_SERVICE, fields.REPORT_PROCESS,
                   fields.REPORT_TRIGGER, fields.REPORT_SECTION,
                   fields.REPORT_SECTION_STATUS, *stored.COUNTS,
                   *stored.NUMBERS)


@dataclasses.dataclass(frozen=True)
class Identity:
    """Who wrote a report, by the word of journald.

    :ivar pid: process id
    :ivar uid: user id
    :ivar unit: systemd unit; None outside of one, or where the process was
        gone before journald looked
    :ivar hostname: of the machine
    :ivar machine_id: of the machine
    :ivar boot_id: of the boot
    """

    pid: int | None
    uid: int | None
    unit: str | None
    hostname: str | None
    machine_id: str | None
    boot_id: str | None

    @property
    def trusted(self) -> bool:
        """Whether it is a process of a unit of Ceilometer."""
        return self.pid is not None and self.unit is not None and (
            UNIT.fullmatch(self.unit) is not None)


@dataclasses.dataclass(frozen=True)
class Found:
    """A report in the journal.

    :ivar report: the report; as :func:`find` gives it, its sections have
        neither text nor data
    :ivar identity: who wrote it
    :ivar size_bytes: of the texts and data of its sections, as its summary
        tells it; None if that is missing
    :ivar problems: what is wrong with its entries, a line each
    """

    report: report_module.Report
    identity: Identity
    size_bytes: int | None = None
    problems: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The id of the report."""
        return self.report.header.id

    @property
    def short_id(self) -> str:
        """Its beginning, for people: unique for all practical purposes."""
        return self.id[:_SHORT_ID_DIGITS]

    @property
    def time_usec(self) -> int:
        """When its first entry was sent, microseconds since the epoch."""
        return self.report.header.trigger.time_usec

    @property
    def process_key(self) -> tuple[Any, ...]:
        """The same for all reports of one process."""
        own = self.identity
        return (own.machine_id, own.boot_id, own.unit, own.pid)

    def precedes(self, later: Found) -> bool:
        """Whether it is an earlier report of the same process."""
        return (self.process_key == later.process_key and self.id != later.id
                and self.time_usec <= later.time_usec)


def find(journal: journal_reader.Journal, query: search.Query = search.ALL,
         problems: list[str] | None = None) -> list[Found]:
    """Find reports, oldest first; their sections without text and data.

    :param journal: where to look
    :param query: which are wanted
    :param problems: takes a line for what claims to be a report and is none
    :raises source.JournalError: the journal cannot be read
    :raises search.AmbiguousId: an id of the query is the beginning of several
    """
    with journal.reader(journal_reader.OUTLINE_BYTES) as reader:
        groups = search.groups(reader, query, problems)
    found = []
    for key, entries in groups.items():
        try:
            found.append(_outline(entries))
        except journal_entries.InvalidEntry as invalid:
            if problems is not None:
                problems.append(
                    f'report {stored.decode(key[0])[:40]} of pid '
                    f'{stored.decode(key[3])}: {invalid}; skipped')
    return sorted((one for one in found if _fulfils(one, query)), key=_order)


def load(journal: journal_reader.Journal, found: Found) -> Found:
    """Read the whole of a report: the texts and the data of its sections.

    :param journal: where it was found
    :param found: as :func:`find` gave it
    :raises source.JournalError: the journal cannot be read, or the report is
        not there any more
    """
    entries = [stored.decoded(entry) for entry in raw_entries(journal, found)]
    if not entries:
        raise source.JournalError(
            f'report {found.id} is not in the journal any more')
    try:
        whole, problems = stored.assemble(entries)
    except journal_entries.InvalidEntry as invalid:
        raise source.JournalError(f'report {found.id}: {invalid}') from None
    return dataclasses.replace(
        found, report=whole, problems=found.problems + tuple(problems))


def load_each(journal: journal_reader.Journal, found: Iterable[Found],
              problems: list[str]) -> Iterator[Found]:
    """Read the whole of reports; what cannot be read is skipped.

    :param journal: where they were found
    :param found: the reports
    :param problems: takes a line for each that cannot be read
    """
    for one in found:
        try:
            whole = load(journal, one)
        except source.JournalError as error:
            problems.append(f'{error}; skipped')
        else:
            yield whole


def raw_entries(journal: journal_reader.Journal,
                found: Found) -> list[stored.Entry]:
    """The entries of a report as the journal has them, in its order.

    :param journal: where it was found
    :param found: the report
    :returns: fields of each entry, with ``__CURSOR``,
        ``__REALTIME_TIMESTAMP`` and ``__MONOTONIC_TIMESTAMP``
    :raises source.JournalError: the journal cannot be read
    """
    entries = []
    with journal.reader() as reader:
        reader.add_match(f'{fields.REPORT}=1')
        reader.add_match(f'{fields.REPORT_ID}={found.id}')
        if found.identity.pid is not None:
            reader.add_match(f'_PID={found.identity.pid}')
        for entry in search.entries(reader):
            if _identity(entry, found.identity.unit) == found.identity and (
                    stored.text(entry, '_SYSTEMD_UNIT') in (
                        None, found.identity.unit)):
                entries.append({**reader.addresses(), **entry})
    return entries


def answers(found: Iterable[Found]) -> list[list[Found]]:
    """Put together the reports with which a unit answered one trigger.

    :param found: reports, oldest first
    :returns: groups, oldest first; in each the master first, then its
        workers by number
    """
    groups: list[list[Found]] = []
    latest: dict[Any, list[Found]] = {}
    for one in found:
        own = one.identity
        trigger = one.report.header.trigger
        key = (own.machine_id, own.boot_id, own.unit, own.trusted,
               trigger.kind, trigger.signal, trigger.sender_pid)
        group = latest.get(key)
        if group is None or (
                one.time_usec - group[0].time_usec > ANSWER_USEC_MAX) or any(
                    other.identity.pid == own.pid for other in group):
            group = latest[key] = []
            groups.append(group)
        group.append(one)
    for group in groups:
        group.sort(key=_rank)
    return groups


def _rank(found: Found) -> Any:
    header = found.report.header
    process = (fields.PROCESSES.index(header.process)
               if header.process in fields.PROCESSES else 9)
    return (process, -1 if header.worker is None else header.worker,
            found.time_usec)


def _order(found: Found) -> Any:
    return (found.time_usec, found.identity.pid or 0, found.id)


def _outline(entries: list[stored.Entry]) -> Found:
    # the first section tells when the report was begun
    entries.sort(key=lambda entry: (
        len(index := stored.first(entry, fields.REPORT_SECTION_INDEX) or b''),
        index))
    size_bytes = None
    decoded: list[dict[str, str]] = []
    for entry in entries:
        if stored.is_summary(entry):
            size_bytes = stored.size_bytes(entry)
        # the header is the same in all of them
        names = _OUTLINE_FIELDS if decoded else entry.keys() - _BODY_FIELDS
        decoded.append({name: stored.decode(stored.first(entry, name))
                        for name in names if name in entry})
    whole, problems = stored.assemble(decoded)
    unit = next((unit for entry in entries
                 if (unit := stored.text(entry, '_SYSTEMD_UNIT'))), None)
    return Found(report=whole, identity=_identity(entries[0], unit),
                 size_bytes=size_bytes, problems=tuple(problems))


def _identity(entry: stored.Entry, unit: str | None) -> Identity:
    def number(name: str) -> int | None:
        value = stored.text(entry, name) or ''
        return int(value) if value.isdecimal() and len(value) < 19 else None

    return Identity(
        pid=number('_PID'), uid=number('_UID'), unit=unit,
        hostname=stored.text(entry, '_HOSTNAME'),
        machine_id=stored.text(entry, '_MACHINE_ID'),
        boot_id=stored.text(entry, '_BOOT_ID'))


def _fulfils(found: Found, query: search.Query) -> bool:
    if query.units and not any(
            fnmatch.fnmatchcase(found.identity.unit or '', unit)
            for unit in query.units):
        return False
    return ((query.since_usec is None or found.time_usec >= query.since_usec)
            and (query.until_usec is None
                 or found.time_usec <= query.until_usec))
