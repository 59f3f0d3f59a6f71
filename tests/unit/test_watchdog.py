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

"""Whom the master of a service finds alive, with a clock of the test."""

from __future__ import annotations

from collections.abc import Iterator
import os
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from ceilometer.diagnostics.daemon import sd_notify
from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics.daemon import watchdog
from ceilometer.diagnostics.daemon import watchdog_time
from ceilometer.diagnostics.daemon import worker_runs
from tests.unit import idle

SECOND = 10**9
#: Of the watchdog: it is fed each 45 s, and 90 s without a sign are too long.
SECONDS = 180.0
PAUSE = 45


class Process(NamedTuple):
    """A process as multiprocessing has it."""

    pid: int


class Service:
    """A master with one worker, a process that does nothing.

    :ivar sent: what systemd was told
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pid: int) -> None:
        self.now = 1000 * SECOND
        self.sent: list[str] = []
        self.logged: list[str] = []
        self.pid = pid
        monkeypatch.setattr(time, 'monotonic_ns', lambda: self.now)
        monkeypatch.setattr(sd_notify, 'send', self._send)
        monkeypatch.setattr(watchdog, '_log', self.logged.append)
        descriptor = turn.make()
        assert descriptor is not None
        self.descriptor = descriptor
        self.running = {Process(pid): 0}
        self.manager = SimpleNamespace(
            _services={'id': SimpleNamespace(workers=1)},
            _running_services={'id': self.running})
        self.watchdog = watchdog.Watchdog(
            '/x', self.manager, descriptor,
            watchdog_time.Wanted(SECONDS, False))

    def _send(self, address: str, *lines: str) -> bool:
        assert address == '/x'
        self.sent.extend(lines)
        return True

    def note(self, alive: bool = True) -> None:
        """Have the worker give a sign of life; or be in the list at least."""
        os.pwrite(self.descriptor, sibling_page._PLACE.pack(
            self.pid, sibling_page.started(self.pid), self.pid, 0, 0, b'',
            self.now if alive else 0, 0), shared_places.SIBLINGS.at(0))

    def runs(self) -> None:
        """Have the ``run()`` of the worker begin."""
        worker_runs._RECORD.write(
            self.descriptor, self.pid, 1.0, False, False)

    def looks(self, seconds: float, step: float = PAUSE) -> int:
        """Let time go by, with its looks; how often it was fed then."""
        before = len(self.sent)
        end = self.now + int(seconds * SECOND)
        while self.now < end:
            self.now += int(step * SECOND)
            assert self.watchdog.look() is not None
        return len(self.sent) - before


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A master whose worker is a real process."""
    with idle.process() as pid:
        made = Service(monkeypatch, pid)
        try:
            yield made
        finally:
            os.close(made.descriptor)


def test_watchdog_is_fed_in_time(service: Service) -> None:
    """Four times in its time, however often it is looked."""
    service.note()
    assert service.looks(PAUSE - 1, 1) == 0
    assert service.looks(1, 1) == 1
    assert service.looks(PAUSE, 1) == 1
    assert service.sent == ['WATCHDOG=1'] * 2


def test_worker_that_gives_no_sign_of_life(service: Service) -> None:
    """It is not fed from half of its time on, until a sign comes."""
    service.note()
    assert service.looks(90) == 2
    assert service.looks(180) == 0
    assert service.watchdog.late == (
        f'worker 0 (pid {service.pid}) has given no sign of life for 270 s')
    # once
    assert service.logged == [
        f'worker 0 (pid {service.pid}) has given no sign of life for 135 s']
    service.note()
    assert service.looks(PAUSE) == 1
    assert service.watchdog.late is None


@pytest.mark.parametrize('listed', [False, True])
def test_worker_that_hangs_as_it_starts(
        service: Service, listed: bool) -> None:
    """It has given no sign at all."""
    if listed:
        service.note(alive=False)
    assert service.looks(135) == 3
    assert service.looks(PAUSE) == 0
    assert 'has given no sign of life for 135 s' in str(service.watchdog.late)


def test_worker_that_nobody_hears_of_is_believed_to_live(
        service: Service) -> None:
    """The list is full, or it is about to end."""
    service.runs()
    assert service.looks(900) == 20


def test_worker_that_nobody_replaces(service: Service) -> None:
    """It may take some time to start another."""
    service.note()
    assert service.looks(PAUSE) == 1
    service.running.clear()
    assert service.looks(135) == 3
    assert service.looks(PAUSE) == 0
    assert service.watchdog.late == '0 of 1 workers have run for 135 s'
    service.running[Process(service.pid)] = 0
    service.note()
    assert service.looks(PAUSE) == 1
    # each time anew
    service.running.clear()
    assert service.looks(PAUSE) == 1


def test_who_was_stopped_itself_gives_the_others_time(
        service: Service) -> None:
    """As after SIGSTOP for the unit, when all are continued."""
    service.note()
    assert service.looks(PAUSE) == 1
    assert service.looks(3600, 3600) == 1
    service.note()
    assert service.looks(PAUSE) == 1


@pytest.mark.parametrize('group', ['', 'frozen'])
def test_worker_that_cannot_move_counts_as_alive(
        service: Service, monkeypatch: pytest.MonkeyPatch,
        group: str) -> None:
    """To end it would mend nothing."""
    service.note()
    assert service.looks(90) == 2
    if group:
        monkeypatch.setattr(
            watchdog.proc_files, 'frozen_group', lambda groups: '/x')
    else:
        monkeypatch.setattr(watchdog, '_KEPT_STATES', frozenset('RS'))
    assert service.looks(900) == 20
    monkeypatch.undo()


def test_error_of_its_own_ends_nothing(service: Service) -> None:
    """systemd is told to expect nothing more."""
    service.note()
    del service.manager._services
    service.now += PAUSE * SECOND
    assert service.watchdog.look() is None
    assert service.sent == ['WATCHDOG_USEC=0']
    service.now += PAUSE * SECOND
    assert service.watchdog.look() is None
    assert service.sent == ['WATCHDOG_USEC=0']


@pytest.mark.parametrize('kept, late, expected', [
    (True, 46, 1), (True, 44, 0), (False, 46, 0)])
def test_others_stand_in_for_a_master_that_cannot(
        service: Service, monkeypatch: pytest.MonkeyPatch, kept: bool,
        late: int, expected: int) -> None:
    """Only for one that is stopped or kept, and is late."""
    service.note()
    monkeypatch.setattr(watchdog, 'is_kept', lambda pid: kept)
    found = sibling_page.every(service.descriptor)
    now = service.now + late * SECOND
    # this process has left the record, and is its master
    watchdog.stand_in(service.descriptor, found, now)
    assert service.sent == []
    monkeypatch.setattr(os, 'getpid', lambda: service.pid)
    watchdog_time.leave(service.descriptor, '/x', SECONDS)
    monkeypatch.undo()
    monkeypatch.setattr(watchdog, 'is_kept', lambda pid: kept)
    monkeypatch.setattr(sd_notify, 'send', service._send)
    watchdog.stand_in(service.descriptor, found, now)
    assert len(service.sent) == expected
    # another process that has got the number is no master
    watchdog.stand_in(service.descriptor, [
        one._replace(started=1) for one in found], now)
    assert len(service.sent) == expected


def test_process_that_has_ended_is_kept_in_doubt() -> None:
    """Whoever asks has seen that it was there."""
    with subprocess.Popen([sys.executable, '-c', '']) as process:
        process.wait()
    assert watchdog.is_kept(process.pid)
    assert not watchdog.is_kept(os.getpid())
