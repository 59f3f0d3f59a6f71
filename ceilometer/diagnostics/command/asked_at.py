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

"""When processes were asked, whatever becomes of the clock meanwhile.

The clock of a host may be set while somebody waits for answers: back to 1970
or forth by years, where the host has no battery and learns the time late.
"""

from __future__ import annotations

import time

#: What the two clocks drift apart while nobody sets one, at most.
_DRIFT_USEC_MAX = 1_000_000


class AskedAt:
    """A moment; made when it is now.

    :ivar usec: by the clock as it was then, microseconds since the epoch
    :ivar monotonic_usec: on the monotonic clock, which nobody sets; journald
        notes it of each entry
    """

    def __init__(self) -> None:
        self.usec = time.time_ns() // 1000
        self.monotonic_usec = time.monotonic_ns() // 1000
        self._earliest_usec = self.usec

    def earliest_usec(self) -> int:
        """When it was, by the clock as it is now, or as it has ever been.

        :returns: the earliest of these, microseconds since the epoch
        """
        self._earliest_usec = min(self._earliest_usec, self._now_usec())
        return self._earliest_usec

    def clock_was_set(self) -> bool:
        """Whether the clock tells another time of it than it did then."""
        return abs(self._now_usec() - self.usec) > _DRIFT_USEC_MAX

    def _now_usec(self) -> int:
        """When it was, by the clock as it is now."""
        waited = time.monotonic_ns() // 1000 - self.monotonic_usec
        return time.time_ns() // 1000 - waited
