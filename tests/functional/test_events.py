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

"""Entries of what has happened: workers that die, exceptions."""

from __future__ import annotations

import os
import signal

import pytest

from ceilometer.diagnostics.daemon import worker_deaths
from ceilometer.diagnostics import fields
from tests.functional import conftest


def told(journal, trigger):
    """The entries of events that have come, and what they make."""
    return [(entry, report) for entry in list(journal.entries)
            for report in journal.reports()
            if entry['REPORT_TRIGGER'] == trigger
            and entry['REPORT_ID'] == report.header.id]


def wait_told(journal, trigger, count=1):
    """Wait for so many entries of events."""
    return journal.wait_for(
        lambda: len(found := told(journal, trigger)) >= count and found,
        f'{count} entries of {trigger}')


def others_than(process, pids):
    """The workers among processes."""
    return [pid for pid in pids if pid != process.pid]


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGSEGV])
def test_worker_that_is_killed_is_told_at_once(start, journal, number):
    """By its master, without being asked, once; and it is started anew."""
    process = start('cotyledon_service')
    worker = others_than(process, process.wait_ready(3))[0]
    os.kill(worker, number)
    (entry, report), = wait_told(journal, fields.TRIGGER_DEATH)
    assert entry['OBJECT_PID'] == str(worker)
    assert report.header.process == fields.PROCESS_WORKER
    assert report.header.worker in (0, 1)
    assert report.header.worker_name == 'ExampleWorker'
    assert report.complete
    (section,) = report.sections
    assert section.name == fields.DEATH
    assert section.findings == ('workers-dying',)
    death = section.data['death']
    assert (death['pid'], death['signal'], death['exit_status']) == (
        worker, number.name, None)
    assert section.data['findings'][0]['sentence'].startswith(
        f'worker {report.header.worker} (ExampleWorker), pid {worker}, died '
        f'by {number.name}')
    crashed = number == signal.SIGSEGV
    assert ('_wait_forever' in section.text) is crashed
    assert ('stacks' in death) is crashed
    # the next worker has begun, and the orderly end is no death
    process.wait_ready(4)
    process.send(signal.SIGTERM)
    assert process.wait() == 0
    assert len(told(journal, fields.TRIGGER_DEATH)) == 1


def test_death_in_the_middle_of_a_report_is_told(start, journal):
    """With the report's id, which the journal has as unfinished."""
    process = start('cotyledon_hanging_section')
    worker = others_than(process, process.wait_ready(3))[0]
    os.kill(worker, signal.SIGUSR1)
    process.wait_line('collecting')
    unfinished, = journal.reports()
    os.kill(worker, signal.SIGKILL)
    (_, report), = wait_told(journal, fields.TRIGGER_DEATH)
    (section,) = report.sections
    assert section.data['death']['report'] == unfinished.header.id
    assert (f'in the middle of report {unfinished.header.id[:12]}'
            in section.text)


@pytest.mark.parametrize(('where', 'code'), [('run', 2), ('made', 1)])
def test_exception_that_ends_a_worker_is_told_with_its_death(
        start, journal, where, code):
    """One entry has both; ids are left out."""
    process = start('cotyledon_raising', {
        'TEST_RAISES': where, 'TEST_INTERVAL': '3600'})
    worker = int(process.wait_line('raises')[0])
    (entry, report), *_ = wait_told(journal, fields.TRIGGER_DEATH)
    (section,) = report.sections
    death = section.data['death']
    assert (death['pid'], death['exit_status']) == (worker, code)
    assert entry['OBJECT_PID'] == str(worker)
    assert death['stacks'][0] == 'Traceback (most recent call last):'
    assert death['stacks'][-1] == 'ValueError: no such project …'
    assert any(line.endswith('in fail') for line in death['stacks'])
    assert 'after: ValueError: no such project …' in (
        section.data['findings'][0]['sentence'])
    assert '8c1d3f5ab09e4f6d8e1a2b3c4d5e6f70' not in entry['MESSAGE']
    assert told(journal, fields.TRIGGER_EXCEPTION) == []


def test_workers_that_die_again_and_again_share_an_entry(start, journal):
    """What dies within the minimum interval waits for it, or for the end."""
    process = start('cotyledon_raising', {
        'TEST_RAISES': 'run', 'TEST_INTERVAL': '3600'})
    process.wait_for(lambda: len(process.lines('raises')) >= 5, '5 workers')
    assert len(wait_told(journal, fields.TRIGGER_DEATH)) == 1
    process.send(signal.SIGTERM)
    assert process.wait() == 0
    (_, first), (_, second) = wait_told(journal, fields.TRIGGER_DEATH, 2)
    assert first.sections[0].data['others'] == []
    data = second.sections[0].data
    pids = [death['pid'] for death in [data['death'], *data['others']]]
    assert len(pids) >= 3
    assert sorted(pids) == sorted(set(pids))
    assert first.sections[0].data['death']['pid'] not in pids
    assert (f'; {len(pids) - 1} more died since the entry before'
            in data['findings'][0]['sentence'])
    assert data['findings'][0]['severity'] == 'error'


@pytest.fixture
def directory(tmp_path):
    """The runtime directory of a unit, and a start in it."""
    made = tmp_path / 'ceilometer' / 'example'
    made.mkdir(parents=True)
    return made


