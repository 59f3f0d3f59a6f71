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

"""A disposable machine with a real systemd, for the system tests.

``with Machine() as machine:`` boots systemd as the first process of a
container whose root is an overlay over a root directory: what the machine
changes lives in memory and is gone with it. Inside are Ceilometer, this
project with its units, and a configuration that is enough for the daemons to
start. What the root directory is, and where Ceilometer comes from, is the
bed (:mod:`.beds`): by default the host's own root, and PyPI. The machine has
a network of its own, with nothing but a loopback interface, and a cable to
another machine if a test lays one.

A keeper process (:mod:`.keeper`) owns all of it. However the process that
asked for the machine ends, the keeper leaves nothing behind.
"""

from __future__ import annotations

import collections.abc
import contextlib
import functools
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import types
import typing

from tests import limits
from tests.system import beds
from tests.system import construction
from tests.system import export_format
from tests.system import keeper

POLL_SECONDS = 0.02


class _Process(typing.NamedTuple):
    """A process of the machine, with its host's numbers, too."""

    pid: int
    host_pid: int
    host_parent: int
    command: str

    @classmethod
    def of(cls, host_pid: int) -> _Process:
        """Look a process up by the host's number."""
        lines = pathlib.Path(f'/proc/{host_pid}/status').read_text()
        status = dict(line.split(':', 1) for line in lines.splitlines())
        command = pathlib.Path(f'/proc/{host_pid}/cmdline').read_bytes()
        return cls(int(status['NSpid'].split()[-1]), host_pid,
                   int(status['PPid']), os.fsdecode(command))


