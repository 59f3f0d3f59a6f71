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

"""How many samples the last cycles of each worker had, for its master.

A worker leaves the number in the file in memory that the processes of a
service share (:mod:`.turn`). Only services whose readiness is told
(:mod:`.readiness`) do that.
"""

from __future__ import annotations

import contextlib
import os
import struct

from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import turn

# a mark, the process, its samples
_RECORD = struct.Struct('<4sIQ')
_MARK = b'smpl'


def leave(descriptor: int | None, samples: int) -> None:
    """Leave how many samples the last cycles of this process had.

    Runs in the thread of a cycle, when it has ended; raises nothing.

    :param descriptor: of the file that the processes of the service share,
        None where they share none
    :param samples: how many
    """
    if descriptor is not None and turn.is_ours(descriptor):
        pid = os.getpid()
        with contextlib.suppress(OSError):
            os.pwrite(descriptor, _RECORD.pack(_MARK, pid, samples),
                      shared_places.CYCLE_COUNTS.of(pid))


def read(descriptor: int, pid: int) -> int | None:
    """How many samples that were, None if no cycle of it has ended.

    Runs in the waiting thread of the master.

    :param descriptor: as above
    :param pid: the worker
    :raises OSError: the file cannot be read
    """
    page = os.pread(descriptor, _RECORD.size,
                    shared_places.CYCLE_COUNTS.of(pid))
    if len(page) < _RECORD.size:
        return None
    mark, whose, samples = _RECORD.unpack(page)
    return int(samples) if (mark, whose) == (_MARK, pid) else None
