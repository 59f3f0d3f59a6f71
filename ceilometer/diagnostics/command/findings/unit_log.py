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

"""What the journal has of a unit beside its reports: errors.

Finds entries of priority 3 and worse that the unit has logged, and those that
systemd or systemd-coredump have logged about it: what ``journalctl -u`` shows,
see its manual page. A process that has died cannot tell these itself.
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses

from ceilometer.diagnostics.command.findings import dropped_entries
from ceilometer.diagnostics.command.findings import unit_failures
from ceilometer.diagnostics.command import masked
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import unit_lines
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import without_ids

#: The priorities of errors, and worse (syslog(3)).
PRIORITIES = range(4)

#: What makes an entry one of the unit NAME, and the field that names it.
_ABOUT = (
    ('_SYSTEMD_UNIT', ()),
    ('UNIT', ('_PID=1',)),
    ('OBJECT_SYSTEMD_UNIT', ('_UID=0',)),
    ('COREDUMP_UNIT', ('_UID=0',)),
)


@dataclasses.dataclass(frozen=True, order=True)
class _Error:
    usec: int
    by: str = ''
    message: str = ''


def of_unit(journal: journal_reader.Journal,
            found: read.Found) -> list[contents.Finding]:
    """All that is found in what was logged of a unit beside a report.

    :param journal: where the report is
    :param found: the report; of other processes than the master only what is
        of this report is looked for: one of a unit is enough
    :raises source.JournalError: nothing of the journal can be read
    """
    own = found.identity
    dropped = dropped_entries.find(journal, found)
    if (found.report.header.process != fields.PROCESS_MASTER
            or own.unit is None or own.boot_id is None):
        return dropped
    return [*dropped, *unit_failures.find(journal, found),
            *find(journal, found)]


def find(journal: journal_reader.Journal,
         found: read.Found) -> list[contents.Finding]:
    """What was logged of a unit before a report of its master.

    :param journal: where the report is
    :param found: the report
    :returns: one finding, or none
    :raises source.JournalError: nothing of the journal can be read
    """
    errors = sorted(_errors(journal, found))
    if not errors:
        return []
    last = errors[-1]
    count = findings.count(len(errors), 'error')
    if len(errors) > unit_lines.LINES_MAX:
        count = f'more than {unit_lines.LINES_MAX} errors'
    when = findings.when(last.usec / 1e6, found.time_usec / 1e6)
    text = without_ids.text(masked.text(
        last.message.partition('\n')[0]))
    return [findings.finding(
        'unit-errors-logged', f'the journal has {count} of '
        f'{found.identity.unit} in the {unit_lines.PERIOD}; the last, by '
        f'{masked.text(last.by)} at {when}: {text}',
        errors=min(len(errors), unit_lines.LINES_MAX))]


def _errors(journal: journal_reader.Journal,
            found: read.Found) -> Iterator[_Error]:
    """The errors before a report, in no order; the newest with their text."""
    for name, others in _ABOUT:
        for reader, newest in unit_lines.before(journal, found, (
                f'{name}={found.identity.unit}', *others,
                *(f'{fields.PRIORITY}={priority}'
                  for priority in PRIORITIES))):
            usec = reader.realtime_usec()
            yield _Error(
                usec,
                unit_lines.text(reader, fields.SYSLOG_IDENTIFIER, '_COMM'),
                unit_lines.text(reader, fields.MESSAGE),
            ) if newest else _Error(usec)
