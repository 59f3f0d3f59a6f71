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
so as little as possible is read of each of a thousand threads. One whose clock
(:mod:`.running_threads`) stands where it stood has not run, and whatever was
read of it before is what there would be to read now.

What a kernel does not offer, or a sandbox hides, is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import os
import time

from ceilometer.diagnostics import contents
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import pauses

#: Of so many threads is told how often each got a processor. Of more that is
#: not read of those that only wait, as long as none of them has run between
#: two reports: the clock of each tells whether it has.
COUNTED_MAX = 256

#: How many of its ticks the kernel's clocks have in a second.
TICKS = os.sysconf('SC_CLK_TCK')

# Functions of the kernel, of any version, in which a thread only waits where
# it can be interrupted: its state is known from that.
_WAITING_IN = frozenset((
    'futex_do_wait', 'futex_wait_queue', 'futex_wait_queue_me', 'ep_poll',
    'poll_schedule_timeout', 'do_nanosleep', 'hrtimer_nanosleep',
    'do_sigtimedwait'))


class Scheduled(named_tuple.NamedTuple):
    """What the scheduler has told of a thread.

    :ivar runnable_nsec: how long it ran, or waited for a processor
    :ivar when_nsec: when that was asked, time.perf_counter_ns()
    :ivar switches: how often it has got a processor
    """

    runnable_nsec: int
    when_nsec: int
    switches: int


class KernelThread(named_tuple.NamedTuple):
    """A thread as the kernel sees it.

    :ivar native_id: its thread id, as ``top -H`` and ``ps -L`` show it
    :ivar comm: its name; None where that was not needed, see :func:`comm`
    :ivar state: one of :data:`contents.STATES`, or the kernel's own letter
    :ivar cpu_seconds: processor time since it began
    :ivar waits_in: the kernel function it waits in, None where not told
    :ivar started: when it was started, clock ticks since the host was; None
        where that was not needed
    :ivar switches: how often it got a processor, None where not told, or not
        asked
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


def read(native_ids: Iterable[int], clocks: Mapping[int, int],
         scheduled: Mapping[int, Scheduled],
         known: Mapping[int, KernelThread],
         ) -> dict[int, KernelThread]:
    """Threads of this process by native id; without those that have ended.

    :param native_ids: the threads to ask for
    :param clocks: processor time of each, nanoseconds, where that is known
    :param scheduled: what :func:`schedule` has told of some of them
    :param known: what this has given for the report before
    """
    threads = list(native_ids)
    # a kernel that does not tell the switches may have coarse clocks
    is_exact = _switches(os.getpid()) is not None
    is_counted = len(threads) <= COUNTED_MAX
    found = {}
    for native_id in threads:
        clock = clocks.get(native_id)
        thread = known.get(native_id)
        if (thread is None or clock is None or thread.clock != clock
                or not is_exact):
            thread = _read(native_id, clock, scheduled.get(native_id),
                           thread is None, is_counted)
        if thread is not None:
            found[native_id] = thread
    return found


def native_ids() -> list[int]:
    """The threads there are; empty without /proc."""
    try:
        return list(map(int, os.listdir('/proc/self/task')))
    except OSError:
        return []


def _read(native_id: int, clock: int | None, scheduled: Scheduled | None,
          is_new: bool, is_counted: bool) -> KernelThread | None:
    """A thread as it is now; None if it has ended.

    :param clock: processor time, nanoseconds, None if that is not known
    :param scheduled: what the scheduler has told
    :param is_new: whether it was in no report before; when others have
        started is asked, because one may have got the id of another
    :param is_counted: whether it is asked how often any got a processor
    """
    pauses.pause()
    comm = started = None
    ticks = 0
    state = contents.WAITING
    waits_in = _wait_channel(native_id)
    only_waits = is_new and clock is not None and waits_in in _WAITING_IN
    if not only_waits:
        stat = _contents(native_id, 'stat')
        if stat is None:
            # it has ended
            return None
        comm, _, rest = stat.partition('(')[2].rpartition(') ')
        values = rest.split(' ', 20)
        state = contents.KERNEL_STATES.get(values[0], values[0])
        ticks = int(values[11]) + int(values[12])
        started = int(values[19])
    switches = None if scheduled is None else scheduled.switches
    if switches is None and (is_counted or not only_waits):
        switches = _switches(native_id)
    # all by position: that takes a quarter of the time
    return KernelThread(
        native_id, comm, state,
        ticks / TICKS if clock is None else clock / 1e9, waits_in, started,
        switches, clock)


def comm(native_id: int) -> str | None:
    """The name that the kernel has for a thread; None if it has ended.

    :param native_id: of the thread
    """
    told = _contents(native_id, 'comm')
    return None if told is None else told.removesuffix('\n')


def schedule(native_id: int) -> Scheduled | None:
    """What the scheduler tells of a thread now; None if it tells nothing.

    :param native_id: of the thread
    """
    # how long it ran, how long it waited for a processor, and how often it
    # got one (proc(5)); one that is blocked gets none
    told = (_contents(native_id, 'schedstat') or '').split()
    try:
        ran, waited, times = map(int, told[:3])
    except ValueError:
        return None
    return Scheduled(ran + waited, time.perf_counter_ns(), times)


def _switches(native_id: int) -> int | None:
    told = schedule(native_id)
    return None if told is None else told.switches


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
