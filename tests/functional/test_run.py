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

"""``ceilometer-diagnostics run``: unmodified daemons, armed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from ceilometer.diagnostics import report
import ceilometer_diagnostics
import ceilometer_diagnostics_start
from tests import limits

BIN = os.path.dirname(sys.executable)
COMMAND = os.path.join(BIN, 'ceilometer-diagnostics')
PREFIX = os.path.dirname(BIN)
PASSWORD = 'n0t-for-jrnl'

CONFIGURATION = f"""\
[DEFAULT]
transport_url = rabbit://openstack:{PASSWORD}@127.0.0.1:1/
polling_namespaces = central
log_dir =
[service_credentials]
auth_type = password
auth_url = http://127.0.0.1:1/v3
username = ceilometer
password = {PASSWORD}-2
[polling]
cfg_file = {PREFIX}/etc/ceilometer/polling.yaml
[notification]
workers = 2
"""


def run(*arguments, **options):
    """Run a command to its end."""
    return subprocess.run(
        arguments, capture_output=True, text=True,
        timeout=limits.EVENT_SECONDS, **options)


@pytest.mark.parametrize(('arguments', 'words'), [
    (['run', 'ceilometer-nothing'], ['ceilometer-nothing',
                                     'ceilometer-polling']),
    (['run'], ['expected the name of a daemon']),
    (['run', '--polling'], ['--polling']),
    (['run', ''], ["''"]),
    (['walk'], ["'walk'"]),
])
def test_wrong_command_line_is_one_line_and_exit_2(arguments, words):
    """Who mistypes is told what was expected, and nothing else."""
    done = run(COMMAND, *arguments)
    assert done.returncode == 2
    assert done.stdout == ''
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith('ceilometer-diagnostics: ')
    assert all(word in done.stderr for word in words)


@pytest.mark.parametrize('arguments', [
    ['--help'], ['-h'], ['run', '--help'], ['run', '-h']])
def test_help_is_on_stdout(arguments):
    """Help is no error."""
    done = run(COMMAND, *arguments)
    assert done.returncode == 0
    assert done.stderr == ''
    assert 'usage: ceilometer-diagnostics' in done.stdout
    assert 'examples:' in done.stdout


def test_version_is_told():
    """The version is that of the distribution."""
    done = run(COMMAND, '--version')
    assert done.returncode == 0
    assert done.stdout.startswith('ceilometer-diagnostics ')


def test_without_ceilometer_is_one_line_and_exit_2(tmp_path):
    """Where Ceilometer is not installed, that is what is said."""
    package = os.path.dirname(os.path.abspath(
        report.__file__))
    shutil.copytree(package, tmp_path / 'ceilometer' / 'diagnostics',
                    ignore=shutil.ignore_patterns('__pycache__'))
    for module in (ceilometer_diagnostics, ceilometer_diagnostics_start):
        shutil.copy(module.__file__, tmp_path)
    # -S: without site-packages, where Ceilometer would be
    done = run(sys.executable, '-S', '-c', (
        'import ceilometer_diagnostics\nceilometer_diagnostics.main()'),
        'run', 'ceilometer-polling',
        env={'PYTHONPATH': str(tmp_path)}, cwd=tmp_path)
    assert done.returncode == 1 or done.returncode == 2
    assert done.stdout == ''
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert 'Ceilometer is not installed' in done.stderr
    assert done.returncode == 2


BECOMES = """
import os, signal, sys
def become(path, arguments, environment):
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    print(path, *arguments[1:], environment['CEILOMETER_DIAGNOSTICS'], *(
        number in blocked and signal.getsignal(number) is signal.SIG_IGN
        for number in (signal.SIGUSR1, signal.SIGUSR2)))
    sys.stdout.flush()
    os._exit(0)
os.execve = become
from ceilometer.diagnostics import run
run.main(['ceilometer-polling', '--x'])
"""


def test_signals_are_taken_before_the_daemon_starts():
    """They wait while the program's interpreter starts."""
    done = run(sys.executable, '-c', BECOMES)
    assert done.stdout.split() == [
        os.path.join(BIN, 'ceilometer-polling'), '--x', '1', 'True', 'True']


@pytest.mark.parametrize('daemon', [
    'ceilometer-polling', 'ceilometer-agent-notification'])
@pytest.mark.parametrize('arguments', [
    ['--version'], ['--help'], ['--no-such-option'],
    ['--config-file', '/nonexistent']])
def test_daemon_is_as_started_by_its_own_script(daemon, arguments):
    """Output and exit code are those of the stock console script."""
    stock = run(os.path.join(BIN, daemon), *arguments)
    ours = run(COMMAND, 'run', daemon, *arguments)
    assert ours.returncode == stock.returncode
    assert ours.stdout == stock.stdout
    if stock.returncode == 0:
        assert ours.stderr == stock.stderr
    else:
        assert ours.stderr.splitlines()[-1:] == stock.stderr.splitlines()[-1:]


@pytest.fixture
def configuration(tmp_path):
    """A configuration with which daemons run, without broker or Keystone."""
    file = tmp_path / 'ceilometer.conf'
    file.write_text(CONFIGURATION)
    return str(file)
