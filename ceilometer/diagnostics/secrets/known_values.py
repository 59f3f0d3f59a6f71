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

"""Recognizes secrets whose value is known, in whatever clothes they stand.

As they are; quoted for a URL, wholly, partly, in capitals or not; escaped by
repr, by JSON, for HTML; in base64, also behind a user's name; in hexadecimal;
folded over lines.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

import base64
import bisect
from collections.abc import Iterable
from collections.abc import Iterator
import json
import re
from urllib import parse

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import spans

#: Shorter values are masked where they stand, but not wherever they turn up:
#: they would also hide ordinary words and numbers.
SECRET_CHARS_MIN = 6

#: So many characters of base64 must agree.
ENCODED_CHARS_MIN = 8

_ENCODED_RUN = patterns.pattern(r'[A-Za-z0-9+/_=-]*')
#: How long what a secret in base64 stands in may be.
ENCODED_CHARS_MAX = 8192

_ESCAPES = (
    r"""(?P<percent>(?:%[0-9A-Fa-f]{2})+)
        |(?P<bytes>(?:\\+x[0-9A-Fa-f]{2})+)
        |(?P<unicode>(?:\\+u[0-9A-Fa-f]{4}|\\+U[0-9A-Fa-f]{8})+)
        |&(?P<entity>amp|lt|gt|quot|apos|\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6});
        |(?P<nothing>\\+(?:[nrt](?![A-Za-z]{2}))?|[+])""")
_ESCAPE = patterns.pattern(_ESCAPES, re.VERBOSE)
_ESCAPE_OR_SPACE = patterns.pattern(_ESCAPES + r'|\s+', re.VERBOSE)
_ENTITIES = {'amp': '&', 'lt': '<', 'gt': '>', 'quot': '"', 'apos': "'"}
_HEX = patterns.pattern(r'[0-9A-Fa-f]{4,8}')


class KnownValues:
    """Finds values that are known to be secret.

    :param secrets: the values
    :param ordinary: words that stay readable even where somebody has made
        one of them a password
    """

    def __init__(self, secrets: Iterable[str],
                 ordinary: Iterable[str] = ()) -> None:
        ordinary_words = {word.lower() for word in ordinary}
        plain = set()
        encoded = set()
        bare = set()
        for secret in secrets:
            if (len(secret.strip()) < SECRET_CHARS_MIN
                    or secret.strip().lower() in ordinary_words):
                continue
            # a variable of the environment may be no Unicode
            plain |= {secret, secret.replace('\\', '\\\\'),
                      parse.quote(secret, safe='', errors='surrogatepass'),
                      parse.quote(secret, errors='surrogatepass'),
                      parse.quote_plus(secret, errors='surrogatepass'),
                      repr(secret)[1:-1], json.dumps(secret)[1:-1],
                      json.dumps(secret, ensure_ascii=False)[1:-1]}
            encoded |= set(_encoded(secret))
            bare.add(_bare(secret))
        self._plain = sorted(plain, key=len)
        self._encoded = sorted(encoded)
        self._bare = [form for form in sorted(bare)
                      if len(form) >= SECRET_CHARS_MIN]
        self._bare += sorted({form.replace('+', '') for form in encoded})

    def find(self, whole: str) -> list[spans.Span]:
        """Where secrets stand in a text.

        :param whole: the text
        """
        if not self._plain or len(whole) < SECRET_CHARS_MIN:
            return []
        found: list[spans.Span] = []
        for form in self._plain:
            if form in whole:
                found += _all(whole, form)
        for form in self._encoded:
            if form in whole:
                found += [_run(whole, start) for start, _ in _all(
                    whole, form)]
        if _is_dressed(whole):
            bare = _bare(whole)
            forms = [form for form in self._bare if form in bare]
            if forms:
                found += _Undressed(whole).find(forms)
        return found


def _all(whole: str, form: str) -> Iterator[spans.Span]:
    at = 0
    while (at := whole.find(form, at)) >= 0:
        yield at, at + len(form)
        at += len(form)


def _run(whole: str, at: int) -> spans.Span:
    """The whole of what is encoded that holds a place."""
    before = _ENCODED_RUN.match(
        whole[max(0, at - ENCODED_CHARS_MAX):at][::-1])
    behind = _ENCODED_RUN.match(whole, at, at + ENCODED_CHARS_MAX)
    return (at - (before.end() if before else 0),
            behind.end() if behind else at)


def _encoded(secret: str) -> Iterator[str]:
    """What base64 and hexadecimal have of a secret, whatever is before it."""
    data = secret.encode(errors='surrogatepass')
    for before in range(3):
        text = base64.b64encode(b'\0' * before + data).decode()
        core = text[(0, 2, 3)[before]:(before + len(data)) * 8 // 6]
        if len(core) >= ENCODED_CHARS_MIN:
            yield core
            yield core.replace('+', '-').replace('/', '_')
    yield data.hex()
    yield data.hex().upper()


def _is_dressed(whole: str) -> bool:
    return ('\n' in whole or '%' in whole or '\\' in whole or '&' in whole
            or '+' in whole)


def _bare(whole: str) -> str:
    """A text without escapes and white space: what is compared."""
    if '%' in whole or '\\' in whole or '&' in whole or '+' in whole:
        whole = _ESCAPE.sub(_meant, whole)
    return ''.join(whole.split())


def _meant(found: re.Match[str]) -> str:
    # what is left out of a text is left out of what an escape means as well
    return _decoded(found).replace('+', '').replace('\\', '')


def _decoded(found: re.Match[str]) -> str:
    kind = found.lastgroup
    text = found[0]
    if kind == 'percent':
        return _of_bytes(text.replace('%', ''))
    if kind == 'bytes':
        return _of_bytes(text.replace('\\', '').replace('x', ''))
    if kind == 'unicode':
        characters = ''.join(
            _character(int(code, 16)) for code in _HEX.findall(
                text.replace('u', ' ').replace('U', ' ')))
        return characters.encode('utf-16', 'surrogatepass').decode(
            'utf-16', 'replace')
    if kind == 'entity':
        name = found['entity']
        if name in _ENTITIES:
            return _ENTITIES[name]
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


class _Undressed:
    """A text without escapes and white space, and where it was what.

    :param whole: the text
    """

    def __init__(self, whole: str) -> None:
        pieces = []
        #: where pieces begin in the bare text, and in the whole one
        self._starts: list[int] = []
        self._places: list[spans.Span] = []
        self._literal: list[bool] = []
        at = 0
        length = 0

        def add(text: str, start: int, end: int, literal: bool) -> None:
            nonlocal length
            if text:
                pieces.append(text)
                self._starts.append(length)
                self._places.append((start, end))
                self._literal.append(literal)
                length += len(text)

        for found in _ESCAPE_OR_SPACE.finditer(whole):
            add(whole[at:found.start()], at, found.start(), True)
            # an escape may mean white space
            add(''.join(_meant(found).split()), *found.span(), False)
            at = found.end()
        add(whole[at:], at, len(whole), True)
        self._bare = ''.join(pieces)

    def find(self, forms: Iterable[str]) -> Iterator[spans.Span]:
        """Where forms stand, in the whole text.

        :param forms: without escapes and white space
        """
        for form in forms:
            for start, end in _all(self._bare, form):
                yield self._place(start)[0], self._place(end - 1)[1]

    def _place(self, at: int) -> spans.Span:
        number = bisect.bisect_right(self._starts, at) - 1
        start, end = self._places[number]
        if self._literal[number]:
            start += at - self._starts[number]
            end = start + 1
        return start, end
