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

"""What a daemon tells systemd, at a socket of the test."""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import re
import signal
import threading
import types

import pytest

from ceilometer.diagnostics.daemon import readiness
from ceilometer.diagnostics.daemon import turn
from tests.functional import conftest
from tests.functional import journald
from tests.functional import manager
from tests.functional import test_run
from tests import limits


def test_reload_that_comes_as_it_gets_ready_is_waited_for(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """The workers that are replaced are not those that were ready."""
    sent: list[str] = []
    reloading = threading.Event()
    threads = []

    def send(self: readiness.Master, *lines: str) -> bool:
        sent.append(lines[0])
        if lines[0] == 'RELOADING=1':
            reloading.set()
        elif sent == ['READY=1']:
            threads.append(threading.Thread(target=self.reloads))
            threads[0].start()
            # it cannot, if it is kept out
            reloading.wait(0.5)
        return True

    monkeypatch.setattr(readiness.Master, '_send', send)
    descriptor = turn.make()
    assert descriptor is not None
    try:
        master = readiness.Master(
            '', types.SimpleNamespace(_services={}), descriptor)
        assert master.look() is None
        threads[0].join(limits.EVENT_SECONDS)
        master.look()
        assert sent == ['READY=1', 'RELOADING=1', 'READY=1']
    finally:
        os.close(descriptor)


def test_service_is_ready_when_its_workers_are_up(
        start: conftest.Starter, systemd: manager.Systemd) -> None:
    """And again after a reload; it tells that it reloads and stops."""
    process = start('slow_workers', systemd.variables)
    assert systemd.wait_for('STATUS=') == ['STATUS=0 of 2 workers are up']
    first = set(process.wait_ready(3))
    assert not systemd.next()
    process.tell()
    assert systemd.wait_for('READY=1') == [
        'READY=1', 'STATUS=2 of 2 workers are up']
    assert not any('READY=1' in message for message in systemd.messages[:-1])

    process.send(signal.SIGHUP)
    reloading = systemd.wait_for('RELOADING=1')
    assert any(line.startswith('MONOTONIC_USEC=') for line in reloading)
    assert systemd.wait_for('READY=1')[1] == 'STATUS=2 of 2 workers are up'
    assert len(set(process.wait_ready(5)) - first) == 2

    worker = process.wait_ready(5)[-1]
    os.kill(worker, signal.SIGKILL)
    told, = systemd.wait_for('STATUS=')
    assert 'has ended with SIGKILL; it is started anew, as 1 so far' in told
    process.wait_ready(6)

    process.send(signal.SIGTERM)
    stopping = systemd.wait_for('STOPPING=1')
    assert stopping[1] == 'STATUS=workers finish what they are doing'
    assert process.wait() == 0


def test_status_tells_how_many_samples_were_polled(
        start: conftest.Starter, systemd: manager.Systemd) -> None:
    """By all workers in their last cycles; a death does not hide it."""
    process = start('polling_workers', systemd.variables)
    assert systemd.wait_for('READY=1')[1] == 'STATUS=2 of 2 workers are up'
    worker, _ = process.wait_ready(2)
    process.tell()
    counted = 'STATUS=2 of 2 workers are up; 1,240 samples in the last cycle'
    assert systemd.wait_for(counted) == [counted]

    os.kill(worker, signal.SIGKILL)
    process.wait_ready(3)
    died = 'worker N has ended with SIGKILL; it is started anew, as 1 so far'
    told, = systemd.wait_for(f'{counted}; worker')
    assert re.sub(r'worker \d', 'worker N', told) == f'{counted}; {died}'
    process.send(signal.SIGTERM)
    assert process.wait() == 0


@pytest.mark.any_python
def test_reload_ends_when_the_new_workers_are_up(
        start: conftest.Starter, systemd: manager.Systemd) -> None:
    """Not while those of before still end, which were up."""
    process = start('lasting_workers', systemd.variables)
    systemd.wait_for('READY=1')
    old = process.wait_ready(2)
    process.send(signal.SIGHUP)
    systemd.wait_for('RELOADING=1')
    # it has looked at them, and found none
    assert systemd.wait_for('') == ['STATUS=0 of 2 workers are up']
    process.tell()
    assert systemd.wait_for('READY=1')[1] == 'STATUS=2 of 2 workers are up'
    assert len(set(process.wait_ready(4)) - set(old)) == 2


@pytest.mark.usefixtures('no_queue')
def test_service_is_ready_where_no_signal_can_be_queued(
        start: conftest.Starter, systemd: manager.Systemd,
        journal: journald.Journald) -> None:
    """And what wakes the waiting thread up is no trigger."""
    process = start('lasting_workers', systemd.variables)
    systemd.wait_for('READY=1')
    process.wait_asleep()
    process.send()
    told, = journal.wait_complete(1, process.pid)
    assert told.header.trigger.sender_pid == os.getpid()


@pytest.mark.any_python
def test_worker_that_waits_is_up(
        start: conftest.Starter, systemd: manager.Systemd) -> None:
    """For a broker, or for Keystone, which may be away for long."""
    process = start('waiting_workers', systemd.variables)
    assert systemd.wait_for('READY=1')[1] == 'STATUS=2 of 2 workers are up'
    assert len(process.wait_ready(3)) == 3


@pytest.mark.any_python
@pytest.mark.parametrize(('seconds', 'more'), [
    (None, []), (0, []), (60, []), (120, ['EXTEND_TIMEOUT_USEC=135000000'])])
def test_more_time_to_stop_is_asked_for_where_workers_have_more(
        systemd: manager.Systemd, seconds: int | None,
        more: list[str]) -> None:
    """A shorter time in the unit is what its administrator wants."""
    readiness.Master(systemd.variables['NOTIFY_SOCKET'], None, 0).stops(
        seconds)
    assert systemd.wait_for('STOPPING=1')[2:] == more


@pytest.mark.any_python
def test_who_does_not_ask_gets_what_stock_sends(
        start: conftest.Starter, systemd: manager.Systemd) -> None:
    """A unit of others: cotyledon's own word, once, and no other."""
    del systemd.variables[readiness.VARIABLE]
    process = start('slow_workers', systemd.variables)
    assert systemd.wait_for('') == ['READY=1']
    process.wait_ready(3)
    process.tell()
    process.send(signal.SIGHUP)
    process.wait_ready(5)
    process.send(signal.SIGTERM)
    assert process.wait() == 0
    assert not systemd.next()
    assert systemd.messages == [['READY=1']]


@pytest.mark.any_python
def test_without_a_socket_nobody_is_told_or_ended(
        start: conftest.Starter) -> None:
    """As in a unit that is Type=simple: the service goes on trying."""
    process = start('wrong_definitions', {readiness.VARIABLE: '1'})
    # cotyledon waits some seconds between the later ones
    process.wait_ready(4)
    assert process.alive
    assert 'does not start' not in process.errors
    process.send(signal.SIGTERM)
    assert process.wait() == 0


@pytest.mark.any_python
@pytest.mark.parametrize(('program', 'status', 'deaths', 'error'), [
    ('wrong_definitions', 2, 1, 'PollingException: Missing meters value of '
     'amqp://u:***@b/'),
    ('missing_definitions', 1, 3, 'FileNotFoundError: no definitions'),
    ('unmade_service', 1, 3, 'OSError: amqp://u:***@b/ is away')])
def test_workers_that_cannot_run_end_the_start(
        start: conftest.Starter, systemd: manager.Systemd, program: str,
        status: int, deaths: int, error: str) -> None:
    """With one sentence; at once if no restart can mend it."""
    process = start(program, systemd.variables)
    told = systemd.wait_for('STATUS=not started: ')
    code = 1 if program == 'unmade_service' else 2
    sentence = f'worker 0 has ended with exit status {code}: {error}'
    assert told == [f'STATUS=not started: {sentence}']
    assert process.wait() == status
    assert f'<3>The daemon does not start: {sentence}\n' in process.errors
    assert len(process.wait_ready(deaths)) == deaths
    assert not any('READY=1' in message for message in systemd.messages)


@pytest.mark.any_python
@pytest.mark.parametrize(('daemon', 'option', 'why'), [
    ('ceilometer-polling', '[DEFAULT]\ntransport_url = rabit://u:{0}@b/',
     "[DEFAULT] transport_url is wrong: oslo.messaging has no driver 'rabit'"),
    ('ceilometer-agent-notification',
     '[notification]\nmessaging_urls = rabbit://b/\n'
     'messaging_urls = u:{0}@b',
     "[notification] messaging_urls is wrong: oslo.messaging has no driver "
     "'u'"),
    ('ceilometer-agent-notification',
     '[DEFAULT]\ntransport_url = wrong:/\n'
     '[oslo_messaging_notifications]\ntransport_url = //u:{0}@b',
     '[oslo_messaging_notifications] transport_url is wrong: No scheme '
     'specified')])
def test_wrong_transport_ends_the_start_at_once(
        start: conftest.Starter, systemd: manager.Systemd,
        tmp_path: pathlib.Path, daemon: str, option: str, why: str) -> None:
    """Before there are workers, whatever Keystone does; without secrets."""
    path = tmp_path / 'ceilometer.conf'
    path.write_text(option.format(test_run.PASSWORD) + '\n')
    process = start.run(
        [os.path.join(test_run.BIN, daemon), '--config-file', str(path)],
        {**systemd.variables, 'CEILOMETER_DIAGNOSTICS': '1'})
    assert systemd.wait_for('STATUS=') == [f'STATUS=not started: {why}']
    assert process.wait() == 2
    assert f'<3>The daemon does not start: {why}\n' in process.errors
    assert test_run.PASSWORD not in process.errors


@pytest.mark.any_python
@pytest.mark.parametrize('method', ['fork', 'forkserver'])
def test_ends_of_workers_of_a_server_of_forks_are_looked_for(
        method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """cotyledon hears nothing of them: the master is not their parent."""
    monkeypatch.setattr(readiness.Master, '_send', lambda *given: True)
    descriptor = turn.make()
    assert descriptor is not None
    woken = threading.Event()
    try:
        master = readiness.Master('', types.SimpleNamespace(
            _services={}, _got_sig_chld=woken,
            mp_context=multiprocessing.get_context(method)), descriptor)
        again = master.look()
        assert woken.is_set() is (method == 'forkserver')
        # for ever, and not only until they are up
        assert (again is not None) is (method == 'forkserver')
        woken.clear()
        master.look()
        assert woken.is_set() is (method == 'forkserver')
        woken.clear()
        master.stops(None)
        master.look()
        assert not woken.is_set()
    finally:
        os.close(descriptor)


@pytest.mark.any_python
@pytest.mark.parametrize(('text', 'why'), [
    ('[DEFAULT]\nlog_rotate_interval = {0}\n',
     'ConfigFileValueError: Value for option log_rotate_interval'),
    ('[DEFAULT]\nadmin_password {0}\n',
     'ConfigFileParseError: Failed to parse '),
    (None, 'ConfigFilesNotFoundError: ')])
def test_file_that_cannot_be_right_ends_the_start(
        start: conftest.Starter, systemd: manager.Systemd,
        tmp_path: pathlib.Path, text: str | None, why: str) -> None:
    """With one sentence, which does not say what stands in the file."""
    path = tmp_path / 'ceilometer.conf'
    if text is not None:
        path.write_text(text.format(test_run.PASSWORD))
    process = start.run(
        [os.path.join(test_run.BIN, 'ceilometer-polling'),
         '--config-file', str(path)],
        {**systemd.variables, 'CEILOMETER_DIAGNOSTICS': '1'})
    told, = systemd.wait_for('STATUS=')
    assert told.startswith(f'STATUS=not started: {why}')
    assert str(path) in told and test_run.PASSWORD not in told
    assert process.wait() == 2
    sentence = told.removeprefix('STATUS=not started: ')
    assert f'<3>The daemon does not start: {sentence}\n' in process.errors


@pytest.mark.any_python
def test_who_does_not_ask_ends_as_stock_does(
        start: conftest.Starter, systemd: manager.Systemd,
        tmp_path: pathlib.Path) -> None:
    """With Python's own exit status, and nobody is told."""
    del systemd.variables[readiness.VARIABLE]
    process = start.run(
        [os.path.join(test_run.BIN, 'ceilometer-polling'),
         '--config-file', str(tmp_path / 'no.conf')],
        {**systemd.variables, 'CEILOMETER_DIAGNOSTICS': '1'})
    assert process.wait() == 1
    assert 'ConfigFilesNotFoundError' in process.errors
    assert 'does not start' not in process.errors
    assert not systemd.next()


@pytest.mark.any_python
def test_transport_that_is_not_used_may_be_wrong(
        start: conftest.Starter, systemd: manager.Systemd,
        tmp_path: pathlib.Path) -> None:
    """What stock would run is started; a broker that is away is no fault."""
    path = tmp_path / 'ceilometer.conf'
    path.write_text(test_run.CONFIGURATION.replace(
        'transport_url = ', 'transport_url = x').replace(
        '[notification]', '[oslo_messaging_notifications]\n'
        'transport_url = rabbit://127.0.0.1:1/\n'
        '[notification]\nmessaging_urls = nonsense\n'))
    start.run(
        [os.path.join(test_run.BIN, 'ceilometer-polling'),
         '--config-file', str(path), '--polling-namespaces', 'nosuch'],
        {**systemd.variables, 'CEILOMETER_DIAGNOSTICS': '1'})
    assert systemd.wait_for('READY=1')[1] == (
        'STATUS=1 of 1 workers are up, and poll nothing: their namespaces '
        'have no pollsters')
