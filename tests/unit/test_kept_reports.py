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
"""While there is no journal reports wait in files, and come to it later."""

from __future__ import annotations

import collections.abc
import json
import os
import pathlib
import time
import typing

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics.command.reports import kept_reader
from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics.daemon import hand_over
from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics.daemon import keep
from ceilometer.diagnostics.daemon import make_report
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import kept_files
from ceilometer.diagnostics import report
from tests.functional import journald as journalds
from tests.unit import journals

UNIT = 'ceilometer-polling.service'
WHEN = 1_795_334_400_000_000

# Runs a verb on what is kept, and on a journal if there is one.
Command = collections.abc.Callable[..., tuple[int, str, str]]


@pytest.fixture
def directory(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch,
              ) -> pathlib.Path:
    """The runtime directory of a unit, on a machine without a journal."""
    made = tmp_path / 'run/ceilometer/polling'
    made.mkdir(parents=True)
    made.parent.chmod(0o755)
    made.chmod(0o750)
    monkeypatch.setenv('RUNTIME_DIRECTORY', f'/run/theirs:{made}')
    monkeypatch.setattr(journal, 'SOCKET_PATH', '/none/socket')
    # handed over when a test says so
    monkeypatch.setattr(hand_over, 'begin', lambda: None)
    return made


