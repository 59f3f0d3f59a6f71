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

import collections.abc
import os
import pathlib
import sys
import time
import types

import pytest

from ceilometer.diagnostics.command import answers
from ceilometer.diagnostics.command import asked_at
from ceilometer.diagnostics.command.findings import daemons
from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command.findings import sample_chain
from ceilometer.diagnostics.command.findings import stuck_threads
from ceilometer.diagnostics.command.findings import verdict
from ceilometer.diagnostics.command.output import verdict_html
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import search
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report
from tests import limits
from tests.unit import commands
from tests.unit import exact
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


SAME_ID = 'ee' * 16

#: How senders differ whose reports have one id. The first two anybody can be:
#: the user ids of a container are many. The others are those of a host that
#: sends its journal.
SENDERS: dict[str, collections.abc.Callable[[int], journals.Sender]] = {
    'pids': lambda number: journals.Sender(
        pid=1000 + number, uid=1000, unit=None),
    'uids': lambda number: journals.Sender(
        pid=666, uid=100_000 + number, unit=None),
    'boots': lambda number: journals.Sender(boot_id=f'{number:032x}'),
    'machines': lambda number: journals.Sender(machine_id=f'{number:032x}'),
    'units': lambda number: journals.Sender(
        unit=f'ceilometer-polling@{number}.service'),
}


def count_calls(monkeypatch: pytest.MonkeyPatch, owner: type,
                *names: str) -> list[str]:
    """Note each call of some methods; the list grows."""
    noted: list[str] = []

    def counted(name: str) -> None:
        original = getattr(owner, name)

        def count(self: object, *arguments: object) -> object:
            noted.append(name)
            return original(self, *arguments)

        monkeypatch.setattr(owner, name, count)

    for name in names:
        counted(name)
    return noted


@pytest.mark.parametrize('twice', [False, True])
@pytest.mark.parametrize('senders', SENDERS)
def test_reports_of_one_id(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch, senders: str, twice: bool) -> None:
    """Each is found by its sender, however many have its id.

    What is counted is the entries that are read.
    """
    read_entries = count_calls(monkeypatch, journal_reader.Reader, 'fields')
    entry = journals.entries(journals.make_report(commands.sections()))[1]
    work: dict[tuple[str, ...], list[int]] = {}
    for count in (40, 160):
        directory = tmp_path / str(count)
        directory.mkdir()
        journals.write(directory / 'x.journal', [
            {**entry, **SENDERS[senders](number).fields(
                journals.TIME_USEC + 2 * number + time),
             'MESSAGE': f'text {time}', 'REPORT_ID': SAME_ID}
            for number in range(count) for time in range(1 + twice)])
        command = commands.Command(directory, capsys)
        for verb in (('show', SAME_ID), ('export', SAME_ID),
                     ('list', '666', 'ceilometer-*'), ('stuck', '--all')):
            read_entries.clear()
            code, out, _ = command(*verb)
            assert out or code
            work.setdefault(verb, []).append(len(read_entries))
    assert work['show', SAME_ID][0] > 40
    for verb, (few, many) in work.items():
        assert many <= 5 * max(few, 20), verb


#: What strangers can add to the entries that they send while somebody waits.
FORGED_ANSWERS: dict[str, dict[str, str]] = {
    'reports': {},
    'reports of the same id': {'REPORT_ID': SAME_ID},
    'what is told of a silent process': {
        'REPORT_TRIGGER': 'hang', 'REPORT_SECTION': 'outside',
        'OBJECT_PID': str(os.getpid())},
    'answers to one trigger': {'REPORT_TRIGGER_ID': 'ab' * 16},
}


@pytest.mark.parametrize('more', FORGED_ANSWERS)
@pytest.mark.parametrize('same_pid', [False, True])
def test_forged_entries_do_not_hold_up_who_waits(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch,
        same_pid: bool, more: str) -> None:
    """The verb trigger finds its answer, and reads few entries for it.

    What is counted is the entries that are read.
    """
    read_entries = count_calls(monkeypatch, journal_reader.Reader, 'fields')
    made = journals.make_report(commands.sections(), report_id=SAME_ID)
    true = journals.entries(made, journals.Sender(pid=os.getpid()))
    # none of them has the number of the process
    strangers = [journals.Sender(
        pid=os.getpid() + 1 + (0 if same_pid else number),
        uid=100_000 + number, unit=None) for number in range(160)]
    entry = forged(1, strangers[0])[0]
    process = unit_processes.look_at(os.getpid())
    assert process is not None
    work = []
    asked = asked_at.AskedAt()
    monkeypatch.setattr(asked, 'earliest_usec', lambda: journals.TIME_USEC)
    for count in (40, 160):
        directory = tmp_path / str(count)
        directory.mkdir()
        journals.write(directory / 'x.journal', [*true, *(
            {**entry, **stranger.fields(journals.TIME_USEC + 10**6 + number),
             'REPORT_ID': f'{number:032x}', **FORGED_ANSWERS[more]}
            for number, stranger in enumerate(strangers[:count]))])
        answer = answers.Answer('ceilometer-polling.service', process)
        read_entries.clear()
        answers.wait(
            journal_reader.Journal(source.Source(directory=str(directory))),
            [answer], asked, limits.EVENT_SECONDS,
            lambda complete: None)
        assert answer.complete
        assert answer.found is not None
        assert answer.found.identity.uid == journals.Sender.uid
        assert answer.found.disputes == ()
        assert answer.told is None
        work.append(len(read_entries))
    assert work[0] >= len(made.sections)
    # what names its process is read, to be sorted out
    names_it = 'OBJECT_PID' in FORGED_ANSWERS[more]
    assert work[1] == work[0] or names_it and work[1] <= 5 * max(work[0], 20)


