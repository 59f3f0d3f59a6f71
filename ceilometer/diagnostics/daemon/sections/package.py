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

"""Section ``package``: which Ceilometer this is, and on what it runs."""

from __future__ import annotations

from collections.abc import Iterable
import os
import platform
import sys
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import distributions
from ceilometer.diagnostics.daemon import process as process_module
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics import findings

#: What a daemon of Ceilometer is made of: told where it is loaded.
LIBRARIES = (
    'cotyledon', 'futurist', 'tooz', 'oslo.config', 'oslo.log',
    'oslo.messaging', 'oslo.reports', 'oslo.utils', 'oslo.concurrency',
    'oslo.privsep', 'oslo.rootwrap', 'oslo.cache', 'oslo.service',
    'keystoneauth1', 'openstacksdk', 'gnocchiclient', 'kombu', 'amqp',
    'eventlet', 'greenlet', 'gevent', 'requests', 'urllib3', 'stevedore',
    'tenacity', 'psutil', 'wrapt', 'libvirt-python', 'python-novaclient',
    'setproctitle', 'confluent-kafka', 'kafka-python', 'systemd-python')

# where the name to import is not the distribution's with _ for . and -
_MODULES = {
    'openstacksdk': 'openstack', 'libvirt-python': 'libvirt',
    'python-novaclient': 'novaclient', 'kafka-python': 'kafka',
    'systemd-python': 'systemd'}

_OURS = 'ceilometer-diagnostics'

# What is loaded stays what it is, whatever is installed later.
_versions: dict[str, str | None] = {}


def collect(context: section.Context) -> section.Content:
    """Gather versions; reads the metadata of installed distributions."""
    loaded = [name for name in LIBRARIES if _is_loaded(name)]
    _learn_versions((_OURS, *loaded))
    data: contents.Package = {
        **_ceilometer(context.daemon),
        'diagnostics': _versions[_OURS],
        'python': {
            'version': platform.python_version(),
            'implementation': platform.python_implementation(),
            'executable': sys.executable,
        },
        'platform': _platform(),
        'libraries': {
            name: version for name in loaded
            if (version := _versions[name])},
    }
    return section.Content(data=data)


def _ceilometer(daemon: process_module.Daemon) -> contents.Ceilometer:
    told = daemon.version
    vendor = _call(told, 'vendor_string')
    product = _call(told, 'product_string')
    version = _call(told, 'version_string_with_package')
    # Ceilometer gives its module ceilometer.version, with pbr's version_info
    loaded = _call(getattr(told, 'version_info', None), 'release_string')
    installed = distributions.fields(['ceilometer']).get('ceilometer')
    if not installed:
        return {'vendor': vendor, 'product': product or daemon.service,
                'version': version or loaded, 'installed_version': None,
                'path': None}
    package = sys.modules.get('ceilometer')
    name = distributions.field(installed, 'Name')
    installed_version = distributions.field(installed, 'Version')
    return {
        # newer metadata have no author
        'vendor': vendor or distributions.field(installed, 'Author') or (
            'OpenStack'),
        'product': product or f'OpenStack {(name or "").capitalize()}',
        'version': version or loaded or installed_version,
        # another one than runs: it was upgraded, and not restarted
        'installed_version': installed_version,
        'path': next(iter(getattr(package, '__path__', ())), None),
    }


def _call(owner: Any, name: str) -> str | None:
    function = getattr(owner, name, None)
    return str(function()) if callable(function) else None


def _learn_versions(names: Iterable[str]) -> None:
    """Look for the versions of distributions that are not known yet."""
    unknown = [name for name in names if name not in _versions]
    found = distributions.fields(unknown)
    for name in unknown:
        _versions[name] = distributions.field(
            found.get(name, ''), 'Version') or None


def _is_loaded(name: str) -> bool:
    module = _MODULES.get(name) or name.replace('.', '_').replace('-', '_')
    return module in sys.modules


def _platform() -> contents.Platform:
    # not platform.platform(), which may start a program
    system = os.uname()
    try:
        release = platform.freedesktop_os_release().get('PRETTY_NAME')
    except OSError:
        release = None
    return {'system': release, 'kernel': f'{system.sysname} {system.release}',
            'machine': system.machine, 'hostname': system.nodename}


def find(data: contents.Package) -> list[contents.Finding]:
    """Whether another Ceilometer is installed than runs.

    :param data: masked and escaped
    """
    running, installed = data['version'], data['installed_version']
    if not installed or installed == running:
        return []
    return [findings.finding(
        'not-restarted', f'version {running} is running, {installed} is '
        'installed: not restarted since it was installed')]


def render(data: contents.Package) -> str:
    """A line for each version."""
    python = data['python']
    place = data['platform']
    lines = [
        f'product = {data["product"]}',
        f'vendor = {data["vendor"]}',
        f'version = {data["version"]}',
        f'path = {data["path"]}',
    ]
    if data['installed_version'] != data['version']:
        lines.append(f'installed version = {data["installed_version"]}'
                     '  <-- differs from the running version')
    lines += [
        f'diagnostics = ceilometer-diagnostics {data["diagnostics"]}',
        f'python = {python["implementation"]} {python["version"]} '
        f'({python["executable"]})',
        f'system = {place["system"]}, {place["kernel"]}, {place["machine"]}',
        f'host = {place["hostname"]}',
        '',
        'Libraries in use:',
    ]
    lines += [f'  {name} {version}'
              for name, version in sorted(data['libraries'].items())]
    return '\n'.join(lines)
