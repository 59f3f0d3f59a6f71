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

"""Looks at processes that have not answered, and writes what it sees."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import time

from ceilometer.diagnostics.command import answers
from ceilometer.diagnostics.command import obstacles
from ceilometer.diagnostics.command.outside import delivery
from ceilometer.diagnostics.command.outside import python_stacks
from ceilometer.diagnostics.command.outside import subject
from ceilometer.diagnostics.command import rate_limit
from ceilometer.diagnostics.command import remote
from ceilometer.diagnostics.command.reports import kept_reader
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics.command import system
from ceilometer.diagnostics import contents
from ceilometer.diagnostics.outside import account
from ceilometer.diagnostics.outside import causes
from ceilometer.diagnostics.outside import looking
from ceilometer.diagnostics.outside import thread_looks
from ceilometer.diagnostics import report

#: So many processes are looked at; others are only named.
PROCESSES_MAX = 64

#: So long all Python stacks together may take, seconds.
ALL_STACKS_SECONDS_MAX = 60


@dataclasses.dataclass(frozen=True)
class Told:
    """What was seen of a process from the outside.

    :ivar header: of the report that tells it
    :ivar section: its only section
    :ivar data: the section's data
    :ivar not_written: why it is not in the journal, None if it is
    :ivar told_by: the process of the unit that has told it, None if this
        command has
    """

    header: report.Header
    section: report.Section
    data: contents.Outside
    not_written: str | None
    told_by: int | None = None


def told_already(silent: Sequence[answers.Answer]) -> dict[int, Told]:
    """What other processes have told of those that have not answered.

    :param silent: those, with what was told of them, whole
    :returns: it, by process id
    """
    told: dict[int, Told] = {}
    for answer in silent:
        if answer.told is None:
            continue
        whole = answer.told.report
        data = section_data.content(whole, contents.Outside)
        if data is not None:
            told[answer.process.pid] = Told(
                whole.header, whole.sections[0], data, None,
                answer.told.identity.sender_pid)
    return told


def tell(units: Sequence[system.Unit], silent: Sequence[answers.Answer],
         every: Sequence[answers.Answer], waited: str) -> dict[int, Told]:
    """Look at processes, and write what is seen to the journal.

    :param units: theirs
    :param silent: those that have not answered
    :param every: all that were asked
    :param waited: how long, in words
    :returns: what was seen, by process id; without those that have ended
    """
    begun = time.monotonic()
    first: dict[int, thread_looks.Looks] = {}
    for answer in silent[:PROCESSES_MAX]:
        try:
            first[answer.process.pid] = looking.first(answer.process.pid)
        except OSError:
            # it has ended meanwhile
            continue
    if first:
        remote.pause(looking.BETWEEN_LOOKS_SECONDS)
    program = python_stacks.find()
    by_name = {unit.name: unit for unit in units}
    trigger_ids = {unit.name: report.new_id() for unit in units}
    trigger_ids.update(
        (answer.unit, trigger_id) for answer in every
        if answer.found is not None
        and (trigger_id := answer.found.report.header.trigger.id))
    stacks_until = time.monotonic() + ALL_STACKS_SECONDS_MAX
    lost = {answer.unit: _why_lost(by_name[answer.unit], answer.dropped)
            for answer in silent}
    told: dict[int, Told] = {}
    for answer in silent:
        pid = answer.process.pid
        if pid not in first:
            continue
        try:
            data = looking.second(pid, first[pid])
        except OSError:
            continue
        stacks = python_stacks.read(pid, program, max(1.0, min(
            python_stacks.STACKS_SECONDS_MAX,
            stacks_until - time.monotonic())))
        data['stacks_by'], data['python_stacks'] = (
            stacks.program, stacks.lines)
        looking.conclude(data, answer.obstacle,
                         answer.asked and not answer.process.dies,
                         waited, stacks.holder, lost[answer.unit])
        unit = by_name[answer.unit]
        header = subject.header(
            unit, answer.process, trigger_ids[answer.unit])
        section = account.section(
            data, stacks.problem, int((time.monotonic() - begun) * 1e6))
        told[pid] = Told(header, section, data, delivery.send(
            header, section, unit.namespace))
    return told


def _why_lost(unit: system.Unit, said: str | None) -> causes.Lost | None:
    """Why what the processes of a unit write does not come.

    :param unit: theirs
    :param said: what journald says of entries that it has dropped
    """
    if why := obstacles.no_journal(unit.namespace):
        full = kept_reader.full_directory(unit.name)
        return None if full is None else causes.Lost(
            'report-not-delivered', f'{why}; until then reports are kept in '
            f'{full}, where no space is left')
    dropped = rate_limit.why_lost(rate_limit.of_unit(
        unit.name, unit.namespace), len(unit.daemons)) or said
    return None if dropped is None else causes.Lost(
        'journal-rate-limit', dropped)
