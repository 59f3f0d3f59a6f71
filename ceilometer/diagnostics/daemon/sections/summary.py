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

"""Section ``summary``: closes a report with what is unusual, and what it cost.

Its text begins with the findings of all sections, the worst first.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import report

#: A daemon that was held up so long by its report will have been noticed,
#: microseconds.
SNAPSHOT_USEC_LONG = 100_000


def describe(header: report.Header, sections: Iterable[report.Section],
             found: Iterable[contents.Finding],
             data_bytes: Iterable[int], excluded: Iterable[str],
             unknown: Iterable[str], others_problem: str | None,
             total_usec: int, snapshot_usec: int,
             delivery_problem: str | None) -> contents.Summary:
    """What there is to say of a report when all else has been sent.

    :param header: of the report
    :param sections: all that were collected
    :param found: what is unusual, of all sections
    :param data_bytes: the size of the data of each, as it was sent
    :param excluded: names of the sections that the options leave out
    :param unknown: names to be left out that no section has
    :param others_problem: why third-party sections are missing, or None
    :param total_usec: from the trigger's being noticed to now, microseconds
    :param snapshot_usec: how long the daemon's threads may have been held up
    :param delivery_problem: why the journal did not take all of it, or None
    """
    sections = list(sections)
    unusual = findings.ordered([
        *found, *_failed(sections),
        *_of_the_report(snapshot_usec, delivery_problem)])
    return {
        'findings': unusual[:findings.FINDINGS_MAX],
        'findings_left_out': max(0, len(unusual) - findings.FINDINGS_MAX),
        'id': header.id,
        'pid': header.pid,
        'trigger': {
            'kind': header.trigger.kind,
            'signal': header.trigger.signal,
            'time_usec': header.trigger.time_usec,
            'merged': header.trigger.merged,
        },
        'sections': [{
            'section': part.name,
            'status': part.status,
            'usec': part.usec,
            'text_bytes': len(part.text.encode()),
            'data_bytes': size,
        } for part, size in zip(sections, data_bytes, strict=True)],
        'excluded': list(excluded),
        'excluded_unknown': list(unknown),
        'others_problem': others_problem,
        'total_usec': total_usec,
        'snapshot_usec': snapshot_usec,
        'delivery_problem': delivery_problem,
    }


def _failed(sections: Iterable[report.Section],
            ) -> Iterator[contents.Finding]:
    for part in sections:
        if part.failed:
            told = part.data if isinstance(part.data, dict) else {}
            reason = (f'{told["error"]}: {told.get("message")}'
                      if 'error' in told else told.get('reason'))
            yield findings.finding(
                'section-failed', f'section {part.name} could not be '
                f'collected: {reason}', section=part.name)
        elif part.status == fields.STATUS_TRUNCATED and not (
                isinstance(part.data, dict) and 'reason' in part.data):
            # those that were left out are one finding of the report
            yield findings.finding(
                'section-truncated', f'section {part.name} was cut: it was '
                'too large', section=part.name)


def _of_the_report(snapshot_usec: int, delivery_problem: str | None,
                   ) -> Iterator[contents.Finding]:
    if delivery_problem:
        yield findings.finding(
            'report-not-delivered', 'part of the report is not in the '
            f'journal: {delivery_problem}')
    if snapshot_usec >= SNAPSHOT_USEC_LONG:
        yield findings.finding(
            'threads-held-up', 'the report has held up the threads for '
            f'{snapshot_usec / 1000:.0f} ms')


def no_content(context: section.Context) -> section.Content:
    """The summary is made when the other sections are there."""
    raise NotImplementedError('the summary is made from the other sections')


def _table(rows: list[tuple[str, str, str, str]]) -> list[str]:
    """The lines of a table whose columns are as wide as they must be.

    :param rows: the last column has what few rows have
    """
    name, usec, size, _ = (max(map(len, column))
                           for column in zip(*rows, strict=True))
    return [f'{row[0]:<{name}}  {row[1]:>{usec}}  {row[2]:>{size}}  '
            f'{row[3]}'.rstrip() for row in rows]


def render(data: contents.Summary) -> str:
    """What is unusual; a table of the sections, and the cost."""
    lines = [findings.text(data['findings'])]
    if data['findings_left_out']:
        lines.append(f'and {data["findings_left_out"]} more')
    lines.append('')
    lines += _table([
        ('section', 'time', 'size', ''),
        *((part['section'], f'{part["usec"] / 1000:.1f} ms',
           f'{part["text_bytes"] + part["data_bytes"]} B',
           '' if part['status'] == fields.STATUS_OK else part['status'])
          for part in data['sections'])])
    bad = [part['section'] for part in data['sections']
           if part['status'] != fields.STATUS_OK]
    lines.append('')
    lines.append(f'{len(data["sections"]) + 1} sections with this one; '
                 + (f'with problems: {", ".join(bad)}' if bad
                    else 'all complete'))
    if data['excluded']:
        lines.append('excluded by [diagnostics] exclude_sections: '
                     f'{", ".join(data["excluded"])}')
    if data['excluded_unknown']:
        lines.append('[diagnostics] exclude_sections has unknown names: '
                     f'{", ".join(data["excluded_unknown"])}')
    if data['others_problem']:
        lines.append('without third-party sections: '
                     f'{data["others_problem"]}')
    lines.append(f'written in {data["total_usec"] / 1000:.1f} ms; threads '
                 f'held up for {data["snapshot_usec"] / 1000:.1f} ms at most')
    merged = data['trigger']['merged']
    if merged:
        lines.append(f'also answers {merged} more triggers')
    if data['delivery_problem']:
        lines.append('the journal did not take all of it: '
                     f'{data["delivery_problem"]}')
    return '\n'.join(lines)
