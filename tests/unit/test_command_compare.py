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

"""What differs between two reports, and which threads have not moved."""

from __future__ import annotations

import json
import pathlib
import typing

import pytest

from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics import report
from tests.unit import commands
from tests.unit import journals

MINUTE = commands.MINUTE
DAEMON = journals.Sender()
FORGER = journals.Sender(pid=666, uid=1000, unit='session-1.scope')
ONE, TWO, THREE = ('1' * 32, '2' * 32, '3' * 32)


class Reports:
    """A journal that is filled step by step, and the command for it."""

    def __init__(self, directory: pathlib.Path,
                 capsys: pytest.CaptureFixture[str]) -> None:
        self.directory = directory
        self.command = commands.Command(directory, capsys)

    def add(self, report_id: str, minute: int,
            sections: list[report.Section],
            sender: journals.Sender = DAEMON,
            lost: int | None = None) -> None:
        """Add a report; its own section package replaces the usual one."""
        made = journals.make_report(report_id=report_id)
        parts = sections if sections[0].name == 'package' else [
            made.sections[0], *sections]
        made = parsed.Report(made.header, (*parts, made.sections[-1]),
                             len(parts) + 1)
        entries = journals.entries(
            made, sender, journals.TIME_USEC + minute * MINUTE)
        if lost is not None:
            del entries[lost]
        journals.write(self.directory / f'{report_id}-{sender.pid}.journal',
                       entries)

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Run the command."""
        return self.command(*arguments)


@pytest.fixture
def reports(tmp_path: pathlib.Path,
            capsys: pytest.CaptureFixture[str]) -> Reports:
    """The command, and a journal without reports."""
    directory = tmp_path / 'journal'
    directory.mkdir()
    return Reports(directory, capsys)


def threads(*stacks: dict[str, typing.Any]) -> report.Section:
    """A section of threads."""
    return report.Section('threads', 'Threads', 'x', {
        'count': len(stacks), 'without_python': [], 'stacks': list(stacks)})


def package(version: str, python: str, **libraries: str) -> report.Section:
    """A section of versions."""
    return report.Section('package', 'Package', 'x', {
        'version': version, 'diagnostics': '1', 'python': {
            'version': python}, 'platform': {'kernel': '6.1'},
        'libraries': libraries})


def options(**values: typing.Any) -> report.Section:
    """A section of options."""
    return report.Section('configuration', 'Configuration', 'x', {
        'known': True, 'files': [], 'unregistered': [], 'options': [
            {'group': 'DEFAULT', 'name': name, 'value': value,
             'changed': True} for name, value in values.items()]})


def resources(rss: int, descriptors: int, **by_kind: int) -> report.Section:
    """A section of resources."""
    return report.Section('resources', 'Resources', 'x', {
        'memory_kib': {'VmRSS': rss}, 'file_descriptors': {
            'count': descriptors, 'by_kind': by_kind}})


LOCK = commands.thread('waits', 1, 5, 'a lock')
IDLE = commands.thread('idle', 2, 6, 'a queue')


def test_all_that_differs(reports: Reports) -> None:
    """Of each kind: what was added, removed, changed, or should have."""
    reports.add(ONE, 0, [
        package('26.0.0', '3.11.2', kombu='5.3', amqp='5.1'),
        threads(LOCK, IDLE, commands.thread('old', 3, 7, 'a lock'),
                commands.thread('moves', 5, 8, 'a lock')),
        options(gone='x', stays=True, many=['a', 'b']),
        resources(100, 9, socket=4, pipe=2)])
    reports.add(TWO, 10, [
        package('27.0.0', '3.11.2', kombu='5.4', vine='5'),
        threads(LOCK, IDLE, commands.thread('new', 4, 7, 'a lock'),
                commands.thread('moves', 5, 9, 'a lock')),
        options(came={'k': 1}, stays=True, many=['a', 'c']),
        resources(90, 12, socket=7, pipe=2)])
    code, out, err = reports('diff')
    assert (code, err) == (0, '')
    lines = out.splitlines()
    assert lines[0].startswith(f'--- {ONE[:12]} ')
    assert lines[1].startswith(f'+++ {TWO[:12]} ')
    assert lines[2:] == [
        '', 'Versions',
        '- amqp: 5.1',
        '~ ceilometer: 26.0.0 -> 27.0.0',
        '~ kombu: 5.3 -> 5.4',
        '+ vine: 5',
        '', 'Options',
        '+ [DEFAULT] came: k:1',
        '- [DEFAULT] gone: x',
        '~ [DEFAULT] many: a,b -> a,c',
        '', 'Threads',
        '- old: /usr/lib/work.py:7 in work',
        '+ new: /usr/lib/work.py:7 in work',
        '= waits: has not moved, still at /usr/lib/work.py:5 in work',
        '', 'Memory, KiB',
        '~ VmRSS: 100 -> 90 (-10)',
        '', 'File descriptors',
        '~ all: 9 -> 12 (+3)',
        '~ socket: 4 -> 7 (+3)',
    ]


def test_what_is_not_there_does_not_differ(reports: Reports) -> None:
    """A section that one report lacks, or that failed, is not compared."""
    failed = report.Section('configuration', 'C', 'x', {
        'options': [{'group': 'DEFAULT', 'name': 'z', 'value': '1'}]},
        status='error')
    reports.add(ONE, 0, [options(a='1'), threads(LOCK), resources(1, 1)])
    reports.add(TWO, 1, [failed, threads(LOCK), resources(1, 1)], lost=2)
    code, out, _ = reports('diff')
    assert code == 0
    assert '(incomplete)' not in out.splitlines()[0]
    assert out.splitlines()[1].endswith(' (incomplete)')
    assert out.splitlines()[2:] == ['', 'No differences.']


def test_processes_that_are_not_the_same(reports: Reports) -> None:
    """Their threads have names in common, nothing else; none is stuck."""
    reports.add(ONE, 0, [threads(
        LOCK, commands.thread('only here', 7, 7, 'a lock'))])
    reports.add(TWO, 10, [threads(LOCK)], FORGER)
    code, out, _ = reports('diff', '1111', '2222')
    lines = out.splitlines()
    assert code == 0
    assert 'ceilometer-polling[100] worker 0' in lines[0]
    assert 'not of a unit' not in lines[0]
    assert 'session-1.scope[666] worker 0' in lines[1]
    assert lines[1].endswith(' (not from a Ceilometer unit)')
    assert lines[2:] == ['', 'Threads',
                         '- only here: /usr/lib/work.py:7 in work']


def test_threads_stand_in_the_order_of_their_reports(
        reports: Reports) -> None:
    """Whenever it is run: two outputs can be compared in their turn."""
    old, new = (
        [f'{word} {number}' for number in range(40)]
        for word in ('old', 'new'))
    reports.add(ONE, 0, [threads(*(
        commands.thread(name, number, 1, 'a lock')
        for number, name in enumerate(old, 1)))])
    reports.add(TWO, 10, [threads(*(
        commands.thread(name, 100 - number, 1, 'a lock')
        for number, name in enumerate(new, 1)))])
    reports.add(THREE, 20, [threads(*(
        commands.thread(name, number, 1, 'a lock')
        for number, name in enumerate(old, 1)))], FORGER)
    # of one process, by their numbers; of two, by their names
    for pair, names in ((('1111', '2222'), (old, new)),
                        (('2222', '3333'), (new, old))):
        code, out, _ = reports('diff', '--json', *pair)
        found = json.loads(out)['changes']
        assert code == 0
        for change, expected in zip(('removed', 'added'), names, strict=True):
            assert [one['what'] for one in found
                    if one['change'] == change] == expected


def test_longest_first(reports: Reports) -> None:
    """Of all processes, over as many reports as are wanted."""
    def short(line: int) -> dict[str, typing.Any]:
        return commands.thread('short', 3, line, 'a lock')

    reports.add(ONE, 0, [threads(LOCK, IDLE, short(1))])
    reports.add(TWO, 10, [threads(short(2), LOCK, IDLE)])
    reports.add(THREE, 30, [threads(short(2), LOCK, IDLE)])

    def told(*arguments: str) -> list[tuple[str, int, int]]:
        code, out, err = reports('stuck', '--json', *arguments)
        assert (code, err) == (0, '')
        return [(one['thread'], one['usec'] // MINUTE, one['reports'])
                for one in json.loads(out)]

    assert told() == [('waits', 30, 3), ('short', 20, 2)]
    assert told('-r') == [('short', 20, 2), ('waits', 30, 3)]
    assert told('-n', '2') == [('short', 20, 2), ('waits', 20, 2)]
    assert sorted(told('--all')) == [
        ('idle', 30, 3), ('short', 20, 2), ('waits', 30, 3)]
    _, out, _ = reports('stuck')
    assert out.startswith(
        '30min in 3 reports: ceilometer-polling[100] worker 0 (AgentManager):'
        ' thread "waits" (1), waiting for a lock\n  File "/usr/lib/run.py", '
        'line 10, in run\n')


def test_nothing_stands_still(reports: Reports) -> None:
    """That is said, and told by the exit code."""
    for minute, report_id in enumerate((ONE, TWO)):
        reports.add(report_id, minute, [threads(IDLE, commands.thread(
            'moves', 3, minute + 1, 'a lock'))])
    assert reports('stuck') == (1, 'No thread is stuck.\n', '')
    assert reports('stuck', '--no-legend') == (1, '', '')
    assert reports('stuck', '--json=short') == (1, '[]\n', '')
    code, out, _ = reports('stuck', '--all')
    assert code == 0 and '"idle"' in out and '"moves"' not in out


def test_threads_that_write_reports_are_left_out(
        reports: Reports) -> None:
    """They stand in the same place in each report."""
    own = commands.thread('diagnostics', 9, 5, 'a lock')
    own['threads'][0]['diagnostics'] = True
    for minute, report_id in enumerate((ONE, TWO)):
        reports.add(report_id, minute, [threads(LOCK, own)])
    for arguments in (['stuck', '--all'], ['show', '--merge-stacks'],
                      ['export', '--format=html']):
        code, out, _ = reports(*arguments)
        assert code == 0 and 'waits' in out, arguments
        assert '&quot;diagnostics&quot;' not in out, arguments
        assert '"diagnostics"' not in out, arguments


def test_the_stack_that_most_threads_have_stands_first(
        reports: Reports) -> None:
    """With all that stand there, and the frames that were left out."""
    cut = commands.thread('deep', 4, 4, 'a lock')
    cut['frames'].insert(1, {'left_out': 70})
    many = commands.thread('pool-1', 2, 6, 'a queue')
    many['threads'].append({**many['threads'][0], 'name': 'pool-2',
                            'native_id': 3, 'ident': 3})
    reports.add(ONE, 0, [threads(LOCK, cut, many)])
    _, out, _ = reports('show', '--merge-stacks')
    heads, *stacks = out.split('\n\n')
    assert heads == '4 threads of 1 processes, 3 different stacks'
    assert stacks[0].startswith('2 threads:\n')
    assert '"pool-1"' in stacks[0] and '"pool-2"' in stacks[0]
    assert '  [… 70 frames left out]\n' in stacks[2]
