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

"""systemd's watchdog ends the units that hang; others: conditions."""

from __future__ import annotations

from tests.system import conftest
from tests.system import machine as machines
from tests.system import reports

NOTIFICATION = 'ceilometer-agent-notification'

#: Of the watchdogs here: seconds.
SECONDS = 8
WATCHDOG = (
    f'[Service]\nEnvironment=CEILOMETER_DIAGNOSTICS_WATCHDOG={SECONDS}\n')


def last_fed(machine: machines.Machine, unit: str) -> float:
    """When the watchdog was fed last, seconds of the monotonic clock."""
    return int(machine.show(unit, 'WatchdogTimestampMonotonic')[
        'WatchdogTimestampMonotonic']) / 1e6


def wait_fed(machine: machines.Machine, unit: str, times: float) -> None:
    """Wait until it is fed after so many times its time."""
    begun = last_fed(machine, unit)
    machine.wait_for(
        lambda: last_fed(machine, unit) - begun >= times * SECONDS,
        what=f'the watchdog of {unit} to be fed', unit=unit)


def hangs(machine: machines.Machine, unit: conftest.StartUnit,
          patient: conftest.Patient, whose: str) -> None:
    """Have a process hang; its unit is started again, and said why.

    :param whose: ``worker`` or ``master``
    """
    unit(NOTIFICATION, dropin=patient('hold') + WATCHDOG)
    assert machine.show(NOTIFICATION, 'WatchdogUSec', 'NRestarts') == {
        'WatchdogUSec': f'{SECONDS}s', 'NRestarts': '0'}
    wait_fed(machine, NOTIFICATION, 1.5)
    main = int(machine.show(NOTIFICATION, 'MainPID')['MainPID'])
    pid = main if whose == 'master' else machine.workers(NOTIFICATION)[0]
    begun = reports.from_now()
    # from the first line in it on
    pipe = f'/run/ceilometer/agent-notification/hold-{pid}'
    machine.wait_for(lambda: machine.path(pipe).exists(), what=pipe,
                     unit=NOTIFICATION)
    machine.run(['sh', '-c', f'echo >{pipe}'])

    machine.wait_for(
        lambda: machine.show(NOTIFICATION, 'NRestarts', 'ActiveState') == {
            'NRestarts': '1', 'ActiveState': 'active'},
        what='the unit to be started again', unit=NOTIFICATION)
    assert 'Watchdog timeout (limit 8s)!' in machine.journal(
        '-u', NOTIFICATION, '-o', 'cat', begun)
    told = [report for report in reports.find(
        machine, begun, '-u', NOTIFICATION)
        if report.first.get('OBJECT_PID') == str(pid)]
    assert told, machine.journal_tail(NOTIFICATION)
    assert 'in hold' in told[0].first['MESSAGE']
    # it is well again, and told so
    wait_fed(machine, NOTIFICATION, 1)
    assert machine.show(NOTIFICATION, 'NRestarts') == {'NRestarts': '1'}


def test_unit_whose_worker_hangs_is_started_again(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """Before that, another process says what hangs: with its stacks."""
    hangs(machine, unit, patient, 'worker')
