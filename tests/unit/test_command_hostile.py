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

"""The command on journals that are damaged, or that somebody wrote to harm."""

from __future__ import annotations

import dataclasses
import grp
import pathlib
import sys
import typing

import pytest

from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics import report
from tests.unit import commands
from tests.unit import journals

MINUTE = commands.MINUTE


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
    command = commands.Command(tmp_path, capsys)
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
    command = commands.Command(tmp_path, capsys)
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
    _, out, _ = commands.Command(tmp_path, capsys)('list')
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
    command = commands.Command(tmp_path, capsys)
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


def test_stacks_that_part_at_every_frame(command: commands.Command) -> None:
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


def test_report_that_cannot_be_read_hides_no_other(
        command: commands.Command) -> None:
    """It is named, and the others are shown."""
    entries = journals.entries(
        journals.make_report(report_id='ee' * 16), journals.Sender(pid=101),
        journals.TIME_USEC + 11 * MINUTE)
    for entry in entries:
        entry['REPORT_DATA'] = '{'
    later = journals.entries(
        journals.make_report(commands.sections(), report_id='ff' * 16),
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


@pytest.mark.parametrize('verb', ['list', 'show', 'diff', 'stuck', 'export'])
def test_what_is_passed_over_is_told(command: commands.Command,
                                     verb: str) -> None:
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


def test_unreadable_journal(tmp_path: pathlib.Path,
                            capsys: pytest.CaptureFixture[str],
                            monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not read the journal is told how to get there."""
    def forbidden(path: str) -> None:
        raise PermissionError(13, 'Permission denied')

    journals.write(tmp_path / 'x.journal',
                   journals.entries(journals.make_report()))
    monkeypatch.setattr(source, 'check', forbidden)
    code, out, err = commands.Command(tmp_path, capsys)('list')
    assert (code, out) == (1, '')
    # who may is told by the files, which may belong to others than journald's
    group = grp.getgrgid((tmp_path / 'x.journal').stat().st_gid)
    how = (f'usermod -aG {group.gr_name} USER' if group.gr_gid
           else 'root may read it')
    assert how in err and err.count('\n') == 1


def test_damaged_report_is_shown(tmp_path: pathlib.Path,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    """A section that is no JSON costs that section, and is told."""
    entries = journals.entries(journals.make_report(commands.sections()))
    entries[1]['REPORT_DATA'] = '{'
    journals.write(tmp_path / 'x.journal', entries)
    code, out, _ = commands.Command(tmp_path, capsys)('show')
    assert code == 0
    assert '! damaged: section 2: REPORT_DATA: not JSON' in out
