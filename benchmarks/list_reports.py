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

"""What it costs to list reports, against journalctl finding their entries.

Builds a journal of a million entries of other services with a thousand
reports among them, by systemd-journal-remote, and reads it in turns with
"ceilometer-diagnostics list" and with "journalctl REPORT=1 -o cat". Needs
1.5 GB of disk for the time being. Exit status 1 if listing takes more than
twice as long.
"""

from __future__ import annotations

from collections.abc import Iterator
import pathlib
import random
import statistics
import sys
import tempfile

import harness
import journal_files

RATIO_MAX = 2.0


def entries(others: int, reports: int) -> Iterator[bytes]:
    """Entries of other services, and reports at even distances."""
    chance = random.Random(1)
    texts = journal_files.texts(chance)
    number = 0
    for other in range(others):
        yield journal_files.entry(
            number, f'other-{other % 20}.service', 500 + other % 300, {
                'PRIORITY': '6', 'SYSLOG_IDENTIFIER': 'other',
                'MESSAGE': f'request {chance.getrandbits(64):x} took '
                f'{other % 97} ms'})
        number += 1
        if other % (others // reports) == 0:
            for fields in journal_files.one_report(chance, texts):
                yield journal_files.entry(
                    number, 'ceilometer-polling.service', 1000 + other % 9,
                    fields)
                number += 1


def main() -> int:
    """Build, compare, print."""
    parser = harness.parser(__doc__, 7)
    parser.add_argument('--entries', type=int, default=1_000_000,
                        metavar='N', help='of other services')
    parser.add_argument('--reports', type=int, default=1_000, metavar='N')
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir='/var/tmp') as name:
        directory = pathlib.Path(name)
        journal_files.build(directory / 'bench.journal',
                            entries(given.entries, given.reports))
        commands = {
            'journalctl REPORT=1 -o cat': [
                'journalctl', f'--directory={name}', 'REPORT=1', '-o', 'cat'],
            'ceilometer-diagnostics list': [
                harness.script('ceilometer-diagnostics'),
                f'--directory={name}', 'list'],
        }
        taken: dict[str, list[float]] = {what: [] for what in commands}
        for command in commands.values():
            journal_files.seconds(command)
        for _ in range(given.pairs):
            for what, command in commands.items():
                taken[what].append(journal_files.seconds(command))
    print(f'{given.reports} reports among {given.entries} other entries, '
          f'{given.pairs} pairs, medians:')
    for what, values in taken.items():
        print(f'  {what:<30} {statistics.median(values) * 1000:7.0f} ms')
    ratio = statistics.median(
        ours / theirs for theirs, ours in zip(*taken.values(), strict=True))
    print(f'  ratio {ratio:.2f}, at most {RATIO_MAX} is wanted')
    return 0 if ratio <= RATIO_MAX else 1


if __name__ == '__main__':
    sys.exit(main())
