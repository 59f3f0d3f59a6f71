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

"""Where each module has its part of the file that a service's processes share.

The file is in memory (see :mod:`.turn`), and what is never written takes none.
Its first page is :mod:`.trigger_page`'s. Runs in any thread.
"""

from __future__ import annotations

import os

from ceilometer.diagnostics import named_tuple

_KIB = 1024
_MIB = 1024 * 1024


class Places(named_tuple.NamedTuple):
    """One part of the file: places of the same size.

    :ivar offset: where it begins, bytes
    :ivar total: how many places there are
    :ivar size: of each, bytes
    """

    offset: int
    total: int
    size: int

    def at(self, number: int) -> int:
        """Where a place begins.

        :param number: its number, less than :attr:`total`
        """
        return self.offset + number * self.size

    def of(self, pid: int) -> int:
        """Where the place of a process begins; others may share it.

        :param pid: the process
        """
        return self.at(pid % self.total)


#: The open trigger: :mod:`.trigger_page`.
TRIGGER = Places(0, 1, 8 * _KIB)
#: :mod:`.watchdog`
WATCHDOG = Places(16 * _KIB, 1, 256)
#: Who there is: :mod:`.sibling_page`.
SIBLINGS = Places(48 * _KIB, 128, 72)
#: :mod:`.last_words`
LAST_WORDS = Places(64 * _KIB, 512, _KIB)
#: :mod:`.worker_runs`
WORKER_RUNS = Places(640 * _KIB, 512, 32)
#: :mod:`.cycle_counts`
CYCLE_COUNTS = Places(704 * _KIB, 512, 16)
#: :mod:`.crash_stacks`
CRASH_STACKS = Places(_MIB, 64, 256 * _KIB)
#: The same of the master: :mod:`.master_death`
MASTER_STACKS = Places(18 * _MIB, 1, 256 * _KIB)
#: :mod:`.report_marks`
REPORT_MARKS = Places(32 * _MIB, 512, 32)
#: :mod:`.hang_stacks`
HANG_STACKS = Places(64 * _MIB, SIBLINGS.total, 4 * _MIB)

#: All of them, in the order of the file.
EVERY = (TRIGGER, WATCHDOG, SIBLINGS, LAST_WORDS, WORKER_RUNS, CYCLE_COUNTS,
         CRASH_STACKS, MASTER_STACKS, REPORT_MARKS, HANG_STACKS)

# So much is cleared before it is looked whether there is more.
_CLEARED_BYTES = 64 * _KIB


def clear(descriptor: int, at: int, size: int) -> None:
    """Take away a text, which has no zero in it.

    What was never written stays so, and takes no memory.

    :param descriptor: of the file
    :param at: where it begins, bytes
    :param size: how long it can be, bytes
    :raises OSError: the file cannot be read or written
    """
    end = at + size
    while at < end and any(os.pread(descriptor, 1, at)):
        at += os.pwrite(
            descriptor, bytes(min(_CLEARED_BYTES, end - at)), at)
