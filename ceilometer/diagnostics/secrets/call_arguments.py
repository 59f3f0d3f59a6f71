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

"""Recognizes secrets among what a function is called with.

Its name says which of them is one: ``login('u', 'S')``. Source code that says
the same with names, ``login(user, password)``, tells no secret.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans
from ceilometer.diagnostics.secrets import value_lists

#: So many arguments, and characters of them, are looked at.
ARGUMENTS_MAX = 4
ARGUMENTS_CHARS_MAX = 2000

_CALL = patterns.usual(r'(?<![\w.])[\w.]{1,200}[ ]?(?=\()')
_KEYWORD = patterns.pattern(r'[A-Za-z_]\w{0,60}=')
# ldap3: Connection(server, 'cn=admin,dc=x', 'S')
_BIND_DN = patterns.pattern(r"""[bu]?["'](?i:cn|uid|ou)=""")
# What follows the name of a user there is a password.
_LOGINS = ('login', 'logon', 'signin', 'authenticate', 'auth',
           'authentication', 'credentials', 'simplebind', 'simplebinds',
           'binds', 'createuser', 'adduser', 'usernamepassword', 'userpass',
           'authplain', 'basicauthstr', 'usmuserdata', 'computesignature',
           'verifysignature', 'basicauthhandler', 'authpassword',
           'secretsetvalue', 'usernamepwset')
# A host or a version, a user, a password.
_CONNECTS = ('connect',)
_CLIENTS = ('client', 'connection', 'session')
# What such a thing is made of is a key.
_COMMUNITY = 'communitydata'
_KEYS = (_COMMUNITY, 'fernet', 'aesgcm', 'hmacnew')
_CHANGES = ('set', 'change', 'reset', 'update')
# Which of their arguments is the secret.
_KEYED = {'jwt.encode': 1, 'jwt.decode': 1, 'jws.sign': 1, 'jws.verify': 1,
          'pbkdf2_hmac': 1, 'hashpw': 0, 'checkpw': 0, 'crypt.crypt': 0,
          'hashlib.scrypt': 0, 'password': 0, 'passwd': 0,
          'sha512_crypt.hash': 0, 'generate_password_hash': 0}
# setattr(x, 'password', 'S')
_SETTERS = ('setattr', 'getattr', 'set', 'setenv', 'putenv', 'setoverride',
            'setdefault', 'getenv')

HINTS = ('login', 'log_in', 'logon', 'signin', 'sign_in', 'auth', 'bind',
         'cred', 'user', 'passw', 'attr(', 'env(', 'set(', 'override(',
         'default(', 'connect', 'client', 'session', 'community', 'usm',
         'fernet', 'aes', 'hmac', 'jwt', 'jws', 'hashpw', 'checkpw',
         'crypt', 'signature', 'secretsetvalue')


def _find(text: spans.Text) -> Iterator[spans.Span]:
    whole = text.whole
    for found in _CALL.finditer(text.lower):
        name = found[0].rstrip().rpartition('.')[2]
        compact = name.replace('_', '')
        if name == 'new':
            compact = found[0].rstrip().replace('.', '')
        is_key = compact in _KEYS
        is_client = compact.endswith(_CLIENTS + _CONNECTS) or (
            compact.startswith(_CONNECTS))
        is_login = compact.endswith(_LOGINS)
        is_setter = compact in _SETTERS
        is_password = not is_login and secret_names.is_password(name)
        keyed = _KEYED.get(found[0].rstrip()) or _KEYED.get(name)
        if not (is_login or is_setter or is_password or is_key or is_client
                or keyed is not None):
            continue
        arguments, _ = value_lists.items(
            text, found.end(), min(len(whole), found.end()
                                   + ARGUMENTS_CHARS_MAX), ARGUMENTS_MAX)
        given = [item for item in arguments
                 if not _KEYWORD.match(whole, *item)]
        if keyed is not None:
            yield from _of_position(whole, given, keyed)
            continue
        if is_key or is_client:
            yield from _of_client(
                whole, given if compact == _COMMUNITY or not is_key
                else given[:1], is_key, compact.endswith(_CONNECTS))
            continue
        if is_setter:
            given = _after_names(whole, given)
        elif len(given) > 1 and not (
                is_password and not name.startswith(_CHANGES)):
            # the first one is the user
            given = given[1:]
        for item in given:
            span = value_lists.secret(whole, item, False)
            if span is not None and (
                    is_setter or is_login and item is not arguments[0]
                    or is_password and name.startswith(_CHANGES)
                    or looks.of_credential(whole[span[0]:min(
                        span[1], span[0] + looks.LOOK_CHARS_MAX)])):
                yield span


def _of_position(whole: str, given: list[spans.Span],
                 number: int) -> Iterator[spans.Span]:
    """The argument that is secret, where it is in quotes."""
    if number < len(given) and value_lists.inside(
            whole, given[number]) is not None:
        span = value_lists.secret(whole, given[number], False)
        if span is not None:
            yield span


def _of_client(whole: str, given: list[spans.Span], is_key: bool,
               is_connect: bool) -> Iterator[spans.Span]:
    """What a client is made of that is no host and no user."""
    # a port may stand behind the host
    password_at = 3 if len(given) > 1 and whole[
        given[1][0]:given[1][1]].isdigit() else 2
    for number, item in enumerate(given):
        span = value_lists.secret(whole, item, False)
        if span is None:
            continue
        start, end = span
        value = whole[start:min(end, start + looks.LOOK_CHARS_MAX)]
        if is_key or is_connect and number == password_at or (
                number and _BIND_DN.match(whole, given[number - 1][0])
                and (start, end) != item) or (
                number and looks.of_credential(value)
                and any(map(str.isdigit, value))):
            yield span


def _after_names(whole: str, given: list[spans.Span]) -> list[spans.Span]:
    """What stands behind the name of a secret."""
    found = []
    for item, following in zip(given, given[1:], strict=False):
        name = value_lists.inside(whole, item)
        if name is not None and secret_names.is_secret(whole[slice(*name)]):
            found.append(following)
    return found


CALL_ARGUMENTS = spans.Recognizer(
    'arguments of calls', HINTS, _find, sign='(')
