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

"""Recognizes the credentials that URLs hold.

The parameters of a query have names (:mod:`.named_values`); this finds what
stands before the host.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator
import re
from urllib import parse

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import spans

_RUN = patterns.usual(r'\S*')
_SCHEME = patterns.usual(r'[A-Za-z][A-Za-z0-9+.-]*://')
_SCHEME_BACKWARDS = patterns.usual(r'[a-z0-9+.-]*')
_AUTHORITY = patterns.pattern(r'[^/?#]*')
_PORT = patterns.pattern(r'(?:[\w.-]*|\[[0-9a-fA-F:.]*\]):\d{0,5}\Z')
_WEB = ('http', 'https', 'ws', 'wss')
# Where a name without a password is a user's, never a token.
_OF_USERS = frozenset("""
    amqp amqps rabbit kombu ssh sftp scp qemu+ssh qemu+tcp qemu+tls xen+ssh
    git+ssh svn+ssh mysql mysql+pymysql postgresql postgresql+psycopg2
    """.split())
_USER_ALONE = patterns.pattern(r'[A-Za-z_][A-Za-z_.-]{0,31}\Z')
# admin:S@10.0.0.1, user:S@tcp(127.0.0.1:3306): no scheme, yet a password
_BACKWARDS = patterns.pattern(r'[^\s"\'<>(){}\[\],;=|]*')
# A domain may stand before the user, d/u:S@h, or a scheme that was misspelt,
# mysql//u:S@h
_PAIR = patterns.pattern(
    r'(?:[\w.+-]{1,100}[/\\]{1,3})?[A-Za-z_][\w.+%-]*:(?!//)')
# ceilometer:3.1@sha256:0a1b, an image
_DIGEST = patterns.pattern(r'sha\d{3}:')
_BARE_CHARS_MAX = 300
_PLACE = patterns.usual(r'[^/?#\s]*')
_PARAMETER = patterns.usual(r'([?&;][^=&;#\s]*=)([^&#]*)')


def _find(text: spans.Text) -> Iterator[spans.Span]:
    at = 0
    while (at := text.whole.find('://', at)) >= 0:
        found = _RUN.match(text.whole, at + 3)
        end = found.end() if found else at + 3
        before = _SCHEME_BACKWARDS.match(text.lower[max(0, at - 30):at][::-1])
        start = at + 3
        scheme = before[0][::-1] if before else ''
        sign = _last_sign(text.whole, start, end, scheme)
        if sign >= 0 and not _is_user(scheme, text.whole[start:sign]):
            yield from _credentials(text.whole, start, sign)
        # no more of them in this run: it was the last sign
        at = end


def _is_user(scheme: str, credentials: str) -> bool:
    """Whether what stands before a host is no more than a user's name."""
    return (scheme.lower() in _OF_USERS
            and _USER_ALONE.match(credentials) is not None)


def _last_sign(whole: str, start: int, end: int, scheme: str) -> int:
    """Where credentials end, -1 if the URL has none.

    All up to the last ``@`` is taken for credentials, because a password may
    hold anything; but for what comes behind a host of the web, where an
    address may stand: ``http://host:5000/v3?mail=a@b``.
    """
    sign = whole.rfind('@', start, end)
    if sign >= 0 and scheme in _WEB:
        authority = _AUTHORITY.match(whole, start, end)
        host = authority[0] if authority else ''
        if '@' not in host and len(host) < sign - start and (
                ':' not in host or _PORT.match(host)):
            # unless another URL follows: http://h/,amqp://u:S@h
            inner = whole.rfind('://', start, sign)
            return sign if inner >= 0 and ':' in whole[inner + 3:sign] else -1
    return sign


