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

"""Masks the secrets in texts.

Secrets are recognized in four ways, and each alone is enough:

- by value: what the configuration, the environment or the command line holds
  under a secret's name is masked wherever it turns up, whatever it stands in;
- by name: the value of an argument, variable or ``name = value`` whose name
  says password, token, secret, key or credential (:mod:`.secret_names`);
- by place: the credentials of a URL (:mod:`.url_credentials`), of an HTTP
  ``Authorization`` header;
- by form: a private key in PEM.

Long texts are worked on in pieces, so that the interpreter is never held for
long. Only computes on what it is given: for any thread; raises nothing for
any text.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import json
import re
import time
from urllib import parse

from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import url_credentials

#: Shorter values are masked where they stand, but not wherever they turn up:
#: they would also hide ordinary words and numbers.
SECRET_CHARS_MIN = 6

#: How much text is worked on before other threads get their turn.
PIECE_CHARS = 32 * 1024

#: A run of this many characters without white space is cut: secrets in it
#: could not be found reliably.
RUN_CHARS_MAX = 256 * 1024
RUN_CUT_MARK = '[… long run of characters without spaces cut]'

# A text that has none of these has no secrets. They are looked for first,
# because that takes a tenth of the time.
_HINTS = ('://', 'pass', 'pwd', 'secret', 'token', 'key', 'credential',
          'authorization', 'cookie', 'basic', 'bearer', 'digest',
          'negotiate')
# Possessive and anchored to the start of a word: linear for any input, as
# long as a value is looked at only where its name says that it is secret.
_NAMED = re.compile(
    r"""(?<![\w.-])
        (?=[\w.-]*?(?i:pass|pwd|secret|token|key|credential|authorization
                       |cookie))
        (?P<name>[\w.-]++)
        (?P<quote>["']?\]?)
        (?P<sep>[^\S\n]*+(?:=>|[=:])[^\S\n]*+(?:\n[^\S\n]++)?
           |(?<=["']),[^\S\n]*+
           |(?<=[\w.-])\s++)
        (?=\S)""",
    re.VERBOSE)
# A block of YAML, what is in quotes (b'...' as well), or a word.
_VALUE = re.compile(
    r"""[|>][+-]?[0-9]?(?:\n[^\S\n]++[^\n]*+)++
        |[bBrRuU]{0,2}(?:"(?:\\.|[^"\\])*+"|'(?:\\.|[^'\\])*+')
        |\S++""",
    re.VERBOSE | re.DOTALL)
_NO_SECRET = re.compile(r'(?:None|True|False|null|\*\*\*)(?=[^\w*]*\Z)')
_SPACE_BEHIND_VALUE = re.compile(r'(?<=[^\s=:>|,])\s+')
# No word of a sentence: a token has digits, signs, or capitals inside.
_AUTHORIZATION = re.compile(
    r'\b(Basic|Bearer|Digest|Negotiate)(\s++)'
    r'(?=[a-z-]*(?:[0-9+/._~=]|(?-i:[a-z-][A-Z]|[A-Z]{2})))'
    r'[A-Za-z0-9+/._~=-]{6,}', re.IGNORECASE)
_PEM = re.compile(
    r'(-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----).*?'
    r'(-----END [A-Z ]*KEY(?: BLOCK)?-----|\Z)',
    re.DOTALL)


class Masker:
    """Masks the secrets in texts.

    :param secrets: values known to be secret
    :param ordinary: words that stay readable even where somebody has made
        one of them a password
    """

    def __init__(self, secrets: Iterable[str] = (),
                 ordinary: Iterable[str] = ()) -> None:
        ordinary_words = {word.lower() for word in ordinary}
        forms = set()
        for secret in secrets:
            if (len(secret.strip()) < SECRET_CHARS_MIN
                    or secret.strip().lower() in ordinary_words):
                continue
            # a variable of the environment may be no Unicode
            forms |= {secret, secret.replace('\\', '\\\\'),
                      parse.quote(secret, safe='', errors='surrogatepass'),
                      parse.quote(secret, errors='surrogatepass'),
                      parse.quote_plus(secret, errors='surrogatepass'),
                      repr(secret)[1:-1], json.dumps(secret)[1:-1],
                      json.dumps(secret, ensure_ascii=False)[1:-1]}
        # the longest first: one may be a part of another
        self._secrets = sorted(forms, key=len, reverse=True)

    def text(self, text: str, names: bool = True) -> str:
        """A text of any length without its secrets.

        :param text: any text, of one or many lines
        :param names: whether to look for secrets by name as well
        """
        return ''.join(self.pieces(text, names))

    def pieces(self, text: str, names: bool = True) -> Iterator[str]:
        """The same in pieces; other threads get their turn in between."""
        # Known secrets and private keys first: they may hold the space or
        # the end of a line that a long text is cut at.
        text = self._mask_values(text)
        mask = self._mask_names if names else self._mask_places
        if len(text) <= PIECE_CHARS:
            yield mask(text)
            return
        for piece in _pieces(text):
            yield mask(piece)
            time.sleep(0)

    def arguments(self, arguments: Iterable[str]) -> list[str]:
        """A command line without its secrets.

        The value of an option whose name says so is masked, whether it is
        joined to the name by ``=`` or is the next argument.
        """
        masked = []
        option_is_secret = False
        for argument in arguments:
            name, equals, _ = argument.partition('=')
            if option_is_secret and not argument.startswith('--'):
                masked.append(secret_names.MASK)
            elif equals and ' ' not in name and secret_names.is_secret(name):
                masked.append(f'{name}={secret_names.MASK}')
            else:
                masked.append(self.text(argument))
            option_is_secret = (argument.startswith('-') and not equals
                                and secret_names.is_secret(argument))
        return masked

    def _mask_values(self, text: str) -> str:
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, secret_names.MASK)
        if 'PRIVATE KEY' in text:
            text = _PEM.sub(rf'\1{secret_names.MASK}\2', text)
        return text

    def _mask_names(self, text: str) -> str:
        lower = text.lower()
        if not any(hint in lower for hint in _HINTS):
            return text
        text = self._mask_places(text)
        masked = []
        at = 0
        while found := _NAMED.search(text, at):
            name = found['name']
            separator = found['sep']
            flag = name.startswith('-')
            if not secret_names.is_secret(name) or (
                    not flag and separator.strip() in ('', ',')):
                # go on behind the name: its value may be a name itself
                end = found.end('name')
                masked.append(text[at:end])
                at = end
                continue
            value_match = _VALUE.match(text, found.end())
            value = value_match[0] if value_match else ''
            if _NO_SECRET.match(value):
                shown = value
            elif value[-1:] in ('"', "'") and len(value) > 1:
                shown = value[-1] + secret_names.MASK + value[-1]
            else:
                shown = secret_names.MASK
            masked.append(text[at:found.end()] + shown)
            at = found.end() + len(value)
            if (not flag and shown == secret_names.MASK
                    and separator != separator.strip()):
                # name = a value of many words
                end = text.find('\n', at)
                at = len(text) if end < 0 else end
        masked.append(text[at:])
        return ''.join(masked)

    def _mask_places(self, text: str) -> str:
        return _AUTHORIZATION.sub(rf'\1\2{secret_names.MASK}',
                                  url_credentials.mask(text))


def _pieces(text: str) -> Iterator[str]:
    """Cut a long text where no name is parted from its value."""
    at = 0
    while at < len(text):
        end = at + PIECE_CHARS
        if end >= len(text):
            yield text[at:]
            return
        # at the end of a line, or else behind a space that follows no name
        cut = text.rfind('\n', at, end) + 1
        while cut > at and text[at:cut].rstrip()[-1:] in tuple(':=>|,'):
            cut = text.rfind('\n', at, cut - 1) + 1
        if cut <= at:
            cut = _cut_at_space(text, end)
        if cut < 0:
            # nor the beginning of the run: its end decides what it is
            words = text[at:end].split()
            start = end if text[end - 1].isspace() or not words else (
                end - len(words[-1]))
            yield text[at:start] + RUN_CUT_MARK
            space = re.compile(r'\s').search(text, end)
            cut = space.start() if space else len(text)
        else:
            yield text[at:cut]
        at = cut


def _cut_at_space(text: str, start: int) -> int:
    stop = min(start + RUN_CHARS_MAX, len(text))
    for space in _SPACE_BEHIND_VALUE.finditer(text, start, stop):
        before = text[max(0, space.start() - 100):space.start()]
        if not before.rsplit(None, 1)[-1].startswith('-'):
            return space.end()
    return len(text) if len(text) - start <= RUN_CHARS_MAX else -1
