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

"""Two hosts: reports of one are read on, and asked for from, the other."""

from __future__ import annotations

import collections.abc
import dataclasses
import json
import pathlib
import subprocess

import pytest

from tests.system import command
from tests.system import machine as machines
from tests.system import reports

POLLING = 'ceilometer-polling'
REMOTE = '/var/log/journal/remote'

TLS = '/etc/telemetry-tls'
COLLECTOR_CONF = f"""\
[Remote]
ServerKeyFile={TLS}/key.pem
ServerCertificateFile={TLS}/cert.pem
TrustedCertificateFile={TLS}/ca.pem
"""


@dataclasses.dataclass(frozen=True)
class Fleet:
    """Two machines that run daemons and send their journals to one of them.

    Nothing asks for reports any more: what the journals have, they have.
    """

    node: machines.Machine
    collector: machines.Machine
    sent: dict[str, list[reports.Report]]

    @property
    def hosts(self) -> tuple[machines.Machine, machines.Machine]:
        """Both."""
        return self.node, self.collector


def ids(found: collections.abc.Iterable[reports.Report]) -> set[str]:
    """The ids of reports."""
    return {report.id for report in found}


def upload_conf(collector: machines.Machine) -> str:
    """The configuration of a host that sends its journal."""
    return (f'[Upload]\nURL=https://{collector.name}\n'
            f'ServerKeyFile={TLS}/key.pem\n'
            f'ServerCertificateFile={TLS}/cert.pem\n'
            f'TrustedCertificateFile={TLS}/ca.pem\n')


def certify(directory: pathlib.Path,
            hosts: collections.abc.Iterable[machines.Machine]) -> None:
    """Give hosts certificates, and all of them the authority's."""
    def openssl(*arguments: str) -> None:
        subprocess.run(['openssl', *arguments], cwd=directory, check=True,
                       stderr=subprocess.PIPE)

    key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
           '-nodes']
    openssl('req', '-x509', *key, '-keyout', 'ca.key', '-out', 'ca.pem',
            '-subj', '/CN=fleet')
    for host in hosts:
        openssl('req', *key, '-keyout', 'key.pem', '-out', 'request',
                '-subj', f'/CN={host.name}',
                '-addext', f'subjectAltName=DNS:{host.name}')
        openssl('x509', '-req', '-in', 'request', '-out', 'cert.pem',
                '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
                '-copy_extensions', 'copy')
        for name in ('ca', 'cert', 'key'):
            # the services that read them have users of their own
            host.write_file(f'{TLS}/{name}.pem',
                            (directory / f'{name}.pem').read_text())


@pytest.fixture(scope='module')
def fleet(tmp_path_factory: pytest.TempPathFactory,
          ) -> collections.abc.Iterator[Fleet]:
    """Two machines, with a report of each process in the collector's files.

    The units are those that come with systemd, certificates and all.
    """
    with (machines.Machine() as node, machines.Machine() as collector):
        node.connect(collector)
        certify(tmp_path_factory.mktemp('tls'), (node, collector))
        collector.write_file('/etc/systemd/journal-remote.conf',
                             COLLECTOR_CONF)
        collector.systemctl('start', 'systemd-journal-remote.socket')
        # the one in which they differ
        node.write_file('/etc/ceilometer/ceilometer.conf.d/node.conf',
                        '[DEFAULT]\nmax_parallel_requests = 7\n')
        sent = {}
        for host in (node, collector):
            host.write_file('/etc/systemd/journal-upload.conf',
                            upload_conf(collector))
            host.systemctl('start', 'systemd-journal-upload')
            host.start(POLLING)
            since = reports.from_now()
            host.systemctl('kill', '-s', 'USR1', POLLING)
            sent[host.name] = reports.wait(
                host, POLLING, host.armed(POLLING), since)
        wanted = {report.id for found in sent.values() for report in found}

        def arrived() -> bool:
            done = collector.run(
                [command.NAME, 'list', '--json', '-q', '-D', REMOTE],
                check=False)
            rows = json.loads(done.stdout or '[]')
            return wanted <= {row['id'] for row in rows if row['complete']}

        collector.wait_for(arrived, what='the reports of both hosts')
        yield Fleet(node, collector, sent)


def test_list_shows_the_reports_of_all_hosts(fleet: Fleet) -> None:
    """Each host's reports stand under its name, from master to worker."""
    rows = command.listed(fleet.collector, '-D', REMOTE)
    for host in fleet.hosts:
        own = [row for row in rows if row['hostname'] == host.name]
        assert {row['id'] for row in own} == ids(fleet.sent[host.name])
        # between them a server of forks, where workers come from one
        assert [row['process'] for row in own if
                row['process'] != 'forkserver'] == ['master', 'worker']
        assert [row['pid'] for row in own] == host.armed(POLLING)
        assert all(row['trusted'] and row['complete'] for row in own)
        assert len({row['group'] for row in own}) == 1
        assert {row['machine_id'] for row in own} == {
            host.run(['cat', '/etc/machine-id']).stdout.strip()}
    text = command.run(fleet.collector, 'list', '-D', REMOTE)
    assert text.split()[:3] == ['TIME', 'HOST', 'UNIT']
    for host in fleet.hosts:
        assert text.count(f' {host.name} ') == len(fleet.sent[host.name])
    assert text.endswith(f'\n{len(rows)} reports listed.\n')


