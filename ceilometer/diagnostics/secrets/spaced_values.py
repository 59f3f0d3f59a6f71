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

"""Recognizes values of names with a space in them, or nothing else behind.

``secret key = S``, ``Enter passphrase for key '/x': S``, ``password    S``,
``login u`` and ``password S`` of netrc, ``git config x.token S``,
``"password";"S"``.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator
import re

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import directives
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import named_values
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans

_SPACE = directives.SPACE
_VALUE = directives.VALUE
_END = directives.END
_START = directives.START
# What a key locks, in names of two words.
_KEY_OF = '|'.join(sorted(secret_names.KEY_OF, key=len, reverse=True))
_NAME = r'[\w.-]{0,40}(?:password|passwd|passphrase|secret|token)'
_FORMS = tuple(map(patterns.pattern, (
    # what people are asked for: Enter passphrase for key '/x': S
    rf'(?:\b(?:enter|new|retype|re-enter|repeat|confirm)[ ][^\n:]{{0,60}}?'
    rf'|\[sudo\][ ]|\b[a-z]{{2,20}}:[ ]|{_START})'
    rf'(?:password|passphrase)[ ]for[ ][^\n]{{1,200}}?:{_SPACE}'
    rf'(?!["\'])([^\s"\']{{1,400}}){_END}',
    rf'\b(?:password|passphrase)[ ](?:\[[^\]\n]{{0,60}}\]|\([^)\n]{{1,60}}\))'
    rf'[ ]?:{_SPACE}{_VALUE}{_END}',
    rf'\b(?:password|passphrase|passcode|secret|token)[ ](?:is|was):{_SPACE}'
    rf'{_VALUE}{_END}',
    rf'\b[\w.-]{{0,40}}(?:password|passwd|_pass|secret|token)[ ]'
    rf'(?:generated|returned|issued|received|sent|entered|payload)[ ]?:[ ]'
    rf'{_VALUE}{_END}',
    # names of two words: secret key = S
    rf'\b(?:{_KEY_OF})[ ]key[ ]{{0,3}}[=:][ ]{{0,3}}(?!/|\w{{0,20}}[({{\[])'
    rf'{_VALUE}(?=[ \t]{{0,40}}(?:[,;)\r\n]|\Z))',
    # two columns
    rf'{_START}{_NAME}[ ]{{2,60}}{_VALUE}{_END}',
    rf'{_START}{_NAME}\t{{1,6}}[ ]{{0,40}}{_VALUE}{_END}',
    # the lines of netrc
    rf'\b(?:login|account)\s{{1,40}}\S{{1,100}}\s{{1,40}}password{_SPACE}'
    rf'{_VALUE}{_END}',
    rf'\bpassword{_SPACE}{_VALUE}\s{{1,40}}login\s',
    # what a program is told to keep
    rf'\b(?:configure[ ]set|(?:git|npm|pip|pip3|oc|kubectl|heat|pcs'
    rf'|poetry|composer|helm)[ ]config(?:[ ]--?[\w-]{{1,40}}){{0,4}}'
    rf'(?:[ ]set)?)[ ]["\']?[\w./:@-]{{0,100}}(?:password|passwd|secret|token'
    rf'|_key|apikey|api-key)["\']?[ =]{_VALUE}',
    rf'\b(?:crudini|openstack-config)[ ](?:--[\w=-]{{1,40}}[ ]){{0,4}}--set'
    rf'(?:[ ]--[\w=-]{{1,40}}){{0,4}}[ ]\S{{1,200}}[ ]\S{{1,100}}[ ]'
    rf'["\']?[\w-]{{0,100}}(?:password|passwd|secret|token|_key)["\']?[ ]'
    rf'{_VALUE}',
)))
# What each of them has one of, in their order.
_SIGNS = (('password for ', 'passphrase for '),
          ('password [', 'password (', 'passphrase [', 'passphrase ('),
          ('is:', 'was:'),
          ('generated', 'returned', 'issued', 'received', 'sent', 'entered',
           'payload'), (' key',), ('  ',), ('\t',), ('login', 'account'),
          ('login',), (' config ', 'configure set'), ('--set',))
# "password";"S" on a line of its own
_TWO_CELLS = patterns.pattern(
    r'''(?:\A|(?<=\n)|(?<=[\]:]))[ \t]{0,40}"([\w.-]{1,60})"[ ]?[,;\t|][ ]?
    "([^"\n]{1,400})"(?=[ \t]{0,40}(?:\r?\n|\Z))''', re.VERBOSE)


def _find(text: spans.Text) -> Iterator[spans.Span]:
    for form, signs in zip(_FORMS, _SIGNS, strict=True):
        if text.has(signs):
            yield from directives.values(text, form)
    if '"' not in text.whole:
        return
    for found in _TWO_CELLS.finditer(text.whole):
        value = found[2]
        if secret_names.is_secret(found[1]) and not (
                secret_names.is_companion(value)
                or looks.says_none(value)):
            yield found.span(2)


SPACED_VALUES = spans.Recognizer(
    'values of names with a space', named_values.HINTS, _find)
