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

"""When the ``run()`` of each worker began, and whether it has returned.

A worker leaves that, for its master, in the file in memory that the processes
of a service share (:mod:`.turn`). Only services whose readiness is told
(:mod:`.readiness`) do that.
"""

from __future__ import annotations

import time

from ceilometer.diagnostics.daemon import process_record
from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics import named_tuple

# as Run has them
_RECORD = process_record.ProcessRecord(
    shared_places.WORKER_RUNS, b'up??', 'd??')


class Run(named_tuple.NamedTuple):
    """The ``run()`` of a worker.

    :ivar began: when, seconds of the monotonic clock
    :ivar returned: whether it has returned
    :ivar idle: whether the service has nothing to poll
    """

    began: float
    returned: bool
    idle: bool


def note(descriptor: int | None, returned: bool, idle: bool) -> None:
    """Leave that the ``run()`` of this worker begins, or has returned.

    Runs in it, in the thread that runs it; raises nothing.

    :param descriptor: of the file that the processes of the service share
    :param returned: whether it has returned
    :param idle: whether the service has nothing to poll
    """
    _RECORD.leave(descriptor, time.monotonic(), returned, idle)


def of(descriptor: int, pid: int) -> Run | None:
    """What a worker has left; None if its ``run()`` has not begun.

    Runs in the waiting thread of the master.

    :param descriptor: of the file that the processes of the service share
    :param pid: the worker
    :raises OSError: the file cannot be read
    """
    left = _RECORD.of(descriptor, pid)
    return None if left is None else Run(*left)
