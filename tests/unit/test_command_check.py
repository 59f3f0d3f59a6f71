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

"""``ceilometer-diagnostics check``: what it looks at, and what it says."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import shutil
import sys
import textwrap
import time

import pytest

from ceilometer.diagnostics.command import check
from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics.command import code_age
from ceilometer.diagnostics.command import obstacles
from ceilometer.diagnostics.command import rate_limit
from ceilometer.diagnostics.command import system
from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics.command import unit_start
from ceilometer.diagnostics.outside import proc_files
from tests.unit import reference

UNIT = 'ceilometer-polling.service'
PROGRAM = os.path.join(os.path.dirname(sys.executable), 'ceilometer-polling')
HOLDING = ('/usr/bin/env --block-signal=USR1,USR2 '
           '--ignore-signal=USR1,USR2 ')
ARMED = 'CEILOMETER_DIAGNOSTICS=1'


class Systemd:
    """What systemctl tells of one unit.

    :ivar properties: of the unit
    :ivar processes: of the unit
    """

    def __init__(self):
        self.properties = {
            'Id': UNIT, 'LoadState': 'loaded', 'ActiveState': 'inactive',
            'MainPID': '0', 'User': '', 'LogNamespace': '',
            'NeedDaemonReload': 'no', 'WatchdogUSec': '0'}
        self.processes = []
        self.starts(PROGRAM, ARMED)

    def starts(self, command, *environment):
        """Have the unit start a command."""
        self.properties['Environment'] = ' '.join(environment)
        self.properties['ExecStart'] = (
            f'{{ path=/x ; argv[]={command} ; ignore_errors=no ; }}')

    def runs(self, *processes):
        """Have the unit run processes; the first is the main one."""
        self.properties['MainPID'] = str(processes[0].pid)
        self.properties['ActiveState'] = 'active'
        self.processes = processes

    def call(self, *arguments):
        """Answer as systemctl does."""
        if arguments[0] == 'show-environment':
            return f'LANG=C\nPATH={os.environ["PATH"]}\n'
        if arguments[0] == 'list-units':
            return f'{UNIT} loaded active running x\n' if (
                self.processes) else ''
        if arguments[-1] != UNIT:
            return 'LoadState=not-found\nMainPID=0\n'
        return ''.join(f'{name}={value}\n'
                       for name, value in self.properties.items())


def process(pid=1, **changes):
    """A process of a daemon; of pid 1, which is always there."""
    return unit_processes.Process(**{
        'pid': pid, 'name': 'ceilometer-poll', 'command': 'x',
        'start_stack': 1, 'dies': False, 'armed': True, **changes})


@pytest.fixture
def systemd(monkeypatch):
    """A systemd with one unit, and a journal that takes entries."""
    told = Systemd()
    monkeypatch.setattr(system, '_systemctl', told.call)
    monkeypatch.setattr(system, '_pids', lambda group: [
        one.pid for one in told.processes])
    monkeypatch.setattr(unit_processes, 'look_at', lambda pid: next(
        one for one in told.processes if one.pid == pid))
    monkeypatch.setattr(obstacles, 'of_journal', lambda namespace: None)
    monkeypatch.setattr(check, '_SOCKET', 'proc')
    return told


def points(level=None):
    """What is said of the unit, by topic."""
    return {point.topic: point.text for point in check.check(UNIT)
            if level in (None, point.level)}


def test_all_is_well(systemd, capsys):
    """One line says so; exit 0."""
    systemd.starts(HOLDING + PROGRAM, ARMED)
    systemd.runs(process(os.getpid()))
    assert cli.main(['check']) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f'{UNIT}: can write reports'
    assert {line.split()[0] for line in out[1:]} <= {'ok', 'note'}
    assert [line.split()[1] for line in out if line.startswith('  ok')] == [
        'program:', 'unit:', 'processes:', 'journal:', 'readers:']


def test_what_is_wrong_comes_first(systemd, capsys):
    """And the exit status is 1."""
    systemd.starts('/nonexistent/ceilometer-polling')
    assert cli.main(['check', 'ceilometer-polling']) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f'{UNIT}: 2 problems'
    assert [line.split()[0] for line in out[1:3]] == ['problem'] * 2


def test_json(systemd, capsys):
    """The same for tools."""
    assert cli.main(['check', UNIT, '--json']) == 0
    told, = json.loads(capsys.readouterr().out)
    assert set(told) == reference.keys('check')
    assert set(told['points'][0]) <= reference.inner_keys(
        'looked', 'points')
    assert told['unit'] == UNIT
    assert {'level': 'ok', 'topic': 'unit', 'text':
            f'starts the program with {ARMED}'} in told['points']


@pytest.mark.parametrize('arguments', [['nonsense'], ['']])
def test_no_such_unit(systemd, arguments, capsys):
    """It is named."""
    assert cli.main(['check', *arguments]) in (1, 2)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_no_unit_runs(systemd, capsys):
    """Then one must be named."""
    assert cli.main(['check']) == 1
    assert 'no Ceilometer service is running' in capsys.readouterr().err


@pytest.mark.parametrize(('command', 'environment', 'word'), [
    (PROGRAM, (), 'does not set CEILOMETER_DIAGNOSTICS'),
    (PROGRAM, ('CEILOMETER_DIAGNOSTICS=maybe',), "'maybe': expected 1"),
    (PROGRAM, ('CEILOMETER_DIAGNOSTICS=0',), "'0': expected 1"),
])
def test_unit_that_arms_nothing(systemd, command, environment, word):
    """The variable is missing, or says something else."""
    systemd.starts(command, *environment)
    assert word in points(check.PROBLEM)['unit']


READY = 'CEILOMETER_DIAGNOSTICS_READINESS=1'
WATCHED = 'CEILOMETER_DIAGNOSTICS_WATCHDOG=180'


@pytest.mark.parametrize(('variables', 'word'), [
    ((ARMED,), 'systemd ends the daemon after 3min, because nothing sends'),
    ((READY,), 'remove its WatchdogSec=')])
def test_watchdog_that_ends_what_is_well(systemd, variables, word):
    """Nothing feeds it."""
    systemd.starts(PROGRAM, *variables)
    systemd.properties['WatchdogUSec'] = '3min'
    assert word in points(check.PROBLEM)['watchdog']


@pytest.mark.parametrize(('variables', 'limit'), [
    ((ARMED,), '0'), ((ARMED,), 'infinity'), ((ARMED, READY), '0'),
    ((ARMED, READY), '3min'), ((ARMED, READY, WATCHED), '3min')])
def test_watchdog_that_is_fed_or_is_none(systemd, variables, limit):
    """There is nothing to say of it."""
    systemd.starts(PROGRAM, *variables)
    systemd.properties['WatchdogUSec'] = limit
    assert 'unit' in points(check.OK)
    for level in (check.OK, check.NOTE, check.PROBLEM):
        assert 'watchdog' not in points(level)


@pytest.mark.parametrize(('command', 'words'), [
    (PROGRAM, [PROGRAM]),
    (HOLDING + 'ceilometer-polling --x', ['ceilometer-polling', '--x']),
    ('/usr/bin/env -u A B=1 -C / --chdir / ceilometer-polling',
     ['ceilometer-polling']),
    ('ceilometer-diagnostics run ceilometer-polling --x',
     ['ceilometer-polling', '--x']),
    (HOLDING + '/o/bin/ceilometer-diagnostics run ceilometer-polling',
     ['ceilometer-polling']),
    ('/etc/init.d/ceilometer-polling systemd-start',
     ['/etc/init.d/ceilometer-polling', 'systemd-start']),
    ('/usr/bin/env', []),
])
def test_program_of_a_unit(systemd, command, words):
    """What sets up the process is no part of it."""
    systemd.starts(command, ARMED)
    start = unit_start.of(systemd.properties)
    assert start.arguments == words
    assert start.armed
    assert start.holds_signals == command.startswith(HOLDING)


@pytest.mark.parametrize(('options', 'holds'), [
    ('--block-signal --ignore-signal', True),
    ('--block-signal=SIGUSR2,SIGUSR1 --ignore-signal=usr1,usr2', True),
    ('--block-signal=USR1 --ignore-signal=USR1,USR2', False),
    ('--block-signal=USR1,USR2', False),
])
def test_signals_of_a_unit(systemd, options, holds):
    """Both signals, blocked and ignored."""
    systemd.starts(f'env {options} {PROGRAM}', ARMED)
    assert ('signals' not in points(check.NOTE)) == holds


def test_program_that_is_not_found(systemd):
    """A bare name is looked for in the unit's PATH."""
    systemd.starts('env ceilometer-polling', ARMED, 'PATH=/nonexistent:/x')
    assert points(check.PROBLEM)['program'] == (
        'ceilometer-polling: not found in /nonexistent:/x')
    systemd.starts('env ceilometer-polling', ARMED,
                   f'PATH={os.path.dirname(PROGRAM)}')
    assert points(check.OK)['program'].startswith(PROGRAM)


