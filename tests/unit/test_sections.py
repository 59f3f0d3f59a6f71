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

"""The sections, each on a real process."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import ctypes
import dis
import functools
import gc
from importlib import metadata
import itertools
import json
import linecache
import logging
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import types

import greenlet
from oslo_config import cfg
from oslo_reports.models import with_default_views
import psutil
import pytest

from ceilometer.diagnostics.daemon import added_sections
from ceilometer.diagnostics.daemon import installed_options
from ceilometer.diagnostics.daemon import kernel_threads
from ceilometer.diagnostics.daemon import known_secrets
from ceilometer.diagnostics.daemon import option_origins
from ceilometer.diagnostics.daemon import own_thread
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import running_threads
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import section_table
from ceilometer.diagnostics.daemon.sections import asyncio_tasks
from ceilometer.diagnostics.daemon.sections import configuration
from ceilometer.diagnostics.daemon.sections import green_threads
from ceilometer.diagnostics.daemon.sections import log_levels
from ceilometer.diagnostics.daemon.sections import package
from ceilometer.diagnostics.daemon.sections import processes
from ceilometer.diagnostics.daemon.sections import resources
from ceilometer.diagnostics.daemon.sections import summary
from ceilometer.diagnostics.daemon.sections import threads
from ceilometer.diagnostics.daemon import service_options
from ceilometer.diagnostics.daemon import sockets
from ceilometer.diagnostics.daemon import stacks
from ceilometer.diagnostics.daemon import thread_pools
from ceilometer.diagnostics.daemon import threads_text
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import report
from tests import limits
from tests import waiting

CANARY = 'xK9-canary-77q'


def context(conf=None):
    """What sections are given."""
    return section.Context(daemons.Daemon('example', conf))


def told(module, conf=None):
    """A section's data and text, as a report has them."""
    given = context(conf)
    snapshot = getattr(module, 'snapshot', None)
    if snapshot is not None:
        given.snapshots[module.NAME] = snapshot()
        if module is threads:
            threads.measure(given.snapshots[threads.NAME])
    if module is resources:
        sockets.load()
    data = module.collect(given).data
    json.dumps(data)
    # the text of threads has a module of its own
    text = threads_text if module is threads else module
    return data, text.render(escape.data(data))


def _fork(function):
    """Run something in a new process; its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        function()
    finally:
        os._exit(1)


def sections_of(text):
    """The paragraphs of a text."""
    return text.split('\n\n')


class TestStacks:
    """Copied, described, merged."""

    def test_deep_stack_is_bounded_and_marked(self):
        """Of a deep recursion both ends stay, and the number between."""
        def recurse(depth):
            if depth:
                return recurse(depth - 1)
            return stacks.copy(sys._getframe())

        frames = stacks.Describer().frames(recurse(600))
        left_out = [frame['left_out'] for frame in frames
                    if 'left_out' in frame]
        assert len(frames) == stacks.FRAMES_MAX + 1
        assert left_out and left_out[0] > 400
        assert frames[-1]['source'] == (
            'return stacks.copy(sys._getframe())')
        assert f'[… {left_out[0]} frames left out]' in '\n'.join(
            stacks.render(frames))

    @pytest.mark.parametrize(('above', 'frames', 'expected'), [
        ('', 'abc', 'abc'), ('abd', 'abc', '2c'), ('axc', 'abc', 'abc'),
        ('abc', 'abc', '2c'), ('abcde', 'ab', 'ab'), ('ab', 'abc', '2c'),
        ('abxd', 'abcd', '2cd')])
    def test_frames_of_the_stack_above_are_counted(
            self, above, frames, expected):
        """Where it saves a line; the last call is always there."""
        def stack(names):
            return [{'file': 'x.py', 'line': 1, 'function': name,
                     'source': ''} for name in names]

        lines = stacks.render(stack(frames), stack(above))
        assert lines == [
            f'  [… {name} frames as above]' if name.isdigit()
            else f'  File "x.py", line 1, in {name}' for name in expected]
        text = stacks.render_all('Tasks', [
            (['first'], stack(above)), (['second'], stack(frames))])
        assert text.split('\n\n')[2].split('\n') == ['second', *lines]

    def test_linecache_is_left_as_it_was(self):
        """The sources that were read do not stay in memory."""
        linecache.clearcache()
        linecache.getlines(json.__file__)
        describer = stacks.Describer()
        describer.frames(stacks.copy(sys._getframe()))
        assert list(linecache.cache) == [json.__file__]

    def test_source_that_cannot_be_read_is_empty(self):
        """Code of no file has frames all the same."""
        space = {'stacks': stacks, 'sys': sys}
        exec('def f():\n    return stacks.copy(sys._getframe())', space)
        frame = stacks.Describer().frames(space['f']())[-1]
        assert (frame['file'], frame['line'], frame['source']) == (
            '<string>', 2, '')

    def test_same_stacks_are_merged(self):
        """Owners of the same stack stand together, in order."""
        code = compile('x; y\nz\n', 'file', 'exec')
        places = {code.co_names[0]: [], code.co_names[2]: []}
        for instruction in dis.get_instructions(code):
            if instruction.argval in code.co_names:
                places[{'y': 'x'}.get(instruction.argval,
                                      instruction.argval)].append(
                    (code, instruction.offset))
        (one, same), (other,) = places['x'], places['z']
        assert stacks.merge([
            ('a', one), ('b', other), ('c', same), ('d', one)]) == [
            (one, ['a', 'c', 'd']), (other, ['b'])]

    def test_line_is_that_of_the_frame(self):
        """Of each of its instructions; also where it has not begun."""
        def generate():
            yield sys._getframe().f_lineno
            yield (sys._getframe()
                   .f_lineno)

        begun = generate()
        describer = stacks.Describer()
        for _ in range(3):
            (frame,) = describer.frames(stacks.copy(begun.gi_frame))
            assert frame['line'] == begun.gi_frame.f_lineno
            next(begun, None)

    @pytest.mark.any_python
    def test_stacks_that_are_alike_are_kept_once(self, stop):
        """A line more is another one; a variable is not."""
        start, event = stop

        def stand(line):
            if line:
                event.wait()
            else:
                event.wait()

        ones = [start(f'one-{number}', functools.partial(stand, 1))
                for number in range(2)]
        other = start('other', functools.partial(stand, 0))
        waiting_in = threading.Condition.wait.__code__
        deadline = time.monotonic() + limits.EVENT_SECONDS
        while True:
            copied = stacks.of_threads()
            found = [copied[thread.ident] for thread in (*ones, other)]
            if found[0] == found[1] and all(
                    stack[-2] is waiting_in for stack in found):
                break
            assert time.monotonic() < deadline
        assert found[0] is found[1]
        assert found[2][::2] == found[0][::2]
        assert found[2] != found[0]

    def test_threads_get_their_turn_between_stacks(self, stop, monkeypatch):
        """Where there are many; all are copied, and nothing twice."""
        start, _ = stop
        rests = []
        monkeypatch.setattr(stacks.pauses, 'rest', rests.append)
        monkeypatch.setattr(stacks, '_frames',
                            lambda: (sys._current_frames(), 0.0))
        threads_of_test = [start(f'many-{number}') for number in range(10)]
        copied = stacks.of_threads()
        assert len(rests) == len(copied)
        for thread in threads_of_test:
            assert copied[thread.ident][0] is threading.Thread(
                )._bootstrap.__code__
        monkeypatch.undo()
        monkeypatch.setattr(stacks.pauses, 'rest', rests.append)
        monkeypatch.setattr(stacks, 'COPY_SECONDS', limits.EVENT_SECONDS)
        rests.clear()
        assert set(stacks.of_threads()) == set(copied)
        assert not rests

    def test_frames_of_very_many_threads_are_not_asked_for_each_time(
            self, monkeypatch):
        """To ask for them takes longer than to copy some stacks."""
        clock = [0.0]
        asked = []

        def frames():
            asked.append(clock[0])
            clock[0] += 5 * stacks.COPY_SECONDS
            return dict.fromkeys(range(10_000))

        def copy(frame):
            clock[0] += stacks.COPY_SECONDS / 100
            return ()

        monkeypatch.setattr(stacks, 'sys', types.SimpleNamespace(
            _current_frames=frames))
        monkeypatch.setattr(stacks, 'time', types.SimpleNamespace(
            monotonic=lambda: clock[0]))
        monkeypatch.setattr(stacks, 'copy', copy)
        monkeypatch.setattr(stacks.pauses, 'rest', lambda usec: None)
        assert len(stacks.of_threads()) == 10_000
        assert 15 < len(asked) < 25


@pytest.fixture
def stop():
    """What the threads of a test wait for."""
    event = threading.Event()
    started = []

    def start(name, target=event.wait):
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        started.append(thread)
        return thread

    yield start, event
    event.set()
    for thread in started:
        thread.join(limits.EVENT_SECONDS)


class Waits:
    """What threads of a test can wait for, until the test is over."""

    def __init__(self):
        self.queue = queue.SimpleQueue()
        self.lock = threading.Lock()
        self.lock.acquire()
        self.event = threading.Event()
        self.condition = threading.Condition()
        self.over = False
        self.read, self._write = os.pipe()
        self.stream = open(self.read, 'rb', buffering=0, closefd=False)
        self.thread = threading.Thread(target=self.event.wait, daemon=True)
        self.thread.start()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._write)
            os.read(self.read, 1)
            os._exit(0)
        self.listening = socket.create_server(('127.0.0.1', 0))
        self._started = []

    def wait_for_it(self):
        """Wait for a condition."""
        with self.condition:
            self.condition.wait_for(lambda: self.over)

    def sleep(self):
        """Wait for a time to pass, again and again."""
        while not self.over:
            time.sleep(0.5)

    def wait_for_process(self):
        """Wait for a process to end, which another thread may do too."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def accept(self):
        """Wait for somebody who connects."""
        connection, _ = self.listening.accept()
        connection.close()

    def start(self, wait):
        """Have a thread wait."""
        thread = threading.Thread(target=wait, args=(self,), daemon=True)
        thread.start()
        self._started.append(thread)
        return thread

    def end(self):
        """Give all that was waited for."""
        self.over = True
        self.queue.put(1)
        self.lock.release()
        self.event.set()
        with self.condition:
            self.condition.notify_all()
        socket.create_connection(self.listening.getsockname()).close()
        os.close(self._write)
        self.wait_for_process()
        for thread in self._started:
            thread.join(limits.EVENT_SECONDS)
        self.listening.close()
        self.stream.close()
        os.close(self.read)


