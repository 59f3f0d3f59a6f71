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

"""Processes of units, as /proc tells of them."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import signal

from ceilometer.diagnostics.command import masked
from ceilometer.diagnostics import fields
from ceilometer.diagnostics.outside import proc_files

#: What asks a process for a report.
SIGNAL = signal.SIGUSR1

_BIT = 1 << (SIGNAL - 1)


@dataclasses.dataclass(frozen=True)
class Process:
    """A process of a unit.

    :ivar pid: process id
    :ivar name: its command name without secrets
    :ivar command: its command line without secrets, or its name in brackets
    :ivar start_stack: where its stack began: the same in all processes that
        were forked from one another and have executed no other program; 0
        for who may not see that
    :ivar dies: whether the signal would end it
    :ivar armed: whether it holds what the armed processes of a service share;
        False for who may not see that
    :ivar inner_pid: its id in its own pid namespace: in a container it is
        another one
    :ivar started: when it was started, in ticks since the boot: with its id,
        no other process has the same
    """

    pid: int
    name: str
    command: str
    start_stack: int
    dies: bool
    armed: bool = False
    inner_pid: int = 0
    started: int = 0

    @property
    def origin(self) -> int | str:
        """The same in all processes of one program, as far as can be seen."""
        return self.start_stack or self.name


def look_at(pid: int, root: pathlib.Path = pathlib.Path('/proc'),
            ) -> Process | None:
    """Look at a process; None if it is gone.

    :param pid: process id
    :param root: where /proc is mounted
    """
    directory = root / str(pid)
    try:
        name = (directory / 'comm').read_text(errors='replace').rstrip('\n')
        command = masked.command_line((directory / 'cmdline').read_bytes(
            ).decode(errors='backslashreplace').split('\0'))
        # which anybody may choose, a secret and a parenthesis in it
        name = masked.text(name)
        values = (directory / 'stat').read_text(
            errors='replace').rpartition(')')[2].split()
        if values[0] in 'ZX':
            return None
        inner_pids = proc_files.status(directory).get('NSpid', '').split()
        return Process(
            pid=pid, name=name, command=command or f'[{name}]',
            # the kernel ends no first process of a namespace by a signal
            # that it has not asked for
            start_stack=int(values[25]), dies=_dies(directory) and (
                inner_pids[1:] == [] or inner_pids[-1] != '1'),
            armed=_armed(directory),
            inner_pid=int(inner_pids[-1]) if inner_pids else pid,
            started=int(values[19]))
    except (FileNotFoundError, ProcessLookupError):
        return None


def _armed(directory: pathlib.Path) -> bool:
    """Whether a process has what :mod:`..daemon.turn` has made."""
    try:
        for descriptor in (directory / 'fd').iterdir():
            try:
                if fields.TURN_NAME in os.readlink(descriptor):
                    return True
            except OSError:
                # it has been closed meanwhile
                continue
    except OSError:
        # it has ended, or not everyone may look there
        pass
    return False


def _dies(directory: pathlib.Path) -> bool:
    """Whether the signal has its default effect, and a thread to take it."""
    for task in (directory / 'task').iterdir():
        try:
            told = proc_files.status(task)
        except (FileNotFoundError, ProcessLookupError):
            continue
        blocked, ignored, caught = (
            int(told[name].strip(), 16) & _BIT
            for name in ('SigBlk', 'SigIgn', 'SigCgt'))
        if not (blocked or ignored or caught):
            return True
    return False


def state(pid: int) -> str | None:
    """What the kernel tells of a process that does not answer.

    :param pid: process id
    :returns: a few words, None if it has ended
    """
    directory = pathlib.Path(f'/proc/{pid}')
    try:
        told = proc_files.status(directory)
    except (FileNotFoundError, ProcessLookupError):
        return None
    if told['State'].split()[0] in 'ZX':
        # nobody has taken notice of its end yet
        return None
    words = [f'state {" ".join(told["State"].split())}']
    try:
        waits = (directory / 'wchan').read_text().strip()
        if waits not in ('', '0'):
            words.append(f'in {waits}')
    except OSError:
        # not everyone may look there
        pass
    pending = int(told['ShdPnd'].strip(), 16) & _BIT
    if pending:
        words.append('the signal is pending')
    return ', '.join(words)
