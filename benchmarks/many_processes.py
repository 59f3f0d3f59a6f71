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

"""How long all processes of a service take to answer one trigger.

Starts ceilometer-agent-notification with many workers by its own console
script and, afterwards, by "ceilometer-diagnostics run". Once all of them wait,
each process is sent the signal, as "systemctl kill" does it: SIGUSR2 for the
reports of oslo.reports, on standard error, SIGUSR1 for ours. That is done
twice. Compares when the first of what they write arrives, and the last, since
the first signal. Exit status 1 if ours takes longer until the last.

The journal is a socket where journald has its own, as in report_cost.py.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import Final

import at_rest
import harness

DAEMON: Final = 'ceilometer-agent-notification'

#: Workers of the service, each time with one master.
WORKERS: Final = (8, 64)

#: Processes are looked at so often, until they have started.
IDLE_SECONDS: Final = 1.0

#: One that starts has more than this of a processor; many that start have
#: little each, but together more than the other of all processors.
BUSY_SHARE: Final = 0.1
ALL_BUSY_SHARE: Final = 0.25

#: How long a worker may take to start where it has a processor to itself; it
#: takes three to four seconds.
START_SECONDS: Final = 30

#: A report of oslo.reports has no end: all have come where nothing has come
#: for so long.
QUIET_SECONDS: Final = 1.0

#: What each of them begins with.
HEADING: Final = b'Guru Meditation'

_PROCESSORS: Final = len(os.sched_getaffinity(0))
_SUMMARY: Final = b'REPORT_SECTION=summary\n'


class Service:
    """A service that runs.

    :param armed: whether it has diagnostics
    :param workers: how many it has
    :param directory: for its files
    :param journal: the socket that its entries come to
    """

    def __init__(self, armed: bool, workers: int, directory: str,
                 journal: socket.socket) -> None:
        side = 'armed' if armed else 'stock'
        config = harness.configure(directory, side)
        with open(config, 'a') as file:
            file.write(f'[notification]\nworkers = {workers}\n')
        self._armed = armed
        self._journal = journal
        self._output, theirs = os.pipe()
        self._process = subprocess.Popen(
            [*([harness.script('ceilometer-diagnostics'), 'run', DAEMON]
               if armed else [harness.script(DAEMON)]),
             '--config-file', config],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.pids = self._wait_idle(workers)

    def _wait_idle(self, workers: int) -> list[int]:
        before: dict[int, float] = {}
        deadline = (time.monotonic() + harness.TIMEOUT
                    + workers * START_SECONDS / _PROCESSORS)
        while True:
            time.sleep(IDLE_SECONDS)
            pids = [self._process.pid, *at_rest.children(self._process.pid)]
            now = {pid: _run_seconds(pid) for pid in pids}
            had = [now[pid] - before.get(pid, 0) for pid in pids]
            before = now
            busy = (max(had) > BUSY_SHARE * IDLE_SECONDS or sum(had)
                    > ALL_BUSY_SHARE * IDLE_SECONDS * _PROCESSORS)
            if len(pids) > workers and not busy:
                return pids
            if time.monotonic() > deadline:
                raise harness.BenchmarkError(
                    f'{DAEMON}: {workers} workers do not wait: '
                    f'{len(pids) - 1} use {sum(had):.1f} s of a processor a '
                    'second')

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._output)

    def ask(self) -> tuple[float, float]:
        """Send all of them the signal.

        :returns: milliseconds until the first and until the last has come
        """
        start = time.monotonic()
        for pid in self.pids:
            os.kill(pid, signal.SIGUSR1 if self._armed else signal.SIGUSR2)
        first, last = self._entries() if self._armed else self._text()
        return (first - start) * 1e3, (last - start) * 1e3

    def _entries(self) -> tuple[float, float]:
        left = len(self.pids)
        first = 0.0
        deadline = time.monotonic() + harness.TIMEOUT
        while left:
            harness.wait_readable([self._journal.fileno()], deadline)
            entry = harness.receive(self._journal)
            first = first or time.monotonic()
            # each report ends with it
            left -= _SUMMARY in entry
        return first, time.monotonic()

    def _text(self) -> tuple[float, float]:
        first = last = 0.0
        text = b''
        deadline = time.monotonic() + harness.TIMEOUT
        while True:
            # time is left for the others, once all have begun
            until = deadline if text.count(HEADING) < len(self.pids) else (
                last + QUIET_SECONDS)
            try:
                harness.wait_readable([self._output], until)
            except harness.BenchmarkError:
                if until == deadline:
                    raise
                return first, last
            text += os.read(self._output, 1 << 16)
            last = time.monotonic()
            first = first or last


def _run_seconds(pid: int) -> float:
    """How long a process has had a processor, its former threads as well."""
    values = pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(') ')[2]
    return sum(map(int, values.split()[11:13])) / os.sysconf('SC_CLK_TCK')


def measure(workers: int, pairs: int, journal: socket.socket) -> bool:
    """Measure services with so many workers, and print a table.

    :returns: whether ours has kept its limit
    """
    found: dict[tuple[bool, str], list[tuple[float, float]]] = {}
    for number in range(pairs):
        for armed in (False, True) if number % 2 else (True, False):
            with (tempfile.TemporaryDirectory() as directory,
                  contextlib.closing(Service(
                      armed, workers, directory, journal)) as service):
                for order in ('first', 'second'):
                    found.setdefault((armed, order), []).append(service.ask())
                    time.sleep(IDLE_SECONDS)
    rows = [(f'{workers + 1} processes', 'stock', 'ours', 'ratio',
             'ours worst')]
    kept = True
    for order in ('first', 'second'):
        for place, title in enumerate(
                ('the first comes', 'the last has come')):
            stock = [times[place] for times in found[False, order]]
            ours = [times[place] for times in found[True, order]]
            ratio = harness.ratio(ours, stock)
            rows.append((f'{order} reports: {title}, ms',
                         f'{harness.median(stock):.0f}',
                         f'{harness.median(ours):.0f}', ratio,
                         f'{max(ours):.0f}'))
            kept = kept and (not place or float(ratio) <= 1)
    harness.print_table(rows)
    return kept


def main() -> int:
    """Measure; give the exit status."""
    parser = harness.parser(__doc__, pairs=3)
    parser.add_argument('--workers', type=int, action='append', metavar='N',
                        help='so many; may stand several times (default: '
                        f'{" and ".join(map(str, WORKERS))})')
    arguments = parser.parse_args()
    try:
        harness.own_journal()
        harness.print_versions()
        print(f'{DAEMON}, medians of {arguments.pairs} pairs in turns; '
              'ratio: ours against stock.')
        with harness.journal_socket() as journal:
            kept = [measure(workers, arguments.pairs, journal)
                    for workers in arguments.workers or WORKERS]
    except harness.BenchmarkError as error:
        print(f'many_processes: {error}', file=sys.stderr)
        return 1
    return 0 if all(kept) else 1


if __name__ == '__main__':
    sys.exit(main())
