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

"""What a report costs the daemon, against that of oslo.reports.

Starts processes that prepare Ceilometer's service as its daemons do, with
threads or green threads that wait in 20 different stacks, or with a heap of
many objects: one
as it is, whose SIGUSR2 oslo.reports answers in the main thread, to standard
error, and one with diagnostics installed, which answers SIGUSR1 with journal
entries. Each is asked for its first report, and for one more. Compares:

  total     from the signal until the whole report has been received
  processor time that the process took meanwhile, all threads
  gap       the longest time that a thread which wants to run each
            millisecond could not; without any report, "quiet"
  size      of the report as received, with all fields of the journal

Two peers that only look at stacks are asked in the same run, each once a
pair: ``py-spy dump --json``, if it is installed, which stops the process and
reads its memory from outside; and faulthandler, which writes in the signal's
handler, of 100 threads at most, without a lock or a line of source.

The journal is a socket where journald has its own, in a mount namespace made
for this: nothing reaches the real one. The receiver only receives, on both
sides, so that the time of journald itself is not in it.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any
from typing import NamedTuple

import harness


class Scenario(NamedTuple):
    """What the process has.

    :ivar threads: besides those of any process
    :ivar objects: that the garbage collector knows, besides
    :ivar green_threads: of eventlet
    """

    threads: int = 0
    objects: int = 0
    green_threads: int = 0


SCENARIOS = {
    'idle': Scenario(),
    '10-threads': Scenario(threads=10),
    '100-threads': Scenario(threads=100),
    '1000-threads': Scenario(threads=1000),
    '10000-threads': Scenario(threads=10_000),
    '10000-green-threads': Scenario(green_threads=10_000),
    # large heaps, which stock searches for green threads
    '1.4M-objects': Scenario(threads=10, objects=1_400_000),
    '4M-objects': Scenario(threads=10, objects=4_000_000),
    '10M-objects': Scenario(threads=10, objects=10_000_000),
}

STACKS = 20
BEAT_SECONDS = 0.001

#: After a report, for what is still done when it has been received.
AFTER_SECONDS = 0.1

FAULTHANDLER = 'faulthandler'
PY_SPY = 'py-spy dump --json'

SIGNALS = {'stock': signal.SIGUSR2, 'ours': signal.SIGUSR1,
           FAULTHANDLER: signal.SIGUSR1}


# The process that is asked for reports.

class Heart:
    """A thread that wants to run each millisecond, and notes when not."""

    def __init__(self) -> None:
        self.gap_nsec = 0
        self.cpu_nsec = 0
        threading.Thread(target=self._beat, daemon=True).start()

    def _beat(self) -> None:
        last = time.perf_counter_ns()
        while True:
            time.sleep(BEAT_SECONDS)
            now = time.perf_counter_ns()
            if now - last > self.gap_nsec:
                self.gap_nsec = now - last
            last = now
            self.cpu_nsec = time.thread_time_ns()


def wait_in_stack(depth: int, event: threading.Event) -> None:
    """Wait for ever, some calls deep."""
    if depth:
        wait_in_stack(depth - 1, event)
    else:
        event.wait()


def wait_green(count: int) -> list[Any]:
    """Have as many green threads wait for ever, as threads do."""
    import eventlet
    from eventlet import event
    never = event.Event()

    def wait(depth: int) -> None:
        if depth:
            wait(depth - 1)
        else:
            never.wait()

    green = [eventlet.spawn(wait, 5 + number % STACKS)
             for number in range(count)]
    # until all of them wait
    eventlet.sleep(0)
    return green


def become_subject(side: str, scenario: Scenario, config: str) -> None:
    """Be the process that is asked; answers marks until it is killed."""
    # as a daemon's console script has it
    sys.argv = ['ceilometer-polling', '--config-file', config]
    if side == 'ours':
        import ceilometer.diagnostics
        ceilometer.diagnostics.install()
    elif side == FAULTHANDLER:
        faulthandler.register(SIGNALS[side], all_threads=True)
    from ceilometer.polling import manager
    from ceilometer import service
    # as a worker has it, which has looked for its pollsters; held for as long
    # as the process runs
    agent = manager.AgentManager(  # noqa: F841
        0, service.prepare_service(), ['nothing'])
    event = threading.Event()
    for number in range(scenario.threads):
        threading.Thread(target=wait_in_stack, daemon=True,
                         args=(5 + number % STACKS, event)).start()
    heap = [[] for _ in range(scenario.objects)]  # noqa: F841
    if scenario.green_threads:
        green = wait_green(scenario.green_threads)  # noqa: F841
    heart = Heart()

    def answer_marks() -> None:
        cpu = 0
        for _ in sys.stdin:
            now = time.process_time_ns() - heart.cpu_nsec
            print(json.dumps({'gap': heart.gap_nsec / 1e6,
                              'cpu': (now - cpu) / 1e6}), flush=True)
            cpu = now
            heart.gap_nsec = 0

    # what comes before this thread waits is not lost; the handler runs in it
    noticed, notice = os.pipe()
    if side == 'stock':
        os.set_blocking(notice, False)
        signal.set_wakeup_fd(notice)
    threading.Thread(target=answer_marks, daemon=True).start()
    while True:
        if side == 'stock':
            os.read(noticed, 1)
        else:
            signal.pause()
        # only where a handler ran, in this very thread: it has ended now
        print('{"done": true}', flush=True)


# The side that asks.

class Subject:
    """Such a process, and what comes from it."""

    def __init__(self, side: str, scenario: str, config: str,
                 journal: socket.socket) -> None:
        self._side = side
        self._journal = journal
        self.sections: dict[str, float] = {}
        self._process = subprocess.Popen(
            [sys.executable, __file__, '--subject',
             f'{side},{scenario},{config}'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self._mark()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def _mark(self) -> dict[str, Any]:
        """What was measured since the last mark."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(b'\n')
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            assert self._process.stderr
            raise harness.BenchmarkError(
                f'{self._side}: the process ended:\n'
                + self._process.stderr.read().decode())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def quiet(self, seconds: float) -> float:
        """The longest gap while nothing is asked for, milliseconds."""
        self._mark()
        time.sleep(seconds)
        gap: float = self._mark()['gap']
        return gap

    def report(self) -> dict[str, float]:
        """Ask for a report; give what it cost."""
        self._mark()
        start = time.monotonic_ns()
        if self._side in SIGNALS:
            self._process.send_signal(SIGNALS[self._side])
        try:
            size = (self._look_from_outside() if self._side == PY_SPY
                    else self._receive_entries() if self._side == 'ours'
                    else self._receive_text())
        except harness.BenchmarkError as error:
            raise harness.BenchmarkError(f'{self._side}: {error}') from None
        total = (time.monotonic_ns() - start) / 1e6
        time.sleep(AFTER_SECONDS)
        measured = self._mark()
        return {'total': total, 'cpu': measured['cpu'],
                'gap': measured['gap'], 'size': size / 1024}

    def _receive_entries(self) -> int:
        size = 0
        entry = b''
        deadline = time.monotonic() + harness.TIMEOUT
        while b'REPORT_SECTION=summary\n' not in entry:
            harness.wait_readable([self._journal.fileno()], deadline)
            entry = harness.receive(self._journal)
            size += len(entry)
            name = re.search(rb'^REPORT_SECTION=(.+)$', entry, re.MULTILINE)
            usec = re.search(rb'^REPORT_SECTION_USEC=(\d+)$', entry,
                             re.MULTILINE)
            if name and usec:
                self.sections[name[1].decode()] = int(usec[1]) / 1e3
        return size

    def _look_from_outside(self) -> int:
        done = subprocess.run(
            [str(py_spy()), *PY_SPY.split()[1:], '--pid',
             str(self._process.pid)], check=False, capture_output=True,
            timeout=harness.TIMEOUT)
        if done.returncode:
            raise harness.BenchmarkError(
                done.stderr.decode(errors='backslashreplace').strip())
        return len(done.stdout)

    def _receive_text(self) -> int:
        assert self._process.stdout and self._process.stderr
        size = 0
        done = self._process.stdout.fileno()
        text = self._process.stderr.fileno()
        deadline = time.monotonic() + harness.TIMEOUT
        while True:
            ready = harness.wait_readable([text, done], deadline)
            if text in ready:
                size += len(os.read(text, 1 << 16))
            elif done in ready:
                self._process.stdout.readline()
                return size


