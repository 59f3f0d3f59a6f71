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

import functools
from importlib import metadata
import os
import platform
import sys
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import process as process_module
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import patterns

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

_VERSION = patterns.pattern(r'\AMetadata-Version:(?:.+\n)*?Version: *(\S+)')


def collect(context: section.Context) -> section.Content:
    """Gather versions; reads the metadata of installed distributions."""
    data: contents.Package = {
        **_ceilometer(context.daemon),
        'diagnostics': _version('ceilometer-diagnostics'),
        'python': {
            'version': platform.python_version(),
            'implementation': platform.python_implementation(),
            'executable': sys.executable,
        },
        'platform': _platform(),
        'libraries': {
            name: version for name in LIBRARIES
            if _is_loaded(name) and (version := _version(name))},
    }
    return section.Content(data=data)


def _ceilometer(daemon: process_module.Daemon) -> contents.Ceilometer:
    told = daemon.version
    vendor = _call(told, 'vendor_string')
    product = _call(told, 'product_string')
    version = _call(told, 'version_string_with_package')
    # Ceilometer gives its module ceilometer.version, with pbr's version_info
    loaded = _call(getattr(told, 'version_info', None), 'release_string')
    installed = _installed()
    if installed is None:
        return {'vendor': vendor, 'product': product or daemon.service,
                'version': version or loaded, 'installed_version': None,
                'path': None}
    package = sys.modules.get('ceilometer')
    return {
        # newer metadata have no author
        'vendor': vendor or installed.get('Author', 'OpenStack'),
        'product': product or (
            f'OpenStack {installed.get("Name", "").capitalize()}'),
        'version': version or loaded or installed.get('Version'),
        # another one than runs: it was upgraded, and not restarted
        'installed_version': installed.get('Version'),
        'path': next(iter(getattr(package, '__path__', ())), None),
    }


def _installed() -> dict[str, str] | None:
    """What is said of the Ceilometer that is installed now, None if none is.

    Not metadata.metadata(), which parses the whole description as a mail.
    """
    try:
        found = metadata.distribution('ceilometer')
    except metadata.PackageNotFoundError:
        return None
    told: dict[str, str] = {}
    for line in _text(found).partition('\n\n')[0].splitlines():
        name, colon, value = line.partition(':')
        # a line that goes on has no name
        if colon and name == name.strip():
            told.setdefault(name, value.strip())
    return told


def _text(found: metadata.Distribution) -> str:
    """The metadata of a distribution; the last one is of a lone file."""
    return next(filter(None, map(
        found.read_text, ('METADATA', 'PKG-INFO', ''))), '')


def _call(owner: Any, name: str) -> str | None:
    function = getattr(owner, name, None)
    return str(function()) if callable(function) else None


@functools.cache
def _version(name: str) -> str | None:
    # what is loaded stays what it is, whatever is installed later
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    # not found.version: that parses the description of the package as well
    version = _VERSION.search(_text(found))
    return None if version is None else version[1]


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
