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

"""The data of a report's sections, fitted to the shapes they should have.

A report may come from another version, or from somebody who wants to mislead:
see :mod:`.shapes`.
"""

from __future__ import annotations

from typing import Any
from typing import TypeVar

from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.command.reports import shapes
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report

_T = TypeVar('_T')


def content(whole: parsed.Report, kind: type[_T]) -> _T | None:
    """The data of one of our own sections.

    :param whole: the report
    :param kind: the type of the section's data, ``contents.Threads``
    :returns: data of that type, whatever the report holds; None if the
        section is missing, has failed, or was too large for data
    """
    for part in whole.sections:
        if (contents.SECTIONS.get(part.name) is kind
                and part.data is not None and _kind(part) is kind):
            fitted: _T = _fit(part)[0]
            return fitted
    return None


def findings_of(whole: parsed.Report) -> list[contents.Finding]:
    """What a report itself says is unusual.

    :param whole: with its summary; or with the only section that it has
    """
    told = (content(whole, contents.Summary)
            or content(whole, contents.Outside)
            or content(whole, contents.Died)
            or content(whole, contents.Unhandled))
    return [] if told is None else told['findings']


def misfits(whole: parsed.Report) -> list[str]:
    """What has not the shape that it should have: a line for each section.

    :param whole: the report
    """
    told = []
    for part in whole.sections:
        if part.name not in contents.SECTIONS or part.data is None:
            continue
        problems = _fit(part)[1]
        if problems:
            more = f', and {len(problems) - 1} more' if problems[1:] else ''
            told.append(f'section {part.name}: {problems[0]}{more}')
    return told


#: Data of so many sections are kept as they were fitted: what is told of a
#: report looks at each section several times.
_FITTED_MAX = 64

_fitted: dict[int, tuple[report.Section, Any, list[str]]] = {}


def _fit(part: report.Section) -> tuple[Any, list[str]]:
    """The data of a section in the shape that it should have, and misfits."""
    known = _fitted.get(id(part))
    if known is None:
        if len(_fitted) >= _FITTED_MAX:
            del _fitted[next(iter(_fitted))]
        # the section is kept as well, or another could get its identity
        known = _fitted[id(part)] = (
            part, *shapes.fit(part.data, _kind(part)))
    return known[1:]


def _kind(part: report.Section) -> type:
    """The type that the data of a section should have."""
    if part.status == fields.STATUS_ERROR:
        return contents.Failed
    if part.status == fields.STATUS_TIMEOUT:
        return contents.TimedOut
    if isinstance(part.data, dict) and (
            shapes.required(contents.Truncated) <= part.data.keys()):
        return contents.Truncated
    return contents.SECTIONS[part.name]


def missing_names(whole: parsed.Report) -> list[str]:
    """What is missing of a report: names where the summary tells them.

    :param whole: the report
    """
    summary = content(whole, contents.Summary)
    told = [] if summary is None else summary['sections']
    names = []
    for index in whole.missing:
        name = told[index - 1]['section'] if index <= len(told) else None
        if index == whole.count:
            name = fields.SECTION_SUMMARY
        names.append(escape.line(f'{name} ({index})') if name
                     else f'section {index}')
    return names
