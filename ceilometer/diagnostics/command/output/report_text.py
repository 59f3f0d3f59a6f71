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

"""A report as text for people: digest first, then its sections."""

from __future__ import annotations

import collections
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable

from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command.findings import verdict
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import reported_options
from ceilometer.diagnostics.command.reports import reported_threads
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics.command import times
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report

_MARKS = {digest.BAD: '!', digest.ODD: '*', digest.PLAIN: ' '}


def process_names(reports: Iterable[read.Found],
                  ) -> Callable[[read.Found], str]:
    """What tells the processes of some reports from one another.

    :param reports: the reports
    :returns: a function that gives unit, pid and role of one; with its host
        if there are several, with its id if a process has several reports
    """
    given = list(reports)
    several_hosts = len({one.identity.hostname for one in given}) > 1
    times_given = collections.Counter(one.process_key for one in given)

    def name(found: read.Found) -> str:
        own = found.identity
        header = found.report.header
        unit = containers.shown(own.unit or header.service)
        pid = '-' if found.pid is None else found.pid
        words = f'{unit}[{pid}] {header.describe_process()}'
        if several_hosts:
            words = f'{own.hostname or "-"} {words}'
        if times_given[found.process_key] > 1:
            words += f' in {found.short_id}'
        return escape.line(words)

    return name


def heading(found: read.Found, utc: bool, style: destination.Style) -> str:
    """Whose report it is, and why it was written; a line each."""
    header = found.report.header
    own = found.identity
    escaped = escape.line
    unit = escaped(own.unit or '-')
    if not own.trusted:
        unit = style.bad(f'{unit} (not a Ceilometer unit; it claims to be '
                         f'{escaped(header.unit or header.service)})')
    complete = 'yes'
    if not found.report.complete:
        complete = style.bad(
            f'no, unfinished: {len(found.report.sections)} of '
            f'{found.report.count} sections' if found.report.unfinished
            else 'no, missing: ' + ', '.join(
                section_data.missing_names(found.report)[:20]))
    rows = [
        ('Report', style.bold(escaped(header.id))),
        ('Time', times.show(found.time_usec, utc)),
        ('Unit', unit),
        *([('Container', escaped(own.container))] if own.container else []),
        ('Process', escaped(f'{header.service}, {header.describe_process()}')),
        ('PID', pids(found)),
        *([] if found.told_of is None else [
            ('Told by', f'pid {own.pid}')]),
        ('UID', '-' if own.uid is None else str(own.uid)),
        ('Hostname', escaped(own.hostname or '-')),
        ('Boot ID', escaped(own.boot_id or '-')),
        ('Trigger', escaped(header.trigger.describe())),
        ('Sections', f'{len(found.report.sections)} of '
         f'{found.report.count}'),
        ('Complete', complete),
    ]
    if found.kept_in is not None:
        rows.append(('Kept in', style.odd(escaped(
            f'{found.kept_in}, not in the journal yet'))))
    return ''.join(f'{name:>10}: {value}\n' for name, value in rows)


def pids(found: read.Found) -> str:
    """The process id, and where it differs the one that the process knows.

    That of a process in a container is the one in its reports' texts.

    :param found: a whole report
    """
    pid = found.pid
    if found.told_of is not None and found.identity.container:
        # by the word of another process in the container
        return f'{pid} in its own namespace'
    told = section_data.content(found.report, contents.Summary)
    inner = None if told is None else told['pid']
    words = '-' if pid is None else str(pid)
    return words if inner in (None, 0, pid) else (
        f'{words} ({inner} in its own namespace)')


def notices(told: Iterable[digest.Notice], style: destination.Style,
            above: Collection[str] = ()) -> str:
    """The lines of a digest.

    :param told: the digest
    :param style: how to paint them
    :param above: texts that stand above already; of those only the kinds are
        named, in the first line
    """
    paint: dict[str, Callable[[str], str]] = {
        digest.BAD: style.bad, digest.ODD: style.odd, digest.PLAIN: str}
    given = list(told)
    lines = [paint[notice.level](f'{_MARKS[notice.level]} {notice.text}')
             for notice in given if notice.text not in above]
    if named := kinds_above(given, above):
        lines.insert(0, f'{_MARKS[digest.PLAIN]} see above: {named}')
    return ''.join(f'{line}\n' for line in lines)


