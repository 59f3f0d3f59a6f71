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

"""What a process uses more and more of, as its reports show it."""

from __future__ import annotations

import json
import pathlib
import typing

import pytest

from ceilometer.diagnostics import report
from tests.unit import commands
from tests.unit import exact
from tests.unit import journals

MIB = 1024


def used(rss: int = 0, descriptors: int = 0, started: float = 600.0,
         open_: dict[str, int] | None = None,
         sockets: dict[str, int] | None = None) -> report.Section:
    """A section of resources."""
    return report.Section('resources', 'Resources', 'x', exact.completed(
        'resources', {
            'memory_kib': {'VmRSS': rss} if rss else {},
            'armed_for_seconds': started,
            'garbage_collector': {'enabled': True},
            'file_descriptors': {
                'count': descriptors, 'by_kind': {}, 'looked_at': descriptors,
                'most_open': [{'target': target, 'count': count}
                              for target, count in (open_ or {}).items()]},
            'sockets': {'left_out': 0, 'groups': [
                {'protocol': 'tcp', 'state': 'CLOSE-WAIT', 'local': None,
                 'peer': peer, 'count': count}
                for peer, count in (sockets or {}).items()]}}))


def threads(count: int) -> report.Section:
    """A section of threads, all at one place."""
    stack = commands.thread('work', 1, 5, 'a queue')
    stack['threads'] = [{**stack['threads'][0], 'name': f'work-{number}',
                         'ident': number, 'native_id': number}
                        for number in range(1, count + 1)]
    return report.Section('threads', 'Threads', 'x', {
        'count': count, 'without_python': [], 'stacks': [stack]})


POOLS = {
    'futurist': [('/lib/futurist/_thread.py', 'ThreadWorker.run'),
                 ('/lib/futurist/_thread.py', 'ThreadWorker._wait_for_work'),
                 ('/usr/lib/python3.11/queue.py', 'Queue.get'),
                 ('/usr/lib/python3.11/threading.py', 'Condition.wait')],
    'concurrent': [('/usr/lib/python3.11/threading.py', 'Thread.run'),
                   ('/usr/lib/python3.11/concurrent/futures/thread.py',
                    '_worker')],
}
# what they look like that have something to do
BUSY = {name: [*frames[:2], ('/lib/oslo_messaging/dispatcher.py', 'dispatch')]
        for name, frames in POOLS.items()}


def pool(count: int, frames: list[tuple[str, str]]) -> report.Section:
    """Five threads, and so many of a pool."""
    made = threads(5)
    made.data['count'] += count
    made.data['stacks'].append({
        'threads': [{**made.data['stacks'][0]['threads'][0], 'ident': number,
                     'native_id': number} for number in range(9, 9 + count)],
        'frames': [{'file': file, 'line': 1, 'function': function,
                    'source': ''} for file, function in frames]})
    return made


def found(directory: pathlib.Path, capsys: pytest.CaptureFixture[str],
          before: list[report.Section], after: list[report.Section],
          seconds: float) -> dict[str, str]:
    """What ``show`` finds in the later of two reports of a process."""
    journals.write(directory / 'x.journal', [
        entry for sections, usec in ((before, 0), (after, seconds * 1e6))
        for entry in journals.entries(
            journals.make_report(sections),
            time_usec=journals.TIME_USEC + int(usec))])
    code, out, err = commands.Command(directory, capsys)('show', '--json')
    assert (code, err) == (0, '')
    told: list[dict[str, typing.Any]] = json.loads(out)['digest']
    return {one['kind']: one['text'].partition(': ')[2].partition(' [')[0]
            for one in told if one['kind']}


def test_what_grows_is_told(tmp_path: pathlib.Path,
                            capsys: pytest.CaptureFixture[str]) -> None:
    """From what to what, how fast, and what most of it is."""
    assert found(
        tmp_path, capsys,
        [threads(20), used(96 * MIB, 40, open_={'/a': 1, 'socket': 3},
                           sockets={'10.0.0.1:80': 2, '10.0.0.2:80': 9})],
        [threads(70), used(146 * MIB, 100, open_={'/a': 2, 'socket': 62},
                           sockets={'10.0.0.1:80': 52, '10.0.0.2:80': 10})],
        60) == {
        'memory-growing': 'memory has grown from 96 to 146 MiB in 60 s, 50 '
        'MiB a minute',
        'threads-growing': 'the number of threads has grown from 20 to 70 in '
        '60 s, 50 a minute; 70 stand at the same place, such as "work-1"',
        'descriptors-growing': 'the number of open file descriptors has grown '
        'from 40 to 100 in 60 s, 60 a minute; 50 more are tcp CLOSE-WAIT to '
        '10.0.0.1:80'}


