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

"""Tests of whom threads wait for, what they work on, and how much they run."""

import contextlib
import json
import queue
import socket
import ssl
import sys
import threading
import time
import weakref

import pytest

from ceilometer.diagnostics.daemon import kernel_threads
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import processor_shares
from ceilometer.diagnostics.daemon import running_threads
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon.sections import threads
from ceilometer.diagnostics.daemon import sockets
from ceilometer.diagnostics.daemon import threads_text
from ceilometer.diagnostics.daemon import waited_for
from ceilometer.diagnostics.daemon import work
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import findings
from tests import limits

CANARY = 'do-not-tell-6wq'


def collected(daemon=None):
    """The section's data."""
    context = section.Context(daemon or daemons.Daemon('example'))
    sockets.load()
    context.snapshots[threads.NAME] = threads.snapshot()
    threads.measure(context.snapshots[threads.NAME])
    data = threads.collect(context).data
    json.dumps(data)
    return data


def named(data, name):
    """The thread of a name."""
    (owner,) = [owner for merged in data['stacks']
                for owner in merged['threads'] if owner['name'] == name]
    return owner


def line(data, name):
    """Its line in the text."""
    text = threads_text.render(escape.data(data))
    (told,) = [told for told in text.split('\n')
               if told.startswith(f'Thread "{name}", ')]
    return told


def until(condition):
    """The data of the section when they are so."""
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while not condition(data := collected()):
        assert time.monotonic() < deadline, data
    return data


class Waiting:
    """Threads that wait, until the test is over."""

    def __init__(self):
        self.lock = threading.RLock()
        self.old_lock = threading._PyRLock()
        self.condition = threading.Condition()
        self.plain = threading.Lock()
        self.queue = queue.Queue()
        self.over = threading.Event()
        self.server = socket.create_server(('127.0.0.1', 0))
        self.client = socket.create_connection(self.server.getsockname())
        self.accepted = self.server.accept()[0]
        self.stream = self.client.makefile('rb')
        self.peer = '127.0.0.1:%d' % self.server.getsockname()[1]
        self.started = []

    def start(self, name, target):
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self.started.append(thread)
        return thread

    def hold(self):
        """Hold all locks."""
        with self.lock, self.old_lock, self.condition, self.plain:
            self.over.wait()

    def enter(self):
        with self.lock:
            pass

    def acquire(self):
        self.lock.acquire()
        self.lock.release()

    def enter_in_python(self):
        with self.old_lock:
            pass

    def enter_condition(self):
        with self.condition:
            pass

    def enter_local(self):
        guard = self.lock
        with guard:
            pass

    def enter_slot(self):
        Slot(self.lock).enter()

    def end(self):
        self.over.set()
        for one in (self.client, self.accepted):
            one.shutdown(socket.SHUT_RDWR)
        for thread in self.started:
            thread.join(limits.EVENT_SECONDS)
        self.stream.close()
        for one in (self.client, self.accepted, self.server):
            one.close()


class Slot:
    """Has its lock in a slot."""

    __slots__ = ('lock',)

    def __init__(self, lock):
        self.lock = lock

    def enter(self):
        with self.lock:
            pass


@pytest.fixture
def waiting():
    """Threads that wait."""
    made = Waiting()
    yield made
    made.end()


@pytest.mark.parametrize('name', [
    'enter', 'acquire', 'enter_in_python', 'enter_condition', 'enter_local',
    'enter_slot'])
def test_who_holds_a_lock_is_told(waiting, name):
    """By the name and the number of the thread, however it is asked for."""
    holder = waiting.start('holder', waiting.hold)
    until(lambda data: named(data, 'holder')['waiting_for']
          == 'a condition or an event')
    waiting.start('waiter', getattr(waiting, name))
    data = until(lambda data: 'waits_for_thread' in named(data, 'waiter'))
    assert named(data, 'waiter')['waits_for_thread'] == {
        'name': 'holder', 'native_id': holder.native_id,
        'ident': holder.ident, 'ended': False}
    assert named(data, 'waiter')['waiting_for'] == 'a lock'
    assert (f'waiting for a lock (held by "holder", native id '
            f'{holder.native_id})') in line(data, 'waiter')
    assert threads_text.find(data) == []