def py_spy() -> str | None:
    """The program py-spy, of this virtualenv or of the machine; None if none.
    """
    return shutil.which('py-spy', path=os.path.dirname(
        sys.executable)) or shutil.which('py-spy')


def measure_peer(side: str, scenario: str, config: str,
                 journal: socket.socket) -> dict[str, float]:
    """Start a process, and have a peer look at it once."""
    with contextlib.closing(
            Subject(side, scenario, config, journal)) as subject:
        return subject.report()


def print_peers(found: dict[str, list[dict[str, float]]],
                ours: list[dict[str, float]]) -> None:
    """Print what the peers cost, and ours against it.

    :param found: of each peer its measurements; none if it is not there
    :param ours: second reports of the same pairs
    """
    rows = [('against the second report', 'peer', 'ours', 'ratio')]
    for name, peer in found.items():
        if not peer:
            rows.append((f'{name}: not installed, or it fails', '', '', ''))
            continue
        for title, key in (('total, ms', 'total'), ('processor, ms', 'cpu'),
                           ('gap, ms', 'gap'), ('size, KiB', 'size')):
            if name == PY_SPY and key == 'cpu':
                # the process itself only stands still
                continue
            theirs = [one[key] for one in peer]
            mine = [one[key] for one in ours]
            rows.append((f'{name}: {title}', f'{harness.median(theirs):.1f}',
                         f'{harness.median(mine):.1f}',
                         harness.ratio(mine, theirs)))
    harness.print_table(rows)


