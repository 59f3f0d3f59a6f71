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

"""Takes secrets and control characters out of all that leaves the process.

Secrets are recognized in four ways, and each alone is enough:

- by value: what the configuration, the environment or the command line holds
  under a secret's name is masked wherever it turns up, whatever it stands in;
- by name: the value of a datum, argument, variable or ``name = value`` whose
  name says password, token, secret, key or credential;
- by place: the credentials of a URL, of an HTTP ``Authorization`` header;
- by form: a private key in PEM.

Control characters are escaped, because a report is read on terminals and in
``journalctl``, which calls a whole message a blob for one bad byte.

A :class:`Redactor` only computes on what it is given: it may be used in any
thread, reads nothing of the process and raises nothing for any input. Long
texts are worked on in pieces, so that the interpreter is never held for long.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import json
import math
import re
import time
from typing import Any
from urllib import parse

from ceilometer.diagnostics import escape

MASK = '***'

#: Shorter values are masked where they stand, but not wherever they turn up:
#: they would also hide ordinary words and numbers.
SECRET_CHARS_MIN = 6

#: How much text is worked on before other threads get their turn.
PIECE_CHARS = 32 * 1024

#: A run of this many characters without white space is cut: secrets in it
#: could not be told reliably.
RUN_CHARS_MAX = 256 * 1024
RUN_CUT_MARK = '[… run of characters without space cut]'

#: How deep nested data may be; what is deeper becomes its ``repr``.
DEPTH_MAX = 32

_SECRET_WORDS = frozenset((
    'password', 'passwords', 'passwd', 'passphrase', 'passcode', 'pass',
    'pwd', 'secret', 'secrets', 'token', 'tokens', 'key', 'keys', 'apikey',
    'credential', 'credentials', 'authorization', 'cookie'))
_SECRET_ENDINGS = (
    'password', 'passwd', 'passphrase', 'secret', 'token', 'apikey',
    'secretkey', 'accesskey', 'authkey', 'privatekey', 'credentials')
# Last words of names that tell about a secret and hold none.
_HARMLESS_LAST_WORDS = frozenset((
    'file', 'files', 'path', 'dir', 'directory', 'name', 'names', 'id',
    'type', 'size', 'time', 'timeout', 'length', 'count', 'ttl', 'expiry',
    'expiration', 'interval', 'enabled', 'algorithm', 'algorithms',
    'strategy', 'method', 'version', 'prefix', 'url', 'uri', 'endpoint',
    'driver', 'cache', 'required', 'checks', 'limit'))
_WORD = re.compile(r'[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+')

# What a text without secrets lacks; looked for before all else, because that
# takes a tenth of the time.
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
_RUN = re.compile(r'\S*')
_SPACE_BEHIND_VALUE = re.compile(r'(?<=[^\s=:>|,])\s+')
_SCHEME = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*://')
# No word of a sentence: a token has digits, signs, or capitals inside.
_AUTHORIZATION = re.compile(
    r'\b(Basic|Bearer|Digest|Negotiate)(\s++)'
    r'(?=[a-z-]*(?:[0-9+/._~=]|(?-i:[a-z-][A-Z]|[A-Z]{2})))'
    r'[A-Za-z0-9+/._~=-]{6,}', re.IGNORECASE)
_PEM = re.compile(
    r'(-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----).*?'
    r'(-----END [A-Z ]*KEY(?: BLOCK)?-----|\Z)',
    re.DOTALL)


class TooLarge(ValueError):
    """Data that holds more than it may."""


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name is a secret.

    :param name: of an option, argument, variable or datum; its words may be
        joined by ``_``, ``-``, ``.`` or capital letters
    """
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _HARMLESS_LAST_WORDS:
        return False
    return any(word in _SECRET_WORDS or word.endswith(_SECRET_ENDINGS)
               for word in words)


