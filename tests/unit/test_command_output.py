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

"""Tables, whatever version of prettytable lays them out; the pager."""

from __future__ import annotations

import pathlib
import sys

import pytest

from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.output import tables

PLAIN = destination.Style(False)
COLOURED = destination.Style(True)


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
               style: destination.Style, expected: str) -> None:
    """Columns are one space apart, and nothing is at the end of a line."""
    names = ['A', 'B'][:len(rows[0]) if rows else 2]
    assert tables.table(names, rows, right, legend, style) == expected


def paged(monkeypatch: pytest.MonkeyPatch, directory: pathlib.Path,
          name: str, **environment: str) -> list[str] | None:
    """What a pager of this name is told by its environment, if started."""
    pager = directory / name
    pager.write_text(f'#!/bin/sh\n/usr/bin/env > {directory}/told\n')
    pager.chmod(0o755)
    (directory / 'sh').symlink_to('/bin/sh')
    monkeypatch.setattr(sys.stdout, 'isatty', lambda: True)
    for variable in ('PAGER', 'SYSTEMD_PAGER', 'SYSTEMD_LESS', 'SUDO_UID'):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in {'PATH': str(directory), **environment}.items():
        monkeypatch.setenv(variable, value)
    with destination.Output():
        pass
    told = directory / 'told'
    return told.read_text().splitlines() if told.exists() else None


def test_pager_is_told_what_systemd_tells(
        monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Colours stay colours, whatever the user tells less elsewhere."""
    told = paged(monkeypatch, tmp_path, 'less', LESS='-i',
                 LESSCHARSET='ascii')
    assert told is not None
    assert {'LESS=FRSXMK', 'LESSCHARSET=utf-8'} <= set(told)
    assert 'LESSSECURE=1' not in told


def test_pager_of_the_users_choice(
        monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """What is meant for systemd's tools is meant for this one."""
    told = paged(monkeypatch, tmp_path, 'mine', SYSTEMD_PAGER='mine',
                 PAGER='other', SYSTEMD_LESS='-R')
    assert told is not None and 'LESS=-R' in told


@pytest.mark.parametrize(('name', 'environment', 'started'), [
    ('less', {}, True), ('more', {}, False), ('pager', {}, False),
    ('mine', {'PAGER': 'mine'}, False), ('less', {'PAGER': 'cat'}, False)])
def test_pager_of_root_for_another_starts_no_shell(
        monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, name: str,
        environment: dict[str, str], started: bool) -> None:
    """Only less can be told not to; without it nothing is paged."""
    told = paged(monkeypatch, tmp_path, name, SUDO_UID='1000', **environment)
    assert (told is not None) is started
    assert told is None or 'LESSSECURE=1' in told