@pytest.fixture
def waits():
    """What threads can wait for."""
    made = Waits()
    yield made
    made.end()


def owners(data):
    """The threads of the section's data."""
    return [owner for merged in data['stacks'] for owner in merged['threads']]


class TestThreads:
    """Threads of this very process."""

    def test_hostile_name_stays_on_its_line(self, stop):
        """Newlines, escapes, NUL and surrogates of a name are escaped."""
        start, _ = stop
        start('x\nThread "forged"\x1b[31m\x00\ud800')
        _, text = told(threads)
        assert 'Thread "x\\nThread "forged"\\x1b[31m\\x00\\ud800"' in text
        assert '\nThread "forged"' not in text

    def test_threads_of_one_stack_are_merged(self, stop):
        """Ten threads that wait for the same are told once."""
        start, event = stop
        arrived = threading.Barrier(11)

        def wait():
            arrived.wait()
            event.wait()

        for number in range(10):
            start(f'merged-{number}', wait)
        arrived.wait()
        # until the last one has gone from the barrier to the event
        deadline = time.monotonic() + limits.EVENT_SECONDS
        names = {f'merged-{number}' for number in range(10)}
        while True:
            data, text = told(threads)
            if names in [{owner['name'] for owner in merged['threads']}
                         for merged in data['stacks']]:
                break
            assert time.monotonic() < deadline
        # as a line: the source of this very test stands in the text, too
        assert '10 threads with the same stack:' in text.split('\n')

    @pytest.mark.parametrize('exact_max', [0, 10_000])
    def test_states_are_told(self, stop, monkeypatch, exact_max):
        """A thread that computes is running, one that sleeps waits."""
        start, event = stop
        monkeypatch.setattr(running_threads, 'EXACT_MAX', exact_max)

        def spin():
            while not event.is_set():
                pass

        start('spinning', spin)
        start('sleeping', lambda: time.sleep(0.1) or event.wait())

        def states():
            told_of = {owner['name']: owner['state']
                       for owner in owners(told(threads)[0])}
            return told_of['spinning'], told_of['sleeping']

        # until both do what they are to do
        deadline = time.monotonic() + limits.EVENT_SECONDS
        while (found := states()) != ('running', 'waiting'):
            assert time.monotonic() < deadline, found

    @pytest.mark.parametrize('exact_max', [0, 10_000])
    def test_thread_that_waits_for_a_processor_is_running(
            self, stop, monkeypatch, exact_max):
        """On a busy machine one that computes has little of them."""
        start, event = stop

        def compute():
            while not event.wait(0.001):
                pass

        thread = start('computes', compute)
        monkeypatch.setattr(running_threads, 'EXACT_MAX', exact_max)
        begin = running_threads.begin

        def begin_and_wait(native_ids):
            begun = begin(native_ids)
            # until it has run
            deadline = time.monotonic() + limits.EVENT_SECONDS
            clock = begun.clocks[thread.native_id]
            while running_threads._clocks([thread.native_id]) == {
                    thread.native_id: clock}:
                assert time.monotonic() < deadline
                time.sleep(0.001)
            return begun

        monkeypatch.setattr(running_threads, 'begin', begin_and_wait)
        waited = itertools.count(0, 10_000_000_000)
        contents = kernel_threads._contents

        def busy(native_id, name):
            if (native_id, name) == (thread.native_id, 'schedstat'):
                return f'1000 {next(waited)} 7\n'
            return contents(native_id, name)

        monkeypatch.setattr(kernel_threads, '_contents', busy)
        states = {owner['name']: owner['state']
                  for owner in owners(told(threads)[0])}
        assert states['computes'] == 'running'

    def test_main_thread_is_marked_and_first(self, stop):
        """It stands first, with the process's id as its own."""
        start, _ = stop
        start('another')
        data, text = told(threads)
        assert 'another' in {owner['name'] for owner in owners(data)}
        first = owners(data)[0]
        assert first['foreground']
        assert first['native_id'] == os.getpid()
        assert 'FOREGROUND' in sections_of(text)[1]

    @pytest.mark.parametrize(('reason', 'wait'), [
        ('a queue', lambda made: made.queue.get()),
        ('a lock', lambda made: made.lock.acquire()),
        ('a condition or an event', lambda made: made.event.wait()),
        ('a condition or an event', lambda made: made.wait_for_it()),
        ('a time to pass', lambda made: made.sleep()),
        ('file descriptors', lambda made: select.select(
            [made.read], [], [])),
        ('data to read', lambda made: made.stream.read(1)),
        ('a thread to end', lambda made: made.thread.join()),
        ('a process to end', lambda made: made.wait_for_process()),
        ('a connection', lambda made: made.accept()),
    ])
    def test_what_a_thread_waits_for_is_told(self, waits, reason, wait):
        """In the words that the reader knows, of a thread that waits."""
        thread = waits.start(wait)
        deadline = time.monotonic() + limits.EVENT_SECONDS
        while True:
            data, text = told(threads)
            (owner,) = [owner for owner in owners(data)
                        if owner['ident'] == thread.ident]
            if owner['waiting_for'] == reason:
                break
            assert time.monotonic() < deadline, owner
        assert f'waiting for {reason}' in text

    def test_thread_of_a_library_in_c_is_told(self):
        """It has no Python frames, and Python does not know of it."""
        libc = ctypes.CDLL(None)
        before = set(kernel_threads.native_ids())
        number = ctypes.c_ulong()
        assert libc.pthread_create(
            ctypes.byref(number), None, libc.sleep, ctypes.c_void_p(3600)
        ) == 0
        try:
            (native_id,) = set(kernel_threads.native_ids()) - before
            data, text = told(threads)
        finally:
            libc.pthread_cancel(number)
            libc.pthread_join(number, None)
        # it has the name of the thread that started it
        with open('/proc/thread-self/comm') as file:
            comm = file.read().rstrip('\n')
        assert (native_id, comm) in {
            (thread['native_id'], thread['name'])
            for thread in data['without_python']}
        assert '\nThreads without Python frames (' in text
        assert f'native id {native_id}, ' in text

    def test_work_that_waits_for_a_pool_is_told(self, stop):
        """All threads of the pool are busy."""
        _, event = stop
        begun = threading.Barrier(3)

        def work():
            begun.wait(limits.EVENT_SECONDS)
            event.wait()

        with concurrent.futures.ThreadPoolExecutor(2, 'busy') as pool:
            try:
                for _ in range(7):
                    pool.submit(work)
                begun.wait(limits.EVENT_SECONDS)
                data, text = told(threads)
            finally:
                # the rest are to find nobody who waits with them
                event.set()
                begun.abort()
        found = data['pools'][0]
        assert found == {'thread': found['thread'], 'threads': 2, 'waiting': 5}
        assert found['thread'] in ('busy_0', 'busy_1')
        assert (f'\nPool of 2 threads, such as "{found["thread"]}": 5 pieces '
                'of work wait for a thread\n') in text

    def test_pool_whose_queue_is_locked_is_told(self):
        """One of futurist, which has eventlet; who holds it is no matter."""
        program = (
            'import json, threading, futurist\n'
            'from ceilometer.diagnostics.daemon import thread_pools\n'
            'begun, ended = threading.Event(), threading.Event()\n'
            'with futurist.ThreadPoolExecutor(max_workers=1) as pool:\n'
            '    pool.submit(lambda: (begun.set(), ended.wait()))\n'
            '    pool.submit(ended.wait)\n'
            '    try:\n'
            f'        assert begun.wait({limits.EVENT_SECONDS})\n'
            '        with pool._work_queue.mutex:\n'
            '            found = thread_pools.find(threading.enumerate())\n'
            '    finally:\n'
            '        ended.set()\n'
            'print(json.dumps(found))\n')
        done = subprocess.run(
            [sys.executable, '-c', program], capture_output=True, text=True,
            timeout=limits.EVENT_SECONDS)
        assert done.returncode == 0, done.stderr
        (found,) = json.loads(done.stdout)
        assert (found['threads'], found['waiting']) == (1, 1)

    def test_thread_that_raises_when_compared_is_no_hindrance(self, stop):
        """A subclass may do anything."""
        _, event = stop

        class Hostile(threading.Thread):
            def __hash__(self):
                if event.is_set():
                    return id(self)
                raise OSError('no')

            def __eq__(self, other):
                return self is other

        thread = threading.Thread(target=event.wait, name='hostile')
        thread.start()
        thread.__class__ = Hostile
        try:
            data, _ = told(threads)
        finally:
            thread.__class__ = threading.Thread
        assert 'hostile' in {owner['name'] for owner in owners(data)}
        event.set()
        thread.join(limits.EVENT_SECONDS)

    def test_thread_whose_name_raises_is_told(self, stop):
        """A subclass may do anything."""
        class Hostile(threading.Thread):
            hostile = False

            @property
            def daemon(self):
                if self.hostile:
                    raise OSError('no')
                return True

        _, event = stop
        thread = Hostile(target=event.wait, name='hostile')
        thread.start()
        thread.hostile = True
        try:
            data, _ = told(threads)
        finally:
            thread.hostile = False
        (owner,) = [owner for owner in owners(data)
                    if owner['ident'] == thread.ident]
        assert owner['name'] == 'hostile'
        event.set()
        thread.join(limits.EVENT_SECONDS)

    def test_name_that_looks_like_a_state_is_a_name(self, stop):
        """The kernel tells the name between brackets, whatever it holds."""
        start, _ = stop
        thread = start('named')
        comm = f'/proc/self/task/{thread.native_id}/comm'
        with open(comm, 'w') as file:
            file.write('x) R 1 (y')
        seen = kernel_threads.read(
            [thread.native_id], {}, {}, {})[thread.native_id]
        assert seen.comm == 'x) R 1 (y'
        assert seen.state in ('waiting', 'running')
        assert seen.cpu_seconds < 30

    def test_stack_of_the_thread_that_reports_is_left_out(self, stop):
        """It is the same in each report; those of other threads are not."""
        start, _ = stop
        start('diagnostics-trigger')
        found = []
        reports = threading.Thread(
            target=lambda: found.append(told(threads)),
            name='diagnostics-report')
        reports.start()
        reports.join(limits.EVENT_SECONDS)
        (data, text), = found
        frames = {owner['name']: merged['frames']
                  for merged in data['stacks'] for owner in merged['threads']}
        assert frames['diagnostics-report'] == []
        assert frames['diagnostics-trigger'] and frames['MainThread']
        assert '\nThread "diagnostics-report"' in text

    @pytest.mark.any_python
    def test_our_threads_are_told_where_they_stand_by_now(self, stop):
        """Each was busy with the report; the daemon's are told as seen."""
        start, event = stop
        go_on, there = threading.Event(), threading.Semaphore(0)

        def stands_elsewhere():
            there.release()
            event.wait()

        def goes_on():
            go_on.wait()
            stands_elsewhere()

        start('diagnostics-trigger', goes_on)
        start('another', goes_on)
        ends = start('diagnostics-siblings', go_on.wait)
        given = context()
        given.snapshots[threads.NAME] = threads.snapshot()
        threads.measure(given.snapshots[threads.NAME])
        go_on.set()
        for _ in range(2):
            assert there.acquire(timeout=limits.EVENT_SECONDS)
        ends.join(limits.EVENT_SECONDS)
        data = threads.collect(given).data
        stood = {owner['name']: [frame['function'].rpartition('.')[2]
                                 for frame in merged['frames']]
                 for merged in data['stacks'] for owner in merged['threads']}
        assert 'stands_elsewhere' in stood['diagnostics-trigger']
        assert 'goes_on' in stood['another']
        assert 'stands_elsewhere' not in stood['another']
        # that it has ended is no reason to say nothing
        assert 'wait' in stood['diagnostics-siblings']

    @pytest.mark.any_python
    def test_what_is_as_above_is_said_once(self):
        """Of threads with the same stack; what differs is said of each."""
        def thread(name, **different):
            return {'name': name, 'ident': 10, 'native_id': 3,
                    'daemon': True, 'foreground': False,
                    'diagnostics': False, 'state': 'waiting',
                    'waiting_for': 'a lock', 'cpu_seconds': 0.5,
                    'cpu_share': None, 'switches': 1,
                    'kernel_function': 'futex', **different}

        text = threads_text.render({
            'count': 6, 'without_python': [], 'pools': [], 'stacks': [
                {'frames': [], 'threads': [
                    thread('a'), thread('b', switches=9),
                    thread('c', cpu_seconds=0.6), thread('d'),
                    thread('e', daemon=False)]},
                {'frames': [], 'threads': [thread('f')]}]})
        said = ', waiting for a lock in futex, 0.50 s of CPU'
        who = 'native id 3, ident 0xa'
        assert text.split('\n') == [
            'Threads: 6, different stacks: 2; most recent call last', '',
            '5 threads with the same stack:',
            f'Thread "a", {who}{said} [daemon]',
            f'Thread "b", {who}, as above',
            f'Thread "c", {who}{said.replace("0.50", "0.60")} [daemon]',
            f'Thread "d", {who}{said} [daemon]',
            f'Thread "e", {who}{said}', '  (no Python frames)', '',
            f'Thread "f", {who}{said} [daemon]', '  (no Python frames)']

    @pytest.mark.any_python
    def test_plain_threads_are_not_asked_for_attributes(
            self, stop, monkeypatch):
        """Each would have a dictionary from then on."""
        asked = []

        def variables(thread):
            asked.append(type(thread))
            return vars(thread)

        monkeypatch.setattr(thread_pools, 'vars', variables, raising=False)
        start, _ = stop

        class Other(threading.Thread):
            pass

        other = Other(name='other')
        thread_pools.find([start('plain'), other])
        assert asked == [Other]

    @pytest.mark.any_python
    @pytest.mark.parametrize(('ago_seconds', 'count'), [(3600, 1), (0, 2)])
    def test_clocks_are_read_again_only_after_a_wait(
            self, monkeypatch, ago_seconds, count):
        """There are as many as threads."""
        read = []
        monkeypatch.setattr(running_threads, '_clocks',
                            lambda ids: read.append(ids) or {7: 5})
        begun = running_threads.Begun(
            {7: 5}, time.perf_counter_ns() - ago_seconds * 10 ** 9, {})
        measured = running_threads.measure(begun, 0.05)
        assert (len(read), measured.clocks) == (count, {7: 5})

    @pytest.mark.any_python
    @pytest.mark.parametrize(('share', 'our_share', 'waited'), [
        (0.0, 0.0, 0.01), (0.09, 0.0, 0.01), (0.0, 0.9, 0.01),
        (0.11, 0.0, 0.02), (0.9, 0.9, 0.02)])
    def test_it_is_measured_for_long_only_where_somebody_computes(
            self, monkeypatch, share, our_share, waited):
        """Of an idle daemon it is known at once."""
        clock = [10 ** 9]

        def sleep(seconds):
            clock[0] += int(seconds * 1e9)

        def scheduled(ids):
            elapsed = clock[0] - 10 ** 9
            return {native_id: kernel_threads.Scheduled(
                int(elapsed * {7: share, 8: our_share}[native_id]),
                clock[0], 1) for native_id in ids}

        monkeypatch.setattr(running_threads, 'time', types.SimpleNamespace(
            sleep=sleep, perf_counter_ns=lambda: clock[0],
            perf_counter=lambda: clock[0] / 1e9))
        monkeypatch.setattr(running_threads, '_clocks', dict.fromkeys)
        monkeypatch.setattr(running_threads, '_scheduled', scheduled)
        begun = running_threads.Begun({}, clock[0], scheduled([7, 8]))
        left = running_threads.wait_left(begun, 0.02)
        measured = running_threads.measure(begun, 0.02, {8})
        assert left == pytest.approx(running_threads.QUIET_SECONDS)
        assert clock[0] / 1e9 - 1 == pytest.approx(waited)
        assert measured.shares == pytest.approx(
            {7: share, 8: our_share}, abs=0.001)

    def test_our_own_threads_do_not_count_as_computing(self, monkeypatch):
        """They make the report."""
        asked = []

        def measure(begun, seconds, ours):
            asked.append(ours)
            return running_threads.Measured({}, {}, {})

        monkeypatch.setattr(running_threads, 'measure', measure)
        stop = threading.Event()
        own = own_thread.OwnThread(target=stop.wait, daemon=True)
        own.start()
        try:
            told(threads)
        finally:
            stop.set()
            own.join()
        assert own.native_id in asked[0]
        assert threading.main_thread().native_id not in asked[0]

    def test_local_variables_are_never_told(self):
        """A secret in a variable stays there."""
        secret = CANARY[:5] + CANARY[5:]
        data, text = told(threads)
        assert 'in TestThreads.test_local_variables_are_never_told' in text
        assert secret not in text + json.dumps(data)


