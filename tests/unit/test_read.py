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

"""Reports are found again in real journal files, and only real ones."""

from __future__ import annotations

import dataclasses
import pathlib
import string
import subprocess
import sys
import time
import typing

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import search
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import data_json
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report
from tests import limits
from tests.unit import journals

SECOND = 1_000_000


def build(path: pathlib.Path, *batches: list[dict[str, str]],
          ) -> journal_reader.Journal:
    """A journal of these entries."""
    given = [entry for batch in batches for entry in batch]
    journals.write(path / 'test.journal', given)
    return journal_reader.Journal(source.Source(directory=str(path)))


def same(found: read.Found, made: parsed.Report) -> bool:
    """Whether what was found holds the sections that were made."""
    return found.report.sections == made.sections


def test_report_comes_back_whole(tmp_path: pathlib.Path) -> None:
    """What was collected is what is loaded, and journald says who it was."""
    made = journals.make_report([report.Section(
        'threads', 'Threads', 'one\n\ntwo', {'count': 2}, usec=77)])
    journal = build(tmp_path, journals.entries(made))
    found, = read.find(journal)
    assert found.report.complete
    assert found.identity == read.Identity(
        pid=100, uid=998, unit='ceilometer-polling.service',
        hostname='controller-1', machine_id=journals.MACHINE_ID,
        boot_id=journals.BOOT_ID)
    assert found.identity.trusted
    assert found.time_usec == journals.TIME_USEC
    assert found.size_bytes == sum(
        len(part.text) + len(data_json.encode(part.data))
        for part in made.sections[:-1])
    assert same(read.load(journal, found), made)


_TEXT = strategies.text(strategies.characters(
    exclude_categories=['Cs', 'Cc'], include_characters='\n\t'), max_size=300)
_DATA = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers()
    | strategies.floats(allow_nan=False, allow_infinity=False)
    | strategies.text(max_size=50),
    lambda children: strategies.lists(children, max_size=5)
    | strategies.dictionaries(strategies.text(max_size=10), children,
                              max_size=5), max_leaves=20)


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(strategies.lists(strategies.tuples(
    # the data of a section of ours has a shape
    strategies.text(string.ascii_lowercase + '-', min_size=1, max_size=20,
                    ).filter(lambda name: name not in contents.SECTIONS),
    _TEXT, _DATA), max_size=4))
def test_any_content_comes_back(
        tmp_path_factory: pytest.TempPathFactory,
        given: list[tuple[str, str, object]]) -> None:
    """Whatever the sections hold, they come back equal from a journal."""
    made = journals.make_report([
        report.Section(name, name.title(), text.strip('\n'), data)
        for name, text, data in given])
    journal = build(tmp_path_factory.mktemp('journal'),
                    journals.entries(made))
    found, = read.find(journal)
    assert same(read.load(journal, found), made)


def test_large_section_comes_back(tmp_path: pathlib.Path) -> None:
    """A section of a megabyte of any characters is put together again."""
    text = '\n'.join(f'{number} żółć 🐍 \u200b' + 'x' * 90
                     for number in range(10_000))
    made = journals.make_report([report.Section(
        'large', 'Large', text, {'text': text})])
    entries = journals.entries(made)
    assert len(entries) > made.count
    journal = build(tmp_path, entries)
    found, = read.find(journal)
    assert same(read.load(journal, found), made)


@pytest.mark.parametrize('lost', [0, 1, 2])
def test_missing_entry_is_noticed(tmp_path: pathlib.Path,
                                  lost: int) -> None:
    """A report without one of its entries is incomplete, and says which."""
    made = journals.make_report([report.Section('threads', 'Threads', 'x')])
    entries = journals.entries(made)
    del entries[lost]
    journal = build(tmp_path, entries)
    found, = read.find(journal)
    assert found.report.missing == (lost + 1,)
    assert read.load(journal, found).report.missing == (lost + 1,)


def test_outside_of_a_unit_is_not_trusted(tmp_path: pathlib.Path) -> None:
    """What a process says of itself does not make it one of Ceilometer."""
    made = journals.make_report()
    for number, unit in enumerate((
            None, 'session-3.scope', 'user@1000.service',
            'xceilometer-polling.service', 'ceilometer.slice',
            'ceilometer-polling.service.scope')):
        sender = journals.Sender(unit=unit, pid=200 + number)
        directory = tmp_path / str(number)
        directory.mkdir()
        found, = read.find(build(directory, journals.entries(made, sender)))
        assert not found.identity.trusted
        assert found.identity.unit == unit
        assert found.report.header.unit == 'ceilometer-polling.service'


