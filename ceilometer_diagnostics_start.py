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

"""Arms a daemon of Ceilometer that was started with CEILOMETER_DIAGNOSTICS=1.

Every Python of this environment comes here as it starts, through
``ceilometer_diagnostics.pth``, or ``ceilometer_diagnostics.start`` from Python
3.15 on (site in the library reference, PEP 829). Nothing happens unless the
variable is set and the program is a daemon of Ceilometer, or a server that
multiprocessing has started for one. So the daemon is the stock program,
started by its own name: what it is, and what it sees of itself, stays its
own.

There are two steps. Now, the signals are blocked and ignored, so that none
ends the daemon. Later, when the first module of Ceilometer is imported and no
thread exists yet, the process is armed
(:mod:`ceilometer.diagnostics.daemon.started`). That cannot be done now: not
all directories of packages are known yet, and ``ceilometer`` may be found in
the wrong one.

Runs in the main thread of every Python, so it imports next to nothing. It
raises nothing.
"""

import os
import sys

# Not of typing, which takes longer to import than all else here; annotations
# are strings for the same reason.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence
    import signal
    from typing import Any

VARIABLE = 'CEILOMETER_DIAGNOSTICS'

#: The daemons, and the module that each of them imports first.
DAEMONS = {
    'ceilometer-agent-notification': 'ceilometer.cmd.agent_notification',
    'ceilometer-polling': 'ceilometer.cmd.polling',
}

_ON = ('1', 'yes', 'true', 'on')
_OFF = ('', '0', 'no', 'false', 'off')

# Options of the interpreter whose value is the next argument.
_WITH_VALUE = ('-W', '-X', '--check-hash-based-pycs')

# What multiprocessing has its servers run by -c, and what they are called here
# (multiprocessing.forkserver, multiprocessing.spawn). One that is spawned does
# what a forked child does.
_SERVERS = (('from multiprocessing.forkserver import', 'forkserver'),
            ('from multiprocessing.spawn import', 'child'))


class Start:
    """What is known of an interpreter that becomes a daemon.

    :ivar service: name of the daemon, ``ceilometer-polling``
    :ivar server: how multiprocessing has started it, ``forkserver`` or
        ``child``; None if it has not
    :ivar pid: of the process; a fork of it has another one
    :ivar parent_pid: of the process that has started it
    :ivar mask: numbers of the signals that were blocked before
    :ivar handlers: by signal, what was done on it before
    """

    def __init__(self, service: str, server: str | None) -> None:
        self.service = service
        self.server = server
        self.pid = os.getpid()
        self.parent_pid = os.getppid()
        self.mask: set[int] = set()
        self.handlers: 'dict[signal.Signals, Any]' = {}

    def take_signals(self) -> None:
        """Have no signal end the process; each waits until it is armed."""
        import signal
        signals = (signal.SIGUSR1, signal.SIGUSR2)
        self.mask = set(signal.pthread_sigmask(signal.SIG_BLOCK, signals))
        for number in signals:
            self.handlers[number] = signal.getsignal(number)
            # to ignore one anew discards one that waits (sigaction(2))
            if self.handlers[number] is not signal.SIG_IGN:
                signal.signal(number, signal.SIG_IGN)


class Finder:
    """Arms the process at the first import of a module of Ceilometer.

    One of ``sys.meta_path`` until the next import, or that of the daemon's
    own module: what is to be done when that has been imported is done by its
    loader. Who stays there longer is asked for each of the daemon's 1,600
    modules.

    :param start: what is known of the process
    """

    def __init__(self, start: 'Start') -> None:
        self._start = start
        self._arms = self._done = False
        self._go_on: 'Callable[[], None] | None' = None

    def find_spec(self, name: str, path: 'Any' = None,
                  target: 'Any' = None) -> 'Any':
        """Arm the process, once; called with each module to import."""
        if self._done:
            return self._leave(name, path, target)
        # Somebody who imports us is not the daemon yet.
        if not name.startswith('ceilometer.') or (
                name + '.').startswith('ceilometer.diagnostics.'):
            return None
        if not self._arms:
            self._arms = True
            self._go_on = _arm(self._start, name)
            self._done = self._go_on is None
        go_on = self._go_on
        if go_on is None:
            return None
        daemon = DAEMONS[self._start.service]
        if name == daemon:
            self._go_on = None
            return self._watch(go_on, name, path, target)
        # what its package imports comes before it: not as it is known
        if name != daemon.rpartition('.')[0]:
            self._go_on = None
            self._done = True
            _try(go_on)
        return None

    def _watch(self, go_on: 'Callable[[], None]', name: str, path: 'Any',
               target: 'Any') -> 'Any':
        """Leave, and go on when the daemon's module has been imported."""
        place = sys.meta_path.index(self) if self in sys.meta_path else 0
        spec = self._leave(name, path, target)
        for following in sys.meta_path[place + 1:]:
            if spec is None and hasattr(following, 'find_spec'):
                spec = following.find_spec(name, path, target)
        loader: 'Any' = getattr(spec, 'loader', None)
        run: 'Any' = getattr(loader, 'exec_module', None)

        def exec_module(module: 'Any') -> None:
            del loader.exec_module
            run(module)
            _try(go_on)

        try:
            if run is None or isinstance(loader, type):
                raise AttributeError
            loader.exec_module = exec_module
        except AttributeError:
            # it is that of others as well, or cannot be changed
            _try(go_on)
        return spec

    def _leave(self, name: str, path: 'Any', target: 'Any') -> 'Any':
        """Be asked no more.

        Python goes through the list just now, and would pass over the one
        that takes this one's place: it is asked here.
        """
        try:
            place = sys.meta_path.index(self)
        except ValueError:
            # somebody has made another list
            return None
        del sys.meta_path[place]
        for following in sys.meta_path[place:place + 1]:
            find_spec = getattr(following, 'find_spec', None)
            if find_spec is not None:
                return find_spec(name, path, target)
        return None


