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

"""Small programs with diagnostics, each for one situation.

Run one by its name: ``python daemons.py stuck_in_c``. Each says ``ready``
with its pid when it can be signalled, and most end when a line, or the end,
of standard input comes. They also serve as examples of how to install
diagnostics.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import ceilometer.diagnostics


def say(*words: object) -> None:
    """Tell the test something, in one write."""
    os.write(1, (' '.join(map(str, words)) + '\n').encode())


def ready() -> None:
    """Tell the test that this process can be signalled."""
    say('ready', os.getpid())


def until_told() -> None:
    """Wait for a line of standard input, or for its end."""
    os.read(0, 1)


def configuration(text: str = '', arguments: tuple[str, ...] = ()):
    """A parsed configuration of oslo.config, as a service has it.

    Its file stays as long as the process: one that is gone is unusual.
    """
    import atexit
    import tempfile

    from oslo_config import cfg
    from oslo_reports import opts

    conf = cfg.ConfigOpts()
    opts.set_defaults(conf)
    with tempfile.NamedTemporaryFile('w', suffix='.conf',
                                     delete=False) as file:
        file.write(text)
    maker = os.getpid()
    # forks run this as well
    atexit.register(
        lambda: os.getpid() == maker and os.unlink(file.name))
    conf(['--config-file', file.name, *arguments], project='example')
    return conf


def simple() -> None:
    """Nothing but a main thread that waits."""
    ceilometer.diagnostics.install(service='example')
    ready()
    until_told()
    say('done')


def cotyledon_service() -> None:
    """A service of cotyledon with two workers."""
    import cotyledon

    class ExampleService(cotyledon.Service):
        name = 'ExampleWorker'

        def run(self) -> None:
            ready()

    ceilometer.diagnostics.install(service='example')
    manager = cotyledon.ServiceManager()
    manager.add(ExampleService, workers=2)
    ready()
    manager.run()


def cotyledon_whose_clock_is_set() -> None:
    """The same; what TEST_CLOCK names has seconds to add to the time."""
    seconds = time.time
    nanoseconds = time.time_ns

    def added() -> int:
        with open(os.environ['TEST_CLOCK']) as file:
            return int(file.read())

    time.time = lambda: seconds() + added()
    time.time_ns = lambda: nanoseconds() + added() * 10**9
    cotyledon_service()


def cotyledon_whose_descriptors_are_replaced() -> None:
    """The same; at SIGWINCH the master has files in place of ours open."""
    master = os.getpid()

    def replace(*given: object) -> None:
        if os.getpid() != master:
            return
        for number in os.listdir('/proc/self/fd'):
            with contextlib.suppress(OSError):
                link = os.readlink(f'/proc/self/fd/{number}')
                if ('ceilometer-diagnostics' in link
                        or link.endswith('.master')):
                    file = os.open(f'{os.environ["TEST_FILES"]}/{number}',
                                   os.O_RDWR | os.O_CREAT, 0o600)
                    os.dup2(file, int(number))
                    os.close(file)
        say('replaced')

    signal.signal(signal.SIGWINCH, replace)
    cotyledon_service()


def cotyledon_executing() -> None:
    """The same; a worker executes another program during its report."""
    import cotyledon

    class ExampleService(cotyledon.Service):
        name = 'ExampleWorker'

        def run(self) -> None:
            ready()

    main = os.getpid()

    def execute() -> None:
        if os.getpid() != main:
            os.execv(sys.executable, [
                sys.executable, '-c', 'import os, time\n'
                'print("executes", os.getpid(), flush=True)\n'
                'time.sleep(3600)'])

    ceilometer.diagnostics.install(service='example')
    ceilometer.diagnostics.register_section('Executes', execute)
    manager = cotyledon.ServiceManager()
    manager.add(ExampleService, workers=1)
    ready()
    manager.run()


def cotyledon_crashing() -> None:
    """One worker; the first one crashes as its service is made."""
    import cotyledon

    crashes, told = os.pipe()
    os.set_blocking(crashes, False)
    os.write(told, b'x')

    class ExampleService(cotyledon.Service):
        name = 'ExampleWorker'

        def __init__(self, worker_id: int) -> None:
            with contextlib.suppress(BlockingIOError):
                os.read(crashes, 1)
                say('crashes', os.getpid())
                os.kill(os.getpid(), signal.SIGSEGV)
            super().__init__(worker_id)

        def run(self) -> None:
            ready()

    ceilometer.diagnostics.install(service='example')
    manager = cotyledon.ServiceManager()
    manager.add(ExampleService, workers=1)
    ready()
    manager.run()


def cotyledon_held_interpreter() -> None:
    """The same; one keeps the interpreter in C from a byte to the next.

    The master if TEST_HOLDS says so, else a worker. The first byte on standard
    input begins that, and the second ends it. TEST_CONFIGURATION is its
    configuration, if it is set. With TEST_NO_CTYPES, nobody can import ctypes.
    With TEST_SLOW it is one call of four seconds, which the first byte begins;
    with TEST_COMPUTES, it looks for the second byte without a pause.
    """
    import collections
    import functools
    import select

    import cotyledon

    if os.environ.get('TEST_NO_CTYPES') is not None:
        sys.modules['ctypes'] = None  # type: ignore[assignment]

    # multiprocessing closes the standard input of workers
    bytes_from = os.dup(0)

    def hold() -> None:
        libc = ctypes.PyDLL(None)
        buffer = ctypes.create_string_buffer(1)

        def read() -> None:
            libc.read(bytes_from, buffer, 1)

        def read_again() -> None:
            libc.read(bytes_from, buffer, 1)

        def compute() -> None:
            # pollfd of poll(2), in one call of C code
            wanted = ctypes.c_uint64(bytes_from | select.POLLIN << 32)
            collections.deque(iter(functools.partial(
                libc.poll, ctypes.byref(wanted), 1, 0), 1), maxlen=0)
            read()

        reads = (itertools.repeat(compute) if os.environ.get('TEST_COMPUTES')
                 else itertools.chain((read,), itertools.repeat(read_again)))
        if os.environ.get('TEST_SLOW'):
            os.read(bytes_from, 1)
            say('holds', os.getpid(), threading.get_native_id())
            libc.usleep(4_000_000)
        while os.read(bytes_from, 1):
            say('holds', os.getpid(), threading.get_native_id())
            next(reads)()
            say('goes on')

    class ExampleService(cotyledon.Service):
        name = 'ExampleWorker'

        def run(self) -> None:
            if self.worker_id == 0 and os.environ.get('TEST_HOLDS') is None:
                threading.Thread(target=hold, daemon=True).start()
            ready()

    text = os.environ.get('TEST_CONFIGURATION')
    ceilometer.diagnostics.install(
        None if text is None else configuration(text), service='example')
    if os.environ.get('TEST_HOLDS') == 'master':
        threading.Thread(target=hold, daemon=True).start()
    manager = cotyledon.ServiceManager()
    manager.add(ExampleService, workers=2)
    ready()
    manager.run()


def slow_workers() -> None:
    """Two workers of cotyledon that are up when they are told to."""
    from ceilometer.diagnostics.daemon import readiness

    readiness.RUN_SECONDS = 3600
    waiting_workers()


def lasting_workers() -> None:
    """Two workers of cotyledon that end when they are told to."""
    import cotyledon

    class ExampleService(cotyledon.Service):
        def run(self) -> None:
            ready()

        def terminate(self) -> None:
            until_told()

    ceilometer.diagnostics.install(service='example')
    manager = cotyledon.ServiceManager()
    manager.add(ExampleService, workers=2)
    manager.run()


def waiting_workers() -> None:
    """Two workers of cotyledon whose run() may take long."""
    import cotyledon

    class ExampleService(cotyledon.Service):
        def run(self) -> None:
            ready()
            until_told()

    ceilometer.diagnostics.install(service='example')
    manager = cotyledon.ServiceManager()
    manager.add(ExampleService, workers=2)
    ready()
    manager.run()


def polling_workers() -> None:
    """Two workers of cotyledon that poll 620 samples each, in one cycle."""
    import types

    import cotyledon

    from ceilometer.diagnostics.daemon import polling_work
    from ceilometer.diagnostics.daemon import readiness

    readiness.STATUS_SECONDS = 0.1
    instance = types.SimpleNamespace(
        polling_manager=types.SimpleNamespace(sources=[]))
    task = types.SimpleNamespace(pollster_matches=())
    pollster = types.SimpleNamespace(name='demo.plain')

    def polls(*_: object) -> None:
        polling_work.poll(sends, instance,
                          (None, None, {}, pollster, 'some_source'), {})

    def sends(*_: object) -> None:
        polling_work.send(lambda *_: None, instance, ([None] * 620,), {})

    class ExampleService(cotyledon.Service):
        def run(self) -> None:
            ready()
            until_told()
            polling_work.cycle(polls, instance, (task,), {})

    ceilometer.diagnostics.install(service='ceilometer-polling')
    readiness.RUN_SECONDS = 0.0
    manager = cotyledon.ServiceManager()
    manager.add(ExampleService, workers=2)
    manager.run()


def wrong_definitions() -> None:
    """A worker that raises what Ceilometer does, and says a password."""
    class PollingException(Exception):
        pass

    _refuse(PollingException('Missing meters value of amqp://u:pass-9@b/'))


def missing_definitions() -> None:
    """A worker that cannot read a file."""
    _refuse(FileNotFoundError('no definitions'))


def unmade_service() -> None:
    """A worker whose service cannot be made, which says a password."""
    import cotyledon

    class ExampleService(cotyledon.Service):
        def __init__(self, worker_id: int) -> None:
            ready()
            raise OSError('amqp://u:pass-9@b/ is away')

    ceilometer.diagnostics.install(service='example')
    manager = cotyledon.ServiceManager()
    manager.add(ExampleService)
    manager.run()


def _refuse(error: Exception) -> None:
    import logging

    import cotyledon

    class ExampleService(cotyledon.Service):
        def run(self) -> None:
            ready()
            raise error

    logging.basicConfig()
    ceilometer.diagnostics.install(service='example')
    manager = cotyledon.ServiceManager()
    manager.add(ExampleService)
    manager.run()


def cotyledon_raising() -> None:
    """Worker 0 raises as it runs, or as it is made; with TEST_INTERVAL."""
    import logging

    import cotyledon

    logging.basicConfig(format='%(message)s')

    project = '8c1d3f5ab09e4f6d8e1a2b3c4d5e6f70'

    def fail() -> None:
        # the line of code is told, and the id must not stand there
        raise ValueError(f'no such project {project}')

    class ExampleService(cotyledon.Service):
        name = 'ExampleWorker'

        def __init__(self, worker_id: int) -> None:
            super().__init__(worker_id)
            if worker_id == 0 and os.environ['TEST_RAISES'] == 'made':
                say('raises', os.getpid())
                fail()

        def run(self) -> None:
            if self.worker_id == 0 and os.environ['TEST_RAISES'] == 'run':
                say('raises', os.getpid())
                fail()
            ready()

    ceilometer.diagnostics.install(configuration(
        '[diagnostics]\nminimum_interval = '
        f'{os.environ["TEST_INTERVAL"]}\n'), service='example')
    manager = cotyledon.ServiceManager()
    manager.add(ExampleService, workers=2)
    ready()
    manager.run()


def raising() -> None:
    """A thread raises, then the main thread; TEST_ARMED says whether armed.
    """
    def before(args: threading.ExceptHookArgs) -> None:
        say('hook', args.exc_type.__name__)
        usual(args)

    def outer(kind: type, error: BaseException, where: object) -> None:
        say('outer', kind.__name__)
        inner(kind, error, where)

    def fail() -> None:
        variable = 'a value that nobody is told'
        raise LookupError(f'password=hunter2secret, {len(variable)} tried')

    usual = threading.excepthook
    threading.excepthook = before
    if os.environ['TEST_ARMED'] == 'yes':
        ceilometer.diagnostics.install(configuration(), service='example')
    # as oslo.log does when it is set up
    inner = sys.excepthook
    sys.excepthook = outer
    thread = threading.Thread(target=fail, name='feeder')
    thread.start()
    thread.join()
    ready()
    until_told()
    fail()


def cotyledon_stopping() -> None:
    """The same; what has the pid in TEST_FILE is stopped by the next signal.

    As soon as it is taken, or when that is noted, as TEST_MOMENT says.
    """
    from ceilometer.diagnostics.daemon import siblings
    from ceilometer.diagnostics.daemon import signal_wait

    wait, begun = signal_wait.wait, siblings.Siblings.begun

    def stops() -> bool:
        with open(os.environ['TEST_FILE']) as file:
            return file.read() == str(os.getpid())

    def taken(*arguments: Any) -> Any:
        info = wait(*arguments)
        if info is not None and stops():
            os.kill(os.getpid(), signal.SIGSTOP)
        return info

    def noted(self: siblings.Siblings) -> None:
        if stops():
            # all others have been asked by then
            time.sleep(0.5)
            begun(self)
            os.kill(os.getpid(), signal.SIGSTOP)
        else:
            begun(self)

    if os.environ['TEST_MOMENT'] == 'taken':
        signal_wait.wait = taken
    else:
        siblings.Siblings.begun = noted
    cotyledon_service()


def cotyledon_hanging_section() -> None:
    """The same with a section that hangs, in each process.

    With TEST_MASTER_ANSWERS it does not in the master.
    """
    import cotyledon

    main = os.getpid()

    class ExampleService(cotyledon.Service):
        name = 'ExampleWorker'

        def run(self) -> None:
            ready()

    def hang() -> None:
        if (os.environ.get('TEST_MASTER_ANSWERS') is not None
                and os.getpid() == main):
            return
        say('collecting', os.getpid())
        time.sleep(3600)

    conf = configuration('[diagnostics]\nsection_time_limit = 300\n'
                         'report_time_limit = 3600\n')
    ceilometer.diagnostics.install(conf, service='example')
    ceilometer.diagnostics.register_section('Hangs', hang)
    manager = cotyledon.ServiceManager()
    manager.add(ExampleService, workers=2)
    ready()
    manager.run()


def address_space() -> None:
    """So much address space is left, MiB, when the signal comes."""
    import resource
    ceilometer.diagnostics.install(service='example')
    with open('/proc/self/statm') as file:
        size = int(file.read().split()[0]) * resource.getpagesize()
    most = size + int(os.environ['TEST_LEFT_MIB']) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    ready()
    until_told()
    say('done')


def stuck_in_c() -> None:
    """The main thread sits in C, and has released the interpreter."""
    ceilometer.diagnostics.install(service='example')
    libc = ctypes.CDLL(None)
    ready()
    libc.sleep(3600)


def spinning() -> None:
    """The main thread computes without end."""
    ceilometer.diagnostics.install(service='example')
    ready()
    while True:
        pass


def with_children() -> None:
    """Programs that this one starts survive its signals."""
    ceilometer.diagnostics.install(service='example')
    children = [
        subprocess.Popen(arguments, stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for arguments in (
            ['sleep', '3600'],
            ['sh', '-c', 'sleep 3600; true'],
            [sys.executable, '-c', 'import time; time.sleep(3600)'])]
    say('children', *(child.pid for child in children))
    ready()
    until_told()
    say('alive', *(child.poll() is None for child in children))
    for child in children:
        child.kill()
        child.wait()


def late() -> None:
    """Threads exist already when diagnostics are installed."""
    stop = threading.Event()
    started = threading.Barrier(4)

    def wait() -> None:
        started.wait()
        stop.wait()

    threads = [threading.Thread(target=wait, name=f'early-{number}')
               for number in range(3)]
    for thread in threads:
        thread.start()
    started.wait()
    ceilometer.diagnostics.install(service='example')
    ready()
    until_told()
    stop.set()
    for thread in threads:
        thread.join()
    say('done')


def late_sleeping() -> None:
    """As late, and the main thread sleeps for longer than anybody waits."""
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    ceilometer.diagnostics.install(service='example')
    ready()
    time.sleep(3600)


def forks_in_an_early_thread() -> None:
    """A process is forked from a thread that is older than diagnostics."""
    installed = threading.Event()

    def fork() -> None:
        installed.wait()
        pid = os.fork()
        if pid == 0:
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
            say('blocked', signal.SIGUSR1 in blocked)
            ready()
            until_told()
            os._exit(0)
        os.waitpid(pid, 0)

    thread = threading.Thread(target=fork, name='early')
    thread.start()
    ceilometer.diagnostics.install(service='example')
    installed.set()
    ready()
    thread.join()


def uninstalled() -> None:
    """Everything is as before once diagnostics are uninstalled."""
    def handler(number: int, frame: object) -> None:
        say('handled', signal.Signals(number).name)

    signal.signal(signal.SIGUSR1, handler)
    real_time = signal.SIGRTMIN + 3
    signal.pthread_sigmask(signal.SIG_BLOCK, {real_time})
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    ceilometer.diagnostics.install(service='example')
    # one that waits must not be delivered to the default, which ends us
    os.kill(os.getpid(), signal.SIGUSR2)
    ceilometer.diagnostics.uninstall()
    say('handler', signal.getsignal(signal.SIGUSR1) is handler)
    say('default', signal.getsignal(signal.SIGUSR2) is signal.SIG_DFL)
    say('mask', signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before)
    say('threads', any(thread.name == 'diagnostics-trigger'
                       for thread in threading.enumerate()))
    signal.raise_signal(signal.SIGUSR1)
    ready()
    until_told()


def reinstalled() -> None:
    """Installed, uninstalled, installed again."""
    ceilometer.diagnostics.install(service='first')
    ceilometer.diagnostics.uninstall()
    ceilometer.diagnostics.install(service='second')
    ready()
    until_told()


def forks_in_thread() -> None:
    """A process is forked from a thread, and forks another in its turn."""
    ceilometer.diagnostics.install(service='example')

    def fork() -> None:
        pid = os.fork()
        if pid == 0:
            inner = os.fork()
            ready()
            until_told()
            if inner:
                os.waitpid(inner, 0)
            os._exit(0)
        os.waitpid(pid, 0)

    thread = threading.Thread(target=fork, name='forking')
    thread.start()
    ready()
    thread.join()
    say('done')


def forks_while_reporting() -> None:
    """Processes are forked all the time that reports are written."""
    ceilometer.diagnostics.install(service='example')
    ready()
    for _ in range(60):
        os.kill(os.getpid(), signal.SIGUSR1)
        pid = os.fork()
        if pid == 0:
            os._exit(0 if ceilometer.diagnostics.write_report() else 1)
        say('forked', os.waitpid(pid, 0)[1] == 0)


def forks_while_importing() -> None:
    """A process is forked while a report imports, which takes a while."""
    from ceilometer.diagnostics.daemon import arming
    from ceilometer.diagnostics.daemon import reporter
    reporter.IMPORT_SECONDS_MAX = 60.0
    ceilometer.diagnostics.install(service='example')
    gate = arming.armed.reporter.context.import_gate
    imports = threading.Event()

    def load() -> None:
        with gate:
            imports.set()
            time.sleep(0.5)
            say('imported')

    thread = threading.Thread(target=load)
    thread.start()
    imports.wait()
    pid = os.fork()
    if pid == 0:
        say('forked', arming.armed.reporter.context.import_gate.locked())
        os._exit(0)
    os.waitpid(pid, 0)
    thread.join()
    say('parent', gate.locked())


def multiprocessing_pool() -> None:
    """Processes of multiprocessing that are forked."""
    ceilometer.diagnostics.install(service='example')
    context = multiprocessing.get_context('fork')
    processes = [context.Process(target=_multiprocessing_child)
                 for _ in range(2)]
    for process in processes:
        process.start()
    ready()
    for process in processes:
        process.join()
    say('done', *(process.exitcode for process in processes))


def _multiprocessing_child() -> None:
    ready()
    # multiprocessing has given it another standard input
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    signal.sigwait({signal.SIGTERM})


def multiprocessing_spawn() -> None:
    """A process of multiprocessing that is not forked is left in peace."""
    ceilometer.diagnostics.install(service='example')
    context = multiprocessing.get_context('spawn')
    process = context.Process(target=_multiprocessing_child)
    process.start()
    ready()
    process.join()
    say('done', process.exitcode)


def storm() -> None:
    """A hundred signals, as fast as they can be sent."""
    ceilometer.diagnostics.install(service='example')
    ready()
    for _ in range(100):
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(0.001)
    say('sent')
    until_told()


def with_oslo_reports() -> None:
    """What Ceilometer's prepare_service does, after install()."""
    ceilometer.diagnostics.install(service='example')
    from oslo_reports import guru_meditation_report
    conf = configuration(os.environ.get('TEST_CONFIGURATION', ''))
    guru_meditation_report.TextGuruMeditation.setup_autorun(None, conf=conf)
    ready()
    until_told()
    say('done')


