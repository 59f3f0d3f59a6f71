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

"""Recognizes what elements of XML with secret names hold.

Attributes with such names are :mod:`.named_values`. Pure, for any process and
thread; raises nothing for any text.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator
import re

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import named_values
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans

_TAG = patterns.pattern(r'<(?:[\w.-]{1,100}:)?([\w.-]{1,200})')
_ATTRIBUTE = patterns.pattern(
    r"""\s(value|content|text|val|data|default|string|current|id|body)\s{0,9}=
    \s{0,9}(?:"([^"]*)"|'([^']*)')""", re.VERBOSE)
#: So many characters the attributes of an element may have.
ATTRIBUTES_CHARS_MAX = 1000


def _find(text: spans.Text) -> Iterator[spans.Span]:
    at = 0
    while (at := text.lower.find('<', at)) >= 0:
        tag = _TAG.match(text.whole, at)
        at = tag.end() if tag else at + 1
        if tag is None:
            continue
        says = secret_names.says(tag[1])
        if says is secret_names.Says.NOTHING:
            continue
        opened = text.whole.find('>', at, at + ATTRIBUTES_CHARS_MAX)
        yield from _attributes(text, at, text.line_end(at) if opened < 0
                               else opened)
        if opened < 0 or text.whole[opened - 1] == '/':
            continue
        start = opened + 1
        name = tag[0][1:].lower()
        closing = text.closing_tags(name)
        number = bisect.bisect_left(closing, start)
        if number < len(closing):
            end = closing[number]
        else:
            # cut: up to the next element, or the end of the line
            end = text.line_end(start)
            following = text.whole.find('<', start, end)
            end = following if following >= 0 else end
            # AUTH <password> called without any: an argument's name
            if text.whole[start:start + 1].isspace() and (
                    not looks.of_credential(
                        text.whole[start:start + looks.LOOK_CHARS_MAX])):
                continue
        if says is secret_names.Says.PERHAPS and not looks.of_credential(
                text.whole[start:start + looks.LOOK_CHARS_MAX]):
            continue
        if not looks.says_none(text.whole[start:min(end, start + 40)]):
            yield start, end
            at = max(at, end)


def _attributes(text: spans.Text, at: int,
                end: int) -> Iterator[spans.Span]:
    """What an element with a secret name says in attributes of other names.

    :param at: where its name ends
    :param end: where its tag ends
    """
    for found in _ATTRIBUTE.finditer(
            text.whole, at, min(end, at + ATTRIBUTES_CHARS_MAX)):
        value = found[2] or found[3] or ''
        if value and not looks.says_none(value) and (
                found[1] != 'id' or looks.of_credential(value)
                or text.lower.endswith('token', 0, at)
                and not value.isdigit()):
            yield found.span(2 if found[2] else 3)


ELEMENTS = spans.Recognizer(
    'elements of XML', named_values.HINTS, _find, sign='<')
