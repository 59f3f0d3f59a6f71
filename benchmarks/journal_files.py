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

"""Builds journal files for the benchmarks of the command.

systemd-journal-remote makes a journal file of entries in the export format,
journald's own fields included; so no journald has to run.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import pathlib
import random
import resource
import subprocess
import sys
import time

from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report

REMOTE = '/lib/systemd/systemd-journal-remote'
TIME_USEC = 1795000000 * 1_000_000
SECTIONS = ('package', 'threads', 'green-threads', 'asyncio-tasks',
            'processes', 'configuration', 'logging', 'resources')


def entry(number: int, unit: str | None, pid: int,
          fields: Mapping[str, str], host: int = 0) -> bytes:
    """An entry in the journal's export format, journald's fields included.

    :param number: its place in time
    :param unit: the unit that sends it, None outside of one
    :param pid: the process
    :param fields: what the process sends
    :param host: number of the machine
    """
    when = TIME_USEC + number * 1000
    of_unit = {} if unit is None else {
        '_SYSTEMD_CGROUP': f'/system.slice/{unit}', '_SYSTEMD_UNIT': unit,
        '_SYSTEMD_SLICE': 'system.slice',
        '_SYSTEMD_INVOCATION_ID': 'd' * 32}
    chunks = []
    for name, value in {
            '__REALTIME_TIMESTAMP': str(when),
            '__MONOTONIC_TIMESTAMP': str(10**6 + number * 1000),
            '_BOOT_ID': f'{host:08x}' + 'b' * 24,
            '_MACHINE_ID': f'{host:08x}' + 'c' * 24,
            '_HOSTNAME': f'host-{host}', '_TRANSPORT': 'journal',
            '_PID': str(pid), '_UID': '998', '_GID': '998',
            '_COMM': 'ceilometer-poll', '_EXE': '/usr/bin/python3.11',
            '_CMDLINE': '/usr/bin/python3 /usr/bin/ceilometer-polling',
            '_CAP_EFFECTIVE': '0', '_SOURCE_REALTIME_TIMESTAMP': str(when),
            **of_unit, **fields}.items():
        data = value.encode()
        mark = b'\n' + len(data).to_bytes(8, 'little') if (
            b'\n' in data) else b'='
        chunks.append(name.encode() + mark + data + b'\n')
    return b''.join(chunks) + b'\n'


def texts(chance: random.Random) -> list[str]:
    """Texts of 60 lines, as sections have them."""
    return ['\n'.join(
        f'  File "/usr/lib/python3/{chance.randrange(10**6)}.py", '
        f'line {line}, in function_{line}' for line in range(60))
        for _ in range(50)]


def one_report(chance: random.Random,
               texts: list[str]) -> Iterator[dict[str, str]]:
    """The fields of the entries of a report of some 50 KB."""
    header = report.Header(
        id=f'{chance.getrandbits(128):032x}', service='ceilometer-polling',
        process='worker', pid=1, worker=0, worker_name='AgentManager',
        unit='ceilometer-polling.service', trigger=report.Trigger(
            'signal', TIME_USEC, signal='SIGUSR1', sender_pid=1,
            sender_uid=0, sender_comm='systemd'))
    parts = [report.Section(
        name, name.title(), chance.choice(texts),
        _threads(chance) if name == 'threads'
        else {'data': chance.choice(texts)}) for name in SECTIONS]
    parts.append(report.Section('summary', 'Summary', 'all whole', {
        'sections': [{'section': part.name, 'status': 'ok', 'usec': 1,
                      'text_bytes': len(part.text), 'data_bytes': 3000}
                     for part in parts]}))
    for index, part in enumerate(parts, 1):
        yield from journal_entries.from_section(
            header, part, index, len(parts))


def _threads(chance: random.Random) -> dict[str, object]:
    """Eight threads with stacks of twelve frames; one of them moves."""
    return {'count': 8, 'without_python': [], 'stacks': [{
        'threads': [{
            'name': f'thread-{number}', 'ident': number, 'native_id': number,
            'daemon': False, 'foreground': number == 1, 'diagnostics': False,
            'state': 'waiting', 'waiting_for': 'a lock', 'cpu_seconds': 0.5,
            'kernel_function': None}],
        'frames': [{
            'file': f'/usr/lib/python3/dist-packages/package/{frame}.py',
            'line': chance.randrange(1000) if number == 8 else frame,
            'function': f'Class.function_{frame}',
            'source': 'return self.wait(timeout=timeout)'}
            for frame in range(12)]} for number in range(1, 9)]}


def build(path: pathlib.Path, entries: Iterable[bytes]) -> None:
    """Make a journal file of entries.

    Room that is not used yet costs no disk.

    :param path: of the file; ends in ``.journal``
    :param entries: in the export format
    """
    with subprocess.Popen(
            [REMOTE, '--split-mode=none', '-o', str(path), '-'],
            stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as remote:
        assert remote.stdin is not None
        for data in entries:
            remote.stdin.write(data)
        remote.stdin.close()
        if remote.wait():
            sys.exit(f'{REMOTE} ended with {remote.returncode}')
    subprocess.run(['fallocate', '--dig-holes', str(path)], check=False)


def seconds(command: list[str]) -> float:
    """How long a command takes whose output nobody reads."""
    return _run(command)[0]


def processor_seconds(command: list[str]) -> float:
    """How long a command computes, which other work does not change much."""
    return _run(command)[1]


def _run(command: list[str]) -> tuple[float, float]:
    """Run a command; gives the time that passes and that of the processor.

    What it says on standard error is not shown. A status of 1 is no error:
    "stuck" says so that no thread is.
    """
    start = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = time.perf_counter() - start
    if done.returncode not in (0, 1):
        sys.exit(f'{command}: status {done.returncode}: {done.stderr}')
    return taken, (after.ru_utime + after.ru_stime
                   - before.ru_utime - before.ru_stime)
