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

"""Arms a daemon that was started with ``CEILOMETER_DIAGNOSTICS=1``.

``ceilometer_diagnostics_start`` has taken the signals as the interpreter
started, and calls this as soon as the daemon imports a module of Ceilometer,
in the main thread, before any other thread exists.
"""

from __future__ import annotations

from collections.abc import Callable
import os
from typing import Any
from typing import TYPE_CHECKING

import wrapt

from ceilometer.diagnostics.daemon import arming
from ceilometer.diagnostics.daemon import crash_stacks
from ceilometer.diagnostics.daemon import installation
from ceilometer.diagnostics.daemon import interpose
from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics import fields

if TYPE_CHECKING:
    import ceilometer_diagnostics_start


def arm(start: ceilometer_diagnostics_start.Start, module: str,
        first: bool) -> Callable[[], None] | None:
    """Arm this process.

    :param start: what is known of it
    :param module: what the daemon's program imports: reports wait until that
        is done
    :param first: whether that is imported just now, and nothing else of
        Ceilometer was before
    :returns: what is to be called when it has been imported, before anything
        of it is called; None if nothing is
    :raises RuntimeError: not called in the main thread
    """
    daemon = process.Daemon(start.service)
    if start.server is not None:
        # Where the server has not imported the daemon, its forks do.
        own = start.pid == os.getpid()
        daemon.becomes_server(
            start.server if own else fields.PROCESS_CHILD, start.parent_pid)
    if held := first and start.server is None:
        interpose.hold()
    armed = installation.install(daemon, arming.Before(
        frozenset(start.mask), start.handlers))
    if daemon.process == fields.PROCESS_FORKSERVER:
        # it has no workers' beginning; each of its forks lets go of this
        crash_stacks.begin(armed.reporter.context.turn_descriptor)
    armed.reporter.hold()

    def prepare(module: Any) -> None:
        armed.reporter.prepare()

    def go_on() -> None:
        interpose.release()
        wrapt.register_post_import_hook(prepare, module)

    if not held:
        go_on()
        return None
    return go_on