def script(tmp_path, text, name='ceilometer-polling', mode=0o755):
    """A program."""
    path = tmp_path / name
    path.write_text(textwrap.dedent(text))
    path.chmod(mode)
    return path


@pytest.mark.parametrize(('text', 'command'), [
    ('#!/usr/bin/python3\n', ['/usr/bin/python3']),
    ('#! /usr/bin/python3 -s\n', ['/usr/bin/python3', '-s']),
    ('#!/usr/bin/env python3\n', ['python3']),
    ('#!/usr/bin/env -S python3 -s\n', ['python3', '-s']),
    ("#!/bin/sh\n'''exec' \"/a b/python3\" \"$0\" \"$@\"\n",
     ['/a b/python3']),
    ("#!/bin/sh\n'''exec' /a/python3 \"$0\" \"$@\"\n", ['/a/python3']),
    ('#!/bin/sh\nexec ceilometer-polling\n', None),
    ('\x7fELF', None), ('', None), ('#!', None),
])
def test_interpreter_of_a_program(tmp_path, text, command):
    """As the kernel, and pip's long paths, have it."""
    path = tmp_path / 'program'
    path.write_text(text)
    assert unit_start.interpreter(str(path)) == command


def test_a_script_is_judged_where_it_runs(systemd, tmp_path):
    """What it starts is not known before."""
    path = script(tmp_path, '#!/bin/sh\nexec x\n', 'init')
    systemd.starts(f'{path} systemd-start', ARMED)
    assert 'only while the unit runs' in points(check.PROBLEM)['program']
    systemd.runs(process(os.getpid()))
    assert 'only while the unit runs' in points(check.NOTE)['program']
    assert points(check.OK)['processes'] == '1 of 1 are armed'


