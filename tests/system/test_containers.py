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

"""A daemon in a container: triggered, read and looked at on its host.

To the journal, and to this project, a container is a scope of a certain name
with a pid namespace of its own; an engine need not run for that. What the
engine tells is a script's word here.
"""

from __future__ import annotations

import collections.abc
import contextlib
from typing import Any

import pytest

from tests.system import beds
from tests.system import command
from tests.system import machine as machines

ID = 'ce110' + '7e' * 29 + 'a'
SCOPE = f'libpod-{ID}.scope'
OTHER = f'libpod-{"bad0" * 16}.scope'
#: What an engine of Kubernetes starts; nobody is asked for its name.
POD = f'cri-containerd-{ID}.scope'
OTHER_POD = f'cri-containerd-{"bad0" * 16}.scope'
PATTERNS = '/etc/ceilometer-diagnostics/units.d'
NAME = 'ceilometer_compute'
ENGINE = '/usr/local/bin/podman'

# Sends an entry in the journal's export format again, as another process.
_FORGE = """\
import socket, sys
lines = [line for line in sys.stdin.read().partition('\\n\\n')[0].splitlines()
         if not line.startswith('_')]
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
    client.connect('/run/systemd/journal/socket')
    client.send('\\n'.join(lines + ['OBJECT_PID=' + sys.argv[1], '']).encode())
"""


def tell(machine: machines.Machine, name: str) -> None:
    """Have the engine give the container a name."""
    machine.write_file(ENGINE, f'#!/bin/sh\necho {ID} {name}\n', 0o755)


@contextlib.contextmanager
def running(machine: machines.Machine,
            scope: str) -> collections.abc.Iterator[None]:
    """A daemon in a container that has the journal's socket.

    :param scope: its unit
    """
    program = machine.program('ceilometer-polling')
    # unshare stays in the scope, and the signal would end it
    machine.run(['sh', '-c', 'exec setsid systemd-run --quiet --scope --unit='
                 f'{scope} --slice=machine.slice unshare --pid --fork '
                 '--mount-proc setpriv --reuid=ceilometer --regid=ceilometer '
                 '--init-groups env CEILOMETER_DIAGNOSTICS=1 '
                 f'{program} --polling-namespaces central '
                 '>/dev/null 2>&1 </dev/null &'])
    try:
        machine.wait_for(
            lambda: 'worker(0)' in machine.run(
                ['systemd-cgls', '--no-pager', '--full', '--unit', scope],
                check=False).stdout, what=f'a worker in {scope}')
        yield
    finally:
        machine.systemctl('stop', scope, check=False)


@pytest.fixture
def container(machine: machines.Machine) -> collections.abc.Iterator[None]:
    """A daemon in a container of which the engine tells."""
    tell(machine, NAME)
    try:
        with running(machine, SCOPE):
            yield
    finally:
        machine.run(['rm', '-f', ENGINE])


def _triggered_while_stopped(machine: machines.Machine, *pids: int) -> str:
    """What trigger says of the container while processes are stopped."""
    numbers = [str(pid) for pid in pids]
    machine.run(['kill', '-STOP', *numbers])
    try:
        done = machine.run([command.NAME, 'trigger', SCOPE], check=False)
    finally:
        machine.run(['kill', '-CONT', *numbers])
    assert done.returncode == 1
    machine.run(['journalctl', '--sync'])
    return done.stdout


def _told(machine: machines.Machine) -> list[dict[str, Any]]:
    """What others have told of the container's silent processes."""
    return [row for row in command.listed(machine, SCOPE)
            if row['trigger'] == 'hang']


