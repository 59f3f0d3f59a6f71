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

"""Lays out rows in columns, for people. Runs in the command."""

from __future__ import annotations

import io

from ceilometer.diagnostics.command.output import characters
from ceilometer.diagnostics.command.output import destination


def table(names: list[str], rows: list[list[str]], right: set[str],
          legend: bool, style: destination.Style) -> str:
    """Lay out rows in columns.

    :param names: heads of the columns
    :param rows: the cells of each row
    :param right: heads of the columns that are set to the right
    :param legend: whether to show the heads
    :param style: for the heads
    :returns: text that ends with a newline; empty without rows
    """
    # here and not above, because most verbs print no table
    import prettytable
    # prettytable wants names that differ from one another, and its own
    # styling of heads changes between its versions
    laid_out = prettytable.PrettyTable(names)
    laid_out.border = False
    laid_out.left_padding_width = 0
    laid_out.right_padding_width = 1
    laid_out.header = legend
    for name in names:
        laid_out.align[name] = 'r' if name in right else 'l'
    for row in rows:
        # before it is laid out: what is escaped is longer
        laid_out.add_row(list(map(characters.fitting, row)))
    buffer = io.StringIO()
    for number, line in enumerate(laid_out.get_string().splitlines()):
        line = line.rstrip()
        if number == 0 and legend:
            line = style.bold(line)
        buffer.write(line + '\n')
    return buffer.getvalue()
