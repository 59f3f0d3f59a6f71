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

"""What two files say differently of one report is never mixed."""

from __future__ import annotations

import json
import pathlib
import re

import pytest

from ceilometer.diagnostics.command.reports import claims
from tests.unit import commands
from tests.unit import journals

ID = 'ab' * 16


def own(hostname: str = 'controller-1') -> list[dict[str, str]]:
    """The entries of a report."""
    return journals.entries(journals.make_report(
        commands.sections(), report_id=ID), journals.Sender(
            pid=101, hostname=hostname))


def altered(entry: dict[str, str], tail: bool = False) -> dict[str, str]:
    """The same section, with another text."""
    message = entry['MESSAGE']
    return {**entry, 'MESSAGE': message + 'x' * 5000 + 'forged' if tail
            else message.rstrip() + ' forged\n'}


def rows(command: commands.Command) -> list[dict[str, object]]:
    """What is listed."""
    code, out, _ = command('list', '--json')
    assert code == 0
    found: list[dict[str, object]] = json.loads(out)
    return found


@pytest.mark.parametrize('names', [
    ('remote-controller-1', 'remote-evil'), ('a', 'b'), ('z', 'a'),
    ('remote-10.0.0.1', 'remote-10.0.0.2')])
@pytest.mark.parametrize('index', [0, 1, 3])
def test_no_file_replaces_a_section_of_another(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        names: tuple[str, str], index: int) -> None:
    """Both are shown, each with its own text, and each says so."""
    entries = own()
    journals.write(tmp_path / f'{names[0]}.journal', entries)
    journals.write(tmp_path / f'{names[1]}.journal',
                   [altered(entries[index])])
    command = commands.Command(tmp_path, capsys)
    found = rows(command)
    assert [row['complete'] for row in found].count(True) == 1
    assert len(found) == 2 and all(row['disputes'] for row in found)
    true, other = sorted(found, key=lambda row: not row['complete'])
    assert f'{names[1]}.journal' in str(true['disputes'])
    assert f'{names[0]}.journal' in str(other['disputes'])
    assert true['trusted']
    # who bears the name of the host is believed, if anybody does
    assert other['trusted'] == (names[0] != 'remote-controller-1')
    code, out, _ = command('show', ID)
    assert code == 0 and out.count(' forged') == 1
    # each of them: one in the verdict, to which its report points
    assert len(re.findall(
        '^(?:2 of 2 processes:|!) error: disputed: another report of this id '
        r'and process is in \S+\.journal.* \[report-disputed\]$', out,
        re.MULTILINE)) == 2
    assert len(re.findall('^ *see above: .*report-disputed', out,
                          re.MULTILINE)) == 1
    code, out, _ = command('list')
    assert out.count('disputed') == 2


