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

# A key stands in PEM's armour, in that of SSH2 and OpenVPN, or in a URL.
_GAP = r'(?:[ +]|%20)'
_WORDS = rf'{_GAP}(?:[a-z0-9]{{1,20}}{_GAP}){{0,4}}'
_BEGIN = 'begin'
_BEGINNING = patterns.pattern(
    rf'begin{_WORDS}(?:private|static){_GAP}key(?:{_GAP}(?:block|v\d))?'
    r'(?: ?-{4,5})')
_END = patterns.pattern(rf'-{{4,5}} ?end{_WORDS}key(?![a-z])')
_LINES_OF_PUTTY = 'private-lines:'
_END_OF_PUTTY = patterns.pattern(r'private-mac:[^\n]*')

_WORD = patterns.pattern(r'[\w-]*')

#: The shortest token of a known make that is a word, in characters.
TOKEN_CHARS_MIN = 15

# What tokens of known makes begin with, as they are written; then the whole
# token.
_TOKENS = {
    # JSON Web Token
    'eyJ': patterns.pattern(r'eyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?'),
    # Fernet, as Keystone has it
    'gAAAAA': patterns.pattern(r'gAAAAA[\w-]{20,}={0,2}'),
    # GitHub, GitLab, Slack, Vault, Google
    'ghp_': patterns.pattern(r'ghp_\w{20,}'),
    'gho_': patterns.pattern(r'gho_\w{20,}'),
    'github_pat_': patterns.pattern(r'github_pat_\w{20,}'),
    'glpat-': patterns.pattern(r'glpat-[\w-]{16,}'),
    'xox': patterns.pattern(r'xox[abeoprs]-[\w-]{10,}'),
    'hvs.': patterns.pattern(r'hvs\.[\w-]{20,}'),
    'AIza': patterns.pattern(r'AIza[\w-]{30,}'),
    'ghu_': patterns.pattern(r'ghu_\w{20,}'),
    'ghs_': patterns.pattern(r'ghs_\w{20,}'),
    'glrt-': patterns.pattern(r'glrt-[\w-]{16,}'),
    'hvb.': patterns.pattern(r'hvb\.[\w-]{20,}'),
    'npm_': patterns.pattern(r'(?<!\w)npm_[A-Za-z0-9]{30,}'),
    'pypi-': patterns.pattern(r'(?<!\w)pypi-AgE[\w-]{30,}'),
    'sk_live_': patterns.pattern(r'(?<!\w)sk_live_\w{16,}'),
    'ya29.': patterns.pattern(r'(?<!\w)ya29\.[\w-]{20,}'),
    'AGE-SECRET-KEY-': patterns.pattern(r'AGE-SECRET-KEY-1\w{20,}'),
    # Ceph
    'AQ': patterns.pattern(r'(?<![\w+/])AQ[\w+/]{36}=='),
    # a token of Kubernetes, as websockets have it
    'authorization.k8s.io.': patterns.pattern(
        r'authorization\.k8s\.io\.[\w-]+'),
    # both keys of AWS
    'AKIA': patterns.pattern(
        r'AKIA[A-Z0-9]{12,16}["\']?[\s:/,]{1,5}["\']?[A-Za-z0-9/+]{40}'
        r'(?![\w/+])'),
    'ASIA': patterns.pattern(
        r'ASIA[A-Z0-9]{12,16}["\']?[\s:/,]{1,5}["\']?[A-Za-z0-9/+]{40}'
        r'(?![\w/+])'),
    # addresses that whoever knows them may write to
    'hooks.slack.com/': patterns.pattern(
        r'hooks\.slack\.com/\w+/[\w-]{1,40}/[\w-]{1,40}/[\w-]+'),
    'office.com/webhook': patterns.pattern(
        r'office\.com/webhook\w*/[^\s"\'<>]+'),
    'discord.com/api/webhooks/': patterns.pattern(
        r'discord\.com/api/webhooks/\d{1,30}/[\w-]+'),
    'api.telegram.org/bot': patterns.pattern(
        r'api\.telegram\.org/bot[\w:-]+'),
    # SASL PLAIN, as repr() has it: no user to act for, a user, a password
    '\\x00': patterns.pattern(
        r'(?<=["\'])\\x00[^\\\s"\']{1,100}\\x00[^\\\s"\']{1,200}'
        # the same behind a user: no option, no path, no variable
        r'|(?<=[\w.@])\\x00(?:[\w.@-]{1,100}\\x00)?(?![-/]|\d{1,9}["\'])'
        r'[^\\\s"\'=]{3,200}(?=["\'])'),
    '\0': patterns.pattern(
        r'(?:(?<![^\s"\'])|(?<=[\w.@]))\0[\w.@-]{1,100}\0'
        r'[^\0\s=/-][^\0\s=]{2,200}(?=\s|\Z)'),
    '\\0': patterns.pattern(
        r'\\0[\w.@-]{1,100}\\0[^\\\s"\']{3,200}'),
    # qemu's objects
    'secret,': patterns.pattern(
        r'secret,(?:[\w-]{1,40}=[^,\s]{1,100},){0,5}data=[^,\s"\']+'),
    # hashes of passwords
    '$y$': patterns.pattern(
        r'\$y\$[\w./]{1,12}\$[\w./]{1,90}\$[\w./]{16,90}'),
    '$apr1$': patterns.pattern(r'\$apr1\$[\w./]{1,16}\$[\w./]{16,}'),
    '$pbkdf2': patterns.pattern(r'\$pbkdf2[\w./=$,+-]{20,400}'),
    '$scrypt$': patterns.pattern(r'\$scrypt\$[\w./=$,+-]{20,400}'),
    '$1$': patterns.pattern(r'\$1\$[\w./]{1,16}\$[\w./]{16,}'),
    '$2': patterns.pattern(r'\$2[abxy]\$\d\d\$[\w./]{22,}'),
    '$5$': patterns.pattern(r'\$5\$[\w./=$]{20,200}'),
    '$6$': patterns.pattern(r'\$6\$[\w./=$]{20,200}'),
    '$argon2': patterns.pattern(r'\$argon2[\w,=+/.$-]{20,400}'),
    '{SSHA': patterns.pattern(r'\{SSHA\d*\}[\w+/=]{16,}'),
}


