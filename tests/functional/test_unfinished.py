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

"""Reports that their process does not finish, or that are short."""

from __future__ import annotations

import os
import signal
import time

import pytest

from ceilometer.diagnostics import fields


@pytest.fixture
def service(start):
    """A service with a section that hangs, and its processes."""
    process = start('cotyledon_hanging_section')
    return process, process.wait_ready(3)


def report_of(journal, pid):
    """The only report of a process, as far as it has come."""
    (found,) = (one for one in journal.reports() if one.header.pid == pid)
    return found


def test_report_of_a_killed_worker_is_known_to_be_unfinished(
        service, journal):
    """What it had collected is there, and that it is not all."""
    process, pids = service
    worker = next(pid for pid in pids if pid != process.pid)
    os.kill(worker, signal.SIGUSR1)
    process.wait_line('collecting')
    os.kill(worker, signal.SIGKILL)
    process.wait_ready(4)
    report = report_of(journal, worker)
    assert report.unfinished
    assert report.count == len(fields.SECTIONS) + 2
    assert [section.name for section in report.sections] == [*fields.SECTIONS]


def test_process_that_is_stopped_during_its_report_is_told(start, journal):
    """By another one; who is slow itself is not told of."""
    process = start('cotyledon_hanging_section', {'TEST_MASTER_ANSWERS': '1'})
    pids = process.wait_ready(3)
    process.send_all()
    process.wait_for(lambda: len(process.lines('collecting')) == 2,
                     'the workers to collect')
    worker = next(pid for pid in pids if pid != process.pid)
    os.kill(worker, signal.SIGSTOP)

    def told():
        return [entry for entry in list(journal.entries)
                if entry['REPORT_TRIGGER'] == fields.TRIGGER_HANG]

    entry, = journal.wait_for(told, 'the entry of another one')
    assert entry['OBJECT_PID'] == str(worker)
    assert entry['REPORT_FINDING'] == 'process-stopped'
    os.kill(worker, signal.SIGCONT)
    journal.wait_complete(pid=process.pid)
    assert told() == [entry]


def test_report_of_who_executes_another_program_is_unfinished(
        start, journal):
    """That program is harmed by no signal, and the others answer."""
    process = start('cotyledon_executing')
    pids = process.wait_ready(2)
    worker = next(pid for pid in pids if pid != process.pid)
    os.kill(worker, signal.SIGUSR1)
    assert process.wait_line('executes') == [str(worker)]
    report = report_of(journal, worker)
    assert report.unfinished
    assert [section.name for section in report.sections] == [*fields.SECTIONS]
    # all are asked
    process.send_all()
    journal.wait_complete(pid=process.pid)
    process.send(signal.SIGTERM)
    assert process.wait() == 0
    # and nobody has called it silent
    assert {one.header.pid for one in journal.reports()} == set(pids)
    assert all(one.header.trigger.kind == fields.TRIGGER_SIGNAL
               for one in journal.reports())


def test_clock_may_be_set(start, journal, tmp_path):
    """Reports are whole; what took how long does not depend on it."""
    clock = tmp_path / 'clock'
    clock.write_text('0')
    process = start('cotyledon_whose_clock_is_set', {
        'TEST_CLOCK': str(clock)})
    pids = process.wait_ready(3)
    day = 86400
    for number, step in enumerate((0, -day, day), start=1):
        clock.write_text(str(step))
        asked = time.time()
        process.send_all()
        found = journal.wait_complete(3 * number)[-3:]
        assert {one.header.pid for one in found} == set(pids)
        assert len({one.header.trigger.id for one in found}) == 1
        for one in found:
            sections = {section.name: section for section in one.sections}
            # it is the clock of these processes that is set
            dates = {time.strftime('%F', time.gmtime(now + step))
                     for now in (asked, time.time())}
            text = '\n'.join(entry['MESSAGE'] for entry in journal.entries
                             if entry['REPORT_ID'] == one.header.id)
            assert any(f'\n{date} ' in text for date in dates)
            data = sections['resources'].data
            assert 0 <= data['armed_for_seconds'] < day / 2
            data = sections['summary'].data
            assert 0 <= data['total_usec'] < day / 2 * 1e6
    process.send(signal.SIGTERM)
    assert process.wait() == 0
    assert 'Traceback' not in process.errors


