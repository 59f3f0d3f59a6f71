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

"""``ceilometer-diagnostics diff``: what changed from a report to another."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import dataclasses
from typing import Any
from typing import TypeVar

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.findings import stuck_threads
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.output import report_text
from ceilometer.diagnostics.command.reports import earlier
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import reported_options
from ceilometer.diagnostics.command.reports import reported_threads
from ceilometer.diagnostics.command.reports import search
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics.command import selection
from ceilometer.diagnostics.command import times
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import escape

_T = TypeVar('_T')


@dataclasses.dataclass(frozen=True)
class Change:
    """One thing that differs, or that should and does not.

    :ivar kind: ``option``, ``thread``, ``memory``, ``descriptors`` or
        ``version``
    :ivar what: the name of it
    :ivar change: ``added``, ``removed``, ``changed`` or ``stuck``
    :ivar before: what it was, None if it was not there
    :ivar after: what it is, None if it is not there any more
    """

    kind: str
    what: str
    change: str
    before: Any = None
    after: Any = None


def parser() -> command_line.Parser:
    """The parser of this verb's command line."""
    made = command_line.Parser(
        'diff', 'Compare two reports: versions, options, threads, memory, '
        'file descriptors. With the id of one report: compare it with the '
        'previous report of its process. With a unit or pid, or without '
        'MATCH: compare the last two reports of one process. Two matches: '
        'compare the last report of each.', [
            ('', 'what changed between the last two reports of a process'),
            ('ceilometer-polling', 'the same, of a process of this unit'),
            ('3ceceb026120', 'a report and the previous one of its process'),
            ('001fc0fb 3ceceb02', 'any two reports'),
        ])
    made.add_argument('match', nargs='*', metavar='MATCH',
                      help='report id or its first digits, unit, pid; the '
                      'earlier report first')
    command_line.add_units(made)
    command_line.add_source(made)
    command_line.add_output(made)
    return made


def main(arguments: list[str]) -> int:
    """Run the verb; see :func:`cli.main`."""
    given = parser().parse(arguments)
    queries = _queries(given)
    with selection.opened(given) as (journal, problems):
        before, after = _pair(journal, queries, problems)
    before = read.load(journal, before)
    after = read.load(journal, after)
    found = list(changes(before, after))
    with destination.Output(given.output, not given.no_pager) as out:
        if given.json == 'off':
            out.write(_text(before, after, found, given.utc, out.style))
        else:
            out.write(destination.to_json(
                {'before': before.id, 'after': after.id,
                 'changes': [dataclasses.asdict(one) for one in found]},
                given.json))
    return 0


def _queries(given: argparse.Namespace) -> list[search.Query]:
    """What each match asks for."""
    if len(given.match) + len(given.units) > 2:
        raise command_line.UsageError(
            'expected at most two reports, units or pids')
    queries = [selection.matches([word], []) for word in given.match]
    for query in queries:
        if query.matches:
            raise command_line.UsageError(
                f'{query.matches[0]!r} is not a report id, unit or pid')
    return queries + [selection.matches([], [unit]) for unit in given.units]


def _pair(journal: journal_reader.Journal, queries: list[search.Query],
          problems: list[str]) -> tuple[read.Found, read.Found]:
    named = []
    by_id = False
    for wanted in queries or [search.Query(trusted=True)]:
        try:
            found = selection.find(journal, wanted, problems)
        except command_line.Failure:
            # the beginning of an id may have no letters
            beginning = ''.join(map(str, wanted.pids))
            if not command_line.ID.fullmatch(beginning):
                raise
            wanted = search.Query(ids=(beginning,))
            found = selection.find(journal, wanted, problems)
        by_id = bool(wanted.ids)
        if not by_id:
            found = read.without_events(found) or found
        named.append([one for one in found if one.identity.trusted] or found)
    if len(named) == 2:
        return named[0][-1], named[1][-1]
    if by_id:
        after = named[0][-1]
        before = earlier.previous(journal, after)
        if before is None:
            raise command_line.Failure(
                'there is no earlier report of the same process')
        return before, after
    latest: dict[object, read.Found] = {}
    pair = None
    for one in named[0]:
        if one.process_key in latest:
            pair = latest[one.process_key], one
        latest[one.process_key] = one
    if pair is None:
        raise command_line.Failure('no process has two reports')
    return pair


def changes(before: read.Found, after: read.Found) -> Iterator[Change]:
    """What differs between two whole reports.

    :param before: the earlier one
    :param after: the later one
    """
    yield from _versions(before, after)
    yield from _options(before, after)
    yield from _threads(before, after)
    yield from _growth(before, after)


