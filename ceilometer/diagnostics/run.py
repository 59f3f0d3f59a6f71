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
loads the daemon's own console script's function into this very process, which
keeps its pid, and leaves ``sys.argv`` as the daemon expects it. The process
is armed first, before any thread exists.
"""

from __future__ import annotations

import contextlib
from importlib import metadata
import os
import shutil
import sys
from typing import NoReturn

import ceilometer.diagnostics

DISTRIBUTION = 'ceilometer'

#: As argparse and systemd's own tools have it for a wrong command line.
EXIT_USAGE = 2

USAGE = """\
usage: ceilometer-diagnostics run DAEMON [ARG ...]

Start a daemon of the installed Ceilometer in this process, unmodified. The
daemon writes a diagnostic report to the journal on SIGUSR1 and SIGUSR2.

DAEMON is the name of one of Ceilometer's programs. All arguments after it are
passed to the daemon.

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
        point = find(argv[0])
    except CannotRun as error:
        print(f'ceilometer-diagnostics: {error}', file=sys.stderr)
        sys.exit(EXIT_USAGE)
    sys.argv = [_script(argv[0]), *argv[1:]]
    _set_comm(argv[0])
    from ceilometer.diagnostics.daemon import arming
    # before the daemon is imported: its modules may start threads
    ceilometer.diagnostics.install(service=argv[0])
    armed = arming.armed
    with armed.reporter.loading() if armed else contextlib.nullcontext():
        function = point.load()
    sys.exit(function())


def find(name: str) -> metadata.EntryPoint:
    """The console script of that name of the installed Ceilometer.

    :param name: ``ceilometer-polling``
    :raises CannotRun: there is none, or no Ceilometer
    """
    try:
        distribution = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        raise CannotRun(
            f'run: Ceilometer is not installed for {sys.executable}') from None
    scripts = {point.name: point for point in distribution.entry_points
               if point.group == 'console_scripts'}
    if name not in scripts:
        raise CannotRun(
            f'run: {name!r} is not a program of Ceilometer '
            f'{distribution.version}: expected one of '
            + ', '.join(sorted(scripts)))
    return scripts[name]


def _script(name: str) -> str:
    """The sys.argv[0] that the console script itself would get."""
    beside = os.path.join(os.path.dirname(sys.argv[0]), name)
    if os.path.dirname(sys.argv[0]) and os.path.exists(beside):
        return beside
    return shutil.which(name) or name


def _set_comm(name: str) -> None:
    """Have ps, top and journald's _COMM= name the daemon, and not us."""
    try:
        with open('/proc/self/comm', 'w') as file:
            file.write(name[:15])
    except OSError:
        # without /proc nobody reads it either
        pass
