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

#: How many processes are told of; a daemon has tens at most.
PROCESSES_MAX = 500


def collect(context: section.Context) -> section.Content:
    """Look at the daemon's tree, from its master down."""
    own = os.getpid()
    root = own
    for ancestor in _ancestors(own):
        if ancestor == context.daemon.root_pid:
            root = ancestor
    seen: list[contents.Process] = []
    children = _children_by_parent(root)
    _walk(root, 0, children, _Describer(own), seen)
    data: contents.Processes = {
        'root': root,
        'self': own,
        'processes': seen,
        'left_out': max(0, _count(root, children) - len(seen)),
    }
    return section.Content(data=data)


def _ancestors(pid: int) -> list[int]:
    try:
        return [parent.pid for parent in psutil.Process(pid).parents()]
    except psutil.Error:
        return []


def _children_by_parent(root: int) -> dict[int, list[int]]:
    """The children of each process below one."""
    children: dict[int, list[int]] = {}
    try:
        # reads each process of the host once
        below = psutil.Process(root).children(recursive=True)
    except psutil.Error:
        return {}
    for process in below:
        try:
            children.setdefault(process.ppid(), []).append(process.pid)
        except psutil.Error:
            # gone since, or hidden (hidepid, ProtectProc=)
            continue
    return children


def _walk(pid: int, depth: int, children: dict[int, list[int]],
          describer: _Describer, seen: list[contents.Process]) -> None:
    if len(seen) >= PROCESSES_MAX:
        return
    seen.append(describer.describe(pid, depth))
    for child in sorted(children.get(pid, ())):
        _walk(child, depth + 1, children, describer, seen)


def _count(pid: int, children: dict[int, list[int]]) -> int:
    return 1 + sum(_count(child, children) for child in children.get(pid, ()))


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
            described['started'] = datetime.datetime.fromtimestamp(
                process.create_time(), datetime.timezone.utc).isoformat(
                    timespec='seconds')
        except psutil.Error:
            return described
        looked: dict[str, Any] = {}
        for key, look in (
                ('parent', process.ppid),
                ('state', process.status),
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
        described.update(looked)  # type: ignore[typeddict-item]
        return described

    def _user(self, uid: int) -> str:
        return self._users.get(uid, str(uid))


def render(data: contents.Processes) -> str:
    """The tree, a process a line with its command below."""
    lines = [f'Processes from pid {data["root"]} down: '
             f'{len(data["processes"])}']
    for process in data['processes']:
        indent = '  ' * process['depth']
        words = [f'pid {process["pid"]}', f'parent {process["parent"]}']
        if process['state'] == contents.VANISHED:
            lines.append(f'{indent}{words[0]}, vanished')
            continue
        words += [str(process['state']), f'user {process["user"]}',
                  f'started {process["started"]}']
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
        lines.append(f'[… {data["left_out"]} processes left out]')
    return '\n'.join(lines)
