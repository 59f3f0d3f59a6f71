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

"""What each report of a process is made with; made by the reporter.

Imported as the process is armed, and so imports nothing of what collects.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import threading
from typing import Any
from typing import TYPE_CHECKING

from ceilometer.diagnostics.daemon import own_thread
from ceilometer.diagnostics.daemon import process as process_module

if TYPE_CHECKING:
    from ceilometer.diagnostics.daemon import options


class Ending:
    """That the process ends, and nothing is waited for any more.

    :ivar wake: called once it ends, to wake up what waits; None for nothing
    """

    def __init__(self) -> None:
        self._event = own_thread.Event()
        self.is_set = self._event.is_set
        self.wait = self._event.wait
        self.wake: Callable[[], None] | None = None

    def set(self) -> None:
        """Say that the process ends; in any thread but the reporter's."""
        self._event.set()
        wake = self.wake
        if wake is not None:
            wake()

    def clear(self) -> None:
        """Say that it does not end after all."""
        self._event.clear()


class ReportContext:
    """What each report of a process is made with.

    Made in the main thread, or in the only one after a fork; used by the
    reporter thread.

    :ivar daemon: the process to tell of
    :ivar settings: what is in force, None until the configuration is known
    :ivar hung_sections: the threads of sections that did not end in earlier
        reports, by name: a section that hangs for ever costs one thread, and
        not one a report
    :ivar import_gate: held while something is imported; no process is forked
        meanwhile, in which the import would never end
    :ivar turn_descriptor: see :mod:`.turn`, None where no turns are taken
    :ivar ending: set where the process ends, and a report that is under way
        must be cut short
    """

    def __init__(self, daemon: process_module.Daemon,
                 settings: options.Settings | None = None,
                 hung_sections: dict[str, threading.Thread] | None = None,
                 turn_descriptor: int | None = None) -> None:
        self.daemon = daemon
        self.settings = settings
        self.turn_descriptor = turn_descriptor
        self.hung_sections = {} if hung_sections is None else hung_sections
        self.import_gate: contextlib.AbstractContextManager[Any] = (
            contextlib.nullcontext())
        self.ending = Ending()

    def begin_anew(self, import_gate: contextlib.AbstractContextManager[Any],
                   ) -> None:
        """Know of nothing that hangs or ends, as in a process just forked.

        :param import_gate: held while something is imported
        """
        self.hung_sections = {}
        self.import_gate = import_gate
        self.ending = Ending()
