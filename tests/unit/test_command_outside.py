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

"""What trigger tells of processes that cannot speak: real processes."""

from __future__ import annotations

import collections.abc
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import typing

import pytest

from ceilometer.diagnostics.command import answers
from ceilometer.diagnostics.command import cli
from ceilometer.diagnostics.command.findings import digest
from ceilometer.diagnostics.command import obstacles
from ceilometer.diagnostics.command.outside import delivery
from ceilometer.diagnostics.command.outside import python_stacks
from ceilometer.diagnostics.command.outside import subject
from ceilometer.diagnostics.command.outside import telling
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import search
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics.command import system
from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics.outside import account
from ceilometer.diagnostics.outside import looking
from ceilometer.diagnostics.outside import thread_looks
from tests import limits
from tests.unit import exact
from tests.unit import journals

UNIT = 'ceilometer-polling.service'
CANARY = 'W3lx9Qz'

# Armed, as far as the kernel can tell: the signal ends it not.
_BLOCK = ('import signal\n'
          'signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])\n')

Start = collections.abc.Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def start() -> collections.abc.Iterator[Start]:
    """Start Python programs, which print a line when they are ready."""
    children = []

    def begin(script: str) -> subprocess.Popen[bytes]:
        child = subprocess.Popen([sys.executable, '-c', script],
                                 stdout=subprocess.PIPE)
        children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline()
        return child

    yield begin
    for child in children:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


@pytest.fixture
def sent(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch,
         ) -> collections.abc.Iterator[socket.socket]:
    """journald's socket."""
    (tmp_path / 'journal').mkdir()
    monkeypatch.setattr(delivery, '_RUN', str(tmp_path))
    monkeypatch.setattr(python_stacks, 'find', lambda: None)
    monkeypatch.setattr(os, 'geteuid', lambda: 0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / 'journal/socket'))
        server.settimeout(limits.EVENT_SECONDS)
        yield server


def tell(pid: int, obstacle: str | None = None) -> telling.Told:
    """Look at one process of a unit."""
    process = unit_processes.look_at(pid)
    assert process is not None
    unit = system.Unit(UNIT, pid, None, (process,))
    answer = answers.Answer(UNIT, process, obstacle=obstacle)
    told = telling.tell([unit], [answer], [answer], 'within 1 s')[pid]
    assert not list(exact.differences(told.data, contents.Outside))
    return told


def kinds(told: telling.Told) -> list[str]:
    """The kinds of what was found."""
    return [one['kind'] for one in told.data['findings']]


def test_stopped_process(start: Start, sent: socket.socket) -> None:
    """A signal has stopped it; another one is pending."""
    child = start(_BLOCK + 'print(flush=True)\nsignal.pause()')
    os.kill(child.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED)
    os.kill(child.pid, signal.SIGUSR1)
    told = tell(child.pid)
    assert kinds(told)[0] == 'process-stopped'
    assert told.data['state'] == 'T (stopped)'
    assert 'SIGUSR1' in told.data['signals']['pending']
    assert 'SIGUSR1' in told.data['signals']['blocked']
    assert told.section.text.startswith('error: it is stopped: "kill -CONT ')
    assert told.data['parent'] == os.getpid()
    assert told.data['descriptors_by_kind']['pipe'] >= 1
    assert told.data['descriptor_limit']
    assert told.data['memory_kib']['VmRSS']
    # nothing was done to it
    os.kill(child.pid, signal.SIGCONT)
    assert child.poll() is None


def test_held_interpreter(start: Start, sent: socket.socket) -> None:
    """A call of C keeps it; the thread is named, and no other."""
    child = start(
        _BLOCK + 'import ctypes, threading\n'
        'libc = ctypes.PyDLL(None)\n'
        'def ask():\n'
        '    while True:\n'
        '        signal.sigwait([signal.SIGUSR1])\n'
        'threading.Thread(target=ask, daemon=True).start()\n'
        'print(flush=True)\n'
        'libc.sleep(600)\n')
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while True:
        # one that comes before the call begins is taken, and waited for again
        os.kill(child.pid, signal.SIGUSR1)
        if 'interpreter-held' in kinds(told := tell(child.pid)):
            break
        assert time.monotonic() < deadline, told.section.text
    held, = (one for one in told.data['findings']
             if one['kind'] == 'interpreter-held')
    assert held['evidence']['thread'] == str(child.pid)
    assert 'nanosleep' in held['sentence'] and '1 thread asked' in (
        held['sentence'])
    assert kinds(told)[0] == 'interpreter-held'


