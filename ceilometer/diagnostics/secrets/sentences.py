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

"""Recognizes passwords that sentences tell.

``the password is S``, ``password S`` alone on a line, ``Overriding password
with 'S'``. What a sentence says of a password is left as it is, ``the password
is too short``: a word that people say of passwords is no password here.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator
import re

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import directives
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import named_values
from ceilometer.diagnostics.secrets import spans

_PASSWORDS = ('password', 'passwd', 'passphrase', 'passcode')
_PASSWORD = f'(?:{"|".join(_PASSWORDS)})'
#: What a sentence says of a password, in its last word.
_PREDICATES = frozenset("""
    invalid valid wrong right correct incorrect expired expiring required
    needed necessary mandatory optional missing absent present empty blank set
    unset reset changed unchanged updated given provided supplied specified
    unspecified defined undefined configured unconfigured stored saved
    encrypted decrypted encoded hashed salted masked hidden shown visible
    redacted obfuscated omitted logged printed sent received read written used
    unused reused known unknown unrecognized recognized accepted rejected
    refused denied allowed permitted forbidden disabled enabled locked unlocked
    revoked rotated generated created deleted removed lost forgotten found
    checked verified unverified validated compared tested matched mismatched
    weak strong short long longer shorter simple complex guessable common
    trivial insecure secure safe unsafe compromised leaked exposed stale old
    new outdated obsolete deprecated current fresh temporary permanent random
    randomly default same different identical equal similar ok okay fine good
    bad broken corrupt corrupted malformed truncated unreadable readable
    unavailable available unsupported supported ignored expected unexpected
    ambiguous sensitive protected unprotected plain plaintext cleartext clear
    text ascii none null nil true false yes no not now never always only also
    still already too very about being a an the it that this what as in on at
    by for from to up out off over there here where when how why whether due
    ready done public private secret confidential inherited injected mounted
    loaded cached kept passed prompted asked entered typed rejected retried
    failed failing working successful unsuccessful successfully
    identified authenticated synced synchronized copied managed mine yours his
    theirs ours and or but because if unless until while per via within
    """.split())
#: What has a password in its name and is none: ``password policy``.
_NOUNS = frozenset("""
    authentication reset policy policies manager management change changes
    expiry expiration prompt prompts field fields file files hash hashes
    hashing database store vault setting settings rule rules recovery rotation
    login logins auth plugin plugins method methods check checks checking
    validation validator generation generator update updates mismatch
    mismatches retry retries attempt attempts length strength complexity
    history age aging quality entry entries type types option options error
    errors failure failures verification protection encryption storage safe
    algorithm backend provider helper agent callback query request requests
    response word words list lists grant flow credential credentials user
    users string strings value values hint hints name names id ids age cache
    must may can cannot could should will would shall does did do has have had
    was were is are be been fails error: prompted: lockout lifetime manually
    interactively successfully again twice first only
    """.split())
_QUOTED = r"""(?:"([^"\n]{1,400})"|'([^'\n]{1,400})')"""
# Whose it is: for admin, of user x
_WHOSE = r'(?:[ ](?:for|of)[ ][^\n=:]{1,60}?)?'
_WORD = r"""([^\s"'()\[\]{}<>:=]{3,100}?)"""
_CLAUSE_END = (r'(?=[.,;!?)\]]{0,2}(?:\s{0,9}(?:\r?\n|\Z)|["\'])'
               r'|[,;.!][ ]|[ ](?:and|but|for|on|at|from)[ ])')
_IS = patterns.pattern(
    rf"""\b{_PASSWORD}["']?{_WHOSE}[ ]
    (?:(?:is|was|will[ ]be)(?:[ ]now)?
    |(?:(?:is|was|has[ ]been|will[ ]be|been|gets|got)[ ])?(?:now[ ])?
     (?:re)?(?:set|changed|updated|rotated)[ ]to)[ ]
    {_WORD}{_CLAUSE_END}""", re.VERBOSE)
