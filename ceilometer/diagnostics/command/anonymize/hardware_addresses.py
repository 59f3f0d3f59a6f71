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

"""Hardware addresses, however they are written.

``fa:16:3e:0a:1b:2c``, ``fa-16-3e-0a-1b-2c``, ``fa16.3e0a.1b2c``, and
``fa163e0a1b2c`` where that is one that is known, or of Neutron's, or where it
is the name of an interface, ``enxfa163e0a1b2c``.
"""

from __future__ import annotations

import re

from ceilometer.diagnostics.command.anonymize import placeholders

_HEX = '[0-9a-fA-F]'
# six, eight, sixteen or twenty of them, as of Ethernet, Fibre Channel and
# InfiniBand
_PAIRS = re.compile(
    rf'(?<![0-9a-zA-Z:]){_HEX}{{2}}(?P<sign>[:_-])(?:{_HEX}{{2}}(?P=sign))'
    rf'{{4,18}}{_HEX}{{2}}(?![0-9a-zA-Z]|(?P=sign){_HEX})')
_QUADS = re.compile(
    rf'(?<![0-9a-zA-Z.]){_HEX}{{4}}\.{_HEX}{{4}}\.{_HEX}{{4}}'
    r'(?![0-9a-zA-Z]|\.[0-9a-fA-F])')
_BARE = re.compile(
    rf'(?:(?<![0-9a-zA-Z-])|(?<=\b0x)){_HEX}{{6}}(?P<sign>-?){_HEX}{{6}}'
    r'(?![0-9a-zA-Z-])')
# behind what is no digit of an address, as in ``tapfa163e0a1b2c``; udev calls
# interfaces that have no other name by their address
_GLUED = re.compile(
    rf'(?:(?<=\b(?P<udev>enx|wlx|wwx|ibx|slx))|(?<=[g-zG-Z])'
    r'|(?<=[g-zG-Z]-))'
    rf'{_HEX}{{12}}(?![0-9a-zA-Z-])')
_LENGTHS = (12, 16, 32, 40)
_NEUTRON = 'fa163e'


class Recognizer:
    """Finds hardware addresses.

    :param numbers: of names
    """

    def __init__(self, numbers: placeholders.Placeholders) -> None:
        self._numbers = numbers
        self._known: set[str] = set()

    def learn(self, text: str) -> None:
        """Remember the addresses of a text, which another names bare."""
        for pattern in (_PAIRS, _QUADS):
            self._known.update(
                _digits(match[0]) for match in pattern.finditer(text))

    def text(self, text: str) -> str:
        """The text with placeholders, written as the addresses were."""
        text = _PAIRS.sub(self._pairs, text)
        text = _QUADS.sub(self._quads, text)
        text = _BARE.sub(self._bare, text)
        return _GLUED.sub(self._glued, text)

    def _other(self, digits: str) -> str:
        number = self._numbers.number('mac', digits)
        # one that no maker has been given
        return f'02{number:0{len(digits) - 2}x}'

    def _pairs(self, match: re.Match[str]) -> str:
        digits = _digits(match[0])
        if len(digits) not in _LENGTHS:
            return match[0]
        other = self._other(digits)
        return match['sign'].join(
            other[at:at + 2] for at in range(0, len(other), 2))

    def _quads(self, match: re.Match[str]) -> str:
        if match[0].replace('.', '').isdigit():
            # rather a number or a version
            return match[0]
        other = self._other(_digits(match[0]))
        return f'{other[:4]}.{other[4:8]}.{other[8:]}'

    def _bare(self, match: re.Match[str]) -> str:
        digits = _digits(match[0])
        if digits in self._known or digits.startswith(_NEUTRON):
            other = self._other(digits)
            return f'{other[:6]}{match["sign"]}{other[6:]}'
        return match[0]

    def _glued(self, match: re.Match[str]) -> str:
        digits = match[0].lower()
        if match['udev'] or digits in self._known or (
                digits.startswith(_NEUTRON)):
            return self._other(digits)
        return match[0]


def _digits(text: str) -> str:
    return re.sub('[^0-9a-f]', '', text.lower())
