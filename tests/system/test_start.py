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

"""Somebody else's unit, and one line in a drop-in: its daemon is armed."""

from __future__ import annotations

import collections.abc
import pathlib
import re
import shlex
import signal

import pytest

from tests.system import beds
from tests.system import debian_bed
from tests.system import instructions
from tests.system import machine as machines
from tests.system import reports

NAME = 'ceilometer-polling'
CONFIG = '/etc/ceilometer/ceilometer.conf.d/test.conf'
LOGS = '/var/log/ceilometer'

# As somebody writes it by hand who has a virtualenv; Debian has its own.
UNIT = """\
[Unit]
Description=Polling, in a virtualenv

[Service]
User=ceilometer
StateDirectory=ceilometer
LogsDirectory=ceilometer
ExecStart=/opt/ceilometer/bin/ceilometer-polling
"""

# What RDO, SUSE and OpenStack-Ansible call units of theirs.
OTHERS = ('openstack-ceilometer-central', 'openstack-ceilometer-agent-compute',
          'ceilometer-agent-notification')


# The signals of a crash, as a mask of /proc.
CRASHES = sum(1 << number - 1 for number in (
    signal.SIGILL, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE,
    signal.SIGSEGV))
# The signals that ask for the stacks of one that cannot answer.
ASKED = 1 << signal.SIGRTMIN + 5 - 1 | 1 << signal.SIGRTMIN + 6 - 1

# Variables that differ from one start of a unit to the next.
_OF_ONE_START = (
    'CEILOMETER_DIAGNOSTICS=', 'INVOCATION_ID=', 'JOURNAL_STREAM=',
    'SYSTEMD_EXEC_PID=', 'MEMORY_PRESSURE', 'NOTIFY_SOCKET=')


def steps() -> list[str]:
    """The commands of the README that follow the installation by pip."""
    # wherever it is installed, it is in PATH
    return [line.replace(instructions.VIRTUALENV, '')
            for line in instructions.activate()]


def left_behind(machine: machines.Machine) -> set[str]:
    """The files and directories where install-system puts some."""
    return set(machine.run(
        ['find', '/usr/local', '/var/lib/ceilometer-diagnostics',
         '/etc/systemd', '-not', '-path', '*/__pycache__*'],
        check=False).stdout.splitlines())


@pytest.fixture
def stock(machine: machines.Machine) -> collections.abc.Iterator[None]:
    """The unit of the distribution, or of somebody, in place of ours."""
    machine.run(['ceilometer-diagnostics', 'install-system', '--uninstall'])
    path = f'/etc/systemd/system/{NAME}.service'
    machine.write_file(path, UNIT if beds.chosen() == beds.HOST else (
        machine.path(f'/usr/lib/systemd/system/{NAME}{debian_bed.ASIDE}')
        .read_text()))
    for name in OTHERS:
        machine.write_file(f'/run/systemd/system/{name}.service',
                           '[Service]\nExecStart=/usr/bin/true\n')
    machine.write_file(CONFIG, f'[DEFAULT]\nlog_dir = {LOGS}\n')
    # what other tests have left there is none of this one's
    machine.run(['sh', '-c', f'rm -rf {LOGS}; mkdir -p {LOGS}; '
                 f'chown ceilometer: {LOGS}'])
    machine.systemctl('daemon-reload')
    yield
    machine.systemctl('stop', NAME)
    # if the test got so far that there is something
    machine.run(['ceilometer-diagnostics', 'install-system', '--uninstall'],
                check=False)
    machine.run(['sh', '-c', f'rm -rf {LOGS}/* {CONFIG} {path} '
                 '/run/systemd/system/*ceilometer-*.service'])
    machine.run(['ceilometer-diagnostics', 'install-system', '--units'])
    machine.systemctl('daemon-reload')
    machine.systemctl('reset-failed', NAME, check=False)


def seen(machine: machines.Machine) -> dict[str, object]:
    """What can be read of a running unit and its processes from outside."""
    # cotyledon names a worker when its service has been made
    machine.wait_for(
        lambda: any(is_worker(machine, pid)
                    for pid in machine.workers(NAME)),
        what='a worker', unit=NAME)
    told: dict[str, object] = {
        'unit': machine.show(
            NAME, 'Type', 'NotifyAccess', 'StatusText', 'ActiveState',
            'SubState', 'User'),
        'logs': sorted(
            path.name for path in machine.path(LOGS).iterdir())}
    main = int(machine.show(NAME, 'MainPID')['MainPID'])
    for name, pid in (('main', main), ('worker', machine.workers(NAME)[0])):
        for what, value in process(machine, pid).items():
            told[f'{name} {what}'] = value
    told['children'] = sorted(
        re.sub(r'\d+', 'N', process(machine, pid)['cmdline'])
        for pid in machine.pids(NAME))
    return told


def is_worker(machine: machines.Machine, pid: int) -> bool:
    """Whether a process is called a worker; a script of the unit may end."""
    try:
        return 'worker(' in process(machine, pid)['cmdline']
    except (FileNotFoundError, ProcessLookupError):
        return False