def test_a_lock_that_does_not_say_who_holds_it(waiting):
    """Nothing is told of that."""
    waiting.start('holder', waiting.hold)
    until(lambda data: named(data, 'holder')['waiting_for']
          == 'a condition or an event')
    waiting.start('waiter', lambda: waiting.plain.acquire()
                  and waiting.plain.release())
    data = until(lambda data: named(data, 'waiter')['waiting_for']
                 == 'a lock')
    assert 'waits_for_thread' not in named(data, 'waiter')


def test_a_lock_that_nobody_can_release(waiting):
    """The thread that holds it has ended: that is unusual."""
    lock = threading.RLock()

    go_on = threading.Event()

    def never():
        go_on.wait()
        with lock:
            pass

    # begun before the other one ends, so that it gets another ident
    thread = threading.Thread(target=never, name='never', daemon=True)
    thread.start()
    waiting.start('ends', lock.acquire).join(limits.EVENT_SECONDS)
    go_on.set()
    data = until(lambda data: named(data, 'never').get(
        'waits_for_thread', {}).get('ended'))
    assert 'held by a thread that has ended' in line(data, 'never')
    found, = threads_text.find(data)
    assert findings.line(found) == (
        f'error: thread "never" ({thread.native_id}) waits for a lock that a '
        'thread has not released which has ended [lock-abandoned]')
    # only this test can
    lock._release_save()
    thread.join(limits.EVENT_SECONDS)


def test_the_thread_that_is_to_end_is_told(waiting):
    """By the name and the number of the thread."""
    awaited = waiting.start('awaited', waiting.over.wait)
    waiting.start('joins', awaited.join)
    data = until(lambda data: 'waits_for_thread' in named(data, 'joins'))
    assert named(data, 'joins')['waiting_for'] == 'a thread to end'
    assert (f'waiting for a thread to end ("awaited", native id '
            f'{awaited.native_id})') in line(data, 'joins')


@pytest.mark.parametrize('read', [
    lambda made: made.client.recv(1),
    lambda made: made.stream.read(1),
    lambda made: made.stream.readline(),
    lambda made: [recv(1) for recv in [made.client.recv]],
])
def test_the_peer_of_what_is_read_is_told(waiting, read):
    """Whichever call reads from the socket."""
    waiting.start('reads', lambda: read(waiting))
    data = until(lambda data: 'peer' in named(data, 'reads'))
    assert named(data, 'reads')['peer'] == waiting.peer
    assert f'waiting for data to read (peer {waiting.peer})' in line(
        data, 'reads')


def test_the_peer_of_tls_is_told(waiting):
    """It stands in a function of the standard library, in its socket."""
    waiting.client = ssl.create_default_context().wrap_socket(
        waiting.client, server_hostname='x', do_handshake_on_connect=False)

    def read():
        with contextlib.suppress(OSError):
            waiting.client.recv(1)

    waiting.start('reads', read)
    data = until(lambda data: 'peer' in named(data, 'reads'))
    assert named(data, 'reads')['peer'] == waiting.peer
    assert 'in SSLSocket.read\n' in threads_text.render(data)


def test_the_peer_that_does_not_answer_yet_is_told(waiting):
    """The kernel knows whom a socket connects to."""
    # a server with a full queue takes no further connection
    full = socket.socket()
    full.bind(('127.0.0.1', 0))
    full.listen(0)
    others = []
    peer = '127.0.0.1:%d' % full.getsockname()[1]
    try:
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(full.getsockname())
            others.append(one)
        client = socket.socket()
        others.append(client)

        def connect():
            with contextlib.suppress(OSError):
                client.connect(full.getsockname())

        waiting.start('connects', connect)
        data = until(lambda data: 'peer' in named(data, 'connects'))
        assert named(data, 'connects')['peer'] == peer
    finally:
        client.shutdown(socket.SHUT_RDWR)
        for one in (*others, full):
            one.close()