def oslo_reports_first() -> None:
    """What Ceilometer's prepare_service does, before install()."""
    from oslo_reports import guru_meditation_report
    conf = configuration(os.environ.get('TEST_CONFIGURATION', ''))
    guru_meditation_report.TextGuruMeditation.setup_autorun(None, conf=conf)
    ceilometer.diagnostics.install(conf, service='example')
    ready()
    until_told()
    say('done')


def oslo_reports_before_and_after() -> None:
    """prepare_service before install(), which learns nothing, and again."""
    from oslo_reports import guru_meditation_report
    conf = configuration(os.environ.get('TEST_CONFIGURATION', ''))
    guru_meditation_report.TextGuruMeditation.setup_autorun(None, conf=conf)
    ceilometer.diagnostics.install(service='example')
    guru_meditation_report.TextGuruMeditation.setup_autorun(None, conf=conf)
    ready()
    until_told()
    say('done')


def oslo_reports_after_uninstall() -> None:
    """prepare_service once diagnostics are uninstalled."""
    from oslo_reports import guru_meditation_report
    ceilometer.diagnostics.install(service='example')
    ceilometer.diagnostics.uninstall()
    guru_meditation_report.TextGuruMeditation.setup_autorun(
        None, conf=configuration())
    ready()
    until_told()


