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
"""Samples that really flow in a machine: polled, sent, taken and published.

A broker, pollsters that tests choose, and a publisher that writes a file.
What each test needs is said in its own polling.yaml and pipeline.yaml.
"""

from __future__ import annotations

import json
import pathlib
import re
import typing

from tests.system import command
from tests.system import machine as machines
from tests.system import reports

BROKER = 'rabbitmq-server'
POLLING = 'ceilometer-agent-compute'
NOTIFICATION = 'ceilometer-agent-notification'
SAMPLES = '/var/lib/ceilometer/samples.json'
INTERVAL_SECONDS = 3

# What tests write; the machine may have files of these names.
FILES = ('/etc/ceilometer/polling.yaml', '/etc/ceilometer/pipeline.yaml',
         '/etc/ceilometer/event_pipeline.yaml')

SOURCES = pathlib.Path(__file__).with_name('flow')

# Answers each request with a status, or never, or as a Keystone does that
# does not know the password; or as one that does, with a Nova that knows a
# flavor and no instance.
SERVER = """
import http.server, json, socket, sys, threading, systemd.daemon
port, answer = int(sys.argv[1]), sys.argv[2]
if answer == 'silent':
    server = socket.create_server(('127.0.0.1', port))
    systemd.daemon.notify('READY=1')
    threading.Event().wait()
url = f'http://127.0.0.1:{port}/v3'
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body=None, headers=()):
        self.rfile.read(int(self.headers.get('Content-Length', 0)))
        data = json.dumps(body).encode() if body else b''
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def do_GET(self):
        if answer == 'cloud' and '/servers/' in self.path:
            self.answer(404, {'itemNotFound': {
                'code': 404, 'message': 'Instance could not be found.'}})
        elif answer == 'cloud' and '/flavors' in self.path:
            flavor = {'id': '1', 'name': 'm1.tiny'}
            self.answer(200, {'flavors': [flavor], 'flavor': flavor})
        elif answer in ('keystone', 'cloud'):
            self.answer(200, {'version': {
                'id': 'v3.14', 'status': 'stable', 'media-types': [],
                'links': [{'rel': 'self', 'href': url}]}})
        else:
            self.answer(int(answer))
    def do_POST(self):
        if answer == 'keystone':
            self.answer(401, {'error': {
                'code': 401, 'title': 'Unauthorized', 'message':
                'The request you have made requires authentication.'}})
        elif answer == 'cloud':
            self.answer(201, {'token': {
                'methods': ['password'], 'expires_at': '2999-01-01T00:00:00Z',
                'catalog': [{'type': 'compute', 'endpoints': [{
                    'interface': 'public', 'region': 'RegionOne',
                    'region_id': 'RegionOne',
                    'url': f'http://127.0.0.1:{port}/v2.1'}]}]}},
                [('X-Subject-Token', 'token')])
        else:
            self.answer(int(answer))
server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler)
systemd.daemon.notify('READY=1')
server.serve_forever()
"""


