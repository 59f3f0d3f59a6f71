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

"""The check that no test leaves a process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.functional import conftest
from tests import limits

# The check, which here gives up soon.
CHECK = """
import sys
from tests import left_behind
left_behind.GRACE_SECONDS = float(sys.argv[1])
sys.exit(left_behind.main(sys.argv[2:]))
"""

# Starts a program in a session of its own, and ends before it, but not before
# the shell that it begins as has become it.
STRAY = """setsid sh -c '
    sleep 98765 >/dev/null 2>&1 & echo $!
    until [ "$(cat /proc/$!/comm)" = sleep ]; do :; done'"""


def check(script, grace=limits.EVENT_SECONDS, **variables):
    """The command line and options that run a shell script under the check."""
    return {
        'args': [sys.executable, '-c', CHECK, str(grace), 'sh', '-c', script],
        'env': {**os.environ, **variables}, 'text': True,
        'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE}


@pytest.mark.parametrize(('script', 'status'), [
    ('exit 0', 0), ('exit 3', 3), ('kill -TERM $$', 128 + signal.SIGTERM),
    ('exec no-such-program', 127)])
def test_the_status_is_that_of_the_command(script, status):
    """A command that leaves nothing ends as if nobody looked."""
    done = subprocess.run(**check(script))
    assert done.returncode == status
    assert 'left behind' not in done.stderr


@pytest.mark.parametrize('status', [0, 3])
def test_what_is_left_is_named_and_killed(status):
    """Its session, its parent and its standard streams do not matter."""
    done = subprocess.run(**check(
        f'{STRAY}; exit {status}', 0.1,
        PYTEST_CURRENT_TEST='test_some.py::test_thing (call)'))
    pid = int(done.stdout)
    assert done.returncode == (status or 1)
    assert done.stderr.splitlines() == [
        '1 processes are left behind:',
        f'  pid {pid}: sleep 98765, started in test_some.py::test_thing '
        '(call)']
    conftest.until(lambda: not os.path.exists(f'/proc/{pid}'),
                   'the end of what was left')


@pytest.mark.parametrize('ending', [
    # killed by nobody: it reads what the command alone can write
    'mkfifo "$0"; cat "$0" >/dev/null & exec 9>"$0"; rm "$0"; echo $!',
    # killed at the last moment
    'sleep 98765 >/dev/null & kill -KILL $!; echo $!'])
def test_what_is_about_to_end_is_waited_for(ending, tmp_path):
    """A process that ends because the command does is not left behind."""
    given = check(ending)
    given['args'].append(str(tmp_path / 'fifo'))
    done = subprocess.run(**given)
    assert (done.returncode, done.stderr) == (0, '')
    assert not os.path.exists(f'/proc/{int(done.stdout)}')


def test_a_signal_reaches_the_command():
    """Who ends the check ends the command; it may still tidy up."""
    with subprocess.Popen(**check(
            'trap "echo tidy; exit 7" TERM; echo ready; '
            'while :; do sleep 0.01; done')) as process:
        assert process.stdout.readline() == 'ready\n'
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == 'tidy\n'
        assert process.wait(limits.EVENT_SECONDS) == 7


def test_the_command_can_be_interrupted():
    """Even if the check was started where that is ignored."""
    given = check('kill -INT $$; echo ignored')
    given['args'] = ['sh', '-c', 'trap "" INT; exec "$@"', 'sh',
                     *given['args']]
    done = subprocess.run(**given)
    assert (done.returncode, done.stdout) == (128 + signal.SIGINT, '')


def test_nobody_outlives_a_killed_check():
    """The command ends with it."""
    with subprocess.Popen(**check('echo ready; exec sleep 98765')) as process:
        assert process.stdout.readline() == 'ready\n'
        process.kill()
        # the other end is closed when nobody has it any more
        assert process.stdout.read() == ''
