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

"""What the journal has of a unit beside its reports."""

from __future__ import annotations

import dataclasses
import json
import pathlib

import pytest

from ceilometer.diagnostics.command.reports import unit_lines
from tests.unit import commands
from tests.unit import journals

UNIT = 'ceilometer-polling.service'

MASTER = journals.Sender(pid=100)
SYSTEMD = journals.Sender(pid=1, uid=0, unit='init.scope')
COREDUMP = journals.Sender(pid=77, uid=0, unit='systemd-coredump@1.service')

SECOND = 1_000_000


def line(message: str, seconds: float, sender: journals.Sender = MASTER,
         priority: int = 3, **more: str) -> dict[str, str]:
    """An entry of no report, so many seconds before one."""
    return {**sender.fields(journals.TIME_USEC - int(seconds * SECOND)),
            'MESSAGE': message, 'PRIORITY': str(priority),
            'SYSLOG_IDENTIFIER': 'ceilometer-polling', **more}


def told(directory: pathlib.Path, capsys: pytest.CaptureFixture[str],
         lines: list[dict[str, str]], process: str = 'master',
         kind: str = 'unit-errors-logged') -> list[str]:
    """What a report behind such entries is said to have found in them."""
    journals.write(directory / 'x.journal', [
        *sorted(lines, key=lambda one: int(one['__REALTIME_TIMESTAMP'])),
        *journals.entries(journals.make_report(process=process), MASTER)])
    code, out, err = commands.Command(directory, capsys)('show', '--json')
    assert (code, err) == (0, '')
    # without a report there would be nothing to find either
    assert json.loads(out)['sections']
    return [one['text'] for one in json.loads(out)['digest']
            if one['kind'] == kind]


