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

import ctypes
import dataclasses
import json
import os
import subprocess
import sys
import threading
import time

NAMES = frozenset(os.environ.get('PATIENT', '').split())
DIRECTORY = os.environ.get('RUNTIME_DIRECTORY', '/run')

#: How many sections hold what is given to them.
GIVEN = 3

HOSTILE = 'evil\nFORGED=1\x1b[31m\x00\x9b\x7f\u202e\ufffe\udc80 name'


def _note(name, text):
    path = os.path.join(DIRECTORY, name)
    with open(path + '.new', 'w') as file:
        file.write(text)
    os.rename(path + '.new', path)


def heartbeat():
    """Note the longest time that a thread was kept from running."""
    reset = os.path.join(DIRECTORY, 'heartbeat-reset')
    longest = 0.0
    last = time.monotonic()
    _note(f'heartbeat-{os.getpid()}', '0')
    while True:
        time.sleep(0.001)
        now = time.monotonic()
        if now - last > longest:
            longest = now - last
            _note(f'heartbeat-{os.getpid()}', str(longest))
        if os.path.exists(reset):
            longest = 0.0
            _note(f'heartbeat-{os.getpid()}', '0')
            os.unlink(reset)
        last = time.monotonic()


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


def flood():
    """Log as fast as can be, once a file asks for it."""
    path = os.path.join(DIRECTORY, 'flood')
    while not os.path.exists(path):
        time.sleep(0.01)
    os.write(2, b''.join(b'flood %d\n' % n for n in range(60000)))
    _note('flooded', '')


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
    """Add sections that go wrong in every way."""
    from ceilometer import diagnostics
    diagnostics.register_section('Raises', _raise)
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

    def noted(delivery, header, section, index, count):
        path = os.path.join(DIRECTORY, f'collected-{header.id}')
        with open(path, 'a') as file:
            file.write(json.dumps(dataclasses.asdict(section)) + '\n')
        return deliver(delivery, header, section, index, count)

    module._deliver = noted


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
    for function in (heartbeat, children, flood, leak):
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
        for function in (sections, secrets, given, stepwise):
            if function.__name__ in NAMES:
                function()
        if 'given' in NAMES:
            wrapt.register_post_import_hook(
                collected, 'ceilometer.diagnostics.daemon.make_report')
        for function in (stuck_in_c, spin):
            if function.__name__ in NAMES:
                _main_thread_of_worker(function)

    wrapt.register_post_import_hook(loaded, 'cotyledon._service_manager')


if NAMES and 'ceilometer-diagnostics' in ' '.join(sys.orig_argv):
    # Its hook for forks must come before ours: it makes its locks anew, and a
    # thread of ours that waits for one of the old ones would wait for ever.
    import logging  # noqa: F401
    os.register_at_fork(after_in_child=_in_worker)
    _watch_for_cotyledon()