@pytest.mark.parametrize('unit', [
    'ceilometer-polling.service', 'ceilometer-agent-compute@2.service',
    'openstack-ceilometer-notification.service'])
def test_units_of_ceilometer_are_trusted(
        tmp_path: pathlib.Path, unit: str) -> None:
    """The names that distributions give the units are known."""
    found, = read.find(build(tmp_path, journals.entries(
        journals.make_report(), journals.Sender(unit=unit))))
    assert found.identity.trusted


def test_nobody_adds_to_the_report_of_another(
        tmp_path: pathlib.Path) -> None:
    """Entries with the id of a report, of another process, stand apart."""
    made = journals.make_report()
    forged = dataclasses.replace(made, sections=tuple(
        part._replace(text='forged') for part in made.sections))
    journal = build(
        tmp_path, journals.entries(made),
        journals.entries(forged, journals.Sender(
            pid=666, uid=1000, unit='session-3.scope'), journals.TIME_USEC
            + 10))
    real, other = read.find(journal)
    assert real.identity.trusted and not other.identity.trusted
    assert same(read.load(journal, real), made)
    assert same(read.load(journal, other), forged)


@pytest.mark.parametrize('other', [
    {'uid': 1000}, {'pid': 666}, {'boot_id': 'c007' * 8},
    {'machine_id': '4ac1' * 8}, {'hostname': 'other'},
    {'unit': 'ceilometer-x.service'}])
def test_what_anybody_else_says_stands_apart(
        tmp_path: pathlib.Path, other: dict[str, typing.Any]) -> None:
    """Who says it is the same report, and differs in one thing only."""
    made = journals.make_report()
    forged = dataclasses.replace(made, sections=tuple(
        part._replace(text='forged') for part in made.sections))
    journal = build(
        tmp_path, journals.entries(made),
        journals.entries(forged, journals.Sender(**other),
                         journals.TIME_USEC + 10))
    found = read.find(journal)
    assert same(read.load(journal, found[0]), made)
    # so are the entries of which its file is made
    raw = read.raw_entries(journal, found[0])
    assert len(raw) == found[0].entries == len(journals.entries(made))
    assert not [entry for entry in raw if b'forged' in entry['MESSAGE']]
    if 'hostname' not in other:
        assert same(read.load(journal, found[1]), forged)


def test_unit_lost_in_some_entries(tmp_path: pathlib.Path) -> None:
    """journald loses the unit of a process that ends; the rest tells it."""
    made = journals.make_report()
    entries = journals.entries(made)
    del entries[-1]['_SYSTEMD_UNIT']
    journal = build(tmp_path, entries)
    found, = read.find(journal)
    assert found.report.complete and found.identity.trusted
    assert read.load(journal, found).report.complete


def hostile(**changes: str) -> list[dict[str, str]]:
    """A report whose entries say what no writer says."""
    return [{**entry, **changes}
            for entry in journals.entries(journals.make_report())]


@pytest.mark.parametrize('changes', [
    {'REPORT_SECTION_COUNT': '9' * 12},
    {'REPORT_SECTION_COUNT': '9' * 5000},
    {'REPORT_SECTION_COUNT': str(journal_entries.SECTIONS_MAX + 1)},
    {'REPORT_SENDER_UID': str(parsed.NUMBER_MAX + 1)},
    {'REPORT_SECTION_INDEX': '0'},
    {'REPORT_SECTION_INDEX': '-1'},
    {'REPORT_SECTION_INDEX': '٣'},
    {'REPORT_SECTION_PARTS': '99999999'},
    {'REPORT_SECTION_STATUS': 'great'},
    {'REPORT_SENDER_PID': '9' * 5000},
    # Python makes a number of that many digits
    {'REPORT_SECTION_USEC': '9' * 4000},
    {'REPORT_KEPT_PID': '9' * 4000},
    {'REPORT_KEPT_USEC': '9' * 4000},
    {'_PID': '9' * 4000},
    {'REPORT_ID': '../../etc/passwd'},
    {'REPORT_SCHEMA': '2'},
    {'_SOURCE_REALTIME_TIMESTAMP': 'yesterday'},
])
def test_hostile_entries_are_passed_over(
        tmp_path: pathlib.Path, changes: dict[str, str]) -> None:
    """What cannot be a report is named, and hides no other report."""
    made = journals.make_report()
    journal = build(tmp_path, hostile(**changes), journals.entries(
        made, time_usec=journals.TIME_USEC + SECOND))
    problems: list[str] = []
    found = read.find(journal, problems=problems)
    assert [one.id for one in found] == [made.header.id]
    assert problems


