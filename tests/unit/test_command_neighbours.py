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

"""What who knows journalctl(1) and coredumpctl(1) types without thinking."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from tests import limits
from tests.unit import commands
from tests.unit import journals

pytestmark = pytest.mark.any_python

IDS = commands.IDS
UNIT = 'ceilometer-polling'
FORGER = journals.Sender(pid=666, uid=1000, unit=f'{UNIT}.scope')


def shown(command: commands.Command, *arguments: str) -> list[int]:
    """Which of the reports are shown."""
    code, out, err = command(*arguments)
    assert (code, err) == (0, '')
    return [IDS.index(found) for found in re.findall(
        r'^ +Report: ([0-9a-f]+)$', out, re.MULTILINE)]


@pytest.mark.parametrize(('arguments', 'expected'), [
    ([UNIT], [2, 3]),
    (['-u', UNIT], [2, 3]),
    (['--unit=ceilometer-*'], [5]),
    ([UNIT, 'ceilometer-agent-central'], [2, 3, 5]),
    (['-u', 'ceilometer-agent-central', UNIT], [2, 3, 5]),
    (['-u', UNIT, '-r'], [3, 2]),
    ([UNIT, '-1'], [3]),
    ([UNIT, '-n', '3'], [1, 2, 3]), ([UNIT, '-n', 'all'], [0, 1, 2, 3]),
    ([UNIT, '--since', '2026-11-22 08:00 UTC'], [0, 1, 2, 3]),
    ([UNIT, '-b'], [2, 3]),
    (['101'], [3]), (['100', '101'], [2, 3]),
    (['101', UNIT], [3]),
    ([IDS[0], IDS[1]], [0, 1]),
    ([IDS[0]], [0]),
    (['REPORT_PROCESS=master'], [2]),
    (['_UID=1000'], [4]),
])
def test_show_gives_the_last_answers(command: commands.Command,
                                     arguments: list[str],
                                     expected: list[int]) -> None:
    """Of a unit or process: of the last trigger, unless more is wanted."""
    assert shown(command, 'show', *arguments) == expected
    assert shown(command, 'info', *arguments) == expected


def test_show_of_a_unit_prefers_what_can_be_trusted(
        command: commands.Command) -> None:
    """A newer forgery does not push itself before the daemon's own."""
    journals.write(command.directory / 'more.journal', journals.entries(
        journals.make_report(commands.sections(), report_id='ee' * 16),
        FORGER, journals.TIME_USEC + 50 * commands.MINUTE))
    assert shown(command, 'show', 'ceilometer-poll*') == [2, 3]


@pytest.mark.parametrize(('word', 'expected'), [
    (IDS[1], [1]), (IDS[1][:9], [1]), ('101', [3]), ('300', [5])])
def test_a_match_without_a_verb(command: commands.Command, word: str,
                                expected: list[int]) -> None:
    """A report or process is shown."""
    assert shown(command, word) == expected
    assert shown(command, '--utc', word, '--no-pager') == expected


@pytest.mark.parametrize('word', [
    UNIT, f'{UNIT}.service', 'ceilometer-*', 'REPORT_PROCESS=master'])
def test_other_matches_without_a_verb(command: commands.Command,
                                      word: str) -> None:
    """They are listed."""
    assert command(word) == command('list', word)
    assert command('-1', word)[1] == command('list', word, '-1')[1] != ''


@pytest.mark.parametrize(('arguments', 'values'), [
    (['REPORT_PROCESS'], ['master', 'worker']),
    (['REPORT_SECTION_STATUS', '300'], ['error', 'ok']),
    (['_SYSTEMD_UNIT', '-u', UNIT], [f'{UNIT}.service']),
    (['_PID', '--until', '2026-11-22 08:05 UTC'], ['100', '101']),
    (['_PID', '-1'], ['300']),
    (['NOTHING'], []),
])
def test_values_of_a_field(command: commands.Command, arguments: list[str],
                           values: list[str]) -> None:
    """Each once, of the reports that are meant."""
    for name in ('-F', '--field'):
        code, out, err = command('list', name, *arguments)
        assert (code, out.splitlines(), err) == (0, values, '')
    assert json.loads(command('-F', *arguments[:1], 'list', *arguments[1:],
                              '--json=short')[1]) == values


