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
forge; what the process says of itself stands beside it. What root's command
has written about a process that does not answer is a report of that process,
see :mod:`.sender`. A report that comes
from outside the units of Ceilometer is found, too, and is not
:attr:`~sender.Identity.trusted`. Entries belong together only if both the
report's id and journald's word for the sender are the same: nobody adds a
section to the report of another.

Nothing of the side that writes is imported, so that this works on a host
where Ceilometer is broken or absent. Nothing here logs.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import functools
import os
from typing import Any

from ceilometer.diagnostics.command.reports import claims
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import kept_reader
from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.command.reports import search
from ceilometer.diagnostics.command.reports import sender
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics.command.reports import stored
from ceilometer.diagnostics import fields

#: Where reports do not say which trigger they answer, processes of a unit that
#: noticed one within this time answer the same, if none of them does so twice.
ANSWER_USEC_MAX = 5 * 1_000_000

Identity = sender.Identity

_SHORT_ID_DIGITS = 12


@dataclasses.dataclass(frozen=True)
class Found:
    """A report in the journal.

    :ivar report: the report; as :func:`find` gives it, its sections have
        neither text nor data
    :ivar identity: who wrote it
    :ivar size_bytes: of the texts and data of its sections, as its summary
        tells it; None if that is missing
    :ivar problems: what is wrong with its entries, a line each
    :ivar files: the journal files that it is in
    :ivar entries: how many entries of it there are
    :ivar disputes: what other files say differently, a line each
    :ivar noticed_usec: when the process noticed the trigger, as its summary
        tells it, microseconds since the epoch; None if that is missing
    :ivar came_monotonic_usec: when its first entry came, on the monotonic
        clock of the host's boot; None where the query did not ask for that
    :ivar told_of: process id of the process that has died or is silent, by
        the word of the one of its unit that tells of it; None for a report of
        the process itself
    :ivar sent_by: what journald says of the sender of all its entries,
        ``FIELD=value``: others may use its id, any number of times
    """

    report: parsed.Report
    identity: sender.Identity
    size_bytes: int | None = None
    problems: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    entries: int = 0
    disputes: tuple[str, ...] = ()
    noticed_usec: int | None = None
    came_monotonic_usec: int | None = None
    told_of: int | None = None
    sent_by: tuple[bytes, ...] = ()

    @property
    def is_event(self) -> bool:
        """Whether it tells what has happened, and is no report of a state."""
        return self.report.header.trigger.kind in fields.EVENT_TRIGGERS

    @property
    def pid(self) -> int | None:
        """The process that it is about."""
        return self.identity.pid if self.told_of is None else self.told_of

    @property
    def id(self) -> str:
        """The id of the report."""
        return self.report.header.id

    @property
    def short_id(self) -> str:
        """Its beginning, for people: unique for all practical purposes."""
        return self.id[:_SHORT_ID_DIGITS]

    @property
    def kept_in(self) -> str | None:
        """The file in which it waits for the journal; None if it does not."""
        return next(filter(kept_reader.is_kept, self.files), None)

    @property
    def time_usec(self) -> int:
        """When its first entry was sent, microseconds since the epoch."""
        return self.report.header.trigger.time_usec

    @property
    def process_key(self) -> tuple[Any, ...]:
        """The same for all reports of one process."""
        own = self.identity
        return (own.machine_id, own.boot_id, own.unit, self.pid, own.foreign)

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
    found = []
    for key, entries in search.groups(journal, query, problems).items():
        try:
            found += [_outline(claim) for claim in claims.split(
                entries, search.FILE, functools.partial(
                    search.whole_entries, journal, key, entries))]
        except parsed.InvalidEntry as invalid:
            if problems is not None:
                problems.append(
                    f'report {stored.decode(key[0])[:40]} of pid '
                    f'{stored.decode(key[3])}: {invalid}; skipped')
    hosts = claims.hosts(journal.files)
    found = sorted((_of_its_host(one, hosts) for one in found
                    if _fulfils(one, query)), key=_order)
    return _unambiguous(found, query, problems)


def load(journal: journal_reader.Journal, found: Found,
         section: str | None = None) -> Found:
    """Read the whole of a report: the texts and the data of its sections.

    :param journal: where it was found
    :param found: as :func:`find` gave it
    :param section: the only section to read; all others are missing then
    :raises source.JournalError: the journal cannot be read, or the report is
        not there any more
    """
    raw = ([] if section is None
           else _entries(journal, found, found.files, section))
    entries = claims.once(raw or raw_entries(journal, found))
    if not entries:
        raise source.JournalError(
            f'report {found.id} is not in the journal any more')
    try:
        whole, problems = stored.assemble(entries)
    except parsed.InvalidEntry as invalid:
        raise source.JournalError(f'report {found.id}: {invalid}') from None
    if section is not None:
        # its own first section tells when it was begun
        whole = dataclasses.replace(whole, header=found.report.header)
    return dataclasses.replace(
        found, report=whole, problems=found.problems + tuple(problems))


def load_each(journal: journal_reader.Journal, found: Iterable[Found],
              problems: list[str],
              section: str | None = None) -> Iterator[Found]:
    """Read the whole of reports; what cannot be read is skipped.

    :param journal: where they were found
    :param found: the reports
    :param problems: takes a line for each that cannot be read
    :param section: the only section to read; reports without it are skipped
    """
    for one in found:
        if section is not None and section not in {
                part.name for part in one.report.sections}:
            continue
        try:
            whole = load(journal, one, section)
        except source.JournalError as error:
            problems.append(f'{error}; skipped')
        else:
            yield whole


