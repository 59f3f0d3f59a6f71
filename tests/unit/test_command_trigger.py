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

"""The verb trigger: real processes and journals, a systemctl of our own."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import types
import typing

import pytest

from ceilometer.diagnostics.command import answers
from ceilometer.diagnostics.command import asked_at
from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command import obstacles
from ceilometer.diagnostics.command import options_of_line
from ceilometer.diagnostics.command.outside import delivery
from ceilometer.diagnostics.command import rate_limit
from ceilometer.diagnostics.command import remote
from ceilometer.diagnostics.command.reports import kept_reader
from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics.command import system
from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics.command import verbs
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report
from tests import limits
from tests.unit import commands
from tests.unit import journals
from tests.unit import reference

UNIT = 'ceilometer-polling.service'
SETTINGS = {
    'default': 'pass',
    'blocked': 'signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])',
    'ignored': 'signal.signal(signal.SIGUSR1, signal.SIG_IGN)',
    'caught': 'signal.signal(signal.SIGUSR1, lambda *given: None)',
}

Start = collections.abc.Callable[[str], int]


@pytest.fixture
def start() -> collections.abc.Iterator[Start]:
    """Start processes that treat the signal in one way or another."""
    children = []

    def begin(setting: str) -> int:
        child = subprocess.Popen(
            [sys.executable, '-c', 'import signal\n' + SETTINGS[setting]
             + '\nprint(flush=True)\nsignal.sigwait([signal.SIGTERM])'],
            stdout=subprocess.PIPE)
        children.append(child)
        assert child.stdout is not None
        child.stdout.readline()
        return child.pid

    yield begin
    for child in children:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


@pytest.mark.parametrize(('setting', 'dies'), [
    ('default', True), ('blocked', False), ('ignored', False),
    ('caught', False)])
def test_who_would_die(start: Start, setting: str, dies: bool) -> None:
    """The kernel tells whether the signal would end a process; it does."""
    pid = start(setting)
    process = unit_processes.look_at(pid)
    assert process is not None and process.dies is dies
    os.kill(pid, signal.SIGUSR1)
    # of two signals that wait, the kernel delivers that one first
    os.kill(pid, signal.SIGTERM)
    ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert ended is not None
    assert (ended.si_status == signal.SIGUSR1) is dies
    assert unit_processes.look_at(pid) is None


def test_process_that_is_gone() -> None:
    """There is nothing to look at."""
    child = subprocess.Popen(['true'])
    child.wait()
    assert unit_processes.look_at(child.pid) is None
    assert unit_processes.state(child.pid) is None


def test_process_that_has_ended_and_is_not_taken_up() -> None:
    """A zombie is no process that is silent."""
    child = subprocess.Popen(['true'])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert pathlib.Path(f'/proc/{child.pid}').exists()
    assert unit_processes.look_at(child.pid) is None
    assert unit_processes.state(child.pid) is None
    child.wait()


class World:
    """A systemctl, and a journal that fills when a signal is sent.

    :ivar answer: which processes write a report, and what is lost of it
    :ivar makes: makes a report
    :ivar unit_of: whose reports are of another unit than was signalled
    :ivar aliases: other names of units
    :ivar namespaces: units that log to a namespace
    :ivar sources: which journals were asked for
    :ivar when_killed: called when the signal is sent
    :ivar journal_obstacles: why a namespace takes no entries
    """

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.units: dict[str, list[int]] = {}
        self.answer: dict[int, bool] = {}
        self.killed: list[list[str]] = []
        self.makes: collections.abc.Callable[[], parsed.Report] = (
            journals.make_report)
        self.unit_of: dict[int, str] = {}
        self.aliases: dict[str, str] = {}
        self.namespaces: dict[str, str] = {}
        self.sources: list[dict[str, typing.Any]] = []
        self.when_killed: collections.abc.Callable[[], None] = list
        self.journal_obstacles: dict[str | None, str] = {}
        self._count = 0
        self.write([{**journals.Sender().fields(journals.TIME_USEC),
                     'MESSAGE': 'begin'}])

    def write(self, entries: list[dict[str, str]]) -> None:
        """Add a file to the journal."""
        self._count += 1
        journals.write(self.directory / f'{self._count}.journal', entries)

    def systemctl(self, *arguments: str) -> str:
        """Answer as systemctl would."""
        if arguments[0] == 'list-units':
            return ''.join(f'{unit} loaded active running x\n'
                           for unit in self.units)
        if arguments[0] == 'show':
            unit = self.aliases.get(arguments[-1], arguments[-1])
            pids = self.units.get(unit)
            if pids is None:
                return f'Id={unit}\nLoadState=not-found\nMainPID=0\n'
            return (f'Id={unit}\nLoadState=loaded\nActiveState=active\n'
                    f'MainPID={pids[0]}\nControlGroup=/{unit}\n'
                    f'LogNamespace={self.namespaces.get(unit, "")}\n')
        assert arguments[0] == 'kill'
        self.killed.append(list(arguments))
        self.when_killed()
        for unit in arguments[3:]:
            for pid in self.units[unit]:
                if pid not in self.answer:
                    continue
                entries = journals.entries(
                    self.makes(), journals.Sender(
                        pid=pid, unit=self.unit_of.get(pid, unit)),
                    time.time_ns() // 1000)
                self.write(entries if self.answer[pid] else entries[:1])
        return ''

    def pids(self, group: str) -> list[int]:
        """The processes of a control group."""
        return self.units[group[1:]]


@pytest.fixture
def world(tmp_path: pathlib.Path,
          monkeypatch: pytest.MonkeyPatch) -> World:
    """A world without systemd."""
    made = World(tmp_path)
    monkeypatch.setattr(system, '_systemctl', made.systemctl)
    monkeypatch.setattr(system, '_pids', made.pids)
    monkeypatch.setattr(delivery, '_RUN', str(tmp_path / 'run'))
    monkeypatch.setattr(obstacles, 'of_journal',
                        lambda name: made.journal_obstacles.get(name))
    ours = source.Source(directory=str(tmp_path))

    def place(**given: typing.Any) -> source.Source:
        made.sources.append(given)
        return ours

    monkeypatch.setattr(source, 'Source', place)
    return made


def trigger(capsys: pytest.CaptureFixture[str], *arguments: str,
            ) -> tuple[int, str, str]:
    """Run the verb."""
    code = cli.main(['trigger', *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def waited_for(what: str, out: str) -> bool:
    """Whether it says that something has not come in a second, or in more.

    A busy machine takes longer than was asked for.
    """
    found = re.search(rf'{what} within ([0-9]+) s\b', out)
    return found is not None and int(found[1]) >= 1


def forks(count: int, on_term: str = 'os._exit(0)') -> list[int]:
    """Processes that were forked from one another, as workers are.

    :param on_term: what the children do at SIGTERM
    """
    # sigwait takes only what is blocked; anything else acts at once
    script = (
        'import os, signal\n'
        'signal.pthread_sigmask(\n'
        '    signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGTERM])\n'
        'pids = [os.getpid()]\n'
        f'for number in range({count - 1}):\n'
        '    pid = os.fork()\n'
        '    if not pid:\n'
        '        signal.sigwait([signal.SIGTERM])\n'
        f'        {on_term}\n'
        '    pids.append(pid)\n'
        'print(*pids, flush=True)\n'
        'signal.sigwait([signal.SIGTERM])\n'
        'for pid in pids[1:]:\n'
        '    os.kill(pid, signal.SIGTERM)\n'
        '    os.waitpid(pid, 0)\n')
    child = subprocess.Popen([sys.executable, '-c', script],
                             stdout=subprocess.PIPE, text=True)
    forks.children.append(child)  # type: ignore[attr-defined]
    assert child.stdout is not None
    return [int(word) for word in child.stdout.readline().split()]


forks.children = []  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def end_forks() -> collections.abc.Iterator[None]:
    """End what :func:`forks` has started."""
    yield
    for child in typing.cast(typing.Any, forks).children:
        child.terminate()
        child.wait()
        child.stdout.close()
    typing.cast(typing.Any, forks).children.clear()


def test_all_answer(world: World, start: Start,
                    capsys: pytest.CaptureFixture[str]) -> None:
    """Each process has a report; a program that the daemon runs has none."""
    pids = forks(3)
    world.units = {UNIT: [*pids, start('ignored')]}
    world.answer = dict.fromkeys(pids, True)
    code, out, err = trigger(capsys)
    assert (code, err) == (0, '')
    assert f'{UNIT}: 3 of 3 processes have answered' in out
    assert world.killed == [['kill', '--signal=SIGUSR1', '--', UNIT]]
    told = json.loads(trigger(capsys, '--json')[1])
    assert [one['pid'] for one in told] == pids
    assert set(told[0]) == reference.keys('trigger') - {
        'state', 'obstacle', 'outside'}


def test_silent_process_is_named(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Who does not answer, or not wholly, is named; the exit code is 1."""
    pids = forks(3)
    world.units = {UNIT: pids}
    world.answer = {pids[0]: True, pids[1]: False}
    code, out, _ = trigger(capsys, 'ceilometer-polling', '--timeout=1')
    assert code == 1
    assert '1 of 3 processes have answered' in out
    assert f'! pid {pids[1]} (' in out
    assert waited_for('no complete report', out)
    assert f'! pid {pids[2]} (' in out and 'state S (sleeping)' in out
    code, out, _ = trigger(capsys, UNIT, '--timeout=1', '--json=short')
    told = {one['pid']: one['answered'] for one in json.loads(out)}
    assert code == 1 and told == {pids[0]: True, pids[1]: False,
                                  pids[2]: False}


