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

"""Which reports are meant, which belong together, and in which time."""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import pathlib
import resource
import time
import typing

import pytest

from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics import journal_entries
from tests.unit import commands
from tests.unit import journals

IDS = commands.IDS
MINUTE = commands.MINUTE
SECOND = 1_000_000
FORGER = journals.Sender(pid=666, uid=1000, unit='session-1.scope')


def add(directory: pathlib.Path, *batches: list[dict[str, str]]) -> None:
    """Write one more file of a journal."""
    number = len(list(directory.iterdir()))
    journals.write(directory / f'more-{number}.journal',
                   [entry for batch in batches for entry in batch])


def listed(command: commands.Command, *arguments: str) -> list[str]:
    """The ids of the reports that are listed."""
    code, out, err = command('list', '--json=short', *arguments)
    assert (code, err) == (0, '')
    return [row['id'] for row in json.loads(out)]


@pytest.fixture
def empty(tmp_path: pathlib.Path,
          capsys: pytest.CaptureFixture[str]) -> commands.Command:
    """The command, and a directory without a journal."""
    directory = tmp_path / 'own'
    directory.mkdir()
    return commands.Command(directory, capsys)


def test_a_forgery_is_not_what_a_verb_picks(
        command: commands.Command) -> None:
    """Newer ones are listed, and are not what a verb picks of itself."""
    add(command.directory, *(
        journals.entries(
            journals.make_report(commands.sections(), report_id=digit * 32),
            FORGER, journals.TIME_USEC + minute * MINUTE)
        for digit, minute in (('d', 50), ('e', 60))))
    assert listed(command)[-2:] == ['d' * 32, 'e' * 32]
    assert f'Report: {IDS[5]}' in command('show')[1]
    assert f'Report: {IDS[5]}' in command('export')[1]
    assert f'+++ {IDS[3][:12]}' in command('diff')[1]
    told = json.loads(command('stuck', '--json')[1])
    assert {one['id'] for one in told} == {IDS[2], IDS[3]}
    # who asks for them gets them
    assert f'Report: {"e" * 32}' in command('show', 'eeee')[1]
    assert f'+++ {"e" * 12}' in command('diff', 'eeee')[1]


def test_a_forgery_of_an_id_is_not_compared(
        command: commands.Command) -> None:
    """Of two reports with the id, the one of a daemon is meant."""
    add(command.directory, journals.entries(
        journals.make_report(commands.sections(), report_id=IDS[3]),
        FORGER, journals.TIME_USEC + 50 * MINUTE))
    assert listed(command, IDS[3]) == [IDS[3]] * 2
    code, out, _ = command('diff', IDS[3])
    assert code == 0 and f'--- {IDS[1][:12]}' in out
    assert 'not from a Ceilometer unit' not in out


def test_the_beginning_of_several_ids_is_refused(
        command: commands.Command) -> None:
    """One line says how many there are."""
    ids = [f'abcd{digit}' + 'e' * 27 for digit in '12']
    add(command.directory, *(journals.entries(journals.make_report(
        report_id=report_id)) for report_id in ids))
    code, out, err = command('show', 'abcd')
    assert (code, out) == (1, '')
    assert err == ('ceilometer-diagnostics: report id abcd is ambiguous: 2 '
                   'reports begin with it\n')
    assert listed(command, 'abcd2') == ids[1:]


@pytest.mark.parametrize(('boot', 'expected'), [
    (['-b'], '3'), (['-b', '0'], '3'), (['-b', '-1'], '2'), (['-b-2'], '1'),
    (['-b', '1'], '1'), (['--boot=2'], '2'), (['--boot', '+3'], '3'),
    (['-b', 'a' * 32 + '-1'], '1'), (['-b', 'a' * 32 + '+1'], '3'),
    (['-b', 'c' * 32], '1'), (['-b', 'all'], '123'), ([], '123'),
    (['-b', 'A' * 32], '2'), (['-b', 'A' * 32 + '-1'], '1'),
    (['-b', f'{"a" * 8}-{"-".join(["A" * 4] * 3)}-{"a" * 12}+1'], '3')])
