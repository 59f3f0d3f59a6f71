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

"""The shipped units run the real daemons under a real systemd."""

from __future__ import annotations

import pytest

from tests.system import beds
from tests.system import command
from tests.system import conftest
from tests.system import construction
from tests.system import machine as machines

TARGET = 'ceilometer.target'
INSTANCE = 'ceilometer-polling@central'
OTHERS = ('ceilometer-polling@.service', 'ceilometer-upgrade.service',
          TARGET, 'ceilometer.slice')
DAEMONS = ('ceilometer-polling', 'ceilometer-agent-central',
           'ceilometer-agent-compute', 'ceilometer-agent-ipmi',
           'ceilometer-agent-notification')
# Bits of signals 10 and 12 in the masks of /proc/PID/status.
USR1_AND_USR2 = 1 << 9 | 1 << 11


@pytest.mark.parametrize('name', [
    *(f'{daemon}.service' for daemon in (*DAEMONS, INSTANCE)),
    'ceilometer-upgrade.service', 'ceilometer.slice', TARGET])
def test_systemd_finds_nothing_to_say(
        machine: machines.Machine, name: str) -> None:
    """systemd-analyze verify prints nothing and returns 0."""
    done = machine.run(['systemd-analyze', 'verify', name])
    assert (done.stdout, done.stderr) == ('', '')


def test_every_shipped_unit_is_tested(machine: machines.Machine) -> None:
    """What install-system installs is what these tests know."""
    installed = {path.name for path in machine.path(
        '/usr/local/lib/systemd/system').iterdir()}
    tree = {path.name for path in (
        construction.SYSTEM_FILES / 'units').iterdir()}
    assert installed == tree == {
        *(f'{name}.service' for name in DAEMONS), *OTHERS}


def is_up(machine: machines.Machine, name: str) -> bool:
    """Whether the daemon tells that its worker is up."""
    return machine.show(name, 'StatusText')['StatusText'].startswith(
        '1 of 1 workers are up')


@pytest.mark.parametrize('name', DAEMONS)
def test_daemon_starts_reloads_and_stops(
        machine: machines.Machine, unit: conftest.StartUnit,
        name: str) -> None:
    """A daemon is up with workers; reload replaces them; it stops well."""
    machine.systemctl('start', name)
    # without a wait: that is what it waits for itself
    workers = set(machine.workers(name))
    assert workers
    unit(name)
    before = machine.show(name, 'ActiveState', 'MainPID', 'NRestarts')
    assert before['ActiveState'] == 'active'
    assert before['NRestarts'] == '0'
    assert is_up(machine, name)

    told = command.triggered(machine, name)
    assert {answer['pid'] for answer in told} >= {
        int(before['MainPID']), *workers}

    machine.systemctl('reload', name)
    machine.wait_for(
        lambda: (now := set(machine.workers(name))) and not now & workers,
        what=f'new workers of {name}', unit=name)
    # systemctl may not have waited, if it was told of too late
    machine.wait_for(
        lambda: machine.show(name, *before) == before and is_up(machine, name),
        what='the end of the reload', unit=name)

    machine.systemctl('stop', name)
    assert machine.show(name, 'ActiveState', 'Result', 'ExecMainCode',
                        'ExecMainStatus') == {
        'ActiveState': 'inactive', 'Result': 'success',
        # it exited by itself (CLD_EXITED), with 0
        'ExecMainCode': '1', 'ExecMainStatus': '0'}
    assert machine.pids(name) == []


@pytest.mark.parametrize('name', DAEMONS)
def test_daemon_runs_as_its_user_with_the_signals_held(
        machine: machines.Machine, unit: conftest.StartUnit,
        name: str) -> None:
    """Main process and workers block and ignore SIGUSR1 and SIGUSR2."""
    unit(name)
    uid = machine.run(['id', '-u', 'ceilometer']).stdout.strip()
    # not what these run for a moment: the ipmi agent tries sudo
    main = int(machine.show(name, 'MainPID')['MainPID'])
    for pid in (main, *machine.workers(name)):
        status = dict(
            line.split(':', 1) for line in machine.path(
                f'/proc/{pid}/status').read_text().splitlines())
        assert status['Uid'].split() == [uid] * 4
        for mask in ('SigBlk', 'SigIgn'):
            assert int(status[mask], 16) & USR1_AND_USR2 == USR1_AND_USR2


