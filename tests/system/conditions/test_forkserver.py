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
"""Each process of a service fails or hangs: the others tell of it.

From Python 3.14 on, a process of its own starts the workers, the forkserver:
it is one of them. Where there is none, the master and the workers are all.
"""

from __future__ import annotations

import collections.abc
import contextlib

import pytest

from tests.system import command
from tests.system import conftest
from tests.system import export_format
from tests.system import machine as machines
from tests.system import reports

NOTIFICATION = 'ceilometer-agent-notification'
RUNTIME = '/run/ceilometer/agent-notification'

CONFIG = """\
[notification]
workers = 2
[diagnostics]
minimum_interval = 0
"""


class Service:
    """The processes of a service with two workers.

    :ivar machine: where it runs
    :ivar master: its main process
    :ivar workers: its workers
    :ivar server: the forkserver, None if it has none
    """

    def __init__(self, machine: machines.Machine) -> None:
        self.machine = machine
        self.master = int(machine.show(NOTIFICATION, 'MainPID')['MainPID'])
        self.workers = machine.workers(NOTIFICATION)
        others = {*machine.armed(NOTIFICATION)} - {self.master, *self.workers}
        self.server = others.pop() if others else None

    def of(self, whose: str) -> int:
        """One of its processes; the test is over where there is none."""
        pid = {'master': self.master, 'worker': self.workers[0],
               'forkserver': self.server}[whose]
        if pid is None:
            pytest.skip('no forkserver starts its workers')
        return pid

    @contextlib.contextmanager
    def held(self, pid: int) -> collections.abc.Iterator[None]:
        """C code holds the interpreter of a process."""
        pipe = f'{RUNTIME}/hold-{pid}'
        self.machine.wait_for(self.machine.path(pipe).exists, what=pipe)
        self.write(pipe)
        try:
            yield
        finally:
            self.write(pipe)

    def rest(self, pid: int) -> None:
        """Wait until no thread of ours runs in a process but the first.

        Python 3.14 tells of no further thread where it comes upon one that
        has just ended.
        """
        tasks = self.machine.path(f'/proc/{pid}/task')

        def rests() -> bool:
            names = []
            for task in tasks.iterdir():
                with contextlib.suppress(FileNotFoundError):
                    names.append((task / 'comm').read_text())
            return sum(name.startswith('diagnostics-') for name in names) <= 1

        self.machine.wait_for(rests, what=f'{pid} at rest',
                              unit=NOTIFICATION)

    def write(self, pipe: str) -> None:
        """Write to a pipe that somebody reads."""
        self.machine.run(['sh', '-c', f'printf x >{pipe}'])

    @contextlib.contextmanager
    def stopped(self, pid: int) -> collections.abc.Iterator[None]:
        """A process is stopped."""
        self.machine.run(['kill', '-STOP', str(pid)])
        try:
            yield
        finally:
            self.machine.run(['kill', '-CONT', str(pid)])

    @contextlib.contextmanager
    def frozen(self, pid: int) -> collections.abc.Iterator[str]:
        """A process is frozen, in a control group of its own."""
        group = self.machine.show(NOTIFICATION, 'ControlGroup')['ControlGroup']
        inner = f'{group}/frozen'
        path = f'/sys/fs/cgroup{inner}'
        self.machine.run(['sh', '-c', f'mkdir {path} && echo {pid} '
                          f'>{path}/cgroup.procs && '
                          f'echo 1 >{path}/cgroup.freeze'])
        try:
            yield inner
        finally:
            self.machine.run(['sh', '-c', f'echo 0 >{path}/cgroup.freeze && '
                              f'echo {pid} >/sys/fs/cgroup{group}/cgroup.procs'
                              f' && rmdir {path}'])

    def told(self, since: str, kind: str) -> list[export_format.Entry]:
        """What was told of its processes, by an event or a hang."""
        return self.machine.entries(
            since, '-u', NOTIFICATION, f'REPORT_TRIGGER={kind}')

    def wait_told(self, since: str, kind: str, pid: int,
                  ) -> export_format.Entry:
        """Wait until it was told of a process; that must be once."""
        def found() -> list[export_format.Entry]:
            return [entry for entry in self.told(since, kind)
                    if entry.get('OBJECT_PID') == str(pid)]

        self.machine.wait_for(found, what=f'an entry of {pid}',
                              unit=NOTIFICATION)
        entry, = found()
        return entry


