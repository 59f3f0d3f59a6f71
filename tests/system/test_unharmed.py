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

"""No trigger harms a daemon, what it does, or what it has started."""

from __future__ import annotations

import collections.abc
import json
import random
import re
import time

import pytest

from tests.system import conftest
from tests.system import keeper
from tests.system import machine as machines
from tests.system import reports
from tests.system import sandbox

POLLING = 'ceilometer-polling'
RUNTIME = '/run/ceilometer/polling'

# What lets the daemon use sudo as distributions have it; sudo looks for the
# programs in a path of its own.
SUDOERS = f"""\
Defaults secure_path="{keeper.PATH}"
ceilometer ALL=(root) NOPASSWD: ALL
"""


@pytest.fixture
def sudoers(machine: machines.Machine) -> collections.abc.Iterator[None]:
    """Let user ceilometer become root, as its privsep helper needs."""
    machine.write_file('/etc/sudoers.d/ceilometer', SUDOERS, mode=0o440)
    # where rootwrap looks for it
    machine.run(['ln', '-sf', machine.program('privsep-helper'),
                 '/usr/local/bin/privsep-helper'])
    yield
    machine.run(['rm', '/etc/sudoers.d/ceilometer',
                 '/usr/local/bin/privsep-helper'])


def _kill(machine: machines.Machine, signal: str = 'USR1') -> None:
    machine.systemctl('kill', '-s', signal, POLLING)


def test_two_hundred_triggers_at_random_moments_kill_nothing(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient, sudoers: None) -> None:
    """Fifty of them come while it starts; its children live as well."""
    machine.write_file(
        f'/etc/systemd/system/{POLLING}.service.d/test.conf',
        patient('children', service='RestartSec=100ms\n')
        # else sudo cannot
        + sandbox.off())
    machine.systemctl('daemon-reload')
    machine.systemctl('start', '--no-block', POLLING)
    machine.wait_for(lambda: machine.pids(POLLING), what='a first process')
    main = machine.show(POLLING, 'MainPID')['MainPID']
    # until then it is systemd itself, which a signal ends in any unit
    machine.wait_for(
        lambda: machine.path(f'/proc/{main}/comm').read_text()[0] != '(',
        what='the first program of the unit', unit=POLLING)
    shuffled = random.Random(20)
    started = time.monotonic()
    for number in range(50):
        _kill(machine, shuffled.choice(['USR1', 'USR2']))
        # spread over three seconds: the moments matter, not the order
        left = started + 3 * (number + 1) / 50 - time.monotonic()
        time.sleep(max(left, 0))
    unit(POLLING)
    machine.wait_for(
        lambda: machine.path(f'{RUNTIME}/children').exists(),
        what='the programs that the daemon starts', unit=POLLING)

    def commands() -> list[bytes]:
        return [machine.path(f'/proc/{pid}/cmdline').read_bytes()
                for pid in machine.pids(POLLING)]

    # the shell's and sudo's come when these have read what they read
    machine.wait_for(
        lambda: commands().count(b'sleep\x0010000\x00') == 3,
        what='the programs that these start', unit=POLLING)
    workers = machine.workers(POLLING)
    pids = machine.pids(POLLING)
    for program in (b'sleep\x0010000', b'sh\x00-c', b'sudo\x00', b'python',
                    b'privsep-helper'):
        assert any(program in command for command in commands()), program

    for _ in range(150):
        _kill(machine, shuffled.choice(['USR1', 'USR2']))
        time.sleep(shuffled.uniform(0, 0.05))
    found = reports.trigger(machine, POLLING)

    assert machine.show(POLLING, 'MainPID', 'NRestarts', 'ActiveState') == {
        'MainPID': main, 'NRestarts': '0', 'ActiveState': 'active'}
    assert machine.workers(POLLING) == workers
    assert machine.pids(POLLING) == pids
    assert {report.pid for report in found} >= {int(main), *workers}


