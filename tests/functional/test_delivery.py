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

"""Delivery: journals that hang or are not there, and what else is short."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

import pytest

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import hang_stacks
from ceilometer.diagnostics import fields
from tests.functional import conftest
from tests.functional import journald as journalds
from tests import limits

#: For how long at a stretch reports may take the interpreter away from a
#: thread of the daemon, seconds of processor time; five thousandths is what
#: any other thread may do.
HELD_SECONDS_MAX = 0.05


@pytest.fixture
def hung_journal():
    """A journald that does not read, as one that hangs."""
    with journalds.Journald(reading=False) as listening:
        yield listening


def whole(process, reports=1):
    """Wait until so many whole reports stand on standard error."""
    process.wait_for(
        lambda: process.errors.count('sections with this one') >= reports,
        f'{reports} reports on standard error')


def test_without_a_journal_the_report_is_on_stderr(start):
    """The same text, and the exit code is the program's."""
    process = start('simple')
    process.wait_ready()
    process.send()
    whole(process)
    assert process.end() == 0
    assert process.errors.startswith('=' * 72)
    assert f'Guru Meditation Report of example, master, pid {process.pid}' in (
        process.errors)
    for title in ('Package', 'Threads', 'Processes', 'Configuration'):
        assert f'\n{title} [' in process.errors
    assert 'the journal did not take all of it' in process.errors


def test_without_a_journal_log_dir_gets_a_file_a_process(start, tmp_path):
    """oslo.reports' log_dir has one file for each process."""
    process = start('configured', {'TEST_CONFIGURATION': (
        f'[oslo_reports]\nlog_dir = {tmp_path}\n')})
    pids = process.wait_ready(2)
    process.send_all()
    whole(process, 2)
    assert process.end() == 0
    names = os.listdir(tmp_path)
    assert sorted(int(name.rpartition('_')[2]) for name in names) == (
        sorted(pids))
    for name in names:
        text = (tmp_path / name).read_text()
        assert name.startswith('example_gurumeditation_')
        assert f'pid {name.rpartition("_")[2]}\n' in text
        assert 'sections with this one' in text


def test_log_dir_that_cannot_be_written_costs_nothing(start, tmp_path):
    """The report is on standard error, and says what was wrong."""
    process = start('configured', {'TEST_CONFIGURATION': (
        f'[oslo_reports]\nlog_dir = {tmp_path}/none\n')})
    process.wait_ready(2)
    process.send()
    whole(process)
    assert process.end() == 0
    assert f'{tmp_path}/none/' in process.errors


