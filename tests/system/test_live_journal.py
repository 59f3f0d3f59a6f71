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

"""Reading beside a journald that runs: its files, namespaces and users."""

from __future__ import annotations

import collections.abc
import json
import time

import pytest

from tests.system import command
from tests.system import conftest
from tests.system import machine as machines
from tests.system import reports

POLLING = 'ceilometer-polling'
NOTIFICATION = 'ceilometer-agent-notification'
RUNTIME = '/run/ceilometer/polling'
NAMESPACE = 'telemetry'

# Who may read the journal, and two who may not: of one of them journald
# keeps a journal that is theirs.
USERS = """\
u support 5001
m support systemd-journal
u outsider 5002
u logger 5003
"""


def files_with(machine: machines.Machine, report_id: str) -> list[str]:
    """The files of the journal that have entries of a report."""
    machine_id = machine.run(['cat', '/etc/machine-id']).stdout.strip()
    directory = machine.path(f'/var/log/journal/{machine_id}')
    names = [f'/var/log/journal/{machine_id}/{path.name}'
             for path in directory.iterdir()]
    return sorted(name for name in names if machine.run(
        ['journalctl', '--quiet', '--output=cat', '--file', name,
         f'REPORT_ID={report_id}'], check=False).stdout)


@pytest.fixture
def rotated(machine: machines.Machine, unit: conftest.StartUnit,
            patient: conftest.Patient) -> reports.Report:
    """A report in the middle of which journald has begun a new file."""
    unit(POLLING, dropin=patient('stepwise'),
         config='[diagnostics]\nsection_time_limit = 60\n')
    since = reports.from_now()
    pids = machine.armed(POLLING)
    machine.systemctl('kill', '-s', 'USR1', POLLING)
    waiting = machine.wait_for(
        lambda: list(machine.path(RUNTIME).glob('waiting-*')),
        what='a section that waits', unit=POLLING)
    begun = {int(path.name.rpartition('-')[2]) for path in waiting}
    machine.run(['journalctl', '--sync', '--rotate'])
    machine.path(f'{RUNTIME}/go-on').touch()
    found = reports.wait(machine, POLLING, pids, since)
    return next(report for report in found if report.pid in begun)


def test_a_report_in_two_files_is_one(
        machine: machines.Machine, rotated: reports.Report) -> None:
    """Journald has rotated in the middle of it."""
    assert len(files_with(machine, rotated.id)) == 2
    row, = command.listed(machine, rotated.id)
    assert row['complete'] and row['section_count'] == len(rotated.names)
    told = json.loads(command.run(machine, 'show', '--json', rotated.id))
    assert [part['name'] for part in told['sections']] == rotated.names
    assert not told['problems']


def test_half_a_report_is_shown_and_said_to_be_half(
        machine: machines.Machine, rotated: reports.Report,
        tmp_path_factory: pytest.TempPathFactory) -> None:
    """The file with its first half was deleted, as journald does with old."""
    late = machine.run(
        ['sh', '-euc', 'd=$(mktemp -d); for file; do cp "$file" "$d"; done; '
         'for file in "$d"/*; do journalctl -q --file "$file" '
         'REPORT_ID="$0" REPORT_SECTION=package | grep -q . '
         '&& rm "$file"; done; echo "$d"',
         rotated.id, *files_with(machine, rotated.id)]).stdout.strip()
    row, = command.listed(machine, '-D', late, rotated.id)
    last = [rotated.names.index(name) + 1
            for name in ('waits', 'summary')]
    count = len(rotated.names)
    assert not row['complete'] and row['section_count'] == count
    assert row['missing'] == [number for number in range(1, count + 1)
                              if number not in last]
    assert 'was before' in command.run(machine, 'show', rotated.id)
    shown = command.run(machine, 'show', '-D', late, rotated.id)
    assert 'incomplete' in shown
    assert 'went on' in shown
    assert 'was before' not in shown


