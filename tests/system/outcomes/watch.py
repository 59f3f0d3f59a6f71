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

"""Tells what a unit does, and whether it does all that belongs to it."""

from __future__ import annotations

from tests.system import command
from tests.system import machine as machines
from tests.system.outcomes import documented

#: The words of the documentation.
WORKS = 'works'
REFUSED = 'refused'
TRIED_AGAIN = 'tried again'
REPLACED = 'replaced'
STARTED_AGAIN = 'started again'
FAILS = 'fails'


class Watch:
    """Watches a unit.

    :param machine: the machine
    :param unit: the unit
    """

    def __init__(self, machine: machines.Machine, unit: str) -> None:
        self._machine = machine
        self._unit = unit

    def show(self, *names: str) -> list[str]:
        """Values of properties of the unit, in the order of the names."""
        shown = self._machine.show(self._unit, *names)
        return [shown[name] for name in names]

    def begin(self) -> str:
        """Start it; give the word for what it does."""
        done = self._machine.systemctl('start', self._unit, check=False)
        if done.returncode == 0:
            return WORKS
        kind, status = self.show('Type', 'ExecMainStatus')
        if kind == 'oneshot':
            return FAILS
        if status == '2':
            return REFUSED
        # else it was not even tried
        assert status != '0', self._machine.journal_tail(self._unit)
        return TRIED_AGAIN

    def holds(self, word: str) -> None:
        """Check what belongs to the word, besides what :meth:`begin` saw.

        :raises AssertionError: something of it is not so
        """
        {WORKS: self.works, REFUSED: self._refused, FAILS: self._fails,
         TRIED_AGAIN: self._tried_again}[word]()

    def works(self, restarts: str = '0') -> None:
        """It is up, and each process of it reports.

        :param restarts: how often systemd had to start it anew
        """
        machine, unit = self._machine, self._unit
        main, *_ = before = self.show('MainPID', 'NRestarts', 'ActiveState')
        assert before[1:] == [restarts, 'active']
        workers = machine.workers(unit)
        assert len(workers) == 1
        told = command.triggered(machine, unit)
        assert {answer['pid'] for answer in told} >= {int(main), *workers}
        assert machine.workers(unit) == workers
        assert self.show('MainPID', 'NRestarts', 'ActiveState') == before
        status, = self.show('StatusText')
        assert status.startswith('1 of 1 workers are up')

    def ends(self) -> None:
        """It stops when it is told to, and nobody of it is left."""
        self._machine.systemctl('stop', self._unit)
        assert self.show('ActiveState', 'Result', 'ExecMainStatus') == [
            'inactive', 'success', '0']
        assert self._machine.pids(self._unit) == []

    def _refused(self) -> None:
        assert self.show('ActiveState', 'Result', 'NRestarts') == [
            'failed', 'exit-code', '0']
        status, = self.show('StatusText')
        assert status == f'not started: {self._sentence()}'

    def _tried_again(self) -> None:
        self._sentence()
        self._machine.wait_for(
            lambda: int(self.show('NRestarts')[0]) > 0,
            what=f'another start of {self._unit}', unit=self._unit)

    def _sentence(self) -> str:
        """The sentence of the journal that says why it does not start."""
        errors = [str(entry['MESSAGE']) for entry in self._machine.entries(
            f'_SYSTEMD_UNIT={self._unit}.service', 'PRIORITY=3',
            '_TRANSPORT=stdout')]
        begin = 'The daemon does not start: '
        assert errors and errors[-1].startswith(begin)
        return errors[-1].removeprefix(begin)

    def _fails(self) -> None:
        assert self.show('ActiveState', 'NRestarts') == ['failed', '0']

    def says(self, text: str) -> bool:
        """Whether it says something, in its status or in its journal."""
        status, = self.show('StatusText')
        return text in status or text in self._machine.journal(
            '-u', self._unit)

    def mended(self, word: str) -> None:
        """What was broken is mended: check what follows.

        :param word: what the unit did before
        """
        if word == TRIED_AGAIN:
            # nobody has to do anything
            self._machine.wait_for(
                lambda: self.show('ActiveState') == ['active'],
                what=f'a start of {self._unit} by itself', unit=self._unit)
            self.works(self.show('NRestarts')[0])
        elif word == REFUSED:
            self._machine.systemctl('start', self._unit)
            self.works()
        if word != FAILS:
            self.ends()

    def killed(self, whom: str) -> str:
        """Start it, and kill a process of it.

        :param whom: ``main`` or ``worker``
        :returns: the word for what follows
        """
        machine, unit = self._machine, self._unit
        if unit == documented.UPGRADE:
            return self._killed_upgrade()
        machine.systemctl('start', unit)
        self.works()
        main, = self.show('MainPID')
        worker, = machine.workers(unit)
        machine.run(['kill', '-KILL', main if whom == 'main'
                     else str(worker)])
        if whom == 'main':
            machine.wait_for(
                lambda: self.show('NRestarts', 'ActiveState') == [
                    '1', 'active'], what='a restart', unit=unit)
            self.works('1')
        else:
            machine.wait_for(
                lambda: machine.workers(unit) not in ([], [worker]),
                what='a new worker', unit=unit)
            assert self.show('MainPID') == [main]
            machine.wait_for(
                lambda: self.says('worker 0 has ended with SIGKILL'),
                what='a word of it', unit=unit)
            told = command.triggered(machine, unit)
            assert {answer['pid'] for answer in told} >= {
                int(main), *machine.workers(unit)}
        # nobody of before is left
        left = {worker, int(main)} & set(machine.pids(unit))
        assert left == (set() if whom == 'main' else {int(main)})
        return STARTED_AGAIN if whom == 'main' else REPLACED

    def _killed_upgrade(self) -> str:
        machine, unit = self._machine, self._unit
        machine.systemctl('start', '--no-block', unit)
        machine.wait_for(lambda: self.show('MainPID') != ['0'],
                         what='its process', unit=unit)
        machine.systemctl('kill', '-s', 'KILL', unit)
        machine.wait_for(lambda: self.show('ActiveState') == ['failed'],
                         what='its end', unit=unit)
        assert self.show('Result', 'NRestarts') == ['signal', '0']
        return FAILS
