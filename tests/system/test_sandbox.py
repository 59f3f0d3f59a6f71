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

"""What the shipped units keep their daemons from, and what it costs.

That the daemons work, all other tests show: they run with it.
"""

from __future__ import annotations

import json
import re
import typing

import pytest

from tests.system import beds
from tests.system import conftest
from tests.system import hypervisor as hypervisors
from tests.system import machine as machines
from tests.system import reports
from tests.system import sample_flow
from tests.system import sandbox
from tests.system import test_units
from tests.system import versions

# As systemd-analyze prints it, 10 is worst.
EXPOSURE_MAX = {
    'ceilometer-polling': 1.1, 'ceilometer-agent-central': 1.1,
    'ceilometer-agent-compute': 1.1, 'ceilometer-agent-notification': 1.1,
    'ceilometer-agent-ipmi': 1.4, 'ceilometer-upgrade': 1.1}

# What decides there, of the units that others ship in 2026.
DEBIAN = """\
[Service]
User=ceilometer
Group=ceilometer
Type=notify
WorkingDirectory=~
RuntimeDirectory=ceilometer lock/ceilometer
CacheDirectory=ceilometer
ExecStart=/etc/init.d/ceilometer-polling systemd-start
Restart=on-failure
LimitNOFILE=65535
TimeoutStopSec=15
"""
RDO = """\
[Service]
Type=simple
User=ceilometer
ExecStart=/usr/bin/ceilometer-polling --logfile /var/log/ceilometer/x.log
Restart=on-failure
"""

LOG = '/var/lib/ceilometer/ipmitool.log'
IPMITOOL = f"""\
#!/bin/sh
{{ echo "$@"; echo uid "$(id -u)"
grep -E '^(CapEff|NoNewPrivs):' /proc/self/status; }} >>{LOG}
if [ "$1" = sdr ]; then cat <<EOF
Sensor ID              : Temp (0x1)
 Entity ID             : 3.1 (Processor)
 Sensor Type (Analog)  : Temperature
 Sensor Reading        : 25 (+/- 1) degrees C
 Status                : ok
EOF
fi
"""

# What a domain of libvirt's test driver has.
METERS = ['cpu', 'power.state', 'disk.device.capacity',
          'network.incoming.bytes']

# Differs from one start to the next, whatever the unit says.
_VARIES = re.compile(r'\.(frames|waits|work|findings|descriptors|peers|last|'
                     r'threads|logged|cycles|pollsters|problems|'
                     # threads that begin or end at that moment
                     r'without_python|'
                     # missing where no child of the process has ended
                     r'usage_of_ended_children|'
                     # of brokers that are away: known a moment later
                     r'down_since_usec|last_error)\b')


def test_every_unit_is_as_closed_as_was_promised(
        machine: machines.Machine,
        capsys: pytest.CaptureFixture[str]) -> None:
    """By systemd's own measure; the others' units stand beside ours."""
    for name, text in (('debian', DEBIAN), ('rdo', RDO)):
        machine.write_file(f'/tmp/exposure/{name}.service', text)
    done = machine.run(
        ['systemd-analyze', 'security', '--offline=true', '--no-pager',
         *(f'/usr/local/lib/systemd/system/{name}.service'
           for name in EXPOSURE_MAX),
         '/tmp/exposure/debian.service', '/tmp/exposure/rdo.service'])
    machine.run(['rm', '-r', '/tmp/exposure'])
    found = {name: float(value) for name, value in re.findall(
        r'exposure level for (\S+)\.service: ([0-9.]+)', done.stdout)}
    theirs = ', '.join(f"{name}'s {found[name]}" for name in ('debian', 'rdo'))
    with capsys.disabled():
        for name in EXPOSURE_MAX:
            print(f'\nexposure of {name}: {found[name]} ({theirs})', end='')
    assert set(found) == {*EXPOSURE_MAX, 'debian', 'rdo'}, done.stdout
    for name, worst in EXPOSURE_MAX.items():
        assert found[name] <= worst, name
        assert found[name] < min(found['debian'], found['rdo'])


# Not that of IPMI: without the sandbox it starts a helper by sudo.
@pytest.mark.parametrize('name', beds.some(
    [name for name in test_units.DAEMONS if 'ipmi' not in name],
    'ceilometer-agent-notification'))
def test_report_tells_the_same_in_the_sandbox(
        machine: machines.Machine, unit: conftest.StartUnit,
        name: str) -> None:
    """Each section of each process, but for what varies anyway."""
    unit(name)
    reports.ready(machine, name)
    _assert_closed(machine, name)
    closed = _told(_everyone(machine, name))
    machine.systemctl('stop', name)
    unit(name, dropin=sandbox.off())
    reports.ready(machine, name)
    _assert_open(machine, name)
    assert _told(_everyone(machine, name)) == closed
    # from Python 3.14 on there is one that forks the workers
    assert set(closed) - {'forkserver'} == {'master', 'worker'}


def test_domain_of_libvirt_is_polled_in_the_sandbox(
        machine: machines.Machine, unit: conftest.StartUnit,
        flow: sample_flow.Flow) -> None:
    """Its samples are published, and reports tell the same as without it.

    What the daemon needs for it is a socket that everybody may use: neither
    root, nor the group that may do everything.
    """
    name = sample_flow.POLLING
    # older versions ask Nova about each instance
    flow.server(5000, 'cloud')
    meters = list(METERS)
    if versions.is_oldest(machine):
        meters.remove('power.state')
    flow.poll({'name': 'instances', 'meters': meters,
               'interval': sample_flow.INTERVAL_SECONDS})
    flow.publish(f'file://{sample_flow.SAMPLES}?json')
    hypervisor = hypervisors.Hypervisor(machine)
    try:
        unit(sample_flow.NOTIFICATION)
        unit(name, config=hypervisors.CONFIG)
        closed = _polled(flow, meters)
        _assert_closed(machine, name)
        mode = machine.run(['stat', '--format=%U:%G %a',
                            '/run/libvirt/libvirt-sock', hypervisors.SOCKET])
        assert mode.stdout == 'root:root 700\nroot:root 777\n'
        machine.systemctl('stop', name)
        machine.run(['truncate', '--size=0', sample_flow.SAMPLES])
        unit(name, dropin=sandbox.off(), config=hypervisors.CONFIG)
        opened = _polled(flow, meters)
        _assert_open(machine, name)
        assert closed == opened
    finally:
        machine.systemctl('stop', name)
        hypervisor.stop()


