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

"""What the unit tests share."""

from __future__ import annotations

from collections.abc import Iterator
import os
import pathlib

import hypothesis
import pytest

from ceilometer.diagnostics.daemon import turn
from tests.unit import commands

# Times of single examples say nothing on a shared machine.
hypothesis.settings.register_profile(
    'unit', deadline=None, max_examples=60, derandomize=True, database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow,
                           hypothesis.HealthCheck.data_too_large],
    # which values do not matter is found out by minutes of tracing
    phases=set(hypothesis.Phase) - {hypothesis.Phase.explain})
hypothesis.settings.load_profile('unit')


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test installs anything into this system."""
    commands.stay_outside(monkeypatch)


@pytest.fixture
def command(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
            monkeypatch: pytest.MonkeyPatch) -> commands.Command:
    """The command, and a journal to run it on."""
    monkeypatch.setenv('TZ', 'UTC')
    directory = tmp_path / 'journal'
    directory.mkdir()
    commands.fill(directory)
    return commands.Command(directory, capsys)


@pytest.fixture
def descriptor() -> Iterator[int]:
    """The file that the processes of a service share."""
    made = turn.make()
    assert made is not None
    yield made
    os.close(made)
