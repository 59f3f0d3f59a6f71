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

"""trigger where no answer can come: it says why, and waits for nothing."""

from __future__ import annotations

import collections.abc
import contextlib

import pytest

from tests.system import command
from tests.system import conftest
from tests.system import machine as machines

POLLING = 'ceilometer-polling'

Case = collections.abc.Callable[
    [machines.Machine], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def frozen(machine: machines.Machine) -> collections.abc.Iterator[None]:
    """The unit, by systemd."""
    machine.systemctl('freeze', POLLING)
    try:
        yield
    finally:
        machine.systemctl('thaw', POLLING)


@contextlib.contextmanager
def journal_stopped(machine: machines.Machine,
                    ) -> collections.abc.Iterator[None]:
    """journald, by a signal."""
    machine.systemctl('kill', '--signal=STOP', 'systemd-journald')
    try:
        yield
    finally:
        machine.systemctl('kill', '--signal=CONT', 'systemd-journald')


@pytest.mark.parametrize(('obstacle', 'says'), [
    (frozen, 'is frozen'), (journal_stopped, 'the journal takes no entries')],
    ids=['frozen', 'journal'])
def test_trigger_says_why_nothing_can_come(
        machine: machines.Machine, unit: conftest.StartUnit, obstacle: Case,
        says: str) -> None:
    """In one line, and the daemon answers when that is over."""
    unit(POLLING)
    command.run(machine, 'trigger', POLLING)
    with obstacle(machine):
        done = machine.run([command.NAME, 'trigger', POLLING], check=False)
    line, = done.stderr.splitlines()
    assert done.returncode == 1
    assert says in line and 'no signal was sent' in line
    command.run(machine, 'trigger', POLLING)


def test_trigger_says_that_diagnostics_are_switched_off(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """The daemon has read so in its configuration, and ignores the signal."""
    unit(POLLING, config='[diagnostics]\nenabled = false\n')
    done = machine.run([command.NAME, 'trigger', POLLING], check=False)
    line, = done.stderr.splitlines()
    assert done.returncode == 1
    assert 'diagnostics are switched off' in line
    assert 'no signal was sent' in line
    # root's entry is one of the unit, though it has come from elsewhere
    machine.run(['journalctl', '--sync'])
    shown = machine.run(['journalctl', '-u', POLLING, '-o', 'cat',
                         'REPORT_SECTION=outside'])
    assert '[signal-not-taken]' in shown.stdout


def test_daemon_that_is_not_armed(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """It is told of from the outside, and not signalled."""
    program = machine.program(POLLING)
    unit(POLLING, dropin='[Service]\nEnvironment=CEILOMETER_DIAGNOSTICS=0\n'
         f'ExecStart=\nExecStart={program} --polling-namespaces central\n')
    pid = int(machine.show(POLLING, 'MainPID')['MainPID'])
    machine.run(['kill', '-STOP', str(pid)])
    try:
        done = machine.run([command.NAME, 'trigger', POLLING], check=False)
    finally:
        machine.run(['kill', '-CONT', str(pid)])
    assert done.returncode == 1 and 'no signal was sent' in done.stderr
    assert 'no report: it is stopped' in done.stdout
    machine.run(['journalctl', '--sync'])
    shown = machine.run(['journalctl', '-u', POLLING, '-o', 'cat', 'REPORT=1',
                         f'OBJECT_PID={pid}'])
    assert '[process-stopped]' in shown.stdout
    assert '[not-armed]' in shown.stdout
    row, = (row for row in command.listed(machine, POLLING)
            if row['pid'] == pid and row['trigger'] == 'hang')
    assert row['trusted'] and row['complete']
    assert int(machine.show(POLLING, 'MainPID')['MainPID']) == pid