def _compared(kind: str, before: dict[str, Any],
              after: dict[str, Any]) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Change(kind, name, 'removed', before[name])
        elif name not in before:
            yield Change(kind, name, 'added', None, after[name])
        elif before[name] != after[name]:
            yield Change(kind, name, 'changed', before[name], after[name])


def _both(before: read.Found, after: read.Found,
          kind: type[_T]) -> tuple[_T, _T] | None:
    """The data of a section in both reports, None if one lacks it."""
    old, new = (section_data.content(found.report, kind)
                for found in (before, after))
    return None if old is None or new is None else (old, new)


def _versions(before: read.Found, after: read.Found) -> Iterator[Change]:
    def versions(told: contents.Package) -> dict[str, Any]:
        return {
            'ceilometer': told['version'],
            'ceilometer-diagnostics': told['diagnostics'],
            'python': told['python']['version'],
            'kernel': told['platform']['kernel'],
            **told['libraries'],
        }

    if both := _both(before, after, contents.Package):
        yield from _compared('version', *map(versions, both))


def _options(before: read.Found, after: read.Found) -> Iterator[Change]:
    def values(told: contents.Configuration) -> dict[str, Any]:
        return {reported_options.name(option): reported_options.shown(option)
                for option in told['options']}

    if both := _both(before, after, contents.Configuration):
        yield from _compared('option', *map(values, both))


def _threads(before: read.Found, after: read.Found) -> Iterator[Change]:
    if not _both(before, after, contents.Threads):
        return
    old, new = ({one.key: one
                 for one in reported_threads.threads(found.report)}
                for found in (before, after))
    if before.process_key != after.process_key:
        # threads of other processes have nothing but their names in common
        old, new = ({one.name: one for one in known.values()}
                    for known in (old, new))
    # in the order of the reports: the same whenever it is run
    for key, thread in old.items():
        if key not in new:
            yield Change('thread', thread.name, 'removed', _place(thread))
    for key, thread in new.items():
        if key not in old:
            yield Change('thread', thread.name, 'added', None, _place(thread))
    if before.process_key == after.process_key:
        for thread in stuck_threads.stuck(before, after):
            yield Change('thread', thread.name, 'stuck',
                         _place(thread), _place(thread))


def _place(thread: reported_threads.Thread) -> str:
    return thread.where() or thread.state


def _growth(before: read.Found, after: read.Found) -> Iterator[Change]:
    both = _both(before, after, contents.Resources)
    if both is None:
        return
    old, new = both
    yield from _compared('memory', old['memory_kib'], new['memory_kib'])
    yield from _compared('descriptors', *(
        {**({} if told['count'] is None else {'all': told['count']}),
         **told.get('by_kind', {})}
        for told in (old['file_descriptors'], new['file_descriptors'])))


_HEADS = {'version': 'Versions', 'option': 'Options', 'thread': 'Threads',
          'memory': 'Memory, KiB', 'descriptors': 'File descriptors'}


def _text(before: read.Found, after: read.Found, found: list[Change],
          utc: bool, style: destination.Style) -> str:
    lines = []
    # the two of a process are told apart by their ids and times
    names = report_text.process_names(
        [before] if before.process_key == after.process_key
        else [before, after])
    for mark, one in (('---', before), ('+++', after)):
        words = (f'{mark} {one.short_id} {times.show(one.time_usec, utc)} '
                 f'{names(one)}')
        if not one.identity.trusted:
            words += ' (not from a Ceilometer unit)'
        if not one.report.complete:
            words += ' (incomplete)'
        lines.append(style.bold(words))
    for kind, head in _HEADS.items():
        own = [one for one in found if one.kind == kind]
        if own:
            lines += ['', style.bold(head)]
            lines += [_line(one, style) for one in own]
    if not found:
        lines += ['', 'No differences.']
    return '\n'.join(lines) + '\n'


def _line(change: Change, style: destination.Style) -> str:
    what = escape.line(change.what)
    before, after = (escape.line(str(value))
                     for value in (change.before, change.after))
    if change.change == 'added':
        return style.good(f'+ {what}: {after}')
    if change.change == 'removed':
        return style.bad(f'- {what}: {before}')
    if change.change == 'stuck':
        return style.odd(f'= {what}: has not moved, still at {after}')
    grown = ''
    if isinstance(change.before, int) and isinstance(change.after, int):
        grown = f' ({change.after - change.before:+d})'
    return f'~ {what}: {before} -> {after}{grown}'
