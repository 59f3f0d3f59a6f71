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

"""What the escapes of a text stand for, and where that stood.

Percent signs of URLs, backslashes of Python and JSON, entities of HTML; each
may be escaped again, any number of times.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
import re

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics import pauses
from ceilometer.diagnostics.secrets import spans

#: Names of entities, and what each means.
ENTITIES = {
    'amp': '&', 'lt': '<', 'gt': '>', 'quot': '"', 'apos': "'", 'colon': ':',
    'equals': '=', 'nbsp': ' ', 'commat': '@', 'sol': '/', 'lbrace': '{',
    'rbrace': '}', 'lcub': '{', 'rcub': '}', 'num': '#', 'Tab': '\t',
    'NewLine': '\n', 'semi': ';', 'comma': ',', 'quest': '?', 'percnt': '%'}
#: The rest of an entity, as a regular expression.
ENTITY = '|'.join((*ENTITIES, r'\#\d{1,7}', r'\#[xX][0-9A-Fa-f]{1,6}'))

# Of a byte that is no character nobody can tell what it is.
_ASCII = '[2-7][0-9A-Fa-f]'
_ESCAPE = patterns.pattern(
    rf"""(?P<percent>(?:%(?:25)*(?:{_ASCII}|0[9AaDd]))+)
        |(?<!\\)(?P<bytes>(?:\\++x{_ASCII})+)
        |(?<!\\)(?P<unicode>(?:\\++u00{_ASCII})+)
        |&(?:amp;)*(?P<entity>{ENTITY});""", re.VERBOSE)
# What each of these begins with. A text of many lines is searched for this in
# a twentieth of the time: every alternative begins with a literal character.
_BEGINNING = patterns.usual(r'%(?=[0-7])|\\\\*+|&(?=[A-Za-z\#])')
_ESCAPED_PERCENT = patterns.pattern(r'%(?:25)+(?=[0-9A-Fa-f]{2})')
_HEX = patterns.pattern(r'[0-9A-Fa-f]{4,8}')


class Pieces:
    """A text that was made of pieces of another, and where they stood.

    :ivar text: what was made of them
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []
        #: where pieces begin in the new text, and in the other one
        self._starts: list[int] = []
        self._places: list[spans.Span] = []
        self._literal: list[bool] = []
        self._length = 0

    def add(self, text: str, start: int, end: int, literal: bool) -> None:
        """Add a piece.

        :param text: what stands for it
        :param start: where it begins in the other text
        :param end: where it ends there
        :param literal: whether it is the same there
        """
        if text:
            self._pieces.append(text)
            self._starts.append(self._length)
            self._places.append((start, end))
            self._literal.append(literal)
            self._length += len(text)

    @property
    def text(self) -> str:
        """What was made of the pieces."""
        return ''.join(self._pieces)

    def span(self, start: int, end: int) -> spans.Span:
        """Where a part of this text stands in the other one.

        :param start: where it begins
        :param end: where it ends; it has at least one character
        """
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, at: int) -> spans.Span:
        number = bisect.bisect_right(self._starts, at) - 1
        start, end = self._places[number]
        if self._literal[number]:
            start += at - self._starts[number]
            end = start + 1
        return start, end


def read(whole: str) -> Pieces | None:
    """A text with what its escapes stand for, None if it has none.

    Only with those of characters that names, signs and values are made of.

    :param whole: the text; has ``%``, a backslash or ``&``
    """
    pieces = None
    at = 0
    for found in matches(whole, _BEGINNING, _ESCAPE):
        pieces = pieces or Pieces()
        pieces.add(whole[at:found.start()], at, found.start(), True)
        pieces.add(meaning(found), *found.span(), False)
        at = found.end()
    if pieces is not None:
        pieces.add(whole[at:], at, len(whole), True)
    return pieces


def matches(whole: str, beginning: re.Pattern[str],
            escape: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """What ``escape.finditer(whole)`` gives.

    :param whole: the text
    :param beginning: finds what it may begin with
    :param escape: matches at least one character
    """
    at = 0
    while (begun := beginning.search(whole, at)) is not None:
        pauses.pause()
        found = escape.match(whole, begun.start())
        if found is not None:
            yield found
        at = (found or begun).end()


def meaning(found: re.Match[str]) -> str:
    """What escapes stand for.

    :param found: has one group, ``percent``, ``bytes``, ``octal``,
        ``unicode`` or ``entity``; of another nothing is left
    """
    kind = found.lastgroup
    text = found[0]
    if kind == 'percent':
        return _of_bytes(_ESCAPED_PERCENT.sub('%', text).replace('%', ''))
    if kind == 'bytes':
        return _of_bytes(text.replace('\\', '').replace('x', ''))
    if kind == 'octal':
        return _of_bytes(''.join(
            f'{int(digits, 8):02x}' for digits in text.split('\\') if digits))
    if kind == 'unicode':
        characters = ''.join(
            _character(int(code, 16)) for code in _HEX.findall(
                text.replace('u', ' ').replace('U', ' ')))
        return characters.encode('utf-16', 'surrogatepass').decode(
            'utf-16', 'replace')
    if kind == 'entity':
        name = found['entity']
        if name in ENTITIES:
            return ENTITIES[name]
        return _character(int(name[2:], 16) if name[1] in 'xX'
                          else int(name[1:]))
    return ''


def _of_bytes(digits: str) -> str:
    data = bytes.fromhex(digits)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode('latin-1')


def _character(code: int) -> str:
    return chr(code) if code < 0x110000 else ''
