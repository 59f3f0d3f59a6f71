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

"""``ceilometer-diagnostics list``: a row a report, newest last."""

from __future__ import annotations

from typing import Any

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.findings import dropped_entries
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.output import tables
from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import field_values
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command import selection
from ceilometer.diagnostics.command import times
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields

#: How many sections are named in a row that lacks them.
_NAMED_MAX = 4

#: So much is shown of what a process says of itself.
_WORDS_CHARS_MAX = 40

# For so many reports that lack entries it is looked why.
_LACKING_MAX = 20

_RIGHT = {'PID', 'SIZE'}


def parser() -> command_line.Parser:
    """The parser of this verb's command line."""
    made = command_line.Parser(
        'list', 'List reports, newest last. Reports for the same trigger are '
        'grouped.', [
            ('', 'all reports of this machine'),
            ('ceilometer-polling --since today',
             'the reports of one unit since midnight'),
            ('REPORT_SECTION_STATUS=error', 'reports with a failed section'),
            ('-F REPORT_SERVICE', 'the services that have written reports'),
            ('-D /var/log/journal/remote -n 20',
             'the last 20 reports that other machines sent'),
        ])
    command_line.add_selection(made, 'which ones')
    made.add_argument('-F', '--field', metavar='FIELD',
                      help='print the values that this field has in the '
                      'reports, a line each')
    command_line.add_source(made)
    command_line.add_output(made)
    return made


def main(arguments: list[str]) -> int:
    """Run the verb; see :func:`cli.main`."""
    given = parser().parse(arguments)
    if given.field is not None and not command_line.FIELD.fullmatch(
            given.field):
        raise command_line.UsageError(
            f'--field: {given.field!r} is not the name of a journal field')
    with selection.opened(given) as (journal, problems):
        found = selection.matching(given, journal, problems)
        # processes that answered one trigger keep their order
        groups = read.answers(selection.newest(found, given))
        if given.reverse:
            groups.reverse()
        with destination.Output(given.output, not given.no_pager
                                and given.json == 'off') as out:
            if given.field is not None:
                # takes long to import
                from ceilometer.diagnostics.command import masked
                values = [
                    masked.field(given.field, value)
                    for value in field_values.of(
                        journal, [one for group in groups for one in group],
                        given.field, problems)]
                out.write(destination.to_json(values, given.json)
                          if given.json != 'off' else ''.join(
                              f'{value}\n' for value in values))
            elif given.json == 'off':
                out.write(_table(groups, given.utc, not given.no_legend,
                                 out.style))
                if not given.no_legend:
                    out.write(_dropped(journal, groups, out.style))
            else:
                rows = [describe(one, group[0].id)
                        for group in groups for one in group]
                out.write(destination.to_json(rows, given.json))
    return 0


def describe(found: read.Found, group: str) -> dict[str, Any]:
    """A row as data for tools.

    :param found: the report
    :param group: id of the report that stands for its group
    """
    header = found.report.header
    own = found.identity
    return {
        'time': found.time_usec, 'id': header.id, 'group': group,
        'hostname': own.hostname, 'unit': own.unit, 'container': own.container,
        'trusted': own.trusted,
        'service': header.service, 'process': header.process,
        'worker': header.worker, 'worker_name': header.worker_name,
        'pid': own.pid, 'told_of': found.told_of, 'uid': own.uid,
        'machine_id': own.machine_id, 'boot_id': own.boot_id,
        'trigger': header.trigger.kind,
        'trigger_id': header.trigger.id, 'signal': header.trigger.signal,
        'sender_pid': header.trigger.sender_pid,
        'sender_uid': header.trigger.sender_uid,
        'complete': found.report.complete,
        'unfinished': found.report.unfinished,
        'section_count': found.report.count,
        'missing': list(found.report.missing),
        'not_ok': {section.name: section.status
                   for section in found.report.sections
                   if section.status != fields.STATUS_OK},
        'size': found.size_bytes, 'disputes': list(found.disputes),
        'kept_in': found.kept_in,
    }


