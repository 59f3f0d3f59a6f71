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
"""The disk, /proc and the rights that a report is made and read with."""

from __future__ import annotations

import collections.abc
import contextlib
import json
import time

import pytest

from tests.system import command
from tests.system import conftest
from tests.system import export_format
from tests.system import machine as machines
from tests.system import reports

POLLING = 'ceilometer-polling'

JOURNAL = '/var/log/journal'

#: The id of what journald says of entries that it has dropped.
DROPPED = 'a596d6fe7bfa4994828e72309e95d61e'

#: A hang is told soon, without a signal.
HANGS = '[diagnostics]\nhang_time_limit = 2\n'


@contextlib.contextmanager
def full_disk(machine: machines.Machine) -> collections.abc.Iterator[None]:
    """The journal is on a disk of its own, on which nothing is free."""
    machine.run(['sh', '-c', f"""set -e
mkdir -p {JOURNAL}
mount -t tmpfs -o size=24M tmpfs {JOURNAL}
systemctl restart systemd-journald
journalctl --flush
# as much as there is
dd if=/dev/zero of={JOURNAL}/fill bs=4k 2>/dev/null || true
"""])
    try:
        yield
    finally:
        machine.run(['sh', '-c', f'umount -l {JOURNAL}; '
                     'systemctl restart systemd-journald; '
                     'journalctl --flush'])


