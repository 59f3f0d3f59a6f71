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

"""UUIDs and their like: ids of machines, boots, projects and instances.

Those of containers have 64 digits, and are called by their first 12.
"""

from __future__ import annotations

from collections.abc import Iterable
import re

from ceilometer.diagnostics.command.anonymize import placeholders

_HEX = '[0-9a-fA-F]'
_SHORT_DIGITS = 12
# Where an id may begin: also behind an escape, and as Kubernetes calls pods.
_BEGINS = (r'(?:(?<![0-9a-zA-Z])|(?<=pod)|(?<=%[0-9A-F]{2})'
           r'|(?<=\\x2d))')
# Nothing else is written so: behind a letter as well.
_GLUED = re.compile(
    rf'(?<=[g-zG-Z]){_HEX}{{8}}(?P<sign>[-_]){_HEX}{{4}}(?P=sign){_HEX}{{4}}'
    rf'(?P=sign){_HEX}{{4}}(?P=sign){_HEX}{{12}}(?![0-9a-fA-F])')
_ID = re.compile(
    rf'{_BEGINS}(?:{_HEX}{{64}}|{_HEX}{{32}}'
    rf'|{_HEX}{{8}}(?P<sign>[-_]|%2[dD]|\\x2d)'
    rf'{_HEX}{{4}}(?P=sign){_HEX}{{4}}(?P=sign){_HEX}{{4}}(?P=sign)'
    rf'{_HEX}{{12}})(?![0-9a-zA-Z])')
_SHORT = re.compile(rf'(?<![0-9a-zA-Z-]){_HEX}{{12}}(?![0-9a-zA-Z-])')
# as Neutron calls the devices of a port: by the beginning of its id
_DEVICE = re.compile(
    rf'(?<![0-9a-zA-Z-])(tap|qvo|qvb|qbr|qr-|qg-)({_HEX}{{8}}-{_HEX}{{2}})'
    r'(?![\w-])')
# as nova calls a guest of libvirt, and systemd its scope
_GUEST = re.compile(
    rf'(?:(?<![0-9a-zA-Z-])|(?<=\\x2d))instance(-|\\x2d)({_HEX}{{8}})'
    r'(?![\w-])')


class Recognizer:
    """Finds ids.

    :param numbers: of names
    :param kept: ids of 32 digits that stay
    """

    def __init__(self, numbers: placeholders.Placeholders,
                 kept: Iterable[str]) -> None:
        self._numbers = numbers
        self._kept = frozenset(kept)
        self._containers: dict[str, str] = {}

    def learn(self, text: str) -> None:
        """Remember the containers that a text names by their whole ids."""
        for match in _ID.finditer(text):
            if len(match[0]) == 64:
                whole = match[0].lower()
                self._containers.setdefault(whole[:_SHORT_DIGITS], whole)

    def text(self, text: str) -> str:
        """The text with placeholders."""
        text = _ID.sub(self._placeholder, text)
        text = _GLUED.sub(self._placeholder, text)
        text = _GUEST.sub(
            lambda match: 'instance%s%08x' % (
                match[1], self._numbers.number('guest', match[2].lower())),
            text)
        text = _DEVICE.sub(
            lambda match: '%s%08x-00' % (match[1], self._numbers.number(
                'port', match[2].lower())), text)
        if self._containers:
            text = _SHORT.sub(self._short, text)
        return text

    def _placeholder(self, match: re.Match[str]) -> str:
        sign = match['sign']
        bare = match[0].lower().replace((sign or '-').lower(), '')
        if bare in self._kept:
            return match[0]
        if len(bare) == 64:
            return self._container(bare)
        other = f'{self._numbers.number("id", bare):032x}'
        if sign is None:
            return other
        return sign.join((other[:8], other[8:12], other[12:16], other[16:20],
                          other[20:]))

    def _short(self, match: re.Match[str]) -> str:
        whole = self._containers.get(match[0].lower())
        return match[0] if whole is None else self._container(
            whole)[:_SHORT_DIGITS]

    def _container(self, whole: str) -> str:
        number = self._numbers.number('container', whole)
        return f'{number:012x}'.ljust(64, '0')
