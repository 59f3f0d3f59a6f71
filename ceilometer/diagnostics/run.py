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

"""Starts an unmodified daemon of Ceilometer, armed to write reports.

``ceilometer-diagnostics run ceilometer-polling ARGS…`` becomes that daemon: it
sets ``CEILOMETER_DIAGNOSTICS=1`` and executes the daemon's own program in this
very process, which keeps its pid. Both signals are blocked and ignored
already, so that none ends the process before the daemon's interpreter has
started.
"""

from __future__ import annotations

from importlib import metadata
import os
import shutil
import site
import sys
from typing import NoReturn

import ceilometer_diagnostics_start

DISTRIBUTION = 'ceilometer'

#: As argparse and systemd's own tools have it for a wrong command line.
EXIT_USAGE = 2

USAGE = """\
usage: ceilometer-diagnostics run DAEMON [ARG ...]

Become a daemon of the installed Ceilometer, unmodified. The daemon writes a
diagnostic report to the journal on SIGUSR1 and SIGUSR2. This sets
CEILOMETER_DIAGNOSTICS=1 and executes the daemon's program; a unit can set the
variable itself.

DAEMON is ceilometer-polling or ceilometer-agent-notification. All arguments
after it are passed to the daemon.

examples:
  ceilometer-diagnostics run ceilometer-polling --polling-namespaces central
  ceilometer-diagnostics run ceilometer-agent-notification

Then, from another terminal:
  kill -USR1 PID
  journalctl REPORT=1
"""


class CannotRun(Exception):
    """The daemon cannot be started; the message says why, on one line."""


def main(argv: list[str]) -> NoReturn:
    """Become the daemon; ends as the daemon ends.

    :param argv: the arguments of ``run``: daemon and its own arguments
    """
    if argv[:1] in (['-h'], ['--help']):
        print(USAGE, end='')
        sys.exit(0)
    try:
        if not argv:
            raise CannotRun('run: expected the name of a daemon; see '
                            'ceilometer-diagnostics run --help')
        if argv[0].startswith('-'):
            raise CannotRun(f'run: {argv[0]!r}: expected the name of a daemon '
                            'before its options')
        path = find(argv[0])
        _become(path, argv[1:])
    except CannotRun as error:
        print(f'ceilometer-diagnostics: {error}', file=sys.stderr)
        sys.exit(EXIT_USAGE)


def find(name: str) -> str:
    """The program of that name of the installed Ceilometer.

    :param name: ``ceilometer-polling``
    :returns: its path
    :raises CannotRun: it is no daemon, or not installed
    """
    if name not in ceilometer_diagnostics_start.DAEMONS:
        raise CannotRun(
            f'run: {name!r} is not a daemon of Ceilometer: expected one of '
            + ', '.join(sorted(ceilometer_diagnostics_start.DAEMONS)))
    try:
        distribution = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        raise CannotRun(
            f'run: Ceilometer is not installed for {sys.executable}') from None
    # where pip has put it; distributions do not say
    for file in distribution.files or ():
        if file.name == name and file.parent.name == 'bin':
            path = os.path.normpath(str(file.locate()))
            if os.access(path, os.X_OK):
                return path
    beside = os.path.join(os.path.dirname(sys.executable), name)
    for found in (beside, shutil.which(name)):
        if found is not None and os.access(found, os.X_OK):
            return found
    raise CannotRun(
        f'run: {name} is not in {os.path.dirname(sys.executable)}, and not '
        'found by PATH')


def _become(path: str, arguments: list[str]) -> NoReturn:
    here = os.path.dirname(os.path.abspath(
        ceilometer_diagnostics_start.__file__))
    if here not in map(os.path.abspath, [
            *site.getsitepackages(), site.getusersitepackages()]):
        print(f'ceilometer-diagnostics: run: {here} is not a site directory '
              f'of {sys.executable}: the daemon will write no reports',
              file=sys.stderr, flush=True)
    ceilometer_diagnostics_start.Start('', None).take_signals()
    environment = {**os.environ, ceilometer_diagnostics_start.VARIABLE: '1'}
    try:
        os.execve(path, [path, *arguments], environment)
    except OSError as error:
        raise CannotRun(f'run: {path}: {error.strerror}') from None