@pytest.mark.parametrize('in_file', [True, False])
@pytest.mark.parametrize('number', [signal.SIGABRT, signal.SIGKILL])
def test_master_that_is_killed_is_told_by_a_worker(
        start, journal, directory, number, in_file):
    """One of them, once; the signal does what it did before."""
    process = start('cotyledon_service', {
        'RUNTIME_DIRECTORY': str(directory) if in_file else ''})
    workers = others_than(process, process.wait_ready(3))
    process.send(number)
    assert process.wait() == -number
    (entry, report), = wait_told(journal, fields.TRIGGER_DEATH)
    assert entry['OBJECT_PID'] == str(process.pid)
    assert (report.header.process, report.header.worker) == (
        fields.PROCESS_MASTER, None)
    (section,) = report.sections
    assert section.findings == ('master-died',)
    death = section.data['death']
    assert (death['pid'], death['worker']) == (process.pid, None)
    crashed = number == signal.SIGABRT
    assert death['signal'] == ('SIGABRT' if crashed else None)
    assert ('in _wait_forever' in section.text) is crashed
    assert section.data['findings'][0]['sentence'].startswith(
        f'the master, pid {process.pid}, died '
        f'{"by SIGABRT at" if crashed else "and could not tell why"}')
    for worker in workers:
        until_gone(worker)
    assert len(told(journal, fields.TRIGGER_DEATH)) == 1
    assert [path.name for path in directory.iterdir()] == []


def until_gone(pid):
    """Wait for the end of a process that is no child."""
    conftest.until(lambda: worker_deaths.age(pid) is None,
                   f'the end of {pid}')


def test_master_that_is_killed_with_its_workers_is_told_by_the_next(
        start, journal, directory):
    """Once; what systemd keeps of the unit is its runtime directory."""
    environment = {'RUNTIME_DIRECTORY': str(directory)}
    first = start('cotyledon_service', environment)
    workers = others_than(first, first.wait_ready(3))
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    first.send(signal.SIGSEGV)
    until_gone(first.pid)
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
        until_gone(worker)
    assert first.wait() == -signal.SIGSEGV
    assert journal.entries == []
    for _ in range(2):
        later = start('cotyledon_service', environment)
        later.wait_ready(3)
        (_, report), = wait_told(journal, fields.TRIGGER_DEATH)
        later.send(signal.SIGTERM)
        assert later.wait() == 0
    (section,) = report.sections
    assert (section.data['death']['pid'], section.data['death']['signal']) == (
        first.pid, 'SIGSEGV')
    assert 'in _wait_forever' in section.text
    assert [path.name for path in directory.iterdir()] == ['masters.told']


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGHUP])
def test_orderly_end_is_no_death(start, journal, directory, number):
    """Neither that of the service nor that of workers that are replaced."""
    process = start('cotyledon_service', {
        'RUNTIME_DIRECTORY': str(directory)})
    process.wait_ready(3)
    process.send(number)
    if number == signal.SIGHUP:
        process.wait_ready(5)
        process.send(signal.SIGTERM)
    assert process.wait() == 0
    assert journal.entries == []
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize('in_file', [True, False])
def test_master_whose_descriptors_are_replaced_has_not_died(
        start, journal, directory, tmp_path, in_file):
    """Its lock is gone, and it lives; nothing is written to the others."""
    files = tmp_path / 'files'
    files.mkdir()
    process = start('cotyledon_whose_descriptors_are_replaced', {
        'TEST_FILES': str(files),
        'RUNTIME_DIRECTORY': str(directory) if in_file else ''})
    worker = min(others_than(process, process.wait_ready(3)))
    process.send(signal.SIGWINCH)
    process.wait_line('replaced')
    assert len(list(files.iterdir())) >= 2
    os.kill(worker, signal.SIGTERM)
    process.wait_ready(4)
    process.send(signal.SIGTERM)
    assert process.wait() == 0
    assert told(journal, fields.TRIGGER_DEATH) == []
    assert {path.stat().st_size for path in files.iterdir()} == {0}
    assert list(directory.iterdir()) == []


def test_exceptions_that_end_a_thread_and_the_process(start, journal):
    """What the daemon writes and how it ends stays the same."""
    process = start('raising', {'TEST_ARMED': 'yes'})
    process.wait_ready()
    (entry, report), = wait_told(journal, fields.TRIGGER_EXCEPTION)
    assert 'OBJECT_PID' not in entry
    (section,) = report.sections
    assert section.name == fields.EXCEPTION
    assert section.findings == ('thread-raised',)
    raised = section.data['raised']
    assert (raised['thread'], raised['error']) == ('feeder', 'LookupError')
    assert any(line.endswith('in fail') for line in raised['traceback'])
    assert 'a value that nobody is told' not in entry['REPORT_DATA']
    assert 'hunter2secret' not in str(entry)
    assert process.end() == 1
    _, (_, last) = wait_told(journal, fields.TRIGGER_EXCEPTION, 2)
    assert last.sections[0].findings == ('process-raised',)
    assert last.sections[0].data['raised']['thread'] == 'MainThread'
    plain = start('raising', {'TEST_ARMED': 'no'})
    plain.wait_ready()
    assert plain.end() == 1
    assert process.errors == plain.errors
    assert process.errors.count('LookupError: ') == 2
    for word in ('hook', 'outer'):
        assert process.lines(word) == plain.lines(word) == ['LookupError']
