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

import json
import pathlib
import subprocess

import pytest

from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics.command import verbs
from ceilometer.diagnostics import report
from tests.unit import commands
from tests.unit import journals

IDS = commands.IDS
MINUTE = commands.MINUTE


def test_list(command: commands.Command) -> None:
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
    assert '6 reports listed.' in out and 'do not trust' in out


def test_list_json(command: commands.Command) -> None:
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
    # the times themselves are meant, too
    (['-S', '2026-11-22 08:00:00 UTC', '-U', '2026-11-22 08:00:00 UTC'],
     [0]),
    (['-S', '2026-11-22 08:10:00.000003 UTC',
      '-U', '2026-11-22 08:20:00.000004 UTC'], [3, 4]),
    (['--since', '-10000d'], [0, 1, 2, 3, 4, 5]),
    (['-1'], [5]), (['-b'], [0, 1, 2, 3, 4, 5]), (['-b', '1', '-1'], [5]),
    (['--boot', journals.BOOT_ID, '-n1'], [5]),
    (['-rn', '2'], [5, 4]),
])
def test_selection(command: commands.Command, arguments: list[str],
                   expected: list[int]) -> None:
    """Matches are told by their shape, options as in journalctl."""
    code, out, err = command('list', '--json=short', *arguments)
    assert (code, err) == (0, '')
    rows = [row['id'] for row in json.loads(out)]
    assert rows == [IDS[number] for number in expected]


def test_options_before_and_behind(command: commands.Command) -> None:
    """Options may stand before the verb, and between matches."""
    assert command('-n', '1', 'list', '101', '--no-legend', '100')[0] == 0
    assert command('-q', '-b', 'all', 'show', '-1')[0] == 0


def test_show_last_trusted(command: commands.Command) -> None:
    """Without a match the last report is shown, and what it lacks."""
    code, out, err = command('show')
    assert (code, err) == (0, '')
    assert IDS[5] in out and '\033' not in out
    assert 'Complete: no, missing: threads (2)' in out
    assert out.startswith(
        'warning: incomplete, missing: threads (2) [report-incomplete]\n'
        '* notice: section broken: error, no such thing [section-failed]\n')
    assert '  see above: report-incomplete, section-failed\n' in out
    assert '  1000 file descriptors of 1024' in out
    assert '2 options changed: see "show --changed"\n' in out
    assert 'Broken (ERROR)\nThis section failed.' in out


def test_show_forgery(command: commands.Command) -> None:
    """What is not of Ceilometer says so at once."""
    code, out, _ = command('show', IDS[4])
    assert code == 0
    assert 'do not trust' in out
    assert 'not a Ceilometer unit; it claims to be ceilometer-polling' in out


def test_show_stuck_threads(command: commands.Command) -> None:
    """The digest names the threads that have not moved."""
    _, out, _ = command('show', IDS[3])
    assert out.startswith(
        'error: thread "pollster" (2), waiting for a lock at '
        '/usr/lib/work.py:33 in work: has not moved for 10min (since '
        f'report {IDS[1][:12]}) [thread-without-progress]\n')
    assert '"moving"' not in out.partition('Package')[0]


def test_show_json_has_the_threads_that_have_not_moved(
        command: commands.Command) -> None:
    """What is told first in words is in the data as well."""
    _, out, _ = command('show', IDS[3], '--json')
    assert any(
        notice['kind'] == 'thread-without-progress'
        and f'has not moved for 10min (since report {IDS[1][:12]})'
        in notice['text'] for notice in json.loads(out)['digest']), out


def test_show_json_is_what_was_collected(command: commands.Command) -> None:
    """Each section comes back with text and data."""
    code, out, _ = command('show', IDS[3], '--json')
    told = json.loads(out)
    assert code == 0
    found = [report.Section(**part) for part in told['sections'][1:-1]]
    assert found == commands.sections(21, '60', 90_000)


def test_show_section_and_changed(command: commands.Command) -> None:
    """A part of a report can be had alone."""
    _, out, _ = command('show', IDS[3], '--section', 'resources')
    assert 'Resources\nmemory' in out and 'Threads' not in out
    code, _, err = command('show', IDS[3], '--section', 'nothing')
    assert code == 1 and 'sections are package, threads' in err
    _, out, _ = command('show', IDS[3], '--changed')
    assert '[polling] interval = 60' in out and 'default: 300' in out
    assert 'debug' not in out
    _, out, _ = command('show', IDS[3], '--changed', '--json')
    assert [one['name'] for one in json.loads(out)['options']] == [
        'interval', 'transport_url']


def test_show_merged_stacks(command: commands.Command) -> None:
    """The same stack of several processes stands once."""
    code, out, _ = command('show', '--merge-stacks', IDS[0], IDS[1])
    assert code == 0
    assert '6 threads of 2 processes, 3 different stacks' in out
    assert out.count('line 33, in work') == 1


