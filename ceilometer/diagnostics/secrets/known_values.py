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
from collections.abc import Iterable
from collections.abc import Iterator
import contextlib
import json
import re
from urllib import parse

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics import pauses
from ceilometer.diagnostics.secrets import decoded
from ceilometer.diagnostics.secrets import spans

#: Shorter values are masked where they stand, but not wherever they turn up:
#: they would also hide ordinary words and numbers.
SECRET_CHARS_MIN = 6

#: So many characters of base64 must agree.
ENCODED_CHARS_MIN = 8

_ENCODED_RUN = patterns.pattern(r'[A-Za-z0-9+/_=-]*')
#: How long what a secret in base64 stands in may be.
ENCODED_CHARS_MAX = 8192

# An escape may be escaped again, any number of times: %2520, &amp;amp;lt;
_ESCAPES = (
    r"""(?P<percent>(?:%(?:25)*[0-9A-Fa-f]{2})+)
        |(?P<bytes>(?:\\+x[0-9A-Fa-f]{2})+)
        |(?P<octal>(?:\\+[0-3][0-7]{2})+)
        |(?P<unicode>(?:\\+u[0-9A-Fa-f]{4}|\\+U[0-9A-Fa-f]{8})+)
        |&(?:amp;)*(?P<entity>""" + decoded.ENTITY + r""");
        |(?P<nothing>[+]|""")
# Of a backslash nobody can tell whether \n stands for a new line or for an n.
_BACKSLASH = r'\\+(?:[nrt](?![A-Za-z]{2}))?'
# a literal that goes on in the next line, or behind a plus
_FOLD = r"""["'](?:[^\S\n]*+\n|\s*+[+])\s*+[bBuU]?["']"""
_READINGS = (_ESCAPES + _BACKSLASH + ')', _ESCAPES + r'\\+[nrt]?)',
             _ESCAPES + _FOLD + '|' + _BACKSLASH + ')')
_ESCAPE = tuple(patterns.pattern(reading, re.VERBOSE)
                for reading in _READINGS)
_ESCAPE_OR_SPACE = tuple(patterns.pattern(reading + r'|\s+', re.VERBOSE)
                         for reading in _READINGS)
# what they begin with, in each reading: decoded.matches()
_SIGNS = r'%(?=[0-9A-Fa-f])|\\|&(?=[A-Za-z\#])|[+]'
_BEGINNING = (*2 * (patterns.pattern(_SIGNS),),
              patterns.pattern(_SIGNS + r"""|"|'"""))
# what the readings after the first are for
_READ_OTHERWISE = (patterns.pattern(r'\\[nrt][A-Za-z]{2}'),
                   patterns.pattern(_FOLD))


class KnownValues:
    """Finds values that are known to be secret.

    :param secrets: the values
    :param ordinary: words that stay readable even where somebody has made
        one of them a password
    """

    def __init__(self, secrets: Iterable[str],
                 ordinary: Iterable[str] = ()) -> None:
        plain = set()
        encoded = set()
        bare = set()
        for secret in looked_for(secrets, ordinary):
            # a variable of the environment may be no Unicode
            plain |= {secret, secret.replace('\\', '\\\\'),
                      parse.quote(secret, safe='', errors='surrogatepass'),
                      parse.quote(secret, errors='surrogatepass'),
                      parse.quote_plus(secret, errors='surrogatepass'),
                      repr(secret)[1:-1], json.dumps(secret)[1:-1],
                      json.dumps(secret, ensure_ascii=False)[1:-1],
                      *_quoted(secret)}
            for data in _as_bytes(secret):
                encoded |= set(_encoded(data))
                plain |= {data.hex(':'), data.hex(' '),
                          ', '.join(map(str, data))}
                misread = data.decode('latin-1')
                plain.add(misread)
                bare |= {*_all_bare(misread).values()}
            bare |= {*_all_bare(secret).values()}
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
        is_long = len(whole) > pauses.LONG_CHARS
        for form in self._plain:
            if is_long:
                pauses.pause()
            if form in whole:
                found += _all(whole, form)
        for form in self._encoded:
            if is_long:
                pauses.pause()
            if form in whole:
                found += [_run(whole, start) for start, _ in _all(
                    whole, form)]
        if _is_dressed(whole):
            for reading, bare in _all_bare(whole).items():
                forms = [form for form in self._bare if form in bare]
                if forms:
                    found += _Undressed(whole, reading).find(forms)
        return found