def test_full_stderr_delays_nothing(start):
    """A pipe that nobody reads holds up neither the program nor its end."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while True:
            os.write(write, b'x' * 4096)
    except BlockingIOError:
        pass
    os.set_blocking(write, True)
    process = start('heartbeat', stderr=write)
    os.close(write)
    process.wait_ready()
    control = start('heartbeat_beside_work')
    control.wait_line('beat')
    conftest.until(lambda: process.send() or _waits_in_poll(process.pid),
                   'the reporter to wait for the reader')
    beats_on(process, control)
    assert _waits_in_poll(process.pid)
    assert process.end() == 0
    os.close(read)


def test_closed_stderr_is_no_error(start):
    """A program without standard error lives on."""
    process = start.run(['sh', '-c', f'exec {sys.executable} '
                         f'{conftest.DAEMONS} report_when_told 2>&-'])
    reports_and_ends(process)


def test_broken_stderr_is_no_error(start):
    """Neither is one whose reader has gone."""
    read, write = os.pipe()
    os.close(read)
    process = start('report_when_told', stderr=write)
    os.close(write)
    reports_and_ends(process)


def reports_and_ends(process):
    """A report for a signal is written, and one for the program itself."""
    process.wait_ready()
    process.send()
    process.send(signal.SIGUSR2)
    assert process.end() == 0
    assert process.wait_line('id') != ['None']


def test_hung_journal_holds_up_no_thread(start, hung_journal):
    """While journald hangs, the threads of the program run on."""
    start.socket_path = hung_journal.path
    process = start('heartbeat')
    process.wait_ready()
    control = start('heartbeat_beside_work')
    control.wait_line('beat')
    # more reports than its queue takes
    conftest.until(lambda: process.send() or _waits_in_poll(process.pid),
                   'the reporter to wait for journald')
    beats_on(process, control)
    assert _waits_in_poll(process.pid)
    hung_journal.read()
    hung_journal.wait_complete()
    beats_on(process, control)
    assert process.end() == 0


def beats_on(process, control):
    """Have a program's other thread run, and all that it did not run for.

    :param control: the same program, where others compute instead
    """
    before = len(process.lines('beat'))
    beats = process.wait_for(
        lambda: len(said := process.lines('beat')) >= before + 3 and said,
        'the other thread to run on')
    held, gap = map(float, beats[-1].split())
    assert held < HELD_SECONDS_MAX
    _, usual = map(float, control.lines('beat')[-1].split())
    assert gap < HELD_SECONDS_MAX + 10 * usual


def test_entries_wait_for_a_journal_that_hung(start, hung_journal):
    """What does not fit the queue arrives when journald goes on."""
    start.socket_path = hung_journal.path
    process = start('simple')
    process.wait_ready()
    # more reports than its queue takes
    conftest.until(lambda: process.send() or _waits_in_poll(process.pid),
                   'the reporter to wait for journald')
    hung_journal.read()
    for report in hung_journal.wait_complete(2):
        assert report.sections[-1].data['delivery_problem'] is None
    assert process.end() == 0
    assert process.errors == ''


def _waits_in_poll(pid):
    """Whether a thread but the first waits in poll(2)."""
    for thread in os.listdir(f'/proc/{pid}/task'):
        with contextlib.suppress(OSError):
            with open(f'/proc/{pid}/task/{thread}/wchan') as file:
                if int(thread) != pid and 'poll' in file.read():
                    return True
    return False


def test_program_ends_while_the_journal_hangs(start, hung_journal):
    """No end waits for a report that cannot be delivered."""
    start.socket_path = hung_journal.path
    process = start('simple')
    process.wait_ready()
    conftest.until(lambda: process.send() or _waits_in_poll(process.pid),
                   'the reporter to wait for journald')
    assert process.end() == 0


def test_entry_too_large_for_a_datagram_arrives(start, journal):
    """It goes in a sealed memfd."""
    process = start('large_section')
    process.wait_ready()
    process.send()
    (report,) = journal.wait_complete()
    section = report.sections[-2]
    assert section.name == 'large-one'
    assert section.text == '\n'.join(['a line of text'] * 200_000)
    assert process.end() == 0


def test_no_descriptor_left(start, journal):
    """A program that has used up its descriptors gives a report, and more."""
    process = start('many_descriptors')
    process.wait_ready()
    for count in (1, 2):
        process.send()
        report = journal.wait_complete(count)[-1]
        found = {section.name: section for section in report.sections}
        resources = found['resources'].data
        assert resources['file_descriptors']['count'] > 1000
        assert resources['limits'][contents.OPEN_FILES] == [1200, 1200]
        assert all(section.status == fields.STATUS_OK
                   for section in report.sections)
        # the reserve is held again
        conftest.until(lambda: _count(process.pid, 'fd') == 1200,
                       'the reporter to end')
    process.tell()
    assert process.wait_line('all') == ['True']
    assert process.wait() == 0


def test_no_descriptor_left_in_a_fork(start, journal):
    """A fork has descriptors of its own in reserve."""
    process = start('many_descriptors_in_a_fork')
    (pid,) = process.wait_ready()
    os.kill(pid, signal.SIGUSR1)
    (report,) = journal.wait_complete()
    assert report.header.pid == pid
    assert all(section.status == fields.STATUS_OK
               for section in report.sections)
    assert process.end() == 0


def test_no_descriptor_left_where_all_are_closed(start, journal):
    """What a program has opened in place of our reserve is not closed.

    There, more descriptors are allowed for a while, if that may be.
    """
    process = start('closed_and_many_descriptors')
    process.wait_ready()
    process.send()
    (report,) = journal.wait_complete()
    assert all(section.status == fields.STATUS_OK
               for section in report.sections)
    process.tell()
    assert process.wait_line('limit') == ['1200']
    assert process.wait_line('all') == ['True']
    assert process.wait() == 0


def test_no_thread_left(start, journal):
    """A program that can start no thread gives a report."""
    process = start('no_threads')
    process.wait_ready()
    assert process.lines('refused')
    process.send()
    report = journal.wait_complete(2)[1]
    assert {section.status for section in report.sections} <= {
        fields.STATUS_OK}
    # and the next one
    process.send()
    journal.wait_complete(3)
    assert process.end() == 0


@pytest.mark.parametrize('what', [
    'settrace raises', 'settrace hangs', 'setprofile raises',
    'setprofile hangs', 'settrace_all_threads raises',
    'settrace_all_threads hangs'])
def test_threads_are_traced(start, journal, what):
    """A debugger or a profiler costs no report, and keeps its hook."""
    if not hasattr(threading, what.split()[0]):
        pytest.skip('Python 3.12 has it')
    process = start('traced', {'TEST_TRACE': what})
    process.wait_ready()
    for count in (2, 3):
        process.send()
        report = journal.wait_complete(count)[-1]
        assert {section.status for section in report.sections} == {
            fields.STATUS_OK}
    process.tell()
    process.wait_line('done')
    assert process.end() == 0


@pytest.mark.parametrize('what', [
    'settrace raises first', 'settrace hangs first', 'setprofile raises first',
    'setprofile hangs first'])
def test_threads_are_traced_from_the_start_on(start, journal, what):
    """The first report imports, and a fork has the hook as well."""
    process = start('traced', {'TEST_TRACE': what})
    pids = process.wait_ready(2)
    for count in (1, 2):
        process.send_all()
        for pid in pids:
            *_, report = journal.wait_complete(count, pid)
            assert {section.status for section in report.sections} == {
                fields.STATUS_OK}
    process.tell()
    process.wait_line('done')
    assert process.end() == 0


@pytest.mark.parametrize('what', [
    'eventlet', 'eventlet warm', 'open warm', 'os warm', 'json warm',
    'time warm', 'select warm', 'socket warm'])
def test_functions_are_replaced(start, journal, what):
    """What a library puts in their place costs no report, in forks either."""
    if what.startswith('eventlet'):
        pytest.importorskip('eventlet')
    process = start('replaced_functions', {'TEST_REPLACE': what})
    pids = process.wait_ready(2)
    before = len(what.split())
    before -= not what.startswith('eventlet')
    for count in (1, 2):
        process.send_all()
        for pid in pids:
            *_, report = journal.wait_complete(
                count + (before if pid == process.pid else 0), pid)
            assert report.header.trigger.kind == fields.TRIGGER_SIGNAL
            if what.startswith('eventlet'):
                assert {section.status for section in report.sections} == {
                    fields.STATUS_OK}
                threads, = (section.data for section in report.sections
                            if section.name == 'threads')
                assert 'diagnostics-report' in {
                    owner['name'] for stack in threads['stacks']
                    for owner in stack['threads']}
    process.tell()
    process.wait_line('done')
    assert process.wait() == 0


def test_functions_that_are_replaced_before_are_named(start):
    """What waits in another way is no thread that could wait for signals."""
    pytest.importorskip('eventlet')
    process = start('green_before')
    assert process.wait() == 0
    refused, = process.lines('refused')
    assert refused.startswith("eventlet has replaced Python's threads")


def test_reports_leave_no_descriptor_behind(start, journal):
    """After many reports as many descriptors are open as before."""
    process = start('simple')
    process.wait_ready()
    # the thread that waits begins beside it, and opens what it needs
    conftest.until(lambda: conftest.catches(process.pid, hang_stacks.SIGNAL),
                   'the thread that waits')
    before = _count(process.pid, 'fd')
    threads = _count(process.pid, 'task')
    for count in range(1, 6):
        process.send()
        journal.wait_complete(count)
    # who has written them may be about to end
    conftest.until(lambda: _count(process.pid, 'task') == threads,
                   'the threads of the reports to end')
    assert _count(process.pid, 'fd') == before
    assert process.end() == 0


def _count(pid, what):
    """How many descriptors, say, a process has."""
    return len(os.listdir(f'/proc/{pid}/{what}'))


def test_child_of_a_program_inherits_no_descriptor(start, journal):
    """What a report opens is closed on exec."""
    process = start.run([sys.executable, '-c', (
        'import ceilometer.diagnostics, subprocess\n'
        'ceilometer.diagnostics.install(service="x")\n'
        'ceilometer.diagnostics.write_report()\n'
        'subprocess.run(["ls", "/proc/self/fd"], close_fds=False)\n')])
    assert process.wait() == 0
    assert process.output.split() == ['0', '1', '2', '3']


def test_stderr_that_is_a_socket(start):
    """systemd connects standard error to a stream socket."""
    import socket
    ours, theirs = socket.socketpair()
    with ours, theirs:
        process = start('simple', stderr=theirs)
        theirs.close()
        process.wait_ready()
        process.send()
        ours.settimeout(limits.EVENT_SECONDS)
        text = b''
        while b'sections with this one' not in text:
            text += ours.recv(65536)
        assert b'Guru Meditation Report' in text
        assert process.end() == 0


def test_stock_tools_are_needed_for_nothing(tmp_path):
    """Without PATH a report is still written."""
    done = subprocess.run(
        [sys.executable, '-c', (
            'from ceilometer.diagnostics.daemon import journal\n'
            'journal.SOCKET_PATH = "/nonexistent"\n'
            'import ceilometer.diagnostics\n'
            'ceilometer.diagnostics.install(service="x")\n'
            'ceilometer.diagnostics.write_report()\n')],
        env={}, capture_output=True, text=True, timeout=limits.EVENT_SECONDS)
    assert done.returncode == 0
    assert 'sections with this one' in done.stderr
    assert ' ERROR' not in done.stderr
