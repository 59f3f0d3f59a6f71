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

"""Lets the other threads of a process run while a report is made.

CPython takes the interpreter away from a thread that computes only when
another one has waited for 5 ms. ``time.sleep(0)`` does not help: it gives the
interpreter away and has it again before the other thread is awake. So whoever
computes for a report calls :func:`pause` between pieces of work, and sleeps
for as long as it takes another thread to wake up.

Nor do other threads run while Python looks for garbage, which takes it tens of
milliseconds where it looks at all objects of a daemon. It counts what is
allocated: after so many new objects it looks at those; after so many times of
that at older ones as well, and in the end at all. A look at new ones that was
asked for is not counted for the last step. So a report asks for it, before
Python would, and leaves to the daemon when all are looked at.

For any thread. Does nothing where no report is made, as in the command.
"""

from __future__ import annotations

import gc
import math
import time

#: How long a report computes between two pauses.
WORK_SECONDS = 0.001

#: How long such a pause is. The kernel adds as much.
PAUSE_USEC = 50

#: In work on a text of more characters there are pauses.
LONG_CHARS = 4096

# When the next pause is due, on the clock of time.monotonic().
_due = math.inf

# After so many new objects it is asked whether to look at them; asked at each
# pause, the three questions for that take as long as all the rest of it.
_asked_after = 0


def begin() -> None:
    """A report is made from now on."""
    global _asked_after, _due
    _asked_after = gc.get_threshold()[0] // 2
    _due = 0.0


def end() -> None:
    """None is made any more; what was abandoned goes on without pauses."""
    global _due
    _due = math.inf


def collect_young() -> None:
    """Look for garbage among new objects, if Python soon would."""
    # not where it never does: a threshold of 0, or gc.disable()
    if (gc.get_count()[0] > gc.get_threshold()[0] // 2 > 0
            and gc.isenabled()):
        gc.collect(0)


def pause() -> None:
    """Let other threads run, if this has computed for long enough."""
    global _due
    if _due == math.inf:
        return
    if gc.get_count()[0] > _asked_after:
        collect_young()
    begun = time.monotonic()
    if begun < _due:
        return
    rest()
    ended = time.monotonic()
    # unless the report has ended meanwhile
    if _due != math.inf:
        # Threads that compute keep the interpreter for 5 ms each. They have
        # half of the time, and the report is made nevertheless.
        _due = ended + max(WORK_SECONDS, ended - begun)


def rest(usec: float = PAUSE_USEC) -> None:
    """Let other threads run, whether a report is made or not.

    :param usec: for how long at least
    """
    time.sleep(usec / 1e6)
