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

"""Words that a report is made of, and that name nobody.

A host may be called ``compute`` or ``platform``. Then the word is a name in
some places, and in others it is a key of the data, an option group, or a part
of a path of the package: there it must stay what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
import functools
import re

from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import reported_options
from ceilometer.diagnostics.command.reports import reported_threads
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics import content_types
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import fields

#: Names of users and hosts that tell nothing, and are part of other words.
KEPT = frozenset((
    'root', 'ceilometer', 'nobody', 'daemon', 'service', 'services', 'admin',
    'guest', 'openstack', 'rabbitmq', 'rabbit', 'localhost', 'localdomain',
    'none', 'default', 'true', 'false', 'localhost.localdomain', 'unknown',
    'user', 'host', 'memcached', 'libvirt', 'nova', 'neutron', 'gnocchi',
    'regionone', 'cluster.local', 'svc.cluster.local', 'public', 'internal'))

#: Names of programs and units, which hosts do not have.
PROGRAMS = ('ceilometer-polling', 'ceilometer-agent-notification',
            'ceilometer-agent-central', 'ceilometer-agent-compute',
            'ceilometer-agent-ipmi', 'ceilometer-diagnostics')

#: Of what Ceilometer, and what stands around it, speaks in any report.
_COMMON = ('agent central compute notification polling ipmi pollster meter '
           'sample event pipeline publisher source sink storage project '
           'tenant domain instance volume image network server client control '
           'python lib bin usr etc var opt local site dist packages oslo '
           'messaging config log keystone glance cinder swift')

_WORD = re.compile(r'[^\W_]+')


def words(found: read.Found) -> set[str]:
    """The words of a report that may be something else than a name.

    :param found: a whole report
    """
    known = set(_static())
    for option in [*reported_options.options(found.report),
                   *reported_options.unregistered(found.report)]:
        known.update(_of(f'{option["group"]} {option["name"]}'))
    package = section_data.content(found.report, contents.Package)
    if package is not None:
        for name in package['libraries']:
            known.update(_of(name))
    for thread in reported_threads.threads(found.report):
        for frame in thread.stack:
            known.update(_of(f'{frame.file} {frame.function}'))
    for part in found.report.sections:
        known.update(_of(part.name))
    return known


def versions(found: read.Found) -> Iterator[str]:
    """The versions that a report tells.

    :param found: a whole report
    """
    package = section_data.content(found.report, contents.Package)
    if package is not None:
        told = [package['version'], package['installed_version'],
                package['diagnostics'], package['python']['version'],
                *package['libraries'].values()]
        yield from (version for version in told if version)


@functools.cache
def _static() -> frozenset[str]:
    """The words of the data's shapes, and of what is said in them."""
    known = set(_COMMON.split())
    for module in (contents, fields):
        for value in vars(module).values():
            if isinstance(value, str):
                known.update(_of(value))
            elif isinstance(value, tuple):
                known.update(word for item in value if isinstance(item, str)
                             for word in _of(item))
    for kind in vars(content_types).values():
        if isinstance(kind, type) and kind.__module__ == (
                content_types.__name__):
            for key in kind.__annotations__:
                known.update(_of(key))
    return frozenset(known)


def _of(text: str) -> Iterator[str]:
    return (word.lower() for word in _WORD.findall(text))
