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

"""What keeps a process from answering is seen, and nothing else."""

from __future__ import annotations

import collections.abc
import os
import pathlib
import signal
import socket
import subprocess
import sys
import types

import pytest

from ceilometer.diagnostics.command import answers
from ceilometer.diagnostics.command import obstacles
from ceilometer.diagnostics.command import rate_limit
from ceilometer.diagnostics.command import system
from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics.outside import proc_files
from tests import waiting

BLOCK = 'signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]); '
IGNORE = 'signal.signal(signal.SIGUSR1, signal.SIG_IGN); '
WAIT = ('threading.Thread(target=lambda: [signal.sigwaitinfo('
        '[signal.SIGUSR1]) for _ in range(99)], daemon=True).start(); ')

Start = collections.abc.Callable[[str], int]


@pytest.fixture
def start() -> collections.abc.Iterator[Start]:
    """Start processes that treat the signal in one way or another."""
    children = []

    def begin(script: str) -> int:
        child = subprocess.Popen(
            [sys.executable, '-c', 'import signal, threading, time; '
             + script + 'print(flush=True); time.sleep(6000)'],
            stdout=subprocess.PIPE)
        children.append(child)
        assert child.stdout is not None
        child.stdout.readline()
        return child.pid

    yield begin
    for child in children:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


def test_armed_process_has_no_obstacle(start: Start) -> None:
    """Before and after it has been signalled."""
    pid = start(BLOCK + IGNORE + WAIT)
    assert obstacles.of_process(pid) is None
    for _ in range(3):
        os.kill(pid, signal.SIGUSR1)
        waiting.until(lambda: not obstacles.nobody_takes(pid),
                      'somebody to take it')


def test_process_that_is_not_up_yet_has_none(start: Start) -> None:
    """Its unit has the signal blocked and ignored, and it will take it."""
    pid = start(BLOCK + IGNORE)
    assert obstacles.of_process(pid) is None
    assert not obstacles.nobody_takes(pid)
    os.kill(pid, signal.SIGUSR1)
    waiting.until(lambda: obstacles.nobody_takes(pid),
                  'nobody to take it')


@pytest.mark.parametrize(('computes', 'mute'), [
    ('', False), ('[0 for _ in iter(time.process_time, 0) '
                  'if time.process_time() < 1 or {}[0]]; ', True)])
def test_who_has_started_and_takes_nothing_is_mute(
        start: Start, computes: str, mute: bool) -> None:
    """What may still be starting is waited for."""
    script = BLOCK + IGNORE
    if computes:
        script += ('exec("while time.process_time() < 1: pass"); ')
    pid = start(script)
    os.kill(pid, signal.SIGUSR1)
    process = unit_processes.look_at(pid)
    assert process is not None
    one = answers.Answer('x.service', process)
    answers.see_who_is_mute([one])
    assert (one.obstacle is not None) is mute
    if mute:
        assert 'enabled = false' in str(one.obstacle)


def test_process_that_ignores_the_signal(start: Start) -> None:
    """Which no armed process does: it has it blocked as well."""
    told = obstacles.of_process(start(IGNORE))
    assert told is not None and 'it ignores SIGUSR1' in told
    assert 'enabled = false' in told


def test_process_that_takes_the_signal_by_a_handler(start: Start) -> None:
    """As those do that were armed late."""
    pid = start('signal.signal(signal.SIGUSR1, lambda *given: None); ')
    assert obstacles.of_process(pid) is None
    os.kill(pid, signal.SIGUSR1)
    assert not obstacles.nobody_takes(pid)


def test_file_that_cannot_be_read_has_nothing_in_it(
        tmp_path: pathlib.Path) -> None:
    """It is gone, or it is something else."""
    assert proc_files.text(tmp_path / 'gone') == ''
    assert proc_files.text(tmp_path) == ''
    (tmp_path / 'file').write_bytes(b'x\xff')
    assert proc_files.text(tmp_path / 'file') == 'x\ufffd'


def test_stopped_process(start: Start) -> None:
    """Until it goes on."""
    pid = start(BLOCK + IGNORE + WAIT)
    os.kill(pid, signal.SIGSTOP)
    waiting.until(lambda: obstacles.of_process(pid) is not None,
                  'an obstacle')
    assert 'it is stopped' in str(obstacles.of_process(pid))
    os.kill(pid, signal.SIGCONT)
    waiting.until(lambda: obstacles.of_process(pid) is None,
                  'no obstacle')


