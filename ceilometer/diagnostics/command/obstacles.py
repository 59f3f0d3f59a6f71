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

"""What keeps processes from answering a trigger, as far as it can be seen.

``trigger`` need not wait for what cannot come. All is read from /proc,
/sys/fs/cgroup and the journal's socket, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
import os
import pathlib
import select
import socket
import stat

from ceilometer.diagnostics.command import journald_settings
from ceilometer.diagnostics.command import system
from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics.command import waiting_thread
from ceilometer.diagnostics.outside import proc_files
from ceilometer.diagnostics.outside import thread_looks

# So long journald has to take an entry before it is called stuck, seconds.
_JOURNAL_SECONDS = 2.0

_SWITCHED_OFF = ('diagnostics are switched off ([diagnostics] enabled = '
                 'false), or the signal is not one of [diagnostics] signals')
#: Why a process does not answer of which :func:`nobody_takes` is true.
MUTE = (f'no thread of it takes the signal: {_SWITCHED_OFF}, or code in C '
        "holds the interpreter's lock")

#: The same where it is known which thread would take it.
AWAY = ("the thread that answers waits for another one: for what has Python's "
        'interpreter, or for a lock')

#: What a process does whose report does not get into the journal.
ELSEWHERE = 'reports go to standard error'

_BIT = 1 << (unit_processes.SIGNAL - 1)
_PROC = pathlib.Path('/proc')
_CGROUP = pathlib.Path('/sys/fs/cgroup')
_RUN = pathlib.Path('/run/systemd')


def of_process(pid: int, proc: pathlib.Path = _PROC,
               cgroup: pathlib.Path = _CGROUP) -> str | None:
    """Why a process cannot answer the signal; None if it may.

    :param pid: the process
    :param proc: where /proc is mounted
    :param cgroup: where the control groups are mounted
    """
    try:
        told = proc_files.status(proc / str(pid))
        state = told['State'].split()[0]
        ignored = int(told['SigIgn'], 16) & _BIT and not any(
            int(proc_files.status(task)['SigBlk'], 16) & _BIT
            for task in (proc / str(pid) / 'task').iterdir())
    except (OSError, KeyError, IndexError, ValueError):
        return None
    groups = proc_files.text(proc / str(pid) / 'cgroup')
    if group := proc_files.frozen_group(groups, cgroup):
        return (f'its control group {group} is frozen: "systemctl thaw" the '
                'unit')
    if state == 'T':
        return f'it is stopped: "kill -CONT {pid}" continues it'
    if state == 't':
        return 'a debugger has stopped it'
    if ignored and not waiting_thread.of(pid, proc):
        # an armed process has it blocked in each thread but one
        return f'it ignores {unit_processes.SIGNAL.name}: {_SWITCHED_OFF}'
    return None


def nobody_takes(pid: int, proc: pathlib.Path = _PROC) -> bool:
    """Whether the signal waits for a process in which no thread takes it.

    The thread that waits for it in an armed process has it unblocked while it
    does so: sigwaitinfo(2) sees to that.

    :param pid: the process, which has been signalled
    :param proc: where /proc is mounted
    """
    try:
        told = proc_files.status(proc / str(pid))
        if not int(told['ShdPnd'], 16) & _BIT:
            return False
        return all(
            int(proc_files.status(task)['SigBlk'], 16) & _BIT
            for task in (proc / str(pid) / 'task').iterdir())
    except (OSError, KeyError, ValueError):
        return False


def why_mute(pid: int, proc: pathlib.Path = _PROC) -> str:
    """Why no thread of a process takes the signal.

    :param pid: the process, of which :func:`nobody_takes` is true
    :param proc: where /proc is mounted
    """
    for task in sorted((proc / str(pid) / 'task').glob('*')):
        if (proc_files.text(task / 'comm').strip() == thread_looks.ANSWERING
                and thread_looks.is_futex(proc_files.text(task / 'wchan'))):
            return AWAY
    return MUTE


def cpu_seconds(pid: int, proc: pathlib.Path = _PROC) -> float:
    """How long a process has computed, which tells whether it has started.

    :param pid: the process
    :param proc: where /proc is mounted
    """
    stat = proc_files.text(proc / str(pid) / 'stat')
    values = stat.rpartition(')')[2].split()
    try:
        return (int(values[11]) + int(values[12])) / os.sysconf('SC_CLK_TCK')
    except (IndexError, ValueError):
        return 0.0


def of_journal(namespace: str | None, run: pathlib.Path = _RUN,
               proc: pathlib.Path = _PROC, cgroup: pathlib.Path = _CGROUP,
               configuration: Sequence[pathlib.Path] = (
                   journald_settings.DIRECTORIES),
               ) -> str | None:
    """Why no report can get into the journal; None if it can.

    :param namespace: of the unit that is asked, None for the default one
    :param run: where systemd has its sockets
    :param proc: where /proc is mounted
    :param cgroup: where the control groups are mounted
    :param configuration: where files of systemd are, the first one counts
    """
    if why := no_journal(namespace, run):
        return why
    path, service = _socket(namespace, run)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        try:
            client.connect(str(path))
        except OSError:
            # it may be there: the daemon has its own view of it
            return None
        pid = system.main_pid(f'{service}.service')
        if keeps := _keeps_nothing(namespace, pid, configuration):
            return (f'{keeps} says Storage=none, so the journal keeps no '
                    f'entries: change that, then restart {service}')
        if pid and (why := of_process(pid, proc, cgroup)):
            return f'the journal takes no entries: {service}, pid {pid}: {why}'
        poll = select.poll()
        poll.register(client, select.POLLOUT)
        # the queue of a socket is short, and full for a moment now and then
        if not poll.poll(_JOURNAL_SECONDS * 1000):
            return (f'the journal takes no entries: {service} has not read '
                    f'its socket for {_JOURNAL_SECONDS:g} s')
    return None


def of_container(pid: int, run: pathlib.Path = _RUN,
                 proc: pathlib.Path = _PROC) -> str | None:
    """Why a process in a container cannot reach the journal; None if it can.

    :param pid: the process
    :param run: where systemd has its sockets, here and in the container
    :param proc: where /proc is mounted
    """
    path = run / 'journal/socket'
    inside = proc / str(pid) / 'root' / str(path).lstrip('/')
    try:
        theirs = inside.stat()
        if not stat.S_ISSOCK(theirs.st_mode):
            # an engine leaves a file where it has once mounted a socket
            raise FileNotFoundError
    except (FileNotFoundError, NotADirectoryError):
        return (f'its container has no {path}, so {ELSEWHERE}, which its '
                f'engine logs; mount {path.parent} into it')
    except OSError:
        # not everyone may look there
        return None
    try:
        if os.path.samestat(theirs, path.stat()):
            return None
    except OSError:
        return None
    return (f"{path} of its container is not this machine's, so {ELSEWHERE}, "
            f'which its engine logs; mount {path.parent} into it, and restart '
            'it')


def of_root(pid: int, keeps: str | None, run: pathlib.Path = _RUN,
            proc: pathlib.Path = _PROC) -> str | None:
    """Why reports of a process get neither into the journal nor into files.

    Its unit may have a root directory of its own.

    :param pid: the process, of no container
    :param keeps: where its unit keeps reports, None for nowhere
    :param run: where systemd has its sockets, here and there
    :param proc: where /proc is mounted
    :returns: None if it can, or if there is no journal here either
    """
    path = run / 'journal/socket'
    root = proc / str(pid) / 'root'
    try:
        # /proc has no root of a process that has ended
        if not path.exists() or not (root / '.').exists() or any(
                (root / one.lstrip('/')).exists()
                for one in (str(path), keeps) if one is not None):
            return None
    except OSError:
        # not everyone may look there
        return None
    return (f'its unit does not see {path}, so {ELSEWHERE}, which the journal '
            f'has as lines of the unit by default; set BindPaths={path.parent}'
            ', and restart the unit')


def no_journal(namespace: str | None,
               run: pathlib.Path = _RUN) -> str | None:
    """What says that no journal runs, which daemons notice at once.

    :param namespace: of the unit that is asked, None for the default one
    :param run: where systemd has its sockets
    """
    path, service = _socket(namespace, run)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        try:
            client.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            return (f'the journal does not run ({path}: {error.strerror}): '
                    f'start {service}')
        except OSError:
            return None
    return None


def _socket(namespace: str | None,
            run: pathlib.Path) -> tuple[pathlib.Path, str]:
    """Where a journal listens, and the service that does."""
    if namespace is None:
        return run / 'journal/socket', 'systemd-journald'
    return (run / f'journal.{namespace}/socket',
            f'systemd-journald@{namespace}')


def _keeps_nothing(namespace: str | None, pid: int,
                   configuration: Sequence[pathlib.Path],
                   ) -> pathlib.Path | None:
    """The file that has journald store nothing, None if it stores.

    A full disk is none: journald makes room, or keeps entries in memory.
    """
    said = journald_settings.read(
        namespace, ('Storage',), configuration).get('Storage')
    # what was written later does not count, yet
    if said is None or said.value != 'none' or (
            not journald_settings.is_in_force(said, pid)):
        return None
    return said.path
