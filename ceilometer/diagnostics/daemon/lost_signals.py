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

"""Repeats to workers a signal that Python has lost.

With Python 3.13, a process that was forked from another thread than the main
one misses a signal that comes while its main thread runs: the handler is
called only when another signal interrupts a system call of that thread
(measured with 3.13.0 and 3.13.5; 3.12 does not miss it). cotyledon 1 forks
workers so. To a worker that is to be replaced it sends SIGTERM in a moment at
which its main thread mostly runs: so a reload replaces hardly any, and those
that stay go on with what was configured before.

A repeated SIGTERM has both handled. A worker that has not missed the first
one, and finishes what it does, takes it as the first: nothing is cut short.

Used where a unit wants to know when its service is ready. Runs in the waiting
thread of the master.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import Any

from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import worker_deaths

#: A worker that has taken the first signal is mostly gone by then.
REPEAT_SECONDS = 2.0

#: So often it is repeated; a worker that finishes what it does may take longer
#: than allowed by as many times :data:`REPEAT_SECONDS`.
REPEATS_MAX = 5


def are_possible(manager: Any) -> bool:
    """Whether workers can lose signals.

    :param manager: cotyledon's; of version 2 it has a ``mp_context``
    """
    return sys.version_info[:2] == (3, 13) and (
        getattr(manager, 'mp_context', None) is None)


class Repeated:
    """The signal that ends workers in a reload, sent again to those of before.

    Made in the main thread of the master, when it is told to reload.

    :param manager: cotyledon's ServiceManager
    """

    def __init__(self, manager: Any) -> None:
        self._since = time.monotonic()
        self._count = 0
        # a number alone may be another process some time later
        self._before = [
            (process.pid, started)
            for service_id in list(getattr(manager, '_services', {}))
            for process, _ in worker_deaths.processes(manager, service_id)
            if (started := sibling_page.started(process.pid)) is not None]

    def repeat(self) -> None:
        """Send it to those that are still there, when it is time to."""
        seconds = time.monotonic() - self._since
        if self._count >= REPEATS_MAX or (
                seconds < REPEAT_SECONDS * (self._count + 1)):
            return
        self._count += 1
        for pid, started in self._before:
            with contextlib.suppress(OSError):
                descriptor = os.pidfd_open(pid)
                try:
                    if sibling_page.started(pid) == started:
                        signal.pidfd_send_signal(descriptor, signal.SIGTERM)
                finally:
                    os.close(descriptor)
