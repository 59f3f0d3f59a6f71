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

import dataclasses
import os

_STATES = {'R': 'running', 'S': 'waiting', 'D': 'uninterruptible',
           'T': 'stopped', 't': 'traced', 'Z': 'zombie', 'I': 'idle'}
_TICKS = os.sysconf('SC_CLK_TCK')


@dataclasses.dataclass(frozen=True)
class KernelThread:
    """A thread as the kernel sees it.

    :ivar native_id: its thread id, as ``top -H`` and ``ps -L`` show it
    :ivar comm: its name
    :ivar state: ``running`` (or ready to), ``waiting``, ``uninterruptible``…
    :ivar cpu_seconds: processor time since it began
    :ivar run_nsec: the same in nanoseconds, where the kernel counts so
    :ivar waits_in: the kernel function it waits in, None where not told
    """

    native_id: int
    comm: str
    state: str
    cpu_seconds: float
    run_nsec: int | None
    waits_in: str | None


def read_all() -> dict[int, KernelThread]:
    """All threads of this process by native id; empty without /proc."""
    threads = {}
    try:
        names = os.listdir('/proc/self/task')
    except OSError:
        return {}
    for name in names:
        thread = _read(name)
        if thread is not None:
            threads[thread.native_id] = thread
    return threads


def run_times() -> dict[int, int]:
    """Processor time of each thread in nanoseconds, by native id."""
    times = {}
    try:
        names = os.listdir('/proc/self/task')
    except OSError:
        return {}
    for name in names:
        nsec = _run_nsec(name)
        if nsec is not None:
            times[int(name)] = nsec
    return times


def _read(name: str) -> KernelThread | None:
    try:
        with open(f'/proc/self/task/{name}/stat', 'rb') as file:
            stat = file.read().decode(errors='backslashreplace')
    except OSError:
        # it has ended
        return None
    comm, _, rest = stat.partition('(')[2].rpartition(') ')
    values = rest.split()
    waits_in = None
    try:
        with open(f'/proc/self/task/{name}/wchan') as file:
            waits_in = file.read().strip()
    except OSError:
        pass
    return KernelThread(
        native_id=int(name), comm=comm,
        state=_STATES.get(values[0], values[0]),
        cpu_seconds=(int(values[11]) + int(values[12])) / _TICKS,
        run_nsec=_run_nsec(name),
        waits_in=waits_in if waits_in not in ('', '0') else None)


def _run_nsec(name: str) -> int | None:
    try:
        with open(f'/proc/self/task/{name}/schedstat') as file:
            return int(file.read().split()[0])
    except (OSError, ValueError, IndexError):
        return None
