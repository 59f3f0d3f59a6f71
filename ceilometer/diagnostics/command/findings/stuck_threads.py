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

"""Threads that have not moved since an earlier report.

What threads do that only wait for work is known here: learned from healthy
daemons, whose threads must never be called stuck.
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import itertools

from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import reported_threads
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import report


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


def stuck(before: report.Report,
          after: report.Report) -> list[reported_threads.Thread]:
    """The threads that have not moved since an earlier report.

    Without those that only wait for work.

    :param before: an earlier report of the same process
    :param after: the later one, whose threads are given
    """
    known = {thread.key: thread
             for thread in reported_threads.threads(before)}
    return [thread for thread in reported_threads.threads(after)
            if thread.stack and thread.key in known
            and known[thread.key].stack == thread.stack
            and not is_idle(thread) and not _runs(known[thread.key], thread)]


#: A thread that had so much of a processor since then works, though it is at
#: the same place.
RUNS_CPU_SECONDS = 0.5


def _runs(before: reported_threads.Thread,
          after: reported_threads.Thread) -> bool:
    if contents.RUNNING in (before.state, after.state):
        return True
    return (before.cpu_seconds is not None and after.cpu_seconds is not None
            and after.cpu_seconds - before.cpu_seconds >= RUNS_CPU_SECONDS)


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


def is_idle(thread: reported_threads.Thread) -> bool:
    """Whether a thread waits there for work, which is normal."""
    if thread.state == contents.RUNNING:
        return False
    functions = [frame.function for frame in thread.stack]
    innermost = functions[-1] if functions else ''
    return (thread.waiting_for in IDLE
            or any(name.endswith(IDLE_FUNCTIONS) for name in functions)
            or any(call in IDLE_CALLS for call in itertools.pairwise(
                functions))
            or innermost in IDLE_PLACES)
