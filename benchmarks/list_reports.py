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

"""What it costs to list reports, against journalctl finding their entries.

Builds a journal of a million entries of other services with a thousand
reports among them, by systemd-journal-remote, and reads it in turns with
"ceilometer-diagnostics list" and with "journalctl REPORT=1 -o cat". Needs
1.5 GB of disk for the time being. Exit status 1 if listing takes more than
twice as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report
import harness

REMOTE = '/lib/systemd/systemd-journal-remote'
RATIO_MAX = 2.0
TIME_USEC = 1795000000 * 1_000_000
SECTIONS = ('package', 'threads', 'green-threads', 'asyncio-tasks',
            'processes', 'configuration', 'logging', 'resources')


def entry(number: int, unit: str, pid: int,
          fields: Mapping[str, str]) -> bytes:
    """An entry in the journal's export format, journald's fields included."""
    when = TIME_USEC + number * 1000
    chunks = []
    for name, value in {
            '__REALTIME_TIMESTAMP': str(when),
            '__MONOTONIC_TIMESTAMP': str(10**6 + number * 1000),
            '_BOOT_ID': 'b' * 32, '_MACHINE_ID': 'c' * 32,
            '_HOSTNAME': 'controller', '_TRANSPORT': 'journal',
            '_PID': str(pid), '_UID': '998', '_GID': '998',
            '_COMM': 'ceilometer-poll', '_EXE': '/usr/bin/python3.11',
            '_CMDLINE': '/usr/bin/python3 /usr/bin/ceilometer-polling',
            '_SYSTEMD_CGROUP': f'/system.slice/{unit}',
            '_SYSTEMD_UNIT': unit, '_SYSTEMD_SLICE': 'system.slice',
            '_SYSTEMD_INVOCATION_ID': 'd' * 32, '_CAP_EFFECTIVE': '0',
            '_SOURCE_REALTIME_TIMESTAMP': str(when), **fields}.items():
        data = value.encode()
        mark = b'\n' + len(data).to_bytes(8, 'little') if (
            b'\n' in data) else b'='
        chunks.append(name.encode() + mark + data + b'\n')
    return b''.join(chunks) + b'\n'


def entries(others: int, reports: int) -> Iterator[bytes]:
    """Entries of other services, and reports at even distances."""
    chance = random.Random(1)
    texts = ['\n'.join(
        f'  File "/usr/lib/python3/{chance.randrange(10**6)}.py", '
        f'line {line}, in function_{line}' for line in range(60))
        for _ in range(50)]
    number = 0
    for other in range(others):
        yield entry(number, f'other-{other % 20}.service', 500 + other % 300, {
            'PRIORITY': '6', 'SYSLOG_IDENTIFIER': 'other',
            'MESSAGE': f'request {chance.getrandbits(64):x} took '
            f'{other % 97} ms'})
        number += 1
        if other % (others // reports) == 0:
            for fields in one_report(chance, texts):
                yield entry(number, 'ceilometer-polling.service',
                            1000 + other % 9, fields)
                number += 1


def one_report(chance: random.Random,
               texts: list[str]) -> Iterator[dict[str, str]]:
    """The fields of the entries of a report of some 50 KB."""
    header = report.Header(
        id=f'{chance.getrandbits(128):032x}', service='ceilometer-polling',
        process='worker', pid=1, worker=0, worker_name='AgentManager',
        unit='ceilometer-polling.service', trigger=report.Trigger(
            'signal', TIME_USEC, signal='SIGUSR1', sender_pid=1,
            sender_uid=0, sender_comm='systemd'))
    parts = [report.Section(name, name.title(), chance.choice(texts),
                            {'data': chance.choice(texts)})
             for name in SECTIONS]
    parts.append(report.Section('summary', 'Summary', 'all whole', {
        'sections': [{'section': part.name, 'status': 'ok', 'usec': 1,
                      'text_bytes': len(part.text), 'data_bytes': 3000}
                     for part in parts]}))
    for index, part in enumerate(parts, 1):
        yield from journal_entries.from_section(
            header, part, index, len(parts))


def build(directory: pathlib.Path, others: int, reports: int) -> None:
    """Build the journal."""
    with subprocess.Popen(
            [REMOTE, '--split-mode=none', '-o',
             str(directory / 'bench.journal'), '-'],
            stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as remote:
        assert remote.stdin is not None
        for data in entries(others, reports):
            remote.stdin.write(data)
        remote.stdin.close()
        if remote.wait():
            sys.exit(f'{REMOTE} ended with {remote.returncode}')


def seconds(command: list[str]) -> float:
    """How long a command takes whose output nobody reads."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main() -> int:
    """Build, compare, print."""
    parser = harness.parser(__doc__, 7)
    parser.add_argument('--entries', type=int, default=1_000_000,
                        metavar='N', help='of other services')
    parser.add_argument('--reports', type=int, default=1_000, metavar='N')
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir='/var/tmp') as name:
        directory = pathlib.Path(name)
        build(directory, given.entries, given.reports)
        commands = {
            'journalctl REPORT=1 -o cat': [
                'journalctl', f'--directory={name}', 'REPORT=1', '-o', 'cat'],
            'ceilometer-diagnostics list': [
                harness.script('ceilometer-diagnostics'),
                f'--directory={name}', 'list'],
        }
        taken: dict[str, list[float]] = {what: [] for what in commands}
        for command in commands.values():
            seconds(command)
        for _ in range(given.pairs):
            for what, command in commands.items():
                taken[what].append(seconds(command))
    print(f'{given.reports} reports among {given.entries} other entries, '
          f'{given.pairs} pairs, medians:')
    for what, values in taken.items():
        print(f'  {what:<30} {statistics.median(values) * 1000:7.0f} ms')
    ratio = statistics.median(
        ours / theirs for theirs, ours in zip(*taken.values(), strict=True))
    print(f'  ratio {ratio:.2f}, at most {RATIO_MAX} is wanted')
    return 0 if ratio <= RATIO_MAX else 1


if __name__ == '__main__':
    sys.exit(main())