def test_no_code_of_others_is_run(waiting):
    """What classes make of being looked at costs nobody anything."""
    looked = []

    class Meta(type):
        @property
        def __mro__(cls):
            looked.append('mro')
            return ()

    class Hostile(metaclass=Meta):
        @property
        def __dict__(self):
            looked.append('dict')
            return {}

        @property
        def lock(self):
            looked.append('lock')
            return waiting.lock

        def __getattribute__(self, name):
            looked.append(name)
            return object.__getattribute__(self, name)

        def __eq__(self, other):
            looked.append('eq')
            return False

        __hash__ = None

        def acquire(self):
            waiting.over.wait()

    class Lock:
        def __enter__(self):
            waiting.over.wait()

        def __exit__(self, *arguments):
            pass

        def __repr__(self):
            looked.append('repr')
            return 'owner=1'

    hostile = Hostile()

    def hold():
        with waiting.lock:
            waiting.over.wait()

    # No assertion: what pytest makes of one looks at the local variables, and
    # such a thread is not asked.
    def wait(secret=CANARY):
        with hostile.lock:
            pass
        return secret

    waiting.start('holder', hold)
    until(lambda data: named(data, 'holder')['waiting_for']
          == 'a condition or an event')
    waiting.start('waiter', wait)
    data = until(lambda data: named(data, 'waiter')['waiting_for']
                 == 'a lock')
    del looked[:]
    data = collected()
    assert looked == []
    assert 'waits_for_thread' not in named(data, 'waiter')
    assert CANARY not in json.dumps(data)


def test_variables_are_not_kept_alive(waiting):
    """What a thread has put aside is gone, though it was looked at."""
    class Payload:
        pass

    kept = []
    go_on = threading.Event()
    holder_lock = threading.RLock()
    holder_lock.acquire()

    def wait():
        payload = Payload()
        kept.append(weakref.ref(payload))
        with holder_lock:
            pass
        payload = None
        go_on.set()
        waiting.over.wait()
        return payload

    waiting.start('waiter', wait)
    try:
        until(lambda data: 'waits_for_thread' in named(data, 'waiter'))
    finally:
        holder_lock.release()
    assert go_on.wait(limits.EVENT_SECONDS)
    assert kept[0]() is None


def test_number_of_threads_that_are_asked_is_limited(waiting, monkeypatch):
    """Of thousands not each is asked."""
    monkeypatch.setattr(waited_for, 'ASKED_MAX', 2)
    awaited = waiting.start('awaited', waiting.over.wait)
    for number in range(5):
        waiting.start(f'joins-{number}', awaited.join)
    until(lambda data: all(
        named(data, f'joins-{number}')['waiting_for'] == 'a thread to end'
        for number in range(5)))
    data = collected()
    assert sum('waits_for_thread' in named(data, f'joins-{number}')
               for number in range(5)) == 2


def test_what_a_thread_works_on_is_told(waiting):
    """The pollster, inside of it what it sends; since when, how often."""
    class Source:
        name = 'cloud'
        interval = 60

    class Service:
        class polling_manager:  # noqa: N801
            sources = [Source]

    daemon = daemons.Daemon('example')
    daemon.worker_service = Service
    begun = threading.Event()

    def polls():
        polled = work.begin(work.POLL, ('cloud', 'image.size'))
        sent = work.begin(work.SEND, ('samples',))
        begun.set()
        waiting.over.wait()
        work.end(sent)
        work.end(polled)

    before = time.time()
    waiting.start('polls', polls)
    assert begun.wait(limits.EVENT_SECONDS)
    data = collected(daemon)
    poll, send = named(data, 'polls')['works_on']
    assert (poll['kind'], poll['work'], poll['interval_seconds']) == (
        'poll', 'image.size of source cloud', 60.0)
    assert (send['kind'], send['work'], send['interval_seconds']) == (
        'send', 'sending samples', None)
    assert before - 1 < poll['since_usec'] / 1e6 < time.time() + 1
    assert ', works on image.size of source cloud since 20' in line(
        data, 'polls')
    assert ', in it sending samples since 20' in line(data, 'polls')


def test_share_of_a_processor_since_the_last_report(waiting, monkeypatch):
    """It takes two reports; of a thread that has begun since it is not known.
    """
    monkeypatch.setattr(processor_shares, '_last', None)

    def spin():
        while not waiting.over.is_set():
            pass

    waiting.start('spins', spin)
    waiting.start('rests', waiting.over.wait)
    assert named(collected(), 'spins')['cpu_share'] is None
    data = until(lambda data: (named(data, 'spins')['cpu_share'] or 0) > 0.02)
    assert '% since the last report)' in line(data, 'spins')
    assert named(data, 'rests')['cpu_share'] < 0.02
    waiting.start('new', waiting.over.wait)
    assert named(collected(), 'new')['cpu_share'] is None


