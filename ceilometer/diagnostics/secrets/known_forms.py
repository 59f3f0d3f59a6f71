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

"""Recognizes secrets by their form: private keys, tokens of known makes.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import spans

_BEGIN = '-----begin '
_BEGINNING = patterns.pattern(
    r'-----begin [a-z0-9 ]{0,40}private key(?: block)?-----')
_END = patterns.pattern(r'-----end [a-z0-9 ]{0,40}key(?: block)?-----')

_WORD = patterns.pattern(r'[\w-]*')

# What tokens of known makes begin with, in lower case; then the whole token.
_TOKENS = {
    # JSON Web Token
    'eyj': patterns.pattern(r'eyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?'),
    # Fernet, as Keystone has it
    'gaaaaa': patterns.pattern(r'gAAAAA[\w-]{20,}={0,2}'),
    # GitHub, GitLab, Slack, Vault, Google
    'ghp_': patterns.pattern(r'ghp_\w{20,}'),
    'gho_': patterns.pattern(r'gho_\w{20,}'),
    'github_pat_': patterns.pattern(r'github_pat_\w{20,}'),
    'glpat-': patterns.pattern(r'glpat-[\w-]{16,}'),
    'xox': patterns.pattern(r'xox[abeoprs]-[\w-]{10,}'),
    'hvs.': patterns.pattern(r'hvs\.[\w-]{20,}'),
    'aiza': patterns.pattern(r'AIza[\w-]{30,}'),
    # hashes of passwords
    '$1$': patterns.pattern(r'\$1\$[\w./]{1,16}\$[\w./]{16,}'),
    '$2': patterns.pattern(r'\$2[abxy]\$\d\d\$[\w./]{22,}'),
    '$5$': patterns.pattern(r'\$5\$[\w./=$]{20,200}'),
    '$6$': patterns.pattern(r'\$6\$[\w./=$]{20,200}'),
    '$argon2': patterns.pattern(r'\$argon2[\w,=+/.$-]{20,400}'),
    '{ssha': patterns.pattern(r'\{SSHA\d*\}[\w+/=]{16,}'),
}


def _private_keys(text: spans.Text) -> Iterator[spans.Span]:
    at = 0
    while (at := text.lower.find(_BEGIN, at)) >= 0:
        beginning = _BEGINNING.match(text.lower, at)
        if beginning is None:
            at += len(_BEGIN)
            continue
        # one that does not end was cut
        end = _END.search(text.lower, beginning.end())
        at = end.start() if end else len(text.whole)
        yield beginning.end(), at


def _tokens(text: spans.Text) -> Iterator[spans.Span]:
    for hint, form in _TOKENS.items():
        at = 0
        while (at := text.lower.find(hint, at)) >= 0:
            found = form.match(text.whole, at)
            if found is not None:
                yield found.span()
            else:
                # none begins within a word
                found = _WORD.match(text.whole, at + len(hint))
            at = found.end() if found else at + len(hint)


PRIVATE_KEYS = spans.Recognizer(
    'private keys', ('private key',), _private_keys)
TOKENS = spans.Recognizer('tokens of known makes', tuple(_TOKENS), _tokens)