@pytest.mark.parametrize(('line', 'file', 'text', 'frozen'), [
    ('0::/a/b.service', 'a/b.service/cgroup.events',
     'populated 1\nfrozen 1\n', True),
    ('0::/a/b.service', 'unified/a/b.service/cgroup.events',
     'frozen 1\n', True),
    ('0::/a/b.service', 'a/b.service/cgroup.events',
     'populated 1\nfrozen 0\n', False),
    ('7:freezer:/a', 'freezer/a/freezer.state', 'FROZEN\n', True),
    ('7:freezer:/a', 'freezer/a/freezer.state', 'FREEZING\n', True),
    ('7:freezer:/a', 'freezer/a/freezer.state', 'THAWED\n', False),
    ('7:cpu,freezer:/a:b', 'freezer/a:b/freezer.state', 'FROZEN\n', True),
    ('7:cpu:/a', 'freezer/a/freezer.state', 'FROZEN\n', False),
    ('1:name=systemd:/a', 'nothing', '', False),
])
def test_frozen_control_group(tmp_path: pathlib.Path, line: str, file: str,
                              text: str, frozen: bool) -> None:
    """Of both hierarchies."""
    own = tmp_path / 'proc/7'
    (own / 'task/7').mkdir(parents=True)
    (own / 'cgroup').write_text(f'3:pids:/x\n{line}\n')
    for place in (own, own / 'task/7'):
        (place / 'status').write_text(
            'State:\tS (sleeping)\nSigIgn:\t0200\nSigBlk:\t0200\n')
    path = tmp_path / 'cgroup' / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    told = obstacles.of_process(7, tmp_path / 'proc', tmp_path / 'cgroup')
    assert (told is not None and 'is frozen' in told) is frozen


def test_process_that_is_gone() -> None:
    """That is not an obstacle, but the end."""
    child = subprocess.Popen(['true'])
    child.wait()
    assert obstacles.of_process(child.pid) is None
    assert not obstacles.nobody_takes(child.pid)


@pytest.fixture
def run(tmp_path: pathlib.Path,
        monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Where systemd would have its sockets; nobody knows journald's pid."""
    monkeypatch.setattr(system, 'main_pid', lambda name: 0)
    for name in ('journal', 'journal.x'):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.mark.parametrize('namespace', [None, 'x'])
def test_journal_that_takes_entries(run: pathlib.Path,
                                    namespace: str | None) -> None:
    """Also that of a namespace."""
    name = 'journal' if namespace is None else 'journal.x'
    told = obstacles.of_journal(namespace, run)
    assert told is not None and 'the journal does not run' in told
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(run / name / 'socket'))
        assert obstacles.of_journal(namespace, run) is None
    # nobody listens any more
    told = obstacles.of_journal(namespace, run)
    assert told is not None and 'the journal does not run' in told


