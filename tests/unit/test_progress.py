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

"""Tests of what makes no progress from one report to the next."""

from __future__ import annotations

import copy
import json
import pathlib
import typing

import pytest

from ceilometer.diagnostics import report
from tests.unit import commands
from tests.unit import exact
from tests.unit import journals

SECOND = 1_000_000
APART = 60
START = journals.TIME_USEC


def piece(kind: str, since_seconds: float, work: str = 'x of source y',
          interval: float | None = None) -> dict[str, typing.Any]:
    """A piece of work, begun so many seconds after the first report."""
    return {'kind': kind, 'work': work, 'interval_seconds': interval,
            'since_usec': int(START + since_seconds * SECOND)}


def thread(name: str, number: int, line: int = 5,
           waiting_for: str | None = 'a time to pass',
           **more: typing.Any) -> dict[str, typing.Any]:
    """A stack with a thread, which has known keys."""
    made = copy.deepcopy(commands.thread(name, number, line, waiting_for))
    made['threads'][0].update(
        {'ident': number, 'native_id': number, 'switches': 10, **more})
    return made


@pytest.fixture
def told(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
         ) -> typing.Any:
    """What the digest says of two reports with such threads."""
    def digest(first: list[typing.Any],
               second: list[typing.Any]) -> list[dict[str, typing.Any]]:
        directory = tmp_path / str(len(list(tmp_path.iterdir())))
        directory.mkdir()
        entries = []
        for number, stacks in enumerate((first, second)):
            data = exact.completed('threads', {
                'count': len(stacks), 'stacks': stacks, 'without_python': []})
            at = START + number * APART * SECOND
            made = journals.make_report(
                [report.Section('threads', 'Threads', 'x', data)])
            entries += journals.entries(made, time_usec=at)
        journals.write(directory / 'x.journal', entries)
        _, out, _ = commands.Command(directory, capsys)('show', '--json')
        return [one for one in json.loads(out)['digest']
                if one['kind'] == 'thread-without-progress']

    return digest


def test_nothing_below_a_piece_of_work_is_idle(told: typing.Any) -> None:
    """Whatever the pollster waits for."""
    works = [piece('cycle', -30), piece('poll', -20, interval=600.0)]
    both = [thread('polls', 2, works_on=works)]
    one, = told(both, both)
    assert one['text'].startswith('error: thread "polls" (2), waiting for a '
                                  'time to pass at ')
    assert ': has not moved for 1min (since report ' in one['text']
    assert ', works on x of source y since ' in one['text']
    # who works on nothing rests
    assert told([thread('rests', 2)], [thread('rests', 2)]) == []
    # and the thread of a cycle waits for its pollsters
    both = [thread('cycle', 2, works_on=works[:1])]
    assert told(both, both) == []


def test_another_piece_of_work_is_progress(told: typing.Any) -> None:
    """Though it stands at the same place, and whatever it waits for."""
    def works(since: float) -> list[typing.Any]:
        return [thread('polls', 2, 7, 'data to read', switches=10,
                       works_on=[piece('poll', since, interval=600.0)])]

    one, = told(works(-5), works(-5))
    assert 'waiting for data to read' in one['text']
    assert told(works(-5), works(30)) == []


@pytest.mark.parametrize(('kind', 'began', 'interval', 'late'), [
    ('poll', -20, 30.0, True), ('poll', -20, 600.0, False),
    ('poll', -20, None, False), ('send', -20, None, True),
    ('take', -20, None, True), ('publish', -20, None, True),
    ('send', 5, None, False), ('cycle', -20, 10.0, False)])
