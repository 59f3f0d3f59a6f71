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

"""Notes exceptions that nobody handles: they end a thread, or the process.

What was called before is still called, and called first: what it writes stays
the same. A library may set a hook of its own later, as oslo.log does:
:func:`watch_again` puts ours around that.

cotyledon ends a worker whose service raises, and only logs the exception: see
:func:`of_record`.

Runs in the thread that ends; the other functions in the main thread. Nothing
here raises, and no frame is kept alive.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import functools
import logging
import sys
import threading
import time
from types import TracebackType
from typing import Any

from ceilometer.diagnostics.daemon import chosen_names
from ceilometer.diagnostics.daemon import traces
from ceilometer.diagnostics import named_tuple

#: cotyledon's logger for what ends a worker.
WORKER_LOGGER = 'cotyledon._utils'


class Raised(named_tuple.NamedTuple):
    """An exception that has ended something.

    :ivar time: seconds since the epoch
    :ivar thread: name of the thread
    :ivar native_id: of the thread, or None
    :ivar ends_process: whether it ends the process
    :ivar error: class of the exception
    :ivar lines: its traceback
    """

    time: float
    thread: str
    native_id: int | None
    ends_process: bool
    error: str
    lines: list[str]


_on_raised: Callable[[Raised], None] | None = None

# The threads in which a hook of ours runs.
_inside: set[int] = set()


class _Hook:
    """Calls what was there before, then notes the exception.

    :param before: the hook that was there before
    """

    def __init__(self, before: Callable[..., Any]) -> None:
        self.before = before
        # whoever looks at the hook sees the name of the one before
        own: Any = self
        functools.update_wrapper(own, before)

    @contextlib.contextmanager
    def noting(self, error: BaseException | None,
               thread: threading.Thread | None,
               ends_process: bool) -> Iterator[None]:
        """Note an exception at the end of the context, once."""
        ident = threading.get_ident()
        if ident in _inside:
            # somebody has laid a hook around one of ours, and we around that
            yield
            return
        _inside.add(ident)
        try:
            yield
        finally:
            _inside.discard(ident)
            _note(error, thread, ends_process)


class _OfThread(_Hook):
    def __call__(self, args: threading.ExceptHookArgs) -> None:
        with self.noting(args.exc_value, args.thread, False):
            self.before(args)


class _OfProcess(_Hook):
    def __call__(self, kind: type[BaseException], error: BaseException,
                 where: TracebackType | None) -> None:
        with self.noting(error, threading.current_thread(), True):
            self.before(kind, error, where)


def watch(on_raised: Callable[[Raised], None]) -> None:
    """Begin to note exceptions that nobody handles.

    :param on_raised: told of each, in the thread that it ends
    """
    global _on_raised
    _on_raised = on_raised
    watch_again()


def watch_again() -> None:
    """Lay hooks around those that others have set meanwhile, if any."""
    if _on_raised is None:
        return
    if not isinstance(threading.excepthook, _OfThread):
        threading.excepthook = _OfThread(threading.excepthook)
    if not isinstance(sys.excepthook, _OfProcess):
        sys.excepthook = _OfProcess(sys.excepthook)


def unwatch() -> None:
    """Note nothing any more, and give the hooks back where that can be."""
    global _on_raised
    _on_raised = None
    if isinstance(threading.excepthook, _OfThread):
        threading.excepthook = threading.excepthook.before
    if isinstance(sys.excepthook, _OfProcess):
        sys.excepthook = sys.excepthook.before


def of_record(record: logging.LogRecord) -> BaseException | None:
    """The exception that ends this worker, if a record tells of one.

    :param record: of :data:`WORKER_LOGGER`
    """
    info = record.exc_info
    if record.levelno >= logging.ERROR and isinstance(info, tuple) and (
            record.msg == 'Unhandled exception'):
        return info[1]
    return None


def _note(error: BaseException | None, thread: threading.Thread | None,
          ends_process: bool) -> None:
    if error is None or _on_raised is None or (
            isinstance(error, (SystemExit, KeyboardInterrupt))):
        return
    with contextlib.suppress(Exception):
        _on_raised(Raised(
            time.time(),
            '?' if thread is None else chosen_names.of(thread),
            None if thread is None else thread.native_id, ends_process,
            type(error).__name__, traces.of(error)))
