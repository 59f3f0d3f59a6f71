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

"""Daemons in containers of a real podman, as the documentation has it.

What needs no engine for it is in test_containers.py.
"""

from __future__ import annotations

import collections.abc
import json
import re

import pytest

from tests.system import command
from tests.system import engines
from tests.system import machine as machines
from tests.system import podman as podmen

NAME = 'ceilometer_agent_compute'


@pytest.fixture(scope='module')
def podman(machine: machines.Machine,
           ) -> collections.abc.Iterator[podmen.Podman]:
    """podman; none of its containers is left."""
    made = podmen.Podman(machine)
    yield made
    made.remove()


def test_container_with_the_journals_socket(
        machine: machines.Machine, podman: podmen.Podman) -> None:
    """Asked by its name, and by the engine; known when it is gone."""
    unit = podman.start(NAME, engines.WITH_JOURNAL)
    told = command.triggered(machine, NAME)
    assert {(one['unit'], one['container']) for one in told} == {(unit, NAME)}
    # from Python 3.14 on there is one that forks the workers
    every = len(told)
    assert every >= 2
    checked = command.run(machine, 'check', NAME)
    assert checked.startswith(f'container {NAME}: can write reports\n')
    assert f'processes: {every} of {every} are armed\n' in checked
    podman.ask_first(NAME, unit, told)
    podman('rm', '--force', NAME)
    # its engine knows nothing of it any more; the journal does
    rows = command.listed(machine, NAME)
    assert [(row['unit'], row['container'], row['trusted'])
            for row in rows] == [(unit, NAME, True)] * (every + 2)
    assert command.refused(machine, 'trigger', NAME) == [
        f'{command.NAME}: {NAME}.service is not a Ceilometer service']


def test_container_without_the_journals_socket(
        machine: machines.Machine, podman: podmen.Podman) -> None:
    """trigger says why nothing comes; the engine has the text."""
    name = 'ceilometer_nosock'
    podman.start(name)
    done = machine.run([command.NAME, 'trigger', name], check=False)
    assert done.returncode == 1
    found = re.search(fr'^container {name}: 0 of ([2-9]) processes have '
                      'answered$', done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    assert done.stdout.count(
        f'no report: its container has no {engines.JOURNAL}/socket') == int(
            found[1])
    for process in ('master', 'worker 0 (AgentManager)'):
        machine.wait_for(
            lambda process=process: 'Guru Meditation Report of '
            f'ceilometer-polling, {process}, ' in podman('logs', name),
            what=f'the text of the report of {process}')
    # and from inside, as the documentation has it
    podman('exec', name, 'sh', '-c', engines.SIGNAL)
    for process in ('master', 'worker 0 (AgentManager)'):
        machine.wait_for(
            lambda process=process: podman('logs', name).count(
                'Guru Meditation Report of ceilometer-polling, '
                f'{process}, ') == 2,
            what=f'the text of another report of {process}')
    podman('rm', '--force', name)


def test_container_in_the_unit_that_starts_it(
        machine: machines.Machine, podman: podmen.Podman) -> None:
    """As a Quadlet's: it has no scope, and its name means that unit."""
    name = 'ceilometer_agent_ipmi'
    unit = f'edpm_{name}.service'
    podman.write_unit(name, f'edpm_{name}')
    machine.systemctl('start', unit)
    try:
        podman.wait(name, unit)
        told = command.triggered(machine, name)
        every = len(told)
        assert every >= 2
        assert {one['unit'] for one in told} == {unit}
        # neither conmon nor podman
        assert not [one for one in told if 'podman' in one['command']]
        for words in (['trigger', f'edpm_{name}'], ['trigger']):
            again = json.loads(command.run(machine, *words, '--json'))
            assert {one['pid'] for one in again} == {
                one['pid'] for one in told}
        checked = command.run(machine, 'check', name)
        assert f'processes: {every} of {every} are armed\n' in checked
        rows = command.listed(machine, name)
        assert [row['trusted'] for row in rows] == [True] * 3 * every
        assert f'Unit: {unit}\n' in command.run(machine, 'show', name)
    finally:
        machine.systemctl('stop', unit, check=False)
    assert len(command.listed(machine, name)) == 3 * every