def url_secrets(value: str) -> list[str]:
    """The passwords in the URLs that a value holds.

    :param value: one whole value, as an option or a variable holds it; the
        password may hold any character, also white space
    """
    secrets = []
    for run in re.findall(r'://(.*)@', value, re.DOTALL):
        for credentials in re.split(r'@[^,]*,(?:[a-z+]+://)?', run):
            user, colon, password = credentials.partition(':')
            secrets.append(password if colon else user)
        # also as it is if the password itself holds what parts credentials
        secrets.append(run.partition(':')[2])
    return [form for secret in secrets if secret
            for form in {secret, parse.unquote(secret)}]


def mask_urls(text: str) -> str:
    """Mask the credentials of each URL in a text.

    All between ``://`` and the last ``@`` before white space is taken for
    credentials, because a password may hold anything; of a list
    ``user:password@host,user:password@host`` users and hosts stay readable.
    """
    masked = []
    at = 0
    while (found := text.find('://', at)) >= 0:
        run_match = _RUN.match(text, found + 3)
        run = run_match[0] if run_match else ''
        credentials, sign, _ = run.rpartition('@')
        masked.append(text[at:found + 3])
        if sign:
            masked.append(_mask_credentials(credentials) + sign)
            at = found + 3 + len(credentials) + 1
        else:
            masked.append(run)
            at = found + 3 + len(run)
    masked.append(text[at:])
    return ''.join(masked)


def _mask_credentials(credentials: str) -> str:
    segments = credentials.split(',')
    masked = []
    for number, segment in enumerate(segments):
        # a list may name the scheme again: a://b:c@d,a://e:f@g
        named = number and _SCHEME.match(segment)
        scheme = named[0] if named else ''
        rest = segment[len(scheme):]
        pair, sign, host = rest.rpartition('@')
        if number == len(segments) - 1:
            # what stands before the sign that ended the search
            pair, sign, host = rest, '', ''
        elif not sign:
            # not a list of user:password@host: no part of it can be trusted
            return MASK
        user, colon, _ = pair.partition(':')
        masked.append(scheme + (f'{user}:' if colon else '') + MASK
                      + sign + host)
    return ','.join(masked)


def mask_secret_url(value: str) -> str:
    """What a secret URL may show: its scheme, user, host and port.

    :param value: an option that is secret as a whole, such as oslo.messaging's
        transport_url: path and query may hold a secret too
    """
    scheme = _SCHEME.match(value)
    if scheme is None:
        return MASK
    # one whole value: its password may hold white space as well
    credentials, sign, place = value[scheme.end():].rpartition('@')
    found = re.match(r'[^/?#\s]*', place)
    place_text = found[0] if found else ''
    beyond = place[len(place_text):]
    return (scheme[0] + (_mask_credentials(credentials) if sign else '')
            + sign + place_text
            + (f'/{MASK}' if beyond.strip('/') else beyond))


