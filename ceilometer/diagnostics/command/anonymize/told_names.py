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

"""The names that a report tells: of hosts, users, projects and domains."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import ipaddress
import re
from typing import Any
from typing import NamedTuple

from ceilometer.diagnostics.command.anonymize import directory_names
from ceilometer.diagnostics.command.anonymize import reached_names
from ceilometer.diagnostics.command.anonymize import said_names
from ceilometer.diagnostics.command.anonymize import vocabulary
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import reported_options
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics import contents

# what a URL says of its servers
_AUTHORITY = re.compile(r'://([^/\s"\'<>?#]+)')
_MAIL_DOMAIN = re.compile(r'(?<=[\w.+-])@([\w-]++(?:\.[\w-]++)++)')
_HOST = re.compile(r'[\w.-]+')
_LABELS_MAX = 12

#: Of second-level domains that belong to nobody: example.co.uk.
_SHARED = frozenset(('co', 'com', 'org', 'net', 'ac', 'gov', 'edu', 'or',
                     'ne', 'go'))


class Names(NamedTuple):
    """Names, by what they name; in each the first ones first.

    :ivar names: kind of each name
    :ivar domains: DNS domains, below which every name is a host's
    """

    names: dict[str, str]
    domains: dict[str, None]


def of(reports: Iterable[read.Found]) -> Names:
    """Collect the names that reports tell.

    :param reports: whole reports
    """
    told = Names({}, {})
    for found in reports:
        for kind, name in _of(found):
            _add(told, kind, name.strip())
    return told


def _add(told: Names, kind: str, name: str) -> None:
    lower = name.lower().strip('.')
    if not lower or lower in vocabulary.KEPT or (
            lower in vocabulary.PROGRAMS) or re.fullmatch(
                r'[\d.\W]*', lower):
        return
    if kind not in ('host', 'dns'):
        told.names.setdefault(lower, kind)
        return
    labels = lower.split('.')
    if len(labels) > _LABELS_MAX:
        return
    if kind == 'host':
        told.names.setdefault(lower, kind)
        if len(labels) > 1 and labels[0] not in vocabulary.KEPT and (
                not labels[0].isdigit()):
            told.names.setdefault(labels[0], kind)
    for at in range(kind == 'host', len(labels) - 1):
        domain = '.'.join(labels[at:])
        if domain not in vocabulary.KEPT and not _is_shared(labels[at:]):
            told.domains.setdefault(domain)


def _is_shared(labels: list[str]) -> bool:
    return len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SHARED


def _of(found: read.Found) -> Iterator[tuple[str, str]]:
    if found.identity.hostname:
        yield 'host', found.identity.hostname
    package = section_data.content(found.report, contents.Package)
    if package is not None:
        yield 'host', package['platform']['hostname']
    for text in texts(found):
        yield from _of_urls(text)
        yield from said_names.of_text(text)
        yield from reached_names.of_text(text)
        for domain in (*_MAIL_DOMAIN.findall(text),
                       *directory_names.domains(text)):
            yield 'dns', domain
    for option in [*reported_options.options(found.report),
                   *reported_options.unregistered(found.report)]:
        for kind, pattern in said_names.OF_VALUES.items():
            if pattern.search(option['name']):
                yield from _of_value(kind, option['value'])
    for part in found.report.sections:
        for kind, value in said_names.of_data(part.data):
            # a sentence is no list of hosts
            if not isinstance(value, str) or ' ' not in value or (
                    kind != 'host'):
                yield from _of_value(kind, value)


def _of_value(kind: str, value: Any) -> Iterator[tuple[str, str]]:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, str) or '://' in item or '***' in item:
            continue
        if kind != 'host':
            # DOMAIN\\user
            yield from ((kind, name) for name in (
                item, item.rpartition('\\')[2]) if len(
                    name) <= said_names.NAME_CHARS_MAX)
            continue
        for part in re.split(r'[\s,]+', item):
            try:
                ipaddress.ip_address(part.strip('[]'))
            except ValueError:
                name = part.partition(':')[0]
                if _HOST.fullmatch(name):
                    yield kind, name


def _of_urls(text: str) -> Iterator[tuple[str, str]]:
    """Hosts and users of all URLs, of which each may have several."""
    for authority in _AUTHORITY.findall(text):
        for server in authority.split(','):
            who, at, where = server.rpartition('@')
            user = who.partition(':')[0]
            if at and _HOST.fullmatch(user):
                yield 'user', user
            host = where.partition(':')[0]
            # neither an address in brackets, nor what was masked or cut
            if _HOST.fullmatch(host):
                yield 'host', host


def texts(found: read.Found) -> Iterator[str]:
    """All texts of a report: those of its sections, and in their data."""
    for part in found.report.sections:
        yield part.text
        yield from _strings(part.data)


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from _strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value)
