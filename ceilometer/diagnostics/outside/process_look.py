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

"""What /proc tells of another process, beside its threads.

What /proc hides from who runs the command is named.
"""

from __future__ import annotations

import collections
import os
import pathlib
import re
import signal
import time

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.outside import proc_files
from ceilometer.diagnostics.secrets import redact

#: So many descriptors are looked at; a leak may have hundreds of thousands.
DESCRIPTORS_MAX = 20_000

#: So many children, and so many replaced files, are named.
NAMED_MAX = 20

#: So much is read of the list of files that a process has loaded.
_MAPS_BYTES_MAX = 4 * 1024 * 1024

_PROC = pathlib.Path('/proc')
_CGROUP = pathlib.Path('/sys/fs/cgroup')
_SIGNALS = {'pending': ('SigPnd', 'ShdPnd'), 'blocked': ('SigBlk',),
            'ignored': ('SigIgn',), 'caught': ('SigCgt',)}
_MEMORY = ('VmSize', 'VmHWM', 'VmRSS', 'RssAnon', 'VmSwap')
_CGROUP_FILES = ('memory.current', 'memory.max', 'memory.high',
                 'memory.events', 'pids.current', 'pids.max', 'cpu.max',
                 'cgroup.events')
_DELETED = ' (deleted)'


def collect(pid: int) -> contents.Outside:
    """Read what there is of a process; takes milliseconds.

    Its threads, its stacks and what is unusual are not in it yet.

    :param pid: the process
    :raises FileNotFoundError: it is gone
    :raises ProcessLookupError: the same
    """
    directory = _PROC / str(pid)
    told = proc_files.status(directory)
    hidden: list[str] = []
    groups = _text(directory / 'cgroup', hidden)
    count, limit, kinds = _descriptors(directory, hidden)
    replaced = _replaced(directory, hidden)
    try:
        age = round(time.time() - proc_files.started(pid), 1)
    except (OSError, ValueError, IndexError):
        age = None
    return {
        'pid': pid, 'state': ' '.join(told.get('State', '?').split()),
        'frozen_group': proc_files.frozen_group(groups, _CGROUP),
        'signals': {word: _signals(told, names)
                    for word, names in _SIGNALS.items()},
        'thread_count': 0, 'threads': [], 'threads_left_out': 0,
        'descriptor_count': count, 'descriptor_limit': limit,
        'descriptors_by_kind': kinds,
        'memory_kib': {name: int(told[name].split()[0]) for name in _MEMORY
                       if name in told},
        'control_group': _control_group(groups),
        'parent': int(told.get('PPid', '0')),
        'children': _children(directory, hidden),
        'age_seconds': age, 'replaced_files': replaced, 'hidden': hidden,
        'stacks_by': None, 'python_stacks': [], 'unasked_seconds': None,
        'findings': []}


def _signals(told: dict[str, str], names: tuple[str, ...]) -> list[str]:
    bits = 0
    for name in names:
        bits |= int(told.get(name, '0').strip(), 16)
    return [_signal_name(number) for number in range(1, 65)
            if bits & 1 << (number - 1)]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _text(path: pathlib.Path, hidden: list[str], most: int = 65536) -> str:
    try:
        with path.open(errors='backslashreplace') as file:
            return file.read(most)
    except PermissionError:
        hidden.append(path.name)
    except OSError:
        # it has ended, or the kernel has no such file
        pass
    return ''


def _descriptors(directory: pathlib.Path, hidden: list[str],
                 ) -> tuple[int | None, int | None, dict[str, int]]:
    limits = _text(directory / 'limits', hidden)
    found = re.search(r'^Max open files +(\d+)', limits, re.MULTILINE)
    limit = int(found[1]) if found else None
    try:
        names = os.listdir(directory / 'fd')
    except PermissionError:
        hidden.append('fd')
        return None, limit, {}
    except OSError:
        return None, limit, {}
    kinds: collections.Counter[str] = collections.Counter()
    for name in names[:DESCRIPTORS_MAX]:
        try:
            target = os.readlink(directory / 'fd' / name)
        except OSError:
            # it has been closed meanwhile
            continue
        kinds['file' if target.startswith('/') and not target.startswith(
            '/memfd:') else target.partition(':')[0].lstrip('/')] += 1
    if len(names) > DESCRIPTORS_MAX:
        kinds[contents.NOT_LOOKED_AT] = len(names) - DESCRIPTORS_MAX
    return len(names), limit, {
        redact.line(kind): count for kind, count in kinds.most_common()}


def _control_group(groups: str) -> dict[str, str]:
    told = {}
    for line in groups.splitlines():
        number, _, path = line.partition('::')
        if number != '0' or not path:
            continue
        told['path'] = redact.line(path)
        for name in _CGROUP_FILES:
            text = _text(_CGROUP / path.lstrip('/') / name, [])
            if text:
                told[name] = redact.line(', '.join(text.splitlines()))
    return told


def _children(directory: pathlib.Path, hidden: list[str],
              ) -> list[contents.OutsideChild]:
    """The children, those first that have ended and are not looked after."""
    pids: list[int] = []
    try:
        tasks = sorted(os.listdir(directory / 'task'), key=int)
    except OSError:
        return []
    for task in tasks:
        pids += map(int, _text(directory / 'task' / task / 'children',
                               hidden).split())
        if hidden[-1:] == ['children']:
            break
    children: list[contents.OutsideChild] = []
    for pid in pids:
        try:
            told = proc_files.status(_PROC / str(pid))
        except (OSError, KeyError):
            continue
        children.append({
            'pid': pid, 'name': redact.line(told.get('Name', '').strip()),
            'state': ' '.join(told.get('State', '?').split())})
    children.sort(key=lambda child: not is_zombie(child))
    return children


def is_zombie(child: contents.OutsideChild) -> bool:
    """Whether a child has ended, and nobody has asked how.

    :param child: as :func:`collect` gives it
    """
    return child['state'].startswith('Z')


def _replaced(directory: pathlib.Path, hidden: list[str]) -> list[str]:
    """Programs and libraries that were removed after it has loaded them."""
    found: dict[str, None] = {}
    try:
        program = os.readlink(directory / 'exe')
        if program.endswith(_DELETED):
            found[program.removesuffix(_DELETED)] = None
    except PermissionError:
        hidden.append('exe')
    except OSError:
        pass
    for line in _text(directory / 'maps', hidden,
                      _MAPS_BYTES_MAX).splitlines():
        words = line.split(maxsplit=5)
        # what is executable was loaded; other files may be anybody's
        if len(words) == 6 and 'x' in words[1] and (
                words[5].startswith('/') and words[5].endswith(_DELETED)
                and not words[5].startswith(('/memfd:', '/dev/zero'))):
            found[words[5].removesuffix(_DELETED)] = None
    return [redact.line(path) for path in list(found)[:NAMED_MAX]]
