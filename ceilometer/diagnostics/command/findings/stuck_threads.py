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

"""Threads that make no progress since an earlier report.

What threads do that only wait for work is known here: learned from healthy
daemons, whose threads must never be called stuck.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses
import itertools
from typing import Any

from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import reported_threads
from ceilometer.diagnostics import contents


@dataclasses.dataclass(frozen=True)
class Still:
    """A thread that did not move.

    :ivar last: the newest report of its process
    :ivar thread: the thread, as it is there
    :ivar usec: for how long it has been there, microseconds at least
    :ivar reports: in how many reports it is there
    """

    last: read.Found
    thread: reported_threads.Thread
    usec: int
    reports: int


def still(reports: list[read.Found]) -> Iterator[Still]:
    """The threads of a process that did not move.

    :param reports: whole reports of one process, oldest first
    """
    if not reports:
        return
    last = reports[-1]
    standing = {thread.key: thread
                for thread in reported_threads.threads(last.report)
                if thread.stack}
    since = {key: (last, 1) for key in standing}
    still_there = set(standing)
    for number, earlier in enumerate(reports[-2::-1], 2):
        stacks = {thread.key: thread.stack
                  for thread in reported_threads.threads(earlier.report)}
        still_there = {key for key in still_there
                       if stacks.get(key) == standing[key].stack}
        since.update(dict.fromkeys(still_there, (earlier, number)))
    for key, (first, count) in since.items():
        if count > 1:
            yield Still(last, standing[key],
                        max(last.time_usec - first.time_usec, 0), count)


@dataclasses.dataclass(frozen=True)
class Standing:
    """A thread that makes no progress.

    :ivar thread: the thread, as it is now
    :ivar piece: the piece of work that it has not finished since, if known
    :ivar late: whether that should have been done long ago; then the thread
        may run, and be at other places
    :ivar waiting: the threads that wait for it
    """

    thread: reported_threads.Thread
    piece: reported_threads.Piece | None
    late: bool
    waiting: tuple[reported_threads.Thread, ...] = ()


def standing(before: read.Found, after: read.Found) -> list[Standing]:
    """The threads that have made no progress since an earlier report.

    What counts is the piece of work: while that is the same, no waiting is
    idle; and if it is late, no change of the stack is progress. Of who works
    on nothing that is known the stack counts. Who waits for a thread that
    does not get on is no cause, but named with that.

    :param before: an earlier report of the same process, whole
    :param after: the later one, whole
    """
    known = {thread.key: thread
             for thread in reported_threads.threads(before.report)}
    threads = reported_threads.threads(after.report)
    found = {}
    for thread in threads:
        earlier = known.get(thread.key)
        if earlier is None:
            continue
        piece, late = _same_piece(
            thread, before.time_usec, after.time_usec)
        stands = bool(thread.stack) and earlier.stack == thread.stack and (
            not _runs(earlier, thread))
        # whatever it has begun since is progress
        began = piece is None and _works(thread)
        if late or stands and not began and not is_idle(thread):
            found[thread.key] = Standing(thread, piece, late)
    keys = {thread.ident: thread.key for thread in threads}
    roots = _roots(found, keys)
    waiting: dict[Any, list[reported_threads.Thread]] = {}
    for other in threads:
        if other.awaited is not None:
            root = roots.get(other.key, keys.get(other.awaited.ident))
            if root != other.key:
                waiting.setdefault(root, []).append(other)
    return [dataclasses.replace(one, waiting=tuple(waiting.get(key, ())))
            for key, one in found.items() if roots[key] == key]


def _roots(found: Mapping[Any, Standing],
           keys: Mapping[int | None, Any]) -> dict[Any, Any]:
    """For each thread the one that it waits for in the end.

    :param found: threads that make no progress
    :param keys: of all threads, by their idents
    """
    roots: dict[Any, Any] = {}
    for first in found:
        at = first
        way: dict[Any, None] = {}
        while at in found and at not in way and at not in roots:
            way[at] = None
            awaited = found[at].thread.awaited
            at = None if awaited is None or awaited.ended else keys.get(
                awaited.ident)
        passed = list(way)
        if at in roots:
            root = roots[at]
        elif at in way:
            # they wait for one another
            root = min(passed[passed.index(at):], key=str)
        else:
            root = passed[-1]
        roots.update(dict.fromkeys(passed, root))
    return roots


def _same_piece(thread: reported_threads.Thread, since: int, now: int,
                ) -> tuple[reported_threads.Piece | None, bool]:
    """The piece of work that a thread has been at since; whether it is late.
    """
    same = [piece for piece in thread.works_on
            if piece.kind in UNITS_OF_WORK and piece.since_usec <= since]
    for piece in same:
        seconds = (LATE_SECONDS if piece.kind != _POLL
                   else piece.interval_seconds)
        if seconds and now - piece.since_usec > seconds * 1_000_000:
            return piece, True
    return (same[-1] if same else None), False


def stuck(before: read.Found,
          after: read.Found) -> list[reported_threads.Thread]:
    """The threads that have made no progress, see :func:`standing`.

    :param before: an earlier report of the same process, whole
    :param after: the later one, whose threads are given
    """
    return [one.thread for one in standing(before, after)]


#: Kinds of work that are done, or are not: what a cycle waits for are these.
_POLL = 'poll'
UNITS_OF_WORK = (_POLL, 'send', 'take', 'publish')

#: What is not repeated after some interval should be done in this time.
LATE_SECONDS = 60

#: A thread that has got a processor so often since then loops.
RUNS_SWITCHES_MIN = 3

#: One of which was not told how often it had got one loops if it has had so
#: much of a processor since then: three times as much as it takes to wake up.
RUNS_UNCOUNTED_SECONDS = 0.0002

#: A thread that had so much of a processor since then works, though it is at
#: the same place.
RUNS_CPU_SECONDS = 0.5


def _runs(before: reported_threads.Thread,
          after: reported_threads.Thread) -> bool:
    if contents.RUNNING in (before.state, after.state):
        return True
    # one that has run is counted from then on, where the kernel tells
    if before.switches is None and after.switches is not None:
        return _rises(before.cpu_seconds, after.cpu_seconds,
                      RUNS_UNCOUNTED_SECONDS)
    return _rises(before.cpu_seconds, after.cpu_seconds, RUNS_CPU_SECONDS
                  ) or _rises(before.switches, after.switches,
                              RUNS_SWITCHES_MIN)


def _rises(before: float | None, after: float | None, least: float) -> bool:
    return (before is not None and after is not None
            and after - before >= least)


#: What threads wait for that have nothing to do.
IDLE = (contents.FOR_DESCRIPTORS, contents.FOR_SIGNAL, contents.FOR_TIME,
        contents.FOR_QUEUE, contents.FOR_EVENT, contents.FOR_PROCESS,
        contents.FOR_THREAD)

#: Functions that wait all their life, whatever for: cotyledon's workers have
#: a thread that reads from a pipe which only the master's end closes.
IDLE_FUNCTIONS = ('_watch_parent_process',)

#: Calls, from one function directly to the next, in which oslo.messaging waits
#: for messages of RabbitMQ. What waits for an answer of the broker is called
#: from elsewhere, and may be stuck.
IDLE_CALLS = (('Connection.consume.<locals>._consume',
               'Connection.drain_events'),)

#: Functions that wait for work where they are the innermost ones: the same
#: for messages of Kafka, by a library in C.
IDLE_PLACES = ('ConsumerConnection._poll_messages',)


def _works(thread: reported_threads.Thread) -> bool:
    return any(piece.kind in UNITS_OF_WORK for piece in thread.works_on)


def is_idle(thread: reported_threads.Thread) -> bool:
    """Whether a thread waits there for work, which is normal."""
    if thread.state == contents.RUNNING:
        return False
    if _works(thread):
        return False
    functions = [frame.function for frame in thread.stack]
    innermost = functions[-1] if functions else ''
    return (thread.waiting_for in IDLE
            or any(name.endswith(IDLE_FUNCTIONS) for name in functions)
            or any(call in IDLE_CALLS for call in itertools.pairwise(
                functions))
            or innermost in IDLE_PLACES)
