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

"""Entries are delivered, or their text is elsewhere; nobody waits for ever."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
import time

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics import fields
from tests.functional import journald as journalds
from tests import limits

ENTRIES = strategies.dictionaries(
    strategies.from_regex('[A-Z][A-Z0-9_]{0,20}', fullmatch=True),
    strategies.text(strategies.characters(exclude_categories=['Cs']))
    | strategies.sampled_from(['', '\n', 'a\nMESSAGE=forged', '=\n\n']),
    min_size=1, max_size=5)


@pytest.fixture
def listening():
    """A journald that reads."""
    with journalds.Journald() as made:
        yield made


@hypothesis.given(ENTRIES)
def test_any_entry_arrives_as_it_was(entry):
    """No value adds a field, or is cut."""
    assert journalds.parse(journal.serialize(entry)) == entry


def test_value_that_is_no_unicode_is_escaped():
    """Names of files and threads may hold any bytes."""
    assert journalds.parse(journal.serialize({'A': '\udcff'})) == {
        'A': '\\udcff'}


@pytest.mark.parametrize('size', [0, 1000, 3_000_000])
def test_entry_of_any_size_arrives(listening, size):
    """As a datagram, or as a sealed file where it fits in none."""
    deadline = time.monotonic() + limits.EVENT_SECONDS
    journal.send({'MESSAGE': 'x' * size}, deadline, listening.path)
    (entry,) = listening.wait_for(lambda: listening.entries, 'the entry')
    assert entry['MESSAGE'] == 'x' * size
    assert listening.memfds == (size > 1_000_000)


def test_journal_that_is_not_there_is_said():
    """With its path."""
    with pytest.raises(journal.JournalUnavailable, match='^/none/socket: '):
        journal.send({'MESSAGE': 'x'}, time.monotonic(), '/none/socket')


def test_all_entries_share_one_time_limit(monkeypatch):
    """A journal that hangs delays a report once, and not for each entry."""
    now = 1000.0
    waited = []

    class Clock:
        def __getattr__(self, name):
            return getattr(time, name)

        def monotonic(self):
            return now

    def hang(entry, deadline, path):
        nonlocal now
        waited.append(deadline - now)
        now = max(now, deadline)
        raise journal.JournalUnavailable('hangs')

    monkeypatch.setattr(journal, 'time', Clock())
    monkeypatch.setattr(journal, 'send', hang)
    monkeypatch.setattr(journal, 'write_stderr', lambda *args: True)
    delivery = journal.Delivery()
    for _ in range(3):
        delivery.deliver({fields.MESSAGE: 'x'})
    assert waited == [journal.DELIVERY_SECONDS_MAX, 0, 0]
    assert delivery.problem == 'hangs'


@contextlib.contextmanager
def standard_error():
    """A pipe in the place of standard error; gives the end to read.

    No fixture, because pytest puts its own there for the test itself.
    """
    read, write = os.pipe()
    saved = os.dup(2)
    os.dup2(write, 2)
    os.close(write)
    try:
        with open(read, 'rb', buffering=0) as stream:
            yield stream
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def writing(data, seconds):
    """Write to standard error in a thread; that, and what it returned."""
    results = []
    thread = threading.Thread(
        target=lambda: results.append(journal.write_stderr(
            data, time.monotonic() + seconds)), daemon=True)
    thread.start()
    return thread, results


def test_standard_error_that_is_full_is_not_waited_for():
    """Beyond the deadline, and no system call takes longer."""
    with standard_error() as stream:
        thread, results = writing(b'x' * 1_000_000, 0.1)
        thread.join(limits.EVENT_SECONDS)
        hung = thread.is_alive()
        assert stream.read(10) == b'x' * 10
    assert not hung
    assert results == [False]


def test_standard_error_that_is_read_gets_all():
    """In pieces, however long it takes."""
    data = bytes(range(256)) * 2000
    found = b''
    with standard_error() as stream:
        thread, results = writing(data, limits.EVENT_SECONDS)
        while len(found) < len(data) and (piece := stream.read(1_000_000)):
            found += piece
        thread.join(limits.EVENT_SECONDS)
    assert results == [True]
    assert found == data


def test_standard_error_that_is_broken_is_no_error():
    """Whoever read it has gone, or it is closed."""
    with standard_error() as stream:
        stream.close()
        gone = journal.write_stderr(b'x' * 10_000, time.monotonic() + 1)
        os.close(2)
        closed = journal.write_stderr(b'x', time.monotonic() + 1)
    assert (gone, closed) == (False, False)


def test_standard_error_that_hangs_up_meanwhile_is_no_error(monkeypatch):
    """Between the question whether it takes more, and the writing."""
    def write(descriptor, data):
        raise BrokenPipeError

    monkeypatch.setattr(journal.os, 'write', write)
    with standard_error():
        written = journal.write_stderr(b'x', time.monotonic() + 1)
    assert written is False


def test_file_is_for_the_daemon_and_its_group(tmp_path):
    """A report tells more than others need to know."""
    path = tmp_path / 'report'
    previous = os.umask(0)
    try:
        journal.append(str(path), b'one\n')
        journal.append(str(path), b'two\n')
    finally:
        os.umask(previous)
    assert path.read_bytes() == b'one\ntwo\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_file_is_never_written_through_a_link(tmp_path):
    """Who may write in the directory may not choose what is written."""
    target = tmp_path / 'target'
    target.write_text('untouched')
    link = tmp_path / 'report'
    link.symlink_to(target)
    with pytest.raises(OSError, match='symbolic links'):
        journal.append(str(link), b'x')
    assert target.read_text() == 'untouched'


def _fifo(path):
    os.mkfifo(path)
    # somebody who reads
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK)


def _writable(path):
    path.touch()
    path.chmod(0o666)


def _of_group(path):
    path.touch()
    path.chmod(0o660)


def _hard_link(path):
    other = path.with_name('other')
    other.touch(0o640)
    os.link(other, path)


@pytest.mark.parametrize('make', [_fifo, _writable, _of_group, _hard_link,
                                  os.mkdir])
def test_file_that_is_not_our_own_is_not_written(tmp_path, make):
    """Somebody may have put it there, to read or change what is written."""
    path = tmp_path / 'report'
    descriptor = make(path)
    try:
        with pytest.raises(OSError):
            journal.append(str(path), b'x')
        if path.is_file():
            assert path.read_bytes() == b''
        elif descriptor is not None:
            # nobody writes, nothing came
            assert os.read(descriptor, 1) == b''
    finally:
        if descriptor is not None:
            os.close(descriptor)


def test_file_of_another_user_is_not_written(tmp_path, monkeypatch):
    """It is refused, and why is told."""
    path = tmp_path / 'report'
    journal.append(str(path), b'one\n')
    monkeypatch.setattr(os, 'geteuid', lambda: 12345)
    with pytest.raises(PermissionError, match='its user alone'):
        journal.append(str(path), b'two\n')
    assert path.read_bytes() == b'one\n'
