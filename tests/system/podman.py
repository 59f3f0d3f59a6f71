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

"""podman in a machine, and containers with the machine's own Ceilometer."""

from __future__ import annotations

from tests.system import beds
from tests.system import machine as machines
from tests.system import unpacked

PACKAGES = ('podman', 'crun')
ROOT = '/var/lib/container-root'

# There is no image: a container has Ceilometer where the machine has it.
SETTLE = f"""
mkdir -p {ROOT}/var/lib/ceilometer
cd {ROOT}
mkdir -p dev etc opt proc run sys tmp usr
for name in bin lib lib64 sbin; do ln -sfn usr/$name $name; done
chmod 1777 tmp
cp -a /etc/. etc
mkdir -p /etc/containers
"""

# What it takes by default lies on an overlay here, which it refuses.
STORAGE = """\
[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
"""

# The machine may not raise limits, and has no controllers. kolla-ansible runs
# the compute agent with all privileges, too.
LIMITS = ('--privileged', '--pids-limit=0', '--ulimit=nofile=1024:4096',
          '--ulimit=nproc=1000:1000')

JOURNAL = '/run/systemd/journal'


class Podman:
    """podman; its containers run ceilometer-polling of the machine.

    :param machine: the machine, which gets its packages
    :raises construction.MachineError: if they cannot be had
    """

    def __init__(self, machine: machines.Machine) -> None:
        self._machine = machine
        bed = beds.BEDS[beds.chosen()]
        unpacked.install(
            unpacked.build('podman', PACKAGES, bed.root(bed.build())),
            machine.path('/'))
        machine.run(['sh', '-euc', SETTLE])
        machine.write_file('/etc/containers/storage.conf', STORAGE)
        self._names: list[str] = []

    def __call__(self, *arguments: str) -> str:
        """Run podman; give what it prints.

        :raises AssertionError: it fails
        """
        done = self._machine.run(['podman', *arguments])
        return done.stdout + done.stderr

    def start(self, name: str, *options: str) -> str:
        """Start a container with a daemon that polls.

        :param name: what it is called
        :param options: of podman run
        :returns: its unit
        """
        program = self._machine.program('ceilometer-polling')
        own = [f'--volume={path}:{path}:ro'
               for path in ('/usr', '/opt/ceilometer')
               if self._machine.path(path).exists()]
        self._names.append(name)
        identity = self(
            'run', '--detach', f'--name={name}', *LIMITS, '--network=host',
            '--user=ceilometer', '--env=CEILOMETER_DIAGNOSTICS=1', *own,
            *options, '--rootfs', ROOT, program, '--polling-namespaces',
            'central').splitlines()[-1]
        unit = f'libpod-{identity}.scope'
        self._machine.wait_for(
            lambda: 'worker(0)' in self._machine.run(
                ['systemd-cgls', '--no-pager', '--full', '--unit', unit],
                check=False).stdout, what=f'a worker in {name}', unit=unit)
        return unit

    def remove(self) -> None:
        """Remove all containers that are left."""
        for name in self._names:
            self._machine.run(['podman', 'rm', '--force', name], check=False)
