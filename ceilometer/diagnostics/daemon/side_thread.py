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

"""Runs what may hang, in a thread beside the reporter's.

Only a thread can be abandoned: Python has no way to end what it runs. One
that was left behind ends with what it does, or never, and then costs a
thread; it is a daemon thread, which no end of the process waits for.
"""

from __future__ import annotations

# Not queue, in which eventlet puts others in the place of these.
import _queue
from collections.abc import Callable
import contextlib
import threading
from typing import Any
from typing import TypeVar

from ceilometer.diagnostics.daemon import own_thread

_T = TypeVar('_T')

THREAD_NAME = 'diagnostics-section'


class TimedOut(Exception):
    """A function took too long.

    :ivar thread: the thread that still runs it
    """

    def __init__(self, thread: threading.Thread) -> None:
        super().__init__(thread)
        self.thread = thread


class SideThread:
    """A thread that can be abandoned; the next one takes its place.

    Used by one thread, that of the reporter.

    :param ends: whether the process ends, and nothing is waited for any more
    """

    def __init__(self, ends: Callable[[], bool] = bool) -> None:
        self._ends = ends
        self._thread: threading.Thread | None = None
        self._jobs: _queue.SimpleQueue[
            Callable[[], Any] | None] = _queue.SimpleQueue()
        self._results: _queue.SimpleQueue[
            tuple[Any, BaseException | None] | None] = _queue.SimpleQueue()

    def wake(self) -> None:
        """Have nothing waited for any more, because the process ends.

        Called in any thread, once what was given as ``ends`` says so.
        """
        self._results.put(None)

    def run(self, function: Callable[[], _T], seconds: float) -> _T:
        """Run a function in the thread, and wait for it.

        :param function: what to run; its exceptions are raised here
        :param seconds: for how long to wait
        :returns: what the function returned
        :raises TimedOut: it took longer, or the process ends; its thread is
            abandoned
        """
        thread = self._thread or self._start()
        if thread is None:
            # No thread is to be had: better without a limit than not at all.
            return function()
        self._jobs.put(function)
        returned = None
        if not self._ends():
            with contextlib.suppress(_queue.Empty):
                returned = self._results.get(timeout=seconds)
        if returned is None:
            self.end()
            raise TimedOut(thread)
        result, error = returned
        del returned
        if error is not None:
            try:
                raise error
            finally:
                # else it would keep, by way of this frame, itself alive and
                # all that the function held
                del error
        value: _T = result
        return value

    def end(self) -> None:
        """Have the thread end, when it has done what it does."""
        self._jobs.put(None)
        self._thread = None

    def _start(self) -> threading.Thread | None:
        self._jobs = _queue.SimpleQueue()
        self._results = _queue.SimpleQueue()
        thread = own_thread.OwnThread(
            target=_work, args=(self._jobs, self._results), daemon=True,
            name=THREAD_NAME)
        try:
            thread.start()
        except (MemoryError, RuntimeError):
            return None
        self._thread = thread
        return thread


def _work(jobs: _queue.SimpleQueue[Callable[[], Any] | None],
          results: _queue.SimpleQueue[
              tuple[Any, BaseException | None] | None],
          ) -> None:
    while (job := jobs.get()) is not None:
        try:
            results.put((job(), None))
        except BaseException as error:
            results.put((None, error))
