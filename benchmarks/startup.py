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
Where valgrind is installed (Debian's package of that name), it counts the
instructions that the daemon executes until then as well, which are the same
each time on any machine, however busy. Exit status 1 if these, or without
valgrind the processor time, are more than 1.05 times those of stock.

Each pair is started some calls deeper than the one before. CPython 3.11 and
later keep frames in chunks of 16 KiB, and where a loop calls over the end of
one, each call maps a chunk and unmaps it. How often that happens is chance: a
stock daemon maps 2,000 to 11,000 chunks as it starts, depending on how deep
its program begins, and its time differs by a twentieth for that alone. The
frames that arming adds below an import shift all that follows.
"""

from __future__ import annotations

import ast
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from typing import Any

import harness

DAEMONS = ('ceilometer-polling', 'ceilometer-agent-notification')

RATIO_MAX = 1.05

#: So many calls deeper each pair begins, up to DEPTH_MAX: all that a chunk of
#: frames may have in it.
DEPTH_STEP = 7
DEPTH_MAX = 150

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


# The real program, from so many calls. It has the program's name.
DEEP = """\
import os

def call(depth, function):
    return call(depth - 1, function) if depth else function()

with open({program!r}) as file:
    code = compile(file.read(), {program!r}, 'exec')
call(int(os.environ['DEPTH']), lambda: exec(code, globals()))
"""


def start(argv: list[str], directory: str, armed: bool,
          depth: int) -> dict[str, Any]:
    """Start a program and measure until it would fork its workers."""
    environment = {**os.environ, 'PYTHONPATH': directory, 'DEPTH': str(depth)}
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


def instructions(argv: list[str], directory: str, armed: bool) -> float:
    """How many instructions a daemon executes until then, in millions.

    Those of the kernel are not among them.
    """
    environment = {**os.environ, 'PYTHONPATH': directory, 'DEPTH': '0',
                   'PYTHONHASHSEED': '0', 'CEILOMETER_DIAGNOSTICS':
                   '1' if armed else '0'}
    done = subprocess.run(
        ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null',
         *argv], cwd=directory, text=True, env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
        timeout=20 * harness.TIMEOUT)
    counted = re.search(r'Collected : (\d+)', done.stderr)
    if counted is None:
        raise harness.BenchmarkError(
            f'valgrind {" ".join(argv)}:\n{done.stderr}')
    return int(counted[1]) / 1e6


def measure(daemon: str, pairs: int, directory: str) -> float:
    """Measure one daemon and print its table; give the ratio to judge by."""
    pathlib.Path(directory, 'sitecustomize.py').write_text(CUSTOMIZE)
    program = pathlib.Path(directory, daemon)
    program.write_text(DEEP.format(program=harness.script(daemon)))
    argv = [sys.executable, str(program), '--config-file',
            harness.configure(directory)]
    found: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    # once each for the caches of the file system and of compiled modules
    for armed in found:
        start(argv, directory, armed, 0)
    for number in range(pairs):
        # the first of a pair changes, lest one always follows the other
        for armed in (False, True) if number % 2 else (True, False):
            found[armed].append(start(
                argv, directory, armed, number * DEPTH_STEP % DEPTH_MAX))
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
    judged = float(rows[2][-1])
    if shutil.which('valgrind'):
        their, our = (instructions(argv, directory, armed) for armed in found)
        judged = our / their
        rows.append(('instructions, millions', f'{their:.0f}', f'{our:.0f}',
                     f'{our - their:+.0f}', f'{judged:.3f}'))
    harness.print_table(rows)
    print('modules of armed alone: ' + ', '.join(extra))
    return judged


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
        print(f'startup: {worst:.3f} times as much as stock, more than '
              f'{RATIO_MAX}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
