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

"""Waits for signals, also where the kernel does not let it wait.

A filter of system calls can forbid sigtimedwait(2), by which signals are taken
with what the kernel knows of their sender. Then they are looked for, again and
again. They are ignored and blocked, so one that waits is taken by unblocking
it in one thread: the kernel drops it there.

Runs in the thread that waits; :func:`discard` in the main thread as well.
"""

from __future__ import annotations

from collections.abc import Iterable
import signal
import sys
import time

from ceilometer.diagnostics import named_tuple

#: How often signals are looked for where they cannot be waited for.
LOOK_SECONDS = 0.5


class Unknown(named_tuple.NamedTuple):
    """A signal of which the kernel has told no more than its number.

    :ivar si_signo: the number
    """

    si_signo: int


def wait(signals: Iterable[int], seconds: float | None,
         ) -> signal.struct_siginfo | Unknown | None:
    """Wait for a signal, for so long, None: for ever.

    :param signals: blocked in every thread
    :returns: None if time is up
    :raises OSError: they can be neither waited nor looked for
    """
    info: signal.struct_siginfo | Unknown | None
    try:
        info = (signal.sigwaitinfo(signals) if seconds is None
                else signal.sigtimedwait(signals, seconds))
    except OSError:
        if not all(map(_is_ignored, signals)):
            # taking it would call its handler
            raise
        info = _look(signals, seconds)
    # A debugger may trace all threads that there are. What it does where
    # Python code is called might never return: these calls are not of Python.
    if sys.gettrace() is not None:
        sys.settrace(None)
    if sys.getprofile() is not None:
        sys.setprofile(None)
    return info


def discard(signals: Iterable[int]) -> None:
    """Drop what waits of signals that are blocked, and do not wait."""
    try:
        while signal.sigtimedwait(signals, 0):
            pass
    except OSError:
        for number in signal.sigpending() & {*signals}:
            if _is_ignored(number):
                _take(number)


def _look(signals: Iterable[int], seconds: float | None) -> Unknown | None:
    until = None if seconds is None else time.monotonic() + seconds
    while True:
        for number in sorted(signal.sigpending() & {*signals}):
            _take(number)
            return Unknown(number)
        left = LOOK_SECONDS if until is None else until - time.monotonic()
        if left <= 0:
            return None
        time.sleep(min(left, LOOK_SECONDS))


def _is_ignored(number: int) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def _take(number: int) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    signal.pthread_sigmask(signal.SIG_BLOCK, {number})
