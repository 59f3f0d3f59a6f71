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

"""Recognizes values whose names stand in a list, or in a statement of SQL.

``INSERT INTO user (name, password) VALUES ('u', 'S')``, and, where the values
are bound, what SQLAlchemy writes behind the statement: ``[parameters: ('u',
'S')]``. In Python, ``user, password = 'u', 'S'``.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator
import re

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import named_values
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans
from ceilometer.diagnostics.secrets import sql_values
from ceilometer.diagnostics.secrets import value_lists

#: A longer statement, characters, is looked at from there on.
STATEMENT_CHARS_MAX = 8192

#: A list has at most so many columns or values.
ITEMS_MAX = 1000

_COLUMNS = patterns.pattern(
    r"""\b(?:insert|replace|into|set)\b[^();='\n]{1,150}\n?[ \t]*(?=\()""")
_VALUES = patterns.pattern(
    r'\s{0,50}(?:overriding \w{1,10} value\s+)?(?:values?|=)\s{0,50}(?=\()')
_SELECTED = patterns.pattern(r'\s{0,50}select\s{1,50}(?=\S)')
# COPY t (name, password) FROM stdin;
_COPIED = patterns.pattern(
    r'\bcopy\s[^();=\'\n]{1,150}\n?[ \t]{0,20}(?=\()')
_FROM = patterns.pattern(
    r'\s{1,50}from\s{1,50}std\w{1,9}([^\n]{0,200})(?:\n|\Z)')
_NEXT_ROW = patterns.pattern(r'\s{0,50},\s{0,50}(?=\()')
_ASSIGNED = patterns.pattern(
    r'(?:\A|\n)[ \t]{0,40}((?:[a-z_][\w.]{0,60}[ ]?,[ ]?){1,8}'
    r'[a-z_][\w.]{0,60})[ ]?=[ ]?(?=[^=\s])')
# ?, %s, :name, %(name)s, $1, @name
_PLACE = r'\?|%s|%\((\w{1,100})\)s|[:@](\w{1,100})|\$(\d{1,4})'
_PLACEHOLDER = patterns.pattern(rf'(?<![\w:@])(?:{_PLACE})')
_COMPARED = patterns.pattern(
    r'([\w.]{1,100})\\{0,8}["`\]]?\s{0,9}(?:<>|[!<>]?=|\b(?:i?like|is|regexp))'
    r'\s{0,9}\Z', re.IGNORECASE)
# What stands between a statement and its parameters: SQLAlchemy's marks, or
# the end of a string of Python.
_BOUND = patterns.pattern(
    r"""\[parameters:\s{0,9}|["']{1,3}\s{0,20},?\s{0,20}(?=[(\[{])
    |\[(?:generated|cached|no[ ]key|raw[ ]sql|caching|dialect)[^\]\n]{0,80}\]
     \s{1,9}""", re.VERBOSE)
_KEY = patterns.pattern(r"""[bu]?["'](\w{1,100})["']\s?:\s?""")
_SIGNS_OF_NAMES = patterns.pattern(r'[\\"\'`\[\]\s]+')


def _find(text: spans.Text) -> Iterator[spans.Span]:
    whole = text.whole
    columns: dict[int, str] = {}
    if '(' in whole:
        yield from _of_columns(text, columns)
        yield from sql_values.of_rows(text, columns)
        yield from sql_values.of_functions(text, columns)
        yield from _copied(text)
    if (')' in whole or '}' in whole) and _PLACEHOLDER.search(whole):
        yield from _bound(text, columns)
    if ',' not in whole or '=' not in whole:
        return
    for found in _ASSIGNED.finditer(text.lower):
        names = whole[found.start(1):found.end(1)].split(',')
        yield from _of_list(text, names, found.end())


def _of_list(text: spans.Text, names: list[str],
             at: int) -> Iterator[spans.Span]:
    """Secrets among the values of a list, to which names stand elsewhere.

    :param names: of the values, in their order
    :param at: where the list begins, behind what opens it
    """
    values, _ = value_lists.items(
        text, at - 1, text.line_end(at), ITEMS_MAX)
    for name, item in zip(names, values, strict=False):
        yield from _secret(text, name, item)


def _of_columns(text: spans.Text,
                columns: dict[int, str]) -> Iterator[spans.Span]:
    """Secrets among the values of columns that a statement lists.

    :param columns: takes the names of those whose values are bound, by the
        place of what stands for the value
    """
    at = 0
    while (found := _COLUMNS.search(text.lower, at)) is not None:
        at = found.end()
        listed, behind = value_lists.items(
            text, at, len(text.whole), ITEMS_MAX)
        row = _VALUES.match(text.lower, behind) if behind >= 0 else None
        names = [text.whole[start:end] for start, end in listed]
        if row is None and behind >= 0 and (
                selected := _SELECTED.match(text.lower, behind)):
            yield from _of_list(text, names, selected.end())
        if row is None:
            continue
        while row is not None:
            at = row.end()
            values, end = value_lists.items(
                text, at, len(text.whole), ITEMS_MAX)
            for name, item in zip(names, values, strict=False):
                if _PLACEHOLDER.match(text.whole, *item):
                    columns[item[0]] = name
                else:
                    yield from _secret(text, name, item)
            row = _NEXT_ROW.match(text.lower, end) if end >= 0 else None


def _copied(text: spans.Text) -> Iterator[spans.Span]:
    """Secrets in the rows that follow COPY, as dumps of databases have them.
    """
    at = 0
    while (found := _COPIED.search(text.lower, at)) is not None:
        at = found.end()
        listed, behind = value_lists.items(
            text, at, len(text.whole), ITEMS_MAX)
        rows = _FROM.match(text.lower, behind) if behind >= 0 else None
        if rows is None:
            continue
        at = rows.end()
        sign = ',' if 'csv' in rows[1] else '\t'
        names = [_name(text.whole[start:end]) for start, end in listed]
        wanted = [number for number, name in enumerate(names)
                  if secret_names.is_secret(name)]
        while wanted and at < len(text.whole):
            end = text.line_end(at)
            if text.whole.startswith('\\.', at) or end == at:
                break
            values = text.whole[at:end].split(sign)
            starts = [at]
            for value in values:
                starts.append(starts[-1] + len(value) + 1)
            yield from ((starts[number], starts[number] + len(values[number]))
                        for number in wanted if number < len(values)
                        and not looks.says_none(values[number]))
            at = end + 1


def _bound(text: spans.Text,
           columns: dict[int, str]) -> Iterator[spans.Span]:
    """Secrets among the values that stand behind a statement."""
    at = 0
    while (found := _BOUND.search(text.lower, at)) is not None:
        start = max(at, found.start() - STATEMENT_CHARS_MAX)
        at = found.end()
        names: dict[str | int, str] = {}
        for number, place in enumerate(_PLACEHOLDER.finditer(
                text.whole, start, found.start())):
            name = columns.get(place.start())
            if name is None:
                compared = _COMPARED.search(
                    text.whole, max(start, place.start() - 120),
                    place.start())
                name = compared[1] if compared else ''
            names[number if place[3] is None else int(place[3]) - 1] = name
            names[place[1] or place[2] or number] = name
        if any(secret_names.says(_name(name)) for name in names.values()):
            yield from _of_parameters(text, names, at)


def _of_parameters(text: spans.Text, names: dict[str | int, str], at: int,
                   within: bool = False) -> Iterator[spans.Span]:
    """Secrets in ``('u', 'S')``, ``{'pw_1': 'S'}``, or a list of such.

    :param within: whether such a list is what it stands in
    """
    whole = text.whole
    opening = whole[at:at + 1]
    if opening not in tuple('([{'):
        return
    values, _ = value_lists.items(text, at, len(whole), ITEMS_MAX)
    for number, item in enumerate(values):
        if not within and whole[item[0]:item[0] + 1] in tuple('([{'):
            yield from _of_parameters(text, names, item[0], True)
            continue
        key = _KEY.match(whole, *item) if opening == '{' else None
        name = names.get(key[1] if key else number)
        if name:
            yield from _secret(text, name,
                               (key.end(), item[1]) if key else item)


def _secret(text: spans.Text, name: str,
            item: spans.Span) -> Iterator[spans.Span]:
    says = secret_names.says(_name(name))
    if says is secret_names.Says.NOTHING:
        return
    span = value_lists.secret(text.whole, item, says > says.PERHAPS and (
        text.whole[item[0]:item[0] + 1].isdigit()))
    if span is not None and (says > says.PERHAPS or looks.of_credential(
            text.whole[span[0]:min(span[1], span[0] + 100)])):
        yield span


def _name(column: str) -> str:
    return _SIGNS_OF_NAMES.sub('', column[-secret_names.NAME_CHARS_MAX:])


LISTED_VALUES = spans.Recognizer(
    'values whose names stand in a list',
    named_values.HINTS + sql_values.HINTS, _find)
