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

"""What is unusual in a report: what to read first, in a few lines.

What the process has found itself and what only a reader can find are put
together: one cause absorbs what follows from it, whoever has found that.
Lines without a kind tell what is as it should be.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses

from ceilometer.diagnostics.command.findings import growth
from ceilometer.diagnostics.command.findings import report_worth
from ceilometer.diagnostics.command.findings import stuck_threads
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import reported_options
from ceilometer.diagnostics.command.reports import reported_threads
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics.command import times
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings

#: Levels of a notice.
BAD = 'bad'
ODD = 'odd'
PLAIN = 'plain'
LEVELS = (BAD, ODD, PLAIN)

# What a finding is called in a digest.
_OF_SEVERITY = {findings.ERROR: BAD, findings.WARNING: BAD,
                findings.NOTICE: ODD}

# What a piece of work goes through, by its kind.
_THROUGH = {'send': findings.BROKER, 'publish': findings.PUBLISHER}

#: A thread that works may stand at one place for so long.
STILL_USEC_BAD = 30_000_000


@dataclasses.dataclass(frozen=True)
class Notice:
    """A line of a digest.

    :ivar level: BAD or ODD of a finding, else PLAIN
    :ivar text: the line
    :ivar kind: of the finding that it tells, None if it tells none
    :ivar severity: of that finding, one of :data:`findings.SEVERITIES`
    :ivar section: the section that has found it
    :ivar thread: name of the thread that it tells of
    """

    level: str
    text: str
    kind: str | None = None
    severity: str | None = None
    section: str | None = None
    thread: str | None = None


def digest(found: read.Found, before: read.Found | None = None,
           more: Iterable[contents.Finding] = ()) -> list[Notice]:
    """What is unusual in a report.

    :param found: a whole report
    :param before: an earlier one of the same process, whole, if there is one
    :param more: what was found elsewhere, of this process
    """
    told = findings.ordered([
        *report_worth.find(found), *_by_the_process(found),
        *_unknown_configuration(found), *_standing(found, before),
        *([] if before is None else growth.find(before, found)), *more])
    plain = [*_package(found), *_threads(found), *_resources(found),
             *_configuration(found), *_summary(found)]
    return [*map(_notice, told), *(
        Notice(PLAIN, escape.line(text)) for text in plain)]


def found_by_the_process(found: read.Found) -> list[Notice]:
    """What a process itself found unusual, as its summary has it.

    :param found: a report with its summary
    """
    return list(map(_notice, _by_the_process(found)))


def _by_the_process(found: read.Found) -> list[contents.Finding]:
    return [
        one for one in section_data.findings_of(found.report)
        if one['severity'] in _OF_SEVERITY and findings.is_kind(one['kind'])]


def _notice(one: contents.Finding) -> Notice:
    return Notice(_OF_SEVERITY[one['severity']],
                  escape.line(findings.line(one)), one['kind'],
                  one['severity'], one['evidence'].get(findings.SECTION),
                  one['evidence'].get('thread'))


def _standing(found: read.Found, before: read.Found | None,
              ) -> Iterator[contents.Finding]:
    if before is None:
        return
    usec = max(found.time_usec - before.time_usec, 0)
    for one in stuck_threads.standing(before, found):
        piece = one.piece
        since = '' if piece is None else findings.when(
            piece.since_usec / 1e6, found.time_usec / 1e6)
        if piece is not None and one.late:
            words = (f'works on {piece.work} since {since}, as in report '
                     f'{before.short_id}')
            if piece.interval_seconds:
                words += (', the interval is '
                          + findings.span(piece.interval_seconds))
        else:
            words = (f'has not moved for {times.show_span(usec)} (since '
                     f'report {before.short_id})')
            if piece is not None:
                words += f', works on {piece.work} since {since}'
        if one.waiting:
            more = len(one.waiting) - 1
            words += f'; "{one.waiting[0].name}"' + (
                f' and {more} more wait' if more else ' waits') + ' for it'
        yield findings.finding(
            'thread-without-progress', f'{_at(one.thread)}: {words}',
            severity=None if one.late or usec >= STILL_USEC_BAD
            else findings.NOTICE, section='threads', thread=one.thread.name,
            through=None if piece is None else _THROUGH.get(
                one.thread.works_on[-1].kind))


def _at(thread: reported_threads.Thread) -> str:
    where = thread.where()
    return thread.describe() + (f' at {where}' if where else '')


def _unknown_configuration(found: read.Found) -> Iterator[contents.Finding]:
    told = section_data.content(found.report, contents.Configuration)
    age = section_data.content(found.report, contents.Resources)
    # who starts has not read it yet; a forkserver makes the workers, and has
    # no need of it
    if told is not None and not told['known'] and not told['options'] and (
            found.report.header.process != fields.PROCESS_FORKSERVER) and (
            age is None or age['armed_for_seconds']
            >= growth.STARTED_SECONDS):
        yield findings.finding(
            'configuration-unknown', 'the configuration is not known',
            section='configuration')


def _package(found: read.Found) -> Iterator[str]:
    told = section_data.content(found.report, contents.Package)
    if told is not None and told['version']:
        yield f'version {told["version"]}'


def _threads(found: read.Found) -> Iterator[str]:
    known = reported_threads.threads(found.report)
    if not known:
        return
    # that one works, or waits for a lock, is no finding: threads do
    words = (f'{findings.count(len(known), "thread")}, '
             f'{findings.count(len({one.stack for one in known}), "stack")}')
    running = sum(one.state == contents.RUNNING for one in known)
    locked = sum(one.waiting_for == contents.FOR_LOCK for one in known)
    if running:
        words += f', {running} running'
    if locked:
        words += f', {locked} waiting for {contents.FOR_LOCK}'
    yield words


def _resources(found: read.Found) -> Iterator[str]:
    told = section_data.content(found.report, contents.Resources)
    if told is None:
        return
    memory = told['memory_kib']
    if memory.get(contents.RSS):
        words = f'memory {memory[contents.RSS] / 1024:.1f} MiB'
        if memory.get(contents.PEAK_RSS):
            words += f', peak {memory[contents.PEAK_RSS] / 1024:.1f} MiB'
        if memory.get(contents.SWAPPED):
            words += (f', {memory[contents.SWAPPED] / 1024:.1f} MiB swapped '
                      'out')
        yield words
    count = told['file_descriptors']['count']
    limit = next(iter(told['limits'].get(contents.OPEN_FILES, ())), None)
    if count is not None:
        yield f'{count} file descriptors' + (f' of {limit}' if limit else '')


def _configuration(found: read.Found) -> Iterator[str]:
    changed = reported_options.changed(found.report)
    if changed:
        count = findings.count(len(changed), 'option')
        yield f'{count} changed: see "show --changed"'
    unknown = [option for option in reported_options.unregistered(
        found.report) if not option.get('of_library')]
    if unknown and found.report.header.process != fields.PROCESS_MASTER:
        # mistyped; or of a library that does not say what options it has,
        # of which a master comes to few
        yield ('set in the files, but unknown to this process: '
               + findings.some(list(map(reported_options.name, unknown))))


def _summary(found: read.Found) -> Iterator[str]:
    told = section_data.content(found.report, contents.Summary)
    if told is not None and told['trigger']['merged']:
        more = findings.count(told['trigger']['merged'], 'more trigger')
        yield f'answers {more}'
