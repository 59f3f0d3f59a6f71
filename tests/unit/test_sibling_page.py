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

"""Which processes of a service there are, and how far each has come."""

from __future__ import annotations

import os
import tempfile
import threading
import time


from ceilometer.diagnostics.daemon import sibling_page

TRIGGER = 'ab' * 16


def test_what_a_process_notes_is_read(descriptor: int) -> None:
    """Each thing by itself; it leaves nothing."""
    waiter = threading.get_native_id()
    place = sibling_page.take(descriptor, waiter)
    assert place is not None
    started = sibling_page.started(os.getpid())
    assert started is not None
    noted = sibling_page.Sibling(
        place, os.getpid(), started, waiter, 0, 0, bytes(16))
    assert sibling_page.every(descriptor) == [noted] and noted.lives

    before = time.monotonic_ns()
    sibling_page.note_begun(descriptor, place)
    begun = sibling_page.again(descriptor, noted)
    assert begun is not None and begun.begun_nsec >= before
    assert begun._replace(begun_nsec=0) == noted

    sibling_page.note_trigger(descriptor, place, TRIGGER)
    asked = sibling_page.again(descriptor, noted)
    assert asked == begun._replace(trigger=bytes.fromhex(TRIGGER))

    sibling_page.note_told(descriptor, noted, before)
    told = sibling_page.again(descriptor, noted)
    assert told is not None and told.told_nsec == before
    assert told._replace(told_nsec=0) == asked

    assert not noted.answers and told.answers
    sibling_page.note_answered(descriptor, place, begun.begun_nsec - 1)
    early = sibling_page.again(descriptor, noted)
    assert early is not None and early.answers
    sibling_page.note_answered(descriptor, place, begun.begun_nsec + 1)
    done = sibling_page.again(descriptor, noted)
    assert done is not None and not done.answers
    assert done._replace(answered_nsec=0) == told

    sibling_page.note_trigger(descriptor, place, None)
    assert sibling_page.again(descriptor, noted) == done
    sibling_page.leave(descriptor, place)
    assert sibling_page.every(descriptor) == []


def test_who_has_no_place_notes_nothing(descriptor: int) -> None:
    """Nor into a file that is another one by now."""
    sibling_page.note_begun(descriptor, None)
    sibling_page.note_begun(None, 0)
    sibling_page.leave(descriptor, None)
    assert sibling_page.every(descriptor) == []
    with tempfile.TemporaryFile() as other:
        assert sibling_page.take(other.fileno(), 1) is None
        sibling_page.note_begun(other.fileno(), 0)
        sibling_page.note_trigger(other.fileno(), 0, TRIGGER)
        sibling_page.leave(other.fileno(), 0)
        assert os.fstat(other.fileno()).st_size == 0
