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

"""Recognizes secrets in columns that nothing but space divides.

What stands under ``----  --------``: the results of sqlcmd, of ``openstack -f
table``'s like and of tables in reStructuredText. The names stand in the line
before, or in the first of two columns.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import named_values
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans
from ceilometer.diagnostics.secrets import tables

# Two signs at least: a single one begins the item of a list.
_SIGNS = ('--', '==', '\u2500\u2500')
_RULE = patterns.pattern(
    r'(?:(?<=\n)|\A)[ \t]{0,40}(?:[-=\u2500]{2,200}[ \t]{1,200}){0,100}'
    r'[-=\u2500]{2,200}[ \t]*\r?(?=\n)')
_LINE = patterns.pattern(r'[-=\u2500]+')
_GAP = patterns.pattern(r'[^\S\n]{2,}')
_WORD = patterns.pattern(r'\S+')


def _find(text: spans.Text) -> Iterator[spans.Span]:
    if not any(sign in text.whole for sign in _SIGNS):
        return
    at = 0
    while (rule := _RULE.search(text.whole, at)) is not None:
        at = rule.end() + 1
        starts = [line.start() for line in _LINE.finditer(
            text.whole, *rule.span())]
        names = _names(text, rule.start(), len(starts))
        says = [secret_names.says(name) for name in names]
        pairs = len(names) == 2 and not any(says)
        if not any(says) and not pairs:
            continue
        below = [start - rule.start() for start in starts]
        while at < len(text.whole):
            end = text.line_end(at)
            line = text.whole[at:end]
            if not line.strip() or len(line) > tables.LINE_CHARS_MAX or (
                    _RULE.match(text.whole, at)):
                break
            cells = _cells(line, below)
            if pairs:
                yield from _of_pair(line, cells, names, at)
            elif len(cells) == 1 and len(line.split()) > 1:
                # a heading, and the text below it
                break
            else:
                yield from _of_columns(line, cells, says, at)
            at = end + 1


def _names(text: spans.Text, rule: int, count: int) -> list[str]:
    """The names that stand in the line before a rule."""
    before = text.whole[max(0, rule - tables.LINE_CHARS_MAX):
                        max(0, rule - 1)].rpartition('\n')[2].strip()
    names = _GAP.split(before)
    if len(names) != count:
        names = before.split()[-count:]
    # what stands before the first one in a line of a log
    return [name.rpartition(' ')[2] for name in names] if (
        len(names) == count) else []


def _cells(line: str, starts: list[int]) -> list[spans.Span]:
    """Where the cells of a line are."""
    cells = [(start, stop) for start, stop in zip(
        starts, [*starts[1:], len(line)], strict=True)]
    if any(0 < start < len(line) and not line[start - 1].isspace()
           for start in starts):
        # a value is longer than its column
        words = [word.span() for word in _WORD.finditer(line)]
        cells = words if len(words) == len(starts) else [(0, len(line))]
    return [_trimmed(line, *cell) for cell in cells]


def _trimmed(line: str, start: int, end: int) -> spans.Span:
    cell = line[start:end]
    left = len(cell) - len(cell.lstrip())
    return start + left, start + max(left, len(cell.rstrip()))


def _of_columns(line: str, cells: list[spans.Span],
                says: list[secret_names.Says],
                at: int) -> Iterator[spans.Span]:
    if len(cells) != len(says):
        # nobody knows which cell is the secret
        yield at, at + len(line)
        return
    for (start, end), said in zip(cells, says, strict=True):
        if _is_secret(line[start:end], said):
            yield at + start, at + end


def _of_pair(line: str, cells: list[spans.Span], names: list[str],
             at: int) -> Iterator[spans.Span]:
    """The second of two columns, of which the first one has names."""
    if len(cells) != 2:
        return
    name, value = (line[start:end] for start, end in cells)
    said = secret_names.says(name)
    if _is_secret(value, said) and (
            names[1].lower() in tables.VALUE or looks.of_credential(value)):
        start, end = cells[1]
        yield at + start, at + end


def _is_secret(value: str, said: secret_names.Says) -> bool:
    if not value or looks.says_none(value):
        return False
    return said is secret_names.Says.SECRET or (
        said is secret_names.Says.PERHAPS and looks.of_random(value))


RULED_COLUMNS = spans.Recognizer(
    'columns under rules', named_values.HINTS, _find, sign='\n')
