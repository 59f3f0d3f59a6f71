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

"""A thread waits for signals and for a file to be touched."""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import os
import pathlib
import signal
import subprocess
import threading
import time

import pytest

from ceilometer.diagnostics.daemon import signal_wait
from ceilometer.diagnostics.daemon import waiter
from ceilometer.diagnostics import fields
from ceilometer.diagnostics.outside import thread_looks
from tests import limits
from tests import waiting as waiting_for


class Reporter:
    """Notes what it is asked for.

    :ivar triggers: what has asked for a report
    :ivar complaints: how often something went wrong
    """

    def __init__(self):
        self.triggers = []
        self.complaints = 0
        self.fails = False
        self.changed = threading.Condition()

    def request(self, trigger):
        """Have a report, as it were."""
        with self.changed:
            if self.fails:
                self.fails = False
                raise OSError('no')
            self.triggers.append(trigger)
            self.changed.notify_all()

    def complain(self):
        """Note that something went wrong."""
        with self.changed:
            self.complaints += 1
            self.changed.notify_all()

    def wait_for(self, predicate):
        """Wait until something holds of it."""
        with self.changed:
            return self.changed.wait_for(predicate, limits.EVENT_SECONDS)


class WatchedFile(waiter.WatchedFile):
    """A file that notes when it has been looked at."""

    def modified_nsec(self):
        """As ever."""
        found = super().modified_nsec()
        looks.append(time.monotonic())
        return found


#: When watched files have been looked at.
looks = []


def look_again(times):
    """Wait until the file has been looked at so many times more."""
    wanted = len(looks) + times
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while len(looks) < wanted:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def reporter():
    """Whom the waiting thread asks."""
    looks.clear()
    return Reporter()


class Siblings:
    """Notes what it is told.

    :ivar told: in order
    """

    def __init__(self):
        self.told = []

    def begin(self):
        """It waits."""
        self.told.append('begin')

    def begun(self):
        """Something has come."""
        self.told.append('begun')

    def end(self):
        """It waits no more."""
        self.told.append('end')


@pytest.fixture
def siblings():
    """Whom the waiting thread tells how far it is."""
    return Siblings()


def all_block(signals):
    """Whether each thread there is has signals blocked."""
    bits = sum(1 << number - 1 for number in signals)
    for status in pathlib.Path('/proc/self/task').glob('*/status'):
        # it may have ended meanwhile
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            mask = status.read_text().partition('SigBlk:')[2].split()[0]
            if int(mask, 16) & bits != bits:
                return False
    return True


@pytest.fixture
def waiting(reporter, siblings):
    """The waiting thread; other threads have the signals blocked, too."""
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, waiter.SIGNALS)
    # pytest has just started a thread that blocks them itself, once it runs:
    # a signal of another process would end this one until then. Its mask does
    # not tell: pthread_create(3) makes a thread with all signals blocked, and
    # gives it its mask as it begins. What it is for, --timeout does as well.
    faulthandler.cancel_dump_traceback_later()
    waiting_for.until(lambda: all_block(waiter.SIGNALS),
                      'each thread to block them')
    made = waiter.Waiter(reporter, siblings)
    yield made
    made.stop()
    signal.pthread_sigmask(signal.SIG_SETMASK, previous)


def test_trigger_that_fails_is_not_the_last(waiting, reporter):
    """It is complained of, and the next one finds the thread."""
    reporter.fails = True
    waiting.start({signal.SIGUSR1})
    waiting.pass_on(signal.SIGUSR1)
    assert reporter.wait_for(lambda: reporter.complaints == 1)
    assert reporter.triggers == []
    waiting.pass_on(signal.SIGUSR1)
    assert reporter.wait_for(lambda: reporter.triggers)
    assert reporter.triggers[0].kind == fields.TRIGGER_SIGNAL