def test_journal_that_does_not_read(
        run: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its queue is full, and stays so."""
    monkeypatch.setattr(obstacles, '_JOURNAL_SECONDS', 0.1)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        server.bind(str(run / 'journal/socket'))
        client.connect(str(run / 'journal/socket'))
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            while True:
                client.send(b'x')
        told = obstacles.of_journal(None, run)
        assert told is not None and 'takes no entries' in told


@pytest.mark.parametrize(('files', 'told'), [
    ({'etc/journald.conf': '[Journal]\nStorage=none\n'}, 'etc/journald.conf'),
    ({'etc/journald.conf': '[Journal]\n#Storage=none\n'}, None),
    ({'etc/journald.conf': 'Storage=auto\n',
      'lib/journald.conf': 'Storage=none\n'}, None),
    ({'etc/journald.conf': 'Storage=none\n',
      'lib/journald.conf.d/50-x.conf': ' Storage = volatile \n'}, None),
    ({'lib/journald.conf.d/50-x.conf': 'Storage=none\n'}, '50-x.conf'),
    ({'lib/journald.conf.d/50-x.conf': 'Storage=none\n',
      'etc/journald.conf.d/50-x.conf': ''}, None),
    ({'lib/journald.conf.d/50-x.conf': 'Storage=persistent\n',
      'etc/journald.conf.d/60-x.conf': 'Storage=none\n'}, '60-x.conf'),
    ({'etc/journald@x.conf': 'Storage=none\n'}, None), ({}, None)])
def test_journald_that_stores_nothing(
        run: pathlib.Path, tmp_path: pathlib.Path, files: dict[str, str],
        told: str | None) -> None:
    """Its configuration says so, as journald reads it."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    places = (tmp_path / 'etc', tmp_path / 'lib')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(run / 'journal/socket'))
        found = obstacles.of_journal(None, run, configuration=places)
    assert (found is None) == (told is None)
    if found is not None and told is not None:
        assert f'{told} says Storage=none' in found
        assert 'restart systemd-journald' in found


def test_journald_that_has_not_been_told_yet(
        run: pathlib.Path, tmp_path: pathlib.Path, start: Start,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written after its start does not count."""
    (tmp_path / 'journald@x.conf').write_text('Storage=none\n')
    written = (tmp_path / 'journald@x.conf').stat().st_ctime
    monkeypatch.setattr(system, 'main_pid', lambda name: start(''))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(run / 'journal.x/socket'))
        monkeypatch.setattr(proc_files, 'started', lambda pid: written + 1)
        told = obstacles.of_journal('x', run, configuration=[tmp_path])
        assert told is not None and 'restart systemd-journald@x' in told
        monkeypatch.setattr(proc_files, 'started', lambda pid: written - 1)
        assert obstacles.of_journal(
            'x', run, configuration=[tmp_path]) is None


def test_journald_that_is_stopped(run: pathlib.Path, start: Start,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    """Its queue may have room left."""
    pid = start('')
    asked = []
    monkeypatch.setattr(system, 'main_pid',
                        lambda name: asked.append(name) or pid)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(run / 'journal/socket'))
        assert obstacles.of_journal(None, run) is None
        os.kill(pid, signal.SIGSTOP)
        waiting.until(lambda: obstacles.of_journal(None, run) is not None,
                      'an obstacle')
        told = obstacles.of_journal(None, run)
    assert told is not None and f'pid {pid}: it is stopped' in told
    assert asked[0] == 'systemd-journald.service'


@pytest.mark.parametrize('keeps', [None, '/run/kept', '/run/elsewhere'])
@pytest.mark.parametrize(('here', 'there', 'seen'), [
    (True, True, True), (True, False, False), (False, False, True),
    (True, None, True)])
def test_root_directory_without_the_socket(
        tmp_path: pathlib.Path, here: bool, there: bool | None,
        seen: bool, keeps: str | None) -> None:
    """It is not seen there; where it is not here either, no journal runs."""
    run, proc = tmp_path / 'run', tmp_path / 'proc'
    root = proc / '7/root'
    if there is not None:
        # else the process has ended
        (root / 'run/kept').mkdir(parents=True)
        # what the unit keeps reports in comes to the operator
        seen = seen or keeps == '/run/kept'
    for is_there, socket_path in (
            (here, run / 'journal/socket'),
            (there, root / str(run / 'journal/socket').lstrip('/'))):
        if is_there:
            socket_path.parent.mkdir(parents=True)
            socket_path.touch()
    why = obstacles.of_root(7, keeps, run, proc)
    assert (why is None) == seen
    if why is not None:
        assert obstacles.ELSEWHERE in why
        assert f'BindPaths={run}/journal' in why


@pytest.mark.parametrize(('links', 'files', 'told', 'expected'), [
    ({}, {}, {}, (10_000, '30s', 'by default')),
    ({'burst:u': '3'}, {}, {}, (3, '30s', 'of the unit: set Log')),
    ({'burst:u': '3', 'interval:u': '2500000'}, {}, {},
     (3, '2.5s', 'restart the unit')),
    # what was changed after the unit was started does not count
    ({'burst:u': '3'}, {}, {'LogRateLimitBurst': '4'}, (3, '30s', '')),
    ({}, {}, {'LogRateLimitBurst': '4', 'LogRateLimitIntervalUSec': '1min'},
     (4, '1min', 'of the unit')),
    ({}, {}, {'LogRateLimitBurst': '0', 'LogRateLimitIntervalUSec': '0'},
     (10_000, '30s', 'by default')),
    ({'burst:other': '3'}, {'journald.conf': 'RateLimitBurst=5\n'}, {},
     (5, '30s', 'journald.conf: set RateLimitBurst=10000, and restart '
      'systemd-journald')),
    ({'burst:u': '3'}, {'journald.conf': 'RateLimitIntervalSec=7\n'}, {},
     (3, '7s', 'of the unit')),
    ({'burst:u': '3'}, {'journald.conf': 'RateLimitIntervalSec=0s\n'}, {},
     None),
    ({}, {'journald.conf': 'RateLimitBurst=0\n'}, {}, None),
    ({}, {'journald.conf': 'RateLimitBurst=many\n'}, {}, None),
    ({'burst:u': 'x'}, {'journald@x.conf': 'RateLimitBurst=5\n'}, {},
     (10_000, '30s', ''))])
@pytest.mark.any_python
def test_rate_limit_of_a_unit(
        tmp_path: pathlib.Path, links: dict[str, str], files: dict[str, str],
        told: dict[str, str], expected: tuple[int, str, str] | None) -> None:
    """As journald reads it; that of the unit counts, then that of all."""
    (tmp_path / 'units').mkdir()
    for name, value in links.items():
        (tmp_path / f'units/log-rate-limit-{name}').symlink_to(value)
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    limit = rate_limit.of_unit('u', None, told, tmp_path, [tmp_path])
    assert (limit is None) == (expected is None)
    if limit is not None and expected is not None:
        assert (limit.burst, limit.interval) == expected[:2]
        assert expected[2] in limit.remedy


@pytest.mark.any_python
def test_rate_limit_that_drops_reports(
        tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """journald takes more where much is free; what there is room for comes."""
    free = {'blocks': 1}
    monkeypatch.setattr(os, 'statvfs', lambda path: types.SimpleNamespace(
        f_bavail=free['blocks'], f_frsize=1024 * 1024))
    limit = rate_limit.Limit(17, '30s', 'set it')
    assert rate_limit.why_lost(limit, 1) is None
    told = rate_limit.why_lost(limit, 2)
    assert told is not None and told.endswith(
        'at most 17 entries of the unit in 30s, and drops the others; a '
        'report of each process has 34 or more: set it')
    free['blocks'] = 16
    assert rate_limit.why_lost(limit, 2) is None
    assert rate_limit.why_lost(limit, 3) is not None
    assert rate_limit.why_lost(None, 100) is None
    assert rate_limit.why_lost(limit, 1, [tmp_path / 'nowhere']) is None