def test_retries_are_no_progress(told: typing.Any, kind: str, began: float,
                                 interval: float | None, late: bool) -> None:
    """If the work is late, where the thread is does not count."""
    works = [piece(kind, began, 'this', interval)]
    found = told(
        [thread('tries', 2, 5, cpu_seconds=1.0, works_on=works)],
        [thread('tries', 2, 9, 'data to read', cpu_seconds=20.0,
                switches=999, works_on=works)])
    assert len(found) == late
    if late:
        assert ': works on this since ' in found[0]['text']
        assert ', as in report ' in found[0]['text']
        assert ('the interval is 30 s' in found[0]['text']) is (
            kind == 'poll')


@pytest.mark.parametrize(('switches', 'stands'), [
    (10, True), (12, True), (13, False), (None, True)])
def test_who_gets_a_processor_does_not_stand_still(
        told: typing.Any, switches: int | None, stands: bool) -> None:
    """It loops over short sleeps, and is met in one of them."""
    found = told([thread('loops', 2, 5, 'a lock')],
                 [thread('loops', 2, 5, 'a lock', switches=switches)])
    assert bool(found) is stands


@pytest.mark.parametrize(('switches', 'seconds', 'stands'), [
    ((None, 40), (0.000301, 0.0005), True),
    ((None, 40), (0.000301, 0.0006), False),
    ((None, None), (0.03, 0.05), True),
    ((None, None), (0.03, 0.53), False),
    ((None, 40), (None, 0.0006), True),
    ((10, 10), (0.03, 0.05), True)])
def test_who_is_not_counted_stands_still_without_processor_time(
        told: typing.Any, switches: tuple[int | None, int | None],
        seconds: tuple[float | None, float], stands: bool) -> None:
    """Of one of very many is told how long it ran, until it is counted.

    Where the kernel counts none, that it ran a little says nothing.
    """
    assert bool(told(*([
        thread('loops', 2, 5, 'a lock', switches=counted, cpu_seconds=ran)]
        for counted, ran in zip(switches, seconds, strict=True)))) is stands


def awaits(number: int, ended: bool = False) -> dict[str, typing.Any]:
    """What is known of a thread that is waited for."""
    return {'name': f'thread-{number}', 'native_id': number, 'ident': number,
            'ended': ended}


def test_who_waits_for_another_is_named_with_it(told: typing.Any) -> None:
    """One line tells of the one that the others wait for."""
    both = [
        thread('holder', 2, 5, 'data to read', peer='10.0.0.5:5000'),
        thread('locked', 3, 6, 'a lock', waits_for_thread=awaits(2)),
        thread('joins', 4, 7, 'a thread to end', waits_for_thread=awaits(2)),
        thread('behind', 5, 8, 'a lock', waits_for_thread=awaits(3)),
        thread('free', 6, 9, 'a lock')]
    one, other = told(both, both)
    assert ('thread "holder" (2), waiting for data to read (peer '
            '10.0.0.5:5000) at ') in one['text']
    assert '; "locked" and 2 more wait for it [' in one['text']
    assert 'thread "free"' in other['text'] and 'for it' not in other['text']


def test_who_holds_a_lock_and_rests_is_named(told: typing.Any) -> None:
    """It is no cause that is told, but who it is."""
    both = [thread('holder', 2, 5, 'a queue'),
            thread('locked', 3, 6, 'a lock', waits_for_thread=awaits(2)),
            thread('never', 4, 7, 'a lock',
                   waits_for_thread=awaits(9, ended=True))]
    one, other = told(both, both)
    assert ('thread "locked" (3), waiting for a lock (held by "thread-2", 2) '
            'at ') in one['text']
    assert ('thread "never" (4), waiting for a lock (held by a thread that '
            'has ended) at ') in other['text']


def test_threads_that_wait_for_one_another(told: typing.Any) -> None:
    """One line tells of both."""
    both = [thread('one', 2, 5, 'a lock', waits_for_thread=awaits(3)),
            thread('two', 3, 6, 'a lock', waits_for_thread=awaits(2))]
    found, = told(both, both)
    assert 'thread "one" (2)' in found['text']
    assert '; "two" waits for it [' in found['text']
