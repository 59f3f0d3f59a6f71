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

"""``ceilometer-diagnostics stuck``: threads that stand where they stood."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses

from ceilometer.diagnostics.command import options
from ceilometer.diagnostics.command import output
from ceilometer.diagnostics.command import selection
from ceilometer.diagnostics.command import text
from ceilometer.diagnostics.command import threads
from ceilometer.diagnostics.command import times
from ceilometer.diagnostics import read

#: How many reports of each process are looked at.
REPORTS = 10


@dataclasses.dataclass(frozen=True)
class Still:
    """A thread that did not move.

    :ivar last: the newest report of its process
    :ivar thread: the thread, as it is there
    :ivar usec: for how long it has been there, microseconds at least
    :ivar reports: in how many reports it is there
    """

    last: read.Found
    thread: threads.Thread
    usec: int
    reports: int


def parser() -> options.Parser:
    """The parser of this verb's command line."""
    made = options.Parser(
        'stuck', 'Show the threads whose stack is the same in the last '
        'reports of their process, longest first. Threads that only wait for '
        'work are left out.', [
            ('', 'of all services'),
            ('ceilometer-polling -n 5', 'over the last five reports each'),
            ('--all', 'also those that wait for work'),
        ])
    options.add_selection(made, 'only those')
    made.add_argument('--all', action='store_true',
                      help='also threads that wait for work')
    options.add_source(made)
    options.add_output(made)
    return made


def main(arguments: list[str]) -> int:
    """Run the verb; see :func:`cli.main`."""
    given = parser().parse(arguments)
    with selection.opened(given) as (journal, problems):
        found = [one for one in selection.matching(given, journal, problems)
                 if one.identity.trusted]
        count = 1 if given.newest else given.lines or REPORTS
        if count < 2:
            raise options.UsageError(
                'a thread can stand still in two reports at least')
        by_process: dict[object, list[read.Found]] = {}
        for one in found:
            by_process.setdefault(one.process_key, []).append(one)
        if all(len(reports) < 2 for reports in by_process.values()):
            raise options.Failure('no process has two reports to compare')
        stood = [
            one for reports in by_process.values() for one in still(list(
                selection.loaded(journal, reports[-count:], problems)))
            if given.all or not threads.is_idle(one.thread)]
    stood.sort(key=lambda one: -one.usec)
    if given.reverse:
        stood.reverse()
    with output.Output(given.output, not given.no_pager) as out:
        if given.json == 'off':
            out.write(_text(stood, given.no_legend, out.style))
        else:
            out.write(output.to_json([_describe(one) for one in stood],
                                     given.json))
    return 0 if stood else 1


def still(reports: list[read.Found]) -> Iterator[Still]:
    """The threads of a process that did not move.

    :param reports: whole reports of one process, oldest first
    """
    if not reports:
        return
    last = reports[-1]
    standing = {thread.key: thread
                for thread in threads.threads(last.report) if thread.stack}
    since = {key: (last, 1) for key in standing}
    still_there = set(standing)
    for number, earlier in enumerate(reports[-2::-1], 2):
        stacks = {thread.key: thread.stack
                  for thread in threads.threads(earlier.report)}
        still_there = {key for key in still_there
                       if stacks.get(key) == standing[key].stack}
        since.update(dict.fromkeys(still_there, (earlier, number)))
    for key, (first, count) in since.items():
        if count > 1:
            yield Still(last, standing[key],
                        max(last.time_usec - first.time_usec, 0), count)


def _describe(one: Still) -> dict[str, object]:
    thread = one.thread
    own = one.last.identity
    return {
        'unit': own.unit, 'pid': own.pid, 'hostname': own.hostname,
        'id': one.last.id, 'thread': thread.name,
        'native_id': thread.native_id, 'state': thread.state,
        'waiting_for': thread.waiting_for, 'usec': one.usec,
        'reports': one.reports, 'idle': threads.is_idle(thread),
        'frames': [{'file': frame.file, 'line': frame.line,
                    'function': frame.function} if not frame.left_out
                   else {'left_out': frame.left_out}
                   for frame in thread.stack],
    }


def _text(stood: list[Still], bare: bool, style: output.Style) -> str:
    if not stood:
        return '' if bare else 'No thread stands still.\n'
    parts = []
    name = text.process_names(
        {one.last.id: one.last for one in stood}.values())
    for one in stood:
        lines = [style.bold(f'{times.show_span(one.usec)} in {one.reports} '
                            f'reports: {name(one.last)}: '
                            f'{one.thread.describe()}')]
        for frame in one.thread.stack:
            lines += frame.lines()
        parts.append('\n'.join(lines) + '\n')
    return '\n'.join(parts)