def test_refused_command_line_is_not_tried_again(
        machine: machines.Machine) -> None:
    """A daemon that exits with 2 stays failed."""
    name = 'ceilometer-polling'
    machine.write_file(
        f'/etc/systemd/system/{name}.service.d/test.conf',
        '[Service]\nExecStart=\nExecStart=/usr/bin/env '
        'ceilometer-polling --no-such-option\n')
    try:
        machine.systemctl('daemon-reload')
        machine.systemctl('start', name, check=False)
        assert machine.show(
            name, 'ActiveState', 'ExecMainStatus', 'NRestarts') == {
                'ActiveState': 'failed', 'ExecMainStatus': '2',
                'NRestarts': '0'}
    finally:
        machine.run(['rm', '-r', f'/etc/systemd/system/{name}.service.d'])
        machine.systemctl('daemon-reload')
        machine.systemctl('reset-failed', name)


def test_stopping_a_unit_leaves_the_directories_of_others(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Each unit has a runtime directory of its own."""
    unit('ceilometer-agent-central')
    unit('ceilometer-agent-notification')
    machine.systemctl('stop', 'ceilometer-agent-notification')
    assert [path.name for path in machine.path('/run/ceilometer').iterdir()
            ] == ['agent-central']


def test_polling_and_central_exclude_one_another(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Nothing is polled twice: the second one is refused, with a word."""
    unit('ceilometer-agent-central')
    for name in ('ceilometer-polling', INSTANCE):
        machine.run(['mkdir', '-p', '/etc/ceilometer/polling@central'])
        done = machine.systemctl('start', name, check=False)
        assert done.returncode != 0
        assert 'Assertion failed' in done.stderr
        assert machine.show(name, 'ActiveState') == {
            'ActiveState': 'inactive'}
    assert machine.show('ceilometer-agent-central', 'ActiveState') == {
        'ActiveState': 'active'}


def test_one_that_waits_to_be_started_again_keeps_nobody_out(
        machine: machines.Machine) -> None:
    """Once it has been stopped, others that poll the same can start."""
    out, kept = 'ceilometer-polling', 'ceilometer-agent-central'
    for name, program in ((out, 'false'), (kept, 'sleep infinity')):
        machine.write_file(
            f'/etc/systemd/system/{name}.service.d/test.conf',
            '[Service]\nType=exec\nRestartSec=1h\nExecReload=\nExecStart=\n'
            f'ExecStart={program}\n')
    machine.systemctl('daemon-reload')
    try:
        machine.systemctl('start', out, check=False)
        machine.wait_for(lambda: machine.show(out, 'SubState') == {
            'SubState': 'auto-restart'}, what=f'{out} to wait', unit=out)
        machine.systemctl('stop', out)
        machine.systemctl('start', kept)
        assert machine.show(kept, 'ActiveState') == {'ActiveState': 'active'}
    finally:
        machine.systemctl('stop', out, kept)
        machine.run(['rm', '-r', *(f'/etc/systemd/system/{name}.service.d'
                                   for name in (out, kept))])
        machine.systemctl('daemon-reload')
        machine.systemctl('reset-failed', out, kept, check=False)


def test_instance_polls_a_namespace_that_is_meant(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """One that nobody has made a directory for is a mistake."""
    machine.run(['rm', '-rf', '/etc/ceilometer/polling@central'])
    done = machine.systemctl('start', INSTANCE, check=False)
    assert 'Assertion failed' in done.stderr
    machine.write_file('/etc/ceilometer/polling@central/x.conf',
                       '[DEFAULT]\nhost = of-the-instance\n')
    unit(INSTANCE)
    told = machine.show(INSTANCE, 'NRestarts', 'Slice', 'LimitNOFILE',
                        'LimitNOFILESoft')
    assert told['NRestarts'] == '0'
    assert told['Slice'] == 'ceilometer.slice'
    assert int(told['LimitNOFILESoft']) < int(told['LimitNOFILE'])
    assert command.triggered(machine, INSTANCE)
    section, *_ = machine.entries(f'_SYSTEMD_UNIT={INSTANCE}.service',
                                  'REPORT_SECTION=configuration',
                                  'REPORT_PROCESS=master')
    # of that directory, and of the configuration of all
    assert 'of-the-instance' in section['MESSAGE']
    assert '/etc/ceilometer/ceilometer.conf' in section['MESSAGE']
    machine.run(['rm', '-rf', '/etc/ceilometer/polling@central'])


def test_upgrade_fails_where_nobody_answers(
        machine: machines.Machine) -> None:
    """It runs the program, as its user, and is not tried again."""
    name = 'ceilometer-upgrade'
    try:
        done = machine.systemctl('start', name, check=False)
        assert done.returncode == 1
        assert machine.show(name, 'Result', 'ExecMainStatus', 'NRestarts') == {
            'Result': 'exit-code', 'ExecMainStatus': '1', 'NRestarts': '0'}
        assert '127.0.0.1:5000' in machine.journal('-u', name)
    finally:
        machine.systemctl('reset-failed', name, check=False)


def test_target_starts_and_stops_what_is_enabled(
        machine: machines.Machine) -> None:
    """With all enabled, a defined set: each namespace is polled once."""
    running = ('ceilometer-polling', 'ceilometer-agent-ipmi',
               'ceilometer-agent-notification')
    machine.systemctl('enable', *DAEMONS)
    try:
        assert machine.show('openstack-ceilometer-central', 'Id') == {
            'Id': 'ceilometer-agent-central.service'}
        machine.systemctl('start', TARGET, check=False)
        for name in DAEMONS:
            # The target's job is done when theirs are.
            assert machine.show(name, 'ActiveState', 'NRestarts') == {
                'ActiveState': 'active' if name in running else 'inactive',
                'NRestarts': '0'}
        machine.systemctl('stop', TARGET)
        # systemctl waits for the target, not for what goes down with it.
        machine.wait_for(
            lambda: all(machine.show(name, 'ActiveState', 'Result') == {
                'ActiveState': 'inactive', 'Result': 'success'}
                for name in running),
            what='the end of the daemons')
    finally:
        machine.systemctl('stop', *DAEMONS)
        machine.systemctl('disable', *DAEMONS)


# On the host's own distribution each run has to be short.
@pytest.mark.skipif(beds.chosen() == beds.HOST,
                    reason='make debian-12 and its like have it')
def test_machine_boots_with_all_enabled() -> None:
    """As Debian enables what it installs: a defined set, and no failure."""
    running = ('ceilometer-polling', 'ceilometer-agent-ipmi',
               'ceilometer-agent-notification')
    every = ' '.join((*(f'{name}.service' for name in DAEMONS), TARGET))
    with machines.Machine(
            before_boot=f'systemctl preset {every}') as machine:
        # neither the broker nor Keystone is there, and the boot has ended
        for name in (*DAEMONS, TARGET):
            assert machine.run(['systemctl', 'is-enabled', name]
                               ).stdout == 'enabled\n'
        assert [name for name in DAEMONS if is_up(machine, name)] == [
            name for name in DAEMONS if name in running]
        for name in DAEMONS:
            assert machine.show(
                name, 'ActiveState', 'Result', 'NRestarts') == {
                    'ActiveState': 'active' if name in running
                    else 'inactive', 'Result': 'success', 'NRestarts': '0'}
        failed = machine.systemctl('list-units', '--failed', '--no-legend',
                                   '--plain', 'ceilometer*').stdout
        assert failed == ''
        for name in running:
            assert command.triggered(machine, name)