def _table(groups: list[list[read.Found]], utc: bool, legend: bool,
           style: destination.Style) -> str:
    hosts = {one.identity.hostname for group in groups for one in group}
    names = ['TIME', 'HOST', 'UNIT', 'PROCESS', 'PID', 'TRIGGER', 'SECTIONS',
             'SIZE', 'ID']
    rows = []
    distrusted = 0
    for group in groups:
        for number, one in enumerate(group):
            distrusted += not one.identity.trusted
            row = _row(one, utc, style)
            if len(group) > 1:
                last = number == len(group) - 1
                row[3] = ('┌ ' if number == 0 else '└ ' if last
                          else '├ ') + row[3]
            rows.append(row)
    if len(hosts) < 2:
        names.pop(1)
        for row in rows:
            row.pop(1)
    text = tables.table(names, rows, _RIGHT, legend, style)
    if legend:
        count = len(rows)
        text += f'\n{count} report{"s" if count != 1 else ""} listed.\n'
        if distrusted:
            text += style.bad(
                f'! {distrusted} not from a Ceilometer unit: do not trust '
                'the content.'
            ) + '\n'
            text += ''.join(
                style.bad(f'! {escape.line(why)}') + '\n'
                for why in _unknown_containers(groups))
    return text


def _dropped(journal: journal_reader.Journal, groups: list[list[read.Found]],
             style: destination.Style) -> str:
    """What journald says of entries that reports lack, a line each."""
    lacking = [one for group in groups for one in group
               if not one.report.complete][:_LACKING_MAX]
    said = dict.fromkeys(
        finding['sentence'] for one in lacking
        for finding in dropped_entries.find(journal, one))
    return ''.join(style.bad(f'! {escape.line(why)}') + '\n' for why in said)


def _unknown_containers(groups: list[list[read.Found]]) -> list[str]:
    """Why the names of containers are not known; each reason once."""
    reasons = (containers.why_unknown(one.identity.unit or '')
               for group in groups for one in group
               if not one.identity.trusted)
    return [why for why in dict.fromkeys(reasons) if why is not None]


def _row(found: read.Found, utc: bool, style: destination.Style) -> list[str]:
    header = found.report.header
    own = found.identity
    unit = containers.shown(own.unit)
    escaped = escape.line
    if not own.trusted:
        unit = style.bad(f'! {escaped(unit)}')
    return [
        times.show(found.time_usec, utc), escaped(own.hostname or '-'),
        unit if not own.trusted else escaped(unit),
        _cut(escaped(header.describe_process())),
        '-' if found.pid is None else str(found.pid),
        _cut(escaped(header.trigger.signal or header.trigger.kind)),
        sections(found, style),
        '-' if found.size_bytes is None else times.show_size(
            found.size_bytes),
        found.short_id,
    ]


def _cut(words: str) -> str:
    if len(words) <= _WORDS_CHARS_MAX:
        return words
    return words[:_WORDS_CHARS_MAX - 1] + '…'


def sections(found: read.Found, style: destination.Style) -> str:
    """How many sections there are, and which are not as they should be."""
    whole = found.report
    words = str(whole.count)
    if whole.unfinished:
        words = f'unfinished: {len(whole.sections)} of {whole.count} sections'
    elif not whole.complete:
        words = f'{len(whole.sections)} of {whole.count}'
    notes = [f'{_cut(escape.line(section.name))} {section.status}'
             for section in whole.sections
             if section.status != fields.STATUS_OK]
    if len(notes) > _NAMED_MAX:
        notes[_NAMED_MAX:] = [f'{len(notes) - _NAMED_MAX} more']
    if not whole.complete and not whole.unfinished:
        missing = [str(index) for index in whole.missing]
        if len(missing) > _NAMED_MAX:
            missing[_NAMED_MAX:] = ['…']
        notes.insert(0, f'{" ".join(missing)} missing')
    if found.problems:
        notes.append('damaged')
    if found.disputes:
        notes.append('disputed')
    if whole.unfinished:
        words = style.bad(', '.join([words, *notes]))
    elif notes:
        words = style.bad(f'{words}: {", ".join(notes)}')
    if found.kept_in is not None:
        words += style.odd('; not in the journal yet')
    return words
