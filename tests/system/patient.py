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

"""What tests put into the interpreter of a daemon.

A file of the machine's virtualenv has each Python that starts there import
this module; it does nothing unless the variable PATIENT, which a drop-in
sets, names things to do. The daemon itself is the real one, unmodified.

Runs inside the machine, with Ceilometer's own interpreter.
"""

import contextlib
import ctypes
import fcntl
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time

NAMES = frozenset(os.environ.get('PATIENT', '').split())
DIRECTORY = os.environ.get('RUNTIME_DIRECTORY', '/run').split(':')[0]

#: How many sections hold what is given to them.
GIVEN = 3

HOSTILE = 'evil\nFORGED=1\x1b[31m\x00\x9b\x7f\u202e\ufffe\udc80 name'


def _note(name, text):
    path = os.path.join(DIRECTORY, name)
    with open(path + '.new', 'w') as file:
        file.write(text)
    os.rename(path + '.new', path)


def heartbeat():
    """Note what a thread was held up by, every hundred beats of it.

    That is the processor time that other threads of this process took between
    two beats, seconds at most. A machine that has much else to do makes it no
    longer, if anything shorter: for as long as this thread only waits for a
    processor, others may as well have one. How long it was between two beats
    is noted as well; what the machine has to do with that, the same in another
    process tells.
    """
    reset = os.path.join(DIRECTORY, 'heartbeat-reset')
    beats, held, gap = 0, 0.0, 0.0
    begun, last = time.monotonic(), _taken_by_others()
    while True:
        time.sleep(0.001)
        now, taken = time.monotonic(), _taken_by_others()
        held, gap = max(held, taken - last), max(gap, now - begun)
        beats += 1
        if beats % 100 == 0:
            _note(f'heartbeat-{os.getpid()}', json.dumps({
                'beats': beats, 'held_seconds': held, 'gap_seconds': gap}))
            if os.path.exists(reset):
                held, gap = 0.0, 0.0
                os.unlink(reset)
        begun, last = time.monotonic(), _taken_by_others()


def heartbeat_beside_work():
    """As heartbeat, beside a main thread that computes."""
    _in_thread(heartbeat)
    spin()


def _taken_by_others():
    return time.process_time() - _waited_for_processor()


def _waited_for_processor():
    with open('/proc/thread-self/schedstat') as file:
        return int(file.read().split()[1]) / 1e9


def handoffs():
    """Keep the main thread busy; note how many times as long as on a machine
    with nothing else to do another thread waits for the interpreter.
    """
    _in_thread(_hand_off)
    spin()


def _hand_off():
    slowest = 1.0
    pause = 0.0005
    quiet = 20 * (sys.getswitchinterval() + pause)
    while True:
        start = time.monotonic()
        for _ in range(20):
            # long enough for the main thread to be given the interpreter
            time.sleep(pause)
        slowest = max(slowest, (time.monotonic() - start) / quiet)
        _note('slowdown', str(slowest))


def children():
    """Start programs as a daemon does; note their pids."""
    started = [subprocess.Popen(command) for command in (
        ['sleep', '10000'],
        # without the second command the shell would become the sleep
        ['sh', '-c', 'sleep 10000; true'],
        ['sudo', '-n', 'sleep', '10000'],
        [sys.executable, '-c', 'import time; time.sleep(10000)'],
    )]
    from ceilometer import privsep
    from oslo_privsep import priv_context
    # what ceilometer-polling does, with the helper that it uses
    privsep.sys_admin_pctxt.start(priv_context.Method.ROOTWRAP)
    _note('children', ' '.join(str(child.pid) for child in started))
    for child in started:
        child.wait()


def stuck_in_c():
    """Keep the main thread in a C function, the interpreter free."""
    ctypes.CDLL(None).sleep(10000)


def spin():
    """Keep the main thread busy in Python."""
    while True:
        pass