@pytest.mark.usefixtures('container')
def test_daemon_in_a_container(machine: machines.Machine) -> None:
    """By its name, with the numbers of the host; only its own are signalled.

    And by no other container.
    """
    told = command.triggered(machine, NAME)
    assert {(one['unit'], one['container']) for one in told} == {
        (SCOPE, NAME)}
    pids = [one['pid'] for one in told]
    # between them a server of forks, where workers come from one
    count, (master, *served, worker) = len(pids), pids
    assert ' worker(' in told[-1]['command']
    assert len(served) == sum(
        'multiprocessing.forkserver' in one['command'] for one in told)
    rows = command.listed(machine, NAME)
    assert [(row['pid'], row['trusted'], row['container']) for row in rows
            ] == [(pid, True, NAME) for pid in pids]
    shown = command.run(machine, 'show', told[0]['id'])
    assert f'PID: {master} (1 in its own namespace)\n' in shown
    assert 'Trigger: SIGUSR1 from outside of the container' in shown
    # of who cannot answer another one tells, with the number that it knows
    said = _triggered_while_stopped(machine, worker)
    assert (f'container {NAME}: {count - 1} of {count} processes have '
            'answered') in said
    assert f'! pid {worker} (' in said and 'it is stopped' in said
    row, = _told(machine)
    teller = row['pid']
    assert teller in pids[:-1] and row['trusted']
    assert f'told by pid {teller}: ' in said
    assert row['told_of'] not in (None, worker)
    shown = command.run(machine, 'show', row['id'])
    assert f'PID: {row["told_of"]} in its own namespace\n' in shown
    assert f'Told by: pid {teller}\n' in shown
    # where nobody can, it is looked at from here
    said = _triggered_while_stopped(machine, *pids)
    assert f'container {NAME}: 0 of {count} processes have answered' in said
    seen, = (one for one in machine.entries(
        'REPORT=1', f'OBJECT_SYSTEMD_UNIT={SCOPE}')
        if one['OBJECT_PID'] == str(worker))
    rows = {row['id']: row for row in _told(machine)}
    assert len(rows) == count + 1
    row = rows[seen['REPORT_ID']]
    assert (row['pid'], row['trusted'], row['told_of']) == (
        worker, True, None)
    # root in another container says the same, under another id
    forged = 'f0' * 16
    text = ''.join(
        f'{name}={value}\n' for name, value in seen.items()
        if isinstance(value, str) and '\n' not in value).replace(
            str(seen['REPORT_ID']), forged)
    machine.run(['systemd-run', '--quiet', '--scope', f'--unit={OTHER}',
                 machine.python, '-c', _FORGE, str(worker)], input=text)
    machine.run(['journalctl', '--sync'])
    forgery, = machine.entries('REPORT=1', f'REPORT_ID={forged}')
    assert forgery['OBJECT_SYSTEMD_UNIT'] == SCOPE
    row, = command.listed(machine, forged)
    assert not row['trusted'] and row['unit'] == OTHER
    # the engine decides who it is, and not the container
    tell(machine, 'evil')
    assert not any(row['trusted'] for row in command.listed(machine, SCOPE))
    line, = command.refused(machine, 'trigger', SCOPE)
    assert 'container evil' in line and 'units.d' in line


# On the host's own distribution each run has to be short.
@pytest.mark.skipif(beds.chosen() == beds.HOST,
                    reason='make debian-12 and its like have it')
def test_pods_that_the_administrator_believes(
        machine: machines.Machine) -> None:
    """Those with a daemon are asked; without a pattern, none."""
    with running(machine, POD):
        line, = command.refused(machine, 'trigger', POD)
        assert line.endswith(f'{POD} is not a Ceilometer service')
        machine.run(['mkdir', '-p', PATTERNS])
        machine.write_file(f'{PATTERNS}/pods.conf', 'cri-containerd-*.scope\n')
        machine.run(['systemd-run', '--quiet', f'--unit={OTHER_POD}.service',
                     'systemd-run', '--quiet', '--scope',
                     f'--unit={OTHER_POD}', 'sleep', 'infinity'])
        try:
            machine.wait_for(
                lambda: machine.show(OTHER_POD, 'ActiveState') == {
                    'ActiveState': 'active'}, what=OTHER_POD)
            told = command.triggered(machine, POD)
            assert len(told) >= 2
            for words in ([], ['cri-containerd-*.scope']):
                said = command.run(machine, 'trigger', *words)
                assert f'{POD}: {len(told)} of {len(told)} processes' in said
                assert OTHER_POD not in said
            assert f'{POD}: can write reports' in command.run(
                machine, 'check', POD)
            rows = command.listed(machine, POD)
            assert [row['trusted'] for row in rows] == [True] * 3 * len(told)
        finally:
            machine.systemctl('stop', OTHER_POD, f'{OTHER_POD}.service',
                              check=False)
            machine.run(['rm', '-r', PATTERNS])
