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

"""Which threads of this process run, and for what share of the time.

Each has a clock of the processor time it has had, in nanoseconds, which takes
a tenth of the time of a file of /proc. Of some is asked as well for how long
they waited for a processor.

Runs in the thread that collects.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
import time

from ceilometer.diagnostics.daemon import kernel_threads
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import pauses

#: Of so many threads is read at once how long they waited for a processor; of
#: more only of those that run at all.
EXACT_MAX = 32

#: For how long at least it is measured of those.
EXACT_SECONDS = 0.005

#: After so long the measurement ends where no thread does more than wake up
#: now and then. One that wants to compute has had the interpreter by then: it
#: is taken from any other after 5 ms.
QUIET_SECONDS = 0.01

#: What a thread has of that time at most, which only wakes up now and then;
#: half of what makes one a running thread.
QUIET_SHARE = 0.1

# the clock of a thread of this process, by its native id, as Linux numbers it
# (clock_getcpuclockid(3)): that of one thread, of the time it was scheduled
_THREAD_CLOCK = 0b110


class Begun(named_tuple.NamedTuple):
    """The beginning of a measurement.

    :ivar clocks: processor time by native id, nanoseconds
    :ivar when_nsec: when that was asked, time.perf_counter_ns()
    :ivar scheduled: of some of these threads
    """

    clocks: dict[int, int]
    when_nsec: int
    scheduled: dict[int, kernel_threads.Scheduled]


class Measured(named_tuple.NamedTuple):
    """What share of the time each thread ran or could run.

    :ivar shares: by native id; none of those that did not run
    :ivar clocks: processor time in the end, by native id, nanoseconds
    :ivar scheduled: what the scheduler told in the end, of some of them
    """

    shares: dict[int, float]
    clocks: dict[int, int]
    scheduled: dict[int, kernel_threads.Scheduled]


def begin(native_ids: Iterable[int]) -> Begun:
    """Begin to measure how long each thread runs, or could run.

    A thread that computes has little of the processor on a busy machine; for
    the rest of the time it waits for one, which counts as well. Empty where
    the kernel does not count in nanoseconds.

    :param native_ids: the threads to ask for
    """
    threads = list(native_ids)
    clocks = _clocks(threads)
    return Begun(clocks, time.perf_counter_ns(),
                 _scheduled(threads if len(threads) <= EXACT_MAX else ()))


def wait_left(begun: Begun, seconds: float) -> float:
    """For how long :func:`measure` would wait at least, seconds.

    :param begun: what :func:`begin` gave
    :param seconds: as for :func:`measure`
    """
    if not begun.clocks and not begun.scheduled:
        return 0.0
    if begun.scheduled:
        seconds = min(seconds, QUIET_SECONDS)
    return begun.when_nsec / 1e9 + seconds - time.perf_counter()


def measure(begun: Begun, seconds: float,
            ours: Collection[int] = ()) -> Measured:
    """What share of the time since then each thread runs or could run.

    :param begun: what :func:`begin` gave
    :param seconds: how long ago that must be at least; waits until it is, but
        for no longer than QUIET_SECONDS where all is quiet
    :param ours: the threads that are busy with the report, by native id
    """
    until = begun.when_nsec + seconds * 1e9
    scheduled = begun.scheduled
    clocks = None
    if scheduled:
        if (left := wait_left(begun, seconds)) > 0:
            time.sleep(left)
        if _is_quiet(scheduled, ours):
            until = 0.0
    elif begun.clocks:
        # one that waits for a processor all the time has a state that says so
        clocks = _clocks(begun.clocks)
        scheduled = _scheduled(
            native_id for native_id, clock in clocks.items()
            if clock != begun.clocks[native_id])
        if scheduled:
            until = max(until, time.perf_counter_ns() + EXACT_SECONDS * 1e9)
    left_nsec = until - time.perf_counter_ns()
    if left_nsec > 0 and (begun.clocks or scheduled):
        time.sleep(left_nsec / 1e9)
        clocks = None
    if clocks is None:
        clocks = _clocks(begun.clocks)
    nsec = time.perf_counter_ns() - begun.when_nsec
    shares = {native_id: (clock - begun.clocks[native_id]) / nsec
              for native_id, clock in clocks.items()
              if clock != begun.clocks[native_id]}
    now = _scheduled(scheduled)
    shares.update(_shares(scheduled, now))
    return Measured(shares, clocks, now)


def _is_quiet(scheduled: dict[int, kernel_threads.Scheduled],
              ours: Collection[int]) -> bool:
    """Whether no thread of the daemon has computed since then."""
    return all(share < QUIET_SHARE or native_id in ours for native_id, share
               in _shares(scheduled, _scheduled(scheduled)).items())


def _shares(before: dict[int, kernel_threads.Scheduled],
            now: dict[int, kernel_threads.Scheduled]) -> dict[int, float]:
    """What share of the time between them each thread ran or could run."""
    return {native_id: (told.runnable_nsec - before[native_id].runnable_nsec)
            / (told.when_nsec - before[native_id].when_nsec)
            for native_id, told in now.items()}


def _clocks(native_ids: Iterable[int]) -> dict[int, int]:
    """Processor time of each thread, nanoseconds; none of what has ended."""
    clocks = {}
    for native_id in native_ids:
        try:
            clocks[native_id] = time.clock_gettime_ns(
                ~native_id << 3 | _THREAD_CLOCK)
        except OSError:
            # it has ended, or there is no such clock
            continue
    return clocks


def _scheduled(native_ids: Iterable[int],
               ) -> dict[int, kernel_threads.Scheduled]:
    found = {}
    for native_id in native_ids:
        pauses.pause()
        told = kernel_threads.schedule(native_id)
        if told is not None:
            found[native_id] = told
    return found
