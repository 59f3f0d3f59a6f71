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
"""No journal: reports wait in files, are shown, and come to it later, once."""

from __future__ import annotations

import collections.abc
import contextlib
import json

from tests.system import command
from tests.system import conftest
from tests.system import machine as machines
from tests.system import reports

POLLING = 'ceilometer-polling'
KEPT = '/run/ceilometer/polling'

_SERVICE = 'systemd-journald.service'
_SOCKETS = ('systemd-journald.socket', 'systemd-journald-dev-log.socket',
            'systemd-journald-audit.socket')


@contextlib.contextmanager
def no_journal(machine: machines.Machine) -> collections.abc.Iterator[None]:
    """Mask and stop journald and its sockets."""
    machine.systemctl('mask', '--runtime', '--now', _SERVICE, *_SOCKETS,
                      check=False)
    # not a moment later: a line of anybody starts it by its socket
    machine.systemctl('stop', *_SOCKETS, _SERVICE, check=False)
    try:
        yield
    finally:
        machine.systemctl('unmask', '--runtime', _SERVICE, *_SOCKETS)
        machine.systemctl('start', *_SOCKETS[:2], _SERVICE)


def kept(machine: machines.Machine) -> list[str]:
    """The names of the files in which reports wait."""
    return [path.name for path in machine.path(KEPT).glob('*.kept')]


def test_reports_wait_for_the_journal(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """They are told meanwhile; then the journal has each of them, once."""
    unit(POLLING)
    reports.ready(machine, POLLING)
    pids = machine.armed(POLLING)
    since = reports.from_now()
    with no_journal(machine):
        done = machine.run([command.NAME, 'trigger', POLLING], check=False)
        assert 'the journal does not run' in done.stderr
        assert done.returncode == 0, done.stdout
        assert f'{len(pids)} of {len(pids)} processes' in done.stdout
        assert f'kept in {KEPT}/' in done.stdout
        rows = [row for row in json.loads(command.run(
            machine, 'list', '--json', POLLING)) if row['kept_in']]
        assert {row['pid'] for row in rows} == set(pids)
        assert all(row['complete'] and row['trusted'] for row in rows)
        shown = command.run(machine, 'show', rows[0]['id'][:12])
        assert 'not in the journal yet' in shown and 'Threads' in shown
        modes = machine.run(['sh', '-c', f'stat -c %U:%a {KEPT}/*.kept'])
        assert set(modes.stdout.split()) == {'ceilometer:600'}
        # another run hands them over
        machine.systemctl('restart', POLLING)
        assert len(kept(machine)) == len(pids)
    machine.wait_for(lambda: not kept(machine),
                     what='the files to be handed over', unit=POLLING)
    after = {row['id']: row for row in command.listed(machine, POLLING)}
    for row in rows:
        assert after[row['id']] == {**row, 'kept_in': None}
    found = {report.id: report for report in reports.find(
        machine, since, '-u', POLLING)}
    # each entry once, in order
    assert all(found[row['id']].complete for row in rows)