def test_another_program_is_no_daemon(systemd, tmp_path):
    """The variable arms daemons of Ceilometer only."""
    path = script(tmp_path, f'#!{sys.executable}\n', 'ceilometer-upgrade')
    systemd.starts(str(path), ARMED)
    assert 'no daemon of Ceilometer' in points(check.PROBLEM)['program']


@pytest.mark.parametrize(('flag', 'word'), [
    ('-S', 'ceilometer-diagnostics is not installed for it'),
    ('-nosuch', 'Unknown option'),
])
def test_interpreter_that_cannot(systemd, tmp_path, flag, word):
    """It is named, with what it says."""
    path = script(tmp_path, f'#!{sys.executable} {flag}\n')
    systemd.starts(str(path), ARMED)
    told = points(check.PROBLEM)['program']
    assert sys.executable in told
    assert word in told or 'usage' in told.lower() or 'try' in told.lower()


def test_a_probe_sees_what_the_daemon_would(systemd, tmp_path):
    """In the unit's environment, with the daemon's arguments."""
    broken = tmp_path / 'broken'
    (broken / 'ceilometer_diagnostics_start').mkdir(parents=True)
    (broken / 'ceilometer_diagnostics_start/__init__.py').write_text(
        'raise ImportError')
    systemd.starts(PROGRAM, ARMED, f'PYTHONPATH={broken}')
    assert 'not installed' in points(check.PROBLEM)['program']


@pytest.mark.parametrize(('text', 'word'), [
    ('[diagnostics]\nenabled = false\n', 'enabled is false'),
    ('[diagnostics]\nsignals = USR2\n', 'signals is SIGUSR2'),
    ('[diagnostics]\nsignals =\n', 'signals is empty'),
    ('[diagnostics]\nsection_time_limit = soon\n', 'soon'),
    ('[diagnostics\n', 'diagnostics'),
])
def test_options(systemd, tmp_path, text, word):
    """Of the files that the command line names."""
    file = tmp_path / 'x.conf'
    file.write_text(text)
    for arguments in (f'--config-file {file}', f'--config-file={file}'):
        systemd.starts(f'{PROGRAM} --debug {arguments} --x', ARMED)
        assert word in points(check.PROBLEM)['options']
    file.write_text('[diagnostics]\nenabled = true\n')
    assert 'options' not in points(check.PROBLEM)


def test_user_that_cannot_enter_a_directory(systemd, tmp_path):
    """The directory is named."""
    closed = tmp_path / 'closed'
    closed.mkdir()
    path = script(closed, f'#!{sys.executable}\n')
    for directory in (tmp_path, *tmp_path.parents):
        if directory.owner() == 'root' and str(directory) != '/':
            directory.chmod(directory.stat().st_mode | 0o011)
    closed.chmod(0o700)
    systemd.properties['User'] = 'nobody'
    systemd.starts(str(path), ARMED)
    assert points(check.PROBLEM)['program'] == (
        f'{closed}: user nobody may not enter it')
    closed.chmod(0o755)
    path.chmod(0o700)
    assert points(check.PROBLEM)['program'] == (
        f'{path}: user nobody may not run it')


def test_user_that_does_not_exist(systemd):
    """As the unit names it."""
    systemd.properties['User'] = 'nosuch'
    assert points(check.PROBLEM)['program'] == 'there is no user nosuch'


