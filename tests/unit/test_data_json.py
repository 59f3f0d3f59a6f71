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

import json
import re
import typing

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.command.reports import shapes
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import data_json
from tests.unit import reference

texts = strategies.text(max_size=20) | strategies.sampled_from([
    '', '"', '\\', '\x00', '\ud800', '\udc00\ud800', '\u2028', '…', '🐙'])
data = strategies.recursive(
    strategies.none() | strategies.booleans()
    | strategies.integers(-2**64, 2**64)
    | strategies.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: strategies.lists(inner, max_size=4)
    | strategies.dictionaries(texts, inner, max_size=4), max_leaves=20)

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


def compact(value):
    """What the standard library makes of it, in one go."""
    return json.dumps(value, separators=(',', ':'))


@hypothesis.given(data)
def test_encoded_data_is_ascii_json(value):
    """Data is JSON that no tool takes for binary, whatever is in it."""
    encoded = data_json.encode(value)
    assert encoded.isascii()
    assert not any(ord(character) < 32 for character in encoded)
    assert encoded == compact(value)


@pytest.mark.parametrize('count', [
    0, 1, data_json.ELEMENTS_MAX, data_json.ELEMENTS_MAX + 1,
    3 * data_json.ELEMENTS_MAX])
@hypothesis.given(data)
@hypothesis.settings(max_examples=20)
def test_containers_of_many_elements_are_put_together(count, value):
    """However many pieces they are made of."""
    for whole in ([value] * count, {f'{n}"': value for n in range(count)}):
        for nested in (whole, [whole, whole], {'a': {'b': {'c': whole}}}):
            assert data_json.encode(nested) == compact(nested)


@pytest.mark.parametrize('name', LARGE)
def test_large_data_is_the_same_json(name):
    """The pieces fit."""
    assert data_json.encode(LARGE[name]) == compact(LARGE[name])


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


#: Data of our sections: a value that is usual, or another one, or none.
SECTIONS = {
    'configuration': {'known': True, 'files': [], 'unregistered': [],
                      'options': [
        {'group': 'DEFAULT', 'name': 'debug', 'value': False,
         'changed': False, 'location': 'default', 'detail': None,
         'line': None, 'overrides': [], 'error': None, 'secret': False},
        {'group': 'DEFAULT', 'name': 'workers', 'value': [None, '', 0],
         'changed': True, 'location': 'file', 'detail': 'x.conf', 'line': 3,
         'overrides': [{'file': 'y.conf', 'line': 1}], 'error': None,
         'secret': False, 'default': 1},
        {'group': 'api', 'name': 'workers', 'value': None,
         'changed': False, 'location': 'default', 'detail': None,
         'line': None, 'overrides': [], 'error': None, 'secret': False},
    ]},
    'logging': {'count': 2, 'disabled_below': None, 'loggers': [
        {'logger': 'root', 'level': 'INFO', 'effective_level': 'INFO',
         'propagate': True, 'disabled': False, 'filters': [], 'handlers': [
             {'type': 'logging.NullHandler', 'level': 'NOTSET',
              'target': None, 'formatter': None, 'format': None}]},
        {'logger': 'amqp', 'level': 'WARNING', 'effective_level': 'WARNING',
         'propagate': True, 'disabled': False, 'filters': [],
         'handlers': []}]},
    'threads': {'count': 1, 'without_python': [], 'stacks': [
        {'frames': [], 'threads': [
            {'name': 'x', 'ident': 1, 'native_id': 2, 'daemon': True,
             'foreground': False, 'diagnostics': False, 'state': 'waiting',
             'waiting_for': None, 'cpu_seconds': 0.0, 'cpu_share': 0.0,
             'switches': 0, 'kernel_function': None}]}]},
    'summary': {'sections': [
        {'section': 'threads', 'status': 'ok', 'usec': 0, 'text_bytes': 0,
         'data_bytes': 0}]},
}


@pytest.mark.parametrize('name', SECTIONS)
def test_what_is_usual_is_told_once(name):
    """No object of a list repeats it; the reader has it in each."""
    told = SECTIONS[name]
    encoded = data_json.encode_section(name, told)
    assert json.loads(encoded)[data_json.USUAL] == data_json.USUAL_VALUES[name]
    assert data_json.decode_section(name, encoded) == told
    for path, values in data_json.USUAL_VALUES[name].items():
        for one in objects(json.loads(encoded), path.split('.')):
            assert not [key for key, value in one.items()
                        if key in values and values[key] == value]


def objects(told, keys):
    """The objects of the lists at a path."""
    return [found for one in told[keys[0]]
            for found in (objects(one, keys[1:]) if keys[1:] else [one])]


def test_options_with_their_defaults_stand_by_group():
    """A name and a value for each; the order comes back as well."""
    encoded = json.loads(data_json.encode_section(
        'configuration', SECTIONS['configuration']))
    assert encoded[data_json.AT_DEFAULT] == {
        'DEFAULT': {'debug': False}, 'api': {'workers': None}}
    assert [option['name'] for option in encoded['options']] == ['workers']


