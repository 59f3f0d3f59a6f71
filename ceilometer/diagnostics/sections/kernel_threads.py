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


def read(native_ids: Iterable[int]) -> dict[int, KernelThread]:
    """Threads of this process by native id; without those that have ended.

    :param native_ids: the threads to ask for
    """
    return {native_id: thread for native_id in native_ids
            if (thread := _read(native_id)) is not None}


def native_ids() -> list[int]:
    """The threads there are; empty without /proc."""
    try:
        return [int(name) for name in os.listdir('/proc/self/task')]
    except OSError:
        return []


def run_times(native_ids: Iterable[int]) -> dict[int, int]:
    """Processor time of threads in nanoseconds, by native id.

    :param native_ids: the threads to ask for
    """
    return {native_id: nsec for native_id in native_ids
            if (nsec := _run_nsec(native_id)) is not None}


def _read(native_id: int) -> KernelThread | None:
    try:
        with open(f'/proc/self/task/{native_id}/stat', 'rb') as file:
            stat = file.read().decode(errors='backslashreplace')
    except OSError:
        # it has ended
        return None
    comm, _, rest = stat.partition('(')[2].rpartition(') ')
    values = rest.split()
    return KernelThread(
        native_id=native_id, comm=comm,
        state=_STATES.get(values[0], values[0]),
        cpu_seconds=(int(values[11]) + int(values[12])) / _TICKS,
        run_nsec=_run_nsec(native_id),
        waits_in=_wait_channel(native_id))


def _run_nsec(native_id: int) -> int | None:
    try:
        with open(f'/proc/self/task/{native_id}/schedstat') as file:
            return int(file.read().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _wait_channel(native_id: int) -> str | None:
    try:
        with open(f'/proc/self/task/{native_id}/wchan') as file:
            # 0 where it waits for nothing, or nobody may know; behind a
            # point stands what the compiler has added
            channel = file.read().strip().partition('.')[0]
    except OSError:
        return None
    return channel if channel not in ('', '0') else None
