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

"""What the documentation says that a unit does when something is broken."""

from __future__ import annotations

import re
import typing

from tests.system import construction

PAGE = construction.TREE / 'doc/source/reference/units.rst'

POLLING = ('ceilometer-polling', 'ceilometer-agent-central',
           'ceilometer-agent-compute', 'ceilometer-agent-ipmi',
           'ceilometer-polling@ipmi')
NOTIFICATION = 'ceilometer-agent-notification'
UPGRADE = 'ceilometer-upgrade'
UNITS = (*POLLING, NOTIFICATION, UPGRADE)

#: The first row of the table.
HEAD = ['Condition', 'Agents that poll', NOTIFICATION, UPGRADE]

#: Of a unit that the condition has nothing to do with.
NOTHING = '-'


class Outcome(typing.NamedTuple):
    """What a unit does.

    :ivar word: the word that the documentation has for it
    :ivar says: what stands in its status, or in its journal; empty if nothing
        is promised
    """

    word: str
    says: str


def outcomes() -> dict[str, dict[str, Outcome]]:
    """The outcome of each unit in each condition, by their names.

    Units that have nothing to do with a condition are left out there.
    """
    rows = [[' '.join(cell.split())
             for cell in re.split(r'^     - ', row, flags=re.MULTILINE)]
            for row in re.findall(r'^   \* - (.*\n(?:     .*\n)*)',
                                  PAGE.read_text(), re.MULTILINE)]
    # all other tables of the page are narrower
    head, *rows = (row for row in rows if len(row) == len(HEAD))
    assert [cell.strip('`') for cell in head] == HEAD
    found = {}
    for condition, polling, notification, upgrade in rows:
        cells = {**dict.fromkeys(POLLING, polling),
                 NOTIFICATION: notification, UPGRADE: upgrade}
        found[condition.replace('``', '')] = {
            unit: _outcome(cell) for unit, cell in cells.items()
            if cell != NOTHING}
    return found


def _outcome(cell: str) -> Outcome:
    word, _, says = cell.partition(': ')
    return Outcome(word, says.strip('`'))
