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

"""Replaces names, addresses and ids with placeholders.

The same name always gets the same placeholder.

What is replaced: the names of hosts and their domains, wherever they turn
up, as the journal, the report and its URLs and options tell them; IP
addresses, but those that mean no machine in particular (loopback, any);
hardware addresses; UUIDs and ids of 32 digits, such as those of machines,
boots, projects and instances; names of users, but those of services; mail
addresses. What stays: the ids of reports, so that both sides can speak of
the same one.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import ipaddress
import re
from typing import Any

from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import reported_options
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics.command.reports import stored
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report

#: Names of users and hosts that tell nothing, and are part of other words.
KEPT = frozenset((
    'root', 'ceilometer', 'nobody', 'daemon', 'service', 'services', 'admin',
    'guest', 'openstack', 'rabbitmq', 'rabbit', 'localhost', 'localdomain',
    'none', 'default', 'true', 'false', 'localhost.localdomain', 'unknown',
    'user', 'host', 'memcached', 'libvirt', 'nova', 'neutron', 'gnocchi'))

#: A shorter name would be found in too many words.
_NAME_CHARS_MIN = 3

_HEX = r'[0-9a-fA-F]'
_ID = re.compile(
    rf'(?<![0-9a-zA-Z])(?:{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-'
    rf'{_HEX}{{12}}|{_HEX}{{32}})(?![0-9a-zA-Z])')
_MAC = re.compile(
    rf'(?<![0-9a-zA-Z:])(?:{_HEX}{{2}}:){{5}}{_HEX}{{2}}(?![0-9a-zA-Z:])')
_IPV4 = re.compile(
    r'(?<![0-9.])(?:\d{1,3}\.){3}\d{1,3}(?![0-9]|\.\d)', re.ASCII)
_IPV6 = re.compile(
    rf'(?<![0-9a-zA-Z:.])(?=[0-9a-fA-F:]*:[0-9a-fA-F:]*:)'
    rf'{_HEX}{{0,4}}(?::{_HEX}{{0,4}}){{2,7}}(?![0-9a-zA-Z:])')
_MAIL = re.compile(r'[\w.+-]+@[\w-]+(?:\.[\w-]+)+', re.ASCII)
# user:password@host:port of each host that a URL names
_URL = re.compile(r'[a-zA-Z][a-zA-Z0-9+.-]*://([^/\s"\'<>?#]+)')
_AUTHORITY = re.compile(
    r'(?:(?P<user>[^:@,]*)(?::[^@,]*)?@)?(?P<host>[^:@,\[\]]+)(?::\d+)?')
_HOME = re.compile(r'/home/([^/\s"\':,]+)')

_HOST_OPTION = re.compile(r'(^|_)(host|hosts|hostname|server|servers)$')
_USER_OPTION = re.compile(r'(^|_)(user|username|user_name|userid)$')


class Anonymizer:
    """Replaces names with placeholders: the same name, the same placeholder.

    :param reports: whole reports, which tell the names to look for
    """

    def __init__(self, reports: Iterable[read.Found]) -> None:
        self._replaced: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self._kept_ids = {fields.MESSAGE_ID_SECTION}
        hosts: dict[str, None] = {}
        users: dict[str, None] = {}
        for found in reports:
            self._kept_ids.add(found.id)
            hosts.update(dict.fromkeys(_hosts(found)))
            users.update(dict.fromkeys(_users(found)))
            for host, user in _authorities(found):
                hosts[host] = None
                if user:
                    users[user] = None
        self._hosts = _pattern(_with_domains(hosts))
        self._users = _pattern(name for name in users if name not in hosts)

    def text(self, text: str) -> str:
        """The text with placeholders instead of names, addresses and ids."""
        text = _MAIL.sub(lambda match: self._number(
            'mail', match[0], 'user-{}@mail.invalid'), text)
        text = _ID.sub(self._id, text)
        text = _MAC.sub(lambda match: self._number(
            'mac', match[0].lower(), '02:00:00:00:00:{:02x}'), text)
        text = _IPV6.sub(self._address, text)
        text = _IPV4.sub(self._address, text)
        if self._hosts is not None:
            text = self._hosts.sub(lambda match: self._number(
                'host', match[0].lower(), 'host-{}'), text)
        if self._users is not None:
            text = self._users.sub(lambda match: self._number(
                'user', match[0], 'user-{}'), text)
        return text

    def data(self, data: Any) -> Any:
        """Data of the same shape, each text of it replaced."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            return {self.text(key): self.data(value)
                    for key, value in data.items()}
        if isinstance(data, list):
            return [self.data(value) for value in data]
        return data

    def found(self, found: read.Found) -> read.Found:
        """The report with placeholders instead of names, addresses and ids."""
        def replaced(value: str | None) -> str | None:
            return None if value is None else self.text(value)

        whole = found.report
        header = whole.header
        trigger = dataclasses.replace(
            header.trigger, sender_comm=replaced(header.trigger.sender_comm))
        own = found.identity
        return dataclasses.replace(
            found,
            identity=dataclasses.replace(
                own, unit=replaced(own.unit),
                hostname=replaced(own.hostname),
                machine_id=replaced(own.machine_id),
                boot_id=replaced(own.boot_id)),
            problems=tuple(self.text(line) for line in found.problems),
            report=dataclasses.replace(
                whole, header=dataclasses.replace(
                    header, trigger=trigger, unit=replaced(header.unit),
                    worker_name=replaced(header.worker_name)),
                sections=tuple(dataclasses.replace(
                    part, title=self.text(part.title),
                    text=report.fold(self.text(part.text)),
                    data=self.data(part.data)) for part in whole.sections)))

    def entries(self, found: read.Found,
                entries: list[stored.Entry]) -> list[stored.Entry]:
        """Entries that carry an anonymous report.

        They are made anew, because a name may stand in two parts of a
        section.

        :param found: what :meth:`found` gave
        :param entries: the entries of the report as it was
        """
        indexes = [index for index in range(1, found.report.count + 1)
                   if index not in found.report.missing]
        made: list[stored.Entry] = []
        for index, part in zip(indexes, found.report.sections,
                               strict=True):
            own = [entry for entry in entries if (stored.text(
                entry, fields.REPORT_SECTION_INDEX) or '').lstrip('0') == str(
                    index)]
            for number, entry in enumerate(journal_entries.from_section(
                    found.report.header, part, index, found.report.count)):
                model = own[min(number, len(own) - 1)]
                made.append({
                    **{name: self._field(value)
                       for name, value in model.items()
                       if name.startswith('_')},
                    **{name: value.encode(errors='backslashreplace')
                       for name, value in entry.items()}})
        return made

    def _field(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._field(item) for item in value]
        return self.text(value.decode(errors='backslashreplace')).encode()

    def _number(self, kind: str, name: str, form: str) -> str:
        key = (kind, name)
        if key not in self._replaced:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            self._replaced[key] = form.format(number)
        return self._replaced[key]

    def _id(self, match: re.Match[str]) -> str:
        bare = match[0].replace('-', '').lower()
        if bare in self._kept_ids:
            return match[0]
        other = self._number('id', bare, '{:032x}')
        if '-' in match[0]:
            return '-'.join((other[:8], other[8:12], other[12:16],
                             other[16:20], other[20:]))
        return other

    def _address(self, match: re.Match[str]) -> str:
        try:
            address = ipaddress.ip_address(match[0])
        except ValueError:
            # a version, a time, or the like
            return match[0]
        if address.is_loopback or address.is_unspecified:
            return match[0]
        if address.version == 6:
            return self._number('ipv6', str(address), '2001:db8::{:x}')
        number = int(self._number('ipv4', str(address), '{}'))
        # networks set apart for tests (RFC 2544)
        return str(ipaddress.IPv4Address('198.18.0.0') + number)


