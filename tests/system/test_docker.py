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

"""A daemon in a container of a real docker, started as kolla's images do."""

from __future__ import annotations

import collections.abc
import re

import pytest

from tests.system import beds
from tests.system import command
from tests.system import docker as dockers
from tests.system import engines
from tests.system import machine as machines

# On the host's own distribution each run has to be short.
pytestmark = pytest.mark.skipif(
    beds.chosen() == beds.HOST, reason='make debian-12 and its like have it')

NAME = 'ceilometer_central'


@pytest.fixture(scope='module')
def docker(machine: machines.Machine,
           ) -> collections.abc.Iterator[dockers.Docker]:
    """docker; none of its containers is left."""
    made = dockers.Docker(machine)
    try:
        yield made
    finally:
        made.remove()


def test_container_that_begins_with_an_init(
        machine: machines.Machine, docker: dockers.Docker) -> None:
    """Asked by its name, and by the engine, whose signal its init forwards."""
    unit = docker.start(NAME, engines.WITH_JOURNAL)
    told = command.triggered(machine, NAME)
    assert {(one['unit'], one['container']) for one in told} == {(unit, NAME)}
    # the init is none of them
    every = len(told)
    assert every >= 2 and not [
        one for one in told if 'dumb-init' in one['command']]
    # its name, and not 64 digits
    table = command.run(machine, 'list', NAME)
    assert len(re.findall(fr' UTC {NAME} ', table)) == every
    identity = unit.removeprefix('docker-').removesuffix('.scope')
    assert identity not in table
    checked = command.run(machine, 'check', NAME)
    assert checked.startswith(f'container {NAME}: can write reports\n')
    assert f'id {identity[:12]}\n' in checked
    assert f'processes: {every} of {every} are armed\n' in checked
    docker.ask_first(NAME, unit, told)
    # and by the unit that kolla-ansible starts it with, and by its id
    for word in (f'kolla-{NAME}-container', identity[:12]):
        assert {one['pid'] for one in command.triggered(machine, word)} == {
            one['pid'] for one in told}
    # all of them, from inside
    docker('exec', NAME, 'sh', '-c', engines.SIGNAL)
    machine.wait_for(
        lambda: sum(row['complete'] for row in command.listed(
            machine, NAME)) == 4 * every + 2, what='reports', unit=unit)
    docker('rm', '--force', NAME)
    # docker has told no journal of it
    rows = command.listed(machine, unit)
    assert len(rows) == 4 * every + 2
    assert {(row['container'], row['trusted']) for row in rows} == {
        (None, False)}
    assert command.refused(machine, 'trigger', NAME) == [
        f'{command.NAME}: {NAME}.service is not a Ceilometer service']