class Redactor:
    """Takes out secrets and whatever a terminal must not see.

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
        """A text of any length without its secrets, escaped.

        :param text: any text, of one or many lines
        :param names: whether to look for secrets by name as well; not where
            the text was made of data from which they were taken already
        """
        return ''.join(map(escape.text, self._masked(text, names)))

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
                masked.append(MASK)
            elif equals and ' ' not in name and is_secret_name(name):
                masked.append(f'{name}={MASK}')
            else:
                masked.append(self._plain(argument))
            option_is_secret = (argument.startswith('-') and not equals
                                and is_secret_name(argument))
        return masked

    def data(self, data: Any, limit_chars: int | None = None) -> Any:
        """Plain data without its secrets, in types that JSON has.

        :param data: anything; what JSON cannot hold becomes its ``repr``
        :param limit_chars: how many characters its JSON may have, about; None
            for any number
        :raises TooLarge: it holds more
        """
        return _Walk(self, limit_chars).value(data, None, 0)

    def _masked(self, text: str, names: bool = True) -> Iterator[str]:
        """The text in pieces, masked; other threads get their turn between.

        Known secrets and private keys are masked before: they may hold the
        space or the end of a line that a long text is cut at.
        """
        text = self._mask_values(text)
        mask = self._mask_names if names else self._mask_places
        if len(text) <= PIECE_CHARS:
            yield mask(text)
            return
        for piece in _pieces(text):
            yield mask(piece)
            time.sleep(0)

    def _mask_values(self, text: str) -> str:
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, MASK)
        if 'PRIVATE KEY' in text:
            text = _PEM.sub(rf'\1{MASK}\2', text)
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
            if not is_secret_name(name) or (
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
                shown = value[-1] + MASK + value[-1]
            else:
                shown = MASK
            masked.append(text[at:found.end()] + shown)
            at = found.end() + len(value)
            if (not flag and shown == MASK
                    and separator != separator.strip()):
                # name = a value of many words
                end = text.find('\n', at)
                at = len(text) if end < 0 else end
        masked.append(text[at:])
        return ''.join(masked)

    def _mask_places(self, text: str) -> str:
        return _AUTHORIZATION.sub(rf'\1\2{MASK}', mask_urls(text))

    def _plain(self, text: str) -> str:
        return ''.join(self._masked(text))


class _Walk:
    """One pass over nested data; measures what it sees."""

    def __init__(self, redactor: Redactor, limit_chars: int | None) -> None:
        self._redactor = redactor
        self._chars_left = math.inf if limit_chars is None else limit_chars
        self._until_pause = 1000

    def value(self, value: Any, key: str | None, depth: int) -> Any:
        self._count(4)
        if value is None or isinstance(value, bool):
            return value
        if key is not None and is_secret_name(key) and isinstance(
                value, (str, bytes, int, float)):
            return MASK if value or value == 0 else value
        if isinstance(value, int):
            # Python prints no number of more than 4300 digits
            return int(value) if value.bit_length() < 4096 else hex(value)
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, (bytes, bytearray)):
            value = bytes(value).decode(errors='backslashreplace')
        if isinstance(value, str):
            return self._string(str(value), key)
        if depth < DEPTH_MAX:
            if isinstance(value, Mapping):
                return self._mapping(value, depth)
            if isinstance(value, (list, tuple, set, frozenset)):
                return self._sequence(value, key, depth)
        return self._string(_safe_repr(value), key)

    def _string(self, text: str, key: str | None) -> str:
        self._count(len(text))
        # A line of a program is no place for a secret, but is full of names
        # that say key or token.
        if key == 'source':
            return ''.join(self._redactor._masked(text, names=False))
        return self._redactor._plain(text)

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> Any:
        result = {}
        named = value.get('name')
        secret = isinstance(named, str) and is_secret_name(named)
        is_frame = 'line' in value and 'function' in value
        for key, item in list(value.items()):
            name = self._redactor._plain(
                key if isinstance(key, str) else _safe_repr(key))
            self._count(len(name))
            if secret and key == 'value' and isinstance(item, (str, bytes)):
                result[name] = MASK if item else item
            else:
                # what others call source is no line of a program
                result[name] = self.value(
                    item, None if name == 'source' and not is_frame else name,
                    depth + 1)
        return result

    def _sequence(self, value: Iterable[Any], key: str | None,
                  depth: int) -> list[Any]:
        items = list(value)
        if items and all(isinstance(item, str) for item in items):
            for item in items:
                self._count(4 + len(item))
            if key is not None and is_secret_name(key):
                return [MASK for _ in items]
            return self._redactor.arguments(items)
        return [self.value(item, key, depth + 1) for item in items]

    def _count(self, chars: int) -> None:
        self._chars_left -= chars
        if self._chars_left < 0:
            raise TooLarge('the data holds more than it may')
        self._until_pause -= 1
        if not self._until_pause:
            self._until_pause = 1000
            time.sleep(0)


def _safe_repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f'<{type(value).__name__}: repr raised {type(error).__name__}>'


def _pieces(text: str) -> Iterable[str]:
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
