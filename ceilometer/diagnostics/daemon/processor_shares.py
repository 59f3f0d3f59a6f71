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

"""How much of a processor each thread had since the report before.

What is kept is what the kernel has said of each thread, of those that there
are: whoever has ended is forgotten with the next report.

Runs in the thread that collects.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import itertools
import os
import time

from ceilometer.diagnostics.daemon import kernel_threads
from ceilometer.diagnostics import named_tuple

#: So many threads are remembered.
REMEMBERED_MAX = 5000


class _Last(named_tuple.NamedTuple):
    """What is kept of the report before.

    :ivar pid: of the process; one that was forked has not reported
    :ivar moment: time.monotonic()
    :ivar ticks: clock ticks since the host was started
    :ivar threads: by native id
    """

    pid: int
    moment: float
    ticks: float
    threads: dict[int, kernel_threads.KernelThread]


_last: _Last | None = None


def last() -> Mapping[int, kernel_threads.KernelThread]:
    """The threads as they were at the report before, by native id."""
    before = _last
    return {} if before is None or before.pid != os.getpid() else (
        before.threads)


def since_last(seen: Iterable[kernel_threads.KernelThread],
               ) -> dict[int, float]:
    """The share of a processor of each thread, by native id.

    Threads that had not begun at the report before are missing; all are, in
    the first report. Called once a report.

    :param seen: all threads, now
    """
    global _last
    now = time.monotonic()
    threads = {one.native_id: one
               for one in itertools.islice(seen, REMEMBERED_MAX)}
    before = last()
    elapsed = now - _last.moment if _last is not None else 0.0
    # on the clock on which the kernel tells when a thread has started
    ticks = time.clock_gettime(time.CLOCK_BOOTTIME) * kernel_threads.TICKS
    told_until = 0.0 if _last is None else _last.ticks
    _last = _Last(os.getpid(), now, ticks, threads)
    if elapsed <= 0:
        return {}
    shares = {}
    for native_id, thread in threads.items():
        earlier = before.get(native_id)
        if earlier is thread:
            # it has not run
            shares[native_id] = 0.0
        elif (earlier is not None and thread.started is not None
                and thread.started <= told_until):
            shares[native_id] = max(
                0.0, thread.cpu_seconds - earlier.cpu_seconds) / elapsed
    return shares
