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

"""Splits lists that stand in texts: ``(a, 'b, c', f(d))``.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

import re

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import spans

_SIGN = patterns.pattern(r"""["'`,\[\](){}]|\\.""", re.DOTALL)
# repr() of a text with quotes in it escapes them; SQL has N'S' and E'S'
_QUOTED = patterns.pattern(r"""[A-Za-z]{0,2}\\{0,8}(["'`])""")
_CLOSING = patterns.pattern(r"""\\{0,8}["'`][^"'`]*\Z""")


def items(text: spans.Text, at: int, stop: int,
          most: int) -> tuple[list[spans.Span], int]:
    """The items of a list, and where it ends.

    :param text: the text
    :param at: where its bracket is; or what stands before its first item, if
        it has no brackets
    :param stop: where it ends at the latest
    :param most: so many items are enough
    :returns: the items without the space around them; and the place behind
        its last bracket, -1 if the list was not read to its end
    """
    whole = text.whole
    found: list[spans.Span] = []
    start = at + 1
    depth = 1
    quote = ''
    end = stop
    for sign in _SIGN.finditer(whole, start, stop):
        text.budget -= 8
        if text.budget < 0:
            return [], -1
        if quote:
            quote = '' if sign[0] == quote else quote
        elif sign[0] in '"\'`':
            quote = sign[0]
        elif sign[0] in '([{':
            depth += 1
        elif sign[0] in ')]}':
            depth -= 1
            if not depth:
                end = sign.start()
                break
        elif sign[0] == ',' and depth == 1:
            found.append(_trimmed(whole, start, sign.start()))
            start = sign.end()
            if len(found) >= most:
                text.budget -= start - at
                return found, -1
    text.budget -= end - at
    found.append(_trimmed(whole, start, end))
    return found, -1 if depth else end + 1


def inside(whole: str, item: spans.Span) -> spans.Span | None:
    """What an item has between its quotes, None if it begins with none.

    :param whole: the text
    :param item: where the item is
    """
    start, end = item
    opening = _QUOTED.match(whole, start, end)
    if opening is None:
        return None
    closing = _CLOSING.search(whole, max(opening.end(), end - 100), end)
    return opening.end(), closing.start() if closing else end


def secret(whole: str, item: spans.Span, bare: bool) -> spans.Span | None:
    """What is to be hidden of an item that is a secret, None if nothing.

    :param whole: the text
    :param item: where the item is
    :param bare: whether what is in no quotes is a value, whatever it looks
        like; it may be the name of one
    """
    start, end = inside(whole, item) or item
    beginning = whole[start:min(end, start + looks.LOOK_CHARS_MAX)]
    if end <= start or looks.says_none(whole[start:min(end, start + 40)]):
        return None
    if (start, end) == item and not bare and not looks.of_credential(
            beginning):
        return None
    return start, end


def _trimmed(whole: str, start: int, end: int) -> spans.Span:
    item = whole[start:end]
    left = len(item) - len(item.lstrip())
    return min(start + left, end), max(start + left, start + len(
        item.rstrip()))
