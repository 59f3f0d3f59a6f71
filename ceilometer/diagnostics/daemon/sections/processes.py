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
    seen: list[dict[str, Any]] = []
    children = _children_by_parent()
    _walk(root, 0, children, own, seen)
    names = users.names()
    for process in seen:
        uid = process.pop('uid')
        process['user'] = None if uid is None else names.get(uid, str(uid))
    return section.Content(data={
        'root': root,
        'self': own,
        'processes': seen,
        'left_out': max(0, _count(root, children) - len(seen)),
    })


def _ancestors(pid: int) -> list[int]:
    try:
        return [parent.pid for parent in psutil.Process(pid).parents()]
    except psutil.Error:
        return []


def _children_by_parent() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for pid in psutil.pids():
        try:
            parent = psutil.Process(pid).ppid()
        except psutil.Error:
            # gone since, or hidden (hidepid, ProtectProc=)
            continue
        if pid != parent:
            children.setdefault(parent, []).append(pid)
    return children


def _walk(pid: int, depth: int, children: dict[int, list[int]], own: int,
          seen: list[dict[str, Any]]) -> None:
    if len(seen) >= PROCESSES_MAX:
        return
    seen.append({**_describe(pid), 'depth': depth, 'self': pid == own})
    for child in sorted(children.get(pid, ())):
        _walk(child, depth + 1, children, own, seen)


def _count(pid: int, children: dict[int, list[int]]) -> int:
    return 1 + sum(_count(child, children) for child in children.get(pid, ()))


def _describe(pid: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        'pid': pid, 'parent': None, 'uid': None, 'state': 'vanished',
        'name': None, 'command': [], 'started': None, 'rss_bytes': None,
        'threads': None, 'file_descriptors': None, 'cpu_seconds': None}
    try:
        process = psutil.Process(pid)
        described['started'] = datetime.datetime.fromtimestamp(
            process.create_time(), datetime.timezone.utc).isoformat(
                timespec='seconds')
    except psutil.Error:
        return described
    for key, look in (
            ('parent', process.ppid),
            ('state', process.status),
            # not username(), see users
            ('uid', lambda: process.uids().real),
            ('name', process.name),
            ('command', process.cmdline),
            ('rss_bytes', lambda: process.memory_info().rss),
            ('threads', process.num_threads),
            ('file_descriptors', process.num_fds),
            ('cpu_seconds', lambda: round(sum(process.cpu_times()[:2]), 2))):
        try:
            described[key] = look()
        except (psutil.Error, OSError):
            # a zombie has no command line, another user's process hides its
            # descriptors: what is known stays
            continue
    # setproctitle leaves one string and much padding behind it
    described['command'] = [
        argument for argument in described['command'] or [] if argument]
    return described


def render(data: Any) -> str:
    """The tree, a process a line with its command below."""
    lines = [f'Processes from pid {data["root"]} down: '
             f'{len(data["processes"])}']
    for process in data['processes']:
        indent = '  ' * process['depth']
        words = [f'pid {process["pid"]}', f'parent {process["parent"]}']
        if process['state'] == 'vanished':
            lines.append(f'{indent}{words[0]}, vanished')
            continue
        words += [str(process['state']), f'user {process["user"]}',
                  f'started {process["started"]}']
        if process['rss_bytes'] is not None:
            words.append(f'{process["rss_bytes"] / 2**20:.1f} MiB')
        for key, unit in (('threads', 'threads'),
                          ('file_descriptors', 'file descriptors'),
                          ('cpu_seconds', 's of CPU')):
            if process[key] is not None:
                words.append(f'{process[key]} {unit}')
        mark = '  <-- this process' if process['self'] else ''
        lines.append(indent + ', '.join(words) + mark)
        command = ' '.join(process['command']) or f'[{process["name"]}]'
        lines.append(f'{indent}  {command}')
    if data['left_out']:
        lines.append(f'[… {data["left_out"]} processes left out]')
    return '\n'.join(lines)
