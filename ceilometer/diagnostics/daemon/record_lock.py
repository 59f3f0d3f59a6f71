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

"""Locks a byte of the file that the processes of a service share.

A record lock is a process's own, and ends with it, however that ends
(fcntl(2)). A byte need not be there. Threads of one process do not keep one
another out.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import fcntl
import time

#: So often a lock is tried to be had, and so long after each time.
_TRIES = 20
_SECONDS = 0.001


@contextlib.contextmanager
def held(descriptor: int, byte: int, tries: int = _TRIES) -> Iterator[None]:
    """Hold the lock of a byte.

    :param descriptor: of the file
    :param byte: its place in it
    :param tries: how often to try, with a millisecond between
    :raises OSError: another process has it all the time
    """
    for left in reversed(range(tries)):
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
            break
        except OSError:
            if not left:
                raise
        time.sleep(_SECONDS)
    try:
        yield
    finally:
        fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, byte)
