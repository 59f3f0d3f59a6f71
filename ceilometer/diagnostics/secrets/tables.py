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

"""Recognizes secrets in the columns of tables.

The results of queries, as the clients of databases and OpenStack's own print
them: the names stand in the first line, or in the first column of each.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import named_values
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans

#: A longer line, characters, is no line of a table.
LINE_CHARS_MAX = 4096

#: What stands between columns that have lines around them.
_LINES = ('|', '\u2502', '\u2503')
#: The same in what is written for programs: names of one word.
_PLAIN = ('\t', ',', ';')
#: What may stand in either, and which of them it is.
_SIGNS = (*((sign, False) for sign in _LINES),
          *((sign, True) for sign in (*_PLAIN, '|')))

_RULE = patterns.pattern(
    r'(?=[^\n]{0,9}(?:--|==|\u2500\u2500|\u2501\u2501))'
    r'[-+|=: \t\u2500-\u257f]{3,}\r?\Z')
_RECORD = patterns.pattern(r'-\[ record \d{1,9} \][-+]*\s?\Z')
_NAME = patterns.pattern(r'[\w./() -]{1,60}\Z')
_PLAIN_NAME = patterns.pattern(r'["\']?[A-Za-z_][\w.]{0,60}["\']?\Z')
_BEFORE = patterns.pattern(r'[\]:][ ]')
#: The second column of a table whose first one has names.
VALUE = ('value', 'values')

_Cells = list[spans.Span]


def _find(text: spans.Text) -> Iterator[spans.Span]:
    whole = text.whole
    for sign, plain in _SIGNS:
        at = 0
        while (at := whole.find(sign, at)) >= 0:
            start = whole.rfind('\n', max(0, at - LINE_CHARS_MAX), at) + 1
            names = _cells(text, start, sign)
            at = text.line_end(at) + 1
            if not names:
                continue
            columns = _columns(text, names, plain)
            by_rows = columns is None and _names_are_rows(text, start, names)
            if columns is None and not by_rows or not _is_header(
                    text, start, names, '' if plain else sign):
                continue
            while at < len(whole):
                row = _cells(text, at, sign)
                if _is_rule(text, at):
                    pass
                elif len(row) < len(names) or plain and (
                        len(row) > len(names) and '"' not in whole[
                            at:text.line_end(at)]):
                    break
                elif by_rows:
                    yield from _of_row(whole, names, row)
                else:
                    yield from _of_columns(whole, len(names), columns or {},
                                           row)
                at = text.line_end(at) + 1
    yield from _of_records(text)


def _is_rule(text: spans.Text, start: int) -> bool:
    """Whether a line has nothing but what divides the lines of a table."""
    return start < len(text.whole) and _RULE.match(text.whole[start:min(
        text.line_end(start), start + LINE_CHARS_MAX)]) is not None


def _cells(text: spans.Text, start: int, sign: str) -> _Cells:
    """Where the cells of a line are, without the space around them."""
    end = text.line_end(start)
    if end - start > LINE_CHARS_MAX:
        return []
    cells = []
    at = start
    for cell in text.whole[start:end].split(sign):
        left = at + len(cell) - len(cell.lstrip())
        cells.append((min(left, at + len(cell)),
                      max(left, at + len(cell.rstrip()))))
        at += len(cell) + 1
    return cells if len(cells) > 1 else []


def _columns(text: spans.Text, names: _Cells,
             plain: bool) -> dict[int, secret_names.Says] | None:
    """Which columns hold secrets, None if no column does."""
    columns: dict[int, secret_names.Says] = {}
    form = _PLAIN_NAME if plain else _NAME
    for number, (start, end) in enumerate(names):
        name = text.whole[start:end]
        if plain and not number:
            # what stands before the first one in a line of a log
            name = _BEFORE.split(name)[-1]
        if form.match(name) is None:
            if plain:
                return None
            continue
        says = secret_names.says(name)
        if says is not secret_names.Says.NOTHING:
            columns[number] = says
    return columns or None


def _names_are_rows(text: spans.Text, start: int, names: _Cells) -> bool:
    shown = [text.lower[slice(*cell)] for cell in names
             if cell[1] > cell[0]]
    return len(shown) == 2 and shown[1] in VALUE and (
        text.line_end(start) > start)


def _is_header(text: spans.Text, start: int, names: _Cells,
               sign: str) -> bool:
    """Whether a line is the first of a table, and no text like one."""
    if not sign:
        return True
    before = text.whole[max(0, start - LINE_CHARS_MAX):max(0, start - 1)]
    before = before.rpartition('\n')[2]
    ruled = _RULE.match(before) is not None
    if not ruled and sign in before:
        return False
    if _is_rule(text, text.line_end(start) + 1):
        return True
    # a table without rules has signs around its lines
    return not ruled and all(
        end <= begin for begin, end in (names[0], names[-1]))


def _of_columns(whole: str, count: int,
                columns: dict[int, secret_names.Says],
                row: _Cells) -> Iterator[spans.Span]:
    if len(row) > count:
        # a value has the sign in it: nobody knows which
        yield row[min(columns)][0], row[-1][1]
        return
    for number, says in columns.items():
        yield from _secret(whole, row[number], says)


def _of_row(whole: str, names: _Cells, row: _Cells) -> Iterator[spans.Span]:
    """What stands behind the name of a secret, which stands first."""
    first = next(number for number, (start, end) in enumerate(names)
                 if end > start)
    start, end = row[first]
    yield from _secret(
        whole, (row[first + 1][0], row[-1][1] if len(row) > len(names)
                else row[first + 1][1]), secret_names.says(whole[start:end]))


def _of_records(text: spans.Text) -> Iterator[spans.Span]:
    """What psql writes below each other: -[ RECORD 1 ]--, name | value."""
    at = 0
    while (at := text.lower.find('-[ record ', at)) >= 0:
        end = text.line_end(at)
        found = _RECORD.match(text.lower[at:min(end, at + LINE_CHARS_MAX)])
        at = end + 1
        while found is not None and at < len(text.whole):
            row = _cells(text, at, '|')
            if not row:
                break
            yield from _secret(
                text.whole, (row[1][0], row[-1][1]),
                secret_names.says(text.whole[slice(*row[0])]))
            at = text.line_end(at) + 1


def _secret(whole: str, cell: spans.Span,
            says: secret_names.Says) -> Iterator[spans.Span]:
    start, end = cell
    value = whole[start:min(end, start + looks.LOOK_CHARS_MAX)]
    if value and not looks.says_none(value) and (
            says is secret_names.Says.SECRET
            or says is secret_names.Says.PERHAPS
            and looks.of_random(value)):
        yield cell


TABLES = spans.Recognizer(
    'columns of tables', named_values.HINTS, _find, sign='\n')
