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

"""Who wrote a report, by the word of journald, which no process can forge."""

from __future__ import annotations

import dataclasses
import functools
import re

from ceilometer.diagnostics.command.reports import stored

#: Names of the units whose reports are believed.
UNIT = re.compile(r'(openstack-)?ceilometer-[\w.:@\\-]+\.service', re.ASCII)


@dataclasses.dataclass(frozen=True)
class Identity:
    """Who wrote a report, by the word of journald.

    :ivar pid: process id
    :ivar uid: user id
    :ivar unit: systemd unit; None outside of one, or where the process was
        gone before journald looked
    :ivar hostname: of the machine
    :ivar machine_id: of the machine
    :ivar boot_id: of the boot
    :ivar foreign: whether it is the word of another host, whose own says
        otherwise
    """

    pid: int | None
    uid: int | None
    unit: str | None
    hostname: str | None
    machine_id: str | None
    boot_id: str | None
    foreign: bool = dataclasses.field(default=False, compare=False)

    @property
    def trusted(self) -> bool:
        """Whether it is a process of a unit of Ceilometer."""
        return not self.foreign and self.pid is not None and (
            self.unit is not None
            and UNIT.fullmatch(self.unit) is not None)


def of_entry(entry: stored.Entry, unit: str | None) -> Identity:
    """Who sent an entry.

    :param entry: its fields
    :param unit: the unit of all entries of its report; journald does not
        learn it where the process is gone before it looks
    """
    def number(name: str) -> int | None:
        value = stored.text(entry, name) or ''
        return int(value) if value.isdecimal() and len(value) < 19 else None

    return Identity(
        pid=number('_PID'), uid=number('_UID'), unit=unit,
        hostname=stored.text(entry, '_HOSTNAME'),
        machine_id=stored.text(entry, '_MACHINE_ID'),
        boot_id=stored.text(entry, '_BOOT_ID'))


# asked of each entry; there are few units
@functools.lru_cache(maxsize=256)
def is_of_ceilometer(unit: bytes | None) -> bool:
    """Whether journald's name of a unit is that of one of Ceilometer."""
    return unit is not None and UNIT.fullmatch(
        stored.decode(unit)) is not None
