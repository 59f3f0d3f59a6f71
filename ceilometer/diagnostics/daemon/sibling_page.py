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

"""Who the processes of a service are, and which of them have begun to answer.

Each notes itself in the file in memory that they share (see :mod:`.turn`):
its process, the thread of it that waits for triggers, and when that has taken
the last one. So each can see whether another takes a trigger, and looks at
/proc only if that does not.

Processes write into their own places. What others note there, that somebody
has told of it, is written under a lock. Nothing here but what says so raises.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import os
import struct
import time

from ceilometer.diagnostics.daemon import record_lock
from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import report

#: Of so many processes of a service the others know.
SIBLINGS_MAX = shared_places.SIBLINGS.total

# the process, when it was started, its waiting thread, when that has begun to
# answer, and when another process has told of it (nanoseconds of the
# monotonic clock); the trigger that it has begun to answer, when it was alive,
# if it tells, and until when it has answered all
_PLACE = struct.Struct('<QQQQQ16sQQ')
_BEGUN_AT = 24
_TOLD_AT = 32
_TRIGGER_AT = 40
_ALIVE_AT = 56
_ANSWERED_AT = 64
_NUMBER = struct.Struct('<Q')

# A place is locked with its own first byte, the list with the one before.
_LIST_BYTE = shared_places.SIBLINGS.offset - 1


class Asked(named_tuple.NamedTuple):
    """A trigger that has come to this process.

    :ivar trigger: the trigger
    :ivar nsec: when, nanoseconds of the monotonic clock
    :ivar unasked: never
    """

    trigger: report.Trigger
    nsec: int
    unasked: bool = False

    def has_moved(self, sibling: Sibling) -> bool:
        """Whether a process has begun to answer it."""
        # another trigger, or one that has an id of its own, is no matter: who
        # has begun with that waits again
        return (sibling.begun_nsec >= self.nsec
                or sibling.trigger.hex() == self.trigger.id)

    def since_nsec(self, sibling: Sibling) -> int:
        """What was told of a process later tells of this as well."""
        return self.nsec


class Sibling(named_tuple.NamedTuple):
    """A process of a service.

    :ivar place: its number in the list
    :ivar pid: the process
    :ivar started: when it was started, clock ticks since the host was
    :ivar waiter: native id of its thread that waits for triggers
    :ivar begun_nsec: when that has taken the last one, 0 for never
    :ivar told_nsec: when another process has told of it last, 0 for never
    :ivar trigger: id of the last trigger that it has begun to answer
    :ivar alive_nsec: when that thread has said last that it is alive, 0 if it
        does not say so
    :ivar answered_nsec: what it has taken before has been answered, 0 for
        nothing yet
    """

    place: int
    pid: int
    started: int
    waiter: int
    begun_nsec: int
    told_nsec: int
    trigger: bytes
    alive_nsec: int = 0
    answered_nsec: int = 0

    @property
    def answers(self) -> bool:
        """Whether it has taken a trigger and not answered it yet."""
        return self.begun_nsec > self.answered_nsec

    @property
    def lives(self) -> bool:
        """Whether the process is there, and no other has got its id."""
        return started(self.pid) == self.started


def take(descriptor: int | None, waiter: int) -> int | None:
    """Note this process, whose waiting thread begins to wait.

    :param descriptor: of the file that the processes of the service share
    :param waiter: native id of the thread
    :returns: its place; None if there is none
    """
    if descriptor is None or not turn.is_ours(descriptor):
        return None
    pid = os.getpid()
    with contextlib.suppress(OSError, struct.error):
        with record_lock.held(descriptor, _LIST_BYTE):
            taken = {one.place: one for one in every(descriptor)}
            own = [place for place, one in taken.items() if one.pid == pid]
            free = (place for place in range(SIBLINGS_MAX)
                    if place not in taken)
            ended = (place for place, one in taken.items() if not one.lives)
            for places in (own, free, ended):
                for place in places:
                    os.pwrite(descriptor, _PLACE.pack(
                        pid, started(pid) or 0, waiter, 0, 0, b'', 0, 0),
                        _at(place))
                    return place
    return None


def leave(descriptor: int | None, place: int | None) -> None:
    """Note that this process waits for nothing any more.

    :param descriptor: of the file that the processes of the service share
    :param place: as :func:`take` gave it
    """
    _write(descriptor, place, 0, bytes(_PLACE.size))


def note_begun(descriptor: int | None, place: int | None) -> None:
    """Note that this process has taken a trigger.

    :param descriptor: of the file that the processes of the service share
    :param place: as :func:`take` gave it
    """
    _write(descriptor, place, _BEGUN_AT, _NUMBER.pack(time.monotonic_ns()))


def note_trigger(descriptor: int | None, place: int | None,
                 trigger_id: str | None) -> None:
    """Note which trigger that is.

    :param descriptor: of the file that the processes of the service share
    :param place: as :func:`take` gave it
    :param trigger_id: its id, None if it has none
    """
    if trigger_id is not None:
        _write(descriptor, place, _TRIGGER_AT, bytes.fromhex(trigger_id))


def note_alive(descriptor: int | None, place: int | None) -> None:
    """Note that this process is alive; its waiting thread is, at least.

    :param descriptor: of the file that the processes of the service share
    :param place: as :func:`take` gave it
    """
    _write(descriptor, place, _ALIVE_AT, _NUMBER.pack(time.monotonic_ns()))


def note_answered(descriptor: int | None, place: int | None,
                  nsec: int) -> None:
    """Note that this process has answered what it has taken until a moment.

    :param descriptor: of the file that the processes of the service share
    :param place: as :func:`take` gave it
    :param nsec: when that was, nanoseconds of the monotonic clock
    """
    _write(descriptor, place, _ANSWERED_AT, _NUMBER.pack(nsec))


def _write(descriptor: int | None, place: int | None, at: int,
           data: bytes) -> None:
    """Write into the place of this process, if it has one."""
    if descriptor is None or place is None or not turn.is_ours(descriptor):
        return
    with contextlib.suppress(OSError):
        os.pwrite(descriptor, data, _at(place) + at)


def every(descriptor: int) -> list[Sibling]:
    """All processes that are noted; some may have ended.

    :param descriptor: of the file that the processes of the service share
    """
    try:
        page = os.pread(descriptor, SIBLINGS_MAX * _PLACE.size, _at(0))
    except OSError:
        return []
    whole = page[:len(page) // _PLACE.size * _PLACE.size]
    return [Sibling(place, *values) for place, values
            in enumerate(_PLACE.iter_unpack(whole)) if values[0]]


def again(descriptor: int, sibling: Sibling) -> Sibling | None:
    """The same process as it is noted now; None if it is not any more.

    :param descriptor: of the file that the processes of the service share
    :param sibling: as it was noted
    """
    for one in every(descriptor):
        if one[:4] == sibling[:4]:
            return one
    return None


@contextlib.contextmanager
def telling(descriptor: int, sibling: Sibling,
            since_nsec: int) -> Iterator[Sibling | None]:
    """Be the one process that tells of another.

    :param descriptor: of the file that the processes of the service share
    :param sibling: the other
    :param since_nsec: when the trigger came; what was told later tells of
        this one as well
    :returns: the other as it is noted now; None if somebody else tells of it
        or has done so, or if it is gone
    """
    with contextlib.ExitStack() as stack:
        now = None
        try:
            stack.enter_context(record_lock.held(
                descriptor, _at(sibling.place), 1))
            now = again(descriptor, sibling)
            if now is not None and (
                    now.told_nsec >= since_nsec or not now.lives):
                now = None
        except OSError:
            # somebody else does it now
            pass
        yield now


def note_told(descriptor: int, sibling: Sibling, looked_nsec: int) -> None:
    """Note that it was told of a process; within :func:`telling`.

    :param descriptor: of the file that the processes of the service share
    :param sibling: the process
    :param looked_nsec: when the look at it began. To tell takes time, in
        which it may go on, and be silent anew: that has not been told
    """
    with contextlib.suppress(OSError):
        os.pwrite(descriptor, _NUMBER.pack(looked_nsec),
                  _at(sibling.place) + _TOLD_AT)


def started(pid: int) -> int | None:
    """When a process was started, clock ticks since the host was.

    :param pid: the process
    :returns: None if there is none
    """
    try:
        with open(f'/proc/{pid}/stat', 'rb') as file:
            return int(file.read(4096).rpartition(b')')[2].split()[19])
    except (OSError, IndexError, ValueError):
        return None


def _at(place: int) -> int:
    return shared_places.SIBLINGS.at(place)