def test_as_many_sections_are_read_as_may_be_written(
        tmp_path: pathlib.Path) -> None:
    """Reader and writer have one limit, of numbers as well."""
    count = journal_entries.SECTIONS_MAX
    journal = build(tmp_path, hostile(
        REPORT_SECTION_COUNT=str(count),
        REPORT_SENDER_UID=str(parsed.NUMBER_MAX)))
    problems: list[str] = []
    found, = read.find(journal, problems=problems)
    assert found.report.count == count and not found.report.complete
    assert (found.report.header.trigger.sender_uid
            == parsed.NUMBER_MAX)
    assert not problems


def exported(made: parsed.Report) -> list[dict[str, typing.Any]]:
    """The entries of a report, to be changed."""
    return [dict(entry) for entry in journals.entries(made)]


def test_entry_without_an_id_is_passed_over(tmp_path: pathlib.Path) -> None:
    """Also where a field is looked for that it has."""
    made = journals.make_report()
    other, *_ = exported(journals.make_report())
    del other['REPORT_ID']
    journal = build(tmp_path, [other], journals.entries(made))
    query = search.Query(matches=('REPORT_SECTION=package',))
    assert [one.id for one in read.find(journal, query)] == [made.header.id]


def test_entry_with_two_ids_hides_no_report(
        tmp_path: pathlib.Path) -> None:
    """What another process says in its name stands apart."""
    made = journals.make_report()
    other, *_ = exported(journals.make_report())
    other.update(_PID='666', REPORT_ID=[other['REPORT_ID'], made.header.id])
    journal = build(tmp_path, journals.entries(made), [other])
    found, = (one for one in read.find(
        journal, search.Query(ids=(made.header.id,)))
        if one.identity.pid == 100)
    assert found.id == made.header.id and found.report.complete


def test_value_that_is_no_id_makes_none_ambiguous(
        tmp_path: pathlib.Path) -> None:
    """Any process may write a field of this name."""
    made = journals.make_report(report_id='0abc' * 8)
    journal = build(tmp_path, journals.entries(made), [{
        **sender.fields(journals.TIME_USEC),
        'MESSAGE': 'x', 'REPORT_ID': '0abcx'} for sender in (
            # of Ceilometer's own unit, and not
            journals.Sender(pid=666), journals.Sender(
                pid=667, unit='session-1.scope'))])
    found, = read.find(journal, search.Query(ids=('0abc',)))
    assert found.id == made.header.id


def test_time_of_an_entry_that_does_not_tell_it(
        tmp_path: pathlib.Path) -> None:
    """It is when journald received it."""
    entries = journals.entries(journals.make_report())
    for entry in entries:
        del entry['_SOURCE_REALTIME_TIMESTAMP']
    journal = build(tmp_path, entries)
    found, = read.find(journal, search.Query(
        since_usec=journals.TIME_USEC - SECOND))
    assert found.time_usec == journals.TIME_USEC
    assert read.load(journal, found).time_usec == journals.TIME_USEC


@pytest.mark.parametrize('size', [
    str(10 ** 30), '1' * 4000, '-1', 'true', '1e3', '"x"', 'null'])
def test_size_that_cannot_be_is_not_told(tmp_path: pathlib.Path,
                                         size: str) -> None:
    """Whatever a summary says, reports can be listed."""
    for number, told in enumerate(('17', size)):
        entries = journals.entries(journals.make_report())
        entries[-1]['REPORT_DATA'] = (
            f'{{"sections":[{{"text_bytes":{told},"data_bytes":3}}],'
            '"trigger":{"time_usec":5}}')
        directory = tmp_path / str(number)
        directory.mkdir()
        found, = read.find(build(directory, entries))
        assert found.size_bytes == (20 if told == '17' else None)


