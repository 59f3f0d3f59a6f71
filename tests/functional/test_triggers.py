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

"""Triggers: real processes, real signals, a real socket for a journal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from ceilometer.diagnostics import fields
from tests.functional import conftest
from tests import limits

DISABLED = '[diagnostics]\nenabled = false\n'
ONLY_USR1 = '[diagnostics]\nsignals = USR1\n'


def sections(report):
    """The sections of a report by their names."""
    return {section.name: section for section in report.sections}


def triggers(report):
    """How many triggers a report answers."""
    return 1 + report.sections[-1].data['trigger']['merged']


def test_signal_is_answered_with_a_whole_report(start, journal):
    """SIGUSR1 gives one report; who sent it is known."""
    process = start('simple')
    process.wait_ready()
    process.send()
    (report,) = journal.wait_complete()
    assert report.header.pid == process.pid
    assert report.header.service == 'example'
    assert report.header.process == fields.PROCESS_MASTER
    assert report.header.trigger.kind == fields.TRIGGER_SIGNAL
    assert report.header.trigger.signal == 'SIGUSR1'
    assert report.header.trigger.sender_pid == os.getpid()
    assert report.header.trigger.sender_uid == os.getuid()
    assert None not in report.header.trigger
    assert {section.status for section in report.sections} == {'ok'}
    assert report.sections[-1].name == fields.SECTION_SUMMARY
    assert {'package', 'threads', 'green-threads', 'processes',
            'configuration'} <= set(sections(report))
    assert process.end() == 0
    assert process.output.endswith('done\n')


def test_sigusr2_is_answered_the_same_way(start, journal):
    """The signal of oslo.reports gives the same report."""
    process = start('simple')
    process.wait_ready()
    process.send(signal.SIGUSR2)
    (report,) = journal.wait_complete()
    assert report.header.trigger.signal == 'SIGUSR2'
    assert process.end() == 0
    assert process.errors == ''


def test_signal_that_comes_at_start_is_answered(start, journal):
    """As units start it, a signal that comes too early is kept."""
    process = start.run([
        'env', '--block-signal=USR1', '--ignore-signal=USR1',
        sys.executable, conftest.DAEMONS, 'simple'])
    conftest.until(lambda: conftest.blocks(process.pid),
                   'the signal to be blocked')
    process.send()
    process.wait_ready()
    (report,) = journal.wait_complete()
    assert report.header.trigger.signal == 'SIGUSR1'
    assert process.end() == 0


def test_every_process_of_a_service_answers(start, journal):
    """Master and workers of cotyledon each give a report."""
    process = start('cotyledon_service')
    pids = process.wait_ready(3)
    process.send_all()
    reports = journal.wait_complete(3)
    assert sorted(report.header.pid for report in reports) == sorted(pids)
    described = sorted(
        re.sub(' pid .*', '', report.header.describe_process())
        for report in reports)
    assert described == ['master', 'worker 0 (ExampleWorker)',
                         'worker 1 (ExampleWorker)']
    for report in reports:
        processes = sections(report)['processes'].data['processes']
        assert set(pids) <= {found['pid'] for found in processes}
    process.send(signal.SIGTERM)
    assert process.wait() == 0


def test_new_worker_answers_when_one_has_been_killed(start, journal):
    """A worker that takes another's place is armed as the first one was."""
    process = start('cotyledon_service')
    pids = process.wait_ready(3)
    os.kill(next(pid for pid in pids if pid != process.pid), signal.SIGKILL)
    new = process.wait_ready(4)[3]
    os.kill(new, signal.SIGUSR1)
    (report,) = journal.wait_complete(pid=new)
    assert report.header.process == fields.PROCESS_WORKER
    assert report.header.worker_name == 'ExampleWorker'


