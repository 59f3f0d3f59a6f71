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

"""Which reports a command line means: in which journal, and which of them.

Matches are told by their shape, as coredumpctl(1) does.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import contextlib
import dataclasses
import re
import sys

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import search
from ceilometer.diagnostics.command.reports import source

#: So many lines are printed of what was skipped: anybody may write
#: entries that claim to be of a report.
_PROBLEMS_MAX = 10

_UNIT = re.compile(r'[\w.:@\\*?\[\]-]+', re.ASCII)
_UNIT_SUFFIXES = ('.service', '.scope', '.slice', '.socket', '.timer')


@contextlib.contextmanager
def opened(given: argparse.Namespace,
           ) -> Iterator[tuple[journal_reader.Journal, list[str]]]:
    """A context with the journal that the options name.

    At its end, also where it fails, a line is printed for all that was
    skipped, unless the user asked for no warnings.

    :param given: the options
    :returns: the journal, and a list that takes such lines
    :raises options.UsageError: the options contradict one another
    :raises source.JournalError: the journal cannot be read
    """
    journal = _journal(given)
    problems: list[str] = []
    try:
        yield journal, problems
    finally:
        if not given.quiet:
            sys.stdout.flush()
            # both looking for ids and for reports meet what is damaged
            lines = list(dict.fromkeys([*journal.problems, *problems]))
            for line in lines[:_PROBLEMS_MAX]:
                destination.complain(line)
            if len(lines) > _PROBLEMS_MAX:
                destination.complain(f'and {len(lines) - _PROBLEMS_MAX} more')


def _journal(given: argparse.Namespace) -> journal_reader.Journal:
    named = [name for name, value in (
        ('--directory', given.directory is not None),
        ('--file', bool(given.file)), ('--root', given.root is not None),
        ('--namespace', given.namespace is not None)) if value]
    if len(named) > 1:
        raise command_line.UsageError(
            f'{named[0]} and {named[1]} cannot be combined')
    if given.merge and given.file:
        raise command_line.UsageError('--file and --merge cannot be combined')
    for name in ('directory', 'root', 'namespace'):
        if getattr(given, name) == '':
            raise command_line.UsageError(f'--{name}: the name is empty')
    if '' in given.file:
        raise command_line.UsageError('--file: the name is empty')
    return journal_reader.Journal(source.Source(
        directory=given.directory, files=tuple(given.file), root=given.root,
        namespace=given.namespace, merge=given.merge))


def _query(given: argparse.Namespace,
           journal: journal_reader.Journal) -> search.Query:
    since, until = given.since, given.until
    if since is not None and until is not None and since > until:
        raise command_line.UsageError('--since is after --until')
    return dataclasses.replace(
        matches(given.match, given.units), since_usec=since, until_usec=until,
        boot_ids=_boot_ids(given.boot, journal))


def matches(words: list[str], named: list[str]) -> search.Query:
    """Tell matches by their shape.

    :param words: the matches
    :param named: units that were named as such
    :raises options.UsageError: one has no shape that a match has
    """
    ids, units, pids, raw = [], [], [], []
    for word in words:
        if '=' in word:
            name = word.partition('=')[0]
            if not command_line.FIELD.fullmatch(name):
                raise command_line.UsageError(
                    f'{word!r}: invalid field name: expected capital '
                    'letters, digits and underscores, with at most one '
                    'underscore in front')
            raw.append(word)
        elif command_line.PID.fullmatch(word):
            if int(word) == 0:
                raise command_line.UsageError(f'{word!r} is not a pid')
            pids.append(int(word))
        elif command_line.ID.fullmatch(word):
            ids.append(word)
        else:
            units.append(unit_name(word))
    units += map(unit_name, named)
    return search.Query(ids=tuple(ids), units=tuple(units), pids=tuple(pids),
                        matches=tuple(raw))


def unit_name(word: str) -> str:
    """The full name of a unit, or a pattern of such.

    :raises options.UsageError: no unit has such a name
    """
    if not _UNIT.fullmatch(word) or word.startswith('-') or len(word) > 255:
        raise command_line.UsageError(
            f'{word!r} is not a report id, unit, pid or FIELD=value')
    if word.endswith((*_UNIT_SUFFIXES, '*')):
        return word
    return f'{word}.service'


def _boot_ids(wish: str | None,
              journal: journal_reader.Journal) -> tuple[str, ...]:
    if wish is None or wish == 'all':
        return ()
    known = search.boots(journal)
    match = re.fullmatch(r'([0-9a-f]{32})?([+-]?\d+)?', wish)
    assert match is not None
    own = match[1]
    offset = int(match[2] or '0')
    if own is None and offset <= 0 and journal.source.local:
        own = source.boot_id()
        if own not in known:
            known.append(own)
    if own is not None:
        if own not in known:
            raise command_line.Failure(f'the journal has no boot {own}')
        place = known.index(own) + offset
    else:
        # as journalctl counts: 1 is the first one, 0 the last, -1 before it
        place = offset - 1 if offset > 0 else len(known) - 1 + offset
    if not 0 <= place < len(known):
        raise command_line.Failure(f'the journal has no boot {wish} (it has '
                                   f'{len(known)} in all)')
    return (known[place],)


def find(journal: journal_reader.Journal, wanted: search.Query,
         problems: list[str]) -> list[read.Found]:
    """Find reports, oldest first.

    :param journal: where to look
    :param wanted: which are wanted
    :param problems: takes a line for what claims to be a report and is none
    :raises options.Failure: there is none, or an id is ambiguous
    """
    try:
        reports = read.find(journal, wanted, problems)
    except search.AmbiguousId as ambiguous:
        raise command_line.Failure(str(ambiguous)) from None
    if not reports:
        every = (search.ALL, search.Query(trusted=True))
        raise command_line.Failure('no reports found' if wanted in every
                                   else 'no reports match')
    return reports


def matching(given: argparse.Namespace, journal: journal_reader.Journal,
             problems: list[str], trusted: bool = False) -> list[read.Found]:
    """Find the reports that matches and options ask for, oldest first.

    :param given: the options
    :param journal: where to look
    :param problems: takes a line for what claims to be a report and is none
    :param trusted: only those from units of Ceilometer
    :raises options.UsageError: the options contradict one another
    :raises options.Failure: there is none
    """
    query = dataclasses.replace(_query(given, journal), trusted=trusted)
    try:
        return find(journal, query, problems)
    except command_line.Failure:
        # what follows -b is a match, unless it is a boot: which was meant?
        word: str = getattr(given, 'boot_before', None) or ''
        if word in given.match and matches([word], []).units:
            raise command_line.Failure(
                f'the journal has no boot {word}, and no reports of a unit '
                f'{unit_name(word)}') from None
        raise


def newest(found: list[read.Found],
           given: argparse.Namespace) -> list[read.Found]:
    """Apply -n and -1 to reports that are sorted, oldest first."""
    count = 1 if given.newest else given.lines
    return found if count is None else found[-count:]


def select(given: argparse.Namespace, journal: journal_reader.Journal,
           problems: list[str], whole_group: bool = False,
           latest: bool = False) -> list[read.Found]:
    """The reports that are meant; the last one, if nothing is said.

    :param given: the options
    :param journal: where to look
    :param problems: takes a line for what claims to be a report and is none
    :param whole_group: then all that answered the same trigger as that
    :param latest: then of the reports that match those that answered the
        last trigger, for each unit or pid that is named; all if an option
        says how many or since when, and each that its id names
    :raises options.UsageError: the options contradict one another
    :raises options.Failure: there is none
    """
    counted = given.lines is not None or given.newest or (
        given.since is not None or given.until is not None)
    named = given.match or given.units
    query = matches(given.match, given.units)
    if counted or named and (query.ids or not latest):
        picked = newest(matching(given, journal, problems), given)
        return picked[::-1] if given.reverse else picked
    # what others claim does not push itself before the daemons' own
    try:
        found = matching(given, journal, problems, trusted=True)
    except command_line.Failure:
        found = matching(given, journal, problems)
    if named:
        picked = _latest(found, query)
        return picked[::-1] if given.reverse else picked
    if whole_group:
        return read.answers(read.without_events(found) or found)[-1]
    return found[-1:]


def _latest(found: list[read.Found], query: search.Query) -> list[read.Found]:
    """The last answers of each unit or process, and its events since."""
    names: tuple[str | int, ...] = query.units or query.pids or ('*',)
    picked: list[list[read.Found]] = []
    for group in reversed(read.answers(found)):
        having = [name for name in names if any(
            name in (one.identity.pid, one.told_of)
            if isinstance(name, int)
            else containers.is_called(one.identity.unit or '', name)
            for one in group)]
        if having:
            picked.append(group)
            # what has happened since, and the answers before that
            if not group[0].is_event:
                names = tuple(name for name in names if name not in having)
    return [one for group in reversed(picked) for one in group]