def test_many_units_are_not_asked_for_one_by_one(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Each one asked for is looked up at each entry; anybody may name many."""
    asked = count_calls(monkeypatch, journal_reader.Reader, 'add_match')
    commands.fill(tmp_path)
    stranger = journals.Sender(pid=666, uid=1000, unit='session-1.scope')
    made = journals.make_report(commands.sections())
    journals.write(tmp_path / 'more.journal', [
        {**stranger.fields(journals.TIME_USEC + number), 'MESSAGE': 'x',
         'OBJECT_PID': '1',
         'OBJECT_SYSTEMD_UNIT': f'ceilometer-{number}.service'}
        for number in range(300)] + [
        entry for number in range(300) for entry in journals.entries(
            made, journals.Sender(unit=f'ceilometer-{number}.service'))[:1]])
    command = commands.Command(tmp_path, capsys)
    code, out, _ = command('list', 'ceilometer-*')
    assert code == 0 and '305 reports listed' in out and len(asked) < 200
    code, out, _ = command('list', 'ceilometer-7.service')
    assert code == 0 and '1 report listed' in out


def test_each_section_that_is_announced_costs_time(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No writer has so many as would hold up the reader of many entries."""
    assert journal_entries.SECTIONS_MAX <= 1000
    entry = journals.entries(journals.make_report(commands.sections()))[1]
    journals.write(tmp_path / 'x.journal', [
        {**entry, 'REPORT_SECTION_COUNT': str(count),
         'REPORT_ID': f'{count:032x}'} for count in (
            journal_entries.SECTIONS_MAX, journal_entries.SECTIONS_MAX + 1)])
    code, out, err = commands.Command(tmp_path, capsys)('list')
    assert code == 0 and '1 report listed' in out
    assert 'REPORT_SECTION_COUNT' in err


def opcodes(function: collections.abc.Callable[..., object],
            *arguments: object) -> int:
    """How many steps Python takes for a call: no clock is as exact."""
    steps = 0

    def trace(frame: types.FrameType, event: str, _: object) -> object:
        nonlocal steps
        frame.f_trace_opcodes = True
        steps += event == 'opcode'
        return trace

    before = sys.gettrace()
    # Python 3.12 has such events only if a frame asks for them beforehand
    sys._getframe().f_trace_opcodes = True
    sys.settrace(trace)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
    return steps


def chain_of_threads(count: int) -> tuple[object, ...]:
    """Two reports of threads, each of which waits for the next one."""
    stacks = []
    for number in range(1, count + 1):
        stack = commands.thread(f'thread-{number}', number, 5, 'a lock')
        stack['threads'][0]['waits_for_thread'] = {
            'name': 'x', 'native_id': number + 1, 'ident': number + 1,
            'ended': False}
        stacks.append(stack)
    made = report.Section('threads', 'Threads', 'x', exact.completed(
        'threads', {'count': count, 'stacks': stacks}))
    whole = journals.make_report([made])
    identity = read.Identity(1, 1, 'u', 'h', 'm', 'b')
    return read.Found(whole, identity), read.Found(whole, identity)


def finding(number: int, kind: str) -> contents.Finding:
    """One of many, as anybody may write it."""
    return findings.finding(kind, f'number {number}')


def daemons_with_findings(count: int) -> tuple[object, ...]:
    """A daemon of many processes, with two findings each."""
    processes = [daemons.Process(
        read.Found(journals.make_report(), read.Identity(
            number, 1, 'u', 'h', 'm', 'b')),
        [finding(number, 'nothing-sent'), finding(number, 'samples-lost')],
        None, None, None, None, None) for number in range(count)]
    return ([daemons.Daemon(daemons.POLLING, 'h', 'u', 1, processes, [])],)


def verdict_of_kinds(count: int) -> tuple[object, ...]:
    """Many reports, each with a kind of finding that no other has."""
    reports = [read.Found(journals.make_report(), read.Identity(
        number, 1, 'u', 'h', 'm', 'b')) for number in range(count)]
    told = verdict.of((one, [digest.Notice(
        digest.ODD, 'x', f'kind-{number}', findings.NOTICE)])
        for number, one in enumerate(reports))
    return told, reports, [str(number) for number in range(count)]


@pytest.mark.parametrize(('function', 'make'), [
    (stuck_threads.standing, chain_of_threads),
    (findings.ordered, lambda count: ([
        finding(number, kind) for kind in (
            'broker-unreachable', 'samples-lost', 'zombies')
        for number in range(count)],)),
    (sample_chain.of, daemons_with_findings),
    (verdict_html.verdict_over, verdict_of_kinds),
], ids=['standing', 'ordered', 'sample_chain', 'verdict_over'])
def test_what_one_report_holds_takes_linear_time(
        function: collections.abc.Callable[..., object],
        make: collections.abc.Callable[[int], tuple[object, ...]]) -> None:
    """Four times as much takes four times as many steps, and a few."""
    few, many = (opcodes(function, *make(count)) for count in (50, 200))
    assert few > 1000
    assert many < 5 * few


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
