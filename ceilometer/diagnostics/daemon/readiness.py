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

A worker leaves, in the file in memory that the processes of a service share
(:mod:`.turn`), when its ``run()`` began and whether it has returned. The
waiting thread of the master looks at that until all workers are up: there is
no further thread. What it must not do is to have a daemon fail that would run:
whatever goes wrong here, or takes too long, the service is called ready.

What ends a start is a worker that ends with an error of the configuration, or
workers that end again and again before any start of theirs was good.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import os
import socket
import struct
import threading
import time
from typing import Any
from typing import NoReturn

from ceilometer.diagnostics.daemon import cycle_counts
from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import start_errors
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics.daemon import worker_deaths

VARIABLE = 'CEILOMETER_DIAGNOSTICS_READINESS'

#: Where systemd listens, sd_notify(3).
SOCKET_VARIABLE = 'NOTIFY_SOCKET'

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

# a mark, the process, when its run() began (seconds of the monotonic clock),
# whether it has returned, whether it has nothing to poll
_RECORD = struct.Struct('<4sId??')
_MARK = b'up??'


class Master:
    """What the master of a service tells systemd.

    :param address: systemd's socket, as :data:`SOCKET_VARIABLE` has it
    :param manager: cotyledon's ServiceManager
    :param descriptor: of the file that the processes of the service share
    :param polls: whether the service polls samples
    """

    def __init__(self, address: str, manager: Any, descriptor: int, *,
                 polls: bool = False) -> None:
        self._address = address
        self._manager = manager
        self._descriptor = descriptor
        self._polls = polls
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
        self._lock = threading.Lock()
        self._ready = False
        self._stops = False

    def look(self) -> float | None:
        """Look at the workers; tell systemd if they are up.

        Runs in the waiting thread.

        :returns: when to look again, seconds; None if it is not needed
        """
        if self._stops:
            return None
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
            if ready and self._send('READY=1', f'STATUS={status}'):
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
                idle = _up(self._descriptor, process.pid, self._since)
                if idle is None:
                    continue
                up.append(idle)
                count = cycle_counts.read(self._descriptor, process.pid)
                if count is not None:
                    counts.append(count)
        return (min(len(up), wanted), any(up), wanted,
                sum(counts) if counts else None)

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
        """Send a message, which systemd takes as a whole.

        :returns: whether it was sent; a manager that takes none holds up
            nothing
        """
        address = self._address
        if address.startswith('@'):
            address = '\0' + address[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM
                               | socket.SOCK_CLOEXEC) as sender:
                sender.sendto('\n'.join(lines).encode(errors='replace'),
                              socket.MSG_DONTWAIT, address)
        except (OSError, ValueError):
            return False
        return True


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
    if not is_wanted() or descriptor is None or (
            SOCKET_VARIABLE not in os.environ):
        return
    from ceilometer.diagnostics.daemon import broken_transport
    found = Master(os.environ[SOCKET_VARIABLE], manager, descriptor,
                   polls=service == 'ceilometer-polling')
    sentence = broken_transport.find(service, conf)
    if sentence is not None:
        found.give_up(sentence, EXIT_CONFIGURATION)
    if repeat(found.look):
        # cotyledon does not find it, and says nothing
        del os.environ[SOCKET_VARIABLE]
        master = found


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
    if is_wanted() and master is None and SOCKET_VARIABLE in os.environ:
        _failed = (
            start_errors.masked(error, line),
            EXIT_CONFIGURATION if error in start_errors.PERMANENT else 1)


def finish() -> None:
    """Say why there is no master, and end the process, if there is none.

    Runs in the main thread, when all else has come to its end.
    """
    if _failed is not None and SOCKET_VARIABLE in os.environ:
        Master(os.environ[SOCKET_VARIABLE], None, -1).give_up(*_failed)


def note_run(descriptor: int | None, returned: bool, idle: bool) -> None:
    """Leave that the ``run()`` of this worker begins, or has returned.

    Runs in it, in the thread that runs it.

    :param descriptor: of the file that the processes of the service share
    :param returned: whether it has returned
    :param idle: whether the service has nothing to poll
    """
    if descriptor is not None and turn.is_ours(descriptor):
        pid = os.getpid()
        with contextlib.suppress(OSError):
            os.pwrite(descriptor, _RECORD.pack(
                _MARK, pid, time.monotonic(), returned, idle),
                shared_places.READINESS.of(pid))


def _up(descriptor: int, pid: int, since: float) -> bool | None:
    """Whether a worker polls nothing; None if it is not up.

    :param since: one that began before counts as not up
    """
    page = os.pread(descriptor, _RECORD.size,
                    shared_places.READINESS.of(pid))
    if len(page) < _RECORD.size:
        return None
    mark, whose, when, returned, idle = _RECORD.unpack(page)
    if (mark == _MARK and whose == pid and when >= since
            and (returned or time.monotonic() - when > RUN_SECONDS)
            and worker_deaths.age(pid) is not None):
        return bool(idle)
    return None
