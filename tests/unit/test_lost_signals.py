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

"""Workers that have lost the signal by which they are to be replaced."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import os
import select
import subprocess
import sys
import types
from typing import Any

import pytest

from ceilometer.diagnostics.daemon import lost_signals
from ceilometer.diagnostics.daemon import readiness
from ceilometer.diagnostics.daemon import turn
from tests import limits

# Says when it takes the signal, and goes on until the end of its input.
WORKER = """
import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: os.write(1, b'TERM\\n'))
os.write(1, b'ready\\n')
sys.stdin.read()
"""


class Worker:
    """A worker that does not end."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, '-c', WORKER], bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.next() == b'ready\n'

    @property
    def pid(self) -> int:
        return self.process.pid

    def next(self, seconds: float = limits.EVENT_SECONDS) -> bytes:
        """What it says next; empty if it says nothing."""
        assert self.process.stdout is not None
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            return b''
        return self.process.stdout.readline()

    def end(self) -> bytes:
        """Have it end, and give all that it has said since."""
        return self.process.communicate(timeout=limits.EVENT_SECONDS)[0]


@pytest.fixture
def workers() -> Iterator[list[Worker]]:
    """Two workers."""
    with contextlib.ExitStack() as stack:
        made = []
        for _ in range(2):
            made.append(Worker())
            stack.enter_context(made[-1].process)
            stack.callback(made[-1].process.kill)
        yield made


def manager_of(*workers: Worker) -> Any:
    """cotyledon's manager, of version 1."""
    return types.SimpleNamespace(
        _services={'id': types.SimpleNamespace(workers=len(workers))},
        _running_services={'id': {
            worker: number for number, worker in enumerate(workers)}})


def test_workers_of_before_are_told_again(
        workers: list[Worker], monkeypatch: pytest.MonkeyPatch) -> None:
    """A few times; those that have come since are not."""
    monkeypatch.setattr(lost_signals, 'REPEAT_SECONDS', 0.0)
    before, new = workers
    manager = manager_of(before)
    repeated = lost_signals.Repeated(manager)
    manager._running_services['id'][new] = 0
    for _ in range(lost_signals.REPEATS_MAX):
        repeated.repeat()
        assert before.next() == b'TERM\n'
    repeated.repeat()
    assert before.end() == b'' and new.end() == b''
    # a process that has ended is no error
    lost_signals.Repeated(manager).repeat()


def test_nobody_is_told_again_before_it_is_time(
        workers: list[Worker], monkeypatch: pytest.MonkeyPatch) -> None:
    """Most have taken the first signal, and are about to end."""
    monkeypatch.setattr(lost_signals, 'REPEAT_SECONDS', 3600.0)
    repeated = lost_signals.Repeated(manager_of(*workers))
    repeated.repeat()
    monkeypatch.setattr(lost_signals, 'REPEAT_SECONDS', 0.0)
    repeated.repeat()
    for worker in workers:
        assert worker.next() == b'TERM\n'
        assert worker.end() == b''


def test_another_process_with_the_same_number_is_not_told(
        workers: list[Worker], monkeypatch: pytest.MonkeyPatch) -> None:
    """It was started at another time."""
    monkeypatch.setattr(lost_signals, 'REPEAT_SECONDS', 0.0)
    repeated = lost_signals.Repeated(manager_of(*workers))
    (pid, started), other = repeated._before
    assert started is not None
    repeated._before = [(pid, started - 1), other]
    repeated.repeat()
    # the second is told after the first
    assert workers[1].next() == b'TERM\n'
    assert workers[0].end() == b''


@pytest.mark.parametrize('possible', [True, False])
def test_reload_tells_them_again_where_signals_are_lost(
        possible: bool, workers: list[Worker],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """And nowhere else."""
    monkeypatch.setattr(lost_signals, 'REPEAT_SECONDS', 0.0)
    monkeypatch.setattr(lost_signals, 'are_possible', lambda _: possible)
    monkeypatch.setattr(readiness.Master, '_send', lambda *given: True)
    descriptor = turn.make()
    assert descriptor is not None
    try:
        master = readiness.Master('', manager_of(*workers), descriptor)
        # before the reload there is nothing to repeat
        master.look()
        master.reloads()
        for _ in range(2):
            master.look()
            if possible:
                assert [worker.next() for worker in workers] == (
                    [b'TERM\n'] * 2)
        assert [worker.end() for worker in workers] == [b''] * 2
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(('version', 'context', 'possible'), [
    ((3, 12, 9), None, False), ((3, 13, 0), None, True),
    ((3, 13, 11), None, True), ((3, 13, 5), object(), False),
    ((3, 14, 0), None, False)])
def test_where_signals_are_lost(
        version: tuple[int, ...], context: object, possible: bool,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """With Python 3.13 and the first version of cotyledon."""
    monkeypatch.setattr(sys, 'version_info', version)
    manager = manager_of()
    if context is not None:
        manager.mp_context = context
    assert lost_signals.are_possible(manager) is possible
