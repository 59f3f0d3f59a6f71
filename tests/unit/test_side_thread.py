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

"""What may hang runs in a thread that can be abandoned."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from ceilometer.diagnostics.daemon import side_thread
from tests import limits


class Thing:
    """Something that a function holds."""


@pytest.fixture
def thread():
    """One that ends with the test."""
    made = side_thread.SideThread()
    yield made
    made.end()


def test_function_runs_in_another_thread(thread):
    """One for all that are run."""
    first = thread.run(threading.current_thread, limits.EVENT_SECONDS)
    assert first is not threading.current_thread()
    assert thread.run(
        threading.current_thread, limits.EVENT_SECONDS) is first


def test_exception_keeps_nothing_alive(thread):
    """What a section held is freed at once, and not when Python collects."""
    references = []

    def fail():
        thing = Thing()
        references.append(weakref.ref(thing))
        raise ValueError('no')

    gc.collect()
    gc.disable()
    try:
        try:
            thread.run(fail, limits.EVENT_SECONDS)
        except ValueError as error:
            assert str(error) == 'no'
        # the thread lets go of the last function as it takes the next
        thread.run(int, limits.EVENT_SECONDS)
        assert references[0]() is None
    finally:
        gc.enable()


@pytest.mark.parametrize('error', [SystemExit, KeyboardInterrupt,
                                   GeneratorExit])
def test_function_cannot_end_the_thread(thread, error):
    """What would end a thread is raised here as all else is."""
    def fail():
        raise error

    first = thread.run(threading.current_thread, limits.EVENT_SECONDS)
    with pytest.raises(error):
        thread.run(fail, limits.EVENT_SECONDS)
    assert thread.run(threading.current_thread,
                      limits.EVENT_SECONDS) is first


def test_function_that_hangs_is_abandoned(thread):
    """Another thread takes the place of its own."""
    released = threading.Event()
    with pytest.raises(side_thread.TimedOut) as caught:
        thread.run(released.wait, 0.1)
    assert thread.run(lambda: 3, limits.EVENT_SECONDS) == 3
    assert caught.value.thread.is_alive()
    released.set()
    caught.value.thread.join(limits.EVENT_SECONDS)
    assert not caught.value.thread.is_alive()


def test_function_runs_here_where_no_thread_can_be_had(thread, monkeypatch):
    """Without a limit, which is better than not at all."""
    def start(self):
        raise MemoryError

    monkeypatch.setattr(threading.Thread, 'start', start)
    assert thread.run(threading.current_thread, limits.EVENT_SECONDS) is (
        threading.current_thread())
