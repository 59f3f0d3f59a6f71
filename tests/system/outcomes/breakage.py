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

"""Breaks what units stand on, and mends it: one of these a condition."""

from __future__ import annotations

import collections.abc
import contextlib
import functools
import re

from tests.system import keeper
from tests.system import machine as machines
from tests.system.outcomes import documented

CONFIGURATION = '/etc/ceilometer/ceilometer.conf'
DEFINITIONS = ('/etc/ceilometer/polling.yaml',
               '/etc/ceilometer/pipeline.yaml')
DIRECTORIES = tuple(f'/var/{kind}/ceilometer'
                    for kind in ('lib', 'cache', 'log'))
JOURNAL = '/var/log/journal'
BROKER_URL, = re.findall('(?m)^transport_url = (.*)$',
                         keeper.CEILOMETER_CONF)

Broken = contextlib.AbstractContextManager[None]
#: Called with the machine.
Condition = collections.abc.Callable[[machines.Machine], Broken]


@contextlib.contextmanager
def nothing(machine: machines.Machine) -> collections.abc.Iterator[None]:
    """Nothing is there that listens, and all else is as it should be."""
    yield


@contextlib.contextmanager
def _file(machine: machines.Machine, path: str, text: str | None,
          mode: int = 0o640, owner: str = 'ceilometer',
          ) -> collections.abc.Iterator[None]:
    """Put another file in the place of one, or none.

    :param text: what it says; None for no file
    """
    aside = f'{path}.aside'
    there = machine.path(path).exists()
    if there:
        machine.run(['mv', path, aside])
    if text is not None:
        machine.write_file(path, text, mode=mode, owner=owner)
    try:
        yield
    finally:
        machine.run(['rm', '-f', path])
        if there:
            machine.run(['mv', aside, path])


def no_file(machine: machines.Machine) -> Broken:
    """There is no ceilometer.conf."""
    return _file(machine, CONFIGURATION, None)


def unreadable_file(machine: machines.Machine) -> Broken:
    """There is a ceilometer.conf that only root can read."""
    return _file(machine, CONFIGURATION, keeper.CEILOMETER_CONF, 0o600, 'root')


def unparsable_file(machine: machines.Machine) -> Broken:
    """There is a ceilometer.conf that oslo.config does not understand."""
    return _file(machine, CONFIGURATION,
                 keeper.CEILOMETER_CONF + '[oslo_messaging_rabbit\n')


def wrong_value(machine: machines.Machine) -> Broken:
    """There is a ceilometer.conf with a word in the place of a number."""
    # what all three programs read
    return _configured(machine, '[DEFAULT]\nlog_rotate_interval = often\n')


def _configured(machine: machines.Machine, more: str,
                broker: str = BROKER_URL) -> Broken:
    return _file(machine, CONFIGURATION, keeper.CEILOMETER_CONF.replace(
        BROKER_URL, broker) + more)


def broker(url: str) -> Condition:
    """A condition: the broker is another."""
    return lambda machine: _configured(machine, '', broker=url)


def definitions(text: str | None, mode: int = 0o640,
                owner: str = 'ceilometer') -> Condition:
    """A condition: polling.yaml and pipeline.yaml are others, or none."""
    @contextlib.contextmanager
    def broken(machine: machines.Machine) -> collections.abc.Iterator[None]:
        with contextlib.ExitStack() as stack:
            for path in DEFINITIONS:
                stack.enter_context(_file(machine, path, text, mode, owner))
            yield
    return broken


@contextlib.contextmanager
def _listens(port: int, machine: machines.Machine,
             ) -> collections.abc.Iterator[None]:
    """Something takes connections at a port, and never says a word."""
    name = f'silent-{port}'
    machine.write_file(
        f'/run/systemd/system/{name}.socket',
        f'[Socket]\nListenStream=127.0.0.1:{port}\n')
    machine.write_file(
        f'/run/systemd/system/{name}.service',
        '[Service]\nExecStart=sleep infinity\n')
    machine.systemctl('daemon-reload')
    machine.systemctl('start', f'{name}.socket')
    try:
        yield
    finally:
        machine.systemctl('stop', f'{name}.socket', f'{name}.service')
        machine.run(['sh', '-c', f'rm /run/systemd/system/{name}.*'])
        machine.systemctl('daemon-reload')


