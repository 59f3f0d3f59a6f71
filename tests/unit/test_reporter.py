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

"""Reports are asked for, and written one at a time."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import traceback
import types

import pytest

from ceilometer import diagnostics
from ceilometer.diagnostics.daemon import arming as triggers
from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics.daemon import options
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import reporter as reporters
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report
from tests import limits

TRIGGER = report.Trigger(fields.TRIGGER_API, 0)


@pytest.fixture
def reporter(monkeypatch):
    """One whose reports are lists of their triggers."""
    made = reporters.Reporter(daemons.Daemon('example'), None)
    made.written = []

    def write(triggers):
        made.written.append(triggers)
        return f'id-{len(made.written)}'

    monkeypatch.setattr(made, '_make', write)
    monkeypatch.setattr(
        triggers, 'armed', types.SimpleNamespace(reporter=made))
    return made


def test_report_is_written_and_its_id_told(reporter):
    """Before the configuration is known as well."""
    assert diagnostics.write_report(limits.EVENT_SECONDS) == 'id-1'
    assert len(reporter.written) == 1


def test_other_processes_see_what_is_answered(reporter, descriptor):
    """Who is stopped later is not awaited any more."""
    reporter.context.turn_descriptor = descriptor
    place = sibling_page.take(descriptor, threading.get_native_id())
    reporter.siblings._place = place
    sibling_page.note_begun(descriptor, place)
    noted, = sibling_page.every(descriptor)
    assert noted.answers
    reporter.wait(reporter.request(TRIGGER), limits.EVENT_SECONDS)
    noted, = sibling_page.every(descriptor)
    assert not noted.answers
    # of what comes later it has answered nothing
    sibling_page.note_begun(descriptor, place)
    noted, = sibling_page.every(descriptor)
    assert noted.answers


def test_no_report_is_written_where_they_are_switched_off(reporter):
    """The operator has the last word; the service is not harmed."""
    reporter.context.settings = options.Settings(enabled=False)
    assert diagnostics.write_report(limits.EVENT_SECONDS) is None
    assert reporter.written == []


def test_trigger_that_waits_is_dropped_where_reports_are_switched_off(
        reporter):
    """A signal may come before the configuration has been read."""
    reporter.hold()
    answered = reporter.request(TRIGGER)
    reporter.context.settings = options.Settings(enabled=False)
    reporter.prepare()
    assert reporter.wait(answered, limits.EVENT_SECONDS) is None
    assert reporter.written == []


def test_report_that_fails_is_complained_of(reporter, monkeypatch, capfd):
    """On standard error, without secrets; the next one is written."""
    def fail(triggers):
        raise OSError('cannot reach amqp://u:xK9-canary@host')

    with monkeypatch.context() as patch:
        patch.setattr(reporter, '_make', fail)
        assert diagnostics.write_report(limits.EVENT_SECONDS) is None
    error = capfd.readouterr().err
    assert error.startswith(f'Diagnostic report of pid {os.getpid()} failed')
    assert 'amqp://u:***@host' in error
    assert 'canary' not in error
    reporter._last_start = float('-inf')
    assert diagnostics.write_report(limits.EVENT_SECONDS) == 'id-1'


@pytest.mark.parametrize('what', ['write_stderr', 'extract_tb'])
def test_complaint_that_fails_is_none(reporter, monkeypatch, capfd, what):
    """Who complains goes on, and says what can be said."""
    def refuse(*args, **named):
        raise RuntimeError('somebody has replaced it')

    monkeypatch.setattr(
        *((journal, what) if what == 'write_stderr' else (traceback, what)),
        refuse)
    try:
        raise OSError('no report')
    except OSError:
        reporter.complain()
    error = capfd.readouterr().err
    if what == 'extract_tb':
        assert error.endswith('OSError: no report\n')
    else:
        assert error == ''


def test_report_that_hangs_says_where(reporter, monkeypatch, capfd):
    """Where one more is asked for: what of somebody's never returned."""
    begun, go_on = threading.Event(), threading.Event()

    def somebodys_callback(triggers):
        begun.set()
        go_on.wait(limits.EVENT_SECONDS)

    monkeypatch.setattr(reporter, '_make', somebodys_callback)
    reporter.request(TRIGGER)
    assert begun.wait(limits.EVENT_SECONDS)
    reporter.request(TRIGGER)
    assert capfd.readouterr().err == ''
    monkeypatch.setattr(reporters, 'UNDER_WAY_SECONDS', 0)
    answered = reporter.request(TRIGGER)
    error = capfd.readouterr().err
    go_on.set()
    reporter.wait(answered, limits.EVENT_SECONDS)
    assert 'has been under way' in error
    assert 'in somebodys_callback\n' in error
    assert 'in test_report_that_hangs_says_where\n' in error


class Gate:
    """A lock that notes for how long it was waited for."""

    def __init__(self):
        self._lock = threading.Lock()
        self.locked = self._lock.locked
        self.release = self._lock.release
        self.waited = []

    def acquire(self, blocking=True, timeout=-1):
        """Note it, and do as ever."""
        self.waited.append(timeout if blocking else 0)
        return self._lock.acquire(blocking, timeout)


