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

"""Recognizes values of secret names: ``password = S``, ``-H 'X-Token: S'``.

In whatever notation a name and its value stand: INI, YAML, JSON, the repr of
Python's data and calls, headers, options of commands, tables, queries of URLs,
statements of SQL. oslo.utils' mask_password, which does this for the logs of
OpenStack, missed 6 of 9 samples of these notations: it knows fixed names, and
values of one word.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator
import re

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans
from ceilometer.diagnostics.secrets import value_ends

#: What each secret's name has in it, in lower case.
HINTS = ('pass', 'pw', 'psw', 'secret', 'token', 'key', 'cred', 'auth',
         'cookie', 'jwt', 'psk', 'otp', 'pin', 'sig', 'session', 'sid',
         'community', 'kek', 'seed', 'bearer', 'hmac', 'identified',
         'assertion', 'verifier', 'macaroon', 'saml', 'userdata', 'user_data',
         'user-data', 'vendor_data', 'vendor-data', 'dockerconfig',
         'stringdata',
         # in other languages, see secret_names
         'wort', 'woord', 'senha', 'clave', 'heslo', 'haslo', 'contrase',
         'parola', 'geheim', 'senord', 'salasana', 'adgangskode')

#: So much of a line is looked at before a name.
BEFORE_CHARS_MAX = 200

#: A longer value is not searched for names in it.
VALUE_CHARS_MAX = 200

# Possessive and anchored to the start of a word: linear for any input.
_HINTED = patterns.usual(
    r'(?<![\w.-])(?=[\w.-]*?(?:' + '|'.join(HINTS)
    + r'|[^\x00-\x7f]))[\w.-]++')
_RUN = patterns.pattern(r'[\w.-]*')
_CLOSE = patterns.usual(
    r"""(?:\\{0,8}["'`]|&(?:quot|apos|\#34|\#39);|\*{1,2})?"""
    r'(?:\]|%5[dD])?(?:\[\d{0,4}\])?')
_SPACE = patterns.usual(r'[^\S\n]*')
_SIGN = patterns.usual(
    r'(?:=>|:=|->|<-(?=\s)|\u2192|(?:[?+]|\|\||//)?={1,2}|:(?!:)|::(?=[ \t])'
    # a set of them takes ten times as long to compile
    r'|\uff1a|\uff1d|\ufe55|\u2236|%3[aAdD]|&gt;)')
# auth = admin:S, auth=('admin', 'S')
_USER_AND_PASSWORD = patterns.pattern(
    r"""["']?[\w.@-]{1,100}:(?![/:])\S
        |[(\[]\s*[bu]?["'][^"'\n]{0,100}["']\s*,\s*
         [bu]?["'][^"'\n]{1,200}["']\s*[)\]]""", re.VERBOSE)
# tokens: 5
_COUNT = patterns.pattern(r'\d{1,9}(?![\w.-])')
# whose value has names of its own
_HEADER = patterns.pattern(r'cookie|authorization')
# A sentence: password is S, password for admin was set to S, and the same in
# other languages; password of admin: S
_IS = patterns.pattern(
    r"""[ \t]+(?:(?:for|of|f\u00fcr|von|vom|des|pour|de|du|del|da|do|para
        |voor|\u0434\u043b\u044f)[ \t]+
       [^\n=:]{1,80}?(?:[ \t]+|(?=:[ \t])))?
    (?:(?:is|was|ist|war|lautet|est|es|era|\u00e9|\u00e8|jest|je|\u00e4r
        |er|luidt|\u044d\u0442\u043e|has[ ]been)
       (?:[ \t]+now)?[ \t]*:?[ \t]+(?:(?:re)?set[ ]to[ ]|changed[ ]to[ ])?
    |(?:(?:re)?set|changed|updated|rotated)[ ]to[ ]
    |(?<=[ \t\w]):[ \t]+)""", re.VERBOSE)
# There is no space in it: what follows "the password is"
_PASSWORDS_INSIDE = ('\u5bc6\u7801', '\u5bc6\u78bc', '\u53e3\u4ee4',
                     '\u30d1\u30b9\u30ef\u30fc\u30c9')
_IS_INSIDE = patterns.pattern(
    rf"""(?:{'|'.join(_PASSWORDS_INSIDE)})(?:\u662f|\u4e3a|\u70ba|\u306f)
    [ ]?["']?([!#-&(-~]{{4,200}})""", re.VERBOSE)
# iscsiadm: -n node.session.auth.password -v S
_VALUE_OPTION = patterns.pattern(r'[ \t]+(?:-v|--value)[ \t=]+')
_OPENING_BELOW = patterns.pattern(r'\s{1,200}(?=["\[{])')
_CELL = patterns.pattern(r'[ \t]*\|[ \t]*')
_AFTER_FLAG = patterns.pattern(
    r'(?:[^\S\n]|\\?\r?\n)++(?:(?<=[\n ])-[ ](?!-))?')
_COMMA = patterns.pattern(r',\s*')
_KEYWORD = patterns.pattern(r'[a-z_]{1,40}=')
_DEFAULT = patterns.pattern(r'\b(?:default|value)=(?=["\'])')
# PASSWORD 'S', SET PASSWORD FOR u = 'S', WHERE password LIKE 'S'
_STATEMENT = patterns.pattern(
    r"""[ \t]+(?:by[ \t]+|(?:for|FOR)[ \t]+\S{1,200}[ \t]*=[ \t]*(?=['"])
        |(?:not[ ]+|NOT[ ]+)?(?:i?like|I?LIKE|(?:in|IN)[ ]*\()[ \t]*(?=['"])
        )?""", re.VERBOSE)
# What Kubernetes says of a secret, by its name
_MISSING = patterns.pattern(
    r"""["'][\w.-]{1,253}["'][ ](?:is[ ]|was[ ])?(?:not[ ]found|forbidden
        |already[ ]exists|does[ ]not[ ]exist)""", re.VERBOSE)
_IDENTIFIED = patterns.pattern(
    r'identified\s+(?:(?:with|via)\s+\S+\s+(?:by|as|using)|by)\s+')
_REPLACED = patterns.pattern(r'["\']?\s{1,9}replace\s{1,9}(?=["\'])')
# Of a token, its hash is written to logs instead: keystoneauth1.
_HASHED = patterns.pattern(r'\{SHA256\}[0-9a-f]{64}(?![\w+/=-])')
_HASHED_HEADERS = ('x-auth-token', 'x-subject-token', 'x-service-token')
# {default_pass, <<"S">>} of Erlang
_TUPLE = patterns.pattern(r',[ \t]{0,9}(?:<<)?(?=["\'])')
_ANNOTATION = patterns.pattern(r'[\w.\[\], |]{1,100}?\s=\s')
# ? password, and : S below it in YAML
_EXPLICIT = patterns.pattern(r'[ \t]{0,40}\r?\n[ \t]{0,40}:(?=\s)')
_LINE_START = patterns.pattern(
    r"""[ \t]*(?:[-*+#;>|<][ \t]+|(?:export|set|declare[ ]-\w|setenv|readonly
        |local|Environment=|ENV|ARG)[ \t]+|[$%][ \t])?\Z""", re.VERBOSE)
# /password:S
_SLASHED = patterns.pattern(r'(?:\A|\s)/\Z')
# What may stand before the name of a cause: Could not fetch token: refused
_COMPLAINT = patterns.pattern(
    r"""\b(?:[Ff]ail\w*|[Cc]ould|[Cc]annot|[Cc]an't|[Uu]nable|[Ee]rrors?
        |[Ii]nvalid|[Mm]issing|[Ee]xpired|[Ww]ithout|[Nn]o|[Nn]ot|[Rr]efused
        |[Rr]eject\w*|[Dd]enied|[Pp]roblem\w*|[Ww]hile|[Gg]et\w*|[Ff]etch\w*
        |[Oo]btain\w*|[Rr]enew\w*|[Rr]equest\w*|[Vv]alidat\w*|[Cc]heck\w*
        |[Rr]ead\w*|[Ll]oad\w*|[Uu]se|[Uu]sing|[Pp]ars\w*|[Dd]ecod\w*
        |[Bb]ad|[Ww]rong|[Uu]nauthorized|[Uu]nknown|[Uu]nexpected)\b""",
    re.VERBOSE)


def _find(text: spans.Text) -> Iterator[spans.Span]:
    at = 0
    for _, stop in text.windows():
        while at < stop:
            found = _HINTED.search(text.lower, at, stop)
            if found is None:
                break
            start, end = found.span()
            at = end
            name = text.whole[start:end]
            # a sentence may end in the name, a path in it may begin
            says = secret_names.says(name.rstrip('.'))
            if says is secret_names.Says.NOTHING or (
                    looks.is_no_password(text.whole, start, end)):
                continue
            span = _explicit(text, start, end) or _value(
                text, start, end, says)
            if span is not None:
                yield span
                # What was taken for a value may be the name of another. Very
                # long ones are not looked into: each would be read again.
                if span[1] - span[0] > VALUE_CHARS_MAX:
                    at = max(at, span[1])
        at = max(at, stop)
    yield from _identified(text)
    if any(word in text.whole for word in _PASSWORDS_INSIDE):
        yield from (found.span(1)
                    for found in _IS_INSIDE.finditer(text.whole))


def _identified(text: spans.Text) -> Iterator[spans.Span]:
    at = 0
    while (at := text.lower.find('identified', at)) >= 0:
        found = _IDENTIFIED.match(text.lower, at)
        at += 10
        if found is not None:
            start = found.end()
            if text.lower.startswith('password ', start):
                start += 9
            span = value_ends.token(text.whole, start)
            yield span
            at = max(at, span[1])
            replaced = _REPLACED.match(text.lower, at)
            if replaced is not None:
                yield value_ends.token(text.whole, replaced.end())


def _value(text: spans.Text, start: int, end: int,
           says: secret_names.Says) -> spans.Span | None:
    """The value of a name, None if it has none that is secret."""
    whole = text.whole
    flag = whole[start] == '-'
    close = _CLOSE.match(whole, end)
    behind = close.end() if close else end
    space = _SPACE.match(whole, behind)
    sign_at = space.end() if space else behind
    sign = _SIGN.match(whole, sign_at)
    if sign is None or sign[0] == '&gt;' and (
            not text.lower.endswith('&lt;', 0, start)):
        return _without_sign(text, start, end, behind, flag, says)
    at = value_ends.skip_space(whole, sign.end())
    if behind > end and (opening := _OPENING_BELOW.match(whole, at)):
        # JSON may have any space between a name and its value
        at = opening.end()
    doubtful = says is secret_names.Says.PERHAPS
    if doubtful and not _may_be_secret(whole, at) and not (
            text.lower.endswith(('auth', 'auth_data'), start, end)
            and (whole[at:at + 1] in tuple('([')
                 or ':' in whole[at:at + 1000])
            and _USER_AND_PASSWORD.match(whole, at, at + 1000)):
        return None
    line, complete = _before(whole, start)
    if sign[0] == ':' and _in_path(line) and not (
            at == sign.end() and _SLASHED.search(line)):
        return None
    if secret_names.is_directory(whole[start:end], whole[at:at + 1]):
        return None
    closed = behind > end
    if sign[0] == ':' and not closed and not doubtful and (
            at > sign.end() and line.strip() and _COMPLAINT.search(line)
            and not _may_be_secret(whole, at)
            and not looks.is_told(whole, start, line, at)):
        return None
    if whole[end - 1] in 'sS' and _COUNT.match(whole, at):
        return None
    if looks.says_none(whole[at:at + 40]) or looks.is_object(whole, at):
        return None
    if text.lower.endswith(_HASHED_HEADERS, 0, end) and (
            _HASHED.match(whole, at)):
        return None
    if secret_names.is_secret(looks.name_of_place(whole[at:at + 600]) or ''):
        return None
    if sign[0] == ':' and (annotated := _ANNOTATION.match(whole, at)):
        # password: str = 'S'
        at = annotated.end()
    spaced = at > sign.end() or sign_at > behind
    if flag:
        place = value_ends.Place(None)
    elif sign[0][0] in '%&':
        place = value_ends.Place(None, stops='%&')
    else:
        place = _place(line, complete, spaced, closed)
        if _HEADER.search(text.lower, start, end) or (
                place.indent is not None and sign[0] == ':'):
            place = place._replace(alone=True)
    return _worth(whole, value_ends.end(text, at, place))


def _explicit(text: spans.Text, start: int, end: int) -> spans.Span | None:
    """What stands in the line below a key that ``?`` announces in YAML."""
    if '?' not in text.whole[max(0, start - 3):start]:
        return None
    close = _CLOSE.match(text.whole, end)
    below = _EXPLICIT.match(text.whole, close.end() if close else end)
    line = _before(text.whole, start)[0]
    if below is None or line.strip(' \t"\'') != '?':
        return None
    return _worth(text.whole, value_ends.end(
        text, value_ends.skip_space(text.whole, below.end()),
        value_ends.Place(len(line) - len(line.lstrip()), to_the_end=True)))


def _before(whole: str, start: int) -> tuple[str, bool]:
    """What stands before a name on its line, and whether that is all of it."""
    before = whole[max(0, start - BEFORE_CHARS_MAX):start]
    line = before.rpartition('\n')[2]
    return line, len(line) < len(before) or len(line) == start


def _may_be_secret(whole: str, at: int) -> bool:
    """Whether a value may be a secret, where the name alone does not say."""
    value = whole[at:at + looks.LOOK_CHARS_MAX]
    if value[:1] in tuple('([') and value[:1]:
        # auth=('admin', 'S')
        close = value.find(')' if value[0] == '(' else ']')
        items = re.split(r'[,\s]+', value[1:close] if close > 0 else value)
        return any(map(looks.of_credential, items[:8]))
    return looks.of_credential(value)


def _place(line: str, complete: bool, spaced: bool,
           closed: bool) -> value_ends.Place:
    last = '' if closed else line[-1:]
    if last in ('?', '&') or not closed and line.endswith('&amp;'):
        return value_ends.Place(None, stops='&#;)')
    if last == ';':
        return value_ends.Place(None, stops=';', to_the_end=True)
    quote = last if last and last in '"\'' else ''
    first = complete and _LINE_START.match(line.rstrip('"\'')) is not None
    return value_ends.Place(
        len(line) - len(line.lstrip()) if first else None, quote=quote,
        to_the_end=spaced or first)


def _in_path(line: str) -> bool:
    """Whether a name is the last part of a path or a URL."""
    words = line.split()
    run = words[-1] if words and not line[-1:].isspace() else ''
    return run.endswith('/') and (
        run.startswith(('/', '.', '…')) or run.count('/') > 1)


def _without_sign(text: spans.Text, start: int, end: int, behind: int,
                  flag: bool, says: secret_names.Says) -> spans.Span | None:
    whole = text.whole
    if whole.startswith('[', max(0, start - 1)) and whole.startswith(']', end):
        # a group of options
        return None
    quoted = behind > end
    if quoted and (comma := _COMMA.match(whole, behind)):
        return _pair(text, start, comma.end(), flag)
    if flag and (space := _AFTER_FLAG.match(whole, behind)):
        at = space.end()
        if at >= len(whole) or whole.startswith('--', at):
            return None
        return _worth(whole, value_ends.token(whole, at))
    if not quoted and whole.endswith('{', 0, start) and (
            comma := _TUPLE.match(whole, end)):
        return _worth(whole, value_ends.token(whole, comma.end()))
    if whole.startswith('(', end):
        return _call(text, start, end, says)
    # what is looked for now begins so
    if says is secret_names.Says.PERHAPS or (
            whole[behind:behind + 1] not in tuple(' \t|')):
        return None
    if cell := _CELL.match(whole, behind):
        at = cell.end()
        line_end = text.line_end(at)
        stop = whole.find('|', at, min(at + 4096, line_end))
        if stop < 0:
            stop = line_end
        if looks.of_credential(whole[at:stop]):
            return at, at + len(whole[at:stop].rstrip())
        return None
    if option := _VALUE_OPTION.match(whole, behind):
        return _worth(whole, value_ends.token(whole, option.end()))
    said = _IS.match(whole, behind) or _STATEMENT.match(whole, behind)
    if said is None or _in_path(_before(whole, start)[0]):
        return None
    at = said.end()
    if text.lower.startswith('secret', start) and _MISSING.match(whole, at):
        return None
    # PASSWORD 'S' of SQL, password S of netrc
    if whole[at:at + 1] in ('"', "'") or looks.of_credential(
            whole[at:at + looks.LOOK_CHARS_MAX]):
        return _worth(whole, value_ends.token(whole, at))
    return None


def _call(text: spans.Text, start: int, end: int,
          says: secret_names.Says) -> spans.Span | None:
    """What a class with a secret's name is made of: ``Token(id='S')``."""
    name = text.whole[start:end].rpartition('.')[2]
    if says is secret_names.Says.SECRET and name[:1].isupper():
        return _worth(text.whole, value_ends.end(
            text, end, value_ends.Place(None)))
    return None


def _pair(text: spans.Text, start: int, at: int,
          flag: bool) -> spans.Span | None:
    """The second of a pair: ``('X-Auth-Token', 'S')``."""
    whole = text.whole
    opening = ''
    if not flag:
        # most lists of names are no pairs
        before = whole[max(0, start - 20):start]
        if before[-1:] not in ('"', "'"):
            return None
        before = before[:-1].rstrip('\\')
        if before[-1:] in tuple('bBuU') and not before[-2:-1].isalnum():
            before = before[:-1]
        opening = before.rstrip()[-1:]
        if opening not in ('(', '[', ','):
            return None
    if flag and whole.startswith('--', at + 1):
        return None
    if not flag and _KEYWORD.match(whole, at):
        # StrOpt('password', secret=True, default='S')
        told = _DEFAULT.search(whole, at, at + BEFORE_CHARS_MAX)
        return _worth(whole, value_ends.end(
            text, told.end(), value_ends.Place(None))) if told else None
    span = value_ends.end(text, at, value_ends.Place(None))
    value = whole[span[0]:min(span[1], span[0] + looks.LOOK_CHARS_MAX)]
    rest = whole[span[1]:span[1] + 20].lstrip('"\'\\').lstrip()
    if (opening == ',' or opening == '[' and not rest.startswith(']')) and (
            secret_names.is_secret(value) or not looks.of_credential(value)):
        # ['db', 'password', 'S'], and not ['user', 'password', 'email']
        return None
    if not flag and secret_names.is_companion(value) and (
            not looks.of_credential(value)):
        return None
    return _worth(whole, span)


def _worth(whole: str, span: spans.Span) -> spans.Span | None:
    start, end = span
    # a value of very many characters is none of these
    if end <= start or (end - start < 60
                        and looks.says_none(whole[start:end])):
        return None
    return span


NAMED_VALUES = spans.Recognizer(
    'values of secret names', HINTS, _find)
