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

"""Threads of ours, which nobody traces, and what they wait with.

What threading.settrace() or threading.setprofile() were given is called in
each new thread: a debugger's, that waits for somebody to say "go on"; or one
that raises, which ends the thread. Either would cost the report.

So would a library that replaces threads by something else, as eventlet does:
what waits there for another thread stops it. So all here is made of what
Python had as the process was armed.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable
import threading
import types
from typing import Any

#: A lock that threads of ours may wait for.
Lock = threading.Lock

get_ident = threading.get_ident

#: The threads of ours that threading does not know, by their numbers in
#: Python; of a process and those it was forked from.
alone: dict[int, threading.Thread] = {}

# what starts a thread, and Python 3.13 has another
_STARTERS = ('_start_new_thread', '_start_joinable_thread')
_PRIMITIVES = {name: value for name, value in vars(threading).items()
               if name in (*_STARTERS, '_allocate_lock')}
_start: Callable[..., int] = _thread.start_new_thread


def replaced_by() -> str | None:
    """What had replaced threads before this was imported, None if nothing.

    :returns: a package, ``eventlet``
    """
    if isinstance(_start, types.BuiltinFunctionType):
        return None
    return _start.__module__.partition('.')[0]


def _of_python(function: Any) -> Any:
    """A function of threading, which calls what Python had for threads."""
    return types.FunctionType(
        function.__code__, {**vars(threading), **_PRIMITIVES},
        function.__name__, function.__defaults__, function.__closure__)


class Condition(threading.Condition):
    """A condition that threads of ours may wait for."""

    wait = _of_python(threading.Condition.wait)


class Event(threading.Event):
    """An event that threads of ours may wait for."""

    def __init__(self) -> None:
        # all that there is in one
        self._cond = Condition(Lock())
        self._flag = False


class OwnThread(threading.Thread):
    """A thread that is neither traced nor profiled by others.

    The hooks of the threads of the daemon stay as they are.
    """

    # where others have replaced threads: its number, and held while it runs
    _alone: int | None = None
    _runs: Any = None

    def start(self) -> None:
        """Start it; a thread of the kernel, whatever others start.

        :raises RuntimeError: no thread can be started
        """
        if all(getattr(threading, name) is _PRIMITIVES[name]
               for name in _STARTERS if name in _PRIMITIVES):
            super().start()
            return
        # What threading knows of threads is no more true then.
        self._runs = Lock()
        self._runs.acquire()
        self._alone = _start(self._run_alone, ())

    def _run_alone(self) -> None:
        own: Any = self
        own._set_native_id()
        alone[get_ident()] = self
        try:
            self.run()
        finally:
            alone.pop(get_ident(), None)
            self._runs.release()

    @property
    def ident(self) -> int | None:
        """Its number in Python, None if it was not started."""
        return self._alone if self._runs is not None else super().ident

    def is_alive(self) -> bool:
        """Whether it runs."""
        return (self._runs.locked() if self._runs is not None
                else super().is_alive())

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end, for so many seconds, None: for ever."""
        if self._runs is None:
            super().join(timeout)
        elif self._runs.acquire(
                timeout=-1 if timeout is None else max(timeout, 0)):
            self._runs.release()

    def _bootstrap_inner(self) -> None:
        # Python looks at its hooks here, and has no other way to have none.
        # Where it calls this no more, the thread is as any other.
        thread: Any = threading.Thread
        types.FunctionType(thread._bootstrap_inner.__code__, {
            **vars(threading), '_trace_hook': None, '_profile_hook': None,
        })(self)
