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

"""What a process uses more and more of: two of its reports tell.

A daemon grows while it starts, and when it works for the first time; that is
no finding. So the earlier report has to be of a daemon that has run for a
moment, and growth has to be fast, or to have doubled what was in use.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import findings

#: A process that has run for less has not grown, but started.
STARTED_SECONDS = 30.0

#: Growth that is less is none.
MEMORY_KIB_MIN = 16 * 1024
THREADS_MIN = 20
DESCRIPTORS_MIN = 30
WAITING_MIN = 100

#: Growth of memory is unusual from this rate on.
MEMORY_KIB_A_MINUTE_MIN = 2 * 1024

#: Any number of these is unusual that has grown so many times.
TIMES_MIN = 1.5

_MEMORY_TIMES_MIN = 2.0

#: So many threads of pools that have nothing to do are no growth: a pool makes
#: them until it is full, 64 of them for each listener of oslo.messaging.
IDLE_IN_POOLS_MAX = 256

# Where threads of pools wait for work: file, function.
_POOLS = (('futurist/_thread.py', '_wait_for_work'),
          ('concurrent/futures/thread.py', '_worker'))

# What they call there.
_WAITING = ('queue.py', 'threading.py')


def find(before: read.Found, after: read.Found) -> list[contents.Finding]:
    """What has grown from one report of a process to a later one.

    :param before: an earlier report of the same process, whole
    :param after: the later one, whole
    """
    old = section_data.content(before.report, contents.Resources)
    new = section_data.content(after.report, contents.Resources)
    seconds = (after.time_usec - before.time_usec) / 1e6
    if (old is None or new is None or seconds <= 0
            or old['armed_for_seconds'] < STARTED_SECONDS):
        return []
    return [*_memory(old, new, seconds),
            *_threads(before.report, after.report, seconds),
            *_descriptors(old, new, seconds),
            *_queues(before.report, after.report, seconds),
            *_pools(before.report, after.report, seconds)]


def _memory(old: contents.Resources, new: contents.Resources,
            seconds: float) -> Iterator[contents.Finding]:
    first, last = (data['memory_kib'].get(contents.RSS)
                   for data in (old, new))
    if not first or not last or last - first < MEMORY_KIB_MIN:
        return
    rate = (last - first) / seconds * 60
    if rate < MEMORY_KIB_A_MINUTE_MIN and last < _MEMORY_TIMES_MIN * first:
        return
    yield findings.finding(
        'memory-growing',
        f'memory has grown from {first / 1024:,.0f} to {last / 1024:,.0f} '
        f'MiB in {findings.span(seconds)}{_rate(rate / 1024, "MiB")}')


def _threads(before: parsed.Report, after: parsed.Report,
             seconds: float) -> Iterator[contents.Finding]:
    old = section_data.content(before, contents.Threads)
    new = section_data.content(after, contents.Threads)
    if old is None or new is None or not _many(
            _without_idle(old), _without_idle(new), THREADS_MIN):
        return
    most = max(new['stacks'], key=lambda stack: len(stack['threads']),
               default=None)
    name = None
    if most is not None and most['threads']:
        name = most['threads'][0]['name']
    yield findings.finding(
        'threads-growing',
        f'the number of threads has grown from {old["count"]} to '
        f'{new["count"]} in ' + _span(old['count'], new['count'], seconds)
        + (f'; {len(most["threads"])} stand at the same place, such as '
           f'"{name}"' if most is not None and name else ''),
        thread=name)


def _without_idle(threads: contents.Threads) -> int:
    """How many there are that are not idle in a pool."""
    idle = sum(len(stack['threads']) for stack in threads['stacks']
               if _is_idle_in_pool(stack['frames']))
    return threads['count'] - min(idle, IDLE_IN_POOLS_MAX)


def _is_idle_in_pool(
        frames: Sequence[contents.Frame | contents.LeftOut]) -> bool:
    for frame in reversed(frames):
        if 'left_out' in frame:
            return False
        place = frame['file'], frame['function'].rpartition('.')[2]
        if any(place[0].endswith(file) and place[1] == function
               for file, function in _POOLS):
            return True
        if not frame['file'].endswith(_WAITING):
            return False
    return False


def _descriptors(old: contents.Resources, new: contents.Resources,
                 seconds: float) -> Iterator[contents.Finding]:
    first, last = (data['file_descriptors']['count'] for data in (old, new))
    if first is None or last is None or not _many(
            first, last, DESCRIPTORS_MIN):
        return
    grown = _most_grown(old, new)
    yield findings.finding(
        'descriptors-growing',
        f'the number of open file descriptors has grown from {first} to '
        f'{last} in ' + _span(first, last, seconds)
        + (f'; {grown}' if grown else ''))


def _queues(before: parsed.Report, after: parsed.Report,
            seconds: float) -> Iterator[contents.Finding]:
    old = section_data.content(before, contents.Notifications)
    new = section_data.content(after, contents.Notifications)
    if old is None or new is None:
        return
    waited = {_listener(one): one['waiting'] for one in old['listeners']}
    for one in new['listeners']:
        first, last = waited.get(_listener(one), 0), one['waiting']
        if _many(first, last, WAITING_MIN):
            yield findings.finding(
                'queue-growing', 'the messages that wait to be taken by the '
                f'listener of {findings.some(one["queues"]) or "no queue"} '
                f'have grown from {first} to {last} in '
                + _span(first, last, seconds), section='notifications')


def _pools(before: parsed.Report, after: parsed.Report,
           seconds: float) -> Iterator[contents.Finding]:
    old = section_data.content(before, contents.Threads)
    new = section_data.content(after, contents.Threads)
    if old is None or new is None:
        return
    waited = {one['thread']: one['waiting'] for one in old.get('pools', [])}
    for one in new.get('pools', []):
        first, last = waited.get(one['thread'], 0), one['waiting']
        if _many(first, last, WAITING_MIN):
            yield findings.finding(
                'queue-growing', 'the work that waits for a pool of '
                f'{findings.count(one["threads"], "thread")}, such as '
                f'"{one["thread"]}", has grown from {first} to {last} pieces '
                'in ' + _span(first, last, seconds), section='threads',
                thread=one['thread'])


def _listener(one: contents.Listener) -> tuple[object, ...]:
    return (one['host'], one['virtual_host'], *one['queues'])


def _many(first: int, last: int, least: int) -> bool:
    return last - first >= least and last >= TIMES_MIN * first


def _span(first: int, last: int, seconds: float) -> str:
    """In what time something has grown, and how fast: ``60 s, 5 a minute``."""
    return findings.span(seconds) + _rate((last - first) / seconds * 60)


def _rate(a_minute: float, unit: str = '') -> str:
    """``, 48 MiB a minute``; a rate below 1 says nothing."""
    if a_minute < 1:
        return ''
    return f', {a_minute:,.0f} {unit + " " if unit else ""}a minute'


def _most_grown(old: contents.Resources, new: contents.Resources) -> str:
    """What most of the new descriptors are of."""
    known = _counts(old)
    more = [(count - known.get(name, 0), name)
            for name, count in _counts(new).items()]
    count, name = max(more, default=(0, ''))
    return f'{count} more are {name}' if count > 0 else ''


def _counts(data: contents.Resources) -> dict[str, int]:
    told = {group['target']: group['count'] for group
            in data['file_descriptors'].get('most_open') or []}
    known = data.get('sockets')
    if known and known['groups']:
        told.pop('socket', None)
        for one in known['groups']:
            words = ' '.join(filter(None, (one['protocol'], one['state'])))
            peer = f' to {one["peer"]}' if one['peer'] else ''
            told[words + peer] = one['count']
    return told
