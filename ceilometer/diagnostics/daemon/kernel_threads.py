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

Read from /proc/self/task (proc(5)). What a kernel does not offer, or a
sandbox hides, is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import os
import time
from typing import NamedTuple

from ceilometer.diagnostics import contents
from ceilometer.diagnostics import pauses

_TICKS = os.sysconf('SC_CLK_TCK')

#: By native id: nanoseconds that a thread ran or could have run, when that was
#: asked, nanoseconds of time.perf_counter_ns(), and how often it has got a
#: processor.
Runnable = dict[int, tuple[int, int, int]]


class KernelThread(NamedTuple):
    """A thread as the kernel sees it.

    :ivar native_id: its thread id, as ``top -H`` and ``ps -L`` show it
    :ivar comm: its name
    :ivar state: one of :data:`contents.STATES`, or the kernel's own letter
    :ivar cpu_seconds: processor time since it began
    :ivar waits_in: the kernel function it waits in, None where not told
    :ivar started: when it was started, clock ticks since the host was
    :ivar switches: how often it got a processor, None where not told
    """

    native_id: int
    comm: str
    state: str
    cpu_seconds: float
    waits_in: str | None
    started: int
    switches: int | None


def read(native_ids: Iterable[int],
         switches: Mapping[int, int] | None = None) -> dict[int, KernelThread]:
    """Threads of this process by native id; without those that have ended.

    :param native_ids: the threads to ask for
    :param switches: how often each of them got a processor, as :func:`shares`
        has found it
    """
    known = switches or {}
    return {native_id: thread for native_id in native_ids
            if (thread := _read(native_id, known.get(native_id))) is not None}


def native_ids() -> list[int]:
    """The threads there are; empty without /proc."""
    try:
        return [int(name) for name in os.listdir('/proc/self/task')]
    except OSError:
        return []


def runnable(native_ids: Iterable[int]) -> Runnable:
    """How long each thread ran, or could have run, until now.

    A thread that computes has little of the processor on a busy machine; for
    the rest of the time it waits for one, which counts as well. Empty where
    the kernel does not count in nanoseconds.

    :param native_ids: the threads to ask for
    """
    return {native_id: (told[0], time.perf_counter_ns(), told[1])
            for native_id in native_ids
            if (told := _scheduled(native_id)) is not None}


def shares(before: Runnable, seconds: float,
           ) -> tuple[dict[int, float], dict[int, int]]:
    """What share of the time since then each thread runs or could run.

    :param before: what :func:`runnable` gave
    :param seconds: how long ago that must be at least; waits until it is
    :returns: the shares; and how often each thread has got a processor
    """
    if before:
        last = max(when for _, when, _ in before.values())
        time.sleep(max(0, seconds - (time.perf_counter_ns() - last) / 1e9))
    now = runnable(before)
    return ({native_id: (nsec - before[native_id][0])
             / (when - before[native_id][1])
             for native_id, (nsec, when, _) in now.items()},
            {native_id: switches
             for native_id, (_, _, switches) in now.items()})


def _read(native_id: int, switches: int | None) -> KernelThread | None:
    pauses.pause()
    stat = _contents(native_id, 'stat')
    if stat is None:
        # it has ended
        return None
    comm, _, rest = stat.partition('(')[2].rpartition(') ')
    values = rest.split()
    return KernelThread(
        native_id=native_id, comm=comm,
        state=contents.KERNEL_STATES.get(values[0], values[0]),
        cpu_seconds=(int(values[11]) + int(values[12])) / _TICKS,
        waits_in=_wait_channel(native_id), started=int(values[19]),
        switches=switches)


def _scheduled(native_id: int) -> tuple[int, int] | None:
    # how long it ran, how long it waited for a processor, and how often it
    # got one (proc(5)); one that is blocked gets none
    told = (_contents(native_id, 'schedstat') or '').split()[:3]
    if len(told) < 3 or not all(map(str.isdecimal, told)):
        return None
    ran, waited, times = map(int, told)
    return ran + waited, times


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
