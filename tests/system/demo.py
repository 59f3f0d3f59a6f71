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

"""A demonstration: ask running Ceilometer daemons for a diagnostic report.

``make demo`` runs it. It boots a disposable machine, starts the real daemons
from the shipped units, and types what an operator would type. Standard
library only.
"""

from __future__ import annotations

import sys
import time

from tests.system import construction
from tests.system import export_format
from tests.system import keeper
from tests.system import machine as machines

UNITS = ('ceilometer-polling', 'ceilometer-agent-notification')
ASKED = UNITS[0]
COLUMNS = ('_PID', 'REPORT_PROCESS', 'REPORT_SECTION', 'REPORT_SECTION_INDEX',
           'REPORT_SECTION_COUNT', 'REPORT_SECTION_STATUS',
           'REPORT_SECTION_USEC')


def say(text: str) -> None:
    """Tell what happens, apart from what commands print."""
    print(f'\n== {text}', flush=True)


def show(machine: machines.Machine, command: str) -> None:
    """Run a shell command in the machine, as if typed there."""
    print(f'\n# {command}', flush=True)
    done = machine.run(['sh', '-c', command], check=False)
    print(done.stdout + done.stderr, end='', flush=True)


def answered(machine: machines.Machine) -> bool:
    """Tell whether every process of the unit has closed its report."""
    closed = {entry['_PID'] for entry in machine.entries(
        '-u', ASKED, 'REPORT=1', 'REPORT_SECTION=summary')}
    return {str(pid) for pid in machine.armed(ASKED)} <= closed


def table(entries: list[export_format.Entry]) -> None:
    """Print the fields that say what each journal entry is."""
    rows = [COLUMNS, *(tuple(entry.get(column, '-') for column in COLUMNS)
                       for entry in entries)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print('  '.join(cell.ljust(width) for cell, width in zip(
            row, widths, strict=True)).rstrip())


def demonstrate(machine: machines.Machine) -> None:
    """Ask a daemon for a report and show what the journal then has."""
    say('Starting Ceilometer as an administrator would')
    show(machine, f'systemctl start {" ".join(UNITS)}')
    for unit in UNITS:
        machine.start(unit)
    show(machine, f'systemctl --no-pager --lines=0 status {ASKED}')

    say('Asking the running daemon for a report, and reading it')
    show(machine, f'systemctl kill -s USR1 {ASKED}')
    machine.wait_for(lambda: answered(machine), unit=ASKED,
                     what=f'a report of every process of {ASKED}')
    show(machine, f'journalctl -u {ASKED} REPORT=1 -o cat')

    say('Each section is a journal entry with fields to select by')
    table(machine.entries('-u', ASKED, 'REPORT=1'))

    usage = machine.run(['ceilometer-diagnostics', '--help'], check=False)
    if ' list ' in usage.stdout.replace(',', ' ').replace('\n', ' '):
        say('The same, with the tool of this project')
        show(machine, 'ceilometer-diagnostics list')

    say('The daemon did not notice')
    show(machine, f'systemctl show -p ActiveState,NRestarts {ASKED}')


def main() -> int:
    """Run the demonstration; give the exit status."""
    started = time.monotonic()
    try:
        keeper.check_host()
        say('Booting a disposable machine; the first time, this installs '
            'Ceilometer\n   from PyPI')
        with machines.Machine() as machine:
            demonstrate(machine)
            say('Powering the machine off; nothing of it stays')
    except (construction.MachineError, AssertionError) as error:
        print(f'demo: {error}', file=sys.stderr)
        return 1
    print(f'\nDone in {time.monotonic() - started:.0f} s.')
    return 0


if __name__ == '__main__':
    sys.exit(main())