class Machine:
    """A booted machine; a context manager that powers it off.

    All times are in seconds. Process ids are the machine's own.

    :ivar name: its host name
    :ivar python: path of the interpreter that has Ceilometer
    :ivar packages: the directory of packages that has this project's
    """

    def __init__(self, bed: str | None = None, before_boot: str = '') -> None:
        """Boot; returns when systemd says that it has finished.

        :param bed: what it is made of, that of the environment by default.
        :param before_boot: a script of sh that runs in it before that.
        :raises construction.MachineError: if the host or the boot is not up to
            it.
        """
        keeper.check_host()
        bed = bed or beds.chosen()
        built = beds.BEDS[bed].build()
        self._keeper = subprocess.Popen(
            ['unshare', '--mount', '--propagation', 'private',
             sys.executable, '-Es', '-m', keeper.__name__, str(os.getpid()),
             bed, str(built), before_boot], cwd=construction.TREE,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True)
        try:
            assert self._keeper.stdout is not None
            # The keeper limits the time of everything it does.
            answer = json.loads(self._keeper.stdout.readline() or '{}')
            if 'leader' not in answer:
                raise construction.MachineError(answer.get(
                    'error', 'the keeper died, see its standard error'))
        except BaseException:
            self._release()
            raise
        self.name: str = answer['name']
        self.python: str = answer['python']
        self.packages: str = answer['packages']
        self._leader: int = answer['leader']
        self._root = pathlib.Path(f'/proc/{self._leader}/root')

    def __enter__(self) -> typing.Self:
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 error: BaseException | None,
                 trace: types.TracebackType | None) -> None:
        self.poweroff()

    def poweroff(self) -> None:
        """Shut the machine down in order; nothing of it is left.

        :raises construction.MachineError: if that took too long; it is then
            gone anyway.
        """
        if self._keeper.poll() is not None:
            return
        try:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._leader, signal.SIGRTMIN + 3)
            self._keeper.wait(limits.EVENT_SECONDS)
        except subprocess.TimeoutExpired:
            raise construction.MachineError(
                f'{self.name} did not power off, it was killed') from None
        finally:
            self._release()

    def _release(self) -> None:
        """Let go of the keeper, which ends the machine if it still runs."""
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._keeper.stdin.close()
        self._keeper.wait()
        self._keeper.stdout.close()

    def connect(self, other: Machine) -> None:
        """Lay a cable to another machine; each knows the other by name.

        It is gone as soon as one of them is.

        :param other: a machine that has no cable yet, as this one.
        :raises construction.MachineError: if one of them has.
        """
        cable = 'cable'
        construction.call(
            ['ip', 'link', 'add', cable, 'netns', str(self._leader),
             'type', 'veth', 'peer', 'name', cable,
             'netns', str(other._leader)])
        ends = ((self, '192.0.2.1'), (other, '192.0.2.2'))
        for end, address in ends:
            for command in (['address', 'add', f'{address}/24', 'dev', cable],
                            ['link', 'set', cable, 'up']):
                end.run(['ip', *command])
            end.run(['tee', '-a', '/etc/hosts'], input=''.join(
                f'{number} {one.name}\n' for one, number in ends
                if one is not end))

    # Commands.

    def run_bytes(self, argv: collections.abc.Sequence[str], *,
                  check: bool = True, timeout: float = limits.EVENT_SECONDS,
                  input: bytes | None = None, user: str | None = None,
                  ) -> subprocess.CompletedProcess[bytes]:
        """Run a command in the machine, with bytes in and out.

        :param check: raise if the command does not exit with 0.
        :param input: what the command reads; nothing by default.
        :param user: run as this user and its groups instead of root.
        :raises AssertionError: with the output, if the command failed or
            took longer than the timeout.
        """
        command = ['nsenter', '--target', str(self._leader), '--all', '--']
        if user is not None:
            command += ['setpriv', f'--reuid={user}', f'--regid={user}',
                        '--init-groups']
        # In a session of its own: nsenter's child would outlive nsenter.
        with subprocess.Popen(
                [*command, *argv], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env={'PATH': keeper.PATH, 'HOME': '/root', 'LANG': 'C.UTF-8',
                     'SYSTEMD_COLORS': '0', 'SYSTEMD_PAGER': ''},
                start_new_session=True) as process:
            late = False
            try:
                out, err = process.communicate(input, timeout)
            except subprocess.TimeoutExpired:
                late = True
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
            if late:
                os.killpg(process.pid, signal.SIGKILL)
                out, err = process.communicate()
        if late or check and process.returncode:
            ending = (f'took longer than {timeout} s' if late
                      else f'exited with {process.returncode}')
            raise AssertionError(
                f'{" ".join(argv)} {ending}\n{out.decode(errors="replace")}'
                f'{err.decode(errors="replace")}')
        return subprocess.CompletedProcess(
            argv, process.returncode, out, err)

    def run(self, argv: collections.abc.Sequence[str], *,
            check: bool = True, timeout: float = limits.EVENT_SECONDS,
            input: str | None = None, user: str | None = None,
            ) -> subprocess.CompletedProcess[str]:
        """Run a command in the machine, with text in and out.

        Parameters and errors are those of :meth:`run_bytes`.
        """
        done = self.run_bytes(
            argv, check=check, timeout=timeout, user=user,
            input=None if input is None else input.encode())
        return subprocess.CompletedProcess(
            argv, done.returncode, done.stdout.decode(errors='replace'),
            done.stderr.decode(errors='replace'))

    def systemctl(self, *arguments: str, check: bool = True,
                  ) -> subprocess.CompletedProcess[str]:
        """Run systemctl; it may wait as long as a unit may take to stop."""
        return self.run(['systemctl', *arguments], check=check)

    def journal(self, *arguments: str) -> str:
        """Give what journalctl prints, everything logged so far included."""
        self.run(['journalctl', '--sync'])
        return self.run(['journalctl', '--no-pager', *arguments],
                        check=False).stdout

    def entries(self, *matches: str) -> list[export_format.Entry]:
        """Give whole journal entries, oldest first.

        :param matches: arguments for journalctl: ``FIELD=value``, ``-u``…
        """
        self.run(['journalctl', '--sync'])
        return export_format.parse(self.run_bytes(
            ['journalctl', '--no-pager', '--all', '--quiet', '--output=export',
             *matches], check=False).stdout)

    def program(self, name: str) -> str:
        """Give the path of a program that is found as the units find it."""
        return self.run(['sh', '-c', 'command -v "$0"', name]).stdout.strip()

    # Units and processes.

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Give properties of a unit, all of them by default."""
        wanted = [f'--property={",".join(properties)}'] if properties else []
        lines = self.systemctl('show', *wanted, unit).stdout.splitlines()
        return dict(line.split('=', 1) for line in lines if '=' in line)

    def pids(self, unit: str) -> list[int]:
        """Give the processes of a unit, in ascending order."""
        return sorted(process.pid for process in self._processes(unit))

    def armed(self, unit: str) -> list[int]:
        """Give a unit's processes that write reports, in ascending order.

        All but multiprocessing's tracker of resources, which is there where
        workers come from its forkserver.
        """
        return sorted(
            process.pid for process in self._processes(unit)
            if 'multiprocessing.resource_tracker' not in process.command)

    def workers(self, unit: str) -> list[int]:
        """Give a unit's workers, in ascending order.

        Children of its main process, or of multiprocessing's forkserver: what
        the main process starts besides is no worker then, not even for as
        long as it is called like it.
        """
        main = int(self.show(unit, 'MainPID')['MainPID'])
        processes = self._processes(unit)
        parents = {process.host_pid for process in processes
                   if (process.pid == main and not self.has_server)
                   or 'multiprocessing.forkserver' in process.command}
        return sorted(process.pid for process in processes
                      if process.host_parent in parents
                      and 'from multiprocessing.' not in process.command)

    @functools.cached_property
    def has_server(self) -> bool:
        """Whether workers come from a server of forks, as with Python 3.14.

        Stock's master starts no other there for one that has ended.
        """
        return self.run([
            self.python, '-c', 'import multiprocessing as module; '
            'print(module.get_start_method())']).stdout.strip() == 'forkserver'

    def host_pid(self, pid: int) -> int:
        """Give the host's number of a process of the machine.

        :raises ProcessLookupError: if the machine has no such process.
        """
        for process in self._processes_below('/'):
            if process.pid == pid:
                return process.host_pid
        raise ProcessLookupError(f'{self.name} has no process {pid}')

    def start(self, unit: str) -> None:
        """Start a daemon and wait until its workers exist."""
        self.systemctl('start', unit)
        self.wait_for(lambda: self.workers(unit), what=f'workers of {unit}',
                      unit=unit)

    def _processes(self, unit: str) -> list[_Process]:
        group = self.show(unit, 'ControlGroup')['ControlGroup']
        return self._processes_below(group) if group else []

    def _processes_below(self, group: str) -> list[_Process]:
        found: list[_Process] = []
        for path in self.path(f'/sys/fs/cgroup{group}').rglob('cgroup.procs'):
            # A group or process that is gone meanwhile is as good as absent.
            with contextlib.suppress(FileNotFoundError):
                for pid in path.read_text().split():
                    with contextlib.suppress(FileNotFoundError,
                                             ProcessLookupError):
                        found.append(_Process.of(int(pid)))
        return found

    def wait_for(self, predicate: collections.abc.Callable[[], typing.Any],
                 timeout: float = limits.EVENT_SECONDS, what: str = '',
                 unit: str | None = None) -> typing.Any:
        """Wait for an event.

        :param predicate: called again and again until it gives a true value.
        :param what: the event, in words, for the error.
        :param unit: whose journal the error shows, everyone's by default.
        :returns: that value.
        :raises AssertionError: if the event does not come in time.
        """
        deadline = time.monotonic() + timeout
        while True:
            value = predicate()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(
                    f'not within {timeout} s: {what or predicate}\n'
                    + self.journal_tail(unit))
            time.sleep(POLL_SECONDS)

    def journal_tail(self, unit: str | None = None, lines: int = 60) -> str:
        """Give the last entries of a unit, or of the machine, to read.

        Without reports, which would fill all of it.
        """
        match = [] if unit is None else ['-u', unit]
        entries = [entry for entry in self.entries(*match)
                   if 'REPORT' not in entry][-lines:]
        return '\n'.join(
            f'{entry.get("SYSLOG_IDENTIFIER")}[{entry.get("_PID")}]: '
            f'{entry.get("MESSAGE")}' for entry in entries)

    # Files.

    def path(self, path: str) -> pathlib.Path:
        """Give the host's view of a file in the machine.

        Not for paths with symbolic links to absolute targets: those would
        lead out of the machine.
        """
        return self._root / path.lstrip('/')

    def write_file(self, path: str, text: str, mode: int = 0o644,
                   owner: str = 'root') -> None:
        """Write a file in the machine, with its directories.

        :param mode: permission bits.
        :param owner: a user of the machine; the file gets its group, too.
        """
        self.run(['install', '-D', f'--mode={mode:o}', f'--owner={owner}',
                  f'--group={owner}', '/dev/stdin', path], input=text)
