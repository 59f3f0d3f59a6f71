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

"""What a unit's ``ExecStart`` would run, as which user, and what it finds.

Nothing is started but a probe: the interpreter of the program, with
:mod:`..daemon.dry_start`.
"""

from __future__ import annotations

import dataclasses
import grp
import json
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
from typing import Any

from ceilometer.diagnostics.command import system
import ceilometer_diagnostics_start

#: How long the probe may take, seconds: it imports what a daemon imports.
PROBE_SECONDS_MAX = 60

_PROBE = """\
try:
    import ceilometer_diagnostics_start
except ImportError:
    raise SystemExit('ceilometer-diagnostics is not installed for it')
try:
    ceilometer_diagnostics_start.find_package()
except ImportError:
    raise SystemExit('Ceilometer is not installed for it')
from ceilometer.diagnostics.daemon import dry_start
dry_start.main()
"""

# Options of env(1) whose value is the next argument.
_ENV_WITH_VALUE = ('-u', '--unset', '-C', '--chdir')
_ASSIGNMENT = re.compile(r'[A-Za-z_][A-Za-z0-9_]*=')

#: What the line before a program's interpreter may say (execve(2)).
_SCRIPT_BYTES_MAX = 4096

_OWN_COMMAND = 'ceilometer-diagnostics'


@dataclasses.dataclass
class Start:
    """How a unit starts its main process.

    :ivar unit: its name
    :ivar user: its ``User=``, ``root`` if it has none
    :ivar environment: the variables of the process
    :ivar arguments: the command line: what sets up the process is taken off
    :ivar path: of the program, None if it is not found
    :ivar holds_signals: whether both signals are blocked and ignored before
        the program starts
    :ivar by_run: whether ``ceilometer-diagnostics run`` starts the program
    """

    unit: str
    user: str
    environment: dict[str, str]
    arguments: list[str]
    path: str | None = None
    holds_signals: bool = False
    by_run: bool = False

    @property
    def program(self) -> str:
        """The program as the unit names it."""
        return self.arguments[0] if self.arguments else ''

    @property
    def armed(self) -> bool:
        """Whether the daemon is told to write reports."""
        value = self.environment.get(ceilometer_diagnostics_start.VARIABLE)
        return self.by_run or (
            value is not None
            and ceilometer_diagnostics_start.is_on(value) is True)


def of(properties: dict[str, str]) -> Start:
    """How a unit starts.

    :param properties: of the unit, as ``systemctl show`` tells them:
        ``Id``, ``User``, ``Environment``, ``ExecStart``
    """
    environment = {'PATH': system.manager_path(), 'LANG': 'C.UTF-8'}
    environment.update(_assignments(properties.get('Environment', '')))
    found = re.search(r'argv\[\]=(.*?) ; ', properties.get('ExecStart', ''))
    start = Start(
        unit=properties.get('Id', ''),
        user=properties.get('User') or 'root', environment=environment,
        arguments=found[1].split() if found else [])
    _unwrap(start)
    if start.program:
        start.path = (
            start.program if os.path.isabs(start.program)
            else shutil.which(start.program, path=start.environment['PATH']))
    return start


def _assignments(text: str) -> dict[str, str]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    return dict(word.split('=', 1) for word in words if '=' in word)


def _unwrap(start: Start) -> None:
    """Take env(1) and our own ``run`` off a command line."""
    words = start.arguments
    blocked = ignored = False
    while words:
        if os.path.basename(words[0]) == 'env':
            at = 1
            while at < len(words):
                word = words[at]
                name, _, value = word.partition('=')
                if name == '--block-signal':
                    blocked = blocked or _both(value)
                elif name == '--ignore-signal':
                    ignored = ignored or _both(value)
                elif _ASSIGNMENT.match(word):
                    start.environment[name] = value
                elif word in _ENV_WITH_VALUE:
                    at += 1
                elif not word.startswith('-'):
                    break
                at += 1
            words = words[at:]
        elif (os.path.basename(words[0]) == _OWN_COMMAND
              and words[1:2] == ['run'] and words[2:]):
            start.by_run = True
            words = words[2:]
        else:
            break
    start.arguments = words
    start.holds_signals = blocked and ignored