def test_fork_waits_once_for_an_import_that_hangs(reporter, monkeypatch):
    """The first costs the daemon some seconds, the others nothing."""
    monkeypatch.setattr(reporters, 'IMPORT_SECONDS_MAX', 0.1)
    gate = Gate()
    monkeypatch.setattr(reporter, '_import_gate', gate)
    gate._lock.acquire()
    for _ in range(3):
        reporter.before_fork()
        reporter.after_fork_in_parent()
    assert gate.waited == [0.1, 0, 0]
    gate.release()
    reporter.before_fork()
    assert gate.locked()
    reporter.after_fork_in_parent()
    assert not gate.locked()


def test_report_is_written_where_no_thread_can_be_had(reporter, monkeypatch):
    """Whatever Python raises then; and the next one is written too."""
    def start(self):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, 'start', start)
        assert diagnostics.write_report(limits.EVENT_SECONDS) == 'id-1'
    reporter._last_start = float('-inf')
    assert diagnostics.write_report(limits.EVENT_SECONDS) == 'id-2'


def test_report_switched_off_asks_nobody(reporter, monkeypatch):
    """Nobody is kept waiting for what will not come."""
    asked = []
    monkeypatch.setattr(reporter, 'request', asked.append)
    reporter.context.settings = options.Settings(enabled=False)
    assert diagnostics.write_report(limits.EVENT_SECONDS) is None
    assert asked == []


def test_triggers_that_wait_share_a_report(reporter):
    """One after the other is answered, by one report."""
    reporter.hold()
    answered = [reporter.request(TRIGGER) for _ in range(3)]
    reporter.prepare()
    assert {reporter.wait(number, limits.EVENT_SECONDS)
            for number in answered} == {'id-1'}
    assert reporter.written == [[TRIGGER] * 3]


def test_trigger_during_a_report_has_the_next_one(reporter, monkeypatch):
    """The one that runs may have looked before the trigger came."""
    begun, go_on = queue.SimpleQueue(), queue.SimpleQueue()

    def write(triggers):
        begun.put(triggers)
        return go_on.get(timeout=limits.EVENT_SECONDS)

    monkeypatch.setattr(reporter, '_make', write)
    reporter.request(TRIGGER)
    assert begun.get(timeout=limits.EVENT_SECONDS) == [TRIGGER]
    waiting = []
    answered = reporter.request(TRIGGER)
    thread = threading.Thread(target=lambda: waiting.append(
        reporter.wait(answered, limits.EVENT_SECONDS)))
    thread.start()
    go_on.put('first')
    assert begun.get(timeout=limits.EVENT_SECONDS) == [TRIGGER]
    # the first has been written
    thread.join(0.5)
    assert waiting == []
    go_on.put('second')
    thread.join(limits.EVENT_SECONDS)
    assert waiting == ['second']


def test_reports_keep_their_interval(reporter, monkeypatch):
    """From start to start; what comes meanwhile waits, and is not lost."""
    reporter.context.settings = options.Settings(
        minimum_interval_seconds=0.5)
    starts = []

    def write(triggers):
        starts.append(reporter._last_start)
        return f'id-{len(starts)}'

    monkeypatch.setattr(reporter, '_make', write)
    for count in (1, 2, 3):
        assert diagnostics.write_report(limits.EVENT_SECONDS) == f'id-{count}'
    assert all(later - earlier >= 0.5 for earlier, later
               in zip(starts, starts[1:], strict=False))


def test_report_waits_until_the_daemon_is_imported(reporter):
    """Two imports at once could meet a module that is not finished."""
    reporter.hold()
    answered = reporter.request(TRIGGER)
    assert reporter.wait(answered, 0.5) is None
    assert reporter.written == []
    reporter.prepare()
    assert reporter.wait(answered, limits.EVENT_SECONDS) == 'id-1'


def test_daemon_whose_import_hangs_has_a_report(reporter, monkeypatch):
    """It is wanted most of all."""
    monkeypatch.setattr(reporters, 'LOAD_SECONDS_MAX', 0.1)
    reporter.hold()
    assert reporter.wait(reporter.request(TRIGGER),
                         limits.EVENT_SECONDS) == 'id-1'


def test_what_reports_need_is_imported_beforehand():
    """In a process of its own: here it has been imported already."""
    done = subprocess.run(
        [sys.executable, '-c', '''
import sys
from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics.daemon import reporter
made = reporter.Reporter(process.Daemon('example'), None)
before = [name in sys.modules for name in reporter.IMPORTED]
made.prepare()
print(any(before), all(name in sys.modules for name in reporter.IMPORTED))
'''], capture_output=True, text=True, check=True,
        timeout=limits.EVENT_SECONDS)
    assert done.stdout.split() == ['False', 'True']


def test_preparing_that_fails_is_logged(reporter, monkeypatch, caplog):
    """The daemon goes on; the first report tries again."""
    monkeypatch.setattr(reporters, 'IMPORTED', ('nosuch_module',))
    reporter.hold()
    reporter.prepare()
    assert 'nosuch_module' in caplog.text
    assert diagnostics.write_report(limits.EVENT_SECONDS) == 'id-1'


def test_preparing_waits_for_no_import(reporter):
    """One that hangs must not hold up the daemon."""
    with reporter.context.import_gate:
        reporter.prepare()
