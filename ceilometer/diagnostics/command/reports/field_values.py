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

"""All values that a field has in some reports, as ``coredumpctl -F``."""

from __future__ import annotations

from collections.abc import Iterable

from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import search
from ceilometer.diagnostics.command.reports import stored
from ceilometer.diagnostics import fields

#: A longer value is told by its beginning, bytes.
VALUE_BYTES_MAX = 64 * 1024


def of(journal: journal_reader.Journal, found: Iterable[read.Found],
       name: str, problems: list[str]) -> list[str]:
    """Find the values of a field.

    Runs in the command. Reads each entry once, however many reports there
    are.

    :param journal: where the reports were found
    :param found: the reports
    :param name: the field
    :param problems: takes a line if the journal is damaged
    :returns: different values, sorted
    :raises source.JournalError: the journal cannot be read
    """
    wanted = {(one.id, one.identity.machine_id, one.identity.boot_id,
               one.identity.sender_pid)
              for one in found}
    values: set[str] = set()
    for reader in journal.each(VALUE_BYTES_MAX):
        reader.add_match(f'{fields.REPORT}=1')
        for entry in search.entries(reader, problems):
            pid = stored.text(entry, '_PID')
            sender = (stored.text(entry, fields.REPORT_ID),
                      stored.text(entry, '_MACHINE_ID'),
                      stored.text(entry, '_BOOT_ID'),
                      int(pid) if pid and pid.isdecimal() else None)
            if sender in wanted and name in entry:
                given = entry[name]
                values.update(stored.decode(value) for value in (
                    given if isinstance(given, list) else [given]))
    return sorted(values)