def test_without_the_directory_only_its_own_are_listed(
        fleet: Fleet) -> None:
    """What other hosts have sent is no part of the local journal."""
    rows = command.listed(fleet.collector)
    assert {row['id'] for row in rows} == ids(
        fleet.sent[fleet.collector.name])


def test_show_is_the_same_on_the_collector(fleet: Fleet) -> None:
    """A report of each host, every byte of it, as that host shows it."""
    for host in fleet.hosts:
        for report in fleet.sent[host.name]:
            assert report.complete
            there = command.run(host, 'show', report.id, '--json')
            here = command.run(fleet.collector, 'show', report.id, '--json',
                               '-D', REMOTE)
            assert json.loads(here) == json.loads(there)
            told = json.loads(here)
            assert told['hostname'] == host.name
            assert [part['name'] for part in told['sections']] == report.names
            assert command.run(
                fleet.collector, 'show', report.id, '-D', REMOTE,
            ) == command.run(host, 'show', report.id)


def test_hosts_are_compared(fleet: Fleet) -> None:
    """The same service of two hosts: what differs is told."""
    before, after = (
        next(report for report in fleet.sent[host.name]
             if report.first['REPORT_PROCESS'] == 'worker')
        for host in fleet.hosts)
    told = json.loads(command.run(
        fleet.collector, 'diff', before.id, after.id, '--json', '-D',
        REMOTE))
    assert told['before'] == before.id and told['after'] == after.id
    assert [change for change in told['changes']
            if change['what'] == '[DEFAULT] max_parallel_requests'] == [
        {'kind': 'option', 'what': '[DEFAULT] max_parallel_requests',
         'change': 'changed', 'before': '7', 'after': '64'}]
    # the same packages on both
    assert 'version' not in {change['kind'] for change in told['changes']}


def test_exported_from_the_collector_it_is_read_elsewhere(
        fleet: Fleet) -> None:
    """A journal of both hosts' reports, carried to a host and read there."""
    count = sum(map(len, fleet.sent.values()))
    export = fleet.collector.run_bytes(
        [command.NAME, 'export', '--format', 'journal', '-D', REMOTE,
         '-n', str(count)]).stdout
    fleet.node.run_bytes(
        ['/lib/systemd/systemd-journal-remote', '--split-mode=none',
         '--output=/tmp/carried.journal', '-'], input=export)
    rows = command.listed(fleet.node, '--file', '/tmp/carried.journal')
    assert {row['id'] for row in rows} == {
        report.id for found in fleet.sent.values() for report in found}
    for row in rows:
        assert json.loads(command.run(
            fleet.node, 'show', row['id'], '--json', '--file',
            '/tmp/carried.journal')) == json.loads(command.run(
                fleet.collector, 'show', row['id'], '--json', '-D', REMOTE))


@pytest.fixture(scope='module')
def copied(fleet: Fleet) -> str:
    """The node's journal is on the collector's disk; gives its directory."""
    machine_id = fleet.node.run(['cat', '/etc/machine-id']).stdout.strip()
    archive = fleet.node.run_bytes(
        ['tar', '-C', '/var/log/journal', '-c', machine_id]).stdout
    fleet.collector.run(['mkdir', '-p', '/srv/rescue/var/log/journal'])
    for directory in ('/var/log/journal', '/srv/rescue/var/log/journal'):
        fleet.collector.run_bytes(['tar', '-C', directory, '-x'],
                                  input=archive)
    return f'/var/log/journal/{machine_id}'


def test_merge_reads_the_journals_of_all_machines(
        fleet: Fleet, copied: str) -> None:
    """With -m both, without it only that of the machine itself."""
    rows = command.listed(fleet.collector, '-m')
    assert {row['hostname'] for row in rows} == {
        host.name for host in fleet.hosts}
    assert {row['id'] for row in rows} == {
        report.id for found in fleet.sent.values() for report in found}
    assert {row['hostname'] for row in command.listed(fleet.collector)} == {
        fleet.collector.name}


