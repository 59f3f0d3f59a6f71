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

"""What is known of the daemon that this process belongs to.

One :class:`Daemon` lives in each armed process. The doors fill it in as the
daemon starts: the service's name at once, its configuration when it has been
parsed, its place among the workers when cotyledon has made it one. Sections
read it.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any
from typing import TYPE_CHECKING

from ceilometer.diagnostics import fields

if TYPE_CHECKING:
    from oslo_config import cfg


class Daemon:
    """A process of a service. Attributes are set from the main thread, or
    from the only thread after a fork, and read by the threads of a report.

    :ivar service: name of the daemon, ``ceilometer-polling``
    :ivar conf: the configuration of the service, None until it is known
    :ivar version: the version object the service gave to oslo.reports, or
        None
    :ivar process: one of :data:`fields.PROCESSES`
    :ivar worker: the number of a worker, None for other processes and until
        cotyledon has told it
    :ivar worker_name: the name of the worker's service, or None
    :ivar worker_service: the worker's live cotyledon service, or None
    :ivar manages_workers: whether cotyledon's ServiceManager runs here
    :ivar root_pid: the process the others of this service come from
    :ivar armed_usec: when this process was armed, microseconds since the
        epoch
    :ivar armed: the same, on the clock of time.monotonic()
    """

    def __init__(self, service: str | None = None,
                 conf: cfg.ConfigOpts | None = None) -> None:
        self.service = service or os.path.basename(sys.argv[0]) or 'python'
        self.conf = conf
        self.version: Any = None
        self.process: str = fields.PROCESS_MASTER
        self.worker: int | None = None
        self.worker_name: str | None = None
        self.worker_service: Any = None
        self.manages_workers = False
        self.root_pid = os.getpid()
        self.armed_usec = time.time_ns() // 1000
        self.armed = time.monotonic()

    def forked(self) -> None:
        """Note that this is a new process; called in it, after a fork."""
        self.process = (fields.PROCESS_WORKER if self.manages_workers
                        else fields.PROCESS_CHILD)
        self.manages_workers = False
        self.worker = None
        self.worker_name = None
        self.worker_service = None
        self.armed_usec = time.time_ns() // 1000
        self.armed = time.monotonic()

    def becomes_master(self) -> None:
        """Note that this process is about to run a ServiceManager."""
        self.process = fields.PROCESS_MASTER
        self.manages_workers = True

    def becomes_server(self, kind: str, root_pid: int) -> None:
        """Note that multiprocessing has started this process for a master.

        It is no fork of the master: it has executed Python anew, or is a fork
        of one that has.

        :param kind: what it is, :data:`fields.PROCESS_FORKSERVER` or
            :data:`fields.PROCESS_CHILD`
        :param root_pid: the master
        """
        self.process = kind
        self.root_pid = root_pid

    def become_worker(self, number: int, service: Any) -> None:
        """Note which worker this is; called in it.

        :param number: the worker's number among those of its service
        :param service: the live cotyledon service; it may not be ready
        """
        if self.process == fields.PROCESS_MASTER:
            # a service made for another purpose than to be a worker's
            return
        self.process = fields.PROCESS_WORKER
        self.worker = number
        self.worker_name = str(getattr(service, 'name', None)
                               or type(service).__name__)
        self.worker_service = service


def unit() -> str | None:
    """The systemd unit of this process, None outside of one.

    systemd names the control group of a unit after it
    (systemd.resource-control(5)); the innermost one counts.
    """
    try:
        with open('/proc/self/cgroup') as lines:
            for line in lines:
                _, controllers, path = line.rstrip('\n').split(':', 2)
                if controllers in ('', 'name=systemd'):
                    for name in reversed(path.split('/')):
                        if name.endswith('.service') and (
                                name != '.service'):
                            return name
    except Exception:
        # no /proc, or open() is not what it was: then there is no way to know
        pass
    return None
