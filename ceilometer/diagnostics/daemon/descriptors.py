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

"""Holds descriptors in reserve, for reports where the daemon has none left.

A daemon that leaks file descriptors is one whose report is wanted most. Where
its soft limit is its hard one, as in our units, there is no other way than to
have had some all along.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import errno
import os
import resource

#: So many descriptors are held. One is enough for most sections; an entry
#: that is too large for a datagram takes two, and another thread of the daemon
#: may be quicker.
RESERVED_DESCRIPTORS = 4

#: By how much the soft limit is raised, within the hard one, where nothing is
#: held any more.
SPARE_DESCRIPTORS = 32

_NAME = 'ceilometer-diagnostics-reserve'


class Reserve:
    """The descriptors that a process holds.

    Files in memory, because their names tell them from what somebody may have
    opened in their place: a daemon may close all that it has not opened.
    Raises nothing.
    """

    def __init__(self) -> None:
        self._held: list[int] = []
        self.take()

    def take(self) -> None:
        """Hold as many as there should be, as far as there are any.

        Runs in the main thread, and in the reporter thread after a report.
        """
        self._held = list(filter(_is_ours, self._held))
        with contextlib.suppress(OSError):
            while len(self._held) < RESERVED_DESCRIPTORS:
                self._held.append(os.memfd_create(_NAME, os.MFD_CLOEXEC))

    def free(self) -> None:
        """Hold none any more; runs in the reporter thread."""
        held, self._held = self._held, []
        for descriptor in held:
            if _is_ours(descriptor):
                os.close(descriptor)

    def forked(self) -> None:
        """Hold some of its own in a new process; called in it.

        The files of the other process would stay open in that one: nothing
        would be gained where the whole machine has no file left.
        """
        self.free()
        self.take()

    @contextlib.contextmanager
    def freed(self) -> Iterator[None]:
        """Have descriptors for a while; runs in the reporter thread.

        If nothing was held, the soft limit is raised meanwhile. It is the
        process's (getrlimit(2)): only where a descriptor is refused.
        """
        self.free()
        restore = None
        if _exhausted():
            with contextlib.suppress(OSError, ValueError):
                soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
                raised = soft + SPARE_DESCRIPTORS
                if hard == resource.RLIM_INFINITY or raised <= hard:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
                    restore = (soft, hard)
        try:
            yield
        finally:
            if restore is not None:
                with contextlib.suppress(OSError, ValueError):
                    resource.setrlimit(resource.RLIMIT_NOFILE, restore)
            # below the limit again: what is above could not be used again
            self.take()


def _is_ours(descriptor: int) -> bool:
    """Whether nobody has closed it and opened something else in its place."""
    try:
        return _NAME in os.readlink(f'/proc/self/fd/{descriptor}')
    except OSError:
        return False


def _exhausted() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno == errno.EMFILE
    return False
