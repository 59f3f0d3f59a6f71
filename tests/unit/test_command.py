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

"""The operator's command, run in this process on real journal files."""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import pathlib
import subprocess
import sys
import typing

import pytest

from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics import report
from ceilometer.diagnostics import source
from tests.unit import journals

MINUTE = 60 * 1_000_000


def thread(name: str, ident: int, line: int, waiting_for: str | None,
           state: str = 'sleeping') -> dict[str, typing.Any]:
    """A stack with one thread, as the section has it."""
    return {'threads': [{
        'name': name, 'ident': ident, 'native_id': ident, 'daemon': False,
        'foreground': ident == 1, 'diagnostics': False, 'state': state,
        'waiting_for': waiting_for, 'cpu_seconds': 0.5,
        'kernel_function': None}],
        'frames': [
            {'file': '/usr/lib/run.py', 'line': 10, 'function': 'run',
             'source': 'self.work()'},
            {'file': '/usr/lib/work.py', 'line': line, 'function': 'work',
             'source': 'wait()'}]}


def sections(line: int = 20, interval: str = '600', rss: int = 50_000,
             version: str = '5.0') -> list[report.Section]:
    """The sections of a daemon, with what may change."""
    return [
        report.Section('threads', 'Threads', 'Threads: 3', {
            'count': 3, 'without_python': [], 'stacks': [
                thread('MainThread', 1, 5, 'file descriptors'),
                thread('pollster', 2, 33, 'a lock'),
                thread('moving', 3, line, 'data to read')]}),
        report.Section('configuration', 'Configuration', 'interval', {
            'known': True, 'files': ['/etc/ceilometer/ceilometer.conf'],
            'unregistered': [], 'options': [
                {'group': 'polling', 'name': 'interval', 'value': interval,
                 'default': '300', 'changed': True, 'location': 'file',
                 'detail': '/etc/ceilometer/ceilometer.conf', 'line': 3,
                 'error': None},
                {'group': 'DEFAULT', 'name': 'transport_url',
                 'value': 'rabbit://nova-user:***@mq.example.org:5672/',
                 'default': None, 'changed': True, 'location': 'file',
                 'detail': '/etc/ceilometer/ceilometer.conf', 'line': 2,
                 'error': None},
                {'group': 'DEFAULT', 'name': 'debug', 'value': False,
                 'changed': False, 'location': 'default', 'detail': None,
                 'line': None, 'error': None}]}),
        report.Section('resources', 'Resources', 'memory', {
            'memory_kib': {'VmRSS': rss, 'VmHWM': rss}, 'limits': {
                'open files': [1024, 1024]},
            'file_descriptors': {'count': 1000, 'by_kind': {'socket': 900}},
            'garbage_collector': {'enabled': True, 'uncollectable': 0},
            'control_group': {}}),
        report.Section('broken', 'Broken', 'This section failed.',
                       {'error': 'ValueError', 'message': 'no such thing'},
                       status='error'),
    ]


class Command(typing.NamedTuple):
    """Runs the command on a journal."""

    directory: pathlib.Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        code = cli.main([f'--directory={self.directory}', *arguments])
        out, err = self.capsys.readouterr()
        return code, out, err


#: Master and worker, two reports each, ten minutes apart; a forgery; and a
#: report that lacks its second section.
IDS = [f'{number:08x}{"cd" * 12}' for number in range(16, 22)]


