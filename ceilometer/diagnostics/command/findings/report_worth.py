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

"""What a report is worth: whether it is whole, and whose word it is.

The process cannot tell: others may write entries in its name, and the journal
may lose some.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings

_REASON_CHARS_MAX = 200


def find(found: read.Found) -> list[contents.Finding]:
    """What is to be known before a report is believed.

    :param found: a whole report
    """
    return [*_disputed(found), *_untrusted(found), *_lacking(found),
            *_sections(found), *_misfits(found)]


def _disputed(found: read.Found) -> Iterator[contents.Finding]:
    for dispute in found.disputes:
        yield findings.finding('report-disputed', f'disputed: {dispute}')


def _untrusted(found: read.Found) -> Iterator[contents.Finding]:
    if found.identity.foreign:
        words = 'from the journal of another host than it claims'
    elif not found.identity.trusted:
        unit = found.identity.unit
        words = f'not from a Ceilometer unit but from {unit or "no unit"}'
        if found.identity.container is not None:
            words += f' (container {found.identity.container})'
        elif why := containers.why_unknown(unit or ''):
            words += f' ({why})'
    else:
        return
    yield findings.finding('report-untrusted',
                           f'{words}: do not trust the content')


def _lacking(found: read.Found) -> Iterator[contents.Finding]:
    if not found.report.complete:
        yield findings.finding('report-incomplete', (
            f'unfinished: {len(found.report.sections)} of '
            f'{found.report.count} sections; it is being written, its process '
            'has ended meanwhile, or the journal has dropped the rest'
            ) if found.report.unfinished else (
                'incomplete, missing: '
                + findings.some(section_data.missing_names(found.report))))
    for problem in found.problems:
        yield findings.finding('report-damaged', f'damaged: {problem}')


def _sections(found: read.Found) -> Iterator[contents.Finding]:
    # where the summary is missing, nobody has told it
    known = {kind for part in found.report.sections for kind in part.findings}
    for part in found.report.sections:
        if part.status == fields.STATUS_OK:
            continue
        kind = ('section-failed' if part.failed else 'section-truncated'
                if part.status == fields.STATUS_TRUNCATED
                else 'data-unexpected')
        if kind in known:
            continue
        if kind == 'section-truncated' and 'report-short' in known:
            continue
        words = f'section {part.name}: {part.status}'
        told = part.data if isinstance(part.data, dict) else {}
        reason = told.get('message') or told.get('reason')
        if part.failed and isinstance(reason, str):
            words += f', {reason[:_REASON_CHARS_MAX]}'
        yield findings.finding(kind, words, section=part.name)


def _misfits(found: read.Found) -> Iterator[contents.Finding]:
    for misfit in section_data.misfits(found.report):
        yield findings.finding('data-unexpected',
                               f'unexpected data: {misfit}')
