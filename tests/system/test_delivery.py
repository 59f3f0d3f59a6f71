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

"""Reports arrive, whatever is the matter with the journal or the daemon."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import json
import os
import signal
import time

import pytest

from tests import limits
from tests.system import conftest
from tests.system import machine as machines
from tests.system import patient as patients
from tests.system import reports
from tests.system import versions

POLLING = 'ceilometer-polling'
RUNTIME = '/run/ceilometer/polling'

# For how long at a stretch reports may take the interpreter away from a
# thread of the daemon, seconds of processor time.
HELD_SECONDS_MAX = 0.05


def unhurried(seconds: int) -> str:
    """A configuration: 50 MB take long on a busy machine, which is allowed.

    :param seconds: for one section
    """
    return (f'[diagnostics]\nsection_time_limit = {seconds}\n'
            'report_time_limit = 900\n')


def test_a_bad_section_costs_only_itself(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """One raises, one hangs, one is of 50 MB, one hostile: all others ok."""
    unit(POLLING, dropin=patient('sections', 'hangs', 'threads'),
         config=unhurried(20))
    for report in reports.trigger(machine, POLLING):
        status = {entry['REPORT_SECTION']: entry['REPORT_SECTION_STATUS']
                  for entry in report.entries}
        assert {name: value for name, value in status.items()
                if value != 'ok'} == {
            'raises': 'error', 'hangs': 'timeout', 'large': 'truncated'}
        assert set(status) >= {*reports.SECTIONS, 'megabytes', 'after',
                               'hostile'}
        assert {entry['PRIORITY'] for entry in report.entries
                if entry['REPORT_SECTION'] in ('raises', 'hangs')} == {'3'}
        raised = report.section('raises')['MESSAGE']
        assert 'ValueError' in raised
        assert 'in _raise' in raised
        assert 'hunter2' not in raised
        assert 'still here' in report.section('after')['MESSAGE']
        large = report.section('large')['MESSAGE']
        assert 8 * 2**20 < len(large) < 17 * 2**20
        assert 'section_size_limit' in large[-200:]
        for entry in report.entries:
            assert sum(len(str(value)) for value in entry.values()
                       ) < 512 * 1024


def test_a_large_section_is_whole(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """Three megabytes arrive in parts, and are what the section said."""
    unit(POLLING, dropin=patient('sections'), config=unhurried(300))
    for report in reports.trigger(machine, POLLING):
        _, _, text = report.section('megabytes')['MESSAGE'].partition('\n\n')
        assert text.rstrip('\n') + '\n' == patients._megabytes()


def test_hostile_text_appears_escaped(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """Nobody forges lines or fields, and journalctl calls nothing a blob."""
    unit(POLLING, dropin=patient('sections', 'threads'),
         config=unhurried(300))
    reports.ready(machine, POLLING)
    escaped = (r'evil\nFORGED=1\x1b[31m\x00\x9b\x7f\u202e\ufffe\udc80 name')
    for report in reports.trigger(machine, POLLING):
        hostile = report.section('hostile')
        assert hostile['MESSAGE'].count(escaped) == 4
        assert json.loads(hostile['REPORT_DATA'])['text'] == patients.HOSTILE
        if report.first['REPORT_PROCESS'] == 'worker':
            assert f'"{escaped}"' in report.section('threads')['MESSAGE']
        for entry in report.entries:
            assert 'FORGED' not in entry
    # the section of 50 MB says nothing here, and takes long to print
    shown = machine.run(
        ['sh', '-c', 'journalctl --no-pager -u "$0" REPORT=1 '
         'REPORT_SECTION=hostile REPORT_SECTION=threads', POLLING]).stdout
    assert escaped in shown
    assert 'blob data' not in shown
    assert '\x1b' not in shown


def test_equal_stacks_are_shown_once_with_all_their_threads(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """Three threads that stand at one place are one stack."""
    unit(POLLING, dropin=patient('threads'))
    for report in reports.trigger(machine, POLLING):
        if report.first['REPORT_PROCESS'] != 'worker':
            continue
        data = json.loads(report.section('threads')['REPORT_DATA'])
        stacks = [{thread['name'] for thread in stack['threads']}
                  for stack in data['stacks']]
        assert {'alike-1', 'alike-2', 'alike-3', patients.HOSTILE} in stacks


@pytest.fixture
def journald(machine: machines.Machine) -> collections.abc.Iterator[int]:
    """The host's pid of the machine's journald, which is let go on."""
    pid = machine.host_pid(int(machine.show(
        'systemd-journald', 'MainPID')['MainPID']))
    yield pid
    # systemd ends one that stands still for minutes
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def polling_threads(machine: machines.Machine, pid: int) -> int:
    """How many threads of a process wait in poll(2)."""
    count = 0
    for task in machine.path(f'/proc/{pid}/task').iterdir():
        # one that has ended meanwhile does not wait
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            count += 'poll' in (task / 'wchan').read_text()
    return count


@dataclasses.dataclass(frozen=True)
class Heart:
    """A process with a thread that beats.

    :ivar directory: where it notes that, in the machine
    :ivar pid: its process id there
    """

    machine: machines.Machine
    directory: str
    pid: int

    def reset(self) -> None:
        """Forget what was before."""
        file = self.machine.path(f'{self.directory}/heartbeat-reset')
        file.touch()
        self.machine.wait_for(lambda: not file.exists(),
                              what='a heart to begin anew')

    def look(self) -> dict[str, float]:
        """What it has noted last."""
        noted: dict[str, float] = json.loads(self.machine.path(
            f'{self.directory}/heartbeat-{self.pid}').read_text())
        return noted


@pytest.fixture
def control(machine: machines.Machine) -> collections.abc.Iterator[Heart]:
    """A heart beside a thread that computes, as any of a daemon may."""
    machine.write_file('/etc/systemd/system/control.service', f"""\
