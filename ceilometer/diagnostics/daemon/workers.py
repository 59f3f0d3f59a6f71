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

"""Learns from cotyledon which worker of its service a process is.

This does not import cotyledon: it waits until the daemon does. cotyledon's
hook for new workers tells it once the service has been made, which may take
seconds; a service that calls ``Service.__init__`` tells it as it begins.

Workers that are not forked by their master get all hooks pickled. Ours is not
among them, because no worker could start any more if we were removed: there
the function that makes the service is followed, in the worker.
"""

from __future__ import annotations

from collections.abc import Callable
import functools
import logging
from typing import Any

from ceilometer.diagnostics.daemon import interpose
from ceilometer.diagnostics.daemon import worker_deaths

LOG = logging.getLogger(__name__)

_on_manager: Callable[[Any], None] | None = None
_on_reload: Callable[[], None] | None = None
_on_death: Callable[[Any, int, int], None] | None = None
_on_failure: Callable[[Exception], None] | None = None
_on_told_to_end: Callable[[], None] | None = None
_on_end: Callable[[], None] | None = None
_on_stop: Callable[[], None] | None = None
_on_run: Callable[[bool], None] | None = None
_on_worker: Callable[[int, Any], None] | None = None
_hooked = False
_ends = False


def watch(on_manager: Callable[[Any], None],
          on_worker: Callable[[int, Any], None],
          on_reload: Callable[[], None],
          on_death: Callable[[Any, int, int], None],
          on_failure: Callable[[Exception], None],
          on_told_to_end: Callable[[], None],
          on_end: Callable[[], None],
          on_stop: Callable[[], None] | None = None,
          on_run: Callable[[bool], None] | None = None) -> None:
    """Have managers and workers of cotyledon told to some functions.

    :param on_manager: called in the process that is about to run a
        ServiceManager, with it
    :param on_worker: called in each new worker with its number and its
        service, when that begins to be made and when it has been made
    :param on_reload: called in the master when it is told to reload
    :param on_death: called in the master when a worker has ended, with the id
        of its service, its number, and its exit status or the negative number
        of the signal that killed it
    :param on_failure: called in a worker whose service cannot be made, with
        the exception that ends it
    :param on_told_to_end: called in a worker that was told to end, before its
        service ends
    :param on_end: called in it when its service has ended
    :param on_stop: called in the master when it is told to end, before it
        ends its workers
    :param on_run: called in a worker when ``run`` of its service begins, with
        False, and when it has returned, with True; None if nobody wants to
        know
    """
    global _on_manager, _on_worker, _on_reload, _on_death, _on_failure
    global _on_told_to_end, _on_end, _on_stop, _on_run, _hooked, _ends
    _on_stop = on_stop
    _on_run = on_run
    _ends = False
    _on_failure = on_failure
    _on_told_to_end = on_told_to_end
    _on_end = on_end
    _on_reload = on_reload
    _on_death = on_death
    _on_manager = on_manager
    _on_worker = on_worker
    if not _hooked:
        _hooked = True
        interpose.when_imported('cotyledon', 'ServiceManager.run', _run)
        interpose.when_imported('cotyledon', 'Service.__init__', _init_service)
        interpose.when_imported(
            'cotyledon._service_worker', 'ServiceWorker.__init__',
            _init_worker)
        # until version 2
        interpose.when_imported(
            'cotyledon._service', 'ServiceWorker.__init__', _init_worker,
            optional=True)


def unwatch() -> None:
    """Tell nobody any more."""
    global _on_manager, _on_worker, _on_reload, _on_death, _on_failure
    global _on_told_to_end, _on_end, _on_stop, _on_run
    _on_stop = None
    _on_run = None
    _on_failure = None
    _on_told_to_end = None
    _on_end = None
    _on_manager = None
    _on_worker = None
    _on_reload = None
    _on_death = None