def test_file_of_a_newer_systemd(tmp_path: pathlib.Path) -> None:
    """It is named and skipped, and the others are read."""
    made = journals.make_report()
    journals.write(tmp_path / 'one.journal', journals.entries(made))
    newer = bytearray((tmp_path / 'one.journal').read_bytes())
    newer[12:16] = b'\xff' * 4
    (tmp_path / 'two.journal').write_bytes(newer)
    journal = journal_reader.Journal(source.Source(directory=str(tmp_path)))
    assert [one.id for one in read.find(journal)] == [made.header.id]
    problem, = journal.problems
    assert problem == (f'{tmp_path}/two.journal: written by a newer systemd; '
                       'skipped')
    with pytest.raises(source.JournalError, match='newer systemd'):
        read.find(journal_reader.Journal(source.Source(
            files=(str(tmp_path / 'two.journal'),))))


@pytest.mark.parametrize('data', [
    '{', '[' * 100_000, '1' * 10_000, '[' * 200 + ']' * 200])
def test_hostile_data_costs_one_section(
        tmp_path: pathlib.Path, data: str) -> None:
    """Of a section whose data is no JSON the text is read, and that told."""
    made = journals.make_report(
        [report.Section('threads', 'Threads', 'the\n\nstacks', {})])
    entries = journals.entries(made)
    entries[1]['REPORT_DATA'] = data
    journal = build(tmp_path, entries)
    found, = read.find(journal)
    loaded = read.load(journal, found)
    assert loaded.report.complete
    assert loaded.report.sections == (
        made.sections[0], made.sections[1]._replace(data=None),
        made.sections[2])
    problem, = loaded.problems
    assert problem.startswith('section 2: REPORT_DATA: ')
    assert problem.endswith('only its text is shown')


def test_every_section_has_hostile_data(tmp_path: pathlib.Path) -> None:
    """All texts are there, and so they are read."""
    made = journals.make_report(
        [report.Section('threads', 'Threads', 'stacks', {})])
    entries = journals.entries(made)
    for entry in entries:
        entry['REPORT_DATA'] = '[' * 100_000 + ']' * 100_000
    journal = build(tmp_path, entries)
    found, = read.find(journal)
    loaded = read.load(journal, found)
    assert [part.text for part in loaded.report.sections] == [
        part.text for part in made.sections]
    assert len(loaded.problems) == 3


