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

"""Where a worker stood when it crashed, for its master to tell.

An exception that ends a worker leaves its traceback in the same place.

A worker that is killed by SIGSEGV, SIGABRT, SIGBUS or SIGFPE can run no Python
code any more. The standard library's faulthandler can still write the stacks
of its threads, in C, and then lets the signal do what it does: exit statuses
and core dumps are as before. It writes them to a place of the worker's own in
the file in memory that the processes of the service share; see :mod:`.turn`.

Where somebody else has enabled faulthandler, as PYTHONFAULTHANDLER does, it is
left alone.

Runs in the worker as it begins, and in the thread of cotyledon's manager.
Nothing here raises or blocks.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import struct

from ceilometer.diagnostics.daemon import turn

#: So much of what was written is told.
STACKS_BYTES_MAX = 16 * 1024

# Behind what :mod:`.last_words` has there. What is never written takes no
# memory.
_OFFSET = 1024 * 1024
_PLACES = 64
_PLACE_BYTES = 256 * 1024

# a mark, and the process
_HEAD = struct.Struct('<4sI')
_MARK = b'dump'

_enabled = False


def begin(descriptor: int | None) -> None:
    """Have the stacks of this process written where it crashes.

    A second time does nothing. The descriptor that this opens stays open.

    :param descriptor: of the file that the processes of the service share,
        None where they share none
    """
    global _enabled
    if (descriptor is None or faulthandler.is_enabled()
            or not turn.is_ours(descriptor)):
        return
    place = _place(os.getpid())
    with contextlib.suppress(OSError, ValueError):
        _forget(descriptor, place)
        os.pwrite(descriptor, _HEAD.pack(_MARK, os.getpid()), place)
        # opened anew, it has a position of its own
        own = os.open(f'/proc/self/fd/{descriptor}',
                      os.O_WRONLY | os.O_CLOEXEC)
        os.lseek(own, place + _HEAD.size, os.SEEK_SET)
        faulthandler.enable(own, all_threads=True)
        _enabled = True


def leave(descriptor: int | None, lines: list[str]) -> None:
    """Leave where the exception was raised that ends this process.

    :param descriptor: of the file that the processes of the service share,
        None where they share none
    :param lines: the traceback
    """
    if descriptor is None or not turn.is_ours(descriptor):
        return
    place = _place(os.getpid())
    title, *others = (line.encode(errors='replace') for line in lines)
    size = len(title)
    kept: list[bytes] = []
    # what tells most is at the end
    for line in reversed(others):
        size += len(line) + 1
        if size > STACKS_BYTES_MAX:
            break
        kept.insert(0, line)
    text = b'\n'.join([title, *kept])
    with contextlib.suppress(OSError):
        _forget(descriptor, place)
        os.pwrite(descriptor, _HEAD.pack(_MARK, os.getpid()) + text, place)


def forked() -> None:
    """Let go what is of another process; called in its fork."""
    global _enabled
    if _enabled:
        _enabled = False
        faulthandler.disable()


def of(descriptor: int | None, pid: int) -> str | None:
    """What a process that has died has written, and forget it.

    :param descriptor: of the file that the processes of the service share
    :param pid: the process
    :returns: None if it has written nothing, or another has its place now
    """
    if descriptor is None or not turn.is_ours(descriptor):
        return None
    place = _place(pid)
    try:
        page = os.pread(descriptor, _HEAD.size + STACKS_BYTES_MAX, place)
        if page[:_HEAD.size] != _HEAD.pack(_MARK, pid):
            return None
        _forget(descriptor, place)
    except OSError:
        return None
    written = page[_HEAD.size:].partition(b'\0')[0]
    return written.decode(errors='replace').strip() or None


def _forget(descriptor: int, place: int) -> None:
    # what was never written stays so
    if any(os.pread(descriptor, _HEAD.size + 1, place)):
        os.pwrite(descriptor, bytes(_PLACE_BYTES), place)


def _place(pid: int) -> int:
    return _OFFSET + pid % _PLACES * _PLACE_BYTES