def test_who_has_ended_is_forgotten(monkeypatch):
    """And so is everybody, in a process that was forked."""
    def thread(native_id, started, seconds):
        return kernel_threads.KernelThread(
            native_id, 'x', 'waiting', seconds, None, started, 0)

    # an hour from now, clock ticks since the host was started
    later = int((time.clock_gettime(time.CLOCK_BOOTTIME) + 3600)
                * kernel_threads.TICKS)
    monkeypatch.setattr(processor_shares, '_last', None)
    assert processor_shares.since_last(
        [thread(1, 10, 1.0), thread(2, 10, 1.0)]) == {}
    # its number was given to another one
    found = processor_shares.since_last(
        [thread(1, 10, 3.0), thread(2, later, 3.0)])
    assert list(found) == [1] and found[1] > 0
    assert set(processor_shares._last.threads) == {1, 2}
    assert set(processor_shares.since_last(
        [thread(1, 10, 3.0), thread(2, None, 3.0)])) == {1}
    monkeypatch.setattr(processor_shares, 'REMEMBERED_MAX', 1)
    processor_shares.since_last([thread(1, 10, 3.0), thread(2, 10, 3.0)])
    assert len(processor_shares._last.threads) == 1
    monkeypatch.setattr(processor_shares, '_last',
                        processor_shares._last._replace(pid=1))
    assert processor_shares.last() == {}
    assert processor_shares.since_last([thread(1, 10, 3.0)]) == {}


def noted_reads(monkeypatch):
    """What is read of threads from now on: native ids and names of files."""
    read = []
    contents = kernel_threads._contents

    def noted(native_id, name):
        read.append((native_id, name))
        return contents(native_id, name)

    monkeypatch.setattr(kernel_threads, '_contents', noted)
    return read


def one_goes_on(waiting, monkeypatch):
    """Two threads that are blocked, of which one can be told to go on.

    :returns: the thread that rests, the one that goes on, what tells it to,
        and a report of both as they stood in the report before as well
    """
    told = threading.Event()

    def goes_on():
        told.wait()
        waiting.over.wait()

    rests = waiting.start('rests', waiting.over.wait)
    runs = waiting.start('runs', goes_on)
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while True:
        # as new ones
        monkeypatch.setattr(processor_shares, '_last', None)
        collected()
        data = collected()
        if all(named(data, name)['cpu_share'] == 0.0
               and named(data, name)['waiting_for'] == 'a condition or an '
               'event' for name in ('rests', 'runs')):
            return rests, runs, told, data
        assert time.monotonic() < deadline, data


def test_thread_that_has_not_run_is_not_read_again(waiting, monkeypatch):
    """It is told as before; one that has run is read."""
    rests, runs, go_on, first = one_goes_on(waiting, monkeypatch)
    read = noted_reads(monkeypatch)
    go_on.set()
    second = until(lambda data: named(data, 'runs')['switches']
                   > named(first, 'runs')['switches'])
    assert (runs.native_id, 'stat') in read
    assert (rests.native_id, 'stat') not in read
    expected = {**named(first, 'rests'), 'cpu_share': 0.0}
    assert named(second, 'rests') == expected


def test_turns_of_many_that_wait_are_not_counted(waiting, monkeypatch):
    """Until one has run; then how long it ran is told as exactly as can be."""
    monkeypatch.setattr(kernel_threads, 'COUNTED_MAX', 0)
    monkeypatch.setattr(running_threads, 'EXACT_MAX', 0)
    rests, runs, go_on, first = one_goes_on(waiting, monkeypatch)
    assert named(first, 'rests')['switches'] is None
    assert named(first, 'runs')['switches'] is None
    read = noted_reads(monkeypatch)
    go_on.set()
    second = until(lambda data: named(data, 'runs')['switches'])
    assert (runs.native_id, 'schedstat') in read
    assert not [name for native_id, name in read
                if native_id == rests.native_id]
    assert named(second, 'rests') == {
        **named(first, 'rests'), 'cpu_share': 0.0}
    exact = time.clock_gettime_ns(
        ~rests.native_id << 3 | running_threads._THREAD_CLOCK)
    assert named(first, 'rests')['cpu_seconds'] == round(exact / 1e9, 6) > 0


