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

"""Has reports written: one at a time, and one for all that comes meanwhile.

The reporter thread is started when a trigger comes, and ends when all are
answered. Where no thread can be started, the one that asks does its work: the
one that waits for signals, or one that calls ``write_report()``. What collects
and delivers is imported when the daemon has been imported, or else for the
first report.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import sys
import threading
import time

from ceilometer.diagnostics.daemon import descriptors
from ceilometer.diagnostics.daemon import folded
from ceilometer.diagnostics.daemon import import_order
from ceilometer.diagnostics.daemon import own_imports
from ceilometer.diagnostics.daemon import own_names
from ceilometer.diagnostics.daemon import own_thread
from ceilometer.diagnostics.daemon import process as process_module
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import siblings
from ceilometer.diagnostics.daemon import traces
from ceilometer.diagnostics.daemon import trigger_page
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import patterns
from ceilometer.diagnostics import report

LOG = logging.getLogger(__name__)

THREAD_NAME = 'diagnostics-report'

#: What makes reports, and says why there is none.
IMPORTED = tuple('ceilometer.diagnostics.' + name for name in (
    'daemon.make_report', 'daemon.journal', 'secrets.redact'))

#: What hands over reports that the journal did not take; comes with the first.
HAND_OVER = 'ceilometer.diagnostics.daemon.hand_over'

#: How long a fork waits for the import that the first report makes.
IMPORT_SECONDS_MAX = 2.0

#: How long the end of the process waits for a report that is under way; after
#: half of that what is left of it is cut short.
ENDING_SECONDS_MAX = 2.0

#: After so long it is told where a report stands, if one more is asked for.
UNDER_WAY_SECONDS = 20.0

#: How long a report waits for a daemon that is still being imported.
LOAD_SECONDS_MAX = 10.0


class Reporter:
    """Has the reports of a process written, and of its forks after it.

    :param daemon: what is known of the process
    :param turn_descriptor: see :mod:`.turn`; closed by :meth:`close`
    :ivar context: what each report is made with
    :ivar siblings: looks at the other processes of the service
    """

    def __init__(self, daemon: process_module.Daemon,
                 turn_descriptor: int | None) -> None:
        self.context = report_context.ReportContext(
            daemon, turn_descriptor=turn_descriptor)
        self._reserve = descriptors.Reserve()
        self.siblings = siblings.Siblings(self)
        self._reset()

    def _reset(self) -> None:
        self._loaded = own_thread.Event()
        self._loaded.set()
        self._import_gate = own_thread.Lock()
        self._import_hangs = False
        self._forking_thread: int | None = None
        self._lock = own_thread.Lock()
        self._reported = own_thread.Condition(self._lock)
        self._pending: list[report.Trigger] = []
        self._reporting = False
        self._ident = 0
        self._born_nsec = time.monotonic_ns()
        self._asked_nsec = 0
        self._begun = 0
        self._written = 0
        self._last_id: str | None = None
        self._last_start = float('-inf')
        self.context.begin_anew(self._import_gate)

    @property
    def enabled(self) -> bool:
        """Whether reports are written; until the configuration says no."""
        settings = self.context.settings
        return settings is None or settings.enabled

    def close(self) -> None:
        """Give back what is held; no report may be asked for any more."""
        self._reserve.free()
        if self.context.turn_descriptor is not None:
            os.close(self.context.turn_descriptor)
            self.context.turn_descriptor = None

    def forked(self) -> None:
        """Begin anew in a new process; called in it, in its only thread."""
        self._reset()
        self._reserve.forked()
        self.siblings.forked()

    def hold(self) -> None:
        """Keep reports waiting while the daemon is imported.

        Until :meth:`prepare`: two threads that import what needs one another
        can meet a module that is not finished, and one of them would be the
        daemon's own. A daemon that hangs as it is imported gets its report
        all the same, after LOAD_SECONDS_MAX.
        """
        self._loaded.clear()

    def prepare(self) -> None:
        """Import all that reports need, and let them come.

        Later it may not be there any more, or be of another version: the
        package may be upgraded or removed while the daemon runs. Runs in the
        main thread, when the daemon has been imported; forks inherit it.
        Raises nothing.
        """
        # A report that imports does the same, and may hang: not waited for.
        if self._import_gate.acquire(blocking=False):
            try:
                own_imports.load(import_order.REPORTING)
                for name in IMPORTED:
                    importlib.import_module(name)
                patterns.compile_usual()
                folded.keep(import_order.FOLDED)
                # what an earlier run could not give to the journal
                sys.modules[HAND_OVER].begin()
                own_names.give()
            except Exception as error:
                # The first report tries again, and says so if it fails.
                LOG.warning('Diagnostics cannot be prepared: %s', error)
            finally:
                self._import_gate.release()
        self._loaded.set()

    def before_fork(self) -> None:
        """Let a fork wait for an import that is under way.

        The lock of the module would stay locked in the new process for ever.
        For one that hangs, on a file system that does, only the first fork
        waits.
        """
        seconds = 0 if self._import_hangs else IMPORT_SECONDS_MAX
        self._import_hangs = not self._import_gate.acquire(timeout=seconds)
        if not self._import_hangs:
            self._forking_thread = own_thread.get_ident()

    def after_fork_in_parent(self) -> None:
        """Let imports go on."""
        if self._forking_thread == own_thread.get_ident():
            self._forking_thread = None
            self._import_gate.release()

    def request(self, trigger: report.Trigger) -> int:
        """Have a report written, or a pending one answer this as well.

        Runs in any thread; takes no part in the report itself unless no
        thread can be started any more.

        :param trigger: what asks
        :returns: how many reports will have been written when this is
            answered, for :meth:`wait`
        """
        if trigger.kind != fields.TRIGGER_API:
            descriptor = self.context.turn_descriptor
            if descriptor is not None and not turn.is_ours(descriptor):
                descriptor = None
            trigger = trigger._replace(id=trigger_page.trigger_id(
                descriptor, trigger, self._born_nsec))
        with self._lock:
            self._pending.append(trigger)
            self._asked_nsec = time.monotonic_ns()
            # not by one that runs: it may have looked before this came
            answered = self._begun + 1
            starts = not self._reporting
            self._reporting = True
        if starts:
            try:
                own_thread.OwnThread(target=self._report_all, daemon=True,
                                     name=THREAD_NAME).start()
            except (MemoryError, RuntimeError):
                # no more threads to be had: here and now, then
                self._report_all()
        elif (self._begun > self._written and
              time.monotonic() - self._last_start > UNDER_WAY_SECONDS):
            self._tell_where()
        if trigger.kind != fields.TRIGGER_API:
            self.siblings.watch(trigger)
        return answered

    def wait(self, answered: int, timeout: float | None) -> str | None:
        """Wait until that many reports have been written.

        :param answered: as :meth:`request` returned it
        :param timeout: seconds, None for no limit
        :returns: the id of the last report, None if it was not in time, or
            not written
        """
        with self._lock:
            if self._reported.wait_for(
                    lambda: self._written >= answered, timeout):
                return self._last_id
        return None

    def finish(self) -> None:
        """Let a report that is under way come to its end, but not for long.

        Called where the process is about to end, in any thread of it but
        those of the report. Raises nothing.
        """
        if self._reporting:
            self._finish_report()
        if (hand_over := sys.modules.get(HAND_OVER)) is not None:
            # systemd removes the directory of a unit that stops
            hand_over.at_end()

    def _finish_report(self) -> None:
        seconds = ENDING_SECONDS_MAX / 2
        with self._lock:
            # who has the lock meanwhile holds it for a moment only
            if not self._reported.wait_for(
                    lambda: not self._reporting, seconds):
                self.context.ending.set()
                self._reported.wait_for(
                    lambda: not self._reporting, seconds)
        # the process may not end after all
        self.context.ending.clear()

    def _report_all(self) -> None:
        self._ident = own_thread.get_ident()
        while True:
            settings = self.context.settings
            interval = (settings.minimum_interval_seconds
                        if settings is not None else 0.0)
            left = self._last_start + interval - time.monotonic()
            if left > 0:
                self.context.ending.wait(left)
            self._loaded.wait(LOAD_SECONDS_MAX)
            self._last_start = time.monotonic()
            with self._lock:
                triggers = self._pending
                self._pending = []
                asked_nsec = self._asked_nsec
                self._begun += 1
            report_id = None
            try:
                # what came before the configuration was read, and said no,
                # has nothing to show for it
                if self.enabled:
                    with self._reserve.freed():
                        report_id = self._make(triggers)
            except BaseException:
                # whatever it is, it is ours and not the daemon's
                self.complain()
            self.siblings.answered(asked_nsec)
            with self._lock:
                self._written += 1
                self._last_id = report_id
                self._reported.notify_all()
                if not self._pending:
                    self._reporting = False
                    return

    def _make(self, triggers: list[report.Trigger]) -> str:
        with self._import_gate:
            from ceilometer.diagnostics.daemon import make_report
            own_names.give()
        return make_report.make(self.context, triggers)

    def _tell_where(self) -> None:
        """Say where the report stands that should have been written."""
        with contextlib.suppress(Exception):
            lines = [f'Diagnostic report of pid {os.getpid()} has been under '
                     'way for longer than that should take; it stands at:']
            lines += traces.where(self._ident)
            if (main := threading.main_thread().ident or 0) != self._ident:
                lines += ['and the main thread at:', *traces.where(main)]
            sys.modules[IMPORTED[1]].write_stderr(
                '\n'.join([*lines, '']).encode(errors='backslashreplace'),
                time.monotonic() + 1)

    def complain(self) -> None:
        """Say on standard error that there is no report, and why.

        Called where an exception is handled: in the reporter thread, and in
        the one that waits for signals. Raises nothing: they must go on.
        """
        with contextlib.suppress(Exception):
            error = sys.exc_info()[1]
            why = '' if error is None else '\n'.join(traces.of(error))
            text = f'Diagnostic report of pid {os.getpid()} failed:\n{why}\n'
            if not self._import_gate.acquire(timeout=IMPORT_SECONDS_MAX):
                return
            try:
                from ceilometer.diagnostics.daemon import journal
                from ceilometer.diagnostics.secrets import redact
            finally:
                self._import_gate.release()
            journal.write_stderr(
                redact.Redactor().text(text).encode(errors='backslashreplace'),
                time.monotonic() + 1)