#: Whether site has called :func:`at_start`, with the variable set.
called = False


def at_start() -> None:
    """Prepare this interpreter, if it is to become a daemon; site calls it."""
    global called
    try:
        value = os.environ.get(VARIABLE)
        # In a virtualenv site reads the same files twice.
        if value is None or called:
            return
        called = True
        start = _start_of(getattr(sys, 'orig_argv', []))
        on = is_on(value)
        if start is None or on is False:
            return
        if on is None:
            complain(f'{VARIABLE}={value!r}: expected 1 or 0')
            return
        start.take_signals()
        sys.meta_path.insert(0, Finder(start))
    except Exception as error:
        complain(f'{type(error).__name__}: {error}')


def is_on(value: str) -> bool | None:
    """Whether a value of the variable says yes; None if it is invalid."""
    if value.lower() in _ON:
        return True
    return False if value.lower() in _OFF else None


def _start_of(argv: 'Sequence[str]') -> 'Start | None':
    """What an interpreter becomes; None if it is no daemon.

    :param argv: its whole command line, that of the interpreter included
    """
    what = _program(argv)
    for code, server in _SERVERS:
        if code in what:
            service = _service_of_parent()
            return Start(service, server) if service else None
    name = os.path.basename(what)
    return Start(name, None) if name in DAEMONS else None


def _program(argv: 'Sequence[str]') -> str:
    """What an interpreter runs: a path, or the code behind -c."""
    arguments = iter(argv[1:])
    for argument in arguments:
        if argument in _WITH_VALUE:
            next(arguments, None)
        elif argument == '-c':
            return next(arguments, '')
        elif argument in ('-m', '-'):
            return ''
        elif not argument.startswith('-'):
            return argument
    return ''


def _service_of_parent() -> str | None:
    """The daemon that has started this process, None if none has."""
    try:
        with open(f'/proc/{os.getppid()}/cmdline', 'rb') as file:
            argv = os.fsdecode(file.read()).rstrip('\0').split('\0')
    except OSError:
        return None
    # cotyledon has changed it: "ceilometer-polling: master process [...]"
    title = argv[0].partition(':')[0]
    name = title if title in DAEMONS else os.path.basename(_program(argv))
    return name if name in DAEMONS else None


def _arm(start: 'Start', name: str) -> 'Callable[[], None] | None':
    """Arm this process.

    :param start: what is known of it
    :param name: the module of Ceilometer that it imports first
    :returns: what is to be called when the daemon's own module has been
        imported, None if nothing is
    """
    try:
        find_package()
        from ceilometer.diagnostics.daemon import import_order
        from ceilometer.diagnostics.daemon import own_imports
        own_imports.load(import_order.ARMING)
        from ceilometer.diagnostics.daemon import started
        module = DAEMONS[start.service]
        return started.arm(start, module, name in (
            module, module.rpartition('.')[0]))
    except Exception as error:
        complain(f'{type(error).__name__}: {error}')
        return None


def _try(function: 'Callable[[], None]') -> None:
    try:
        function()
    except Exception as error:
        complain(f'{type(error).__name__}: {error}')


def find_package() -> None:
    """Have ``ceilometer.diagnostics`` found where it is installed.

    It is a part of Ceilometer's own package, and found there if both are
    installed in one directory. pip may put it into another one than the
    distribution's packages are in; then this process is told where to look.
    Nothing of the installed Ceilometer is changed.

    :raises ImportError: Ceilometer is not installed
    """
    import ceilometer

    beside = os.path.join(
        os.path.dirname(os.path.abspath(__file__)), 'ceilometer')
    if os.path.isdir(os.path.join(beside, 'diagnostics')) and (
            beside not in map(os.path.abspath, ceilometer.__path__)):
        ceilometer.__path__.append(beside)


def complain(why: str) -> None:
    """Say on standard error, on one line, that nobody will report.

    Not by ``sys.stderr``, which may not be there yet.

    :param why: what went wrong
    """
    line = ' '.join(f'Diagnostics are off in pid {os.getpid()}: {why}'.split())
    try:
        os.write(2, line.encode(errors='backslashreplace') + b'\n')
    except OSError:
        # nobody listens
        pass