def test_boots(empty: commands.Command, boot: list[str],
               expected: str) -> None:
    """They are counted as journalctl does, by time and not by id."""
    add(empty.directory, *(
        journals.entries(
            journals.make_report(report_id=f'{number}' * 32),
            journals.Sender(boot_id=boot_id * 32),
            journals.TIME_USEC + number * MINUTE)
        for number, boot_id in ((1, 'c'), (2, 'a'), (3, 'b'))))
    assert listed(empty, *boot) == [digit * 32 for digit in expected]
    for none in ('-3', '4', 'a' * 32 + '+2'):
        code, out, err = empty('list', '-b', none)
        assert (code, out) == (1, '')
        assert f'the journal has no boot {none} (it has 3 in all)' in err


@pytest.mark.parametrize(('other', 'usec', 'together'), [
    ({}, 5 * SECOND, True),
    ({}, 5 * SECOND + 1, False),
    ({'pid': 10}, SECOND, False),
    ({'unit': 'ceilometer-agent-central.service'}, SECOND, False),
    ({'boot_id': 'c007' * 8}, SECOND, False),
    ({'machine_id': '4ac1' * 8}, SECOND, False),
    ({'signal': 'SIGUSR2'}, SECOND, False),
    ({'kind': 'file'}, SECOND, False),
    ({'sender_pid': 77}, SECOND, False)])
def test_who_answers_one_trigger_stands_together(
        empty: commands.Command, other: dict[str, typing.Any], usec: int,
        together: bool) -> None:
    """Processes of a unit, of one boot, soon after the same trigger."""
    fields = {field.name for field in dataclasses.fields(journals.Sender)}
    sender = {'pid': 11, **{name: value for name, value in other.items()
                            if name in fields}}
    trigger = {name: value for name, value in other.items()
               if name not in fields}
    second = journals.make_report(report_id='2' * 32)
    second = dataclasses.replace(second, header=second.header._replace(
        trigger=second.header.trigger._replace(**trigger)))
    add(empty.directory,
        journals.entries(journals.make_report(
            process='master', report_id='1' * 32), journals.Sender(pid=10)),
        journals.entries(second, journals.Sender(**sender),
                         journals.TIME_USEC + usec))
    code, out, err = empty('list', '--json')
    groups = [row['group'] for row in json.loads(out)]
    assert groups == ['1' * 32, ('1' if together else '2') * 32]
    assert ('┌ master' in empty('list')[1]) is together
    _, out, _ = empty('export')
    assert (f'Report: {"1" * 32}' in out) is together
    assert f'Report: {"2" * 32}' in out


def test_the_nearest_report_before_is_compared(
        empty: commands.Command) -> None:
    """Not with an older one, nor one of another boot, unit or process."""
    senders = [
        ('1', 0, journals.Sender()), ('2', 10, journals.Sender()),
        ('3', 20, journals.Sender(boot_id='c007' * 8)),
        ('4', 21, journals.Sender(pid=101)),
        ('5', 22, journals.Sender(unit='ceilometer-x.service')),
        ('6', 30, journals.Sender()), ('7', 40, journals.Sender())]
    add(empty.directory, *(
        journals.entries(
            journals.make_report(commands.sections(), report_id=digit * 32),
            sender, journals.TIME_USEC + minute * MINUTE)
        for digit, minute, sender in senders))
    six = '6' * 32
    for arguments in (['show', six], ['export', six],
                      ['export', '--format=html', six]):
        out = empty(*arguments)[1]
        assert f'for 20min (since report {"2" * 12})' in out, arguments
    told = json.loads(empty('diff', six, '--json')[1])
    assert (told['before'], told['after']) == ('2' * 32, six)
    told = json.loads(empty('diff', '--json')[1])
    assert (told['before'], told['after']) == (six, '7' * 32)


