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

"""What each process of a service leaves for its master, in a place of its own.

It stands in the file in memory that the processes of a service share
(:mod:`.turn`). Processes that need the same place overwrite one another; then
nothing is known of the first.
"""

from __future__ import annotations

import contextlib
import os
import struct
from typing import Any

from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import turn


class ProcessRecord:
    """Some values that a process leaves; for any thread.

    :param places: where they stand
    :param mark: four bytes that tell them from others
    :param values: what they are, as :mod:`struct` writes it
    """

    def __init__(self, places: shared_places.Places, mark: bytes,
                 values: str) -> None:
        self._places = places
        self._mark = mark
        # a mark, the process, its values
        self._struct = struct.Struct(f'<4sI{values}')
        #: How long it is, bytes.
        self.size = self._struct.size

    def leave(self, descriptor: int | None, *values: Any) -> None:
        """Leave the values of this process; raises nothing for the file.

        :param descriptor: of the file that the processes of the service
            share, None where they share none
        :param values: as they were told to be
        :raises struct.error: they are others
        """
        if descriptor is not None and turn.is_ours(descriptor):
            with contextlib.suppress(OSError):
                self.write(descriptor, os.getpid(), *values)

    def write(self, descriptor: int, pid: int, *values: Any) -> None:
        """Write the values of a process.

        :param descriptor: of the file
        :param pid: the process
        :param values: as they were told to be
        :raises OSError: the file cannot be written
        """
        os.pwrite(descriptor, self._struct.pack(self._mark, pid, *values),
                  self._places.of(pid))

    def of(self, descriptor: int, pid: int) -> tuple[Any, ...] | None:
        """The values that a process has left, None for none.

        :param descriptor: of the file
        :param pid: the process
        :raises OSError: the file cannot be read
        """
        page = os.pread(descriptor, self.size, self._places.of(pid))
        if len(page) < self.size:
            return None
        mark, whose, *values = self._struct.unpack(page)
        return tuple(values) if (mark, whose) == (self._mark, pid) else None
