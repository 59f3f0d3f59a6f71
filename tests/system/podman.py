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

# The machine may not raise limits, and has no controllers.
LIMITS = ('--pids-limit=0', '--ulimit=nofile=1024:4096',
          '--ulimit=nproc=1000:1000')


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

    def run(self, name: str, *options: str) -> str:
        """Run a container, as others do.

        :param name: what it is called
        :param options: of ``podman run``
        """
        return super().run(name, *LIMITS, *options, '--rootfs', engines.ROOT)