def test_newest_first(command: commands.Command) -> None:
    """Also where whole reports are shown."""
    for verb in ('show', 'export'):
        _, out, _ = command(verb, IDS[0], IDS[2])
        assert 0 < out.index(IDS[0]) < out.index(f'Report: {IDS[2]}')
        _, out, _ = command(verb, '-r', IDS[0], IDS[2])
        assert 0 < out.index(f'Report: {IDS[2]}') < out.index(
            f'Report: {IDS[0]}')


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> collections.abc.Iterator[None]:
    """Local time is that of Tokyo."""
    with monkeypatch.context() as patch:
        patch.setenv('TZ', 'Asia/Tokyo')
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize('arguments', [
    ['list'], ['show', IDS[0]], ['show', IDS[0], '--section', 'package'],
    ['diff', IDS[0], IDS[2]], ['export', IDS[0]],
    ['export', IDS[0], '--format=html']])
def test_times_are_local_unless_utc_is_wanted(
        command: commands.Command, tokyo: None,
        arguments: list[str]) -> None:
    """By each verb that tells one."""
    local, universal = (
        command(*arguments, *options)[1] for options in ([], ['--utc']))
    for out, own, other in (
            (local, '17:00:00 JST', '08:00:00 UTC'),
            (universal, '08:00:00 UTC', '17:00:00 JST')):
        assert f'2026-11-22 {own}' in out
        assert f'2026-11-22 {other}' not in out


def test_hosts_are_listed_where_there_are_several(
        command: commands.Command) -> None:
    """One of its own in each row; a single one is no news."""
    heads, *rows = command('list')[1].splitlines()
    assert 'HOST' not in heads and 'controller-1' not in rows[0]
    add(command.directory, journals.entries(
        journals.make_report(), journals.Sender(
            hostname='compute-2', machine_id='4ac1' * 8, boot_id='c007' * 8),
        journals.TIME_USEC + 40 * MINUTE))
    heads, *rows = command('list')[1].splitlines()
    assert heads.split()[:3] == ['TIME', 'HOST', 'UNIT']
    assert [(' controller-1 ' in row, ' compute-2 ' in row)
            for row in rows[:7]] == [(True, False)] * 6 + [(False, True)]


def test_damage_is_listed(empty: commands.Command) -> None:
    """Of an entry that cannot be, and how many sections are left."""
    entries = journals.entries(journals.make_report(commands.sections()))
    entries[1]['REPORT_SECTION_STATUS'] = 'great'
    add(empty.directory, entries)
    code, out, err = empty('list')
    assert (code, err) == (0, '')
    assert '5 of 6: 2 missing, broken error, damaged' in out
    assert '1 report listed.' in out and 'believed' not in out


def test_report_that_its_process_did_not_finish(
        empty: commands.Command) -> None:
    """It is listed as far as it has come; one with a gap is another case."""
    made = journals.make_report(commands.sections(), report_id='a' * 32)
    first, *others = journals.entries(made)
    begun = {**first, **journal_entries.beginning(
        made.header, made.sections[0].name, made.count)}
    whole = [begun, {**first, 'REPORT_SECTION_PART': '2',
                     'REPORT_SECTION_PARTS': '2'}, *others]

    def with_id(digit: str, entries: list[dict[str, str]],
                ) -> list[dict[str, str]]:
        return [{**entry, 'REPORT_ID': digit * 32} for entry in entries]

    add(empty.directory, whole, with_id('b', whole[:3]),
        with_id('c', whole[:1]), with_id('d', [*whole[:3], *whole[4:]]))
    count = made.count
    said = {line.split()[-1][0]: line
            for line in empty('list')[1].splitlines()[1:5]}
    assert f' {count}: broken error ' in said['a']
    assert f'unfinished: 2 of {count} sections' in said['b']
    assert f'unfinished: 0 of {count} sections' in said['c']
    assert f'{count - 1} of {count}: 3 missing' in said['d']
    rows = json.loads(empty('list', '--json=short')[1])
    assert {row['id'][0]: row['unfinished'] for row in rows} == {
        'a': False, 'b': True, 'c': True, 'd': False}
    for digit in 'bc':
        code, out, _ = empty('show', digit * 32)
        assert code == 0 and f'of {count} sections' in out


