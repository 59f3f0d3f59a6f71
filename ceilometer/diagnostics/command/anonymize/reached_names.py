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

"""Names of hosts that errors tell, and of users that the logs of logins do.

``connect to db port 3306``, ``getaddrinfo db failed``, ``host db is down``;
``sshd: Accepted publickey for jane from ...``, ``uid=1000(jane)``. Each
expression takes time that grows with the length of the text.
"""

from __future__ import annotations

from collections.abc import Iterator
import re

_HOST = r"""["']?(?P<name>[A-Za-z][\w.-]{1,200})"""
# No host: what else stands in such a place.
_NO_HOSTS = frozenset("""
    agent aggregate aggregates and are argument as at be by cannot certificate
    config could data did does error failed failure file for from group groups
    has have header header host hosts if in info information is it its key
    keys latest list local lookup machine manager master memory name names
    network not object of on option or os page port process refused retrying
    remote resource returned server set stable state still system temporary
    that the then this time timed to trying unavailable unknown unreachable
    value was went which will with without you again after another any
    """.split())
_UNRESOLVED = (
    r'(?:Name or service not known|nodename nor servname provided, or not '
    r'known|Temporary failure in name resolution|No address associated with '
    r'hostname|Could not resolve host(?:name)?|could not translate host name'
    r'|No such host is known|(?:Cannot|cannot|Failed to|failed to|Unable to'
    r'|unable to) resolve(?: host(?:name)?)?|Unknown host|unknown host'
    r'|NXDOMAIN|no such host)')
_ENDS = r'(?=["\']?(?:[\s:;,)\]]|\.?(?:\s|\Z)))'
_SURE = tuple(map(re.compile, (
    rf'\b[Cc]onnect(?:ed|ing|ion)? (?:to |with |from )?(?:host )?{_HOST}'
    rf'["\']? port \d',
    rf'\bgetaddrinfo (?:failed )?(?:for )?(?:host )?{_HOST}["\']?'
    rf'(?= failed| returned|:| \()',
    rf'\bgetaddrinfo failed:? (?:for )?{_HOST}{_ENDS}',
    rf'\b(?:ping|ssh|curl|nc|telnet|host|dig|traceroute): '
    rf'(?:connect to host )?{_HOST}: (?:Name or|Temporary|No route|Unknown|No '
    rf'address|Connection|Host is)',
    rf'\b(?:[Hh]ost|[Nn]ode|[Cc]ompute host|[Hh]ypervisor) {_HOST}["\']? '
    rf'(?:is|was|has|does|did|cannot|could|went|came|not|failed|timed|port'
    rf'|unreachable|down)\b',
    rf'\b(?:source|dest|destination)_(?:compute|node|host)["\']?\s?[=:]\s?'
    rf'[bu]?{_HOST}',
    rf'\bNo route to host:? {_HOST}{_ENDS}', rf'\brhost={_HOST}')))
# What stands there may be something else: a host has a sign in its name, or
# stands at the end, or in quotes.
_LIKELY = tuple(map(re.compile, (
    rf'{_UNRESOLVED}:? {_HOST}{_ENDS}',
    rf'\b(?:nova|cinder|neutron|heat|ironic|manila|ceilometer)-[a-z-]{{1,30}}:'
    rf'{_HOST}(?![\w/@])')))
_SIGN = re.compile(r'[\d.-]')

_USER = r'(?P<name>[A-Za-z_][\w.@\\-]{1,63})'
_USERS = tuple(map(re.compile, (
    r'/(?:home|Users)/(?P<name>[^/\s"\':,]+)',
    rf'\bsudo(?:\[\d+\])?:\s+{_USER} : (?:TTY|PWD|USER|COMMAND|command|\d|a|'
    rf'user)',
    rf'\b(?:Accepted|Failed|Postponed) [\w/-]{{1,40}} for (?:invalid user '
    rf'|illegal user )?{_USER} from ',
    rf'\b(?:[Ii]nvalid|illegal) user {_USER} from ',
    rf'\bsession (?:opened|closed) for user {_USER}',
    rf'\bsession \d{{1,9}} of user {_USER}',
    rf'\b(?:ruser|logname|user|by|acct)="?{_USER}"?(?= (?:rhost|exe|tty|ruser'
    rf'|uid|hostname|terminal))',
    rf'\bDisconnected from (?:authenticating |invalid )?user {_USER} ',
    rf'\bsu(?:\[\d+\])?: \(to {_USER}\)',
    rf'\bsu(?:\[\d+\])?: \(to [^)\n]{{1,64}}\) {_USER} on ')))
# The group of a user alone is called like him.
_ID = re.compile(r'\b[er]?uid=\d{1,10}\(([\w.@\\-]{2,64})\)')


def of_text(text: str) -> Iterator[tuple[str, str]]:
    """The names of a text, each behind what it names.

    :param text: any text
    :returns: ``host`` or ``user``, and the name
    """
    for pattern in _SURE:
        for found in pattern.finditer(text):
            yield from _host(found['name'])
    for pattern in _LIKELY:
        for found in pattern.finditer(text):
            name = found['name'].rstrip('.-')
            quoted = text[found.start('name') - 1] in '"\''
            if _SIGN.search(name) or quoted or not name.endswith(
                    'ing') and not pattern.pattern.startswith(r'\b'):
                yield from _host(name)
    for pattern in _USERS:
        for found in pattern.finditer(text):
            yield 'user', found['name']
    if 'uid=' in text:
        for name in _ID.findall(text):
            yield 'user', name


def _host(name: str) -> Iterator[tuple[str, str]]:
    name = name.rstrip('.-')
    if len(name) > 1 and name.lower() not in _NO_HOSTS and not name.startswith(
            ('self.', 'conf.', 'CONF.', 'socket.', 'os.')):
        yield 'host', name
