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
"""Who is looked at for a hang unasked, by whom and when."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import os
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from ceilometer.diagnostics.daemon import hang_watch
from ceilometer.diagnostics.daemon import sibling_look
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import turn
from tests import limits
from tests.unit import idle

SECOND = 10**9

#: The time limit of these tests: a pause is of 5 s.
LIMIT_SECONDS = 20.0
PAUSE_SECONDS = 5.0


class Watched:
    """A process that watches over another one, and its clock.

    :ivar looked: what was looked at
    """

    def __init__(self, descriptor: int, pid: int,
                 monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000 * SECOND
        self.looked: list[hang_watch.Overdue] = []
        self.complaints = 0
        self._descriptor = descriptor
        self._changed = threading.Condition()
        started = sibling_page.started(pid)
        assert started is not None
        self.other = sibling_page.Sibling(
            1, pid, started, pid, 0, 0, b'', self.now)
        self.write(0)
        monkeypatch.setattr(time, 'monotonic_ns', lambda: self.now)
        monkeypatch.setattr(sibling_look, 'look', self._look)
        self.watch = hang_watch.HangWatch(
            SimpleNamespace(
                context=SimpleNamespace(
                    turn_descriptor=descriptor,
                    import_gate=contextlib.nullcontext()),
                siblings=SimpleNamespace(alive=self._alive),
                complain=self._complain), LIMIT_SECONDS)
        self.own = 0

    def _alive(self) -> int:
        self.write(self.own, os.getpid(), alive_nsec=self.now)
        return self.own

    def write(self, place: int, pid: int = 0, **values: int) -> None:
        """Write a process into the list; the other one if it has no pid."""
        one = self.other
        if pid:
            one = one._replace(place=place, pid=pid, started=(
                sibling_page.started(pid) or 0))
        one = one._replace(**values)
        os.pwrite(self._descriptor, sibling_page._PLACE.pack(*one[1:]),
                  sibling_page._at(one.place))

    def _look(self, context: Any, overdue: hang_watch.Overdue,
              seconds: float, last: bool) -> bool:
        assert seconds == LIMIT_SECONDS and not last
        with self._changed:
            self.looked.append(overdue)
            self._changed.notify_all()
        return True

    def _complain(self) -> None:
        self.complaints += 1

    def go_on(self, seconds: float) -> int:
        """Let time go by, with the looks there are; how many others looked."""
        before = len(self.looked)
        end = self.now + int(seconds * SECOND)
        while self.now < end:
            self.now += int(PAUSE_SECONDS * SECOND)
            assert self.watch.look() == PAUSE_SECONDS
            deadline = time.monotonic() + limits.EVENT_SECONDS
            while self.watch._looking:
                assert time.monotonic() < deadline
                time.sleep(0.001)
        return len(self.looked) - before


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """One that watches over a real process, which does nothing."""
    descriptor = turn.make()
    assert descriptor is not None
    with idle.process() as pid:
        try:
            yield Watched(descriptor, pid, monkeypatch)
        finally:
            os.close(descriptor)


def test_who_gives_no_sign_of_life_is_looked_at(watched: Watched) -> None:
    """Not before its time; and what is awaited is a sign of life."""
    assert watched.go_on(LIMIT_SECONDS) == 0
    assert watched.go_on(3 * PAUSE_SECONDS) == 1
    (overdue,) = watched.looked
    assert overdue.unasked and overdue.trigger.id is None
    assert not overdue.has_moved(watched.other)
    assert overdue.has_moved(
        watched.other._replace(alive_nsec=watched.now))
    assert overdue.has_moved(watched.other._replace(pid=1))


def test_who_cannot_be_proven_to_hang_is_looked_at_seldom(
        watched: Watched) -> None:
    """Once in the time limit, however often its time is over."""
    assert 2 <= watched.go_on(4 * LIMIT_SECONDS) <= 4


def test_who_was_told_of_is_not_looked_at(watched: Watched) -> None:
    """Until it has moved again."""
    watched.write(0, told_nsec=watched.now)
    assert watched.go_on(3 * LIMIT_SECONDS) == 0
    watched.write(0, told_nsec=watched.now, alive_nsec=watched.now + 1)
    assert watched.go_on(2 * LIMIT_SECONDS) > 0


def test_who_does_not_say_that_it_is_alive_is_not_looked_at(
        watched: Watched) -> None:
    """It may not have read its configuration yet."""
    watched.write(0, alive_nsec=0)
    assert watched.go_on(3 * LIMIT_SECONDS) == 0


def test_time_counts_only_while_who_looks_moves(watched: Watched) -> None:
    """All may have been stopped, or the machine."""
    watched.go_on(PAUSE_SECONDS)
    watched.now += int(10 * LIMIT_SECONDS * SECOND)
    assert watched.go_on(LIMIT_SECONDS) == 0
    assert watched.go_on(3 * PAUSE_SECONDS) == 1


def test_one_process_looks(watched: Watched) -> None:
    """The next in the list that is alive, or else the first."""
    assert hang_watch._who_looks(1, [0, 2, 3]) == 2
    assert hang_watch._who_looks(3, [0, 2, 3]) == 0
    assert hang_watch._who_looks(1, [1]) is None
    # a third one is alive, and comes next
    watched.write(2, os.getppid(), alive_nsec=watched.now + 10**15)
    assert watched.go_on(3 * LIMIT_SECONDS) == 0


def test_what_goes_wrong_is_said(
        watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is looked at again."""
    monkeypatch.setattr(sibling_look, 'look', _fail)
    watched.go_on(2 * LIMIT_SECONDS)
    assert watched.complaints == 1
    watched.go_on(2 * LIMIT_SECONDS)
    assert watched.complaints > 1


def _fail(*args: Any) -> bool:
    raise OSError('no')
