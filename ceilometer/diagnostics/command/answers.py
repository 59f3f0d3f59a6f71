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

"""Waits for the reports with which processes answer a trigger."""

from __future__ import annotations

import collections
from collections.abc import Callable
import dataclasses
import time

from ceilometer.diagnostics.command import asked_at
from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command import obstacles
from ceilometer.diagnostics.command import remote
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import search
from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics import fields

_POLL_SECONDS_MIN = 0.1
_POLL_SECONDS_MAX = 0.5

#: A process that can takes the signal within this time, seconds; on a busy
#: machine, too.
_TAKEN_SECONDS = 2.0

#: A daemon that has computed so long, seconds, has started: it takes the
#: signal, or never will.
_START_CPU_SECONDS = 0.7

#: Processes that have answered tell of those that are silent within this time,
#: seconds; they look three and six seconds after the signal.
SIBLINGS_SECONDS_MAX = 9.0


@dataclasses.dataclass
class Answer:
    """What one process of a unit has answered.

    :ivar unit: name of the unit
    :ivar process: the process
    :ivar found: its report, as far as it has come; None for none
    :ivar notices: what is unusual in it
    :ivar obstacle: why none can come, None if one may
    :ivar told: what another process of the unit has told of it, None for
        nothing
    :ivar asked: whether its unit was sent the signal, or would have been
    :ivar left: whether the process executes another program since, as one
        that was about to start a helper: it is none of the daemon any more
    :ivar dropped: what journald says of entries of its unit that it has
        dropped, None for nothing
    """

    unit: str
    process: unit_processes.Process
    found: read.Found | None = None
    notices: list[digest.Notice] = dataclasses.field(default_factory=list)
    obstacle: str | None = None
    told: read.Found | None = None
    asked: bool = True
    left: bool = False
    dropped: str | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether it answers, but not into the journal."""
        return self.obstacle is not None and (
            obstacles.ELSEWHERE in self.obstacle)

    @property
    def complete(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self.found is not None and self.found.report.complete


def wait(journal: journal_reader.Journal, answers: list[Answer],
         asked: asked_at.AskedAt, timeout_seconds: float,
         show: Callable[[int], None]) -> None:
    """Wait until every process has answered, has ended, or time is up.

    :param journal: where the reports will be
    :param answers: takes the reports
    :param asked: when the signal was sent
    :param timeout_seconds: how long to wait
    :param show: told how many have answered
    """
    begun = time.monotonic()
    deadline = begun + timeout_seconds
    pause = _POLL_SECONDS_MIN
    while True:
        journal.refresh()
        came = read.find(journal, search.Query(
            pids=tuple(answer.process.pid for answer in answers),
            since_usec=asked.earliest_usec(),
            since_monotonic_usec=asked.monotonic_usec))
        for unit in {answer.unit for answer in answers}:
            own = [answer for answer in answers if answer.unit == unit]
            of_unit = [found for found in read.without_events(came)
                       if found.identity.unit == unit
                       and not _is_of_before(found, asked)]
            _assign(own, [found for found in of_unit if not _tells(found)])
            _assign_told(own, list(filter(_tells, of_unit)))
        show(sum(answer.complete for answer in answers))
        waiting = [answer for answer in answers if not answer.complete
                   and answer.obstacle is None and not answer.left
                   # what has begun to answer is slow, whatever others tell
                   and (answer.told is None or answer.found is not None)
                   and unit_processes.look_at(answer.process.pid) is not None]
        if time.monotonic() - begun >= _TAKEN_SECONDS:
            _see_who_has_left(waiting)
            see_who_is_mute(waiting)
        left = deadline - time.monotonic()
        if left <= 0 or not waiting and not (
                time.monotonic() - begun < SIBLINGS_SECONDS_MAX
                and _others_may_tell(answers)):
            return
        remote.pause(min(pause, left))
        pause = min(pause * 1.2, _POLL_SECONDS_MAX)


def _is_of_before(found: read.Found, asked: asked_at.AskedAt) -> bool:
    """Whether it answers somebody who has asked before us.

    Reports of older versions do not tell: there, what was sent later counts.
    So it does where a process has noticed it longer ago than a report can
    take: its clock is not ours.
    """
    return (found.report.header.trigger.id is not None
            and found.noticed_usec is not None
            and asked.usec - search.REPORT_USEC_MAX
            <= found.noticed_usec < asked.usec
            and not asked.clock_was_set())


def _tells(found: read.Found) -> bool:
    """Whether it is what another process has told."""
    return found.report.header.trigger.kind == fields.TRIGGER_HANG


def _others_may_tell(answers: list[Answer]) -> bool:
    """Whether a process is silent of which another one may tell."""
    speaking = {answer.unit for answer in answers if answer.complete}
    return any(
        not answer.complete and answer.told is None and not answer.left
        and answer.unit in speaking
        and unit_processes.look_at(answer.process.pid) is not None
        for answer in answers)


def _assign_told(answers: list[Answer], came: list[read.Found]) -> None:
    """Give each process of a unit what others have told of it.

    :param answers: of the processes
    :param came: such reports, oldest first
    """
    # who tells in a container has the numbers that it has there
    newest = {(found.told_of is None, found.pid): number
              for number, found in enumerate(came)}
    for answer in answers:
        process = answer.process
        number = max(newest.get((True, process.pid), -1), newest.get(
            (False, process.inner_pid or process.pid), -1))
        if number >= 0:
            answer.told = came[number]


def _assign(answers: list[Answer], came: list[read.Found]) -> None:
    """Give each process of a unit its report.

    If somebody else asks as well, a process may have two. Then it is the one
    for the trigger that most processes have answered. A process that was busy
    takes two signals as one, and may have only the other one.

    :param answers: of the processes
    :param came: reports of the unit, oldest first
    """
    having = collections.Counter(
        trigger_id for trigger_id, _ in {
            (found.report.header.trigger.id, found.identity.pid)
            for found in came})
    # of equal counts the first one is the oldest
    triggers = list(dict.fromkeys(
        found.report.header.trigger.id for found in came))
    triggers.sort(key=lambda trigger_id: -having[trigger_id])
    order = {trigger_id: place for place, trigger_id in enumerate(triggers)}
    of_process: dict[int | None, list[read.Found]] = {}
    for found in came:
        of_process.setdefault(found.identity.pid, []).append(found)
    for answer in answers:
        answer.found = min(
            of_process.get(answer.process.pid, ()), default=answer.found,
            key=lambda found: (not found.report.complete,
                               order[found.report.header.trigger.id]))


def _see_who_has_left(waiting: list[Answer]) -> None:
    """Wait no longer for who executes a program that is not the daemon.

    multiprocessing's server of forks executes Python anew as well, and is
    armed then.

    :param waiting: processes that have been signalled; those that have left
        are marked
    """
    for answer in waiting:
        now = unit_processes.look_at(answer.process.pid)
        answer.left = (now is not None and not now.armed
                       and now.origin != answer.process.origin)


def see_who_is_mute(waiting: list[Answer]) -> None:
    """Wait no longer for a process in which no thread takes the signal.

    Unless the daemon may still be starting: then it takes it later.

    :param waiting: processes that have been signalled; those that will not
        answer get an obstacle
    """
    mute = [answer for answer in waiting
            if obstacles.nobody_takes(answer.process.pid)]
    started = {answer.unit for answer in mute if obstacles.cpu_seconds(
        answer.process.pid) >= _START_CPU_SECONDS}
    for answer in mute:
        if answer.unit in started:
            answer.obstacle = obstacles.why_mute(answer.process.pid)
