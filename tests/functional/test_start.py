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

"""``CEILOMETER_DIAGNOSTICS=1``: the stock programs, unmodified, armed."""

from __future__ import annotations

import compileall
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import venv

import pytest

import ceilometer
from ceilometer.diagnostics import fields
import ceilometer_diagnostics_start
from tests.functional import conftest
from tests.functional import test_run
from tests.functional import test_siblings

ARMED = {'CEILOMETER_DIAGNOSTICS': '1'}
DAEMONS = ('ceilometer-polling', 'ceilometer-agent-notification')

# What a daemon can see of itself, of its process and of its interpreter, told
# where cotyledon would fork its workers. Imported by site, in both daemons.
PROBE = """\
import cotyledon

def link(path):
    import os
    try:
        return os.readlink(path)
    except OSError:
        return None

def handler(number):
    import signal
    found = signal.getsignal(number)
    return getattr(found, '__qualname__', str(found))

def probe(manager):
    import __main__, faulthandler, gc, json, locale, logging, resource
    import multiprocessing, os, signal, sys, threading, warnings
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
    read = lambda name: open(f'/proc/self/{name}').read()
    ours = {signal.SIGUSR1, signal.SIGUSR2}
    told = {
        'argv': sys.argv, 'orig_argv': sys.orig_argv,
        'executable': sys.executable, 'path': sys.path,
        'flags': list(sys.flags), 'warnoptions': sys.warnoptions,
        'filters': repr(warnings.filters),
        'main': [__main__.__file__, __main__.__name__, repr(__main__.__spec__),
                 sorted(vars(__main__))],
        'outermost': [frame.f_code.co_filename, frame.f_code.co_name],
        'mask': [str(number) for number in sorted(
            signal.pthread_sigmask(signal.SIG_BLOCK, ()) - ours)],
        'handlers': {str(number): handler(number)
                     for number in signal.valid_signals() - ours},
        'wakeup': signal.set_wakeup_fd(-1) >= 0,
        'hooks': [sys.excepthook.__qualname__, threading.excepthook.__name__,
                  sys.displayhook.__qualname__, sys.unraisablehook.__name__],
        'environment': {name: value for name, value in os.environ.items()
                        if name != 'CEILOMETER_DIAGNOSTICS'},
        'descriptors': sorted(filter(None, (
            link(f'/proc/self/fd/{name}').split(':')[0]
            for name in os.listdir('/proc/self/fd')
            if 'ceilometer-diagnostics' not in str(
                link(f'/proc/self/fd/{name}')) and link(
                f'/proc/self/fd/{name}')))),
        'comm': read('comm'), 'cmdline': read('cmdline'),
        'limits': read('limits'), 'exe': link('/proc/self/exe'),
        'oom': read('oom_score_adj'), 'umask': os.umask(0o22),
        'ids': [os.getresuid(), os.getresgid(), os.getppid(),
                os.getsid(0) == os.getpid()],
        'cwd': os.getcwd(), 'priority': os.getpriority(os.PRIO_PROCESS, 0),
        'path_hooks': [hook.__qualname__ for hook in sys.path_hooks],
        'recursion': sys.getrecursionlimit(), 'gc': [
            gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()],
        'switch': sys.getswitchinterval(), 'fault': faulthandler.is_enabled(),
        'traced': [sys.gettrace(), sys.getprofile()],
        'locale': locale.setlocale(locale.LC_ALL),
        'start_method': multiprocessing.get_start_method(allow_none=True),
        'process': multiprocessing.current_process().name,
        'loggers': sorted(name for name in logging.root.manager.loggerDict
                          if 'diagnostics' not in name),
        'log': [getattr(one, 'baseFilename', type(one).__name__)
                for one in logging.root.handlers
                if 'diagnostics' not in type(one).__module__],
        'thread': threading.current_thread().name,
        'streams': [type(sys.stdin).__name__, sys.stdout.errors,
                    sys.stderr.errors, sys.stdout.line_buffering],
    }
    alone = {
        'threads': sorted(thread.name for thread in threading.enumerate()),
        'modules': sorted(sys.modules),
        'finders': [getattr(one, '__name__', type(one).__name__)
                    for one in sys.meta_path],
        'log': [type(one).__module__ for one in logging.root.handlers],
    }
    os.write(1, json.dumps([told, alone], default=repr).encode())
    os._exit(7)

cotyledon.ServiceManager.run = probe
"""

