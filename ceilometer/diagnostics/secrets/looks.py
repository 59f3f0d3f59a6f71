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

"""Whether a value looks like a credential, where its name does not decide.

Pure, for any process and thread; raises nothing for any value.
"""

from __future__ import annotations

import re

from ceilometer.diagnostics import patterns

#: Of a longer value only the beginning is looked at.
LOOK_CHARS_MAX = 100

_QUOTES = ('"', "'")
# What says that there is no secret; the last stands for a value in SQL.
_NO_SECRET = patterns.pattern(
    r"""['"]?(?:none|true|false|null|nil|yes|no|on|off|empty|unset|undefined
        |not[ ]set|<none>|\*{3,})['"]?(?![\w*-]|[^\w\s]\w)
    |(?:disabled|enabled|expired|invalid|missing|refused|denied|rejected
        |required|revoked|absent|n/a|ok|<(?:not[ ]set|unset|empty|unknown
        |redacted|hidden|omitted|sanitized)>)[ \t]*(?=[,;)\]}\r\n]|\Z)
    |(?:\?|%s|%\(\w{1,60}\)s)(?=[\s,;)\]'"]|\Z)""",
    re.VERBOSE | re.IGNORECASE)
_COMPLAINT = patterns.pattern(
    r"""(?:fail|error|denied|refuse|reject|mismatch|timed|return|exit|was|is
        |has|not|with|could|cannot|took|command|expired|change)\w*:?
        (?![\w=-])""", re.VERBOSE)
# What that begins with, but for a quote before it.
_NO_SECRET_BEGINS = (
    'n', 'true', 'false', 'yes', 'on', 'off', 'empty', 'un', '<', '***',
    'disabled', 'enabled', 'expired', 'invalid', 'missing', 're', 'denied',
    'absent', 'ok', '?', '%')
_FIRST = patterns.usual(
    r"""[bBrRuUfF]{0,2}["'(\[{<]*([^\s"'<>()\[\]{},;]*)""")
_CALL = patterns.pattern(r"""[\w.]*[A-Za-z_][(\[]|lambda\b""")
# notifications.info, volume_id, Password, disk.root-size
_WORDS = patterns.usual(r'[A-Z]?[a-z]*(?:[._:/-]{1,2}[A-Z]?[a-z]*)*\Z')
_KINDS = tuple(map(patterns.usual, ('[0-9]', '[a-z]', '[A-Z]')))
_NUMBER = patterns.usual(r'[+-]?[0-9.,:]+[a-zA-Z%]{0,2}\Z')
# sha256, HMAC-SHA1, md5, ssh-ed25519, aes-256-cbc
_ALGORITHM = patterns.pattern(
    r'(?:(?:hmac[-_]?)?(?:sha|md|blake)[-_]?\d{1,3}(?:[-_/]\d{3})?'
    r'|(?:ssh-)?(?:ed25519|x25519)|ecdsa-sha2-nistp\d{3}|rsa-?\d{4}'
    r'|aes-?\d{3}(?:-[a-z]{3})?|value\d{1,3}'
    # who it is in Windows
    r'|S-1(?:-\d{1,10}){1,15})\Z',
    re.IGNORECASE)
# self._password, conf.x.get_token(), self.get_token(session)
_REFERENCE = patterns.pattern(
    r'(?:(?:[A-Za-z_]\w{0,60}\.){1,8}|(?=[a-z_]{1,60}\())([A-Za-z_]{1,60})'
    r'(?:\((?:\*{0,2}[a-zA-Z_][a-zA-Z_.=]{0,60}(?:,[ ]|(?=\)))){0,6}\))?'
    r'(?=[ \t]*(?:[,;:)\]}#\r\n]|\Z))')
# A line of nsswitch.conf, and what a program says
_NO_PASSWORD = patterns.pattern(
    r"""passwd(?:_compat)?:[ \t]{1,40}
        (?:(?:files|systemd|sss|compat|nis|nisplus|ldap
        |db|winbind|altfiles|extrausers|hesiod|oslogin
        |\[[\w=!; ]{1,40}\])(?:[ \t]{1,40}|(?=\r?\n|\Z)))++(?=\r?\n|\Z)
    |[a-z]{2,8}passwd:[ ](?:failed|invalid|cannot|can't|unable|error
        |unrecognized|unknown|permission|no|not|bad)[ ][a-z]
    |passwd:[ ](?:password[ ](?:for|un|expiry|changed|updated|has|is|was)
        |[Aa]uthentication[ ]t|all[ ]authentication[ ]|(?:un)?locking[ ]p
        |(?:remov|expir|adjust|chang)ing[ ]\w|you[ ](?:may|must|cannot)
        |user[ ]['"]?[\w.-]{1,40}['"]?[ ]does)""", re.VERBOSE)