def test_stuck_in_c_is_answered(start, journal):
    """A main thread in C that has released the interpreter is no hindrance."""
    process = start('stuck_in_c')
    process.wait_ready()
    process.send()
    (report,) = journal.wait_complete()
    assert 'libc.sleep(3600)' in sections(report)['threads'].text
    assert process.alive


def test_spinning_is_answered(start, journal):
    """A main thread that computes is no hindrance, and is shown running."""
    process = start('spinning')
    process.wait_ready()
    process.send()
    (report,) = journal.wait_complete()
    (main,) = [
        owner for merged in sections(report)['threads'].data['stacks']
        for owner in merged['threads'] if owner['foreground']]
    assert main['state'] == 'running'
    assert process.alive


@pytest.mark.parametrize('number', [signal.SIGUSR1, signal.SIGUSR2])
def test_programs_it_has_started_survive(start, journal, number):
    """Neither a signal to all its processes nor to each ends a child."""
    process = start('with_children')
    children = [int(pid) for pid in process.wait_line('children')]
    process.wait_ready()
    process.send_all(number)
    for child in children:
        os.kill(child, number)
    journal.wait_complete()
    process.tell()
    assert process.wait_line('alive') == ['True'] * 3
    assert process.wait() == 0


def test_late_install_is_answered(start, journal):
    """Where threads exist already each of many signals is answered."""
    process = start('late')
    process.wait_ready()
    for count in range(1, 11):
        process.wait_asleep()
        process.send()
        journal.wait_complete(count)
    report = journal.complete()[0]
    assert 'early-2' in sections(report)['threads'].text
    assert process.end() == 0
    assert process.output.endswith('done\n')


@pytest.mark.parametrize('queued', [True, False])
def test_sender_of_a_late_signal_is_not_known(
        start, journal, request, queued):
    """The signal is passed on; who passes it on has not sent it."""
    if not queued:
        request.getfixturevalue('no_queue')
    process = start('late')
    process.wait_ready()
    process.wait_asleep()
    process.send()
    (report,) = journal.wait_complete()
    assert report.header.trigger.signal == 'SIGUSR1'
    # on a busy machine the kernel may give it to the waiting thread at once
    assert report.header.trigger.sender_pid in (None, os.getpid())
    assert process.end() == 0


def test_fork_of_an_early_thread_is_not_interrupted(start, journal):
    """There is one thread, and it has the signals blocked from then on."""
    process = start('forks_in_an_early_thread')
    pids = process.wait_ready(2)
    assert process.wait_line('blocked') == ['True']
    (forked,) = set(pids) - {process.pid}
    os.kill(forked, signal.SIGUSR1)
    (report,) = journal.wait_complete(pid=forked)
    assert report.header.process == fields.PROCESS_CHILD
    assert process.end() == 0


def test_late_install_is_answered_while_the_main_thread_sleeps(
        start, journal):
    """A sleeping main thread passes each signal on at once."""
    process = start('late_sleeping')
    process.wait_ready()
    for count in range(1, 11):
        process.wait_asleep()
        process.send()
        journal.wait_complete(count)
    assert process.alive


def test_uninstall_restores_everything(start, journal):
    """Handlers, mask and thread are as before; no waiting signal kills."""
    process = start('uninstalled')
    process.wait_ready()
    assert process.lines('handler') == ['True']
    assert process.lines('default') == ['True']
    assert process.lines('mask') == ['True']
    assert process.lines('threads') == ['False']
    assert process.lines('handled') == ['SIGUSR1']
    process.send(signal.SIGUSR2)
    assert process.wait() == -signal.SIGUSR2


def test_uninstall_leaves_what_the_unit_has_blocked(start, journal):
    """Units block the signals before a daemon starts."""
    process = start.run([
        'env', '--block-signal=USR1,USR2', sys.executable, conftest.DAEMONS,
        'uninstalled'])
    process.wait_ready()
    assert process.lines('mask') == ['True']
    # blocked, and so it waits
    process.send()
    assert process.end() == 0
    assert process.lines('handled') == []