# Workers as Python 3.14 starts them, or as macOS does.
START_METHOD = """\
import multiprocessing
if multiprocessing.current_process().name == 'MainProcess':
    multiprocessing.set_start_method({!r})
    # Python 3.14 imports __main__ into the server, which imports them
    multiprocessing.set_forkserver_preload({!r})
"""


@pytest.fixture
def customize(tmp_path):
    """Has a script run as each interpreter starts; the variables for it."""
    directory = tmp_path / 'customize'

    def write(script):
        directory.mkdir()
        tests = pathlib.Path(conftest.HERE) / 'site' / 'sitecustomize.py'
        (directory / 'sitecustomize.py').write_text(
            tests.read_text() + script)
        return {'PYTHONPATH': str(directory)}

    return write


@pytest.fixture
def configuration(tmp_path):
    """A configuration with which daemons run, without broker or Keystone."""
    file = tmp_path / 'ceilometer.conf'
    file.write_text(test_run.CONFIGURATION)
    return str(file)


@pytest.mark.parametrize('door', ['variable', 'run'])
@pytest.mark.parametrize('daemon', DAEMONS)
def test_daemon_sees_what_a_stock_one_sees(
        daemon, door, customize, configuration, tmp_path):
    """All that can be read of a process, but that it is armed."""
    script = os.path.join(test_run.BIN, daemon)
    environment = {**os.environ, **customize(PROBE)}
    environment.pop('CEILOMETER_DIAGNOSTICS', None)

    def told(arguments, added):
        done = test_run.run(
            *arguments, '--config-file', configuration, cwd=tmp_path,
            env={**environment, **added}, stdin=subprocess.DEVNULL)
        assert done.returncode == 7, done.stderr
        return json.loads(done.stdout), done.stderr

    (stock, stock_alone), stock_errors = told([script], {})
    (armed, armed_alone), armed_errors = told(*(
        ([script], ARMED) if door == 'variable'
        else ([test_run.COMMAND, 'run', daemon], {})))
    assert stock['log'] and stock['handlers'] and stock['descriptors']
    # where it crashes it tells where it stood
    assert armed.pop('fault') and not stock.pop('fault')
    assert armed == stock
    assert set(armed_alone['threads']) - set(stock_alone['threads']) == {
        'diagnostics-trigger'}
    assert [one for one in armed_alone['finders']
            if one != 'ImportHookFinder'] == stock_alone['finders']
    assert [one for one in armed_alone['log']
            if one not in stock_alone['log']] == [
                'ceilometer.diagnostics.daemon.log_watch']
    extra = set(armed_alone['modules']) - set(stock_alone['modules'])
    assert not set(stock_alone['modules']) - set(armed_alone['modules'])
    assert {name for name in extra if name.startswith(
        ('ceilometer.diagnostics', 'ceilometer_diagnostics'))}
    # of the standard library, and what Ceilometer requires
    assert {name.partition('.')[0] for name in extra} <= {
        'ceilometer', 'ceilometer_diagnostics_start', 'psutil', 'prettytable',
        'wcwidth', 'wrapt', *sys.stdlib_module_names}
    assert len(armed_errors.splitlines()) == len(stock_errors.splitlines())


@pytest.mark.parametrize('door', ['variable', 'run'])
@pytest.mark.parametrize(('daemon', 'count'), [
    ('ceilometer-polling', 1), ('ceilometer-agent-notification', 2)])
