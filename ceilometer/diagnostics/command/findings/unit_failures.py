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

"""What systemd has logged of a unit that failed: how its master ended.

A master that was killed tells nothing itself, and the next one knows nothing
of it. systemd logs each failure, and before that how the process ended; the
fields and ids are those of systemd.journal-fields(7) and sd-messages.h.
"""

from __future__ import annotations

import operator
import signal

from ceilometer.diagnostics.command import masked
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import unit_lines
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings

#: So many failures are worse than one.
FAILURES_BAD = 3

# SD_MESSAGE_UNIT_PROCESS_EXIT and SD_MESSAGE_UNIT_FAILURE_RESULT
_PROCESS_EXIT = '98e322203f7a4ed290d09fe03c09fe15'
_FAILURE = 'd9b373ed55a64feb8242e02dbe79a49c'

# What UNIT_RESULT means where it tells more than how the process ended.
_RESULTS = {
    'watchdog': 'it was killed by the watchdog of its unit',
    'oom-kill': 'the kernel killed it, because memory ran out',
    'timeout': 'it took too long to start or to stop',
    'start-limit-hit': 'it was started too often',
    'protocol': 'it ended before it was ready',
}


def find(journal: journal_reader.Journal,
         found: read.Found) -> list[contents.Finding]:
    """The failures of a unit before a report of its master.

    :param journal: where the report is
    :param found: the report
    :returns: one finding, or none
    :raises source.JournalError: nothing of the journal can be read
    """
    failures: list[tuple[int, str]] = []
    ended = ''
    # how the process ended is logged before that its unit failed
    for usec, told in sorted(reversed(_told(journal, found)),
                             key=operator.itemgetter(0)):
        if told['MESSAGE_ID'] == _PROCESS_EXIT:
            if told['COMMAND'] in ('', 'ExecStart'):
                ended = _how(told['EXIT_CODE'], told['EXIT_STATUS'])
        else:
            result = told['UNIT_RESULT']
            failures.append((usec, _RESULTS.get(result) or ended
                             or f'its result is {masked.text(result)}'))
            ended = ''
    if not failures:
        return []
    last_usec, why = failures[-1]
    times = '' if len(failures) == 1 else f'{len(failures)} times '
    last = ', the last time' if times else ''
    when = findings.when(last_usec / 1e6, found.time_usec / 1e6)
    return [findings.finding(
        'unit-failed', f'{found.identity.unit} failed {times}in the '
        f'{unit_lines.PERIOD}{last} at {when}: {why}',
        since=findings.utc(failures[0][0] / 1e6),
        severity=findings.ERROR if len(failures) >= FAILURES_BAD else None,
        failures=len(failures))]


def _told(journal: journal_reader.Journal,
          found: read.Found) -> list[tuple[int, dict[str, str]]]:
    names = ('MESSAGE_ID', 'COMMAND', 'EXIT_CODE', 'EXIT_STATUS',
             'UNIT_RESULT')
    lines = unit_lines.before(journal, found, (
        f'UNIT={found.identity.unit}', '_PID=1',
        f'{fields.MESSAGE_ID}={_PROCESS_EXIT}',
        f'{fields.MESSAGE_ID}={_FAILURE}'))
    return [(reader.realtime_usec(),
             {name: unit_lines.text(reader, name) for name in names})
            for reader, _ in lines]


def _how(code: str, status: str) -> str:
    """How a process ended, by EXIT_CODE and EXIT_STATUS."""
    if code == 'exited':
        return f'its master ended with exit status {masked.text(status)}'
    name = masked.text(status)
    if status.isascii() and status.isdigit() and len(status) < 4:
        try:
            name = signal.Signals(int(status)).name
        except ValueError:
            name = f'signal {int(status)}'
    dumped = ', with a core dump' if code == 'dumped' else ''
    return f'its master was killed by {name}{dumped}'