def test_clocks_are_not_relied_upon_where_turns_are_not_told(
        waiting, monkeypatch):
    """They may be coarse: each thread is read in each report."""
    thread = waiting.start('rests', waiting.over.wait)
    read = []
    contents = kernel_threads._contents

    def told(native_id, name):
        read.append((native_id, name))
        return None if name == 'schedstat' else contents(native_id, name)

    monkeypatch.setattr(processor_shares, '_last', None)
    monkeypatch.setattr(kernel_threads, '_contents', told)
    for _ in range(2):
        read.clear()
        found = named(collected(), 'rests')
        assert found['switches'] is None and found['state'] == 'waiting'
        assert (thread.native_id, 'wchan') in read


def test_thread_without_a_clock_is_read(waiting, monkeypatch):
    """Where it waits tells its state, and not how long it ran."""
    thread = waiting.start('rests', waiting.over.wait)
    contents = kernel_threads._contents

    def told(native_id, name):
        if name == 'wchan':
            return 'futex_do_wait'
        found = contents(native_id, name)
        if name == 'stat':
            before, _, after = found.rpartition(') ')
            values = after.split(' ')
            values[11:13] = ['300', '200']
            return f'{before}) {" ".join(values)}'
        return found

    monkeypatch.setattr(kernel_threads, '_contents', told)
    for clocks, seconds in (({}, 500 / kernel_threads.TICKS),
                            ({thread.native_id: 7_000_000_000}, 7.0)):
        found = kernel_threads.read([thread.native_id], clocks, {}, {})
        assert found[thread.native_id].cpu_seconds == seconds


@pytest.mark.parametrize(('function', 'letter', 'state'), [
    ('futex_do_wait', 'X', 'waiting'), ('ep_poll', 'X', 'waiting'),
    ('poll_schedule_timeout.constprop.0', 'X', 'waiting'),
    ('io_schedule', 'D', 'uninterruptible'), ('0', 'R', 'running'),
    ('a_newer_function', 'S', 'waiting')])
def test_state_is_known_from_where_a_thread_waits(
        waiting, monkeypatch, function, letter, state):
    """Where it can only wait as it can be interrupted; else it is read."""
    thread = waiting.start('rests', waiting.over.wait)
    contents = kernel_threads._contents

    def told(native_id, name):
        if native_id == thread.native_id and name == 'wchan':
            return function
        found = contents(native_id, name)
        if native_id == thread.native_id and name == 'stat':
            before, _, after = found.rpartition(') ')
            return f'{before}) {letter}{after[1:]}'
        return found

    monkeypatch.setattr(processor_shares, '_last', None)
    monkeypatch.setattr(kernel_threads, '_contents', told)
    found = named(collected(), 'rests')
    assert found['state'] == state
    assert found['kernel_function'] == (
        None if function == '0' else function.partition('.')[0])
    assert found['switches'] > 0 and found['cpu_seconds'] is not None


def test_how_often_a_thread_got_a_processor(waiting):
    """One that is blocked gets none; one that loops over sleeps does."""
    def loops():
        while not waiting.over.wait(0.01):
            pass

    waiting.start('loops', loops)
    waiting.start('blocked', waiting.plain.acquire)
    first = until(lambda data: named(data, 'loops')['waiting_for']
                  == 'a condition or an event')
    until(lambda data: named(data, 'loops')['switches']
          > named(first, 'loops')['switches'] + 3)


@pytest.mark.parametrize('by', ['locals', 'frame'])
def test_variables_that_a_function_keeps_are_left_alone(by):
    """Until Python 3.12 what it has got is what others get as well."""
    lock = threading.RLock()
    seen = []

    def by_name():
        word = CANARY
        kept = locals()
        with lock:
            seen.append((dict(kept), word))

    def by_frame():
        word = CANARY
        kept = sys._getframe().f_locals
        with lock:
            seen.append((dict(kept), word))

    target = by_name if by == 'locals' else by_frame
    thread = threading.Thread(target=target, name='keeps', daemon=True)
    with lock:
        thread.start()
        until(lambda data: any(
            owner['name'] == 'keeps' and owner['waiting_for'] == 'a lock'
            for merged in data['stacks'] for owner in merged['threads']))
        collected()
    thread.join(limits.EVENT_SECONDS)
    ((kept, word),) = seen
    assert word == CANARY
    assert kept['word'] == CANARY