def test_log_file_has_the_daemons_name(
        daemon, count, door, start, journal, configuration, tmp_path):
    """oslo.log names it after the outermost frame."""
    logs = tmp_path / 'logs'
    logs.mkdir()
    arguments, added = (([os.path.join(test_run.BIN, daemon)], ARMED)
                        if door == 'variable'
                        else ([test_run.COMMAND, 'run', daemon], {}))
    process = start.run(
        [*arguments, '--config-file', configuration, '--log-dir', str(logs)],
        added)
    # all: a worker that is forked, by a thread of cotyledon's, while its
    # master logs the signal has the lock of the log file for ever
    conftest.until(lambda: len(_workers(process.pid)) == count, 'all workers')
    process.send(signal.SIGTERM)
    assert process.wait() == 0
    assert [path.name for path in logs.iterdir()] == [f'{daemon}.log']


PRELOAD = ['ceilometer.cmd.agent_notification', 'ceilometer.cmd.polling']


@pytest.mark.parametrize(('daemon', 'worker', 'count', 'method', 'preload'), [
    ('ceilometer-polling', 'AgentManager', 1, None, []),
    ('ceilometer-agent-notification', 'NotificationService', 2, None, []),
    ('ceilometer-polling', 'AgentManager', 1, 'forkserver', PRELOAD),
    ('ceilometer-polling', 'AgentManager', 1, 'forkserver', []),
    ('ceilometer-agent-notification', 'NotificationService', 2, 'forkserver',
     PRELOAD),
    ('ceilometer-polling', 'AgentManager', 1, 'spawn', []),
])
def test_real_daemon_answers_in_every_process(
        start, journal, configuration, customize, daemon, worker, count,
        method, preload):
    """All processes write whole reports, with the real configuration.

    Also where workers are not forked by their master.
    """
    environment = dict(ARMED)
    if method is not None:
        environment |= customize(START_METHOD.format(method, preload))
    process = start.run(
        [os.path.join(test_run.BIN, daemon), '--config-file', configuration],
        environment)
    # a signal is kept until the daemon is ready for it; for workers to
    # exist is another matter
    conftest.until(lambda: len(_workers(process.pid)) == count,
                   'the workers')
    process.send_all()
    expected = sorted(['master'] + ['worker'] * count + (
        ['forkserver'] if preload else []))
    reports = journal.wait_for(
        lambda: (found := _known(journal)) and sorted(
            one.header.process for one in found) == expected and found,
        f'reports of {expected}')
    assert {report.header.service for report in reports} == {daemon}
    assert {(report.header.worker_name, report.header.worker)
            for report in reports} == {
        (None, None), *((worker, number) for number in range(count))}
    for report in reports:
        _check(report)
    assert test_run.PASSWORD not in json.dumps(journal.entries)
    assert process.alive
    process.send(signal.SIGTERM)
    assert process.wait() == 0
    assert 'Diagnostics' not in process.errors


@pytest.mark.parametrize(('method', 'preload'), [
    (None, []), ('forkserver', PRELOAD), ('spawn', [])],
    ids=['fork', 'forkserver', 'spawn'])
