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

"""Tells of the daemon's work in the words of the sections.

Runs in the thread of the sections.
"""

from __future__ import annotations

from collections.abc import Container
from collections.abc import Mapping
import sys
import threading
import time
import types
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import chosen_names
from ceilometer.diagnostics.daemon import work as work_module
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import without_ids


# Who stands in one of these files asks Keystone for a token or a catalogue.
_OF_KEYSTONE = ('/keystoneauth1/identity/', '/ceilometer/keystone_client.py')

# No further calls of a thread are looked at.
_FRAMES_MAX = 200

#: A thread works on no more pieces of work within one another.
PIECES_MAX = 8


class Moments:
    """Converts time.monotonic() to times of the day.

    A clock that was set meanwhile does not count.
    """

    def __init__(self) -> None:
        self.now = time.monotonic()
        self._offset = time.time() - self.now

    def usec(self, moment: float) -> int:
        """Microseconds since the epoch.

        :param moment: time.monotonic()
        """
        return int((moment + self._offset) * 1_000_000)

    def maybe_usec(self, moment: float | None) -> int | None:
        """The same, None for None."""
        return None if moment is None else self.usec(moment)


def repeated(work: work_module.Work | None,
             moments: Moments) -> contents.Repeated:
    """What is known of a piece of work.

    :param work: None if it was never begun
    """
    if work is None:
        return {'runs': 0, 'failed': 0, 'failing_since_usec': None,
                'failed_in_a_row': 0, 'running_since_usec': None,
                'last_start_usec': None, 'last_end_usec': None,
                'last_seconds': None, 'last_success_usec': None,
                'last_error': None, 'last_warning': None}
    started, ended = work.started, work.ended
    running = started is not None and (ended is None or ended < started)
    error_at, error = work.error_at, work.error
    return {
        'runs': work.runs, 'failed': work.failed,
        'failing_since_usec': moments.maybe_usec(work.failing_since),
        'failed_in_a_row': work.failed_in_a_row,
        'running_since_usec': moments.maybe_usec(started if running else None),
        'last_start_usec': moments.maybe_usec(started),
        'last_end_usec': moments.maybe_usec(ended),
        'last_seconds': None if ended is None else round(work.took, 3),
        'last_success_usec': moments.maybe_usec(work.succeeded),
        'last_error': None if error_at is None or error is None else {
            'time_usec': moments.usec(error_at),
            'text': without_ids.text(error),
            'kind': work.error_kind},
        'last_warning': None if work.warning is None else without_ids.text(
            work.warning),
    }


def working_threads(kinds: Container[str],
                    moments: Moments) -> list[contents.WorkingThread]:
    """What threads work on, the longest first.

    :param kinds: of which kinds
    """
    threads = {thread.ident: thread for thread in threading.enumerate()}
    frames = sys._current_frames()
    found: list[contents.WorkingThread] = []
    for ident, doing in work_module.doings().items():
        thread = threads.get(ident)
        if thread is None or doing.work.kind not in kinds:
            continue
        outer = doing.outer
        # what it sends is a matter of moments; what of, is the work
        since = doing.since
        text = phrase(doing.work)
        if doing.work.kind == work_module.SEND and outer is not None:
            text = f'{text} of {phrase(outer.work)}'
        found.append({
            'thread': chosen_names.of(thread),
            'native_id': thread.native_id,
            'kind': doing.work.kind, 'work': text,
            'since_usec': moments.usec(since),
            'through': _through(frames.get(ident))})
    return sorted(found, key=lambda item: item['since_usec'])


def _through(frame: types.FrameType | None) -> str | None:
    """What the work of a thread goes through now, told by its calls."""
    for _ in range(_FRAMES_MAX):
        if frame is None:
            return None
        if any(part in frame.f_code.co_filename for part in _OF_KEYSTONE):
            return findings.KEYSTONE
        frame = frame.f_back
    return None


def pieces(doing: work_module.Doing | None, intervals: Mapping[str, float],
           moments: Moments) -> list[contents.PieceOfWork]:
    """What a thread works on, the innermost last.

    :param doing: what it does, innermost
    :param intervals: how often each source is polled, seconds
    :param moments: converts its times
    """
    found: list[contents.PieceOfWork] = []
    while doing is not None and len(found) < PIECES_MAX:
        work = doing.work
        interval = None
        if work.kind == work_module.CYCLE:
            interval = work.key[0]
        elif work.kind == work_module.POLL:
            interval = intervals.get(work.key[0])
        found.append({
            'kind': work.kind, 'work': phrase(work),
            'since_usec': moments.usec(doing.since),
            'interval_seconds': None if interval is None else float(
                interval)})
        doing = doing.outer
    return found[::-1]


def intervals(service: Any) -> dict[str, float]:
    """How often each source is polled, seconds.

    :param service: of a worker; empty if it does not poll, or does not say
    """
    try:
        return {str(source.name): float(source.interval)
                for source in service.polling_manager.sources}
    except Exception:
        return {}


def phrase(work: work_module.Work) -> str:
    """What a piece of work is called."""
    if work.kind == work_module.POLL:
        source, pollster = work.key
        return f'{pollster} of source {source}'
    if work.kind == work_module.CYCLE:
        return f'the cycle of every {work.key[0]} s'
    if work.kind == work_module.SEND:
        return 'sending samples'
    if work.kind == work_module.TAKE:
        return 'a batch of messages'
    return f'publishing to {work.key[1]}'
