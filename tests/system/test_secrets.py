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

"""No secret of a daemon reaches the journal by a report."""

from __future__ import annotations

from tests.system import conftest
from tests.system import machine as machines
from tests.system import reports

POLLING = 'ceilometer-polling'

CANARIES = {name: f'canary{number}{name}zx' for number, name in enumerate((
    'transport', 'service', 'telemetry', 'coordination', 'messaging',
    'argument', 'joined', 'environment', 'pipeline', 'query', 'oslo',
    'unregistered', 'thread', 'error'))}

CONFIG = """\
[DEFAULT]
transport_url = rabbit://user:{transport}@127.0.0.1:5672,user:{transport}@[::1]
my_own_password = {unregistered}
[service_credentials]
auth_type = password
auth_url = http://user:{query}@127.0.0.1:5000/v3?token={query}
username = ceilometer
password = {service}
[publisher]
telemetry_secret = {telemetry}
[coordination]
backend_url = file:///var/lib/ceilometer/groups?password={coordination}
[notification]
messaging_urls = rabbit://other:{messaging}@127.0.0.1:5672/
[rgw_admin_credentials]
access_key = {oslo}
secret_key = {oslo}
""".format(**CANARIES)

PIPELINE = """\
sources:
  - name: all
    meters: ["*"]
    sinks: [sink]
sinks:
  - name: sink
    publishers:
      - notifier://user:{pipeline}@127.0.0.1?driver=noop&secret={pipeline}
""".format(**CANARIES)


def test_no_canary_is_found_in_the_exported_journal(
        machine: machines.Machine, unit: conftest.StartUnit,
        patient: conftest.Patient) -> None:
    """Options, URLs, arguments, environment, threads, errors: all masked."""
    machine.write_file('/etc/ceilometer/pipeline.yaml', PIPELINE)
    for name in (POLLING, 'ceilometer-agent-notification'):
        unit(name, config=CONFIG, dropin=patient(
            'secrets', service=f"""\
Environment=OS_PASSWORD={CANARIES['environment']}
Environment=PATIENT_THREAD={CANARIES['thread']}
Environment=PATIENT_ERROR={CANARIES['error']}
Environment=PATIENT_ARGUMENT={CANARIES['argument']}
Environment=PATIENT_JOINED={CANARIES['joined']}
"""))
        found = [*reports.trigger(machine, name),
                 *reports.trigger(machine, name)]
        assert any('transport_url = rabbit://user:***@127.0.0.1:5672'
                   in report.section('configuration')['MESSAGE']
                   for report in found)
        assert any('password = ***'
                   in report.section('configuration')['MESSAGE']
                   for report in found)
        assert all('token=***' in report.section('secretive')['MESSAGE']
                   for report in found)
        processes = found[0].section('processes')['MESSAGE']
        assert '--os-password ***' in processes
        assert '--os-token=***' in processes
    exported = machine.run_bytes([
        'journalctl', '--no-pager', '--all', '-o', 'export', 'REPORT=1',
    ]).stdout
    assert exported.count(b'REPORT_SECTION=configuration') >= 4
    for where, canary in CANARIES.items():
        at = exported.find(canary.encode())
        assert at < 0, (where, exported[max(at - 300, 0):at + 100])
    machine.run(['rm', '/etc/ceilometer/pipeline.yaml'])
