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

"""How a master has died, for a worker or the next master to tell.

A master has the stacks of its crash written as a worker has, see
:mod:`.crash_stacks`: to a file in the runtime directory of its unit, or, where
it has none, to the file in memory that the processes of the service share. It
holds a record lock there as long as it lives, and takes everything away when
it is told to end. So what is there, and not locked, is of a master that has
died. Who then gets the lock tells of it, once.

A worker does so that is told to end: by cotyledon when its master is gone, or
by systemd. If systemd kills the workers with the master, the next master of
the unit does. It finds files only if systemd leaves the directory, as
``RuntimeDirectoryPreserve=restart`` has it.

Runs in the main threads, and in the thread in which a worker ends. Nothing
here raises or blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import fcntl
import os
import signal
import time

from ceilometer.diagnostics.daemon import crash_stacks
from ceilometer.diagnostics.daemon import report_marks
from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics.daemon import worker_deaths
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import patterns

#: So many masters that have died wait to be told; older ones are forgotten.
WAITING_MAX = 20

#: Written to when one has been told.
TOLD = 'masters.told'

# when it began, microseconds since the epoch, and its process id
_NAME = patterns.pattern(r'([0-9]{16})-([0-9]{1,10})\.master')

# What faulthandler calls a signal.
_SIGNALS = {
    'Segmentation fault': signal.SIGSEGV, 'Aborted': signal.SIGABRT,
    'Bus error': signal.SIGBUS, 'Floating point exception': signal.SIGFPE,
    'Floating-point exception': signal.SIGFPE,
    'Illegal instruction': signal.SIGILL,
}


class _Place(named_tuple.NamedTuple):
    """Where the stacks of a master go.

    :ivar descriptor: of the file
    :ivar start: where they begin, bytes; the master locks this byte
    :ivar path: of the file, None for the one in memory
    """

    descriptor: int
    start: int
    path: str | None = None

    def locked(self) -> bool:
        """Lock it, if no other process does."""
        try:
            fcntl.lockf(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1,
                        self.start)
        except OSError:
            return False
        return True

    def forget(self, ours: bool = True) -> None:
        """Forget what is there, and take away a file of one master alone.

        :param ours: whether the descriptor is still that of the file
        """
        if ours:
            crash_stacks.forget(self.descriptor, self.start)
        if self.path is not None:
            with contextlib.suppress(OSError):
                os.unlink(self.path)


_place: _Place | None = None
_opened: crash_stacks.Opened | None = None
_pid = 0


def begin(descriptor: int | None) -> None:
    """Have it noted if this process dies; a second time does nothing.

    What this opens stays open. Runs in the master, before it has workers.

    :param descriptor: of the file that the processes of the service share,
        None where they share none
    """
    global _place, _opened, _pid
    if _pid == os.getpid():
        return
    _pid = os.getpid()
    _place = _in_directory() or _in_memory(descriptor)
    with contextlib.suppress(OSError):
        if _place is not None and _place.locked():
            crash_stacks.begin_at(_place.descriptor, _place.start)
            if _place.path is not None:
                _opened = crash_stacks.Opened.of(_place.descriptor)


def over() -> None:
    """Note that this process ends in order, if it is the master."""
    if _place is not None and _pid == os.getpid():
        # others may have closed it, and opened a file of theirs there
        _place.forget(turn.is_ours(_place.descriptor)
                      if _place.path is None else _opened is not None
                      and _opened.is_open())


def forked() -> None:
    """Let go what is the master's; called in its fork."""
    global _place, _opened
    _place = None
    if _opened is not None:
        _opened.close()
        _opened = None


@contextlib.contextmanager
def of(descriptor: int | None, pid: int,
       ) -> Iterator[worker_deaths.Death | None]:
    """How the master of this worker has died; told at the context's end.

    Gives None if it has not, ends in order, or another has told it.

    :param descriptor: of the file that the processes of the service share,
        None where they share none
    :param pid: the master
    """
    if _lives(pid):
        # its lock is gone all the same if others have closed its descriptors
        yield None
        return
    directory = _directory()
    with contextlib.ExitStack() as stack:
        place = _in_memory(descriptor)
        for name in _names(directory):
            if _pid_of(name) == pid:
                place = _open(f'{directory}/{name}', stack)
        yield None if place is None else _death(place, pid, descriptor, stack)


