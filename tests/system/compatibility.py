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

"""Tries the whole life of this project on each supported system: a table.

``make compatibility`` runs it; ``BEDS=debian-12`` tries one row. Each row is
a machine that has Ceilometer and nothing of this project but its tree. It is
installed by the commands that the README has, asked for reports, and removed.
Exit status 1 if anything failed anywhere. Standard library only.
"""

from __future__ import annotations

import collections.abc
import os
import sys
import time

from tests.system import beds
from tests.system import command
from tests.system import construction
from tests.system import fresh_bed
from tests.system import instructions
from tests.system import keeper
from tests.system import machine as machines
from tests.system import reports
from tests.system import versions

#: README's daemon, and the other one that every site has.
POLLING = 'ceilometer-polling'
UNITS = (POLLING, 'ceilometer-agent-notification')

# A machine has no network: pip finds what it builds with where it is.
PIP = 'export PIP_NO_INDEX=1 PIP_NO_BUILD_ISOLATION=0 PIP_QUIET=1\n'

COLUMNS = ('distribution', 'systemd', 'Python', 'Ceilometer', 'of',
           'install', 'start', 'USR1', 'reports', 'trigger', 'stop', 'remove')
YES = 'yes'
NOT_TRIED = '-'


class Life:
    """The steps of a row, in order; each raises AssertionError if it fails.

    :ivar of_packages: whether Ceilometer is Debian's, with units
    :param machine: the machine
    """

    def __init__(self, machine: machines.Machine) -> None:
        self._machine = machine
        self.of_packages = machine.path(
            f'/usr/lib/systemd/system/{POLLING}.service').exists()
        self._commands = (instructions.beside_packages()
                          if self.of_packages
                          else instructions.in_virtualenv())
        self._command = self._commands[1].split()[0]
        self._since = ''
        self._armed: dict[str, set[int]] = {}

    def steps(self) -> list[collections.abc.Callable[[], str]]:
        """Give the steps; each gives what its cell of the table has."""
        return [self._install, self._start, self._signal, self._reports,
                self._trigger, self._stop, self._remove]

    def _shell(self, line: str) -> str:
        return self._machine.run(
            ['sh', '-euc', f'cd {fresh_bed.SOURCE}\n{PIP}{line}']).stdout

    def _install(self) -> str:
        """Install it, while stock daemons run if there are units."""
        if self.of_packages:
            for unit in UNITS:
                self._machine.start(unit)
        for line in self._commands[:2]:
            self._shell(line)
        return YES

    def _start(self) -> str:
        """Run what follows; check then finds nothing wrong."""
        *lines, check = self._commands[2:]
        for line in lines:
            self._shell(line)
        self._machine.systemctl('restart', UNITS[1])
        told: list[str] = []
        for unit in UNITS:
            self._machine.wait_for(lambda unit=unit: self._machine.workers(
                unit), unit=unit)
            # the last process is armed a moment later
            try:
                self._machine.wait_for(lambda unit=unit: self._finds_nothing(
                    check.replace(POLLING, unit), told))
            except AssertionError:
                raise AssertionError(f'{check}: {told[-1]}') from None
        self._armed = {unit: self._armed_of(unit) for unit in UNITS}
        return YES

    def _finds_nothing(self, check: str, told: list[str]) -> bool:
        """Whether check has nothing to say; what it does is added."""
        done = self._machine.run(check.split(), check=False)
        told.append(done.stdout + done.stderr)
        return done.returncode == 0

    def _armed_of(self, unit: str) -> set[int]:
        """The processes of a unit that write reports: never only one."""
        found = {pid for pid in self._machine.pids(unit)
                 if reports.is_armed(self._machine, pid)}
        wanted = {int(self._machine.show(unit, 'MainPID')['MainPID']),
                  *self._machine.workers(unit)}
        assert len(wanted) >= 2 and wanted <= found, (unit, wanted, found)
        return found

    def _signal(self) -> str:
        """Signal both as the README does: nobody dies of it."""
        self._since = reports.from_now()
        for unit in UNITS:
            self._machine.systemctl('kill', '-s', 'USR1', unit)
        return YES

    def _reports(self) -> str:
        """Find the report of each process, with every section whole."""
        for unit, pids in self._armed.items():
            found = reports.wait(self._machine, unit, pids, self._since)
            for report in found:
                assert report.names == [*reports.SECTIONS, 'summary'], report
                assert {entry['REPORT_SECTION_STATUS']
                        for entry in report.entries} == {'ok'}, report.names
            assert self._armed_of(unit) == pids
            assert self._machine.show(unit, 'NRestarts', 'ActiveState') == {
                'NRestarts': '0', 'ActiveState': 'active'}
        number = sum(map(len, self._armed.values()))
        return f'{number} of {number}'

    def _trigger(self) -> str:
        """Ask by the command: all of the same have answered."""
        for unit, pids in self._armed.items():
            told = command.triggered(self._machine, unit)
            assert {answer['pid'] for answer in told} == pids
        return YES

    def _stop(self) -> str:
        """Stop both: in order, and nobody is left."""
        for unit in UNITS:
            self._machine.systemctl('stop', unit)
            assert self._machine.pids(unit) == []
            assert self._machine.show(unit, 'ActiveState') == {
                'ActiveState': 'inactive'}
        return YES

    def _remove(self) -> str:
        """Take it away: no file is left, and stock daemons start again."""
        told = self._shell(f'{self._command} install-system --uninstall')
        for line in told.partition('Then run:\n')[2].splitlines():
            self._shell(line)
        pip = self._commands[0].partition(' install')[0]
        options = '--break-system-packages' if self.of_packages else ''
        self._shell(f'{pip} uninstall --yes {options} ceilometer-diagnostics')
        left = self._machine.run(
            ['find', '/etc', '/opt', '/usr', '/var/lib', '-path',
             fresh_bed.SOURCE, '-prune', '-o', '-name',
             '*ceilometer*diagnostics*', '-print']).stdout
        assert left == '', left
        for unit in UNITS if self.of_packages else ():
            self._machine.start(unit)
            assert not [pid for pid in self._machine.pids(unit)
                        if reports.is_armed(self._machine, pid)]
        return YES