def test_report_that_is_gone_is_told(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal may be vacuumed at any moment."""
    journal = build(tmp_path, journals.entries(journals.make_report()))
    found = read.find(journal)
    monkeypatch.setattr(read, 'raw_entries', lambda journal, found: [])
    problems: list[str] = []
    assert not list(read.load_each(journal, found, problems))
    assert problems == [f'report {found[0].id} is not in the journal any '
                        'more; skipped']


@pytest.mark.parametrize('whose', ['nobody', 'all'])
def test_beginning_of_several_ids(tmp_path: pathlib.Path,
                                  whose: str) -> None:
    """It is that of the one that is trusted; of several that is refused."""
    mine = journals.make_report(report_id='abcd' * 3 + '0' * 20)
    other = journals.make_report(report_id='abcd' * 3 + '1' * 20)
    unit = (None if whose == 'nobody' else 'ceilometer-polling.service')
    journal = build(tmp_path, journals.entries(mine), journals.entries(
        other, journals.Sender(pid=666, unit=unit)))
    query = search.Query(ids=('abcd' * 3,))
    problems: list[str] = []
    if whose == 'all':
        with pytest.raises(search.AmbiguousId):
            read.find(journal, query)
        return
    found, = read.find(journal, query, problems)
    assert found.id == mine.header.id
    problem, = problems
    assert problem.startswith(f'report id {"abcd" * 3}: 1 more, not from')


def test_many_processes_that_answer_one_trigger(
        tmp_path: pathlib.Path) -> None:
    """Eight times as many take no more than twenty times as long.

    Anybody may begin processes, and have each of them write a report.
    """
    one, = read.find(build(tmp_path, journals.entries(
        journals.make_report())))

    def seconds(count: int) -> float:
        found = [dataclasses.replace(one, identity=dataclasses.replace(
            one.identity, pid=number)) for number in range(count)]
        taken = []
        # Python may collect garbage of all tests meanwhile
        for _ in range(3):
            begun = time.process_time()
            groups = read.answers(found)
            assert [len(group) for group in groups] == [count]
            taken.append(time.process_time() - begun)
        return min(taken)

    # with the square it would be 64 times, several seconds
    assert seconds(8_000) < 20 * max(seconds(1_000), 0.02)


def test_answers_to_one_trigger_stand_together(
        tmp_path: pathlib.Path) -> None:
    """Master and workers of a unit are a group, until one answers again."""
    batches = []
    for second in (0, 2):
        for pid, process, worker in ((12, 'worker', 1), (11, 'worker', 0),
                                     (10, 'master', None)):
            batches.append(journals.entries(
                journals.make_report(process=process, worker=worker),
                journals.Sender(pid=pid),
                journals.TIME_USEC + second * SECOND + pid * 1000))
    batches.append(journals.entries(
        journals.make_report(), journals.Sender(
            pid=50, unit='ceilometer-agent-notification.service'),
        journals.TIME_USEC))
    groups = read.answers(read.find(build(tmp_path, *batches)))
    assert [[one.identity.pid for one in group] for group in groups] == [
        [50], [10, 11, 12], [10, 11, 12]]


def test_triggers_are_told_apart_by_their_ids(tmp_path: pathlib.Path) -> None:
    """Whatever the times; a process may be held up by the report before."""
    batches = []
    for trigger, pid, second in (
            ('1' * 32, 10, 0), ('2' * 32, 10, 2), ('1' * 32, 11, 3),
            ('2' * 32, 11, 20), (None, 12, 3), (None, 13, 4)):
        made = journals.make_report(worker=pid)
        made = dataclasses.replace(made, header=made.header._replace(
            trigger=made.header.trigger._replace(id=trigger)))
        batches.append(journals.entries(
            made, journals.Sender(pid=pid),
            journals.TIME_USEC + second * SECOND))
    groups = read.answers(read.find(build(tmp_path, *batches)))
    assert [[(one.report.header.trigger.id or '')[:1] + str(one.identity.pid)
             for one in group] for group in groups] == [
                 ['110', '111'], ['210', '211'], ['12', '13']]


def test_query(tmp_path: pathlib.Path) -> None:
    """Each condition picks its reports, whole ones."""
    first = journals.make_report(
        [report.Section('threads', 'Threads', 'x', status='error')])
    second = journals.make_report()
    journal = build(
        tmp_path, journals.entries(first),
        journals.entries(second, journals.Sender(
            pid=101, unit='ceilometer-agent-central.service',
            boot_id='c007' * 8), journals.TIME_USEC + 600 * SECOND))

    def ids(**conditions: object) -> list[str]:
        found = read.find(journal, search.Query(**conditions))
        assert all(one.report.complete for one in found)
        return [one.id for one in found]

    one, two = first.header.id, second.header.id
    assert ids() == [one, two]
    assert ids(ids=(one,)) == [one]
    assert ids(ids=(two[:8],)) == [two]
    assert ids(ids=('ffff',)) == []
    assert ids(pids=(101,)) == [two]
    assert ids(pids=(100, 101)) == [one, two]
    assert ids(units=('ceilometer-polling.service',)) == [one]
    assert ids(units=('ceilometer-a*',)) == [two]
    assert ids(matches=('REPORT_SECTION_STATUS=error',)) == [one]
    assert ids(matches=('_PID=101', 'REPORT_SECTION=threads')) == []
    assert ids(since_usec=journals.TIME_USEC + 1) == [two]
    assert ids(until_usec=journals.TIME_USEC) == [one]
    assert ids(boot_ids=('c007' * 8,)) == [two]
    assert search.boots(journal) == [journals.BOOT_ID, 'c007' * 8]
    with pytest.raises(search.AmbiguousId):
        ids(ids=('0000',))


def test_other_entries_do_not_matter(tmp_path: pathlib.Path) -> None:
    """Reports are found between many entries of others."""
    sender = journals.Sender(unit='other.service', pid=7)
    others = [{**sender.fields(journals.TIME_USEC + number),
               'MESSAGE': f'line {number}'} for number in range(5000)]
    made = journals.make_report()
    entries = journals.entries(made, time_usec=journals.TIME_USEC + 2500)
    journal = build(tmp_path, others[:2500], entries[:1], others[2500:],
                    entries[1:])
    found, = read.find(journal)
    assert found.report.complete


def test_report_in_two_files(tmp_path: pathlib.Path) -> None:
    """A journal may be rotated in the middle of a report."""
    made = journals.make_report()
    entries = journals.entries(made)
    journals.write(tmp_path / 'one.journal', entries[:1])
    journals.write(tmp_path / 'two.journal', entries[1:])
    journal = journal_reader.Journal(source.Source(directory=str(tmp_path)))
    found, = read.find(journal)
    assert same(read.load(journal, found), made)


def test_several_hosts(tmp_path: pathlib.Path) -> None:
    """Journals of several machines in one directory are read together."""
    # not from 0 on: an id of zeros is none
    for number in (1, 2):
        machine = f'{number}' * 32
        (tmp_path / machine).mkdir()
        journals.write(
            tmp_path / machine / 'system.journal',
            journals.entries(journals.make_report(), journals.Sender(
                hostname=f'host-{number}', machine_id=machine,
                boot_id=machine)))
    found = read.find(journal_reader.Journal(
        source.Source(directory=str(tmp_path))))
    assert sorted(one.identity.hostname or '' for one in found) == [
        'host-1', 'host-2']
    assert len(read.answers(found)) == 2


@pytest.mark.parametrize('size', [0, 10, 200, 5000])
def test_file_cut_short(tmp_path: pathlib.Path, size: int) -> None:
    """A file that is cut short is named; the others are read."""
    made = journals.make_report()
    journals.write(tmp_path / 'one.journal', journals.entries(made))
    whole = (tmp_path / 'one.journal').read_bytes()
    (tmp_path / 'two.journal').write_bytes(whole[:size])
    journal = journal_reader.Journal(source.Source(directory=str(tmp_path)))
    assert len(journal.problems) == 1 and 'two.journal' in journal.problems[0]
    assert [one.id for one in read.find(journal)] == [made.header.id]
    with pytest.raises(source.JournalError, match='two.journal'):
        journal_reader.Journal(source.Source(
            files=(str(tmp_path / 'two.journal'),)))


def test_damaged_files(tmp_path: pathlib.Path) -> None:
    """Whatever bytes are wrong, there is an answer or one clear error."""
    journals.write(tmp_path / 'good.journal', [
        entry for _ in range(5)
        for entry in journals.entries(journals.make_report())])
    whole = (tmp_path / 'good.journal').read_bytes()
    # most of a small journal is room for what may come
    used = [at for at in range(0, len(whole), 64)
            if whole[at:at + 64].strip(b'\0')]
    paths = []
    for number in range(48):
        damaged = bytearray(whole)
        at = used[len(used) * number // 48]
        damaged[at:at + 64] = bytes([number * 11 % 256]) * 64
        paths.append(tmp_path / f'bad-{number}.journal')
        paths[-1].write_bytes(damaged)
    script = (
        'import sys\n'
        'from ceilometer.diagnostics.command.reports import journal_reader\n'
        'from ceilometer.diagnostics.command.reports import read, source\n'
        'for path in sys.argv[1:]:\n'
        '    problems = []\n'
        '    found = []\n'
        '    try:\n'
        '        journal = journal_reader.Journal(\n'
        '            source.Source(files=(path,)))\n'
        '        found = list(read.load_each(\n'
        '            journal, read.find(journal, problems=problems),\n'
        '            problems))\n'
        '    except source.JournalError as error:\n'
        '        problems.append(str(error))\n'
        '    assert not any("\\n" in line for line in problems)\n'
        '    print(sum(one.report.complete for one in found),\n'
        '          bool(problems), flush=True)\n')
    done = subprocess.run(
        [sys.executable, '-c', script, *map(str, paths)],
        timeout=limits.EVENT_SECONDS, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    told = done.stdout.splitlines()
    assert done.returncode == 0, (paths[len(told)], done.stderr)
    assert len(told) == len(paths)
    # some of them hurt nothing, and some nobody can pass over
    assert '5 False' in told
    assert sum(line.endswith('True') for line in told) >= 5


def test_reader_imports_nothing_of_the_daemon_side() -> None:
    """Neither the writing side nor Ceilometer's libraries are loaded."""
    done = subprocess.run(
        [sys.executable, '-c',
         'import sys\n'
         'from ceilometer.diagnostics.command import cli, diff, export\n'
         'from ceilometer.diagnostics.command import list_reports, show\n'
         'from ceilometer.diagnostics.command import stuck, trigger\n'
         'print(" ".join(sys.modules))'],
        stdout=subprocess.PIPE, text=True, check=True)
    loaded = set(done.stdout.split())
    assert 'ceilometer.diagnostics.command.findings.digest' in loaded
    assert not {name for name in loaded if name.startswith(
        ('ceilometer.diagnostics.daemon', 'ceilometer.diagnostics.run'))}
    assert not {name.partition('.')[0] for name in loaded} & {
        'oslo_config', 'oslo_reports', 'cotyledon', 'psutil', 'wrapt',
        'prettytable'}
