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

"""systemd's watchdog ends no unit that is well, and others in time."""

from __future__ import annotations

import collections.abc
import contextlib

import pytest

from tests.system.conditions import test_conditions
from tests.system import conftest
from tests.system import machine as machines
from tests.system.outcomes import breakage
from tests.system import test_units
from tests.system import test_watchdog
from tests.system import versions

POLLING = 'ceilometer-polling'

Does = collections.abc.Callable[
    [machines.Machine, str], contextlib.AbstractContextManager[None]]


@contextlib.contextmanager
def _stopped(machine: machines.Machine, *pids: int,
             ) -> collections.abc.Iterator[None]:
    numbers = [str(pid) for pid in pids]
    machine.run(['kill', '-STOP', *numbers])
    try:
        yield
    finally:
        machine.run(['kill', '-CONT', *numbers], check=False)


def a_worker_is_stopped(
        machine: machines.Machine, unit: str,
        ) -> contextlib.AbstractContextManager[None]:
    """By SIGSTOP, as a debugger does."""
    return _stopped(machine, machine.workers(unit)[0])


def the_master_is_stopped(
        machine: machines.Machine, unit: str,
        ) -> contextlib.AbstractContextManager[None]:
    """A worker stands in for it."""
    return _stopped(machine, int(machine.show(unit, 'MainPID')['MainPID']))


def the_machine_is_busy(
        machine: machines.Machine, unit: str,
        ) -> contextlib.AbstractContextManager[None]:
    """Eight processes compute all the time."""
    return test_conditions.busy(machine)


def keystone_is_silent(
        machine: machines.Machine, unit: str,
        ) -> contextlib.AbstractContextManager[None]:
    """It takes connections, and never answers."""
    return breakage.CONDITIONS['Keystone does not answer'](machine)


@contextlib.contextmanager
def reloads(machine: machines.Machine, unit: str,
            ) -> collections.abc.Iterator[None]:
    """One when the workers of the one before are up.

    With Python 3.14, one that comes sooner may end the thread of the master
    that starts workers: the watchdog is right then.
    """
    for _ in range(3):
        before = set(machine.workers(unit))
        machine.systemctl('reload', unit)
        machine.wait_for(
            lambda before=before: (now := set(machine.workers(unit)))
            and not now & before and test_units.is_up(machine, unit),
            what=f'new workers of {unit}', unit=unit)
    yield


@pytest.mark.parametrize('does', [
    a_worker_is_stopped, the_master_is_stopped, the_machine_is_busy,
    keystone_is_silent, reloads])
def test_unit_that_is_well_is_not_ended(
        machine: machines.Machine, unit: conftest.StartUnit,
        does: Does) -> None:
    """For more than twice its time; and it is as before afterwards."""
    with contextlib.ExitStack() as stack:
        if does is keystone_is_silent:
            # the daemon looks for it as it starts
            stack.enter_context(does(machine, POLLING))
        unit(POLLING, dropin=test_watchdog.WATCHDOG + (
            'NotifyAccess=all\n' if does is the_master_is_stopped else ''))
        test_watchdog.wait_fed(machine, POLLING, 0.5)
        was = machine.show(POLLING, 'NRestarts', 'ActiveState', 'MainPID')
        assert was['ActiveState'] == 'active' and was['NRestarts'] == '0'
        if does is not keystone_is_silent:
            stack.enter_context(does(machine, POLLING))
        test_watchdog.wait_fed(machine, POLLING, 2.5)
    test_watchdog.wait_fed(machine, POLLING, 1)
    assert machine.show(POLLING, *was) == was
    machine.systemctl('stop', POLLING)
    assert machine.show(POLLING, 'Result') == {'Result': 'success'}


def test_unit_that_is_frozen_is_not_ended(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """systemd waits itself; before 257 it did not, as the page says."""
    unit(POLLING, dropin=test_watchdog.WATCHDOG)
    test_watchdog.wait_fed(machine, POLLING, 0.5)
    was = machine.show(POLLING, 'NRestarts', 'MainPID')
    waits = int(versions.of(machine).systemd.split()[0]) >= 257
    machine.systemctl('freeze', POLLING)
    begun = machine.path('/proc/uptime').read_text().split()[0]
    machine.wait_for(
        lambda: float(machine.path('/proc/uptime').read_text().split()[0])
        - float(begun) > 2 * test_watchdog.SECONDS, what='twice its time')
    machine.systemctl('thaw', POLLING, check=waits)
    if waits:
        test_watchdog.wait_fed(machine, POLLING, 1)
        assert machine.show(POLLING, *was) == was
    else:
        machine.wait_for(
            lambda: machine.show(POLLING, 'NRestarts', 'ActiveState') == {
                'NRestarts': '1', 'ActiveState': 'active'},
            what='the unit to be started again', unit=POLLING)


def test_daemon_without_diagnostics_is_not_ended(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Nobody would feed its watchdog: systemd is not told to expect it."""
    unit(POLLING, dropin=test_watchdog.WATCHDOG,
         config='[diagnostics]\nenabled = false\n')
    assert machine.show(POLLING, 'WatchdogUSec') == {'WatchdogUSec': '0'}


def test_unit_whose_master_hangs_is_started_again(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """A worker says what hangs, before systemd ends the unit."""
    test_watchdog.hangs(machine, unit, patient, 'master')
