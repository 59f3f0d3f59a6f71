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

"""Finds what is about to run out: memory, threads, descriptors.

Works on what the sections have collected. Runs in the thread that collects.
"""

from __future__ import annotations

from collections.abc import Iterator
import os

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import descriptors
from ceilometer.diagnostics.daemon import sockets
from ceilometer.diagnostics import findings

#: A limit is near where so much of it is in use.
NEAR_SHARE = 0.8

#: From so many threads on their number is unusual: the largest pools of a
#: healthy daemon have 64.
THREADS_MANY = 500

#: So many connections that only the peer has closed are a leak.
NOT_CLOSED_MANY = 20

#: Ended children are taken up in a moment; so many are forgotten.
ZOMBIES_MANY = 3

#: So much memory, KiB, and more than is in use, has to be swapped out: what
#: rests for long is swapped out on a healthy host, too.
SWAPPED_KIB_MANY = 64 * 1024

_NAMED_MAX = 3

# Where the standard library stands; installed packages may be below it.
_LIBRARY = os.path.dirname(os.__file__) + os.sep

# A daemon that has used up so much of its descriptors fails already.
_USED_UP_SHARE = 0.99


def of_resources(data: contents.Resources) -> list[contents.Finding]:
    """What the process has little left of.

    :param data: of section ``resources``, masked and escaped
    """
    return [*_connections(data), *_descriptors(data), *_memory(data),
            *_processes_of_unit(data), *_swapped(data), *_not_freed(data)]


def of_threads(data: contents.Threads) -> list[contents.Finding]:
    """Whether there are more threads than a daemon needs.

    :param data: of section ``threads``, masked and escaped
    """
    if data['count'] < THREADS_MANY or not data['stacks']:
        return []
    most = max(data['stacks'], key=lambda stack: len(stack['threads']))
    frame = _telling(most['frames'])
    where = '' if frame is None else (
        f'; {len(most["threads"])} of them stand at {frame["file"]}:'
        f'{frame["line"]} in {frame["function"]}')
    name = next((thread['name'] for thread in most['threads']
                 if thread['name']), None)
    return [findings.finding(
        'threads-many', f'{data["count"]} threads are running{where}',
        thread=name)]


def _telling(frames: list[contents.Frame | contents.LeftOut],
             ) -> contents.Frame | None:
    """The innermost frame that is not one of Python's own library."""
    copied = [frame for frame in frames if 'left_out' not in frame]
    others = [frame for frame in copied
              if not frame['file'].startswith(_LIBRARY)
              or '-packages/' in frame['file']]
    found = others or copied
    return found[-1] if found else None


def of_processes(data: contents.Processes) -> list[contents.Finding]:
    """Whether children that have ended were forgotten.

    :param data: of section ``processes``, masked and escaped
    """
    # each process tells of its own
    names = [process['name'] or '?' for process in data['processes']
             if process['state'] == contents.ZOMBIE
             and process['parent'] == data['self']]
    if len(names) < ZOMBIES_MANY:
        return []
    different = sorted(set(names))
    return [findings.finding(
        'zombies', f'{len(names)} child processes have ended, but this '
        'process has not taken up their exit status: '
        + ', '.join(different[:_NAMED_MAX])
        + (' and others' if len(different) > _NAMED_MAX else ''))]


def _connections(data: contents.Resources) -> Iterator[contents.Finding]:
    told = data.get('sockets')
    for group in told['groups'] if told else ():
        if (group['state'] == contents.CLOSE_WAIT
                and group['count'] >= NOT_CLOSED_MANY):
            yield findings.finding(
                'connections-not-closed',
                f'{group["count"]} connections to {group["peer"]} were closed '
                'by the peer, but this process keeps them open '
                f'({contents.CLOSE_WAIT})', peer=group['peer'])


