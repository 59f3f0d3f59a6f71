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

"""The words that writer and reader share: names and constants, no logic.

Every name here is a journal field (upper case letters, digits, underscore,
not first an underscore, at most 64 characters: systemd.journal-fields(7)) or
a value that such a field may take. The reference page of the documentation
and the message catalog use the same words. Distinct field names are
journald's scarce resource, so this set is small and fixed.
"""

from __future__ import annotations

from typing import Final

#: What every entry of a report carries in MESSAGE_ID; journalctl -x explains
#: it from the message catalog.
MESSAGE_ID_SECTION: Final = '3ceceb0261204322abe548ffeecaa197'

#: Version of this vocabulary. It changes when a reader of the old one would
#: misread the new one.
SCHEMA: Final = '1'

# journald's own names for what every service logs (systemd.journal-fields(7))
MESSAGE: Final = 'MESSAGE'
MESSAGE_ID: Final = 'MESSAGE_ID'
PRIORITY: Final = 'PRIORITY'
SYSLOG_IDENTIFIER: Final = 'SYSLOG_IDENTIFIER'

# the report
REPORT: Final = 'REPORT'
REPORT_SCHEMA: Final = 'REPORT_SCHEMA'
REPORT_ID: Final = 'REPORT_ID'
REPORT_UNIT: Final = 'REPORT_UNIT'
REPORT_SERVICE: Final = 'REPORT_SERVICE'
REPORT_PROCESS: Final = 'REPORT_PROCESS'
REPORT_WORKER: Final = 'REPORT_WORKER'
REPORT_WORKER_NAME: Final = 'REPORT_WORKER_NAME'

# of an entry that waited in a file for the journal: when it was written, and
# by which process if that had ended when it was handed over
REPORT_KEPT_USEC: Final = 'REPORT_KEPT_USEC'
REPORT_KEPT_PID: Final = 'REPORT_KEPT_PID'

# what asked for it
REPORT_TRIGGER: Final = 'REPORT_TRIGGER'
REPORT_TRIGGER_ID: Final = 'REPORT_TRIGGER_ID'
REPORT_SIGNAL: Final = 'REPORT_SIGNAL'
REPORT_SENDER_PID: Final = 'REPORT_SENDER_PID'
REPORT_SENDER_UID: Final = 'REPORT_SENDER_UID'
REPORT_SENDER_COMM: Final = 'REPORT_SENDER_COMM'

# the section that this entry, or this part of it, holds
REPORT_SECTION: Final = 'REPORT_SECTION'
REPORT_SECTION_INDEX: Final = 'REPORT_SECTION_INDEX'
REPORT_SECTION_COUNT: Final = 'REPORT_SECTION_COUNT'
REPORT_SECTION_PART: Final = 'REPORT_SECTION_PART'
REPORT_SECTION_PARTS: Final = 'REPORT_SECTION_PARTS'
REPORT_SECTION_STATUS: Final = 'REPORT_SECTION_STATUS'
REPORT_SECTION_USEC: Final = 'REPORT_SECTION_USEC'
REPORT_DATA: Final = 'REPORT_DATA'

#: The kind of a finding; the closing section has one for each kind.
REPORT_FINDING: Final = 'REPORT_FINDING'

#: The process that an entry is about, if another has written it. journald
#: knows this field, and adds to it if root has sent the entry.
OBJECT_PID: Final = 'OBJECT_PID'

# values of REPORT_PROCESS
PROCESS_MASTER: Final = 'master'
PROCESS_WORKER: Final = 'worker'
PROCESS_CHILD: Final = 'child'
PROCESS_FORKSERVER: Final = 'forkserver'
PROCESSES: Final = (PROCESS_MASTER, PROCESS_FORKSERVER, PROCESS_WORKER,
                    PROCESS_CHILD)

#: The file in memory that the armed processes of a service share: the command
#: tells them from others by it.
TURN_NAME: Final = 'ceilometer-diagnostics-turn'

#: With ``1``, the variable of a unit that wants to know when its service is
#: ready.
READINESS_VARIABLE: Final = 'CEILOMETER_DIAGNOSTICS_READINESS'

#: The variable of a unit that wants a watchdog: how long it waits, seconds.
WATCHDOG_VARIABLE: Final = 'CEILOMETER_DIAGNOSTICS_WATCHDOG'

# values of REPORT_TRIGGER
TRIGGER_SIGNAL: Final = 'signal'
TRIGGER_FILE: Final = 'file'
TRIGGER_API: Final = 'api'
#: Of what another tells about a process that does not answer.
TRIGGER_HANG: Final = 'hang'
#: Of what a process tells about another one that has died.
TRIGGER_DEATH: Final = 'death'
#: Of an exception that nobody has handled.
TRIGGER_EXCEPTION: Final = 'exception'
TRIGGERS: Final = (TRIGGER_SIGNAL, TRIGGER_FILE, TRIGGER_API, TRIGGER_HANG,
                   TRIGGER_DEATH, TRIGGER_EXCEPTION)
#: Those of events: nobody has asked, and an entry of its own tells what has
#: happened. It is no report of what the process is doing.
EVENT_TRIGGERS: Final = (TRIGGER_DEATH, TRIGGER_EXCEPTION)
#: Those with which a process tells of another one of its unit.
TELLING_TRIGGERS: Final = (TRIGGER_HANG, TRIGGER_DEATH)

# values of REPORT_SECTION_STATUS
STATUS_OK: Final = 'ok'
STATUS_ERROR: Final = 'error'
STATUS_TIMEOUT: Final = 'timeout'
STATUS_TRUNCATED: Final = 'truncated'
STATUSES: Final = (STATUS_OK, STATUS_ERROR, STATUS_TIMEOUT, STATUS_TRUNCATED)

#: Sections that could not be told (error, timeout) are errors (3); all others
#: are warnings (4). journald limits rates for each priority group, so neither
#: shares a budget with what a daemon logs to its standard error (6).
PRIORITY_REPORT: Final = '4'
PRIORITY_FAILED: Final = '3'

#: Our own sections, in a report's order; third-party sections come next.
SECTIONS: Final = (
    'package', 'threads', 'green-threads', 'asyncio-tasks', 'processes',
    'workers', 'recent-problems', 'configuration', 'logging', 'resources',
    'polling', 'messaging',
    'notifications', 'pipelines',
    'coordination', 'files')

#: The section that closes every report.
SECTION_SUMMARY: Final = 'summary'

#: The only section of what another tells about a process.
OUTSIDE: Final = 'outside'

#: The only section of an event.
DEATH: Final = 'death'
EXCEPTION: Final = 'exception'

#: Sections that are the only one of their report.
ALONE: Final = (OUTSIDE, DEATH, EXCEPTION)
