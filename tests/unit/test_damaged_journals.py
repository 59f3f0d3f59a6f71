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

"""What is damaged hides no more than it holds, and that is said."""

from __future__ import annotations

import collections.abc
import json
import pathlib
import random
import re
import subprocess
import sys

import pytest

from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import promised
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report
from tests.unit import commands
from tests.unit import journals

pytestmark = pytest.mark.any_python

REPORTS = 60


def fill(path: pathlib.Path, compress: bool = True) -> int:
    """Reports that take more room than the indexes of their journal file.

    :returns: how many entries there are
    """
    given: list[dict[str, str]] = []
    for number in range(REPORTS):
        chance = random.Random(number)
        made = journals.make_report(
            [*commands.sections(), report.Section(
                'large', 'Large', chance.randbytes(40_000).hex())],
            report_id=f'{number:032x}')
        given += journals.entries(
            made, journals.Sender(pid=100 + number % 2),
            journals.TIME_USEC + number * commands.MINUTE)
    journals.write(path, given, compress)
    return len(given)


@pytest.fixture(scope='module', name='whole')
def _whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, int]:
    path = tmp_path_factory.mktemp('whole') / 'x.journal'
    count = fill(path)
    return path.read_bytes(), count


@pytest.fixture(scope='module', name='plain')
def _plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, int]:
    path = tmp_path_factory.mktemp('plain') / 'x.journal'
    count = fill(path, compress=False)
    return path.read_bytes(), count


@pytest.fixture(name='command')
def _command(tmp_path: pathlib.Path,
             capsys: pytest.CaptureFixture[str]) -> commands.Command:
    return commands.Command(tmp_path, capsys)


def listed(command: commands.Command, data: bytes,
           ) -> tuple[list[dict[str, object]], int, str]:
    """The rows of a journal, how many sections there are, what is told."""
    (command.directory / 'x.journal').write_bytes(data)
    code, out, err = command('list', '--json')
    if code == 1:
        return [], 0, err
    assert code == 0
    rows = json.loads(out)
    return rows, sum(row['section_count'] - len(row['missing'])
                     for row in rows), err


def lost(err: str, command: commands.Command) -> tuple[int, int]:
    """How many entries a line says are lost, and of how many."""
    found = re.search(re.escape(
        f'ceilometer-diagnostics: {command.directory}/x.journal: damaged: ')
        + r'(\d+) of (\d+) entries of reports cannot be read\n', err)
    assert found is not None, err
    return int(found[1]), int(found[2])


def test_second_half_is_zeroed(whole: tuple[bytes, int],
                               command: commands.Command) -> None:
    """The first half is read, and how much cannot be read is told."""
    data, count = whole
    rows, sections, err = listed(command, data)
    assert (len(rows), sections, err) == (REPORTS, count, '')
    middle = len(data) // 2
    rows, sections, err = listed(
        command, data[:middle] + bytes(len(data) - middle))
    assert 0 < len(rows) < REPORTS
    assert lost(err, command) == (count - sections, count)
    assert command('list', '--quiet')[2] == ''
    # what is there can be shown
    code, out, err = command('show', str(rows[0]['id']))
    assert code == 0 and 'interval' in out
    assert lost(err, command) == (count - sections, count)


def test_damage_elsewhere(whole: tuple[bytes, int],
                          command: commands.Command) -> None:
    """Who names a report is told of damage only where it may be a part.

    So what a report costs does not depend on what else is gathered.
    """
    data, _ = whole
    middle = len(data) // 2
    (command.directory / 'x.journal').write_bytes(
        data[:middle] + bytes(len(data) - middle))
    commands.fill(command.directory)
    # the journal of another host
    (command.directory / 'test.journal').rename(
        command.directory / 'remote-controller-1.journal')
    assert 'x.journal: damaged' in command('list')[2]
    for named in (commands.IDS[1], commands.IDS[1][:8]):
        code, out, err = command('show', named)
        assert (code, err) == (0, '') and commands.IDS[1] in out
    # its section may be there
    code, out, err = command('show', commands.IDS[5])
    assert code == 0 and 'x.journal: damaged' in err
    code, out, err = command('show', f'{REPORTS - 1:032x}')
    assert (code, out) == (1, '')
    assert 'x.journal: damaged' in err and 'no reports match' in err


