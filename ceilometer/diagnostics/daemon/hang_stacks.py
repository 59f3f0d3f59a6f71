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

"""Python stacks of a process whose interpreter is held, for its siblings.

A thread in C that keeps the interpreter lets no other thread run Python code:
nobody in the process can say where it stands. The standard library's
faulthandler still can, in C, when a signal comes. It reads the stacks without
the interpreter's lock, which is safe if and only if nothing moves: **who asks
must have proven that the interpreter is held** (:mod:`.held_proof`). Of a
process that is not, one dump of all threads in a hundred ends it. A call in C
may also return while its process is asked. So there are two ways, each with a
real-time signal of its own, sent to one thread:

* Where a thread computes, it is asked for its own stack alone. While it writes
  that, it goes nowhere. If its call returns between the last look and the
  signal, one dump in a thousand ends the process. The others only wait for it.
* Where none computes, some call waits, with the interpreter: the thread that
  waits for triggers is asked for the stacks of all, if the machine lets it run
  at once. No system call of another thread is interrupted, which would end the
  very call that is waited for.

Who sends a signal sees first that there is a handler, in /proc, and that it is
ours, in the shared file. Nothing is blocked for it: the daemon and the
programs that it starts see what they always saw.

The stacks are written to a place in the file that the processes of a service
share (see :mod:`.turn`), and stay there until the process goes on: however
often it is asked, it is asked once.

:func:`begin`, :func:`begun` and :func:`end` run in the thread that waits,
:func:`ask` in another process. Nothing here raises.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import faulthandler
import os
import pathlib
import signal
import sys
import time
from typing import Any

from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import turn

#: What asks the thread that waits for triggers for the stacks of all threads;
#: systemd and the C library use others.
SIGNAL = signal.SIGRTMIN + 5

#: What asks a thread for its own stack.
OWN_SIGNAL = signal.SIGRTMIN + 6

#: So much of what was written is told.
STACKS_BYTES_MAX = 64 * 1024

#: So long the stacks may take to be written, seconds.
DUMP_SECONDS_MAX = 1.0

_POLL_SECONDS = 0.005

# What stands before them, if a handler is ours.
_READY = b'\n'

_NONE = 'There are no Python stacks: '

_own: int | None = None
_at = 0


def begin(descriptor: int | None, place: int | None) -> None:
    """Have stacks written where a signal for that comes.

    :param descriptor: of the file that the processes of the service share
    :param place: of this process in it, as :mod:`.sibling_page` has it
    """
    global _own, _at
    if descriptor is None or place is None or not turn.is_ours(descriptor):
        return
    at = shared_places.HANG_STACKS.at(place)
    with contextlib.suppress(OSError):
        # what was there before, by another process
        shared_places.clear(descriptor, at, shared_places.HANG_STACKS.size)
    if not getattr(sys, '_is_gil_enabled', lambda: True)() or (
            any(signal.getsignal(number) is not signal.SIG_DFL
                for number in (SIGNAL, OWN_SIGNAL))):
        # no lock of an interpreter, or a signal is somebody else's
        return
    _close()
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        # opened anew, it has a position of its own
        _own = os.open(f'/proc/self/fd/{descriptor}',
                       os.O_RDWR | os.O_CLOEXEC)
        _at = at + len(_READY)
        os.lseek(_own, _at, os.SEEK_SET)
        faulthandler.register(
            OWN_SIGNAL, _own, all_threads=False, chain=False)
        faulthandler.register(SIGNAL, _own, all_threads=True, chain=False)
        os.pwrite(_own, _READY, at)


def begun() -> None:
    """Forget the stacks of before: this process goes on."""
    if _own is None or not turn.is_ours(_own):
        return
    with contextlib.suppress(OSError):
        if os.lseek(_own, 0, os.SEEK_CUR) != _at:
            # in this order: another thread may still write
            os.lseek(_own, _at, os.SEEK_SET)
            shared_places.clear(
                _own, _at, shared_places.HANG_STACKS.size - len(_READY))


def end() -> None:
    """Take the signals no more; the thread ends."""
    if _own is not None:
        for number in (SIGNAL, OWN_SIGNAL):
            faulthandler.unregister(number)
        _close()


def forked() -> None:
    """Let go what is of another process; called in its fork."""
    end()


def _close() -> None:
    global _own
    own, _own = _own, None
    # somebody may have closed it, and opened something else in its place
    if own is not None and turn.is_ours(own):
        os.close(own)


def ask(descriptor: int, sibling: sibling_page.Sibling,
        computing: int | None, let_run: bool,
        still_held: Callable[[], bool],
        import_gate: contextlib.AbstractContextManager[Any],
        ) -> tuple[str | None, str | None]:
    """Ask a process for its stacks, whose interpreter is proven to be held.

    :param descriptor: of the file that the processes of the service share
    :param sibling: the process
    :param computing: native id of its thread that computes, None if none does
    :param let_run: whether the thread that waits for triggers gets a
        processor at once
    :param still_held: asked at the last moment
    :param import_gate: held while something is imported
    :returns: what it has written, or None; and why there is nothing, in
        words, None if it has gone on
    """
    at = shared_places.HANG_STACKS.at(sibling.place)
    thread, number = ((sibling.waiter, SIGNAL) if computing is None
                      else (computing, OWN_SIGNAL))
    try:
        # of the same call in C, for an earlier trigger
        if known := _written(descriptor, at):
            return known, None
        with import_gate:
            # seldom needed, and large
            import ctypes
        # signal.pthread_kill() is for threads of this process alone
        kill = ctypes.CDLL(None).tgkill
        # a daemon may have a use for the signal, and a handler of its own
        if os.pread(descriptor, len(_READY), at) != _READY or not _takes(
                sibling.pid, thread, number):
            return None, _NONE + 'it does not take the signal for that'
        if computing is None and not let_run:
            # meanwhile, the call may return
            return None, _NONE + (
                'to ask for them could end it, as its threads wait long for '
                'a processor')
        if not (sibling.lives and still_held()):
            return None, None
        if kill(sibling.pid, thread, int(number)):
            return None, _NONE + 'the signal for that cannot be sent'
        deadline = time.monotonic() + DUMP_SECONDS_MAX
        while time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            # while it writes, the thread has the signal blocked
            if _written(descriptor, at) and _takes(
                    sibling.pid, thread, number):
                break
        known = _written(descriptor, at)
        return known, None if known else (
            _NONE + f'it wrote none within {DUMP_SECONDS_MAX:g} s')
    except (AttributeError, ImportError, MemoryError, OSError) as error:
        # it has ended, or this system has no such call, or forbids it
        return None, _NONE + f'{type(error).__name__}: {error}'


def _written(descriptor: int, at: int) -> str | None:
    page = os.pread(descriptor, STACKS_BYTES_MAX, at)
    text = page.partition(b'\0')[0].decode(errors='replace').strip()
    return text or None


def _takes(pid: int, thread: int, number: int) -> bool:
    """Whether a process has a handler, which a thread of it would run."""
    # who asks has it already
    from ceilometer.diagnostics.outside import proc_files
    told = proc_files.status(pathlib.Path(f'/proc/{pid}/task/{thread}'))
    bit = 1 << number - 1
    return bool(int(told.get('SigCgt', '0'), 16) & bit) and not (
        int(told.get('SigBlk', '0'), 16) & bit)
