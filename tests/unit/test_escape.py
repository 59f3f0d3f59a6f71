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

"""Control characters are escaped."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics import escape
from tests.unit import characters


def test_no_character_is_left_that_journald_takes_for_a_blob():
    """Of all there are."""
    everything = ''.join(map(chr, range(0x110000)))
    escaped = escape.text(everything)
    assert not characters.unprintable(escaped)
    assert '\n' in escaped
    assert '\t' in escaped


def test_one_line_stays_one_line():
    """Where a line is wanted newlines are escaped too."""
    everything = ''.join(map(chr, range(0x110000)))
    escaped = escape.line(everything)
    assert len(escaped.splitlines()) == 1
    assert not set('\n\t') & set(escaped)


@pytest.mark.parametrize(('text', 'escaped'), [
    ('\x1b[31mred', '\\x1b[31mred'), ('\x00', '\\x00'), ('\r', '\\r'),
    ('\x7f\x9b', '\\x7f\\x9b'), ('\udcff', '\\udcff'),
    ('\U0001fffe', '\\U0001fffe'), ('\u202e', '\\u202e'),
    # what nobody sees: two names would look the same
    ('a\u200bb', 'a\\u200bb'), ('a\u200d\u2060b', 'a\\u200d\\u2060b'),
    ('a\xadb', 'a\\xadb'), ('a\U000e0041b', 'a\\U000e0041b'),
    ('äöü 🐙 \t…', 'äöü 🐙 \t…')])
def test_character_is_escaped_as_python_has_it(text, escaped):
    """It can be told what stood there."""
    assert escape.text(text) == escaped


@hypothesis.given(strategies.text())
def test_what_was_escaped_stays(text):
    """To escape again changes nothing."""
    for function in (escape.text, escape.line):
        assert function(function(text)) == function(text)


def test_data_keeps_its_shape():
    """Texts of data are escaped to one line, keys as well."""
    assert escape.data({'a\n': ['\x1b', 1, None, {'b': '\t'}]}) == {
        'a\\n': ['\\x1b', 1, None, {'b': '\\t'}]}
