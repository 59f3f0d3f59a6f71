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

This does not import oslo.reports: it waits until the daemon does.
"""

from __future__ import annotations

from collections.abc import Callable
import logging
from typing import Any

import wrapt

LOG = logging.getLogger(__name__)

MODULE = 'oslo_reports.guru_meditation_report'

#: Called with the configuration and the version object; returns whether
#: oslo.reports' own trigger is to be left out.
OnAutorun = Callable[[Any, Any], bool]

_on_autorun: OnAutorun | None = None
_silenced = False
_hooked = False


def take_over(on_autorun: OnAutorun) -> None:
    """Have each later ``setup_autorun`` told to a function.

    :param on_autorun: what to call; an exception it raises is logged, and
        oslo.reports does as ever
    """
    global _on_autorun, _hooked
    _on_autorun = on_autorun
    if not _hooked:
        _hooked = True
        wrapt.register_post_import_hook(_wrap, MODULE)


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


def _wrap(module: Any) -> None:
    wrapt.wrap_function_wrapper(
        module, 'GuruMeditation.setup_autorun', _setup_autorun)
    wrapt.wrap_function_wrapper(
        module, 'GuruMeditation.handle_signal', _handle_signal)


def _setup_autorun(wrapped: Callable[..., Any], instance: Any, args: Any,
                   kwargs: Any) -> Any:
    # A caller that names a signal of its own wants just that one.
    if _on_autorun is not None and not kwargs.get('signum') and len(args) < 4:
        version = args[0] if args else kwargs.get('version')
        conf = kwargs.get('conf')
        try:
            if conf is not None and _on_autorun(conf, version):
                silence()
                return None
        except Exception:
            LOG.exception('Diagnostics could not take over from '
                          'oslo.reports, which stays in charge')
    return wrapped(*args, **kwargs)


def _handle_signal(wrapped: Callable[..., Any], instance: Any, args: Any,
                   kwargs: Any) -> Any:
    frame = args[3] if len(args) > 3 else kwargs.get('frame')
    # the thread that watches a file has no frame to show
    if _silenced and frame is None:
        return None
    return wrapped(*args, **kwargs)
