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

"""What tooz logs of a coordination that does not answer.

Its heart tries again each second and logs that, and nothing else tells of it.
Runs in the thread that logs; keeps one text and some numbers.
"""

from __future__ import annotations

import logging
import time

from ceilometer.diagnostics.daemon import error_text

#: Logger of tooz' heart.
LOGGER = 'tooz.coordination'

#: What is logged later than that after the last time begins anew.
GAP_SECONDS = 10.0


class Trouble:
    """The last failures, one soon after the other.

    :ivar since: when the first came, time.monotonic(), None if none ever did
    :ivar last: when the last came
    :ivar times: how many came
    :ivar error: what was logged last
    """

    def __init__(self) -> None:
        self.since: float | None = None
        self.last: float | None = None
        self.times = 0
        self.error: str | None = None


trouble = Trouble()


def reset() -> None:
    """Forget all; called in a new process, in its only thread."""
    global trouble
    trouble = Trouble()


def logged(record: logging.LogRecord) -> None:
    """Look at a record of :data:`LOGGER`."""
    if record.levelno < logging.WARNING:
        return
    text = error_text.of_record(record)
    if not text.startswith('Retrying'):
        return
    now = time.monotonic()
    if trouble.last is None or now - trouble.last > GAP_SECONDS:
        trouble.since = now
        trouble.times = 0
    trouble.last = now
    trouble.times += 1
    trouble.error = text.partition(' as it raised ')[2] or text
    # older versions of tenacity fill the exception's class and text in
    args = record.args
    if isinstance(args, tuple) and len(args) == 4 and args[2] == 'raised':
        trouble.error = error_text.of_text(str(args[3]))