def test_triggers_close_together_are_two_groups(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """All processes say which of the two they answer, and trigger heeds it."""
    unit(POLLING)
    reports.ready(machine, POLLING)
    pids = machine.armed(POLLING)
    assert len(pids) > 1
    told = command.triggered(machine, POLLING)
    time.sleep(2)
    told += command.triggered(machine, POLLING)
    own = {answer['id'] for answer in told}
    rows = [row for row in command.listed(machine, POLLING)
            if row['id'] in own]
    assert len(rows) == len(own) == 2 * len(pids)
    groups: dict[str, set[int]] = {}
    for row in rows:
        groups.setdefault(row['trigger_id'], set()).add(row['pid'])
        assert row['group'] in own
    assert None not in groups and len(groups) == 2
    assert all(answering == set(pids) for answering in groups.values())
    assert len({(row['trigger_id'], row['group']) for row in rows}) == 2
    # and the last three rows are not of one group
    last = command.listed(machine, POLLING, '-n', str(len(pids) + 1))
    assert len({row['group'] for row in last}) == 2


def test_a_namespace_has_its_own_reports(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """With the option, and only with it; trigger finds it out itself."""
    unit(NOTIFICATION)
    unit(POLLING, dropin=f'[Service]\nLogNamespace={NAMESPACE}\n')
    try:
        told = command.triggered(machine, POLLING)
        assert [answer['pid'] for answer in told] == machine.armed(POLLING)
        own = {answer['id'] for answer in told}
        # of units in several namespaces at once
        told = command.triggered(machine, 'ceilometer-*')
        pids = machine.armed(NOTIFICATION)
        assert {answer['pid'] for answer in told} == {
            *machine.armed(POLLING), *pids}
        own |= {answer['id'] for answer in told if answer['pid'] not in pids}
        machine.run(['journalctl', '--sync', f'--namespace={NAMESPACE}'])

        rows = command.listed(machine, f'--namespace={NAMESPACE}')
        assert {row['id'] for row in rows} == own
        assert all(row['complete'] and row['trusted'] for row in rows)
        default = {row['id'] for row in command.listed(machine)}
        assert default and not default & own
        for every in (f'+{NAMESPACE}', '*'):
            assert {row['id'] for row in command.listed(
                machine, f'--namespace={every}')} == default | own
        one = rows[0]['id']
        assert one in command.run(
            machine, 'show', f'--namespace={NAMESPACE}', one)
        assert command.refused(machine, 'list', '--namespace=no-such') == [
            'ceilometer-diagnostics: there is no journal of namespace '
            'no-such']
    finally:
        machine.systemctl('stop', POLLING)
        # From systemd 253 on, a unit writes what its namespace has not yet
        # written when the last daemon in it has stopped, and starts that
        # namespace's journald for it once more.
        sync = f'systemd-journald-sync@{NAMESPACE}.service'
        machine.wait_for(
            lambda: machine.show(sync, 'ActiveState') == {
                'ActiveState': 'inactive'}, what=f'the end of {sync}')
        machine.systemctl('stop', f'systemd-journald@{NAMESPACE}.socket',
                          f'systemd-journald@{NAMESPACE}.service')
        machine.run(['sh', '-c', f'rm -r /var/log/journal/*.{NAMESPACE}'])


@pytest.fixture(scope='module')
def users(machine: machines.Machine) -> None:
    """The users are there; of one of them there is a journal."""
    machine.run(['systemd-sysusers', '--inline', *USERS.splitlines()])
    machine.run(['systemd-cat', 'echo', 'of its own'], user='logger')
    machine.run(['journalctl', '--sync'])


@pytest.fixture
def reported(machine: machines.Machine, unit: conftest.StartUnit,
             users: None) -> list[reports.Report]:
    """Two reports of the same process, oldest first."""
    unit(POLLING)
    return [reports.trigger(machine, POLLING)[0] for _ in range(2)]


def readings(found: list[reports.Report],
             ) -> collections.abc.Iterator[list[str]]:
    """Command lines of every verb that reads."""
    first, second = (report.id for report in found)
    yield ['list', '-n', '4']
    yield ['list', '--json', f'_PID={found[0].pid}']
    yield ['show', first]
    yield ['show', '--merge-stacks', second]
    yield ['diff', first, second]
    yield ['stuck', '--all', POLLING]
    for form in ('text', 'json', 'html', 'journal'):
        yield ['export', f'--format={form}', second]


def test_members_of_systemd_journal_read_all_that_root_reads(
        machine: machines.Machine, reported: list[reports.Report]) -> None:
    """Without a word of warning."""
    for arguments in readings(reported):
        theirs = command.run(machine, *arguments, user='support')
        assert theirs and theirs == command.run(machine, *arguments)


def test_members_of_systemd_journal_may_not_signal(
        machine: machines.Machine, reported: list[reports.Report]) -> None:
    """One line says that systemd refused, and nothing is signalled."""
    line, = command.refused(machine, 'trigger', POLLING, user='support')
    assert line.startswith('ceilometer-diagnostics: systemctl kill: Failed '
                           f'to kill unit {POLLING}.service: ')


def test_others_are_told_how_to_gain_access(
        machine: machines.Machine, reported: list[reports.Report]) -> None:
    """Every verb: one line that names the group and the command, exit 1."""
    for arguments in readings(reported):
        line, = command.refused(machine, *arguments, user='outsider')
        assert line.startswith(
            'ceilometer-diagnostics: the journal: no permission to read ')
        assert line.endswith(
            ' files; members of group systemd-journal can read it: run '
            '"usermod -aG systemd-journal USER" as root, then log in again')


def test_who_sees_only_their_own_journal_is_told_so(
        machine: machines.Machine, reported: list[reports.Report]) -> None:
    """A journal is there and can be read, but not the one that counts."""
    assert machine.run(['sh', '-c', 'ls /var/log/journal/*/user-5003.journal'])
    told, missing = command.refused(machine, 'list', user='logger')
    assert 'members of group systemd-journal can read it' in told
    assert missing == 'ceilometer-diagnostics: no reports found'