def _all(whole: str, form: str) -> Iterator[spans.Span]:
    at = 0
    while (at := whole.find(form, at)) >= 0:
        yield at, at + len(form)
        at += len(form)


def looked_for(secrets: Iterable[str],
               ordinary: Iterable[str] = ()) -> frozenset[str]:
    """Which values are looked for: all that are long enough, and no words.

    :param secrets: the values
    :param ordinary: see :class:`KnownValues`
    """
    words = {word.lower() for word in ordinary}
    return frozenset(
        secret for secret in secrets
        if len(secret.strip()) >= SECRET_CHARS_MIN
        and secret.strip().lower() not in words)


def _run(whole: str, at: int) -> spans.Span:
    """The whole of what is encoded that holds a place."""
    before = _ENCODED_RUN.match(
        whole[max(0, at - ENCODED_CHARS_MAX):at][::-1])
    behind = _ENCODED_RUN.match(whole, at, at + ENCODED_CHARS_MAX)
    return (at - (before.end() if before else 0),
            behind.end() if behind else at)


def _quoted(secret: str) -> Iterator[str]:
    """A secret as shells, SQL, CSV and templates have it."""
    yield secret.replace("'", "'\"'\"'")
    yield secret.replace("'", "'\\''")
    for sign in '\'"$%':
        yield secret.replace(sign, sign * 2)


def _as_bytes(secret: str) -> Iterator[bytes]:
    """A secret as it may have been encoded."""
    data = secret.encode(errors='surrogatepass')
    yield data
    if not secret.isascii():
        # requests has it so in the header Authorization
        for encoding in ('latin-1', 'utf-8'):
            with contextlib.suppress(UnicodeEncodeError):
                yield secret.encode(encoding, 'surrogateescape')


def _encoded(data: bytes) -> Iterator[str]:
    """What base64 and hexadecimal have of a secret, whatever is before it."""
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


def _all_bare(whole: str) -> dict[int, str]:
    """A text without escapes and white space, in each reading it may have.

    :param whole: the text
    :returns: by the number of the reading
    """
    return {0: _bare(whole, 0)} | {
        reading: _bare(whole, reading)
        for reading, sign in enumerate(_READ_OTHERWISE, 1)
        if sign.search(whole)}


def _bare(whole: str, reading: int) -> str:
    """A text without escapes and white space: what is compared."""
    if reading or '%' in whole or '\\' in whole or '&' in whole or (
            '+' in whole):
        parts: list[str] = []
        at = 0
        for found in decoded.matches(whole, _BEGINNING[reading],
                                     _ESCAPE[reading]):
            parts += whole[at:found.start()], _meant(found)
            at = found.end()
        whole = ''.join((*parts, whole[at:]))
    return ''.join(whole.split())


def _meant(found: re.Match[str]) -> str:
    # what is left out of a text is left out of what an escape means as well
    return decoded.meaning(found).replace('+', '').replace('\\', '')


class _Undressed:
    """A text without escapes and white space, and where it was what.

    :param whole: the text
    :param reading: of ``_READINGS``
    """

    def __init__(self, whole: str, reading: int) -> None:
        self._pieces = decoded.Pieces()
        at = 0
        for found in _ESCAPE_OR_SPACE[reading].finditer(whole):
            self._pieces.add(whole[at:found.start()], at, found.start(), True)
            # an escape may mean white space
            self._pieces.add(
                ''.join(_meant(found).split()), *found.span(), False)
            at = found.end()
        self._pieces.add(whole[at:], at, len(whole), True)

    def find(self, forms: Iterable[str]) -> Iterator[spans.Span]:
        """Where forms stand, in the whole text.

        :param forms: without escapes and white space
        """
        bare = self._pieces.text
        for form in forms:
            for start, end in _all(bare, form):
                yield self._pieces.span(start, end)
