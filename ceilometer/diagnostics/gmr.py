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

"""Takes the place of oslo.reports' own trigger.

Ceilometer's ``prepare_service`` calls ``TextGuruMeditation.setup_autorun``
with its version and configuration. From then on stock oslo.reports answers
SIGUSR2 in the main thread, or watches a file in a thread of its own, and
writes a report to standard error. Here that one call is intercepted: it tells
which configuration is the service's own, and reports are ours from then on.
Ceilometer before 20 makes the call without the configuration; there it is
taken from what ``prepare_service`` returns.

This does not import oslo.reports or Ceilometer: it waits until the daemon
does.
"""

from __future__ import annotations

from collections.abc import Callable
import logging
from typing import Any

from ceilometer.diagnostics import interpose

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
        oslo.reports does as ever
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
        LOG.exception('Diagnostics could not take over from oslo.reports, '
                      'which stays in charge')
    return False


def _handle_signal(wrapped: Callable[..., Any], instance: Any, args: Any,
                   kwargs: Any) -> Any:
    frame = args[3] if len(args) > 3 else kwargs.get('frame')
    # the thread that watches a file has no frame to show
    if _silenced and frame is None:
        return None
    return wrapped(*args, **kwargs)
