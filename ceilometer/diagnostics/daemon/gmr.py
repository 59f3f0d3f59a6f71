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

"""What is known of oslo.reports; takes the place of its own trigger.

Ceilometer's ``prepare_service`` calls ``TextGuruMeditation.setup_autorun``
with its version and configuration. From then on stock oslo.reports answers
SIGUSR2 in the main thread, or watches a file in a thread of its own, and
writes a report to standard error. Here that one call is intercepted: it tells
which configuration is the service's own, and reports are ours from then on.
Ceilometer before 20 makes the call without the configuration; there it is
taken from what ``prepare_service`` returns.

Its options ``[oslo_reports]`` and the sections that are registered with it
go on to count; they are read here, too.

This does not import oslo.reports or Ceilometer: it waits until the daemon
does.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import logging
import os
import sys
import time
from typing import Any

from ceilometer.diagnostics.daemon import interpose

LOG = logging.getLogger(__name__)

MODULE = 'oslo_reports.guru_meditation_report'
SERVICE_MODULE = 'ceilometer.service'

#: Called with the configuration and the version object; returns whether
#: oslo.reports' own trigger is to be left out.
OnAutorun = Callable[[Any, Any], bool]

_on_autorun: OnAutorun | None = None
_silenced = False
_hooked = False

# Calls without a configuration that wait for the end of prepare_service, None
# outside of it.
_waiting: list[Callable[[Any], None]] | None = None


def take_over(on_autorun: OnAutorun) -> None:
    """Have each later ``setup_autorun`` told to a function.

    :param on_autorun: what to call; an exception it raises is logged, and
        oslo.reports works as usual
    """
    global _on_autorun, _hooked
    _on_autorun = on_autorun
    if not _hooked:
        _hooked = True
        interpose.when_imported(
            MODULE, 'GuruMeditation.setup_autorun', _setup_autorun)
        interpose.when_imported(
            MODULE, 'GuruMeditation.handle_signal', _handle_signal)
        interpose.when_imported(
            SERVICE_MODULE, 'prepare_service', _prepare_service)


def silence() -> None:
    """Have a file that oslo.reports watches already write no second report.

    A service that calls ``prepare_service`` first has oslo.reports' thread
    running when we come; it goes on to watch, to no effect.
    """
    global _silenced
    _silenced = True


def give_back() -> None:
    """Leave oslo.reports to itself again."""
    global _on_autorun, _silenced
    _on_autorun = None
    _silenced = False


def _prepare_service(wrapped: Callable[..., Any], instance: Any, args: Any,
                     kwargs: Any) -> Any:
    global _waiting
    outer = _waiting
    waiting: list[Callable[[Any], None]] = []
    _waiting = waiting
    try:
        conf = wrapped(*args, **kwargs)
    finally:
        _waiting = outer
    for call in waiting:
        call(conf)
    return conf


def _setup_autorun(wrapped: Callable[..., Any], instance: Any, args: Any,
                   kwargs: Any) -> Any:
    # A caller that names a signal of its own wants just that one.
    if kwargs.get('signum') or len(args) > 3:
        return wrapped(*args, **kwargs)
    version = args[0] if args else kwargs.get('version')

    def autorun(conf: Any) -> None:
        if not _taken(conf, version):
            wrapped(*args, **kwargs)

    if kwargs.get('conf') is None and _waiting is not None:
        _waiting.append(autorun)
    else:
        autorun(kwargs.get('conf'))
    return None


def _taken(conf: Any, version: Any) -> bool:
    """Whether reports are ours from now on."""
    try:
        if (_on_autorun is not None and conf is not None
                and _on_autorun(conf, version)):
            silence()
            return True
    except Exception:
        LOG.exception('Diagnostics cannot replace the reports of '
                      'oslo.reports; oslo.reports keeps answering')
    return False


def _handle_signal(wrapped: Callable[..., Any], instance: Any, args: Any,
                   kwargs: Any) -> Any:
    frame = args[3] if len(args) > 3 else kwargs.get('frame')
    # the thread that watches a file has no frame to show
    if _silenced and frame is None:
        return None
    return wrapped(*args, **kwargs)


def watched_file(conf: Any) -> tuple[str, float] | None:
    """The file that oslo.reports is told to watch, None if there is none.

    Runs in the main thread. An invalid option is logged and ignored.

    :param conf: the service's own configuration
    :returns: its path, and how often to look at it, seconds
    """
    try:
        if ('oslo_reports' not in conf
                or not conf.oslo_reports.file_event_handler):
            return None
        return (conf.oslo_reports.file_event_handler,
                float(conf.oslo_reports.file_event_handler_interval))
    except Exception as error:
        LOG.error('[oslo_reports] file_event_handler is ignored: %s', error)
        return None


def report_path(conf: Any, service: str, time_usec: int,
                pid: int) -> str | None:
    """The file of a report, where oslo.reports is told to write files.

    oslo.reports names it so, but for the pid, without which processes
    overwrite each other. Runs in the reporter thread.

    :param conf: the service's own configuration, None if it is not known
    :param service: name of the daemon
    :param time_usec: when the report was asked for, microseconds since the
        epoch
    :param pid: of the process
    :returns: its path, None where no directory is set, or an invalid one
    """
    directory = None
    with contextlib.suppress(Exception):
        directory = conf.oslo_reports.log_dir
    if not directory:
        return None
    when = time.strftime('%Y%m%d%H%M%S', time.gmtime(time_usec / 1e6))
    return os.path.join(directory, f'{service}_gurumeditation_{when}_{pid}')


def sections() -> list[tuple[str, Callable[[], Any]]]:
    """Titles and generators of the sections registered with oslo.reports.

    Runs in the thread of the sections, and in the main thread if a section
    is to be left out that is none of ours. There are none where the daemon
    has not imported oslo.reports.
    """
    module = sys.modules.get(MODULE)
    if module is None:
        return []
    registered = getattr(module.TextGuruMeditation, 'persistent_sections', ())
    return [(str(title), generator) for title, generator in list(registered)]