def test_worker_that_dies_is_known_to_its_master(
        start, journal, configuration, customize, method, preload):
    """With the signal, its process and how long it lived.

    A forkserver's worker is no child of the master: cotyledon is not told
    that it has died, and starts no other. There it is missing.
    """
    environment = dict(ARMED)
    if method is not None:
        environment |= customize(START_METHOD.format(method, preload))
    process = start.run(
        [os.path.join(test_run.BIN, 'ceilometer-polling'), '--config-file',
         configuration], environment)
    conftest.until(lambda: _workers(process.pid), 'a worker')
    # it has begun to leave what it knows once it can report
    process.send_all()
    journal.wait_for(
        lambda: any(one.header.process == 'worker'
                    for one in _known(journal)), 'the report of a worker')
    (worker,) = {one.header.pid for one in _known(journal)
                 if one.header.process == 'worker'}
    # whoever sets up its loggers, or not
    assert {part.data['watched'] for one in _known(journal)
            if one.header.process == 'worker'
            for part in one.sections if part.name == 'recent-problems'} == {
        True}
    os.kill(worker, signal.SIGKILL)

    def deaths():
        process.send()
        for report in reversed(journal.complete(process.pid)):
            if report.header.trigger.kind == fields.TRIGGER_DEATH:
                continue
            (data,) = (part.data for part in report.sections
                       if part.name == 'workers')
            for service in data['services']:
                if service['deaths'] or method == 'forkserver' and (
                        service['workers'][0]['pid'] is None):
                    return [service]
        return None

    (service,) = conftest.until(deaths, 'the death of a worker')
    if method != 'forkserver':
        (death,) = service['deaths']
        assert (death['pid'], death['signal'], death['exit_status']) == (
            worker, 'SIGKILL', None)
        assert 0 < death['lived_seconds'] < 600
        (told,) = (entry for entry in journal.entries if entry[
            'REPORT_TRIGGER'] == fields.TRIGGER_DEATH)
        assert told['OBJECT_PID'] == str(worker)
    process.send(signal.SIGTERM)
    assert process.wait() == 0


@pytest.mark.any_python
def test_forkserver_that_crashes_tells_where(
        start, journal, configuration, customize):
    """Its own stacks, by its master: it has armed what writes them."""
    process = start.run(
        [os.path.join(test_run.BIN, 'ceilometer-polling'), '--config-file',
         configuration],
        ARMED | customize(START_METHOD.format('forkserver', PRELOAD)))
    conftest.until(lambda: _workers(process.pid), 'a worker')
    process.send_all()
    reports = journal.wait_for(
        lambda: (found := _known(journal)) and {
            'forkserver', 'worker'} <= {
                one.header.process for one in found} and found,
        'reports of the forkserver and its worker')
    pids = {one.header.process: one.header.pid for one in reports}
    # nothing of ours is at work there any more
    conftest.until(lambda: len(os.listdir(
        f'/proc/{pids["forkserver"]}/task')) == 2, 'the threads to end')
    os.kill(pids['forkserver'], signal.SIGSEGV)
    journal.wait_for(lambda: any(
        entry['REPORT_TRIGGER'] == fields.TRIGGER_DEATH
        for entry in journal.entries), 'the entry of its worker')
    told, = (entry for entry in journal.entries
             if entry['REPORT_TRIGGER'] == fields.TRIGGER_DEATH)
    assert told['OBJECT_PID'] == str(pids['worker'])
    assert (f'pid {pids["forkserver"]}, was killed by SIGSEGV at '
            in told['MESSAGE'])
    assert 'multiprocessing/forkserver.py' in told['MESSAGE'].partition(
        'Current thread')[2]
    process.send(signal.SIGTERM)
    assert process.wait() == 0


def _check(report):
    found = {section.name: section for section in report.sections}
    assert {section.status for section in report.sections} == {
        fields.STATUS_OK}
    package = found['package'].data
    assert package['product'] == 'OpenStack Ceilometer'
    assert package['version']
    settings = found['configuration'].data
    # multiprocessing's server has none
    assert settings['known'] == (report.header.process != 'forkserver')
    # registered where messages are sent or received only, by a worker not
    # before it has begun to: until then its value may be unknown
    urls = {kind: [option['value'] for option in settings[kind] if (
        option['group'], option['name']) == ('DEFAULT', 'transport_url')]
        for kind in ('options', 'unregistered')}
    masked = 'rabbit://openstack:***@127.0.0.1:1/'
    assert urls in ([
        {'options': [masked], 'unregistered': []},
        {'options': [], 'unregistered': [masked]},
        {'options': [], 'unregistered': ['***']},
    ] if settings['known'] else [{'options': [], 'unregistered': []}])