def test_errors_are_counted_and_the_last_is_shown(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the unit; and what is logged about it by those who may."""
    assert told(tmp_path, capsys, [
        line('cannot read the definitions', 50),
        line('worker 4 has ended', 30, priority=2),
        line('Failed at step EXEC', 20, SYSTEMD, UNIT=UNIT,
             SYSLOG_IDENTIFIER='systemd'),
        line('Process 42 (ceilometer-poll) dumped core.\nStack trace', 10,
             COREDUMP, 2, COREDUMP_UNIT=UNIT,
             SYSLOG_IDENTIFIER='systemd-coredump')]) == [
        f'notice: the journal has 4 errors of {UNIT} in the 10 minutes '
        'before this report; the last, by systemd-coredump at 07:59:50 UTC: '
        'Process 42 (ceilometer-poll) dumped core. [unit-errors-logged]']


@pytest.mark.parametrize('other', [
    pytest.param(line('x', 5, priority=4), id='a warning'),
    pytest.param(line('x', 601), id='long before'),
    pytest.param(line('x', -1), id='behind the report'),
    pytest.param(line('x', 5, dataclasses.replace(
        MASTER, unit='nova-compute.service')), id='another unit'),
    pytest.param(line('x', 5, dataclasses.replace(
        MASTER, boot_id='b008' * 8)), id='another boot'),
    # anybody may send these fields, and not everybody is believed
    pytest.param(line('x', 5, journals.Sender(
        pid=9, uid=1000, unit='user@1000.service'), UNIT=UNIT), id='UNIT'),
    pytest.param(line('x', 5, journals.Sender(
        pid=9, uid=1000, unit='user@1000.service'), COREDUMP_UNIT=UNIT),
        id='COREDUMP_UNIT'),
    pytest.param(line('x', 5, journals.Sender(
        pid=9, uid=1000, unit='user@1000.service'),
        OBJECT_SYSTEMD_UNIT=UNIT), id='OBJECT_SYSTEMD_UNIT'),
])
def test_others_are_not_counted(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        other: dict[str, str]) -> None:
    """Only errors, of this unit, and shortly before."""
    (found,) = told(tmp_path, capsys, [line('the one', 7), other])
    assert 'has 1 error of' in found
    assert 'the one' in found


def test_only_the_master_tells(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Once for a unit, and not once for each of its processes."""
    lines = [line('the one', 7)]
    (tmp_path / 'worker').mkdir()
    assert told(tmp_path / 'worker', capsys, lines, 'worker') == []
    (tmp_path / 'master').mkdir()
    assert len(told(tmp_path / 'master', capsys, lines)) == 1


def test_many_are_not_all_counted(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon may log thousands; the last one is shown nevertheless."""
    monkeypatch.setattr(unit_lines, 'LINES_MAX', 20)
    (found,) = told(tmp_path, capsys, [
        line(f'number {number}', 100 - number) for number in range(60)])
    assert 'has more than 20 errors of' in found
    assert 'number 59 ' in found


@pytest.mark.parametrize('text', [
    'login with password=@ failed', 'GET http://admin:@@controller:5000/v3',
    f'{"x " * 250}http://admin:{"-" * 20}@@controller:5000/v3'])
def test_no_secret_is_shown(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        text: str) -> None:
    """Nor an id, nor what a terminal would obey."""
    secret = 'S3cr3t-Canary'
    (found,) = told(tmp_path, capsys, [line(
        '\033[31m' + text.replace('@', secret, 1)
        + ' of 9f1c2d3e-aaaa-bbbb-cccc-0123456789ab', 7)])
    assert secret not in found
    assert '9f1c2d3e' not in found
    assert '\033' not in found
    assert 'the last, by ceilometer-polling at 07:59:53 UTC' in found


def failure(seconds: float, result: str, code: str = 'killed',
            status: str = '11', **more: str) -> list[dict[str, str]]:
    """What systemd logs of a unit that fails."""
    return [
        line('Main process exited', seconds, SYSTEMD, 4, UNIT=UNIT,
             MESSAGE_ID='98e322203f7a4ed290d09fe03c09fe15',
             COMMAND='ExecStart', EXIT_CODE=code, EXIT_STATUS=status),
        line('Failed with result', seconds, SYSTEMD, 4, UNIT=UNIT,
             MESSAGE_ID='d9b373ed55a64feb8242e02dbe79a49c',
             UNIT_RESULT=result, **more)]


@pytest.mark.parametrize(('given', 'why'), [
    (('signal',), 'its master was killed by SIGSEGV'),
    (('core-dump', 'dumped', '6'),
     'its master was killed by SIGABRT, with a core dump'),
    (('exit-code', 'exited', '1'), 'its master ended with exit status 1'),
    (('watchdog', 'dumped', '6'),
     'it was killed by the watchdog of its unit'),
    (('oom-kill', 'killed', '9'),
     'the kernel killed it, because memory ran out'),
    (('signal', 'killed', '63'), 'its master was killed by signal 63'),
    (('something-new', 'unheard-of', 'x'),
     'its master was killed by x'),
])
def test_unit_that_failed_is_told(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        given: tuple[str, ...], why: str) -> None:
    """By the next master, which knows nothing of it."""
    assert told(tmp_path, capsys, failure(7, *given), kind='unit-failed') == [
        f'warning: {UNIT} failed in the 10 minutes before this report at '
        f'07:59:53 UTC: {why} [unit-failed]']


def test_failures_are_counted_and_the_last_is_told(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Many of them are an error, and explain what else was logged."""
    lines = [*failure(50, 'signal'), *failure(40, 'oom-kill'),
             line('Failed at step EXEC', 39, SYSTEMD, UNIT=UNIT),
             *failure(30, 'exit-code', 'exited', '2')]
    assert told(tmp_path, capsys, lines, kind='unit-failed') == [
        f'error: {UNIT} failed 3 times in the 10 minutes before this report, '
        'the last time at 07:59:30 UTC: its master ended with exit status 2 '
        '[unit-failed]']
    assert told(tmp_path, capsys, lines) == []


@pytest.mark.parametrize('sender', [
    pytest.param(MASTER, id='the unit'),
    pytest.param(journals.Sender(pid=9, uid=0, unit='x.service'), id='root'),
])
def test_only_systemd_is_believed(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        sender: journals.Sender) -> None:
    """Anybody may send what looks like a failure."""
    forged = [{**one, **sender.fields(journals.TIME_USEC - SECOND)}
              for one in failure(1, 'oom-kill')]
    (found,) = told(tmp_path, capsys, [*failure(7, 'signal'), *forged],
                    kind='unit-failed')
    assert 'failed in the 10 minutes' in found and 'SIGSEGV' in found


JOURNALD = journals.Sender(pid=5, uid=0, unit='systemd-journald.service')


def dropped(seconds: float, **more: str) -> dict[str, str]:
    """What journald says so long after a report."""
    return line('Suppressed 10 messages', -seconds, JOURNALD, 6,
                _TRANSPORT='driver', N_DROPPED='10',
                MESSAGE_ID='a596d6fe7bfa4994828e72309e95d61e',
                OBJECT_SYSTEMD_UNIT=UNIT, **more)


@pytest.mark.parametrize('process', ['master', 'worker'])
@pytest.mark.parametrize(('whole', 'said', 'known'), [
    pytest.param(False, dropped(25), True, id='told'),
    pytest.param(True, dropped(25), False, id='it lacks nothing'),
    pytest.param(False, dropped(-1), False, id='before the report'),
    pytest.param(False, dropped(601), False, id='long after it'),
    pytest.param(False, {**dropped(25), '_TRANSPORT': 'journal'}, False,
                 id='by somebody else'),
    pytest.param(False, {**dropped(25), 'OBJECT_SYSTEMD_UNIT': 'x.service'},
                 False, id='of another unit'),
    pytest.param(False, {**dropped(25), '_BOOT_ID': 'b008' * 8}, False,
                 id='another boot'),
])
def test_what_journald_has_dropped_is_told(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        process: str, whole: bool, said: dict[str, str],
        known: bool) -> None:
    """By show and list, of a report that lacks entries; by its own word."""
    report = journals.entries(journals.make_report(process=process), MASTER)
    journals.write(tmp_path / 'x.journal', sorted(
        [*report[:None if whole else 1], said],
        key=lambda one: int(one['__REALTIME_TIMESTAMP'])))
    command = commands.Command(tmp_path, capsys)
    told = [one['text'] for one in json.loads(command(
        'show', '--json')[1])['digest']
        if one['kind'] == 'journal-rate-limit']
    words = f'the journal has dropped 10 entries of {UNIT}'
    assert len(told) == known and all(words in text for text in told)
    # show tells of one report, list of all
    assert (f'! {words}' in command('list')[1]) == known