@pytest.fixture
def command(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
            monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, and a journal to run it on."""
    monkeypatch.setenv('TZ', 'UTC')
    start = journals.TIME_USEC
    given: list[dict[str, str]] = []

    def add(number: int, minutes: int, made: list[report.Section],
            sender: journals.Sender, lost: int | None = None,
            process: str = 'worker') -> None:
        entries = journals.entries(
            journals.make_report(made, report_id=IDS[number],
                                 process=process),
            sender, start + minutes * MINUTE + number)
        if lost is not None:
            del entries[lost]
        given.extend(entries)

    worker, master = journals.Sender(pid=101), journals.Sender(pid=100)
    add(1, 0, sections(), worker)
    add(0, 0, sections(), master, process='master')
    add(3, 10, sections(21, '60', 90_000), worker)
    add(2, 10, sections(), master, process='master')
    add(4, 20, sections(), journals.Sender(
        pid=666, uid=1000, unit='session-1.scope'))
    add(5, 30, sections(), journals.Sender(
        pid=300, unit='ceilometer-agent-central.service'), lost=1)
    directory = tmp_path / 'journal'
    directory.mkdir()
    journals.write(directory / 'test.journal', given)
    return Command(directory, capsys)


def test_list(command: Command) -> None:
    """A row a report, newest last, grouped; forgery and gap are marked."""
    code, out, err = command('--utc')
    assert (code, err) == (0, '')
    lines = out.splitlines()
    assert lines[0].split() == ['TIME', 'UNIT', 'PROCESS', 'PID', 'TRIGGER',
                                'SECTIONS', 'SIZE', 'ID']
    assert [line.split()[-1] for line in lines[1:7]] == [
        IDS[number][:12] for number in (0, 1, 2, 3, 4, 5)]
    assert '┌ master' in lines[1] and '└ worker 0' in lines[2]
    assert '! session-1.scope' in lines[5]
    assert '5 of 6: 2 missing, broken error' in lines[6]
    assert 'Sun 2026-11-22 08:00:00 UTC ceilometer-polling' in lines[1]
    assert '6 reports listed.' in out and 'not to be believed' in out


def test_list_json(command: Command) -> None:
    """For tools there is a list of objects."""
    code, out, _ = command('list', '--json=short', '-n', '2', '-r')
    rows = json.loads(out)
    assert code == 0 and out.count('\n') == 1
    assert [row['id'] for row in rows] == [IDS[5], IDS[4]]
    assert [row['trusted'] for row in rows] == [True, False]
    assert rows[0]['missing'] == [2] and not rows[0]['complete']


@pytest.mark.parametrize(('arguments', 'expected'), [
    (['ceilometer-agent-central'], [5]),
    (['ceilometer-agent-*'], [5]),
    (['101'], [1, 3]),
    (['100', '101', '-n', '1'], [3]),
    ([IDS[2]], [2]),
    ([IDS[2][:8] + 'c'], [2]),
    (['_UID=1000'], [4]),
    (['REPORT_PROCESS=master'], [0, 2]),
    (['--since', '2026-11-22 08:15:00 UTC'], [4, 5]),
    (['-S', '2026-11-22 08:05 UTC', '-U', '2026-11-22 08:25 UTC'],
     [2, 3, 4]),
    (['--since', '-10000d'], [0, 1, 2, 3, 4, 5]),
    (['-1'], [5]), (['-b'], [0, 1, 2, 3, 4, 5]), (['-b', '1', '-1'], [5]),
    (['--boot', journals.BOOT_ID, '-n1'], [5]),
    (['-rn', '2'], [5, 4]),
])
def test_selection(command: Command, arguments: list[str],
                   expected: list[int]) -> None:
    """Matches are told by their shape, options as in journalctl."""
    code, out, err = command('list', '--json=short', *arguments)
    assert (code, err) == (0, '')
    rows = [row['id'] for row in json.loads(out)]
    assert sorted(rows) == sorted(IDS[number] for number in expected)


def test_options_before_and_behind(command: Command) -> None:
    """Options may stand before the verb, and between matches."""
    assert command('-n', '1', 'list', '101', '--no-legend', '100')[0] == 0
    assert command('-q', '-b', 'all', 'show', '-1')[0] == 0


def test_show_last_trusted(command: Command) -> None:
    """Without a match the last report is shown, and what it lacks."""
    code, out, err = command('show')
    assert (code, err) == (0, '')
    assert IDS[5] in out and '\033' not in out
    assert 'Complete: no, missing: threads (2)' in out
    assert '! incomplete, missing: threads (2)' in out
    assert '! section broken: error, no such thing' in out
    assert '! 1000 file descriptors of 1024' in out
    assert '2 options changed: [polling] interval' in out
    assert 'Broken (ERROR)\nThis section failed.' in out


def test_show_forgery(command: Command) -> None:
    """What is not of Ceilometer says so at once."""
    code, out, _ = command('show', IDS[4])
    assert code == 0
    assert 'do not believe' in out
    assert 'not a unit of Ceilometer, it says to be ceilometer-polling' in out


def test_show_stuck_threads(command: Command) -> None:
    """The digest tells the threads that stand where they stood."""
    _, out, _ = command('show', IDS[3])
    assert ('! thread "pollster" (2), waiting for a lock at /usr/lib/work.py:'
            f'33 in work: stands where it stood 10min before, in report '
            f'{IDS[1][:12]}') in out
    assert '"moving"' not in out.partition('Package')[0]


def test_show_json_is_what_was_collected(command: Command) -> None:
    """Each section comes back with text and data."""
    code, out, _ = command('show', IDS[3], '--json')
    told = json.loads(out)
    assert code == 0
    found = [report.Section(**part) for part in told['sections'][1:-1]]
    assert found == sections(21, '60', 90_000)


def test_show_section_and_changed(command: Command) -> None:
    """A part of a report can be had alone."""
    _, out, _ = command('show', IDS[3], '--section', 'resources')
    assert 'Resources\nmemory' in out and 'Threads' not in out
    code, _, err = command('show', IDS[3], '--section', 'nothing')
    assert code == 1 and 'there are package, threads' in err
    _, out, _ = command('show', IDS[3], '--changed')
    assert '[polling] interval = 60' in out and 'default: 300' in out
    assert 'debug' not in out
    _, out, _ = command('show', IDS[3], '--changed', '--json')
    assert [one['name'] for one in json.loads(out)['options']] == [
        'interval', 'transport_url']


def test_show_merged_stacks(command: Command) -> None:
    """The same stack of several processes stands once."""
    code, out, _ = command('show', '--merge-stacks', IDS[0], IDS[1])
    assert code == 0
    assert '6 threads of 2 processes, 3 different stacks' in out
    assert out.count('line 33, in work') == 1


def test_diff(command: Command) -> None:
    """What changed from one report to the next of its process."""
    code, out, _ = command('diff', IDS[3])
    assert code == 0
    assert f'--- {IDS[1][:12]}' in out and f'+++ {IDS[3][:12]}' in out
    assert '~ [polling] interval: 600 -> 60' in out
    assert '= pollster: stands still at /usr/lib/work.py:33' in out
    assert '~ VmRSS: 50000 -> 90000 (+40000)' in out
    assert 'moving' not in out and 'MainThread' not in out
    code, out, _ = command('diff', '--json')
    told = json.loads(out)
    assert (told['before'], told['after']) == (IDS[1], IDS[3])
    assert {change['kind'] for change in told['changes']} == {
        'option', 'thread', 'memory'}
    code, out, _ = command('diff', IDS[0][:8], IDS[2][:8])
    assert code == 0 and 'Options' not in out
    assert command('diff', IDS[5])[0] == 1


def test_stuck(command: Command) -> None:
    """Threads that did not move over the last reports, longest first."""
    code, out, _ = command('stuck')
    assert code == 0
    assert out.startswith('10min in 2 reports: ceilometer-polling[')
    assert out.count('"pollster"') == 2 and 'MainThread' not in out
    _, out, _ = command('stuck', '--all', '--json', '101')
    assert {one['thread']: one['usec'] // MINUTE
            for one in json.loads(out)} == {'MainThread': 10, 'pollster': 10}
    assert command('stuck', 'ceilometer-agent-central')[0] == 1


def test_export_journal_is_read_by_every_verb(
        command: Command, tmp_path: pathlib.Path) -> None:
    """The journal's own export format makes a journal with the same."""
    path = tmp_path / 'out.export'
    assert command('export', '-b', 'all', '--since', '2026-01-01',
                   '--format=journal', '-o', str(path))[0] == 0
    other = tmp_path / 'other'
    other.mkdir()
    subprocess.run(
        [journals.REMOTE, '--split-mode=none', '-o',
         str(other / 'other.journal'), str(path)], check=True,
        capture_output=True)
    again = Command(other, command.capsys)
    for arguments in (['list'], ['list', '--json'], ['show', IDS[3]],
                      ['show', IDS[5], '--json'], ['diff'], ['stuck'],
                      ['export', '--format', 'html', IDS[3]]):
        assert again(*arguments) == command(*arguments), arguments


def test_export_text_json_html(command: Command,
                               tmp_path: pathlib.Path) -> None:
    """All that answered the last trigger go to a file."""
    path = tmp_path / 'out'
    assert command('export', IDS[0], IDS[1], '-o', str(path)) == (0, '', '')
    assert path.read_text().count('    Report: ') == 2
    _, out, _ = command('export', IDS[0], IDS[1], '--format', 'json')
    told = [json.loads(line) for line in out.splitlines()]
    assert [one['id'] for one in told] == [IDS[0], IDS[1]]
    assert told[0]['sections'][1]['data'] == sections()[0].data
    _, out, _ = command('export', IDS[0], IDS[1], '--format', 'html')
    assert out.startswith('<!DOCTYPE html>') and 'http' not in out.replace(
        'http-equiv', '')
    # the option on which both processes agree stands once
    assert out.count('<th>[polling] interval</th>') == 1


def test_anonymize(command: Command, tmp_path: pathlib.Path) -> None:
    """Names of hosts and users are gone, consistently, in every format."""
    for form in ('text', 'json', 'html', 'journal'):
        path = tmp_path / f'out.{form}'
        assert command('export', '101', '--anonymize', '--format', form,
                       '-o', str(path)) == (0, '', '')
        out = path.read_text(errors='replace')
        for name in ('controller-1', 'mq.example.org', 'nova-user',
                     journals.BOOT_ID, journals.MACHINE_ID):
            assert name not in out, (form, name)
        assert IDS[3] in out and 'host-1' in out, form


def test_hostile_text_is_escaped(tmp_path: pathlib.Path,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody drives a terminal, or a browser, with what a report says."""
    bad = '\x1b[2Jclear\x9b31m\u202e<script>alert(1)</script>'
    made = journals.make_report([
        report.Section('x', bad, bad, {'stacks': bad}),
        report.Section('threads', 'Threads', bad, {
            'stacks': [{'threads': [{'name': bad}], 'frames': [
                {'file': bad, 'line': bad, 'function': bad}]}]}),
        report.Section('configuration', 'C', bad, {'options': [
            {'group': bad, 'name': bad, 'value': bad, 'changed': True,
             'error': bad, 'location': bad, 'detail': bad}],
            'unregistered': [bad, {'name': bad}]}),
        report.Section('package', 'P', bad, {'version': bad, 'python': bad,
                                             'platform': 7}),
        report.Section('resources', 'R', bad, {'memory_kib': bad,
                                               'limits': 3}),
        report.Section('processes', 'Processes', '', [1, 2])])
    header = dataclasses.replace(
        made.header, service=bad, process=bad, worker_name=bad,
        trigger=dataclasses.replace(made.header.trigger, kind=bad,
                                    signal=bad, sender_comm=bad))
    made = dataclasses.replace(made, header=header)
    sender = journals.Sender(hostname=bad, unit='ceilometer-x.service')
    journals.write(tmp_path / 'x.journal', [
        *journals.entries(made, sender), *journals.entries(
            dataclasses.replace(made, header=dataclasses.replace(
                header, id='ff' * 16)), sender, journals.TIME_USEC + MINUTE)])
    command = Command(tmp_path, capsys)
    for arguments in (['list'], ['show'], ['show', '--changed'], ['diff'],
                      ['show', '--merge-stacks'], ['stuck', '--all'],
                      ['export', '--format=html'], ['export'],
                      ['list', '--json'], ['show', '--json'],
                      ['export', '--format=json', '--anonymize'],
                      ['export', '--format=html', '--anonymize']):
        code, out, err = command(*arguments)
        assert code in (0, 1), arguments
        assert not set(out + err) & set('\x1b\x9b\u202e'), arguments
        if 'html' in arguments[-1]:
            assert '<script>alert' not in out


def test_processes_are_told_apart(tmp_path: pathlib.Path,
                                  capsys: pytest.CaptureFixture[str]) -> None:
    """Of several hosts each is named, of several reports each has its id."""
    given = []
    for host in ('host-1', 'host-2'):
        for minute in (0, 10):
            given += journals.entries(
                journals.make_report(sections()),
                journals.Sender(hostname=host, boot_id=host[-1] * 32,
                                machine_id=host[-1] * 32),
                journals.TIME_USEC + minute * MINUTE)
    journals.write(tmp_path / 'x.journal', given)
    command = Command(tmp_path, capsys)
    _, out, _ = command('stuck')
    assert ' reports: host-1 ceilometer-polling[100] worker 0' in out
    assert ' reports: host-2 ceilometer-polling[100] worker 0' in out
    ids = [one['id'] for one in json.loads(command('list', '--json')[1])]
    for arguments in (['show', '--merge-stacks', '-n', '4'],
                      ['export', '--format=html', '-n', '4']):
        _, out, _ = command(*arguments)
        for host, report_id in zip(('host-1', 'host-2', 'host-1', 'host-2'),
                                   ids, strict=True):
            assert (f'{host} ceilometer-polling[100] worker 0 (AgentManager) '
                    f'in {report_id[:12]}') in out, arguments
    _, out, _ = command('show', '--merge-stacks', '-1')
    assert '\nceilometer-polling[100] worker 0 (AgentManager): ' in out


def test_page_marks_options(command: Command) -> None:
    """Those that are not as by default, and those with a wrong value."""
    made = sections()
    assert isinstance(made[1].data, dict)
    made[1].data['options'][0]['error'] = 'not a number'
    journals.write(command.directory / 'more.journal', journals.entries(
        journals.make_report(made, report_id='ee' * 16)))
    _, out, _ = command('export', 'ee' * 16, '--format=html')
    assert ('<tr class="option changed failed"><th>[polling] interval</th>'
            '<td>not a number</td>') in out
    assert '<tr class="option changed"><th>[DEFAULT] transport_url' in out
    assert '<tr class="option"><th>[DEFAULT] debug</th>' in out


def test_hostile_entries_do_not_drive_the_terminal(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor what is said of them on standard error, nor how much."""
    bad = '\x1b[2Jclear\u202e'
    given = journals.entries(journals.make_report(
        [report.Section(bad, 'Bad', 'bad')]))
    for number in range(100):
        entry = journals.entries(journals.make_report())[0]
        given.append({**entry, 'REPORT_ID': f'{bad}{number}' + 'x' * 400})
    journals.write(tmp_path / 'x.journal', given)
    command = Command(tmp_path, capsys)
    code, out, err = command('list')
    assert code == 0 and '1 report listed' in out
    assert not set(out + err) & set('\x1b\u202e')
    assert 'passed over' in err and 'and 90 more' in err
    assert err.count('\n') == 11 and len(err) < 11 * 250
    code, out, err = command('show', '--section', 'nothing', '--quiet')
    assert (code, out, err.count('\n')) == (1, '', 1)
    assert 'there are package' in err
    assert not set(err) & set('\x1b\u202e')


def test_long_words_do_not_make_the_table_wide(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a process says of itself is cut."""
    long = 'x' * 400
    made = journals.make_report([
        report.Section(long, 'Bad', 'bad', status='error')])
    made = dataclasses.replace(made, header=dataclasses.replace(
        made.header, worker_name=long, trigger=dataclasses.replace(
            made.header.trigger, signal=long)))
    journals.write(tmp_path / 'x.journal', journals.entries(made))
    _, out, _ = Command(tmp_path, capsys)('list')
    assert max(map(len, out.splitlines())) < 250 and 'x…' in out


def test_hostile_data_breaks_no_verb(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Data nested deep, numbers of thousands of digits."""
    def nested(depth: int) -> typing.Any:
        value: typing.Any = 'x'
        for _ in range(depth):
            value = [value]
        return value

    given = []
    for minute, sign in ((0, ''), (1, '-')):
        made = journals.make_report([
            report.Section('threads', 'Threads', 'x', {'stacks': [
                {'threads': [{'name': 'x'}], 'frames': [{}]}]}),
            report.Section('resources', 'R', 'x', {'memory_kib': {
                'VmRSS': 'HUGE'}}),
            report.Section('deep', 'D', 'x', nested(90)),
            report.Section('configuration', 'C', 'x', {'options': [
                {'name': 'x', 'value': nested(80), 'changed': True}]})])
        for entry in journals.entries(
                made, time_usec=journals.TIME_USEC + minute * MINUTE):
            entry['REPORT_DATA'] = entry.get('REPORT_DATA', '').replace(
                '"HUGE"', sign + '9' * 4300)
            given.append(entry)
    for entry in given:
        if entry['REPORT_SECTION_INDEX'] == '4':
            entry['REPORT_SECTION_INDEX'] = '04'
    journals.write(tmp_path / 'x.journal', given)
    command = Command(tmp_path, capsys)
    for arguments in (['list'], ['show'], ['show', '--json'], ['diff'],
                      ['diff', '--json'], ['stuck', '--all'],
                      ['show', '--merge-stacks'],
                      *(['export', '--anonymize', '--format', form]
                        for form in ('text', 'json', 'html'))):
        code, out, err = command(*arguments)
        assert (code, err) == (0, '') and out, arguments
    path = str(tmp_path / 'out')
    assert command('export', '--anonymize', '--format=journal', '-o',
                   path) == (0, '', '')


def test_stacks_that_part_at_every_frame(command: Command) -> None:
    """The page shows them, however many that are."""
    made = [report.Section('threads', 'Threads', 'x', {'stacks': [
        {'threads': [{'name': 'x'}], 'frames': [{}] * count}
        for count in range(1, 500)]})]
    journals.write(command.directory / 'more.journal', journals.entries(
        journals.make_report(made, report_id='ee' * 16)))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(450)
    try:
        code, out, _ = command('export', 'ee' * 16, '--format=html')
    finally:
        sys.setrecursionlimit(limit)
    assert code == 0
    assert out.count('class="owner"') == 499
    assert out.count('<details') == out.count('</details>')


def test_nothing_to_compare(command: Command) -> None:
    """One report tells nothing of what stands still."""
    code, out, err = command('stuck', 'ceilometer-agent-central')
    assert (code, out) == (1, '')
    assert 'no process has two reports' in err


def test_report_that_cannot_be_read_hides_no_other(
        command: Command) -> None:
    """It is named, and the others are shown."""
    entries = journals.entries(
        journals.make_report(report_id='ee' * 16), journals.Sender(pid=101),
        journals.TIME_USEC + 11 * MINUTE)
    for entry in entries:
        entry['REPORT_DATA'] = '{'
    later = journals.entries(
        journals.make_report(sections(), report_id='ff' * 16),
        journals.Sender(pid=101), journals.TIME_USEC + 12 * MINUTE)
    journals.write(command.directory / 'more.journal', [*entries, *later])
    for verb in ('show', 'export'):
        code, out, err = command(verb, 'ee' * 16, 'ff' * 16)
        assert code == 0 and 'ff' * 16 in out, verb
        assert err.startswith('ceilometer-diagnostics: report eeee')
        code, out, err = command(verb, 'ee' * 16)
        assert (code, out) == (1, '') and 'report eeee' in err
    assert command('show', 'ff' * 16)[0] == 0
    assert command('stuck', '101')[0] == 0


def test_empty_journal(tmp_path: pathlib.Path,
                       capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is nothing, every verb says so and exits with 1."""
    journals.write(tmp_path / 'x.journal', [
        {**journals.Sender().fields(journals.TIME_USEC), 'MESSAGE': 'x'}])
    for verb in ('list', 'show', 'diff', 'stuck', 'export'):
        code, out, err = Command(tmp_path, capsys)(verb)
        assert (code, out) == (1, '')
        assert err == 'ceilometer-diagnostics: no reports found\n'


@pytest.mark.parametrize('verb', ['list', 'show', 'diff', 'stuck', 'export'])
def test_what_is_passed_over_is_told(command: Command, verb: str) -> None:
    """A line for each file that cannot be read, also where nothing is."""
    (command.directory / 'cut.journal').write_bytes(b'LPKSHHRH')
    line = (f'ceilometer-diagnostics: {command.directory}/cut.journal: '
            'cut short, or not a journal file; passed over\n')
    code, out, err = command(verb)
    assert (code, err) == (0, line) and out
    assert command(verb, '--quiet') == (0, out, '')
    code, out, err = command(verb, 'ffffffff')
    assert (code, out) == (1, '')
    assert err == line + 'ceilometer-diagnostics: no reports match\n'


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Each verb has a help with examples."""
    assert cli.main(['--help']) == 0
    assert 'examples:' in capsys.readouterr().out
    for verb in cli.VERBS:
        with pytest.raises(SystemExit) as ended:
            cli.main([verb, '--help'])
        assert ended.value.code == 0
        assert 'examples:' in capsys.readouterr().out


Case = tuple[list[str], int, str]
WRONG: collections.abc.Sequence[Case] = [
    (['nonsense'], 2, 'no verb'),
    (['-n', '5', 'nonsense'], 2, 'no verb'),
    (['list', '--nonsense'], 2, 'unrecognized'),
    (['list', '-x'], 2, 'unrecognized'),
    (['list', '-n', '0'], 2, 'at least 1'),
    (['list', '-n', '-1'], 2, 'at least 1'),
    (['list', '-n', ''], 2, 'at least 1'),
    (['list', '-n', 'many'], 2, 'at least 1'),
    (['list', '-n', '٣'], 2, 'at least 1'),
    (['list', '-n'], 2, 'expected one argument'),
    (['list', '--since', 'soon'], 2, 'point in time'),
    (['list', '--until', '2026-13-01'], 2, 'point in time'),
    (['list', '--since', '@x'], 2, 'point in time'),
    (['list', '-S', '-2parsecs'], 2, 'point in time'),
    (['list', '-S', '9999999999 years ago'], 2, 'point in time'),
    (['list', '-S', '2026-02-02', '-U', '2026-02-01'], 2, 'after'),
    (['list', '-b', '~'], 2, 'no report id'),
    (['list', '--boot=nonsense'], 2, 'no boot'),
    (['list', '-b', '99'], 1, 'no boot'),
    (['list', '-b', '-99'], 1, 'no boot'),
    (['list', '--boot=' + 'f' * 32], 1, 'no boot'),
    (['list', '-b', '1' * 5000], 2, 'no report id'),
    (['list', '--boot=' + '1' * 5000], 2, 'no boot'),
    (['list', '--json=xml'], 2, 'short, pretty or off'),
    (['list', '--root', '/'], 2, 'exclude'),
    (['list', '--file', '/x.journal'], 2, 'exclude'),
    (['list', '--namespace', 'x'], 2, 'exclude'),
    (['list', '--directory='], 2, 'not nothing'),
    (['list', '0'], 2, 'no pid'),
    (['list', 'lower=1'], 2, 'capital'),
    (['list', '=1'], 2, 'capital'),
    (['list', '__CURSOR=1'], 2, 'at most one'),
    (['list', '/../.~'], 2, 'no report id'),
    (['list', ''], 2, 'no report id'),
    (['list', 'x' * 300], 2, 'no report id'),
    (['list', 'ceilometer-nothing'], 1, 'no reports match'),
    (['list', '999'], 1, 'no reports match'),
    (['list', 'ffffffff'], 1, 'no reports match'),
    (['list', 'REPORT_SECTION=nothing'], 1, 'no reports match'),
    (['list', '0000'], 2, 'no pid'),
    (['show', '0000001'], 1, 'no reports match'),
    (['show', '000000'], 2, 'no pid'),
    (['show', '--section'], 2, 'expected one argument'),
    (['show', '--section', 'nothing'], 1, 'no section'),
    (['show', '--changed', '--merge-stacks'], 2, 'exclude'),
    (['show', '--merge-stacks', '--json'], 2, 'exclude'),
    (['list', '--output', '/dev/full'], 1, 'No space'),
    (['show', '--output', '/dev/full'], 1, 'No space'),
    (['export', '--format=html', '-o', '/dev/full'], 1, 'No space'),
    (['export', '--format=journal', '-o', '/dev/full'], 1, 'No space'),
    (['list', '--output', '/nonexistent/x'], 1, 'No such file'),
    (['list', '--output', '/'], 1, 'Is a directory'),
    (['export', '--format', 'pdf'], 2, 'invalid choice'),
    (['export', '--format'], 2, 'expected one argument'),
    (['diff', 'a', 'b', 'c'], 2, 'at most'),
    (['diff', '101'], 2, 'no report id'),
    (['diff', 'ceilometer-polling'], 2, 'no report id'),
    (['diff', 'ffffffff'], 1, 'no reports match'),
    (['stuck', '-1'], 2, 'two reports'),
    (['stuck', '-n', '1'], 2, 'two reports'),
]


@pytest.mark.parametrize(('arguments', 'code', 'says'), WRONG)
def test_wrong_invocation(command: Command, arguments: list[str], code: int,
                          says: str) -> None:
    """Each is one line on standard error, and the right exit code."""
    found, out, err = command(*arguments)
    assert (found, out) == (code, ''), err
    assert err.startswith('ceilometer-diagnostics: ')
    assert err.count('\n') == 1 and says in err


ELSEWHERE: collections.abc.Sequence[Case] = [
    (['--directory', '/nonexistent'], 1, 'no such'),
    (['--directory', '/etc/hostname'], 1, 'not a directory'),
    (['--file', '/nonexistent.journal'], 1, 'no such file'),
    (['--file', '/nonexistent*.journal'], 1, 'no such file'),
    (['--file', '/dev/null'], 1, 'not a journal file'),
    (['--file', '/etc/passwd'], 1, 'not a journal file'),
    (['--file', '/etc'], 1, 'not a journal file'),
    (['--file', '/x', '--merge'], 2, 'exclude'),
    (['--root', '/nonexistent'], 1, 'no such'),
    (['--root', '/proc/self'], 1, 'no journal'),
    (['--namespace', 'nonexistent'], 1, 'namespace'),
    (['-D'], 2, 'expected one argument'),
    (['trigger', '-H', '-oProxyCommand=x'], 2, 'HOST'),
    (['trigger', '--host=-oProxyCommand=x'], 2, 'HOST'),
    (['trigger', '--host=a b'], 2, 'HOST'),
    (['trigger', '--host=h', '-o', 'x'], 2, 'exclude'),
    (['trigger', '--host=h', '$(reboot)'], 2, 'no report id'),
    (['trigger', '--timeout=0'], 2, 'at least 1'),
    (['trigger', 'sshd'], 1, 'not a service of Ceilometer'),
    (['trigger', '--since', 'today'], 2, 'unrecognized'),
]


@pytest.mark.parametrize(('arguments', 'code', 'says'), ELSEWHERE)
def test_wrong_place(capsys: pytest.CaptureFixture[str],
                     arguments: list[str], code: int, says: str) -> None:
    """So it is where no journal is, or no host."""
    found = cli.main(arguments)
    out, err = capsys.readouterr()
    assert (found, out) == (code, ''), err
    assert err.count('\n') == 1 and says in err


def test_unreadable_journal(tmp_path: pathlib.Path,
                            capsys: pytest.CaptureFixture[str],
                            monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not read the journal is told how to get there."""
    def forbidden(path: str) -> None:
        raise PermissionError(13, 'Permission denied')

    journals.write(tmp_path / 'x.journal',
                   journals.entries(journals.make_report()))
    monkeypatch.setattr(source, 'check', forbidden)
    code, out, err = Command(tmp_path, capsys)('list')
    assert (code, out) == (1, '')
    assert 'usermod -aG systemd-journal' in err and err.count('\n') == 1


def test_damaged_report_is_shown(tmp_path: pathlib.Path,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    """A section that is no JSON costs that section, and is told."""
    entries = journals.entries(journals.make_report(sections()))
    entries[1]['REPORT_DATA'] = '{'
    journals.write(tmp_path / 'x.journal', entries)
    code, out, _ = Command(tmp_path, capsys)('show')
    assert code == 0
    assert '! damaged: section 2: REPORT_DATA: not JSON' in out
