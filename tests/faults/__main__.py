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

"""Plants the listed faults one by one, and says which of them tests catch."""

from __future__ import annotations

import argparse
import collections
from collections.abc import Iterable
from collections.abc import Iterator
from concurrent import futures
import contextlib
import os
import pathlib
import queue
import signal
import subprocess
import sys
import tempfile
import time

from tests.faults import copies
from tests.faults import fault

# For the tests of one fault, and for each test where nothing is planted.
FAULT_SECONDS_MAX = 900
TEST_SECONDS_MAX = 180

# What becomes of a fault. Only the first is well.
CAUGHT = 'caught'
NOT_CAUGHT = 'NOT CAUGHT'
DOES_NOT_APPLY = 'does not apply'
FAILS_ANYWAY = 'fails without the fault'
LATE = 'time-out'
ERROR = 'error'


class Run:
    """One run of pytest.

    :ivar output: all that it printed
    :ivar outcomes: what became of each test, by its id; see outcomes.py
    :ivar code: its exit status, None if it was not in time
    """

    def __init__(self, copy: copies.Copy, tests: list[str], seconds: float,
                 *options: str) -> None:
        path = copy.tree / 'outcomes'
        path.unlink(missing_ok=True)
        self.code: int | None = None
        try:
            done = copy.run(
                ['-m', 'pytest', '-p', 'tests.faults.outcomes',
                 f'--outcomes={path}', '--durations=0', *options, *tests],
                seconds)
            self.code, self.output = done.returncode, done.stdout
        except subprocess.TimeoutExpired as error:
            self.output = str(error)
        lines = path.read_text().splitlines() if path.exists() else []
        self.outcomes: dict[str, str] = {}
        for line in lines:
            outcome, _, test = line.partition(' ')
            if self.outcomes.get(test, 'passed') == 'passed':
                self.outcomes[test] = outcome


class Bench:
    """Copies to work in side by side, and what passes where none is planted.

    :param copied: a copy for each of those who work
    """

    def __init__(self, copied: list[copies.Copy]) -> None:
        self._idle: queue.SimpleQueue[copies.Copy] = queue.SimpleQueue()
        for copy in copied:
            self._idle.put(copy)
        self._pool = futures.ThreadPoolExecutor(len(copied))
        self._outcomes: dict[str, str] = {}

    @contextlib.contextmanager
    def _copy(self) -> Iterator[copies.Copy]:
        copy = self._idle.get()
        try:
            yield copy
        finally:
            self._idle.put(copy)

    def run_unplanted(self, tests: set[str]) -> None:
        """Run the tests without a fault, a file of them at a time.

        :param tests: their ids
        """
        files = collections.defaultdict(list)
        for test in sorted(tests):
            files[test.partition('::')[0]].append(test)

        def run(named: list[str]) -> Run:
            with self._copy() as copy:
                return Run(copy, named, TEST_SECONDS_MAX * len(named))

        for done in self._pool.map(run, files.values()):
            self._outcomes.update(done.outcomes)
            if done.code != 0:
                print(done.output, flush=True)

    def try_all(self, chosen: Iterable[fault.Fault],
                ) -> Iterator[tuple[str, str, float]]:
        """Plant faults, one in a copy.

        :returns: what becomes of each, in their order; what explains it; and
            how long it took, seconds
        """
        def run(found: fault.Fault) -> tuple[str, str, float]:
            if explanation := self._unfit(found):
                return FAILS_ANYWAY, explanation, 0.0
            with self._copy() as copy:
                start = time.monotonic()
                return *tried(copy, found), time.monotonic() - start

        return self._pool.map(run, chosen)

    def _unfit(self, planted: fault.Fault) -> str:
        """Say what is wrong with its tests where nothing is planted."""
        for test in planted.tests:
            found = {outcome for name, outcome in self._outcomes.items()
                     if name == test or name.startswith((f'{test}::',
                                                         f'{test}['))}
            if 'passed' not in found or found - {'passed', 'skipped'}:
                return f'{test}: {", ".join(sorted(found)) or "not found"}'
        return ''


def tried(copy: copies.Copy, planted: fault.Fault) -> tuple[str, str]:
    """Plant a fault and run its tests.

    :returns: what becomes of it, and what explains that
    """
    try:
        with copy.planted(planted):
            run = Run(copy, list(planted.tests), FAULT_SECONDS_MAX, '-x')
    except ValueError as error:
        return DOES_NOT_APPLY, str(error)
    outcomes = set(run.outcomes.values())
    if 'failed' in outcomes:
        return CAUGHT, ', '.join(test for test, outcome in run.outcomes.items()
                                 if outcome == 'failed')
    if run.code is None or 'late' in outcomes:
        return LATE, run.output
    if run.code or not outcomes:
        return ERROR, run.output
    return NOT_CAUGHT, ', '.join(planted.tests)


def main() -> int:
    """The program; its exit status."""
    parser = argparse.ArgumentParser(
        prog='python -m tests.faults', description=__doc__)
    parser.add_argument(
        'name', nargs='*', help='only faults whose name ("list: fault") has '
        'this in it; all by default')
    parser.add_argument(
        '--list', action='store_true', help='only say which there are')
    parser.add_argument(
        '--jobs', type=int, default=os.cpu_count() or 1, metavar='NUMBER',
        help='how many to try at once, each in a copy of its own; by default '
        'as many as there are processors')
    arguments = parser.parse_args()
    chosen = [
        (name, found) for area, faults in fault.listed().items()
        for found in faults for name in [f'{area}: {found.name}']
        if not arguments.name or any(
            part in name for part in arguments.name)]
    if not chosen:
        parser.error('no fault has such a name')
    if arguments.list:
        print('\n'.join(name for name, _ in chosen))
        return 0
    # A shell has what it starts in the background ignore ^C, and tests that
    # send it would have their processes ignore it as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix='faults-') as directory:
        return report(Bench([
            copies.Copy(pathlib.Path(directory, str(number)))
            for number in range(max(arguments.jobs, 1))]), chosen)


def report(bench: Bench, chosen: list[tuple[str, fault.Fault]]) -> int:
    """Try faults, and print what becomes of each; the exit status."""
    tests = {test for _, found in chosen for test in found.tests}
    print(f'{len(tests)} tests or files of tests without a fault', flush=True)
    bench.run_unplanted(tests)
    counts: collections.Counter[str] = collections.Counter()
    for (name, _), (became, explanation, seconds) in zip(
            chosen, bench.try_all(found for _, found in chosen), strict=True):
        counts[became] += 1
        print(f'{became:10}  {name}  ({seconds:.0f} s)', flush=True)
        for line in explanation.splitlines()[-40:]:
            print(f'            {line}', flush=True)
    print(f'{len(chosen)} faults: ' + ', '.join(
        f'{count} {became}' for became, count in counts.most_common()))
    return 0 if set(counts) == {CAUGHT} else 1


if __name__ == '__main__':
    sys.exit(main())