def _run(wrapped: Callable[..., Any], instance: Any, args: Any,
         kwargs: Any) -> Any:
    try:
        if _on_manager is not None:
            if worker_deaths.start_method(instance) == 'fork':
                instance.register_hooks(on_new_worker=_new_worker)
            # these stay in the master, whatever starts the workers
            instance.register_hooks(
                on_reload=_reload, on_dead_worker=_dead_worker,
                on_terminate=_stop)
            _on_manager(instance)
    except Exception:
        LOG.exception('Diagnostics cannot identify the workers of this '
                      'service')
    return wrapped(*args, **kwargs)


def _init_worker(wrapped: Callable[..., Any], instance: Any, args: Any,
                 kwargs: Any) -> Any:
    try:
        made = wrapped(*args, **kwargs)
    except Exception as error:
        # ends the worker, and is printed and not logged
        _failed_worker(error)
        raise
    service = getattr(instance, 'service', None)
    _follow_end(service)
    _follow_run(service)
    worker_id = getattr(service, 'worker_id', None)
    if isinstance(worker_id, int):
        _new_worker(None, worker_id, service)
    return made


def _follow_end(service: Any) -> None:
    """Follow the function by which a worker's service is ended.

    cotyledon ends the process right after it, with os._exit().
    """
    try:
        service.terminate = functools.partial(_terminate, service.terminate)
    except Exception:
        LOG.exception('Diagnostics cannot follow the end of this worker')


def _follow_run(service: Any) -> None:
    """Follow the function that a worker's service runs, if that is wanted."""
    run = getattr(service, 'run', None)
    if _on_run is None or getattr(run, 'func', None) is _run_service:
        return
    try:
        service.run = functools.partial(_run_service, service.run)
    except Exception:
        LOG.exception('Diagnostics cannot follow what this worker runs')


def _run_service(run: Callable[[], Any]) -> Any:
    _tell_run(False)
    result = run()
    _tell_run(True)
    return result


def _tell_run(returned: bool) -> None:
    try:
        if _on_run is not None:
            _on_run(returned)
    except Exception:
        LOG.exception('Diagnostics cannot note that this worker is up')


def ends() -> bool:
    """Whether this process is a worker that was told to end.

    Its service stops all that it has started. For any thread.
    """
    return _ends


def _terminate(terminate: Callable[[], Any]) -> Any:
    global _ends
    _ends = True
    try:
        if _on_told_to_end is not None:
            _on_told_to_end()
    except Exception:
        LOG.exception('Diagnostics cannot tell of the master of this worker')
    try:
        return terminate()
    finally:
        if _on_end is not None:
            _on_end()


def _init_service(wrapped: Callable[..., Any], instance: Any, args: Any,
                  kwargs: Any) -> Any:
    worker_id = args[0] if args else kwargs.get('worker_id')
    if isinstance(worker_id, int):
        _new_worker(None, worker_id, instance)
    return wrapped(*args, **kwargs)


def _new_worker(service_id: Any, worker_id: int, service: Any) -> None:
    # A hook that raises would keep cotyledon from running the next one.
    try:
        if _on_worker is not None:
            _on_worker(worker_id, service)
        if service_id is not None:
            # cotyledon's own hook: the service has been made
            _follow_run(service)
    except Exception:
        LOG.exception('Diagnostics cannot identify this worker')


def _reload() -> None:
    try:
        if _on_reload is not None:
            _on_reload()
    except Exception:
        LOG.exception('Diagnostics cannot note that this service reloads')


def _stop() -> None:
    try:
        if _on_stop is not None:
            _on_stop()
    except Exception:
        LOG.exception('Diagnostics cannot note that this service ends')


def _dead_worker(service_id: Any, worker_id: int, exit_code: int) -> None:
    try:
        if _on_death is not None:
            _on_death(service_id, worker_id, exit_code)
    except Exception:
        LOG.exception('Diagnostics cannot note the death of a worker')


def _failed_worker(error: Exception) -> None:
    try:
        if _on_failure is not None:
            _on_failure(error)
    except Exception:
        LOG.exception('Diagnostics cannot note why this worker ends')
