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

from ceilometer.diagnostics.daemon import hang_stacks
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


def test_what_cannot_be_sent_is_not_sent_again(
        child: sibling_page.Sibling,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """By nobody: a part of it may have been sent."""
    descriptor = turn.make()
    assert descriptor is not None
    asked = sibling_page.Asked(
        report.Trigger(fields.TRIGGER_SIGNAL, 0), time.monotonic_ns())
    os.pwrite(descriptor, sibling_page._PLACE.pack(*child[1:]),
              sibling_page._at(child.place))
    monkeypatch.setattr(sibling_look, '_suspects', lambda *_: [
        sibling_look._Suspect(child, None, True)])  # type: ignore[arg-type]
    monkeypatch.setattr(sibling_look, '_silent', lambda *_: ({}, None))
    sent = []

    def tell(*args: Any) -> None:
        sent.append(args)
        raise RuntimeError('cannot be sent')

    monkeypatch.setattr(sibling_look, '_tell', tell)
    context: Any = SimpleNamespace(turn_descriptor=descriptor)
    try:
        with pytest.raises(RuntimeError):
            sibling_look.look(context, asked, 3.0, False)
        assert not sibling_look.look(context, asked, 6.0, False)
    finally:
        os.close(descriptor)
    assert len(sent) == 1


@pytest.mark.parametrize(('seconds', 'proven', 'told'), [
    (3.0, False, False), (3.0, True, True), (6.0, False, False),
    (12.0, False, True)])
def test_hold_that_is_not_proven_waits_for_the_last_look(
        child: sibling_page.Sibling, monkeypatch: pytest.MonkeyPatch,
        seconds: float, proven: bool, told: bool) -> None:
    """A proof may come till then, and with it the Python stacks."""
    descriptor = turn.make()
    assert descriptor is not None
    asked = sibling_page.Asked(
        report.Trigger(fields.TRIGGER_SIGNAL, 0), time.monotonic_ns())
    os.pwrite(descriptor, sibling_page._PLACE.pack(*child[1:]),
              sibling_page._at(child.place))
    monkeypatch.setattr(sibling_look, '_is_held', lambda *_: proven)
    monkeypatch.setattr(hang_stacks, 'ask', lambda *_: ('in hold', None))
    monkeypatch.setattr(looking, 'conclude', lambda data, *_: data.update(
        findings=[{'kind': 'interpreter-held'}]))
    context: Any = SimpleNamespace(import_gate=None)
    suspect = sibling_look._Suspect(child, looking.first(child.pid), True)
    try:
        found = sibling_look._silent(
            descriptor, suspect, asked, seconds, seconds == 12.0, context)
    finally:
        os.close(descriptor)
    assert (found is not None) == told
    if found is not None:
        assert ('in hold' in found[0]['python_stacks']) == proven