def test_values_of_a_field_are_escaped(command: commands.Command) -> None:
    """Anybody may have written them."""
    entry = journals.entries(journals.make_report())[0]
    journals.write(command.directory / 'more.journal', [
        {**entry, 'EVIL': '\x1b[2J\nx'}, ])
    code, out, _ = command('list', '-F', 'EVIL', '-q')
    assert (code, out) == (0, '\\x1b[2J\\nx\n')


def test_command_lines_of_journald_are_masked(
        command: commands.Command) -> None:
    """Journald tells them as they are, the command does not."""
    entry = journals.entries(journals.make_report())[0]
    journals.write(command.directory / 'more.journal', [
        {**entry, '_CMDLINE': 'x --password W3lx9Qz --utc',
         'OTHER': 'password=W3lx9Qz'}])
    for name in ('_CMDLINE', 'OTHER'):
        code, out, _ = command('list', '-F', name, '-q')
        assert code == 0 and 'password' in out and 'W3lx9Qz' not in out
    path = command.directory / 'out'
    assert command('export', '-q', '--format=journal', '--since=@0',
                   '-o', str(path)) == (0, '', '')
    assert b'_CMDLINE=x --password *** --utc\n' in path.read_bytes()


@pytest.mark.parametrize('form', ['short', 'pretty', 'off'])
def test_form_of_json_in_a_word_of_its_own(command: commands.Command,
                                           form: str) -> None:
    """As the help writes it."""
    for verb in ('list', 'show', 'diff', 'stuck'):
        assert command(verb, '--json', form) == command(
            verb, f'--json={form}'), verb
    assert command('--json', form, 'list') == command(
        'list', f'--json={form}')
    assert json.loads(command('list', '--json', '101')[1])


@pytest.mark.parametrize('arguments', [
    ['101'], [UNIT], ['-u', UNIT], ['ceilometer-*'], [IDS[3]], [IDS[1], '101'],
    [f'{UNIT}.service']])
def test_diff_of_a_unit_or_process(command: commands.Command,
                                   arguments: list[str]) -> None:
    """The newest two of one process."""
    told = json.loads(command('diff', '--json', *arguments)[1])
    assert (told['before'], told['after']) == (IDS[1], IDS[3])


def test_diff_of_two_units(command: commands.Command) -> None:
    """The newest of each."""
    told = json.loads(command('diff', UNIT, 'ceilometer-agent-central',
                              '--json')[1])
    assert (told['before'], told['after']) == (IDS[3], IDS[5])


@pytest.mark.parametrize(('environment', 'ascii_only'), [
    ({'LC_ALL': 'C'}, True), ({'LC_ALL': 'POSIX'}, True),
    ({'LC_CTYPE': 'C'}, True), ({'LANG': 'C'}, True),
    ({'LC_ALL': '', 'LANG': 'C'}, True),
    ({'LC_ALL': 'C', 'LANG': 'C.UTF-8'}, True),
    ({'LC_ALL': 'C.UTF-8'}, False), ({'LANG': 'C.UTF-8'}, False),
    ({'LC_CTYPE': 'C.UTF-8', 'LANG': 'C'}, False), ({}, False)])
def test_characters_are_those_of_the_locale(
        command: commands.Command, environment: dict[str, str],
        ascii_only: bool) -> None:
    """Where that has no UTF-8 nothing but ASCII is printed."""
    journals.write(command.directory / 'more.journal', journals.entries(
        journals.make_report(commands.sections(), report_id='ee' * 16),
        journals.Sender(hostname='caf\xe9'),
        journals.TIME_USEC + 50 * commands.MINUTE))
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith('LC_') and name != 'LANG'}

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, '-m', 'ceilometer_diagnostics', *arguments,
             f'--directory={command.directory}'], capture_output=True,
            env={**clean, **environment}, timeout=limits.EVENT_SECONDS)

    rows = run('list').stdout.splitlines()
    assert (b', master' in rows[1] and b'` worker' in rows[2]
            and b' caf\\xe9 ' in rows[7]) is ascii_only
    assert rows[1].isascii() is ascii_only
    # the columns stand where they stood
    wide = [row.decode() for row in rows[1:7]]
    assert len({row.index('000000') for row in wide}) == 1
    assert run('show', 'ee' * 16).stdout.isascii() is ascii_only
    assert run('list', '--help').stdout.isascii() is ascii_only
    assert run('show', 'caf\xe9').stderr.isascii() is ascii_only
    # data are as they are
    assert json.loads(run('show', 'ee' * 16, '--json').stdout)[
        'hostname'] == 'caf\xe9'
