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
"""All benchmarks, one after the other, and a table of which keep their limits.

``make bench`` runs it, and draws the pictures of the docs. Takes an hour on a
quiet machine. Each script has a help of its own; names of scripts as arguments
run only these.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time

import harness

#: In this order: first what a daemon pays, then what an operator waits for.
SCRIPTS = ('startup', 'other_pythons', 'at_rest', 'report_cost',
           'many_processes', 'delivery', 'encode_data', 'hooks',
           'command_startup', 'list_reports', 'fleet')

#: What is drawn, and what draws it.
DRAWN = 'report_cost'
DRAWS = 'pictures'


def run(name: str, *arguments: str) -> tuple[str, str, str]:
    """Run one of them.

    :param name: of the script
    :param arguments: for it
    :returns: its name, how long it took, and what came of it
    """
    print(f'\n== {name}', flush=True)
    start = time.monotonic()
    script = pathlib.Path(__file__).with_name(f'{name}.py')
    status = subprocess.run([sys.executable, str(script), *arguments],
                            check=False).returncode
    return (name, f'{time.monotonic() - start:.0f} s',
            'kept' if status == 0 else f'NOT KEPT, exit status {status}')


def main() -> int:
    """Run them; give the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--pairs', type=int, metavar='N',
                        help='measure each side N times, in turns (default: '
                        'as each script has it)')
    parser.add_argument('--pictures', metavar='DIRECTORY',
                        help=f'draw what {DRAWN} measures, into this directory'
                        ';\nneeds matplotlib')
    parser.add_argument('script', nargs='*', metavar='SCRIPT',
                        help='one of ' + ', '.join(SCRIPTS))
    given = parser.parse_args()
    unknown = sorted(set(given.script) - set(SCRIPTS))
    if unknown:
        parser.error(f'{", ".join(unknown)}: no such benchmark; expected some '
                     f'of {", ".join(SCRIPTS)}')
    rows = []
    for name in SCRIPTS:
        if given.script and name not in given.script:
            continue
        more = [] if given.pairs is None else ['--pairs', str(given.pairs)]
        if name != DRAWN or given.pictures is None:
            rows.append(run(name, *more))
            continue
        with tempfile.TemporaryDirectory() as directory:
            measured = str(pathlib.Path(directory, 'measured.json'))
            rows += [run(name, *more, '--save', measured),
                     run(DRAWS, measured, given.pictures)]
    harness.print_table([('benchmark', 'took', 'its limits'), *rows])
    return 1 if any(row[2] != 'kept' for row in rows) else 0


if __name__ == '__main__':
    sys.exit(main())
