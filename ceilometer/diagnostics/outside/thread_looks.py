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

"""The threads of another process, looked at twice.

What has moved between the looks tells who runs, who stands, and who waits for
Python's interpreter: such a thread asks for it every few milliseconds.
"""

from __future__ import annotations

import os
import pathlib
import time

from ceilometer.diagnostics import contents
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics.secrets import redact

#: So many threads of a process are looked at.
THREADS_READ_MAX = 4000

#: So long one look may take, seconds; a busy machine is slow.
LOOK_SECONDS_MAX = 3.0

#: A thread of which at least so much of the time is spent on a processor, or
#: waiting for one, computes.
BUSY_SHARE = 0.5

# Python wakes a thread that waits for the interpreter every 5 ms (see
# sys.getswitchinterval), 200 times in a second; on a busy machine less often.
_WAKE_UPS_PER_SECOND_MIN = 50
_WAITER_SHARE_MAX = 0.2

#: The thread of an armed process that waits for triggers, as the kernel calls
#: it. Where none is called so, the process is not armed, or by an older
#: version.
ANSWERING = 'diagnostics-tri'

_TICKS = os.sysconf('SC_CLK_TCK')


class Look(named_tuple.NamedTuple):
    """A thread at one moment.

    :ivar name: as the kernel knows it, unmasked
    :ivar state: one of :data:`contents.STATES`, or the kernel's own letter
    :ivar kernel_function: where it waits, None where that is not told
    :ivar cpu_seconds: processor time since it began
    :ivar ran_nsec: the same in nanoseconds; None where not counted
    :ivar queued_nsec: how long it has waited for a processor
    :ivar turns: how often it has been given a processor
    :ivar when: on the clock of time.monotonic()
    """

    name: str
    state: str
    kernel_function: str | None
    cpu_seconds: float
    ran_nsec: int | None
    queued_nsec: int
    turns: int
    when: float


class Looks(named_tuple.NamedTuple):
    """The threads of a process at one moment.

    :ivar total: how many there are
    :ivar threads: those that were looked at, by thread id
    """

    total: int
    threads: dict[int, Look]


def look(directory: pathlib.Path) -> Looks:
    """Look at the threads of a process.

    :param directory: of the process in /proc
    :raises OSError: it is gone, or /proc hides it
    """
    ids = sorted(int(name) for name in os.listdir(directory / 'task'))
    deadline = time.monotonic() + LOOK_SECONDS_MAX
    threads = {}
    for native_id in ids[:THREADS_READ_MAX]:
        if time.monotonic() > deadline:
            break
        found = _look(f'{directory}/task/{native_id}')
        if found is not None:
            threads[native_id] = found
    return Looks(len(ids), threads)


def _look(directory: str) -> Look | None:
    comm, _, rest = _read(f'{directory}/stat').partition('(')[2].rpartition(
        ') ')
    values = rest.split()
    if len(values) < 13:
        # it has ended
        return None
    # 0 where it waits for nothing, or nobody may know; behind a point stands
    # what the compiler has added
    channel = _read(f'{directory}/wchan').strip().partition('.')[0]
    counted = _read(f'{directory}/schedstat').split()
    known = len(counted) == 3 and all(map(str.isdecimal, counted))
    return Look(
        name=comm, state=contents.KERNEL_STATES.get(values[0], values[0]),
        kernel_function=channel if channel not in ('', '0') else None,
        cpu_seconds=(int(values[11]) + int(values[12])) / _TICKS,
        ran_nsec=int(counted[0]) if known else None,
        queued_nsec=int(counted[1]) if known else 0,
        turns=int(counted[2]) if known else 0, when=time.monotonic())


def _read(path: str) -> str:
    try:
        with open(path, encoding='utf-8', errors='backslashreplace') as file:
            return file.read(4096)
    except OSError:
        return ''


def compare(before: Looks, after: Looks) -> list[contents.OutsideThread]:
    """What the threads did between two looks.

    :param before: the first look
    :param after: the second one
    :returns: those that tell most first: what runs, then what waits for
        something else than another thread
    """
    threads = [_compare(native_id, before.threads.get(native_id), now)
               for native_id, now in after.threads.items()]
    return sorted(threads, key=lambda thread: (
        not is_busy(thread), thread['state'] != contents.UNINTERRUPTIBLE,
        thread['wants_interpreter'], waits_for_thread(thread),
        thread['native_id']))


def _compare(native_id: int, before: Look | None,
             now: Look) -> contents.OutsideThread:
    share = turns = None
    wants = False
    if before is not None and before.ran_nsec is not None and (
            now.ran_nsec is not None and now.when > before.when):
        seconds = now.when - before.when
        ran = (now.ran_nsec - before.ran_nsec) / 1e9 / seconds
        share = round(ran + (now.queued_nsec - before.queued_nsec)
                      / 1e9 / seconds, 3)
        turns = now.turns - before.turns
        wants = (ran < _WAITER_SHARE_MAX
                 and turns / seconds >= _WAKE_UPS_PER_SECOND_MIN
                 and is_futex(before.kernel_function, now.kernel_function))
    return {
        'native_id': native_id, 'name': now.name, 'state': now.state,
        'kernel_function': now.kernel_function,
        'cpu_seconds': now.cpu_seconds, 'share': share, 'turns': turns,
        'wants_interpreter': wants}


def is_futex(*functions: str | None) -> bool:
    """Whether a thread waits for another one of its process, or did.

    :param functions: the kernel functions that it was seen in: one look may
        find it awake
    """
    return any(name is not None and name.startswith('futex')
               for name in functions)


def is_busy(thread: contents.OutsideThread) -> bool:
    """Whether a thread computes.

    :param thread: as :func:`compare` gives it
    """
    return (thread['share'] is not None and thread['share'] >= BUSY_SHARE
            and not thread['wants_interpreter'])


def waits_for_thread(thread: contents.OutsideThread) -> bool:
    """Whether a thread waits for another one of its process.

    :param thread: as :func:`compare` gives it
    """
    return is_futex(thread['kernel_function'])


def describe(thread: contents.OutsideThread) -> str:
    """A thread in a sentence.

    :param thread: as :func:`compare` gives it
    """
    words = f'thread {thread["native_id"]} ({redact.line(thread["name"])})'
    if is_busy(thread):
        return f'{words} computes'
    if thread['kernel_function']:
        return f'{words} waits in {thread["kernel_function"]}'
    return f'{words} is {thread["state"]}'