def process(machine: machines.Machine, pid: int) -> dict[str, str]:
    """What /proc tells of a process, without what no two have in common."""
    directory = machine.path(f'/proc/{pid}')

    def text(name: str) -> str:
        return (directory / name).read_bytes().decode(errors='replace')

    status = dict(line.split(':', 1) for line in text('status').splitlines())
    kept = ('Name', 'Umask', 'Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm',
            'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp')
    return {
        **{name: status[name].strip() for name in kept},
        # without SIGUSR1 and SIGUSR2, which are ours
        **{name: f'{int(status[name], 16) & ~0xa00:x}'
           for name in ('SigBlk', 'SigIgn', 'SigCgt')},
        # without the room behind the title: process ids are part of it
        'cmdline': text('cmdline').rstrip('\0'), 'comm': text('comm'),
        'limits': text('limits'), 'cgroup': text('cgroup'),
        'oom_score_adj': text('oom_score_adj'),
        'environ': '\n'.join(sorted(
            line for line in text('environ').split('\0')
            if line and not line.startswith(_OF_ONE_START))),
    }


def test_one_line_arms_somebody_elses_unit(
        machine: machines.Machine, stock: None) -> None:
    """By the README's commands; the daemon is the stock one otherwise.

    The unit's own file stays as it is, and in the end nothing is left.
    """
    unit = machine.path(f'/etc/systemd/system/{NAME}.service')
    of_unit = unit.read_bytes()
    files = left_behind(machine)
    machine.systemctl('start', NAME)
    before = seen(machine)
    assert before['logs']
    told = machine.run(['ceilometer-diagnostics', 'check', NAME],
                       check=False)
    assert told.returncode == 1
    assert 'does not set CEILOMETER_DIAGNOSTICS' in told.stdout
    assert 'SIGUSR1 ends' in told.stdout
    machine.systemctl('stop', NAME)
    machine.run(['sh', '-c', f'rm -f {LOGS}/*'])

    first, *rest = steps()
    told = machine.run(shlex.split(first))
    assert told.stdout.startswith(
        'drop-ins: units of Ceilometer are there already: '
        f'/etc/systemd/system/{NAME}.service')
    for line in rest:
        machine.run(shlex.split(line))
    for name in OTHERS:
        assert 'CEILOMETER_DIAGNOSTICS=1' in machine.show(
            name, 'Environment')['Environment']
    armed = seen(machine)
    # who crashes or is held in C tells where it stood: by faulthandler
    for name in ('main SigCgt', 'worker SigCgt'):
        caught = int(str(armed[name]), 16)
        assert caught & CRASHES == CRASHES and caught & ASKED == ASKED
        armed[name] = f'{caught & ~CRASHES & ~ASKED:x}'
    assert armed == before

    reports.ready(machine, NAME)
    since = reports.from_now()
    machine.systemctl('kill', '-s', 'USR1', NAME)
    armed = [pid for pid in machine.pids(NAME)
             if reports.is_armed(machine, pid)]
    assert len(armed) >= 2
    found = {report.pid: report for report in reports.wait(
        machine, NAME, armed, since)}
    for report in found.values():
        assert report.names == [*reports.SECTIONS, 'summary']
        assert {entry['REPORT_SECTION_STATUS']
                for entry in report.entries} == {'ok'}
        assert report.first['REPORT_SERVICE'] == NAME
    roles = [found[pid].first['REPORT_PROCESS'] for pid in armed]
    expected = ['master', 'worker'] + (
        ['forkserver'] if _forkserver(machine) else [])
    assert sorted(roles) == sorted(expected)
    for report in found.values():
        # multiprocessing's server has no configuration
        assert ('log_dir' in report.section('configuration')['MESSAGE']) == (
            report.first['REPORT_PROCESS'] != 'forkserver')
    told = machine.run(['ceilometer-diagnostics', 'check', NAME])
    assert told.stdout.startswith(f'{NAME}.service: can write reports\n')
    assert f'{len(expected)} of {len(expected)} are armed' in told.stdout
    told = machine.run(['ceilometer-diagnostics', 'trigger', NAME],
                       check=False)
    assert (f'\n{NAME}.service: {len(expected)} of {len(expected)} processes '
            'have answered\n') in told.stdout, told
    assert machine.show(NAME, 'NRestarts', 'ActiveState') == {
        'NRestarts': '0', 'ActiveState': 'active'}

    told = machine.run(['ceilometer-diagnostics', 'install-system',
                        '--uninstall'])
    for line in told.stdout.partition('Then run:\n')[2].splitlines():
        machine.run(shlex.split(line))
    assert seen(machine) == before
    assert unit.read_bytes() == of_unit
    assert left_behind(machine) == files


def _forkserver(machine: machines.Machine) -> bool:
    return any('multiprocessing.forkserver' in pathlib.Path(
        machine.path(f'/proc/{pid}/cmdline')).read_text()
        for pid in machine.pids(NAME))