def _pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    """Finds names as whole words, the longest first."""
    wanted = sorted({name for name in names
                     if len(name.strip('.')) >= _NAME_CHARS_MIN
                     and name.lower() not in KEPT
                     and not name.replace('.', '').isdigit()},
                    key=lambda name: (-len(name), name))
    if not wanted:
        return None
    return re.compile(
        r'(?<![\w-])(?:' + '|'.join(
            # a name below a domain that is known is a host of it
            rf'[\w-]+(?:\.[\w-]+)*?{re.escape(name)}' if name[0] == '.'
            else re.escape(name) for name in wanted)
        + r')(?![\w-])', re.IGNORECASE)


def _with_domains(hosts: Iterable[str]) -> Iterator[str]:
    for host in hosts:
        yield host
        short, dot, domain = host.partition('.')
        if dot and not host.replace('.', '').isdigit():
            yield short
            if '.' in domain:
                yield f'.{domain}'


def _hosts(found: read.Found) -> Iterator[str]:
    if found.identity.hostname:
        yield found.identity.hostname
    package = section_data.content(found.report, contents.Package)
    if package is not None:
        yield package['platform']['hostname']
    for value in _option_values(found, _HOST_OPTION):
        yield from (part.partition(':')[0] for part in re.split(
            r'[\s,]+', value))


def _users(found: read.Found) -> Iterator[str]:
    told = section_data.content(found.report, contents.Processes)
    for process in [] if told is None else told['processes']:
        if process['user'] is not None:
            yield process['user']
    yield from _option_values(found, _USER_OPTION)
    for text in _texts(found):
        yield from _HOME.findall(text)


def _option_values(found: read.Found,
                   wanted: re.Pattern[str]) -> Iterator[str]:
    for option in [*reported_options.options(found.report),
                   *reported_options.unregistered(found.report)]:
        if not wanted.search(option['name']):
            continue
        values = option['value']
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, str) and '://' not in value:
                yield value


def _authorities(found: read.Found) -> Iterator[tuple[str, str | None]]:
    """Hosts and users of all URLs."""
    for text in _texts(found):
        for authority in _URL.findall(text):
            for match in _AUTHORITY.finditer(authority):
                host = match['host']
                # not file:///path, nor what was masked or cut
                if re.fullmatch(r'[\w.-]+', host, re.ASCII):
                    yield host, match['user']


def _texts(found: read.Found) -> Iterator[str]:
    for part in found.report.sections:
        yield part.text
        yield from _strings(part.data)


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from _strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value)
