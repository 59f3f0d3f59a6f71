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

"""What a process leaves is its own, and nobody else is believed."""

from __future__ import annotations

import os

import pytest

from ceilometer.diagnostics.daemon import process_record
from ceilometer.diagnostics.daemon import shared_places

pytestmark = pytest.mark.any_python

PLACES = shared_places.Places(4096, 8, 32)
RECORD = process_record.ProcessRecord(PLACES, b'test', 'Q?')


def test_what_was_left_is_found(descriptor: int) -> None:
    """By the process, and by nothing before."""
    assert RECORD.of(descriptor, os.getpid()) is None
    RECORD.leave(descriptor, 7, True)
    assert RECORD.of(descriptor, os.getpid()) == (7, True)


def test_place_of_another_process_says_nothing(descriptor: int) -> None:
    """Two that need the same place: the last one has it."""
    other = os.getpid() + PLACES.total
    assert PLACES.of(other) == PLACES.of(os.getpid())
    RECORD.leave(descriptor, 7, True)
    assert RECORD.of(descriptor, other) is None
    RECORD.write(descriptor, other, 8, False)
    assert RECORD.of(descriptor, other) == (8, False)
    assert RECORD.of(descriptor, os.getpid()) is None


def test_other_values_in_its_place_say_nothing(descriptor: int) -> None:
    """They have another mark."""
    process_record.ProcessRecord(PLACES, b'othr', 'Q?').leave(
        descriptor, 7, True)
    assert RECORD.of(descriptor, os.getpid()) is None


def test_file_that_is_no_more_ours_is_left_alone(
        tmp_path: os.PathLike[str]) -> None:
    """The daemon has closed it, and opened another in its place."""
    path = os.path.join(tmp_path, 'theirs')
    with open(path, 'wb+') as file:
        RECORD.leave(file.fileno(), 7, True)
    assert os.path.getsize(path) == 0
    RECORD.leave(None, 7, True)