def _lives(pid: int) -> bool:
    """Whether a process runs: one that ends has let go of its memory first.

    Only after that the kernel closes its descriptors, which others notice.
    """
    try:
        with open(f'/proc/{pid}/statm', 'rb') as file:
            return file.read().split()[0] != b'0'
    except (OSError, IndexError):
        return False


@contextlib.contextmanager
def before(interval_seconds: float) -> Iterator[list[worker_deaths.Death]]:
    """How masters of this unit have died; told at the context's end.

    Gives them oldest first. Runs in a master before it begins.

    :param interval_seconds: if any has been told so lately, they wait for
        another master
    """
    directory = _directory()
    names = _names(directory)
    with contextlib.ExitStack() as stack:
        if _are_due(directory, names, interval_seconds):
            yield [death for name in names
                   if (place := _open(f'{directory}/{name}', stack))
                   and (death := _death(place, _pid_of(name), None, stack))]
        else:
            yield []


def _are_due(directory: str | None, names: list[str],
             interval_seconds: float) -> bool:
    """Whether deaths may be told now; notes that they are."""
    if not names:
        return False
    told = f'{directory}/{TOLD}'
    with contextlib.suppress(OSError):
        if 0 <= time.time() - os.stat(told).st_mtime < interval_seconds:
            for name in names[:-WAITING_MAX]:
                os.unlink(f'{directory}/{name}')
            return False
    with contextlib.suppress(OSError):
        os.close(os.open(told, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW
                         | os.O_CLOEXEC, 0o600))
        os.utime(told, follow_symlinks=False)
    return True


def _directory() -> str | None:
    # by now the daemon has been imported, and this may be
    from ceilometer.diagnostics.daemon import keep
    return keep.directory()


def _names(directory: str | None) -> list[str]:
    """The files of masters, oldest first."""
    with contextlib.suppress(OSError):
        if directory is not None:
            return sorted(filter(_NAME.fullmatch, os.listdir(directory)))
    return []


def _pid_of(name: str) -> int:
    return int(name.rpartition('-')[2].partition('.')[0])


def _in_directory() -> _Place | None:
    if (directory := _directory()) is None:
        return None
    path = f'{directory}/{time.time_ns() // 1000:016}-{os.getpid()}.master'
    try:
        return _Place(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL
                              | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600),
                      0, path)
    except OSError:
        return None


def _in_memory(descriptor: int | None) -> _Place | None:
    if descriptor is None or not turn.is_ours(descriptor):
        return None
    return _Place(descriptor, shared_places.MASTER_STACKS.at(0))


def _open(path: str, stack: contextlib.ExitStack) -> _Place | None:
    """The file of another master; None if it is gone, or somebody else's."""
    from ceilometer.diagnostics import kept_files
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
                             | os.O_NONBLOCK)
        stack.callback(os.close, descriptor)
        kept_files.check(descriptor, os.geteuid())
    except OSError:
        return None
    return _Place(descriptor, 0, path)


def _death(place: _Place, pid: int, shared: int | None,
           stack: contextlib.ExitStack) -> worker_deaths.Death | None:
    if not place.locked():
        # it lives, or another tells of it
        return None
    stacks = crash_stacks.at(place.descriptor, place.start, pid)
    stack.callback(place.forget)
    if stacks is None:
        return None
    when = time.time()
    if place.path is not None and stacks:
        when = os.fstat(place.descriptor).st_mtime
    return worker_deaths.Death(
        when, None, pid, _code(stacks), False, None, stacks or None,
        report=report_marks.of(shared, pid))


def _code(stacks: str) -> int | None:
    """The signal of a crash, as a negative number; None if not known."""
    title = stacks.partition('\n')[0].removeprefix('Fatal Python error: ')
    number = _SIGNALS.get(title.strip())
    return None if number is None else -number
