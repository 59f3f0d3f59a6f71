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

"""What is unusual in a section that has been collected.

Runs in the thread of the sections. Nothing here raises: what goes wrong is
a finding itself, and costs no more than the findings of that section.
"""

from __future__ import annotations

from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import findings
from ceilometer.diagnostics.secrets import redact

#: Data of that size are no findings.
_CHARS_MAX = 256 * 1024


def own(kind: section.Kind, data: Any) -> list[contents.Finding]:
    """What one of our own sections finds unusual.

    :param kind: a kind of section that has findings
    :param data: of the section, without secrets, each text on one line
    :returns: what follows from another one is left out
    """
    assert kind.findings is not None
    try:
        return _bounded(kind, findings.ordered(kind.findings(data)))
    except Exception as error:
        return [_failed(kind, f'{type(error).__name__}: {error}')]


def of_others(kind: section.Kind, told: list[Any],
              redactor: redact.Redactor) -> list[contents.Finding]:
    """What the section of somebody else says is unusual.

    :param kind: the kind of section
    :param told: what its function returned; anything
    :param redactor: takes out the secrets
    """
    found = []
    problem = None
    try:
        for one in escape.data(redactor.data(
                told[:findings.FINDINGS_MAX], limit_chars=_CHARS_MAX)):
            try:
                found.append(findings.foreign(one))
            except ValueError as error:
                problem = problem or str(error)
        if len(told) > findings.FINDINGS_MAX:
            problem = problem or (f'more than {findings.FINDINGS_MAX}: the '
                                  'others are left out')
    except Exception as error:
        problem = f'{type(error).__name__}: {error}'
    if problem is not None:
        found.append(_failed(kind, problem))
    return findings.ordered(found)


def _bounded(kind: section.Kind,
             found: list[contents.Finding]) -> list[contents.Finding]:
    for one in found:
        one['sentence'] = escape.line(one['sentence'])
    most = findings.FINDINGS_MAX
    if len(found) <= most:
        return found
    return [*found[:most - 1], _failed(
        kind, f'there is more than {most}; {len(found) - most + 1} are '
        'left out')]


def _failed(kind: section.Kind, problem: str) -> contents.Finding:
    return findings.finding(
        'findings-failed', 'what is unusual in section '
        f'{escape.line(kind.name)} cannot be told: {escape.line(problem)}')
