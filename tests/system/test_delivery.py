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
import json
import os
import signal

import pytest

from tests.system import conftest
from tests.system import machine as machines
from tests.system import patient as patients
from tests.system import reports

POLLING = 'ceilometer-polling'
RUNTIME = '/run/ceilometer/polling'

# For how long at a stretch reports may take the interpreter away from a
# thread of the daemon, seconds of processor time.
HELD_SECONDS_MAX = 0.05


def test_a_bad_section_costs_only_itself(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """One raises, one hangs, one is of 50 MB, one hostile: all others ok."""
    unit(POLLING, dropin=patient('sections', 'hangs', 'threads'))
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
    unit(POLLING, dropin=patient('sections'))
    for report in reports.trigger(machine, POLLING):
        _, _, text = report.section('megabytes')['MESSAGE'].partition('\n\n')
        assert text.rstrip('\n') + '\n' == patients._megabytes()


def test_hostile_text_appears_escaped(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """Nobody forges lines or fields, and journalctl calls nothing a blob."""
    unit(POLLING, dropin=patient('sections', 'threads'))
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
        if report.first['REPORT_PROCESS'] == 'master':
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
    os.kill(pid, signal.SIGCONT)


def polling_threads(machine: machines.Machine, pid: int) -> int:
    """How many threads of a process wait in poll(2)."""
    count = 0
    for task in machine.path(f'/proc/{pid}/task').iterdir():
        # one that has ended meanwhile does not wait
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            count += 'poll' in (task / 'wchan').read_text()
    return count


def test_a_stuck_journald_holds_up_nothing(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient, journald: int) -> None:
    """It is stopped until reports wait for it; none is lost."""
    unit(POLLING, dropin=patient('heartbeat'),
         config='[diagnostics]\nminimum_interval = 0\n')
    reports.ready(machine, POLLING)
    worker, = machine.workers(POLLING)
    pids = machine.pids(POLLING)
    since = reports.from_now()
    path = machine.path(f'{RUNTIME}/heartbeat-{worker}')
    # what was before does not count: start-up is busy
    reset = machine.path(f'{RUNTIME}/heartbeat-reset')
    reset.touch()
    machine.wait_for(lambda: not reset.exists(),
                     what='the heartbeat to begin anew', unit=POLLING)

    def heart() -> dict[str, float]:
        noted: dict[str, float] = json.loads(path.read_text())
        return noted

    idle = polling_threads(machine, worker)
    os.kill(journald, signal.SIGSTOP)

    def waits() -> bool:
        machine.run(['kill', '-USR1', *map(str, pids)])
        return polling_threads(machine, worker) > idle

    machine.wait_for(waits, what='a report that waits for journald')
    beats = heart()['beats']
    machine.wait_for(lambda: heart()['beats'] >= beats + 500,
                     what='the daemon to run on')
    assert polling_threads(machine, worker) > idle
    os.kill(journald, signal.SIGCONT)

    found = reports.wait(machine, POLLING, pids, since)
    assert heart()['held_seconds'] < HELD_SECONDS_MAX
    assert machine.show(POLLING, 'NRestarts')['NRestarts'] == '0'
    assert len([report for report in found if report.pid == worker]) >= 2


def test_without_journald_the_report_goes_to_standard_error(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """And to a file of each process; the daemon ends as ever."""
    unit(POLLING, dropin='[Service]\n'
         'StandardError=append:/var/log/ceilometer/stderr\n'
         'BindPaths=/var/lib/ceilometer:/run/systemd/journal\n',
         config='[oslo_reports]\nlog_dir = /var/log/ceilometer\n')
    pids = machine.pids(POLLING)
    machine.systemctl('kill', '-s', 'USR1', POLLING)
    stderr = machine.path('/var/log/ceilometer/stderr')

    def complete(text: str) -> bool:
        return 'Guru Meditation Report' in text and '[9/9]' in text

    machine.wait_for(
        lambda: all(complete(text) and f'[{pid}]' in text
                    for pid in pids
                    for text in [stderr.read_text(errors='replace')]),
        what='reports on standard error', unit=POLLING)
    machine.wait_for(
        lambda: all(any(complete(path.read_text()) for path in machine.path(
            '/var/log/ceilometer').glob(
                f'{POLLING}_gurumeditation_*_{pid}')) for pid in pids),
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
