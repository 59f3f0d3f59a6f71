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

"""Waits for what asks for a report: a signal, or a file that is touched.

In one thread of our own, which is asleep in the kernel until then; how the
signals come to it is told in :mod:`.arming`.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
import contextlib
import logging
import os
import signal
import threading
import time

from ceilometer.diagnostics.daemon import own_thread
from ceilometer.diagnostics.daemon import reporter as reporter_module
from ceilometer.diagnostics.daemon import siblings as siblings_module
from ceilometer.diagnostics.daemon import signal_wait
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import report

LOG = logging.getLogger(__name__)

#: What can be waited for.
SIGNALS = frozenset((signal.SIGUSR1, signal.SIGUSR2))

THREAD_NAME = 'diagnostics-trigger'

#: How long to wait for the waiting thread to end; it writes a report itself
#: where no other thread can be started.
STOP_SECONDS_MAX = 5.0

#: Is there if systemd is process 1 (sd_booted(3)).
SYSTEMD = '/run/systemd/system'

#: A watched file is not looked at more often than this.
WATCH_SECONDS_MIN = 0.1

#: Where waiting itself fails, it is tried again: at once, and later and later,
#: at last after so long.
PAUSE_SECONDS_MAX = 60.0

#: In place of the sender of a signal that comes from outside the namespace of
#: processes; or that one thread has sent another (tgkill(2)), where the limit
#: of queued signals is used up: the kernel keeps no more than its number then.
NOBODY = 0

#: What is called again and again; returns after how many seconds, None for
#: not any more.
Repeated = Callable[[], 'float | None']


class WatchedFile(named_tuple.NamedTuple):
    """A file that asks for a report when it is touched.

    :ivar path: it need not be there
    :ivar interval_seconds: how often to look
    """

    path: str
    interval_seconds: float

    def modified_nsec(self) -> int | None:
        """When it was, None where it cannot be looked at."""
        try:
            return os.stat(self.path).st_mtime_ns
        except (OSError, ValueError):
            # oslo.reports wants the file to be there; it may come later
            return None


class Waiter:
    """The thread that waits, of one process and of its forks after it.

    Started and stopped in the main thread, or in the only one after a fork.

    :param reporter: whom to ask for a report
    :param siblings: told when it waits, and when something has come
    """

    def __init__(self, reporter: reporter_module.Reporter,
                 siblings: siblings_module.Siblings) -> None:
        self._reporter = reporter
        self._siblings = siblings
        self._signals: frozenset[signal.Signals] = frozenset()
        self._watched: WatchedFile | None = None
        self._stopping = False
        self._woken = False
        self._passed_on: set[int] = set()
        self._repeated: Repeated | None = None
        self._kept: Repeated | None = None
        self._thread: threading.Thread | None = None

    def start(self, signals: Iterable[signal.Signals],
              watched: WatchedFile | None = None,
              kept: Repeated | None = None) -> None:
        """Begin to wait; there is no thread where there is nothing to.

        :param signals: of :data:`SIGNALS`, blocked in every thread
        :param watched: a file to look at as well, None for none
        :param kept: called again and again as well, in forks too; None for
            nothing
        """
        self._signals = frozenset(signals)
        self._watched = watched
        self._kept = kept
        if not self._signals and watched is None:
            return
        modified = None if watched is None else watched.modified_nsec()
        self._thread = own_thread.OwnThread(
            target=self._wait, args=(modified,), daemon=True,
            name=THREAD_NAME)
        try:
            self._thread.start()
        except (MemoryError, RuntimeError) as error:
            # Signals stay blocked and ignored: they are harmless, if mute.
            self._thread = None
            LOG.error('This process writes no diagnostic reports: %s', error)

    def stop(self) -> None:
        """Wait no more; does nothing where nobody waits."""
        thread = self._thread
        self._stopping = True
        if thread is not None and thread.is_alive() and thread.ident:
            # the waiting thread has them all blocked, whatever others have
            signal.pthread_kill(thread.ident, signal.SIGUSR1)
            thread.join(STOP_SECONDS_MAX)
        self._thread = None
        self._stopping = False

    def repeat(self, function: Repeated) -> bool:
        """Have a function called by the waiting thread, again and again.

        There is one; forks do not call it. Runs in the main thread.

        :param function: what to call
        :returns: whether there is a thread to do it
        """
        self._repeated = function
        thread = self._thread
        if thread is None or thread.ident is None or not thread.is_alive():
            return False
        self._woken = True
        signal.pthread_kill(thread.ident, signal.SIGUSR1)
        return True

    def forked(self) -> None:
        """Begin anew in a new process; called in it, in its only thread."""
        self._stopping = False
        self._woken = False
        self._passed_on.clear()
        self._repeated = None
        self._thread = None
        self.start(self._signals, self._watched, self._kept)

    def pass_on(self, number: int) -> None:
        """Give the thread a signal that another one has taken.

        Runs in a signal handler, in the main thread.

        :param number: the signal
        """
        thread = self._thread
        if thread is not None and thread.ident is not None:
            self._passed_on.add(number)
            with contextlib.suppress(ProcessLookupError):
                signal.pthread_kill(thread.ident, number)

    def _wait(self, modified: int | None) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        _tell_kernel()
        try:
            self._siblings.begin()
        except Exception:
            # then no other process tells of this one; it answers
            self._reporter.complain()
        # Of those that are not answered only what is sent to this very
        # thread can come here: the call to stop.
        signals = self._signals | {signal.SIGUSR1}
        # when to call what
        due: dict[Repeated, float] = dict.fromkeys(
            filter(None, (self._kept, self._repeated)), time.monotonic())
        if self._watched is not None:
            due[self._looks(self._watched, modified)] = time.monotonic()
        pause = 0.0
        while True:
            left = max(0.0, min(due.values(), default=0) - time.monotonic())
            try:
                info = signal_wait.wait(signals, left if due else None)
            except Exception:
                # a profiler's own, or no memory is left: not for ever
                if not pause:
                    self._reporter.complain()
                pause = min(2 * pause or 0.01, PAUSE_SECONDS_MAX)
                time.sleep(pause)
                continue
            if info is not None and info.si_signo not in signals:
                # Python makes one up if the process is stopped by a signal
                # meanwhile, and continued when the time is over
                info = None
            if self._stopping:
                self._siblings.end()
                return
            try:
                if (info is not None and self._woken
                        and _sender(info) in (os.getpid(), NOBODY)):
                    self._woken = False
                    if self._repeated is not None:
                        due[self._repeated] = time.monotonic()
                elif info is not None:
                    self._siblings.begun()
                    trigger = _signal_trigger(info, self._passed_on)
                    self._passed_on.discard(info.si_signo)
                    self._reporter.request(trigger)
                elif due:
                    function = min(due, key=due.__getitem__)
                    if due[function] <= time.monotonic():
                        # what raises is not called again
                        del due[function]
                        again = function()
                        if again is not None:
                            due[function] = time.monotonic() + again
            except Exception:
                # never: the next trigger must find this thread
                self._reporter.complain()

    def _looks(self, watched: WatchedFile, modified: int | None) -> Repeated:
        """What looks at a file, and has a report written if it is touched."""
        def look() -> float:
            nonlocal modified
            now = watched.modified_nsec()
            if now != modified:
                modified = now
                try:
                    self._siblings.begun()
                    self._reporter.request(report.Trigger(
                        fields.TRIGGER_FILE, _now_usec()))
                except Exception:
                    # the next touch is answered, perhaps
                    self._reporter.complain()
            return max(watched.interval_seconds, WATCH_SECONDS_MIN)

        return look


def _tell_kernel() -> None:
    """Have the kernel call this thread what it is; Python 3.14 does."""
    # nothing depends on it
    with contextlib.suppress(Exception):
        with open('/proc/thread-self/comm', 'wb') as file:
            file.write(THREAD_NAME[:15].encode())


def _sender(info: signal.struct_siginfo | signal_wait.Unknown) -> int:
    return NOBODY if isinstance(info, signal_wait.Unknown) else info.si_pid


def _signal_trigger(info: signal.struct_siginfo | signal_wait.Unknown,
                    passed_on: Collection[int]) -> report.Trigger:
    trigger = report.Trigger(
        kind=fields.TRIGGER_SIGNAL, time_usec=_now_usec(),
        signal=signal.Signals(info.si_signo).name)
    if isinstance(info, signal_wait.Unknown):
        return trigger
    if (info.si_pid == os.getpid()
            or info.si_pid == NOBODY and info.si_signo in passed_on):
        # passed on by our own handler, which is not told the sender
        return trigger
    return trigger._replace(
        sender_pid=info.si_pid, sender_uid=info.si_uid,
        sender_comm=_name_of(info.si_pid))


def _name_of(pid: int) -> str | None:
    """The name of a process, None if it is gone or hidden."""
    # whatever somebody has put in the place of open(): it is no reason
    with contextlib.suppress(Exception):
        with open(f'/proc/{pid}/comm', 'rb') as file:
            return file.read().decode(errors='backslashreplace').rstrip('\n')
    # ProtectProc= hides it; sd_booted(3) tells what it is
    return 'systemd' if pid == 1 and os.path.isdir(SYSTEMD) else None


def _now_usec() -> int:
    return time.time_ns() // 1000
