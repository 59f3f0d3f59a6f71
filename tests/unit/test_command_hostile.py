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

"""The command on journals that are damaged, or that somebody wrote to harm."""

from __future__ import annotations

import collections.abc
import dataclasses
import grp
import html
import json
import pathlib
import re
import sys
import typing

import pytest

from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics.command import verbs
from ceilometer.diagnostics import report
from tests.unit import characters
from tests.unit import commands
from tests.unit import journals

MINUTE = commands.MINUTE


def bad(name: str) -> str:
    """What drives a terminal, or a browser, if it gets there as it is."""
    return f'\x1b[2J{name}\x9b31m\u202e<script>alert("{name}")</script>'


def shown(name: str) -> str:
    """The same as people may be shown it."""
    return rf'\x1b[2J{name}\x9b31m\u202e<script>alert("{name}")</script>'


def begun(name: str) -> str:
    """The beginning of that, where a table has no room for all of it."""
    return shown(name).partition('<')[0]


def on_page(name: str) -> str:
    """The same on a page."""
    return html.escape(shown(name))


def in_json(name: str) -> str:
    """The same as a string of JSON."""
    return json.dumps(bad(name))[1:-1]


def hostile_entries(report_id: str, sender: journals.Sender, minute: int,
                    signal: str | None) -> list[dict[str, str]]:
    """A report of which each word would do harm, that its reader accepts."""
    late = minute > 0
    made = journals.make_report([
        report.Section('threads', 'Threads', 'x', {'stacks': [
            {'threads': [{'name': bad('thread'), 'native_id': 7,
                          'waiting_for': bad('waits')},
                         {'name': 'other', 'native_id': 8,
                          'state': bad('state')}],
             'frames': [{'file': bad('file'), 'line': 3,
                         'function': bad('function'),
                         'source': bad('source')}]}]}),
        report.Section('configuration', 'C', 'x', {'options': [
            {'group': bad('group'), 'name': bad('option'),
             'value': bad('value') if late else 'x', 'changed': True,
             'location': bad('location'), 'detail': bad('detail'),
             'default': bad('default')},
            {'group': 'x', 'name': 'y', 'error': bad('error'),
             'changed': True}],
            'unregistered': [{'group': 'x', 'name': bad('unknown')}]}),
        report.Section('resources', 'R', 'x', {
            'memory_kib': {bad('memory'): minute}}),
        report.Section(bad('section'), bad('title'), bad('text'),
                       {'message': bad('message')}, status='error'),
        report.Section(bad('lost'), 'L', 'x')],
        report_id=report_id, as_is=True)
    package = report.Section('package', 'P', 'x', {
        'version': bad('version') if late else 'x',
        'libraries': {bad('library'): str(minute)}})
    *others, summary = made.sections[1:]
    summary.data['findings'] = [{
        'severity': 'error', 'kind': 'broker-unreachable',
        'sentence': bad('sentence'), 'since': bad('since'), 'evidence': {}}]
    made = dataclasses.replace(
        made, sections=(package, *others, summary),
        header=made.header._replace(
            service=bad('service'), unit=bad('claimed'),
            worker_name=bad('worker'), trigger=made.header.trigger._replace(
                kind=bad('kind'), signal=signal,
                sender_comm=bad('sender'))))
    entries = journals.entries(
        made, sender, journals.TIME_USEC + minute * MINUTE)
    del entries[-2]
    return [*entries, {**entries[-1], 'REPORT_SECTION_INDEX': bad('index')}]


HEADER = ['service', 'worker', 'signal', 'sender']
DIGEST = ['thread', 'waits', 'file', 'function', 'version', 'unknown',
          'section', 'message', 'lost', 'sentence', 'index']
SECTION = ['title', 'text']
STACKS = ['worker', 'thread', 'waits', 'state', 'file', 'function', 'source']
OWN, BEFORE, FORGED = 'aa' * 16, 'bb' * 16, 'cc' * 16