def _credentials(whole: str, start: int, sign: int) -> Iterator[spans.Span]:
    """The secrets before the last sign of a URL.

    Of a list ``user:password@host,user:password@host`` users and hosts stay.
    """
    parts = []
    at = start
    while (comma := whole.find(',', at, sign)) >= 0:
        parts.append((at, comma))
        at = comma + 1
    parts.append((at, sign))
    found = []
    for number, (part, end) in enumerate(parts):
        # a list may name the scheme again: a://b:c@d,a://e:f@g
        named = _SCHEME.match(whole, part, end) if number else None
        if named is not None:
            part = named.end()
        if number < len(parts) - 1:
            end = whole.rfind('@', part, end)
            if end < 0:
                # not a list of user:password@host: no part can be trusted
                yield start, sign
                return
        colon = whole.find(':', part, end)
        found.append((colon + 1 if colon >= 0 else part, end))
    yield from found


def _find_bare(text: spans.Text) -> Iterator[spans.Span]:
    """Credentials before a host that has no scheme."""
    floor = 0
    at = 0
    while (at := text.whole.find('@', at)) >= 0:
        after = text.whole[at + 1:at + 2]
        if (after.isalnum() or after in ('[', '_')) and not (
                _DIGEST.match(text.whole, at + 1)):
            before = _BACKWARDS.match(text.whole[
                max(floor, at - _BARE_CHARS_MAX):at][::-1])
            pair = _PAIR.match(
                text.whole, at - (before.end() if before else 0), at)
            if pair is not None and pair.end() < at:
                yield pair.end(), at
        at += 1
        floor = at


def whole_spans(value: str) -> list[spans.Span]:
    """The credentials of the URL that a whole value is.

    :param value: as an option or a variable holds it; its password may hold
        any character, also white space
    """
    scheme = value.find('://')
    sign = value.rfind('@')
    if not 0 <= scheme < sign or _is_user(
            value[:scheme].strip(), value[scheme + 3:sign]):
        return []
    return spans.join(_credentials(value, scheme + 3, sign))


def passwords(value: str) -> list[str]:
    """The passwords in the URL that a value is.

    Also as it would be if the value were read otherwise: at the first ``@``,
    or with what parts credentials in the password itself.

    :param value: see :func:`whole_spans`
    """
    secrets = {value[start:end] for start, end in whole_spans(value)}
    if not secrets:
        return []
    for run in re.findall(r'://(.*)@', value, re.DOTALL):
        secrets.add(run.partition(':')[2])
        for part in re.split(r'@[^,@]*,(?:[a-z+]+://)?', run):
            user, colon, password = part.partition(':')
            secrets.add(password if colon else user)
            secrets.add(password.partition('@')[0])
    return sorted(form for secret in secrets if secret
                  for form in {secret, parse.unquote(secret)})


def mask(text: str) -> str:
    """A text without the credentials of its URLs.

    :param text: any text
    """
    looked_at = spans.Text(text)
    return spans.mask(text, [*_find(looked_at), *_find_bare(looked_at)])


def secret_spans(value: str) -> list[spans.Span]:
    """What is secret in a URL that is secret as a whole.

    Its scheme, users and hosts are not, nor a vhost; what its query says may
    be, and the path of an address of the web.

    :param value: an option such as oslo.messaging's transport_url
    """
    scheme = _SCHEME.match(value)
    if scheme is None:
        return [(0, len(value))]
    found = whole_spans(value)
    behind = max(value.rfind('@') + 1, scheme.end())
    place = _PLACE.match(value, behind)
    path_at = place.end() if place else behind
    marks = [at for mark in '?#' if (at := value.find(mark, path_at)) >= 0]
    query_at = min(marks, default=len(value))
    path = value[path_at:query_at]
    if path.strip('/') and (
            scheme[0][:-3].lower() in _WEB
            or '/' in path.strip('/') or re.search(r'\s', path)):
        found.append((path_at + 1, query_at))
    parameters = [parameter.span(2) for parameter in _PARAMETER.finditer(
        value, query_at)]
    if not parameters:
        parameters = [(query_at + 1, len(value))]
    return [*found, *parameters]


def mask_secret(value: str) -> str:
    """What a secret URL may show, see :func:`secret_spans`.

    :param value: an option that is secret as a whole
    """
    return spans.mask(value, secret_spans(value))


URLS = spans.Recognizer('credentials of URLs', ('://',), _find)
BARE = spans.Recognizer('credentials before a host', ('@',), _find_bare)
