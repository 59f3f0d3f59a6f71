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

"""What "make outcomes" tries, and what the documentation says of it."""

from __future__ import annotations

import pytest

from tests.system.outcomes import breakage
from tests.system.outcomes import documented
from tests.system.outcomes import trial
from tests.system.outcomes import watch

pytestmark = pytest.mark.any_python

WORDS = {watch.WORKS, watch.REFUSED, watch.TRIED_AGAIN, watch.REPLACED,
         watch.STARTED_AGAIN, watch.FAILS}


def test_conditions_are_those_of_the_documentation() -> None:
    """In the same order; each is tried on the agents that poll."""
    found = documented.outcomes()
    assert list(found) == list(breakage.CONDITIONS)
    assert set(breakage.KILLED) < set(found)
    for cells in found.values():
        assert set(documented.POLLING) <= set(cells)


def test_words_are_those_that_are_explained() -> None:
    """Each of them is there, and has its paragraph."""
    used = {outcome.word for cells in documented.outcomes().values()
            for outcome in cells.values()}
    assert used == WORDS
    text = documented.PAGE.read_text()
    for word in WORDS:
        assert f'\n{word}\n  ' in text


def test_each_unit_is_tried_once() -> None:
    """Whatever runs at the same time."""
    units = [unit for group in trial.AT_ONCE for unit in group]
    assert sorted(units) == sorted(documented.UNITS)
