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

"""Tests for the parts of the file that the processes of a service share."""

import itertools
import os
import tempfile

import pytest

from ceilometer.diagnostics.daemon import crash_stacks
from ceilometer.diagnostics.daemon import cycle_counts
from ceilometer.diagnostics.daemon import hang_stacks
from ceilometer.diagnostics.daemon import report_marks
from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import trigger_page
from ceilometer.diagnostics.daemon import worker_runs


def test_no_two_parts_overlap():
    for one, other in itertools.pairwise(shared_places.EVERY):
        assert one.at(one.total) < other.offset


@pytest.mark.parametrize('places, size', [
    (shared_places.TRIGGER, trigger_page._PAGE_BYTES),
    (shared_places.SIBLINGS, sibling_page._PLACE.size),
    (shared_places.WORKER_RUNS, worker_runs._RECORD.size),
    (shared_places.CYCLE_COUNTS, cycle_counts._RECORD.size),
    (shared_places.CRASH_STACKS, crash_stacks.STACKS_BYTES_MAX),
    (shared_places.MASTER_STACKS, crash_stacks.STACKS_BYTES_MAX),
    (shared_places.REPORT_MARKS, report_marks._PLACE.size),
    (shared_places.HANG_STACKS, hang_stacks.STACKS_BYTES_MAX)])
def test_what_is_written_there_has_room(places, size):
    assert size <= places.size


def test_places_of_one_part_do_not_overlap():
    for places in shared_places.EVERY:
        starts = [places.of(pid) for pid in range(100, 100 + places.total)]
        assert len(set(starts)) == places.total
        assert min(starts) == places.offset
        assert max(starts) == places.at(places.total - 1)


@pytest.mark.parametrize('written', [0, 1, 65536, 200_000, 300_000])
def test_text_is_taken_away_and_no_memory_taken(written):
    """All of it, and nothing behind its place."""
    with tempfile.TemporaryFile() as file:
        descriptor = file.fileno()
        os.ftruncate(descriptor, 1_000_000)
        os.pwrite(descriptor, b'x' * written, 100)
        blocks = os.fstat(descriptor).st_blocks
        shared_places.clear(descriptor, 100, 300_000)
        assert not any(os.pread(descriptor, 1_000_000, 0))
        # no more than the rest of the piece that was cleared last
        more = os.fstat(descriptor).st_blocks - blocks
        assert more * 512 <= 65536 + 4096
        os.pwrite(descriptor, b'x' * 20, 0)
        shared_places.clear(descriptor, 0, 10)
        assert os.pread(descriptor, 20, 0) == bytes(10) + b'x' * 10