def test_oslo_reports_is_in_charge_after_uninstall(start, journal):
    """Of what the service gives it then."""
    process = start('oslo_reports_after_uninstall')
    process.wait_ready()
    process.send(signal.SIGUSR2)
    process.wait_for(lambda: 'Guru Meditation' in process.errors,
                     'the stock report')
    assert process.end() == 0
    assert journal.entries == []


def test_install_again_after_uninstall(start, journal):
    """A process can be armed again."""
    process = start('reinstalled')
    process.wait_ready()
    process.send()
    (report,) = journal.wait_complete()
    assert report.header.service == 'second'
    assert process.end() == 0


def test_forks_of_a_thread_and_of_forks_answer(start, journal):
    """Whatever thread forks, and in whatever process, the fork is armed."""
    process = start('forks_in_thread')
    pids = process.wait_ready(3)
    process.send_all()
    reports = journal.wait_complete(3)
    assert sorted(report.header.pid for report in reports) == sorted(pids)
    for report in reports:
        owners = [owner
                  for merged in sections(report)['threads'].data['stacks']
                  for owner in merged['threads'] if owner['foreground']]
        assert [owner['native_id'] for owner in owners] == [
            report.header.pid]
        assert report.header.process == (
            fields.PROCESS_MASTER if report.header.pid == process.pid
            else fields.PROCESS_CHILD)
    assert process.end() == 0


def test_answers_of_one_trigger_say_the_same(start, journal):
    """And those of the next trigger, however soon it comes, another one."""
    process = start('forks_in_thread')
    process.wait_ready(3)
    seen = []
    for count in (3, 6, 9):
        process.send_all()
        reports = journal.wait_complete(count)
        new = [report.header.trigger.id for report in reports
               if report.header.trigger.id not in seen]
        assert len(new) == 3 and len(set(new)) == 1, new
        seen.append(new[0])
    assert process.end() == 0


def test_fork_during_reports_is_armed(start, journal):
    """A process forked at any moment of a report writes its own."""
    process = start('forks_while_reporting')
    for count in range(1, 61):
        lines = process.wait_for(
            lambda count=count: (
                len(said := process.lines('forked')) >= count and said),
            f'fork {count}')
        assert lines[count - 1] == 'True'
    assert process.wait() == 0


def test_fork_waits_for_an_import(start, journal):
    """A lock of a module would stay locked in the new process for ever."""
    process = start('forks_while_importing')
    assert process.wait() == 0
    assert process.output.splitlines() == [
        'imported', 'forked False', 'parent False']


def test_processes_of_multiprocessing_answer(start, journal):
    """Processes that multiprocessing forks are armed."""
    process = start('multiprocessing_pool')
    pids = process.wait_ready(3)
    process.send_all()
    journal.wait_complete(3)
    for pid in set(pids) - {process.pid}:
        os.kill(pid, signal.SIGTERM)
    assert process.wait_line('done') == ['0', '0']


def test_spawned_process_is_not_killed(start, journal):
    """A process that inherits no arming inherits what protects it."""
    process = start('multiprocessing_spawn')
    pids = process.wait_ready(2)
    process.send_all()
    journal.wait_complete(1, pid=process.pid)
    (spawned,) = set(pids) - {process.pid}
    os.kill(spawned, signal.SIGTERM)
    assert process.wait_line('done') == ['0']


def test_storm_of_signals_coalesces(start, journal):
    """Of a hundred signals each is answered, by fewer and whole reports."""
    process = start('storm')
    process.wait_line('sent')
    process.send(signal.SIGUSR2)
    reports = journal.wait_for(
        lambda: any(report.header.trigger.signal == 'SIGUSR2'
                    or triggers(report) > 1
                    for report in journal.complete())
        and len(journal.complete()) >= 2 and journal.complete(),
        'the reports of the storm')
    assert process.end() == 0
    assert len(reports) < 100
    assert all(report.complete for report in journal.reports())
    # one after the other, none within another
    ids = [entry[fields.REPORT_ID] for entry in journal.entries]
    assert len([1 for one, other in zip(ids, ids[1:], strict=False)
                if one != other]) == len(set(ids)) - 1


