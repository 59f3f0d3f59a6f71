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

"""Python stacks that a process is asked for by another one."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import subprocess
import sys

import pytest

from ceilometer.diagnostics.daemon import hang_stacks
from ceilometer.diagnostics.daemon import sibling_page

#: Its main thread computes; another one waits for triggers.
PROGRAM = '''
import signal, sys, threading
from ceilometer.diagnostics.daemon import hang_stacks

def compute(waiter):
    print(waiter, flush=True)
    while True:
        pass

def wait():
    hang_stacks.begin(int(sys.argv[1]), 0)
    begun.set()
    threading.Event().wait()

for number in sys.argv[2:]:
    signal.signal(int(number), lambda *_: None)
begun = threading.Event()
thread = threading.Thread(target=wait, daemon=True)
thread.start()
begun.wait()
compute(thread.native_id)
'''


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may let nobody run for a second."""
    monkeypatch.setattr(hang_stacks, 'DUMP_SECONDS_MAX', 60.0)


@pytest.fixture
def sibling(descriptor: int, request: pytest.FixtureRequest,
            ) -> Iterator[sibling_page.Sibling]:
    """A process that can be asked; what is given are signals of its own."""
    own = map(str, getattr(request, 'param', ()))
    with subprocess.Popen(
            [sys.executable, '-c', PROGRAM, str(descriptor), *own],
            stdout=subprocess.PIPE, pass_fds=[descriptor]) as process:
        assert process.stdout is not None
        waiter = int(process.stdout.readline())
        started = sibling_page.started(process.pid)
        assert started is not None
        try:
            yield sibling_page.Sibling(
                place=0, pid=process.pid, started=started, waiter=waiter,
                begun_nsec=0, told_nsec=0, trigger=b'')
        finally:
            process.kill()


def ask(descriptor: int, sibling: sibling_page.Sibling, *,
        computing: bool = False, let_run: bool = True,
        still_held: bool = True) -> tuple[str | None, str | None]:
    """What it has written, and why there is nothing."""
    return hang_stacks.ask(
        descriptor, sibling, sibling.pid if computing else None, let_run,
        lambda: still_held, contextlib.nullcontext())


@pytest.mark.parametrize('let_run', [True, False])
def test_who_computes_writes_its_own_stack(
        descriptor: int, sibling: sibling_page.Sibling,
        let_run: bool) -> None:
    """However long another one waits for a processor; once for each hold."""
    written, problem = ask(
        descriptor, sibling, computing=True, let_run=let_run)
    assert written is not None and problem is None
    assert written.startswith('Stack (most recent call first)')
    assert 'in compute' in written and 'in wait' not in written
    assert ask(descriptor, sibling) == (written, None)


def test_who_waits_for_triggers_writes_all(
        descriptor: int, sibling: sibling_page.Sibling) -> None:
    """Nobody knows who holds the interpreter."""
    written, problem = ask(descriptor, sibling)
    assert written is not None and problem is None
    assert 'in compute' in written and 'in wait' in written


def test_nobody_is_asked_who_may_have_moved_when_it_writes(
        descriptor: int, sibling: sibling_page.Sibling) -> None:
    """One that waits long for a processor, or whose call has returned."""
    assert ask(descriptor, sibling, let_run=False) == (
        None, 'There are no Python stacks: to ask for them could end it, as '
        'its threads wait long for a processor')
    for computing in (True, False):
        assert ask(descriptor, sibling, computing=computing,
                   still_held=False) == (None, None)
    # it could have written some
    assert ask(descriptor, sibling, computing=True)[0]


@pytest.mark.parametrize('sibling', [
    [hang_stacks.SIGNAL], [hang_stacks.OWN_SIGNAL],
    [hang_stacks.SIGNAL, hang_stacks.OWN_SIGNAL]],
    indirect=True, ids=['all', 'own', 'both'])
def test_signal_of_the_daemon_is_left_alone(
        descriptor: int, sibling: sibling_page.Sibling) -> None:
    """It has a handler, which is not ours."""
    for computing in (True, False):
        assert ask(descriptor, sibling, computing=computing) == (
            None, 'There are no Python stacks: it does not take the signal '
            'for that')