def kinds_above(told: Iterable[digest.Notice],
                above: Collection[str]) -> str:
    """The kinds of what stands above already, each once; empty for none.

    :param told: a digest
    :param above: texts that stand above already
    """
    return ', '.join(dict.fromkeys(
        notice.kind for notice in told
        if notice.kind is not None and notice.text in above))


def told_at_once(told: verdict.Verdict, style: destination.Style) -> str:
    """A verdict over some reports: its line, then what else is wrong.

    :param told: the verdict
    :param style: how to paint it
    """
    worst = told.worst
    if worst is None:
        return style.bold(told.line()) + '\n'
    # each once
    name = process_names({one.id: one for group in told.groups
                          for one in group.processes}.values())
    lines = [style.bad(told.line())]
    for group in told.groups:
        if group is worst:
            continue
        paint = style.bad if group.notice.level == digest.BAD else style.odd
        words = group.notice.text
        if told.total > 1:
            more = len(group.processes) - 1
            words += f', in {name(group.processes[0])}'
            words += f' and {more} more' if more else ''
        lines.append(paint(f'{_MARKS[group.notice.level]} {words}'))
    return ''.join(f'{line}\n' for line in lines)


def section(part: report.Section, style: destination.Style) -> str:
    """One section: its title, and its text as it was collected."""
    title = escape.line(part.title)
    if part.status != fields.STATUS_OK:
        title = style.bad(f'{title} ({part.status.upper()})')
    else:
        title = style.bold(title)
    text = escape.text(part.text)
    return f'{title}\n{text}\n' if text else f'{title}\n(empty)\n'


def whole(found: read.Found, told: list[digest.Notice], utc: bool,
          style: destination.Style, above: Collection[str] = ()) -> str:
    """A report: heading, digest, sections.

    :param found: the report
    :param told: its digest
    :param utc: times in UTC
    :param style: how to paint it
    :param above: what of the digest stands above already
    """
    parts = [heading(found, utc, style)]
    if told:
        parts.append(style.bold('Digest') + '\n'
                     + notices(told, style, above))
    parts += [section(part, style) for part in found.report.sections]
    return '\n'.join(parts)


def changed(found: read.Found, style: destination.Style) -> str:
    """The options that differ from their defaults, a line or two each."""
    told = reported_options.changed(found.report)
    lines = [style.bold(f'{process_names([found])(found)}: '
                        f'{len(told)} options changed')]
    for option in told:
        lines.append(_option_line(option))
        if 'default' in option and option['default'] not in (None, '', []):
            lines.append(style.faint(escape.line(
                f'    default: {option["default"]}')))
    return '\n'.join(lines) + '\n'


def _option_line(option: contents.Option) -> str:
    """An option with its value and where that was set."""
    sign = ':' if option['error'] else ' ='
    words = (f'{reported_options.name(option)}{sign} '
             f'{reported_options.shown(option)}')
    where = reported_options.place(option)
    return escape.line(f'{words}    ({where})' if where else words)


def merged_stacks(reports: list[read.Found], style: destination.Style) -> str:
    """Each stack once, under all threads of all processes that stand there."""
    merged = reported_threads.merge(reports)
    name = process_names(reports)
    count = sum(len(owners) for _, owners in merged)
    parts = [style.bold(f'{count} threads of {len(reports)} processes, '
                        f'{len(merged)} different stacks') + '\n']
    for stack, owners in merged:
        lines = []
        if len(owners) > 1:
            lines.append(style.bold(f'{len(owners)} threads:'))
        lines += [f'{name(found)}: {thread.describe()}'
                  for found, thread in owners]
        for frame in stack:
            lines += frame.lines()
        parts.append('\n'.join(lines) + '\n')
    return '\n'.join(parts)
