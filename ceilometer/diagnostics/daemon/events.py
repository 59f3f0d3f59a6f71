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

"""Tells what has happened: a worker that died, an exception nobody handled.

Each is an entry of its own in the journal. Between two entries of a kind the
minimum interval of reports passes; what happens meanwhile waits, and shares
one entry. So nothing that dies again and again fills the journal.

The entry is made in a thread of its own, which ends with it: whoever tells
goes on at once. Nothing here raises.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any

from ceilometer.diagnostics.daemon import folded
from ceilometer.diagnostics.daemon import own_thread
from ceilometer.diagnostics.daemon import reporter as reporter_module

THREAD_NAME = 'diagnostics-event'

#: So many events wait at most; older ones are only counted.
WAITING_MAX = 20

#: The interval as long as the configuration is not known.
INTERVAL_SECONDS = 1.0

#: How long the end of the process waits for an entry.
ENDING_SECONDS_MAX = 1.0


class Events:
    """Tells the events of a process, and of its forks after it.

    :param reporter: whose context and import gate are used
    """

    def __init__(self, reporter: reporter_module.Reporter) -> None:
        self._reporter = reporter
        self.forked()

    def forked(self) -> None:
        """Begin anew in a new process; called in it, in its only thread."""
        self._changed = own_thread.Condition(own_thread.Lock())
        self._ending = False
        self._waiting: dict[str, list[Any]] = {}
        self._left_out: dict[str, int] = {}
        self._last: dict[str, float] = {}
        self._telling = False

    @property
    def interval_seconds(self) -> float:
        """From one entry of a kind to the next, at least."""
        settings = self._reporter.context.settings
        return (settings.minimum_interval_seconds
                if settings is not None else INTERVAL_SECONDS)

    def tell(self, kind: str, event: Any) -> None:
        """Have an event told.

        Runs in any thread, which goes on at once; unless no other can be
        started any more: then it makes the entry.

        :param kind: one of :data:`fields.EVENT_TRIGGERS`
        :param event: what has happened, see :mod:`.event_entries`
        """
        if not self._reporter.enabled:
            return
        with self._changed:
            waiting = self._waiting.setdefault(kind, [])
            waiting.append(event)
            if len(waiting) > WAITING_MAX:
                del waiting[0]
                self._left_out[kind] = self._left_out.get(kind, 0) + 1
            if self._telling:
                self._changed.notify_all()
                return
            self._telling = True
        try:
            own_thread.OwnThread(
                target=self._tell_all, args=(True,), daemon=True,
                name=THREAD_NAME).start()
        except (MemoryError, RuntimeError):
            # no more threads to be had: what is due, here and now
            self._tell_all(False)

    def finish(self) -> None:
        """Let what waits be told at once; called where the process ends."""
        with self._changed:
            if not self._telling:
                return
            self._ending = True
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: not self._telling, ENDING_SECONDS_MAX)
            # the process may not end after all
            self._ending = False

    def _tell_all(self, waits: bool) -> None:
        while (taken := self._take(waits)) is not None:
            try:
                with self._reporter.context.import_gate:
                    folded.make()
                    from ceilometer.diagnostics.daemon import event_entries
                event_entries.send(self._reporter.context, *taken)
            except BaseException:
                # whatever it is, it is ours and not the daemon's
                with contextlib.suppress(BaseException):
                    self._reporter.complain()

    def _take(self, waits: bool) -> tuple[str, list[Any], int] | None:
        """What is to be told next: its kind, the events, how many more."""
        interval = self.interval_seconds
        with self._changed:
            while True:
                due = {kind: self._last.get(kind, float('-inf')) + interval
                       for kind in self._waiting}
                kind = min(due, key=lambda name: due[name], default=None)
                if kind is not None:
                    left = due[kind] - time.monotonic()
                    if left <= 0 or self._ending:
                        self._last[kind] = time.monotonic()
                        return (kind, self._waiting.pop(kind),
                                self._left_out.pop(kind, 0))
                    if waits:
                        self._changed.wait(left)
                        continue
                self._telling = False
                self._changed.notify_all()
                return None
