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

"""What is unusual in a report: what to read first, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses

from ceilometer.diagnostics.command.findings import growth
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

#: Beyond this share of its limit a resource is about to run out.
LIMIT_SHARE = 0.8

#: A daemon that was held up longer by its report will have been noticed.
SNAPSHOT_USEC_ODD = 100_000

#: A thread that works may stand at one place for so long.
STILL_USEC_BAD = 30_000_000

_NAMED_MAX = 12


@dataclasses.dataclass(frozen=True)
class Notice:
    """A line of a digest.

    :ivar level: BAD, ODD or PLAIN
    :ivar text: the line
    :ivar kind: of the finding that it tells, None if it tells none
    :ivar severity: of that finding, one of :data:`findings.SEVERITIES`
    :ivar section: the section that has found it
    """

    level: str
    text: str
    kind: str | None = None
    severity: str | None = None
    section: str | None = None


def digest(found: read.Found,
           before: read.Found | None = None) -> list[Notice]:
    """What is unusual in a report.

    :param found: a whole report
    :param before: an earlier one of the same process, whole, if there is one
    """
    notices = [*_whole(found), *found_by_the_process(found),
               *_package(found), *_threads(found, before),
               *_growth(found, before), *_resources(found),
               *_configuration(found), *_summary(found)]
    return [dataclasses.replace(notice,
                                text=escape.line(notice.text))
            for notice in sorted(notices, key=_order)]


def _order(notice: Notice) -> tuple[int, int]:
    # what has no kind says what the report is worth
    return (LEVELS.index(notice.level), -1 if notice.severity is None
            else findings.SEVERITIES.index(notice.severity))


def found_by_the_process(found: read.Found) -> list[Notice]:
    """What a process itself found unusual, as its summary has it.

    :param found: a report with its summary
    """
    told = section_data.content(found.report, contents.Summary)
    return [] if told is None else [
        _notice(one) for one in told['findings']
        if one['severity'] in _OF_SEVERITY and findings.is_kind(one['kind'])]


def _notice(one: contents.Finding) -> Notice:
    return Notice(_OF_SEVERITY[one['severity']],
                  escape.line(findings.line(one)), one['kind'],
                  one['severity'], one['evidence'].get(findings.SECTION))


def _growth(found: read.Found,
            before: read.Found | None) -> list[Notice]:
    return [] if before is None else [
        _notice(one) for one in growth.find(before, found)]


def _kinds(found: read.Found) -> set[str]:
    """The kinds that the summary of a report names."""
    return {kind for part in found.report.sections for kind in part.findings}


def _whole(found: read.Found) -> Iterator[Notice]:
    for dispute in found.disputes:
        yield Notice(BAD, f'disputed: {dispute}')
    if found.identity.foreign:
        yield Notice(BAD, 'from the journal of another host than it claims: '
                     'do not trust the content')
    elif not found.identity.trusted:
        yield Notice(BAD, 'not from a Ceilometer unit but from '
                     f'{found.identity.unit or "no unit"}: do not trust the '
                     'content')
    if not found.report.complete:
        yield Notice(BAD, 'incomplete, missing: '
                     + _some(section_data.missing_names(found.report)))
    for problem in found.problems:
        yield Notice(BAD, f'damaged: {problem}')
    for part in found.report.sections:
        if part.status == fields.STATUS_OK or (
                part.failed and 'section-failed' in _kinds(found)):
            continue
        words = f'section {part.name}: {part.status}'
        told = part.data if isinstance(part.data, dict) else {}
        reason = told.get('message') or told.get('reason')
        if part.failed and isinstance(reason, str):
            words += f', {reason[:200]}'
        yield Notice(BAD if part.failed else ODD, words)
    for misfit in section_data.misfits(found.report):
        yield Notice(ODD, f'unexpected data: {misfit}')


def _package(found: read.Found) -> Iterator[Notice]:
    told = section_data.content(found.report, contents.Package)
    if told is None:
        return
    version = told['version']
    if version:
        yield Notice(PLAIN, f'version {version}')
    installed = told['installed_version']
    if installed and installed != version:
        yield Notice(BAD, f'version {version} is running, {installed} is '
                     'installed: not restarted since the upgrade')


def _threads(found: read.Found,
             before: read.Found | None) -> Iterator[Notice]:
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
    yield Notice(PLAIN, words)
    if before is None:
        return
    usec = max(found.time_usec - before.time_usec, 0)
    for thread in stuck_threads.stuck(before.report, found.report):
        yield _notice(findings.finding(
            'thread-without-progress', f'{_at(thread)}: has not moved for '
            f'{times.show_span(usec)} (since report {before.short_id})',
            severity=None if usec >= STILL_USEC_BAD else findings.NOTICE,
            thread=thread.name))


def _at(thread: reported_threads.Thread) -> str:
    where = thread.where()
    return thread.describe() + (f' at {where}' if where else '')


def _resources(found: read.Found) -> Iterator[Notice]:
    told = section_data.content(found.report, contents.Resources)
    if told is None:
        return
    memory = told['memory_kib']
    if memory.get(contents.RSS):
        words = f'memory {memory[contents.RSS] / 1024:.1f} MiB'
        if memory.get(contents.PEAK_RSS):
            words += f', peak {memory[contents.PEAK_RSS] / 1024:.1f} MiB'
        yield Notice(PLAIN, words)
    if memory.get(contents.SWAPPED):
        yield Notice(
            ODD, f'{memory[contents.SWAPPED] / 1024:.1f} MiB swapped out')
    count = told['file_descriptors']['count']
    limit = next(iter(told['limits'].get(contents.OPEN_FILES, ())), None)
    if count is not None:
        words = f'{count} file descriptors'
        if limit:
            words += f' of {limit}'
        level = (BAD if limit and count >= LIMIT_SHARE * limit
                 and 'descriptors-near-limit' not in _kinds(found) else PLAIN)
        yield Notice(level, words)
    collector = told['garbage_collector']
    if not collector['enabled']:
        yield Notice(ODD, 'the garbage collector is switched off')
    if collector['uncollectable']:
        yield Notice(ODD, f'{collector["uncollectable"]} objects that the '
                     'garbage collector cannot free')
    events = told['control_group'].get(contents.MEMORY_EVENTS, '')
    for event in events.split('; '):
        name, _, number = event.partition(' ')
        if name == 'oom_kill' and number not in ('', '0') and (
                'killed-for-memory' not in _kinds(found)):
            yield Notice(BAD, f'out of memory: the kernel killed {number} '
                         'processes of the unit')


def _configuration(found: read.Found) -> Iterator[Notice]:
    told = section_data.content(found.report, contents.Configuration)
    # a forkserver makes the workers, and has no need of it
    if told is not None and not told['known'] and (
            found.report.header.process != fields.PROCESS_FORKSERVER):
        yield Notice(ODD, 'the configuration is not known')
    changed = reported_options.changed(found.report)
    if changed:
        count = findings.count(len(changed), 'option')
        yield Notice(PLAIN, f'{count} changed: see "show --changed"')
    for option in changed:
        if option['error']:
            yield Notice(BAD, f'option {reported_options.name(option)}: '
                         f'{option["error"]}')
    unknown = [option for option in reported_options.unregistered(
        found.report) if not option.get('of_library')]
    if unknown and found.report.header.process != fields.PROCESS_MASTER:
        # mistyped; or of a library that does not say what options it has,
        # of which a master comes to few
        yield Notice(PLAIN, 'set in the files, but unknown to this process: '
                     + _some(list(map(reported_options.name, unknown))))


def _summary(found: read.Found) -> Iterator[Notice]:
    told = section_data.content(found.report, contents.Summary)
    if told is None:
        return
    if told['delivery_problem']:
        yield Notice(BAD, 'part of the report is not in the journal: '
                     f'{told["delivery_problem"]}')
    held = told['snapshot_usec']
    if held >= SNAPSHOT_USEC_ODD:
        yield Notice(ODD, 'the report held up the threads for '
                     f'{times.show_span(held)}')
    merged = told['trigger']['merged']
    if merged:
        yield Notice(
            PLAIN, f'answers {findings.count(merged, "more trigger")}')


def _some(names: list[str]) -> str:
    if len(names) > _NAMED_MAX:
        names = [*names[:_NAMED_MAX], f'and {len(names) - _NAMED_MAX} more']
    return ', '.join(names)
