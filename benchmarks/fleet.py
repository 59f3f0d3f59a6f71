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

"""How reading the reports of many hosts grows with their number.

Builds a journal file for each host, as systemd-journal-remote keeps them, of
four reports each, some 50 KB the report, and for --forged entries besides that
anybody on the first host has sent: reports of one entry, each with an id of
its own, from outside of any unit. Compares each verb with "journalctl -o cat"
of the entries that the verb has to find. A verb that also reads the data of
sections of all reports is compared with "journalctl -o json --all" of these
sections as well. The limit is three times that, and twice what
"python -c 'import systemd.journal'" takes to start.
"""

from __future__ import annotations

import pathlib
import random
import sys
import tempfile
from typing import Final

import harness
import journal_files

RATIO_MAX: Final = 3.0
START_RATIO_MAX: Final = 2.0
PEER: Final = [sys.executable, '-c', 'import systemd.journal']
UNIT: Final = 'ceilometer-polling.service'


def host(number: int, forged: int, chance: random.Random,
         texts: list[str]) -> tuple[list[bytes], str]:
    """The entries of a host, and the id of its last report."""
    made = []
    report_id = ''
    place = number
    for pid in (100, 101, 100, 101):
        place += 600_000
        for fields in journal_files.one_report(chance, texts):
            made.append(journal_files.entry(place, UNIT, pid, fields, number))
            report_id = fields['REPORT_ID']
            place += 1
    fields = next(journal_files.one_report(chance, texts))
    for _ in range(forged):
        place += 1
        fields['REPORT_ID'] = f'{chance.getrandbits(128):032x}'
        made.append(journal_files.entry(place, None, 666, fields, number))
    return made, report_id


def build(directory: str, hosts: int, forged: int) -> str:
    """Build the journal.

    :returns: the id of a report
    """
    chance = random.Random(1)
    texts = journal_files.texts(chance)
    report_id = ''
    for number in range(hosts):
        made, own = host(number, 0 if number else forged, chance, texts)
        report_id = report_id or own
        journal_files.build(
            pathlib.Path(directory, f'remote-host-{number}.journal'), made)
    return report_id


def verbs(report_id: str) -> dict[str, tuple[list[str], list[list[str]]]]:
    """The arguments of each verb, and of each journalctl for the same."""
    every = ['-o', 'cat', 'REPORT=1']
    own = [*every, f'REPORT_ID={report_id}']
    # these read the second of each two reports, and the one before it
    unit = [*every, f'_SYSTEMD_UNIT={UNIT}']
    data = ['-o', 'json', '--all', *unit[2:]]
    # what a report is compared with is the one before it of the same process
    before = [*unit, '_PID=100', 'REPORT_SECTION=summary']
    return {
        'list': (['list'], [every]),
        'list UNIT': (['list', UNIT], [unit]),
        'show': (['show'], [unit]),
        'show ID': (['show', report_id], [own, before]),
        'show BEGINNING': (['show', report_id[:12]], [own, before]),
        'stuck': (['stuck'], [unit, [*data, 'REPORT_SECTION=threads']]),
        'diff': (['diff'], [unit]),
        'diff ID': (['diff', report_id], [own, before]),
        'export': (['export'], [unit]),
        'export all': (['export', UNIT, '--format=json'], [data]),
    }


def main() -> int:
    """Build, compare, print."""
    parser = harness.parser(__doc__, 5)
    parser.add_argument('--hosts', type=int, default=1_000, metavar='N')
    parser.add_argument('--forged', type=int, default=0, metavar='N',
                        help='forged entries on the first host')
    parser.add_argument('--processor', action='store_true',
                        help='compare the time of the processor, not what '
                        'passes: for a machine that has other work')
    given = parser.parse_args()
    took = (journal_files.processor_seconds if given.processor
            else journal_files.seconds)
    command = harness.script('ceilometer-diagnostics')
    failed = False
    rows = [('verb', 'journalctl, ms', 'ours, ms', 'limit, ms')]
    with tempfile.TemporaryDirectory(dir='/var/tmp') as name:
        report_id = build(name, given.hosts, given.forged)
        for verb, (words, peers) in verbs(report_id).items():
            ours, theirs, starts = [], [], []
            # the first of each fills the cache of the kernel
            for _ in range(given.pairs + 1):
                theirs.append(sum(
                    took(['journalctl', f'--directory={name}', *peer])
                    for peer in peers))
                starts.append(took(PEER))
                ours.append(took(
                    [command, f'--directory={name}', '-q', *words]))
            mine, other = harness.median(ours[1:]), harness.median(theirs[1:])
            limit = RATIO_MAX * other + START_RATIO_MAX * harness.median(
                starts[1:])
            failed |= mine > limit
            rows.append((verb, *(f'{value * 1000:.0f}'
                                 for value in (other, mine, limit))))
    print(f'{given.hosts} hosts, {4 * given.hosts} reports, {given.forged} '
          f'forged ones, {given.pairs} pairs, medians:')
    harness.print_table(rows)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
