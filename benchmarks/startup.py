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

"""What starting a daemon through ceilometer-diagnostics costs.

Starts a daemon by its own console script, and by "ceilometer-diagnostics run",
in turns. Both are the real programs with the same configuration; they are
ended where cotyledon's ServiceManager.run would fork the workers, which is
when all of the daemon has been imported and its configuration been read.
Compares the time until then, the processor time, the memory in use and the
modules that have been imported.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

import harness

DAEMONS = ('ceilometer-polling', 'ceilometer-agent-notification')

# Imports nothing that a daemon would not import itself, so that the lists of
# modules can be compared.
CHILD = """\
import os
import sys
import time
import cotyledon

def stop(manager):
    now = time.monotonic_ns()
    cpu = time.process_time_ns()
    with open('/proc/self/status') as status:
        rss = [line.split()[1] for line in status if 'VmRSS' in line]
    os.write(1, repr((now, cpu, int(rss[0]), sorted(sys.modules))).encode())
    os._exit(0)

cotyledon.ServiceManager.run = stop
sys.argv = sys.argv[1:]
sys.path[0] = os.path.dirname(sys.argv[0])
with open(sys.argv[0]) as source:
    code = compile(source.read(), sys.argv[0], 'exec')
exec(code)
"""


def start(argv: list[str], directory: str) -> dict[str, Any]:
    """Start a program and measure until it would fork its workers."""
    began = time.monotonic_ns()
    done = subprocess.run(
        [sys.executable, '-c', CHILD, *argv], cwd=directory, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
        timeout=harness.TIMEOUT)
    try:
        now, cpu, rss, modules = ast.literal_eval(done.stdout)
    except (SyntaxError, ValueError):
        raise harness.BenchmarkError(
            f'{" ".join(argv)} ended early:\n{done.stderr}') from None
    return {'wall': (now - began) / 1e6, 'cpu': cpu / 1e6,
            'rss': float(rss), 'modules': set(modules)}


def measure(daemon: str, pairs: int, directory: str) -> None:
    """Measure one daemon and print its table."""
    options = ['--config-file', harness.configure(directory)]
    stock_argv = [harness.script(daemon), *options]
    ours_argv = [harness.script('ceilometer-diagnostics'), 'run', daemon,
                 *options]
    stock = []
    ours = []
    # once each for the caches of the file system and of compiled modules
    start(stock_argv, directory)
    start(ours_argv, directory)
    for number in range(pairs):
        # the first of a pair changes, lest one always follows the other
        if number % 2:
            ours.append(start(ours_argv, directory))
            stock.append(start(stock_argv, directory))
        else:
            stock.append(start(stock_argv, directory))
            ours.append(start(ours_argv, directory))
    rows = [(daemon, 'stock', 'run', 'difference', 'ratio')]
    for title, key in (('until ready, ms', 'wall'),
                       ('processor time, ms', 'cpu'),
                       ('resident memory, KiB', 'rss')):
        theirs = [found[key] for found in stock]
        own = [found[key] for found in ours]
        difference = harness.median(
            our - their for our, their in zip(own, theirs, strict=True))
        rows.append((title, f'{harness.median(theirs):.0f}',
                     f'{harness.median(own):.0f}', f'{difference:+.0f}',
                     harness.ratio(own, theirs)))
    extra = sorted(ours[-1]['modules'] - stock[-1]['modules'])
    rows.append(('modules imported', str(len(stock[-1]['modules'])),
                 str(len(ours[-1]['modules'])), f'{len(extra):+d}', ''))
    harness.print_table(rows)
    print('modules of run alone: ' + ', '.join(extra))


def main() -> int:
    """Measure the start of each daemon; give the exit status."""
    parser = harness.parser(__doc__, pairs=10)
    parser.add_argument('--daemon', choices=DAEMONS, action='append',
                        help='only this one; may stand twice (default: both)')
    arguments = parser.parse_args()
    try:
        harness.print_versions()
        print(f'Medians of {arguments.pairs} pairs in turns; ratio: run '
              'against stock.')
        with tempfile.TemporaryDirectory() as directory:
            for daemon in arguments.daemon or DAEMONS:
                measure(daemon, arguments.pairs, os.path.realpath(directory))
    except harness.BenchmarkError as error:
        print(f'startup: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