@pytest.mark.usefixtures('no_queue')
def test_only_what_was_passed_on_has_no_sender(waiting, reporter):
    """Of the next signal the sender is told again, as far as it is known."""
    waiting.start({signal.SIGUSR1})
    waiting.pass_on(signal.SIGUSR1)
    assert reporter.wait_for(lambda: len(reporter.triggers) == 1)
    signal.pthread_kill(waiting._thread.ident, signal.SIGUSR1)
    assert reporter.wait_for(lambda: len(reporter.triggers) == 2)
    assert [trigger.sender_pid for trigger in reporter.triggers] == [
        None, waiter.NOBODY]


def test_touched_file_is_answered_once(waiting, reporter, tmp_path):
    """However often it is looked at afterwards; touched again, again."""
    file = tmp_path / 'touched'
    file.write_text('')
    waiting.start((), WatchedFile(str(file), 0.0))
    for count in (1, 2):
        os.utime(file, (count, count))
        assert reporter.wait_for(lambda: reporter.triggers)
        look_again(4)
        assert [trigger.kind for trigger in reporter.triggers] == (
            [fields.TRIGGER_FILE] * count)


def test_file_is_not_looked_at_without_a_pause(waiting, tmp_path):
    """Whatever interval is asked for."""
    waiting.start((), WatchedFile(str(tmp_path / 'none'), 0.0))
    look_again(6)
    pauses = [later - earlier for earlier, later
              in zip(looks[1:], looks[2:], strict=False)]
    assert sum(pauses) >= 0.9 * waiter.WATCH_SECONDS_MIN * len(pauses)


def test_file_may_come_later(waiting, reporter, tmp_path):
    """It need not be there, and may be gone in between."""
    file = tmp_path / 'touched'
    waiting.start((), WatchedFile(str(file), 0.0))
    look_again(2)
    file.write_text('')
    assert reporter.wait_for(lambda: reporter.triggers)
    assert reporter.complaints == 0


def test_file_is_looked_at_while_something_is_repeated(
        waiting, reporter, tmp_path):
    """A call that comes late does not hide it, and comes all the same."""
    calls = []
    file = tmp_path / 'touched'
    file.write_text('')
    waiting.start((), WatchedFile(str(file), 0.0))
    assert waiting.repeat(lambda: calls.append(len(looks)) or 0.5)
    for count in (1, 2):
        look_again(6)
        os.utime(file, (count, count))
        assert reporter.wait_for(
            lambda count=count: len(reporter.triggers) == count)
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while len(calls) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert reporter.complaints == 0


def test_file_has_its_turn_among_others(waiting, reporter, tmp_path):
    """Its turn comes, however long its interval is."""
    file = tmp_path / 'touched'
    file.write_text('')
    waiting.start((), WatchedFile(str(file), 0.4), lambda: 0.01)
    look_again(1)
    os.utime(file, (1, 1))
    assert reporter.wait_for(lambda: reporter.triggers)


def test_what_raises_is_said_once(waiting, reporter):
    """It is not called again, and signals come as before."""
    calls = []
    waiting.start({signal.SIGUSR1}, None, lambda: calls.append(1) or 1 / 0)
    assert reporter.wait_for(lambda: reporter.complaints)
    waiting.pass_on(signal.SIGUSR1)
    assert reporter.wait_for(lambda: reporter.triggers)
    assert calls == [1] and reporter.complaints == 1


def test_signal_that_python_makes_up_is_none(waiting, reporter, monkeypatch):
    """It does where the process is stopped until the time is over."""
    class MadeUp:
        si_signo = si_pid = 0

    infos = iter([MadeUp(), None])
    real = signal.sigtimedwait
    monkeypatch.setattr(signal, 'sigtimedwait', lambda *args: (
        next(infos, None) or real(*args)))
    waiting.start({signal.SIGUSR1}, None, lambda: 0.01)
    waiting.pass_on(signal.SIGUSR1)
    assert reporter.wait_for(lambda: reporter.triggers)
    assert next(infos, 'all') == 'all' and reporter.complaints == 0


