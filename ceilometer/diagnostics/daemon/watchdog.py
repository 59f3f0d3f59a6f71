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

"""Feeds the watchdog of the unit while every worker gives signs of life.

systemd ends a service that has not sent ``WATCHDOG=1`` for some time, and
starts it anew (systemd.service(5), ``WatchdogSec=``). The master sends that
from the thread that waits for triggers, so it has its own interpreter; and
only while each worker does as well, which notes that every few seconds
(:mod:`.hang_watch`). A worker that polls for minutes, or waits for a broker or
for Keystone, still does. One does not if code in C holds its interpreter, if
it hangs as it starts, or if it has ended and nobody has started another.

What no restart would mend is no reason: a process that is stopped, traced or
frozen, or that the kernel keeps, counts as alive. While the master is such a
process, its workers stand in for it, if systemd listens to them
(``NotifyAccess=all``). All times are of the monotonic clock, which stands
still while the host sleeps.

Nothing here runs where :mod:`.readiness` is not wanted, or no watchdog is
(:mod:`.watchdog_time`).
"""

from __future__ import annotations

import contextlib
import logging
import os
import pathlib
import time
from typing import Any

from ceilometer.diagnostics.daemon import hang_watch
from ceilometer.diagnostics.daemon import own_thread
from ceilometer.diagnostics.daemon import sd_notify
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import watchdog_time
from ceilometer.diagnostics.daemon import worker_deaths
from ceilometer.diagnostics.daemon import worker_runs
from ceilometer.diagnostics.outside import proc_files

LOG = logging.getLogger(__name__)

#: A worker has so long to give its first sign of life, and another one so
#: long to take the place of one that has ended.
START_SECONDS_MAX = 60.0

#: Has systemd expect no messages any more.
OFF = 'WATCHDOG_USEC=0'

_ALIVE = 'WATCHDOG=1'

# From look to look, a part of the watchdog's time.
_PAUSE_PART = 0.25

# stopped, traced, in an uninterruptible wait: proc(5)
_KEPT_STATES = frozenset('TtD')


class Watchdog:
    """What feeds the watchdog; in a master, in its waiting thread.

    :param address: systemd's socket
    :param manager: cotyledon's ServiceManager
    :param descriptor: of the file that the processes of the service share
    :param asked: what the unit wants
    """

    def __init__(self, address: str, manager: Any, descriptor: int,
                 asked: watchdog_time.Wanted) -> None:
        self._address = address
        self._manager = manager
        self._descriptor = descriptor
        self._asked = asked
        self._pause_seconds = asked.seconds * _PAUSE_PART
        self._hang_nsec = int(asked.hang_seconds * 1e9)
        self._start_nsec = int(max(
            START_SECONDS_MAX, asked.hang_seconds) * 1e9)
        self._looked_nsec = self._moves_since_nsec = time.monotonic_ns()
        # when all was well with a worker last, if its signs do not say so
        self._well_nsec: dict[Any, int] = {}
        self._broken = False
        #: What gives no sign of life, a sentence; None if all do.
        self.late: str | None = None
        watchdog_time.leave(descriptor, address, asked.seconds)

    def first(self) -> list[str]:
        """What is to be sent when the service is ready."""
        if self._asked.told:
            return [_ALIVE]
        return [f'WATCHDOG_USEC={int(self._asked.seconds * 1e6)}', _ALIVE]

    def look(self) -> float | None:
        """Tell systemd that all are alive, if it is time to and they are.

        :returns: when to look again, seconds; None if it is not needed
        """
        if self._broken:
            return None
        try:
            now = time.monotonic_ns()
            left = self._pause_seconds - (now - self._looked_nsec) / 1e9
            if left > 0:
                return left
            if now - self._looked_nsec > (
                    hang_watch.PAUSES_MAX * self._pause_seconds * 1e9):
                # stopped, with all others perhaps
                self._moves_since_nsec = now
            self._looked_nsec = now
            late = self._late(now)
            if late is None:
                sd_notify.send(self._address, _ALIVE)
            elif self.late is None:
                _log(late)
            self.late = late
        except Exception:
            # another version of cotyledon: it must not end the service
            self._broken = True
            self.late = None
            sd_notify.send(self._address, OFF)
            return None
        return self._pause_seconds

    def _late(self, now: int) -> str | None:
        """Who gives no sign of life, a sentence; None if all do."""
        every = {one.pid: one for one in sibling_page.every(self._descriptor)}
        well: dict[Any, int] = {}
        late = None
        for service_id, config in list(self._manager._services.items()):
            living = 0
            for process, number in worker_deaths.processes(
                    self._manager, service_id):
                pid = process.pid
                if worker_deaths.age(pid) is None:
                    continue
                living += 1
                last, limit = self._sign(now, pid, every.get(pid))
                if now - last > limit and is_kept(pid):
                    last = now
                well[pid] = last
                if now - last > limit:
                    late = (f'worker {number} (pid {pid}) has given no sign '
                            f'of life for {(now - last) // 10**9} s')
            if living < int(config.workers):
                key = ('service', service_id)
                last = well[key] = max(
                    self._well_nsec.get(key, now), self._moves_since_nsec)
                if now - last > self._start_nsec:
                    late = (f'{living} of {config.workers} workers have run '
                            f'for {(now - last) // 10**9} s')
        self._well_nsec = well
        return late

    def _sign(self, now: int, pid: int, noted: sibling_page.Sibling | None,
              ) -> tuple[int, int]:
        """When all was well with a worker last, and how old that may be."""
        known = self._well_nsec.get(pid)
        last = max(known or 0, self._moves_since_nsec)
        if noted is not None and noted.alive_nsec and noted.lives:
            return max(last, noted.alive_nsec), self._hang_nsec
        if worker_runs.of(self._descriptor, pid) is not None:
            # it ends, or the list is full: nothing is known
            return now, self._hang_nsec
        return now if known is None else last, self._start_nsec


