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

"""What verbs take grows with what there is to read, and no faster."""

from __future__ import annotations

import pathlib
import time

import pytest

from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import search
from tests.unit import commands
from tests.unit import journals

VERBS = (('list',), ('show',), ('stuck', '--all'), ('diff',), ('export',),
         ('list', 'ceilometer-polling'), ('show', '101'), ('list', '666'))


def forged(count: int, sender: journals.Sender) -> list[dict[str, str]]:
    """Reports of one entry each, as any process can send them."""
    entry = journals.entries(
        journals.make_report(commands.sections()), sender)[1]
    return [{**entry, **sender.fields(journals.TIME_USEC + number),
             'REPORT_ID': f'{number:032x}'} for number in range(count)]


@pytest.mark.any_python
@pytest.mark.parametrize('unit', [None, 'session-1.scope'])
def test_forged_entries_do_not_hold_up_verbs(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        unit: str | None) -> None:
    """Six times as many take a verb no more than fifteen times as long."""
    taken: dict[int, dict[tuple[str, ...], float]] = {}
    for count in (2_000, 12_000):
        directory = tmp_path / str(count)
        directory.mkdir()
        commands.fill(directory)
        journals.write(directory / 'forged.journal', forged(
            count, journals.Sender(pid=666, uid=1000, unit=unit)))
        command = commands.Command(directory, capsys)
        taken[count] = {}
        for verb in VERBS:
            start = time.process_time()
            code, out, _ = command(*verb)
            taken[count][verb] = time.process_time() - start
            assert code == 0 and out, verb
    for verb in VERBS:
        assert taken[12_000][verb] < 15 * taken[2_000][verb], verb


def test_forged_entries_hide_no_report(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of those that nobody named the newest are listed, and that is said."""
    commands.fill(tmp_path)
    journals.write(tmp_path / 'forged.journal', forged(
        search.STRANGERS_MAX + 50, journals.Sender(
            pid=666, uid=1000, unit='session-2.scope')))
    command = commands.Command(tmp_path, capsys)
    code, out, err = command('list')
    assert code == 0
    assert f'{search.STRANGERS_MAX + 5} reports listed' in out
    assert f'{search.STRANGERS_MAX} not from a Ceilometer unit' in out
    for number in (0, 1, 2, 3, 5):
        assert commands.IDS[number][:12] in out
    # these are older than the forged ones
    assert f'{search.STRANGERS_MAX + 49:032x}'[:12] in out
    assert '! session-1' in out
    assert 'more reports are not from a Ceilometer unit' in err
    # who names them sees them all
    code, out, err = command('list', 'session-2.scope')
    assert (code, err) == (0, '')
    assert f'{search.STRANGERS_MAX + 50} reports listed' in out
    # the verbs that need none of them do not look at them
    assert commands.IDS[5] in command('show')[1]
    assert command('show')[2] == ''


@pytest.mark.any_python
def test_many_processes_with_one_finding(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page of four times as many takes no more than eight times as long."""
    taken = []
    for count in (400, 1_600):
        directory = tmp_path / str(count)
        directory.mkdir()
        entry = journals.entries(journals.make_report())[-1]
        journals.write(directory / 'x.journal', [
            {**entry, **journals.Sender(pid=number + 1).fields(
                journals.TIME_USEC + number), 'REPORT_ID': f'{number:032x}'}
            for number in range(count)])
        start = time.process_time()
        code, out, _ = commands.Command(directory, capsys)(
            'export', '--format=html')
        taken.append(time.process_time() - start)
        assert code == 0
        # each of them is named where the verdict is told, too
        assert out.count('<section class="report"') == count
        assert out.count('href="#report-1"') >= 2
    assert taken[1] < 8 * taken[0]


def test_files_are_read_once_each(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times the hosts, each with its file: three times the work.

    What is counted is what is asked of libsystemd.
    """
    asked = 0

    def counted(name: str) -> None:
        original = getattr(journal_reader.Reader, name)

        def count(self: journal_reader.Reader, *arguments: object) -> object:
            nonlocal asked
            asked += 1
            return original(self, *arguments)

        monkeypatch.setattr(journal_reader.Reader, name, count)

    for name in ('__init__', 'add_match', 'step', 'fields', 'field',
                 'unique'):
        counted(name)
    work: dict[tuple[str, ...], list[int]] = {}
    command = commands.Command(tmp_path, capsys)
    made = 0
    for hosts in (4, 12):
        while made < hosts:
            made += 1
            machine = f'{made:032x}'
            journals.write(tmp_path / f'remote-host-{made}.journal', [
                entry for minute in range(3) for entry in journals.entries(
                    journals.make_report(
                        commands.sections(),
                        report_id=f'{minute}{made:x}'.ljust(32, 'a')),
                    journals.Sender(pid=101, hostname=f'host-{made}',
                                    machine_id=machine, boot_id=machine),
                    journals.TIME_USEC + minute * commands.MINUTE)])
        for verb in (('list',), ('show',), ('stuck', '--all'), ('diff',),
                     ('show', '11aaa'), ('diff', '11aaa'), ('export',),
                     ('export', '101', '--format=journal', f'-o{tmp_path}/x'),
                     ('list', 'REPORT_SECTION=threads')):
            asked = 0
            code, out, err = command(*verb)
            assert (code, err) == (0, '')
            assert out or verb[-1].startswith('-o'), verb
            work.setdefault(verb, []).append(asked)
    for verb, (few, many) in work.items():
        assert few > 10, verb
        assert many <= 3 * few, verb