def _descriptors(data: contents.Resources) -> Iterator[contents.Finding]:
    count = data['file_descriptors']['count']
    limit = _soft_limit(data, contents.OPEN_FILES)
    if count is None or not limit or count < NEAR_SHARE * limit:
        return
    # those for reports were given back for this one; the daemon had none
    held = descriptors.RESERVED_DESCRIPTORS
    used_up = count + held >= _USED_UP_SHARE * limit
    words = ''
    if used_up:
        words = ', none is left' if count >= _USED_UP_SHARE * limit else (
            f', and {held} are held in reserve for reports: none is left')
    yield findings.finding(
        'descriptors-near-limit',
        f'{count} of {limit} file descriptors are open{words}'
        + _most_open(data),
        severity=findings.ERROR if used_up else None)


def _most_open(data: contents.Resources) -> str:
    told = data['file_descriptors'].get('most_open') or []
    if not told:
        return ''
    target, count = told[0]['target'], told[0]['count']
    found = data.get('sockets')
    if target == 'socket' and found and found['groups']:
        group = found['groups'][0]
        return f'; {group["count"]} of them {sockets.describe(group)}'
    return f'; {count} of them {target}'


def _memory(data: contents.Resources) -> Iterator[contents.Finding]:
    group = data['control_group']
    killed = _event(group.get(contents.MEMORY_EVENTS, ''), 'oom_kill')
    if killed:
        yield findings.finding(
            'killed-for-memory', 'the kernel has killed '
            f'{findings.count(killed, "process", "processes")} of this unit '
            'since it was started, because its memory was used up')
    memory = data['memory_kib']
    address_space = _soft_limit(data, contents.ADDRESS_SPACE)
    size = memory.get(contents.SIZE)
    if address_space and size and size * 1024 >= NEAR_SHARE * address_space:
        yield findings.finding(
            'memory-near-limit', f'{_mib(size * 1024)} of '
            f'{_mib(address_space)} of address space are in use (the limit '
            'RLIMIT_AS)')
    used = _number(group.get(contents.MEMORY_ANON))
    for name in ('memory.high', 'memory.max'):
        limit = _number(group.get(name))
        if limit and used is not None and used >= NEAR_SHARE * limit:
            own = memory.get(contents.RSS)
            yield findings.finding(
                'memory-near-limit', f'{_mib(used)} of {_mib(limit)} of '
                f'memory are in use by this unit (its {name})' + (
                    f'; {_mib(own * 1024)} by this process' if own else ''))
            return


def _processes_of_unit(
        data: contents.Resources) -> Iterator[contents.Finding]:
    group = data['control_group']
    count = _number(group.get('pids.current'))
    limit = _number(group.get('pids.max'))
    if count is None or not limit or count < NEAR_SHARE * limit:
        return
    own = data['memory_kib'].get('Threads')
    yield findings.finding(
        'threads-near-limit', f'{count} of {limit} threads and processes of '
        'this unit are in use (its pids.max)'
        + (f'; {own} of them are threads of this process' if own else ''))


def _swapped(data: contents.Resources) -> Iterator[contents.Finding]:
    memory = data['memory_kib']
    swapped, used = memory.get(contents.SWAPPED), memory.get(contents.RSS)
    if swapped and used is not None and swapped > max(
            used, SWAPPED_KIB_MANY):
        yield findings.finding(
            'memory-swapped', f'{_mib(swapped * 1024)} of the memory of this '
            f'process are swapped out, {_mib(used * 1024)} are in use')


def _not_freed(data: contents.Resources) -> Iterator[contents.Finding]:
    collector = data['garbage_collector']
    if not collector['enabled']:
        yield findings.finding('garbage-collector-off',
                               'the garbage collector is switched off')
    if collector['uncollectable']:
        number = findings.count(collector['uncollectable'], 'object')
        yield findings.finding('objects-not-freed', f'{number} cannot be '
                               'freed by the garbage collector')


def _soft_limit(data: contents.Resources, name: str) -> int | None:
    limits = data['limits'].get(name)
    return limits[0] if limits else None


def _event(text: str, name: str) -> int:
    for event in text.split('; '):
        key, _, number = event.partition(' ')
        if key == name:
            return _number(number) or 0
    return 0


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _mib(size: int) -> str:
    return f'{size / 1024 / 1024:,.0f} MiB'