def test_section_of_several_reports_as_json(
        command: commands.Command) -> None:
    """Only those sections, of each report that has one of them."""
    _, out, _ = command('show', IDS[0], '--json=short', '--section',
                        'resources', '--section', 'broken')
    assert [part['name'] for part in json.loads(out)['sections']] == [
        'resources', 'broken']
    _, out, err = command('show', IDS[4], IDS[5], '--json=short',
                          '--section', 'threads')
    told, = map(json.loads, out.splitlines())
    assert told['id'] == IDS[4] and err == ''
    assert [part['name'] for part in told['sections']] == ['threads']


def test_files_that_may_not_be_read_are_told(
        command: commands.Command,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sees a part of the reports is told that it is a part, and why."""
    add(command.directory, journals.entries(
        journals.make_report(report_id='ee' * 16)))
    check = source.check

    def forbidden(path: str) -> None:
        if 'more' in path:
            raise PermissionError(13, 'Permission denied')
        check(path)

    assert 'ee' * 16 in listed(command)
    monkeypatch.setattr(source, 'check', forbidden)
    code, out, err = command('list')
    assert code == 0 and IDS[5][:12] in out and 'ee' * 6 not in out
    assert err.startswith(
        f'ceilometer-diagnostics: {command.directory}: no permission to read '
        '1 of 2 files; ')
    assert err.endswith('root can read it\n') or 'usermod -aG' in err


def machine_directory(top: pathlib.Path, name: str, digit: str) -> None:
    """A directory of a machine, or of a namespace of it, with a report."""
    (top / name).mkdir(parents=True)
    journals.write(top / name / 'system.journal', journals.entries(
        journals.make_report(report_id=digit * 32), journals.Sender(
            pid=int(digit)), journals.TIME_USEC + int(digit) * MINUTE))


@pytest.mark.parametrize(('options', 'expected'), [
    ([], '13'), (['--merge'], '123'), (['--namespace=telemetry'], '45'),
    (['--namespace=+telemetry'], '1345'), (['--namespace=*'], '13456')])
def test_journals_of_this_machine(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch, options: list[str],
        expected: str) -> None:
    """Its own, those of all machines, those of namespaces."""
    own, other = source.machine_id(), 'ab' * 16
    stays, goes = tmp_path / 'var', tmp_path / 'run'
    machine_directory(stays, own, '1')
    machine_directory(stays, other, '2')
    machine_directory(goes, own, '3')
    machine_directory(stays, f'{own}.telemetry', '4')
    machine_directory(goes, f'{own}.telemetry', '5')
    machine_directory(stays, f'{own}.other', '6')
    (stays / 'remote').mkdir()
    monkeypatch.setattr(source, 'DIRECTORIES', (str(stays), str(goes)))
    code = cli.main(['list', '--json', *options])
    out, err = capsys.readouterr()
    assert (code, err) == (0, '')
    assert [row['id'][0] for row in json.loads(out)] == list(expected)


def test_journal_of_a_system_that_is_mounted(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All machines that the journal below its root is of."""
    machine_directory(tmp_path / 'var/log/journal', 'ab' * 16, '1')
    machine_directory(tmp_path / 'run/log/journal', 'cd' * 16, '2')
    assert cli.main(['list', '--json', f'--root={tmp_path}']) == 0
    assert [row['id'][0] for row in json.loads(
        capsys.readouterr().out)] == ['1', '2']


def test_more_files_than_descriptors(
        command: commands.Command) -> None:
    """The limit is raised, as journalctl does."""
    made = journals.entries(journals.make_report(report_id='ee' * 16))
    add(command.directory, made)
    data = (command.directory / 'more-1.journal').read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    there = len(list(pathlib.Path('/proc/self/fd').iterdir()))
    for number in range(40):
        with open(command.directory / f'x-{number}.journal', 'wb') as file:
            file.write(data.rstrip(b'\0'))
            file.truncate(len(data))
    resource.setrlimit(resource.RLIMIT_NOFILE, (there + 30, hard))
    try:
        # of no file is said that it cannot be opened
        code, out, err = command('list', 'ee' * 16, '--json')
        assert (code, err) == (0, '')
        assert [one['id'] for one in json.loads(out)] == ['ee' * 16]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
