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

"""Where a value ends that begins at some place of a text.

Values are quoted, bracketed, calls, blocks of YAML, words, the rest of a line,
lines that continue. Pure, for any process and thread; raises nothing.
"""

from __future__ import annotations

import re

from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import spans

_QUOTED = patterns.pattern(
    r"""[bBrRuUfF]{0,2}(?:
        '''(?:\\.|[^'\\]|'(?!''))*+'''|\"""(?:\\.|[^"\\]|"(?!""))*+\"""
        |"(?:\\.|[^"\\])*+"|'(?:\\.|[^'\\])*+'|`[^`\n]*+`)""",
    re.VERBOSE | re.DOTALL)
_OPENING_QUOTE = patterns.pattern(r"""[bBrRuUfF]{0,2}(['"`])""")
_ESCAPED_QUOTE = patterns.pattern(
    r"""\\{1,8}["']|&(?:quot|apos|#39|#34|#x27|#x22);""")
# 'a' 'b', 'a' + 'b', SQL's 'it''s', and what it was before: 'a' => 'b'
_NEXT_QUOTED = patterns.pattern(
    r"""[ \t]*(?:\\?\n[ \t]*)?(?:\+|[-=]>)?[ \t]*(?=[bBrRuUfF]{0,2}["'])""")
_BRACKET = patterns.pattern(r"""["']|[\[\](){}]|\\.""", re.DOTALL)
_OPENING = '[({'
_CALL = patterns.pattern(r'[A-Za-z_][\w.]{0,200}(?=[(\[{])')
# How a password is written: {SSHA}S
_SCHEME = patterns.pattern(r'\{[\w-]{1,40}\}(?=[^\s,;)\]}"\'])')
_BLOCK = patterns.pattern(r'[|>][+-]?\d?[+-]?[ \t]*(?:\#[^\n]*)?(?=\n|\Z)')
_LINE = patterns.pattern(r'[^\n]*')
_INDENT = patterns.pattern(r'[ \t]*')
_TOKEN = patterns.pattern(r'(?:(?![,;&][\w.-]{1,100}=)\S)+')
_SPACE = patterns.usual(r'(?:[^\S\n]|\\\r?\n)*')
# where the next assignment of the same line begins
_NEXT_NAME = patterns.pattern(
    r"""[,;][ \t]+["']?[\w.-]{1,100}["']?[ \t]*(?:[:=]|is\b)
        |[ \t]+[\w.-]{1,100}=""", re.VERBOSE)
_CONTINUED = patterns.pattern(r'\\[ \t\r]*\Z')
_ITEM = patterns.pattern(r'[ \t]*-(?:[ \t]|\Z)')
_ASSIGNED = patterns.pattern(r'[ \t]*[\w.-]{1,100}[ \t]*[:=](?:\s|\S)')


class Place(named_tuple.NamedTuple):
    """Where the name of a value stands.

    :ivar indent: how far its line is indented; None where something stands
        before it on that line
    :ivar quote: what opened right before the name: ``'X-Auth-Token: S'``
    :ivar stops: characters that end a value there: those of a query
    :ivar alone: whether no other assignment stands behind it on that line
    :ivar to_the_end: whether a value of words runs to the end of the line
    """

    indent: int | None
    quote: str = ''
    stops: str = ''
    to_the_end: bool = False
    alone: bool = False


def end(text: spans.Text, at: int, place: Place) -> spans.Span:
    """Where the value that begins here begins and ends.

    :param text: the text
    :param at: where the value begins
    :param place: where its name stands
    """
    whole = text.whole
    if at >= len(whole) or whole[at] in '\r\n':
        return _block(text, at, place)
    if _BLOCK.match(whole, at):
        return _block(text, text.line_end(at), place)
    if place.stops and not place.to_the_end:
        stop = re.compile(rf'[^{re.escape(place.stops)}\s"\'<>]*')
        found = stop.match(whole, at)
        return at, found.end() if found else at
    quoted = _quoted(text, at)
    if quoted is not None:
        return quoted
    escaped = _ESCAPED_QUOTE.match(whole, at)
    if escaped is not None and escaped[0] not in text.endless:
        close = whole.find(escaped[0], escaped.end())
        if close >= 0:
            return escaped.end(), close
        text.endless.add(escaped[0])
    if _SCHEME.match(whole, at):
        return _words(text, at, place)
    call = _CALL.match(whole, at)
    if whole[at] in _OPENING or call is not None:
        opening = call.end() if call else at
        close = _closing_bracket(text, opening)
        if close >= 0:
            return (at if call else at + 1), close + (1 if call else 0)
        return at, _block(text, text.line_end(at), place)[1]
    return _words(text, at, place)


def token(whole: str, at: int) -> spans.Span:
    """The word, or what is in quotes, that begins here.

    :param whole: the text
    :param at: where to look
    """
    quoted = _QUOTED.match(whole, at)
    if quoted is not None and quoted.end() - at > 1:
        return _inside(whole, at, quoted.end())
    found = _TOKEN.match(whole, at)
    return at, found.end() if found else at


