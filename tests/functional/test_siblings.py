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

"""Processes of a service tell of those that cannot speak."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import pytest

from ceilometer.diagnostics.daemon import hang_stacks
from ceilometer.diagnostics.daemon import sibling_page
from ceilometer.diagnostics.daemon import siblings
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import fields
from tests.functional import conftest

#: A hang is told soon, without a signal.
HANGS = {'TEST_CONFIGURATION': '[diagnostics]\nhang_time_limit = 1\n'}


def told(journal):
    """What was told of others: entries."""
    return [entry for entry in list(journal.entries)
            if entry['REPORT_TRIGGER'] == fields.TRIGGER_HANG]


def wait_told(journal, count=1):
    """Wait until so many entries have come; the last one."""
    return journal.wait_for(
        lambda: len(found := told(journal)) >= count and found,
        f'{count} entries of others')[-1]


def answers(journal, pid=None):
    """The whole reports that processes have written of themselves."""
    return [one for one in journal.complete(pid)
            if one.header.trigger.kind != fields.TRIGGER_HANG]


def wait_answers(journal, count=1, pid=None):
    """Wait for a number of them."""
    return journal.wait_for(
        lambda: len(found := answers(journal, pid)) >= count and found,
        f'{count} answers')


def wait_waits(pid):
    """Wait until a process waits for triggers, and the others know it."""
    conftest.until(lambda: conftest.catches(pid, hang_stacks.SIGNAL),
                   'the thread that waits')


def held(process, count=1, computes=False):
    """Have the interpreter of a process held; its pid, and the thread's id.

    :param count: the how manieth time
    :param computes: whether what holds it computes
    """
    for one in process.wait_ready(3):
        wait_waits(one)
    process.write()
    process.wait_for(lambda: len(process.lines('holds')) == count, 'holding')
    pid, native_id = map(int, process.wait_line('holds'))
    directory = f'/proc/{pid}/task/{native_id}'

    def ran():
        with open(f'{directory}/schedstat') as file:
            return int(file.read().split()[0]) / 1e9

    def reads():
        with open(f'{directory}/wchan') as file:
            return 'read' in file.read()

    begun = ran()
    conftest.until(lambda: ran() > begun + 0.2 if computes else reads(),
                   'the interpreter to be held')
    return pid, native_id


@contextlib.contextmanager
def looks_of(*pids):
    """Wait in the end until processes have looked at the others."""
    def threads():
        return [len(os.listdir(f'/proc/{pid}/task')) for pid in pids]

    # the thread that waits is there from the beginning
    for pid in pids:
        wait_waits(pid)
    before = threads()
    yield
    conftest.until(lambda: all(
        now <= then for now, then in zip(threads(), before, strict=True)),
        'the looks to end')


def stop(pid):
    """Stop a process that waits for triggers, and wait until all of it is.

    Its threads stop one by one, and one that does not yet takes a trigger.
    """
    def stopped():
        states = set()
        for native_id in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{native_id}/stat') as file:
                states.add(file.read().rpartition(') ')[2][0])
        return states == {'T'}

    wait_waits(pid)
    os.kill(pid, signal.SIGSTOP)
    conftest.until(stopped, 'the process to be stopped')


def end(process):
    """Have a service end in order."""
    process.send(signal.SIGTERM)
    assert process.wait() == 0
    assert 'Traceback' not in process.errors
    assert 'failed' not in process.errors


@pytest.mark.parametrize('whose', ['worker', 'master'])
def test_held_interpreter(start, journal, whose):
    """One sibling tells where it stands; then it goes on, unharmed."""
    process = start('cotyledon_held_interpreter', {
        'TEST_HOLDS': whose} if whose == 'master' else {})
    process.wait_ready(3)
    pid, native_id = held(process)
    assert (pid == process.pid) == (whose == 'master')
    process.send_all()
    answered = wait_answers(journal, 2)
    entry = wait_told(journal)
    assert int(entry['_PID']) in {one.header.pid for one in answered}
    assert entry['OBJECT_PID'] == str(pid)
    assert entry['REPORT_PROCESS'] == whose
    assert entry['REPORT_TRIGGER_ID'] == answered[0].header.trigger.id
    assert entry['REPORT_FINDING'] == 'interpreter-held'
    assert f'told by = pid {entry["_PID"]}' in entry['MESSAGE']
    assert f'thread {native_id} ' in entry['MESSAGE']
    assert 'file descriptors = ' in entry['MESSAGE']
    stacks = entry['MESSAGE'].partition('Python stacks, by faulthandler')[2]
    assert 'in hold' in stacks and 'Diagnostics thread' in stacks
    process.write()
    process.wait_line('goes')
    # it answers now, and nobody else has spoken
    wait_answers(journal, 3)
    assert len(told(journal)) == 1
    end(process)


@pytest.mark.parametrize('whose', ['worker', 'master'])
def test_interpreter_is_held_by_who_computes(start, journal, whose):
    """Who computes is asked alone: it stands while it writes its stack."""
    process = start('cotyledon_held_interpreter', {
        'TEST_COMPUTES': '1',
        **({'TEST_HOLDS': whose} if whose == 'master' else {})})
    process.wait_ready(3)
    for count in (1, 2):
        pid, native_id = held(process, count, computes=True)
        assert (pid == process.pid) == (whose == 'master')
        process.send_all()
        message = wait_told(journal, count)['MESSAGE']
        stacks = message.partition('Python stacks, by faulthandler')[2]
        assert f'Thread {native_id}, which computes (most' in stacks
        assert 'in compute' in stacks and 'in hold' in stacks
        # nobody else has written, who may have moved
        assert stacks.count('(most recent call first)') == 1
        process.write()
        wait_answers(journal, 3 * count)
        assert len(told(journal)) == count
    end(process)


def test_slow_call_is_no_hold(start, journal):
    """It takes some seconds, and no more: who waits for it answers then."""
    process = start('cotyledon_held_interpreter', {'TEST_SLOW': '1'})
    ready = process.wait_ready(3)
    for one in ready:
        wait_waits(one)
    process.write()
    slow, _ = map(int, process.wait_line('holds'))
    with looks_of(*(one for one in ready if one != slow)):
        process.send_all()
        wait_answers(journal, 3)
    assert told(journal) == []
    end(process)


def test_held_again_is_told_again(start, journal):
    """Where it stands now, and not where it stood."""
    process = start('cotyledon_held_interpreter')
    process.wait_ready(3)
    stacks = []
    for count in (1, 2):
        held(process, count)
        process.send_all()
        stacks.append(wait_told(journal, count)['MESSAGE'].partition(
            'by faulthandler')[2])
        process.write()
        # each of the three answers each time
        wait_answers(journal, 3 * count)
        assert len(told(journal)) == count
    assert ['in read_again' in one for one in stacks] == [False, True]
    assert [one.count('in hold') for one in stacks] == [1, 1]
    end(process)


def test_held_for_two_triggers_is_told_once(start, journal):
    """Two triggers in a row are one silence."""
    process = start('cotyledon_held_interpreter')
    ready = process.wait_ready(3)
    pid, _ = held(process)
    with looks_of(*(one for one in ready if one != pid)):
        process.send_all()
        wait_answers(journal, 2)
        process.send_all()
        wait_answers(journal, 4)
        wait_told(journal)
    process.write()
    wait_answers(journal, 5)
    assert len(told(journal)) == 1
    end(process)


def test_stopped_worker(start, journal):
    """It gets no further signal, and answers when it goes on."""
    process = start('cotyledon_service')
    pids = process.wait_ready(3)
    worker = next(pid for pid in pids if pid != process.pid)
    stop(worker)
    process.send_all()
    entry = wait_told(journal)
    assert entry['OBJECT_PID'] == str(worker)
    assert entry['REPORT_FINDING'] == 'process-stopped'
    assert 'Python stacks' not in entry['MESSAGE']
    os.kill(worker, signal.SIGCONT)
    wait_answers(journal, pid=worker)
    assert len(told(journal)) == 1
    end(process)


@pytest.mark.parametrize('moment', ['taken', 'noted'])
def test_worker_that_is_stopped_as_it_takes_the_signal(
        start, journal, tmp_path, moment):
    """The kernel has no signal for it any more; all others have begun."""
    file = tmp_path / 'stops'
    file.touch()
    process = start('cotyledon_stopping', {
        'TEST_FILE': str(file), 'TEST_MOMENT': moment})
    pids = process.wait_ready(3)
    worker, other = (pid for pid in pids if pid != process.pid)
    for pid in pids:
        wait_waits(pid)
    file.write_text(str(worker))
    process.send_all()
    entry = wait_told(journal)
    assert entry['OBJECT_PID'] == str(worker)
    assert entry['REPORT_FINDING'] == 'process-stopped'
    file.write_text('')
    os.kill(worker, signal.SIGCONT)
    for pid in pids:
        wait_answers(journal, pid=pid)
    # each notes that a moment after its last entry
    page = turn.of(process.pid)
    conftest.until(lambda: not any(
        one.answers for one in sibling_page.every(page)), 'all to be done')
    os.close(page)
    # who has answered, and is stopped later, is no matter
    stop(worker)
    os.kill(other, signal.SIGUSR1)
    wait_answers(journal, 2, pid=other)
    time.sleep(siblings.LOOK_AFTER_SECONDS[0] + 1.5)
    assert len(told(journal)) == 1
    os.kill(worker, signal.SIGCONT)
    end(process)


def test_stopped_process_that_was_not_asked(start, journal):
    """A signal to one process is no question to the others."""
    process = start('cotyledon_service')
    others = [pid for pid in process.wait_ready(3) if pid != process.pid]
    stop(others[0])
    os.kill(others[1], signal.SIGUSR1)
    wait_answers(journal, pid=others[1])
    # the next question is told of
    process.send_all()
    entry = wait_told(journal)
    assert entry['OBJECT_PID'] == str(others[0])
    wait_answers(journal, pid=process.pid)
    assert entry['REPORT_TRIGGER_ID'] in {
        one.header.trigger.id for one in answers(journal)}
    os.kill(others[0], signal.SIGCONT)
    wait_answers(journal, pid=others[0])
    end(process)
    assert len(told(journal)) == 1


def waits_for_ever(pid):
    """Whether the thread that waits for triggers does so without an end."""
    def systemcall():
        # its number, then what it is given: the third is the time
        for native_id in os.listdir(f'/proc/{pid}/task'):
            path = f'/proc/{pid}/task/{native_id}'
            with open(f'{path}/wchan') as file:
                if 'sigtimedwait' in file.read():
                    with open(f'{path}/syscall') as file:
                        return file.read().split()
        return None

    found = conftest.until(lambda: (
        told := systemcall()) and len(told) > 3 and told,
        'the thread that waits')
    return int(found[3], 16) == 0


def test_hang_that_nobody_asks_about_is_not_looked_for(start, journal):
    """The option is off by default: nothing wakes up."""
    process = start('cotyledon_held_interpreter', {'TEST_CONFIGURATION': ''})
    pids = process.wait_ready(3)
    assert [waits_for_ever(pid) for pid in pids] == [True] * 3
    end(process)


def test_hang_is_told_unasked(start, journal):
    """Once until the process has moved; a stopped one as well."""
    process = start('cotyledon_held_interpreter', HANGS)
    pids = process.wait_ready(3)
    process.send_all()
    wait_answers(journal, 3)
    pid, _ = held(process)
    entry = wait_told(journal)
    assert entry['OBJECT_PID'] == str(pid)
    assert int(entry['_PID']) in set(pids) - {pid}
    assert 'REPORT_TRIGGER_ID' not in entry
    assert entry['REPORT_FINDING'] == 'interpreter-held'
    assert 'nobody has asked' in entry['MESSAGE']
    stacks = entry['MESSAGE'].partition('Python stacks, by faulthandler')[2]
    assert 'in hold' in stacks
    (other,) = set(pids) - {pid, process.pid}
    stop(other)
    entry = wait_told(journal, 2)
    assert entry['OBJECT_PID'] == str(other)
    assert entry['_PID'] == str(process.pid)
    assert entry['REPORT_FINDING'] == 'process-stopped'
    os.kill(other, signal.SIGCONT)
    process.write()
    process.wait_line('goes')
    # who answers has said before that it is alive
    process.send_all()
    wait_answers(journal, 6)
    assert [one['OBJECT_PID'] for one in told(journal)] == [
        str(pid), str(other)]
    held(process, 2)
    entry = wait_told(journal, 3)
    assert entry['OBJECT_PID'] == str(pid)
    assert 'in read_again' in entry['MESSAGE']
    process.write()
    end(process)
    # to be stopped is no trigger
    assert len(answers(journal)) == 6


def test_hang_of_the_master_is_told_unasked(start, journal):
    """By one of its workers; nobody is ended."""
    process = start('cotyledon_held_interpreter', {
        **HANGS, 'TEST_HOLDS': 'master', 'TEST_NO_CTYPES': ''})
    process.wait_ready(3)
    held(process)
    entry = wait_told(journal)
    assert entry['OBJECT_PID'] == str(process.pid)
    assert entry['REPORT_FINDING'] == 'interpreter-held'
    # they need ctypes
    assert 'There are no Python stacks: ModuleNotFoundError: ' in (
        entry['MESSAGE'])
    process.write()
    process.wait_line('goes')
    process.send_all()
    wait_answers(journal, 3)
    assert len(told(journal)) == 1
    end(process)
