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
container whose root is an overlay over the host's own root directory: what
the machine changes lives in memory and is gone with it. Inside are the
units of this tree, a virtualenv with Ceilometer from PyPI and this project's
wheel, and a configuration that is enough for the daemons to start. The
machine has a network of its own, with nothing but a loopback interface, and
a cable to another machine if a test lays one.

A keeper process owns all of it: the mounts are in its mount namespace, the
container is its child, and it watches the process that asked for the
machine. However that one ends, the keeper leaves nothing behind.

Run as a script, this file is that keeper. It needs the standard library
only, root, Linux 5.8, systemd-nspawn and Debian's python3-venv.
"""

from __future__ import annotations

import collections.abc
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import types
import typing
import uuid

TREE = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path('/var/cache/ceilometer-diagnostics')
# Programs of a virtualenv name its path, so it is built where it will run.
PREFIX = pathlib.Path('/opt/ceilometer')
# User ceilometer cannot read an interpreter below root's home directory.
PYTHON = '/usr/bin/python3'
# A machine is named for its keeper's process id.
NAME_PREFIX = 'ceilometer-machine-'
PATH = f'{PREFIX}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'

BOOT_SECONDS = 60
COMMAND_SECONDS = 30
EVENT_SECONDS = 30
POWEROFF_SECONDS = 100  # more than a unit's TimeoutStopSec
POLL_SECONDS = 0.02

CEILOMETER_CONF = """\
[DEFAULT]
# Nothing listens there: the daemons log that, and try again.
transport_url = rabbit://ceilometer:broker-secret@127.0.0.1:5672/

[service_credentials]
auth_type = password
auth_url = http://127.0.0.1:5000/v3
username = ceilometer
password = keystone-secret
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne
"""

# How the units find a virtualenv: one drop-in for every ceilometer-*.service.
VENV_DROPIN = f"""\
[Service]
Environment=PATH={PATH}
"""

# A journal entry; a field that occurs more than once has a list.
Entry = dict[str, typing.Any]


class MachineError(Exception):
    """The machine cannot be built, booted or reached; the text says why."""


def check_host() -> None:
    """Tell whether this host can boot a machine.

    :raises MachineError: if not, with what is missing.
    """
    if os.geteuid() != 0:
        raise MachineError('booting a machine needs root')
    for program in ('systemd-nspawn', 'unshare', 'nsenter', 'mount',
                    'setpriv', PYTHON):
        if shutil.which(program) is None:
            raise MachineError(f'{program} is not installed, see bindep.txt')


def _call(argv: list[str]) -> None:
    """Run a step of the construction; its output is the error message."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    if done.returncode:
        raise MachineError(
            f'{" ".join(argv)} exited with {done.returncode}:\n{done.stdout}')


def _pip(directory: pathlib.Path, script: str, *arguments: str) -> None:
    """Run a shell script that sees a directory as PREFIX; nobody else does.

    :param directory: the virtualenv, or where to make it.
    :param script: what to do; ``$pip`` installs, ``$1`` is an argument.
    :raises MachineError: if it fails, with its output.
    """
    # The first mount may hide the directory; its descriptor stays.
    at_prefix = f"""
        exec 9<"$1"; shift
        mount -t tmpfs tmpfs {PREFIX.parent}
        mkdir {PREFIX}
        mount --bind /proc/self/fd/9 {PREFIX}
        exec 9<&-
        umask 022
        pip='{PREFIX}/bin/pip install --quiet --no-input
            --disable-pip-version-check --root-user-action=ignore'
        {script}
    """
    _call(['unshare', '--mount', '--propagation', 'private',
           'sh', '-euc', at_prefix, 'sh', str(directory), *arguments])


