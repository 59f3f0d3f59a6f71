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

What is kept is three numbers a thread, of those that there are: whoever has
ended is forgotten with the next report.

Runs in the thread that collects.
"""

from __future__ import annotations

from collections.abc import Iterable
import os
import time
from typing import NamedTuple

from ceilometer.diagnostics.daemon import kernel_threads

#: So many threads are remembered.
REMEMBERED_MAX = 5000


class _Last(NamedTuple):
    """What is kept of the report before.

    :ivar pid: of the process; one that was forked has not reported
    :ivar moment: time.monotonic()
    :ivar seconds: processor time, by native id and start of the thread
    """

    pid: int
    moment: float
    seconds: dict[tuple[int, int], float]


_last: _Last | None = None


def since_last(seen: Iterable[kernel_threads.KernelThread],
               ) -> dict[int, float]:
    """The share of a processor of each thread, by native id.

    Threads that had not begun at the report before are missing; all are, in
    the first report. Called once a report.

    :param seen: all threads, now
    """
    global _last
    now = time.monotonic()
    pid = os.getpid()
    seconds = {(one.native_id, one.started): one.cpu_seconds
               for one in list(seen)[:REMEMBERED_MAX]}
    before = _last
    _last = _Last(pid, now, seconds)
    if before is None or before.pid != pid or now <= before.moment:
        return {}
    return {
        key[0]: max(0.0, used - before.seconds[key]) / (now - before.moment)
        for key, used in seconds.items() if key in before.seconds}
