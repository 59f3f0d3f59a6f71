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
"""Whatever the condition, a trigger is answered, and nobody is harmed."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import functools
import os
import pathlib
import random
import re
import time

from tests import limits
from tests.system import command
from tests.system import conftest
from tests.system import export_format
from tests.system import machine as machines
from tests.system import reports

POLLING = 'ceilometer-polling'
NOTIFICATION = 'ceilometer-agent-notification'

NO_PAUSE = '[diagnostics]\nminimum_interval = 0\n'

#: How many triggers the test of many has.
TRIGGERS = int(os.environ.get('TRIGGERS', '10000'))

HELD_DUMPS = pathlib.Path(__file__).with_name('held_dumps.py')

# What many triggers may add to the memory of a process, KiB.
_GROWTH_KIB_MAX = 1024

# From when on it is counted: the first ones import and fill caches, and it
# takes hundreds until each page of the memory that Python has reserved (its
# arenas, which do not grow) has been written to.
_COUNTED_FROM = min(1000, TRIGGERS // 3)


@dataclasses.dataclass(frozen=True)
class Held:
    """What a process holds."""

    rss_kib: int
    descriptors: int
    threads: int


def held(machine: machines.Machine, pid: int) -> Held:
    """What a process holds between two reports."""
    place = machine.path(f'/proc/{pid}')
    told = dict(line.split(':', 1) for line in (
        place / 'status').read_text().splitlines())
    return Held(int(told['VmRSS'].split()[0]),
                len(list((place / 'fd').iterdir())), int(told['Threads']))


def is_flat(before: Held, after: Held) -> bool:
    """Whether nothing was left behind."""
    return (after.rss_kib - before.rss_kib < _GROWTH_KIB_MAX
            and after.descriptors <= before.descriptors
            and after.threads <= before.threads)


def state(machine: machines.Machine, unit: str) -> dict[str, str]:
    """What must be the same as before."""
    return machine.show(unit, 'MainPID', 'NRestarts', 'ActiveState')


def false_entries(machine: machines.Machine, unit: str,
                  since: str) -> list[reports.Report]:
    """Reports that call a process of a unit silent."""
    return [report for report in reports.find(machine, since, '-u', unit)
            if report.first['REPORT_TRIGGER'] == 'hang']


def test_journald_is_killed_again_and_again(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Its queue outlives it; the one entry that it was at may not.

    Then ``list`` says that it is missing, and the next report is whole.
    """
    unit(POLLING, config=NO_PAUSE)
    before = state(machine, POLLING)
    pids = set(machine.armed(POLLING))

    def told(since: str) -> bool:
        # what is half written may be found by some of its fields only
        found = [report for report in reports.find(machine, since)
                 if report.pid in pids]
        if ({report.pid for report in found} != pids
                or sum(report.lost for report in found) > 1):
            return False
        complete = {row['id']: row['complete']
                    for row in command.listed(machine, since)}
        return all(complete.get(report.first['REPORT_ID']) == report.complete
                   for report in found)

    for _ in range(10):
        since = reports.from_now()
        machine.systemctl('kill', '-s', 'USR1', POLLING)
        machine.systemctl('kill', '--signal=KILL', 'systemd-journald')
        # systemd gives up if it ends too often
        machine.systemctl('reset-failed', 'systemd-journald', check=False)
        machine.systemctl('start', 'systemd-journald')
        machine.wait_for(
            functools.partial(told, since), unit=POLLING,
            what=f'reports of {sorted(pids)}, all but one entry')
    assert all(report.complete for report in reports.trigger(
        machine, POLLING))
    assert state(machine, POLLING) == before