[Service]
Environment=PATIENT=heartbeat RUNTIME_DIRECTORY=/run/control
RuntimeDirectory=control
ExecStart={machine.python} -c \
    'import patient; patient.heartbeat_beside_work()'
""")
    machine.systemctl('start', 'control')
    yield Heart(machine, '/run/control',
                int(machine.show('control', 'MainPID')['MainPID']))
    machine.systemctl('stop', 'control')


def comes(predicate: collections.abc.Callable[[], bool]) -> bool:
    """Wait for something while journald does not run; whether it comes."""
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while not predicate():
        if time.monotonic() > deadline:
            return False
        time.sleep(machines.POLL_SECONDS)
    return True


def test_a_stuck_journald_holds_up_nothing(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient, journald: int, control: Heart) -> None:
    """It is stopped until reports wait for it; none is lost."""
    unit(POLLING, dropin=patient('heartbeat'),
         config='[diagnostics]\nminimum_interval = 0\n')
    reports.ready(machine, POLLING)
    worker, = machine.workers(POLLING)
    pids = machine.armed(POLLING)
    heart = Heart(machine, RUNTIME, worker)
    # start-up is busy
    for one in (heart, control):
        one.reset()
    idle = polling_threads(machine, worker)
    since = reports.from_now()

    def waits() -> bool:
        machine.run(['kill', '-USR1', *map(str, pids)])
        return polling_threads(machine, worker) > idle

    os.kill(journald, signal.SIGSTOP)
    waited = comes(waits)
    beats = heart.look()['beats']
    ran_on = comes(lambda: heart.look()['beats'] >= beats + 500)
    # each collects for a moment before it waits
    waited = waited and comes(
        lambda: polling_threads(machine, worker) > idle)
    os.kill(journald, signal.SIGCONT)

    assert waited, 'no report has waited for journald'
    assert ran_on, 'the daemon has not run on'
    found = reports.wait(machine, POLLING, pids, since)
    told = heart.look()
    # where processors are shared, the same work takes more of their time
    beside = control.look()
    assert told['held_seconds'] < (
        HELD_SECONDS_MAX + 2 * beside['held_seconds'])
    assert told['gap_seconds'] < (
        HELD_SECONDS_MAX + 10 * beside['gap_seconds'])
    assert machine.show(POLLING, 'NRestarts')['NRestarts'] == '0'
    assert len([report for report in found if report.pid == worker]) >= 2


def test_without_journald_the_report_goes_to_standard_error(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """And to a file of each process; the daemon ends as ever."""
    unit(POLLING, dropin='[Service]\n'
         'StandardError=append:/var/log/ceilometer/stderr\n'
         'BindPaths=/var/lib/ceilometer:/run/systemd/journal\n',
         config='[oslo_reports]\nlog_dir = /var/log/ceilometer\n')
    pids = machine.armed(POLLING)
    machine.systemctl('kill', '-s', 'USR1', POLLING)
    stderr = machine.path('/var/log/ceilometer/stderr')

    def complete(text: str) -> bool:
        return 'Guru Meditation Report' in text and 'Summary [' in text

    machine.wait_for(
        lambda: all(complete(text) and f'[{pid}]' in text
                    for pid in pids
                    for text in [stderr.read_text(errors='replace')]),
        what='reports on standard error', unit=POLLING)
    # a server of forks has no configuration, which says where to write it
    main = int(machine.show(POLLING, 'MainPID')['MainPID'])
    configured = [main, *machine.workers(POLLING)]
    assert len(configured) > 1
    if versions.is_oldest(machine):
        # it does not give oslo.reports its configuration
        configured = []
    machine.wait_for(
        lambda: all(any(complete(path.read_text()) for path in machine.path(
            '/var/log/ceilometer').glob(
                f'{POLLING}_gurumeditation_*_{pid}')) for pid in configured),
        what='a file of each process', unit=POLLING)
    machine.systemctl('stop', POLLING)
    assert machine.show(POLLING, 'Result', 'ExecMainStatus') == {
        'Result': 'success', 'ExecMainStatus': '0'}


def test_a_flood_of_log_lines_costs_no_report(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """journald drops most of 60,000 lines, and no entry of a report."""
    unit(POLLING, dropin=patient(
        'flood', service='LogRateLimitIntervalSec=30s\n'
        'LogRateLimitBurst=1000\n'))
    reports.ready(machine, POLLING)
    machine.run(['touch', f'{RUNTIME}/flood'])
    during = reports.trigger(machine, POLLING)
    machine.wait_for(machine.path(f'{RUNTIME}/flooded').exists,
                     what='the flood to end', unit=POLLING)
    after = reports.trigger(machine, POLLING)
    assert all(report.complete for report in [*during, *after])
    invocation = machine.show(POLLING, 'InvocationID')['InvocationID']
    kept = int(machine.run(
        ['sh', '-c', 'journalctl --no-pager -o cat '
         '_SYSTEMD_INVOCATION_ID="$0" _TRANSPORT=stdout | grep -c ^flood',
         invocation]).stdout)
    assert kept < 60000
