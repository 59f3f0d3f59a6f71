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

"""Tells systemd that the service is ready when its workers are up.

cotyledon says so before it has started any. Units that ask for more set
:data:`VARIABLE`; then this takes cotyledon's place. Nothing here runs in any
other daemon.

A worker leaves when its ``run()`` began and whether it has returned
(:mod:`.worker_runs`). The waiting thread of the master looks at that until all
workers are up: there is no further thread. What it must not do is to have a
daemon fail that would run: whatever goes wrong here, or takes too long, the
service is called ready.

What ends a start is a worker that ends with an error of the configuration, or
workers that end again and again before any start of theirs was good.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import os
import time
from typing import Any
from typing import NoReturn
from typing import TYPE_CHECKING

from ceilometer.diagnostics.daemon import cycle_counts
from ceilometer.diagnostics.daemon import own_thread
from ceilometer.diagnostics.daemon import sd_notify
from ceilometer.diagnostics.daemon import start_errors
from ceilometer.diagnostics.daemon import worker_deaths
from ceilometer.diagnostics.daemon import worker_runs
from ceilometer.diagnostics import fields

if TYPE_CHECKING:
    from ceilometer.diagnostics.daemon import watchdog

VARIABLE = fields.READINESS_VARIABLE

#: A worker whose ``run()`` has not returned after that time is up: it waits
#: for a broker, or never returns.
RUN_SECONDS = 5.0

#: A service is called ready after that time, whatever its workers do. Less
#: than what units give a start.
READY_SECONDS_MAX = 60.0

#: So many workers may end before the service is ready.
DEATHS_MAX = 3

#: How often the master looks.
LOOK_SECONDS = 0.2

#: How often it looks what the workers of a service that polls have polled.
STATUS_SECONDS = 10.0

#: How much longer a service may take to stop than its workers, seconds.
STOP_SECONDS_MORE = 15

#: What our units give their workers. Who has set a shorter time in the unit
#: means it: only for more is systemd asked.
GRACEFUL_SECONDS = 60

#: As for a wrong command line: units do not start the daemon again.
EXIT_CONFIGURATION = 2


class Master:
    """What the master of a service tells systemd.

    :param address: systemd's socket
    :param manager: cotyledon's ServiceManager
    :param descriptor: of the file that the processes of the service share
    :param polls: whether the service polls samples
    :param dog: what feeds the watchdog of the unit, None for none
    """

    def __init__(self, address: str, manager: Any, descriptor: int, *,
                 polls: bool = False,
                 dog: watchdog.Watchdog | None = None) -> None:
        self._address = address
        self._manager = manager
        self._descriptor = descriptor
        self._polls = polls
        self._watchdog = dog
        self._served = worker_deaths.are_served(manager)
        self._since = time.monotonic()
        self._deaths = 0
        self._told = ''
        self._last_death = ''
        self._starts = True
        # Not where nobody asks for it; and now, because later the package may
        # be another one.
        from ceilometer.diagnostics.daemon import lost_signals
        self._repeats = (lost_signals.Repeated
                         if lost_signals.are_possible(manager) else None)
        self._repeated: lost_signals.Repeated | None = None
        # that it is ready is not said of the workers before a reload
        self._lock = own_thread.Lock()
        self._ready = False
        self._stops = False

    def look(self) -> float | None:
        """Look at the workers; tell systemd if they are up, and alive.

        Runs in the waiting thread.

        :returns: when to look again, seconds; None if it is not needed
        """
        if self._stops:
            return None
        again = self._look_whether_up()
        if self._watchdog is None or self._starts:
            return again
        return min((seconds for seconds in (again, self._watchdog.look())
                    if seconds is not None), default=None)

    def _look_whether_up(self) -> float | None:
        if self._served:
            self._have_deaths_noticed()
        since = self._since
        waited = time.monotonic() - since
        if self._repeated is not None:
            self._repeated.repeat()
        try:
            up, idle, wanted, samples = self._count()
            ready = up >= wanted or waited > READY_SECONDS_MAX
            status = f'{up} of {wanted} workers are up'
            if idle:
                status += ', and poll nothing: their namespaces have no '
                status += 'pollsters'
            if samples is not None:
                status += f'; {samples:,} samples in the last cycle'
            status += self._last_death
            if self._watchdog is not None and self._watchdog.late:
                status += f'; {self._watchdog.late}'
        except Exception:
            # another version of cotyledon: as without this module
            ready, status = True, 'workers are started'
        if self._ready:
            self._tell(status)
            return STATUS_SECONDS
        with self._lock:
            if since != self._since:
                # it reloads since: other workers are waited for
                return LOOK_SECONDS
            first = [] if self._watchdog is None else self._watchdog.first()
            if ready and self._send('READY=1', f'STATUS={status}', *first):
                self._starts = False
                self._ready = True
                self._told = status
                return STATUS_SECONDS if self._polls or self._served else None
        if waited > 2 * READY_SECONDS_MAX:
            # nobody listens any more
            return None
        self._tell(status)
        return LOOK_SECONDS

    def _have_deaths_noticed(self) -> None:
        """Have cotyledon look whether a worker has ended.

        It waits for SIGCHLD, which the parent of a worker gets. Where that is
        multiprocessing's server of forks, it would never start another.
        """
        with contextlib.suppress(AttributeError):
            self._manager._got_sig_chld.set()

    def _tell(self, status: str) -> None:
        if status != self._told and self._send(f'STATUS={status}'):
            self._told = status

    def _count(self) -> tuple[int, bool, int, int | None]:
        """What is known of the workers.

        :returns: how many are up, whether they are idle, how many there
            should be, and how many samples their last cycles had
        """
        wanted = 0
        counts: list[int] = []
        up: list[bool] = []
        for service_id, config in list(self._manager._services.items()):
            wanted += int(config.workers)
            for process, _ in worker_deaths.processes(
                    self._manager, service_id):
                run = worker_runs.of(self._descriptor, process.pid)
                if run is None or not self._is_up(process.pid, run):
                    continue
                up.append(run.idle)
                count = cycle_counts.read(self._descriptor, process.pid)
                if count is not None:
                    counts.append(count)
        return (min(len(up), wanted), any(up), wanted,
                sum(counts) if counts else None)

    def _is_up(self, pid: int, run: worker_runs.Run) -> bool:
        # one that began before a reload does not count
        return (run.began >= self._since and worker_deaths.age(pid) is not None
                and (run.returned
                     or time.monotonic() - run.began > RUN_SECONDS))

    def reloads(self) -> None:
        """Tell that the workers are replaced; runs in the main thread."""
        # what is sent takes no time: no manager holds it up
        with self._lock:
            self._since = time.monotonic()
            self._told = self._last_death = ''
            self._ready = False
            if self._repeats is not None:
                self._repeated = self._repeats(self._manager)
            self._send('RELOADING=1', 'STATUS=workers are replaced',
                       f'MONOTONIC_USEC={time.monotonic_ns() // 1000}')

    def stops(self, seconds: int | None) -> None:
        """Tell that the service ends; runs in the main thread.

        :param seconds: what its workers may take, None if not known
        """
        self._stops = True
        more = [] if not seconds or seconds <= GRACEFUL_SECONDS else [
            f'EXTEND_TIMEOUT_USEC={(seconds + STOP_SECONDS_MORE) * 10**6}']
        self._send('STOPPING=1', 'STATUS=workers finish what they are doing',
                   *more)

    def note_death(self, death: worker_deaths.Death) -> None:
        """Note that a worker has ended; runs in the thread that starts them.

        Ends the process if the service can never be ready.
        """
        if self._stops or not death.unusual or death.lives:
            return
        sentence = start_errors.of_death(death)
        self._deaths += 1
        if self._starts:
            if death.words is not None and (
                    death.words.error in start_errors.PERMANENT):
                self.give_up(sentence, EXIT_CONFIGURATION)
            if self._deaths >= DEATHS_MAX:
                self.give_up(sentence, 1)
        told = f'{sentence}; it is started anew, as {self._deaths} so far'
        if self._polls:
            # what is told of samples later does not hide it
            self._last_death = f'; {told}'
        self._send(f'STATUS={told}')

    def give_up(self, sentence: str, status: int) -> NoReturn:
        """End the process, and say why."""
        self._send(f'STATUS=not started: {sentence}')
        # with a priority, sd-daemon(3)
        line = f'<3>The daemon does not start: {sentence}\n'
        with contextlib.suppress(OSError):
            os.write(2, line.encode(errors='backslashreplace'))
        os._exit(status)

    def _send(self, *lines: str) -> bool:
        return sd_notify.send(self._address, *lines)


#: Of this process; None if nobody asked, or in another process.
master: Master | None = None

#: Why this process ends before it is a master, and its exit status.
_failed: tuple[str, int] | None = None


def is_wanted() -> bool:
    """Whether the unit asks for it."""
    return os.environ.get(VARIABLE) == '1'


def begin(manager: Any, service: str, conf: Any, descriptor: int | None,
          repeat: Callable[[Callable[[], float | None]], bool]) -> None:
    """Take cotyledon's place, if the unit asks for it and it can be done.

    Runs in the main thread of a master. Ends the process if its configuration
    can never be right.

    :param manager: cotyledon's ServiceManager, which is about to run
    :param service: name of the daemon
    :param conf: the configuration of the service, None if not known
    :param descriptor: of the file that the processes of the service share,
        None if they share none
    :param repeat: has the waiting thread call a function again and again
    """
    global master
    address = os.environ.get(sd_notify.SOCKET_VARIABLE)
    if not is_wanted() or address is None:
        return
    from ceilometer.diagnostics.daemon import broken_transport
    from ceilometer.diagnostics.daemon import watchdog
    if descriptor is None:
        watchdog.leave_off(address)
        return
    found = Master(address, manager, descriptor,
                   polls=service == 'ceilometer-polling',
                   dog=watchdog.begin(address, manager, descriptor))
    sentence = broken_transport.find(service, conf)
    if sentence is not None:
        found.give_up(sentence, EXIT_CONFIGURATION)
    if repeat(found.look):
        # cotyledon does not find it, and says nothing
        del os.environ[sd_notify.SOCKET_VARIABLE]
        master = found
    else:
        watchdog.leave_off(address)


def forked() -> None:
    """Leave it to the master; called in its fork."""
    global master
    master = None


def note_unhandled(error: str, line: str) -> None:
    """Note an exception that ends this process.

    Runs in the main thread.

    :param error: name of its class
    :param line: what Python prints of it last
    """
    global _failed
    if is_wanted() and master is None and (
            sd_notify.SOCKET_VARIABLE in os.environ):
        _failed = (
            start_errors.masked(error, line),
            EXIT_CONFIGURATION if error in start_errors.PERMANENT else 1)


def finish() -> None:
    """Say why there is no master, and end the process, if there is none.

    Runs in the main thread, when all else has come to its end.
    """
    address = os.environ.get(sd_notify.SOCKET_VARIABLE)
    if _failed is not None and address is not None:
        Master(address, None, -1).give_up(*_failed)
