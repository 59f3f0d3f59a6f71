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

"""The examples for packagers agree with the project and with one another."""

from __future__ import annotations

import configparser
import re
import subprocess

import pytest

from ceilometer.diagnostics import fields
from tests import tree

pytestmark = pytest.mark.any_python

PACKAGING = tree.TREE / 'packaging'
DEBIAN = PACKAGING / 'debian'
SPEC = PACKAGING / 'rpm/ceilometer-diagnostics.spec'
SCRIPTS = ('armed-daemons.sh', 'postinst', 'postrm', 'tests/report')


@pytest.fixture(scope='module')
def metadata() -> configparser.ConfigParser:
    """What setup.cfg says."""
    parser = configparser.ConfigParser()
    parser.read(tree.TREE / 'setup.cfg')
    return parser


def test_debian_has_the_projects_version(
        metadata: configparser.ConfigParser) -> None:
    """Its last entry, that is."""
    first = (DEBIAN / 'changelog').read_text().split()[1]
    assert first.startswith(f'({metadata["metadata"]["version"]}-')


def test_rpm_has_the_projects_version_and_needs(
        metadata: configparser.ConfigParser) -> None:
    """All that setup.cfg requires, by the names of packages."""
    lines = SPEC.read_text().splitlines()
    told = dict(line.split(None, 1) for line in lines
                if line.startswith('Version:'))
    assert told == {'Version:': metadata['metadata']['version']}
    needed = {re.split('[<>=]', line)[0].replace('.', '-')
              for line in metadata['options']['install_requires'].split()}
    assert {f'python3-{name}' for name in needed} <= {
        line.split()[1] for line in lines if line.startswith('Requires:')}


@pytest.mark.parametrize('script', SCRIPTS)
def test_script_can_be_read_by_a_shell(script: str) -> None:
    """Whatever /bin/sh is."""
    subprocess.run(['sh', '-n', DEBIAN / script], check=True)


def test_scripts_know_how_armed_daemons_are_told() -> None:
    """By the name of the file that they have open."""
    for path in (DEBIAN / 'armed-daemons.sh', SPEC):
        assert f'/memfd:{fields.TURN_NAME} ' in path.read_text()
