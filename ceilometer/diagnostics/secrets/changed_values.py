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

"""Recognizes what secrets were before a change, and what they became.

``password changed from 'a' to 'S'``, ``token rotated old=a new=S``,
``secret_key: 'a' -> 'S'``.

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
from ceilometer.diagnostics.secrets import sentences
from ceilometer.diagnostics.secrets import spans

#: The values stand at most so far behind the name, on its line.
DISTANCE_CHARS_MAX = 240

_QUOTED = r"""[bu]?(?:"([^"\n]{1,200})"|'([^'\n]{1,200})')"""
_NAME = patterns.usual(
    r'(?<![\w.-])(?=[\w.-]{0,80}?(?:pass|pw|secret|token|key|cred|cookie))'
    r'[\w.-]{1,200}')
# What may stand between the name and the change.
_FOLLOWS = patterns.pattern(
    r"""(?:'s\b|["']?\]?)[ ]{0,3}(?:(?:[:,;(|-]|(?:for|of|in)[ ]
    (?:(?:user|option|the)[ ]){0,2}[\w./'"@-]{1,60}
    |(?:was|were|has|have|had|been|is|changed|modified|updated|rotated|replaced
    |reset|set|differs?|different|mismatch|option|values?|due|overridden
    |and|was)\b)[ ]{0,3})*+""", re.VERBOSE)
_STATES = ('old', 'new', 'before', 'after', 'previous', 'prev', 'current',
           'now', 'was', 'expected', 'actual', 'got', 'given', 'cached',
           'stored')
_STATE = f'(?:{"|".join(_STATES)})'
#: What each change has one of.
_SIGNS = ('->', '=>', '\u2192', '!=', '==', 'vs', 'from ', 'to ', 'into ',
          *_STATES)
_CHANGE = patterns.pattern(
    rf"""{_STATE}(?:[ _-]?(?:val(?:ue)?|password|secret|token|key))?["']?
    [ ]?[=:]{{1,2}}[ ]?{directives.VALUE}
    |from[ ]{directives.VALUE}[ ](?:to|into)[ ]{directives.VALUE}
    |(?:to|into|{_STATE})[ ]{_QUOTED}
    |{_QUOTED}[ ]?(?:->|=>|\u2192|!=|==|vs\.?)[ ]?{_QUOTED}""", re.VERBOSE)
# Which of its groups are in no quotes.
_BARE = (3, 6, 9)


def _find(text: spans.Text) -> Iterator[spans.Span]:
    if not text.has(_SIGNS):
        return
    lower = text.lower
    at = 0
    while (named := _NAME.search(lower, at)) is not None:
        at = named.end()
        if not secret_names.is_secret(text.whole[named.start():at].strip(
                '.-')):
            continue
        end = min(text.line_end(at), at + DISTANCE_CHARS_MAX)
        if not spans.has_any(lower[at:end], _SIGNS):
            continue
        begin = at
        while (gap := _FOLLOWS.match(lower, begin, end)) and (
                change := _CHANGE.match(lower, gap.end(), end)):
            begin = change.end()
            yield from _values(text, change)
        at = max(at, begin)


def _values(text: spans.Text, change: re.Match[str]) -> Iterator[spans.Span]:
    for number in range(1, len(change.groups()) + 1):
        start, stop = change.span(number)
        value = text.whole[max(0, start):max(0, stop)]
        if number in _BARE:
            value = value.rstrip(',;)]}.')
            if sentences.is_said(value.lower()):
                continue
        if value and not looks.says_none(value):
            yield start, start + len(value)


CHANGED_VALUES = spans.Recognizer(
    'secrets before and after a change', named_values.HINTS, _find)