def test_doomed_process_is_named(world: World, start: Start,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    """No unit is signalled in which the signal would end a process."""
    pid = start('default')
    other = 'ceilometer-agent-central.service'
    pids = forks(1)
    world.units = {UNIT: pids, other: [pid]}
    world.answer = {pids[0]: True}
    code, out, err = trigger(capsys)
    assert code == 1
    assert world.killed == [['kill', '--signal=SIGUSR1', '--', UNIT]]
    assert f'SIGUSR1 would end pid {pid}' in err and other in err
    assert err.count('\n') == 1
    assert f'{UNIT}: 1 of 1 processes have answered' in out
    assert f'{other}: 0 of 1 processes have answered' in out
    assert 'no report: it is not armed' in out
    world.killed.clear()
    code, _, err = trigger(capsys, other, '--force', '--timeout=1')
    assert code == 1 and len(world.killed) == 1
    assert f'SIGUSR1 ends pid {pid}' in err


def test_who_got_no_signal_is_not_called_silent(
        world: World, start: Start,
        capsys: pytest.CaptureFixture[str]) -> None:
    """The signal would have ended a helper of its unit: nobody has waited."""
    doomed = start('default')
    pid, = forks(1)
    world.units = {UNIT: [pid, doomed]}
    code, out, err = trigger(capsys)
    assert code == 1 and world.killed == []
    assert f'SIGUSR1 would end pid {doomed}' in err
    assert f'! pid {pid} (' in out and 'no report: it got no signal' in out
    assert 'within' not in out and 'process-silent' not in out


def test_time_that_was_waited_is_told(
        world: World, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends early where another process has told of a silent one."""
    pid, = forks(1)
    world.units = {UNIT: [pid]}
    monkeypatch.setattr(answers, 'wait', lambda *_: None)
    code, out, _ = trigger(capsys)
    assert code == 1 and re.search('no report within [0-9] s', out)


def test_units(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """What does not run, or is not Ceilometer's, is refused in one line."""
    for arguments, says in ((['ceilometer-nothing'], 'there is no unit'),
                            (['ssh'], 'not a Ceilometer service'),
                            (['ceilometer-n*'], 'matches ceilometer-n*'),
                            ([], 'no Ceilometer service is running')):
        code, out, err = trigger(capsys, *arguments)
        assert (code, out) == (1, '') and says in err
    assert world.killed == []


def test_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path,
                   capfd: pytest.CaptureFixture[str]) -> None:
    """Another host is reached over ssh, nothing of it by its shell."""
    ssh = tmp_path / 'ssh'
    ssh.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit $EXIT\n')
    ssh.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    monkeypatch.setenv('EXIT', '1')
    assert cli.main(['trigger', '-H', 'root@controller:2222', '--force',
                     'ceilometer-polling', '-u', 'ceilometer-a*']) == 1
    out, err = capfd.readouterr()
    assert out.splitlines() == [
        '-xT', '-p', '2222', '--', 'root@controller',
        f'env {remote.UNTIL_END_OF_INPUT}=1 '
        'ceilometer-diagnostics trigger --timeout=45 --json=off --force -- '
        "ceilometer-polling.service 'ceilometer-a*'"]
    for code, says in (('255', 'ssh failed with exit code 255'),
                       ('127', 'is not installed there')):
        monkeypatch.setenv('EXIT', code)
        assert cli.main(['trigger', '-H', 'controller']) == 1
        out, err = capfd.readouterr()
        assert says in err


def test_interrupt_reaches_the_other_host(tmp_path: pathlib.Path) -> None:
    """What has been answered there is printed; the second ^C ends it."""
    begun = tmp_path / 'begun'
    os.mkfifo(begun)
    for name, script in (
            ('ssh', 'for last; do :; done\neval "$last"\n'),
            ('ceilometer-diagnostics',
             f'echo > {begun}\ncat > /dev/null\necho "1 of 2"\n'
             f'test -e {tmp_path}/hangs && echo > {begun} && sleep 600\n'
             'exit 130\n')):
        (tmp_path / name).write_text(f'#!/bin/sh\n{script}')
        (tmp_path / name).chmod(0o755)
    for hangs in (False, True):
        process = subprocess.Popen(
            [sys.executable, '-m', 'ceilometer_diagnostics', 'trigger',
             '--host=controller'], stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True, env={
                **os.environ, 'PATH': f'{tmp_path}:{os.environ["PATH"]}'})
        begun.read_text()
        # as a terminal does: ssh as well
        os.killpg(process.pid, signal.SIGINT)
        if hangs:
            begun.read_text()
            os.kill(process.pid, signal.SIGINT)
        assert process.wait(limits.EVENT_SECONDS) == 130
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == '1 of 2\n'
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        assert process.communicate()[1] == ''
        (tmp_path / 'hangs').touch()


def test_interrupt_waits_until_ssh_is_started(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is interrupted before that could tell nobody."""
    class Interrupted(subprocess.Popen[bytes]):
        def __init__(
                self, *given: typing.Any, **options: typing.Any) -> None:
            super().__init__(*given, **options)
            os.kill(os.getpid(), signal.SIGINT)

    def run(*command: str) -> int | None:
        try:
            return remote._run([*command])
        except KeyboardInterrupt:
            return None

    monkeypatch.setattr(subprocess, 'Popen', Interrupted)
    assert run('sh', '-c', 'cat > /dev/null; exit 7') == 7
    # it takes signals as before; 1 if the file has no such line
    assert run('grep', '-q', 'SigBlk:.*00000$', '/proc/self/status') == 130
    with pytest.raises(command_line.Failure, match='is not installed'):
        remote._run(['/no/such/ssh'])
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_end_of_input_is_an_interrupt(
        world: World, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """On the host that another one has asked over ssh."""
    pids = forks(2)
    world.units = {UNIT: pids}
    world.answer = {pids[1]: True}
    monkeypatch.setenv(remote.UNTIL_END_OF_INPUT, '1')
    kept = os.dup(0)
    ours, theirs = os.pipe()
    os.dup2(ours, 0)
    try:
        # no end
        os.write(theirs, b'x')
        assert waited_for('no report', trigger(capsys, '--timeout=1')[1])
        os.close(theirs)
        code, out, _ = trigger(capsys)
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(ours)
    assert code == 130 and '1 of 2 processes have answered' in out
    assert ': no report until ^C: ' in out


OPTIONS = verbs.load('trigger').parser().options
#: Options that concern what is printed here, or that say where to go.
NOT_PASSED_ON = {'--help', '--host', '--output', '--utc', '--no-pager',
                 '--no-legend', '--unit'}


@pytest.mark.parametrize('name', sorted({
    action.option_strings[-1] for action in OPTIONS.values()} - NOT_PASSED_ON))
def test_option_is_passed_on(name: str, monkeypatch: pytest.MonkeyPatch,
                             tmp_path: pathlib.Path,
                             capfd: pytest.CaptureFixture[str]) -> None:
    """The command on the other host does as it is told here."""
    ssh = tmp_path / 'ssh'
    ssh.write_text('#!/bin/sh\necho "$*"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    valueless = OPTIONS[name].nargs == 0 or isinstance(
        OPTIONS[name], options_of_line.OptionalValue)
    assert cli.main(['trigger', '-H', 'controller']) == 0
    without = capfd.readouterr().out
    assert cli.main(['trigger', '-H', 'controller',
                     name if valueless else f'{name}=7']) == 0
    passed = capfd.readouterr().out
    assert passed != without and name in passed


def test_daemons_where_stacks_are_hidden() -> None:
    """Who may not see where a stack began goes by the names of processes."""
    known = tuple(
        unit_processes.Process(pid, name, name, 0, False) for pid, name in
        ((1, 'ceilometer-poll'), (2, 'ceilometer-poll'), (3, 'sudo')))
    unit = system.Unit(UNIT, 1, None, known)
    assert [process.pid for process in unit.daemons] == [1, 2]


def test_processes_that_cannot_be_seen(
        world: World, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has answered is not the same as nobody is there."""
    world.units = {UNIT: forks(1)}
    monkeypatch.setattr(unit_processes, 'look_at', lambda pid: None)
    code, out, err = trigger(capsys)
    assert (code, out, world.killed) == (1, '', [])
    assert f'the processes of {UNIT} cannot be seen' in err


def test_report_that_vanishes(
        world: World, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found of it is told, and of all others."""
    def vanish(*given: object) -> typing.NoReturn:
        raise source.JournalError('report x is not in the journal any more')

    pids = forks(2)
    world.units = {UNIT: pids}
    world.answer = dict.fromkeys(pids, True)
    monkeypatch.setattr(read, 'load', vanish)
    code, out, err = trigger(capsys)
    assert code == 0 and '2 of 2 processes have answered' in out
    assert err.count('not in the journal any more') == 2


def test_systemctl_fails(monkeypatch: pytest.MonkeyPatch,
                         tmp_path: pathlib.Path) -> None:
    """What systemctl says is passed on, in one line."""
    systemctl = tmp_path / 'systemctl'
    systemctl.write_text('#!/bin/sh\necho "Access\n denied" >&2; exit 4\n')
    systemctl.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    with pytest.raises(command_line.Failure,
                       match='systemctl kill: Access denied'):
        system.kill([system.Unit(UNIT, 1, None, ())])
    monkeypatch.setenv('PATH', str(tmp_path / 'nowhere'))
    with pytest.raises(command_line.Failure, match='not installed'):
        system.kill([system.Unit(UNIT, 1, None, ())])


def test_only_what_came_after_the_signal_is_an_answer(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Not an older report of the process."""
    pid, = forks(1)
    world.units = {UNIT: [pid]}
    world.write(journals.entries(
        journals.make_report(), journals.Sender(pid=pid, unit=UNIT),
        time.time_ns() // 1000 - 60_000_000))
    code, out, _ = trigger(capsys, '--timeout=1')
    assert code == 1 and '0 of 1 processes have answered' in out
    assert waited_for('no report', out)
    world.answer = {pid: True}
    code, out, _ = trigger(capsys)
    assert code == 0 and '1 of 1 processes have answered' in out


def answering(trigger_id: str, noticed_usec: int) -> parsed.Report:
    """A report that says which trigger it answers."""
    made = journals.make_report()
    header = made.header._replace(
        trigger=made.header.trigger._replace(id=trigger_id))
    summary = made.sections[-1]
    data = {**summary.data, 'trigger': {
        **summary.data['trigger'], 'time_usec': noticed_usec}}
    return parsed.Report(
        header, (*made.sections[:-1], summary._replace(data=data)),
        made.count)


def test_who_else_asks_gets_answers_of_their_own(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Their reports are not taken for ours, however close they come."""
    pids = forks(3)
    world.units = {UNIT: pids}

    def add(pid: int, trigger_id: str, noticed_usec: int,
            lost: bool = False) -> str:
        made = answering(trigger_id, noticed_usec)
        entries = journals.entries(
            made, journals.Sender(pid=pid, unit=UNIT),
            time.time_ns() // 1000)
        world.write(entries[:1] if lost else entries)
        return made.header.id

    ours: list[str] = []

    def answer() -> None:
        now = time.time_ns() // 1000
        # somebody asked before; it is sent after our signal
        for pid in pids:
            add(pid, 'a' * 32, now - 60_000_000)
        # the first one answers us alone, all of them who asks next
        add(pids[0], 'b' * 32, now)
        ours.clear()
        ours.extend(add(pid, 'c' * 32, now) for pid in pids)

    world.when_killed = answer
    code, out, _ = trigger(capsys)
    assert code == 0 and '3 of 3 processes have answered' in out
    told = json.loads(trigger(capsys, '--json')[1])
    assert [one['id'] for one in told] == ours

    def late() -> None:
        for pid in pids:
            add(pid, 'd' * 32, time.time_ns() // 1000 - 60_000_000)
        now = time.time_ns() // 1000
        ours[:] = [add(pids[0], 'e' * 32, now)]
        # not whole, yet: what is, is better
        add(pids[1], 'e' * 32, now, lost=True)
        ours.append(add(pids[1], 'd' * 32, now))

    world.when_killed = late
    code, out, _ = trigger(capsys, '--timeout=1')
    assert code == 1 and '2 of 3 processes have answered' in out
    assert f'! pid {pids[2]} (' in out and waited_for('no report', out)
    told = json.loads(trigger(capsys, '--json', '--timeout=1')[1])
    assert [one['id'] for one in told] == [*ours, None]


def test_who_has_begun_to_answer_is_waited_for(
        world: World, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Though another process has told that it is silent: it is slow."""
    one, slow = forks(2)
    world.units = {UNIT: [one, slow]}
    left: list[dict[str, str]] = []

    def answer() -> None:
        now = time.time_ns() // 1000
        whole, late, told = (
            journals.entries(journals.make_report(), journals.Sender(
                pid=pid, unit=UNIT), now) for pid in (one, slow, one))
        world.write(whole)
        world.write(late[:1])
        world.write([{**told[0], 'REPORT_TRIGGER': 'hang',
                      'REPORT_SECTION': 'outside', 'OBJECT_PID': str(slow)}])
        left.extend(late[1:])

    def pause(seconds: float) -> None:
        if left:
            world.write(left)
            left.clear()

    world.when_killed = answer
    monkeypatch.setattr(remote, 'pause', pause)
    code, out, _ = trigger(capsys, f'--timeout={limits.EVENT_SECONDS}')
    assert code == 0 and '2 of 2 processes have answered' in out


@pytest.fixture
def limited(tmp_path: pathlib.Path,
            monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that takes one entry of a unit."""
    run = tmp_path / 'run'
    (run / 'units').mkdir(parents=True)
    (run / f'units/log-rate-limit-burst:{UNIT}').symlink_to('1')
    monkeypatch.setattr(rate_limit, 'of_unit', functools.partial(
        rate_limit.of_unit, run=run, directories=[]))
    monkeypatch.setattr(obstacles, 'no_journal', lambda namespace: None)


def test_limit_of_the_journal_is_named(
        world: World, start: Start, limited: None,
        capsys: pytest.CaptureFixture[str]) -> None:
    """A process that has answered is not said to be silent without a cause."""
    pid, = forks(1)
    world.units = {UNIT: [pid]}
    world.answer = {pid: False}
    world.when_killed = lambda: os.kill(pid, signal.SIGUSR1)
    code, out, _ = trigger(capsys, '--timeout=1')
    # the signal waits: it has not been taken
    assert code == 1 and '[process-silent]' in out
    world.when_killed = list
    world.units = {UNIT: [pid := start('caught')]}
    world.answer = {pid: False}
    code, out, _ = trigger(capsys, '--timeout=1')
    assert code == 1 and '[journal-rate-limit]' in out
    assert 'RateLimitBurst= is 1 of the unit: set LogRateLimitBurst=' in out
    assert 'process-silent' not in out
    # the kernel knows better
    os.kill(pid, signal.SIGSTOP)
    code, out, _ = trigger(capsys, '--timeout=1', '--force')
    assert code == 1 and '[process-stopped]' in out
    assert 'journal-rate-limit' not in out


def test_entries_that_journald_has_dropped_are_named(
        world: World, start: Start, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a unit that logs too much, whose limit is as usual."""
    monkeypatch.setattr(rate_limit, 'of_unit', lambda *given: None)
    monkeypatch.setattr(obstacles, 'no_journal', lambda namespace: None)
    pid = start('caught')
    world.units = {UNIT: [pid]}

    def said(before_usec: int) -> None:
        world.write([{
            **journals.Sender(pid=5, uid=0, unit='systemd-journald.service'
                              ).fields(time.time_ns() // 1000 - before_usec),
            '_TRANSPORT': 'driver', 'N_DROPPED': '12', 'MESSAGE': 'dropped',
            'MESSAGE_ID': 'a596d6fe7bfa4994828e72309e95d61e',
            'OBJECT_SYSTEMD_UNIT': UNIT}])

    # that was of others
    world.when_killed = functools.partial(said, HOUR_USEC)
    code, out, _ = trigger(capsys, '--timeout=1')
    assert code == 1 and '[process-silent]' in out
    world.when_killed = functools.partial(said, 0)
    code, out, _ = trigger(capsys, '--timeout=1')
    assert code == 1 and '[journal-rate-limit]' in out
    assert f'the journal has dropped 12 entries of {UNIT}' in out
    assert 'process-silent' not in out


HOUR_USEC = 3600 * 1_000_000


class Clock:
    """The clock of the host, as the command sees it.

    :ivar set_by_usec: what it has been set forth by, microseconds
    """

    def __init__(self) -> None:
        self.set_by_usec = 0

    def time_ns(self) -> int:
        """The time."""
        return time.time_ns() + self.set_by_usec * 1000

    def now_usec(self) -> int:
        """The time, microseconds."""
        return self.time_ns() // 1000

    monotonic_ns = staticmethod(time.monotonic_ns)


@pytest.mark.parametrize('set_to', [
    'the year 1970', 'hours before', 'years before', 'the year 2200'])
def test_clock_that_is_set_hides_no_answer(
        world: World, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch, set_to: str) -> None:
    """And what was there before is none, however late it seems to be."""
    clock = Clock()
    monkeypatch.setattr(asked_at, 'time', clock)
    pids = forks(2)
    world.units = {UNIT: pids}
    set_by_usec = {
        'the year 1970': 2 * HOUR_USEC - clock.now_usec(),
        'hours before': -5 * HOUR_USEC, 'years before': -17_520 * HOUR_USEC,
        'the year 2200': 173 * 8766 * HOUR_USEC}[set_to]

    def add(pid: int, time_usec: int, monotonic_usec: int) -> str:
        made = answering('a' * 32, time_usec)
        world.write([
            {**entry, '__MONOTONIC_TIMESTAMP': str(monotonic_usec + number)}
            for number, entry in enumerate(journals.entries(
                made, journals.Sender(pid=pid, unit=UNIT), time_usec))])
        return made.header.id

    # of an hour ago: a clock that is set back makes it one of the future
    for pid in pids:
        add(pid, clock.now_usec() - HOUR_USEC,
            time.monotonic_ns() // 1000 - HOUR_USEC)
    ours: list[str] = []

    def answer() -> None:
        ours.append(add(pids[0], clock.now_usec(),
                        time.monotonic_ns() // 1000))
        clock.set_by_usec = set_by_usec
        ours.append(add(pids[1], clock.now_usec(),
                        time.monotonic_ns() // 1000))

    world.when_killed = answer
    code, out, _ = trigger(capsys, '--json', '--timeout=1')
    assert [one['id'] for one in json.loads(out)] == ours
    assert code == 0
    clock.set_by_usec = 0
    world.when_killed = lambda: setattr(clock, 'set_by_usec', set_by_usec)
    code, out, _ = trigger(capsys, '--timeout=1')
    assert code == 1 and '0 of 2 processes have answered' in out


def test_clock_set_back_by_a_minute_hides_no_answer(
        world: World, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Though a process may have noticed such a signal before it was sent."""
    clock = Clock()
    monkeypatch.setattr(asked_at, 'time', clock)
    pids = forks(2)
    world.units = {UNIT: pids}

    def answer() -> None:
        clock.set_by_usec = -60_000_000
        for pid in pids:
            world.write(journals.entries(
                answering('a' * 32, clock.now_usec()),
                journals.Sender(pid=pid, unit=UNIT), clock.now_usec()))

    world.when_killed = answer
    code, out, _ = trigger(capsys, '--timeout=1')
    assert code == 0 and '2 of 2 processes have answered' in out


@pytest.mark.parametrize('year', ['1970', '2200'])
def test_daemon_whose_clock_is_another_answers(
        world: World, capsys: pytest.CaptureFixture[str], year: str) -> None:
    """What it calls the time is not compared with ours."""
    pids = forks(2)
    world.units = {UNIT: pids}
    noticed_usec = {'1970': 60_000_000,
                    '2200': 230 * 8766 * HOUR_USEC}[year]

    def answer() -> None:
        for pid in pids:
            world.write(journals.entries(
                answering('a' * 32, noticed_usec),
                journals.Sender(pid=pid, unit=UNIT), time.time_ns() // 1000))

    world.when_killed = answer
    code, out, _ = trigger(capsys, '--timeout=1')
    assert code == 0 and '2 of 2 processes have answered' in out


def test_only_a_process_of_the_unit_answers_for_it(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Another one has the same pid, in a container."""
    pid, = forks(1)
    world.units = {UNIT: [pid]}
    world.answer = {pid: True}
    world.unit_of = {pid: 'ceilometer-other.service'}
    code, out, _ = trigger(capsys, '--timeout=1')
    assert code == 1 and '0 of 1 processes have answered' in out
    world.unit_of = {}
    assert trigger(capsys)[0] == 0


def test_hostile_words_are_escaped(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """What the answer says of its process, and of what is unusual in it."""
    made = journals.make_report([report.Section(
        'x', 'X', 'x', {'message': '\x1b[2Jm'}, status='error')])
    world.makes = lambda: dataclasses.replace(
        made, header=made.header._replace(worker_name='\x1b[2Jw\u202e'))
    pid, = forks(1)
    world.units = {UNIT: [pid]}
    world.answer = {pid: True}
    code, out, _ = trigger(capsys)
    assert code == 0 and not set(out) & set('\x1b\u202e')
    assert rf'worker 0 (\x1b[2Jw\u202e), pid {pid}' in out
    assert out.startswith(
        r'notice: section x: error, \x1b[2Jm [section-failed]' + '\n')


def test_answers_are_compared_with_what_was_before(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A thread that has not moved is reported at once."""
    pids = forks(2)
    world.units = {UNIT: pids}
    world.answer = dict.fromkeys(pids, True)
    world.makes = lambda: journals.make_report(commands.sections())
    told = '"pollster" (2), waiting for a lock at /usr/lib/work.py:33 in work'
    _, out, _ = trigger(capsys)
    assert told not in out and 'has not moved' not in out
    _, out, _ = trigger(capsys)
    # what stands in the sum of both is not told again of its process
    assert out.count(f'{told}: has not moved for ') == 2
    worst = out.splitlines()[0]
    assert f'{told}: has not moved for ' in worst
    assert (f'pid {pids[0]}: thread-without-progress, section-failed\n    * '
            'notice: thread "moving" (3), ') in out
    assert (f'pid {pids[1]}: section-failed\n    * notice: thread '
            '"pollster" (2), ') in out
    first, second = json.loads(trigger(capsys, '--json')[1])
    assert all([told in notice['text'] for notice in one['digest']].count(
        True) == 1 for one in (first, second))


def test_other_names_of_a_unit(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """It is signalled once, by the name that the journal knows it by."""
    pids = forks(2)
    world.units = {UNIT: pids}
    world.answer = dict.fromkeys(pids, True)
    world.aliases = {'ceilometer-poll.service': UNIT}
    code, out, _ = trigger(capsys, 'ceilometer-poll', 'ceilometer-polling')
    assert code == 0
    assert out.startswith('2 processes: nothing unusual\n'
                          f'{UNIT}: 2 of 2 processes have answered\n')
    assert world.killed == [['kill', '--signal=SIGUSR1', '--', UNIT]]


def test_where_the_answers_are_looked_for(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """In the namespace of the unit; in all, of units in several."""
    one, other = forks(2)
    second = 'ceilometer-agent-central.service'
    world.units = {UNIT: [one], second: [other]}
    world.answer = {one: True, other: True}
    for namespaces, expected in (
            ({}, None), ({UNIT: 'x'}, '*'), ({UNIT: 'x', second: 'x'}, 'x')):
        world.namespaces = namespaces
        assert trigger(capsys)[0] == 0
        assert world.sources.pop() == {'namespace': expected}


def test_who_has_ended_is_not_waited_for(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """That is said at once, and not when time is up."""
    pid, = forks(1)
    child, = typing.cast(typing.Any, forks).children
    world.units = {UNIT: [pid]}

    def end() -> None:
        child.kill()
        child.wait()

    world.when_killed = end
    begun = time.monotonic()
    code, out, _ = trigger(capsys, f'--timeout={limits.EVENT_SECONDS}')
    assert code == 1 and ': no report, the process has ended\n' in out
    assert time.monotonic() - begun < limits.EVENT_SECONDS


def test_who_executes_another_program_since_is_none_of_the_daemon(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """As a fork that was seen just before it became sudo."""
    pids = forks(2, 'signal.pthread_sigmask(signal.SIG_UNBLOCK, '
                 '[signal.SIGTERM]); os.execlp("sleep", "sleep", "10000")')
    world.units = {UNIT: pids}
    world.answer = {pids[0]: True}

    def execute() -> None:
        os.kill(pids[1], signal.SIGTERM)
        deadline = time.monotonic() + limits.EVENT_SECONDS
        while (now := unit_processes.look_at(pids[1])) is None or (
                now.name != 'sleep'):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    world.when_killed = execute
    begun = time.monotonic()
    code, out, err = trigger(capsys, f'--timeout={limits.EVENT_SECONDS}')
    assert (code, err) == (0, '')
    assert f'{UNIT}: 1 of 1 processes have answered' in out
    assert time.monotonic() - begun < limits.EVENT_SECONDS


@pytest.mark.parametrize('armed', [False, True])
def test_who_is_armed_stays_one_of_the_daemon(armed: bool) -> None:
    """As multiprocessing's server of forks, which executes Python anew."""
    name = fields.TURN_NAME if armed else 'another'
    child = subprocess.Popen(
        [sys.executable, '-c', 'import os, sys\n'
         'os.set_inheritable(os.memfd_create(sys.argv[1]), True)\n'
         'print(flush=True)\nsys.stdin.readline()\n'
         'os.execlp("sleep", "sleep", "10000")', name],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None and child.stdout is not None
    with child:
        try:
            child.stdout.readline()
            before = unit_processes.look_at(child.pid)
            assert before is not None
            answer = answers.Answer(UNIT, before)
            answers._see_who_has_left([answer])
            assert not answer.left
            child.stdin.write(b'\n')
            child.stdin.flush()
            deadline = time.monotonic() + limits.EVENT_SECONDS
            while (now := unit_processes.look_at(child.pid)) is None or (
                    now.name != 'sleep'):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            answers._see_who_has_left([answer])
            assert answer.left != armed
        finally:
            child.kill()


def test_what_has_been_answered_is_printed_on_an_interrupt(
        world: World, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """^C ends the waiting, and discards nothing."""
    pids = forks(2)
    world.units = {UNIT: pids}
    world.answer = {pids[1]: True}

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, 'sleep', interrupt)
    code, out, _ = trigger(capsys, '-u', UNIT)
    assert code == 130 and '1 of 2 processes have answered' in out
    assert out.startswith('! 1 of 2 processes have not answered\n')
    assert (f'worker 0 (AgentManager), pid {pids[1]}: nothing unusual\n'
            in out)
    assert f'! pid {pids[0]} (' in out and ': no report until ^C: ' in out
    code, out, _ = trigger(capsys, '--json=short')
    assert code == 130
    assert [one['answered'] for one in json.loads(out)] == [False, True]


def test_where_reports_are_kept_no_journal_is_needed(
        world: World, capsys: pytest.CaptureFixture[str],
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so, and asks all the same; not where nobody would keep them."""
    pid, = forks(1)
    world.units = {UNIT: [pid]}
    world.answer = {pid: True}
    why = 'the journal does not run'
    world.journal_obstacles = {None: why}
    monkeypatch.setattr(obstacles, 'no_journal', world.journal_obstacles.get)
    monkeypatch.setattr(kept_reader, 'RUN', str(tmp_path))
    assert 'no signal was sent' in trigger(capsys)[2]
    (tmp_path / 'ceilometer' / UNIT.removeprefix(
        'ceilometer-').removesuffix('.service')).mkdir(parents=True)
    code, out, err = trigger(capsys)
    assert (code, err) == (0, f'ceilometer-diagnostics: {why}; until then '
                           'reports are kept in files\n')
    assert '1 of 1 processes have answered' in out


def test_full_directory_of_kept_reports_is_named(
        world: World, start: Start, capsys: pytest.CaptureFixture[str],
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no journal runs and nothing is kept, nothing hangs."""
    pid = start('caught')
    world.units = {UNIT: [pid]}
    why = 'the journal does not run'
    world.journal_obstacles = {None: why}
    monkeypatch.setattr(obstacles, 'no_journal', world.journal_obstacles.get)
    monkeypatch.setattr(kept_reader, 'RUN', str(tmp_path))
    kept = tmp_path / 'ceilometer/polling'
    kept.mkdir(parents=True)
    place: dict[str, int] = {'f_bavail': 1, 'f_files': 1, 'f_favail': 1}
    monkeypatch.setattr(os, 'statvfs',
                        lambda path: types.SimpleNamespace(**place))
    code, out, _ = trigger(capsys, '--timeout=1')
    assert code == 1 and '[process-silent]' in out
    for lacking in ('f_bavail', 'f_favail'):
        place[lacking] = 0
        code, out, _ = trigger(capsys, '--timeout=1')
        assert (f'error: {why}; until then reports are kept in {kept}, where '
                'no space is left [report-not-delivered]') in out
        assert code == 1 and 'process-silent' not in out
        place[lacking] = 1


def test_where_no_answer_can_come_no_signal_is_sent(
        world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """It says why at once; who insists waits."""
    pids = forks(2)
    world.units = {UNIT: pids}
    world.answer = dict.fromkeys(pids, True)
    world.namespaces = {UNIT: 'x'}
    world.journal_obstacles = {'x': 'the journal does not run'}
    assert trigger(capsys) == (
        1, '', 'ceilometer-diagnostics: no report can come: the journal does '
        'not run; no signal was sent\n')
    world.journal_obstacles = {}
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    while not all(obstacles.of_process(pid) for pid in pids):
        pass
    code, out, err = trigger(capsys)
    assert (code, world.killed) == (1, [])
    assert out.count(': no report: it is stopped') == 2
    assert err.count('it is stopped') == 2 and 'no signal was sent' in err
    assert trigger(capsys, '--force')[0] == 0 and world.killed
    # one of them may answer
    os.kill(pids[0], signal.SIGCONT)
    while obstacles.of_process(pids[0]):
        pass
    world.answer = {pids[0]: True}
    begun = time.monotonic()
    code, out, _ = trigger(capsys, f'--timeout={limits.EVENT_SECONDS}')
    assert code == 1 and '1 of 2 processes have answered' in out
    assert f'! pid {pids[1]} (' in out and ': no report: it is stopped' in out
    assert time.monotonic() - begun < limits.EVENT_SECONDS
    told = json.loads(trigger(capsys, '--json')[1])
    assert [one.get('obstacle', '')[:13] for one in told] == [
        '', 'it is stopped']
    os.kill(pids[1], signal.SIGCONT)


CANARY = 'W3lx9Qz'


@pytest.mark.parametrize(('name', 'shown'), [
    ('pw=canary-7q', 'pw=***'), ('a) R (b', 'a) R (b'), ('cron', 'cron'),
    ('a\x1bb', r'a\x1bb')])
def test_name_of_a_process_is_masked(tmp_path: pathlib.Path, name: str,
                                     shown: str) -> None:
    """It stands for the command line of a process that has none."""
    directory = tmp_path / '7'
    task = directory / 'task' / '7'
    task.mkdir(parents=True)
    (directory / 'comm').write_text(name + '\n')
    (directory / 'cmdline').write_text('')
    (directory / 'stat').write_text(f'7 ({name}) S ' + '1 ' * 50)
    (directory / 'status').write_text('NSpid:\t7\n')
    (task / 'status').write_text(
        'SigBlk:\t0\nSigIgn:\t0\nSigCgt:\t0\n')
    process = unit_processes.look_at(7, tmp_path)
    assert process is not None
    assert (process.name, process.command) == (shown, f'[{shown}]')


@pytest.mark.parametrize('command', [
    ['mysql', f'--password={CANARY}'], ['x', '--password', CANARY],
    ['x', f'http://user:{CANARY}@host/'], ['x', '--os-token', CANARY]])
def test_command_lines_are_masked(
        world: World, capsys: pytest.CaptureFixture[str],
        command: list[str]) -> None:
    """Of whoever is named, in each way in which they are named."""
    other = subprocess.Popen([
        sys.executable, '-c', 'import signal\nprint(flush=True)\n'
        'signal.sigwait([signal.SIGTERM])', *command],
        stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        other.stdout.readline()
        world.units = {UNIT: [other.pid]}
        code, out, err = trigger(capsys, '--timeout=1')
        assert code == 1 and f'pid {other.pid} (' in err
        code, out, err = trigger(capsys, '--force', '--timeout=1')
        assert code == 1 and f'! pid {other.pid} (' in out
        assert CANARY not in out + err
        _, out, err = trigger(capsys, '--force', '--timeout=1', '--json')
        assert 'sigwait' in out and CANARY not in out + err
    finally:
        other.kill()
        other.wait()
        assert other.stdout is not None
        other.stdout.close()


def test_what_systemctl_says_is_masked(monkeypatch: pytest.MonkeyPatch,
                                       tmp_path: pathlib.Path) -> None:
    """It may tell of anything."""
    systemctl = tmp_path / 'systemctl'
    systemctl.write_text(
        f'#!/bin/sh\necho "no: password={CANARY} x" >&2; exit 4\n')
    systemctl.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    with pytest.raises(command_line.Failure, match='no: password=') as failed:
        system.kill([system.Unit(UNIT, 1, None, ())])
    assert CANARY not in str(failed.value)


def test_who_is_not_root_is_told_what_they_need(
        monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, world: World,
        capsys: pytest.CaptureFixture[str]) -> None:
    """The right to signal, of which the groups of the journal give none."""
    def refuse(*arguments: str) -> str:
        if arguments[0] == 'kill':
            raise command_line.Failure('systemctl kill: Access denied')
        return systemctl(*arguments)

    def unreadable(place: source.Source) -> typing.NoReturn:
        raise source.JournalError('no permission: usermod')

    pids = forks(1)
    world.units = {UNIT: pids}
    systemctl = world.systemctl
    monkeypatch.setattr(os, 'geteuid', lambda: 1000)
    monkeypatch.setattr(system, '_systemctl', refuse)
    code, _, err = trigger(capsys)
    assert code == 1 and 'Access denied; to signal a unit, run' in err
    monkeypatch.setattr(source, 'find', unreadable)
    code, _, err = trigger(capsys)
    assert code == 1 and 'usermod; and to signal a unit, run' in err


def test_signal_that_waits(world: World,
                           capsys: pytest.CaptureFixture[str]) -> None:
    """Who has not taken it is told from who has, and does not answer."""
    pid, = forks(1)
    world.units = {UNIT: [pid]}
    _, out, _ = trigger(capsys, '--timeout=1')
    assert f'! pid {pid} (' in out and 'pending' not in out
    world.when_killed = lambda: os.kill(pid, signal.SIGUSR1)
    _, out, _ = trigger(capsys, '--timeout=1')
    assert f'! pid {pid} (' in out and ', the signal is pending\n' in out


def test_processes_of_a_unit(
        monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path,
        start: Start) -> None:
    """All of its control group and those below it, wherever that is."""
    pids = sorted(start('blocked') for _ in range(3))
    group = tmp_path / 'unified/system.slice/x.service'
    (group / 'below').mkdir(parents=True)
    (group / 'cgroup.procs').write_text(f'{pids[1]}\n{pids[0]}\n0\n')
    (group / 'below/cgroup.procs').write_text(f'{pids[2]}\n')
    monkeypatch.setattr(system, '_CGROUP_ROOTS', (
        str(tmp_path / 'nowhere'), str(tmp_path / 'unified')))
    systemctl = tmp_path / 'systemctl'
    systemctl.write_text(
        f'#!/bin/sh\nprintf "%s\\n" Id={UNIT} LoadState=loaded '
        f'ActiveState=active MainPID={pids[1]} LogNamespace=telemetry '
        'ControlGroup=/system.slice/x.service\n')
    systemctl.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    unit = system.look('ceilometer-alias.service')
    assert [process.pid for process in unit.processes] == pids
    assert (unit.name, unit.main_pid, unit.namespace) == (
        UNIT, pids[1], 'telemetry')
    # of one another they have not been forked
    assert [process.pid for process in unit.daemons] == [pids[1]]


def test_options_hold_on_the_other_host(
        monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path,
        capfd: pytest.CaptureFixture[str]) -> None:
    """How to print, how long to wait, and that nothing is to be told."""
    ssh = tmp_path / 'ssh'
    ssh.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    assert cli.main(['trigger', '-H', '[2001:db8::7]', '-q', '--json=short',
                     '--timeout', '7']) == 0
    assert capfd.readouterr().out.splitlines() == [
        '-xT', '--', '2001:db8::7',
        f'env {remote.UNTIL_END_OF_INPUT}=1 '
        'ceilometer-diagnostics trigger --timeout=7 --json=short --quiet --']