def test_stacks_of_a_worker_that_crashes_are_told(start, journal):
    """By its master, in the next report."""
    process = start('cotyledon_service')
    worker = next(pid for pid in process.wait_ready(3) if pid != process.pid)
    os.kill(worker, signal.SIGSEGV)
    # the next one has begun
    process.wait_ready(4)
    process.send()
    # that of the death came before
    _, report = journal.wait_complete(2)
    (workers,) = (section for section in report.sections
                  if section.name == 'workers')
    (death,) = workers.data['services'][0]['deaths']
    assert death['pid'] == worker and death['signal'] == 'SIGSEGV'
    told = '\n'.join(death['stacks'])
    assert 'Segmentation fault' in told and '_wait_forever' in told
    process.send(signal.SIGTERM)
    assert process.wait() == 0


def test_stacks_of_a_worker_that_crashes_as_it_begins_are_told(
        start, journal):
    """Its service is not even made."""
    process = start('cotyledon_crashing')
    (pid,) = process.wait_line('crashes')
    process.wait_ready(2)
    process.send()
    _, report = journal.wait_complete(2)
    (workers,) = (section for section in report.sections
                  if section.name == 'workers')
    (death,) = workers.data['services'][0]['deaths']
    assert death['pid'] == int(pid) and death['signal'] == 'SIGSEGV'
    assert '__init__' in '\n'.join(death['stacks'])
    process.send(signal.SIGTERM)
    assert process.wait() == 0


def test_report_begins_before_anything_is_collected(start, journal):
    """Its first entry says whose it is, and how many are to come."""
    process = start('simple')
    process.wait_ready()
    process.send()
    (report,) = journal.wait_complete()
    first = journal.entries[0]
    assert first['REPORT_SECTION_INDEX'] == '1'
    assert first['MESSAGE'] == (
        f'example[{process.pid}] master begins report {report.header.id}, '
        f'{len(fields.SECTIONS) + 1} sections: '
        f'{report.header.trigger.describe()}')
    assert not journal.reports()[0].unfinished
    assert process.end() == 0


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGHUP])
def test_reports_under_way_are_cut_short(service, journal, number):
    """At the end of the service and at a reload, and they say so."""
    process, pids = service
    process.send_all()
    process.wait_for(
        lambda: len(process.lines('collecting')) == 3, 'three sections')
    process.send(number)
    ended = set(pids)
    if number == signal.SIGHUP:
        # the master lives on, and so does its report
        ended.discard(process.pid)
    for pid in ended:
        (report,) = journal.wait_complete(pid=pid)
        hangs, summary = report.sections[-2:]
        assert hangs.name == 'hangs'
        assert hangs.status == fields.STATUS_TRUNCATED
        assert 'the process ends' in hangs.text
        assert 'report-short' in summary.findings
        assert {section.status for section in report.sections
                if section is not hangs} == {fields.STATUS_OK}
    if number == signal.SIGTERM:
        assert process.wait() == 0
    else:
        assert report_of(journal, process.pid).unfinished


def test_report_is_short_where_address_space_is(start, journal):
    """What tells most is there; what is left out says why."""
    process = start('address_space', {'TEST_LEFT_MIB': '30'})
    process.wait_ready()
    process.send()
    (report,) = journal.wait_complete()
    found = {section.name: section for section in report.sections}
    for name in ('threads', 'workers', 'recent-problems', 'resources'):
        assert found[name].status == fields.STATUS_OK
    for name in ('configuration', 'package', 'files'):
        assert found[name].status == fields.STATUS_TRUNCATED
        assert 'MiB of address space are left' in found[name].text
        assert 'address space' in found[name].data['reason']
    assert 'report-short' in found['summary'].findings
    assert process.end() == 0
    assert process.lines('done')