@pytest.mark.parametrize(('processes', 'word'), [
    ([process(dies=True, armed=False)], 'SIGUSR1 ends: 1 (ceilometer-poll)'),
    ([process(dies=True, armed=False)], 'restart it'),
    ([process(), process(2, armed=False)], 'write no reports: 2'),
])
def test_processes_that_are_not_armed(systemd, processes, word):
    """They are named, by their pids."""
    systemd.runs(*processes)
    assert any(word in point.text for point in check.check(UNIT)
               if point.level == check.PROBLEM)


def test_process_that_has_just_been_started_is_given_time(
        systemd, monkeypatch):
    """systemctl restart returns before Python has begun."""
    systemd.starts(HOLDING + PROGRAM, ARMED)
    old, young = process(), process(os.getppid(), armed=False, dies=True)
    now = time.time()
    monkeypatch.setattr(proc_files, 'started', lambda pid: (
        now if pid == young.pid else 0.0))
    systemd.runs(old, young)
    waits = []
    sleep = time.sleep

    def wait(seconds):
        # subprocess sleeps as well
        if seconds < 0.1:
            sleep(seconds)
            return
        waits.append(seconds)
        if len(waits) == 3:
            systemd.runs(old, process(young.pid))

    monkeypatch.setattr(time, 'sleep', wait)
    assert points()['processes'] == '2 of 2 are armed'
    assert len(waits) == 3
    # one that stays so is told, and nobody waits for ever
    systemd.runs(old, process(young.pid, armed=False))
    assert points(check.PROBLEM)['processes'].startswith(
        f'write no reports: {young.pid} ')
    # who would not be armed need not be waited for
    del waits[:]
    systemd.starts(HOLDING + PROGRAM, '')
    assert 'processes' in points(check.PROBLEM)
    assert waits == []


def test_unit_files_that_were_changed(systemd):
    """systemd does not know the drop-in yet."""
    systemd.properties['NeedDaemonReload'] = 'yes'
    assert 'daemon-reload' in ' '.join(
        point.text for point in check.check(UNIT)
        if point.level == check.PROBLEM)


def test_journal_that_takes_nothing(systemd, monkeypatch):
    """Where the unit logs to."""
    asked = []
    monkeypatch.setattr(obstacles, 'of_journal', lambda namespace: (
        asked.append(namespace) or 'the journal does not run'))
    systemd.properties['LogNamespace'] = 'x'
    assert points(check.PROBLEM)['journal'] == (
        'the journal does not run; reports go to standard error')
    assert asked == ['x']


def test_journal_that_the_unit_does_not_see(systemd, monkeypatch):
    """It may have a root directory of its own."""
    monkeypatch.setattr(check, '_SOCKET', 'nonexistent/socket')
    systemd.runs(process(os.getpid()))
    assert points(check.PROBLEM)['journal'].startswith(
        'the unit does not see /nonexistent/socket')


def test_code_that_is_newer(systemd, tmp_path):
    """Put there after the start of the process, however old it is."""
    package = tmp_path / 'package'
    package.mkdir()
    old = pathlib.Path(code_age.__file__)
    assert not code_age.is_newer(str(package), os.getpid())
    shutil.copy2(old, package)
    os.utime(package / old.name, (1, 1))
    assert code_age.is_newer(str(package), os.getpid())
    assert not code_age.is_newer(str(package), 2 ** 22 + 1)


def test_code_that_is_newer_is_told(systemd, monkeypatch):
    """With what to do."""
    systemd.runs(process(os.getpid()))
    monkeypatch.setattr(code_age, 'is_newer', lambda package, pid: True)
    assert points(check.NOTE)['code'] == (
        'the package is newer than the process: restart the unit to use it')


def test_limit_of_the_journal(systemd, tmp_path, monkeypatch):
    """Reports that it would drop are told of beforehand."""
    monkeypatch.setattr(rate_limit, 'of_unit', functools.partial(
        rate_limit.of_unit, run=tmp_path, directories=[]))
    assert 'LogRateLimitBurst' not in str(points())
    systemd.properties['LogRateLimitBurst'] = '1'
    told = points(check.PROBLEM)['journal']
    assert 'RateLimitBurst= is 1 of the unit: set LogRateLimitBurst=' in told
    # one that does not run will have a master and a worker
    assert f'has {2 * rate_limit.ENTRIES_OF_REPORT} or more' in told
    # it runs with what it was started with
    systemd.runs(process())
    assert 'LogRateLimitBurst' not in str(points())
    (tmp_path / 'units').mkdir()
    (tmp_path / f'units/log-rate-limit-burst:{UNIT}').symlink_to('1')
    assert 'at most ' in points(check.PROBLEM)['journal']
    systemd.runs(process(), process(2), process(os.getpid()))
    assert f'has {3 * rate_limit.ENTRIES_OF_REPORT} or more' in (
        points(check.PROBLEM)['journal'])
