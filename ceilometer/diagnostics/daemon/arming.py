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

"""Arms a process: has its signals taken, and a thread wait for them.

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

Nothing but the waiting thread (:mod:`.waiter`) exists until a trigger comes.
What comes then is the business of :mod:`.reporter`.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import contextlib
import logging
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any
from typing import TYPE_CHECKING

from ceilometer.diagnostics.daemon import crash_stacks
from ceilometer.diagnostics.daemon import events
from ceilometer.diagnostics.daemon import gmr
from ceilometer.diagnostics.daemon import hang_stacks
from ceilometer.diagnostics.daemon import last_words
from ceilometer.diagnostics.daemon import log_watch
from ceilometer.diagnostics.daemon import master_death
from ceilometer.diagnostics.daemon import own_thread
from ceilometer.diagnostics.daemon import process as process_module
from ceilometer.diagnostics.daemon import readiness
from ceilometer.diagnostics.daemon import reporter
from ceilometer.diagnostics.daemon import signal_wait
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics.daemon import unhandled
from ceilometer.diagnostics.daemon import waiter
from ceilometer.diagnostics.daemon import worker_deaths
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import named_tuple

if TYPE_CHECKING:
    from ceilometer.diagnostics.daemon import hang_watch

LOG = logging.getLogger(__name__)


class Before(named_tuple.NamedTuple):
    """What signals did before they were taken.

    :ivar mask: numbers of those that were blocked
    :ivar handlers: by signal, its handler, as signal.getsignal() tells it
    """

    mask: frozenset[int]
    handlers: Mapping[signal.Signals, Any]


class Arming:
    """One armed process, and its forks after it.

    Made and ended in the main thread. In a forked process :meth:`forked` makes
    it anew, in the one thread there is.

    :param daemon: what is known of the process
    :param signals: the signals to answer
    :param before: what they did before they were taken, None if that is yet
        to be done
    """

    def __init__(self, daemon: process_module.Daemon,
                 signals: Iterable[signal.Signals],
                 before: Before | None = None) -> None:
        self.daemon = daemon
        self.signals = frozenset(signals)
        self.reporter = reporter.Reporter(daemon, turn.of(daemon.root_pid))
        self.events = events.Events(self.reporter)
        self._previous_mask: set[int] | None = None
        self._previous_handlers: dict[signal.Signals, Any] = {}
        if before is not None:
            self._previous_mask = set(before.mask)
            self._previous_handlers = dict(before.handlers)
        self._late = _thread_count() > 1
        self._hang_watch: hang_watch.HangWatch | None = None
        self._waiter = waiter.Waiter(self.reporter, self.reporter.siblings)

    def start(self) -> None:
        """Take the signals and start to wait for them."""
        self._take(self.signals)
        self._waiter.start(self.signals)

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
        signal_wait.discard(signals)
        for number in signals:
            handler = self._previous_handlers.pop(number, None)
            # None: it was not installed from Python, and cannot be restored
            if handler is not None:
                signal.signal(number, handler)
            if number not in blocked:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})

    def stop(self) -> None:
        """Undo all that arming changed in this process."""
        self._waiter.stop()
        self._give_back(self.signals, self._previous_mask or ())
        self.reporter.close()

    def adopt(self, conf: Any, version: Any = None) -> bool:
        """Take over the service's configuration, once it has been parsed.

        Runs in the main thread.

        :param conf: the service's own ConfigOpts
        :param version: what the service calls its version object
        :returns: whether the trigger of oslo.reports is answered here
        """
        # now at the latest: what is installed may be replaced later
        self.reporter.prepare()
        # those of oslo.log are set up by now
        unhandled.watch_again()
        from ceilometer.diagnostics.daemon import options
        settings = options.load(conf)
        if settings.exclude_sections - set(fields.SECTIONS):
            # only now: it looks for what is installed
            from ceilometer.diagnostics.daemon import added_sections
            added_sections.warn_of_unknown(settings.exclude_sections)
        self.daemon.conf = conf
        self.daemon.version = version
        self.reporter.context.settings = settings
        wanted = settings.signals if settings.enabled else frozenset()
        if not settings.enabled:
            _leave_server_unarmed()
        self._give_back(self.signals - wanted)
        self._take(wanted - self.signals)
        watched = None
        if settings.enabled and (file := gmr.watched_file(conf)):
            watched = waiter.WatchedFile(*file)
        alive = None
        hang_seconds, stand_in = settings.hang_seconds, None
        if readiness.is_wanted():
            from ceilometer.diagnostics.daemon import watchdog_time
            # what the watchdog will end is told of before
            found = watchdog_time.hang_seconds(
                self.reporter.context.turn_descriptor)
            if found:
                from ceilometer.diagnostics.daemon import watchdog
                stand_in = watchdog.stand_in
                hang_seconds = min(hang_seconds or found, found)
        if settings.enabled and hang_seconds:
            # there is none if it is off
            from ceilometer.diagnostics.daemon import hang_watch
            self._hang_watch = hang_watch.HangWatch(
                self.reporter, hang_seconds, stand_in)
            alive = self._hang_watch.look
        if wanted != self.signals or watched is not None or alive is not None:
            self._waiter.stop()
            self.signals = wanted
            self._waiter.start(wanted, watched, alive)
        return watched is not None or signal.SIGUSR2 in wanted

    def repeat(self, function: Callable[[], float | None]) -> bool:
        """Have a function called again and again, see :mod:`.waiter`."""
        return self._waiter.repeat(function)

    def forked(self) -> None:
        """Arm the new process; called in it, in its only thread."""
        self.reporter.forked()
        self.events.forked()
        self.daemon.forked()
        log_watch.forked()
        worker_deaths.forked()
        readiness.forked()
        crash_stacks.forked()
        master_death.forked()
        hang_stacks.forked()
        if self._hang_watch is not None:
            self._hang_watch.forked()
        if self.daemon.process == fields.PROCESS_WORKER:
            last_words.begin(self.reporter.context.turn_descriptor)
            crash_stacks.begin(self.reporter.context.turn_descriptor)
        if self.signals:
            signal.pthread_sigmask(signal.SIG_BLOCK, self.signals)
        self._waiter.forked()

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self._waiter.pass_on(number)


def _leave_server_unarmed() -> None:
    """Have the server of forks, which is started later, not be armed.

    It has no configuration, and would not know that it is to write nothing.
    Nor are the workers armed then, which come from it.
    """
    # what has armed this process, if its environment has
    start = sys.modules.get('ceilometer_diagnostics_start')
    if (start is not None and os.environ.get(start.VARIABLE) == '1'
            and worker_deaths.start_method(None) == 'forkserver'):
        os.environ[start.VARIABLE] = '0'


def _thread_count() -> int:
    """How many threads the process has, those of libraries in C as well."""
    try:
        return len(os.listdir('/proc/self/task'))
    except OSError:
        return threading.active_count()


#: The arming of this process, None where there is none.
armed: Arming | None = None

_fork_hooks = False


def arm(daemon: process_module.Daemon,
        signals: Iterable[signal.Signals] = waiter.SIGNALS, *,
        before: Before | None = None) -> Arming:
    """Arm this process.

    :param daemon: what is known of it
    :param signals: the signals to answer
    :param before: what they did before they were taken, None if that is yet
        to be done
    :returns: the arming, which is in :data:`armed` as well
    :raises RuntimeError: not called in the main thread, where alone Python
        can set what a signal does; or threads have been replaced before
    """
    global armed, _fork_hooks
    if replaced := own_thread.replaced_by():
        raise RuntimeError(
            f"{replaced} has replaced Python's threads: diagnostics must be "
            'installed before it does')
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            'diagnostics can only be installed in the main thread, not in '
            f'{threading.current_thread().name!r}')
    armed = Arming(daemon, signals, before)
    armed.start()
    if not _fork_hooks:
        _fork_hooks = True
        os.register_at_fork(before=_before_fork,
                            after_in_parent=_after_fork_in_parent,
                            after_in_child=_after_fork_in_child)
        atexit.register(finish)
    return armed


def disarm() -> None:
    """Undo :func:`arm`; does nothing where the process is not armed."""
    global armed
    if armed is not None:
        armed.stop()
        armed = None


def finish() -> None:
    """Let what is under way come to its end; the process ends.

    Runs in the main thread, or in that in which a worker ends.
    """
    if armed is not None:
        armed.events.finish()
        armed.reporter.finish()
        master_death.over()
        readiness.finish()


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