def test_diff(command: commands.Command) -> None:
    """What changed from one report to the next of its process."""
    code, out, _ = command('diff', IDS[3])
    assert code == 0
    assert f'--- {IDS[1][:12]}' in out and f'+++ {IDS[3][:12]}' in out
    assert '~ [polling] interval: 600 -> 60' in out
    assert '= pollster: has not moved, still at /usr/lib/work.py:33' in out
    assert '~ VmRSS: 50000 -> 90000 (+40000)' in out
    assert 'moving' not in out and 'MainThread' not in out
    code, out, _ = command('diff', '--json')
    told = json.loads(out)
    assert (told['before'], told['after']) == (IDS[1], IDS[3])
    assert {change['kind'] for change in told['changes']} == {
        'option', 'thread', 'memory'}
    code, out, _ = command('diff', IDS[0][:8], IDS[2][:8])
    assert code == 0 and 'Options' not in out
    assert '= pollster: has not moved, still at' in out
    assert command('diff', IDS[5])[0] == 1


def test_stuck(command: commands.Command) -> None:
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
        command: commands.Command, tmp_path: pathlib.Path) -> None:
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
    again = commands.Command(other, command.capsys)
    for arguments in (['list'], ['list', '--json'], ['show', IDS[3]],
                      ['show', IDS[5], '--json'], ['diff'], ['stuck'],
                      ['export', '--format', 'html', IDS[3]]):
        assert again(*arguments) == command(*arguments), arguments


def test_export_text_json_html(command: commands.Command,
                               tmp_path: pathlib.Path) -> None:
    """All that answered the last trigger go to a file."""
    path = tmp_path / 'out'
    assert command('export', IDS[0], IDS[1], '-o', str(path)) == (0, '', '')
    assert path.read_text().count('    Report: ') == 2
    _, out, _ = command('export', IDS[0], IDS[1], '--format', 'json')
    told = [json.loads(line) for line in out.splitlines()]
    assert [one['id'] for one in told] == [IDS[0], IDS[1]]
    assert told[0]['sections'][1]['data'] == commands.sections()[0].data
    _, out, _ = command('export', IDS[0], IDS[1], '--format', 'html')
    assert out.startswith('<!DOCTYPE html>') and 'http' not in out.replace(
        'http-equiv', '')
    assert 'content="default-src &#x27;none&#x27;; style-src ' in out
    # the option on which both processes agree stands once
    assert out.count('<th scope="row">[polling] interval</th>') == 1


def test_processes_are_told_apart(tmp_path: pathlib.Path,
                                  capsys: pytest.CaptureFixture[str]) -> None:
    """Of several hosts each is named, of several reports each has its id."""
    given = []
    for host in ('host-1', 'host-2'):
        for minute in (0, 10):
            given += journals.entries(
                journals.make_report(commands.sections()),
                journals.Sender(hostname=host, boot_id=host[-1] * 32,
                                machine_id=host[-1] * 32),
                journals.TIME_USEC + minute * MINUTE)
    journals.write(tmp_path / 'x.journal', given)
    command = commands.Command(tmp_path, capsys)
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


def test_page_marks_options(command: commands.Command) -> None:
    """Those that are not as by default, and those with a wrong value."""
    made = commands.sections()
    assert isinstance(made[1].data, dict)
    made[1].data['options'][0]['error'] = 'not a number'
    journals.write(command.directory / 'more.journal', journals.entries(
        journals.make_report(made, report_id='ee' * 16)))
    _, out, _ = command('export', 'ee' * 16, '--format=html')
    row = '<th scope="row">'
    assert (f'<tr class="option changed failed">{row}[polling] interval</th>'
            '<td>not a number</td>') in out
    assert f'<tr class="option changed">{row}[DEFAULT] transport_url' in out
    assert f'<tr class="option">{row}[DEFAULT] debug</th>' in out


def test_nothing_to_compare(command: commands.Command) -> None:
    """One report says nothing about what has not moved."""
    code, out, err = command('stuck', 'ceilometer-agent-central')
    assert (code, out) == (1, '')
    assert 'no process has two reports' in err


def test_empty_journal(tmp_path: pathlib.Path,
                       capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is nothing, every verb says so and exits with 1."""
    journals.write(tmp_path / 'x.journal', [
        {**journals.Sender().fields(journals.TIME_USEC), 'MESSAGE': 'x'}])
    # trigger asks no journal before it has signalled, others ask none at all
    for verb in verbs.OF_COMMAND.keys() - {
            'trigger', 'check', 'install-system'}:
        code, out, err = commands.Command(tmp_path, capsys)(verb)
        assert (code, out) == (1, '')
        more = ('' if verb != 'why' else
                ': run "ceilometer-diagnostics trigger" first')
        assert err == f'ceilometer-diagnostics: no reports found{more}\n'


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Each verb has a help with examples."""
    assert cli.main(['--help']) == 0
    assert 'examples:' in capsys.readouterr().out
    for verb in verbs.OF_COMMAND:
        assert cli.main([verb, '--help']) == 0
        assert 'examples:' in capsys.readouterr().out