def test_interpreter_that_is_given_up_too_seldom(
        start: Start, sent: socket.socket) -> None:
    """A thread computes in Python; what waits asks for it once in a while."""
    child = start(
        _BLOCK + 'import sys, threading\n'
        'waits = threading.Event()\n'
        'def answer():\n'
        '    with open("/proc/thread-self/comm", "w") as file:\n'
        '        file.write("diagnostics-tri")\n'
        '    waits.set()\n'
        '    while True:\n'
        '        signal.sigwait([signal.SIGUSR1])\n'
        'threading.Thread(target=answer, daemon=True).start()\n'
        'waits.wait()\n'
        'sys.setswitchinterval(3600)\n'
        'print(flush=True)\n'
        'while True: pass\n')
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while True:
        # one that comes before it computes is taken, and waited for again
        os.kill(child.pid, signal.SIGUSR1)
        if kinds(told := tell(child.pid)) == ['interpreter-held']:
            break
        assert time.monotonic() < deadline, told.section.text
    held, = told.data['findings']
    assert held['evidence']['thread'] == str(child.pid)
    assert 'setswitchinterval' in held['sentence']
    # one more signal, which nobody takes: no other cause is told
    os.kill(child.pid, signal.SIGUSR1)
    process = unit_processes.look_at(child.pid)
    assert process is not None
    answer = answers.Answer(UNIT, process)
    while answer.obstacle is None:
        assert time.monotonic() < deadline
        answers.see_who_is_mute([answer])
    assert answer.obstacle == obstacles.AWAY
    assert kinds(tell(child.pid, answer.obstacle)) == ['interpreter-held']


def test_process_that_is_not_armed(start: Start, sent: socket.socket) -> None:
    """It computes, and gets no signal; nobody is said to hold anything."""
    child = start('print(flush=True)\nwhile True: pass\n')
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while 'thread-busy' not in kinds(told := tell(child.pid)):
        assert time.monotonic() < deadline, told.section.text
    assert kinds(told) == ['not-armed', 'thread-busy']
    assert told.data['threads'][0]['native_id'] == child.pid
    assert child.poll() is None


def test_many_threads_are_cut(start: Start, sent: socket.socket) -> None:
    """Those are told that tell most, and how many there are more."""
    child = start(
        _BLOCK + 'import threading\n'
        'threading.stack_size(65536)\n'
        'event = threading.Event()\n'
        'for _ in range(2000):\n'
        '    threading.Thread(target=event.wait, daemon=True).start()\n'
        'print(flush=True)\n'
        'while True: pass\n')
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while 'thread-busy' not in kinds(told := tell(child.pid)):
        assert time.monotonic() < deadline, told.section.text
    assert told.data['thread_count'] == 2001
    assert len(told.data['threads']) == looking.THREADS_TOLD_MAX
    assert told.data['threads_left_out'] == 2001 - looking.THREADS_TOLD_MAX
    assert 'and 1901 more, left out' in told.section.text
    # the one that runs is not among those
    assert told.data['threads'][0]['native_id'] == child.pid


def test_zombies_and_children(start: Start, sent: socket.socket) -> None:
    """A child that has ended is not looked after."""
    child = start(_BLOCK + 'import os\n'
                  'if not os.fork(): os._exit(0)\n'
                  'print(flush=True)\nsignal.pause()')
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while 'zombies' not in kinds(told := tell(child.pid)):
        assert time.monotonic() < deadline, told.section.text
    assert told.data['children'][0]['state'].startswith('Z')
    # nothing else is known of it
    assert kinds(told)[0] == 'process-silent'


def test_process_that_has_taken_the_signal(
        start: Start, sent: socket.socket) -> None:
    """Its report hangs; what tells where is named."""
    child = start(
        _BLOCK + 'import threading, time\n'
        'signal.signal(signal.SIGUSR1, signal.SIG_IGN)\n'
        f'open("/proc/self/comm", "w").write({thread_looks.ANSWERING!r})\n'
        # it makes the report, and has the name of who has started it
        'threading.Thread(target=time.sleep, args=[999], daemon=True).start()'
        '\nprint(flush=True)\n'
        'while True: signal.sigwaitinfo([signal.SIGUSR1])')
    told = when_it_waits(child.pid)
    assert kinds(told) == ['process-silent']
    sentence = told.data['findings'][0]['sentence']
    assert 'it has taken the signal' in sentence
    # journald says nothing of that while the unit logs nothing
    assert 'or journald has dropped its entries' in sentence
    # somebody's own thread that waits for it answers nothing
    other = start(
        _BLOCK + 'signal.signal(signal.SIGUSR1, signal.SIG_IGN)\n'
        'print(flush=True)\nsignal.sigwaitinfo([signal.SIGUSR1])')
    told = when_it_waits(other.pid)
    assert kinds(told) == ['process-silent']
    assert 'it has taken the signal' not in told.section.text


