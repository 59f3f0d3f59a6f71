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

"""Engines in a machine, and containers with the machine's own Ceilometer."""

from __future__ import annotations

import collections.abc
import typing

from tests.system import beds
from tests.system import command
from tests.system import machine as machines
from tests.system import unpacked

ROOT = '/var/lib/container-root'
JOURNAL = '/run/systemd/journal'

#: What gives a container the journal.
WITH_JOURNAL = f'--volume={JOURNAL}:{JOURNAL}'

#: What asks for reports in a container: who ignores the signal is armed.
SIGNAL = ("kill -USR1 $(grep -lE '^SigIgn:.*[2367abef]..$' "
          '/proc/[0-9]*/status | cut -d/ -f3)')

# There is no image: a container has Ceilometer where the machine has it.
SETTLE = f"""
mkdir -p {ROOT}/var/lib/ceilometer
cd {ROOT}
mkdir -p dev etc opt proc run sys tmp usr
for name in bin lib lib64 sbin; do ln -sfn usr/$name $name; done
chmod 1777 tmp
cp -a /etc/. etc
"""


class Engine:
    """An engine; its containers run ceilometer-polling of the machine.

    :cvar program: its command
    :cvar scope: how the names of its scopes begin
    :param machine: the machine, which gets its packages
    :param packages: its packages
    :raises construction.MachineError: if they cannot be had
    """

    program: str
    scope: str

    def __init__(self, machine: machines.Machine,
                 packages: collections.abc.Sequence[str]) -> None:
        self.machine = machine
        bed = beds.BEDS[beds.chosen()]
        unpacked.install(
            unpacked.build(self.program, packages, bed.root(bed.build())),
            machine.path('/'))
        machine.run(['sh', '-euc', SETTLE])
        self._names: list[str] = []

    def __call__(self, *arguments: str) -> str:
        """Run its command; give what it prints.

        :raises AssertionError: it fails
        """
        done = self.machine.run([self.program, *arguments])
        return done.stdout + done.stderr

    def command(self, name: str, *options: str) -> list[str]:
        """Give what runs a container with a daemon that polls.

        :param name: what it is called
        :param options: of the engine's ``run``, and its root directory or
            image; a program that starts the daemon, if there is one
        """
        self._names.append(name)
        return [
            self.program, 'run', f'--name={name}', '--privileged',
            '--network=host', '--user=ceilometer',
            '--env=CEILOMETER_DIAGNOSTICS=1', *self.volumes(), *options,
            *self.daemon()]

    def volumes(self) -> list[str]:
        """Give the options for what a container has of the machine."""
        return [f'--volume={path}:{path}:ro'
                for path in ('/usr', '/opt/ceilometer')
                if self.machine.path(path).exists()]

    def daemon(self) -> list[str]:
        """Give the command of the daemon."""
        return [self.machine.program('ceilometer-polling'),
                '--polling-namespaces', 'central']

    def wait(self, name: str, unit: str) -> None:
        """Wait for a container's worker.

        :param name: what the container is called
        :param unit: its unit
        """
        self.machine.wait_for(
            lambda: 'worker(0)' in self.machine.run(
                ['systemd-cgls', '--no-pager', '--full', '--unit', unit],
                check=False).stdout, what=f'a worker in {name}', unit=unit)

    def start(self, name: str, *options: str) -> str:
        """Start a container in a scope, and wait for its worker.

        :param name: what it is called
        :param options: as :func:`command` has them
        :returns: its unit
        """
        done = self.machine.run(self.command(name, '--detach', *options))
        identity = done.stdout.splitlines()[-1]
        unit = f'{self.scope}-{identity}.scope'
        self.wait(name, unit)
        return unit

    def ask_first(self, name: str, unit: str,
                  told: list[dict[str, typing.Any]]) -> None:
        """Ask the first process alone, by the engine and from inside.

        :param name: what the container is called
        :param unit: its unit
        :param told: what ``trigger --json`` told of its processes, whose
            reports are all there are
        :raises AssertionError: another one answers, or none
        """
        for number, words in enumerate((
                ['kill', '--signal', 'USR1', name],
                ['exec', name, 'sh', '-c', 'kill -USR1 1']), len(told) + 1):
            self(*words)
            rows = self.machine.wait_for(
                lambda count=number: found if len(
                    found := command.listed(self.machine, name)) == count
                and all(row['complete'] for row in found) else None,
                what=f'{number} reports', unit=unit)
            assert rows[-1]['pid'] == told[0]['pid'], (rows, told)

    def remove(self) -> None:
        """Remove all containers that are left."""
        for name in self._names:
            self.machine.run([self.program, 'rm', '--force', name],
                             check=False)
