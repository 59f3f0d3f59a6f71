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

from ceilometer.diagnostics.command.findings import stuck_threads
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import reported_options
from ceilometer.diagnostics.command.reports import reported_threads
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics.command import times
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields

#: Levels of a notice.
BAD = 'bad'
ODD = 'odd'
PLAIN = 'plain'

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
    """

    level: str
    text: str


def digest(found: read.Found,
           before: read.Found | None = None) -> list[Notice]:
    """What is unusual in a report.

    :param found: a whole report
    :param before: an earlier one of the same process, whole, if there is one
    """
    notices = list(_whole(found))
    for name, told in (
            ('package', _package(found)), ('threads', _threads(found, before)),
            ('resources', _resources(found)),
            ('configuration', _configuration(found)),
            ('summary', _summary(found))):
        notices += _safely(name, told)
    order = (BAD, ODD, PLAIN)
    return [dataclasses.replace(notice,
                                text=escape.line(notice.text))
            for notice in sorted(
                notices, key=lambda notice: order.index(notice.level))]


def _safely(name: str, told: Iterator[Notice]) -> list[Notice]:
    try:
        return list(told)
    except (TypeError, ValueError, KeyError, AttributeError, IndexError,
            OverflowError) as error:
        # of another version, or made up
        return [Notice(ODD, f'the data of section {name} have an unknown '
                       f'shape ({type(error).__name__})')]


def _whole(found: read.Found) -> Iterator[Notice]:
    if not found.identity.trusted:
        yield Notice(BAD, 'not written by a process of a unit of Ceilometer '
                     f'but of {found.identity.unit or "no unit"}: do not '
                     'believe what it says')
    if not found.report.complete:
        yield Notice(BAD, 'incomplete, missing: '
                     + _some(section_data.missing_names(found.report)))
    for problem in found.problems:
        yield Notice(BAD, f'damaged: {problem}')
    for part in found.report.sections:
        if part.status == fields.STATUS_OK:
            continue
        words = f'section {part.name}: {part.status}'
        told = part.data if isinstance(part.data, dict) else {}
        reason = told.get('message') or told.get('reason')
        if part.failed and isinstance(reason, str):
            words += f', {reason[:200]}'
        yield Notice(BAD if part.failed else ODD, words)


def _package(found: read.Found) -> Iterator[Notice]:
    told = section_data.data(found.report, 'package')
    version = told.get('version')
    if version:
        yield Notice(PLAIN, f'version {version}')
    installed = told.get('installed_version')
    if installed and installed != version:
        yield Notice(BAD, f'version {version} runs, {installed} is '
                     'installed: not restarted since the upgrade')


def _threads(found: read.Found,
             before: read.Found | None) -> Iterator[Notice]:
    known = reported_threads.threads(found.report)
    if not known:
        return
    yield Notice(PLAIN, f'{_count(len(known), "thread")}, '
                 f'{_count(len({one.stack for one in known}), "stack")}')
    stuck: list[reported_threads.Thread] = []
    if before is not None:
        stuck = stuck_threads.stuck(before.report, found.report)
        usec = max(found.time_usec - before.time_usec, 0)
        for thread in stuck:
            yield Notice(BAD if usec >= STILL_USEC_BAD else ODD,
                         f'{_at(thread)}: stands where it stood '
                         f'{times.show_span(usec)} before, in report '
                         f'{before.short_id}')
    for thread in known:
        if thread not in stuck and (
                thread.state == 'running' or thread.waiting_for == 'a lock'):
            yield Notice(ODD, _at(thread))


def _at(thread: reported_threads.Thread) -> str:
    where = thread.where()
    return thread.describe() + (f' at {where}' if where else '')


def _resources(found: read.Found) -> Iterator[Notice]:
    told = section_data.data(found.report, 'resources')
    memory = told.get('memory_kib') or {}
    if memory.get('VmRSS'):
        words = f'memory {memory["VmRSS"] / 1024:.1f} MiB'
        if memory.get('VmHWM'):
            words += f', at most {memory["VmHWM"] / 1024:.1f} MiB so far'
        yield Notice(PLAIN, words)
    if memory.get('VmSwap'):
        yield Notice(ODD, f'{memory["VmSwap"] / 1024:.1f} MiB swapped out')
    descriptors = told.get('file_descriptors') or {}
    count = descriptors.get('count')
    limit = (told.get('limits') or {}).get('open files', [None])[0]
    if count is not None:
        words = f'{count} file descriptors'
        if limit:
            words += f' of {limit}'
        level = BAD if limit and count >= LIMIT_SHARE * limit else PLAIN
        yield Notice(level, words)
    collector = told.get('garbage_collector') or {}
    if collector.get('enabled') is False:
        yield Notice(ODD, 'the garbage collector is switched off')
    if collector.get('uncollectable'):
        yield Notice(ODD, f'{collector["uncollectable"]} objects that the '
                     'garbage collector cannot free')
    events = str((told.get('control_group') or {}).get('memory.events', ''))
    for event in events.split('; '):
        name, _, number = event.partition(' ')
        if name == 'oom_kill' and number not in ('', '0'):
            yield Notice(BAD, f'the kernel has ended {number} processes of '
                         'the unit for want of memory')


def _configuration(found: read.Found) -> Iterator[Notice]:
    told = section_data.data(found.report, 'configuration')
    if told.get('known') is False:
        yield Notice(ODD, 'the configuration is not known')
    changed = reported_options.changed(found.report)
    if changed:
        yield Notice(PLAIN, f'{_count(len(changed), "option")} changed: '
                     + _some(list(map(reported_options.name, changed))))
    for option in changed:
        if option.get('error'):
            yield Notice(BAD, f'option {reported_options.name(option)}: '
                         f'{option["error"]}')
    unknown = reported_options.unregistered(found.report)
    if unknown and found.report.header.process != fields.PROCESS_MASTER:
        # mistyped, or of a library that this process has not come to yet; a
        # master comes to few of them
        yield Notice(PLAIN, 'in the files, but no option here: '
                     + _some(list(map(reported_options.name, unknown))))


def _summary(found: read.Found) -> Iterator[Notice]:
    told = section_data.data(found.report, fields.SECTION_SUMMARY)
    if told.get('delivery_problem'):
        yield Notice(BAD, 'not all of it reached the journal: '
                     f'{told["delivery_problem"]}')
    held = told.get('snapshot_usec') or 0
    if held >= SNAPSHOT_USEC_ODD:
        yield Notice(ODD, 'threads were held up for '
                     f'{times.show_span(int(held))} by the report')
    merged = (told.get('trigger') or {}).get('merged')
    if merged:
        yield Notice(PLAIN, f'answers {_count(int(merged), "more trigger")}')


def _count(number: int, what: str) -> str:
    return f'{number} {what}{"s" if number != 1 else ""}'


def _some(names: list[str]) -> str:
    if len(names) > _NAMED_MAX:
        names = [*names[:_NAMED_MAX], f'and {len(names) - _NAMED_MAX} more']
    return ', '.join(names)
