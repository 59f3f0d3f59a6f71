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
"""Tries each condition of the catalogue, and prints a table of them.

``make conditions`` runs this. The tests of each condition stand in the
documentation, in ``doc/source/contributor/conditions.rst``.
"""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

from tests import tree

PAGE = tree.TREE / 'doc/source/contributor/conditions.rst'

#: The environments of tox, by what tests they run; the last one runs others.
_ENVIRONMENTS = {'tests/system/': 'system', 'tests/': (
    f'py{sys.version_info.major}{sys.version_info.minor}')}


def conditions() -> dict[str, list[str]]:
    """The tests of each condition, by its name."""
    found = {}
    for row in re.findall(r'^   \* - (.*\n(?:     .*\n)*)',
                          PAGE.read_text(), re.MULTILINE):
        name, _, cell = row.partition('\n     - ')
        if tests := re.findall(r'``(tests/[^`]+)``', cell):
            found[' '.join(name.split())] = tests
    return found


def run(tests: list[str]) -> dict[str, bool | None]:
    """Run tests, and say of each that ran whether it passed.

    None says that it found nothing to try here.
    """
    outcomes: dict[str, bool | None] = {}
    left = list(dict.fromkeys(tests))
    for beginning, environment in _ENVIRONMENTS.items():
        own = [test for test in left if test.startswith(beginning)]
        left = [test for test in left if test not in own]
        if not own:
            continue
        with tempfile.TemporaryDirectory() as directory:
            result = pathlib.Path(directory, 'result.xml')
            subprocess.run(
                ['.venv/bin/tox', 'run', '-e', environment, '--', *own,
                 # as long as they take: that of each test is for what hangs
                 '--timeout=0', '-o', 'faulthandler_timeout=0',
                 f'--junitxml={result}'], cwd=tree.TREE, check=False)
            if result.exists():
                _read(result, outcomes)
    return outcomes


def _read(result: pathlib.Path, outcomes: dict[str, bool | None]) -> None:
    for case in ElementTree.parse(result).iter('testcase'):
        file = case.get('classname', '').replace('.', '/') + '.py'
        test = f'{file}::{case.get("name", "").partition("[")[0]}'
        # of one with parameters, all must pass that do not skip
        before = outcomes.setdefault(test, None)
        if any(case.find(tag) is not None for tag in ('failure', 'error')):
            outcomes[test] = False
        elif case.find('skipped') is None:
            outcomes[test] = before is not False


def main() -> int:
    """Run all, print the table; 1 if a condition does not hold."""
    table = conditions()
    outcomes = run([test for tests in table.values() for test in tests])
    holding = {name: all(outcomes.get(test, False) is not False
                         for test in tests)
               for name, tests in table.items()}
    width = max(map(len, holding))
    for name, holds in holding.items():
        print(f'{name:{width}}  {"passed" if holds else "FAILED"}')
        for test in table[name]:
            if not outcomes.get(test):
                why = ('did not run' if test not in outcomes else 'failed'
                       if outcomes[test] is False else 'not on this bed')
                print(f'    {why}: {test}')
    print(f'{sum(holding.values())} of {len(holding)} conditions hold')
    return 0 if all(holding.values()) else 1


if __name__ == '__main__':
    sys.exit(main())
