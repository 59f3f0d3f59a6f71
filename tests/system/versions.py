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

"""Which versions of what a machine is made of."""

from __future__ import annotations

import typing

from tests.system import machine as machines


class Versions(typing.NamedTuple):
    """What decides how this project behaves in a machine."""

    distribution: str
    systemd: str
    python: str
    ceilometer: str


def is_oldest(machine: machines.Machine) -> bool:
    """Whether a machine has Ceilometer 19, as Debian 12 packages it.

    It does less than others, and with eventlet waits elsewhere.
    """
    return of(machine).ceilometer.startswith('19.')


def of(machine: machines.Machine) -> Versions:
    """Ask the machine itself.

    :param machine: has Ceilometer; this project is not needed
    """
    told = machine.run(
        ['sh', '-euc', '. /etc/os-release; echo "$PRETTY_NAME"; '
         'systemctl --version | sed -n "1s/^systemd //p"; "$0" -c "'
         'import importlib.metadata as m, platform as p; '
         'print(p.python_version()); print(m.version(\'ceilometer\'))"',
         machine.python])
    return Versions(*told.stdout.splitlines())
