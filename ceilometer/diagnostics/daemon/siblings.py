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

"""Has the processes of a service look after one another.

Where one takes no trigger, because code in C holds its interpreter, or it is
stopped, nothing in it can say so. So each process that has taken a trigger
looks at the others some seconds later. At rest there is no thread for that;
one that is alone has none then, either. What is seen, and whether it is a
reason to speak, is the business of :mod:`.sibling_look`.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any
from typing import TYPE_CHECKING

from ceilometer.diagnostics.daemon import folded
from ceilometer.diagnostics.daemon import hang_stacks
from ceilometer.diagnostics.daemon import own_thread
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import report

if TYPE_CHECKING:
    from typing import Protocol

    class Reporter(Protocol):
        """Whose triggers are looked after: :class:`.reporter.Reporter`."""

        context: report_context.ReportContext

        @property
        def enabled(self) -> bool:
            """Whether reports are written."""

        def complain(self) -> None:
            """Say what went wrong."""

THREAD_NAME = 'diagnostics-siblings'

#: So long after a trigger the others are looked at, seconds; again where it
#: could not be decided, and a last time.
LOOK_AFTER_SECONDS = (3.0, 6.0, 12.0)


class Siblings:
    """The others of a service, for a process and its forks after it.

    Raises nothing. :meth:`begin`, :meth:`begun` and :meth:`end` run in the
    thread that waits for triggers.

    :param reporter: whose triggers are looked after
    """

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.forked()

    def forked(self) -> None:
        """Begin anew in a new process; called in it, in its only thread."""
        self._place: int | None = None
        self._lock = own_thread.Lock()
        self._asked: sibling_page.Asked | None = None
        self._looking = False
        self._tells_alive = False

    def begin(self) -> None:
        """Note that this process waits for triggers from now on."""
        descriptor = self._reporter.context.turn_descriptor
        self._place = sibling_page.take(
            descriptor, threading.get_native_id())
        hang_stacks.begin(descriptor, self._place)

    def begun(self) -> None:
        """Note that this process has taken a trigger."""
        sibling_page.note_begun(
            self._reporter.context.turn_descriptor, self._place)
        if self._tells_alive:
            self.alive()
        else:
            hang_stacks.begun()

    def answered(self, nsec: int) -> None:
        """Note that this process has answered; in the thread of a report.

        :param nsec: what it had been asked for until then, nanoseconds of the
            monotonic clock
        """
        sibling_page.note_answered(
            self._reporter.context.turn_descriptor, self._place, nsec)

    def alive(self) -> int | None:
        """Note that this process is alive, for :mod:`.hang_watch`.

        Runs in the thread that waits for triggers.

        :returns: its place in the list, None if it has none
        """
        self._tells_alive = True
        sibling_page.note_alive(
            self._reporter.context.turn_descriptor, self._place)
        hang_stacks.begun()
        return self._place

    def end(self) -> None:
        """Note that this process waits for none any more."""
        hang_stacks.end()
        sibling_page.leave(
            self._reporter.context.turn_descriptor, self._place)
        self._place = None

    def watch(self, trigger: report.Trigger) -> None:
        """Look at the others some time after a trigger; in any thread.

        :param trigger: it may have come to them as well
        """
        sibling_page.note_trigger(
            self._reporter.context.turn_descriptor, self._place, trigger.id)
        if not self._others():
            return
        with self._lock:
            self._asked = sibling_page.Asked(
                trigger, time.monotonic_ns())
            if self._looking:
                return
            self._looking = True
        try:
            own_thread.OwnThread(target=self._look_after, daemon=True,
                                 name=THREAD_NAME).start()
        except (MemoryError, RuntimeError):
            # then another process looks
            self._looking = False

    def _others(self) -> bool:
        descriptor = self._reporter.context.turn_descriptor
        return descriptor is not None and turn.is_ours(descriptor) and any(
            one.pid != os.getpid() and one.lives
            for one in sibling_page.every(descriptor))

    def _look_after(self) -> None:
        while True:
            with self._lock:
                asked, self._asked = self._asked, None
                if asked is None:
                    self._looking = False
                    return
            try:
                self._look(asked)
            except BaseException:
                # whatever it is, it is ours and not the daemon's
                self._reporter.complain()

    def _look(self, asked: sibling_page.Asked) -> None:
        for seconds in LOOK_AFTER_SECONDS:
            context = self._reporter.context
            left = seconds - (time.monotonic_ns() - asked.nsec) / 1e9
            if context.ending.wait(max(left, 0)) or not (
                    self._reporter.enabled):
                return
            with context.import_gate:
                folded.make()
                from ceilometer.diagnostics.daemon import sibling_look
            looker: Any = sibling_look
            if not looker.look(context, asked, seconds,
                               seconds == LOOK_AFTER_SECONDS[-1]):
                return