def test_a_burst_becomes_few_reports_none_inside_another(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Triggers that come while a report is written share the next one."""
    unit(POLLING)
    reports.ready(machine, POLLING)
    main = machine.show(POLLING, 'MainPID')['MainPID']
    since = reports.from_now()
    started = time.monotonic()
    # not the shell's own kill: the kernel itself would merge most of them
    machine.run(['sh', '-c', 'for n in $(seq 100); do /bin/kill -USR1 "$0"; '
                 'done', main])
    took = time.monotonic() - started

    def merges(report: reports.Report) -> bool:
        summary = json.loads(report.section('summary')['REPORT_DATA'])
        return summary['trigger']['merged'] > 0

    machine.wait_for(
        lambda: [report for report in reports.find(
            machine, since, f'_PID={main}')
            if report.complete and merges(report)],
        what='a report that says what it merges', unit=POLLING)
    found = reports.find(machine, since, f'_PID={main}')
    # one at once, one a second, and one for what came last
    assert 1 <= len(found) <= took + 2


@pytest.mark.parametrize('how', ['stuck_in_c', 'spin'])
def test_a_stuck_main_thread_still_reports(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient, how: str) -> None:
    """It says where the thread is, and comes within a second.

    On a busy machine a second is as long as a program beside it says that it
    takes there.
    """
    machine.write_file('/etc/systemd/system/control.service', f"""\
[Service]
Environment=PATIENT=handoffs RUNTIME_DIRECTORY=/run/control
RuntimeDirectory=control
ExecStart={machine.python} -c \
    'import patient; patient.handoffs()'
""")
    unit(POLLING, dropin=patient(how))
    machine.wait_for(lambda: machine.path(f'{RUNTIME}/stuck').exists(),
                     what='a stuck main thread', unit=POLLING)
    # the first report imports what it needs; all the machine is busy then
    reports.trigger(machine, POLLING)
    worker, = machine.workers(POLLING)
    machine.systemctl('start', 'control')
    slowdown = machine.path('/run/control/slowdown')
    machine.wait_for(slowdown.exists, what='the control', unit='control')
    found = [report for report in reports.trigger(machine, POLLING)
             if report.pid == worker]
    summary = json.loads(found[0].section('summary')['REPORT_DATA'])
    assert summary['total_usec'] < 1_000_000 * float(slowdown.read_text())
    machine.systemctl('stop', 'control')
    threads = json.loads(found[0].section('threads')['REPORT_DATA'])
    main, = [(stack, thread) for stack in threads['stacks']
             for thread in stack['threads'] if thread['foreground']]
    assert main[0]['frames'][-1]['function'] == how
    assert main[1]['state'] == (
        'running' if how == 'spin' else 'waiting')
    machine.systemctl('kill', '-s', 'KILL', POLLING)


def test_daemon_stops_and_reloads_as_ever(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """SIGHUP replaces the workers, SIGTERM ends with 0, between reports."""
    unit(POLLING)
    main = machine.show(POLLING, 'MainPID')['MainPID']
    # many times, because the new worker is forked while its master writes a
    # report, in whatever step of it
    for _ in range(5):
        workers = machine.workers(POLLING)
        _kill(machine)
        machine.systemctl('reload', POLLING)
        _kill(machine)
        machine.wait_for(
            lambda old=set(workers): (
                now := set(machine.workers(POLLING))) and not now & old,
            what='new workers', unit=POLLING)
        found = reports.trigger(machine, POLLING)
        assert {report.pid for report in found} >= {
            int(main), *machine.workers(POLLING)}
    _kill(machine)
    machine.systemctl('stop', POLLING)
    assert machine.show(POLLING, 'Result', 'ExecMainStatus',
                        'ExecMainCode') == {
        'Result': 'success', 'ExecMainStatus': '0', 'ExecMainCode': '1'}


def test_polling_goes_on(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Between and after reports the daemon polls as its file says."""
    machine.write_file('/etc/ceilometer/often.yaml', """\
sources:
  - name: often
    interval: 1
    meters: ["image.size"]
""")
    unit(POLLING, config='[DEFAULT]\ndebug = true\n[polling]\n'
         'cfg_file = often.yaml\n')
    invocation = machine.show(POLLING, 'InvocationID')['InvocationID']

    def polls() -> int:
        return len([line for line in machine.entries(
            f'_SYSTEMD_INVOCATION_ID={invocation}', '_TRANSPORT=stdout')
            # With Python 3.14 stock's workers have no log but warnings.
            if re.search('image.size|Skipping images', str(line['MESSAGE']))])

    machine.wait_for(polls, what='a first poll', unit=POLLING)
    for _ in range(3):
        reports.trigger(machine, POLLING)
        before = polls()
        machine.wait_for(lambda before=before: polls() > before,
                         what='the next poll', unit=POLLING)


def test_run_changes_nothing_that_the_daemon_can_see(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Titles, arguments, directory and name are those of stock Ceilometer."""
    def title(pid: int) -> str:
        return machine.path(f'/proc/{pid}/cmdline').read_text().rstrip('\0')

    def titled(name: str) -> bool:
        main = int(machine.show(name, 'MainPID')['MainPID'])
        return all(title(pid).startswith('ceilometer-polling: ')
                   for pid in (main, *machine.workers(name)))

    def seen(name: str) -> list[tuple[str, ...]]:
        machine.wait_for(lambda: titled(name), what='process titles')
        # A forkserver is started with numbers of descriptors and pipes.
        return sorted((
            re.sub(r'\d+', 'N', title(pid)),
            machine.path(f'/proc/{pid}/comm').read_text(),
            str(machine.path(f'/proc/{pid}/cwd').readlink()))
            for pid in machine.pids(name))

    unit(POLLING)
    reports.ready(machine, POLLING)
    ours = seen(POLLING)
    machine.systemctl('stop', POLLING)
    machine.write_file(
        f'/etc/systemd/system/{POLLING}.service.d/test.conf',
        '[Service]\nExecStart=\nExecStart='
        f'{machine.program("ceilometer-polling")}\n')
    machine.systemctl('daemon-reload')
    machine.start(POLLING)
    machine.wait_for(lambda: seen(POLLING) == ours,
                     what=f'stock processes like {ours}', unit=POLLING)


def test_a_leak_of_descriptors_does_not_prevent_the_report(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """A daemon that can open no file any more can still be diagnosed."""
    unit(POLLING, dropin=patient(
        'leak', service='LimitNOFILE=256:4096\n'))
    reports.ready(machine, POLLING)
    machine.run(['touch', f'{RUNTIME}/leak'])
    machine.wait_for(
        lambda: 'all descriptors used' in machine.journal(
            '-u', POLLING, '-o', 'cat'), what='the leak', unit=POLLING)
    worker, = machine.workers(POLLING)
    found = [report for report in reports.trigger(machine, POLLING)
             if report.pid == worker]
    data = json.loads(found[0].section('resources')['REPORT_DATA'])
    # four are held in reserve, and given back for the report
    assert data['file_descriptors']['count'] >= 252
    assert data['file_descriptors']['most_open'][0]['target'] == '/dev/null'
    for entry in found[0].entries:
        assert entry['REPORT_SECTION_STATUS'] == 'ok'