_VERBS = (' is ', ' was ', ' be ', ' to ')
_READS = patterns.pattern(
    rf"""\b\w{{0,20}}(?:passwort|kennwort|wachtwoord)[ ](?:lautet|luidt)[ :]
    {{1,3}}{directives.VALUE}""", re.VERBOSE)
# The verb stands before it: Overriding password with 'S'
_REPLACED = patterns.pattern(
    rf"""\b(?:overrid|overwr|replac|updat|set|chang|reset|rotat|encrypt
    |decrypt|unlock|protect|assign)
    \w{{0,6}}[ ](?:\w{{1,20}}[ ]){{0,4}}?["']?[\w.-]{{0,40}}
    (?:{_PASSWORD}|secret|token|api_?key|access_key|secret_key)["']?
    {_WHOSE}[ ](?:with|by|to|as|using)[ ]{_QUOTED}
    (?![ ]{{0,3}}(?:user|client|plugin|object|group|option|section|method
    |driver|backend|in[ ]))""", re.VERBOSE)
_ALONE = patterns.pattern(
    rf'{directives.START}({_PASSWORD})[ ]([^\s"\'():=|]{{3,100}})'
    rf'{directives.END}')
_QUOTED_WITH = tuple(
    f' {word} {quote}' for word in ('with', 'by', 'to', 'as', 'using')
    for quote in '"\'')
# with password S
_PREPOSITIONS = ('with ', 'using ', 'via ')
_WITH = patterns.pattern(
    rf'\b(?:{"|".join(_PREPOSITIONS)})(?:the[ ]|a[ ])?{_PASSWORD}[ ]["\']?'
    rf'{_WORD}["\']?{_CLAUSE_END[:-1]}|[ ]against|[ ]to[ ]|[ ]as[ ])')
_KEY = patterns.pattern(
    rf'\b(?:de|en)crypt\w{{0,6}}[ ](?:[\w.-]{{1,40}}[ ]){{0,3}}(?:with|using)'
    rf'[ ](?:the[ ])?key[ ]{_QUOTED}')
# Wrong password 'S'
_COMPLAINTS = ('wrong ', 'bad ', 'invalid ', 'incorrect ', 'rejected ',
               'unexpected ')
_WRONG = patterns.pattern(
    rf'\b(?:{"|".join(_COMPLAINTS)})'
    rf'(?:\w{{1,20}}[ ])?{_PASSWORD}[ ]{_QUOTED}')


def _find(text: spans.Text) -> Iterator[spans.Span]:
    lower = text.lower
    if text.has(_PASSWORDS):
        if text.has(_VERBS):
            for found in _IS.finditer(lower):
                word = found[1].rstrip('.,;!?')
                if not is_said(word):
                    yield found.start(1), found.start(1) + len(word)
        for found in _ALONE.finditer(lower):
            if text.whole[found.start(1)] == 'p' and not is_said(
                    found[2].rstrip('.,;!?')) and found[2] not in _NOUNS:
                yield found.span(2)
        if text.has(_PREPOSITIONS):
            for found in _WITH.finditer(lower):
                if not is_said(found[1]) and found[1] not in _NOUNS:
                    yield found.span(1)
        if text.has(_COMPLAINTS):
            yield from directives.values(text, _WRONG)
    if 'crypt' in lower:
        yield from directives.values(text, _KEY)
    if 'lautet' in lower or 'luidt' in lower:
        yield from directives.values(text, _READS)
    if text.has(_QUOTED_WITH):
        yield from directives.values(text, _REPLACED)


def is_said(word: str) -> bool:
    """Whether a word says something of a password, and is none.

    :param word: in lower case
    """
    return word in _PREDICATES or looks.says_none(word) or (
        looks.is_complaint(word))


SENTENCES = spans.Recognizer(
    'passwords that sentences tell', named_values.HINTS, _find)
