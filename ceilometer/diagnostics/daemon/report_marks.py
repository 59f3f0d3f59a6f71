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

"""Which report a process is writing, for its master to tell if it dies.

It stands in the file in memory that the processes of a service share; see
:mod:`.turn`. Processes that need the same place overwrite one another; then it
is not known, and nothing wrong is told.

Runs in the reporter thread, and in that of cotyledon's manager. Nothing here
raises or blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import os
import struct

from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import turn

# the process, and the id of its report
_PLACE = struct.Struct('<I16s')


@contextlib.contextmanager
def writing(descriptor: int | None, report_id: str) -> Iterator[None]:
    """Say that a report is being written, until the end of the context.

    :param descriptor: of the file that the processes of the service share,
        None where they share none
    :param report_id: id of the report, 32 hexadecimal digits
    """
    _write(descriptor, os.getpid(), bytes.fromhex(report_id))
    try:
        yield
    finally:
        _write(descriptor, 0, b'')


def of(descriptor: int | None, pid: int) -> str | None:
    """The report that a process was writing when it died.

    :param descriptor: of the file that the processes of the service share
    :param pid: the process
    :returns: its id; None if it was writing none, or that is not known
    """
    if descriptor is None or not turn.is_ours(descriptor):
        return None
    try:
        whose, report_id = _PLACE.unpack(
            os.pread(descriptor, _PLACE.size,
                     shared_places.REPORT_MARKS.of(pid)))
    except (OSError, struct.error):
        return None
    return report_id.hex() if whose == pid else None


def _write(descriptor: int | None, pid: int, report_id: bytes) -> None:
    if descriptor is not None and turn.is_ours(descriptor):
        with contextlib.suppress(OSError):
            os.pwrite(descriptor, _PLACE.pack(pid, report_id),
                      shared_places.REPORT_MARKS.of(os.getpid()))
