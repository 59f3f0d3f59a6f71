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

"""Recognizes secrets in statements of SQL that name no column.

Of ``INSERT INTO user VALUES ('u', 'S')`` the table tells that there is a
secret, of ``AES_DECRYPT(x, 'S')`` the function.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans
from ceilometer.diagnostics.secrets import value_lists

#: A row or a call has at most so many values.
ITEMS_MAX = 1000
#: So many characters of a function's arguments are looked at.
ARGUMENTS_CHARS_MAX = 4000

HINTS = ('into', 'crypt', 'hmac(')

_INSERT = patterns.pattern(
    r'\binto\s{1,9}([\w.`"\[\]]{1,128})(?:\s{1,50}|(?<=[`"\]]))'
    r'values?\s{0,50}(?=\()')
_NEXT_ROW = patterns.pattern(r'\s{0,50},\s{0,50}(?=\()')
_PLACEHOLDER = patterns.pattern(r'(?:\?|%s|%\(|[:@]\w|\$\d)')
_DATE = patterns.pattern(r'\d{4}-\d\d-\d\d(?:[T ][\d:.,+Z-]*)?\Z')
# The last word of a table whose rows have a name first, then a password.
_USERS = ('user', 'users', 'account', 'accounts', 'login', 'logins',
          'member', 'members', 'admin', 'admins')
# Which arguments of a function are secret.
_FUNCTIONS = {
    'crypt': (0,), 'hmac': (1,),
    'aes_encrypt': (0, 1), 'aes_decrypt': (1,),
    'des_encrypt': (0, 1), 'des_decrypt': (1,),
    'pgp_sym_encrypt': (0, 1), 'pgp_sym_decrypt': (1,),
    'pgp_sym_encrypt_bytea': (0, 1), 'pgp_sym_decrypt_bytea': (1,),
    'pgp_pub_decrypt': (1, 2), 'pgp_pub_decrypt_bytea': (1, 2),
    'encryptbypassphrase': (0, 1), 'decryptbypassphrase': (0,),
}
_FUNCTION = patterns.pattern(
    r'(?<!\w)(' + '|'.join(sorted(_FUNCTIONS, key=len, reverse=True))
    + r')\s?(?=\()')
#: What a value that is bound goes by then.
_BOUND = 'password'


def of_rows(text: spans.Text, bound: dict[int, str]) -> Iterator[spans.Span]:
    """Secrets among values whose columns are those of the table.

    :param text: the text
    :param bound: takes a secret's name for what stands for a value that
        stands elsewhere, by its place
    """
    whole = text.whole
    at = 0
    while (found := _INSERT.search(text.lower, at)) is not None:
        at = found.end()
        table = found[1].rpartition('.')[2].strip('`"[]')
        is_secret = secret_names.says(table) is secret_names.Says.SECRET
        is_users = table.rpartition('_')[2] in _USERS
        more = True
        while more:
            values, end = value_lists.items(
                text, at, len(whole), ITEMS_MAX)
            yield from _of_row(whole, values, bound, is_secret, is_users)
            row = _NEXT_ROW.match(whole, end) if end >= 0 else None
            at = max(at, row.end() if row else end)
            more = row is not None


def _of_row(whole: str, values: list[spans.Span], bound: dict[int, str],
            is_secret: bool, is_users: bool) -> Iterator[spans.Span]:
    # the first one is the name of the user
    left = 0 if is_secret else 1
    for item in values:
        inside = value_lists.inside(whole, item)
        if inside is None:
            if (is_secret or is_users) and _PLACEHOLDER.match(
                    whole, *item):
                left -= 1
                if left < 0:
                    bound[item[0]] = _BOUND
            continue
        value = whole[inside[0]:min(
            inside[1], inside[0] + looks.LOOK_CHARS_MAX)]
        left -= 1
        if is_secret or is_users and left < 0:
            hidden = not looks.says_none(value) and not _DATE.match(value)
        else:
            hidden = looks.of_random(value)
        if hidden and inside[1] > inside[0]:
            yield inside


def of_functions(text: spans.Text,
                 bound: dict[int, str]) -> Iterator[spans.Span]:
    """Secrets among what functions that encrypt are called with.

    :param text: the text
    :param bound: see :func:`of_rows`
    """
    whole = text.whole
    for found in _FUNCTION.finditer(text.lower):
        given, _ = value_lists.items(
            text, found.end(), min(len(whole), found.end()
                                   + ARGUMENTS_CHARS_MAX), 4)
        for number in _FUNCTIONS[found[1]]:
            if number >= len(given):
                continue
            inside = value_lists.inside(whole, given[number])
            if inside is not None and inside[1] > inside[0]:
                yield inside
            elif _PLACEHOLDER.match(whole, *given[number]):
                bound[given[number][0]] = _BOUND
