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

"""The mission's two commands, on the real daemons."""

from __future__ import annotations

import itertools
import json
import re

import pytest

from tests.system import conftest
from tests.system import machine as machines
from tests.system import reports
from tests.system import versions

POLLING = 'ceilometer-polling'
NOTIFICATION = 'ceilometer-agent-notification'
# Bit of signal 10 in the masks of /proc/PID/status.
USR1 = 1 << 9
EIGHT_WORKERS = '[notification]\nworkers = 8\n'


def _configured(found: list[reports.Report]) -> list[reports.Report]:
    """Without the server of forks, which has no configuration."""
    return [report for report in found
            if report.first['REPORT_PROCESS'] != 'forkserver']


def test_every_process_of_polling_writes_a_report(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """One complete report of master and worker, with all its fields."""
    unit(POLLING)
    reports.ready(machine, POLLING)
    found = reports.trigger(machine, POLLING)
    main = int(machine.show(POLLING, 'MainPID')['MainPID'])
    assert sorted(report.pid for report in found) == machine.armed(POLLING)
    workers = machine.workers(POLLING)
    assert len(workers) == 1
    for report in found:
        assert report.names == [*reports.SECTIONS, 'summary']
        for entry in report.entries:
            assert entry['_SYSTEMD_UNIT'] == f'{POLLING}.service'
            assert {name: entry.get(name) for name in (
                'REPORT', 'REPORT_SCHEMA', 'REPORT_UNIT', 'REPORT_SERVICE',
                'SYSLOG_IDENTIFIER', 'PRIORITY', 'REPORT_TRIGGER',
                'REPORT_SIGNAL', 'REPORT_SENDER_PID', 'REPORT_SENDER_UID',
                'REPORT_SENDER_COMM', 'REPORT_SECTION_STATUS',
                'MESSAGE_ID')} == {
                    'REPORT': '1', 'REPORT_SCHEMA': '1',
                    'REPORT_UNIT': f'{POLLING}.service',
                    'REPORT_SERVICE': POLLING, 'SYSLOG_IDENTIFIER': POLLING,
                    'PRIORITY': '4', 'REPORT_TRIGGER': 'signal',
                    'REPORT_SIGNAL': 'SIGUSR1', 'REPORT_SENDER_PID': '1',
                    'REPORT_SENDER_UID': '0', 'REPORT_SENDER_COMM': 'systemd',
                    'REPORT_SECTION_STATUS': 'ok',
                    'MESSAGE_ID': '3ceceb0261204322abe548ffeecaa197'}
            assert re.fullmatch('[0-9a-f]{32}', entry['REPORT_ID'])
            if report.pid == main:
                assert entry['REPORT_PROCESS'] == 'master'
                assert 'REPORT_WORKER' not in entry
            elif report.pid not in workers:
                assert entry['REPORT_PROCESS'] == 'forkserver'
                assert 'REPORT_WORKER' not in entry
            else:
                assert entry['REPORT_PROCESS'] == 'worker'
                assert entry['REPORT_WORKER'] == '0'
                assert entry['REPORT_WORKER_NAME'] == 'AgentManager'


def test_eight_workers_write_a_report_each(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Nine processes, nine complete reports, numbered workers."""
    unit(NOTIFICATION, config=EIGHT_WORKERS)
    reports.ready(machine, NOTIFICATION, 8)
    found = reports.trigger(machine, NOTIFICATION)
    assert sorted(report.pid for report in found) == machine.armed(
        NOTIFICATION)
    assert sorted(report.first.get('REPORT_WORKER', 'master')
                  for report in _configured(found)) == [*'01234567', 'master']


def test_reports_of_one_trigger_read_one_after_the_other(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """journalctl -o cat shows whole reports, not a mixture of them."""
    unit(NOTIFICATION, config=EIGHT_WORKERS, dropin=patient('turns'))
    reports.ready(machine, NOTIFICATION, 8)
    machine.write_file('/run/ceilometer/agent-notification/turns', '9')
    found = reports.trigger(machine, NOTIFICATION)
    # each says at once that it begins
    ids = [entry['REPORT_ID'] for entry in machine.entries(
        '-u', NOTIFICATION, 'REPORT=1')
        if entry['REPORT_ID'] in {report.id for report in found}
        and ' begins report ' not in entry['MESSAGE'].partition('\n')[0]]
    changes = sum(one != other for one, other in itertools.pairwise(ids))
    assert changes == len(found) - 1
    text = machine.journal('-u', NOTIFICATION, 'REPORT=1', '-o', 'cat')
    assert text.count('Guru Meditation Report of ') >= len(found)
    assert 'blob data' not in machine.journal('-u', NOTIFICATION, 'REPORT=1')


def test_sections_are_right_where_oslo_reports_is_wrong(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """Version, configuration, threads and processes are the service's."""
    unit(POLLING)
    everyone = reports.trigger(machine, POLLING)
    found = _configured(everyone)
    server = next((report.pid for report in everyone
                   if report not in found), None)
    worker, = machine.workers(POLLING)
    main = int(machine.show(POLLING, 'MainPID')['MainPID'])
    # of the service alone; the daemon adds some, and the global object of
    # oslo.config, which oslo.reports shows, has none of Ceilometer's
    own = int(machine.run([machine.python, '-W', 'ignore', '-c', """
from ceilometer import service
conf = service.prepare_service([], [])
print(len(conf._opts) + sum(len(one._opts) for one in conf._groups.values()))
"""]).stdout)
    version = machine.run(
        [machine.python, '-c', 'import importlib.metadata; '
         'print(importlib.metadata.version("ceilometer"))']).stdout.strip()
    for report in found:
        data = {name: json.loads(report.section(name)['REPORT_DATA'])
                for name in report.names}
        package = data['package']
        assert package['product'] == 'OpenStack Ceilometer'
        assert package['vendor'] == 'OpenStack'
        assert package['version'] == package['installed_version'] == version
        assert package['libraries']['cotyledon']

        options = {(option['group'], option['name']): option
                   for option in data['configuration']['options']}
        assert len(options) >= own > 100
        auth_type = options['service_credentials', 'auth_type']
        assert auth_type['value'] == 'password'
        assert auth_type['changed']
        assert auth_type['location'] == 'file'
        assert auth_type['detail'] == '/etc/ceilometer/ceilometer.conf'
        assert machine.path(auth_type['detail']).read_text().splitlines()[
            auth_type['line'] - 1] == 'auth_type = password'
        assert not options['polling', 'batch_size']['changed']

        threads = [thread for stack in data['threads']['stacks']
                   for thread in stack['threads']]
        foreground, = [thread for thread in threads if thread['foreground']]
        assert foreground['native_id'] == report.pid
        assert all(thread['name'] and thread['native_id']
                   for thread in threads)

        processes = {process['pid']: process
                     for process in data['processes']['processes']}
        assert set(processes) == set(machine.pids(POLLING))
        assert processes[main]['parent'] == 1
        for process in processes.values():
            assert process['user'] == 'ceilometer'
            assert process['rss_bytes'] > 2**20
            if process['pid'] != main:
                assert process['parent'] in (
                    (server,) if server and process['pid'] == worker
                    else (main,))

        assert data['logging']['loggers'][0]['logger'] == 'root'
        assert data['resources']['file_descriptors']['count'] > 3
        assert data['summary']['sections'][0]['status'] == 'ok'


def test_sigusr2_is_answered_once_and_by_us(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """The signal of oslo.reports gives the same report and no other."""
    unit(POLLING)
    found = reports.trigger(machine, POLLING, 'USR2')
    assert {report.first['REPORT_SIGNAL'] for report in found} == {'SIGUSR2'}
    assert not reports.by_oslo_reports(machine, POLLING)


def test_oslo_reports_keeps_a_signal_that_is_not_asked_for(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """With signals = USR1, USR2 is answered by stock oslo.reports."""
    unit(POLLING, config='[diagnostics]\nsignals = USR1\n')
    machine.systemctl('kill', '-s', 'USR2', POLLING)
    machine.wait_for(
        lambda: reports.by_oslo_reports(machine, POLLING),
        what='the report of oslo.reports', unit=POLLING)
    assert reports.trigger(machine, POLLING)


def test_a_touched_file_is_answered_by_all_processes(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """oslo.reports' file_event_handler triggers master and workers."""
    watched = '/var/lib/ceilometer/report-please'
    machine.write_file(watched, '', owner='ceilometer')
    unit(POLLING, config='[oslo_reports]\n'
         f'file_event_handler = {watched}\n')
    # a signal proves that the workers wait for triggers by now
    reports.trigger(machine, POLLING)
    if versions.is_oldest(machine):
        # it does not give oslo.reports its configuration: nothing is watched
        return
    since = reports.from_now()
    machine.run(['touch', watched])
    main = int(machine.show(POLLING, 'MainPID')['MainPID'])
    pids = [main, *machine.workers(POLLING)]
    assert len(pids) > 1
    found = reports.wait(machine, POLLING, pids, since)
    assert {report.first['REPORT_TRIGGER'] for report in found} == {'file'}
    assert not reports.by_oslo_reports(machine, POLLING)


def test_excluded_sections_are_left_out(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """exclude_sections leaves out what it names, and the rest is whole."""
    unit(POLLING, config='[diagnostics]\n'
         'exclude_sections = configuration,green-threads\n')
    found = _configured(reports.trigger(machine, POLLING))
    assert {report.first['REPORT_PROCESS'] for report in found} == {
        'master', 'worker'}
    for report in found:
        assert report.names == [
            *(name for name in reports.SECTIONS
              if name not in ('configuration', 'green-threads')), 'summary']


def test_wrong_option_is_named_and_costs_nothing(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """A value that cannot be is logged; the daemon and its reports live."""
    unit(POLLING, config='[DEFAULT]\ndebug = true\n[diagnostics]\n'
         'section_time_limit = soon\nsignals = USR1,TERM\n')
    reports.trigger(machine, POLLING)
    assert machine.show(POLLING, 'NRestarts')['NRestarts'] == '0'
    log = machine.journal('-u', POLLING, '-o', 'cat', '_TRANSPORT=stdout')
    assert '[diagnostics] section_time_limit = soon is invalid' in log
    assert '[diagnostics] signals = USR1,TERM is invalid' in log


def test_disabled_diagnostics_write_nothing_and_nobody_dies(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """With enabled = false SIGUSR1 does nothing."""
    unit(POLLING, config='[diagnostics]\nenabled = false\n')
    pids = machine.armed(POLLING)
    # nobody can take it: the kernel throws it away as it comes
    for pid in pids:
        status = dict(line.split(':', 1) for line in machine.path(
            f'/proc/{pid}/status').read_text().splitlines())
        assert int(status['SigIgn'], 16) & USR1
        assert not int(status['SigBlk'], 16) & USR1
    since = reports.from_now()
    machine.systemctl('kill', '-s', 'USR1', POLLING)
    # stock's signal, sent later, has been answered: so the first was taken;
    # it is the end of stock's workers where they come from a forkserver
    machine.systemctl(
        'kill', '-s', 'USR2', *(
            ['--kill-who=main'] if machine.has_server else []), POLLING)
    machine.wait_for(
        lambda: reports.by_oslo_reports(machine, POLLING),
        what='the report of oslo.reports', unit=POLLING)
    assert machine.armed(POLLING) == pids
    assert reports.find(machine, since, '-u', POLLING) == []


def test_catalog_explains_the_entry(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """journalctl -x says what the entry is and how to read all of it."""
    machine.run(['journalctl', '--update-catalog'])
    unit(POLLING)
    report, *_ = reports.trigger(machine, POLLING)
    text = machine.journal('-x', f'REPORT_ID={report.id}', '-n', '1')
    assert f'journalctl REPORT_ID={report.id} -o cat' in text


@pytest.mark.parametrize('name', [
    'ceilometer-agent-central', 'ceilometer-agent-compute',
    'ceilometer-agent-ipmi'])
def test_other_daemons_report_too(
        machine: machines.Machine, unit: conftest.StartUnit,
        name: str) -> None:
    """Each of the other units' processes writes a complete report."""
    unit(name)
    found = reports.trigger(machine, name)
    assert {report.first['REPORT_UNIT'] for report in found} == {
        f'{name}.service'}
