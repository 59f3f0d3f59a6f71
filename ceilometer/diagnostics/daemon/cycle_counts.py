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

from ceilometer.diagnostics.daemon import process_record
from ceilometer.diagnostics.daemon import shared_places

_RECORD = process_record.ProcessRecord(
    shared_places.CYCLE_COUNTS, b'smpl', 'Q')


def leave(descriptor: int | None, samples: int) -> None:
    """Leave how many samples the last cycles of this process had.

    Runs in the thread of a cycle, when it has ended; raises nothing.

    :param descriptor: of the file that the processes of the service share,
        None where they share none
    :param samples: how many
    """
    _RECORD.leave(descriptor, samples)


def read(descriptor: int, pid: int) -> int | None:
    """How many samples that were, None if no cycle of it has ended.

    Runs in the waiting thread of the master.

    :param descriptor: as above
    :param pid: the worker
    :raises OSError: the file cannot be read
    """
    left = _RECORD.of(descriptor, pid)
    return None if left is None else int(left[0])
