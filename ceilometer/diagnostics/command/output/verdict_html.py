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

"""The top of an HTML page of reports: the verdict, and what the page has."""

from __future__ import annotations

import html
from urllib import parse

from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command.findings import verdict
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import report

#: Searches all of the page; hidden where no script runs.
SEARCH = ('<p id="searching" role="search" hidden><input type="search" '
          'id="search" placeholder="Search everything" '
          'aria-label="Search everything"> <span id="shown" class="faint" '
          'aria-live="polite"></span></p>\n')

#: What marks a line beside its colour, which not everybody sees.
MARKS = {digest.BAD: '! ', digest.ODD: '* ', digest.PLAIN: ''}


def text(value: object) -> str:
    """A text as it may stand on a page.

    :param value: anything
    """
    return html.escape(escape.text(str(value)))


def anchor(index: int, part: report.Section | None = None) -> str:
    """What links lead to.

    :param index: of a report on the page
    :param part: one of its sections, None for what is said of the report
    """
    return f'report-{index}' + ('' if part is None else f'-{part.name}')


def notices(told: list[digest.Notice], found: read.Found, index: int) -> str:
    """The lines of a digest.

    :param told: the lines
    :param found: the report that they are of
    :param index: of the report on the page
    """
    # the first of each name
    sections = {part.name: part for part in reversed(found.report.sections)}
    return ''.join(
        _notice(one, sections.get(one.section or ''), index) for one in told)


def _notice(told: digest.Notice, part: report.Section | None,
            index: int) -> str:
    """A line; of a finding it leads to the section that has it."""
    words = f'{MARKS[told.level]}{text(told.text)}'
    if part is not None and told.section is not None:
        words += (f' <a href="#{text(anchor(index, part))}">'
                  f'{text(part.title)}</a>')
    if told.thread:
        wanted = parse.urlencode({'search': told.thread})
        words += f' <a href="#{text(wanted)}">find the thread</a>'
    return f'<li class="{told.level}">{words}</li>\n'


def verdict_over(told: verdict.Verdict, reports: list[read.Found],
                 names: list[str]) -> str:
    """The verdict over all reports, each finding linked to its reports.

    :param told: the verdict
    :param reports: all of the page
    :param names: what tells each of them from the others
    """
    # they are the very same objects, and may be thousands, as the groups
    places = {id(one): index for index, one in enumerate(reports)}

    def whose(group: verdict.Group) -> str:
        return ', '.join(
            f'<a href="#{anchor(index)}">{text(names[index])}</a>'
            for index in sorted({places[id(one)] for one in group.processes}))

    worst, others = told.worst, told.groups[1:]
    level, where = ((digest.PLAIN, '') if worst is None else
                    (worst.notice.level, f': {whose(worst)}'))
    return ''.join([
        f'<section id="verdict">\n<h2>Verdict</h2>\n<p class="{level}">'
        f'{MARKS[level]}{text(told.line())}{where}</p>\n'
        '<ul class="digest">\n', *(
            f'<li class="{group.notice.level}">{MARKS[group.notice.level]}'
            f'{text(group.notice.text)}: {whose(group)}</li>\n'
            for group in others), '</ul>\n</section>\n'])


def contents(names: list[str], others: list[tuple[str, str]]) -> str:
    """A list of what the page has.

    :param names: of its reports
    :param others: anchors and titles of what comes behind them
    """
    rows = [('verdict', 'Verdict'),
            *((anchor(index), name) for index, name in enumerate(names)),
            *others]
    return ('<nav aria-label="Contents">\n<ul>\n' + ''.join(
        f'<li><a href="#{link}">{text(title)}</a></li>\n'
        for link, title in rows) + '</ul>\n</nav>\n')