@pytest.fixture
def searched(monkeypatch):
    """The heap is searched, whatever other tests have imported."""
    monkeypatch.delitem(sys.modules, 'eventlet.hubs', raising=False)
    monkeypatch.setattr(green_threads, 'HEAP_BLOCKS_MAX', 10 ** 12)


def greenlets(data):
    """The greenlets of the section's data, by their ids."""
    return {owner['id']: owner for merged in data['stacks']
            for owner in merged['green_threads']}


class TestGreenThreads:
    """Greenlets."""

    def test_started_and_unstarted_greenlets_are_told(self, searched):
        """Each has its state and stack."""
        def pause():
            greenlet.getcurrent().parent.switch()

        waiting = greenlet.greenlet(pause)
        waiting.switch()
        fresh = greenlet.greenlet(pause)
        dead = greenlet.greenlet(lambda: None)
        dead.switch()
        data, text = told(green_threads)
        found = greenlets(data)
        assert found[id(waiting)]['started']
        assert not found[id(fresh)]['started']
        assert id(dead) not in found
        assert id(greenlet.getcurrent()) not in found
        assert 'in TestGreenThreads' in text
        del fresh
        waiting.switch()

    def test_what_a_thread_does_while_another_greenlet_runs_is_told(
            self, searched):
        """As where it waits in eventlet's hub: its stack is the hub's."""
        entered, leave = threading.Event(), threading.Event()
        mains = []

        def wait():
            entered.set()
            leave.wait()

        def work_of_the_thread():
            mains.append(greenlet.getcurrent())
            greenlet.greenlet(wait).switch()

        thread = threading.Thread(target=work_of_the_thread)
        thread.start()
        entered.wait()
        try:
            data, text = told(green_threads)
        finally:
            leave.set()
            thread.join()
        found = greenlets(data)
        assert found[id(mains[0])]['main']
        assert 'suspended, what a thread began with' in text
        assert '<locals>.work_of_the_thread\n' in text

    def test_greenlets_of_a_subclass_are_told(self, searched):
        """As those of eventlet and gevent are."""
        class Green(greenlet.greenlet):
            pass

        class Greener(Green):
            pass

        made = Greener(lambda: None)
        found = greenlets(told(green_threads)[0])
        assert found[id(made)]['type'].endswith('Greener')

    def test_the_search_disturbs_no_thread(self, searched):
        """Who builds a tuple meanwhile gets it: nobody else refers to it."""
        heap = [[number] for number in range(200_000)]
        made = greenlet.greenlet(lambda: None)
        searching = threading.Event()
        searching.set()
        built = []

        def build():
            try:
                while searching.is_set():
                    built.append(tuple(number for number in range(300)))
            except SystemError as error:
                built.append(error)

        thread = threading.Thread(target=build)
        thread.start()
        try:
            for _ in range(20):
                before = len(built)
                assert id(made) in greenlets(told(green_threads)[0])
                assert len(built) > before or not thread.is_alive()
        finally:
            searching.clear()
            thread.join()
        assert len(heap) == 200_000
        assert not [error for error in built if isinstance(error, Exception)]

    def test_large_heap_is_not_searched(self, monkeypatch, searched):
        """That would hold up the daemon; why there are none is said."""
        monkeypatch.setattr(green_threads, 'HEAP_BLOCKS_MAX', 1)
        made = greenlet.greenlet(lambda: None)
        data, text = told(green_threads)
        assert data['count'] == 0
        assert 'the heap is too large' in data['not_searched']
        assert text.startswith('Not searched: the heap')
        del made

    @pytest.fixture
    def eventlet(self, monkeypatch, searched):
        """What eventlet keeps its hubs in, where it has been imported."""
        local = threading.local()
        hubs = types.ModuleType('eventlet.hubs')
        hubs._threadlocal = local
        monkeypatch.setitem(sys.modules, 'eventlet.hubs', hubs)
        monkeypatch.delitem(sys.modules, 'gevent', raising=False)
        # to import it is to look at the current greenlet, once
        monkeypatch.setattr(sys.modules['greenlet._greenlet'],
                            'get_total_main_greenlets', lambda: 1)
        # classes of other tests are gone
        gc.collect()
        # the tests have greenlets of their own
        monkeypatch.setattr(green_threads, '_KNOWN', frozenset((
            *green_threads._KNOWN, 'tests')))
        # as eventlet has it
        local.Hub = None
        return local

    @pytest.mark.parametrize('mains', [2, 9])
    def test_heap_is_not_searched_where_threads_look_at_their_greenlets(
            self, eventlet, monkeypatch, mains):
        """Libraries of Ceilometer do, in each thread that imports one."""
        monkeypatch.setattr(sys.modules['greenlet._greenlet'],
                            'get_total_main_greenlets', lambda: mains)
        data, _ = told(green_threads)
        assert data['not_searched'] == (
            'eventlet is loaded, but no thread runs its hub')

    @pytest.mark.parametrize('held', [
        pytest.param(lambda: greenlet, id='library'),
        pytest.param(lambda: greenlet.greenlet, id='class')])
    def test_heap_is_searched_where_others_use_greenlets(
            self, eventlet, monkeypatch, held):
        """As sqlalchemy's asyncio does."""
        monkeypatch.setattr(sys.modules['greenlet._greenlet'],
                            'get_total_main_greenlets', lambda: 2)
        other = types.ModuleType('sqlalchemy.example')
        other.greenlet = held()
        made = greenlet.greenlet(lambda: None)
        data, _ = told(green_threads)
        assert data['not_searched'] is not None
        monkeypatch.setitem(sys.modules, 'sqlalchemy.example', other)
        data, _ = told(green_threads)
        assert data['not_searched'] is None
        assert id(made) in greenlets(data)

    def test_heap_is_searched_where_others_have_their_own_kind(
            self, eventlet, monkeypatch):
        """A class that was made of greenlets."""
        monkeypatch.setattr(sys.modules['greenlet._greenlet'],
                            'get_total_main_greenlets', lambda: 2)

        class Other(greenlet.greenlet):
            __module__ = 'sqlalchemy.example'

        made = Other(lambda: None)
        data, _ = told(green_threads)
        assert data['not_searched'] is None
        assert id(made) in greenlets(data)

    def test_modules_are_asked_for_nothing(self, eventlet, monkeypatch):
        """One may import others, or fail, where it is."""
        monkeypatch.setattr(sys.modules['greenlet._greenlet'],
                            'get_total_main_greenlets', lambda: 2)
        asked = []

        class Lazy(types.ModuleType):
            def __getattribute__(self, name):
                asked.append(name)
                raise RuntimeError('no')

        monkeypatch.setitem(sys.modules, 'lazy', Lazy('lazy'))
        monkeypatch.setitem(sys.modules, 'no_module', object())
        monkeypatch.setitem(sys.modules, 'none', None)
        data, _ = told(green_threads)
        assert data['not_searched'] is not None
        monkeypatch.undo()
        assert asked == []

    def test_heap_is_not_searched_where_no_hub_runs(self, eventlet):
        """Libraries of Ceilometer import it, and do not use it."""
        made = greenlet.greenlet(lambda: None)
        data, text = told(green_threads)
        assert data['not_searched'] == (
            'eventlet is loaded, but no thread runs its hub')
        assert data['count'] == 0
        del made

    def test_heap_is_searched_where_a_hub_runs(self, eventlet):
        """In whatever thread."""
        running, over = threading.Event(), threading.Event()

        def run():
            eventlet.hub = object()
            running.set()
            over.wait(limits.EVENT_SECONDS)

        thread = threading.Thread(target=run)
        thread.start()
        running.wait(limits.EVENT_SECONDS)
        made = greenlet.greenlet(lambda: None)
        data, _ = told(green_threads)
        over.set()
        thread.join(limits.EVENT_SECONDS)
        assert data['not_searched'] is None
        assert id(made) in greenlets(data)

    def test_objects_that_lie_about_their_class_do_no_harm(self, searched):
        """No code of the daemon's objects is run in the search."""
        class Liar:
            asked = 0

            @property
            def __class__(self):
                Liar.asked += 1
                raise RuntimeError('working outside of a context')

        liar = Liar()
        made = greenlet.greenlet(lambda: None)
        assert id(made) in greenlets(told(green_threads)[0])
        assert Liar.asked == 0
        del liar


