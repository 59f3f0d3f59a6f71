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

An exception that ends a worker leaves its traceback in the same place. For
the crash of the master itself, see :mod:`.master_death`.

A process that is killed by SIGSEGV, SIGABRT, SIGBUS or SIGFPE can run no
Python code any more. The standard library's faulthandler can still write the
stacks of its threads, in C, and then lets the signal do what it does: exit
statuses and core dumps are as before. It writes them to a place of the
process's own in the file in memory that the processes of the service share;
see :mod:`.turn`.

Where somebody else has enabled faulthandler, as PYTHONFAULTHANDLER does, it is
left alone.

Runs in the process as it begins, and in the thread of cotyledon's manager.
Nothing here raises or blocks.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import struct

from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import named_tuple

#: So much of what was written is told.
STACKS_BYTES_MAX = 16 * 1024

#: How what tells of the thread that crashed begins; newer Pythons tell its
#: calls in C as well. It is anywhere among the others.
CRASHED = 'Current thread'

# a mark, and the process
_HEAD = struct.Struct('<4sI')
_MARK = b'dump'


class Opened(named_tuple.NamedTuple):
    """A descriptor, and what it was opened for.

    :ivar descriptor: the descriptor
    :ivar link: what /proc says it leads to
    """

    descriptor: int
    link: str

    @classmethod
    def of(cls, descriptor: int) -> Opened:
        """Note what a descriptor was opened for.

        :param descriptor: the descriptor
        :raises OSError: there is no /proc
        """
        return cls(descriptor, os.readlink(f'/proc/self/fd/{descriptor}'))

    def is_open(self) -> bool:
        """Whether nobody has closed it, and opened something else there."""
        try:
            return Opened.of(self.descriptor) == self
        except OSError:
            return False

    def close(self) -> None:
        """Close it, unless others have."""
        with contextlib.suppress(OSError):
            if self.is_open():
                os.close(self.descriptor)


# What faulthandler writes to.
_own: Opened | None = None

# Whose place has been cleared, and where.
_begun: tuple[int, int] | None = None


def begin(descriptor: int | None) -> None:
    """Have the stacks of this process written where it crashes.

    A second time does nothing. The descriptor that this opens stays open.

    :param descriptor: of the file that the processes of the service share,
        None where they share none
    """
    if descriptor is not None and turn.is_ours(descriptor):
        begin_at(descriptor, shared_places.CRASH_STACKS.of(os.getpid()))


def begin_at(descriptor: int, place: int) -> None:
    """Have the stacks of this process written to some place.

    A second time does nothing.

    :param descriptor: of a file that may be shared
    :param place: where in the file, bytes
    """
    global _own, _begun
    if _begun == (os.getpid(), place):
        return
    _begun = os.getpid(), place
    with contextlib.suppress(OSError, ValueError):
        _clear(descriptor, place)
        os.pwrite(descriptor, _HEAD.pack(_MARK, os.getpid()), place)
        if faulthandler.is_enabled():
            return
        # opened anew, it has a position of its own
        own = os.open(f'/proc/self/fd/{descriptor}',
                      os.O_WRONLY | os.O_CLOEXEC)
        os.lseek(own, place + _HEAD.size, os.SEEK_SET)
        faulthandler.enable(own, all_threads=True)
        _own = Opened.of(own)


def leave(descriptor: int | None, lines: list[str]) -> None:
    """Leave where the exception was raised that ends this process.

    :param descriptor: of the file that the processes of the service share,
        None where they share none
    :param lines: the traceback
    """
    if descriptor is None or not turn.is_ours(descriptor):
        return
    place = shared_places.CRASH_STACKS.of(os.getpid())
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
        _clear(descriptor, place)
        os.pwrite(descriptor, _HEAD.pack(_MARK, os.getpid()) + text, place)


def forked() -> None:
    """Let go what is of another process; called in its fork."""
    global _own
    if _own is not None:
        faulthandler.disable()
        _own.close()
        _own = None


def of(descriptor: int | None, pid: int) -> str | None:
    """What a process that has died has written, and forget it.

    :param descriptor: of the file that the processes of the service share
    :param pid: the process
    :returns: None if it has written nothing, or another has its place now
    """
    if descriptor is None or not turn.is_ours(descriptor):
        return None
    place = shared_places.CRASH_STACKS.of(pid)
    written = at(descriptor, place, pid)
    if written is not None:
        forget(descriptor, place)
    return written or None


def at(descriptor: int, place: int, pid: int) -> str | None:
    """What a process has written to some place.

    :param descriptor: of the file
    :param place: where in the file, bytes
    :param pid: the process
    :returns: the thread that crashed first; empty if it has begun and written
        nothing; None if it has not begun there, or that is forgotten
    """
    try:
        page = os.pread(descriptor, shared_places.CRASH_STACKS.size, place)
    except OSError:
        return None
    if page[:_HEAD.size] != _HEAD.pack(_MARK, pid):
        return None
    written = page[_HEAD.size:].partition(b'\0')[0]
    return _told(written.decode(errors='replace').strip())


def _told(text: str) -> str:
    """What is told of what was written: who crashed stands first."""
    title, *parts = text.split('\n\n')
    parts.sort(key=lambda part: not part.startswith(CRASHED))
    lines = '\n\n'.join([title, *parts]).splitlines()
    size = 0
    for number, line in enumerate(lines):
        size += len(line.encode(errors='replace')) + 1
        if size > STACKS_BYTES_MAX:
            left = len(lines) - number
            return '\n'.join([*lines[:number], f'({left} lines left out)'])
    return '\n'.join(lines)


def forget(descriptor: int, place: int) -> None:
    """Forget what stands at some place, and that anybody has begun there.

    :param descriptor: of the file
    :param place: where in the file, bytes
    """
    with contextlib.suppress(OSError):
        os.pwrite(descriptor, bytes(_HEAD.size), place)


def _clear(descriptor: int, place: int) -> None:
    # the head is written next
    shared_places.clear(descriptor, place + _HEAD.size,
                        shared_places.CRASH_STACKS.size - _HEAD.size)
