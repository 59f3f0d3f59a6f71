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

"""Notices a hang that nobody has asked about, if somebody wants it to.

The configuration may, or the watchdog of the unit (:mod:`.watchdog`).

The thread that waits for triggers wakes up every few seconds, and notes that
it is alive: so it has had the interpreter. A process that has not done so for
the time that the configuration names is looked at by one of the others. Time
alone is no reason to speak: it must be seen to be stopped, or kept from the
interpreter (:mod:`.sibling_look`). It is told of once until it has moved
again. Nothing is ended here.

Where somebody has stopped all processes, or the machine, all have been silent
for long when they go on. So the time counts only while who looks has moved
itself.
"""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any
from typing import TYPE_CHECKING

from ceilometer.diagnostics.daemon import folded
from ceilometer.diagnostics.daemon import own_thread
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import siblings
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import report

if TYPE_CHECKING:
    from typing import Protocol

    class Reporter(Protocol):
        """Whose process it is: :class:`.reporter.Reporter`."""

        context: report_context.ReportContext
        siblings: siblings.Siblings

        def complain(self) -> None:
            """Say what went wrong."""

# A process says that it is alive after such a part of the time limit.
_ALIVE_PART = 0.25

#: It does so within these bounds, seconds.
ALIVE_SECONDS_MIN = 0.5
ALIVE_SECONDS_MAX = 5.0

#: Who looks has not moved itself if it comes later than after so many of
#: these pauses.
PAUSES_MAX = 3


class Overdue(named_tuple.NamedTuple):
    """Signs of life that have not come.

    :ivar trigger: what is told of the reason; it has no id
    :ivar last: when each process has last been alive, by its id and when it
        was started
    :ivar unasked: always
    """

    trigger: report.Trigger
    last: dict[tuple[int, int], int]
    unasked: bool = True

    def has_moved(self, sibling: sibling_page.Sibling) -> bool:
        """Whether a process is none of these, or not any more."""
        return self.last.get((sibling.pid, sibling.started)) != (
            sibling.alive_nsec)

    def since_nsec(self, sibling: sibling_page.Sibling) -> int:
        """What was told of a process later tells of this as well."""
        return sibling.alive_nsec


class HangWatch:
    """Watches over the other processes of a service, from one of them.

    Raises nothing: the first error is complained of.

    :param reporter: of this process
    :param limit_seconds: how long a process may give no sign of life
    :param stand_in: called at each look, for the watchdog of the unit; None
        if there is none (:func:`.watchdog.stand_in`)
    """

    def __init__(self, reporter: Reporter, limit_seconds: float,
                 stand_in: Callable[
                     [int, list[sibling_page.Sibling], int], None] | None = (
                         None)) -> None:
        self._reporter = reporter
        self._stand_in = stand_in
        self._limit_nsec = int(limit_seconds * 1e9)
        self._pause_seconds = min(max(
            limit_seconds * _ALIVE_PART, ALIVE_SECONDS_MIN), ALIVE_SECONDS_MAX)
        self.forked()

    def forked(self) -> None:
        """Begin anew in a new process; called in it, in its only thread."""
        self._last_nsec = 0
        self._moves_since_nsec = 0
        self._not_before: dict[tuple[int, int], int] = {}
        self._looking = False
        self._complained = False

    def look(self) -> float:
        """Say that this process is alive, and look whether others are.

        Runs in the thread that waits for triggers, and takes no time.

        :returns: when to call it again, seconds
        """
        place = self._reporter.siblings.alive()
        try:
            self._look_at_others(place)
        except Exception:
            # It goes on to say that it is alive: else the watchdog of the
            # unit would end what is well.
            if not self._complained:
                self._complained = True
                self._reporter.complain()
        return self._pause_seconds

    def _look_at_others(self, place: int | None) -> None:
        now = time.monotonic_ns()
        if now - self._last_nsec > PAUSES_MAX * self._pause_seconds * 1e9:
            self._moves_since_nsec = now
        self._last_nsec = now
        descriptor = self._reporter.context.turn_descriptor
        if place is None or descriptor is None or not turn.is_ours(descriptor):
            return
        every = sibling_page.every(descriptor)
        if self._stand_in is not None:
            self._stand_in(descriptor, every, now)
        if not self._looking and (
                found := self._overdue(every, place, now)):
            self._begin(found)

    def _overdue(self, every: list[sibling_page.Sibling], place: int,
                 now: int) -> dict[tuple[int, int], int]:
        """The processes that this one has to look at: when each was alive."""
        alive = [one.place for one in every if one.alive_nsec
                 and now - one.alive_nsec <= self._limit_nsec]
        found = {}
        for one in every:
            key = (one.pid, one.started)
            # what was told after the last sign of life tells of this
            if (one.alive_nsec and one.told_nsec < one.alive_nsec
                    and now - max(one.alive_nsec, self._moves_since_nsec)
                    > self._limit_nsec + self._pause_seconds * 1e9
                    and _who_looks(one.place, alive) == place
                    and self._not_before.get(key, 0) <= now and one.lives):
                found[key] = one.alive_nsec
        for key in found:
            # where nothing is proven, not too often
            self._not_before[key] = now + self._limit_nsec
        self._not_before = {key: nsec for key, nsec
                            in self._not_before.items() if nsec > now}
        return found

    def _begin(self, found: dict[tuple[int, int], int]) -> None:
        self._looking = True
        try:
            # who waits for triggers must not be held up by it
            own_thread.OwnThread(
                target=self._look_at, args=(Overdue(report.Trigger(
                    fields.TRIGGER_HANG, time.time_ns() // 1000), found),),
                daemon=True, name=siblings.THREAD_NAME).start()
        except (MemoryError, RuntimeError):
            # no more threads to be had: later, perhaps
            self._looking = False

    def _look_at(self, overdue: Overdue) -> None:
        try:
            context = self._reporter.context
            with context.import_gate:
                folded.make()
                from ceilometer.diagnostics.daemon import sibling_look
            looker: Any = sibling_look
            looker.look(context, overdue, self._limit_nsec / 1e9, False)
        except BaseException:
            # whatever it is, it is ours and not the daemon's
            self._reporter.complain()
        finally:
            self._looking = False


def _who_looks(place: int, alive: list[int]) -> int | None:
    """The place of the process that looks at another: the next one alive."""
    return min((one for one in alive if one != place),
               key=lambda one: (one < place, one), default=None)