def configured() -> None:
    """A service that hands over its configuration, with one fork."""
    conf = configuration(os.environ.get('TEST_CONFIGURATION', ''))
    ceilometer.diagnostics.install(conf, service='example')
    pid = os.fork()
    ready()
    until_told()
    if pid:
        os.waitpid(pid, 0)
        say('done')


def heartbeat() -> None:
    """A thread that beats, says so now and then, and what held it up.

    That is the processor time that other threads of this process took between
    two beats, seconds at most. A machine that has much else to do makes it no
    longer, if anything shorter: for as long as this thread only waits for a
    processor, others may as well have one. How long it was between two beats
    is said as well; what the machine has to do with that, the same in another
    process tells.
    """
    ceilometer.diagnostics.install(service='example')
    stop = threading.Event()

    def beat() -> None:
        count, held, gap = 0, 0.0, 0.0
        begun, last = time.monotonic(), _taken_by_others()
        while not stop.is_set():
            time.sleep(0.001)
            now, taken = time.monotonic(), _taken_by_others()
            held, gap = max(held, taken - last), max(gap, now - begun)
            begun, last = now, taken
            count += 1
            if count % 20 == 0:
                say('beat', held, gap)

    thread = threading.Thread(target=beat)
    thread.start()
    ready()
    until_told()
    stop.set()
    thread.join()