silent_broker = functools.partial(_listens, 5672)
silent_keystone = functools.partial(_listens, 5000)


@contextlib.contextmanager
def unknown_namespace(machine: machines.Machine,
                      ) -> collections.abc.Iterator[None]:
    """The command lines name a namespace that no plugin has."""
    with contextlib.ExitStack() as stack:
        for unit in documented.POLLING:
            line, = re.findall(r'argv\[\]=(.*?) ;', machine.show(
                unit, 'ExecStart')['ExecStart'])
            path = f'/etc/systemd/system/{unit}.service.d/namespace.conf'
            machine.write_file(path, '[Service]\nExecStart=\nExecStart='
                               f'{line} --polling-namespaces nosuch\n')
            stack.callback(machine.run, ['rm', path])
        machine.systemctl('daemon-reload')
        yield
    machine.systemctl('daemon-reload')


@contextlib.contextmanager
def _full(machine: machines.Machine, path: str,
          size: str) -> collections.abc.Iterator[None]:
    """Mount a small file system, and fill it."""
    machine.run(['mkdir', '-p', path])
    machine.run(['mount', '-t', 'tmpfs', '-o', f'size={size},mode=0755',
                 'tmpfs', path])
    try:
        done = machine.run(['dd', 'if=/dev/zero', f'of={path}/full',
                            'bs=4k'], check=False)
        assert 'No space left on device' in done.stderr, done
        yield
    finally:
        machine.run(['umount', path])


@contextlib.contextmanager
def full_directories(machine: machines.Machine,
                     ) -> collections.abc.Iterator[None]:
    """No room is left where daemons may write; they have logs there."""
    with contextlib.ExitStack() as stack:
        for path in DIRECTORIES:
            stack.enter_context(_full(machine, path, '16k'))
        stack.enter_context(_configured(
            machine, f'[DEFAULT]\nlog_dir = {DIRECTORIES[-1]}\n'))
        yield


@contextlib.contextmanager
def full_journal(machine: machines.Machine,
                 ) -> collections.abc.Iterator[None]:
    """No room is left where the journal is, not for one file of it."""
    try:
        with _full(machine, JOURNAL, '16k'):
            machine.systemctl('restart', 'systemd-journald')
            yield
    finally:
        machine.systemctl('restart', 'systemd-journald')


#: By the names that they have in the documentation.
CONDITIONS: dict[str, Condition] = {
    'A worker is killed': nothing,
    'The main process is killed': nothing,
    'Broker and Keystone cannot be reached': nothing,
    'The broker has an unknown name': broker(
        'rabbit://ceilometer:broker-secret@nosuch.invalid:5672/'),
    'The broker does not answer': silent_broker,
    'Keystone does not answer': silent_keystone,
    'No room is left for state, cache and log files': full_directories,
    'No room is left for the journal': full_journal,
    'ceilometer.conf is missing': no_file,
    'ceilometer.conf may not be read': unreadable_file,
    'ceilometer.conf is not in its format': unparsable_file,
    'ceilometer.conf has a value of a wrong type': wrong_value,
    'transport_url has no scheme': broker('127.0.0.1'),
    'transport_url has an unknown scheme': broker(
        'rabit://ceilometer:broker-secret@127.0.0.1/'),
    'polling.yaml or pipeline.yaml is missing': definitions(None),
    'polling.yaml or pipeline.yaml may not be read': definitions(
        'sources: []\n', 0o600, 'root'),
    'polling.yaml or pipeline.yaml is not YAML': definitions('sources: [\n'),
    'polling.yaml or pipeline.yaml lacks its sources': definitions('{}\n'),
    'The namespace is unknown': unknown_namespace,
}

#: Who is killed once a unit runs.
KILLED = {'A worker is killed': 'worker',
          'The main process is killed': 'main'}
