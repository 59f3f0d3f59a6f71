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

import math
import types

import pytest

from ceilometer.diagnostics.daemon import make_report
from ceilometer.diagnostics.daemon import options
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import section_table
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
