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
import os
import re
import select
import shlex
import signal
import subprocess
import time

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command import interruption
from ceilometer.diagnostics.command import selection

#: Tells the command on the other host that the end of its standard input means
#: what ^C means here; no signal gets there.
UNTIL_END_OF_INPUT = 'CEILOMETER_DIAGNOSTICS_UNTIL_END_OF_INPUT'

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
    # a command of before knows nothing of the variable, but takes it
    command = ['env', f'{UNTIL_END_OF_INPUT}=1', command_line.PROGRAM,
               'trigger', f'--timeout={given.timeout}',
               f'--json={given.json}']
    command += [flag for flag, wanted in (
        ('--force', given.force), ('--quiet', given.quiet)) if wanted]
    # what no unit is called is refused here, not by a shell over there
    command += ['--', *(selection.unit_name(unit) for unit in
                given.unit + given.units)]
    port = ['-p', match['port']] if match['port'] else []
    code = _run(['ssh', '-xT', *port, '--', match['host'].replace(
        '[', '').replace(']', ''), shlex.join(command)])
    if code in (0, 1, 2, interruption.EXIT_CODE):
        return code
    raise command_line.Failure(
        f'{match["host"]}: '
        + (f'{command_line.PROGRAM} is not installed there'
           if code == 127
           else f'ssh failed with exit code {code}'))


def _run(command: list[str]) -> int:
    """Run ssh. At ^C the other side prints what has been answered, and ends.

    :raises KeyboardInterrupt: at the second ^C
    """
    # ^C while ssh is started comes when it has been: it is told of it then
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    def ignore_interrupts() -> None:
        """Have ssh go on at ^C: it would lose what comes."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    try:
        ssh = subprocess.Popen(command, stdin=subprocess.PIPE,
                               preexec_fn=ignore_interrupts)
    except BaseException as error:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if isinstance(error, FileNotFoundError):
            raise command_line.Failure('ssh is not installed') from None
        raise
    assert ssh.stdin is not None
    try:
        try:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            return ssh.wait()
        except KeyboardInterrupt:
            ssh.stdin.close()
            return ssh.wait() or interruption.EXIT_CODE
    except KeyboardInterrupt:
        ssh.terminate()
        raise
    finally:
        ssh.stdin.close()


def pause(seconds: float) -> None:
    """Wait; on another host than the user's, for their ^C as well.

    :param seconds: how long
    :raises KeyboardInterrupt: they have pressed it
    """
    if UNTIL_END_OF_INPUT not in os.environ:
        time.sleep(seconds)
    elif select.select([0], [], [], seconds)[0] and not os.read(0, 1):
        raise KeyboardInterrupt