def test_difference_far_behind_is_seen(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not only the beginnings of texts are compared."""
    entries = own()
    journals.write(tmp_path / 'a.journal', entries)
    journals.write(tmp_path / 'b.journal', [
        *entries[:2], altered(entries[2], tail=True)])
    assert len(rows(commands.Command(tmp_path, capsys))) == 2


def test_copies_are_one_report(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The host's own journal, and what it has sent."""
    entries = own()
    machine = tmp_path / journals.MACHINE_ID
    machine.mkdir()
    journals.write(machine / 'system.journal', entries)
    journals.write(tmp_path / 'remote-controller-1.journal', entries[:3])
    journals.write(tmp_path / 'copy.journal', entries)
    row, = rows(commands.Command(tmp_path, capsys))
    assert row['complete'] and not row['disputes'] and row['trusted']


def test_no_host_adds_a_section_to_the_report_of_another(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor one that is missing there."""
    entries = own()
    journals.write(tmp_path / 'remote-controller-1@1-2.journal', entries[:2])
    journals.write(tmp_path / 'remote-controller-1.journal', entries[2:-1])
    journals.write(tmp_path / 'remote-evil.journal', [altered(entries[-1])])
    command = commands.Command(tmp_path, capsys)
    found = rows(command)
    assert [(row['missing'], row['trusted']) for row in sorted(
        found, key=lambda row: len(str(row['missing'])))] == [
            ([len(entries)], True), (list(range(1, len(entries))), False)]


def test_section_that_is_there_twice_in_one_file(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first one is shown, and that there is another is said."""
    entries = own()
    journals.write(tmp_path / 'a.journal', [*entries, altered(entries[2])])
    command = commands.Command(tmp_path, capsys)
    row, = rows(command)
    assert row['complete']
    assert row['disputes'] == [
        'section 3 is there twice, and differs: the first is shown']
    out = command('show')[1]
    assert 'error: disputed: section 3 is there twice' in out
    assert ' forged' not in out


@pytest.mark.parametrize(('file', 'others', 'words'), [
    ('remote-evil', ['remote-controller-1'], 'remote-controller-1'),
    ('remote-evil@1-2', ['remote-controller-1@3-4'], 'remote-controller-1'),
    ('remote-evil', [f'{journals.MACHINE_ID}/system'], journals.MACHINE_ID),
    (f'{"e" * 32}/system', ['remote-controller-1'], 'remote-controller-1'),
    (f'{"e" * 32}/system', [], f'it claims {journals.MACHINE_ID}'),
    # nothing says that it is not of this host
    ('remote-controller-1', ['remote-evil'], ''),
    ('remote-10.0.0.1', ['remote-10.0.0.2'], ''),
    (f'{journals.MACHINE_ID}/system', ['remote-evil'], ''),
    (f'{journals.MACHINE_ID}.space/system', ['remote-controller-1'], ''),
    ('copy', ['remote-controller-1'], '')])
def test_whole_report_in_the_name_of_another_host(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        file: str, others: list[str], words: str) -> None:
    """It is marked and not trusted, even if that host says nothing of it."""
    for name in (file, *others):
        path = tmp_path / f'{name}.journal'
        path.parent.mkdir(exist_ok=True)
        journals.write(path, own() if name == file else journals.entries(
            journals.make_report(commands.sections()), journals.Sender(
                hostname='evil', machine_id='e' * 32) if 'evil' in name
            else journals.Sender(pid=102)))
    command = commands.Command(tmp_path, capsys)
    for row in rows(command):
        marked = bool(words) and row['id'] == ID
        assert row['trusted'] != marked and bool(row['disputes']) == marked
        if marked:
            assert f'{file}.journal is ' in str(row['disputes'])
            assert words in str(row['disputes'])
    code, out, _ = command('show', ID)
    assert code == 0
    assert ('error: disputed: ' in out) == bool(words)
    # what nobody disputes is shown before
    if words and others:
        assert ID not in command('show')[1]


@pytest.mark.parametrize(('one', 'other', 'same'), [
    ('/x/remote-a.journal', '/x/remote-a@12-3.journal', True),
    ('/x/remote-a.journal', '/x/remote-b.journal', False),
    ('/x/one.journal', '/x/two.journal', True),
    ('/x/one.journal', '/y/one.journal', False),
    (f'/var/{"a" * 32}/system.journal', f'/run/{"a" * 32}/x@1.journal', True),
    (f'/var/{"a" * 32}/system.journal', f'/var/{"b" * 32}/x.journal', False),
    (f'/var/{"a" * 32}/x.journal', f'/var/{"a" * 32}.ns/x.journal', True)])
def test_origin(one: str, other: str, same: bool) -> None:
    """It is the same for all files of a host."""
    assert (claims.origin(one) == claims.origin(other)) == same


def test_files_of_one_origin_are_those_of_its_host() -> None:
    """Of what is volatile, and of what stays; of no other host."""
    one, other = 'a' * 32, 'b' * 32
    mine = {f'/var/log/journal/{one}/system.journal',
            f'/run/log/journal/{one}/user-1000.journal'}
    assert claims.of_origin(
        [*mine, f'/var/log/journal/{other}/system.journal'], one) == mine
