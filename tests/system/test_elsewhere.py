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

"""The command where Ceilometer is in another directory than this project."""

from __future__ import annotations

import collections.abc

import pytest

from tests.system import machine as machines

ELSEWHERE = '/opt/elsewhere'
BARE = '/opt/bare'


@pytest.fixture
def moved(machine: machines.Machine) -> collections.abc.Iterator[str]:
    """This project is moved out of Ceilometer's directory; gives that."""
    where = machine.packages
    machine.run(['mkdir', '-p', f'{ELSEWHERE}/ceilometer'])
    machine.run(['mv', f'{where}/ceilometer/diagnostics',
                 f'{ELSEWHERE}/ceilometer'])
    machine.run(['sh', '-c', f'mv {where}/ceilometer_diagnostics[._]* '
                 f'{ELSEWHERE}'])
    yield where
    machine.run(['sh', '-c', f'mv {ELSEWHERE}/ceilometer_diagnostics[._]* '
                 f'{where}'])
    machine.run(['mv', f'{ELSEWHERE}/ceilometer/diagnostics',
                 f'{where}/ceilometer'])


def test_the_command_finds_its_package(
        machine: machines.Machine, moved: str) -> None:
    """As after pip install beside a Ceilometer of the distribution."""
    done = machine.run(
        ['env', f'PYTHONPATH={ELSEWHERE}', 'ceilometer-diagnostics', 'run',
         'ceilometer-polling', '--version'])
    assert done.stdout.strip() == machine.run(
        ['ceilometer-polling', '--version']).stdout.strip()


def test_without_ceilometer_there_is_one_clear_line(
        machine: machines.Machine, moved: str) -> None:
    """An interpreter that has no Ceilometer is named, with exit 2."""
    machine.run([machine.python, '-m', 'venv', '--without-pip', BARE])
    done = machine.run(
        ['env', f'PYTHONPATH={ELSEWHERE}', f'{BARE}/bin/python', '-m',
         'ceilometer_diagnostics', 'run', 'ceilometer-polling'], check=False)
    assert done.returncode == 2
    assert done.stdout == ''
    assert done.stderr == (
        'ceilometer-diagnostics: run: Ceilometer is not installed for '
        f'{BARE}/bin/python\n')
