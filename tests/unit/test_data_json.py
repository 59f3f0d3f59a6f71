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

"""The JSON of data: as any encoder has it, but in pieces."""

from __future__ import annotations

import hypothesis
import pytest

from ceilometer.diagnostics import data_json
from tests.unit import json_data

#: What does not go in one go, each for another reason.
LARGE = {
    'text': {'text': '"🐙x' * 500_000},
    'numbers': [1.5, None, True] * 100_000,
    'texts': ['x' * 200] * 20_000,
    'long texts': ['x' * 60_000] * 60,
    'keys': {f'key {n}': n for n in range(100_000)},
    'rows': {'options': [{'name': f'option_{n}', 'value': ['a', 'b'],
                          'default': None} for n in range(20_000)]},
    'trees': {'stacks': [{'frames': [{'file': 'x.py', 'line': n}] * 60,
                          'threads': [{'name': 'y'}]} for n in range(1000)]},
    'deep': {'a': {'b': {'c': {'d': {'e': list(range(300_000))}}}}},
    'lists': {'a': [{'b': [list(range(300_000))]}]},
    'tuples': ((1, 2), ('x',) * 200_000),
}


@hypothesis.given(json_data.DATA)
def test_encoded_data_is_ascii_json(value):
    """Data is JSON that no tool takes for binary, whatever is in it."""
    encoded = data_json.encode(value)
    assert encoded.isascii()
    assert not any(ord(character) < 32 for character in encoded)
    assert encoded == json_data.compact(value)


@pytest.mark.parametrize('count', [
    0, 1, data_json.ELEMENTS_MAX, data_json.ELEMENTS_MAX + 1,
    3 * data_json.ELEMENTS_MAX])
@hypothesis.given(json_data.DATA)
@hypothesis.settings(max_examples=20)
def test_containers_of_many_elements_are_put_together(count, value):
    """However many pieces they are made of."""
    for whole in ([value] * count, {f'{n}"': value for n in range(count)}):
        for nested in (whole, [whole, whole], {'a': {'b': {'c': whole}}}):
            assert data_json.encode(nested) == json_data.compact(nested)


@pytest.mark.parametrize('name', LARGE)
def test_large_data_is_the_same_json(name):
    """The pieces fit."""
    assert data_json.encode(LARGE[name]) == json_data.compact(LARGE[name])


@pytest.mark.parametrize('name', LARGE)
def test_no_piece_is_large(name, monkeypatch):
    """Between two of them other threads of the daemon get their turn."""
    in_one_go = data_json._in_one_go
    sizes = []

    def measured(value):
        encoded = in_one_go(value)
        sizes.append(len(encoded))
        return encoded

    monkeypatch.setattr(data_json, '_in_one_go', measured)
    encoded = data_json.encode(LARGE[name])
    # a character may become six
    assert max(sizes) < 6 * data_json.CHARS_MAX < len(encoded) / 2
    assert sum(sizes) > len(encoded) / 2
