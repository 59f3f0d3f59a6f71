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

"""How long the verbs of ceilometer-diagnostics take to start.

Runs each verb's --help, and "list" on an empty journal, in turns with
"python -c 'import systemd.journal'", which is the least that any reader of
the journal in Python needs. The limit is one and a half times that, and
100 ms.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time

import harness

from ceilometer.diagnostics.command import verbs

PEER = [sys.executable, '-c', 'import systemd.journal']


def seconds(command: list[str]) -> float:
    """How long a command takes."""
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=60)
    return time.perf_counter() - start


def main() -> None:
    """Measure, and print a table."""
    arguments = harness.parser(__doc__, pairs=15).parse_args()
    harness.print_versions()
    command = harness.script('ceilometer-diagnostics')
    rows = [('verb', 'ms', 'peer, ms', 'ratio', 'limit, ms')]
    with tempfile.TemporaryDirectory() as empty:
        for words in ((verb, '--help') for verb in verbs.OF_COMMAND):
            rows.append(_row(arguments.pairs, [command, *words], words))
        words = ('list', '-D', empty)
        rows.append(_row(arguments.pairs, [command, *words], ('list',)))
    harness.print_table(rows)


def _row(pairs: int, command: list[str],
         words: tuple[str, ...]) -> tuple[str, ...]:
    ours = []
    peers = []
    for _ in range(pairs):
        ours.append(seconds(command))
        peers.append(seconds(PEER))
    peer = harness.median(peers)
    return (' '.join(words), f'{harness.median(ours) * 1000:.0f}',
            f'{peer * 1000:.0f}', harness.ratio(ours, peers),
            f'{(1.5 * peer + 0.1) * 1000:.0f}')


if __name__ == '__main__':
    main()
