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

"""The reader's analysis of what a real process has just reported.

Nothing of it is made by hand: what the writer emits is what the types say,
and what the reader makes of it is right.
"""

from __future__ import annotations

import collections.abc
import json
import pathlib
import subprocess
import sys

import pytest

from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import fields
from tests.functional import conftest
from tests import limits
from tests.unit import exact
from tests.unit import journals

MINUTE = 60 * 1_000_000

#: Threads that only wait for work, by what they wait for.
IDLE = {contents.FOR_DESCRIPTORS, contents.FOR_TIME, contents.FOR_PROCESS,
        contents.FOR_THREAD, contents.FOR_QUEUE, contents.FOR_SIGNAL,
        contents.FOR_EVENT}
#: Those that may be stuck.
BUSY = {contents.FOR_CONNECTION, contents.FOR_DATA, contents.FOR_ROOM,
        contents.FOR_LOCK}

Command = collections.abc.Callable[..., str]


@pytest.fixture
def reported(start: conftest.Starter, journal: conftest.journalds.Journald,
             ) -> list[parsed.Report]:
    """Two reports of a process with a thread at each kind of place."""
    process = start('many_places')
    process.wait_ready()
    for count in (1, 2):
        process.wait_asleep()
        process.send()
        journal.wait_complete(count)
    assert process.end() == 0
    return journal.complete(process.pid)


@pytest.fixture
def command(reported: list[parsed.Report],
            journal: conftest.journalds.Journald,
            tmp_path: pathlib.Path) -> Command:
    """The command, on a journal with both, the second a minute later."""
    later = {reported[1].header.id}
    journals.write(tmp_path / 'x.journal', [
        {**journals.Sender(pid=int(entry['_PID'])).fields(
            journals.TIME_USEC + number
            + (MINUTE if entry[fields.REPORT_ID] in later else 0)), **entry}
        for number, entry in enumerate(journal.entries)])

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, '-m', 'ceilometer_diagnostics', '-D',
             str(tmp_path), *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=limits.EVENT_SECONDS)
        assert (done.returncode, done.stderr) == (0, ''), arguments
        return done.stdout

    return run


def test_findings_are_in_the_index(
        start: conftest.Starter, journal: conftest.journalds.Journald,
        tmp_path: pathlib.Path) -> None:
    """What a process finds unusual is found by its kind alone."""
    process = start('unusual')
    process.wait_ready()
    process.send()
    journal.wait_complete()
    journals.write(tmp_path / 'x.journal', [
        {**journals.Sender(pid=int(entry['_PID'])).fields(
            journals.TIME_USEC + number), **entry}
        for number, entry in enumerate(journal.entries)])
    assert process.end() == 0

    def journalctl(*arguments: str) -> list[str]:
        return subprocess.run(
            ['journalctl', '-q', '-D', str(tmp_path), *arguments],
            stdout=subprocess.PIPE, text=True, check=True,
            timeout=limits.EVENT_SECONDS).stdout.splitlines()

    assert sorted(journalctl('-F', fields.REPORT_FINDING)) == [
        'x-sink-old', 'x-sink-slow']
    shown = journalctl('-o', 'cat', 'REPORT_FINDING=x-sink-old')
    assert shown[2:5] == ['warning: 2 are slow [x-sink-slow]',
                          'notice: 1 is old [x-sink-old]', '']
    (found,) = read.find(journal_reader.Journal(
        source.Source(directory=str(tmp_path))))
    # known before the text and the data of any section have been read
    assert found.report.sections[-1].text == ''
    assert found.report.sections[-1].findings == (
        'x-sink-slow', 'x-sink-old')


def threads_of(whole: parsed.Report) -> dict[str, contents.Thread]:
    """The threads of a report by name."""
    (data,) = (part.data for part in whole.sections if part.name == 'threads')
    return {thread['name']: thread for stack in data['stacks']
            for thread in stack['threads']}


def test_what_is_written_is_what_the_types_say(
        reported: list[parsed.Report]) -> None:
    """Each key of each section, no other, and of phrases only known ones."""
    for whole in reported:
        # all but those that stand alone in a report
        assert [part.name for part in whole.sections] == [
            name for name in contents.SECTIONS
            if name not in fields.ALONE]
        for part in whole.sections:
            assert part.status == fields.STATUS_OK, part
            assert not list(exact.differences(
                part.data, contents.SECTIONS[part.name], part.name))


def test_each_thread_is_told_what_it_waits_for(
        reported: list[parsed.Report]) -> None:
    """In the words that the reader knows."""
    threads = threads_of(reported[1])
    assert {name: threads[name]['waiting_for'] for name in IDLE | BUSY} == {
        name: name for name in IDLE | BUSY}
    assert {threads[name]['state'] for name in IDLE | BUSY} <= {
        contents.WAITING, contents.UNINTERRUPTIBLE}
    assert threads['running']['state'] == contents.RUNNING


def test_digest_tells_who_is_stuck(command: Command) -> None:
    """Of the real report: who waits for a lock and the like, none idle."""
    told = json.loads(command('show', '-n', '1', '--json'))['digest']
    # who computes may be met at the same line again, but does not stand there
    stood = [notice['text'] for notice in told if notice['level'] == 'bad']
    assert len(stood) == len(BUSY), stood
    for name in BUSY:
        (line,) = [line for line in stood
                   if line.startswith(f'error: thread "{name}" (')]
        assert f'waiting for {name} at ' in line
        assert 'has not moved for 1min (since report ' in line
    assert not [notice for notice in told if notice['level'] == 'odd']
    plain = ' '.join(notice['text'] for notice in told
                     if notice['level'] == 'plain')
    for word in (' running', 'threads', 'MiB', 'file descriptors of',
                 'version', 'options changed: see "show --changed"'):
        assert word in plain


def test_stuck_shows_the_stacks_of_those(command: Command) -> None:
    """And with --all those of all that did not move."""
    assert {one['thread'] for one in json.loads(
        command('stuck', '--json'))} - {'running'} == BUSY
    everyone = {one['thread']: one for one in json.loads(
        command('stuck', '--all', '--json'))}
    assert everyone.keys() >= IDLE | BUSY
    assert {name for name in IDLE | BUSY if not everyone[name]['idle']} == (
        BUSY)
    frames = everyone[contents.FOR_LOCK]['frames']
    assert frames[-1]['function'].endswith('want')


def test_diff_compares_both(command: Command) -> None:
    """Numbers with numbers, threads with threads."""
    changes = json.loads(command('diff', '--json'))['changes']
    assert {change['what'] for change in changes
            if change['change'] == 'stuck'} - {'running'} == BUSY
    assert {change['kind'] for change in changes} <= {
        'thread', 'memory', 'descriptors'}