def _both(value: str) -> bool:
    # no names: all signals
    names = {name.upper().removeprefix('SIG') for name in value.split(',')}
    return not value or {'USR1', 'USR2'} <= names


def interpreter(path: str) -> list[str] | None:
    """The command that a script of Python is run by, None for another.

    :param path: of the script
    :raises OSError: it cannot be read
    """
    with open(path, 'rb') as file:
        text = os.fsdecode(file.read(_SCRIPT_BYTES_MAX))
    lines = text.splitlines()
    words = lines[0][2:].split() if text.startswith('#!') else []
    if words and os.path.basename(words[0]) == 'sh' and len(lines) > 1:
        # pip's way around a path that is too long for the first line
        found = re.match(r"'''exec' \"?([^\"]+?)\"? \"\$0\" \"\$@\"", lines[1])
        words = [found[1]] if found else words
    if words and os.path.basename(words[0]) == 'env':
        words = [word for word in words[1:] if word != '-S']
    if words and os.path.basename(words[0]).startswith('python'):
        return words
    return None


class Unusable(Exception):
    """The program cannot be what the unit needs; the message says why."""


def probe(start: Start) -> dict[str, Any]:
    """What the interpreter of a program finds, see ``dry_start``.

    :param start: how the program is started
    :raises Unusable: it is not found, or its user cannot run it
    """
    if start.path is None:
        raise Unusable(
            f'{start.program}: not found in {start.environment["PATH"]}')
    try:
        user = pwd.getpwnam(start.user)
    except KeyError:
        raise Unusable(f'there is no user {start.user}') from None
    try:
        command = interpreter(start.path)
    except OSError as error:
        raise Unusable(f'{start.path}: {error.strerror}') from None
    if command is None:
        raise Unusable(
            f'{start.path} is no program of Python: what it starts can be '
            'seen only while the unit runs')
    environment = {
        **start.environment, ceilometer_diagnostics_start.VARIABLE: '1'}
    if os.path.basename(start.path) not in (
            ceilometer_diagnostics_start.DAEMONS):
        raise Unusable(
            f'{start.path} is no daemon of Ceilometer: expected '
            + ' or '.join(sorted(ceilometer_diagnostics_start.DAEMONS)))
    identity: dict[str, Any] = {}
    if os.geteuid() == 0 and user.pw_uid != 0:
        identity = {'user': user.pw_uid, 'group': user.pw_gid,
                    'extra_groups': os.getgrouplist(
                        user.pw_name, user.pw_gid)}
        _executable(start.path, identity)
    try:
        done = subprocess.run(
            [*command, '-c', _PROBE, *start.arguments[1:]], cwd='/',
            env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors='replace', timeout=PROBE_SECONDS_MAX,
            **identity)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unusable(
            f'{command[0]} as user {start.user}: {error}') from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ['it fails'])[-1]
        raise Unusable(f'{command[0]} as user {start.user}: {last}')
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise Unusable(f'{command[0]}: printed {done.stdout[:80]!r}') from None
    return told


def _executable(path: str, identity: dict[str, Any]) -> None:
    """Have it said which directory a user cannot enter.

    :raises Unusable: the user may not run the file
    """
    groups = {identity['group'], *identity['extra_groups']}
    parts = os.path.realpath(path).split('/')
    for end in range(1, len(parts) + 1):
        place = '/'.join(parts[:end]) or '/'
        try:
            mode = os.stat(place)
        except OSError as error:
            raise Unusable(f'{place}: {error.strerror}') from None
        bit = (stat.S_IXUSR if mode.st_uid == identity['user']
               else stat.S_IXGRP if mode.st_gid in groups else stat.S_IXOTH)
        if not mode.st_mode & bit:
            name = pwd.getpwuid(identity['user']).pw_name
            raise Unusable(f'{place}: user {name} may not '
                           + ('run it' if end == len(parts) else 'enter it'))


def readers() -> list[str]:
    """The users that may read the system journal beside root, by group."""
    found: set[str] = set()
    # systemd-journald.service(8): these groups get access by default
    for name in ('systemd-journal', 'adm', 'wheel'):
        try:
            found.update(grp.getgrnam(name).gr_mem)
        except KeyError:
            continue
    return sorted(found)
