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

"""What feeds the watchdog of a unit, and what does not."""

from __future__ import annotations

import os
import signal

import pytest

from ceilometer.diagnostics.daemon import watchdog_time
from tests.functional import conftest
from tests.functional import manager
from tests.functional import test_siblings

#: Seconds; a process may give no sign of life for half of them.
SECONDS = 2
ALIVE = 'WATCHDOG=1'


def started(start: conftest.Starter, systemd: manager.Systemd,
            **variables: str) -> conftest.Process:
    """A service of two workers that is ready; its watchdog is fed."""
    process = start('cotyledon_held_interpreter', {
        **systemd.variables, 'TEST_CONFIGURATION': '',
        watchdog_time.VARIABLE: str(SECONDS), **variables})
    assert systemd.wait_for('READY=1')[1:] == [
        'STATUS=2 of 2 workers are up', f'WATCHDOG_USEC={SECONDS * 10**6}',
        ALIVE]
    return process


def fed(systemd: manager.Systemd, times: int = 8) -> None:
    """Wait until it was fed so often: for twice its time."""
    for _ in range(times):
        systemd.wait_for(ALIVE)


def all_were_alive(systemd: manager.Systemd, since: int = 0) -> None:
    """See that nobody was told to give no sign of life.

    :param since: number of the message to begin with
    """
    assert not any('no sign of life' in line
                   for message in systemd.messages[since:] for line in message)


def heard(systemd: manager.Systemd) -> None:
    """Read all that has been told."""
    while systemd.next():
        pass


@pytest.mark.any_python
def test_watchdog_is_fed_while_all_give_signs_of_life(
        start: conftest.Starter, systemd: manager.Systemd) -> None:
    """Not while the interpreter of a worker is held; then again."""
    process = started(start, systemd)
    fed(systemd)
    pid, _ = test_siblings.held(process)
    told, = systemd.wait_for('STATUS=2 of 2 workers are up; worker 0')
    assert f'worker 0 (pid {pid}) has given no sign of life for ' in told
    before = len(systemd.messages)
    # it says how long: what comes in between would be here
    systemd.wait_for(told[:-len('1 s')])
    assert [ALIVE] not in systemd.messages[before:]
    process.wait_for(
        lambda: 'the watchdog is not fed' in process.errors, 'the log')
    process.write()
    fed(systemd)
    process.send(signal.SIGTERM)
    systemd.wait_for('STOPPING=1')
    assert process.wait() == 0


@pytest.mark.any_python
def test_hang_is_told_before_it_ends_anything(
        start: conftest.Starter, journal, systemd: manager.Systemd) -> None:
    """With the stacks; nobody has to ask for it."""
    process = started(start, systemd)
    pid, _ = test_siblings.held(process)
    told = test_siblings.wait_told(journal)
    assert told['OBJECT_PID'] == str(pid)
    assert 'interpreter-held' in told['REPORT_DATA']
    assert 'in read_again' in told['MESSAGE'] or 'in read' in (
        told['MESSAGE'])


@pytest.mark.any_python
@pytest.mark.parametrize('whose', ['worker', 'master'])
def test_process_that_is_stopped_counts_as_alive(
        start: conftest.Starter, systemd: manager.Systemd,
        whose: str) -> None:
    """A worker stands in for its master; after that, all is as before."""
    process = started(start, systemd)
    pids = process.wait_ready(3)
    for pid in pids:
        test_siblings.wait_waits(pid)
    fed(systemd, 2)
    master = process.pid
    pid = master if whose == 'master' else next(
        one for one in pids if one != master)
    test_siblings.stop(pid)
    heard(systemd)
    # two workers stand in for a master
    fed(systemd, 16)
    os.kill(pid, signal.SIGCONT)
    fed(systemd)
    all_were_alive(systemd)


