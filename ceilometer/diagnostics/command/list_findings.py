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

"""The verb ``findings``: what is unusual, in how many hosts and processes."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.findings import kinds_found
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command import selection
from ceilometer.diagnostics.command import times
from ceilometer.diagnostics import findings


def parser() -> command_line.Parser:
    """The parser of this verb's command line."""
    made = command_line.Parser(
        'findings', 'Show what the reports find unusual: each kind of finding '
        'once, the worst first, and on how many hosts and in how many '
        'processes. What the newest reports of a process do not find any '
        'more comes last.', [
            ('', 'of all reports of this machine'),
            ('-D /var/log/journal/remote --since -1h',
             'of all hosts, in the last hour'),
            ('ceilometer-polling', 'of one unit'),
            ('REPORT_FINDING=broker-unreachable',
             'of the reports that have this finding'),
        ])
    command_line.add_selection(made, 'which ones')
    command_line.add_source(made)
    command_line.add_output(made)
    return made


def main(arguments: list[str]) -> int:
    """Run the verb; see :func:`cli.main`."""
    given = parser().parse(arguments)
    with selection.opened(given) as (journal, problems):
        found = selection.newest(
            selection.matching(given, journal, problems, trusted=True), given)
        kinds = kinds_found.of(found)
        _read_sentences(journal, kinds, problems)
        kinds = kinds_found.ordered(kinds)
        if given.reverse:
            kinds.reverse()
        hosts = kinds_found.host_count(found)
        processes = len({one.process_key for one in found})
        with destination.Output(given.output, not given.no_pager) as out:
            if given.json == 'off':
                out.write(_text(kinds, hosts, processes, len(found),
                                given.utc, given.no_legend, out.style))
            else:
                out.write(destination.to_json(
                    [_describe(kind, hosts, processes) for kind in kinds],
                    given.json))
    return 0 if kinds else 1


def _read_sentences(journal: journal_reader.Journal,
                    kinds: list[kinds_found.Kind],
                    problems: list[str]) -> None:
    """Read what the newest report of each kind says of it.

    Each report is read once, however many kinds it has: anybody can write one
    of very many.
    """
    unreadable: set[int] = set()
    # where that cannot be read, the one before it
    waiting = [(kind, reversed(kind.reports)) for kind in kinds]
    while waiting:
        groups: dict[int, tuple[read.Found, list[
            tuple[kinds_found.Kind, Iterator[read.Found]]]]] = {}
        for kind, older in waiting:
            one = next((one for one in older if id(one) not in unreadable),
                       None)
            if one is not None:
                groups.setdefault(id(one), (one, []))[1].append((kind, older))
        waiting = []
        for one, having in groups.values():
            whole = next(read.load_each(
                journal, [one], problems, read.closing_section(one)), None)
            if whole is None:
                unreadable.add(id(one))
                waiting += having
            else:
                kinds_found.tell([kind for kind, _ in having], whole)


def _describe(kind: kinds_found.Kind, hosts: int,
              processes: int) -> dict[str, object]:
    return {
        'kind': kind.name, 'severity': kind.severity,
        'sentence': kind.sentence, 'hosts': len(kind.hosts),
        'hosts_in_all': hosts, 'hostnames': kind.hosts,
        'processes': kind.processes, 'processes_in_all': processes,
        'processes_now': len(kind.current), 'reports': len(kind.reports),
        'first': kind.reports[0].time_usec, 'last': kind.reports[-1].time_usec,
        'id': kind.reports[-1].id}


def _text(kinds: list[kinds_found.Kind], hosts: int, processes: int,
          reports: int, utc: bool, bare: bool,
          style: destination.Style) -> str:
    paint: dict[str, Callable[[str], str]] = {
        findings.ERROR: style.bad, findings.WARNING: style.odd,
        findings.NOTICE: str}
    lines = []
    for kind in kinds:
        where = (f'{len(kind.hosts)} of {hosts} hosts' if hosts > 1 else
                 f'{kind.processes} of {processes} process'
                 + ('es' if processes != 1 else ''))
        words = f' {kind.sentence}' if kind.sentence else ''
        lines.append(paint[kind.severity](
            f'{where}: {kind.severity}:{words} [{kind.name}]'))
        words = (f'    since {times.show(kind.reports[0].time_usec, utc)}'
                 if kind.current else
                 f'    from {times.show(kind.reports[0].time_usec, utc)} to '
                 f'{times.show(kind.reports[-1].time_usec, utc)}; not in the '
                 'newest reports')
        if hosts > 1:
            words += f', {kind.processes} of {processes} processes'
        if len(kind.reports) > 1:
            words += f', {len(kind.reports)} reports'
        lines.append(style.faint(
            f'{words}, the last {kind.reports[-1].short_id}'))
    if not kinds and not bare:
        lines.append(findings.NONE)
    if not bare:
        counts = [findings.count(reports, 'report'),
                  findings.count(processes, 'process', 'processes'),
                  findings.count(hosts, 'host')]
        lines += ['', f'Looked at: {", ".join(counts)}.']
    return ''.join(f'{line}\n' for line in lines)
