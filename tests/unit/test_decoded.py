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

"""Escapes are found as the expressions find them, in less time."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.secrets import decoded
from ceilometer.diagnostics.secrets import known_values

#: Each escape, in full, begun, escaped again; what stands between them.
PIECES = ('%', '%41', '%2541', '%252541', '%0a', '%0D', '%e4', '%7', '25', '2',
          '\\', '\\\\', '\\x41', '\\\\x4a', '\\x9', '\\u0041', '\\U00000041',
          '\\101', '\\n', '\\rxy', '&', '&amp;', '&amp;amp;', '&lt;', '&#65;',
          '&#x41;', '&#', '&colon', ';', '+', '"', "'", '"\n"', "' + b'", ' ',
          '\n', 'x', 'u', '4', 'a', 'amp;', '…', '\ud800')
EXPRESSIONS = {
    'decoded': (decoded._BEGINNING, decoded._ESCAPE),
    **{f'reading {number}': both for number, both in enumerate(zip(
        known_values._BEGINNING, known_values._ESCAPE, strict=True))}}


@pytest.mark.any_python
@pytest.mark.parametrize('name', EXPRESSIONS)
@hypothesis.given(strategies.lists(strategies.sampled_from(PIECES),
                                   max_size=12).map(''.join))
@hypothesis.settings(max_examples=500)
def test_what_is_found_is_what_the_expression_finds(name, text):
    """Where it is, and which escape it is."""
    beginning, escape = EXPRESSIONS[name]
    assert [(found.span(), found.lastgroup, found[0]) for found in
            decoded.matches(text, beginning, escape)] == [
        (found.span(), found.lastgroup, found[0])
        for found in escape.finditer(text)]


@pytest.mark.any_python
@pytest.mark.parametrize('name', EXPRESSIONS)
def test_each_piece_is_found_alone(name):
    """None of them is one that is passed over."""
    beginning, escape = EXPRESSIONS[name]
    for piece in PIECES:
        assert (next(decoded.matches(piece, beginning, escape), None)
                is None) == (escape.search(piece) is None), piece


@pytest.mark.any_python
def test_text_without_escapes_is_no_pieces():
    """Whatever signs it has."""
    assert decoded.read('24% since, a\\b & c') is None
    assert decoded.read('%61=1').text == 'a=1'
