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

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from ceilometer.diagnostics import fields
import ceilometer_diagnostics
from tests.functional import conftest
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
        conftest.journalds.report.__file__))
    shutil.copytree(package, tmp_path / 'ceilometer' / 'diagnostics',
                    ignore=shutil.ignore_patterns('__pycache__'))
    shutil.copy(ceilometer_diagnostics.__file__, tmp_path)
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


PROBE = """\
import json, os, sys
with open('/proc/self/comm') as file:
    comm = file.read()
json.dump([sys.argv, os.getcwd(), comm, sys.path[0], os.getppid()],
          sys.stdout)
sys.exit(int(sys.argv[1]))
"""


@pytest.mark.parametrize('code', [0, 3])
def test_daemon_sees_what_it_would_see(tmp_path, code):
    """argv, cwd, comm, sys.path[0], parent and exit code are as ever."""
    # a daemon that tells what it sees, in the place of the real one
    (tmp_path / 'sitecustomize.py').write_text(
        'import sys, types\n'
        'module = types.ModuleType("ceilometer.cmd.polling")\n'
        f'def main():\n    exec({PROBE!r}, {{}})\n'
        'module.main = main\n'
        'import ceilometer.cmd\n'
        'sys.modules["ceilometer.cmd.polling"] = module\n')
    environment = {**os.environ, 'PYTHONPATH': str(tmp_path)}
    stock = run(os.path.join(BIN, 'ceilometer-polling'), str(code), '--x',
                env=environment, cwd=tmp_path)
    ours = run(COMMAND, 'run', 'ceilometer-polling', str(code), '--x',
               env=environment, cwd=tmp_path)
    assert json.loads(ours.stdout) == json.loads(stock.stdout)
    assert ours.returncode == stock.returncode == code


@pytest.mark.parametrize('returned', ['0', '3', 'None', '"why"'])
def test_exit_status_is_what_the_daemon_returns(tmp_path, returned):
    """Or what Python makes of it, as in the console script."""
    (tmp_path / 'sitecustomize.py').write_text(
        'import sys, types\n'
        'module = types.ModuleType("ceilometer.cmd.polling")\n'
        f'module.main = lambda: {returned}\n'
        'import ceilometer.cmd\n'
        'sys.modules["ceilometer.cmd.polling"] = module\n')
    environment = {**os.environ, 'PYTHONPATH': str(tmp_path)}
    stock = run(os.path.join(BIN, 'ceilometer-polling'), env=environment)
    ours = run(COMMAND, 'run', 'ceilometer-polling', env=environment)
    assert ours.returncode == stock.returncode == {
        '0': 0, '3': 3, 'None': 0, '"why"': 1}[returned]
    assert ours.stderr == stock.stderr


@pytest.fixture
def configuration(tmp_path):
    """A configuration with which daemons run, without broker or Keystone."""
    file = tmp_path / 'ceilometer.conf'
    file.write_text(CONFIGURATION)
    return str(file)


@pytest.mark.parametrize(('daemon', 'worker', 'count'), [
    ('ceilometer-polling', 'AgentManager', 2),
    ('ceilometer-agent-notification', 'NotificationService', 3)])
def test_real_daemon_answers_in_every_process(
        start, journal, configuration, daemon, worker, count):
    """Master and workers write whole reports, with the real configuration."""
    process = start.run([COMMAND, 'run', daemon, '--config-file',
                         configuration])
    # a signal is kept until the daemon is ready for it; for workers to
    # exist is another matter
    conftest.until(lambda: _workers(process.pid) == count - 1,
                   'the workers')
    process.send_all()
    reports = journal.wait_for(
        lambda: len(found := _known(journal)) >= count and found,
        f'{count} reports')
    assert {report.header.service for report in reports} == {daemon}
    assert sorted(report.header.process for report in reports) == (
        ['master'] + ['worker'] * (count - 1))
    assert {report.header.worker_name for report in reports} == {
        None, worker}
    for report in reports:
        found = {section.name: section for section in report.sections}
        assert {section.status for section in report.sections} == {
            fields.STATUS_OK}
        package = found['package'].data
        assert package['product'] == 'OpenStack Ceilometer'
        assert package['version']
        settings = found['configuration'].data
        assert settings['known']
        # registered where messages are sent or received only
        urls = [option['value'] for option in (
            *settings['options'], *settings['unregistered'])
            if (option['group'], option['name']) == (
                'DEFAULT', 'transport_url')]
        assert urls == ['rabbit://openstack:***@127.0.0.1:1/']
    assert PASSWORD not in json.dumps(journal.entries)
    assert process.alive
    process.send(signal.SIGTERM)
    assert process.wait() == 0


def _known(journal):
    """Whole reports of processes that know what they are."""
    by_pid = {report.header.pid: report for report in journal.complete()}
    return list(by_pid.values())


def _workers(pid):
    """How many workers there are whose services have been made."""
    done = run('ps', '-o', 'args=', '--ppid', str(pid))
    # cotyledon's titles
    return sum('worker(' in line for line in done.stdout.splitlines())
