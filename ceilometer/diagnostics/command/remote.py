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

"""``ceilometer-diagnostics trigger --host``: over ssh, as systemctl(1) does.

The host looks, signals, waits and reads by its own command, which writes to
our terminal; nothing of a report is copied.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command import selection

_HOST = re.compile(r'(?P<host>[^-:\s][^:\s]*|[^-\s]*\[[^\]\s]+\])'
                   r'(?::(?P<port>\d+))?')


def trigger(given: argparse.Namespace) -> int:
    """Run the verb ``trigger`` on the host that the options name.

    :param given: the options of the verb
    :returns: the exit code of the command over there
    :raises options.UsageError: the name of the host or of a unit is invalid
    :raises options.Failure: there is no ssh, it fails, or the command is not
        installed over there
    """
    match = _HOST.fullmatch(given.host)
    if match is None:
        raise command_line.UsageError(
            f'--host {given.host!r}: expected [USER@]HOST[:PORT]')
    if given.output is not None:
        raise command_line.UsageError(
            '--host and --output cannot be combined')
    command = [command_line.PROGRAM, 'trigger', f'--timeout={given.timeout}',
               f'--json={given.json}']
    command += [flag for flag, wanted in (
        ('--force', given.force), ('--quiet', given.quiet)) if wanted]
    # what no unit is called is refused here, not by a shell over there
    command += ['--', *(selection.unit_name(unit) for unit in
                given.unit + given.units)]
    port = ['-p', match['port']] if match['port'] else []
    try:
        done = subprocess.run(
            ['ssh', '-xT', *port, '--', match['host'].replace(
                '[', '').replace(']', ''), shlex.join(command)],
            stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise command_line.Failure('ssh is not installed') from None
    if done.returncode in (0, 1, 2):
        return done.returncode
    raise command_line.Failure(
        f'{match["host"]}: '
        + (f'{command_line.PROGRAM} is not installed there'
           if done.returncode == 127
           else f'ssh failed with exit code {done.returncode}'))
