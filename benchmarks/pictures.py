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

"""Draws what "report_cost.py --save FILE" has measured, for the docs.

Two pictures: how long a report takes, and for how long other threads are held
up at most by one; each for a report of oslo.reports, and our first and second.
Needs matplotlib.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
from typing import Any
from typing import Final

import matplotlib as mpl
from matplotlib import figure

import harness

#: By file name: what of a measurement is drawn, and what the axis says.
PICTURES: Final = {
    'cost-time.svg': ('total', 'a report takes, milliseconds'),
    'cost-gap.svg': ('gap', 'threads are held up for, milliseconds'),
}

#: Side, which of its reports, what the legend says, colour.
BARS: Final = (
    ('stock', 'second', 'oslo.reports', '#999999'),
    ('ours', 'first', 'ours, the first of a process', '#e69f00'),
    ('ours', 'second', 'ours, each further one', '#0072b2'),
)

#: The second line of each picture.
LICENSE: Final = '<!-- SPDX-License-Identifier: Apache-2.0 -->'

#: Text stays text, and a picture of the same figures stays the same file.
SETTINGS: Final = {'svg.fonttype': 'none', 'svg.hashsalt': 'cost',
                   'font.family': 'sans-serif'}


def draw(measured: dict[str, Any], key: str, title: str,
         path: pathlib.Path) -> None:
    """Draw one picture.

    :param measured: what the file has: by scenario and side all measurements
    :param key: what of them
    :param title: what it is, for the axis
    :param path: where to write it
    """
    picture = figure.Figure(figsize=(8, 0.75 * len(measured) + 1))
    axes = picture.subplots()
    height = 0.8 / len(BARS)
    for number, (side, order, label, colour) in enumerate(BARS):
        values = [harness.median(one[order][key] for one in sides[side])
                  for sides in measured.values()]
        bars = axes.barh(
            [place + (number - (len(BARS) - 1) / 2) * height
             for place in range(len(measured))],
            values, height, label=label, color=colour)
        axes.bar_label(bars, [f'{value:,.0f}' if value >= 10
                              else f'{value:.1f}' for value in values],
                       padding=3, fontsize=8)
    axes.set_yticks(range(len(measured)),
                    [name.replace('-', ' ') for name in measured])
    axes.invert_yaxis()
    axes.set_xscale('log')
    axes.xaxis.set_major_formatter('{x:,.0f}')
    axes.xaxis.set_minor_formatter('')
    axes.margins(x=0.12)
    axes.set_xlim(left=1)
    axes.set_xlabel(f'{title} (logarithmic)')
    axes.spines[['top', 'right']].set_visible(False)
    axes.legend(frameon=False, loc='upper center', ncols=len(BARS),
                bbox_to_anchor=(0.5, 1.12))
    picture.savefig(path, bbox_inches='tight', metadata={'Date': None})
    # lines that end in spaces are refused
    first, *lines = map(str.rstrip, path.read_text().splitlines())
    path.write_text('\n'.join([first, LICENSE, *lines, '']))


def main() -> int:
    """Draw the pictures; give the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('measured', type=argparse.FileType(),
                        help='the file that report_cost.py has saved')
    parser.add_argument('directory', type=pathlib.Path,
                        help='where to write the pictures')
    given = parser.parse_args()
    measured = json.load(given.measured)
    with mpl.rc_context(SETTINGS):
        for name, (key, title) in PICTURES.items():
            draw(measured, key, title, given.directory / name)
            print(given.directory / name)
    return 0


if __name__ == '__main__':
    sys.exit(main())
