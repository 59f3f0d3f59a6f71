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

"""Which workers of this service have died, and how.

cotyledon's master starts a worker anew when it has died, again and again, and
logs that below the level that a daemon writes. Here each death is noted: by
cotyledon's public hook, in the thread that supervises the workers.

Bounded: the last deaths of each service, and when the ones before were.
"""

from __future__ import annotations

import collections
import os
import signal
import sys
import time
from typing import Any

from ceilometer.diagnostics.daemon import crash_stacks
from ceilometer.diagnostics.daemon import last_words
from ceilometer.diagnostics.daemon import memory_kills
from ceilometer.diagnostics.daemon import report_marks
from ceilometer.diagnostics.daemon import server_end
from ceilometer.diagnostics import named_tuple

#: So many deaths of a service are remembered with all that is known.
DEATHS_MAX = 10

#: So many are counted.
TIMES_MAX = 200

#: The exit status that multiprocessing gives a process of whose end it will
#: not learn, because its server has ended.
LOST = 255


class Death(named_tuple.NamedTuple):
    """A worker, or the master, that has ended.

    :ivar time: when that was noticed, seconds since the epoch
    :ivar worker: its number, None for the master
    :ivar pid: of its process, None if not known
    :ivar code: exit status; the negative number of a signal that killed it;
        None if not known
    :ivar replaced: whether it ended because the service was told to reload
    :ivar words: what it has left, None if not known
    :ivar stacks: where its threads stood when it crashed, or where the
        exception was raised that ended it; None for neither, or if that is
        not known
    :ivar service: the service that it ran, ``AgentManager``
    :ivar report: id of the report that it was writing, None for none
    :ivar for_memory: whether the kernel has most likely killed it, because
        memory ran out
    :ivar lives: whether its process runs on: only multiprocessing's server,
        of which it is a fork, has ended, and nobody else knows of it
    :ivar server: how that has ended; None if it lives not, or if that is not
        known
    """

    time: float
    worker: int | None
    pid: int | None
    code: int | None
    replaced: bool
    words: last_words.LastWords | None
    stacks: str | None = None
    service: str = 'service'
    report: str | None = None
    for_memory: bool = False
    lives: bool = False
    server: server_end.ServerEnd | None = None

    @property
    def unusual(self) -> bool:
        """Whether it ended, or is taken to have, without being told to."""
        return self.code != 0 and not self.replaced


class Service:
    """The deaths among the workers of one service.

    :ivar last: the last ones, oldest first
    :ivar times: when unusual ones were, oldest first
    :ivar count: of those that were unusual
    :ivar restarts: by the number of a worker, how often it was started anew
    """

    def __init__(self) -> None:
        self.last: collections.deque[Death] = collections.deque(
            maxlen=DEATHS_MAX)
        self.times: collections.deque[float] = collections.deque(
            maxlen=TIMES_MAX)
        self.count = 0
        self.restarts: collections.Counter[int] = collections.Counter()


