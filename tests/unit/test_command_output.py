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

"""Tables come out the same, whatever version of prettytable lays them out."""

from __future__ import annotations

import pytest

from ceilometer.diagnostics.command import output

PLAIN = output.Style(False)
COLOURED = output.Style(True)


@pytest.mark.parametrize(('rows', 'right', 'legend', 'style', 'expected'), [
    ([['1', '22'], ['333', '4']], {'B'}, True, PLAIN,
     'A    B\n'
     '1   22\n'
     '333  4\n'),
    ([['1', '22'], ['333', '4']], {'A'}, False, PLAIN,
     '  1 22\n'
     '333 4\n'),
    # of processes that answered one trigger
    ([['┌ master', '1'], ['├ worker 0 (ü)', '22'], ['└ worker 1', '3']],
     {'B'}, True, PLAIN,
     'A               B\n'
     '┌ master        1\n'
     '├ worker 0 (ü) 22\n'
     '└ worker 1      3\n'),
    # characters that take two columns, or none
    ([['日本語', '1'], ['a', '22'], ['z\u0307o\u0301', '3']],
     {'B'}, True, PLAIN,
     'A       B\n'
     '日本語  1\n'
     'a      22\n'
     'z\u0307o\u0301      3\n'),
    # the colour of a cell takes no room
    ([[COLOURED.bad('! x'), '1'], ['longer', COLOURED.odd('22')]],
     {'B'}, True, COLOURED,
     '\033[1mA       B\033[0m\n'
     '\033[1;31m! x\033[0m     1\n'
     'longer \033[33m22\033[0m\n'),
    ([[COLOURED.bad('! x')], ['longer']], {'A'}, False, COLOURED,
     '   \033[1;31m! x\033[0m\n'
     'longer\n'),
    # what is escaped stays as it is, and nothing is taken for markup
    ([['\\n\\x1b', '<b>&'], ['', '']], set(), True, PLAIN,
     'A      B\n'
     '\\n\\x1b <b>&\n'
     '\n'),
    ([], set(), True, PLAIN, ''),
    ([], {'A'}, False, COLOURED, ''),
])
def test_table(rows: list[list[str]], right: set[str], legend: bool,
               style: output.Style, expected: str) -> None:
    """Columns are one space apart, and nothing is at the end of a line."""
    names = ['A', 'B'][:len(rows[0]) if rows else 2]
    assert output.table(names, rows, right, legend, style) == expected
