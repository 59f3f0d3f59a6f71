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

"""On-demand diagnostic reports of running Ceilometer daemons.

A daemon that is started with ``CEILOMETER_DIAGNOSTICS=1`` is armed,
unmodified (:mod:`.daemon.started`); a service that adopts diagnostics in its
code calls :func:`install` beside ``prepare_service``. From then on each of
its processes answers SIGUSR1 with a report in the journal.

Two programs live here, each in a folder of its own, and neither imports the
other: :mod:`.daemon` runs inside a daemon and writes reports,
:mod:`.command` is the operator's command and reads them. Between them stand
the words that both speak: :mod:`.fields`, :mod:`.report`,
:mod:`.journal_entries` and :mod:`.escape`. :mod:`.secrets` masks what is
secret, for both.

Importing this imports none of that: a daemon starts as fast as before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oslo_config import cfg

__all__ = ['AlreadyInstalled', 'NotInstalled', 'install', 'register_section',
           'uninstall', 'write_report']


class AlreadyInstalled(RuntimeError):
    """Diagnostics are installed already, for another configuration."""


class NotInstalled(RuntimeError):
    """Diagnostics are not installed in this process."""


def install(conf: cfg.ConfigOpts | None = None, *,
            service: str | None = None) -> None:
    """Arm this process, and all that it forks, to write reports.

    Call it in the main thread, before other threads are started: then no
    thread of the process is ever interrupted. Where threads exist already, a
    signal handler of Python takes the signals and passes them on; it works,
    unless the main thread is stuck in C.

    Where the process is armed already, by ``CEILOMETER_DIAGNOSTICS=1``, the
    configuration is handed over and nothing else changes.

    :param conf: the service's own configuration, parsed; if None, the one is
        taken that the service will give to oslo.reports' ``setup_autorun``
    :param service: name of the daemon, from ``sys.argv[0]`` if not given
    :raises AlreadyInstalled: it is, with another configuration
    :raises RuntimeError: not called in the main thread, or threads of Python
        have been replaced before
    """
    from ceilometer.diagnostics.daemon import arming
    from ceilometer.diagnostics.daemon import installation
    from ceilometer.diagnostics.daemon import process
    armed = arming.armed
    if armed is None:
        armed = installation.install(process.Daemon(service))
    elif (conf is not None and armed.daemon.conf is not None
          # not !=, which compares the values of all options
          and armed.daemon.conf is not conf):
        raise AlreadyInstalled(
            f'diagnostics are installed for {armed.daemon.conf!r} already, '
            f'not for {conf!r}; call uninstall() first')
    if service is not None:
        armed.daemon.service = service
    if conf is not None:
        installation.adopt(conf)


def uninstall() -> None:
    """Undo :func:`install`: signals, their handlers and mask, the thread.

    A mask can be restored only for the thread that calls this, and for what
    it starts from then on; call it in the main thread.

    :raises NotInstalled: diagnostics are not installed in this process
    """
    from ceilometer.diagnostics.daemon import arming
    from ceilometer.diagnostics.daemon import installation
    if arming.armed is None:
        raise NotInstalled('diagnostics are not installed in this process')
    installation.uninstall()


def register_section(title: str, function: Callable[[], Any],
                     name: str | None = None) -> None:
    """Add a section to the reports of this process and of its forks.

    See :func:`ceilometer.diagnostics.daemon.registry.register_section`.
    """
    from ceilometer.diagnostics.daemon import registry
    registry.register_section(title, function, name)


def write_report(timeout: float | None = 30.0) -> str | None:
    """Write a report now, and wait until it is written.

    May be called in any thread; not in a signal handler, which may have
    interrupted this very function. Where ``[diagnostics] enabled`` is false
    none is written: what a service asks for is for its operator to allow.

    :param timeout: how long to wait, seconds; None for as long as it takes
    :returns: the id of the report, None if it was not written in time, or
        reports are switched off
    :raises NotInstalled: diagnostics are not installed in this process
    """
    import os
    import time

    from ceilometer.diagnostics.daemon import arming
    from ceilometer.diagnostics import fields
    from ceilometer.diagnostics import report
    armed = arming.armed
    if armed is None:
        raise NotInstalled('diagnostics are not installed in this process')
    reporter = armed.reporter
    if not reporter.enabled:
        return None
    # this process alone is asked
    return reporter.wait(reporter.request(report.Trigger(
        fields.TRIGGER_API, time.time_ns() // 1000,
        id=os.urandom(16).hex())), timeout)