def _known(journal):
    """The newest whole report of each process."""
    return list({report.header.pid: report
                 for report in journal.complete()}.values())


def _workers(pid):
    """The workers whose services have been made."""
    done = test_run.run('ps', '-o', 'pid=,args=', '--sid', str(pid))
    # cotyledon's titles
    return [line for line in done.stdout.splitlines() if 'worker(' in line]


def test_reports_of_all_processes_take_turns(
        start, journal, configuration, customize):
    """Also where workers are not forked by their master: one lock."""
    process = start.run(
        [os.path.join(test_run.BIN, 'ceilometer-agent-notification'),
         '--config-file', configuration],
        {**ARMED, **customize(START_METHOD.format('forkserver', []))})
    workers = conftest.until(
        lambda: len(found := _workers(process.pid)) == 2 and found,
        'the workers')

    def lock(pid):
        for path in pathlib.Path(f'/proc/{pid}/fd').iterdir():
            if 'ceilometer-diagnostics-turn' in os.readlink(path):
                return path.stat().st_ino
        return None

    assert lock(process.pid) is not None
    assert {lock(line.split()[0]) for line in workers} == {lock(process.pid)}
    process.send(signal.SIGTERM)
    assert process.wait() == 0


SEEN = """\
import json, os, signal, sys
json.dump([
    sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, ()))),
    str(signal.getsignal(signal.SIGUSR1)),
    len(os.listdir('/proc/self/task')), len(sys.meta_path),
    sorted(name for name in sys.modules if 'diagnostics' in name)], sys.stdout)
"""


@pytest.mark.parametrize('name', [
    'ceilometer-upgrade', 'ceilometer-polling.bak', 'script.py', '-c'])
def test_other_programs_are_left_alone(name, tmp_path):
    """A program that is no daemon starts as without the variable."""
    if name == '-c':
        arguments = [sys.executable, '-c', SEEN]
    else:
        (tmp_path / name).write_text(SEEN)
        arguments = [sys.executable, '-X', 'utf8', str(tmp_path / name)]

    def seen(added):
        return json.loads(test_run.run(
            *arguments, 'ceilometer-polling', env={**os.environ, **added},
        ).stdout)

    stock, armed = seen({}), seen(ARMED)
    assert armed[:-1] == stock[:-1]
    assert stock[-1] == []
    assert armed[-1] == ['ceilometer_diagnostics_start']


@pytest.mark.parametrize(('value', 'armed', 'told'), [
    ('1', True, False), ('yes', True, False), ('True', True, False),
    ('0', False, False), ('', False, False), ('off', False, False),
    ('2', False, True), ('ja\n', False, True)])
def test_value_of_the_variable(value, armed, told, tmp_path):
    """What is neither yes nor no is named, and arms nothing."""
    daemon = tmp_path / 'ceilometer-polling'
    daemon.write_text(SEEN)
    done = test_run.run(
        sys.executable, str(daemon),
        env={**os.environ, 'CEILOMETER_DIAGNOSTICS': value})
    assert (signal.SIGUSR1 in json.loads(done.stdout)[0]) == armed
    assert done.stderr.splitlines() == ([
        line for line in done.stderr.splitlines()
        if f'CEILOMETER_DIAGNOSTICS={value!r}: expected 1 or 0' in line]
        if told else [])
    assert bool(done.stderr) == told


