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

"""Workers that die, and what is told of them."""

from __future__ import annotations

import faulthandler
import logging
import multiprocessing
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
import types

import pytest

from ceilometer.diagnostics.daemon import crash_stacks
from ceilometer.diagnostics.daemon import death_text
from ceilometer.diagnostics.daemon import event_entries
from ceilometer.diagnostics.daemon import last_words
from ceilometer.diagnostics.daemon import log_watch
from ceilometer.diagnostics.daemon import memory_kills
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import readiness
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon.sections import recent_problems
from ceilometer.diagnostics.daemon.sections import workers
from ceilometer.diagnostics.daemon import server_end
from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import worker_deaths
from ceilometer.diagnostics.daemon import workers as cotyledon_hooks
from ceilometer.diagnostics import findings
from tests.unit import exact

CONTEXT = section.Context(daemons.Daemon('example'))


class AgentManager:
    """A service of cotyledon."""


class Process:
    """A process as multiprocessing tells of it."""

    def __init__(self, pid, exitcode=None):
        self.pid = pid
        self.exitcode = exitcode


class Manager:
    """What is read of cotyledon's manager."""

    def __init__(self, expected=1, modern=True):
        self._services = {'id': types.SimpleNamespace(
            workers=expected, service=AgentManager)}
        self._running_services = {'id': {}}
        self._modern = modern

    def add(self, process, worker=0):
        """Have a process be a worker."""
        self._running_services['id'] = {
            process: types.SimpleNamespace(worker_id=worker)
            if self._modern else worker}


@pytest.fixture
def watch(monkeypatch, descriptor):
    """The watch of a master that has run for an hour."""
    made = worker_deaths.Watch()
    made.descriptor = descriptor
    monkeypatch.setattr(worker_deaths, 'watch', made)
    return made


def begin(watch, manager, seconds_ago=3600):
    """Have a manager run."""
    watch.begin(manager)
    watch.began -= seconds_ago


def told():
    """The data, the findings and the text of the section."""
    data = workers.collect(CONTEXT).data
    assert not list(exact.differences(
        data, exact.contents.SECTIONS['workers']))
    found = findings.ordered(workers.findings_of(data))
    return data, found, workers.render(data)