@pytest.fixture
def service(machine: machines.Machine, unit: conftest.StartUnit,
            patient: conftest.Patient) -> Service:
    """A service with two workers that answers."""
    unit(NOTIFICATION, config=CONFIG, dropin=patient('hold'))
    reports.ready(machine, NOTIFICATION, 2)
    return Service(machine)


@pytest.mark.parametrize('whose', ['worker', 'master', 'forkserver'])
def test_held_process_is_told_by_another(service: Service,
                                         whose: str) -> None:
    """With the stack of the call in C; all others answer, none is harmed."""
    pid = service.of(whose)
    since = reports.from_now()
    with service.held(pid):
        done = service.machine.run(
            [command.NAME, 'trigger', NOTIFICATION], check=False)
        entry = service.wait_told(since, 'hang', pid)
    assert done.returncode == 1
    assert f'pid {pid} (' in done.stdout
    assert 'interpreter-held' in done.stdout
    assert f'told by pid {entry["_PID"]}' in done.stdout
    assert entry['REPORT_FINDING'] == 'interpreter-held'
    assert entry['REPORT_PROCESS'] == whose
    stacks = str(entry['MESSAGE']).partition(
        'Python stacks, by faulthandler')[2]
    assert 'in hold' in stacks
    # it answers when it goes on; the same processes are there
    armed = service.machine.armed(NOTIFICATION)
    reports.wait(service.machine, NOTIFICATION, armed, since)
    assert {pid, service.master, *service.workers} <= set(armed)
    assert len(service.told(since, 'hang')) == 1


@pytest.mark.parametrize('whose', ['worker', 'master', 'forkserver'])
def test_stopped_process_is_told_by_another(service: Service,
                                            whose: str) -> None:
    """Whichever it is; it answers when it goes on."""
    pid = service.of(whose)
    since = reports.from_now()
    with service.stopped(pid):
        done = service.machine.run(
            [command.NAME, 'trigger', NOTIFICATION], check=False)
        entry = service.wait_told(since, 'hang', pid)
    assert done.returncode == 1
    assert f'"kill -CONT {pid}" continues it' in done.stdout
    assert f'told by pid {entry["_PID"]}' in done.stdout
    assert entry['REPORT_FINDING'] == 'process-stopped'
    assert entry['REPORT_PROCESS'] == whose
    reports.wait(service.machine, NOTIFICATION,
                 service.machine.armed(NOTIFICATION), since)


@pytest.mark.parametrize('whose', ['worker', 'master', 'forkserver'])
def test_process_that_is_frozen_alone(service: Service, whose: str) -> None:
    """The others answer, and one of them names its control group."""
    pid = service.of(whose)
    since = reports.from_now()
    with service.frozen(pid) as group:
        done = service.machine.run(
            [command.NAME, 'trigger', NOTIFICATION], check=False)
        entry = service.wait_told(since, 'hang', pid)
        reports.wait(service.machine, NOTIFICATION, {
            *service.machine.armed(NOTIFICATION)} - {pid}, since)
    assert done.returncode == 1
    assert f'its control group {group} is frozen' in done.stdout
    assert entry['REPORT_FINDING'] == 'process-frozen'
    assert entry['REPORT_PROCESS'] == whose
    reports.wait(service.machine, NOTIFICATION, [pid], since)


