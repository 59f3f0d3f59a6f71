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

"""Whose report it is, by the word of journald, which no process can forge.

It is the process that has sent it. Or, where root has sent it, the process
that root has named: journald adds what it knows of that one, and does so for
root alone (systemd.journal-fields(7)). Anybody else can write fields of these
names, so who has sent an entry is looked at first. Root in a container is
somebody else, although journald takes it for root.

A process may also tell of another one of its unit, which has died or is
silent. Its unit is journald's word; of which process it tells is its own.
Those of a unit are of one user, and could write one another's reports anyway;
so that is believed, and it is said who has told it.
"""

from __future__ import annotations

import dataclasses
import functools
import re

from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import stored
from ceilometer.diagnostics import fields

OBJECT_PID = fields.OBJECT_PID
OBJECT_UID = 'OBJECT_UID'
OBJECT_UNIT = 'OBJECT_SYSTEMD_UNIT'

# The control group of the sender.
_CGROUP = '_SYSTEMD_CGROUP'

# Scopes that systemd-logind and "systemd-run --scope" make.
_LOGIN = re.compile(r'(init|session-\w+|run-\w+)\.scope', re.ASCII)

_TELLING = {trigger.encode() for trigger in fields.TELLING_TRIGGERS}


@dataclasses.dataclass(frozen=True)
class Identity:
    """Whose report it is, by the word of journald.

    :ivar pid: process id
    :ivar uid: user id
    :ivar unit: systemd unit; None outside of one, or where the process was
        gone before journald looked
    :ivar hostname: of the machine
    :ivar machine_id: of the machine
    :ivar boot_id: of the boot
    :ivar foreign: whether it is the word of another host, whose own says
        otherwise
    :ivar writer_pid: process id of root's command that has written it, about
        the process, or of a later process of the unit that has handed it over
        to the journal; None where the process has sent it itself
    """

    pid: int | None
    uid: int | None
    unit: str | None
    hostname: str | None
    machine_id: str | None
    boot_id: str | None
    foreign: bool = dataclasses.field(default=False, compare=False)
    writer_pid: int | None = None

    @property
    def sender_pid(self) -> int | None:
        """Process id of the process that has sent it."""
        return self.writer_pid or self.pid

    @property
    def trusted(self) -> bool:
        """Whether it is a process of a unit of Ceilometer."""
        return not self.foreign and self.pid is not None and (
            self.unit is not None
            and containers.is_of_ceilometer(self.unit, self.machine_id))

    @property
    def container(self) -> str | None:
        """The name of the container that the unit is, None if none is known.

        By the word of its engine, and not of the process.
        """
        known = None if self.unit is None else containers.of_unit(
            self.unit, self.machine_id)
        return None if known is None else known.name


def of_entry(entry: stored.Entry, unit: str | None) -> Identity:
    """Who sent an entry.

    :param entry: its fields
    :param unit: the unit of all entries of its report; journald does not
        learn it where the process is gone before it looks
    """
    def number(name: str) -> int | None:
        value = stored.text(entry, name) or ''
        return int(value) if value.isdecimal() and len(value) < 19 else None

    about = is_about_another(entry)
    pid = number(OBJECT_PID if about else '_PID')
    sent_for = None if about else number(fields.REPORT_KEPT_PID)
    return Identity(
        pid=pid if sent_for is None else sent_for,
        uid=number(OBJECT_UID if about else '_UID'), unit=unit,
        writer_pid=number('_PID') if about or sent_for is not None else None,
        hostname=stored.text(entry, '_HOSTNAME'),
        machine_id=stored.text(entry, '_MACHINE_ID'),
        boot_id=stored.text(entry, '_BOOT_ID'))


def told_of(entry: stored.Entry) -> int | None:
    """The process that has died or is silent, if another of its unit tells.

    It is that one's word, and not journald's: the entry is its own. One of no
    unit of Ceilometer tells of itself, whatever it says.

    :param entry: its fields
    """
    unit = stored.first(entry, '_SYSTEMD_UNIT')
    if stored.first(entry, fields.REPORT_TRIGGER) not in _TELLING or (
            is_about_another(entry)
            or unit is not None and not is_of_ceilometer(unit)):
        return None
    value = stored.text(entry, OBJECT_PID) or ''
    return int(value) if value.isdecimal() and len(value) < 10 else None


def is_about_another(entry: stored.Entry) -> bool:
    """Whether root has written an entry about a process of Ceilometer.

    :param entry: its fields
    """
    return OBJECT_PID in entry and stored.first(entry, '_UID') == b'0' and (
        is_of_ceilometer(stored.first(entry, OBJECT_UNIT))
        and not _is_in_container(entry))


def _is_in_container(entry: stored.Entry) -> bool:
    """Whether the sender may be in a container, where root is not this one.

    To journald it is: there, too, its user id may be 0. What is known not to
    be in one is a login, or a process in the very control group of a service.
    """
    unit = stored.text(entry, '_SYSTEMD_UNIT')
    group = stored.text(entry, _CGROUP)
    if unit is None:
        # in the root's, or above the one of a journald in a container itself
        return group is not None and group != '/' and (
            not group.startswith('/../'))
    if unit.endswith('.service'):
        return group is not None and unit != 'user@0.service' and (
            not group.endswith(f'/{unit}'))
    return _LOGIN.fullmatch(unit) is None


def unit_of(entry: stored.Entry) -> bytes | None:
    """The unit of the process whose report an entry is part of.

    :param entry: its fields
    """
    unit: bytes | None = stored.first(
        entry, OBJECT_UNIT if is_about_another(entry) else '_SYSTEMD_UNIT')
    return unit


# asked of each entry; there are few units
@functools.lru_cache(maxsize=256)
def is_of_ceilometer(unit: bytes | None) -> bool:
    """Whether journald's name of a unit is that of one of Ceilometer."""
    return unit is not None and containers.is_of_ceilometer(
        stored.decode(unit))