#: What each verb has to show, and in which shape.
SHOWS: list[tuple[list[str], collections.abc.Callable[[str], str],
                  list[str]]] = [
    (['list'], begun,
     ['host', 'unit', 'worker', 'signal', 'kind', 'section']),
    (['list', '--json'], in_json,
     ['host', 'unit', 'service', 'worker', 'signal', 'kind', 'section']),
    (['show', OWN], shown, [*HEADER, 'host', *DIGEST, *SECTION]),
    (['show', FORGED], shown, ['unit', 'claimed', 'kind']),
    (['show', OWN, '--section', bad('section')], shown,
     [*HEADER, *SECTION]),
    (['show', OWN, '--changed'], shown,
     ['group', 'option', 'value', 'location', 'detail', 'default', 'error']),
    (['show', OWN, FORGED, '--merge-stacks'], shown,
     ['host', 'unit', *STACKS]),
    (['show', OWN, '--json'], in_json,
     ['host', *HEADER[:-1], *DIGEST, *SECTION, 'source', 'memory',
      'group', 'option']),
    (['diff', OWN], shown,
     ['worker', 'version', 'library', 'group', 'option', 'value', 'thread',
      'file', 'function', 'memory']),
    (['stuck', '--all'], shown, STACKS),
    (['export', OWN], shown, [*HEADER, 'host', *DIGEST, *SECTION]),
    (['export', OWN, '--format=json'], in_json,
     ['host', *HEADER[:-1], *DIGEST, *SECTION, 'source', 'memory',
      'group', 'option']),
    (['export', OWN, FORGED, '--format=html'], on_page,
     ['unit', *HEADER, 'host', *DIGEST, *SECTION, *STACKS, 'value',
      'location', 'detail']),
    (['export', OWN, '--anonymize'], shown,
     [*HEADER, *DIGEST, *SECTION]),
    (['export', OWN, '--anonymize', '--format=json'], in_json,
     [*HEADER[:-1], *DIGEST, *SECTION, 'source', 'memory',
      'group', 'option']),
    (['export', OWN, '--anonymize', '--format=html'], on_page,
     [*HEADER, *DIGEST, *SECTION, *STACKS, 'value', 'location', 'detail']),
]


@pytest.mark.parametrize(
    ('arguments', 'shape', 'names'), SHOWS,
    ids=lambda value: ' '.join(value)[:70] if (
        isinstance(value, list) and value[0] in verbs.OF_COMMAND) else '')
def test_hostile_text_is_shown_escaped(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str],
        arguments: list[str], shape: collections.abc.Callable[[str], str],
        names: list[str]) -> None:
    """Nobody drives a terminal, or a browser, with what a report says.

    It is shown nevertheless, all of it: what is not shown is no proof.
    """
    daemon = journals.Sender(hostname=bad('host'))
    journals.write(tmp_path / 'x.journal', [
        *hostile_entries(BEFORE, daemon, 0, bad('signal')),
        *hostile_entries(OWN, daemon, 1, bad('signal')),
        *hostile_entries(FORGED, journals.Sender(
            pid=666, hostname='other', unit=bad('unit')), 2, None)])
    code, out, err = commands.Command(tmp_path, capsys)(*arguments)
    assert (code, err) == (0, '')
    # of what is no number the beginning is told
    wanted = {name: shape(name) if name != 'index' else re.split(
        '<|&lt;', shape(name))[0] for name in names}
    assert [name for name, words in wanted.items() if words not in out] == []
    assert not characters.unprintable(out)
    assert '<script>alert' not in out or shape is not on_page