def closing_section(found: Found) -> str:
    """The section of a report that tells what is unusual.

    :param found: the report
    """
    names = {part.name for part in found.report.sections}
    if len(names) == 1 and names <= set(fields.ALONE):
        return names.pop()
    return fields.SECTION_SUMMARY


def raw_entries(journal: journal_reader.Journal,
                found: Found) -> list[stored.Entry]:
    """The entries of a report as the journal has them, in its order.

    :param journal: where it was found
    :param found: the report
    :returns: fields of each entry, with ``__CURSOR``,
        ``__REALTIME_TIMESTAMP`` and ``__MONOTONIC_TIMESTAMP``
    :raises source.JournalError: the journal cannot be read
    """
    entries = _entries(journal, found, found.files)
    if len(entries) < found.entries:
        # a file has been archived since, and has another name now
        journal.refresh()
        entries = _entries(journal, found, None)
    return sorted(entries,
                  key=lambda entry: int(entry['__REALTIME_TIMESTAMP']))


def _entries(journal: journal_reader.Journal, found: Found,
             paths: Collection[str] | None,
             section: str | None = None) -> list[stored.Entry]:
    own = found.identity
    entries = []
    for reader in journal.each(paths=paths):
        reader.add_match(f'{fields.REPORT}=1')
        reader.add_match(f'{fields.REPORT_ID}={found.id}')
        for match in found.sent_by:
            reader.add_match(match)
        if section is not None:
            reader.add_match(f'{fields.REPORT_SECTION}={section}')
        for entry in search.entries(reader):
            if sender.of_entry(entry, own.unit) == own and (
                    sender.unit_of(entry) in (
                        None, (own.unit or '').encode())):
                entries.append({**reader.addresses(), **entry})
    return entries


def without_events(found: Iterable[Found]) -> list[Found]:
    """Only the reports of what processes are doing.

    :param found: any
    """
    return [one for one in found if not one.is_event]


def answers(found: Iterable[Found]) -> list[list[Found]]:
    """Put together the reports with which a unit answered one trigger.

    Each event is alone.

    :param found: reports, oldest first
    :returns: groups, oldest first; in each the master first, then its
        workers by number
    """
    groups: list[list[Found]] = []
    # with the processes in it: one unit may have very many
    latest: dict[Any, tuple[list[Found], set[int | None]]] = {}
    for one in found:
        own = one.identity
        trigger = one.report.header.trigger
        if one.is_event:
            groups.append([one])
            continue
        key = (own.machine_id, own.boot_id, own.unit, own.trusted,
               own.foreign, trigger.id or (
                   trigger.kind, trigger.signal, trigger.sender_pid))
        group, pids = latest.get(key, ([], set()))
        if not group or trigger.id is None and (
                one.time_usec - group[0].time_usec > ANSWER_USEC_MAX
                or one.pid in pids):
            group, pids = latest[key] = [], set()
            groups.append(group)
        group.append(one)
        pids.add(one.pid)
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


def _outline(claim: claims.Claim) -> Found:
    entries = claim.entries
    whole, problems = stored.assemble(entries, whole=False)
    size_bytes = noticed_usec = None
    for entry in entries:
        if stored.is_summary(entry):
            size_bytes, noticed_usec = stored.told_by_summary(entry)
    unit = next((unit for entry in entries
                 if (unit := stored.decode(sender.unit_of(entry)))), None)
    identity = sender.of_entry(entries[0], unit)
    if claim.foreign:
        identity = dataclasses.replace(identity, foreign=True)
    return Found(report=whole, identity=identity,
                 disputes=tuple(claim.disputes),
                 size_bytes=size_bytes, noticed_usec=noticed_usec,
                 problems=tuple(problems),
                 files=tuple(map(os.fsdecode, dict.fromkeys(
                     entry[search.FILE] for entry in entries))),
                 entries=len(entries),
                 came_monotonic_usec=min(
                     (int(entry[search.MONOTONIC]) for entry in entries
                      if search.MONOTONIC in entry), default=None),
                 told_of=sender.told_of(entries[0]),
                 sent_by=search.sent_by(entries))


def _of_its_host(found: Found, hosts: set[str]) -> Found:
    """Mark a report that one host has sent for another."""
    own = found.identity
    why = claims.contradiction(
        found.files[0], own.hostname, own.machine_id, hosts)
    if why is None:
        return found
    return dataclasses.replace(
        found, disputes=(*found.disputes, why),
        identity=dataclasses.replace(own, foreign=True))


def _unambiguous(found: list[Found], query: search.Query,
                 problems: list[str] | None) -> list[Found]:
    """Only reports of the ids that a query means.

    The beginning of several ids is that of the one from a unit of Ceilometer,
    if there is one: others can write any id.
    """
    for wanted in query.ids:
        having = [one for one in found if one.id.startswith(wanted)]
        ids = {one.id for one in having}
        if wanted in ids or len(ids) < 2:
            continue
        meant = {one.id for one in having if one.identity.trusted}
        if len(meant) != 1:
            raise search.AmbiguousId(
                f'report id {wanted} is ambiguous: {len(ids)} reports begin '
                'with it')
        if problems is not None:
            problems.append(
                f'report id {wanted}: {len(ids) - 1} more, not from a '
                'Ceilometer unit, begin with it; skipped')
        found = [one for one in found
                 if not one.id.startswith(wanted) or one.id in meant]
    return found


def _fulfils(found: Found, query: search.Query) -> bool:
    return ((query.since_usec is None or found.time_usec >= query.since_usec)
            and (query.since_monotonic_usec is None
                 or found.came_monotonic_usec is None
                 or found.came_monotonic_usec >= query.since_monotonic_usec)
            and (query.until_usec is None
                 or found.time_usec <= query.until_usec))