def end(watch, leave=None, ends=0):
    """Have a worker of ours leave something and end; its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            last_words.begin(watch.descriptor)
            if leave is not None:
                leave()
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == ends
    return pid


def die(watch, manager, code=2, leave=None, ends=0):
    """Have a worker of ours leave something and end; cotyledon notes it."""
    pid = end(watch, leave, ends)
    manager.add(Process(pid, code))
    watch.note_death('id', 0, code)
    return pid


def logged(message='it failed: %s', error='PollingException',
           text='Invalid interval value', level=logging.ERROR):
    """Something that a worker logs."""
    last_words._logged(log_watch.Logged(
        time.time(), level, 'ceilometer.polling', message, error, text, 1,
        'MainThread', time.monotonic()))


@pytest.mark.parametrize('number', [
    signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE])
def test_crash_is_told_with_the_stacks(watch, number):
    """The signal does to the worker what it did before."""
    manager = Manager()
    begin(watch, manager)

    def crash():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # pytest has one of its own
        faulthandler.disable()
        crash_stacks.begin(watch.descriptor)
        os.kill(os.getpid(), number)

    die(watch, manager, -number, crash, ends=-number)
    data, found, text = told()
    (death,) = data['services'][0]['deaths']
    assert death['stacks'][0].startswith('Fatal Python error: ')
    assert f' in {crash.__name__}' in '\n'.join(death['stacks'])
    assert f'by {number.name} at {__file__}:' in found[0]['sentence']
    assert '      Fatal Python error: ' in text
    # it is forgotten
    assert crash_stacks.of(watch.descriptor, death['pid']) is None


@pytest.mark.parametrize('others', [1, 60])
def test_thread_that_crashed_is_told_before_all_others(watch, others):
    """Also if it is not the newest one, and there is no room for all."""
    manager = Manager()
    begin(watch, manager)

    def wait_deep(calls):
        if calls:
            wait_deep(calls - 1)
        waiting.release()
        threading.Event().wait()

    def crash():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        faulthandler.disable()
        crash_stacks.begin(watch.descriptor)
        for _ in range(others):
            threading.Thread(
                target=wait_deep, args=(9,), daemon=True).start()
            waiting.acquire()
        os.kill(os.getpid(), signal.SIGSEGV)

    waiting = threading.Semaphore(0)
    die(watch, manager, -signal.SIGSEGV, crash, ends=-signal.SIGSEGV)
    data, found, _ = told()
    (death,) = data['services'][0]['deaths']
    title, _, thread, frame, *_ = death['stacks']
    assert title == 'Fatal Python error: Segmentation fault'
    assert thread.startswith('Current thread 0x')
    assert frame.endswith(' in crash')
    assert ' in wait_deep' in '\n'.join(death['stacks'])
    assert f'by SIGSEGV at {__file__}:' in found[0]['sentence']
    assert 'in crash' in found[0]['sentence']
    assert ('lines left out' in death['stacks'][-1]) is (others == 60)


def told_of_crash(watch, number, dump):
    """What is told of a worker that leaves this dump, and is killed."""
    manager = Manager()
    begin(watch, manager)

    def crash():
        faulthandler.disable()
        crash_stacks.begin(watch.descriptor)
        os.write(crash_stacks._own.descriptor, dump)

    die(watch, manager, -number, crash)
    return told()[1][0]['sentence']


def test_crash_of_a_thread_that_runs_no_python_stands_nowhere(watch):
    """It is not told to be where another thread stood."""
    sentence = told_of_crash(watch, signal.SIGSEGV, b"""\
Fatal Python error: Segmentation fault

Thread 0x00007f00 (most recent call first):
  File "/some.py", line 3 in other

Current thread 0x00007f01 (most recent call first):
  <no Python frame>
""")
    assert 'by SIGSEGV' in sentence
    assert 'some.py' not in sentence


def test_crash_in_the_garbage_collector_has_its_place(watch):
    """faulthandler says so before the frames."""
    sentence = told_of_crash(watch, signal.SIGABRT, b"""\
Fatal Python error: Aborted

Current thread 0x00007f01 [ceilometer-agen] (most recent call first):
  Garbage-collecting
  File "/some.py", line 3 in collects
  File "/some.py", line 9 in main