def test_options_in_another_order_keep_it():
    """What a reader could not put in its place stays where it is."""
    told = {**SECTIONS['configuration'],
            'options': SECTIONS['configuration']['options'][::-1]}
    encoded = data_json.encode_section('configuration', told)
    assert data_json.AT_DEFAULT not in json.loads(encoded)
    assert data_json.decode_section('configuration', encoded) == told


def test_what_looks_usual_and_is_not_is_told():
    """A number is no boolean; what one object lacks it is not given."""
    first, second = SECTIONS['logging']['loggers']
    del (lacking := dict(second))['filters']
    for loggers in ([first, {**second, 'disabled': 0}], [first, lacking]):
        told = {'count': 2, 'loggers': loggers}
        encoded = data_json.encode_section('logging', told)
        found = data_json.decode_section('logging', encoded)
        assert json.dumps(found, sort_keys=True) == json.dumps(
            told, sort_keys=True)


@pytest.mark.parametrize('name', [*SECTIONS, 'resources', 'example'])
def test_data_of_earlier_versions_are_read_as_they_are(name):
    """And those of sections that have nothing usual."""
    told = SECTIONS.get(name) or {data_json.USUAL: {'options': {'line': 1}},
                                  'options': [{}]}
    assert data_json.decode_section(name, compact(told)) == told


keys = strategies.sampled_from(sorted({
    key for told in SECTIONS.values() for path in told
    for key in (path, 'value', 'name', 'group', 'changed', 'level',
                'foreground', 'threads', 'status', 'a')}))
anything = strategies.recursive(
    data, lambda inner: strategies.lists(inner, max_size=3)
    | strategies.dictionaries(keys, inner, max_size=4), max_leaves=20)


@pytest.mark.parametrize('name', SECTIONS)
@hypothesis.given(anything)
def test_any_data_come_back(name, told):
    """Whatever shape they have."""
    assert data_json.decode_section(
        name, data_json.encode_section(name, told)) == told


@pytest.mark.parametrize('name', SECTIONS)
@pytest.mark.parametrize('usual', [
    [], {}, {'options': 5, 'loggers': [], 'stacks.threads': 'x'},
    {path: {'a': [1]} for path in ('options', 'loggers', 'sections')},
    {path: {f'{n}': n for n in range(1000)}
     for path in ('options', 'loggers', 'sections', 'stacks.threads')}])
def test_what_nobody_can_have_left_out_is_not_filled_in(name, usual):
    """Somebody has written it who wants to keep the reader busy."""
    told = {'options': [5, {}], 'loggers': [[]], 'sections': {},
            'stacks': [{'threads': [{}]}, {'threads': 5}, 7]}
    for more in ({}, {data_json.AT_DEFAULT: [1]}, {
            data_json.AT_DEFAULT: {'x': 5}}):
        found = data_json.decode_section(name, compact(
            {**told, data_json.USUAL: usual, **more}))
        assert {key: found[key] for key in told} == told


@pytest.mark.parametrize('told', [
    {'usual': {'options': {'a': 'x' * 20_000}}, 'options': [{}] * 10_000},
    {'usual': {'options': {'x' * 20_000: 1}}, 'options': [{}] * 10_000},
    {'usual': {}, 'at_default': {
        'x' * 20_000: dict.fromkeys(map(str, range(5_000)))}, 'options': []},
    {'usual': {'options': {'a': 'x' * 2_000}}, 'options': [], 'at_default': {
        'x': dict.fromkeys(map(str, range(5_000)))}}])
def test_few_characters_do_not_become_many(told):
    """Somebody has written them who wants to fill what the reader writes to.
    """
    text = compact(told)
    found = data_json.decode_section('configuration', text)
    assert len(compact(found)) < len(text) * data_json.FILLED_RATIO_MAX
    # nothing of it is hidden
    assert found == told


def test_usual_values_are_those_of_the_types():
    """Each is a key of the objects of that list."""
    for name, by_path in data_json.USUAL_VALUES.items():
        for path, values in by_path.items():
            kind = contents.SECTIONS[name]
            for key in path.split('.'):
                kind, = typing.get_args(shapes.keys(kind)[key])
            assert values.keys() <= shapes.keys(kind).keys()
            fitted, problems = shapes.fit(values, kind)
            assert problems == []
            assert values.items() <= fitted.items()


def test_reference_tells_usual_values():
    """A row for each list."""
    text = (reference.DIRECTORY / 'sections.rst').read_text()
    told = {(section, path): json.loads(' '.join(values.split()))
            for section, path, values in re.findall(
                r'^   \* - ``([a-z-]+)``\n     - ``([a-z.]+)``\n'
                r'     - ``([^`]+)``$', text, re.MULTILINE)}
    assert told == {(name, path): values
                    for name, by_path in data_json.USUAL_VALUES.items()
                    for path, values in by_path.items()}
