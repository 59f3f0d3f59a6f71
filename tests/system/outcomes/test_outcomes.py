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

"""Each unit does what is documented when something is broken.

On the host's own distribution each run tries a few of all; ``make outcomes``
tries all, on each, and prints a table.
"""

from __future__ import annotations

import collections.abc
import functools
import os

import pytest

from tests.system import machine as machines
from tests.system.outcomes import documented
from tests.system.outcomes import trial

OUTCOMES = documented.outcomes()
ALL = [(condition, unit) for condition, cells in OUTCOMES.items()
       for unit in cells]
# Who dies, and what the start refuses: with the unit that is up soonest.
FEW = [('The main process is killed', 'ceilometer-polling'),
       ('transport_url has an unknown scheme', 'ceilometer-polling')]
CHOSEN = ALL if os.environ.get('OUTCOMES') else FEW

# Tries a condition once, and gives what was seen of each unit.
Tried = collections.abc.Callable[[str], dict[str, trial.Seen]]


@pytest.fixture(scope='module')
def tried(machine: machines.Machine) -> Tried:
    """Try conditions on all units that were chosen for them."""
    return functools.cache(lambda condition: trial.run(
        machine, condition, {
            unit: OUTCOMES[condition][unit]
            for chosen, unit in CHOSEN if chosen == condition}))


@pytest.mark.parametrize(('condition', 'unit'), CHOSEN)
def test_unit_does_what_is_documented(
        machine: machines.Machine, tried: Tried,
        record_property: collections.abc.Callable[[str, object], None],
        condition: str, unit: str) -> None:
    """While it is broken, and when that is mended."""
    seen = tried(condition)[unit]
    record_property('outcome', seen.word)
    if seen.error is not None:
        raise seen.error
    assert seen.word == OUTCOMES[condition][unit].word
