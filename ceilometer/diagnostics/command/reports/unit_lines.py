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

"""Reads what the journal has of a unit beside its reports.

Runs in the command.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from ceilometer.diagnostics.command.reports import claims
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics import fields

#: What was logged so long before a report belongs to it.
BEFORE_USEC = 600 * 1_000_000

#: That time in a sentence.
PERIOD = f'{BEFORE_USEC // 60_000_000} minutes before this report'

#: So many entries are looked at, of each way to look in each file.
LINES_MAX = 1000


def before(journal: journal_reader.Journal, found: read.Found,
           matches: Iterable[str],
           ) -> Iterator[tuple[journal_reader.AnyReader, bool]]:
    """Entries of no report, before one, of the same host and boot.

    Of damaged files none is given: there only what is of reports is looked
    for.

    :param journal: where the report is
    :param found: the report
    :param matches: ``FIELD=value``: what they have
    :returns: a reader that is at the entry, and whether that is the newest of
        its file; of each file the newest first, one more than
        :data:`LINES_MAX` at most
    :raises source.JournalError: nothing of the journal can be read
    """
    paths = claims.of_origin(journal.files, claims.origin(found.files[0]))
    for reader in journal.each(paths=paths, checked=False):
        if reader.damaged:
            continue
        for match in (*matches, f'_BOOT_ID={found.identity.boot_id}'):
            reader.add_match(match)
        reader.seek_realtime(found.time_usec)
        count = 0
        while (count <= LINES_MAX and reader.step_back()
               and reader.realtime_usec() >= found.time_usec - BEFORE_USEC):
            # reports have errors of their own, and tell them
            if reader.field(fields.REPORT) is None:
                yield reader, not count
                count += 1


def text(reader: journal_reader.AnyReader, *names: str) -> str:
    """The first of some fields that an entry has; empty if it has none.

    It is read as a whole: what is cut could be half a secret.
    """
    for name in names:
        value = reader.field(name)
        if value:
            return value.decode(errors='replace')
    return ''
