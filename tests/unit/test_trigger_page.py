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

"""Processes that answer one trigger say so, and others do not."""

from __future__ import annotations

from collections.abc import Iterator
import fcntl
import os
import random
import re
import signal
import time

import pytest

from ceilometer.diagnostics.daemon import trigger_page
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report

SIGNAL = report.Trigger(fields.TRIGGER_SIGNAL, 1, signal='SIGUSR1',
                        sender_pid=1)


@pytest.fixture(name='page')
def _page() -> Iterator[int]:
    made = turn.make()
    assert made is not None
    yield made
    os.close(made)


class Process:
    """A process of a service: answers when it is asked."""

    def __init__(self, page: int) -> None:
        self._page = page
        self.born_nsec = time.monotonic_ns()
        self.pid = Process.next_pid
        Process.next_pid += 1

    next_pid = 1000

    def asked(self, trigger: report.Trigger = SIGNAL) -> str:
        """The id that it answers with."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, 'getpid', lambda: self.pid)
            return trigger_page.trigger_id(
                self._page, trigger, self.born_nsec)


def test_all_that_answer_one_trigger_say_the_same(page: int) -> None:
    """The next trigger is another one, whoever takes it first."""
    processes = [Process(page) for _ in range(5)]
    seen = set()
    for _ in range(4):
        random.shuffle(processes)
        found, = {one.asked() for one in processes}
        assert re.fullmatch('[0-9a-f]{32}', found)
        seen.add(found)
    assert len(seen) == 4


def test_real_processes_say_the_same(page: int) -> None:
    """Forks that are asked at the same time."""
    born = time.monotonic_ns()
    reading, writing = os.pipe()
    go, begin = os.pipe()
    children = []
    for _ in range(6):
        child = os.fork()
        if not child:
            os.read(go, 1)
            os.write(writing, trigger_page.trigger_id(
                page, SIGNAL, born).encode())
            os._exit(0)
        children.append(child)
    os.write(begin, b'x' * 6)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    told = os.read(reading, 10_000).decode()
    for descriptor in (reading, writing, go, begin):
        os.close(descriptor)
    assert told == told[:32] * 6


def test_who_was_not_there_answers_another(page: int) -> None:
    """Nor does who was asked by somebody else, or much later."""
    first = Process(page).asked()
    assert Process(page).asked() != first
    old, other = Process(page), Process(page)
    mine = other.asked()
    assert old.asked(report.Trigger(
        fields.TRIGGER_SIGNAL, 1, signal='SIGUSR2', sender_pid=1)) != mine
    late = Process(page)
    mine = Process(page).asked()
    with pytest.MonkeyPatch.context() as patch:
        now = time.monotonic_ns()
        patch.setattr(time, 'monotonic_ns', lambda: now + int(
            (trigger_page.OPEN_SECONDS_MAX + 1) * 1e9))
        assert late.asked() != mine


def test_who_shares_nothing_answers_alone() -> None:
    """No page, or one that somebody has closed."""
    ids = {trigger_page.trigger_id(None, SIGNAL, 0) for _ in range(3)}
    ids.add(trigger_page.trigger_id(10_000, SIGNAL, 0))
    assert len(ids) == 4


def test_page_that_is_locked_holds_up_nobody(page: int) -> None:
    """By a process that is stopped, for example."""
    child = os.fork()
    if not child:
        fcntl.lockf(page, fcntl.LOCK_EX)
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    os.waitpid(child, os.WUNTRACED)
    processes = [Process(page), Process(page)]
    assert len({one.asked() for one in processes}) == 2
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    # the lock has gone with it
    assert len({one.asked() for one in processes}) == 1


@pytest.mark.parametrize('seed', range(30))
def test_whatever_stands_on_the_page(page: int, seed: int) -> None:
    """A process may have died as it wrote."""
    processes = [Process(page) for _ in range(3)]
    processes[0].asked()
    chance = random.Random(seed)
    os.pwrite(page, chance.randbytes(chance.randrange(1, 120)),
              chance.randrange(100))
    if seed % 3 == 0:
        os.ftruncate(page, chance.randrange(100))
    processes[0].asked()
    assert len({one.asked() for one in processes[1:]}) == 1


def test_turn_and_page_are_locked_apart(page: int) -> None:
    """Who writes a report holds up nobody who is asked for one."""
    child = os.fork()
    if not child:
        with turn.taken(page):
            os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    os.waitpid(child, os.WUNTRACED)
    processes = [Process(page), Process(page)]
    assert len({one.asked() for one in processes}) == 1
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
