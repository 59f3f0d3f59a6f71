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

"""What it costs to hand an entry to the journal, and what if it is stuck.

Compares journal.send of this project with journal.send of systemd-python,
both to the same socket, in turns: the time of a call for entries of several
sizes, two milliseconds apart, so that the receiver keeps up. Then the receiver
is stopped for some seconds while a thread sends, and another one wants to run
each millisecond: how long could that one not?

The receiver is a process with a socket where journald has its own, in a mount
namespace made for this: nothing reaches the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import os
import signal
import sys
import threading
import time
from typing import Any

import harness

SIZES = (1024, 10 * 1024, 100 * 1024, 400 * 1024)
CALLS = 300
PAUSE_SECONDS = 0.002

BEAT_SECONDS = 0.001

#: More than a queue of the kernel's usual length takes (unix(7)).
STUCK_ENTRIES = 1000

#: What a report's entries have beside their text.
FIELDS = {
    'PRIORITY': '4', 'SYSLOG_IDENTIFIER': 'ceilometer-polling',
    'REPORT': '1', 'REPORT_ID': 'benchmark', 'REPORT_SECTION': 'threads',
}

Send = Callable[[str], None]


def send_ours(text: str) -> None:
    """Send one entry as a report does."""
    from ceilometer.diagnostics.daemon import journal
    journal.send({'MESSAGE': text, **FIELDS}, time.monotonic() + 20)


def send_theirs(text: str) -> None:
    """Send one entry as systemd-python does."""
    from systemd import journal
    journal.send(text, **FIELDS)


SENDERS: dict[str, Send] = {
    'systemd-python': send_theirs, 'ours': send_ours}


@contextlib.contextmanager
def receiver() -> Iterator[int]:
    """A process that takes entries, until the end of the block."""
    with harness.journal_socket() as journal:
        pid = os.fork()
        if not pid:
            try:
                while True:
                    harness.receive(journal)
            finally:
                os._exit(1)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.unlink(harness.JOURNAL_SOCKET)


def measure_calls(size: int) -> dict[str, list[float]]:
    """Microseconds of each call, in turns."""
    text = 'one line of a report, as long as most of them are\n' * (size // 50)
    found: dict[str, list[float]] = {name: [] for name in SENDERS}
    with receiver():
        for _ in range(CALLS):
            for name, send in SENDERS.items():
                time.sleep(PAUSE_SECONDS)
                start = time.perf_counter_ns()
                send(text)
                found[name].append((time.perf_counter_ns() - start) / 1e3)
    return found


def measure_stuck(send: Send, seconds: float) -> dict[str, float]:
    """The longest gap and the longest call, milliseconds.

    :param seconds: how long the receiver is stopped; 0 for not at all
    """
    gaps = [0]
    finished = threading.Event()

    def beat() -> None:
        last = time.perf_counter_ns()
        while not finished.is_set():
            time.sleep(BEAT_SECONDS)
            now = time.perf_counter_ns()
            gaps[0] = max(gaps[0], now - last)
            last = now

    text = 'one line of a report, as long as most of them are\n' * 200
    with receiver() as pid:
        send(text)
        heart = threading.Thread(target=beat)
        heart.start()
        if seconds:
            os.kill(pid, signal.SIGSTOP)
            # in a process of its own: no thread here may be able to
            waker = os.fork()
            if not waker:
                time.sleep(seconds)
                os.kill(pid, signal.SIGCONT)
                os._exit(0)
        longest = 0
        for _ in range(STUCK_ENTRIES):
            start = time.perf_counter_ns()
            send(text)
            longest = max(longest, time.perf_counter_ns() - start)
        finished.set()
        heart.join()
        if seconds:
            os.waitpid(waker, 0)
    return {'gap': gaps[0] / 1e6, 'call': longest / 1e6}


def check_peer() -> None:
    """Say what is missing before anything is measured."""
    try:
        import systemd.journal  # noqa: F401
    except ImportError:
        raise harness.BenchmarkError(
            'systemd-python is not installed; the benchmark compares with '
            'it') from None


def main() -> int:
    """Measure calls and what a stuck journal does; give the exit status."""
    parser = harness.parser(__doc__, pairs=3)
    parser.add_argument('--stuck', type=float, default=2.0, metavar='S',
                        help='stop the receiver for S seconds '
                        '(default: %(default)s)')
    arguments = parser.parse_args()
    try:
        check_peer()
        harness.own_journal()
    except harness.BenchmarkError as error:
        print(f'delivery: {error}', file=sys.stderr)
        return 1
    harness.print_versions()
    print(f'Medians of {CALLS} calls, and of {arguments.pairs} pairs, in '
          'turns; ratio: ours against systemd-python.')
    rows = [('one call, µs', 'systemd-python', 'ours', 'ratio')]
    for size in SIZES:
        found = measure_calls(size)
        rows.append((f'entry of {size // 1024} KiB', *(
            f'{harness.median(found[name]):.0f}' for name in SENDERS),
            harness.ratio(found['ours'], found['systemd-python'])))
    harness.print_table(rows)
    rows = [(f'{STUCK_ENTRIES} entries of 10 KiB, ms', 'systemd-python',
             'ours', 'ratio')]
    for state, seconds in (('read at once', 0.0),
                           (f'stuck for {arguments.stuck:g} s',
                            arguments.stuck)):
        gathered: dict[str, list[dict[str, Any]]] = {
            name: [] for name in SENDERS}
        for _ in range(arguments.pairs):
            for name, send in SENDERS.items():
                gathered[name].append(measure_stuck(send, seconds))
        for title, key in (('longest call', 'call'), ('longest gap', 'gap')):
            values = {name: [pair[key] for pair in pairs]
                      for name, pairs in gathered.items()}
            rows.append((f'{state}: {title}', *(
                f'{harness.median(values[name]):.1f}' for name in SENDERS),
                harness.ratio(values['ours'], values['systemd-python'])))
    harness.print_table(rows)
    return 0


if __name__ == '__main__':
    sys.exit(main())
