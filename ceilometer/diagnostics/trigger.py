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

"""Arms a process: waits for what asks for a report.

How a signal is taken, and why so. SIGUSR1 is *blocked* in every thread, its
disposition is *ignore*, and one daemon thread sits in sigwaitinfo(2): Linux
queues a blocked signal even when it is ignored. So no thread of the daemon is
interrupted or needed for the answer, nothing runs in a signal handler, the
wakeup descriptor stays cotyledon's, and the kernel says who sent the signal.
Programs that the daemon starts inherit both and survive ``systemctl kill``,
which signals every process of the unit; blocking alone would not save
``sh -c`` and sudo, which clear the mask. Alternatives that lost: a Python
handler (runs only when the main thread does, and interrupts its system
calls), signalfd (the same mask, and one more descriptor), a handler in C
(cannot look at Python's stacks).

Threads that exist already when a process is armed late do not block the
signal. There a handler takes it and passes it on to the waiting thread with
pthread_kill(3), which is the same path again.

Nothing but the waiting thread exists until a trigger comes. What comes then is
the business of :mod:`.reporter`.
"""

from __future__ import annotations

from collections.abc import Iterable
import contextlib
import logging
import os
import signal
import threading
import time
from types import FrameType
from typing import Any

from ceilometer.diagnostics import daemon as daemon_module
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report
from ceilometer.diagnostics import reporter
from ceilometer.diagnostics import turn

LOG = logging.getLogger(__name__)

SIGNALS = frozenset((signal.SIGUSR1, signal.SIGUSR2))

THREAD_NAME = 'diagnostics-trigger'

#: How long to wait for the waiting thread to end; it writes a report itself
#: where no other thread can be started.
WAITER_SECONDS_MAX = 5.0


class Arming:
    """One armed process, and its forks after it.

    Made and ended in the main thread. In a forked process :meth:`forked` makes
    it anew, in the one thread there is.

    :param daemon: what is known of the process
    :param signals: the signals to answer
    """

    def __init__(self, daemon: daemon_module.Daemon,
                 signals: Iterable[signal.Signals]) -> None:
        self.daemon = daemon
        self.signals = frozenset(signals)
        self.reporter = reporter.Reporter(daemon, turn.make())
        self._previous_mask: set[int] | None = None
        self._previous_handlers: dict[signal.Signals, Any] = {}
        self._late = _thread_count() > 1
        self._watched_file: str | None = None
        self._watched_file_seconds = 1.0
        self._stopping = False
        self._waiter: threading.Thread | None = None

    def start(self) -> None:
        """Take the signals and start to wait for them."""
        self._take(self.signals)
        self._start_waiter()

    def _take(self, signals: Iterable[signal.Signals]) -> None:
        previous = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        if self._previous_mask is None:
            # real-time signals have no name, and are numbers here
            self._previous_mask = set(previous)
        for number in signals:
            handler = signal.getsignal(number)
            self._previous_handlers.setdefault(number, handler)
            if self._late:
                signal.signal(number, self._pass_on)
                # The main thread runs the handler, and has to be woken up
                # for it: the kernel prefers it to those that would take the
                # signal and let it sleep on.
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
            elif handler is not signal.SIG_IGN:
                # Left alone where it is so already, by the unit: to ignore a
                # signal anew would discard one that waits (sigaction(2)).
                signal.signal(number, signal.SIG_IGN)

    def _give_back(self, signals: Iterable[signal.Signals],
                   blocked: Iterable[int] = ()) -> None:
        # What waits now would be delivered to the handler of before, which
        # may be the one that ends the process.
        while signal.sigtimedwait(signals, 0):
            pass
        for number in signals:
            handler = self._previous_handlers.pop(number, None)
            # None: it was not installed from Python, and cannot be restored
            if handler is not None:
                signal.signal(number, handler)
            if number not in blocked:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})

    def stop(self) -> None:
        """Undo all that arming changed in this process."""
        self._end_waiter()
        self._give_back(self.signals, self._previous_mask or ())
        self.reporter.close()

    def adopt(self, conf: Any, version: Any = None) -> bool:
        """Take over the service's configuration, once it has been parsed.

        Runs in the main thread.

        :param conf: the service's own ConfigOpts
        :param version: what the service calls its version object
        :returns: whether the trigger of oslo.reports is answered here
        """
        from ceilometer.diagnostics import options
        settings = options.load(conf)
        self.daemon.conf = conf
        self.daemon.version = version
        self.reporter.settings = settings
        wanted = settings.signals if settings.enabled else frozenset()
        self._give_back(self.signals - wanted)
        self._take(wanted - self.signals)
        restart = wanted != self.signals
        if settings.enabled and self._watch_file(conf):
            restart = True
        if restart:
            self._restart_waiter(wanted)
        return (self._watched_file is not None
                or signal.SIGUSR2 in wanted)

    def _watch_file(self, conf: Any) -> bool:
        """Watch the file that oslo.reports is told to, if it is."""
        try:
            if ('oslo_reports' not in conf
                    or not conf.oslo_reports.file_event_handler):
                return False
            seconds = float(conf.oslo_reports.file_event_handler_interval)
        except Exception as error:
            LOG.error('[oslo_reports] file_event_handler is not heeded: %s',
                      error)
            return False
        self._watched_file = conf.oslo_reports.file_event_handler
        self._watched_file_seconds = max(seconds, 0.1)
        return True

    def _end_waiter(self) -> None:
        waiter = self._waiter
        self._stopping = True
        if waiter is not None and waiter.is_alive() and waiter.ident:
            # the waiting thread has them all blocked, whatever others have
            signal.pthread_kill(waiter.ident, signal.SIGUSR1)
            waiter.join(WAITER_SECONDS_MAX)
        self._waiter = None
        self._stopping = False

    def _restart_waiter(self, signals: frozenset[signal.Signals]) -> None:
        self._end_waiter()
        self.signals = signals
        if signals or self._watched_file:
            self._start_waiter()

    def forked(self) -> None:
        """Arm the new process; called in it, in its only thread."""
        self._stopping = False
        self._waiter = None
        self.reporter.forked()
        self.daemon.forked()
        if self.signals:
            signal.pthread_sigmask(signal.SIG_BLOCK, self.signals)
        if self.signals or self._watched_file:
            self._start_waiter()

    # the waiting thread

    def _start_waiter(self) -> None:
        self._waiter = threading.Thread(
            target=self._wait_for_triggers, args=(self._file_modified(),),
            daemon=True, name=THREAD_NAME)
        try:
            self._waiter.start()
        except RuntimeError as error:
            # Signals stay blocked and ignored: they are harmless, if mute.
            self._waiter = None
            LOG.error('This process writes no diagnostic reports: %s', error)

    def _wait_for_triggers(self, modified: int | None) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        # Of those that are not answered only what is sent to this very
        # thread can come here: the call to stop.
        signals = self.signals | {signal.SIGUSR1}
        while True:
            info: signal.struct_siginfo | None
            if self._watched_file is None:
                info = signal.sigwaitinfo(signals)
            else:
                info = signal.sigtimedwait(
                    signals, self._watched_file_seconds)
            if self._stopping:
                return
            try:
                if info is not None:
                    self.reporter.request(_signal_trigger(info))
                elif (now := self._file_modified()) != modified:
                    modified = now
                    self.reporter.request(report.Trigger(
                        fields.TRIGGER_FILE, _now_usec()))
            except Exception:
                # never: the next trigger must find this thread
                self.reporter.complain()

    def _file_modified(self) -> int | None:
        if self._watched_file is None:
            return None
        try:
            return os.stat(self._watched_file).st_mtime_ns
        except OSError:
            # oslo.reports wants the file to be there; it may come later
            return None

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        waiter = self._waiter
        if waiter is not None and waiter.ident is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pthread_kill(waiter.ident, number)