class TestAsyncioTasks:
    """Tasks of a loop in another thread."""

    def test_tasks_are_told_with_what_they_await(self):
        """Names and the chain of coroutines, innermost last."""
        ready, tasks = threading.Event(), []
        loop = asyncio.new_event_loop()

        async def inner():
            ready.set()
            await asyncio.Event().wait()

        async def outer():
            await inner()

        async def waits_for_task():
            await tasks[0]

        async def main():
            tasks.append(asyncio.create_task(outer(), name='first\none'))
            tasks.append(asyncio.create_task(waits_for_task(), name='second'))
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)

        thread = threading.Thread(target=loop.run_until_complete,
                                  args=(main(),))
        thread.start()
        assert ready.wait(limits.EVENT_SECONDS)
        # until the second has begun to wait for the first
        deadline = time.monotonic() + limits.EVENT_SECONDS
        while 'awaits task' not in (told(asyncio_tasks)[1]):
            assert time.monotonic() < deadline
        data, text = told(asyncio_tasks)
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
        thread.join(limits.EVENT_SECONDS)
        loop.close()
        (paragraph,) = [part for part in sections_of(text)
                        if 'Task "first\\none"' in part]
        assert [line.rpartition('.')[2] for line in paragraph.split('\n')
                if ', in ' in line][:2] == ['outer', 'inner']
        assert 'awaits task "first\\none"' in text
        assert data['count'] >= 3

    @staticmethod
    def run(coroutine):
        """What the section tells while a coroutine runs; gives it, too."""
        async def main():
            task = asyncio.current_task()
            task.set_name('runs')
            return await coroutine

        return asyncio.run(main())

    def test_task_that_is_done_is_not_told(self):
        """There is nothing it does."""
        async def main():
            done = asyncio.create_task(asyncio.sleep(0), name='done')
            await done
            return told(asyncio_tasks)

        data, _ = self.run(main())
        names = {task['name'] for merged in data['stacks']
                 for task in merged['tasks']}
        assert 'runs' in names
        assert 'done' not in names

    def test_tasks_may_begin_meanwhile(self, monkeypatch):
        """Python refuses to go on with a set that has changed."""
        class Changing(set):
            refused = 0

            def __iter__(self):
                if self.refused < 3:
                    self.refused += 1
                    raise RuntimeError('Set changed size during iteration')
                return super().__iter__()

        async def main():
            changing = Changing(asyncio.all_tasks())
            monkeypatch.setattr(asyncio.tasks, '_eager_tasks', changing,
                                raising=False)
            for name in ('_all_tasks', '_scheduled_tasks'):
                monkeypatch.setattr(asyncio.tasks, name, set(),
                                    raising=False)
            try:
                return told(asyncio_tasks)
            finally:
                monkeypatch.undo()

        data, _ = self.run(main())
        assert data['count'] == 1

    def test_coroutines_are_followed_up_to_a_number(self):
        """One may await another to any depth."""
        async def deep(depth):
            if depth:
                return await deep(depth - 1)
            await asyncio.sleep(0)
            await asyncio.sleep(3600)

        async def main():
            task = asyncio.create_task(
                deep(3 * asyncio_tasks.AWAITS_MAX), name='deep')
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            found = told(asyncio_tasks)
            task.cancel()
            return found

        data, _ = self.run(main())
        (frames,) = [merged['frames'] for merged in data['stacks']
                     if merged['tasks'][0]['name'] == 'deep']
        assert len(frames) == asyncio_tasks.AWAITS_MAX