@pytest.fixture
def elsewhere(tmp_path):
    """An environment in which Ceilometer is in another directory than we.

    :returns: its interpreter, and the directory that we are in
    """
    environment = tmp_path / 'elsewhere'
    venv.create(environment, symlinks=True)
    site, = environment.glob('lib/python*/site-packages')
    stock = tmp_path / 'stock'
    stock.mkdir()
    theirs = pathlib.Path(ceilometer.__file__).parent
    for path in theirs.parent.iterdir():
        if not path.name.startswith(('ceilometer', '__')) or (
                path.name.startswith('ceilometer-')):
            (stock / path.name).symlink_to(path)
    (stock / 'ceilometer').mkdir()
    for path in theirs.iterdir():
        if path.name not in ('diagnostics', '__pycache__'):
            (stock / 'ceilometer' / path.name).symlink_to(path)
    (site / 'stock.pth').write_text(f'{stock}\n')
    shutil.copytree(theirs / 'diagnostics', site / 'ceilometer/diagnostics')
    ours = pathlib.Path(ceilometer_diagnostics_start.__file__).parent
    for path in ours.glob('ceilometer_diagnostics*'):
        if path.is_file():
            shutil.copy(path, site)
    return environment / 'bin/python', site


def _daemon(tmp_path, daemon='ceilometer-polling'):
    """The program of a daemon, for any interpreter."""
    path = tmp_path / daemon
    shutil.copy(os.path.join(test_run.BIN, daemon), path)
    return str(path)


@pytest.mark.parametrize('method', ['fork', 'forkserver'])
def test_package_may_be_in_another_directory_than_ceilometer(
        start, journal, configuration, elsewhere, customize, tmp_path,
        method):
    """As where pip has another one than the distribution."""
    python, site = elsewhere
    process = start.run(
        [str(python), _daemon(tmp_path), '--config-file', configuration],
        {**ARMED, **customize(START_METHOD.format(method, PRELOAD))})
    conftest.until(lambda: len(_workers(process.pid)) == 1, 'the worker')
    process.send_all()
    count = 2 if method == 'fork' else 3
    reports = journal.wait_for(
        lambda: len(found := _known(journal)) == count and found,
        f'{count} reports')
    for report in reports:
        _check(report)
    process.send(signal.SIGTERM)
    assert process.wait() == 0


@pytest.mark.parametrize(('change', 'compiled'), [
    ('removed', 'in its place'), ('removed', 'elsewhere'),
    ('replaced', 'in its place')])
def test_package_may_change_under_a_running_daemon(
        start, journal, configuration, elsewhere, tmp_path, change, compiled):
    """All that a report needs has been imported as the daemon started.

    Or is kept in memory: what tells of a death, and of a silent process.
    """
    python, site = elsewhere
    if compiled == 'in its place':
        assert compileall.compile_dir(
            site / 'ceilometer', force=True, quiet=1)
    process = start.run(
        [str(python), _daemon(tmp_path), '--config-file', configuration],
        ARMED)
    conftest.until(lambda: len(_workers(process.pid)) == 1, 'the worker')
    assert not journal.entries
    for path in [*(site / 'ceilometer').rglob('*.py'),
                 *site.glob('ceilometer_diagnostics*')]:
        if change == 'removed':
            path.unlink()
        else:
            path.write_text('raise RuntimeError("of another version")\n')
    for path in (site / 'ceilometer').rglob('__pycache__'):
        shutil.rmtree(path)
    process.send_all()
    reports = journal.wait_for(
        lambda: len(found := _known(journal)) == 2 and found, '2 reports')
    for report in reports:
        _check(report)
    worker, = {one.header.pid for one in reports} - {process.pid}
    test_siblings.stop(worker)
    process.send_all()
    journal.wait_for(lambda: any(
        entry.get('OBJECT_PID') == str(worker) for entry in journal.entries),
        'what is seen of the worker')
    os.kill(worker, signal.SIGKILL)
    told, = journal.wait_for(lambda: [
        entry for entry in journal.entries
        if entry['REPORT_TRIGGER'] == fields.TRIGGER_DEATH],
        'what is told of its death')
    assert told['OBJECT_PID'] == str(worker)
    process.send(signal.SIGTERM)
    assert process.wait() == 0


