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

"""The Python stacks of another process, by a program that is installed.

``pystack`` or ``py-spy``, never in a mode in which the process is stopped or
waited for: a process that waits in the kernel would never stop, and this
command with it. Local variables are not asked for.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from typing import NamedTuple

from ceilometer.diagnostics.command import masked
from ceilometer.diagnostics.command import system

#: So long such a program may take, seconds.
STACKS_SECONDS_MAX = 8

#: So many lines, and characters of a line, are kept of what it prints.
STACK_LINES_MAX = 400
STACK_LINE_CHARS_MAX = 160

_PRINTED_BYTES_MAX = 1024 * 1024

_PROGRAMS = {
    'pystack': ('remote', '--no-block', '{pid}'),
    'py-spy': ('dump', '--nonblocking', '--pid', '{pid}'),
}

#: What to do where neither is there.
INSTALL = ('no Python stacks: install pystack or py-spy beside '
           'ceilometer-diagnostics')

_HOLDER = re.compile(r'thread (\d+)\b.*\[[^]]*\bHas the GIL\b', re.IGNORECASE)


class Stacks(NamedTuple):
    """What such a program has told.

    :ivar program: its name; None if none is installed
    :ivar lines: what it has printed, without secrets
    :ivar problem: why there are no stacks, or not all; None for all
    :ivar holder: id of the thread that has the interpreter; None if not told
    """

    program: str | None
    lines: list[str]
    problem: str | None
    holder: int | None = None


def find() -> tuple[str, str] | None:
    """The program to ask, and its path; None if there is none."""
    beside = os.path.dirname(sys.executable)
    for name in _PROGRAMS:
        path = shutil.which(name) or shutil.which(name, path=beside) or (
            shutil.which(name, path=system.DEFAULT_PATH))
        if path:
            return name, path
    return None


def read(pid: int, found: tuple[str, str] | None,
         seconds: float = STACKS_SECONDS_MAX) -> Stacks:
    """Ask for the Python stacks of a process.

    :param pid: the process
    :param found: what :func:`find` gave
    :param seconds: how long that may take
    """
    if found is None:
        return Stacks(None, [], INSTALL)
    name, path = found
    command = [path, *(word.format(pid=pid) for word in _PROGRAMS[name])]
    # a file, and no pipe: what it has printed until it is killed counts
    with tempfile.TemporaryFile() as printed:
        problem = None
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=printed,
                stderr=subprocess.STDOUT, timeout=seconds, cwd='/')
            if done.returncode:
                problem = f'{name} fails with exit code {done.returncode}'
        except subprocess.TimeoutExpired:
            problem = f'{name} did not end within {seconds:g} s, and was ended'
        except OSError as error:
            problem = f'{name}: {error.strerror or error}'
        printed.seek(0)
        text = printed.read(_PRINTED_BYTES_MAX).decode(
            errors='backslashreplace')
    if problem is not None:
        # a line that was being written may end within a secret
        text = text[:text.rfind('\n') + 1]
    # what is cut is not recognized any more
    lines = [masked.text(line.replace('\t', '    '))[:STACK_LINE_CHARS_MAX]
             for line in text.splitlines()[:STACK_LINES_MAX] if line.strip()
             # py-spy prints the command line, which has a masker of its own
             and not line.startswith(f'Process {pid}: ')]
    if len(text.splitlines()) > STACK_LINES_MAX:
        problem = problem or (f'only the first {STACK_LINES_MAX} lines of '
                              f'{name} are kept')
    holder = next((int(told[1]) for told in map(_HOLDER.search, lines)
                   if told), None)
    return Stacks(name, lines, problem, holder)
