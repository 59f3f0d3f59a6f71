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

"""The data of a report's sections.

A report may come from another version, or from who wants to mislead: what
has not the shape expected is passed over.
"""

from __future__ import annotations

from typing import Any

from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report


def section(whole: report.Report, name: str) -> report.Section | None:
    """A section of a report that is as it should be, or None."""
    for part in whole.sections:
        if part.name == name and not part.failed:
            return part
    return None


def data(whole: report.Report, name: str) -> dict[str, Any]:
    """The data of a section; empty if it has none, or failed."""
    part = section(whole, name)
    return part.data if part and isinstance(part.data, dict) else {}


def dicts(value: Any) -> list[dict[str, Any]]:
    """Those elements of a list that are dicts; none if it is no list."""
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)]


def missing_names(whole: report.Report) -> list[str]:
    """What is missing of a report: names where the summary tells them."""
    told = dicts(data(whole, fields.SECTION_SUMMARY).get('sections'))
    names = []
    for index in whole.missing:
        name = told[index - 1].get('section') if index <= len(told) else None
        if index == whole.count:
            name = fields.SECTION_SUMMARY
        names.append(escape.line(f'{name} ({index})') if name
                     else f'section {index}')
    return names
