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

"""Recognizes values whose name is a value itself.

``{'name': 'password', 'default': 'S'}``, the ``- name:`` and ``value:`` of
Kubernetes, ``<property><name>password</name><value>S</value>``.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import named_values
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans
from ceilometer.diagnostics.secrets import value_ends

#: What the name of a value is called, and the value, in lower case.
NAMES = frozenset(('name', 'key', 'id', 'option', 'field', 'header', 'k',
                   'param', 'parameter', 'variable', 'var', 'setting',
                   'property', 'opt', 'arg', 'attribute', 'env', 'n'))
VALUES = frozenset(('value', 'default', 'val', 'content', 'data', 'current',
                    'v', 'values', 'text', 'raw', 'old', 'new', 'override',
                    'set_value', 'string', 'stringvalue', 'old_value',
                    'new_value', 'set_to', 'from', 'to', 'before', 'after',
                    'previous', 'expected', 'actual', 'argument', 'd'))

#: A value stands at most so far from its name.
DISTANCE_CHARS_MAX = 300

_MARK = r"""(?:\\{0,8}["'`]|&quot;)?"""
_NAME = patterns.pattern(
    rf'(?<![\w.-])(?:{"|".join(sorted(NAMES, key=len, reverse=True))}){_MARK}'
    rf'\s{{0,20}}(?:=>|[:=>])\s{{0,20}}[bu]?{_MARK}([\w.-]{{2,200}})'
    rf'(?=\\{{0,8}}["\'`<,;)}}&\s]|\Z)')
_VALUE = patterns.pattern(
    r'(?<![\w.-])(?:' + '|'.join(sorted(VALUES, key=len, reverse=True))
    + rf'){_MARK}\s{{0,20}}(?:=>|[:=>])[ \t]{{0,20}}')
_CONTENT = patterns.pattern(r'["\'][^<>\n]{0,100}(?<!/)>(?=[^<\s])')
# variable "db_password" { default = "S" }
_BLOCKS = ('variable', 'output')
_BLOCK = patterns.pattern(
    rf'(?<![\w.-])(?:{"|".join(_BLOCKS)})[ \t]{{1,9}}"([\w.-]{{1,200}})"'
    r'[ \t]{0,9}\{')
_ASSIGNED = patterns.pattern(r'\b(?:default|value)[ \t]{0,40}=[ \t]{0,40}')
_ENDS = patterns.pattern(r'\n[ \t]*(?:\n|-[ \t])|(?<![$%])[{}]')


# An object of qemu: its name is no name of the value beside it.
_OBJECT = 'qom-type'
_SECRET_OBJECT = patterns.pattern(
    rf'{_OBJECT}{_MARK}\s{{0,20}}[:=]\s{{0,20}}[bu]?{_MARK}secret\b')
_DATA = patterns.pattern(
    rf'(?<![\w.-])data{_MARK}\s{{0,20}}[:=]\s{{0,20}}(?=[bu]?{_MARK})')


def _blocks(text: spans.Text) -> Iterator[spans.Span]:
    """What variables of Terraform are by default."""
    if '"' not in text.whole or not text.has(_BLOCKS):
        return
    for block in _BLOCK.finditer(text.lower):
        if not secret_names.is_secret(text.whole[block.start(1):block.end(1)]):
            continue
        stop = min(len(text.whole), block.end() + DISTANCE_CHARS_MAX)
        following = _BLOCK.search(text.lower, block.end(), stop)
        value = _ASSIGNED.search(
            text.lower, block.end(), following.start() if following else stop)
        if value is not None and not looks.says_none(
                text.whole[value.end():value.end() + 40]):
            yield value_ends.end(text, value.end(), value_ends.Place(None))


def _objects(text: spans.Text) -> Iterator[spans.Span]:
    """The data of secrets that qemu is given in JSON."""
    at = 0
    while (at := text.lower.find(_OBJECT, at)) >= 0:
        found = _SECRET_OBJECT.match(text.lower, at)
        before = max(0, at - DISTANCE_CHARS_MAX)
        at += len(_OBJECT)
        if found is None:
            continue
        for data in _DATA.finditer(text.lower, before, min(
                len(text.whole), at + DISTANCE_CHARS_MAX)):
            yield value_ends.end(text, data.end(), value_ends.Place(None))


def _find(text: spans.Text) -> Iterator[spans.Span]:
    yield from _objects(text)
    yield from _blocks(text)
    # a name and its value stand there, and both have such a sign
    if sum(map(text.whole.count, '=:>')) < 2:
        return
    at = floor = 0
    for start, stop in text.windows():
        # such a name may begin before the window that its end is in
        at = max(at, start - 2 * DISTANCE_CHARS_MAX)
        while found := _NAME.search(text.lower, at, min(
                stop + 2 * DISTANCE_CHARS_MAX, len(text.lower))):
            at = found.end()
            if secret_names.is_secret(text.whole[found.start(1):found.end(1)]):
                yield from _values(text, floor, found.start(), found.end())
            floor = at


def _values(text: spans.Text, floor: int, start: int,
            end: int) -> Iterator[spans.Span]:
    """The values that a name is that of.

    :param text: the text
    :param floor: where the name before it ends
    :param start: where the name begins, what it is called included
    :param end: where it ends
    """
    whole = text.whole
    if content := _CONTENT.match(whole, end):
        # <entry key="password">S</entry>
        closing = whole.find('<', content.end(), content.end() + 10_000)
        yield content.end(), closing if closing >= 0 else text.line_end(end)
        return
    stop = min(end + DISTANCE_CHARS_MAX, len(whole))
    limit = _ENDS.search(whole, end, stop)
    # another name begins another value
    following = _NAME.search(text.lower, end, stop)
    behind = min(limit.start() if limit else stop,
                 following.start() if following else stop)
    begin = max(floor, start - DISTANCE_CHARS_MAX)
    before = begin
    for limit in _ENDS.finditer(whole, begin, start):
        before = limit.end()
    for found in (*_VALUE.finditer(text.lower, end, behind),
                  *_VALUE.finditer(text.lower, before, start)):
        at = found.end()
        if looks.says_none(whole[at:at + 40]):
            continue
        if found[0].rstrip().endswith('>') and '=>' not in found[0]:
            closing = whole.find('<', at, at + 10_000)
            yield at, closing if closing >= 0 else text.line_end(at)
            continue
        line = whole[max(0, found.start() - 200):found.start()].rpartition(
            '\n')[2]
        indent = len(line) if not line.strip(' \t-') else None
        yield value_ends.end(text, at, value_ends.Place(
            indent, to_the_end=indent is not None))


DESCRIBED_VALUES = spans.Recognizer(
    'values whose name is a value', named_values.HINTS, _find)