def skip_space(whole: str, at: int) -> int:
    """Where the next word begins, also on a line that continues.

    :param whole: the text
    :param at: where to begin
    """
    found = _SPACE.match(whole, at)
    return found.end() if found else at


def _quoted(text: spans.Text, at: int) -> spans.Span | None:
    opening = _OPENING_QUOTE.match(text.whole, at)
    if opening is None or opening[1] in text.endless:
        return None
    found = _QUOTED.match(text.whole, at)
    if found is None:
        # nor does any that begins behind it
        text.endless.add(opening[1])
        return None
    start, stop = at, found.end()
    several = False
    while (gap := _NEXT_QUOTED.match(text.whole, stop)) is not None:
        found = _QUOTED.match(text.whole, gap.end())
        if found is None:
            break
        several = True
        stop = found.end()
    if several:
        return start, stop
    return _inside(text.whole, start, stop)


def _inside(whole: str, start: int, stop: int) -> spans.Span:
    """What is between the quotes; they stay."""
    opening = _OPENING_QUOTE.match(whole, start)
    if opening is None:
        return start, stop
    quote = opening[1]
    width = 3 if whole.startswith(quote * 3, opening.start(1)) and (
        stop - opening.start(1) >= 6) else 1
    return opening.start(1) + width, stop - width


def _closing_bracket(text: spans.Text, at: int) -> int:
    """Where a bracket is closed, -1 where it is not."""
    depth = 0
    quote = ''
    for found in _BRACKET.finditer(text.whole, at):
        sign = found[0]
        text.budget -= 8
        if text.budget < 0:
            return -1
        if quote:
            if sign == quote:
                quote = ''
        elif sign in '"\'':
            quote = sign
        elif sign in _OPENING:
            depth += 1
        elif sign in '])}':
            depth -= 1
            if depth <= 0:
                text.budget -= found.start() - at
                return found.start()
    text.budget -= len(text.whole) - at
    return -1


def _words(text: spans.Text, at: int, place: Place) -> spans.Span:
    whole = text.whole
    if place.quote:
        stop = at
        while (stop := whole.find(place.quote, stop, at + 4096)) >= 0:
            if whole[stop - 1] != '\\':
                return at, stop
            stop += 1
    if not place.to_the_end:
        found = _TOKEN.match(whole, at)
        stop = found.end() if found else at
        # a line that continues in the middle of a word
        while stop < len(whole) and whole[stop] == '\n' and (
                whole[stop - 1] == '\\'):
            found = _TOKEN.match(whole, skip_space(whole, stop - 1))
            if found is None:
                break
            stop = found.end()
        return at, stop
    stop = text.line_end(at)
    if place.stops:
        found = re.compile(rf'[^{re.escape(place.stops)}]*').match(
            whole, at, stop)
        return at, found.end() if found else stop
    found = None if place.alone else _NEXT_NAME.search(whole, at, stop)
    if found is not None:
        return at, found.start()
    return at, _continued(whole, stop, place)


def _continued(whole: str, stop: int, place: Place) -> int:
    """Where the lines end that continue this one."""
    while stop < len(whole):
        line = _LINE.match(whole, stop + 1)
        if line is None or not line[0].strip():
            break
        indent = _INDENT.match(line[0])
        deeper = (place.indent is not None and indent is not None
                  and indent.end() > place.indent
                  and not line[0].lstrip().startswith(('File "', '#', ';')))
        before = whole[max(0, stop - 3):stop]
        if not deeper and not _CONTINUED.search(before):
            break
        stop = line.end()
    return stop


def _block(text: spans.Text, at: int, place: Place) -> spans.Span:
    """The lines below a name: a block, a list or one value.

    :param at: the end of the line of the name
    """
    whole = text.whole
    at = text.line_end(at)
    start = min(at + 1, len(whole))
    stop = start
    base = place.indent or 0
    while stop < len(whole):
        line = _LINE.match(whole, stop)
        shown = line[0] if line else ''
        indent = _INDENT.match(shown)
        width = indent.end() if indent else 0
        if shown.strip() and not (width > base or (
                width == base and _ITEM.match(shown))):
            # the first line always, if it can be a value and nothing else
            if stop == start and (len(shown.split()) == 1
                                  and not _ASSIGNED.match(shown)):
                stop += len(shown)
            break
        if not shown.strip():
            # an empty line ends no block of YAML, but two are enough
            following = _LINE.match(whole, stop + len(shown) + 1)
            if following is None or not following[0].strip():
                break
        stop += len(shown) + 1
    stop = min(stop, len(whole))
    while stop > start and whole[stop - 1] in ' \t\r\n':
        stop -= 1
    first = _INDENT.match(whole, start)
    return (min(first.end(), stop) if first else start), stop
