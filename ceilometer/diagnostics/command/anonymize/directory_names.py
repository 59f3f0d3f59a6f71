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

"""Names in a directory of LDAP: ``cn=Jane Doe,ou=Billing,dc=corp,dc=org``."""

from __future__ import annotations

from collections.abc import Iterator
import re

from ceilometer.diagnostics.command.anonymize import placeholders

# The attributes of names, and what they name.
_KINDS = {'dc': 'label', 'ou': 'unit', 'o': 'organization',
          'cn': 'user', 'uid': 'user', 'sn': 'user', 'givenname': 'user',
          'samaccountname': 'user', 'userprincipalname': 'user',
          'memberuid': 'user', 'l': 'place', 'st': 'place', 'street': 'place',
          'c': 'country'}
# Of these a single one tells what it is; "c = 3" does not.
_ALONE = ('dc', 'ou', 'cn', 'samaccountname', 'userprincipalname',
          'memberuid', 'givenname')
_ATTRIBUTE = r'(?<![\w.-])({})[ ]?(?:=|%3[dD])[ ]?'
_ANY = '|'.join(_KINDS)
_FOLLOWING = rf'(?:[ ]?[,+][ ]?|%2[cC])(?=(?:{_ANY})[ ]?(?:=|%3[dD]))'
# up to the next attribute, or the bracket or quote that ends it; else a word
_VALUE = rf"""((?:[^,=()<>"'%\n\\]|\\[,+"\\<>;=]){{1,80}}?
      (?={_FOLLOWING}|[)"'])
    |[\w.-]{{1,80}})"""
# f(o=x, c=y) is none
_SURE = (rf'(?:,|%2[cC])(?:{_ANY})(?:=|%3[dD])'
         r'|[ ]?[,+][ ]?(?:dc|ou|cn)[ ]?=')
_FIRST = re.compile(
    _ATTRIBUTE.format('|'.join(_ALONE)) + _VALUE
    + '|' + _ATTRIBUTE.format(_ANY) + _VALUE + rf'(?={_SURE})',
    re.IGNORECASE | re.VERBOSE)
_NEXT = re.compile(
    rf'({_FOLLOWING})({_ANY})([ ]?(?:=|%3[dD])[ ]?)' + _VALUE,
    re.IGNORECASE | re.VERBOSE)
_LABEL = re.compile(r'(?<![\w.-])dc[ ]?=[ ]?([\w-]{1,63})'
                    r'((?:[ ]?,[ ]?dc[ ]?=[ ]?[\w-]{1,63}){1,8})',
                    re.IGNORECASE)
_SPLIT = re.compile(r'[ ]?,[ ]?dc[ ]?=[ ]?', re.IGNORECASE)

#: Values that name nobody.
_KEPT = frozenset("""
    com org net edu gov local internal lan example config schema monitor
    users people groups group computers roles services service hosts admin
    administrator manager root readonly bind ldap directory builtin accounts
    account system openstack ceilometer keystone default domain
    """.split())


class Recognizer:
    """Finds names in a directory.

    :param numbers: of names
    """

    def __init__(self, numbers: placeholders.Placeholders) -> None:
        self._numbers = numbers

    def text(self, text: str) -> str:
        """The text with placeholders; attributes stay."""
        if '=' not in text and '%3' not in text:
            return text
        pieces = []
        at = 0
        while (found := _FIRST.search(text, at)) is not None:
            # either of the two alternatives
            group = 1 if found[1] else 3
            pieces += [text[at:found.start(group + 1)],
                       self._other(found[group], found[group + 1])]
            at = found.end(group + 1)
            while (following := _NEXT.match(text, at)) is not None:
                pieces += [text[at:following.start(4)],
                           self._other(following[2], following[4])]
                at = following.end()
        pieces.append(text[at:])
        return ''.join(pieces)

    def _other(self, attribute: str, value: str) -> str:
        bare = value.strip().lower()
        if bare in _KEPT or bare.isdigit():
            return value
        kind = _KINDS[attribute.lower()]
        return f'{kind}-{self._numbers.number(f"ldap {kind}", bare)}'


def domains(text: str) -> Iterator[str]:
    """The DNS domains that names in a directory tell.

    :param text: any text
    """
    for found in _LABEL.finditer(text):
        yield '.'.join([found[1], *_SPLIT.split(found[2])[1:]])