def test_no_process_or_thread_can_be_made(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Its user is at the limit; the thread that waits answers."""
    unit(POLLING)
    reports.ready(machine, POLLING)
    for pid in machine.armed(POLLING):
        machine.run(['prlimit', f'--pid={pid}', '--nproc=1:1'])
    for report in reports.trigger(machine, POLLING):
        # no thread was made for it
        text = report.section('threads')['MESSAGE']
        assert 'diagnostics-trigger' in text
        assert 'diagnostics-report' not in text


def test_processes_of_others_are_invisible(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """The unit has ProtectProc=invisible."""
    unit(POLLING, dropin='[Service]\nProtectProc=invisible\n')
    assert machine.show(POLLING, 'ProtectProc') == {
        'ProtectProc': 'invisible'}
    assert all(answer['answered']
               for answer in command.triggered(machine, POLLING))


def test_stopped_worker(machine: machines.Machine,
                        unit: conftest.StartUnit) -> None:
    """It is named; all others answer; it answers when it goes on."""
    unit(POLLING)
    reports.ready(machine, POLLING)
    worker, = machine.workers(POLLING)
    count = len(machine.armed(POLLING))
    since = reports.from_now()
    machine.run(['kill', '-STOP', str(worker)])
    try:
        done = machine.run([command.NAME, 'trigger', POLLING], check=False)
    finally:
        machine.run(['kill', '-CONT', str(worker)])
    assert done.returncode == 1
    assert 'it is stopped' in done.stdout
    assert f'{count - 1} of {count} processes have answered' in done.stdout
    reports.wait(machine, POLLING, machine.armed(POLLING), since)


def test_master_that_crashes(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """It is told once, with its stacks, and how its unit failed."""
    unit(POLLING)
    reports.ready(machine, POLLING)
    main = int(machine.show(POLLING, 'MainPID')['MainPID'])
    machine.run(['kill', '-SEGV', str(main)])

    def told() -> list[export_format.Entry]:
        return machine.entries('-u', POLLING, 'REPORT_TRIGGER=death')

    machine.wait_for(lambda: bool(told()), what='the entry of a death',
                     unit=POLLING)
    reports.ready(machine, POLLING)
    (entry,) = told()
    assert entry['OBJECT_PID'] == str(main)
    assert entry['REPORT_FINDING'] == 'master-died'
    assert 'Fatal Python error: Segmentation fault' in entry['MESSAGE']
    assert 'its master was killed by SIGSEGV' in command.run(
        machine, 'trigger', POLLING)


def test_ten_thousand_signals_at_once(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """They become few reports, all whole; nothing is left behind."""
    unit(POLLING)
    reports.ready(machine, POLLING)
    main = int(machine.show(POLLING, 'MainPID')['MainPID'])
    before, was = held(machine, main), state(machine, POLLING)
    since = reports.from_now()
    machine.run([machine.python, '-c', 'import os, sys\n'
                 'for _ in range(10000):\n'
                 '    os.kill(int(sys.argv[1]), 10)\n', str(main)])
    reports.wait(machine, POLLING, [main], since)
    # another one comes after what is under way
    assert all(report.complete for report in reports.trigger(
        machine, POLLING))
    machine.wait_for(lambda: is_flat(before, held(machine, main)),
                     what=f'as little to be held as before: {before}')
    assert state(machine, POLLING) == was


def test_sixty_four_workers_answer_in_a_flood_of_log_lines(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """No entry of any report is lost while one of them logs 60,000 lines."""
    workers = 64
    # so many start one after the other on two busy processors
    seconds = 4 * limits.EVENT_SECONDS
    runtime = '/run/ceilometer/agent-notification'
    unit(NOTIFICATION, config=f'[notification]\nworkers = {workers}\n',
         dropin=patient('flood'))
    reports.ready(machine, NOTIFICATION, workers, seconds)
    was = state(machine, NOTIFICATION)
    pids = [pid for pid in machine.armed(NOTIFICATION)
            if reports.is_armed(machine, pid)]
    assert len(pids) > workers
    since = reports.from_now()
    machine.run(['touch', f'{runtime}/flood'])
    machine.systemctl('kill', '-s', 'USR1', NOTIFICATION)
    found = reports.wait(machine, NOTIFICATION, pids, since, seconds)
    machine.wait_for(machine.path(f'{runtime}/flooded').exists,
                     what='the end of the flood', unit=NOTIFICATION)
    told = [str(entry['MESSAGE']) for report in false_entries(
        machine, NOTIFICATION, since) for entry in report.entries]
    # pytest shows no list whole
    assert not told, '\n'.join(told)
    # each of them, not one of them for each process only
    assert all(report.complete for report in reports.find(
        machine, since, '-u', NOTIFICATION))
    for report in found:
        assert report.names == [*reports.SECTIONS, 'summary']
    assert {report.first.get('REPORT_WORKER') for report in found} >= {
        str(number) for number in range(workers)}
    assert state(machine, NOTIFICATION) == was


def test_many_triggers(machine: machines.Machine,
                       unit: conftest.StartUnit) -> None:
    """One after the other: none incomplete, and all is flat."""
    unit(POLLING, config=NO_PAUSE)
    reports.ready(machine, POLLING)
    main = int(machine.show(POLLING, 'MainPID')['MainPID'])
    was = state(machine, POLLING)
    before: Held | None = None
    for number in range(TRIGGERS):
        since = reports.from_now()
        machine.run(['kill', '-USR1', str(main)])
        found = reports.wait(machine, POLLING, [main], since)
        assert all(report.complete for report in found), number
        if number == _COUNTED_FROM:
            before = held(machine, main)
    assert before is not None
    machine.wait_for(lambda: is_flat(before, held(machine, main)),
                     what=f'as little to be held as before: {before}')
    assert state(machine, POLLING) == was


@contextlib.contextmanager
def busy(machine: machines.Machine) -> collections.abc.Iterator[None]:
    """Eight processes that compute all the time."""
    unit = 'busy'
    machine.run(['systemd-run', f'--unit={unit}', 'sh', '-c',
                 'for n in 1 2 3 4 5 6 7 8; do while :; do :; done & done; '
                 'wait'])
    try:
        yield
    finally:
        machine.systemctl('stop', unit)


def test_healthy_processes_under_load_are_not_called_silent(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """In three hundred triggers no process is told of by another.

    Nor between them, where a hang is looked for all the time.
    """
    unit(NOTIFICATION, config=NO_PAUSE + 'hang_time_limit = 1\n')
    was = state(machine, NOTIFICATION)
    begun = reports.from_now()
    with busy(machine):
        for _ in range(min(300, TRIGGERS)):
            assert all(report.complete for report in reports.trigger(
                machine, NOTIFICATION))
    assert false_entries(machine, NOTIFICATION, begun) == []
    assert state(machine, NOTIFICATION) == was


def test_dumps_of_held_interpreters_end_nobody(
        machine: machines.Machine) -> None:
    """Stacks that another process asks for, while all around moves."""
    # it may be installed beside Ceilometer, not in one directory with it
    done = machine.run([machine.python, '-c', (
        'import sys, ceilometer_diagnostics_start\n'
        'ceilometer_diagnostics_start.find_package()\n'
        'exec(compile(sys.stdin.read(), "held_dumps.py", "exec"))'),
        str(min(250, TRIGGERS))], input=HELD_DUMPS.read_text(),
        # two seconds for each, on a busy machine
        timeout=10 * limits.EVENT_SECONDS)
    waits = re.search(r'\bw: stacks ([0-9]+)', done.stdout)
    assert waits and int(waits[1]) > min(250, TRIGGERS) // 10, done.stdout


def test_triggers_while_workers_die(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Two hundred at random, and twenty deaths: the rest answers."""
    unit(NOTIFICATION, config=NO_PAUSE)
    count = len(machine.workers(NOTIFICATION))
    was = state(machine, NOTIFICATION)
    begun = reports.from_now()
    shuffled = random.Random(20)
    for number in range(200):
        machine.systemctl('kill', '-s', 'USR1', NOTIFICATION)
        if not number % 10 and (workers := machine.workers(NOTIFICATION)):
            machine.run(['kill', '-KILL', str(shuffled.choice(workers))],
                        check=False)
        time.sleep(shuffled.uniform(0, 0.05))
    reports.ready(machine, NOTIFICATION, workers=count)
    assert false_entries(machine, NOTIFICATION, begun) == []
    assert state(machine, NOTIFICATION) == was
