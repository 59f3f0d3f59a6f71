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

"""Which trigger a process answers, so that all that answer one say the same.

The processes of a service share a page in memory: the file that they take
turns with, which the master makes and its forks inherit. On it stands the open
trigger. Whoever is asked for a report joins it, or opens a new one: if it has
answered that one already, or was not there when it was opened, or was asked by
somebody else.

The page is locked with a record lock on a byte of its own, which ends with its
process, however that ends. What a process has written half is not taken for a
trigger. Runs in the thread that is asked; nothing here raises or blocks.
"""

from __future__ import annotations

import os
import struct
import time

from ceilometer.diagnostics.daemon import record_lock
from ceilometer.diagnostics import report

#: A trigger stays open for so long. Only a process that could not take the
#: signal until then opens one of its own.
OPEN_SECONDS_MAX = 30.0

#: More processes than that do not answer one trigger together.
ANSWERS_MAX = 1000

# a mark, the id, when it was opened (nanoseconds of the monotonic clock), who
# asked, how many have answered; then their process ids
_HEAD = struct.Struct('<4s16sQ64sI')
_MARK = b'trig'
_PID = struct.Struct('<I')
_PAGE_BYTES = _HEAD.size + ANSWERS_MAX * _PID.size

# The turn is taken with byte 0; see :mod:`.turn`.
_LOCKED_BYTE = 1


def trigger_id(descriptor: int | None, trigger: report.Trigger,
               born_nsec: int) -> str:
    """The id of the trigger that a process answers.

    :param descriptor: of the file that the processes of a service share, None
        where they share none: then this process answers alone
    :param trigger: what asks
    :param born_nsec: since when this process can be asked, on the monotonic
        clock
    :returns: 32 hexadecimal digits
    """
    own = os.urandom(16)
    try:
        if descriptor is not None:
            with record_lock.held(descriptor, _LOCKED_BYTE):
                own = _joined(descriptor, own, _asker(trigger), born_nsec)
    except (OSError, struct.error):
        # locked all the time, or no such file: it answers alone
        pass
    return own.hex()


def _joined(descriptor: int, own: bytes, asker: bytes,
            born_nsec: int) -> bytes:
    now = time.monotonic_ns()
    pid = os.getpid()
    page = os.pread(descriptor, _PAGE_BYTES, 0)
    answered = []
    if len(page) >= _HEAD.size:
        mark, opened, since, whose, count = _HEAD.unpack_from(page)
        known = page[_HEAD.size:_HEAD.size + count * _PID.size]
        if (mark == _MARK and whose == asker and count < ANSWERS_MAX
                and len(known) == count * _PID.size
                and born_nsec <= since <= now
                and now - since <= OPEN_SECONDS_MAX * 1e9):
            answered = [one for one, in _PID.iter_unpack(known)]
            if pid not in answered:
                _write(descriptor, opened, since, asker, [*answered, pid])
                return bytes(opened)
    _write(descriptor, own, now, asker, [pid])
    return own


def _write(descriptor: int, opened: bytes, since: int, asker: bytes,
           answered: list[int]) -> None:
    # the mark last: what is written half is none
    os.pwrite(descriptor, bytes(len(_MARK)), 0)
    page = _HEAD.pack(_MARK, opened, since, asker, len(answered))
    page += b''.join(map(_PID.pack, answered))
    os.pwrite(descriptor, page[len(_MARK):], len(_MARK))
    os.pwrite(descriptor, page[:len(_MARK)], 0)


def _asker(trigger: report.Trigger) -> bytes:
    words = f'{trigger.kind} {trigger.signal} {trigger.sender_pid}'
    return words.encode(errors='replace')[:64].ljust(64, b'\0')