def _private_keys(text: spans.Text) -> Iterator[spans.Span]:
    yield from _keys_of_putty(text)
    at = 0
    while (at := text.lower.find(_BEGIN, at)) >= 0:
        beginning = _BEGINNING.match(text.lower, at)
        if beginning is None or not text.whole.endswith(
                ('----', '---- '), 0, at):
            at += len(_BEGIN)
            continue
        # one that does not end was cut
        end = _END.search(text.lower, beginning.end())
        at = end.start() if end else len(text.whole)
        yield beginning.end(), at


def _keys_of_putty(text: spans.Text) -> Iterator[spans.Span]:
    at = 0
    while (at := text.lower.find(_LINES_OF_PUTTY, at)) >= 0:
        start = text.line_end(at)
        end = _END_OF_PUTTY.search(text.lower, start)
        at = end.end() if end else len(text.whole)
        yield start, at


def _tokens(text: spans.Text) -> Iterator[spans.Span]:
    for beginning, form in _TOKENS.items():
        at = 0
        while (at := text.whole.find(beginning, at)) >= 0:
            found = form.match(text.whole, at)
            if found is not None:
                yield found.span()
            else:
                # none begins within a word
                found = _WORD.match(text.whole, at + len(beginning))
            at = found.end() if found else at + len(beginning)


PRIVATE_KEYS = spans.Recognizer(
    'private keys', (
        'private key', 'private%20key', 'private+key', 'static key',
        _LINES_OF_PUTTY), _private_keys)
TOKENS = spans.Recognizer(
    'tokens of known makes', tuple(map(str.lower, _TOKENS)), _tokens)