def begin(address: str, manager: Any, descriptor: int) -> Watchdog | None:
    """Feed the watchdog that the unit wants, if it wants one.

    Runs in the main thread of a master.

    :param address: systemd's socket
    :param manager: cotyledon's ServiceManager, which is about to run
    :param descriptor: of the file that the processes of the service share
    """
    try:
        asked = watchdog_time.wanted()
    except ValueError as error:
        LOG.error('%s: there is no watchdog', error)
        return None
    return None if asked is None else Watchdog(
        address, manager, descriptor, asked)


def leave_off(address: str) -> None:
    """Have systemd expect nothing that nobody would send.

    Runs in the main thread of a master.

    :param address: systemd's socket
    """
    with contextlib.suppress(ValueError):
        if watchdog_time.wanted() is not None:
            sd_notify.send(address, OFF)


def stand_in(descriptor: int, every: list[sibling_page.Sibling],
             now: int) -> None:
    """Tell systemd that the service is alive while its master cannot.

    Runs in the waiting thread of each process, and takes no time.

    :param descriptor: of the file that the processes of the service share
    :param every: all processes that are noted there
    :param now: nanoseconds of the monotonic clock
    """
    record = watchdog_time.read(descriptor)
    if record is None or record.pid == os.getpid():
        return
    for one in every:
        if ((one.pid, one.started) == (record.pid, record.started)
                and now - one.alive_nsec
                > record.seconds * _PAUSE_PART * 1e9
                and one.lives and is_kept(one.pid)):
            sd_notify.send(record.address, _ALIVE)


def is_kept(pid: int) -> bool:
    """Whether a process cannot move, and to end it mends nothing.

    It is stopped, traced or frozen, or the kernel keeps a thread of it. True
    if in doubt. For any thread.

    :param pid: the process
    """
    directory = pathlib.Path(f'/proc/{pid}')
    try:
        states = {
            (task / 'stat').read_text(errors='replace').rpartition(
                ')')[2].split()[0] for task in (directory / 'task').iterdir()}
        return bool(states & _KEPT_STATES) or proc_files.is_frozen(directory)
    except (OSError, IndexError):
        return True


def _log(late: str) -> None:
    """Log it, in a thread: who waits for triggers must not be held up."""
    with contextlib.suppress(MemoryError, RuntimeError):
        own_thread.OwnThread(
            target=LOG.error, daemon=True, name='diagnostics-watchdog',
            args=('%s; the watchdog is not fed', late)).start()