def test_root_reads_the_journal_of_a_system_that_is_mounted(
        fleet: Fleet, copied: str) -> None:
    """The disk of a host that does not boot any more."""
    rows = command.listed(fleet.collector, '--root', '/srv/rescue')
    assert {row['id'] for row in rows} == ids(fleet.sent[fleet.node.name])
    report = fleet.sent[fleet.node.name][0]
    assert command.run(
        fleet.collector, 'show', report.id, '--root', '/srv/rescue',
    ) == command.run(fleet.node, 'show', report.id)
    assert {row['id'] for row in command.listed(
        fleet.collector, '-D', copied)} == {row['id'] for row in rows}
    # the boots are those of that system: the last one is its own
    assert rows == command.listed(
        fleet.collector, '--root', '/srv/rescue', '-b')


def test_no_permission_names_the_group_that_has_it(fleet: Fleet) -> None:
    """systemd-journal-remote writes for its own group, not journald's."""
    fleet.collector.run(
        ['systemd-sysusers', '--inline', 'u support -', 'm support '
         'systemd-journal'])
    how = ('members of group systemd-journal-remote can read it: run '
           '"usermod -aG systemd-journal-remote USER" as root, then log in '
           'again')
    assert command.refused(
        fleet.collector, 'list', '-D', REMOTE, user='support') == [
            f'ceilometer-diagnostics: {REMOTE}: no permission to read 2 of 2 '
            f'files; {how}']
    one = f'{REMOTE}/remote-192.0.2.1.journal'
    assert command.refused(
        fleet.collector, 'list', '--file', one, user='support') == [
            f'ceilometer-diagnostics: {one}: permission denied; {how}']
    fleet.collector.run(
        ['systemd-sysusers', '--inline', 'm support systemd-journal-remote'])
    assert command.run(
        fleet.collector, 'list', '-D', REMOTE, user='support',
    ) == command.run(fleet.collector, 'list', '-D', REMOTE)


@pytest.fixture(scope='module')
def ssh(fleet: Fleet) -> Fleet:
    """Root of the collector may log in on the node over ssh."""
    node, collector = fleet.hosts
    for machine in fleet.hosts:
        machine.run(['mkdir', '-p', '/root/.ssh'])
    node.run(['dropbearkey', '-t', 'ed25519', '-f', '/root/host_key'])
    node.run(['systemd-run', '--unit=dropbear', 'dropbear', '-F', '-E', '-s',
              '-r', '/root/host_key', '-p', '22', '-p', '2222'])
    collector.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '',
                   '-f', '/root/.ssh/id_ed25519'])
    node.write_file(
        '/root/.ssh/authorized_keys',
        collector.run(['cat', '/root/.ssh/id_ed25519.pub']).stdout, 0o600)
    collector.write_file(
        '/root/.ssh/config', 'StrictHostKeyChecking accept-new\n', 0o600)
    node.wait_for(
        lambda: collector.run(['ssh', node.name, 'true'],
                              check=False).returncode == 0,
        what='ssh')
    return fleet


def test_trigger_on_another_host(ssh: Fleet) -> None:
    """All processes over there have answered, and their ids are told."""
    node, collector = ssh.hosts
    # as a distribution installs it; ssh sets a PATH of its own
    node.run(['ln', '-s', node.program(command.NAME), '/usr/bin'])
    try:
        told = command.triggered(
            collector, POLLING, '-H', f'root@{node.name}:2222')
        pids = node.armed(POLLING)
        assert [answer['pid'] for answer in told] == pids
        known = {report.id: report.pid for report in reports.find(node)}
        assert [known[answer['id']] for answer in told] == pids
        assert not set(known) & ids(reports.find(collector))

        text = command.run(collector, 'trigger', '-H', node.name)
        # below what is worst in them
        assert ' processes: ' in text.partition('\n')[0]
        assert (f'\n{POLLING}.service: {len(pids)} of {len(pids)} processes '
                'have answered\n') in text

        assert command.refused(
            collector, 'trigger', '-H', node.name, 'ceilometer-no-such',
        ) == ['ceilometer-diagnostics: there is no unit '
              'ceilometer-no-such.service']
    finally:
        node.run(['rm', '/usr/bin/ceilometer-diagnostics'])


def test_trigger_where_it_is_not_installed(ssh: Fleet) -> None:
    """One line says what is missing on which host."""
    program = ssh.node.program(command.NAME)
    ssh.node.run(['mv', program, f'{program}.away'])
    try:
        lines = command.refused(
            ssh.collector, 'trigger', '-H', ssh.node.name, POLLING)
    finally:
        ssh.node.run(['mv', f'{program}.away', program])
    assert lines[-1] == (
        f'ceilometer-diagnostics: {ssh.node.name}: ceilometer-diagnostics is '
        'not installed there')


def test_trigger_where_nobody_listens(ssh: Fleet) -> None:
    """What ssh says, then a line that says that it was ssh."""
    lines = command.refused(
        ssh.node, 'trigger', '-H', ssh.collector.name, POLLING)
    assert 'Connection refused' in lines[0]
    assert lines[1:] == [
        f'ceilometer-diagnostics: {ssh.collector.name}: ssh failed with exit '
        'code 255']
