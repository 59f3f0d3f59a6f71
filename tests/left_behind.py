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

"""Runs a command, and fails if a process of it is left when it has ended.

tox runs every test suite so: ``python tests/left_behind.py python -m pytest``.
Each process that is left is named, with the test that started it, and killed.

A process whose parent ends becomes a child of this program, whatever session
or process group it is in (``PR_SET_CHILD_SUBREAPER``, Linux 3.4). So it is
found even if it has changed its title and its environment, as Ceilometer's
workers do. This program is none of the processes that the tests know, and
reaps orphans as init does: tests notice nothing.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import pathlib
import signal
import sys
import time

# What was killed last may still be about to end, on a busy machine for long.
GRACE_SECONDS = 120
_COMMAND_CHARACTERS_MAX = 200
_POLL_SECONDS = 0.02

# From <linux/prctl.h>.
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
# From <signal.h>; codes above it are the kernel's own.
_SI_USER = 0


@dataclasses.dataclass(frozen=True)
class Process:
    """A process that is left.

    :ivar pid: its process id
    :ivar command: its command line, or its name if it has none
    :ivar test: the test that started it, if that can be told
    """

    pid: int
    command: str
    test: str | None

    @classmethod
    def of(cls, pid: int) -> Process:
        """Look at a process.

        :raises OSError: if it has ended.
        """
        proc = pathlib.Path(f'/proc/{pid}')
        command = (proc / 'cmdline').read_bytes().rstrip(b'\0')
        command = command or (proc / 'comm').read_bytes().rstrip(b'\n')
        try:
            environment = (proc / 'environ').read_bytes()
        except PermissionError:  # it is of another user
            environment = b''
        # pytest notes there where it is; children inherit that.
        test = next((variable.partition(b'=')[2].decode(errors='replace')
                     for variable in environment.split(b'\0')
                     if variable.startswith(b'PYTEST_CURRENT_TEST=')), None)
        shown = command.replace(b'\0', b' ').decode(errors='backslashreplace')
        # Some are scripts of many lines.
        return cls(pid, ' '.join(shown.split())[:_COMMAND_CHARACTERS_MAX],
                   test)

    def __str__(self) -> str:
        origin = f', started in {self.test}' if self.test else ''
        return f'pid {self.pid}: {self.command}{origin}'


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), 'prctl')


def _reap(status_of: int) -> int | None:
    """Reap children that have ended; give the status of one if it has."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == status_of:
            return status
        if not pid:
            return None


def _descendants() -> list[int]:
    """Give all processes below this one that have not ended."""
    found = []
    below = [os.getpid()]
    while below:
        for path in pathlib.Path(f'/proc/{below.pop()}/task').glob(
                '*/children'):
            try:
                pids = [int(word) for word in path.read_text().split()]
            except OSError:
                continue  # it has ended
            below += pids
            found += pids
    return found


def _left() -> list[Process]:
    """Give what does not end by itself in a while."""
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline:
        try:
            # What has no child has no descendant either: orphans are its own.
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(_POLL_SECONDS)
        except ChildProcessError:
            return []
    left = []
    for pid in _descendants():
        # It may have ended meanwhile.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            left.append(Process.of(pid))
    return left


def _run(command: list[str]) -> int:
    """Run a command to its end; give what the shell would call its status."""
    # Blocked first, so that none is lost before the loop below waits.
    signals = {signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    child = os.fork()
    if not child:
        try:
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            # What a shell starts in the background ignores it for good, and
            # tests send it.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execvp(command[0], command)
        except OSError as error:
            print(f'{command[0]}: {error.strerror}', file=sys.stderr)
        finally:
            os._exit(127)
    while True:
        info = signal.sigwaitinfo(signals)
        if info.si_signo == signal.SIGCHLD:
            status = _reap(child)
            if status is not None:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        # What the kernel sends for a terminal, the child gets as well.
        elif info.si_code <= _SI_USER:
            os.kill(child, info.si_signo)


def main(command: list[str]) -> int:
    """Run a command; give its exit status, or 1 if a process is left."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    status = _run(command)
    left = _left()
    if left:
        print(f'{len(left)} processes are left behind:', file=sys.stderr)
    for process in left:
        print(f'  {process}', file=sys.stderr)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    return status or bool(left)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
