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

"""Which process is silent, by what a sibling sees of it."""

from __future__ import annotations

from collections.abc import Iterator
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import hang_stacks
from ceilometer.diagnostics.daemon import hang_watch
from ceilometer.diagnostics.daemon import held_proof
from ceilometer.diagnostics.daemon import sibling_look
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import fields
from ceilometer.diagnostics.outside import looking
from ceilometer.diagnostics import report


@pytest.fixture
def child() -> Iterator[sibling_page.Sibling]:
    """A process that keeps signals until it takes them: never."""
    with subprocess.Popen(
            [sys.executable, '-c', 'import signal, sys\n'
             'signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})\n'
             'print("ready", flush=True)\nsys.stdin.read()\n'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline()
        started = sibling_page.started(process.pid)
        assert started is not None
        try:
            yield sibling_page.Sibling(
                place=0, pid=process.pid, started=started,
                waiter=process.pid, begun_nsec=0, told_nsec=0, trigger=b'')
        finally:
            process.kill()


@pytest.mark.parametrize(('asked', 'stopped'), [
    (True, True), (False, True), (True, False), (False, False)])
def test_stopped_is_who_was_asked_and_cannot_take_it(
        child: sibling_page.Sibling, asked: bool, stopped: bool) -> None:
    """Nobody waits for one that was not asked, or that goes on."""
    if asked:
        os.kill(child.pid, signal.SIGUSR1)
    if stopped:
        os.kill(child.pid, signal.SIGSTOP)
        # it stays a child that is waited for in the end
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
    assert sibling_look._is_stopped(child) == (asked and stopped)


@pytest.fixture
def descriptor(child: sibling_page.Sibling) -> Iterator[int]:
    """The page that the processes of a service share, with the child in it."""
    made = turn.make()
    assert made is not None
    os.pwrite(made, sibling_page._PLACE.pack(*child[1:]),
              sibling_page._at(child.place))
    yield made
    os.close(made)


@pytest.fixture
def asked() -> sibling_page.Asked:
    """A trigger that has just come."""
    return sibling_page.Asked(
        report.Trigger(fields.TRIGGER_SIGNAL, 0), time.monotonic_ns())


@pytest.fixture
def waits() -> Iterator[subprocess.Popen[bytes]]:
    """A process that blocks no signal, as who waits for one."""
    with subprocess.Popen(['sleep', '60']) as process:
        yield process
        process.kill()


@pytest.mark.parametrize(('sender', 'other', 'told'), [
    (7, 'begun', True), (7, 'waits', False), (7, None, False),
    (1, 'begun', True), (1, 'waits', False), (1, None, True),
    (None, 'begun', True)])
def test_who_is_stopped_was_asked_if_all_others_were(
        child: sibling_page.Sibling, descriptor: int,
        asked: sibling_page.Asked, waits: subprocess.Popen[bytes],
        sender: int | None, other: str | None, told: bool) -> None:
    """The one that is stopped has taken the signal, and noted nothing."""
    asked = asked._replace(trigger=asked.trigger._replace(sender_pid=sender))
    os.kill(child.pid, signal.SIGSTOP)
    if other is not None:
        begun = asked.nsec if other == 'begun' else 0
        os.pwrite(descriptor, sibling_page._PLACE.pack(*child._replace(
            pid=waits.pid, waiter=waits.pid, begun_nsec=begun,
            started=sibling_page.started(waits.pid) or 0)[1:]),
            sibling_page._at(child.place + 1))
    suspects = sibling_look._suspects(descriptor, asked)
    suspect, = (one for one in suspects if one.sibling.pid == child.pid)
    assert suspect.asked == told and not suspect.begun
    context: Any = SimpleNamespace(import_gate=None)
    seen = sibling_look._silent(
        descriptor, suspect, asked, 3.0, False, context)
    assert (seen is not None) == told


@pytest.fixture
def silent(child: sibling_page.Sibling,
           monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the child seem silent."""
    monkeypatch.setattr(sibling_look, '_suspects', lambda *_: [
        sibling_look._Suspect(child, None, True)])  # type: ignore[arg-type]
    monkeypatch.setattr(sibling_look, '_silent', lambda *_: ({}, None))


def test_what_cannot_be_sent_is_not_sent_again(
        silent: None, descriptor: int, asked: sibling_page.Asked,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """By nobody: a part of it may have been sent."""
    sent = []

    def tell(*args: Any) -> None:
        sent.append(args)
        raise RuntimeError('cannot be sent')

    monkeypatch.setattr(sibling_look, '_tell', tell)
    context: Any = SimpleNamespace(turn_descriptor=descriptor)
    with pytest.raises(RuntimeError):
        sibling_look.look(context, asked, 3.0, False)
    assert not sibling_look.look(context, asked, 6.0, False)
    assert len(sent) == 1


def test_who_goes_on_while_it_is_told_of_can_be_told_anew(
        silent: None, child: sibling_page.Sibling, descriptor: int,
        asked: sibling_page.Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who tells may be held up meanwhile: what was told is what was seen."""
    alive = []
    monkeypatch.setattr(sibling_look, '_tell', lambda *_: alive.append(
        time.monotonic_ns()))
    context: Any = SimpleNamespace(turn_descriptor=descriptor)
    assert not sibling_look.look(context, asked, 3.0, False)
    told = sibling_page.again(descriptor, child)
    assert told is not None and told.told_nsec >= asked.since_nsec(child)
    assert told.told_nsec < alive[0]


def look_at_held(child: sibling_page.Sibling, descriptor: int,
                 awaited: sibling_look.Awaited, seconds: float, *,
                 last: bool, proven: bool, patch: pytest.MonkeyPatch,
                 ask: Any = lambda *_: ('in hold', None),
                 ) -> contents.Outside | None:
    """Look at a process whose interpreter seems to be held.

    :param proven: whether that can be proven
    :param ask: asks for its stacks
    :returns: what is told of it, if anything
    """
    first = looking.first(child.pid)
    patch.setattr(sibling_look, '_proof_of_hold', lambda *_: (
        first, first._replace(total=2)) if proven else None)
    patch.setattr(hang_stacks, 'ask', ask)
    patch.setattr(looking, 'conclude', lambda data, *_: data.update(
        findings=[{'kind': 'interpreter-held'}]))
    context: Any = SimpleNamespace(import_gate=None)
    suspect = sibling_look._Suspect(child, first, True)
    seen = sibling_look._silent(
        descriptor, suspect, awaited, seconds, last, context)
    return None if seen is None else seen[0]


@pytest.mark.parametrize(('seconds', 'proven', 'told'), [
    (3.0, False, False), (3.0, True, False), (6.0, False, False),
    (6.0, True, True), (12.0, False, True)])
def test_hold_that_is_not_proven_waits_for_the_last_look(
        child: sibling_page.Sibling, descriptor: int,
        asked: sibling_page.Asked, monkeypatch: pytest.MonkeyPatch,
        seconds: float, proven: bool, told: bool) -> None:
    """A proof may come till then, and with it the Python stacks."""
    found = look_at_held(child, descriptor, asked, seconds,
                         last=seconds == 12.0, proven=proven,
                         patch=monkeypatch)
    assert (found is not None) == told
    if found is not None:
        assert ('in hold' in found['python_stacks']) == proven


@pytest.mark.parametrize('goes_on', [True, False])
def test_stacks_are_asked_for_only_while_the_hold_lasts(
        child: sibling_page.Sibling, descriptor: int,
        asked: sibling_page.Asked, monkeypatch: pytest.MonkeyPatch,
        goes_on: bool) -> None:
    """What moves may end by it; it is looked at once more."""
    at_last = []

    def ask(descriptor: int, sibling: sibling_page.Sibling,
            computing: int | None, let_run: bool,
            still_held: Any, import_gate: Any) -> tuple[None, None]:
        assert computing is None and let_run
        at_last.append(still_held())
        return None, None

    monkeypatch.setattr(sibling_look, '_waits', lambda *_: False)
    looks: list[tuple[Any, ...]] = []
    monkeypatch.setattr(held_proof, 'goes_on',
                        lambda *given: looks.append(given) or goes_on)
    look_at_held(child, descriptor, asked, 6.0, last=True, proven=True,
                 patch=monkeypatch, ask=ask)
    assert at_last == [goes_on]
    (before, after, now), = looks
    assert (before.total, after.total) == (1, 2)
    assert child.pid in now.threads


@pytest.mark.parametrize(('times', 'proven', 'told'), [
    (1, False, False), (1, True, True), (6, False, True)])
def test_unasked_hold_that_is_not_proven_waits_longer(
        child: sibling_page.Sibling, descriptor: int,
        monkeypatch: pytest.MonkeyPatch,
        times: int, proven: bool, told: bool) -> None:
    """Several times the time limit, and nobody has asked."""
    limit_seconds = 10.0
    silent = child._replace(alive_nsec=time.monotonic_ns() - int(
        times * limit_seconds * 1e9))
    os.pwrite(descriptor, sibling_page._PLACE.pack(*silent[1:]),
              sibling_page._at(silent.place))
    overdue = hang_watch.Overdue(
        report.Trigger(fields.TRIGGER_HANG, 0),
        {(silent.pid, silent.started): silent.alive_nsec})
    found = look_at_held(silent, descriptor, overdue, limit_seconds,
                         last=True, proven=proven, patch=monkeypatch)
    assert (found is not None) == told
    if found is not None:
        assert found['unasked_seconds'] >= times * limit_seconds
