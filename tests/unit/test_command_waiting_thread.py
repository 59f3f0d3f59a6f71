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
"""trigger reaches who would lose the signal: the thread that waits for it."""

from __future__ import annotations

import collections.abc
import os
import pathlib
import select
import signal
import subprocess
import sys

import pytest

from ceilometer.diagnostics.command import answers
from ceilometer.diagnostics.command import obstacles
from ceilometer.diagnostics.command import trigger
from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics.command import waiting_thread
from tests import limits
from tests import waiting

#: Armed; then a library sets the mask of the main thread anew.
SCRIPT = """\
import signal, sys, threading
USR1 = {signal.SIGUSR1}
signal.pthread_sigmask(signal.SIG_BLOCK, USR1)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
def wait():
    while True:
        signal.sigwaitinfo(USR1)
        print('taken', flush=True)
threading.Thread(target=wait, daemon=True).start()
if 'unblocked' in sys.argv:
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
print('ready', flush=True)
sys.stdin.read()
"""

Start = collections.abc.Callable[[str], 'subprocess.Popen[str]']


@pytest.fixture
def start() -> collections.abc.Iterator[Start]:
    """Start a process; its first line has been read."""
    children = []

    def begin(mask: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, '-c', SCRIPT, mask], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == 'ready\n'
        waiting.until(lambda: any(
            'sigtimedwait' in (task / 'wchan').read_text()
            for task in pathlib.Path(f'/proc/{child.pid}/task').iterdir()),
            'a thread that waits')
        return child

    yield begin
    for child in children:
        child.kill()
        child.communicate()


def taken(child: subprocess.Popen[str]) -> bool:
    """Whether it has taken the signal; its line is read."""
    assert child.stdout is not None
    return bool(select.select(
        [child.stdout], [], [], limits.EVENT_SECONDS)[0]) and (
            child.stdout.readline() == 'taken\n')


def answer(pid: int) -> answers.Answer:
    """What is asked of a process."""
    process = unit_processes.look_at(pid)
    assert process is not None
    return answers.Answer('x.service', process,
                          obstacle=obstacles.of_process(pid))


def test_who_takes_the_signal_needs_nothing(start: Start) -> None:
    """The kernel keeps it for the thread that waits."""
    child = start('blocked')
    assert waiting_thread.of(child.pid) == []
    os.kill(child.pid, signal.SIGUSR1)
    assert taken(child)


def test_thread_that_waits_is_signalled(
        start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    """It has the signal, though its process would lose it."""
    child = start('unblocked')
    one = answer(child.pid)
    assert one.obstacle is None
    os.kill(child.pid, signal.SIGUSR1)
    trigger.signal_those_that_lose_it([one])
    assert one.obstacle is None
    told = capsys.readouterr().err
    assert f'pid {child.pid} ' in told and 'not blocked' in told
    assert taken(child)
    trigger.signal_those_that_lose_it([one])
    assert taken(child)
    assert child.communicate('') == ('', None)


def test_who_may_not_signal_it_is_told(
        start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what cannot come."""
    child = start('unblocked')
    monkeypatch.setattr(waiting_thread, 'signal', lambda *given: False)
    one = answer(child.pid)
    trigger.signal_those_that_lose_it([one])
    assert one.obstacle == waiting_thread.LOST


def test_process_that_has_ended(start: Start) -> None:
    """It has no threads, and none is signalled."""
    child = start('unblocked')
    threads = waiting_thread.of(child.pid)
    assert len(threads) == 1
    child.communicate('')
    assert waiting_thread.of(child.pid) == []
    assert not waiting_thread.signal(child.pid, threads)
