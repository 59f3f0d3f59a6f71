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

"""Which watchdog the unit wants, for all processes of its service.

The unit has it in one of two ways. With ``WatchdogSec=``, systemd expects
messages whatever runs there. With :data:`VARIABLE`, systemd is told to expect
them once somebody sends them: a daemon that is not armed is not ended.

The master leaves it in the file in memory that the processes of a service
share (:mod:`.turn`): some workers are no forks, and have another environment.
"""

from __future__ import annotations

import contextlib
import math
import os
import struct

from ceilometer.diagnostics.daemon import sd_notify
from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import named_tuple

#: Seconds, if the unit has no ``WatchdogSec=``.
VARIABLE = fields.WATCHDOG_VARIABLE

#: What :data:`VARIABLE` may say.
SECONDS_MIN = 1.0
SECONDS_MAX = 86400.0

# How long a process may give no sign of life, a part of the watchdog's time.
_HANG_PART = 0.5

# a mark, the master, when it was started, the watchdog's time, how long
# systemd's address is; it follows
_RECORD = struct.Struct('<4sIQdH')
_MARK = b'dog1'


class Wanted(named_tuple.NamedTuple):
    """The watchdog that a unit wants.

    :ivar seconds: how long systemd waits for a message
    :ivar told: whether systemd knows of it
    """

    seconds: float
    told: bool

    @property
    def hang_seconds(self) -> float:
        """How long a process may give no sign of life."""
        return self.seconds * _HANG_PART


def wanted() -> Wanted | None:
    """The watchdog that the unit of this process wants, None for none.

    Runs in the main thread of what becomes a master.

    :raises ValueError: :data:`VARIABLE` is invalid; the text says why
    """
    usec = os.environ.get('WATCHDOG_USEC', '')
    # sd_watchdog_enabled(3): a child of the process that is meant has both
    if usec.isdecimal() and int(usec) and os.environ.get(
            'WATCHDOG_PID', str(os.getpid())) == str(os.getpid()):
        return Wanted(int(usec) / 1e6, True)
    text = os.environ.get(VARIABLE, '')
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if seconds == 0:
        return None
    if not SECONDS_MIN <= seconds <= SECONDS_MAX:
        raise ValueError(
            f'{VARIABLE}={text!r} is invalid; expected 0, or a number of '
            f'seconds from {SECONDS_MIN:g} to {SECONDS_MAX:g}')
    return Wanted(seconds, False)


def hang_seconds(descriptor: int | None) -> float:
    """How long a process may give no sign of life; 0 without a watchdog.

    Runs in the main thread, in the master before its workers are started and
    in each of them.

    :param descriptor: of the file that the processes of the service share
    """
    if descriptor is not None and turn.is_ours(descriptor):
        record = read(descriptor)
        if record is not None:
            return record.seconds * _HANG_PART
    if sd_notify.SOCKET_VARIABLE in os.environ:
        with contextlib.suppress(ValueError):
            found = wanted()
            if found is not None:
                return found.hang_seconds
    return 0.0


class Record(named_tuple.NamedTuple):
    """What a master leaves for the processes of its service.

    :ivar pid: the master
    :ivar started: when it was started, clock ticks since the host was
    :ivar seconds: how long systemd waits for a message
    :ivar address: systemd's socket
    """

    pid: int
    started: int
    seconds: float
    address: str


def leave(descriptor: int, address: str, seconds: float) -> None:
    """Leave it; runs in the main thread of the master.

    :param descriptor: of the file that the processes of the service share
    :param address: systemd's socket
    :param seconds: how long systemd waits for a message
    """
    pid = os.getpid()
    encoded = os.fsencode(address)
    with contextlib.suppress(OSError, struct.error):
        os.pwrite(descriptor, _RECORD.pack(
            _MARK, pid, sibling_page.started(pid) or 0, seconds,
            len(encoded)) + encoded, shared_places.WATCHDOG.offset)


def read(descriptor: int) -> Record | None:
    """What the master has left; None without a watchdog. For any thread.

    :param descriptor: of the file that the processes of the service share
    """
    try:
        page = os.pread(descriptor, shared_places.WATCHDOG.size,
                        shared_places.WATCHDOG.offset)
        mark, pid, started, seconds, length = _RECORD.unpack_from(page)
    except (OSError, struct.error):
        return None
    if mark != _MARK:
        return None
    return Record(pid, started, seconds, os.fsdecode(
        page[_RECORD.size:_RECORD.size + length]))