def row(bed: str) -> list[str]:
    """Try one system: the cells of its row.

    What fails is told on standard error, and is ``no`` in the row.
    """
    with machines.Machine(bed) as machine:
        told = versions.of(machine)
        life = Life(machine)
        cells = [told.distribution.replace(' GNU/Linux', ''),
                 told.systemd.split()[0], told.python, told.ceilometer,
                 'Debian' if life.of_packages else 'PyPI']
        for step in life.steps():
            try:
                cells.append(step())
            except (AssertionError, OSError, ValueError) as error:
                print(f'{bed}: {step.__name__}: {error}', file=sys.stderr)
                cells.append('no')
                break
    return cells + [NOT_TRIED] * (len(COLUMNS) - len(cells))


def table(rows: collections.abc.Sequence[collections.abc.Sequence[str]],
          columns: collections.abc.Sequence[str] = COLUMNS) -> str:
    """Lay rows out as a table of reStructuredText."""
    rows = [columns, *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    ruler = '  '.join('=' * width for width in widths)
    head, *lines = ('  '.join(cell.ljust(width) for cell, width in zip(
        cells, widths, strict=True)).rstrip() for cells in rows)
    return '\n'.join([ruler, head, ruler, *lines, ruler])


def main() -> int:
    """Try each; give the exit status."""
    everyone = [name for name in beds.BEDS if name.startswith(beds.FRESH)]
    asked = [f'{beds.FRESH}{name}'
             for name in os.environ.get('BEDS', '').split()] or everyone
    started = time.monotonic()
    rows = []
    try:
        keeper.check_host()
        for bed in asked:
            print(f'{bed} ...', file=sys.stderr, flush=True)
            rows.append(row(bed))
            # what is known so far, should the rest take too long
            print('  '.join(rows[-1]), file=sys.stderr, flush=True)
    except (construction.MachineError, KeyError) as error:
        print(f'compatibility: {error}', file=sys.stderr)
        return 1
    print(table(rows))
    print(f'in {time.monotonic() - started:.0f} s', file=sys.stderr)
    return 1 if any({'no', NOT_TRIED} & set(cells) for cells in rows) else 0


if __name__ == '__main__':
    sys.exit(main())
