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

"""The names that texts and data give beside what they name.

``project_name='Acme'``, ``host='db-3'``, ``Access denied for user 'a'@'b'``,
``{"project": {"name": "Acme"}}``, and keys of data such as ``user_name``. Each
recognizer takes time that grows with the length of the text.
"""

from __future__ import annotations

from collections.abc import Iterator
import re
from typing import Any

#: Options and keys of data whose values are names, by what they name.
OF_VALUES = {
    'host': re.compile(r'(?:^|[_-])(?:host|hosts|hostname|host_name|server|'
                       r'servers|nodename|host_ip)$', re.IGNORECASE),
    'user': re.compile(r'(?:^|[_-])(?:user|username|user_name|userid|user_id)'
                       r'$', re.IGNORECASE),
    'project': re.compile(r'(?:^|[_-])(?:project|tenant)(?:_name|_id)?$',
                          re.IGNORECASE),
    'domain': re.compile(r'(?:^|[_-])domain(?:_name|_id)?$', re.IGNORECASE),
    'region': re.compile(r'(?:^|[_-])region(?:_name|_id)?$', re.IGNORECASE),
}

#: A longer one is no name.
NAME_CHARS_MAX = 100

_KEYS = (r'(?P<project>(?:project|tenant)[_-]?name)'
         r'|(?P<domain>domain[_-]?name)|(?P<user>user[_-]?name)'
         r'|(?P<region>region[_-]?name)'
         r'|(?P<host>host[_-]?name|nodename|host)')
# in quotes; or, of a variable of the environment, without them
# of whom the domain may stand before him: DOMAIN\user
_PART = r'[^"\'\\\n]{2,100}'
_QUOTED = rf'{_PART}(?:\\\\{_PART})?'
_KEYED = re.compile(
    rf"""(?<![a-z])(?:{_KEYS})\\{{0,4}}["']?[ ]?
    (?:[=:][ ]?[bu]?\\{{0,4}}(?:"(?P<a>{_QUOTED})\\{{0,4}}"
                               |'(?P<b>{_QUOTED})\\{{0,4}}')
    |=(?P<c>[\w.@-]{{2,100}})(?![\w(\[]))""", re.VERBOSE | re.IGNORECASE)
# A line that says nothing else, as files and headers have it; those of
# programs are indented.
_LINE = re.compile(
    rf"""^[\w:-]{{0,40}}?(?<![a-z])(?:{_KEYS})(?:[ ]?(?P<sign>=)[ ]?|:[ ])
    (?P<c>[A-Z][\w.@ -]{{1,99}}|[\w.@-]{{2,100}})[ \t\r]*$""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE)
# Keystone's: "project": {"id": "x", "name": "Acme"}
_NESTED = re.compile(
    r"""["'](project|tenant|user|domain)\\{0,4}["'][ ]?:[ ]?\{
    (?:[^{}]|\{[^{}]{0,200}\}){0,200}?
    \\{0,4}["']name\\{0,4}["'][ ]?:[ ]?u?\\{0,4}["']([^"'\\\n]{2,100})""",
    re.VERBOSE | re.IGNORECASE)
# What databases and brokers say of who comes from where.
_ACCOUNT = re.compile(r"'([^'\n@]{1,80})'@'([\w.-]{1,200})'")
_FOR_USER = re.compile(r'\bfor user ["\']([^"\'\n]{2,80})["\']')
_NODE = re.compile(r'\brabbit@([A-Za-z][\w.-]{1,200})')
_SERVER = re.compile(
    r'\b(?:server on|broker|connect(?:ed|ing)? to)[ ]'
    r'([A-Za-z][\w.-]{1,200}):\d{2,5}(?!\d)')
_PUBLISHER = re.compile(
    r'\bpublisher_id["\']?\s?[=:]\s?["\']?[a-z_-]{1,40}\.(?:publisher\.)?'
    r'([A-Za-z][\w.-]{1,200})')
#: What a name could not be: what is said instead of one.
_NO_NAMES = frozenset(
    'none null true false required missing invalid unset unknown empty '
    'optional string str not no is was name default self any all'.split())
# self.host
_REFERENCE = re.compile(r'[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+')
_OF_PROGRAMS = re.compile(
    r'(?:self|cls|conf|CONF|cfg|args|kwargs|os|socket|url|config|parsed)\.')
_HAS_SIGN = re.compile(r'[\d.-]')


def of_text(text: str) -> Iterator[tuple[str, str]]:
    """The names of a text, each behind what it names.

    :param text: any text
    :returns: the kind of each name, and the name
    """
    lower = text.lower()
    if 'name' in lower or 'host' in lower:
        yield from _keyed(text)
    if '{' in text and 'name' in text:
        for found in _NESTED.finditer(text):
            kind = found[1].lower()
            yield from _named('project' if kind == 'tenant' else kind,
                              found[2])
    for user, host in _ACCOUNT.findall(text):
        yield from _named('user', user)
        yield from _named('host', host)
    for name in _FOR_USER.findall(text):
        yield from _named('user', name)
    for pattern in (_NODE, _SERVER, _PUBLISHER):
        for name in pattern.findall(text):
            yield from _named('host', name.rstrip('.-'))


def _keyed(text: str) -> Iterator[tuple[str, str]]:
    for found in _KEYED.finditer(text):
        kind, key = _key(found)
        if found['c'] is None:
            yield from _named(kind, found['a'] or found['b'])
        elif key.isupper():
            yield from _named(kind, found['c'])
    for found in _LINE.finditer(text):
        kind, key = _key(found)
        name = found['c']
        spaced = ' ' in name and (
            kind == 'host' or not found['sign'] or not name[0].isupper())
        if spaced or _REFERENCE.fullmatch(name) and (
                kind != 'host' or _OF_PROGRAMS.match(name)):
            continue
        # host: unreachable
        if key.lower() != 'host' or _HAS_SIGN.search(name):
            yield from _named(kind, name)


def _key(found: re.Match[str]) -> tuple[str, str]:
    kind = next(kind for kind in OF_VALUES if found[kind])
    return kind, found[kind]


def of_data(data: Any) -> Iterator[tuple[str, Any]]:
    """What keys of data say is a name.

    :param data: what JSON can hold
    :returns: the kind of each name, and what stands there
    """
    if isinstance(data, list):
        for value in data:
            yield from of_data(value)
    if not isinstance(data, dict):
        return
    for key, value in data.items():
        if isinstance(value, (dict, list)):
            yield from of_data(value)
        if not isinstance(value, dict):
            yield from ((kind, value) for kind in _kinds(key))
        elif isinstance(value.get('name'), str):
            yield from ((kind, value['name']) for kind in _kinds(key))
    if isinstance(data.get('name'), str) and 'value' in data:
        yield from ((kind, data['value']) for kind in _kinds(data['name']))


def _kinds(key: str) -> Iterator[str]:
    return (kind for kind, pattern in OF_VALUES.items()
            if pattern.search(key[-NAME_CHARS_MAX:]))


def _named(kind: str, name: str) -> Iterator[tuple[str, str]]:
    name = name.strip()
    first = name.partition(' ')[0].lower()
    if first and first not in _NO_NAMES and '***' not in name and (
            '%' not in name and '{' not in name and '://' not in name):
        # DOMAIN\user
        before, _, behind = name.rpartition('\\')
        if before.strip('\\'):
            yield 'domain', before.strip('\\')
        yield kind, behind or name