def virtualenv() -> pathlib.Path:
    """Give a virtualenv with Ceilometer, without this project.

    Built from PyPI in half a minute, unless an earlier one has the same
    requirements and interpreter.

    :raises MachineError: if pip fails, with its output.
    """
    requirements = pathlib.Path(__file__).with_name('requirements.txt')
    version = subprocess.check_output([PYTHON, '-VV'])
    digest = hashlib.sha256(requirements.read_bytes() + version).hexdigest()
    wanted = CACHE / f'venv-{digest[:16]}'
    CACHE.mkdir(mode=0o755, parents=True, exist_ok=True)
    with open(CACHE / 'lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wanted.exists():
            unfinished = CACHE / 'unfinished'
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(mode=0o755)
            _pip(unfinished,
                 f'{PYTHON} -m venv {PREFIX}; '
                 '$pip wheel "setuptools>=61" -r "$1"', str(requirements))
            unfinished.rename(wanted)
    return wanted


# The keeper. Everything down to its main function runs in a process and a
# mount namespace of its own.

def _cgroup_root() -> pathlib.Path:
    """Find the unified hierarchy; beside cgroup v1 it is a level lower."""
    for path in ('/sys/fs/cgroup', '/sys/fs/cgroup/unified'):
        if os.path.exists(f'{path}/cgroup.procs') and os.path.exists(
                f'{path}/cgroup.controllers'):
            return pathlib.Path(path)
    raise MachineError('this host has no cgroup2 hierarchy')


def _remove_cgroups() -> None:
    """Remove this keeper's control groups and those of killed keepers."""
    pattern = f'{NAME_PREFIX}*'
    # Beside cgroup v1, nspawn makes one in the hierarchy "systemd", too.
    top = pathlib.Path('/sys/fs/cgroup')
    for path in (*top.glob(pattern), *top.glob(f'*/{pattern}')):
        keeper = path.name.rpartition('-')[2]
        if keeper == str(os.getpid()) or not os.path.exists(
                f'/proc/{keeper}'):
            _remove_cgroup(path)


def _remove_cgroup(path: pathlib.Path) -> None:
    with contextlib.suppress(OSError):  # cgroup v1 does not have it
        (path / 'cgroup.kill').write_text('1')
    deadline = time.monotonic() + EVENT_SECONDS
    while path.exists():
        for directory, _, _ in os.walk(path, topdown=False):
            # Busy until the kernel has done with the last process.
            with contextlib.suppress(OSError):
                os.rmdir(directory)
        if time.monotonic() > deadline:
            raise MachineError(f'{path} cannot be removed')
        time.sleep(POLL_SECONDS)


def _write(path: pathlib.Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text)


def _prepare(root: pathlib.Path, name: str) -> None:
    """Turn a copy of the host's root into that of a plain, quiet machine."""
    # The host's own services, mounts and settings must not come up twice:
    # what an administrator or a package enabled is forgotten, what systemd
    # itself brings is kept.
    for path in (root / 'etc/systemd', root / 'var/log/journal',
                 root / 'etc/ceilometer', *root.glob('etc/rc?.d')):
        shutil.rmtree(path, ignore_errors=True)
    generators = root / 'etc/systemd/system-generators'
    generators.mkdir(parents=True)
    for path in root.glob('usr/lib/systemd/system-generators/*'):
        (generators / path.name).symlink_to('/dev/null')
    _write(root / 'etc/fstab', '')
    _write(root / 'etc/hostname', f'{name}\n')
    _write(root / 'etc/hosts',
           f'127.0.0.1 localhost {name}\n::1 localhost {name}\n')
    # An id of its own, and not "uninitialized": that would enable again what
    # was forgotten above.
    _write(root / 'etc/machine-id', f'{uuid.uuid4().hex}\n')
    system = root / 'etc/systemd/system'
    system.mkdir()
    (system / 'default.target').symlink_to(
        '/usr/lib/systemd/system/multi-user.target')
    _write(root / 'etc/systemd/journald.conf',
           '[Journal]\nStorage=persistent\n')
    (root / 'var/log/journal').mkdir()
    _call(['systemd-sysusers', f'--root={root}', '--inline',
           'u ceilometer - "OpenStack Ceilometer" /var/lib/ceilometer'])


def _install(root: pathlib.Path, venv: pathlib.Path,
             scratch: pathlib.Path) -> None:
    """Put Ceilometer, this project, its units and a configuration in place.

    The units go where a plain ``pip install`` on Debian puts them.
    """
    prefix = root / PREFIX.relative_to('/')
    prefix.mkdir(parents=True, exist_ok=True)
    _overlay(venv, prefix, scratch / 'venv')
    # setuptools writes into the tree that it builds.
    source = scratch / 'source'
    source.mkdir()
    for item in ('ceilometer', 'etc'):
        shutil.copytree(TREE / item, source / item,
                        ignore=shutil.ignore_patterns('__pycache__'))
    for item in ('LICENSE', 'README.rst', 'ceilometer_diagnostics.py',
                 'pyproject.toml', 'setup.cfg'):
        shutil.copy(TREE / item, source)
    _pip(prefix, '$pip --no-deps --no-build-isolation "$1"', str(source))
    units = root / 'usr/local/lib/systemd/system'
    shutil.copytree(prefix / 'lib/systemd/system', units, dirs_exist_ok=True)
    _write(root / 'etc/systemd/system/ceilometer-.service.d/venv.conf',
           VENV_DROPIN)
    shutil.copytree(prefix / 'etc/ceilometer', root / 'etc/ceilometer')
    _write(root / 'etc/ceilometer/ceilometer.conf', CEILOMETER_CONF)
    # It has passwords; only the host's user database differs.
    secret = '/etc/ceilometer/ceilometer.conf'
    _call(['chroot', str(root), 'chgrp', 'ceilometer', secret])
    _call(['chroot', str(root), 'chmod', '0640', secret])


def _overlay(lower: pathlib.Path, where: pathlib.Path,
             scratch: pathlib.Path) -> None:
    """Mount a directory so that changes go to a scratch directory."""
    for name in ('upper', 'work'):
        (scratch / name).mkdir(parents=True)
    _call(['mount', '-t', 'overlay', 'overlay', '-o',
           f'lowerdir={lower},upperdir={scratch}/upper,workdir={scratch}/work',
           str(where)])


def _keep(owner: int, venv: pathlib.Path) -> None:
    """Boot a machine, keep it as long as its owner lives, clean up."""
    owner_fd = os.pidfd_open(owner)
    if os.getppid() != owner:
        return
    name = f'{NAME_PREFIX}{os.getpid()}'
    # Seen by nobody else. nspawn leaves files in /run/systemd, too.
    _call(['mount', '-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', '/run'])
    scratch = pathlib.Path('/run', name)
    root = scratch / 'root'
    root.mkdir(parents=True)
    _overlay(pathlib.Path('/'), root, scratch / 'changes')
    _prepare(root, name)
    _install(root, venv, scratch)

    # Before the boot, a directory that a killed keeper left may be in the way;
    # after it, this keeper's own.
    _remove_cgroups()
    # Two systemds in one control group end one another's processes.
    cgroup = _cgroup_root() / name
    cgroup.mkdir()
    try:
        _boot(owner_fd, name, root, cgroup)
    finally:
        _remove_cgroups()


def _boot(owner_fd: int, name: str, root: pathlib.Path,
          cgroup: pathlib.Path) -> None:
    """Run the container until it powers off or its owner is gone."""
    output = root.parent / 'console'
    with (socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready,
          open(output, 'wb') as console):
        ready.bind(f'\0{name}')
        nspawn = subprocess.Popen(
            ['sh', '-euc', 'echo $$ >"$1"; shift; exec "$@"',
             'sh', str(cgroup / 'cgroup.procs'),
             # Should the keeper itself be killed, so is the machine.
             'setpriv', '--pdeathsig', 'KILL',
             'systemd-nspawn', '--quiet', '--register=no', '--keep-unit',
             f'--directory={root}', f'--machine={name}', '--link-journal=no',
             '--private-network', '--resolv-conf=off', '--timezone=off',
             '--notify-ready=yes', '--console=pipe',
             '/usr/lib/systemd/systemd'],
            stdin=subprocess.DEVNULL, stdout=console, stderr=console,
            env={'PATH': PATH, 'NOTIFY_SOCKET': f'@{name}',
                 'SYSTEMD_NSPAWN_UNIFIED_HIERARCHY': '1'})
        try:
            if not _wait_for_boot(owner_fd, nspawn.pid, ready):
                raise MachineError('the machine does not boot:\n'
                                   + output.read_text(errors='replace'))
            # nspawn's only child is the machine's first process.
            leader = int(pathlib.Path(
                f'/proc/{nspawn.pid}/task/{nspawn.pid}/children').read_text())
            print(json.dumps({'leader': leader, 'name': name}), flush=True)
            _wait(None, owner_fd, 0, os.pidfd_open(nspawn.pid))
        finally:
            nspawn.kill()
            nspawn.wait()


def _wait(seconds: float | None, *descriptors: int) -> set[int]:
    """Wait for descriptors to be readable or closed; give which are."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return {ready for ready, _ in poll.poll(seconds and 1000 * seconds)}


def _wait_for_boot(owner_fd: int, nspawn: int, ready: socket.socket) -> bool:
    """Wait for nspawn to say that systemd says it has booted."""
    # Its end is an answer as well; so is that of the owner, or of its wish.
    ends = {owner_fd, 0, os.pidfd_open(nspawn)}
    deadline = time.monotonic() + BOOT_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        events = _wait(left, ready.fileno(), *ends)
        if events & ends:
            return False
        if events and b'READY=1' in ready.recv(4096).splitlines():
            return True
    return False


def _keeper_main(owner: int, venv: pathlib.Path) -> None:
    # The owner decides; the terminal's Ctrl-C is for the owner.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    try:
        _keep(owner, venv)
    except MachineError as error:
        print(json.dumps({'error': str(error)}), flush=True)
        sys.exit(1)


# The owner's side.

def parse_export(data: bytes) -> list[Entry]:
    """Read journal entries in the export format, exactly.

    Values become text; bytes that are not UTF-8 become lone surrogates, so
    that ``value.encode('utf-8', 'surrogateescape')`` gives them back.

    :raises ValueError: if the data are not whole entries in that format.
    """
    entries: list[Entry] = []
    entry: Entry = {}
    position = 0
    while position < len(data):
        end = data.index(b'\n', position)
        line = data[position:end]
        position = end + 1
        if not line:
            entries.append(entry)
            entry = {}
            continue
        name, equals, value = line.partition(b'=')
        if not equals:
            size = int.from_bytes(data[position:position + 8], 'little')
            position += 8
            value = data[position:position + size]
            position += size
            if len(value) != size or data[position:position + 1] != b'\n':
                raise ValueError(f'field {name!r} is cut short')
            position += 1
        text = value.decode('utf-8', 'surrogateescape')
        key = name.decode('ascii')
        if key not in entry:
            entry[key] = text
        elif isinstance(entry[key], list):
            entry[key].append(text)
        else:
            entry[key] = [entry[key], text]
    if entry:
        raise ValueError('the last entry is cut short')
    return entries


class _Process(typing.NamedTuple):
    """A process of the machine, with its host's numbers, too."""

    pid: int
    host_pid: int
    host_parent: int

    @classmethod
    def of(cls, host_pid: int) -> _Process:
        """Look a process up by the host's number."""
        lines = pathlib.Path(f'/proc/{host_pid}/status').read_text()
        status = dict(line.split(':', 1) for line in lines.splitlines())
        return cls(int(status['NSpid'].split()[-1]), host_pid,
                   int(status['PPid']))


class Machine:
    """A booted machine; a context manager that powers it off.

    All times are in seconds. Process ids are the machine's own.
    """

    def __init__(self) -> None:
        """Boot; returns when systemd says that it has finished.

        :raises MachineError: if the host or the boot is not up to it.
        """
        check_host()
        venv = virtualenv()
        self._keeper = subprocess.Popen(
            ['unshare', '--mount', '--propagation', 'private',
             sys.executable, '-I', __file__, str(os.getpid()), str(venv)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True)
        try:
            assert self._keeper.stdout is not None
            # The keeper limits the time of everything it does.
            answer = json.loads(self._keeper.stdout.readline() or '{}')
            if 'leader' not in answer:
                raise MachineError(answer.get(
                    'error', 'the keeper died, see its standard error'))
        except BaseException:
            self._release()
            raise
        self.name: str = answer['name']
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

        :raises MachineError: if that took too long; it is then gone anyway.
        """
        if self._keeper.poll() is not None:
            return
        try:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._leader, signal.SIGRTMIN + 3)
            self._keeper.wait(POWEROFF_SECONDS)
        except subprocess.TimeoutExpired:
            raise MachineError(
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
        :raises MachineError: if one of them has.
        """
        cable = 'cable'
        _call(['ip', 'link', 'add', cable, 'netns', str(self._leader),
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
                  check: bool = True, timeout: float = COMMAND_SECONDS,
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
                env={'PATH': PATH, 'HOME': '/root', 'LANG': 'C.UTF-8',
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
            check: bool = True, timeout: float = COMMAND_SECONDS,
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
                  timeout: float = POWEROFF_SECONDS,
                  ) -> subprocess.CompletedProcess[str]:
        """Run systemctl; it may wait as long as a unit may take to stop."""
        return self.run(['systemctl', *arguments], check=check,
                        timeout=timeout)

    def journal(self, *arguments: str) -> str:
        """Give what journalctl prints, everything logged so far included."""
        self.run(['journalctl', '--sync'])
        return self.run(['journalctl', '--no-pager', *arguments],
                        check=False).stdout

    def entries(self, *matches: str) -> list[Entry]:
        """Give whole journal entries, oldest first.

        :param matches: arguments for journalctl: ``FIELD=value``, ``-u``…
        """
        self.run(['journalctl', '--sync'])
        return parse_export(self.run_bytes(
            ['journalctl', '--no-pager', '--all', '--quiet', '--output=export',
             *matches], check=False).stdout)

    # Units and processes.

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """Give properties of a unit, all of them by default."""
        wanted = [f'--property={",".join(properties)}'] if properties else []
        lines = self.systemctl('show', *wanted, unit).stdout.splitlines()
        return dict(line.split('=', 1) for line in lines if '=' in line)

    def pids(self, unit: str) -> list[int]:
        """Give the processes of a unit, in ascending order."""
        return sorted(process.pid for process in self._processes(unit))

    def workers(self, unit: str) -> list[int]:
        """Give the children of a unit's main process, in ascending order."""
        main = int(self.show(unit, 'MainPID')['MainPID'])
        processes = self._processes(unit)
        parents = {process.host_pid for process in processes
                   if process.pid == main}
        return sorted(process.pid for process in processes
                      if process.host_parent in parents)

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
                 timeout: float = EVENT_SECONDS, what: str = '',
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


if __name__ == '__main__':
    _keeper_main(int(sys.argv[1]), pathlib.Path(sys.argv[2]))
