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

"""Pools of threads, and the work that waits in them for a thread.

A pool takes any amount of work. Where its threads are slower than who gives it
work, as the listeners of oslo.messaging do, the work piles up in its queue,
which nothing else shows.
"""

from __future__ import annotations

from collections.abc import Iterable
import queue
import sys
import threading
from typing import Any

from ceilometer.diagnostics import contents

#: How many pools are told: those first in which the most work waits.
POOLS_MAX = 50


def find(threads: Iterable[threading.Thread]) -> list[contents.ThreadPool]:
    """The pools that threads belong to; runs in the reporter thread.

    Known are those of concurrent.futures and of futurist. No lock is taken: a
    thread that stands for good may hold that of a queue.

    :param threads: those of the snapshot
    """
    # of concurrent.futures: a dictionary that every version has
    queues = getattr(sys.modules.get('concurrent.futures.thread'),
                     '_threads_queues', {})
    owners: dict[int, tuple[Any, list[threading.Thread]]] = {}
    for thread in threads:
        try:
            waiting = queues.get(thread) if queues else None
            # Of futurist: a thread has its queue, and a class of its own.
            # Nothing else is asked for its attributes: Python would make a
            # dictionary of them, which stays for as long as the thread.
            if waiting is None and type(thread) is not threading.Thread:
                waiting = vars(thread).get('work_queue')
        except Exception:
            # a subclass may do anything when it is compared
            continue
        if waiting is not None:
            owners.setdefault(id(waiting), (waiting, []))[1].append(thread)
    pools: list[contents.ThreadPool] = []
    for waiting, own in owners.values():
        count = _count(waiting)
        if count is not None:
            # its name is a property, which a subclass may have replaced
            pools.append({'thread': str(vars(own[0]).get('_name')),
                          'threads': len(own), 'waiting': count})
    pools.sort(key=lambda pool: -pool['waiting'])
    return pools[:POOLS_MAX]


def _count(waiting: Any) -> int | None:
    """How much work is in a queue; None if it is none that is known."""
    if isinstance(waiting, queue.SimpleQueue):
        return waiting.qsize()
    if isinstance(waiting, queue.Queue):
        # its qsize() takes a lock
        return len(waiting.queue)
    return None


def render(pools: Iterable[contents.ThreadPool]) -> list[str]:
    """A line for each pool in which work waits."""
    return [f'Pool of {pool["threads"]} threads, such as "{pool["thread"]}": '
            f'{pool["waiting"]} pieces of work wait for a thread'
            for pool in pools if pool['waiting']]
