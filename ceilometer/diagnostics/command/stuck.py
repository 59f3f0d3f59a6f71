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

"""``ceilometer-diagnostics stuck``: threads that have not moved."""

from __future__ import annotations


from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.findings import stuck_threads
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.output import report_text
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command import selection
from ceilometer.diagnostics.command import times

#: How many reports of each process are looked at.
REPORTS = 10


def parser() -> command_line.Parser:
    """The parser of this verb's command line."""
    made = command_line.Parser(
        'stuck', 'Show the threads that have not moved: the stack is the '
        'same in the last reports of their process. Longest first. Threads '
        'that only wait for work are left out.', [
            ('', 'stuck threads of all services'),
            ('ceilometer-polling -n 5',
             'compare the last five reports of each process'),
            ('--all', 'also threads that only wait for work'),
        ])
    command_line.add_selection(made, 'which ones')
    made.add_argument('--all', action='store_true',
                      help='also threads that only wait for work')
    command_line.add_source(made)
    command_line.add_output(made)
    return made


def main(arguments: list[str]) -> int:
    """Run the verb; see :func:`cli.main`."""
    given = parser().parse(arguments)
    with selection.opened(given) as (journal, problems):
        found = read.without_events(
            selection.matching(given, journal, problems, trusted=True))
        count = 1 if given.newest else given.lines or REPORTS
        if count < 2:
            raise command_line.UsageError(
                'stuck compares at least two reports: use -n 2 or more')
        by_process: dict[object, list[read.Found]] = {}
        for one in found:
            by_process.setdefault(one.process_key, []).append(one)
        if all(len(reports) < 2 for reports in by_process.values()):
            raise command_line.Failure('no process has two reports to compare')
        stood = [
            one for reports in by_process.values()
            for one in stuck_threads.still(list(
                read.load_each(journal, reports[-count:], problems,
                               section='threads')))
            if given.all or not stuck_threads.is_idle(one.thread)]
    stood.sort(key=lambda one: -one.usec)
    if given.reverse:
        stood.reverse()
    with destination.Output(given.output, not given.no_pager) as out:
        if given.json == 'off':
            out.write(_text(stood, given.no_legend, out.style))
        else:
            out.write(destination.to_json([_describe(one) for one in stood],
                                          given.json))
    return 0 if stood else 1


def _describe(one: stuck_threads.Still) -> dict[str, object]:
    thread = one.thread
    own = one.last.identity
    return {
        'unit': own.unit, 'pid': own.pid, 'hostname': own.hostname,
        'id': one.last.id, 'thread': thread.name,
        'native_id': thread.native_id, 'state': thread.state,
        'waiting_for': thread.waiting_for, 'usec': one.usec,
        'reports': one.reports, 'idle': stuck_threads.is_idle(thread),
        'frames': [{'file': frame.file, 'line': frame.line,
                    'function': frame.function} if not frame.left_out
                   else {'left_out': frame.left_out}
                   for frame in thread.stack],
    }


def _text(stood: list[stuck_threads.Still], bare: bool,
          style: destination.Style) -> str:
    if not stood:
        return '' if bare else 'No thread is stuck.\n'
    parts = []
    name = report_text.process_names(
        {one.last.id: one.last for one in stood}.values())
    for one in stood:
        lines = [style.bold(f'{times.show_span(one.usec)} in {one.reports} '
                            f'reports: {name(one.last)}: '
                            f'{one.thread.describe()}')]
        for frame in one.thread.stack:
            lines += frame.lines()
        parts.append('\n'.join(lines) + '\n')
    return '\n'.join(parts)
