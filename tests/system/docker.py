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

"""docker in a machine."""

from __future__ import annotations

import json

from tests.system import engines
from tests.system import machine as machines

# dumb-init is what kolla's images begin with.
PACKAGES = ('docker.io', 'crun', 'dumb-init')
#: Of releases that have it apart.
COMMAND = 'docker-cli'

IMAGE = 'ceilometer:local'

#: What starts a daemon in kolla's images: it forwards signals, and a shell
#: that becomes the daemon.
START = ('/usr/bin/dumb-init', '--single-child', '--',
         '/bin/bash', '-ec', 'exec "$@"', 'kolla_start')

RUNTIME = '/usr/local/bin/crun-without-limits'

CONFIG = {
    # overlays lie on an overlay here
    'storage-driver': 'vfs',
    'bridge': 'none', 'iptables': False, 'ip6tables': False,
    'exec-opts': ['native.cgroupdriver=systemd'],
    'runtimes': {'here': {'path': RUNTIME}}, 'default-runtime': 'here',
}

# The machine may make no keyrings and filter no devices, and has no
# controllers; docker's own runtime insists.
RUNTIME_SCRIPT = """\
#!/usr/bin/python3 -I
import json
import os
import sys

words = sys.argv[1:]
if 'create' in words:
    words.insert(words.index('create') + 1, '--no-new-keyring')
    path = os.path.join(words[words.index('--bundle') + 1], 'config.json')
    with open(path) as file:
        config = json.load(file)
    del config['linux']['resources']
    with open(path, 'w') as file:
        json.dump(config, file)
os.execv('/usr/bin/crun', ['crun', *words])
"""

# Packages that are unpacked have made no group.
START_ENGINE = f"""
getent group docker >/dev/null || groupadd --system docker
systemctl daemon-reload
systemctl start docker.service
tar --directory={engines.ROOT} --create . | docker import - {IMAGE}
"""


class Docker(engines.Engine):
    """docker, with an image that is empty but for the settings.

    :param machine: the machine, which gets its packages
    :raises construction.MachineError: if they cannot be had
    :raises AssertionError: if it does not start
    """

    program = 'docker'
    scope = 'docker'

    def __init__(self, machine: machines.Machine) -> None:
        text = machine.path('/etc/os-release').read_text()
        apart = 'VERSION_CODENAME=bookworm' not in text
        super().__init__(machine, (*PACKAGES, *[COMMAND] * apart))
        machine.write_file(RUNTIME, RUNTIME_SCRIPT, 0o755)
        machine.write_file('/etc/docker/daemon.json', json.dumps(CONFIG))
        machine.run(['sh', '-euc', START_ENGINE])

    def command(self, name: str, *options: str) -> list[str]:
        """Give what runs a container as kolla's images are run.

        :param name: what it is called
        :param options: of ``docker run``
        """
        return super().command(name, *options, IMAGE, *START)

    def remove(self) -> None:
        """Remove all containers that are left, and stop the engine."""
        super().remove()
        self.machine.systemctl('stop', 'docker.socket', 'docker.service',
                               'containerd.service', check=False)
