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

"""What the threads of the daemon work on, and what came of it.

The hooks of :mod:`.hooks` call this beside the daemon's work, a few
microseconds each; the sections read it. It holds texts and numbers, and no
object of the daemon. Its size does not depend on how long the daemon runs.

No lock is taken: a process may be forked while one is held. A thread changes
a count with one statement without a call, between which the interpreter lets
no other thread run.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import logging
import threading
import time
from typing import Any

from ceilometer.diagnostics.daemon import error_text

#: Kinds of work.
CYCLE = 'cycle'
POLL = 'poll'
SEND = 'send'
TAKE = 'take'
PUBLISH = 'publish'
LOAD = 'load'

#: How many pieces of work of a kind are remembered, those of hundreds of
#: pollsters; the oldest is forgotten for a further one.
WORKS_MAX = 2000

#: What a piece of work is called within its kind: ``(source, pollster)``.
Key = tuple[Any, ...]


class Work:
    """A piece of work that is done again and again.

    Times are those of time.monotonic(), seconds.

    :ivar kind: one of the kinds above
    :ivar key: what it is called within its kind
    :ivar runs: how often it has been done
    :ivar failed: how often that failed
    :ivar started: when it was begun the last time, None if never
    :ivar ended: when it was done the last time, None if never
    :ivar took: how long that took, seconds
    :ivar busy: how long all of it took, seconds
    :ivar succeeded: when it succeeded the last time, None if never
    :ivar failing_since: when it failed first of the last times, None if it
        succeeded the last time
    :ivar failed_in_a_row: how often it failed since then
    :ivar error: why it failed the last time, None if it never did
    :ivar error_at: when that was
    :ivar error_kind: full name of the exception's class, if it is known
    :ivar warning: what it warned of the last time it was done, or None
    :ivar items: how many samples or messages, the last time
    :ivar items_ever: the same, of all times
    :ivar lost: how many of these were lost, or given back, of all times
    :ivar resources: how many resources were found the last time, None if
        that is not known
    """

    __slots__ = ('busy', 'ended', 'error', 'error_at', 'error_kind', 'failed',
                 'failed_in_a_row', 'failing_since', 'items', 'items_ever',
                 'key', 'kind', 'lost', 'resources', 'runs', 'started',
                 'succeeded', 'took', 'warning')

    def __init__(self, kind: str, key: Key) -> None:
        self.kind = kind
        self.key = key
        self.runs = self.failed = 0
        self.started: float | None = None
        self.ended: float | None = None
        self.took = self.busy = 0.0
        self.succeeded: float | None = None
        self.failing_since: float | None = None
        self.failed_in_a_row = 0
        self.error: str | None = None
        self.error_at: float | None = None
        self.error_kind: str | None = None
        self.warning: str | None = None
        self.items = self.items_ever = self.lost = 0
        self.resources: int | None = None


class Doing:
    """What a thread does now.

    :ivar work: the piece of work
    :ivar since: when it was begun, time.monotonic()
    :ivar outer: what the thread does besides, around this, or None
    :ivar error: the last error that was logged meanwhile, or None
    :ivar error_kind: the exception's class of that, or None
    :ivar warning: the last warning that was logged meanwhile, or None
    :ivar failed: whether it failed, once it has ended
    """

    __slots__ = ('error', 'error_kind', 'failed', 'outer', 'since', 'warning',
                 'work')

    def __init__(self, work: Work, since: float, outer: Doing | None) -> None:
        self.work = work
        self.since = since
        self.outer = outer
        self.error: str | None = None
        self.error_kind: str | None = None
        self.warning: str | None = None
        self.failed = False


#: What cannot be followed, and why, by the function of the daemon.
not_followed: dict[str, str] = {}

_works: dict[str, dict[Key, Work]] = {}
_now: dict[int, Doing] = {}


def reset() -> None:
    """Forget all; called in a new process, in its only thread."""
    _works.clear()
    _now.clear()
    not_followed.clear()


def cannot_follow(name: str, error: BaseException) -> None:
    """Note that a function of the daemon is called as we do not expect it.

    :param name: of the function, one of a few
    """
    not_followed[name] = error_text.of_exception(error)


def of(kind: str, key: Key) -> Work:
    """A piece of work; made when it is asked for first.

    Runs in the thread that works.
    """
    works = _works.get(kind)
    if works is None:
        works = _works.setdefault(kind, {})
    work = works.get(key)
    if work is None:
        while len(works) >= WORKS_MAX:
            works.pop(next(iter(works)), None)
        work = works[key] = Work(kind, key)
    return work


def begin(kind: str, key: Key) -> Doing:
    """Note that this thread begins a piece of work."""
    work = of(kind, key)
    ident = threading.get_ident()
    since = work.started = time.monotonic()
    doing = _now[ident] = Doing(work, since, _now.get(ident))
    return doing


def end(doing: Doing, error: BaseException | None = None) -> None:
    """Note that this thread has done what it began; raises nothing.

    A call that did not raise may have failed all the same: most of what goes
    wrong in Ceilometer is logged and swallowed. So an error that this thread
    logged meanwhile counts.

    :param error: what the work raised, None if it raised nothing
    """
    ended = time.monotonic()
    ident = threading.get_ident()
    # what it has begun inside of that, and nobody else ends
    inner = _now.get(ident)
    while inner is not None and inner is not doing:
        _ended(inner, ended, None)
        inner = inner.outer
    if doing.outer is None:
        _now.pop(ident, None)
    else:
        _now[ident] = doing.outer
    _ended(doing, ended, error)


def _ended(doing: Doing, ended: float, error: BaseException | None) -> None:
    work = doing.work
    work.ended = ended
    work.took = took = ended - doing.since
    work.busy += took
    work.runs += 1
    work.warning = doing.warning
    if error is None and doing.error is None:
        work.succeeded = ended
        work.failing_since = None
        work.failed_in_a_row = 0
        return
    doing.failed = True
    work.failed += 1
    work.failed_in_a_row += 1
    if work.failing_since is None:
        work.failing_since = doing.since
    work.error_at = ended
    if error is not None:
        work.error = error_text.of_exception(error)
        work.error_kind = error_text.kind_of(error)
    else:
        work.error = doing.error
        work.error_kind = doing.error_kind


def run(doing: Doing, wrapped: Callable[..., Any], args: Any,
        kwargs: Any) -> Any:
    """Do a piece of work that was begun, and note how it ends."""
    try:
        result = wrapped(*args, **kwargs)
    except BaseException as error:
        end(doing, error)
        raise
    end(doing)
    return result


def current() -> Doing | None:
    """What this thread does now, None if that is not known."""
    return _now.get(threading.get_ident())


def logged(record: logging.LogRecord) -> None:
    """Credit a warning or an error to what its thread works on.

    Runs in the thread that logs, for each record of these levels.

    :param record: its payload is not kept
    """
    # eventlet has oslo.log give a record the id of its greenlet
    doing = _now.get(threading.get_ident())
    if doing is None:
        return
    if record.levelno >= logging.ERROR:
        doing.error = error_text.of_record(record)
        doing.error_kind = error_text.kind_of_record(record)
    elif record.levelno >= logging.WARNING:
        doing.warning = error_text.of_record(record)


def works(kind: str) -> Iterator[Work]:
    """All that is known of a kind of work; for any thread."""
    yield from list(_works.get(kind, {}).values())


def known(kind: str, key: Key) -> Work | None:
    """A piece of work, None if it was never begun; for any thread."""
    return _works.get(kind, {}).get(key)


def doings() -> dict[int, Doing]:
    """What each thread does, innermost, by its ident; for any thread."""
    return dict(_now)
