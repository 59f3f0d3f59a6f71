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

"""What the kernel says of the threads of this process.

Read from /proc/self/task (proc(5)), which takes some 10 microseconds a file;
so as little as possible is read of each of a thousand threads. Each thread
also has a clock of the processor time it has had, in nanoseconds, which takes
a tenth of that: a thread whose clock stands where it stood has not run, and
whatever was read of it before is what there would be to read now.

What a kernel does not offer, or a sandbox hides, is left out.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
import os
import time

from ceilometer.diagnostics import contents
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

#: How many of its ticks the kernel's clocks have in a second.
TICKS = os.sysconf('SC_CLK_TCK')

# Functions of the kernel, of any version, in which a thread only waits where
# it can be interrupted: its state is known from that.
_WAITING_IN = frozenset((
    'futex_do_wait', 'futex_wait_queue', 'futex_wait_queue_me', 'ep_poll',
    'poll_schedule_timeout', 'do_nanosleep', 'hrtimer_nanosleep',
    'do_sigtimedwait'))

# the clock of a thread of this process, by its native id, as Linux numbers it
# (clock_getcpuclockid(3)): that of one thread, of the time it was scheduled
_THREAD_CLOCK = 0b110


class Scheduled(named_tuple.NamedTuple):
    """What the scheduler has told of a thread.

    :ivar runnable_nsec: how long it ran, or waited for a processor
    :ivar when_nsec: when that was asked, time.perf_counter_ns()
    :ivar switches: how often it has got a processor
    """

    runnable_nsec: int
    when_nsec: int
    switches: int


class Begun(named_tuple.NamedTuple):
    """The beginning of a measurement.

    :ivar clocks: processor time by native id, nanoseconds
    :ivar when_nsec: when that was asked, time.perf_counter_ns()
    :ivar scheduled: of some of these threads
    """

    clocks: dict[int, int]
    when_nsec: int
    scheduled: dict[int, Scheduled]


class Measured(named_tuple.NamedTuple):
    """What share of the time each thread ran or could run.

    :ivar shares: by native id; none of those that did not run
    :ivar clocks: processor time in the end, by native id, nanoseconds
    :ivar scheduled: what the scheduler told in the end, of some of them
    """

    shares: dict[int, float]
    clocks: dict[int, int]
    scheduled: dict[int, Scheduled]


class KernelThread(named_tuple.NamedTuple):
    """A thread as the kernel sees it.

    :ivar native_id: its thread id, as ``top -H`` and ``ps -L`` show it
    :ivar comm: its name; None where that was not needed, see :func:`comm`
    :ivar state: one of :data:`contents.STATES`, or the kernel's own letter
    :ivar cpu_seconds: processor time since it began
    :ivar waits_in: the kernel function it waits in, None where not told
    :ivar started: when it was started, clock ticks since the host was; None
        where that was not needed
    :ivar switches: how often it got a processor, None where not told
    :ivar clock: processor time before all this was read, nanoseconds; None
        where that was not told
    """

    native_id: int
    comm: str | None
    state: str
    cpu_seconds: float
    waits_in: str | None
    started: int | None
    switches: int | None
    clock: int | None = None


def read(native_ids: Iterable[int], measured: Measured | None = None,
         before: Mapping[int, KernelThread] | None = None,
         ) -> dict[int, KernelThread]:
    """Threads of this process by native id; without those that have ended.

    :param native_ids: the threads to ask for
    :param measured: what :func:`measure` has found of them
    :param before: what this has given for the report before
    """
    clocks = measured.clocks if measured else {}
    scheduled = measured.scheduled if measured else {}
    known = before or {}
    found = {}
    for native_id in native_ids:
        clock = clocks.get(native_id)
        thread = known.get(native_id)
        # a kernel that does not tell the switches may have coarse clocks
        if (thread is None or clock is None or thread.clock != clock
                or thread.switches is None):
            thread = _read(native_id, clock, scheduled.get(native_id),
                           thread is None)
        if thread is not None:
            found[native_id] = thread
    return found


def native_ids() -> list[int]:
    """The threads there are; empty without /proc."""
    try:
        return list(map(int, os.listdir('/proc/self/task')))
    except OSError:
        return []


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


def _is_quiet(scheduled: dict[int, Scheduled],
              ours: Collection[int]) -> bool:
    """Whether no thread of the daemon has computed since then."""
    return all(share < QUIET_SHARE or native_id in ours for native_id, share
               in _shares(scheduled, _scheduled(scheduled)).items())


def _shares(before: dict[int, Scheduled],
            now: dict[int, Scheduled]) -> dict[int, float]:
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


def _scheduled(native_ids: Iterable[int]) -> dict[int, Scheduled]:
    found = {}
    for native_id in native_ids:
        pauses.pause()
        told = _schedule(native_id)
        if told is not None:
            found[native_id] = told
    return found


def _read(native_id: int, clock: int | None, scheduled: Scheduled | None,
          is_new: bool) -> KernelThread | None:
    """A thread as it is now; None if it has ended.

    :param clock: processor time, nanoseconds, None if that is not known
    :param scheduled: what the scheduler has told
    :param is_new: whether it was in no report before; when others have
        started is asked, because one may have got the id of another
    """
    pauses.pause()
    comm = started = None
    ticks = 0
    state = contents.WAITING
    waits_in = _wait_channel(native_id)
    if not is_new or clock is None or waits_in not in _WAITING_IN:
        stat = _contents(native_id, 'stat')
        if stat is None:
            # it has ended
            return None
        comm, _, rest = stat.partition('(')[2].rpartition(') ')
        values = rest.split(' ', 20)
        state = contents.KERNEL_STATES.get(values[0], values[0])
        ticks = int(values[11]) + int(values[12])
        started = int(values[19])
    # all by position: that takes a quarter of the time
    return KernelThread(
        native_id, comm, state,
        ticks / TICKS if clock is None else clock / 1e9, waits_in, started,
        _switches(native_id) if scheduled is None else scheduled.switches,
        clock)


def comm(native_id: int) -> str | None:
    """The name that the kernel has for a thread; None if it has ended.

    :param native_id: of the thread
    """
    told = _contents(native_id, 'comm')
    return None if told is None else told.removesuffix('\n')


def _schedule(native_id: int) -> Scheduled | None:
    # how long it ran, how long it waited for a processor, and how often it
    # got one (proc(5)); one that is blocked gets none
    told = (_contents(native_id, 'schedstat') or '').split()
    try:
        ran, waited, times = map(int, told[:3])
    except ValueError:
        return None
    return Scheduled(ran + waited, time.perf_counter_ns(), times)


def _switches(native_id: int) -> int | None:
    told = (_contents(native_id, 'schedstat') or '').split()
    return int(told[2]) if len(told) > 2 and told[2].isdigit() else None


def _wait_channel(native_id: int) -> str | None:
    # 0 where it waits for nothing, or nobody may know; behind a point stands
    # what the compiler has added
    channel = (_contents(native_id, 'wchan') or '').strip().partition('.')[0]
    return channel if channel not in ('', '0') else None


def _contents(native_id: int, name: str) -> str | None:
    # half the time of open(), for each of a thousand threads
    try:
        descriptor = os.open(f'/proc/self/task/{native_id}/{name}',
                             os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(descriptor, 4096).decode(errors='backslashreplace')
    except OSError:
        return None
    finally:
        os.close(descriptor)