def test_wait_that_fails_is_not_the_last(waiting, reporter, monkeypatch):
    """No memory may be left for what the kernel tells, or worse."""
    errors = iter([MemoryError(), OSError()])
    real = signal.sigwaitinfo

    def wait(signals):
        for error in errors:
            raise error
        return real(signals)

    monkeypatch.setattr(signal, 'sigwaitinfo', wait)
    waiting.start({signal.SIGUSR1})
    waiting.pass_on(signal.SIGUSR1)
    assert reporter.wait_for(lambda: reporter.triggers)
    assert next(errors, 'all') == 'all'
    # once: it may fail for ever
    assert reporter.complaints == 1


def test_sender_whose_name_cannot_be_read(waiting, reporter, monkeypatch):
    """It is no reason for no report; the number is told."""
    def refuse(*args, **named):
        raise RuntimeError('open() has been replaced')

    monkeypatch.setattr(waiter, 'open', refuse, raising=False)
    waiting.start({signal.SIGUSR1})
    sender = subprocess.Popen(['sh', '-c', f'kill -USR1 {os.getpid()}'])
    assert sender.wait(limits.EVENT_SECONDS) == 0
    assert reporter.wait_for(lambda: reporter.triggers)
    trigger, = reporter.triggers
    assert trigger.sender_pid == sender.pid and trigger.sender_comm is None
    assert reporter.complaints == 0


def test_kernel_knows_its_name(waiting):
    """By it those who look from the outside know the thread that answers."""
    waiting.start({signal.SIGUSR1})
    assert waiter.THREAD_NAME.startswith(thread_looks.ANSWERING)
    found = waiting_for.until(lambda: [
        path for path in pathlib.Path('/proc/self/task').glob('*/comm')
        if path.read_text().strip() == thread_looks.ANSWERING], 'its name')
    assert len(found) == 1


@pytest.fixture
def forbidden(monkeypatch):
    """The kernel lets nobody wait for signals, which are ignored."""
    def refuse(*args):
        raise PermissionError(errno.EPERM, 'Operation not permitted')

    for name in ('sigwaitinfo', 'sigtimedwait'):
        monkeypatch.setattr(signal, name, refuse)
    monkeypatch.setattr(signal_wait, 'LOOK_SECONDS', 0.01)
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGUSR1, before)


def test_signals_are_looked_for_where_nobody_may_wait(
        forbidden, waiting, reporter):
    """Nothing else waits for it: what is to be called again and again is."""
    called = threading.Event()

    def again():
        called.set()
        return 0.01

    waiting.start({signal.SIGUSR1}, None, again)
    assert called.wait(limits.EVENT_SECONDS)
    for count in (1, 2):
        waiting.pass_on(signal.SIGUSR1)
        assert reporter.wait_for(
            lambda wanted=count: len(reporter.triggers) == wanted)
    assert reporter.complaints == 0
    assert [trigger.sender_pid for trigger in reporter.triggers] == [None] * 2
    # and without anything to call
    waiting.stop()
    waiting.start({signal.SIGUSR1})
    waiting.pass_on(signal.SIGUSR1)
    assert reporter.wait_for(lambda: len(reporter.triggers) == 3)


def test_signals_are_dropped_where_nobody_may_wait(forbidden):
    """One that waits would end who gives its handler back."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    try:
        signal.raise_signal(signal.SIGUSR1)
        assert signal.SIGUSR1 in signal.sigpending()
        signal_wait.discard({signal.SIGUSR1})
        assert signal.SIGUSR1 not in signal.sigpending()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def test_it_waits_where_others_cannot_be_told(waiting, reporter, siblings):
    """Another process does not know of it then; it answers."""
    def begin():
        raise RuntimeError('open() has been replaced')

    siblings.begin = begin
    waiting.start({signal.SIGUSR1})
    waiting.pass_on(signal.SIGUSR1)
    assert reporter.wait_for(lambda: reporter.triggers)
    assert reporter.complaints == 1


def test_siblings_know_how_far_it_is(waiting, reporter, siblings):
    """Before a report is asked for, and no more when it ends."""
    waiting.start({signal.SIGUSR1})
    waiting.pass_on(signal.SIGUSR1)
    assert reporter.wait_for(lambda: reporter.triggers)
    waiting.stop()
    assert siblings.told == ['begin', 'begun', 'end']