def heartbeat_beside_work() -> None:
    """As heartbeat, beside a thread that computes as any may."""
    def work() -> None:
        while True:
            pass

    threading.Thread(target=work, daemon=True).start()
    heartbeat()


def _taken_by_others() -> float:
    """Processor time of this process but for what this thread waited for."""
    return time.process_time() - _waited_for_processor()


def _waited_for_processor() -> float:
    """For how long this thread could have run and did not, seconds."""
    with open('/proc/thread-self/schedstat') as file:
        return int(file.read().split()[1]) / 1e9


def many_descriptors() -> None:
    """No descriptor is left, and none more is allowed, as in our units."""
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (1200, 1200))
    ceilometer.diagnostics.install(service='example')
    opened = _open_all()
    ready()
    until_told()
    say('all', all(map(_is_null, opened)))


def many_descriptors_in_a_fork() -> None:
    """The same in a fork, which was made when there were enough."""
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (1200, 1200))
    ceilometer.diagnostics.install(service='example')
    pid = os.fork()
    if pid == 0:
        _open_all()
        ready()
        until_told()
        os._exit(0)
    os.waitpid(pid, 0)


def closed_and_many_descriptors() -> None:
    """All were closed, no matter whose, and none is left; more are allowed."""
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (1200, 2400))
    ceilometer.diagnostics.install(service='example')
    os.closerange(3, 1200)
    opened = _open_all()
    ready()
    until_told()
    # the limit is put back after the last entry
    for thread in threading.enumerate():
        if thread.name == 'diagnostics-report':
            thread.join()
    say('limit', resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    say('all', all(map(_is_null, opened)))


def _open_all() -> list[int]:
    opened = []
    try:
        while True:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return opened


def _is_null(descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(os.devnull))
    except OSError:
        return False


def no_threads() -> None:
    """No thread can be started when the signal comes."""
    import resource

    ceilometer.diagnostics.install(service='example')
    # what is imported for it may be unreadable for others than root
    ceilometer.diagnostics.write_report()
    if os.getuid() == 0:
        # root has no limit
        os.setuid(65534)
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    try:
        threading.Thread(target=until_told).start()
    except RuntimeError as error:
        say('refused', error)
    ready()
    until_told()
    say('done')


def traced() -> None:
    """Something traces or profiles all threads, and raises, or never returns.

    The environment says by what function, and which; with "first", it does
    so before anything else, also in the main thread, and in a fork.
    """
    name, does, *first = os.environ['TEST_TRACE'].split()
    main = threading.get_ident()

    def trace(frame: object, event: str, argument: object) -> None:
        if threading.get_ident() != main:
            if does == 'raises':
                raise RuntimeError('the tracer fails')
            threading.Event().wait()

    hook = threading.gettrace if 'trace' in name else threading.getprofile
    pid = 0
    if first:
        getattr(threading, name)(trace)
        getattr(sys, name)(trace)
        ceilometer.diagnostics.install(service='example')
        pid = os.fork()
    else:
        ceilometer.diagnostics.install(service='example')
        # what is imported for it is not what is traced
        ceilometer.diagnostics.write_report()
        getattr(threading, name)(trace)
    assert hook() is trace
    ready()
    until_told()
    assert hook() is trace
    if first:
        of_main = sys.gettrace if 'trace' in name else sys.getprofile
        assert of_main() is trace
    if pid:
        os.waitpid(pid, 0)
    if pid or not first:
        say('done')


def replaced_functions() -> None:
    """A library replaces functions of the standard library, and forks.

    The environment says what; whether before they are needed, too.
    """
    what, *warm = os.environ['TEST_REPLACE'].split()
    fork, wait, write, read = os.fork, os.waitpid, os.write, os.read
    ceilometer.diagnostics.install(service='example')
    if warm:
        ceilometer.diagnostics.write_report()
    if what == 'eventlet':
        import eventlet
        eventlet.monkey_patch()
        # another thread wakes this one up
        assert ceilometer.diagnostics.write_report(300)
    else:
        _replace_all(what)
    pid = fork()
    write(1, b'ready %d\n' % os.getpid())
    read(0, 1)
    if pid:
        wait(pid, 0)
        write(1, b'done\n')
    os._exit(0)


def _replace_all(what: str) -> None:
    import builtins
    import importlib

    def fail(*given: object, **named: object) -> None:
        raise RuntimeError('somebody has replaced it')

    if what == 'open':
        builtins.open = fail
        return
    module = importlib.import_module(what)
    kept = {'fspath', 'fork', 'getpid', '_exit', 'register_at_fork',
            'fsencode', 'fsdecode'}
    for name, value in list(vars(module).items()):
        if (callable(value) and not isinstance(value, type)
                and name not in kept):
            setattr(module, name, fail)


def green_before() -> None:
    """eventlet replaces threads, and then the diagnostics are wanted."""
    import eventlet
    eventlet.monkey_patch()
    try:
        ceilometer.diagnostics.install(service='example')
    except RuntimeError as error:
        say('refused', error)


def large_section() -> None:
    """A section that fits in no datagram."""
    ceilometer.diagnostics.install(service='example')
    ceilometer.diagnostics.register_section(
        'Large one', lambda: 'a line of text\n' * 200_000)
    ready()
    until_told()


def unusual() -> None:
    """A section that says what is unusual."""
    ceilometer.diagnostics.install(service='example')
    ceilometer.diagnostics.register_section('Sinks', lambda: ({'slow': 2}, [
        {'kind': 'sink-slow', 'severity': 'warning', 'sentence': '2 are slow'},
        {'kind': 'sink-old', 'sentence': '1 is old'}]))
    ready()
    until_told()


def hostile_names() -> None:
    """Threads and a service whose names would forge lines and fields."""
    name = 'x\nMESSAGE=forged\n\x1b[31m\x00\ud800'
    ceilometer.diagnostics.install(service='exa\nmple\x1b[0m')
    ceilometer.diagnostics.register_section(
        'Forged\nREPORT_ID=1', lambda: {name: name}, 'forged')
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait, name=name)
               for name in (name, 'n' * 1_000_000, '\udc80' * 1_000_000)]
    threads.append(threading.Thread(target=stop.wait))
    for thread in threads:
        thread.start()
    # a library may set what it likes
    threads[-1]._name = Nameless()
    ready()
    until_told()
    stop.set()
    for thread in threads:
        thread.join()
    say('done')