class Flow:
    """A machine with what samples flow through.

    :param machine: the machine
    """

    def __init__(self, machine: machines.Machine) -> None:
        self.machine = machine
        packages = machine.packages
        machine.write_file(
            f'{packages}/demo_pollsters.py',
            (SOURCES / 'demo_pollsters.py').read_text())
        about = f'{packages}/demo_pollsters-0.1.dist-info'
        machine.write_file(f'{about}/METADATA', (
            'Metadata-Version: 2.1\nName: demo_pollsters\nVersion: 0.1\n'))
        machine.write_file(f'{about}/entry_points.txt', (
            SOURCES / 'entry_points.txt').read_text())
        self._added = [f'{packages}/demo_pollsters.py', about]
        self._files = {
            name: machine.path(name).read_text() for name in FILES
            if machine.path(name).exists()}
        self._servers: list[str] = []
        self.start_broker()
        # the broker of a machine keeps what it was told
        if 'ceilometer' not in machine.run(
                ['rabbitmqctl', '--quiet', 'list_users']).stdout.split():
            machine.run(
                ['rabbitmqctl', 'add_user', 'ceilometer', 'broker-secret'])
        machine.run(['rabbitmqctl', 'set_permissions', 'ceilometer',
                     '.*', '.*', '.*'])

    def start_broker(self) -> None:
        """Start the broker; it then takes connections."""
        self.machine.systemctl('start', BROKER)

    def stop_broker(self) -> None:
        """Stop it in order; all connections are closed."""
        self.machine.systemctl('stop', BROKER)

    def server(self, port: int, answer: str) -> None:
        """Start a server of HTTP.

        :param answer: the status of each answer, or silent, keystone or
            cloud
        """
        name = f'server-{port}'
        self._servers.append(name)
        self.machine.run([
            'systemd-run', f'--unit={name}', '--service-type=notify',
            self.machine.python, '-c', SERVER, str(port), answer])

    def poll(self, *sources: dict[str, typing.Any]) -> None:
        """Write polling.yaml; JSON is YAML."""
        self.machine.write_file('/etc/ceilometer/polling.yaml', json.dumps({
            'sources': list(sources)}))

    def publish(self, *publishers: str) -> None:
        """Write pipeline.yaml, and an event_pipeline.yaml of one source."""
        self.machine.write_file('/etc/ceilometer/pipeline.yaml', json.dumps({
            'sources': [{'name': 'all', 'meters': ['*'], 'sinks': ['out']}],
            'sinks': [{'name': 'out', 'publishers': list(publishers)}]}))
        self.machine.write_file(
            '/etc/ceilometer/event_pipeline.yaml', json.dumps({
                'sources': [{'name': 'all', 'events': ['*'],
                             'sinks': ['out']}],
                'sinks': [{'name': 'out', 'publishers': [
                    'test://']}]}))

    def published(self) -> int:
        """How many samples the file has."""
        return len(self.machine.run(
            ['cat', SAMPLES], check=False).stdout.splitlines())

    def stop_servers(self) -> None:
        """Stop the servers; those that wait for them go on."""
        for name in self._servers:
            self.machine.systemctl('stop', name, check=False)
        self._servers.clear()

    def restore(self) -> None:
        """Undo what a test did."""
        self.stop_servers()
        self.machine.run(['rm', '-f', SAMPLES, *FILES])
        for name, text in self._files.items():
            self.machine.write_file(name, text)
        self.start_broker()
        self.machine.run(['rabbitmqctl', 'change_password', 'ceilometer',
                          'broker-secret'])
        self.machine.run(['rabbitmqctl', 'set_vm_memory_high_watermark',
                          '0.4'])

    def remove(self) -> None:
        """Leave the machine as it was: other tests use it, too."""
        self.stop_broker()
        self.machine.run(['rm', '-rf', *self._added])


def source(name: str, *meters: str, **more: typing.Any,
           ) -> dict[str, typing.Any]:
    """A source of polling.yaml that polls one resource.

    :param more: what it has besides
    """
    return {'name': name, 'interval': INTERVAL_SECONDS,
            'meters': list(meters), 'resources': ['r1'], **more}


def worker(machine: machines.Machine, unit: str) -> reports.Report:
    """A new report of a unit's worker."""
    found, = [report for report in reports.trigger(machine, unit)
              if report.first['REPORT_PROCESS'] == 'worker']
    return found


def data(report: reports.Report, section: str) -> typing.Any:
    """The data of a section."""
    return json.loads(report.section(section)['REPORT_DATA'])


def head(report: reports.Report) -> list[str]:
    """The first three lines of a summary, below its heading."""
    return report.section('summary')['MESSAGE'].partition(
        '\n\n')[2].splitlines()[:3]


def asked(flow: Flow, unit: str, sentence: str) -> str:
    """What the verb trigger prints; its first three lines must tell it.

    :param sentence: an expression that must match in these
    """
    printed = command.run(flow.machine, 'trigger', unit)
    assert re.search(sentence, '\n'.join(printed.splitlines()[:3])), printed
    return printed


def why(flow: Flow, *arguments: str) -> str:
    """What the verb why prints of the two units.

    :param arguments: options, and a meter
    """
    done = flow.machine.run([
        command.NAME, 'why', f'--unit={POLLING}', f'--unit={NOTIFICATION}',
        *arguments], check=False)
    assert done.stderr == '', done.stderr
    return str(done.stdout)


def told(flow: Flow, unit: str, *kinds: str, sentence: str = '') -> str:
    """Wait until a worker tells of kinds of findings; the summary's head.

    :param unit: the unit
    :param kinds: that must be in its first three lines
    :param sentence: an expression that must match in these as well
    """
    text = ''

    def found() -> str:
        nonlocal text
        text = '\n'.join(head(worker(flow.machine, unit)))
        return text if all(f'[{kind}]' in text for kind in kinds) and (
            re.search(sentence, text)) else ''

    try:
        flow.machine.wait_for(
            found, what=f'{kinds} {sentence} in the first lines of a summary',
            unit=unit)
    except AssertionError as error:
        raise AssertionError(f'{error}\nthe last told: {text}') from None
    return text