def unmask():
    """Set the signal mask of the main thread anew, as libraries may."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def hold():
    """Hold the interpreter in C code where a pipe asks for it.

    Each process has a pipe of its own. From the first line in it on, nothing
    else runs Python code here, until the second one.
    """
    pipe, holding = _pipe_that_holds()
    while os.read(pipe, 1):
        holding()


def hold_without_thread():
    """As hold, in the main thread: what is forked must have no other one."""
    pipe, holding = _pipe_that_holds()

    def asked(signum, frame):
        # the line that ends it comes with a signal, too
        if select.select([pipe], [], [], 0)[0]:
            os.read(pipe, 1)
            holding()

    signal.signal(signal.SIGIO, asked)
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(pipe, fcntl.F_SETFL,
                fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)


def _pipe_that_holds():
    path = os.path.join(DIRECTORY, f'hold-{os.getpid()}')
    os.mkfifo(path + '.new', 0o600)
    # to be read and written: nobody else has to have it open
    pipe = os.open(path + '.new', os.O_RDWR)
    os.rename(path + '.new', path)
    libc, buffer = ctypes.PyDLL(None), ctypes.create_string_buffer(1)

    def holding():
        libc.read(pipe, buffer, 1)

    return pipe, holding


def flood():
    """Log as fast as can be, once a file asks for it: one process does."""
    path = os.path.join(DIRECTORY, 'flood')
    while True:
        try:
            os.rename(path, f'{path}-taken')
            break
        except OSError:
            if os.path.exists(f'{path}-taken'):
                return
        time.sleep(0.01)
    os.write(2, b''.join(b'flood %d\n' % n for n in range(60000)))
    _note('flooded', '')


def flood_of_warnings():
    """Log warnings as fast as can be while a file asks for it, natively.

    As ``[DEFAULT] use_journal`` does: they have the priority of reports.
    """
    path = os.path.join(DIRECTORY, 'flood-of-warnings')
    client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    client.connect('/run/systemd/journal/socket')
    while True:
        if os.path.exists(path):
            for number in range(100):
                client.send(b'PRIORITY=4\nMESSAGE=warning %d\n' % number)
        else:
            time.sleep(0.01)


def leak():
    """Use up all file descriptors, once a file asks for it."""
    path = os.path.join(DIRECTORY, 'leak')
    while not os.path.exists(path):
        time.sleep(0.01)
    try:
        while True:
            os.open('/dev/null', os.O_RDONLY)
    except OSError:
        # opening the note would fail, too
        print('all descriptors used', file=sys.stderr, flush=True)


def grow():
    """Leave children behind; use more of everything, once a file asks."""
    for _ in range(5):
        # a Popen would take up those before it
        os.posix_spawn('/bin/true', ['true'], os.environ)
    _note('left-children', '')
    path = os.path.join(DIRECTORY, 'grow')
    while not os.path.exists(path):
        time.sleep(0.01)
    kept = [bytearray(b'x') * (1 << 20) for _ in range(200)]
    kept += [open('/dev/null') for _ in range(200)]
    for _ in range(200):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    _note('grown', '')
    while kept:
        time.sleep(1)


def _raise():
    raise ValueError('no password=hunter2-in-error today')


def _hang():
    time.sleep(10000)


def _large():
    return 'a line of a large section, forty-nine characters\n' * 1_000_000


def _megabytes():
    return ''.join(f'{n:09}\n' for n in range(300_000))


def _hostile():
    return {'value ' + HOSTILE: HOSTILE, 'text': HOSTILE}


def sections():
    """Add sections that go wrong in every way; 'hangs' adds one more."""
    from ceilometer import diagnostics
    diagnostics.register_section('Raises', _raise)
    if 'hangs' in NAMES:
        diagnostics.register_section('Hangs', _hang)
    diagnostics.register_section('Large', _large)
    diagnostics.register_section('Megabytes', _megabytes)
    diagnostics.register_section('Hostile ' + HOSTILE, _hostile, 'hostile')
    diagnostics.register_section('After', lambda: 'still here')


def _given(number):
    with open(os.path.join(DIRECTORY, 'given')) as file:
        return json.load(file)[number]


def given():
    """Add sections that hold what a file holds at the time."""
    from ceilometer import diagnostics
    for number in range(GIVEN):
        diagnostics.register_section(
            f'Given {number}', lambda number=number: _given(number))


def collected(module):
    """Note each section as it was collected, before it is sent."""
    deliver = module._deliver

    def noted(delivery, header, section, index, count, *others):
        path = os.path.join(DIRECTORY, f'collected-{header.id}')
        with open(path, 'a') as file:
            file.write(json.dumps(section._asdict()) + '\n')
        return deliver(delivery, header, section, index, count, *others)

    module._deliver = noted


def unhurried(module):
    """Give a large section the time that it takes on a busy machine."""
    module.FINISH_SECONDS_MAX = 600.0


def turns(module):
    """Have nobody send before all processes want to, once a file asks for it.

    It says how many there are. They wait for their turn for as long as that
    takes.
    """
    path = os.path.join(DIRECTORY, 'turns')
    taken = module.taken
    module.TURN_SECONDS_MAX = 600.0

    @contextlib.contextmanager
    def together(descriptor, *others):
        if not os.path.exists(path):
            with taken(descriptor, *others):
                yield
            return
        with open(path) as file:
            count = int(file.read())
        _note(f'wants-{os.getpid()}', '')
        with taken(descriptor, *others):
            while sum(name.startswith('wants-') and not name.endswith('.new')
                      for name in os.listdir(DIRECTORY)) < count:
                time.sleep(0.01)
            yield

    module.taken = together


def slowly(module):
    """Leave others time between two entries."""
    deliver = module._deliver

    def slow(*args):
        done = deliver(*args)
        time.sleep(0.02)
        return done

    module._deliver = slow


def stepwise():
    """Add sections of which the last waits for a file."""
    from ceilometer import diagnostics

    def wait():
        _note(f'waiting-{os.getpid()}', '')
        while not os.path.exists(os.path.join(DIRECTORY, 'go-on')):
            time.sleep(0.01)
        return 'went on'

    diagnostics.register_section('Before', lambda: 'was before')
    diagnostics.register_section('Waits', wait)


def secrets():
    """Put secrets where they do not belong."""
    from ceilometer import diagnostics

    def fail():
        raise ValueError(f'refused: password={os.environ["PATIENT_ERROR"]} '
                         f'for redis://:{os.environ["PATIENT_ERROR"]}@host')

    def tell():
        return (f'token={os.environ["PATIENT_THREAD"]} and '
                f'http://user:{os.environ["PATIENT_THREAD"]}@host/')

    diagnostics.register_section('Fails', fail)
    diagnostics.register_section('Secretive', tell)


def _secret_children():
    canaries = {name: os.environ[f'PATIENT_{name}']
                for name in ('ARGUMENT', 'JOINED')}
    subprocess.Popen([
        'sh', '-c', 'sleep 10000; true', '--os-password',
        canaries['ARGUMENT'], f'--os-token={canaries["JOINED"]}'])
    threading.Thread(
        target=threading.Event().wait, daemon=True,
        name=f'password={os.environ["PATIENT_THREAD"]}').start()


def threads():
    """Start threads: one with a hostile name, some all alike."""
    def wait():
        threading.Event().wait()

    for name in (HOSTILE, 'alike-1', 'alike-2', 'alike-3'):
        threading.Thread(target=wait, name=name, daemon=True).start()


def _in_thread(function):
    threading.Thread(target=function, name=function.__name__,
                     daemon=True).start()


def _in_worker():
    if 'privsep' in sys.argv[0]:
        return
    for function in (heartbeat, children, hold, flood, flood_of_warnings,
                     leak, grow):
        if function.__name__ in NAMES:
            _in_thread(function)
    if 'threads' in NAMES:
        threads()
    if 'secrets' in NAMES:
        _secret_children()


def _main_thread_of_worker(function):
    # cotyledon's main thread waits there for ever
    from cotyledon import _utils
    waits = _utils.SignalManager._wait_forever

    def wait_forever(self):
        if type(self).__name__ == 'ServiceWorker':
            _note('stuck', '')
            function()
        return waits(self)

    _utils.SignalManager._wait_forever = wait_forever


def _watch_for_cotyledon():
    import wrapt

    def loaded(module):
        # the daemon is armed by now: before, there must be no other thread
        if 'hold' in NAMES:
            if _is_server():
                hold_without_thread()
            else:
                _in_thread(hold)
        for function in (sections, secrets, given, stepwise):
            if function.__name__ in NAMES:
                function()
        # our own modules are imported past all that waits for an import
        for name, function, module in (
                ('turns', turns, 'turn'), ('turns', slowly, 'make_report'),
                ('given', collected, 'make_report'),
                ('sections', unhurried, 'collect')):
            if name in NAMES:
                function(importlib.import_module(
                    f'ceilometer.diagnostics.daemon.{module}'))
        for function in (stuck_in_c, spin, unmask):
            if function.__name__ in NAMES:
                _main_thread_of_worker(function)

    wrapt.register_post_import_hook(loaded, 'cotyledon._service_manager')


class _Finder:
    """Begins when Ceilometer is imported; finds nothing itself.

    As Python starts, not all directories of packages are known yet.
    """

    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] == 'ceilometer' and not self.begun:
            self.begun = True
            _watch_for_cotyledon()

    begun = False


def _is_server():
    """Whether this is what makes the workers of another process."""
    return any('multiprocessing.forkserver' in argument
               for argument in sys.orig_argv[1:3])


def _is_daemon():
    """Whether this becomes a daemon, or what makes its workers."""
    arguments = sys.orig_argv[1:3]
    return any(os.path.basename(argument) in (
        'ceilometer-polling', 'ceilometer-agent-notification')
        or 'multiprocessing.forkserver' in argument for argument in arguments)


if NAMES and _is_daemon():
    # Its hook for forks must come before ours: it makes its locks anew, and a
    # thread of ours that waits for one of the old ones would wait for ever.
    import logging  # noqa: F401
    os.register_at_fork(after_in_child=_in_worker)
    # before the one that arms the daemon, which is then there already
    sys.meta_path.insert(0, _Finder())
