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

"""Other threads run while a report is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
import gc
import importlib.util
import math
import sys
import threading
import types

import greenlet
import pytest

from ceilometer.diagnostics.daemon import make_report
from ceilometer.diagnostics.daemon import options
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import section_table
from ceilometer.diagnostics.daemon.sections import asyncio_tasks
from ceilometer.diagnostics.daemon.sections import green_threads
from ceilometer.diagnostics.daemon import stacks
from ceilometer.diagnostics import data_json
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import patterns
from ceilometer.diagnostics import pauses
from ceilometer.diagnostics import report
from ceilometer.diagnostics.secrets import known_values
from ceilometer.diagnostics.secrets import recognizers
from ceilometer.diagnostics.secrets import redact


class Clock:
    """A clock on which only sleep takes time."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept = 0
        #: how long somebody else keeps the interpreter in a pause
        self.busy = 0.0

    def monotonic(self) -> float:
        """As :func:`time.monotonic`."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """As :func:`time.sleep`; one of 0 would wake up nobody."""
        assert seconds > 0
        self.slept += 1
        self.now += seconds + self.busy


@pytest.fixture
def clock(monkeypatch):
    """The clock of the pauses, while a report is made."""
    made = Clock()
    monkeypatch.setattr(pauses, 'time', types.SimpleNamespace(
        monotonic=made.monotonic, sleep=made.sleep))
    monkeypatch.setattr(pauses, '_due', math.inf)
    return made


@pytest.fixture
def counted(monkeypatch):
    """As many elements as there were places for a pause."""
    places = []
    monkeypatch.setattr(pauses, 'pause', lambda: places.append(1))
    return places


def test_report_pauses_each_time_it_has_worked(clock):
    """And not more often."""
    pauses.begin()
    for number in range(1, 4):
        pauses.pause()
        pauses.pause()
        assert clock.slept == number
        clock.now += pauses.WORK_SECONDS


def test_busy_threads_do_not_take_all_of_the_time(clock):
    """A report works for as long as they have kept the interpreter."""
    clock.busy = 40 * pauses.WORK_SECONDS
    pauses.begin()
    pauses.pause()
    assert clock.slept == 1
    clock.now += 39 * pauses.WORK_SECONDS
    pauses.pause()
    assert clock.slept == 1
    clock.now += 2 * pauses.WORK_SECONDS
    pauses.pause()
    assert clock.slept == 2


def test_nobody_pauses_for_no_report(clock):
    """The command does not, and what goes on after its report."""
    pauses.pause()
    pauses.begin()
    pauses.end()
    pauses.pause()
    assert clock.slept == 0


def test_report_that_ends_in_a_pause_has_ended(clock, monkeypatch):
    """Another thread may have made it."""
    pauses.begin()
    monkeypatch.setattr(pauses.time, 'sleep', lambda seconds: pauses.end())
    pauses.pause()
    assert pauses._due == math.inf


def test_pauses_are_for_as_long_as_a_report(monkeypatch):
    """Not for its first look, which is to see all at once."""
    due = []

    def look():
        due.append(pauses._due)

    monkeypatch.setattr(section_table, 'SECTIONS', (section.Kind(
        'threads', 'Threads',
        lambda context: section.Content(text=str(look())), snapshot=look),))
    sent = []
    monkeypatch.setattr(make_report.journal, 'send',
                        lambda entry, deadline, path: sent.append(entry))
    make_report.make(
        report_context.ReportContext(
            daemons.Daemon('example'), options.Settings()),
        [report.Trigger(fields.TRIGGER_API, 0)])
    assert len(sent) > 2
    before, meanwhile = due
    assert before == math.inf > meanwhile
    assert pauses._due == math.inf


class Looks:
    """How often Python has looked for garbage, by generation.

    It is about to look at all objects: there are many new ones of them, and
    it has often looked at some. Not where Python 3.14 looks at a part of them
    each time.
    """

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.begin()

    def begin(self) -> None:
        """Bring this about, and forget what has been seen."""
        gc.collect()
        # Python would look at all of very many meanwhile
        gc.disable()
        self._heap = [[] for _ in range(len(gc.get_objects()) // 2)]
        gc.enable()
        for _ in range(gc.get_threshold()[2] + 2):
            gc.collect(1)
        self.seen.clear()

    def note(self, phase: str, info: dict[str, int]) -> None:
        """As of :data:`gc.callbacks`."""
        if phase == 'start':
            self.seen.append(info['generation'])


@pytest.fixture
def looks():
    """What Python looks at while the test runs."""
    made = Looks()
    gc.callbacks.append(made.note)
    yield made
    gc.callbacks.remove(made.note)


@pytest.fixture
def alone():
    """The module once more: other tests may leave threads that report."""
    spec = importlib.util.spec_from_file_location('alone', pauses.__file__)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def make_objects(count: int, pause: Callable[[], None]) -> list[list[int]]:
    """As many, with a place for a pause at each."""
    made = []
    for _ in range(count):
        made.append([])
        pause()
    return made


def test_report_does_not_have_all_objects_looked_at(looks, alone):
    """That holds up all threads, for as long as there are objects."""
    alone.begin()
    assert make_objects(5000, alone.pause)
    assert set(looks.seen) == {0}
    if sys.version_info < (3, 14):
        # without a place for a pause
        assert [[] for _ in range(5000)]
        assert 2 in looks.seen


def test_frames_of_many_threads_do_not_have_all_objects_looked_at(looks):
    """Each of them becomes an object when it is looked at."""
    stop = threading.Event()
    arrived = threading.Semaphore(0)

    def wait(depth: int) -> None:
        if depth:
            wait(depth - 1)
        else:
            arrived.release()
            stop.wait()

    others = [threading.Thread(target=wait, args=(50,)) for _ in range(100)]
    for other in others:
        other.start()
        arrived.acquire()
    try:
        looks.begin()
        assert len(stacks.of_threads()) > len(others)
        assert len(looks.seen) > 3
        assert set(looks.seen) == {0}
    finally:
        stop.set()
        for other in others:
            other.join()


def test_green_threads_do_not_have_all_objects_looked_at(
        looks, monkeypatch):
    """Each has some objects in the report."""
    monkeypatch.delitem(sys.modules, 'eventlet.hubs', raising=False)
    monkeypatch.setattr(green_threads, 'HEAP_BLOCKS_MAX', 10 ** 12)
    green = [greenlet.greenlet(print) for _ in range(2000)]
    looks.begin()
    copied = green_threads.snapshot()
    assert len(copied['greenlets']) >= len(green)
    assert set(looks.seen) == {0}


def test_tasks_do_not_have_all_objects_looked_at(looks):
    """Each has some objects in the report."""
    async def look() -> int:
        tasks = [asyncio.create_task(asyncio.sleep(1000))
                 for _ in range(2000)]
        await asyncio.sleep(0)
        looks.begin()
        copied = asyncio_tasks.snapshot()
        seen = set(looks.seen)
        for task in tasks:
            task.cancel()
        assert seen == {0}
        return len(copied)

    assert asyncio.run(look()) > 2000


@pytest.mark.parametrize('switch_off', [
    gc.disable, lambda: gc.set_threshold(0), lambda: gc.set_threshold(10**6)],
    ids=['disabled', 'never', 'seldom'])
def test_garbage_is_not_looked_for_where_python_does_not(
        switch_off, looks, alone):
    """Who has said so has a reason."""
    alone.begin()
    before = gc.get_threshold()
    switch_off()
    try:
        assert make_objects(5000, alone.pause)
        assert looks.seen == []
    finally:
        gc.set_threshold(*before)
        gc.enable()


def test_garbage_is_looked_for_only_in_reports(looks, alone):
    """The command does not ask for it."""
    gc.collect(0)
    looks.seen.clear()
    few = make_objects(gc.get_threshold()[0] * 3 // 4, alone.pause)
    assert looks.seen == []
    alone.begin()
    few += make_objects(1, alone.pause)
    assert looks.seen == [0]


MANY = [{'name': f'thread {number}', 'ident': number} for number in range(500)]


@pytest.mark.parametrize(('work', 'least'), [
    (lambda: redact.Redactor().data(list(range(1000))), 40),
    (lambda: redact.Redactor().text('x' * 10 * redact.PIECE_CHARS), 10),
    (lambda: escape.data(MANY), 500),
    (lambda: data_json.encode(MANY), 500 // data_json.ELEMENTS_MAX),
    (lambda: data_json.encode('x' * 5 * data_json.CHARS_MAX), 5),
    (lambda: patterns.pattern('of this test alone').search(''), 1),
    (lambda: stacks.merge((number, ()) for number in range(500)), 500),
    (lambda: known_values.KnownValues(['two words']).find('x' * 10_000), 10),
    (lambda: list(recognizers.find('x ' * 5_000)), 50),
], ids=['values', 'text', 'lines', 'objects', 'JSON', 'patterns', 'stacks',
        'secrets', 'hints'])
def test_pauses_are_thought_of_where_much_is_done(work, least, counted):
    """However much there is."""
    work()
    assert len(counted) >= least


def test_each_recognizer_thinks_of_a_pause(counted):
    """In a long text each takes its time."""
    text = 'password = x; url: http://u:p@h/ ' * 20
    assert list(recognizers.find(text))
    # without those that were compiled
    counted.clear()
    assert list(recognizers.find(text))
    assert len(counted) > 3