@pytest.mark.any_python
def test_all_that_were_stopped_are_given_time(
        start: conftest.Starter, systemd: manager.Systemd) -> None:
    """Nobody can feed it meanwhile; what goes on is not late."""
    process = started(start, systemd)
    pids = process.wait_ready(3)
    for pid in pids:
        test_siblings.wait_waits(pid)
    fed(systemd, 2)
    for pid in pids:
        test_siblings.stop(pid)
    heard(systemd)
    # of another service, which goes by while they are stopped
    other = manager.Systemd(systemd.directory / 'other')
    try:
        started(start, other)
        fed(other)
    finally:
        other.close()
    assert not systemd.next()
    # the master first: it finds all the others silent
    for pid in sorted(pids, key=lambda one: one != process.pid):
        os.kill(pid, signal.SIGCONT)
    fed(systemd)
    all_were_alive(systemd)


@pytest.mark.any_python
def test_reload_feeds_it_on(
        start: conftest.Starter, systemd: manager.Systemd) -> None:
    """While workers are replaced, however long, and with the new ones."""
    process = start('slow_workers', {
        **systemd.variables, watchdog_time.VARIABLE: str(SECONDS)})
    first = set(process.wait_ready(3))
    # each worker reads a byte
    process.write()
    process.write()
    systemd.wait_for('READY=1')
    process.send(signal.SIGHUP)
    systemd.wait_for('RELOADING=1')
    assert len(set(process.wait_ready(5)) - first) == 2
    before = len(systemd.messages)
    fed(systemd)
    assert not any('READY=1' in told for told in systemd.messages[before:])
    all_were_alive(systemd, before)
    process.tell()
    systemd.wait_for('READY=1')
    fed(systemd, 2)


@pytest.mark.any_python
def test_systemd_that_expects_messages_gets_them(
        start: conftest.Starter, systemd: manager.Systemd) -> None:
    """With WatchdogSec= in the unit, its time is the unit's."""
    start('cotyledon_held_interpreter', {
        **systemd.variables, 'TEST_CONFIGURATION': '',
        'WATCHDOG_USEC': str(SECONDS * 10**6),
        watchdog_time.VARIABLE: '86400'})
    assert systemd.wait_for('READY=1')[2:] == [ALIVE]
    fed(systemd)


@pytest.mark.any_python
@pytest.mark.parametrize('configuration', [
    '[diagnostics]\nenabled = false\n'])
def test_systemd_is_told_to_expect_nothing_where_nobody_feeds(
        start: conftest.Starter, systemd: manager.Systemd,
        configuration: str) -> None:
    """Else it would end a daemon that is well."""
    start('cotyledon_held_interpreter', {
        **systemd.variables, 'TEST_CONFIGURATION': configuration,
        'WATCHDOG_USEC': str(SECONDS * 10**6)})
    assert systemd.wait_for('') == ['WATCHDOG_USEC=0']
    # cotyledon's
    assert systemd.wait_for('') == ['READY=1']


@pytest.mark.any_python
@pytest.mark.parametrize('text', ['x', '-1', '0.5', '1e9', 'nan', '3min'])
def test_invalid_time_is_named_and_harms_nothing(
        start: conftest.Starter, systemd: manager.Systemd,
        text: str) -> None:
    """There is no watchdog, and the log says why."""
    process = start('cotyledon_held_interpreter', {
        **systemd.variables, 'TEST_CONFIGURATION': '',
        watchdog_time.VARIABLE: text})
    assert systemd.wait_for('READY=1') == [
        'READY=1', 'STATUS=2 of 2 workers are up']
    assert (f'{watchdog_time.VARIABLE}={text!r} is invalid; expected 0, or a '
            'number of seconds from 1 to 86400') in process.errors


@pytest.mark.any_python
@pytest.mark.parametrize('variables', [
    {}, {watchdog_time.VARIABLE: '0'},
    {'WATCHDOG_USEC': str(SECONDS * 10**6), 'WATCHDOG_PID': '1'}])
def test_unit_that_wants_none_gets_none(
        start: conftest.Starter, systemd: manager.Systemd,
        variables: dict[str, str]) -> None:
    """Nor one whose messages another process is to send."""
    process = start('cotyledon_held_interpreter', {
        **systemd.variables, 'TEST_CONFIGURATION': '', **variables})
    assert systemd.wait_for('READY=1') == [
        'READY=1', 'STATUS=2 of 2 workers are up']
    assert 'invalid' not in process.errors