# mkpasswd --method=md5
_LOGIN = patterns.pattern(r'[A-Za-z][\w.@-]{0,100}:(?![/:]|\d{1,5}\Z)\S+\Z')
_REFUSED = patterns.pattern(
    r'(?i:bad|wrong|invalid|incorrect|unexpected|unknown|rejected)[ ]'
    r'(?:\w{1,20}[ ])?\Z')
# No object of Python that is complained about
_TOLD = patterns.pattern(
    r"""["'](?!NoneType)[^\s"']{1,200}["'](?![ ](?:object|has|is|not)\b)""")
# 'NoneType' object has no attribute
_OBJECT = patterns.pattern(
    r"""["'][\w.]{1,60}["'][ ]object[ ](?:has|is|does|cannot|of)\b""",
    re.VERBOSE)
_OPTIONS = patterns.pattern(r'[ \t]{1,9}--?\w')
_ERRORS = ('Error', 'Exception', 'Failure', 'Refused')
_ERROR = patterns.pattern(rf'(?:[\w.]*[a-z])?(?:{"|".join(_ERRORS)})\b')


def is_object(text: str, at: int) -> bool:
    """Whether an error of Python begins that says what it is about.

    :param text: the text
    :param at: where a value would begin
    """
    return _OBJECT.match(text, at) is not None


def is_told(text: str, start: int, line: str, at: int) -> bool:
    """Whether a complaint tells the value that it complains about.

    ``Wrong password: 'S'``, ``(using password: S)`` of MySQL.

    :param text: the text
    :param start: where the name begins
    :param line: what stands before the name on its line
    :param at: where the value begins
    """
    return line.endswith(('(using ', '(Using ')) or (
        _REFUSED.search(line) is not None
        and _TOLD.match(text, at) is not None)


def of_random(value: str) -> bool:
    """Whether a value looks as if it was made at random.

    :param value: what nobody has said anything of
    """
    value = value.strip()
    return (10 <= len(value) <= LOOK_CHARS_MAX and not re.search(r'\s', value)
            and all(kind.search(value) for kind in _KINDS)
            and of_credential(value))


def is_login(value: str) -> bool:
    """Whether a value is a user and a password in one: ``admin:S``.

    :param value: of a name that says auth
    """
    return _LOGIN.match(value) is not None


def is_complaint(text: str, at: int = 0) -> bool:
    """Whether a sentence goes on where a secret could stand.

    ``vault kv put failed``, ``password mismatch``

    :param text: the text
    :param at: where a value would begin
    """
    return _COMPLAINT.match(text, at) is not None


def is_no_password(text: str, at: int, end: int) -> bool:
    """Whether what says password is a database or a program.

    ``passwd: files systemd`` of nsswitch.conf, ``smbpasswd: failed to open``

    :param text: the text
    :param at: where the name begins
    :param end: where it ends
    """
    return text.endswith(('passwd', 'passwd_compat'), at, end) and (
        _NO_PASSWORD.match(text, at) is not None
        or _OPTIONS.match(text, end) is not None)


def says_none(value: str) -> bool:
    """Whether a value says that there is none: ``None``, ``YES)``.

    :param value: what stands behind a secret's name
    """
    begins = value[:12].lower()
    # most do not, and the expression is a large one
    return (begins[begins[:1] in _QUOTES:].startswith(_NO_SECRET_BEGINS)
            and _NO_SECRET.match(value) is not None)


def of_credential(value: str) -> bool:
    """Whether the first word of a value may be a password or a token.

    A word of a language, an identifier, a path, a number and a call are none.

    :param value: what stands behind a name that may be a secret's
    """
    value = value[:LOOK_CHARS_MAX].lstrip()
    if says_none(value) or _is_call(value) or _is_error(value):
        return False
    found = _FIRST.match(value)
    word = found[1].rstrip('.:') if found else ''
    if len(word) < 4 or word.startswith('/') or '://' in word:
        return False
    if _WORDS.match(word) or _NUMBER.match(word) or (
            word[0].lower() in 'hsmbexrav' and _ALGORITHM.match(word)):
        return False
    return not word.isascii() or sum(
        kind.search(word) is not None for kind in _KINDS) > 1


def _is_call(value: str) -> bool:
    return (('(' in value or '[' in value or 'lambda' in value)
            and _CALL.match(value) is not None)


def _is_error(value: str) -> bool:
    return (any(word in value for word in _ERRORS)
            and _ERROR.match(value) is not None)


def name_of_place(value: str) -> str | None:
    """The last name of what only says where a value is: ``self._password``.

    :param value: what stands behind a secret's name
    :returns: None where the value is no such place
    """
    found = _REFERENCE.match(value[:LOOK_CHARS_MAX * 6])
    return found[1] if found else None