def test_ipmi_is_read_without_root(
        machine: machines.Machine, unit: conftest.StartUnit) -> None:
    """By what the documentation says; no rights, and the agent is content."""
    name = 'ceilometer-agent-ipmi'
    # the machine has no device, so a program says what it would
    machine.write_file('/usr/bin/ipmitool', IPMITOOL, mode=0o755)
    polling = machine.path('/etc/ceilometer/polling.yaml')
    before = polling.read_text()
    machine.write_file('/etc/ceilometer/polling.yaml', json.dumps({
        'sources': [{'name': 'ipmi', 'interval': 600,
                     'meters': ['hardware.ipmi.temperature']}]}))
    machine.run(['sh', '-euc', sandbox.ipmi()])
    try:
        unit(name)
        machine.wait_for(lambda: 'type Temperature' in machine.run(
            ['cat', LOG], check=False).stdout, what='ipmitool', unit=name)
        lines = set(machine.path(LOG).read_text().splitlines())
        # what the group may do, its rule has: no device is here to show it
        assert 'GROUP="ceilometer-ipmi"' in machine.run(
            ['cat', '/etc/udev/rules.d/60-ceilometer-ipmi.rules']).stdout
        uid = machine.run(['id', '-u', 'ceilometer']).stdout.strip()
        assert {line for line in lines if line.split()[0] in (
            'uid', 'CapEff:', 'NoNewPrivs:')} == {
                f'uid {uid}', 'CapEff:\t0000000000000000', 'NoNewPrivs:\t1'}
    finally:
        machine.write_file('/etc/ceilometer/polling.yaml', before)
        machine.run(['rm', '-rf', LOG, '/usr/bin/ipmitool',
                     '/usr/local/lib/ceilometer-ipmi'])
        machine.run(['ceilometer-diagnostics', 'install-system',
                     '--uninstall'])
        machine.run(['ceilometer-diagnostics', 'install-system', '--units'])
        machine.systemctl('daemon-reload')


def _polled(flow: sample_flow.Flow, meters: list[str],
            ) -> dict[str, dict[str, typing.Any]]:
    """What is told when the samples of each meter have been published."""
    machine = flow.machine

    def published() -> bool:
        lines = machine.run(['cat', sample_flow.SAMPLES],
                            check=False).stdout.splitlines()
        samples = [json.loads(line) for line in lines]
        return {(sample['name'], sample['resource_id'].partition(
            hypervisors.DOMAIN_ID)[1]) for sample in samples} == {
                (meter, hypervisors.DOMAIN_ID) for meter in meters}

    machine.wait_for(published, what='samples of the domain',
                     unit=sample_flow.POLLING)
    return _told(_everyone(machine, sample_flow.POLLING))


def _assert_closed(machine: machines.Machine, name: str) -> None:
    """Each process of a unit is in the sandbox."""
    main = machine.show(name, 'MainPID')['MainPID']
    for pid in (main, *machine.workers(name)):
        status = machine.path(f'/proc/{pid}/status').read_text()
        for line in ('NoNewPrivs:\t1', 'CapBnd:\t0000000000000000',
                     'Seccomp:\t2'):
            assert f'\n{line}\n' in status


def _assert_open(machine: machines.Machine, name: str) -> None:
    """The main process of a unit is in no sandbox."""
    main = machine.show(name, 'MainPID')['MainPID']
    status = machine.path(f'/proc/{main}/status').read_text()
    # system calls are filtered for the whole machine anyway
    assert '\nNoNewPrivs:\t0\n' in status
    assert 'CapBnd:\t0000000000000000' not in status


def _everyone(machine: machines.Machine, name: str) -> list[reports.Report]:
    """Have each process report that writes reports, and wait for it."""
    pids = [pid for pid in machine.pids(name)
            if reports.is_armed(machine, pid)]
    since = reports.from_now()
    machine.systemctl('kill', '-s', 'USR1', name)
    return reports.wait(machine, name, pids, since)


def _told(found: list[reports.Report]) -> dict[str, dict[str, typing.Any]]:
    """What reports tell: who asked, and what is known in each section."""
    told = {}
    for report in found:
        assert report.names == [*reports.SECTIONS, 'summary']
        told[report.first['REPORT_PROCESS']] = {
            'sender': [report.first[f'REPORT_SENDER_{field}']
                       for field in ('PID', 'UID', 'COMM')],
            'status': {entry['REPORT_SECTION']: entry['REPORT_SECTION_STATUS']
                       for entry in report.entries},
            'known': {
                name: sorted(known for known in _known(json.loads(
                    report.section(name).get('REPORT_DATA') or '{}'))
                    if not _VARIES.search(known))
                for name in report.names}}
    return told


def _known(data: typing.Any, path: str = '') -> set[str]:
    """The places in data where something stands that is known."""
    if isinstance(data, dict):
        return {known for name, value in data.items()
                for known in _known(value, f'{path}.{name}')}
    if isinstance(data, list):
        return {known for value in data for known in _known(value, path)}
    return set() if data is None else {path}
