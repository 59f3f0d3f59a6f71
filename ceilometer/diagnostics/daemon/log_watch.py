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

"""Remembers the last warnings and errors that the daemon has logged.

What fails in Ceilometer is often swallowed and logged, and told nowhere else.
A handler on the root logger sees each record in the thread that logs it. It
formats nothing and takes no lock, keeps no record, no argument and no frame
alive, and raises nothing. Arguments carry payload and ids; so of a message
its constant part is kept, and of an exception its class and text.

The handler is added when oslo.log has set up the loggers. A worker that is no
fork of its master sets up none: there it is added to none, and what Python
would write to standard error where it has no handler it still writes.

Runs in any thread that logs; the names without an underscore in the main
thread, or in the only one after a fork, unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
import logging
import threading
import time
from typing import Any

from ceilometer.diagnostics.daemon import chosen_names
from ceilometer.diagnostics.daemon import interpose
from ceilometer.diagnostics.daemon import shorten
from ceilometer.diagnostics import named_tuple

#: So many different ones are remembered, the last ones.
PROBLEMS_MAX = 50

#: A longer text of a message or an exception is cut.
TEXT_CHARS_MAX = 300

_OURS = 'ceilometer.diagnostics'


class Logged(named_tuple.NamedTuple):
    """A warning or an error, when it is logged.

    :ivar time: seconds since the epoch
    :ivar level: ``logging.WARNING`` or more
    :ivar logger: its name
    :ivar message: as it stands in the code, without what is filled in
    :ivar error: class of the exception that it tells of, or None
    :ivar error_text: text of the exception, or None; may hold ids and payload
    :ivar ident: of the thread that logged it
    :ivar thread: name of the thread
    :ivar moment: of :func:`time.monotonic`, whatever the clock is set to
    """

    time: float
    level: int
    logger: str
    message: str
    error: str | None
    error_text: str | None
    ident: int
    thread: str
    moment: float


class Problem:
    """What was logged several times.

    :ivar first: when it was first logged, seconds since the epoch
    :ivar last: the last time
    :ivar count: how often
    """

    __slots__ = ('count', 'first', 'last')

    def __init__(self, logged: Logged) -> None:
        self.first = logged.time
        self.last = logged
        self.count = 1


#: Called with a warning or error, in the thread that logs it. It must be
#: quick, take no lock and log nothing; what it raises is dropped.
Observer = Callable[[Logged], None]

#: Called with a record of one logger, of INFO and above; as an Observer. It
#: may not keep the record, or what is in it.
RecordObserver = Callable[[logging.LogRecord], None]

_observers: list[Observer] = []
_record_observers: dict[str, RecordObserver] = {}
_problem_observers: list[RecordObserver] = []

# By logger, level, message and class of exception; the last one logged last.
_problems: dict[tuple[str, int, str, str | None], Problem] = {}
_forgotten = 0
_hooked = False
_handler: _Handler | None = None
# Whether it was added where there was no other.
_alone = False


class _Handler(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._inside: set[int] = set()

    def createLock(self) -> None:
        # nothing to guard: what is done here is done in one step each
        self.lock = None

    def handle(self, record: logging.LogRecord) -> bool:
        observer = _record_observers.get(record.name)
        if observer is None and record.levelno < logging.WARNING:
            return True
        if (_alone and record.levelno >= logging.WARNING
                and _has_no_other_handler(record)):
            _write_as_python(record)
        # not the one in the record, which may be that of a greenlet
        ident = threading.get_ident()
        # the text of an exception may be made by code that logs
        if ident in self._inside:
            return True
        self._inside.add(ident)
        try:
            if observer is not None:
                observer(record)
            if record.levelno >= logging.WARNING:
                _remember(record)
                for each in _problem_observers:
                    each(record)
        except Exception:  # noqa: S110
            # whoever logs has other things to do
            pass
        finally:
            self._inside.discard(ident)
        return True


def _has_no_other_handler(record: logging.LogRecord) -> bool:
    """Whether Python would have found no handler for a record but ours."""
    logger: Any = logging.root
    if record.name != logger.name:
        logger = logger.manager.loggerDict.get(record.name)
    while isinstance(logger, logging.Logger):
        if any(not is_own(handler) for handler in logger.handlers):
            return False
        logger = logger.parent
    return True


def _write_as_python(record: logging.LogRecord) -> None:
    last = logging.lastResort
    if last is not None and record.levelno >= last.level:
        last.handle(record)


def _remember(record: logging.LogRecord) -> None:
    global _forgotten
    name = record.name
    if name.startswith(_OURS):
        return
    error = _exception(record)
    message = record.msg
    kind = text = None
    if error is not None:
        kind = type(error).__name__
        try:
            text = shorten.text(str(error), TEXT_CHARS_MAX)
        except Exception:
            text = None
    if message is error:
        message = ''
    logged = Logged(
        record.created, record.levelno, name,
        shorten.text(str(message), TEXT_CHARS_MAX), kind, text,
        threading.get_ident(), chosen_names.of(record, 'threadName')
        if record.threadName else '', time.monotonic())
    for observer in _observers:
        try:
            observer(logged)
        except Exception:  # noqa: S112
            continue
    key = (name, record.levelno, logged.message, kind)
    known = _problems.pop(key, None)
    if known is None:
        known = Problem(logged)
        if len(_problems) >= PROBLEMS_MAX:
            _problems.pop(next(iter(_problems)), None)
            _forgotten += 1
    else:
        known.count += 1
        known.last = logged
    _problems[key] = known


def _exception(record: logging.LogRecord) -> BaseException | None:
    """The exception that a record tells of, None if there is none."""
    info = record.exc_info
    if info and isinstance(info[1], BaseException):
        return info[1]
    if isinstance(record.msg, BaseException):
        return record.msg
    given: Any = record.args or ()
    for value in given.values() if isinstance(given, dict) else given:
        if isinstance(value, BaseException):
            return value
    return None


def start() -> None:
    """Begin to watch, as soon as the loggers have been set up."""
    global _hooked, _handler
    if _handler is None:
        _handler = _Handler()
    if not _hooked:
        _hooked = True
        interpose.when_imported('oslo_log.log', 'setup', _setup)
    _attach()


def stop() -> None:
    """Watch no more, and forget all."""
    global _handler, _alone
    if _handler is not None:
        logging.getLogger().removeHandler(_handler)
    _handler = None
    _alone = False
    forked()


def forked() -> None:
    """Forget what another process has logged, before it forked this one."""
    global _forgotten
    _problems.clear()
    _forgotten = 0
    if _handler is not None:
        _handler._inside.clear()


def start_alone() -> None:
    """Watch also where no loggers have been set up, and none will be.

    In a worker that is no fork of its master.
    """
    global _alone
    root = logging.getLogger()
    if _handler is not None and not root.handlers:
        _alone = True
        root.addHandler(_handler)


def _setup(wrapped: Callable[..., Any], instance: Any, args: Any,
           kwargs: Any) -> Any:
    try:
        return wrapped(*args, **kwargs)
    finally:
        _attach()


def _attach() -> None:
    root = logging.getLogger()
    if _handler is not None and root.handlers and (
            _handler not in root.handlers):
        root.addHandler(_handler)


def is_own(handler: logging.Handler) -> bool:
    """Whether a handler is the one that watches; in any thread.

    :param handler: any one
    """
    return isinstance(handler, _Handler)


def watches() -> bool:
    """Whether what is logged is seen; in any thread."""
    return _handler is not None and _handler in logging.getLogger().handlers


def observe(observer: Observer) -> None:
    """Have each warning and error told to a function.

    The thread's ``ident`` tells on what it was working.

    :param observer: the function; it is told once, however often it is given
    """
    if observer not in _observers:
        _observers.append(observer)


def observe_logger(name: str, observer: RecordObserver) -> None:
    """Have each record of a logger told to a function, from INFO on.

    :param name: of the logger
    :param observer: the only one of this logger
    """
    _record_observers[name] = observer


def observe_problems(observer: RecordObserver) -> None:
    """Have the record of each warning and error told to a function.

    :param observer: the function; it raises nothing, and is told once,
        however often it is given
    """
    if observer not in _problem_observers:
        _problem_observers.append(observer)


def problems() -> tuple[list[Problem], int]:
    """What has been logged, the newest first; in any thread.

    :returns: the problems, and how many different ones were forgotten
    """
    return list(_problems.values())[::-1], _forgotten
