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

"""RabbitMQ for machines that stand on the host's own root directory."""

from __future__ import annotations

import pathlib

from tests.system import construction
from tests.system import unpacked

PACKAGE = 'rabbitmq-server'

# What the packages' own scripts would do. On the loopback interface only; a
# machine's host name is one that no name server knows.
SETTLE = r"""
systemd-sysusers --inline 'u epmd - "Erlang port mapper"' \
    'u rabbitmq - "RabbitMQ" /var/lib/rabbitmq'
mkdir -p /var/lib/rabbitmq /var/log/rabbitmq /etc/rabbitmq
chown -R rabbitmq:rabbitmq /var/lib/rabbitmq /var/log/rabbitmq
printf 'NODENAME=rabbit@localhost\nNODE_IP_ADDRESS=127.0.0.1\n' \
    >/etc/rabbitmq/rabbitmq-env.conf
"""


def build() -> pathlib.Path:
    """Give the directory that is copied over the root directory.

    :raises construction.MachineError: if it cannot be built.
    """
    return unpacked.build('broker', [PACKAGE])


def install(root: pathlib.Path) -> None:
    """Put the broker into a machine that is not booted; ready to be started.

    :param root: the machine's root directory.
    :raises construction.MachineError: if that fails.
    """
    unpacked.install(build(), root)
    construction.call(['chroot', str(root), 'sh', '-euc', SETTLE])
