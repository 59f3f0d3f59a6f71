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

"""IP addresses, also as parts of names: ``ip-10-20-30-41``.

What means no machine in particular stays: loopback, and any. So does a
version, which may look the same: one that the report tells as such, or that
stands where only a version can.
"""

from __future__ import annotations

from collections.abc import Iterable
import functools
import ipaddress
import re

from ceilometer.diagnostics.command.anonymize import placeholders

_V4 = re.compile(
    r'(?<![0-9.])(?:\d{1,3}\.){3}\d{1,3}(?![0-9]|\.\d)', re.ASCII)
_V4_IN_NAME = re.compile(
    r'(?<=[A-Za-z])(?P<sign>[-_])(?P<octets>\d{1,3}(?P=sign)\d{1,3}(?P=sign)'
    r'\d{1,3}(?P=sign)\d{1,3})(?![0-9A-Za-z]|(?P=sign)\d)', re.ASCII)
# as Kubernetes calls a pod: 10-20-30-41.default.pod
_V4_OF_POD = re.compile(
    r'(?<![\w.%-])(?P<octets>\d{1,3}(?P<sign>-)\d{1,3}-\d{1,3}-\d{1,3})'
    r'(?=\.[a-z])', re.ASCII)
_V6 = re.compile(
    r'(?<![0-9a-zA-Z:.])(?=[0-9a-fA-F]{0,4}:)[0-9a-fA-F:]{3,45}'
    r'(?:(?:\.\d{1,3}){3})?(?![0-9a-zA-Z:])', re.ASCII)
# what stands before and behind a version, and before no address
_BEFORE_VERSION = re.compile(
    r'(?:(?<![a-zA-Z])(?:version|ver|v)["\']?\s?[=:]?\s?["\']?|[<>=~!]=\s?)$',
    re.IGNORECASE)
_BEHIND_VERSION = re.compile(r'\.(?:dist-info|egg|tar|whl|zip|dev|post|rc)')
_BEFORE_CHARS = 16


class Recognizer:
    """Finds IP addresses.

    :param numbers: of names
    :param versions: those that the report tells
    """

    def __init__(self, numbers: placeholders.Placeholders,
                 versions: Iterable[str]) -> None:
        self._numbers = numbers
        self._versions = frozenset(versions)

    def text(self, text: str, versions: bool = False) -> str:
        """The text with placeholders.

        :param text: any text
        :param versions: whether what looks like an address is a version
        """
        text = _V6.sub(self._six, text)
        if versions:
            return text
        text = _V4_IN_NAME.sub(self._in_name, text)
        text = _V4_OF_POD.sub(self._in_name, text)
        return _V4.sub(self._four, text)

    def _four(self, match: re.Match[str]) -> str:
        address = _parsed(match[0])
        if address is None or match[0] in self._versions or (
                not address.is_private and _is_version(match)):
            return match[0]
        return self._other(address)

    def _in_name(self, match: re.Match[str]) -> str:
        sign = match['sign']
        address = _parsed(match['octets'].replace(sign, '.'))
        if address is None:
            return match[0]
        before = sign if match[0].startswith(sign) else ''
        return before + self._other(address).replace('.', sign)

    def _six(self, match: re.Match[str]) -> str:
        # a colon may end the clause
        text = match[0]
        behind = ':' if text.endswith(':') and not text.endswith('::') else ''
        address = _parsed(text.removesuffix(behind))
        return text if address is None else self._other(address) + behind

    def _other(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address,
               ) -> str:
        if address.is_loopback or address.is_unspecified:
            return str(address)
        number = self._numbers.number(f'ipv{address.version}', str(address))
        if address.version == 6:
            return f'2001:db8::{number:x}'
        # networks set apart for tests (RFC 2544)
        return str(ipaddress.IPv4Address('198.18.0.0') + number)


@functools.lru_cache(4096)
def _parsed(text: str,
            ) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        # a version, a time, or the like
        return None


def _is_version(match: re.Match[str]) -> bool:
    text, start, end = match.string, match.start(), match.end()
    before = text[max(0, start - _BEFORE_CHARS):start]
    return bool(_BEFORE_VERSION.search(before)
                or _BEHIND_VERSION.match(text, end))