class Watch:
    """The workers of this process, if it is a master.

    Written in the threads of cotyledon's manager, read in those of a report.

    :ivar manager: cotyledon's ServiceManager, None where none runs
    :ivar began: when it was run, as :func:`seconds`
    :ivar reloaded: when it was told to reload, None if it was not
    :ivar reloaded_boot: the same, as :func:`seconds`
    :ivar descriptor: of the file that the processes of the service share
    :ivar services: the deaths, by the id of the service
    :ivar memory_kills: how many processes the kernel had killed for want of
        memory, and that are known; None if that is not
    """

    def __init__(self) -> None:
        self.manager: Any = None
        self.began = 0.0
        self.reloaded: float | None = None
        self.reloaded_boot: float | None = None
        self.descriptor: int | None = None
        self.services: dict[Any, Service] = {}
        self.memory_kills: int | None = None
        self._server: server_end.ServerEnd | None = None

    def begin(self, manager: Any) -> None:
        """Note that a manager is about to run.

        :param manager: cotyledon's
        """
        self.manager = manager
        self.began = seconds()
        self.memory_kills = memory_kills.count()

    def note_reload(self) -> None:
        """Note that the service has been told to reload."""
        self.reloaded = time.time()
        self.reloaded_boot = seconds()

    def note_death(self, service_id: Any, worker: int, code: int) -> Death:
        """Note that a worker has ended; cotyledon's hook for that.

        :param service_id: cotyledon's id of the service
        :param worker: number of the worker
        :param code: exit status, or the negative number of a signal
        :returns: what is known of its death
        """
        now = time.time()
        pid = self._pid(service_id, worker)
        words = None if pid is None else last_words.of(self.descriptor, pid)
        lives = (code == LOST and pid is not None and age(pid) is not None
                 and are_served(self.manager))
        # who lives may yet leave some
        stacks = (None if pid is None or lives
                  else crash_stacks.of(self.descriptor, pid))
        # one that began after the reload has not ended because of it
        replaced = self.reloaded is not None and (
            words.began < self.reloaded if words is not None
            else now - self.reloaded < 10)
        death = Death(
            now, worker, pid, None if lives else code, replaced, words,
            stacks, self._service_name(service_id),
            None if pid is None or lives
            else report_marks.of(self.descriptor, pid),
            self._for_memory(code), lives,
            self._server_end() if lives else None)
        service = self.services.setdefault(service_id, Service())
        service.last.append(death)
        service.restarts[worker] += 1
        if death.unusual and not lives:
            service.count += 1
            service.times.append(seconds())
        return death

    def _server_end(self) -> server_end.ServerEnd | None:
        """How the server of a worker has ended; its stacks only once."""
        found = server_end.found(self.descriptor)
        # of its other workers: multiprocessing has a new one by now
        known, self._server = self._server, found or self._server
        if found is None:
            return None if known is None else known._replace(stacks=None)
        return found

    def _for_memory(self, code: int) -> bool:
        """Whether the kernel has killed one more than is known."""
        killed, known = memory_kills.count(), self.memory_kills
        if None in (killed, known) or code != -signal.SIGKILL:
            self.memory_kills = killed
            return False
        assert killed is not None and known is not None
        # of several at once, each is one
        self.memory_kills = min(killed, known + 1)
        return killed > known

    def _service_name(self, service_id: Any) -> str:
        config = getattr(self.manager, '_services', {}).get(service_id)
        service = getattr(config, 'service', None)
        return str(getattr(service, 'name', None)
                   or getattr(service, '__name__', 'service'))

    def _pid(self, service_id: Any, worker: int) -> int | None:
        """The process of a worker that has died; it is still listed."""
        for process, info in processes(self.manager, service_id):
            # not is_alive(), which would reap others
            if info == worker and process.exitcode is not None:
                return int(process.pid)
        return None


def seconds() -> float:
    """Now, in seconds since the boot, whatever the clock is set to."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def processes(manager: Any, service_id: Any) -> list[tuple[Any, int]]:
    """The processes of a service and the number of the worker that each is.

    :param manager: cotyledon's; nothing is read that its versions lack
    :param service_id: its id of the service
    """
    running = getattr(manager, '_running_services', {}).get(service_id, {})
    # cotyledon 1 has the number itself there
    return [(process, getattr(info, 'worker_id', info))
            for process, info in list(running.items())]


def start_method(manager: Any) -> str:
    """How multiprocessing starts the workers of a manager: ``fork``.

    Nothing is settled by asking. For any thread.

    :param manager: cotyledon's
    """
    multiprocessing = sys.modules.get('multiprocessing')
    if multiprocessing is None:
        return 'fork'
    context = getattr(manager, 'mp_context', multiprocessing)
    method = context.get_start_method(allow_none=True)
    # the first is the default
    return str(method or multiprocessing.get_all_start_methods()[0])


def are_served(manager: Any) -> bool:
    """Whether workers are no children of the process that has the manager.

    It then gets no SIGCHLD when one has ended, and cotyledon waits for that.

    :param manager: cotyledon's
    """
    return start_method(manager) == 'forkserver'


def age(pid: int) -> float | None:
    """How long a process has run, seconds; None if it has ended.

    For any thread.
    """
    try:
        with open(f'/proc/{pid}/stat') as file:
            # behind the name, which may hold anything
            told = file.read().rpartition(')')[2].split()
    except (OSError, ValueError):
        return None
    if told[0] in ('Z', 'X'):
        return None
    started = int(told[19]) / os.sysconf('SC_CLK_TCK')
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - started)


#: Of this process.
watch = Watch()


def forked() -> None:
    """Forget what the master knew; called in its fork."""
    global watch
    watch = Watch()
