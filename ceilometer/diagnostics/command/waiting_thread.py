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

"""Signals the thread that waits, where its process would lose the signal.

An armed process ignores the signal, and has it blocked: then the kernel keeps
it for the thread that waits. Where a library has set the signal mask of the
main thread anew, nothing keeps what is sent to the process. What is sent to
the thread that waits is kept nevertheless.
"""

from __future__ import annotations

import ctypes
import pathlib
import time

from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics.outside import proc_files

#: What is told of a process that cannot be signalled so.
LOST = (f'{unit_processes.SIGNAL.name} is not blocked in its main thread any '
        'more, so the kernel drops it: run trigger as root, which signals the '
        'thread that waits')

# For a moment a thread that begins to wait looks as any other.
_LOOKS = 5
_BETWEEN_LOOKS_SECONDS = 0.01

_BIT = 1 << (unit_processes.SIGNAL - 1)
_PROC = pathlib.Path('/proc')


def of(pid: int, proc: pathlib.Path = _PROC) -> list[int]:
    """The threads that may wait, of a process that would lose the signal.

    :param pid: the process
    :param proc: where /proc is mounted
    :returns: their ids; none if it takes the signal, or if nobody waits
    """
    directory = proc / str(pid)
    try:
        # the kernel asks the main thread, whoever would take the signal
        main = proc_files.status(directory / 'task' / str(pid))
        if not int(main['SigIgn'], 16) & _BIT or (
                int(main['SigBlk'], 16) & _BIT):
            return []
        for _ in range(_LOOKS):
            if found := _candidates(directory):
                return found
            time.sleep(_BETWEEN_LOOKS_SECONDS)
    except (OSError, KeyError, ValueError):
        # it has ended, or a thread of it has
        pass
    return []


def _candidates(directory: pathlib.Path) -> list[int]:
    """The threads that wait; if there are none, those that may begin to."""
    waiting, blocking = [], []
    for task in (directory / 'task').iterdir():
        if task.name == directory.name:
            continue
        if _waits(task):
            waiting.append(int(task.name))
        elif int(proc_files.status(task)['SigBlk'], 16) & _BIT:
            blocking.append(int(task.name))
    return waiting or blocking


def _waits(task: pathlib.Path) -> bool:
    """Whether a thread waits for signals, as far as one may see that."""
    try:
        return 'sigtimedwait' in (task / 'wchan').read_text()
    except OSError:
        return False


def signal(pid: int, threads: list[int]) -> bool:
    """Signal threads of a process, which ignores the signal.

    So nothing happens in those that do not wait for it.

    :param pid: the process
    :param threads: their ids, from :func:`of`
    :returns: whether one could be signalled
    """
    try:
        # Python's own function is for threads of the same process
        kill = ctypes.CDLL(None).tgkill
    except (AttributeError, OSError):
        return False
    return any([kill(pid, thread, int(unit_processes.SIGNAL)) == 0
                for thread in threads])
