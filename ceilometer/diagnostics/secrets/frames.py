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

"""Recognizes the credentials in frames of protocols.

What a library sends to a broker or to Redis, as errors have it: bytes, or
what repr() makes of them. Lengths stand before values there.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator
import re

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import spans

#: A longer value is read up to here.
VALUE_BYTES_MAX = 1000

_AMQPLAIN = 'passwords'
_REDIS = 'auth'
# As the command MONITOR shows it: "AUTH" "default" "S"
_MONITORED = patterns.pattern(
    r'"(?:[ ]"[^"\n]{0,200}")?[ ]"([^"\n]{1,400})"')
# SMTP asks for a password in base64; the answer is in the next line.
_QUESTIONS = ('ugfzc3dvcmq6', 'cgfzc3dvcmq6', 'uefu1dpukq6', 'ugfzc3dvcmqa')
_ANSWER = patterns.pattern(
    r"""(?:\\r|\\n|[ \t\r"')]){0,9}(?:\n|\\n)
    (?:[^\n"']{0,60}?(?:send:|C:|>|\]|~)[ ]{1,4})?b?["']?
    ([\w+/=.-]{1,400})(?=\\r|[\s"']|\Z)""", re.VERBOSE)
_BYTE = r"""(?:\\x[0-9a-fA-F]{2}|\\[tnr\\'"]|[^\\])"""
_UNIT = patterns.pattern(_BYTE)
_LENGTH = patterns.pattern(rf'(?:(?:\\x00|\x00){{2}})({_BYTE})({_BYTE})')
_LINE = r'(?:\\r\\n|\r?\n)'
_WORD = patterns.pattern(rf'{_LINE}\$(\d{{1,4}}){_LINE}')
_ESCAPES = {'\\t': 9, '\\n': 10, '\\r': 13}


def _find(text: spans.Text) -> Iterator[spans.Span]:
    at = 0
    while (at := text.lower.find(_AMQPLAIN, at)) >= 0:
        at += len(_AMQPLAIN)
        length = _LENGTH.match(text.whole, at)
        if length is not None:
            start = length.end()
            at = _behind(text.whole, start,
                         _byte(length[1]) * 256 + _byte(length[2]))
            yield start, at
    at = 0
    while (at := text.lower.find(_REDIS, at)) >= 0:
        at += len(_REDIS)
        monitored = text.lower.startswith('"', at - len(_REDIS) - 1) and (
            _MONITORED.match(text.whole, at))
        if monitored:
            yield monitored.span(1)
        value = None
        # a password, or a user and a password
        for _ in range(2):
            length = (_WORD.match(text.whole, at)
                      if text.whole[at:at + 1] in tuple('\\\r\n') else None)
            if length is None:
                break
            at = _behind(text.whole, length.end(), int(length[1]))
            value = length.end(), at
        if value is not None:
            yield value
    for question in _QUESTIONS:
        at = 0
        while (at := text.lower.find(question, at)) >= 0:
            at += len(question)
            answer = _ANSWER.match(text.whole, at)
            if answer is not None:
                yield answer.span(1)


def _byte(shown: str) -> int:
    if shown in _ESCAPES:
        return _ESCAPES[shown]
    if shown.startswith('\\x'):
        return int(shown[2:], 16)
    return ord(shown[-1])


def _behind(whole: str, at: int, count: int) -> int:
    """Where a value of so many bytes ends."""
    for _ in range(min(count, VALUE_BYTES_MAX)):
        found = _UNIT.match(whole, at)
        if found is None:
            break
        at = found.end()
    return at


FRAMES = spans.Recognizer(
    'credentials in frames of protocols', (_AMQPLAIN, _REDIS, *_QUESTIONS),
    _find)