def test_damage_in_the_middle(whole: tuple[bytes, int],
                              command: commands.Command) -> None:
    """What stands behind it is read as well as what stands before it."""
    data, count = whole
    at = data.rindex(b'REPORT_ID=' + b'%032x' % (REPORTS // 2)) + 20_000
    damaged = data[:at] + bytes(60_000) + data[at + 60_000:]
    rows, sections, err = listed(command, damaged)
    assert len(rows) >= REPORTS - 3
    told, of = lost(err, command)
    assert of == count and 0 < told <= count - sections < 20
    for verb in (('stuck', '--all'), ('diff',), ('export',), ('show',)):
        code, out, err = command(*verb)
        assert code == 0 and out and lost(err, command) == (told, of), verb


def test_damaged_index_of_all_entries(
        whole: tuple[bytes, int], command: commands.Command) -> None:
    """What it has lost is found by the index of reports."""
    data, count = whole

    def number(at: int) -> int:
        return int.from_bytes(data[at:at + 8], 'little')

    # where the header says that it begins; a piece says where the next is
    at = number(176)
    while number(at + 8) < 300:
        at = number(at + 16)
    damaged = data[:at + 24] + bytes(64) + data[at + 88:]
    rows, sections, err = listed(command, damaged)
    assert (len(rows), sections) == (REPORTS, count)
    assert err == ''
    # nor where both are damaged
    damaged = damaged.replace(b'REPORT=1', b'\xdb' * 8)
    rows, sections, err = listed(command, damaged)
    assert (len(rows), sections) == (REPORTS, count)
    assert 'x.journal: damaged, but all entries can be read' in err


@pytest.mark.parametrize('part', range(4))
def test_one_damaged_object(plain: tuple[bytes, int],
                            command: commands.Command, part: int) -> None:
    """It costs a report at most, or else it is told that it costs more.

    A value that all entries have, as REPORT_SERVICE, is one object. Sections
    without theirs are missing in the rows of their reports.
    """
    data, count = plain
    chance = random.Random(part)
    used = [at for at in range(4096, len(data.rstrip(b'\0')), 8)
            if data[at:at + 8].strip(b'\0')
            # where objects begin, and not their texts
            and not re.fullmatch(rb'[0-9a-f]{64}', data[at:at + 64])]
    hurt = 0
    for _ in range(25):
        at = chance.choice(used)
        size = chance.choice([1, 8, 64])
        damaged = bytearray(data)
        damaged[at:at + size] = chance.randbytes(size)
        rows, sections, err = listed(command, bytes(damaged))
        hurt += sections < count or bool(err)
        if len(rows) < REPORTS - 1:
            assert err, (at, size)
    assert hurt


@pytest.mark.parametrize('value', [
    b'REPORT=1', b'MESSAGE_ID=' + fields.MESSAGE_ID_SECTION.encode(),
    b'_TRANSPORT=journal', b'_HOSTNAME=controller-1', b'_UID=998',
    b'REPORT_SCHEMA=' + fields.SCHEMA.encode(), b'REPORT_PROCESS=worker',
    b'REPORT_SERVICE=ceilometer-polling', b'REPORT_TRIGGER=signal',
    b'REPORT_SECTION_COUNT=7', b'REPORT_SECTION_STATUS=ok'])
@pytest.mark.parametrize('harm', [
    lambda value: b'\xdb' * len(value),
    lambda value: value[:2] + b'\xff' + value[3:]],
    ids=['no field', 'bad name'])
def test_damaged_value_of_all_entries(
        whole: tuple[bytes, int], command: commands.Command, value: bytes,
        harm: collections.abc.Callable[[bytes], bytes]) -> None:
    """A value is in a file once, for all entries that have it.

    So one byte of it may hide no report.
    """
    data, count = whole
    # one section of each report has failed
    hurt = count - REPORTS * (value == b'REPORT_SECTION_STATUS=ok')
    assert data.count(value) == 1
    rows, sections, err = listed(command, data.replace(value, harm(value)))
    assert (len(rows), sections) == (REPORTS, count)
    assert f'damaged: {hurt} entries can be read only in part' in err
    code, out, err = command('show', f'{1:032x}')
    assert code == 0 and 'interval' in out and 'damaged' in err
    name = value.partition(b'=')[0].decode()
    assert (f'{name}: cannot be read' in out) == (
        name.startswith('REPORT_'))
    # the journal that is exported is one
    assert command('export', '-o', str(command.directory / 'out'))[0] == 0
    assert b'PARTLY' not in (command.directory / 'out').read_bytes()


def test_damaged_id_of_a_report(whole: tuple[bytes, int],
                                command: commands.Command) -> None:
    """All others are there; that it is not is told."""
    data, count = whole
    value = b'REPORT_ID=' + b'%032x' % 7
    rows, _, err = listed(command, data.replace(value, b'\xff' * len(value)))
    assert len(rows) == REPORTS - 1
    assert 'damaged: 7 entries can be read only in part' in err
    assert 'expected 32 hexadecimal digits' in err


ZSTD = b'\x28\xb5\x2f\xfd'


def cut(data: bytearray, at: int, harm: str) -> None:
    """Damage a value that is compressed with zstd.

    :param at: where it begins
    :param harm: what is wrong then
    """
    descriptor = data[at + 4]
    block = at + 5 + (not descriptor & 32) + (0, 1, 2, 4)[descriptor & 3] + (
        1 if descriptor & 32 else 0, 2, 4, 8)[descriptor >> 6]
    head = int.from_bytes(data[block:block + 3], 'little')
    assert head & 1 and 0 < head >> 3 < 2 ** 17
    if harm == 'longer':
        head += 8
    elif harm == 'not the last':
        head -= 1
    else:
        head = 0
    data[block:block + 3] = head.to_bytes(3, 'little')


def program(directory: pathlib.Path, *words: str,
            ) -> subprocess.CompletedProcess[str]:
    """Run the command as a program: what is tested may end the process."""
    return subprocess.run(
        [sys.executable, '-m', 'ceilometer_diagnostics', *words, '-D',
         directory], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(('harm', 'place'), [
    ('longer', 0), ('not the last', 1), ('empty', 0)])
def test_compressed_value_ends_early(
        tmp_path: pathlib.Path, harm: str, place: int) -> None:
    """libsystemd ends a program that asks for it; the others are read.

    Both the text and the data of a section, of one report of twelve.
    """
    count = 12
    path = tmp_path / 'x.journal'
    given: list[dict[str, str]] = []
    for number in range(count):
        made = journals.make_report([
            report.Section('large', 'Large', f'text {number} ' * 500,
                           [f'data {number}'] * 500),
            *commands.sections()], report_id=f'{number:032x}')
        given += journals.entries(
            made, journals.Sender(pid=100 + number % 2),
            journals.TIME_USEC + number * commands.MINUTE)
    journals.write(path, given)
    data = bytearray(path.read_bytes())
    # a text and the data of a section stand one after the other
    found = [match.start() for match in re.finditer(re.escape(ZSTD), data)]
    own = [at for at in found if data.rfind(
        b'REPORT_ID=', 0, at) == data.index(b'REPORT_ID=%032x' % 7)]
    assert len(own) > 1
    cut(data, own[place], harm)
    path.write_bytes(data)
    done = program(tmp_path, 'list', '--json')
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert len(rows) == count and all(row['complete'] for row in rows)
    assert 'x.journal: damaged: 1 entries can be read only in part' in (
        done.stderr)
    done = program(tmp_path, 'export', *(f'{number:032x}'
                                         for number in (6, 7, 8)))
    assert done.returncode == 0, done.stderr
    assert 'text 6 text 6' in done.stdout and 'text 8 text 8' in done.stdout
    done = program(tmp_path, 'show', '--json', f'{7:032x}')
    shown = json.loads(done.stdout)
    large = shown['sections'][1]
    assert large['name'] == 'large'
    lost_text = not large['text']
    assert lost_text == (large['data'] is not None)
    assert bool(shown['problems']) == lost_text
    # and where an index is damaged, too
    middle = data.index(b'REPORT_ID=%032x' % 10) - 100
    path.write_bytes(data[:middle] + bytes(len(data) - middle))
    done = program(tmp_path, 'list', '--json')
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert 8 <= len(rows) <= 11
    assert 'entries of reports cannot be read' in done.stderr


def test_file_is_not_called_damaged_for_what_anybody_writes(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message id of a section does not make a report of an entry."""
    entry = {**journals.Sender(pid=666, unit='session-1.scope').fields(
        journals.TIME_USEC), 'MESSAGE': 'x',
        'MESSAGE_ID': fields.MESSAGE_ID_SECTION}
    journals.write(tmp_path / 'x.journal', [entry])
    command = commands.Command(tmp_path, capsys)
    code, out, err = command('list')
    assert (code, out) == (1, '')
    assert err == 'ceilometer-diagnostics: no reports found\n'


def test_promise(whole: tuple[bytes, int], tmp_path: pathlib.Path) -> None:
    """How many entries have a value is read from the file's own index."""
    data, count = whole
    path = tmp_path / 'x.journal'
    path.write_bytes(data)
    promise = promised.read(str(path), (
        b'REPORT=1', b'_PID=100', b'_PID=1'))
    assert promise is not None
    assert [data[place + 64:place + 72 + len(value)].endswith(value)
            or data[place + 64:].startswith(value)
            for place, value in zip(promise.places, (
                b'REPORT=1', b'_PID=100'), strict=True)] == [True, True]
    assert promise == promised.Promise(
        places=promise.places, entries=count, tail_usec=journals.TIME_USEC
        + (REPORTS - 1) * commands.MINUTE + count // REPORTS - 1,
        having=(count, count // 2, 0))
    assert promised.read(str(tmp_path / 'none'), ()) is None
    path.write_bytes(b'LPKSHHRH')
    assert promised.read(str(path), ()) is None


def test_hash() -> None:
    """It is the one of the paper's appendix."""
    assert promised.siphash24(
        bytes(range(15)), bytes(range(16))) == 0xa129ca6149be45e5


def test_promise_of_any_bytes(whole: tuple[bytes, int],
                              tmp_path: pathlib.Path) -> None:
    """Nothing in a file ends the command."""
    data, _ = whole
    chance = random.Random(1)
    path = tmp_path / 'x.journal'
    for _ in range(200):
        damaged = bytearray(data[:300])
        for _ in range(3):
            at = chance.randrange(8, 200)
            damaged[at:at + 8] = chance.randbytes(8)
        path.write_bytes(damaged)
        promise = promised.read(str(path), (b'REPORT=1',))
        assert promise is None or promise.entries >= 0


def test_entry_is_read_in_part(whole: tuple[bytes, int],
                               tmp_path: pathlib.Path) -> None:
    """All its fields but the one that is damaged."""
    data, _ = whole
    path = tmp_path / 'x.journal'
    path.write_bytes(data.replace(b'_UID=998', b'_U\xffD=998'))
    reader = journal_reader.Reader(str(path))
    assert reader.step()
    entry = reader.fields()
    assert reader.partly == 1
    assert entry[fields.REPORT_ID] == b'%032x' % 0
    assert '_UID' not in entry and entry['_PID'] == b'100'