@pytest.fixture
def command(directory: pathlib.Path, tmp_path: pathlib.Path,
            monkeypatch: pytest.MonkeyPatch,
            capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command there."""
    monkeypatch.setattr(kept_reader, 'RUN', str(tmp_path / 'run'))
    monkeypatch.setattr(source, 'DIRECTORIES', (str(tmp_path / 'journal'),))

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


def write_one() -> str:
    """Write a report of this process."""
    return make_report.make(
        report_context.ReportContext(daemons.Daemon('ceilometer-polling')),
        [report.Trigger(fields.TRIGGER_API, time.time_ns() // 1000)])


def rows(command: Command, *arguments: str) -> list[dict[str, typing.Any]]:
    """What list says."""
    code, out, err = command('list', '--json', *arguments)
    assert code == 0, err
    found: list[dict[str, typing.Any]] = json.loads(out)
    return found


def entry(report_id: str, number: int = 1, count: int = 1,
          text: str = 'text') -> journal_entries.Entry:
    """The entry of a section."""
    made, = journal_entries.from_section(
        report.Header(
            id=report_id, service='ceilometer-polling', pid=os.getpid(),
            process=fields.PROCESS_MASTER,
            trigger=report.Trigger(fields.TRIGGER_SIGNAL, 0)),
        report.Section(f'section-{number}', 'Section', text), number, count)
    return made


def an_id(number: int) -> str:
    """The id of a report."""
    return f'{number:032x}'


def test_report_is_kept_and_told(directory: pathlib.Path,
                                 command: Command) -> None:
    """Whole, of the unit whose directory it is, and marked."""
    before = time.time_ns() // 1000
    report_id = write_one()
    path, = directory.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    row, = rows(command, UNIT)
    assert row['id'] == report_id and row['kept_in'] == str(path)
    assert (row['unit'], row['pid'], row['trusted'], row['complete']) == (
        UNIT, os.getpid(), True, True)
    assert before <= row['time'] <= time.time_ns() // 1000
    code, out, _ = command('show', report_id)
    assert code == 0 and f'Kept in: {path}, not in the journal yet' in out
    assert 'Summary' in out and 'the journal did not take all of it' in out
    assert 'not in the journal yet' in command('list')[1]
    # for systemd-journal-remote
    file = directory.parent / 'exported'
    assert command('export', '--format=journal', f'--output={file}')[0] == 0
    assert file.read_bytes().count(f'\nREPORT_ID={report_id}\n'.encode()) == (
        row['section_count'])


def test_kept_report_comes_to_the_journal_once(
        directory: pathlib.Path, command: Command) -> None:
    """All entries in order, with the time at which they were written."""
    report_id = write_one()
    row, = rows(command)
    assert not hand_over.all_handed_over(str(directory), 0)
    assert rows(command) == [row]
    with journalds.Journald() as listening:
        assert hand_over.all_handed_over(str(directory), 5, listening.path)
        found, = listening.wait_complete()
        assert found.header.id == report_id
        assert found.header.trigger.time_usec == row['time']
        entries = list(listening.entries)
        assert hand_over.all_handed_over(str(directory), 5, listening.path)
        assert listening.entries == entries
    indexes = [int(one[fields.REPORT_SECTION_INDEX]) for one in entries]
    assert indexes == sorted(set(indexes))
    assert not any(name.startswith('_') and name != '_PID'
                   for one in entries for name in one)
    assert not list(directory.iterdir())


def test_hand_over_goes_on_where_the_journal_went(
        directory: pathlib.Path, command: Command,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has taken is not sent again, and told from there alone."""
    kept = keep.KeptReport(an_id(1))
    for number in (1, 2, 3):
        assert kept.add(entry(an_id(1), number, 3))
    sent: list[str] = []
    left = 1

    def send(one: typing.Any, *_: typing.Any) -> None:
        if len(sent) >= left:
            raise journal.JournalUnavailable('gone again')
        sent.append(one[fields.REPORT_SECTION_INDEX])

    monkeypatch.setattr(journal, 'send', send)
    assert not hand_over.all_handed_over(str(directory))
    assert sent == ['1']
    row, = rows(command)
    assert row['missing'] == [1]
    # the report goes on meanwhile
    assert kept.add(entry(an_id(1), 4, 4))
    left = 9
    assert hand_over.all_handed_over(str(directory))
    assert sent == ['1', '2', '3', '4']


def test_report_that_goes_on_is_handed_over_whole(
        directory: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is added while the rest is sent waits, and comes next."""
    kept = keep.KeptReport(an_id(1))
    kept.add(entry(an_id(1), 1, 2))
    sent: list[str] = []

    def send(one: typing.Any, *_: typing.Any) -> None:
        sent.append(one[fields.REPORT_SECTION_INDEX])
        if len(sent) == 1:
            assert kept.add(entry(an_id(1), 2, 2))

    monkeypatch.setattr(journal, 'send', send)
    assert hand_over.all_handed_over(str(directory))
    assert sent == ['1', '2']
    # and what comes later is in a new file
    assert kept.add(entry(an_id(1), 3, 3))
    assert hand_over.all_handed_over(str(directory))
    assert sent == ['1', '2', '3'] and not list(directory.iterdir())


def test_report_of_a_process_that_ended_is_handed_over(
        directory: pathlib.Path) -> None:
    """By another one of the unit, which says whose it is; not before."""
    begun, begin = os.pipe()
    ending, end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(end)
            keep.KeptReport(an_id(1)).add(entry(an_id(1)))
            os.write(begin, b'x')
            os.read(ending, 1)
        finally:
            os._exit(0)
    try:
        assert os.read(begun, 1) == b'x'
        name, = kept_files.names(str(directory))
        with journalds.Journald() as listening:
            assert hand_over.all_handed_over(
                str(directory), 5, listening.path)
            assert kept_files.names(str(directory)) == [name]
            os.write(end, b'x')
            os.waitpid(child, 0)
            assert hand_over.all_handed_over(
                str(directory), 5, listening.path)
            one, = listening.wait_for(lambda: listening.entries, 'the entry')
    finally:
        # the child ends when it can read no more, also if something failed
        for descriptor in (begun, begin, ending, end):
            os.close(descriptor)
    assert one[fields.REPORT_KEPT_PID] == str(child)
    found = parsed.to_report([one])
    assert found.header.pid == child
    assert found.header.trigger.time_usec == int(one[fields.REPORT_KEPT_USEC])


def test_what_was_handed_over_is_of_the_process_that_wrote_it(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the journal another one has sent it, later."""
    text = {**entry(an_id(1)), fields.REPORT_KEPT_USEC: str(WHEN),
            fields.REPORT_KEPT_PID: '77'}
    sent = journals.Sender(pid=90, unit=UNIT)
    journals.write(tmp_path / 'a.journal', [
        {**text, **sent.fields(WHEN + 9 * 3600 * 1_000_000)}])
    capsys.readouterr()
    assert cli.main([f'--directory={tmp_path}', 'list', '--json',
                     f'--until=@{WHEN // 1_000_000 + 1}']) == 0
    row, = json.loads(capsys.readouterr().out)
    assert (row['pid'], row['time'], row['trusted']) == (77, WHEN, True)
    assert cli.main([f'--directory={tmp_path}', 'show', an_id(1)]) == 0
    assert 'text' in capsys.readouterr().out


def test_newest_are_kept_and_the_others_counted(
        directory: pathlib.Path, command: Command,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """By number and by size; what is dropped is said, here and there."""
    monkeypatch.setattr(kept_files, 'FILES_MAX', 3)
    for number in range(1, 6):
        assert keep.KeptReport(an_id(number)).add(entry(an_id(number)))
    assert {row['id'] for row in rows(command)} == {
        an_id(3), an_id(4), an_id(5)}
    assert '2 older reports were dropped' in command('list')[2]
    monkeypatch.setattr(kept_files, 'BYTES_MAX', 9000)
    monkeypatch.setattr(keep, 'REPORT_BYTES_MAX', 7000)
    assert keep.KeptReport(an_id(6)).add(entry(an_id(6), text='x' * 6000))
    assert keep.KeptReport(an_id(7)).add(entry(an_id(7), text='x' * 6000))
    assert not keep.KeptReport(an_id(8)).add(entry(an_id(8), text='x' * 9000))
    assert rows(command)[-1]['id'] == an_id(7)
    size = sum(path.stat().st_size for path in directory.glob('*-*.kept'))
    assert size <= 9000
    with journalds.Journald() as listening:
        assert hand_over.all_handed_over(str(directory), 5, listening.path)
        last = listening.wait_for(
            lambda: [one for one in listening.entries
                     if fields.REPORT not in one], 'what was dropped')
    assert 'diagnostic reports were dropped' in last[0]['MESSAGE']
    assert not list(directory.iterdir())


def test_no_link_is_followed(directory: pathlib.Path,
                             tmp_path: pathlib.Path, command: Command,
                             monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither to write, nor to read, nor to hand over."""
    aim = tmp_path / 'aim'
    aim.write_text('untouched')
    kept = keep.KeptReport(an_id(1))
    name = str(typing.cast(typing.Any, kept)._name)
    (directory / name).symlink_to(aim)
    assert not kept.add(entry(an_id(1)))
    assert aim.read_text() == 'untouched'
    code, _, err = command('list')
    assert code == 1 and f'{name}: ' in err
    assert hand_over.all_handed_over(str(directory), 0)
    assert aim.read_text() == 'untouched' and (directory / name).is_symlink()


@pytest.mark.parametrize('where', ['file', 'directory', 'above'])
def test_what_others_may_write_is_not_believed(
        directory: pathlib.Path, command: Command, where: str) -> None:
    """It is skipped, and the command says so."""
    write_one()
    assert len(rows(command)) == 1
    path, = directory.iterdir()
    {'file': path, 'directory': directory, 'above': directory.parent}[
        where].chmod(0o777)
    code, _, err = command('list')
    assert code == 1 and 'may write' in err


def test_file_cannot_claim_to_be_of_another(
        directory: pathlib.Path, command: Command) -> None:
    """What only journald may say, a file says in vain."""
    name = kept_files.Name(WHEN, 42, an_id(1))
    claims = {'_UID': '0', '_PID': '1', '_SYSTEMD_UNIT': 'sshd.service',
              '_HOSTNAME': 'elsewhere', '_BOOT_ID': an_id(9),
              '__REALTIME_TIMESTAMP': str(WHEN),
              '_SOURCE_REALTIME_TIMESTAMP': '1'}
    (directory / str(name)).write_bytes(
        journal.serialize({**entry(an_id(1)), **claims}) + b'\n')
    (directory / str(name)).chmod(0o600)
    row, = rows(command)
    assert (row['pid'], row['unit'], row['uid'], row['time']) == (
        42, UNIT, directory.stat().st_uid, WHEN)
    assert row['hostname'] == os.uname().nodename
    assert row['boot_id'] == source.boot_id()


def test_file_of_many_reports_is_read_once(
        directory: pathlib.Path, command: Command,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for each of them anew; and of it what is of the one asked for."""
    path = directory / str(kept_files.Name(WHEN, 42, an_id(1)))
    path.write_bytes(b''.join(
        journal.serialize({**entry(an_id(number), text=f'text {number};'),
                           '__REALTIME_TIMESTAMP': str(WHEN + number)})
        + b'\n' for number in range(100)))
    path.chmod(0o600)
    looked_at: list[str] = []
    values, contents = kept_reader._values, kept_reader._read
    monkeypatch.setattr(kept_reader, '_values', lambda *given: (
        looked_at.append(given[1]), values(*given))[1])
    files: list[str] = []
    monkeypatch.setattr(kept_reader, '_read', lambda path: (
        files.append(path), contents(path))[1])
    code, out, _ = command('show', UNIT, '--since=@0', '--json')
    assert code == 0
    assert all(f'text {number};' in out for number in range(100))
    assert len(files) == 1
    assert 200 <= looked_at.count(fields.REPORT_ID) < 1000


def test_what_is_in_the_journal_already_is_told_once(
        directory: pathlib.Path, command: Command,
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal's word counts; both halves are one report."""
    machine = an_id(5)
    monkeypatch.setattr(source, 'machine_id', lambda: machine)
    kept = keep.KeptReport(an_id(1))
    for number in (1, 2):
        kept.add(entry(an_id(1), number, 2))
    own = journals.Sender(
        pid=os.getpid(), unit=UNIT, uid=directory.stat().st_uid,
        hostname=os.uname().nodename, machine_id=machine,
        boot_id=source.boot_id())
    place = tmp_path / 'journal' / machine
    place.mkdir(parents=True)
    journals.write(place / 'system.journal', [
        {**entry(an_id(1), 1, 2, 'sent'), **own.fields(WHEN)}])
    row, = rows(command)
    assert row['complete'] and not row['disputes'] and row['kept_in']
    code, out, _ = command('show', an_id(1))
    assert code == 0
    assert out.count('sent') == 1 and out.count('\ntext') == 1


@hypothesis.given(strategies.binary(max_size=300) | strategies.lists(
    strategies.sampled_from([
        b'A=1\n', b'\n', b'B\n', (4).to_bytes(8, 'little'), b'abc\n', b'\xff',
        b'\n' * 9, b'=\n', b'__CURSOR=kept-1\n', b'a=1\n'])).map(b''.join))
def test_any_content_can_be_read(content: bytes) -> None:
    """The command, as root, reads what a service has written."""
    for kept in kept_files.entries(content):
        assert kept.fields and 0 <= kept.at < len(content)


@hypothesis.given(strategies.lists(strategies.dictionaries(
    strategies.from_regex('[A-Z][A-Z0-9_]{0,9}', fullmatch=True),
    strategies.text(strategies.characters(exclude_categories=['Cs'])),
    min_size=1), max_size=4), strategies.integers(0, 9))
def test_entries_come_back_and_a_torn_one_is_left_out(
        given: list[dict[str, str]], torn: int) -> None:
    """A process may die as it writes."""
    whole = b''.join(journal.serialize(one) + b'\n' for one in given)
    content = whole + b'A\n' + b'\xff' * torn
    found = [{name: value.decode() for name, value in kept.fields.items()}
             for kept in kept_files.entries(content)]
    assert found == given
