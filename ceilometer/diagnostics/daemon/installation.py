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

"""Arms a process and connects it with the daemon that it becomes.

Both doors come here: :func:`ceilometer.diagnostics.install`, which a service
calls, and :mod:`.started`, for a daemon that knows nothing of us. Runs in the
main thread.
"""

from __future__ import annotations

from collections.abc import Iterable
import logging
import sys
from typing import Any

from ceilometer.diagnostics.daemon import arming
from ceilometer.diagnostics.daemon import crash_stacks
from ceilometer.diagnostics.daemon import cycle_counts
from ceilometer.diagnostics.daemon import gmr
from ceilometer.diagnostics.daemon import hooks
from ceilometer.diagnostics.daemon import last_words
from ceilometer.diagnostics.daemon import log_watch
from ceilometer.diagnostics.daemon import master_death
from ceilometer.diagnostics.daemon import own_names
from ceilometer.diagnostics.daemon import polling_work
from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics.daemon import readiness
from ceilometer.diagnostics.daemon import traces
from ceilometer.diagnostics.daemon import unhandled
from ceilometer.diagnostics.daemon import worker_deaths
from ceilometer.diagnostics.daemon import worker_runs
from ceilometer.diagnostics.daemon import workers
from ceilometer.diagnostics import fields


def install(daemon: process.Daemon,
            before: arming.Before | None = None) -> arming.Arming:
    """Arm this process, and learn of its configuration and its workers.

    :param daemon: what is known of the process
    :param before: what its signals did before they were taken, None if that
        is done now
    :returns: the arming
    :raises RuntimeError: not called in the main thread
    """
    armed = arming.arm(daemon, before=before)
    own_names.take()
    gmr.take_over(armed.adopt)
    workers.watch(_become_master, _become_worker, _note_reload, _note_death,
                  _leave_failure, _note_told_to_end, arming.finish,
                  _note_stop, _note_run if readiness.is_wanted() else None)
    polling_work.cycle_ended = (
        _note_cycle if readiness.is_wanted() else None)
    log_watch.observe_logger(unhandled.WORKER_LOGGER, _note_record)
    log_watch.start()
    unhandled.watch(_note_unhandled)
    hooks.install()
    return armed


def uninstall() -> None:
    """Undo :func:`install`."""
    arming.disarm()
    own_names.take_back()
    gmr.give_back()
    workers.unwatch()
    polling_work.cycle_ended = None
    log_watch.stop()
    unhandled.unwatch()
    hooks.uninstall()


def adopt(conf: Any) -> None:
    """Hand over the configuration of the service, unless it is known.

    :param conf: the service's own ConfigOpts
    """
    armed = arming.armed
    if armed is not None and armed.daemon.conf is None:
        if armed.adopt(conf):
            gmr.silence()


def _become_master(manager: Any) -> None:
    armed = arming.armed
    if armed is not None:
        armed.daemon.becomes_master()
        unhandled.watch_again()
        watch = worker_deaths.watch
        watch.descriptor = armed.reporter.context.turn_descriptor
        watch.begin(manager)
        with master_death.before(armed.events.interval_seconds) as deaths:
            _tell_masters(armed, deaths)
        master_death.begin(watch.descriptor)
        readiness.begin(manager, armed.daemon.service, armed.daemon.conf,
                        watch.descriptor, armed.repeat)


def _tell_masters(armed: arming.Arming,
                  deaths: Iterable[worker_deaths.Death]) -> None:
    """Tell how masters have died, and wait until that has been sent."""
    for death in deaths:
        armed.events.tell(fields.TRIGGER_DEATH, death)
    armed.events.finish()


def _note_told_to_end() -> None:
    """In a worker that was told to end, by its master or for want of one."""
    armed = arming.armed
    if armed is not None and armed.daemon.process == fields.PROCESS_WORKER:
        with master_death.of(armed.reporter.context.turn_descriptor,
                             armed.daemon.root_pid) as death:
            if death is not None:
                _tell_masters(armed, [death])


def _note_reload() -> None:
    worker_deaths.watch.note_reload()
    if arming.armed is not None and readiness.master is not None:
        readiness.master.reloads()
        arming.armed.repeat(readiness.master.look)


def _note_death(service_id: Any, number: int, code: int) -> None:
    death = worker_deaths.watch.note_death(service_id, number, code)
    armed = arming.armed
    if death.unusual and armed is not None:
        armed.events.tell(fields.TRIGGER_DEATH, death)
    if readiness.master is not None:
        readiness.master.note_death(death)


def _note_unhandled(raised: unhandled.Raised) -> None:
    armed = arming.armed
    # a worker that stops what it has started may break some of it
    if armed is not None and not workers.ends():
        armed.events.tell(fields.TRIGGER_EXCEPTION, raised)
        if raised.ends_process:
            readiness.note_unhandled(
                raised.error, raised.lines[-1] if raised.lines else '')


def _note_record(record: logging.LogRecord) -> None:
    error = unhandled.of_record(record)
    if error is not None:
        _leave_failure(error)


def _leave_failure(error: BaseException) -> None:
    """Leave the exception that ends this worker, for its master to tell."""
    armed = arming.armed
    if armed is not None and armed.daemon.process == fields.PROCESS_WORKER:
        last_words.leave(error)
        crash_stacks.leave(armed.reporter.context.turn_descriptor,
                           traces.of(error))


def _note_stop() -> None:
    master_death.over()
    if readiness.master is not None:
        conf = None if arming.armed is None else arming.armed.daemon.conf
        readiness.master.stops(
            getattr(conf, 'graceful_shutdown_timeout', None))


def _note_run(returned: bool) -> None:
    armed = arming.armed
    if armed is not None:
        worker_runs.note(
            armed.reporter.context.turn_descriptor, returned,
            getattr(armed.daemon.worker_service, 'extensions', None) == [])


def _note_cycle(samples: int) -> None:
    armed = arming.armed
    if armed is not None:
        cycle_counts.leave(
            armed.reporter.context.turn_descriptor, samples)


def _become_worker(number: int, service: Any) -> None:
    armed = arming.armed
    if armed is None:
        return
    armed.daemon.become_worker(number, service)
    if armed.daemon.process == fields.PROCESS_WORKER:
        last_words.begin(armed.reporter.context.turn_descriptor)
        crash_stacks.begin(armed.reporter.context.turn_descriptor)
        log_watch.start_alone()
    # A worker that is no fork of its master has not read its configuration:
    # the service has got it.
    conf = getattr(service, 'conf', None)
    config = sys.modules.get('oslo_config.cfg')
    if config is not None and isinstance(conf, config.ConfigOpts):
        adopt(conf)
