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

"""The daemons whose newest reports are compared, and what is missing.

Of each unit of each host those reports count with which it answered the last
trigger. What polls and what takes notifications is told by their sections,
and by the program where these say nothing, as where every worker dies.
"""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses

from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields

#: Programs, which stand for what a daemon does.
POLLING = 'ceilometer-polling'
NOTIFICATION = 'ceilometer-agent-notification'

#: A unit whose newest report is older than that of another unit of the same
#: program by this much does not count: it may be gone.
APART_SECONDS_MAX = 3600

#: A report that is older than this is said to be old.
FRESH_SECONDS_MAX = 600


@dataclasses.dataclass(frozen=True)
class Process:
    """A process of a daemon, and what its newest report tells.

    :ivar found: its report, without text and data
    :ivar polling: None where the report does not have it, as the others
    """

    found: read.Found
    findings: list[contents.Finding]
    polling: contents.Polling | None
    messaging: contents.Messaging | None
    notifications: contents.Notifications | None
    pipelines: contents.Pipelines | None
    workers: contents.Workers | None


@dataclasses.dataclass(frozen=True)
class Daemon:
    """A unit of a host, and the reports of its last trigger.

    :ivar program: :data:`POLLING` or :data:`NOTIFICATION`
    :ivar host: its name, or its machine id, or a hyphen
    :ivar unit: name of the unit, without its suffix, or of its container
    :ivar time_usec: when the newest of its reports was begun
    :ivar lacks: what is missing of its reports, a phrase each
    """

    program: str
    host: str
    unit: str
    time_usec: int
    processes: list[Process]
    lacks: list[str]

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return f'{self.unit} of {self.host}'


def newest(journal: journal_reader.Journal, found: list[read.Found],
           problems: list[str]) -> list[Daemon]:
    """The daemons that poll or take notifications, the newest first.

    :param journal: where the reports were found
    :param found: reports, oldest first
    :param problems: takes a line for each report that cannot be read
    """
    groups: dict[object, list[read.Found]] = {}
    for group in read.answers(read.without_events(found)):
        own = group[0].identity
        groups[own.machine_id, own.foreign, own.unit] = group
    daemons = []
    for group in groups.values():
        made = _daemon(group, [
            _process(one, whole) for one in group
            for whole in read.load_each(journal, [one], problems)])
        if made is not None:
            daemons.append(made)
    return sorted(daemons, key=lambda one: -one.time_usec)


def _process(found: read.Found, whole: read.Found) -> Process:
    summary = section_data.content(whole.report, contents.Summary)
    return Process(
        dataclasses.replace(found, problems=whole.problems),
        [] if summary is None else summary['findings'],
        section_data.content(whole.report, contents.Polling),
        section_data.content(whole.report, contents.Messaging),
        section_data.content(whole.report, contents.Notifications),
        section_data.content(whole.report, contents.Pipelines),
        section_data.content(whole.report, contents.Workers))


def _daemon(group: list[read.Found],
            processes: list[Process]) -> Daemon | None:
    program = _program(group, processes)
    if program is None:
        return None
    own = group[0].identity
    return Daemon(
        program, escape.line(own.hostname or own.machine_id or '-'),
        escape.line(containers.shown(
            own.unit or group[0].report.header.service)),
        max(one.time_usec for one in group), processes,
        list(_lacking(program, group, processes)))


def _program(group: list[read.Found],
             processes: list[Process]) -> str | None:
    for one in processes:
        if one.polling is not None and (
                one.polling['state'] != contents.DOES_NOT):
            return POLLING
        if one.notifications is not None and (
                one.notifications['state'] != contents.DOES_NOT):
            return NOTIFICATION
    services = {one.report.header.service for one in group}
    return next((program for program in (POLLING, NOTIFICATION)
                 if program in services), None)


def _lacking(program: str, group: list[read.Found],
             processes: list[Process]) -> Iterable[str]:
    could_be_read = {one.found.id for one in processes}
    for one in group:
        what = escape.line(
            f'{one.report.header.describe_process()}, pid '
            f'{one.identity.pid}')
        if not one.report.complete:
            yield f'the report of {what} is incomplete'
        elif one.id not in could_be_read:
            yield f'the report of {what} cannot be read'
    workers = [one for one in processes
               if one.found.report.header.process == fields.PROCESS_WORKER]
    alive = sum(
        worker['pid'] is not None for one in processes if one.workers
        for service in one.workers['services']
        for worker in service['workers'])
    if alive > len(workers):
        yield f'{alive - len(workers)} of {alive} workers have not answered'
    for worked in workers:
        wanted: dict[str, object] = (
            {'polling': worked.polling} if program == POLLING else
            {'notifications': worked.notifications,
             'pipelines': worked.pipelines})
        for name, told in wanted.items():
            if told is None and worked.found.report.complete:
                yield (f'section {name} of pid {worked.found.identity.pid} '
                       'failed')


def counting(daemons: Iterable[Daemon]) -> tuple[list[Daemon], list[Daemon]]:
    """Those that count, and those that may be gone.

    :param daemons: the newest first
    """
    latest: dict[str, int] = {}
    count, gone = [], []
    for one in daemons:
        newest_usec = latest.setdefault(one.program, one.time_usec)
        if newest_usec - one.time_usec > APART_SECONDS_MAX * 1_000_000:
            gone.append(one)
        else:
            count.append(one)
    return count, gone
