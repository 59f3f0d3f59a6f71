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

"""Section ``processes``: the processes of the service, as a tree."""

from __future__ import annotations

import datetime
import os
from typing import Any

import psutil

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import users
from ceilometer.diagnostics import pauses

#: How many processes are told of; a daemon has tens at most.
PROCESSES_MAX = 500

#: Where more other processes have the same parent, the report of one of them
#: leaves them out: it would take as long, and as much of the journal, as all
#: the rest, in each of them. That of the parent tells of all.
OTHERS_MAX = 16

#: Of a process with more threads, these are not asked for its children.
THREADS_MAX = 64

#: So many processes above this one its master is looked for.
ANCESTORS_MAX = 100

#: How much is read of the line that the kernel has of a process.
STAT_BYTES_MAX = 4096


def collect(context: section.Context) -> section.Content:
    """Look at the daemon's tree, from its master down."""
    own = os.getpid()
    line = _line(own, context.daemon.root_pid)
    tree, left_out = _tree(line)
    describer = _Describer(own)
    seen = tree[:PROCESSES_MAX]
    data: contents.Processes = {
        'root': line[0],
        'self': own,
        'processes': [describer.describe(*one) for one in seen],
        'left_out': left_out + len(tree) - len(seen),
    }
    return section.Content(data=data)


def _line(own: int, master: int) -> list[int]:
    """From the master down to this process; it alone if none is above it."""
    line = [own]
    for _ in range(ANCESTORS_MAX):
        pid = _parent(line[0])
        if not pid:
            break
        line.insert(0, pid)
        if pid == master:
            return line
    return [own]


def _tree(line: list[int]) -> tuple[list[tuple[int, int]], int]:
    """The processes from one down, each with its depth.

    :param line: from that one down to this process
    :returns: besides, how many children of others were left out
    """
    children = _Children()
    tree = []
    known = set()
    left_out = 0
    left = [(line[0], 0)]
    while left:
        pid, depth = left.pop()
        # not for ever, if a number was given to another process meanwhile
        if pid in known:
            continue
        known.add(pid)
        tree.append((pid, depth))
        found = children.of(pid)
        if pid in line[:-1]:
            others = [child for child in found if child not in line]
            if len(others) > OTHERS_MAX:
                left_out += len(others)
                found = [child for child in found if child in line]
        left += [(child, depth + 1) for child in sorted(found, reverse=True)]
    return tree, left_out


class _Children:
    """Finds the children of processes.

    The kernel lists those of each thread. Where it does not, or where one has
    many threads, the parents of all processes of the host are looked at, which
    takes milliseconds. Not by psutil, which needs more of /proc than some
    units have (ProcSubset=).
    """

    def __init__(self) -> None:
        self._of_all: dict[int, list[int]] | None = None

    def of(self, pid: int) -> list[int]:
        """The children of a process that can be seen."""
        if self._of_all is None:
            listed = _listed(pid)
            # of a process that ends, the list may end too early
            if listed is not None and listed == _listed(pid):
                return [child for child in listed if _parent(child) == pid]
            self._of_all = _children_of_all()
        return self._of_all.get(pid, [])


def _listed(pid: int) -> list[int] | None:
    """The children of a process by its threads; None if not known."""
    pauses.pause()
    tasks = f'/proc/{pid}/task'
    try:
        threads = os.listdir(tasks)
        if len(threads) > THREADS_MAX:
            return None
        found: list[int] = []
        for thread in threads:
            # a kernel may be made without it
            with open(f'{tasks}/{thread}/children', 'rb', 0) as file:
                found += map(int, file.read().split())
    except OSError:
        return None
    return found


def _children_of_all() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for name in os.listdir('/proc'):
        pauses.pause()
        if name.isdecimal():
            parent = _parent(int(name))
            if parent is not None:
                children.setdefault(parent, []).append(int(name))
    return children


def _parent(pid: int | None) -> int | None:
    """The parent of a process; None if it is gone, or hidden."""
    # hidepid, ProtectProc=
    try:
        descriptor = os.open(f'/proc/{pid}/stat', os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        stat = os.read(descriptor, STAT_BYTES_MAX)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    # a name may contain anything; the last ) ends it
    return int(stat.rpartition(b')')[2].split(None, 2)[1])


class _Describer:
    def __init__(self, own: int) -> None:
        self._own = own
        self._users = users.names()

    def describe(self, pid: int, depth: int) -> contents.Process:
        """What can be told of a process; what cannot stays None."""
        described: contents.Process = {
            'depth': depth, 'self': pid == self._own, 'pid': pid,
            'parent': None, 'user': None, 'state': contents.VANISHED,
            'name': None, 'command': [], 'started': None, 'rss_bytes': None,
            'threads': None, 'file_descriptors': None, 'cpu_seconds': None}
        try:
            process = psutil.Process(pid)
        except psutil.Error:
            return described
        except OSError:
            # older versions need /proc/stat
            return {**described, 'state': contents.HIDDEN}
        # much of it is in the same file of the kernel
        with process.oneshot():
            described.update(
                self._look(process))  # type: ignore[typeddict-item]
        return described

    def _look(self, process: psutil.Process) -> dict[str, Any]:
        looked: dict[str, Any] = {}
        for key, look in (
                ('parent', process.ppid),
                ('state', process.status),
                # needs /proc/stat
                ('started', lambda: datetime.datetime.fromtimestamp(
                    process.create_time(), datetime.timezone.utc).isoformat(
                        timespec='seconds')),
                # not username(), see users
                ('user', lambda: self._user(process.uids().real)),
                ('name', process.name),
                # setproctitle leaves one string and much padding behind it
                ('command',
                 lambda: list(filter(None, process.cmdline() or ()))),
                ('rss_bytes', lambda: process.memory_info().rss),
                ('threads', process.num_threads),
                ('file_descriptors', process.num_fds),
                ('cpu_seconds',
                 lambda: round(sum(process.cpu_times()[:2]), 2))):
            try:
                looked[key] = look()
            except (psutil.Error, OSError):
                # a zombie has no command line, another user's process hides
                # its descriptors: what is known stays
                continue
        return looked

    def _user(self, uid: int) -> str:
        return self._users.get(uid, str(uid))


def render(data: contents.Processes) -> str:
    """The tree, a process a line with its command below."""
    lines = [f'Processes from pid {data["root"]} down: '
             f'{len(data["processes"])}']
    for process in data['processes']:
        indent = '  ' * process['depth']
        words = [f'pid {process["pid"]}', f'parent {process["parent"]}']
        if process['state'] in (contents.VANISHED, contents.HIDDEN):
            lines.append(f'{indent}{words[0]}, {process["state"]}')
            continue
        words += [str(process['state']), f'user {process["user"]}']
        if process['started'] is not None:
            words.append(f'started {process["started"]}')
        if process['rss_bytes'] is not None:
            words.append(f'{process["rss_bytes"] / 2**20:.1f} MiB')
        words += [f'{value} {unit}' for value, unit in (
            (process['threads'], 'threads'),
            (process['file_descriptors'], 'file descriptors'),
            (process['cpu_seconds'], 's of CPU')) if value is not None]
        mark = '  <-- this process' if process['self'] else ''
        lines.append(indent + ', '.join(words) + mark)
        command = ' '.join(process['command']) or f'[{process["name"]}]'
        lines.append(f'{indent}  {command}')
    if data['left_out']:
        where = ('' if data['self'] == data['root'] else
                 f', see the report of pid {data["root"]}')
        lines.append(f'[… {data["left_out"]} processes left out{where}]')
    return '\n'.join(lines)