def when_it_waits(pid: int) -> telling.Told:
    """What is told of a process when it waits for a signal."""
    deadline = time.monotonic() + limits.EVENT_SECONDS
    while True:
        told = tell(pid)
        if any(thread['kernel_function'] in ('do_sigtimedwait', 'sigtimedwait')
               for thread in told.data['threads']):
            return told
        assert time.monotonic() < deadline, told.section.text


def test_entry(start: Start, sent: socket.socket) -> None:
    """It has the fields of a report, and names the process."""
    child = start(_BLOCK + 'print(flush=True)\nsignal.pause()')
    told = tell(child.pid)
    assert told.not_written is None
    received = sent.recv(2 ** 20)
    for line in (b'REPORT=1', b'REPORT_TRIGGER=hang',
                 b'REPORT_SECTION=outside', b'REPORT_FINDING=process-silent',
                 b'REPORT_PROCESS=master',
                 b'OBJECT_PID=%d' % child.pid, b'REPORT_SECTION_COUNT=1',
                 b'REPORT_TRIGGER_ID=' + str(
                     told.header.trigger.id).encode()):
        assert line + b'\n' in received, line


def test_who_is_not_root_reads_what_there_is(
        start: Start, sent: socket.socket,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """It is printed, and what is hidden is named."""
    child = start(_BLOCK + 'print(flush=True)\nsignal.pause()')

    def refused(*arguments: object) -> typing.NoReturn:
        raise PermissionError(13, 'Permission denied')

    monkeypatch.setattr(os, 'geteuid', lambda: 1000)
    monkeypatch.setattr(os, 'readlink', refused)
    told = tell(child.pid)
    assert told.not_written == delivery.NOT_ROOT
    assert 'exe' in told.data['hidden']
    assert 'hidden from this user = ' in told.section.text
    monkeypatch.setattr(os, 'geteuid', lambda: 0)
    sent.close()
    assert 'Connection refused' in str(tell(child.pid).not_written)


@pytest.fixture
def program(tmp_path: pathlib.Path) -> collections.abc.Callable[
        [str], tuple[str, str]]:
    """A pystack of our own."""
    def make(script: str) -> tuple[str, str]:
        path = tmp_path / 'pystack'
        path.write_text('#!/bin/sh\n' + script)
        path.chmod(0o755)
        return 'pystack', str(path)

    return make


def test_stacks(program: collections.abc.Callable[
        [str], tuple[str, str]]) -> None:
    """They are masked, escaped and cut; the holder is known by them."""
    stacks = python_stacks.read(7, program(
        'echo "$@"\necho "Process 7: mysql -p x"\n'
        'echo "Traceback for thread 42 (x) [Has the GIL] (most recent"\n'
        f'echo "  connect(password={CANARY})"\n'
        # the sign that tells what stands before it is cut away
        f'echo "{"x " * 74}x://u:{CANARY}@h"\n'
        'printf "\\033[31m\\n"\nyes x | head -n 1000\nexit 3\n'))
    assert stacks.lines[0] == 'remote --no-block 7'
    assert stacks.holder == 42
    text = '\n'.join(stacks.lines)
    assert 'connect(password=' in text and 'x://u:' in text
    assert CANARY[:5] not in text
    assert '\033' not in text and 'mysql' not in text
    assert len(stacks.lines) <= python_stacks.STACK_LINES_MAX
    assert stacks.problem == 'pystack fails with exit code 3'
    # what was being written when it ended
    assert python_stacks.read(7, program(
        'echo begun; printf http://u:canary; exit 3\n')).lines == ['begun']
    slow = python_stacks.read(7, program('echo begun\nexec sleep 600\n'), 0.5)
    assert slow.problem is not None and 'was ended' in slow.problem
    assert python_stacks.read(7, None).problem == python_stacks.INSTALL


def entries(pid: int, uid: int = 0, **more: str) -> tuple[
        str, list[dict[str, str]]]:
    """What the journal has of a report from the outside."""
    process = unit_processes.Process(
        pid, 'x', 'ceilometer-polling: master', 0, True)
    unit = system.Unit(UNIT, pid, None, (process,))
    data = exact.completed('outside', {
        'pid': pid, 'state': 'T (stopped)', 'findings': [{
            'severity': 'error', 'kind': 'process-stopped',
            'sentence': 'it is stopped', 'since': None, 'evidence': {}}]})
    header = subject.header(unit, process, 'ab' * 16)
    found = journal_entries.from_section(
        header, account.section(data, None, 5), 1, 1)
    own = journals.Sender(pid=4242, uid=uid, unit='session-1.scope').fields(
        journals.TIME_USEC)
    return header.id, [{
        **own, **{name: value if isinstance(value, str) else value[0]
                  for name, value in entry.items()},
        'OBJECT_PID': str(pid), 'OBJECT_UID': '998',
        'OBJECT_SYSTEMD_UNIT': UNIT, **more} for entry in found]


def test_sibling_is_believed_of_its_own_unit(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is a report of the other process, and says who has told it."""
    unit = {'_SYSTEMD_UNIT': UNIT}
    told, first = entries(100, uid=998, **unit)
    stranger, second = entries(101, uid=998)
    answer, third = entries(102, uid=998, **unit, REPORT_TRIGGER='signal')
    journals.write(tmp_path / 'x.journal', [*first, *second, *third])
    journal = journal_reader.Journal(source.Source(directory=str(tmp_path)))
    found = {one.id: one for one in read.find(journal)}
    identity = found[told].identity
    assert identity.trusted
    # who tells is journald's word, and of which process is its own
    assert (identity.pid, identity.uid, identity.unit,
            found[told].told_of, found[told].pid) == (
                4242, 998, UNIT, 100, 100)
    assert not found[stranger].identity.trusted
    assert found[answer].identity.pid == found[answer].pid == 4242
    assert found[answer].told_of is None
    for query in (search.Query(pids=(100,)), search.Query(
            pids=(100,), units=(UNIT,))):
        assert [one.id for one in read.find(journal, query)] == [told]
    assert {one.id for one in read.find(journal, search.Query(
        units=(UNIT,)))} == {told, answer}
    # it is no report of who has told it
    assert [one.id for one in read.find(journal, search.Query(
        pids=(4242,), units=(UNIT,))) if one.pid == 4242] == [answer]
    assert not found[told].precedes(found[answer])
    whole = read.load(journal, found[told])
    assert [one.kind for one in digest.digest(whole)] == ['process-stopped']
    place = f'--directory={tmp_path}'
    assert cli.main(['list', place, UNIT]) == 0
    row, = (line for line in capsys.readouterr().out.splitlines()
            if told[:12] in line)
    assert re.search(r'master +100 +hang +1 ', row)
    assert cli.main(['show', place, told]) == 0
    shown = capsys.readouterr().out
    assert 'it is stopped [process-stopped]' in shown
    assert re.search(r'PID: 100\n +Told by: pid 4242\n', shown)


def test_only_root_is_believed(
        tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is a report of that process; of others it is one of a stranger."""
    by_root, first = entries(100)
    forged, second = entries(101, uid=998)
    elsewhere, third = entries(102, OBJECT_SYSTEMD_UNIT='ssh.service')
    journals.write(tmp_path / 'x.journal', [*first, *second, *third])
    journal = journal_reader.Journal(source.Source(directory=str(tmp_path)))
    found = {one.id: one for one in read.find(journal)}
    identity = found[by_root].identity
    assert identity.trusted
    assert (identity.pid, identity.uid, identity.unit,
            identity.writer_pid) == (100, 998, UNIT, 4242)
    for other in (forged, elsewhere):
        assert not found[other].identity.trusted
        assert found[other].identity.pid == 4242
    for query in (search.Query(units=(UNIT,)), search.Query(pids=(100,)),
                  search.Query(trusted=True), search.Query(ids=(by_root[:9],)),
                  search.Query(units=('ceilometer-*',))):
        assert [one.id for one in read.find(journal, query)] == [by_root]
    assert read.find(journal, search.Query(pids=(101,))) == []
    whole = read.load(journal, found[by_root])
    assert [one.kind for one in digest.digest(whole)] == ['process-stopped']
    place = f'--directory={tmp_path}'
    assert cli.main(['show', place, by_root]) == 0
    assert 'it is stopped [process-stopped]' in capsys.readouterr().out
    assert cli.main(['findings', place]) == 0
    assert '1 of 1 process: error: it is stopped' in capsys.readouterr().out
    assert cli.main(['list', place, UNIT]) == 0
    row, = (line for line in capsys.readouterr().out.splitlines()
            if by_root[:12] in line)
    assert re.search(r'ceilometer-polling +master +100 +hang +1 ', row)
    assert cli.main(['export', place, by_root]) == 0
    assert 'it is stopped' in capsys.readouterr().out