def test_disk_of_the_journal_is_full(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """The journal gives up older entries; the reports are there, whole."""
    unit(POLLING)
    reports.ready(machine, POLLING)
    count = len(machine.armed(POLLING))
    with full_disk(machine):
        free = machine.run(['df', '--output=avail', JOURNAL]).stdout.split()
        assert free[-1] == '0'
        # more than its files can hold without the disk
        machine.run(['sh', '-c', 'head -c 3000000 /dev/urandom | base64 '
                     '-w 1500 | systemd-cat -p warning -t flood'])
        for _ in range(3):
            done = machine.run([command.NAME, 'trigger', POLLING])
            assert (f'{count} of {count} processes have answered'
                    in done.stdout)
        told = json.loads(machine.run(
            [command.NAME, 'list', '--json', '-n', str(count),
             POLLING]).stdout)
        assert len(told) == count >= 2 and all(row['complete'] for row in told)


def test_journal_takes_very_few_entries(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Who has answered is not said to be silent: the limit is named."""
    unit(POLLING, dropin='[Service]\nLogRateLimitBurst=2\n')
    told = machine.run([command.NAME, 'trigger', '--timeout=15', POLLING],
                       check=False).stdout
    assert '[journal-rate-limit]' in told and '[process-silent]' not in told
    assert 'RateLimitBurst= is 2 of the unit: set LogRateLimitBurst=' in told
    # who does as is said has reports
    unit(POLLING, dropin='[Service]\nLogRateLimitBurst=10000\n')
    machine.systemctl('restart', POLLING)
    reports.ready(machine, POLLING)
    assert all(answer['answered']
               for answer in command.triggered(machine, POLLING))


def test_warnings_are_more_than_the_journal_takes(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """They have the priority of reports: journald says what it drops."""
    # as many as by default are only slower
    unit(POLLING, dropin=patient('flood_of_warnings')
         + 'LogRateLimitBurst=1000\nLogRateLimitIntervalSec=10s\n')
    reports.ready(machine, POLLING)
    flood = '/run/ceilometer/polling/flood-of-warnings'
    machine.run(['touch', flood])
    try:
        machine.wait_for(lambda: len(machine.entries(
            '-u', POLLING, f'MESSAGE_ID={DROPPED}')) > 1,
            what='journald to drop entries again', unit=POLLING)
        # what it takes until then is soon used up
        time.sleep(3)
        told = machine.run([command.NAME, 'trigger', '--timeout=25', POLLING],
                           check=False).stdout
    finally:
        machine.run(['rm', flood])
    assert '[journal-rate-limit]' in told and '[process-silent]' not in told
    assert f'entries of {POLLING}.service, which logs more than' in told
    # when it logs less, that is all
    machine.wait_for(lambda: all(answer['answered'] for answer in json.loads(
        machine.run([command.NAME, 'trigger', '--json', '--timeout=15',
                     POLLING], check=False).stdout)), what='all reports')


@contextlib.contextmanager
def hidden(machine: machines.Machine) -> collections.abc.Iterator[None]:
    """Everybody but root sees own processes only."""
    machine.run(['mount', '-o', 'remount,hidepid=2', '/proc'])
    try:
        yield
    finally:
        machine.run(['mount', '-o', 'remount,hidepid=0', '/proc'])


def told_unasked(machine: machines.Machine,
                 since: str) -> list[export_format.Entry]:
    """What was told of processes that hang."""
    return machine.entries(since, '-u', POLLING, 'REPORT_TRIGGER=hang')


def test_proc_hides_the_processes_of_others(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """All reports; who sends a signal as another user has no name there."""
    unit(POLLING)
    reports.ready(machine, POLLING)
    with hidden(machine):
        assert all(answer['answered']
                   for answer in command.triggered(machine, POLLING))
        # a process of another user sends it
        main = machine.show(POLLING, 'MainPID')['MainPID']
        since = reports.from_now()
        machine.run(['sh', '-c', f'kill -USR1 {main}; true'])
        report, *_ = reports.wait(machine, POLLING, [int(main)], since)
        assert report.first['REPORT_SENDER_UID'] == '0'
        assert 'REPORT_SENDER_COMM' not in report.first
        # and one that may see none of them is told why
        line, = command.refused(machine, 'trigger', POLLING, user='daemon')
        assert 'hidepid' in line


@pytest.mark.parametrize('hides', [False, True])
def test_hang_that_nobody_asks_about(
        machine: machines.Machine, unit: conftest.StartUnit,
        hides: bool) -> None:
    """It is told under the same unit, once, and nobody is ended."""
    unit(POLLING, config=HANGS)
    reports.ready(machine, POLLING)
    before = machine.show(POLLING, 'MainPID', 'NRestarts', 'ActiveState')
    worker, = machine.workers(POLLING)
    since = reports.from_now()
    with hidden(machine) if hides else contextlib.nullcontext():
        machine.run(['kill', '-STOP', str(worker)])
        try:
            machine.wait_for(lambda: told_unasked(machine, since),
                             what='the entry of a hang', unit=POLLING)
            # longer than the time after which it might be told again
            time.sleep(6)
        finally:
            machine.run(['kill', '-CONT', str(worker)])
        (entry,) = told_unasked(machine, since)
        assert entry['OBJECT_PID'] == str(worker)
        assert entry['REPORT_FINDING'] == 'process-stopped'
        assert 'nobody has asked' in entry['MESSAGE']
        assert all(answer['answered']
                   for answer in command.triggered(machine, POLLING))
    assert machine.show(
        POLLING, 'MainPID', 'NRestarts', 'ActiveState') == before
    assert len(told_unasked(machine, since)) == 1


@pytest.mark.parametrize('setting', [
    'UMask=0777',
    'LimitSIGPENDING=0',
    'ProcSubset=pid',
    'Environment=LC_ALL=xx_YY.foo TZ=Nowhere/None',
    'SystemCallFilter=~memfd_create\nSystemCallErrorNumber=EPERM',
    'SystemCallFilter=~@io-event flock prctl ptrace pidfd_open prlimit64',
    'SystemCallFilter=~flock prctl ptrace pidfd_open prlimit64',
    'SystemCallFilter=~rt_sigtimedwait',
    'PrivateNetwork=yes\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
])
def test_settings_that_cost_no_report(
        machine: machines.Machine, unit: conftest.StartUnit,
        setting: str) -> None:
    """Each process answers, whole, and none is started anew."""
    has_server = machine.has_server
    if has_server and (setting == 'UMask=0777' or '@io-event' in setting):
        pytest.skip('multiprocessing cannot start its forkserver then')
    unit(POLLING, dropin=f'[Service]\n{setting}\n')
    reports.ready(machine, POLLING)
    pids = machine.armed(POLLING)
    # the master, its worker, and what workers come from
    assert len(pids) == 2 + has_server
    # the last is told from other programs by what the processes share
    count = 2 if 'memfd_create' in setting else len(pids)
    since = reports.from_now()
    done = machine.run([command.NAME, 'trigger', POLLING])
    assert f'{count} of {count} processes have answered' in done.stdout
    assert {report.pid for report in reports.wait(
        machine, POLLING, pids, since)} == {*pids}
    assert machine.armed(POLLING) == pids


def test_user_is_made_for_the_unit(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Whoever may read the configuration writes whole reports."""
    state = 'ceilometer-dynamic'
    try:
        # directories of the other user cannot be moved on each file system
        unit(POLLING, dropin='[Service]\nDynamicUser=yes\nUser=\nGroup=\n'
             'SupplementaryGroups=ceilometer\nCacheDirectory=\n'
             'LogsDirectory=\nStateDirectory=\n'
             f'StateDirectory={state}\n')
        reports.ready(machine, POLLING)
        main = machine.show(POLLING, 'MainPID')['MainPID']
        owner = machine.run(['stat', '-c', '%U', f'/proc/{main}']).stdout
        assert owner.strip() not in ('root', 'ceilometer')
        assert all(answer['answered']
                   for answer in command.triggered(machine, POLLING))
        assert machine.show(POLLING, 'MainPID')['MainPID'] == main
    finally:
        machine.systemctl('stop', POLLING)
        # links to what only such a user has
        machine.run(['rm', '-rf', '/run/ceilometer', '/run/private/ceilometer',
                     f'/var/lib/{state}', f'/var/lib/private/{state}'])


def test_signal_mask_is_set_anew(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """The worker would lose the signal; the thread that waits has it."""
    unit(POLLING, dropin=patient('unmask'))
    machine.wait_for(machine.path('/run/ceilometer/polling/stuck').exists,
                     what='the mask to be set', unit=POLLING)
    pids = machine.armed(POLLING)
    worker, = machine.workers(POLLING)
    machine.wait_for(lambda: reports.is_armed(machine, worker),
                     what='the worker to be armed', unit=POLLING)
    since = reports.from_now()
    done = machine.run([command.NAME, 'trigger', POLLING])
    assert f'{len(pids)} of {len(pids)} processes have answered' in done.stdout
    line, = done.stderr.splitlines()
    assert f'pid {worker} ' in line and 'was signalled' in line
    assert {report.pid for report in reports.wait(
        machine, POLLING, pids, since)} == {*pids}
    assert machine.armed(POLLING) == pids


#: Where the root directory of a unit is.
ROOT = '/srv/root'

_IN_ROOT = f'''[Service]
RootDirectory={ROOT}
MountAPIVFS=no
BindReadOnlyPaths=/usr /etc /opt
BindPaths=/var /proc /sys /dev
# that it has started; systemd 262 puts no socket for that there by itself
BindPaths=/run/systemd/notify
# that of the journal it puts there then
BindLogSockets=no
'''


def test_root_directory_without_the_journal(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Reports are in files; where there can be none, they are named."""
    machine.run(['sh', '-c', f"""set -e
mkdir -p {ROOT}; cd {ROOT}
mkdir -p usr etc opt var run tmp proc sys dev
for link in bin sbin lib lib64; do
    if [ -L /$link ]; then cp -a /$link .; fi
done"""])
    unit(POLLING, dropin=_IN_ROOT)
    pids = machine.armed(POLLING)
    done = machine.run([command.NAME, 'trigger', POLLING])
    assert f'{len(pids)} of {len(pids)} processes have answered' in (
        done.stdout)
    assert 'not in the journal yet: kept in /run/ceilometer/' in done.stdout
    unit(POLLING, dropin=_IN_ROOT
         + 'RuntimeDirectory=\nExecStopPost=\nWatchdogSec=0\n')
    machine.systemctl('restart', POLLING)
    machine.wait_for(lambda: machine.workers(POLLING) and all(
        reports.is_armed(machine, pid) for pid in machine.armed(POLLING)),
        what='processes that are armed', unit=POLLING)
    pids = machine.armed(POLLING)
    done = machine.run([command.NAME, 'trigger', POLLING], check=False)
    assert done.returncode == 1
    assert done.stdout.count('reports go to standard error') == len(pids)
    assert 'set BindPaths=/run/systemd/journal, ' in done.stdout
    machine.wait_for(lambda: len([
        line for line in machine.entries('-u', POLLING, '_TRANSPORT=stdout')
        if 'sections with this one; all complete' in str(line['MESSAGE'])
        ]) == len(pids), what='the texts of the reports', unit=POLLING)
    # who does as is said has reports
    unit(POLLING, dropin=_IN_ROOT + 'BindPaths=/run/systemd/journal\n'
         'RuntimeDirectory=\nExecStopPost=\nWatchdogSec=0\n')
    machine.systemctl('restart', POLLING)
    reports.ready(machine, POLLING)
    assert all(answer['answered']
               for answer in command.triggered(machine, POLLING))