def _signal_trigger(info: signal.struct_siginfo) -> report.Trigger:
    trigger = report.Trigger(
        kind=fields.TRIGGER_SIGNAL, time_usec=_now_usec(),
        signal=signal.Signals(info.si_signo).name)
    if info.si_pid == os.getpid():
        # passed on by our own handler, which is not told the sender
        return trigger
    comm = None
    with contextlib.suppress(OSError):
        with open(f'/proc/{info.si_pid}/comm', 'rb') as file:
            comm = file.read().decode(errors='backslashreplace').rstrip('\n')
    return report.Trigger(
        kind=trigger.kind, time_usec=trigger.time_usec, signal=trigger.signal,
        sender_pid=info.si_pid, sender_uid=info.si_uid, sender_comm=comm)


def _now_usec() -> int:
    return time.time_ns() // 1000


def _thread_count() -> int:
    """How many threads the process has, those of libraries in C as well."""
    try:
        return len(os.listdir('/proc/self/task'))
    except OSError:
        return threading.active_count()


#: The arming of this process, None where there is none.
armed: Arming | None = None

_fork_hooks = False


def arm(daemon: daemon_module.Daemon,
        signals: Iterable[signal.Signals] = SIGNALS) -> Arming:
    """Arm this process.

    :param daemon: what is known of it
    :param signals: the signals to answer
    :returns: the arming, which is in :data:`armed` as well
    :raises RuntimeError: not called in the main thread, where alone Python
        can set what a signal does
    """
    global armed, _fork_hooks
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            'diagnostics can be installed in the main thread only, not in '
            f'{threading.current_thread().name!r}')
    armed = Arming(daemon, signals)
    armed.start()
    if not _fork_hooks:
        _fork_hooks = True
        os.register_at_fork(before=_before_fork,
                            after_in_parent=_after_fork_in_parent,
                            after_in_child=_after_fork_in_child)
    return armed


def disarm() -> None:
    """Undo :func:`arm`; does nothing where the process is not armed."""
    global armed
    if armed is not None:
        armed.stop()
        armed = None


def _before_fork() -> None:
    if armed is not None:
        armed.reporter.before_fork()


def _after_fork_in_parent() -> None:
    if armed is not None:
        armed.reporter.after_fork_in_parent()


def _after_fork_in_child() -> None:
    try:
        if armed is not None:
            armed.forked()
    except Exception as error:
        # A hook that raises is not heard of, but the daemon must go on. The
        # lock of sys.stderr may have been held when the process was forked.
        with contextlib.suppress(OSError):
            os.write(2, f'Diagnostics are off in pid {os.getpid()}: {error}\n'
                     .encode(errors='backslashreplace'))