def test_hostile_entries_do_not_drive_the_terminal(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor what is said of them on standard error, nor how much."""
    bad = '\x1b[2Jclear\u202e'
    given = journals.entries(journals.make_report(
        [report.Section(bad, 'Bad', 'bad')]))
    for number in range(100):
        entry = journals.entries(journals.make_report())[0]
        given.append({**entry, 'REPORT_ID': f'{bad}{number}' + 'x' * 400})
    journals.write(tmp_path / 'x.journal', given)
    command = commands.Command(tmp_path, capsys)
    code, out, err = command('list')
    assert code == 0 and '1 report listed' in out
    assert not set(out + err) & set('\x1b\u202e')
    assert err.count(r'report \x1b[2Jclear\u202e') == 10
    assert 'skipped' in err and 'and 90 more' in err
    assert err.count('\n') == 11 and len(err) < 11 * 250
    code, out, err = command('show', '--section', 'nothing', '--quiet')
    assert (code, out, err.count('\n')) == (1, '', 1)
    assert r'sections are package, \x1b[2Jclear\u202e, summary' in err
    assert not set(err) & set('\x1b\u202e')


def test_long_words_do_not_make_the_table_wide(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a process says of itself is cut."""
    long = 'x' * 400
    made = journals.make_report([
        report.Section(long, 'Bad', 'bad', status='error')])
    made = dataclasses.replace(made, header=made.header._replace(
        worker_name=long, trigger=made.header.trigger._replace(signal=long)))
    journals.write(tmp_path / 'x.journal', journals.entries(made))
    _, out, _ = commands.Command(tmp_path, capsys)('list')
    assert max(map(len, out.splitlines())) < 250 and 'x…' in out


def test_hostile_data_breaks_no_verb(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Data nested deep, numbers of thousands of digits."""
    def nested(depth: int) -> typing.Any:
        value: typing.Any = 'x'
        for _ in range(depth):
            value = [value]
        return value

    given = []
    for minute, sign in ((0, ''), (1, '-')):
        made = journals.make_report([
            report.Section('threads', 'Threads', 'x', {'stacks': [
                {'threads': [{'name': 'x'}], 'frames': [{}]}]}),
            report.Section('resources', 'R', 'x', {'memory_kib': {
                'VmRSS': 'HUGE'}}),
            report.Section('deep', 'D', 'x', nested(90)),
            report.Section('configuration', 'C', 'x', {'options': [
                {'name': 'x', 'value': nested(80), 'changed': True}]})],
            as_is=True)
        for entry in journals.entries(
                made, time_usec=journals.TIME_USEC + minute * MINUTE):
            entry['REPORT_DATA'] = entry.get('REPORT_DATA', '').replace(
                '"HUGE"', sign + '9' * 4300)
            given.append(entry)
    for entry in given:
        if entry['REPORT_SECTION_INDEX'] == '4':
            entry['REPORT_SECTION_INDEX'] = '04'
    journals.write(tmp_path / 'x.journal', given)
    command = commands.Command(tmp_path, capsys)
    for arguments in (['list'], ['show'], ['show', '--json'], ['diff'],
                      ['diff', '--json'], ['stuck', '--all'],
                      ['show', '--merge-stacks'],
                      *(['export', '--anonymize', '--format', form]
                        for form in ('text', 'json', 'html'))):
        code, out, err = command(*arguments)
        assert (code, err) == (0, '') and out, arguments
    # these are no data that were refused before they could do harm
    told = json.loads(command('show', '--json')[1])
    assert told['complete'] and not told['problems']
    assert told['sections'][3]['data'] == nested(90)
    assert f'VmRSS: {"9" * 10}' not in command('diff')[1]
    path = str(tmp_path / 'out')
    assert command('export', '--anonymize', '--format=journal', '-o',
                   path) == (0, '', '')


def test_stacks_that_part_at_every_frame(command: commands.Command) -> None:
    """The page shows them, however many that are."""
    made = [report.Section('threads', 'Threads', 'x', {'stacks': [
        {'threads': [{'name': 'x'}], 'frames': [{}] * count}
        for count in range(1, 500)]})]
    journals.write(command.directory / 'more.journal', journals.entries(
        journals.make_report(made, report_id='ee' * 16, as_is=True)))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(450)
    try:
        code, out, _ = command('export', 'ee' * 16, '--format=html')
    finally:
        sys.setrecursionlimit(limit)
    assert code == 0
    assert out.count('class="owner"') == 499
    assert out.count('<details') == out.count('</details>')


def test_report_that_cannot_be_read_hides_no_other(
        command: commands.Command) -> None:
    """It is named, and the others are shown."""
    entries = journals.entries(
        journals.make_report(report_id='ee' * 16), journals.Sender(pid=101),
        journals.TIME_USEC + 11 * MINUTE)
    for entry in entries:
        entry['REPORT_SECTION_STATUS'] = 'great'
    later = journals.entries(
        journals.make_report(commands.sections(), report_id='ff' * 16),
        journals.Sender(pid=101), journals.TIME_USEC + 12 * MINUTE)
    journals.write(command.directory / 'more.journal', [*entries, *later])
    for verb in ('show', 'export'):
        code, out, err = command(verb, 'ee' * 16, 'ff' * 16)
        assert code == 0 and 'ff' * 16 in out, verb
        assert err.startswith('ceilometer-diagnostics: report eeee')
        code, out, err = command(verb, 'ee' * 16)
        assert (code, out) == (1, '') and 'report eeee' in err
    assert command('show', 'ff' * 16)[0] == 0
    assert command('stuck', '101')[0] == 0


@pytest.mark.parametrize('verb', ['list', 'show', 'diff', 'stuck', 'export'])
def test_what_is_passed_over_is_told(command: commands.Command,
                                     verb: str) -> None:
    """A line for each file that cannot be read, also where nothing is."""
    (command.directory / 'cut.journal').write_bytes(b'LPKSHHRH')
    line = (f'ceilometer-diagnostics: {command.directory}/cut.journal: '
            'cut short, or not a journal file; skipped\n')
    code, out, err = command(verb)
    assert (code, err) == (0, line) and out
    assert command(verb, '--quiet') == (0, out, '')
    code, out, err = command(verb, 'ffffffff')
    assert (code, out) == (1, '')
    assert err == line + 'ceilometer-diagnostics: no reports match\n'


def test_unreadable_journal(tmp_path: pathlib.Path,
                            capsys: pytest.CaptureFixture[str],
                            monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not read the journal is told how to get there."""
    def forbidden(path: str) -> None:
        raise PermissionError(13, 'Permission denied')

    journals.write(tmp_path / 'x.journal',
                   journals.entries(journals.make_report()))
    monkeypatch.setattr(source, 'check', forbidden)
    code, out, err = commands.Command(tmp_path, capsys)('list')
    assert (code, out) == (1, '')
    # who may is told by the files, which may belong to others than journald's
    group = grp.getgrgid((tmp_path / 'x.journal').stat().st_gid)
    how = (f'usermod -aG {group.gr_name} USER' if group.gr_gid
           else 'root can read it')
    assert how in err and err.count('\n') == 1


def test_damaged_entries_are_told(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that can be read are listed."""
    path = tmp_path / 'x.journal'
    journals.write(path, [
        entry for pid in (100, 101) for entry in journals.entries(
            journals.make_report(), journals.Sender(pid=pid))])
    command = commands.Command(tmp_path, capsys)
    code, out, err = command('list')
    assert (code, err) == (0, '') and '2 reports listed' in out
    # each value is there once, for all entries that have it
    whole = path.read_bytes()
    assert whole.count(b'_PID=100') == 1
    path.write_bytes(whole.replace(b'_PID=100', b'\xdb' * 8))
    code, out, err = command('list')
    assert code == 0 and '2 reports listed' in out and ' 101 ' in out
    # nobody knows whose the other one is
    assert '1 not from a Ceilometer unit' in out
    assert err == (f'ceilometer-diagnostics: {path}: damaged: 2 entries can '
                   'be read only in part\n')


def test_section_that_is_none_hides_no_other(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is missing, and that is told."""
    entries = journals.entries(journals.make_report(commands.sections()))
    entries[1]['REPORT_SECTION_STATUS'] = 'great'
    journals.write(tmp_path / 'x.journal', entries)
    code, out, _ = commands.Command(tmp_path, capsys)('show')
    assert code == 0
    assert 'warning: damaged: section 2: REPORT_SECTION_STATUS' in out
    assert 'interval' in out


def test_damaged_report_is_shown(tmp_path: pathlib.Path,
                                 capsys: pytest.CaptureFixture[str]) -> None:
    """A section that is no JSON costs that section, and is told."""
    entries = journals.entries(journals.make_report(commands.sections()))
    entries[1]['REPORT_DATA'] = '{'
    journals.write(tmp_path / 'x.journal', entries)
    code, out, _ = commands.Command(tmp_path, capsys)('show')
    assert code == 0
    assert 'warning: damaged: section 2: REPORT_DATA: not JSON' in out