def test_oslo_reports_is_taken_over(start, journal):
    """After setup_autorun SIGUSR2 gives our report, and only ours."""
    for program in ('with_oslo_reports', 'oslo_reports_first'):
        process = start(program)
        process.wait_ready()
        process.send(signal.SIGUSR2)
        (report,) = journal.wait_complete(pid=process.pid)
        assert sections(report)['configuration'].data['known']
        assert process.end() == 0
        assert process.errors == ''


@pytest.mark.parametrize('program', [
    'with_oslo_reports', 'oslo_reports_first'])
def test_sigusr2_may_be_left_to_oslo_reports(start, journal, program):
    """With signals = USR1, SIGUSR2 gives the stock report."""
    process = start(program, {'TEST_CONFIGURATION': ONLY_USR1})
    process.wait_ready()
    process.send(signal.SIGUSR2)
    process.wait_for(lambda: 'Guru Meditation' in process.errors
                     and 'Configuration' in process.errors,
                     'the stock report')
    process.send(signal.SIGUSR1)
    (report,) = journal.wait_complete()
    assert report.header.trigger.signal == 'SIGUSR1'
    assert process.end() == 0


def test_disabled_leaves_the_signals_alone(start, journal):
    """With enabled = false SIGUSR1 does what it ever did: it kills."""
    process = start('with_oslo_reports', {'TEST_CONFIGURATION': DISABLED})
    process.wait_ready()
    process.send()
    assert process.wait() == -signal.SIGUSR1
    assert journal.entries == []


def test_disabled_leaves_sigusr2_to_oslo_reports(start, journal):
    """With enabled = false setup_autorun works as ever."""
    process = start('with_oslo_reports', {'TEST_CONFIGURATION': DISABLED})
    process.wait_ready()
    process.send(signal.SIGUSR2)
    process.wait_for(lambda: 'Guru Meditation' in process.errors,
                     'the stock report')
    assert process.end() == 0
    assert journal.entries == []


def test_touched_file_triggers_each_process(start, journal, tmp_path):
    """oslo.reports' file_event_handler is a trigger of every process."""
    file = tmp_path / 'touched'
    file.write_text('')
    process = start('configured', {'TEST_CONFIGURATION': (
        f'[oslo_reports]\nfile_event_handler = {file}\n'
        'file_event_handler_interval = 1\n')})
    pids = process.wait_ready(2)
    os.utime(file, (1_000_000_000, 1_000_000_000))
    reports = journal.wait_complete(2)
    assert sorted(report.header.pid for report in reports) == sorted(pids)
    assert {report.header.trigger.kind for report in reports} == {
        fields.TRIGGER_FILE}
    # signals work beside it
    process.send()
    journal.wait_complete(2, pid=process.pid)
    assert process.end() == 0
    assert 'Guru' not in process.errors


def test_watched_file_gives_no_stock_report(start, journal, tmp_path):
    """oslo.reports' own watching thread is not heard any more."""
    file = tmp_path / 'touched'
    file.write_text('')
    for program in ('with_oslo_reports', 'oslo_reports_first',
                    'oslo_reports_before_and_after'):
        process = start(program, {'TEST_CONFIGURATION': (
            f'[oslo_reports]\nfile_event_handler = {file}\n'
            'file_event_handler_interval = 1\n')})
        process.wait_ready()
        os.utime(file)
        journal.wait_complete(pid=process.pid)
        os.utime(file)
        journal.wait_complete(2, pid=process.pid)
        assert process.end() == 0
        assert process.errors == ''


