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

"""Recognizes secrets in rows whose columns are named beside them.

``{"columns": ["user", "password"], "rows": [["u", "S"]]}``, as the interfaces
of databases have it.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import named_values
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans
from ceilometer.diagnostics.secrets import value_lists

#: What the names of columns are called, and their values, in lower case.
COLUMNS = frozenset(('columns', 'column_names', 'columnnames', 'cols',
                     'fields', 'field_names', 'fieldnames', 'header',
                     'headers', 'keys', 'names', 'attributes', 'schema',
                     'head', 'index', 'labels'))
ROWS = frozenset(('rows', 'row', 'values', 'data', 'records', 'record',
                  'items', 'results', 'result', 'tuples', 'datarows',
                  'entries', 'body'))

#: So far from each other, characters, they stand at most.
DISTANCE_CHARS_MAX = 300

#: Rows before the names of their columns are looked for in so many.
BEFORE_CHARS_MAX = 3000

#: Rows and columns have at most so many of each.
ITEMS_MAX = 1000

_MARK = r'(?:\\{0,8}["\'])?'
_LIST = rf'{_MARK}\s{{0,20}}[:=]\s{{0,20}}(?=[\[(])'
_NAMES = patterns.pattern(
    r'(?<![\w.-])(?:' + '|'.join(sorted(COLUMNS, key=len, reverse=True))
    + ')' + _LIST)
_VALUES = patterns.pattern(
    r'(?<![\w.-])(?:' + '|'.join(sorted(ROWS, key=len, reverse=True))
    + ')' + _LIST)
_OF_COLUMN = patterns.pattern(
    r'\\{0,8}["\']name\\{0,8}["\']\s{0,9}:\s{0,9}\\{0,8}["\']([\w.-]{1,100})')


def hidden(columns: Any) -> frozenset[int]:
    """The numbers of the columns that hold secrets.

    :param columns: what a value called like :data:`COLUMNS` is in data: names,
        or what describes columns
    """
    if not isinstance(columns, (list, tuple)):
        return frozenset()
    names = [one.get('name') if isinstance(one, dict) else one
             for one in columns[:ITEMS_MAX]]
    return frozenset(
        number for number, name in enumerate(names)
        if isinstance(name, str) and secret_names.is_secret(name))


def _find(text: spans.Text) -> Iterator[spans.Span]:
    whole = text.whole
    if '[' not in whole and '(' not in whole:
        return
    at = 0
    while (names := _NAMES.search(text.lower, at)) is not None:
        at = names.end()
        columns, end = value_lists.items(text, at, len(whole), ITEMS_MAX)
        secret = {number for number, item in enumerate(columns)
                  if secret_names.is_secret(_name(whole, item))}
        if not secret:
            continue
        behind = at if end < 0 else end
        at = behind
        # behind the names, or before them
        values = _VALUES.search(text.lower, behind, min(
            len(whole), behind + DISTANCE_CHARS_MAX))
        if values is None:
            # the last of those before the names
            for before in _VALUES.finditer(
                    text.lower, max(0, names.start() - BEFORE_CHARS_MAX),
                    names.start()):
                values = before
        if values is None:
            continue
        rows, end = value_lists.items(
            text, values.end(), len(whole), ITEMS_MAX)
        at = max(at, end)
        yield from _of_rows(text, rows, secret)


def _of_rows(text: spans.Text, rows: list[spans.Span],
             secret: set[int]) -> Iterator[spans.Span]:
    whole = text.whole
    nested = [row for row in rows if whole[row[0]:row[0] + 1] in ('[', '(')]
    for row in nested:
        values, _ = value_lists.items(text, row[0], row[1], ITEMS_MAX)
        yield from _of_row(whole, values, secret)
    if not nested:
        yield from _of_row(whole, rows, secret)


def _of_row(whole: str, values: list[spans.Span],
            secret: set[int]) -> Iterator[spans.Span]:
    for number in secret:
        if number < len(values):
            span = value_lists.secret(whole, values[number], True)
            if span is not None and not looks.says_none(
                    whole[span[0]:span[0] + 40]):
                yield span


def _name(whole: str, item: spans.Span) -> str:
    described = _OF_COLUMN.search(whole, *item)
    if described is not None:
        return described[1]
    inside = value_lists.inside(whole, item)
    return whole[slice(*(inside or item))][-secret_names.NAME_CHARS_MAX:]


NAMED_ROWS = spans.Recognizer(
    'rows below the names of columns', named_values.HINTS, _find)