""")
    assert 'by SIGABRT at /some.py:3 in collects' in sentence


@pytest.mark.parametrize(('name', 'line'), [
    ('memory.events.local', '0::/unit'), ('memory.oom_control',
                                          '5:memory:/unit')])
def test_kill_for_want_of_memory_is_told(watch, monkeypatch, tmp_path, name,
                                         line):
    """As often as the kernel has counted one; not for a kill by others."""
    top = tmp_path if line.startswith('0') else tmp_path / 'memory'
    (top / 'unit').mkdir(parents=True)
    (tmp_path / 'cgroup').write_text(f'{line}\n')
    counter = top / 'unit' / name
    counter.write_text('oom 3\noom_kill 3\n')
    monkeypatch.setattr(memory_kills, '_PROC', tmp_path)
    monkeypatch.setattr(memory_kills, '_CGROUP', tmp_path)
    manager = Manager()
    begin(watch, manager)
    counter.write_text('oom 4\noom_kill 5\n')
    for _ in range(3):
        die(watch, manager, -signal.SIGKILL)
    data, found, _ = told()
    last, *before = data['services'][0]['deaths']
    assert 'for_memory' not in last
    assert [death['for_memory'] for death in before] == [True, True]
    assert 'memory ran out' not in found[0]['sentence']
    counter.write_text('oom 4\noom_kill 6\n')
    die(watch, manager, -signal.SIGKILL)
    assert ('by SIGKILL, most likely by the kernel, because memory ran out'
            in told()[1][0]['sentence'])


def test_faulthandler_of_somebody_else_is_left_alone(watch, tmp_path):
    """What was enabled for it is what a crash is written to."""
    manager = Manager()
    begin(watch, manager)

    def crash():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with open(tmp_path / 'own', 'w') as file:
            faulthandler.enable(file)
            crash_stacks.begin(watch.descriptor)
            crash_stacks.forked()
            os.kill(os.getpid(), signal.SIGSEGV)

    die(watch, manager, -signal.SIGSEGV, crash, ends=-signal.SIGSEGV)
    (death,) = told()[0]['services'][0]['deaths']
    assert 'stacks' not in death
    assert 'Segmentation fault' in (tmp_path / 'own').read_text()


def test_worker_that_was_killed_has_no_stacks(watch):
    """Nor has it those of a worker that had its place before."""
    manager = Manager()
    begin(watch, manager)

    def end():
        faulthandler.disable()
        os.pwrite(watch.descriptor, crash_stacks._HEAD.pack(
            crash_stacks._MARK, 1) + b'Fatal Python error: of before',
            shared_places.CRASH_STACKS.of(os.getpid()))
        crash_stacks.begin(watch.descriptor)
        os.kill(os.getpid(), signal.SIGKILL)

    die(watch, manager, -9, end, ends=-9)
    (death,) = told()[0]['services'][0]['deaths']
    assert 'stacks' not in death


@pytest.mark.parametrize('lives', [True, False])
def test_worker_whose_server_has_ended_runs_on(watch, lives):
    """Only multiprocessing takes it to have ended; it is not told to have."""
    manager = Manager()
    manager.mp_context = multiprocessing.get_context('forkserver')
    begin(watch, manager)
    pid = os.getpid() if lives else end(watch)
    manager.add(Process(pid, 255))
    death = watch.note_death('id', 0, 255)
    assert death.unusual
    data, found, text = told()
    (service,) = data['services']
    (known,) = service['deaths']
    assert service['deaths_count'] == (0 if lives else 1)
    kinds = {one['kind']: one['sentence'] for one in found}
    (event,) = event_entries._found_died(event_entries._died([death], 0))
    if not lives:
        assert 'lives' not in known and known['exit_status'] == 255
        assert 'workers-doubled' not in kinds
        assert event['kind'] == 'workers-dying'
        return
    assert known['lives'] and known['exit_status'] is None
    assert 'workers-dying' not in kinds
    assert kinds['workers-doubled'].startswith(
        '1 worker of a forkserver that has ended runs on beside')
    assert f'pid {pid}; restart the unit' in kinds['workers-doubled']
    assert f'pid {pid}, runs on, but the server that started it' in text
    assert event['kind'] == 'workers-doubled'
    assert 'died' not in event['sentence']
    assert 'server' not in known
    # it is not doubled any more when it has ended
    known['pid'] = end(watch)
    assert 'workers-doubled' not in {
        one['kind'] for one in workers.findings_of(data)}


@pytest.mark.parametrize('number', [signal.SIGSEGV, signal.SIGKILL, 0])
def test_end_of_a_server_is_told_with_its_workers(watch, monkeypatch, number):
    """How it ended, and once where it crashed; its status stays there."""
    def leave():
        faulthandler.disable()
        crash_stacks.begin(watch.descriptor)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number:
            os.kill(os.getpid(), number)

    ended = os.fork()
    if ended == 0:
        try:
            leave()
        finally:
            os._exit(3)
    server = types.SimpleNamespace(_forkserver_pid=ended)
    monkeypatch.setitem(sys.modules, 'multiprocessing.forkserver',
                        types.SimpleNamespace(_forkserver=server))
    os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)
    manager = Manager()
    manager.mp_context = types.SimpleNamespace(
        get_start_method=lambda allow_none: 'forkserver')
    begin(watch, manager)
    manager.add(Process(os.getpid(), 255))
    first = watch.note_death('id', 0, 255)
    # whoever wants its status still gets it, and starts another one
    assert os.waitstatus_to_exitcode(os.waitpid(ended, 0)[1]) == (
        -number or 3)
    server._forkserver_pid = None
    second = watch.note_death('id', 0, 255)
    data, _, text = told()
    crashed = number == signal.SIGSEGV
    how = (f'pid {ended}, was killed by {number.name}' if number
           else f'pid {ended}, ended with status 3')
    assert text.count(how) == 2
    assert text.count('Fatal Python error') == crashed
    for death in (first, second):
        (event,) = event_entries._found_died(
            event_entries._died([death], 0))
        assert how in event['sentence']
        assert ('in leave' in event['sentence']) is (
            crashed and death is first)


def test_server_that_runs_has_not_ended(watch, monkeypatch):
    """Nor is one told of that nobody has started."""
    lives = subprocess.Popen(['sleep', '1000'])
    try:
        for pid in (lives.pid, None, os.getpid()):
            monkeypatch.setitem(
                sys.modules, 'multiprocessing.forkserver',
                types.SimpleNamespace(_forkserver=types.SimpleNamespace(
                    _forkserver_pid=pid)))
            assert server_end.found(watch.descriptor) is None
    finally:
        lives.kill()
        lives.wait()


def test_other_processes_say_who_knows(watch):
    """A worker has none of its own."""
    data, found, text = told()
    assert data == {'state': None, 'state_seconds': None,
                    'reloaded_seconds': None, 'replaces': None,
                    'services': []}
    assert not found
    assert 'its master' in text


@pytest.mark.parametrize('modern', [True, False])
def test_healthy_workers_are_nothing_unusual(watch, modern):
    """With their process and its age, in any version of cotyledon."""
    manager = Manager(modern=modern)
    begin(watch, manager)
    manager.add(Process(os.getpid()))
    data, found, text = told()
    assert not found
    assert data['state'] == 'running'
    (worker,) = data['services'][0]['workers']
    assert worker['pid'] == os.getpid()
    assert 0 < worker['age_seconds'] < 36000
    assert 'AgentManager: 1 of 1 workers run' in text


@pytest.mark.parametrize('modern', [True, False])
def test_workers_that_die_are_told_with_their_last_error(watch, modern):
    """How often, how, and after what; the cause in one sentence."""
    manager = Manager(modern=modern)
    begin(watch, manager)
    for _ in range(4):
        pid = die(watch, manager, 2, logged)
    data, found, text = told()
    (only,) = found
    assert only['severity'] == findings.ERROR
    assert only['sentence'].startswith(
        'workers have died 4 times in ')
    assert only['sentence'].endswith(
        ' ago, with exit status 2, after: PollingException: Invalid interval '
        'value')
    (service,) = data['services']
    assert service['deaths_count'] == 4
    assert service['workers'][0]['restarts'] == 4
    death = service['deaths'][0]
    assert (death['pid'], death['exit_status'], death['signal']) == (
        pid, 2, None)
    assert 0 <= death['lived_seconds'] < 60
    assert only['since'] == service['deaths'][-1]['time']
    assert 'PollingException: Invalid interval value' in text


@pytest.mark.parametrize('name', ['SIGKILL', 'SIGSEGV'])
def test_signal_is_named(watch, name):
    """A single death is a warning."""
    manager = Manager()
    begin(watch, manager)
    # what it logged before is not why it died
    die(watch, manager, -signal.Signals[name], logged)
    (found,) = told()[1]
    assert found['severity'] == findings.WARNING
    assert found['sentence'].startswith('worker 0 died ')
    assert found['sentence'].endswith(f' by {name}')


def test_what_ended_as_it_was_told_is_nothing_unusual(watch):
    """By itself, or replaced in a reload; even if that took too long."""
    manager = Manager()
    begin(watch, manager)
    die(watch, manager, 0)
    watch.note_reload()
    # it began before, as far as is known
    watch.note_death('id', 7, 1)
    data, found, _ = told()
    assert not found
    assert data['services'][0]['deaths_count'] == 0
    assert [death['replaced'] for death in data['services'][0]['deaths']] == [
        True, False]
    # this one began after the reload: its death has another cause
    die(watch, manager, 1)
    assert [one['kind'] for one in told()[1]] == ['workers-dying']


def test_old_deaths_are_nothing_unusual(watch, monkeypatch):
    """They are told all the same."""
    manager = Manager()
    begin(watch, manager)
    die(watch, manager)
    manager.add(Process(os.getpid()))
    assert told()[1]
    real = time.time
    monkeypatch.setattr(
        time, 'time', lambda: real() + workers.LATELY_SECONDS + 5)
    data, found, _ = told()
    assert not found
    assert data['services'][0]['deaths_count'] == 1


@pytest.mark.any_python
@pytest.mark.parametrize('method', ['fork', 'spawn', 'forkserver'])
@pytest.mark.parametrize('looks', [False, True])
def test_missing_worker_that_nobody_replaces(
        watch, monkeypatch, method, looks):
    """A server of forks is told of its end, and not the master, who may look.

    Nothing is said of it as long as all run.
    """
    manager = Manager(expected=1)
    manager.mp_context = multiprocessing.get_context(method)
    monkeypatch.setattr(readiness, 'master', object() if looks else None)
    begin(watch, manager)
    manager.add(Process(os.getpid()))
    data, found, text = told()
    assert not found
    never = method == 'forkserver' and not looks
    assert data['replaces'] is not never
    said = 'the master starts no other, as always with Python 3.14'
    assert (f'\nIf a worker ends, {said}\n' in text) is never
    manager._running_services['id'] = {}
    (found,) = told()[1]
    assert (found['kind'], found['sentence']) == (
        'workers-missing', '1 of 1 workers do not run: worker 0'
        + (f'; {said}: restart the unit' if never else ''))


def test_missing_worker_is_told_with_its_last_error(watch, monkeypatch):
    """Also where the master has not learned that it has ended."""
    monkeypatch.setattr(readiness, 'master', None)
    manager = Manager()
    manager.mp_context = multiprocessing.get_context('forkserver')
    begin(watch, manager)
    pid = end(watch, logged)
    manager.add(Process(pid))
    data, (found,), text = told()
    assert data['services'][0]['deaths'] == []
    (worker,) = data['services'][0]['workers']
    assert worker['last_error']['error'] == 'PollingException'
    assert re.fullmatch(
        r'1 of 1 workers do not run: worker 0; its last error, \d+ s ago: '
        r'PollingException: Invalid interval value; the master starts no '
        r'other, as always with Python 3\.14: restart the unit',
        found['sentence']), found
    assert (f'  worker 0: does not run; its last error, at '
            f'{worker["last_error"]["time"]}: PollingException: Invalid '
            'interval value\n' in f'{text}\n')
    # one that was noted is told once
    watch.note_death('id', 0, 2)
    manager.add(Process(pid))
    watch.services['id'].last[0] = watch.services['id'].last[0]._replace(
        time=time.time() - 3600, pid=pid)
    (worker,) = told()[0]['services'][0]['workers']
    assert worker['pid'] is None
    assert worker['last_error'] is None


def test_missing_workers_are_told_with_the_newest_error(watch):
    """Of several, each has its own in the data."""
    manager = Manager(expected=2)
    begin(watch, manager)
    first = end(watch, lambda: last_words._write(
        time.time() - 50, ['x', '', 'Older', 'before']))
    second = end(watch, lambda: last_words._write(
        time.time() - 20, ['x', '', 'Newer', 'after']))
    manager._running_services['id'] = {
        Process(pid): types.SimpleNamespace(worker_id=number)
        for number, pid in enumerate((second, first))}
    data, (found,), _ = told()
    assert [worker['last_error']['error'] for worker in data['services'][0][
        'workers']] == ['Newer', 'Older']
    assert re.search(
        r': worker 0, 1; its last error, 2\d s ago: Newer: after$',
        found['sentence']), found


@pytest.mark.parametrize(('before', 'is_cause'), [(9.0, True), (11.0, False)])
def test_error_long_before_a_death_is_no_cause(before, is_cause):
    """How long ago it was is told from now, and not from the death."""
    died = 1_000_000.0
    words = last_words.LastWords(died - 100, died - before, 'x', 'it failed')
    data = death_text.data(worker_deaths.Death(
        died, 0, 1, 2, False, words), died + 60)
    assert (data['last_error'] is not None) is is_cause
    if is_cause:
        assert data['last_error']['seconds_ago'] == before + 60
    # where nobody knows when it was, it is told in any case
    assert death_text.error(words, died + 60)['seconds_ago'] == before + 60


def test_start_method_is_asked_and_not_settled(monkeypatch):
    """Nor is multiprocessing needed: a start may fail before that."""
    asked = []

    class Context:
        def get_start_method(self, allow_none=False):
            asked.append(allow_none)

    manager = types.SimpleNamespace(mp_context=Context())
    assert worker_deaths.start_method(manager) == (
        multiprocessing.get_all_start_methods()[0])
    assert asked == [True]
    monkeypatch.delitem(sys.modules, 'multiprocessing')
    assert worker_deaths.are_served(None) is False


@pytest.mark.parametrize(('graceful', 'reloaded', 'late'), [
    (60, 71, True), (60, 69, False), (5, 69, False), (600, 100, False),
    (600, 611, True), (0, 10 ** 6, False), (None, 71, True)])
def test_worker_that_no_reload_has_replaced(watch, graceful, reloaded, late):
    """It may take some time to finish; one that is new is none."""
    manager = Manager(expected=2)
    if graceful is not None:
        manager._graceful_shutdown_timeout = graceful
    begin(watch, manager, 10 ** 7)
    with subprocess.Popen(['sleep', '10000']) as new:
        try:
            manager._running_services['id'] = {
                Process(os.getppid()): 0, Process(new.pid): 1}
            assert told()[0]['reloaded_seconds'] is None
            watch.note_reload()
            data, found, _ = told()
            assert not found and data['reloaded_seconds'] < reloaded
            # as if it had been so long ago, and the parent were even older
            watch.reloaded -= reloaded
            watch.reloaded_boot -= reloaded
            with pytest.MonkeyPatch.context() as patch:
                age = worker_deaths.age
                patch.setattr(worker_deaths, 'age', lambda pid: age(pid) + (
                    10 ** 7 if pid == os.getppid() else 0))
                data, found, text = told()
        finally:
            new.kill()
    assert [worker['missed_reload']
            for worker in data['services'][0]['workers']] == [late, False]
    assert (', not replaced by the last reload' in text) is late
    assert [one['kind'] for one in found] == ['workers-not-replaced'] * late
    if late:
        ago = findings.span(data['reloaded_seconds'])
        assert found[0]['sentence'] == (
            f'1 of 2 workers run on since before the reload {ago} ago, with '
            'what was configured then: worker 0; restart the unit')


def test_clock_that_is_set_makes_no_worker_late(watch, monkeypatch):
    """Ages and reloads are measured by the same clock, that of the boot."""
    manager = Manager()
    begin(watch, manager, 10 ** 7)
    manager.add(Process(os.getpid()))
    watch.note_reload()
    watch.reloaded_boot -= 160
    monkeypatch.setattr(worker_deaths, 'age', lambda pid: 170)
    assert [one['kind'] for one in told()[1]] == ['workers-not-replaced']
    monkeypatch.setattr(worker_deaths, 'age', lambda pid: 150)
    # the clock was set back since
    watch.reloaded -= 80
    data, found, _ = told()
    assert not found and 160 <= data['reloaded_seconds'] < 10 ** 6


def test_clock_that_is_set_makes_no_service_start(watch, monkeypatch):
    """Nor a death recent: where it is set back, or forth."""
    manager = Manager(expected=2)
    begin(watch, manager)
    process = Process(os.getpid())
    manager.add(process)
    before = time.time()
    assert [one['kind'] for one in told()[1]] == ['workers-missing']
    for moment in (before - 10 ** 8, before + 10 ** 8):
        monkeypatch.setattr(time, 'time', lambda moment=moment: moment)
        data, found, _ = told()
        assert data['state'] == 'running'
        assert 3600 <= data['state_seconds'] < 10 ** 6
        assert [one['kind'] for one in found] == ['workers-missing']


@pytest.mark.parametrize('state', ['starting', 'reloading', 'stopping'])
def test_missing_workers_are_unusual_only_once_it_runs(watch, state):
    """Starting, reloading and stopping are no faults."""
    manager = Manager(expected=2)
    begin(watch, manager)
    manager.add(Process(os.getpid()))
    (found,) = told()[1]
    assert found['sentence'] == (
        '1 of 2 workers do not run: worker 1')
    if state == 'starting':
        watch.began = worker_deaths.seconds()
    elif state == 'reloading':
        watch.note_reload()
    else:
        manager._dead = types.SimpleNamespace(is_set=lambda: True)
    data, found, _ = told()
    assert data['state'] == state
    assert not found


def test_zombie_does_not_run(watch):
    """Nobody has asked for its exit status yet."""
    manager = Manager()
    begin(watch, manager)
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        manager.add(Process(pid))
        assert [one['kind'] for one in told()[1]] == ['workers-missing']
    finally:
        os.waitpid(pid, 0)


def test_last_words_are_those_of_the_process(descriptor):
    """Only errors, the last one; nothing of who had the place before."""
    def leave(function):
        pid = os.fork()
        if pid == 0:
            last_words.begin(descriptor)
            function()
            os._exit(0)
        os.waitpid(pid, 0)
        return pid

    def several():
        logged('first')
        logged('second\0x' + 'y' * 5000, None, None)
        logged('no error', level=logging.WARNING)

    words = last_words.of(descriptor, leave(several))
    assert words.message.startswith('second xyyy')
    assert (words.error, words.error_text) == (None, None)
    assert words.began <= words.time <= time.time()
    silent = last_words.of(descriptor, leave(lambda: None))
    assert silent.time is None
    assert last_words.of(descriptor, os.getpid() + 1) is None
    assert last_words.of(None, 1) is None
    # one whose place it is as well
    assert last_words.of(descriptor, leave(several) + 512) is None


def test_exception_that_ends_a_worker_is_its_last_word(watch):
    """It is printed, and logged by nobody; it goes on as it was."""
    manager = Manager()
    begin(watch, manager)

    def fail():
        cotyledon_hooks.watch(None, None, None, None, last_words.leave,
                              None, None)
        try:
            cotyledon_hooks._init_worker(
                lambda: [][0], types.SimpleNamespace(), (), {})
        except IndexError:
            os._exit(1)

    die(watch, manager, 1, fail, ends=1)
    assert told()[1][0]['sentence'].endswith(
        ' with exit status 1, after: IndexError: list index out of range')


def test_services_are_named_where_there_are_several(watch):
    """And only there."""
    manager = Manager()
    begin(watch, manager)
    die(watch, manager)
    manager._services['other'] = types.SimpleNamespace(
        workers=0, service=AgentManager)
    assert told()[1][0]['sentence'].startswith(
        'worker 0 of AgentManager died ')


def test_last_words_go_nowhere_else(tmp_path, descriptor):
    """A daemon may close what it does not know, and open something else."""
    file = tmp_path / 'own'
    pid = os.fork()
    if pid == 0:
        try:
            last_words.begin(descriptor)
            other = os.open(file, os.O_RDWR | os.O_CREAT)
            os.dup2(other, descriptor)
            logged()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    assert file.read_bytes() == b''
    assert last_words.of(descriptor, pid).time is None


def test_trigger_page_is_not_touched(descriptor):
    """Both are in one file."""
    os.pwrite(descriptor, b'trig' + b'x' * 5000, 0)
    pid = os.fork()
    if pid == 0:
        last_words.begin(descriptor)
        logged()
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.pread(descriptor, 5004, 0) == b'trig' + b'x' * 5000
    assert last_words.of(descriptor, pid).error == 'PollingException'


def problem(message='no answer', level='ERROR', seconds_ago=1.0, count=1,
            logger='ceilometer.x'):
    """A problem that was logged."""
    return {'level': level, 'logger': logger, 'thread': 'MainThread',
            'message': message, 'error': None, 'error_text': None,
            'count': count, 'first': '2026-11-25T00:00:00Z',
            'last': '2026-11-25T00:00:09Z', 'seconds_ago': seconds_ago}


def found_in(*problems):
    """What is unusual in some problems."""
    return recent_problems.findings_of({
        'watched': True, 'problems': list(problems), 'forgotten': 0})


def test_errors_are_told_by_what_they_went_through():
    """So that a cause that is known absorbs them."""
    found = found_in(
        problem('a', logger='oslo.messaging._drivers.impl_rabbit', count=3),
        problem('b', logger='amqp'), problem('c'), problem('d', 'WARNING'),
        problem('e', seconds_ago=601.0))
    assert [(one['sentence'], one['evidence'].get('through'))
            for one in found] == [
        ('4 errors were logged, the last 1 s ago by '
         'oslo.messaging._drivers.impl_rabbit: a', 'broker'),
        ('an error was logged, the last 1 s ago by ceilometer.x: c', None)]
    (cause, other) = findings.ordered([
        *found, findings.finding('broker-unreachable', 'down')])
    assert cause['kind'] == 'broker-unreachable'
    assert other['evidence']['logger'] == 'ceilometer.x'


def test_what_was_found_of_polling_explains_its_errors():
    """What is not loaded other sections tell, and healthy daemons log."""
    found = found_in(
        problem('a', logger='ceilometer.polling.manager'),
        problem('b', logger='stevedore.extension'))
    assert len(found) == 1
    for kind in ('keystone-failing', 'discovery-failing', 'cycle-failing',
                 'pollster-failing', 'pollster-switched-off',
                 'coordination-lost'):
        (cause,) = findings.ordered([*found, findings.finding(kind, 'x')])
        assert cause['kind'] == kind


def test_problems_are_told_without_payload(monkeypatch):
    """As they were logged, newest first, equal ones once."""
    log_watch.stop()
    monkeypatch.setattr(logging.getLogger(), 'handlers',
                        [logging.NullHandler()])
    log_watch.start()
    try:
        logger = logging.getLogger('example.recent')
        for number in range(2):
            logger.error('Could not send. Payload=%s', f'canary-{number}')
        logger.warning('of %s', ValueError(
            "{'project_id': 'canary-1'} 5c1f0a9e37d84b62a7e90d18c4b3f256"))
        data = recent_problems.collect(CONTEXT).data
    finally:
        log_watch.stop()
    assert not list(exact.differences(
        data, exact.contents.SECTIONS['recent-problems']))
    assert [(one['message'], one['error'], one['error_text'], one['count'])
            for one in data['problems']] == [
        ('of', 'ValueError', '{…} …', 1),
        ('Could not send. Payload', None, None, 2)]
    text = recent_problems.render(data)
    assert 'ValueError: {…} …' in text
    assert '(2 times since ' in text


def test_unwatched_log_is_said_to_be():
    """Not that nothing was logged."""
    data = {'watched': False, 'problems': [], 'forgotten': 0}
    assert 'not seen' in recent_problems.render(data)
    assert not recent_problems.findings_of(data)