class Nameless:
    """No text can be made of it."""

    def __str__(self) -> str:
        """Fail."""
        raise LookupError('it has none')

    __repr__ = __str__


def hanging_section() -> None:
    """A section that never ends, and one that wants to end the process."""
    conf = configuration('[diagnostics]\nsection_time_limit = 5\n')
    ceilometer.diagnostics.install(conf, service='example')
    ceilometer.diagnostics.register_section('Hangs', threading.Event().wait)
    ceilometer.diagnostics.register_section('Exits', sys.exit)
    ready()
    until_told()
    # main, trigger, and the one that hangs: others are about to end
    while threading.active_count() > 3:
        time.sleep(0.01)
    say('threads', threading.active_count())


def api() -> None:
    """Reports that the program itself asks for, in several threads."""
    ceilometer.diagnostics.install(service='example')
    ids = []

    def write() -> None:
        ids.append(ceilometer.diagnostics.write_report())

    threads = [threading.Thread(target=write) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    say('ids', *ids)


def report_when_told() -> None:
    """A report that the program asks for when it is told to end."""
    ceilometer.diagnostics.install(service='example')
    ready()
    until_told()
    say('id', ceilometer.diagnostics.write_report())


def doors() -> None:
    """What install() refuses."""
    from oslo_config import cfg

    first, second = cfg.ConfigOpts(), cfg.ConfigOpts()
    first([])
    second([])

    def attempt() -> None:
        try:
            ceilometer.diagnostics.install()
        except RuntimeError as error:
            say(type(error).__name__, error)

    thread = threading.Thread(target=attempt, name='aside')
    thread.start()
    thread.join()
    for call in (ceilometer.diagnostics.uninstall,
                 ceilometer.diagnostics.write_report):
        try:
            call()
        except ceilometer.diagnostics.NotInstalled as error:
            say(type(error).__name__, error)
    ceilometer.diagnostics.install(first)
    ceilometer.diagnostics.install()
    ceilometer.diagnostics.install(first, service='again')
    try:
        ceilometer.diagnostics.install(second)
    except ceilometer.diagnostics.AlreadyInstalled as error:
        say(type(error).__name__, error)
    ready()
    until_told()


def ends_while_reporting() -> None:
    """The program ends while its report is being written."""
    conf = configuration('[diagnostics]\nsection_time_limit = 300\n'
                         'report_time_limit = 3600\n')
    ceilometer.diagnostics.install(conf, service='example')
    ceilometer.diagnostics.register_section(
        'Hangs', lambda: say('collecting') or time.sleep(3600))
    ready()
    until_told()
    sys.exit(7)


def many_places() -> None:
    """A thread at each kind of place, each named after what it waits for."""
    import asyncio
    import queue
    import select
    import socket
    import tempfile

    connection, other = socket.socketpair()
    full, other_full = socket.socketpair()
    full.setblocking(False)
    try:
        while True:
            full.send(bytes(4096))
    except BlockingIOError:
        full.setblocking(True)
    lock = threading.Lock()
    event = threading.Event()
    jobs: queue.SimpleQueue[None] = queue.SimpleQueue()
    child = subprocess.Popen(['sleep', '3600'], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.join(tempfile.mkdtemp(), 'socket'))
    listener.listen()
    for_ever = threading.Thread(target=event.wait, daemon=True,
                                name='a condition or an event')

    def hold() -> None:
        with lock:
            event.wait()

    def want() -> None:
        lock.acquire()

    def write() -> None:
        # at the end its peer is gone, maybe before this thread is
        with contextlib.suppress(ConnectionError):
            full.send(bytes(4096))

    def compute() -> None:
        while True:
            pass

    async def nothing() -> None:
        await asyncio.get_running_loop().create_future()

    def loop() -> None:
        asyncio.run(nothing())

    for_ever.start()
    threading.Thread(target=hold, daemon=True, name='holder').start()
    while not lock.locked():
        time.sleep(0.01)
    for name, function in {
            'file descriptors': lambda: select.select([connection], [], []),
            'a time to pass': lambda: time.sleep(3600),
            'a process to end': lambda: os.waitpid(child.pid, 0),
            'a connection': lambda: listener.accept(),
            'data to read': lambda: connection.recv(1),
            'room to write': write,
            'a thread to end': lambda: for_ever.join(),
            'a queue': lambda: jobs.get(),
            'a signal': lambda: signal.sigwait({signal.SIGUSR2}),
            'a lock': want, 'running': compute, 'asyncio': loop}.items():
        threading.Thread(target=function, daemon=True, name=name).start()
    ceilometer.diagnostics.install(
        configuration('[diagnostics]\nminimum_interval = 0\n'),
        service='ceilometer-polling')
    ready()
    # idle, as the main thread of a daemon is
    select.select([0], [], [])
    child.kill()
    other.close(), other_full.close()


if __name__ == '__main__':
    globals()[sys.argv[1]]()
