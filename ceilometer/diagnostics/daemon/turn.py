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

"""Gives the processes of a service turns, so that the journal has one report
after another where all of them answer one trigger.

The lock is a record lock on a file in memory, which the master makes and its
forks inherit: it is a process's own, costs nothing at rest, leaves nothing
behind and ends with its process, however that ends (fcntl(2)). Only the first
byte is locked: what stands in the file is :mod:`.trigger_page`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import errno
import fcntl
import os
import time

from ceilometer.diagnostics import fields

#: How long a process waits for its turn. Then its report comes in between the
#: others, which the journal fields tell apart.
TURN_SECONDS_MAX = 5.0

#: It looks so often whether it is. Most have theirs for 5 to 10 ms.
LOOK_SECONDS = 0.003


def make() -> int | None:
    """The descriptor to take turns with, None where there can be none."""
    try:
        return os.memfd_create(fields.TURN_NAME, os.MFD_CLOEXEC)
    except OSError:
        return None


def of(pid: int) -> int | None:
    """The descriptor to take turns with, shared with another process.

    A process that multiprocessing has started is no fork: it opens its
    master's anew. Runs in the main thread.

    :param pid: the process that has one; this one, if there is none yet
    :returns: None where there can be none
    """
    if pid != os.getpid():
        with contextlib.suppress(OSError):
            for name in os.listdir(f'/proc/{pid}/fd'):
                path = f'/proc/{pid}/fd/{name}'
                with contextlib.suppress(OSError):
                    if fields.TURN_NAME in os.readlink(path):
                        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    return make()


@contextlib.contextmanager
def taken(descriptor: int | None,
          ends: Callable[[], bool] = bool) -> Iterator[None]:
    """Have a turn; runs in the reporter thread.

    :param descriptor: as :func:`make` gave it to this process or to the one
        it was forked from
    :param ends: whether the process ends, and does not wait for its turn
    """
    locked = (descriptor is not None and is_ours(descriptor)
              and _lock(descriptor, ends))
    try:
        yield
    finally:
        if locked and descriptor is not None:
            with contextlib.suppress(OSError):
                fcntl.lockf(descriptor, fcntl.LOCK_UN, 1)


def is_ours(descriptor: int) -> bool:
    """Whether nobody has closed it and opened something else in its place."""
    try:
        return fields.TURN_NAME in os.readlink(f'/proc/self/fd/{descriptor}')
    except OSError:
        return False


def _lock(descriptor: int, ends: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + TURN_SECONDS_MAX
    pause = 0.001
    while True:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
            return True
        except OSError as error:
            if (error.errno not in (errno.EACCES, errno.EAGAIN)
                    or time.monotonic() > deadline or ends()):
                return False
        time.sleep(pause)
        pause = min(pause * 2, LOOK_SECONDS)
