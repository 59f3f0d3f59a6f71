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

"""The units are made from one source, and their like is together."""

from __future__ import annotations

import pathlib
import re

import pytest

from ceilometer.diagnostics.command.reports import unit_patterns
from tests.system import sandbox
from tools import units

BY_HAND = {'ceilometer.slice', 'ceilometer.target'}
DAEMONS = {path.stem: text for path, text in units.made().items()
           if path.stem != 'ceilometer-upgrade'}


@pytest.mark.parametrize('path', units.made(), ids=lambda path: path.name)
def test_files_are_those_that_are_made(path: pathlib.Path) -> None:
    """What they have in common cannot come apart."""
    assert path.read_text() == units.made()[path], (
        f'{path} is out of date; run: make units')


def test_no_unit_is_made_by_hand_but_these() -> None:
    """A new daemon goes into the table."""
    assert {path.name for path in units.UNITS.iterdir()} == BY_HAND | {
        path.name for path in units.made()}


@pytest.mark.parametrize('text', DAEMONS.values(), ids=DAEMONS)
def test_no_program_of_a_daemon_is_ended_by_a_trigger(text: str) -> None:
    """A trigger comes to all that run in the unit; none runs before it."""
    found = dict(re.findall('(?m)^(Exec[A-Za-z]+)=(.*)$', text))
    assert set(found) == {'ExecStart', 'ExecReload', 'ExecStopPost'}
    for command in found.values():
        assert command.removeprefix('-').startswith(
            '/usr/bin/env --block-signal=USR1,USR2 '
            '--ignore-signal=USR1,USR2 ')


@pytest.mark.parametrize('text', DAEMONS.values(), ids=DAEMONS)
def test_every_daemon_can_be_given_more_descriptors(text: str) -> None:
    """While it runs: the first limit is below the second."""
    found = re.search('(?m)^LimitNOFILE=([0-9]+):([0-9]+)$', text)
    assert found and int(found[1]) < int(found[2])


def test_all_that_is_forbidden_can_be_allowed_again() -> None:
    """The documented drop-in leaves none of it out."""
    names = set(re.findall('(?m)^([A-Za-z]+)=.*$', '\n'.join(
        (units.HERE / 'sandbox.in').read_text().replace(
            '@DEVICES@', '\n'.join(line for unit in units.DAEMONS
                                   for line in unit.devices)).splitlines())))
    allowed = set(re.findall('(?m)^([A-Za-z]+)=.*$', sandbox.off()))
    # none is what a daemon has without it, too
    assert allowed == names - {'AmbientCapabilities'}


@pytest.mark.parametrize('unit', units.DAEMONS, ids=lambda unit: unit.name)
def test_directories_of_the_documentation_can_be_written_to(
        unit: units.Unit) -> None:
    """Whatever else is read-only: these stay."""
    text = units.made()[units.UNITS / f'{unit.name}.service']
    for name in ('State', 'Cache', 'Logs'):
        assert f'\n{name}Directory=ceilometer\n' in text
    assert '\nProtectSystem=strict\n' in text


def test_each_unit_has_a_directory_of_its_own() -> None:
    """Stopping one would take that of another; it tells what runs as well."""
    directories = [re.findall(r'(?m)^RuntimeDirectory=ceilometer/(\S+) '
                              r'ceilometer/\1/running$', text)
                   for text in DAEMONS.values()]
    assert len({one for one, in directories}) == len(directories)
    named = {name.replace('@central', '@%i').replace('@compute', '@%i')
             .replace('@ipmi', '@%i') for unit in units.DAEMONS
             for name in unit.unlike} - {'agent-%i'}
    assert named <= {one for one, in directories}


def test_reports_of_aliases_are_believed() -> None:
    """And those of an instance: their names are of Ceilometer."""
    names = [alias for unit in units.DAEMONS for alias in unit.aliases]
    assert len(set(names)) == len(names)
    for name in [*names, 'ceilometer-polling@central']:
        assert unit_patterns.is_unit(f'{name}.service')