def test_report_by_the_api(start, journal):
    """write_report() gives each of its callers a report that covers it."""
    process = start('api')
    ids = process.wait_line('ids')
    assert process.wait() == 0
    assert len(ids) == 10
    assert 'None' not in ids
    reports = journal.complete()
    assert set(ids) <= {report.header.id for report in reports}
    assert {report.header.trigger.kind for report in reports} == {
        fields.TRIGGER_API}
    assert sum(map(triggers, reports)) == 10


def test_doors_say_what_is_wrong(start, journal):
    """Each refusal of install() names what was wrong."""
    process = start('doors')
    process.wait_ready()
    aside, *others = process.output.splitlines()
    assert aside.startswith('RuntimeError diagnostics can only be installed '
                            "in the main thread, not in 'aside'")
    assert others[0].startswith('NotInstalled')
    assert others[1].startswith('NotInstalled')
    assert others[2].startswith('AlreadyInstalled')
    assert 'ConfigOpts' in others[2]
    assert process.end() == 0


def test_program_may_end_during_its_report(start, journal):
    """What is left of its report is cut short; the exit code is its own."""
    process = start('ends_while_reporting')
    process.wait_ready()
    process.send()
    process.wait_line('collecting')
    assert process.end() == 7
    assert process.errors == ''
    (report,) = journal.wait_complete()
    found = sections(report)
    assert found['hangs'].status == fields.STATUS_TRUNCATED
    assert 'the process ends' in found['hangs'].text
    assert 'report-short' in report.sections[-1].findings
    assert {section.status for name, section in found.items()
            if name != 'hangs'} == {fields.STATUS_OK}


def test_hanging_section_costs_one_thread(start, journal):
    """A section that hangs is abandoned once, and not begun again."""
    process = start('hanging_section')
    process.wait_ready()
    for count in (1, 2, 3):
        process.send()
        report = journal.wait_complete(count)[-1]
        found = sections(report)
        assert found['hangs'].status == fields.STATUS_TIMEOUT
        assert found['exits'].status == fields.STATUS_ERROR
        assert 'SystemExit' in found['exits'].text
        assert found['resources'].status == fields.STATUS_OK
        assert ('abandoned' if count == 1 else 'not started') in (
            found['hangs'].text.lower())
    process.tell()
    assert process.wait_line('threads') == ['3']
    assert process.wait() == 0


def test_hostile_names_forge_nothing(start, journal):
    """Names of threads, services and sections stay what they are."""
    process = start('hostile_names')
    process.wait_ready()
    process.send()
    (report,) = journal.wait_complete()
    for entry in journal.entries:
        for name, value in entry.items():
            assert not re.search('[\x00-\x08\x0b-\x1f\x7f\ud800]', value)
            if name not in (fields.MESSAGE, fields.REPORT_DATA):
                assert '\n' not in value
        assert not re.search(r'^MESSAGE=forged', entry[fields.MESSAGE], re.M)
    text = sections(report)['threads'].text
    assert 'x\\nMESSAGE=forged' in text
    assert text.count('<a name of 1000000 characters>') >= 2
    assert '<LookupError>' in text
    assert process.end() == 0


def test_program_without_a_trigger_pays_nothing(start, journal):
    """Armed, a process has one thread more, and nothing else loaded."""
    script = (
        'import sys, threading, ceilometer.diagnostics\n'
        'ceilometer.diagnostics.install(service="x")\n'
        'print("ready", threading.active_count(), *sorted(\n'
        '    name for name in sys.modules if name.startswith('
        '"ceilometer.diagnostics.daemon.sections") or name in ("psutil",\n'
        '    "oslo_config", "oslo_reports",\n'
        '    "ceilometer.diagnostics.daemon.collect"'
        ')))\n')
    done = subprocess.run([sys.executable, '-c', script], text=True,
                          capture_output=True, timeout=limits.EVENT_SECONDS)
    assert done.stdout == 'ready 2\n'
