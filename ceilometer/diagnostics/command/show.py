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

"""``ceilometer-diagnostics show``: reports as text, or as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from collections.abc import Iterable
import dataclasses
from typing import Any

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command.findings import unit_log
from ceilometer.diagnostics.command.findings import verdict
from ceilometer.diagnostics.command import list_reports
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.output import report_text
from ceilometer.diagnostics.command.reports import earlier
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import reported_options
from ceilometer.diagnostics.command import selection
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import report


def parser() -> command_line.Parser:
    """The parser of this verb's command line."""
    made = command_line.Parser(
        'show', 'Show the last report, or those that match: first what is '
        'unusual, then the sections. Of a unit or process: what it wrote for '
        'the last trigger.', [
            ('', 'the last report'),
            ('ceilometer-polling', 'all reports of one unit for the last '
             'trigger'),
            ('ceilometer-polling --since -1h',
             'the reports of one unit in the last hour'),
            ('3ceceb026120 --section threads', 'one section of one report'),
            ('-1 ceilometer-polling --changed',
             'the options that differ from their defaults'),
            ('--merge-stacks', 'the stacks of all processes that answered '
             'the last trigger'),
        ])
    command_line.add_selection(made, 'which ones')
    made.add_argument('--section', action='append', default=[],
                      metavar='SECTION',
                      help='only this section; can be repeated')
    made.add_argument('--changed', action='store_true',
                      help='only the options that differ from their defaults')
    made.add_argument('--merge-stacks', action='store_true',
                      help='only the stacks of all processes, equal ones once')
    command_line.add_source(made)
    command_line.add_output(made)
    return made


def main(arguments: list[str]) -> int:
    """Run the verb; see :func:`cli.main`."""
    given = parser().parse(arguments)
    if bool(given.section) + given.changed + given.merge_stacks > 1:
        raise command_line.UsageError(
            '--section, --changed and --merge-stacks cannot be combined')
    if given.merge_stacks and given.json != 'off':
        raise command_line.UsageError('--merge-stacks and --json cannot be '
                                      'combined: JSON data is not merged')
    with selection.opened(given) as (journal, problems):
        found = selection.select(given, journal, problems,
                                 whole_group=given.merge_stacks,
                                 latest=True)
        with destination.Output(given.output, not given.no_pager) as out:
            _show(given, journal, found, problems, out)
    return 0


def _show(given: argparse.Namespace, journal: journal_reader.Journal,
          found: list[read.Found], problems: list[str],
          out: destination.Output) -> None:
    whole = read.load_each(journal, found, problems)
    if given.merge_stacks:
        out.write(report_text.merged_stacks(list(whole), out.style))
        return
    if given.json == 'off' and not given.section and not given.changed:
        _show_whole(given, journal, found, problems, out)
        return
    shown = 0
    names: dict[str, None] = {}
    for full in whole:
        if given.section:
            there = [part.name for part in full.report.sections]
            names.update(dict.fromkeys(there))
            if not set(there) & set(given.section):
                continue
        before = None
        more = []
        if len(found) <= earlier.COMPARED_MAX and not given.section and (
                not given.changed):
            before = earlier.previous(journal, full)
            more = unit_log.of_unit(journal, full)
        if given.json != 'off':
            out.write(destination.to_json(
                describe(full, before, given.changed, given.section, more),
                given.json))
        else:
            if shown:
                out.write('\n')
            out.write(_text(given, full, out.style))
        shown += 1
    if not shown and not names:
        raise command_line.Failure('no matching report can be read')
    if not shown:
        raise command_line.Failure(
            f'no matching report has a section {" or ".join(given.section)}: '
            f'sections are {", ".join(names)}')


def _show_whole(given: argparse.Namespace, journal: journal_reader.Journal,
                found: list[read.Found], problems: list[str],
                out: destination.Output) -> None:
    """Show reports: first what they come to, then each."""
    whole = read.load_each(journal, found, problems)
    told: Iterable[tuple[read.Found, list[digest.Notice]]]
    if len(found) <= earlier.COMPARED_MAX:
        told = [(one, digest.digest(one, earlier.previous(journal, one),
                                    unit_log.of_unit(journal, one)))
                for one in whole]
        verdicts = told
    else:
        # not all of them at once; what they found is known from the index
        told = ((one, digest.digest(one)) for one in whole)
        kinds = [one for one in found if one.report.sections
                 and one.report.sections[-1].findings]
        having = {one.id: digest.found_by_the_process(one)
                  for kind in kinds for one in read.load_each(
                      journal, [kind], problems,
                      read.closing_section(kind))}
        verdicts = [(one, having.get(one.id, [])) for one in found]
    come_to = verdict.of(verdicts)
    if verdicts:
        out.write(report_text.told_at_once(come_to, out.style))
    if len(found) > earlier.COMPARED_MAX:
        out.write(f'More than {earlier.COMPARED_MAX} reports: none is '
                  'compared with the one before it\n')
    shown = False
    for one, notices in told:
        out.write('\n' + report_text.whole(one, notices, given.utc,
                                           out.style, come_to.told))
        shown = True
    if not shown:
        raise command_line.Failure('no matching report can be read')


def _text(given: argparse.Namespace, found: read.Found,
          style: destination.Style) -> str:
    if given.changed:
        return report_text.changed(found, style)
    return '\n'.join([
        report_text.heading(found, given.utc, style),
        *(report_text.section(part, style)
          for part in found.report.sections
          if part.name in given.section)])


def describe(found: read.Found, before: read.Found | None,
             changed: bool = False, names: Collection[str] = (),
             more: Iterable[contents.Finding] = ()) -> dict[str, Any]:
    """A whole report as data for tools.

    :param found: the report
    :param before: the one of the same process before it
    :param changed: of the configuration only what differs from defaults
    :param names: of the sections wanted; none means all
    :param more: what was found elsewhere, of this process
    """
    told = list_reports.describe(found, found.id)
    del told['group']
    if changed:
        return {**told, 'options': reported_options.changed(found.report)}
    return {
        **told,
        'problems': list(found.problems),
        'digest': list(map(dataclasses.asdict,
                           digest.digest(found, before, more))),
        'sections': [describe_section(part) for part in found.report.sections
                     if not names or part.name in names],
    }


def describe_section(part: report.Section) -> dict[str, Any]:
    """A section as data for tools, nothing left out."""
    return {'name': part.name, 'title': part.title, 'status': part.status,
            'usec': part.usec, 'text': part.text, 'data': part.data}
