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

"""Finds the report of a process before another one, to compare both."""

from __future__ import annotations

from ceilometer.diagnostics.command.reports import claims
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import search

#: Of more reports at once the ones before them are not looked for: each
#: costs a search of the journal.
COMPARED_MAX = 20


def previous(journal: journal_reader.Journal,
             found: read.Found) -> read.Found | None:
    """The report of the same process before this one, whole, or None."""
    pid, boot_id = found.pid, found.identity.boot_id
    if pid is None or boot_id is None or found.is_event:
        return None
    earlier = [
        one for one in read.find(journal, search.Query(
            pids=(pid,), boot_ids=(boot_id,),
            until_usec=found.time_usec,
            origin=claims.origin(found.files[0])))
        if one.precedes(found) and not one.is_event]
    # the nearest that can be read
    return next(read.load_each(journal, reversed(earlier), []), None)