def test_workers_start_without_us(
        start, journal, configuration, elsewhere, customize, tmp_path):
    """No worker needs us to start: nothing of ours is pickled for it."""
    python, site = elsewhere
    process = start.run(
        [str(python), _daemon(tmp_path), '--config-file', configuration],
        {**ARMED, **customize(START_METHOD.format('spawn', []))})
    worker, = conftest.until(
        lambda: len(found := _workers(process.pid)) == 1 and found,
        'the worker')
    shutil.rmtree(site / 'ceilometer')
    for path in site.glob('ceilometer_diagnostics*'):
        path.unlink()
    os.kill(int(worker.split()[0]), signal.SIGKILL)
    conftest.until(lambda: _workers(process.pid) not in ([], [worker]),
                   'another worker')
    process.send(signal.SIGTERM)
    assert process.wait() == 0


def test_start_hook_that_fails_is_told_on_one_line(
        start, configuration, elsewhere, tmp_path):
    """And the daemon runs, as without us."""
    python, site = elsewhere
    (site / 'ceilometer/diagnostics/daemon/started.py').write_text(
        'raise RuntimeError("no\\nluck")\n')
    process = start.run(
        [str(python), _daemon(tmp_path), '--config-file', configuration],
        ARMED)
    conftest.until(lambda: len(_workers(process.pid)) == 1, 'the worker')
    # harmless, if mute
    process.send_all()
    assert process.alive
    process.send(signal.SIGTERM)
    assert process.wait() == 0
    told = [line for line in process.errors.splitlines()
            if 'iagnostics' in line]
    assert told == [f'Diagnostics are off in pid {process.pid}: '
                    'RuntimeError: no luck']


@pytest.mark.parametrize('moment', range(5))
def test_signal_at_any_moment_of_the_start(
        start, journal, configuration, moment):
    """From the first instruction of site on it is kept."""
    script = os.path.join(test_run.BIN, 'ceilometer-polling')
    process = start.run([
        'env', '--block-signal=USR1,USR2', '--ignore-signal=USR1,USR2',
        script, '--config-file', configuration], ARMED)
    # env blocks the signal, and becomes the interpreter; from there on at
    # once, or at the first, second … change of what the process maps.
    conftest.until(lambda: conftest.blocks(process.pid),
                   'the signal to be blocked')
    seen = set()
    conftest.until(
        lambda: seen.add(_maps(process.pid)) or len(seen) > moment * 3,
        'the start to go on')
    process.send()
    reports = journal.wait_complete(1, process.pid)
    assert reports[0].header.process == 'master'
    conftest.until(lambda: _workers(process.pid), 'a worker')
    process.send(signal.SIGTERM)
    assert process.wait() == 0


def _maps(pid):
    return pathlib.Path(f'/proc/{pid}/maps').read_text().count('\n')


def test_heap_of_a_notification_worker_is_not_searched(
        start, journal, configuration):
    """Its libraries ask eventlet in some thread, and use no greenlets."""
    file = pathlib.Path(configuration)
    file.write_text(re.sub('rabbit://.*', 'fake://', file.read_text())
                    + '[diagnostics]\nminimum_interval = 0\n')
    process = start.run(
        [os.path.join(test_run.BIN, 'ceilometer-agent-notification'),
         '--config-file', configuration], ARMED)
    conftest.until(lambda: _workers(process.pid), 'a worker')

    def listens():
        process.send_all()
        journal.wait_for(
            lambda: len(journal.complete()) > len(seen), 'another report')
        seen[:] = journal.complete()
        return [report for report in seen if any(
            section.name == 'notifications'
            and section.data['state'] == 'listening'
            for section in report.sections)]

    seen = []
    listening = conftest.until(listens, 'a worker that listens')
    for report in listening:
        (searched,) = (section.data for section in report.sections
                       if section.name == 'green-threads')
        assert searched['not_searched'] == (
            'eventlet is loaded, but no thread runs its hub')
