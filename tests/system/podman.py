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

"""podman in a machine."""

from __future__ import annotations

from tests.system import engines
from tests.system import machine as machines

PACKAGES = ('podman', 'crun')

# What it takes by default lies on an overlay here, which it refuses.
STORAGE = """\
[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
"""

# No service of the machine may make keyrings.
SETTINGS = """\
[containers]
keyring = false
"""

# The machine may not raise limits, and has no controllers.
LIMITS = ('--pids-limit=0', '--ulimit=nofile=1024:4096',
          '--ulimit=nproc=1000:1000')


#: What a Quadlet's file becomes, for a podman that knows no such files.
UNIT = """\
[Service]
Type=notify
NotifyAccess=all
Delegate=yes
KillMode=mixed
ExecStart={command}
ExecStop=podman rm --force --ignore {name}
"""

#: A Quadlet's file, as EDPM has them, without what the machine has not.
QUADLET = """\
[Container]
ContainerName={name}
Rootfs={root}
Network=host
User=ceilometer
LogDriver=journald
PodmanArgs={arguments}
Exec={command}
"""

#: What is added to it, as the documentation has it.
DROP_IN = """\
[Container]
Environment=CEILOMETER_DIAGNOSTICS=1
Volume=/run/systemd/journal:/run/systemd/journal
"""


class Podman(engines.Engine):
    """podman, without images.

    :param machine: the machine, which gets its packages
    :raises construction.MachineError: if they cannot be had
    """

    program = 'podman'
    scope = 'libpod'

    def __init__(self, machine: machines.Machine) -> None:
        super().__init__(machine, PACKAGES)
        machine.write_file('/etc/containers/storage.conf', STORAGE)
        machine.write_file('/etc/containers/containers.conf', SETTINGS)

    def command(self, name: str, *options: str) -> list[str]:
        """Give what runs a container.

        :param name: what it is called
        :param options: of ``podman run``
        """
        return super().command(
            name, *LIMITS, *options, '--rootfs', engines.ROOT)

    def write_unit(self, name: str, unit: str) -> None:
        """Make a unit that a container runs in, as Quadlets do.

        :param name: what the container is called
        :param unit: name of the unit, without suffix
        """
        write = self.machine.write_file
        if self.machine.path('/usr/libexec/podman/quadlet').exists():
            path = f'/etc/containers/systemd/{unit}.container'
            write(path, QUADLET.format(
                name=name, root=engines.ROOT, arguments=' '.join(
                    ('--privileged', *LIMITS, *self.volumes())),
                command=' '.join(self.daemon())))
            write(f'{path}.d/50-diagnostics.conf', DROP_IN)
        else:
            write(f'/etc/systemd/system/{unit}.service', UNIT.format(
                name=name, command=' '.join(self.command(
                    name, '--cgroups=split', '--sdnotify=conmon', '--detach',
                    '--rm', '--log-driver=journald', engines.WITH_JOURNAL))))
        self.machine.systemctl('daemon-reload')
