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

"""Makes the units of the daemons, whose common part has one source.

``make units`` writes them to ``system_files/units`` in the package, from where
``install-system`` installs them. What they have in common stands in
``unit.service.in``; what differs stands here. ``ceilometer-upgrade.service``
runs no daemon, and is made of ``upgrade.service.in``. What all of them may not
do stands in ``sandbox.in``. The target and the slice are written by hand.
"""

from __future__ import annotations

import dataclasses
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
UNITS = HERE.parent / 'ceilometer/diagnostics/system_files/units'

_PEERS = ('network-online.target', 'time-sync.target',
          'rabbitmq-server.service', 'memcached.service')
_LIBVIRT = ('libvirtd.service', 'virtqemud.service')
# not PrivateDevices=, which would hide it
_IPMI = ('DeviceAllow=char-ipmidev rw',)
_TWICE = '# What polls the same must not run: all would be polled twice.'


@dataclasses.dataclass(frozen=True)
class Unit:
    """A unit of a daemon, as far as it differs from the others.

    :ivar name: its name, without ``.service``
    :ivar description: what it runs
    :ivar command: the program and its arguments
    :ivar runtime: its directory below ``/run/ceilometer``
    :ivar unlike: the directories of units that poll the same; while one of
        them is there, this unit does not start
    :ivar after: units that it starts after, besides those of all
    :ivar needs: a directory that must be there
    :ivar aliases: its names in distributions of the other school
    :ivar devices: lines that say which devices it sees
    :ivar calls: lines that allow further system calls
    """

    name: str
    description: str
    command: str
    runtime: str
    unlike: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    needs: str = ''
    aliases: tuple[str, ...] = ()
    devices: tuple[str, ...] = ('PrivateDevices=yes',)
    calls: tuple[str, ...] = ()


def _agent(namespace: str, description: str, *after: str) -> Unit:
    # with all units enabled, ceilometer-polling is the one that starts
    both = namespace in ('central', 'compute')
    return Unit(
        f'ceilometer-agent-{namespace}', description,
        f'ceilometer-polling --polling-namespaces {namespace}',
        f'agent-{namespace}',
        (*(['polling'] if both else []), f'polling@{namespace}'),
        (*after, *(['ceilometer-polling.service'] if both else [])),
        aliases=(f'openstack-ceilometer-{namespace}',
                 f'openstack-ceilometer-agent-{namespace}'))


DAEMONS = (
    _agent('central', 'central polling agent'),
    _agent('compute', 'compute polling agent', *_LIBVIRT),
    dataclasses.replace(
        _agent('ipmi', 'IPMI polling agent'), devices=_IPMI, calls=(
            '# oslo.privsep gives up capabilities, also if it has none.',
            'SystemCallFilter=capset')),
    Unit('ceilometer-agent-notification', 'notification agent',
         'ceilometer-agent-notification', 'agent-notification',
         aliases=('openstack-ceilometer-notification',
                  'openstack-ceilometer-agent-notification')),
    Unit('ceilometer-polling', 'central and compute polling agent in one',
         'ceilometer-polling', 'polling',
         ('agent-central', 'agent-compute', 'polling@central',
          'polling@compute'), _LIBVIRT,
         aliases=('openstack-ceilometer-polling',)),
    # for namespaces of your own, and for those of others one by one
    Unit('ceilometer-polling@', 'polling agent for namespace %i',
         'ceilometer-polling --polling-namespaces %i '
         '--config-dir /etc/ceilometer/polling@%i', 'polling@%i',
         ('agent-%i',), _LIBVIRT, '/etc/ceilometer/polling@%i'),
)


def made() -> dict[pathlib.Path, str]:
    """The text of each unit, by its path."""
    template = (HERE / 'unit.service.in').read_text()
    found = {UNITS / f'{unit.name}.service': _fill(template, unit)
             for unit in DAEMONS}
    found[UNITS / 'ceilometer-upgrade.service'] = _insert(
        (HERE / 'upgrade.service.in').read_text(), {
            'SANDBOX': _sandbox(Unit.devices)})
    return found


def _sandbox(devices: tuple[str, ...]) -> list[str]:
    # the first line is of the file itself: its license
    return _insert((HERE / 'sandbox.in').read_text(), {
        'DEVICES': list(devices)}).splitlines()[1:]


def _insert(template: str, lines: dict[str, list[str]]) -> str:
    """Replace lines of a template, each by several."""
    found: list[str] = []
    for line in template.splitlines():
        found += lines.get(line.strip('@'), [line])
    return '\n'.join(found) + '\n'


def _fill(template: str, unit: Unit) -> str:
    conditions = []
    if unit.needs:
        conditions += [
            '# A namespace that is misspelt would be polled by nobody. Files '
            'in it are read',
            '# after ceilometer.conf, and instead of ceilometer.conf.d.',
            f'AssertPathIsDirectory={unit.needs}']
    if unit.unlike:
        conditions += [_TWICE, *(
            f'AssertPathExists=!%t/ceilometer/{name}/running'
            for name in unit.unlike)]
    install = []
    if unit.aliases:
        install = ['# As RDO and SUSE call it.', 'Alias=' + ' '.join(
            f'{name}.service' for name in unit.aliases)]
    text = _insert(template, {
        'UNIT': conditions, 'INSTALL': install,
        'SANDBOX': _sandbox(unit.devices), 'CALLS': list(unit.calls),
        'AFTER': ['After=' + ' '.join((*_PEERS, *unit.after))]})
    for name in ('description', 'command', 'runtime'):
        text = text.replace(f'@{name.upper()}@', getattr(unit, name))
    return text


def main() -> None:
    """Write all of them."""
    for path, text in made().items():
        path.write_text(text)


if __name__ == '__main__':
    main()