@pytest.mark.parametrize('name', ['SEGV', 'ABRT', 'KILL'])
def test_worker_that_is_killed_is_told_by_its_master(
        service: Service, name: str) -> None:
    """Once, and where it stood; another one takes its place."""
    pid = service.of('worker')
    service.rest(pid)
    since = reports.from_now()
    service.machine.run(['kill', f'-{name}', str(pid)])
    entry = service.wait_told(since, 'death', pid)
    text = str(entry['MESSAGE'])
    assert entry['REPORT_FINDING'] == 'workers-dying'
    assert f'pid {pid}, died by SIG{name}' in text
    # a signal from elsewhere comes to the main thread
    assert (f'by SIG{name} at ' in text) is (name != 'KILL'), text
    assert ('in _wait_forever' in text.partition('Current thread')[2]
            ) is (name != 'KILL')
    reports.ready(service.machine, NOTIFICATION, 2)
    assert len(service.told(since, 'death')) == 1


@pytest.mark.parametrize('name', ['SEGV', 'KILL'])
def test_master_that_is_killed_is_told_once(service: Service,
                                            name: str) -> None:
    """By a worker, or the next master; trigger tells how the unit failed."""
    service.rest(service.master)
    since = reports.from_now()
    service.machine.run(['kill', f'-{name}', str(service.master)])
    entry = service.wait_told(since, 'death', service.master)
    assert entry['REPORT_FINDING'] == 'master-died'
    assert ('Current thread' in str(entry['MESSAGE'])) is (name == 'SEGV')
    reports.ready(service.machine, NOTIFICATION, 2)
    assert f'its master was killed by SIG{name}' in command.run(
        service.machine, 'trigger', NOTIFICATION)
    assert len(service.told(since, 'death')) == 1


def test_workers_of_a_forkserver_that_ends_run_on(service: Service) -> None:
    """They are not told to have died; a restart is what helps."""
    server = service.of('forkserver')
    since = reports.from_now()
    service.machine.run(['kill', '-KILL', str(server)])
    for pid in service.workers:
        entry = service.wait_told(since, 'death', pid)
        assert entry['REPORT_FINDING'] == 'workers-doubled'
        assert f'pid {pid}, runs on' in str(entry['MESSAGE'])
    done = command.run(service.machine, 'trigger', NOTIFICATION)
    assert '2 workers of a forkserver that has ended run on' in done
    assert 'workers-dying' not in done
    # the old ones, the new ones, the master and the new forkserver
    assert '6 of 6 processes have answered' in done
    # one without its forkserver that cannot answer is told of as any other
    pid = service.workers[0]
    with service.stopped(pid):
        stopped = service.machine.run(
            [command.NAME, 'trigger', NOTIFICATION], check=False)
        entry = service.wait_told(since, 'hang', pid)
    assert stopped.returncode == 1
    assert '5 of 6 processes have answered' in stopped.stdout
    assert f'"kill -CONT {pid}" continues it' in stopped.stdout
    assert entry['REPORT_FINDING'] == 'process-stopped'


def test_crash_of_a_forkserver_is_told(service: Service) -> None:
    """With its place, by the master; the workers are told to run on."""
    server = service.of('forkserver')
    service.rest(server)
    since = reports.from_now()
    service.machine.run(['kill', '-SEGV', str(server)])
    sentences = [str(service.wait_told(since, 'death', pid)['MESSAGE'])
                 for pid in service.workers]
    for text in sentences:
        assert f'pid {server}, was killed by SIGSEGV' in text
    # the stacks are told once
    crashed, = (text for text in sentences if 'Current thread' in text)
    assert 'in select: another one' in crashed.partition(
        'was killed by SIGSEGV at ')[2].partition('\n')[0]
    assert 'multiprocessing/forkserver.py' in crashed.partition(
        'Current thread')[2].partition('\n\n')[0]
    reports.ready(service.machine, NOTIFICATION, 2)
    service.machine.systemctl('restart', NOTIFICATION)
    reports.ready(service.machine, NOTIFICATION, 2)
    # its forks have their own places, not that of their server
    again = Service(service.machine)
    since = reports.from_now()
    again.rest(again.workers[0])
    service.machine.run(['kill', '-SEGV', str(again.workers[0])])
    entry = again.wait_told(since, 'death', again.workers[0])
    assert 'in _wait_forever' in str(entry['MESSAGE'])
