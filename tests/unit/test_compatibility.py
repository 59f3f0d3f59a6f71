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

"""What "make compatibility" types and prints."""

from __future__ import annotations

import pytest

from tests.system import compatibility
from tests.system import instructions

pytestmark = pytest.mark.any_python


def test_commands_are_those_of_the_readme() -> None:
    """All that a user types, from pip to check, in order."""
    verbs = ['install-system', 'daemon-reload', 'restart ceilometer-polling',
             'check ceilometer-polling']
    for commands, of in ((instructions.in_virtualenv(),
                          instructions.VIRTUALENV),
                         (instructions.beside_packages(), '')):
        pip, *rest = commands
        assert 'pip install' in pip and pip.endswith(' .')
        assert len(rest) == len(verbs)
        assert all(line.endswith(verb) for line, verb in zip(
            rest, verbs, strict=True))
        assert rest[0] == f'{of}ceilometer-diagnostics install-system'
        assert rest[-1].startswith(f'{of}ceilometer-diagnostics')


def test_table_can_be_pasted_into_a_page() -> None:
    """As reStructuredText has tables; what fails is in its row."""
    cells = ['Debian 12', '252', '3.11.2', '19.0.0', 'Debian', 'yes', 'yes',
             'yes', '4 of 4', 'yes', 'no', '-']
    ruler, head, again, row, end = compatibility.table([cells]).splitlines()
    assert ruler == again == end
    assert set(ruler) == {'=', ' '}
    begins = [index for index in range(len(ruler))
              if ruler[index] == '=' and ruler[:index][-1:] != '=']
    assert [head[index:].split('  ')[0] for index in begins] == list(
        compatibility.COLUMNS)
    assert [row[index:].split('  ')[0].strip() for index in begins] == cells
