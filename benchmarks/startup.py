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

"""What starting an armed daemon costs.

Starts a daemon without and with CEILOMETER_DIAGNOSTICS=1, in turns. Both are
the real program with the same configuration; they are ended where cotyledon's
ServiceManager.run would fork the workers, which is when all of the daemon has
been imported and its configuration been read. Compares the time until then,
the processor time, the memory in use and the modules that have been imported.
Exit status 1 if the processor time is more than 1.05 times that of stock.
"""

from __future__ import annotations

import ast
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Any

import harness

DAEMONS = ('ceilometer-polling', 'ceilometer-agent-notification')

RATIO_MAX = 1.05

# A sitecustomize module. Imports nothing that a daemon would not import
# itself, so that the lists of modules can be compared.
CUSTOMIZE = """\
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
"""


def start(argv: list[str], directory: str, armed: bool) -> dict[str, Any]:
    """Start a program and measure until it would fork its workers."""
    environment = {**os.environ, 'PYTHONPATH': directory}
    environment.pop('CEILOMETER_DIAGNOSTICS', None)
    if armed:
        environment['CEILOMETER_DIAGNOSTICS'] = '1'
    began = time.monotonic_ns()
    done = subprocess.run(
        argv, cwd=directory, text=True, env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
        timeout=harness.TIMEOUT)
    try:
        now, cpu, rss, modules = ast.literal_eval(done.stdout)
    except (SyntaxError, ValueError):
        raise harness.BenchmarkError(
            f'{" ".join(argv)} ended early:\n{done.stderr}') from None
    return {'wall': (now - began) / 1e6, 'cpu': cpu / 1e6,
            'rss': float(rss), 'modules': set(modules)}


def measure(daemon: str, pairs: int, directory: str) -> float:
    """Measure one daemon and print its table; give the processor's ratio."""
    pathlib.Path(directory, 'sitecustomize.py').write_text(CUSTOMIZE)
    argv = [harness.script(daemon), '--config-file',
            harness.configure(directory)]
    found: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    # once each for the caches of the file system and of compiled modules
    for armed in found:
        start(argv, directory, armed)
    for number in range(pairs):
        # the first of a pair changes, lest one always follows the other
        for armed in (False, True) if number % 2 else (True, False):
            found[armed].append(start(argv, directory, armed))
    rows = [(daemon, 'stock', 'armed', 'difference', 'ratio')]
    for title, key in (('until ready, ms', 'wall'),
                       ('processor time, ms', 'cpu'),
                       ('resident memory, KiB', 'rss')):
        theirs = [one[key] for one in found[False]]
        own = [one[key] for one in found[True]]
        difference = harness.median(
            our - their for our, their in zip(own, theirs, strict=True))
        rows.append((title, f'{harness.median(theirs):.0f}',
                     f'{harness.median(own):.0f}', f'{difference:+.0f}',
                     harness.ratio(own, theirs)))
    stock, armed_modules = (found[armed][-1]['modules'] for armed in found)
    extra = sorted(armed_modules - stock)
    rows.append(('modules imported', str(len(stock)),
                 str(len(armed_modules)), f'{len(extra):+d}', ''))
    harness.print_table(rows)
    print('modules of armed alone: ' + ', '.join(extra))
    return float(rows[2][-1])


def main() -> int:
    """Measure the start of each daemon; give the exit status."""
    parser = harness.parser(__doc__, pairs=10)
    parser.add_argument('--daemon', choices=DAEMONS, action='append',
                        help='only this one; may stand twice (default: both)')
    arguments = parser.parse_args()
    try:
        harness.print_versions()
        print(f'Medians of {arguments.pairs} pairs in turns; ratio: armed '
              'against stock.')
        with tempfile.TemporaryDirectory() as directory:
            worst = max(measure(
                daemon, arguments.pairs, os.path.realpath(directory))
                for daemon in arguments.daemon or DAEMONS)
    except harness.BenchmarkError as error:
        print(f'startup: {error}', file=sys.stderr)
        return 1
    if worst > RATIO_MAX:
        print(f'startup: {worst} times the processor time of stock, more than '
              f'{RATIO_MAX}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