class TestProcesses:
    """Children of this very process."""

    def test_zombie_is_told(self):
        """A child that nobody has waited for costs no report."""
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        data, text = told(processes)
        os.waitpid(pid, 0)
        (zombie,) = [found for found in data['processes']
                     if found['pid'] == pid]
        assert zombie['state'] == 'zombie'
        assert f'pid {pid}, parent {os.getpid()}, zombie' in text

    def test_vanished_process_is_told(self):
        """One that ends while it is looked at costs no report."""
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        described = processes._Describer(os.getpid()).describe(pid, 0)
        assert described['state'] == 'vanished'
        text = processes.render({
            'root': 1, 'self': 1, 'processes': [
                {**described, 'depth': 0, 'self': False}], 'left_out': 3})
        assert 'vanished' in text
        assert '3 processes left out' in text

    def test_missing_proc_stat_costs_the_times_only(self, monkeypatch):
        """ProcSubset=pid hides it; psutil cannot tell when one started."""
        def create_time(process):
            raise FileNotFoundError(2, 'No such file', '/proc/stat')

        monkeypatch.setattr(psutil.Process, 'create_time', create_time)
        pid = _fork(signal.pause)
        try:
            waiting.until(lambda: psutil.Process(pid).status()
                          == psutil.STATUS_SLEEPING, 'it to sleep')
            data, text = told(processes)
            child, = [found for found in data['processes']
                      if found['pid'] == pid]
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        assert child['started'] is None
        assert child['parent'] == os.getpid()
        assert child['threads'] == 1
        assert f'pid {pid}, parent {os.getpid()}, sleeping, user ' in text
        assert 'None' not in text

    @pytest.mark.parametrize('threads_max', [0, processes.THREADS_MAX])
    def test_children_of_all_threads_are_told(self, monkeypatch, threads_max):
        """Of a process with many threads, all processes are looked at."""
        monkeypatch.setattr(processes, 'THREADS_MAX', threads_max)
        given = context(None)
        program = textwrap.dedent('''
            import os, signal, sys, threading
            def start(then):
                pid = os.fork()
                if pid == 0:
                    then()
                    signal.pause()
                os.write(1, b'%d\\n' % pid)
            def nested():
                start(lambda: None)
            def run():
                start(nested)
                sys.stdin.read()
            threading.Thread(target=run).start()
            signal.pause()
            ''')
        started = subprocess.Popen(
            [sys.executable, '-c', program], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        try:
            forked = sorted(int(started.stdout.readline()) for _ in range(2))
            data = processes.collect(given).data
        finally:
            for pid in (started.pid, *forked):
                os.kill(pid, signal.SIGKILL)
            started.communicate()
        of_test = {found['pid']: found for found in data['processes']
                   if found['pid'] in (started.pid, *forked)}
        assert [found['depth'] for found in of_test.values()] == [1, 2, 3]
        assert list(of_test)[0] == started.pid
        by_parent = {found['parent']: pid for pid, found in of_test.items()}
        assert by_parent[os.getpid()] == started.pid
        assert by_parent[by_parent[started.pid]] in forked

    def test_list_of_children_that_ends_early_is_not_taken(self, monkeypatch):
        """As it may where one of them ends meanwhile."""
        pid = _fork(signal.pause)
        lists = iter([[], [pid]])
        monkeypatch.setattr(
            processes, '_listed', lambda asked: next(lists, [pid]))
        try:
            data, _ = told(processes)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        assert pid in [found['pid'] for found in data['processes']]

    def test_number_of_processes_is_limited(self, monkeypatch):
        """How many were left out is said."""
        monkeypatch.setattr(processes, 'PROCESSES_MAX', 2)
        pids = []
        for _ in range(3):
            pids.append(os.fork())
            if pids[-1] == 0:
                os._exit(0)
        data, text = told(processes)
        for pid in pids:
            os.waitpid(pid, 0)
        assert len(data['processes']) == 2
        assert data['left_out'] >= 2
        assert f'[… {data["left_out"]} processes left out]' in text

    @pytest.mark.parametrize('too_many', [0, 1])
    def test_many_others_are_left_to_their_parent(self, monkeypatch, too_many):
        """A worker tells of its own line then, and of what is below it."""
        given = context(None)
        others = [_fork(signal.pause) for _ in range(3)]
        have = len(processes._Children().of(os.getpid()))
        monkeypatch.setattr(processes, 'OTHERS_MAX', have - too_many)
        reading, writing = os.pipe()

        def work():
            child = _fork(signal.pause)
            try:
                data = processes.collect(given).data
            finally:
                os.kill(child, signal.SIGKILL)
            os.write(writing, json.dumps(
                [child, data, processes.render(data)]).encode())

        worker = _fork(work)
        try:
            os.close(writing)
            with open(reading) as file:
                child, data, text = json.load(file)
            ours, _ = told(processes)
        finally:
            for pid in (*others, worker):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        pids = [found['pid'] for found in data['processes']]
        line = [os.getpid(), worker, child]
        assert [pid for pid in pids if pid in line] == line
        assert [found['depth'] for found in data['processes']
                if found['pid'] in line] == [0, 1, 2]
        assert data['root'] == os.getpid() and data['self'] == worker
        if too_many:
            assert pids == line and data['left_out'] == have
            assert text.endswith(f'[… {have} processes left out, see the '
                                 f'report of pid {os.getpid()}]')
        else:
            assert set(others) < set(pids) and not data['left_out']
            assert 'left out' not in text
        # the parent tells of all, however many they are
        assert set(others) < {found['pid'] for found in ours['processes']}
        assert not ours['left_out']

    def test_own_process_is_marked(self):
        """Which of them has written the report can be seen."""
        data, text = told(processes)
        assert [found['pid'] for found in data['processes']
                if found['self']] == [os.getpid()]
        assert '<-- this process' in text


OPTIONS = [
    cfg.StrOpt('plain', default='ordinary'),
    cfg.StrOpt('from_file', default='a'),
    cfg.StrOpt('from_environment'),
    cfg.StrOpt('overridden', default='a'),
    cfg.StrOpt('hidden', secret=True),
    cfg.StrOpt('url', secret=True),
    cfg.StrOpt('unmarked_password'),
    cfg.IntOpt('wrong', default=1),
    cfg.IntOpt('wrong_secret', secret=True),
    cfg.ListOpt('several', default=['a', 'b']),
    cfg.DictOpt('pairs', default={'a': 'b'}),
    cfg.MultiStrOpt('many', default=[]),
]
FILE = f"""\
[DEFAULT]
from_file = b
mistyped = 3
mistyped_password = {CANARY}-1
mistyped_url = amqp://u:{CANARY}-2@h/
[part]
# a comment
hidden = {CANARY}-3
url = rabbit://u:{CANARY}-4 with spaces@host:5672/vhost
unmarked_password = {CANARY}-5
wrong = one
wrong_secret = {CANARY}-6
several = c, d
pairs = x:y
many = 1
many = 2
"""


@pytest.fixture
def conf(tmp_path, monkeypatch):
    """A real configuration with everything there can be."""
    file = tmp_path / 'test.conf'
    file.write_text(FILE)
    monkeypatch.setenv('OS_PART__FROM_ENVIRONMENT', 'e')
    conf = cfg.ConfigOpts()
    conf.register_opts(OPTIONS, group='part')
    conf.register_opts(OPTIONS[:2])
    conf.register_cli_opt(cfg.StrOpt('argument'))
    conf(['--config-file', str(file), '--argument', 'given'])
    conf.set_override('overridden', 'o', group='part')
    return conf


class TestConfiguration:
    """The options of a service."""

    def by_name(self, conf):
        """The options of the section's data."""
        return {(option['group'], option['name']): option
                for option in told(configuration, conf)[0]['options']}

    @pytest.mark.parametrize(('group', 'name', 'value', 'location'), [
        ('DEFAULT', 'plain', 'ordinary', 'default'),
        ('DEFAULT', 'from_file', 'b', 'file'),
        ('DEFAULT', 'argument', 'given', 'command line'),
        ('part', 'from_environment', 'e', 'environment'),
        ('part', 'overridden', 'o', 'program'),
        ('part', 'several', ['c', 'd'], 'file'),
        ('part', 'pairs', {'x': 'y'}, 'file'),
        ('part', 'many', ['1', '2'], 'file'),
    ])
    def test_value_and_where_it_was_set(
            self, conf, group, name, value, location):
        """Each option has its value and its place."""
        option = self.by_name(conf)[group, name]
        assert option['value'] == value
        assert option['location'] == location

    def test_line_of_the_file_is_told(self, conf):
        """An operator finds the line."""
        assert self.by_name(conf)['DEFAULT', 'from_file']['line'] == 2
        assert 'test.conf line 2)' in told(configuration, conf)[1]

    def test_groups_with_the_same_options_are_told_together(self):
        """Those of clients, of which each has a dozen."""
        conf = cfg.ConfigOpts()
        for group in ('one', 'three', 'two'):
            conf.register_opt(cfg.StrOpt('url'), group=group)
            conf.register_opt(cfg.IntOpt('timeout', default=(
                2 if group == 'three' else 1)), group=group)
        conf([])
        paragraphs = told(configuration, conf)[1].split('\n\n')
        assert paragraphs[-2:] == ['[one]\n[two]\ntimeout = 1\nurl = None',
                                   '[three]\ntimeout = 2\nurl = None']

    def test_invalid_value_costs_no_other(self, conf):
        """A wrong value is told as an error of its option."""
        options = self.by_name(conf)
        assert 'one' in options['part', 'wrong']['error']
        assert options['part', 'wrong_secret']['error'] == (
            'has no valid value')
        found = configuration.find({'options': list(options.values())})
        assert {one['kind'] for one in found} == {'option-invalid'}
        assert 'option [part] wrong_secret: has no valid value' in [
            one['sentence'] for one in found]
        assert len(found) == sum(
            option['error'] is not None for option in options.values()) >= 2

    def test_error_of_an_option_with_a_secret_name_tells_no_value(self, conf):
        """Also where nobody has told oslo.config that it is secret."""
        described = configuration._describe(service_options.Option(
            group='part', name='old_password', value=None, default=None,
            secret=False, location='file', detail='x',
            error=f'ValueError: {CANARY} is none'),
            option_origins.Origins([], []))
        assert described['error'] == 'has no valid value'

    def test_no_secret_is_told(self, conf):
        """Not in the data, not in the text, whatever is said of it."""
        data, text = told(configuration, conf)
        redactor = known_secrets.redactor(context(conf))
        shown = json.dumps(redactor.data(data)) + redactor.text(text)
        assert CANARY not in shown
        assert 'rabbit://u:***@host:5672/vhost' in shown

    def test_secret_option_tells_where_it_leads(self, conf):
        """By its own word, whatever else masks it afterwards."""
        options = self.by_name(conf)
        assert options['part', 'hidden']['value'] == '***'
        assert options['part', 'url']['value'] == (
            'rabbit://u:***@host:5672/vhost')
        assert options['part', 'plain']['value'] == 'ordinary'

    def test_setting_with_a_secret_name_is_masked(self, conf):
        """By its own word as well, though no option reads it."""
        values = {setting['name']: setting['value'] for setting
                  in told(configuration, conf)[0]['unregistered']}
        assert values == {
            'mistyped': '***', 'mistyped_password': '***',
            'mistyped_url': '***'}

    def test_long_value_is_cut_in_the_text(self, conf):
        """And is whole in the data."""
        value = 'x' * (configuration.VALUE_CHARS_MAX + 11)
        conf.set_override('plain', value, group='part')
        data, text = told(configuration, conf)
        assert self.by_name(conf)['part', 'plain']['value'] == value
        assert f'plain = {value[11:]}[… 11 characters cut]' in text
        assert value not in text

    def test_options_may_be_registered_while_they_are_listed(
            self, conf, monkeypatch):
        """Python refuses to go on with a mapping that has changed."""
        refused = []
        listed = conf._all_opt_infos

        def changing():
            if len(refused) < 3:
                refused.append(1)
                raise RuntimeError('dictionary changed size')
            return listed()

        monkeypatch.setattr(conf, '_all_opt_infos', changing)
        assert ('part', 'plain') in self.by_name(conf)

    def test_settings_that_no_option_reads_are_told(self, conf):
        """A mistyped name is found."""
        data, text = told(configuration, conf)
        assert {option['name'] for option in data['unregistered']} == {
            'mistyped', 'mistyped_password', 'mistyped_url'}
        assert 'mistyped = ***' in text

    def test_settings_of_libraries_are_told_apart(self, conf):
        """What a library has, and nobody has used yet, is not mistyped."""
        given = context(conf)
        given.installed = installed_options.Installed()
        given.installed.options['DEFAULT', 'mistyped'] = False
        data = configuration.collect(given).data
        assert {option['name']: option['of_library']
                for option in data['unregistered']} == {
                    'mistyped': True, 'mistyped_password': False,
                    'mistyped_url': False}
        text = configuration.render(data)
        unknown, _, of_library = text.partition('for libraries that this')
        assert 'mistyped_url = ' in unknown.partition(
            'unknown to this process')[2]
        assert 'mistyped = 3' in of_library
        assert 'mistyped_url' not in of_library

    def test_unknown_configuration_is_said(self):
        """A daemon that has not read it yet has a section that says so."""
        data, text = told(configuration)
        assert not data['known']
        assert 'Not known: ' in text

    def test_options_may_be_registered_meanwhile(self, conf):
        """A library that registers options at that moment costs nothing."""
        stop = threading.Event()

        def register():
            number = 0
            while not stop.is_set() and number < 2000:
                number += 1
                conf.register_opt(cfg.StrOpt(f'new_{number}'), group='part')

        thread = threading.Thread(target=register)
        thread.start()
        try:
            while thread.is_alive():
                assert told(configuration, conf)[0]['known']
                masked = known_secrets.redactor(context(conf))
                assert CANARY not in masked.text(f'{CANARY}-3')
        finally:
            stop.set()
            thread.join(limits.EVENT_SECONDS)


class TestOrigins:
    """Where options are set, by several files."""

    OPTIONS = [cfg.StrOpt(name) for name in 'abcd']

    def origins(self, conf):
        """Of each option its place, and those that this overrides."""
        def short(path, line):
            return f'{os.path.basename(path)}:{line}'

        data, _ = told(configuration, conf)
        return {option['name']: (
            option['location'], option['detail'] and short(
                option['detail'], option['line']),
            [short(**{'path': place['file'], 'line': place['line']})
             for place in option['overrides']])
            for option in data['options'] if option['group'] == 'part'}

    def made(self, tmp_path, *arguments, **files):
        """A configuration of files, with options of all kinds."""
        for name, text in files.items():
            path = tmp_path / name.replace('__', '/')
            path.parent.mkdir(exist_ok=True)
            path.with_suffix('.conf').write_text(text)
        conf = cfg.ConfigOpts()
        conf.register_opts(self.OPTIONS, group='part')
        conf.register_cli_opt(cfg.StrOpt('of_line'), group='part')
        conf.register_opt(cfg.MultiStrOpt('multi', default=[]), group='part')
        conf([str(argument).replace('@', f'{tmp_path}/')
              for argument in arguments])
        return conf

    def test_each_option_is_of_the_file_that_has_it(self, tmp_path):
        """Though a later file has its group, too."""
        conf = self.made(
            tmp_path, '--config-file=@one.conf', '--config-file=@two.conf',
            one='[part]\na = 1\nb = 1\n', two='[part]\n\nb = 2\nc = 2\n')
        assert conf.part.a == '1' and conf.part.b == '2'
        found = self.origins(conf)
        assert found['a'] == ('file', 'one.conf:2', [])
        assert found['b'] == ('file', 'two.conf:3', ['one.conf:3'])
        assert found['c'] == ('file', 'two.conf:4', [])
        assert found['d'] == ('default', None, [])
        _, text = told(configuration, conf)
        assert text.count(
            f'b = 2    (set in {tmp_path}/two.conf line 3; overrides '
            f'{tmp_path}/one.conf line 3)') == 1
        # the list of all others does not repeat it
        assert text.count('b = 2') == 1
        assert '\nd = None\n' in text

    @pytest.mark.parametrize(('arguments', 'value', 'expected'), [
        (['--config-file=@one.conf', '--config-dir', '@dir'], '3',
         ('y.conf:2', ['one.conf:2', 'x.conf:2'])),
        (['--config-dir=@dir', '--config-file', '@one.conf'], '1',
         ('one.conf:2', ['x.conf:2', 'y.conf:2'])),
        (['--config-file=@one.conf', '--config-file=@dir/x.conf',
          '--config-file=@one.conf'], '1', ('one.conf:2', ['x.conf:2'])),
    ])
    def test_the_order_of_reading_counts(self, tmp_path, arguments, value,
                                         expected):
        """Of files, and of files in directories."""
        text = '[part]\na = {}\n'
        conf = self.made(tmp_path, *arguments, one=text.format(1),
                         dir__x=text.format(2), dir__y=text.format(3))
        assert conf.part.a == value
        assert self.origins(conf)['a'] == ('file', *expected)

    def test_what_counts_more_than_a_file(self, tmp_path, monkeypatch):
        """It overrides each of them."""
        monkeypatch.setenv('OS_PART__A', 'e')
        conf = self.made(
            tmp_path, '--config-file=@one.conf', '--part-of_line=l',
            one='[part]\na = 1\nb = 1\nof_line = 1\n')
        conf.set_override('b', 'o', group='part')
        assert (conf.part.a, conf.part.b, conf.part.of_line) == (
            'e', 'o', 'l')
        found = self.origins(conf)
        assert found['a'][0] == 'environment'
        assert found['a'][2] == ['one.conf:2']
        assert found['b'] == ('program', None, ['one.conf:3'])
        assert found['of_line'] == ('command line', None, ['one.conf:4'])

    def test_file_behind_the_option_counts_more(self, tmp_path):
        """As oslo.config has it, which reads from left to right."""
        conf = self.made(
            tmp_path, '--part-of_line=l', '--config-file=@one.conf',
            one='[part]\nof_line = 1\n')
        assert conf.part.of_line == '1'
        assert self.origins(conf)['of_line'] == ('file', 'one.conf:2', [])

    def test_all_values_of_a_multiple_option_count(self, tmp_path):
        """None is overridden."""
        conf = self.made(
            tmp_path, '--config-file=@one.conf', '--config-file=@two.conf',
            one='[part]\nmulti = 1\n', two='[part]\nmulti = 2\n')
        assert sorted(conf.part.multi) == ['1', '2']
        assert self.origins(conf)['multi'] == ('file', 'two.conf:2', [])


class TestSecrets:
    """Secrets that are known by value."""

    @pytest.mark.parametrize('number', range(1, 7))
    def test_secrets_of_the_configuration_are_masked(self, conf, number):
        """Of options, of those not registered, and within URLs."""
        # that of the URL goes on after the number
        end = ' with spaces' if number == 4 else ''
        text = f'see {CANARY}-{number}{end} there'
        masked = known_secrets.redactor(context(conf)).text(text)
        assert f'{CANARY}-{number}' not in masked
        assert masked == 'see *** there'

    def test_secret_option_is_known_and_its_default_is_not(
            self, monkeypatch):
        """A default is no secret, and may be a word of any sentence."""
        conf = cfg.ConfigOpts()
        conf.register_opts([cfg.StrOpt('one', default='sentence', secret=True),
                            cfg.StrOpt('two', default='x', secret=True)])
        conf([])
        conf.set_override('two', CANARY)
        masked = known_secrets.redactor(context(conf)).text(
            f'a sentence with {CANARY}')
        assert masked == 'a sentence with ***'

    def test_ordinary_word_stays_readable(self, monkeypatch):
        """A report without it could not be read."""
        monkeypatch.setenv('ONE_PASSWORD', 'OpenStack')
        monkeypatch.setenv('OTHER_PASSWORD', 'example')
        monkeypatch.setenv('THIRD_PASSWORD', CANARY)
        assert known_secrets.redactor(context()).text(
            f'openstack OpenStack example {CANARY}') == (
                'openstack OpenStack example ***')

    def test_secrets_of_the_environment_are_masked(self, monkeypatch):
        """Variables with a secret's name, and credentials of URLs."""
        monkeypatch.setenv('MY_TOKEN', CANARY + '-1')
        monkeypatch.setenv('BROKER', f'amqp://u:{CANARY}-2@h')
        monkeypatch.setenv('RAW_PASSWORD', '\udcff' + CANARY)
        redactor = known_secrets.redactor(context())
        assert redactor.text(
            f'a {CANARY}-1 b {CANARY}-2 c \udcff{CANARY}') == (
                'a *** b *** c ***')

    @pytest.mark.parametrize('arguments', [
        ['--password', CANARY], [f'--password={CANARY}'],
        [f'amqp://u:{CANARY}@h']])
    def test_secrets_of_the_command_line_are_masked(
            self, monkeypatch, arguments):
        """Also where they turn up elsewhere."""
        monkeypatch.setattr(sys, 'argv', ['program', *arguments])
        assert known_secrets.redactor(
            context()).text(f'a {CANARY}') == 'a ***'


class Model(with_default_views.ModelWithDefaultViews):
    """A model of oslo.reports with text and JSON."""


class TestAdded:
    """What functions of others may return."""

    def test_model_of_oslo_reports_has_text_and_data(self):
        """A model becomes what it would be in a stock report."""
        content = added_sections.content(Model(data={'a': 1}))
        assert content.data == {'a': 1}
        assert 'a = 1' in content.text

    def test_model_with_a_text_only_has_no_data(self):
        """Many models of oslo.reports know no JSON."""
        content = added_sections.content(Model(
            data={'a': object()}, text_view=lambda model: 'text'))
        assert content.text == 'text'
        assert content.data is None

    @pytest.mark.parametrize('returned', [
        {'a': [1, {'b': 2}]}, [], None, 3, 'text',
        section.Content(data=1, text='x')])
    def test_plain_things_are_taken_as_they_are(self, returned):
        """Texts are text, contents are contents, all else is data."""
        content = added_sections.content(returned)
        if isinstance(returned, str):
            assert content.text == returned
        elif isinstance(returned, section.Content):
            assert content is returned
        else:
            assert content.data == returned

    def test_data_is_laid_out_in_lines(self):
        """Nested data can be read."""
        data = {'a': 1, 'b': [1, {'c': 2}], 'd': {}}
        assert added_sections.render(data) == (
            'a = 1\nb:\n  - 1\n  -\n    c = 2\nd = {}')


class TestOthers:
    """Resources, logging, package."""

    def test_resources_are_those_of_this_process(self):
        """Descriptors, limits, memory and the collector are told."""
        data, text = told(resources)
        assert data['file_descriptors']['count'] > 2
        assert data['memory_kib']['VmRSS'] > 1000
        assert data['limits']['open files'][0]
        assert 'Garbage collector: on' in text

    def test_levels_of_loggers_are_told(self):
        """A logger that was set up is told with its handlers."""
        logger = logging.getLogger('test.levels')
        handler = logging.FileHandler('/dev/null')
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        try:
            _, text = told(log_levels)
        finally:
            logger.removeHandler(handler)
            handler.close()
            logger.setLevel(logging.NOTSET)
            logger.propagate = True
        assert 'test.levels: DEBUG, does not propagate' in text
        assert 'logging.FileHandler from NOTSET to /dev/null' in text

    def test_loggers_with_a_level_only_share_a_line(self):
        """One for each level; those that have more have their own."""
        def logger(name, level, **more):
            return {'logger': name, 'level': level, 'effective_level': level,
                    'propagate': True, 'disabled': False, 'filters': [],
                    'handlers': [], **more}

        handler = {'type': 'x.Handler', 'level': 'NOTSET', 'target': None,
                   'formatter': None, 'format': None}
        loggers = [
            logger('root', 'INFO', handlers=[handler]),
            logger('a', 'INFO'), logger('b', 'WARNING'), logger('c', 'INFO'),
            logger('d', 'INFO', propagate=False),
            logger('e', 'INFO', disabled=True),
            logger('f', 'INFO', filters=['Filter']),
            {**logger('g', 'NOTSET'), 'effective_level': 'INFO'}]
        text = log_levels.render({'count': 9, 'disabled_below': None,
                                  'loggers': loggers})
        assert text.split('\n')[1:] == [
            'root: INFO', '  x.Handler from NOTSET to None, format None',
            'd: INFO, does not propagate', 'e: INFO, DISABLED',
            'f: INFO, filters Filter', 'g: INFO (inherited)',
            'INFO only: a, c', 'WARNING only: b']

    def test_logger_that_is_switched_off_is_told(self):
        """Its messages are missed."""
        logger = logging.getLogger('test.off')
        logger.disabled = True
        try:
            _, text = told(log_levels)
        finally:
            logger.disabled = False
        assert '\ntest.off: ' in text
        assert ', DISABLED' in text.partition('\ntest.off: ')[2].partition(
            '\n')[0]

    def test_logger_with_a_handler_that_does_nothing_is_not_told(self):
        """Many libraries give theirs one; with another one it is told."""
        logger = logging.getLogger('test.library')
        handlers = [logging.NullHandler(), logging.StreamHandler()]
        logger.addHandler(handlers[0])
        try:
            assert '\ntest.library: ' not in told(log_levels)[1]
            logger.addHandler(handlers[1])
            assert '\ntest.library: ' in told(log_levels)[1]
        finally:
            for handler in handlers:
                logger.removeHandler(handler)

    def test_number_of_descriptors_is_limited(self, monkeypatch):
        """How many there are is told all the same."""
        monkeypatch.setattr(resources, 'DESCRIPTORS_MAX', 2)
        found = told(resources)[0]['file_descriptors']
        assert found['looked_at'] == 2
        assert found['count'] > 2
        assert found['by_kind']['not looked at'] == found['count'] - 2
        assert sum(found['by_kind'].values()) == found['count']

    def test_kinds_of_descriptors_add_up(self):
        """To how many there are, which the text says before them."""
        data, text = told(resources)
        found = data['file_descriptors']
        assert sum(found['by_kind'].values()) == found['count']
        assert found['looked_at'] == found['count']
        line = next(line for line in text.splitlines()
                    if line.startswith('File descriptors: '))
        count, _, kinds = line.partition(': ')[2].partition(': ')
        assert int(count.split()[0]) == sum(
            int(kind.split()[0]) for kind in kinds.split(', '))

    def test_descriptors_are_told_by_their_kinds(self, tmp_path):
        """A leak is known by what there is most of."""
        with contextlib.ExitStack() as stack:
            before = told(resources)[0]['file_descriptors']['by_kind']
            for _ in range(3):
                for end in socket.socketpair():
                    stack.enter_context(end)
            (tmp_path / 'file').write_text('')
            for _ in range(7):
                stack.enter_context(open(tmp_path / 'file'))
            data, text = told(resources)
        found = data['file_descriptors']
        assert found['by_kind']['socket'] - before.get('socket', 0) == 6
        assert found['by_kind']['file'] - before.get('file', 0) == 7
        assert f'  7 x {tmp_path}/file' in text.split('\n')

    def test_sockets_are_told_by_peer_and_state(self, tmp_path):
        """Whose connections are never closed is what leaks."""
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(socket.create_server(
                ('127.0.0.1', 0)))
            peer = f'127.0.0.1:{server.getsockname()[1]}'
            for number in range(5):
                client = socket.create_connection(server.getsockname())
                stack.enter_context(client)
                accepted, _ = server.accept()
                if number < 3:
                    # the client has not closed its end
                    accepted.close()
                else:
                    stack.enter_context(accepted)
            newer = stack.enter_context(socket.create_server(
                ('::1', 0), family=socket.AF_INET6))
            unix = stack.enter_context(socket.socket(socket.AF_UNIX))
            unix.bind(str(tmp_path / 'a b.sock'))
            unix.listen()
            caller = stack.enter_context(socket.socket(socket.AF_UNIX))
            caller.connect(unix.getsockname())
            abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
            abstract.bind(b'\0of-a-test')
            stack.enter_context(socket.socket(socket.AF_NETLINK,
                                              socket.SOCK_RAW))
            datagrams = stack.enter_context(
                socket.socket(type=socket.SOCK_DGRAM))
            datagrams.bind(('127.0.0.1', 0))
            datagrams.connect(('127.0.0.2', 514))
            # both families speak to this one
            both = stack.enter_context(socket.create_server(
                ('', 0), family=socket.AF_INET6, dualstack_ipv6=True))
            port = both.getsockname()[1]
            mapped = stack.enter_context(
                socket.create_connection(('127.0.0.3', port)))
            stack.enter_context(both.accept()[0])
            data, text = told(resources)
            at_newer = newer.getsockname()[1]
            back = mapped.getsockname()[1]
        lines = text.split('\n')
        for line in (f'  3 tcp CLOSE-WAIT to {peer}',
                     f'  2 tcp ESTABLISHED to {peer}',
                     f'  1 tcp LISTEN at {peer}',
                     f'  1 tcp LISTEN at [::1]:{at_newer}',
                     f'  1 unix {tmp_path}/a b.sock',
                     f'  1 unix to {tmp_path}/a b.sock',
                     '  1 unix @of-a-test',
                     '  1 other',
                     '  1 udp to 127.0.0.2:514',
                     f'  1 tcp ESTABLISHED to 127.0.0.3:{port}',
                     f'  1 tcp ESTABLISHED to 127.0.0.1:{back}'):
            assert line in lines, text
        found = data['sockets']
        assert sum(group['count'] for group in found['groups']) + found[
            'left_out'] == data['file_descriptors']['by_kind']['socket']

    def test_sockets_are_left_as_they_are(self):
        """Also where Python makes new ones that do not block."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            socket.setdefaulttimeout(7)
            try:
                told(resources)
            finally:
                socket.setdefaulttimeout(None)
            assert os.get_blocking(ours.fileno())
            ours.send(b'x')
            assert theirs.recv(9) == b'x'

    def test_sockets_where_the_kernel_cannot_be_asked(self, monkeypatch):
        """A sandbox may forbid what asks it: they are counted."""
        monkeypatch.setattr(sockets, '_libc', None)
        monkeypatch.setitem(sys.modules, 'ctypes', None)
        with socket.create_server(('127.0.0.1', 0)):
            data, text = told(resources)
        count = data['file_descriptors']['by_kind']['socket']
        assert f'\n  {count} other\n' in text

    def test_number_of_groups_of_sockets_is_limited(self, monkeypatch):
        """How many sockets are not told is told."""
        monkeypatch.setattr(sockets, 'GROUPS_MAX', 2)
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                stack.enter_context(socket.create_server(('127.0.0.1', 0)))
            data, text = told(resources)
        found = data['sockets']
        assert len(found['groups']) == 2
        assert found['left_out'] >= 2
        assert f'\n  {found["left_out"]} to other peers\n' in text

    def test_what_asks_for_sockets_is_loaded_where_there_is_one(self):
        """That takes as long as a section; a master may have none."""
        program = textwrap.dedent('''
            import socket
            import sys
            from ceilometer.diagnostics.daemon import sockets
            sockets.load()
            print('ctypes' in sys.modules)
            one, other = socket.socketpair()
            sockets.load()
            print('ctypes' in sys.modules)
            print(sockets.groups([one.fileno()])['groups'][0]['protocol'])
            ''')
        done = subprocess.run(
            [sys.executable, '-c', program], check=True, capture_output=True,
            text=True, timeout=60, stdin=subprocess.DEVNULL)
        assert done.stdout.split() == ['False', 'True', 'unix']

    def test_upgrade_without_a_restart_is_told(self):
        """Another version is installed than the one that runs."""
        data, text = told(package)
        assert 'installed version' not in text
        text = package.render({**data, 'installed_version': '99.0.0'})
        assert 'installed version = 99.0.0  <-- differs' in text
        assert package.find(data) == []
        found, = package.find({**data, 'version': '98.0.0',
                               'installed_version': '99.0.0'})
        assert findings.line(found) == (
            'warning: version 98.0.0 is running, 99.0.0 is installed: not '
            'restarted since it was installed [not-restarted]')

    def test_versions_are_those_of_the_metadata(self):
        """They are read in a faster way than importlib.metadata has."""
        package._versions.clear()
        libraries = told(package)[0]['libraries']
        assert len(libraries) > 4
        assert libraries == {
            name: metadata.version(name) for name in libraries}

    def test_libraries_are_those_in_use(self, monkeypatch):
        """What is installed, and not loaded, tells nothing."""
        monkeypatch.delitem(sys.modules, 'futurist', raising=False)
        libraries = told(package)[0]['libraries']
        assert 'oslo.config' in libraries
        assert 'futurist' not in libraries
        monkeypatch.setitem(sys.modules, 'futurist', sys)
        assert 'futurist' in told(package)[0]['libraries']

    @pytest.mark.parametrize('where', ['directory', 'finder'])
    def test_author_that_is_not_told_is_not_asked_for(
            self, monkeypatch, tmp_path, where):
        """Newer metadata have none; what is below their head is no field."""
        self.install(monkeypatch, tmp_path, where, (
            'Metadata-Version: 2.4\nName: ceilometer\nVersion: 1\n\n'
            'Author: of a text\nVersion: 2\n'))
        data, _ = told(package)
        assert data['vendor'] == 'OpenStack'
        assert data['installed_version'] == '1'

    def install(self, monkeypatch, tmp_path, where, text, name='METADATA'):
        """Have other metadata of Ceilometer, and of a library."""
        class Installed(metadata.Distribution):
            def read_text(self, filename):
                return text if filename == name else None

            def locate_file(self, path):
                raise AssertionError('no other file is of interest')

        class Finder:
            def find_spec(self, *arguments):
                return None

            def find_distributions(self, context):
                return [Installed()]

        if where == 'finder':
            monkeypatch.setattr(sys, 'meta_path', [Finder(), *sys.meta_path])
            return
        for installed in ('ceilometer', 'oslo_config'):
            path = tmp_path / f'{installed}-7.0.egg-info'
            if name:
                path.mkdir()
            (path / name).write_text(text)
        monkeypatch.syspath_prepend(tmp_path)

    @pytest.mark.parametrize('where', ['directory', 'finder'])
    @pytest.mark.parametrize('name', ['METADATA', 'PKG-INFO', ''])
    def test_metadata_are_read_wherever_they_stand(
            self, monkeypatch, tmp_path, name, where):
        """As importlib.metadata reads them, with fields of several lines."""
        self.install(monkeypatch, tmp_path, where, (
            'Metadata-Version: 1.1\nName: ceilometer\nVersion: 7.0\n'
            'Description: a text\n        Author: of a text\n        \n'
            '        Version: 8\nAuthor: Somebody\n'), name)
        package._versions.clear()
        try:
            data, _ = told(package)
        finally:
            package._versions.clear()
        assert data['vendor'] == 'Somebody'
        assert data['installed_version'] == '7.0'
        assert data['libraries']['oslo.config'] == '7.0'
        # the other one finds the same for any name
        assert where == 'directory' or (
            set(data['libraries'].values()) == {'7.0'})

    def test_package_is_ceilometer(self):
        """Version, vendor and product of what runs are told."""
        data, text = told(package)
        assert data['product'] == 'OpenStack Ceilometer'
        assert data['version']
        assert data['diagnostics']
        assert sys.executable in text

    def test_names_and_titles_of_sections_are_well_formed(self):
        """Each section can be asked for by its name."""
        names = [kind.name for kind in section_table.kinds()]
        assert len(names) == len(set(names))
        assert all(name == name.lower() and ' ' not in name
                   for name in names)


class TestSummary:
    """What is said of a report at its end."""

    @staticmethod
    def told(statuses=(), merged=0, found=(), snapshot_usec=1,
             delivery_problem=None):
        """The text of a summary of sections with these statuses."""
        trigger = report.Trigger(fields.TRIGGER_API, 0, merged=merged)
        header = report.Header('0' * 32, 'example', fields.PROCESS_MASTER, 1,
                               trigger)
        return summary.render(summary.describe(
            header, [report.Section(f'section-{status}', 'Title', '',
                                    status=status) for status in statuses],
            found, [0 for _ in statuses], (), (), None, 1, snapshot_usec,
            delivery_problem))

    def test_sections_that_failed_are_named(self):
        """Those that are cut as well, and no other."""
        (line,) = [line for line in self.told(fields.STATUSES).split('\n')
                   if 'sections with this one' in line]
        assert [word.strip(',') for word in line.split()
                if word.startswith('section-')] == [
            'section-error', 'section-timeout', 'section-truncated']
        assert 'section-ok' in self.told(fields.STATUSES)

    def test_what_is_unusual_stands_first(self):
        """The worst of it in the first line, as it is."""
        lines = self.told(found=[
            findings.finding('zombies', 'three children have ended'),
            findings.finding('broker-unreachable', 'the broker is down')])
        assert lines.split('\n')[:3] == [
            'error: the broker is down [broker-unreachable]',
            'notice: three children have ended [zombies]', '']
        assert self.told().startswith('nothing unusual\n\n')

    def test_section_that_failed_is_unusual(self):
        """Something that there is to know is missing."""
        assert self.told(['ok', 'error']).startswith(
            'notice: section section-error could not be collected')
        assert self.told(['ok', 'truncated']).startswith(
            'notice: section section-truncated was cut: it was too large '
            '[section-truncated]\n')

    def test_how_the_report_was_made_is_unusual(self):
        """It has cost the daemon much, or is not whole."""
        assert self.told(delivery_problem='too late').startswith(
            'warning: part of the report is not in the journal: too late '
            '[report-not-delivered]\n')
        assert self.told(snapshot_usec=99_999).startswith('nothing unusual\n')
        assert self.told(snapshot_usec=100_000).startswith(
            'notice: the report has held up the threads for 100 ms '
            '[threads-held-up]\n')

    def test_columns_are_as_wide_as_they_must_be(self):
        """The journal keeps no blanks for names that do not occur."""
        assert self.told(['ok', 'timeout']).split('\n\n')[1].split('\n') == [
            'section            time  size',
            'section-ok       0.0 ms   0 B',
            'section-timeout  0.0 ms   0 B  timeout']

    def test_merged_triggers_are_told(self):
        """Whoever has asked finds that the report answers."""
        assert 'also answers 3 more triggers' in self.told(merged=3)
        assert 'more triggers' not in self.told()


def test_file_that_cannot_be_read_is_passed_over(tmp_path):
    """The others are read."""
    file = tmp_path / 'a.conf'
    file.write_text('[DEFAULT]\na = 1\na = 2\n')
    found = service_options.settings([str(tmp_path / 'none'), str(file)])
    assert found == [service_options.Setting(str(file), 3, 'DEFAULT', 'a',
                                             '2', ('1',))]


def test_setting_of_several_lines_is_read_whole(tmp_path):
    """As oslo.config reads it; what is behind an empty line is another."""
    file = tmp_path / 'a.conf'
    file.write_text('[x]\na = 1\n  2\n\n  3\nb = 4\n')
    assert [(found.name, found.value, found.line) for found
            in service_options.settings([str(file)])] == [
                ('a', '1\n2', 2), ('b', '4', 6)]


@pytest.mark.parametrize('by_default', [True, False])
def test_files_of_configuration_directories_are_known(tmp_path, by_default):
    """Those of the default directories, and of each --config-dir."""
    directory = tmp_path / 'ceilometer.conf.d'
    other = tmp_path / 'other'
    for made in (directory, other):
        made.mkdir()
    (directory / 'b.conf').write_text('[DEFAULT]\n')
    (directory / 'a.conf').write_text('[diagnostics]\nsignals = USR1\n')
    (directory / 'a.txt').write_text('no configuration\n')
    (other / 'c.conf').write_text('[DEFAULT]\n')
    conf = cfg.ConfigOpts()
    expected = [str(directory / 'a.conf'), str(directory / 'b.conf')]
    if by_default:
        conf([], project='ceilometer', default_config_files=[],
             default_config_dirs=[str(directory)])
    else:
        conf(['--config-dir', str(directory), '--config-dir', str(other)],
             project='ceilometer', default_config_files=[])
        expected.append(str(other / 'c.conf'))
    files = service_options.files(conf)
    assert files == expected
    assert service_options.settings(files) == [service_options.Setting(
        files[0], 2, 'diagnostics', 'signals', 'USR1')]