def measure_once(side: str, scenario: str, config: str,
                 journal: socket.socket) -> dict[str, Any]:
    """Start a process, have its first report and one more."""
    with contextlib.closing(
            Subject(side, scenario, config, journal)) as subject:
        first = subject.report()
        quiet = subject.quiet(max(first['total'] / 1e3, 0.1))
        second = subject.report()
        return {'first': first, 'second': second, 'quiet': quiet,
                'sections': subject.sections}


def measure(scenario: str, pairs: int, config: str, journal: socket.socket,
            show_sections: bool) -> dict[str, list[dict[str, Any]]]:
    """Measure one scenario and print its table.

    :returns: what was measured, by side
    """
    found: dict[str, list[dict[str, Any]]] = {'stock': [], 'ours': []}
    peers: dict[str, list[dict[str, float]]] = {PY_SPY: [], FAULTHANDLER: []}
    for number in range(pairs):
        sides = ['stock', 'ours'] if number % 2 else ['ours', 'stock']
        for side in sides:
            found[side].append(measure_once(side, scenario, config, journal))
        for peer, measured in peers.items():
            if peer == PY_SPY and py_spy() is None:
                continue
            try:
                measured.append(measure_peer(peer, scenario, config, journal))
            except harness.BenchmarkError as error:
                # as py-spy does where there are very many threads
                print(f'fails: {str(error).splitlines()[0]}')
    rows = [(scenario, 'stock', 'ours', 'ratio', 'stock worst', 'ours worst')]
    for order in ('first', 'second'):
        for title, key in (('total, ms', 'total'), ('processor, ms', 'cpu'),
                           ('gap, ms', 'gap'), ('size, KiB', 'size')):
            stock = [pair[order][key] for pair in found['stock']]
            ours = [pair[order][key] for pair in found['ours']]
            rows.append((f'{order} report: {title}',
                         f'{harness.median(stock):.1f}',
                         f'{harness.median(ours):.1f}',
                         harness.ratio(ours, stock),
                         f'{max(stock):.1f}', f'{max(ours):.1f}'))
    stock = [pair['quiet'] for pair in found['stock']]
    ours = [pair['quiet'] for pair in found['ours']]
    rows.append(('quiet: gap, ms', f'{harness.median(stock):.1f}',
                 f'{harness.median(ours):.1f}', '',
                 f'{max(stock):.1f}', f'{max(ours):.1f}'))
    harness.print_table(rows)
    print_peers(peers, [pair['second'] for pair in found['ours']])
    if show_sections:
        rows = [('section of the second report', 'ms')]
        for name in found['ours'][0]['sections']:
            rows.append((name, '%.1f' % harness.median(
                pair['sections'][name] for pair in found['ours'])))
        harness.print_table(rows)
    return found


def main() -> int:
    """Measure the scenarios; give the exit status."""
    parser = harness.parser(__doc__, pairs=5)
    parser.add_argument(
        '--scenario', choices=SCENARIOS, action='append',
        help='only this one; may stand several times (default: all)')
    parser.add_argument('--sections', action='store_true',
                        help='print the time of each section as well')
    parser.add_argument('--save', metavar='FILE', type=argparse.FileType('w'),
                        help='write what was measured to this file as well, '
                        'as JSON:\npictures.py draws it')
    parser.add_argument('--subject', help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.subject:
        side, scenario, config = arguments.subject.split(',')
        become_subject(side, SCENARIOS[scenario], config)
    try:
        harness.own_journal()
        harness.print_versions()
        print(f'Medians of {arguments.pairs} pairs in turns; ratio: ours '
              'against stock.')
        with (tempfile.TemporaryDirectory() as directory,
              harness.journal_socket() as journal):
            config = harness.configure(directory)
            found = {scenario: measure(
                scenario, arguments.pairs, config, journal, arguments.sections)
                for scenario in arguments.scenario or SCENARIOS}
        if arguments.save:
            with arguments.save as file:
                json.dump(found, file)
    except harness.BenchmarkError as error:
        print(f'report_cost: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
