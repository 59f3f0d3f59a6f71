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

"""What an armed daemon costs while nothing happens.

Starts an idle daemon by its own console script and another one by
"ceilometer-diagnostics run", lets both settle, and compares for each of their
processes: threads, file descriptors, memory, and over some seconds how often
the kernel switched to and from their threads and how much processor time they
took. Of the thread that waits for signals it says how often it was switched
at all; it must not have been. Exit status 1 if it was.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import harness

DAEMONS = ('ceilometer-polling', 'ceilometer-agent-notification')

POLL_SECONDS = 0.05

#: Where a thread in sigwaitinfo is, by the name of the kernel's function.
WAITS_IN = 'do_sigtimedwait'


class Thread:
    """A thread as the kernel counts it, once."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.tid = int(directory.name)
        self.waits_in = (directory / 'wchan').read_text()
        status = dict(line.split(':', 1) for line in (
            directory / 'status').read_text().splitlines())
        self.voluntary = int(status['voluntary_ctxt_switches'])
        self.involuntary = int(status['nonvoluntary_ctxt_switches'])
        self.run_nsec = int((directory / 'schedstat').read_text().split()[0])


def threads(pid: int) -> dict[int, Thread]:
    """The threads of a process."""
    found = {}
    for directory in pathlib.Path(f'/proc/{pid}/task').iterdir():
        # a thread may end meanwhile
        with contextlib.suppress(OSError):
            thread = Thread(directory)
            found[thread.tid] = thread
    return found


def children(pid: int) -> list[int]:
    """The children of a process, whichever of its threads made them."""
    found: list[int] = []
    for path in pathlib.Path(f'/proc/{pid}/task').glob('*/children'):
        with contextlib.suppress(OSError):
            found += map(int, path.read_text().split())
    return sorted(found)


def memory(pid: int) -> dict[str, float]:
    """What smaps_rollup says of a process's memory, KiB."""
    lines = pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines()
    return {line.split(':')[0]: float(line.split()[1]) for line in lines[1:]}


@contextlib.contextmanager
def running(argv: list[str]):
    """A daemon with its first worker, until the end of the block."""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          start_new_session=True) as process:
        try:
            deadline = time.monotonic() + harness.TIMEOUT
            while not children(process.pid):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise harness.BenchmarkError(
                        f'{" ".join(argv)}: no worker was started')
                time.sleep(POLL_SECONDS)
            yield process.pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                pass
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def compare(before: dict[int, Thread], after: dict[int, Thread],
            pid: int) -> dict[str, float]:
    """The figures of one process."""
    switches = 0
    run_nsec = 0
    for tid, thread in after.items():
        earlier = before.get(tid)
        switches += thread.voluntary + thread.involuntary
        run_nsec += thread.run_nsec
        if earlier is not None:
            switches -= earlier.voluntary + earlier.involuntary
            run_nsec -= earlier.run_nsec
    sizes = memory(pid)
    return {'threads': len(after),
            'descriptors': len(os.listdir(f'/proc/{pid}/fd')),
            'rss': sizes['Rss'], 'pss': sizes['Pss'],
            'switches': switches, 'cpu': run_nsec / 1e6}


def observe(daemon: str, seconds: float, settle: float, directory: str,
            ) -> tuple[dict[str, dict[str, float]], list[str], int]:
    """Have both daemons run side by side and look at them twice.

    :returns: figures by process; what is to be said of each waiting thread;
        how often those were switched
    """
    options = {
        side: ['--config-file', harness.configure(directory, side)]
        for side in ('stock', 'armed')}
    with contextlib.ExitStack() as stack:
        masters = {
            'stock': stack.enter_context(running(
                [harness.script(daemon), *options['stock']])),
            'armed': stack.enter_context(running(
                [harness.script('ceilometer-diagnostics'), 'run', daemon,
                 *options['armed']]))}
        time.sleep(settle)
        pids = {}
        for side, master in masters.items():
            pids[f'{side} master'] = master
            pids[f'{side} worker'] = children(master)[0]
        before = {name: threads(pid) for name, pid in pids.items()}
        time.sleep(seconds)
        after = {name: threads(pid) for name, pid in pids.items()}
        figures = {name: compare(before[name], after[name], pid)
                   for name, pid in pids.items()}
    said = []
    switched = 0
    for name in ('armed master', 'armed worker'):
        waiting = [tid for tid, thread in after[name].items()
                   if thread.waits_in.startswith(WAITS_IN)]
        if len(waiting) != 1 or waiting[0] not in before[name]:
            raise harness.BenchmarkError(
                f'{name}: {len(waiting)} threads wait for signals')
        earlier = before[name][waiting[0]]
        later = after[name][waiting[0]]
        voluntary = later.voluntary - earlier.voluntary
        involuntary = later.involuntary - earlier.involuntary
        switched += voluntary + involuntary
        said.append(
            f'waiting thread of the {name}: {voluntary} voluntary and '
            f'{involuntary} involuntary switches, '
            f'{later.run_nsec - earlier.run_nsec} ns of processor time')
    return figures, said, switched


def main() -> int:
    """Compare idle daemons; give the exit status."""
    parser = harness.parser(__doc__, pairs=3)
    parser.add_argument('--daemon', choices=DAEMONS, default=DAEMONS[0],
                        help='which one (default: %(default)s)')
    parser.add_argument('--seconds', type=float, default=10.0, metavar='S',
                        help='how long to look on (default: %(default)s)')
    parser.add_argument('--settle', type=float, default=5.0, metavar='S',
                        help='how long to wait before (default: %(default)s)')
    arguments = parser.parse_args()
    found = []
    switched = 0
    try:
        harness.print_versions()
        print(f'{arguments.daemon}, medians of {arguments.pairs} pairs side '
              f'by side, {arguments.seconds:g} s each.')
        for _ in range(arguments.pairs):
            with tempfile.TemporaryDirectory() as directory:
                figures, said, switches = observe(
                    arguments.daemon, arguments.seconds, arguments.settle,
                    directory)
            found.append(figures)
            switched += switches
            print(*said, sep='\n', flush=True)
    except harness.BenchmarkError as error:
        print(f'at_rest: {error}', file=sys.stderr)
        return 1
    rows = [('', 'stock', 'armed', 'difference')]
    for process in ('master', 'worker'):
        for title, key in (('threads', 'threads'),
                           ('file descriptors', 'descriptors'),
                           ('resident memory, KiB', 'rss'),
                           ('proportional memory, KiB', 'pss'),
                           ('context switches', 'switches'),
                           ('processor time, ms', 'cpu')):
            stock = [pair[f'stock {process}'][key] for pair in found]
            armed = [pair[f'armed {process}'][key] for pair in found]
            digits = 1 if key == 'cpu' else 0
            difference = harness.median(
                our - their for our, their in zip(armed, stock, strict=True))
            rows.append((f'{process}: {title}',
                         f'{harness.median(stock):.{digits}f}',
                         f'{harness.median(armed):.{digits}f}',
                         f'{difference:+.{digits}f}'))
    harness.print_table(rows)
    print(f'switches of waiting threads in all: {switched} (must be 0)')
    return 1 if switched else 0


if __name__ == '__main__':
    sys.exit(main())
