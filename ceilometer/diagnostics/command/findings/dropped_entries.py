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

"""Whether journald has dropped entries of a unit: those of a report may lack.

It counts the entries of a unit in a time (``RateLimitBurst=`` in
journald.conf(5)), drops those that are too many, and says so when that time is
over, with the next entry of the unit that it takes. The message id is that of
sd-messages.h.
"""

from __future__ import annotations

from collections.abc import Collection

from ceilometer.diagnostics.command.reports import claims
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import unit_lines
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings

#: What journald says so long after a report may be of it.
AFTER_USEC = 600 * 1_000_000

# SD_MESSAGE_JOURNAL_DROPPED
_DROPPED = 'a596d6fe7bfa4994828e72309e95d61e'


def find(journal: journal_reader.Journal,
         found: read.Found) -> list[contents.Finding]:
    """Whether what a report lacks may have been dropped.

    :param journal: where the report is
    :param found: the report
    :returns: one finding, or none
    :raises source.JournalError: nothing of the journal can be read
    """
    own = found.identity
    if found.report.complete or own.unit is None or own.boot_id is None:
        return []
    why = why_lost(
        journal, own.unit, found.time_usec, own.boot_id,
        claims.of_origin(journal.files, claims.origin(found.files[0])))
    return [] if why is None else [
        findings.finding('journal-rate-limit', why)]


def why_lost(journal: journal_reader.Journal, unit: str, since_usec: int,
             boot_id: str | None = None,
             paths: Collection[str] | None = None) -> str | None:
    """What journald says of entries of a unit, in a sentence.

    Only its own word counts, which nobody else can write.

    :param journal: where to look
    :param unit: the unit
    :param since_usec: from when on, microseconds since the epoch
    :param boot_id: of what boot, None for any
    :param paths: only these files
    :returns: that, or None if it says nothing
    :raises source.JournalError: nothing of the journal can be read
    """
    for reader in journal.each(paths=paths, checked=False):
        if reader.damaged:
            continue
        for match in (f'{fields.MESSAGE_ID}={_DROPPED}', '_TRANSPORT=driver',
                      f'OBJECT_SYSTEMD_UNIT={unit}',
                      *([f'_BOOT_ID={boot_id}'] if boot_id else [])):
            reader.add_match(match)
        reader.seek_realtime(since_usec)
        if reader.step() and (
                since_usec <= reader.realtime_usec()
                <= since_usec + AFTER_USEC):
            count = unit_lines.text(reader, 'N_DROPPED')
            some = f'{count} ' if count.isdecimal() else ''
            return (f'the journal has dropped {some}entries of {unit}, which '
                    'logs more than it takes: those of this report may be '
                    'among them; set LogRateLimitBurst= of the unit, or '
                    'RateLimitBurst= in journald.conf')
    return None