def listener(waiting: int) -> report.Section:
    """A listener with so many messages that wait."""
    return report.Section('notifications', 'N', 'x', exact.completed(
        'notifications', {'state': 'listening', 'listeners': [
            {'host': 'mq:5672', 'virtual_host': '/', 'waiting': waiting,
             'queues': ['notifications.sample']}]}))


def test_messages_that_wait_are_told(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """More and more of them: the listener is too slow."""
    assert found(tmp_path, capsys, [used(), listener(20)],
                 [used(), listener(320)], 60) == {
        'queue-growing': 'the messages that wait to be taken by the listener '
        'of notifications.sample have grown from 20 to 320 in 60 s, 300 a '
        'minute'}


def pools(**waiting: int) -> report.Section:
    """Pools of four threads, with so much work that waits, by name."""
    made = threads(5)
    made.data['pools'] = [
        {'thread': f'{name}_0', 'threads': 4, 'waiting': count}
        for name, count in waiting.items()]
    return made


def test_work_that_waits_for_a_pool_is_told(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the pool where it piles up; not of the other."""
    assert found(tmp_path, capsys, [used(), pools(slow=20, other=300)],
                 [used(), pools(other=310, slow=320)], 60) == {
        'queue-growing': 'the work that waits for a pool of 4 threads, such '
        'as "slow_0", has grown from 20 to 320 pieces in 60 s, 300 a minute'}


def test_report_of_before_has_no_pools(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is compared nevertheless."""
    assert list(found(tmp_path, capsys, [used(), threads(5)],
                      [used(), pools(slow=320)], 60)) == ['queue-growing']
    assert found(tmp_path, capsys, [used(), pools(slow=320)],
                 [used(), threads(5)], 60) == {}


@pytest.mark.parametrize(('first', 'last'), [(20, 119), (900, 1000),
                                             (320, 20)])
def test_messages_come_and_go(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        first: int, last: int) -> None:
    """That is no growth."""
    assert found(tmp_path, capsys, [used(), listener(first)],
                 [used(), listener(last)], 60) == {}


def test_slow_growth_is_told_if_it_doubles_what_is_used(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A rate of less than 1 says nothing."""
    assert found(tmp_path, capsys, [used(100 * MIB)], [used(200 * MIB)],
                 86400 * 3) == {
        'memory-growing': 'memory has grown from 100 to 200 MiB in 3 d'}


@pytest.mark.parametrize(('before', 'after', 'seconds'), [
    # less than anybody would look at
    ([used(90 * MIB)], [used(105 * MIB)], 10),
    # slow
    ([used(90 * MIB)], [used(130 * MIB)], 3600),
    ([used(130 * MIB)], [used(90 * MIB)], 10),
    ([used(descriptors=900)], [used(descriptors=1000)], 10),
    ([used(descriptors=10)], [used(descriptors=39)], 10),
    ([threads(40), used()], [threads(59), used()], 10),
    ([threads(60), used()], [threads(85), used()], 10),
    # nothing is known
    ([threads(1)], [used(900 * MIB)], 10),
    ([used()], [used(900 * MIB, 900)], 10),
])
def test_what_is_no_growth(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        before: list[report.Section], after: list[report.Section],
        seconds: float) -> None:
    """Healthy daemons use now more, now less."""
    kinds = found(tmp_path, capsys, before, after, seconds)
    if before[0].data.get('file_descriptors', {}).get('count') == 0 and (
            after[0].data['file_descriptors']['count'] == 900):
        kinds.pop('descriptors-growing')
    assert kinds == {}


@pytest.mark.parametrize(('seconds', 'told'), [(29.0, False), (31.0, True)])
def test_a_daemon_that_starts_grows(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        seconds: float, told: bool) -> None:
    """It imports its plugins, and works for the first time."""
    kinds = found(tmp_path, capsys, [used(60 * MIB, started=seconds)],
                  [used(120 * MIB)], 10)
    assert ('memory-growing' in kinds) is told


@pytest.mark.parametrize('name', POOLS)
def test_a_pool_that_fills_is_no_growth(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        name: str) -> None:
    """Its threads wait for work; those that work, or very many, grow."""
    for number, (frames, count, told) in enumerate((
            (POOLS[name], 128, False), (POOLS[name], 300, True),
            (BUSY[name], 64, True))):
        directory = tmp_path / str(number)
        directory.mkdir()
        kinds = found(directory, capsys, [threads(5), used()],
                      [pool(count, frames), used()], 25)
        assert ('threads-growing' in kinds) is told, (number, kinds)
