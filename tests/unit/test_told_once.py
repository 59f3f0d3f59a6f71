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

"""What objects have in common is told once, and read in each of them."""

from __future__ import annotations

import json
import re
import typing

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.command.reports import filled_in
from ceilometer.diagnostics.command.reports import shapes
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import data_json
from ceilometer.diagnostics import told_once
from tests.unit import json_data
from tests.unit import reference

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
         'handlers': []},
        {'logger': 'stevedore', 'level': 'NOTSET',
         'effective_level': 'WARNING', 'propagate': True, 'disabled': False,
         'filters': [], 'handlers': []},
        {'logger': 'suds', 'level': 'INFO', 'effective_level': 'INFO',
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
    assert json.loads(encoded)[told_once.USUAL] == told_once.USUAL_VALUES[name]
    assert filled_in.decode(name, encoded) == told
    for path, values in told_once.USUAL_VALUES[name].items():
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
    assert encoded[told_once.AT_DEFAULT] == {
        'DEFAULT': {'debug': False}, 'api': {'workers': None}}
    assert [option['name'] for option in encoded['options']] == ['workers']


def test_groups_with_the_same_options_refer_to_the_first():
    """A client of a service has those of any other."""
    def told(group, value):
        return {**SECTIONS['configuration']['options'][0], 'group': group,
                'name': 'timeout', 'value': value}

    options = [told(*pair) for pair in (
        ('DEFAULT', None), ('a', 1), ('b', True), ('c', None), ('d', 1),
        ('e', None))]
    data = {**SECTIONS['configuration'], 'options': options}
    encoded = data_json.encode_section('configuration', data)
    assert json.loads(encoded)[told_once.AT_DEFAULT] == {
        'DEFAULT': {'timeout': None}, 'a': {'timeout': 1},
        'b': {'timeout': True}, 'c': 'DEFAULT', 'd': 'a', 'e': 'DEFAULT'}
    found = filled_in.decode('configuration', encoded)
    assert json.dumps(found['options'], sort_keys=True) == json.dumps(
        options, sort_keys=True)


def test_options_in_another_order_keep_it():
    """What a reader could not put in its place stays where it is."""
    told = {**SECTIONS['configuration'],
            'options': SECTIONS['configuration']['options'][::-1]}
    encoded = data_json.encode_section('configuration', told)
    assert told_once.AT_DEFAULT not in json.loads(encoded)
    assert filled_in.decode('configuration', encoded) == told


def test_loggers_with_a_level_only_stand_by_level():
    """A name is all that there is of each; the order comes back as well."""
    encoded = json.loads(data_json.encode_section(
        'logging', SECTIONS['logging']))
    assert encoded[told_once.AT_LEVEL] == {
        'WARNING': ['amqp'], 'INFO': ['suds']}
    assert [logger['logger'] for logger in encoded['loggers']] == [
        'root', 'stevedore']


def test_loggers_in_another_order_keep_it():
    """What a reader could not put in its place stays where it is."""
    told = {**SECTIONS['logging'],
            'loggers': SECTIONS['logging']['loggers'][::-1]}
    encoded = data_json.encode_section('logging', told)
    assert told_once.AT_LEVEL not in json.loads(encoded)
    assert filled_in.decode('logging', encoded) == told


def section_told(name, usec=1):
    """What the summary tells of a section."""
    return {'section': name, 'status': 'ok', 'usec': usec, 'text_bytes': 2,
            'data_bytes': None}


def test_sections_that_are_whole_are_told_by_name():
    """Three numbers for each, in their order."""
    told = {'sections': [section_told('threads'), section_told('files', 5)]}
    encoded = data_json.encode_section('summary', told)
    written = json.loads(encoded)
    assert written['sections'] == []
    assert list(written[told_once.ALL_OK].items()) == [
        ('threads', [1, 2, None]), ('files', [5, 2, None])]
    assert filled_in.decode('summary', encoded) == told


@pytest.mark.parametrize('other', [
    {'status': 'timeout'}, {'more': 1}, {'section': 'threads'},
    {'section': 5}])
def test_sections_of_which_there_is_more_to_say_are_a_list(other):
    """All of them, in their order."""
    told = {'sections': [section_told('threads'),
                         {**section_told('a'), **other},
                         section_told('files')]}
    encoded = data_json.encode_section('summary', told)
    assert told_once.ALL_OK not in json.loads(encoded)
    assert filled_in.decode('summary', encoded) == told


@pytest.mark.parametrize('all_ok', [
    5, {'x': 1}, {'x': [1, 2]}, {'x': [1, 2, 3, 4]}])
def test_sections_of_which_nobody_can_have_written(all_ok):
    """They are none."""
    found = filled_in.decode('summary', json_data.compact(
        {'sections': [], told_once.USUAL: {}, told_once.ALL_OK: all_ok}))
    assert found == {'sections': []}


def frame(line, **more):
    """A frame of a stack."""
    return {'file': 'a.py', 'line': line, 'function': 'f',
            'source': 'pass', **more}


def stack_data(*stacks):
    """Data of a section that has these stacks."""
    return {'count': len(stacks),
            'stacks': [{'frames': list(frames)} for frames in stacks]}


@pytest.mark.parametrize('name', [
    'threads', 'green-threads', 'asyncio-tasks'])
def test_frames_of_the_stack_before_are_not_repeated(name):
    """The outermost, up to the first that differs; never the last one."""
    outer = [frame(1), {'left_out': 7}, frame(2)]
    told = stack_data([frame(0)], [*outer, frame(3)],
                      [*outer, frame(4), frame(5)], [*outer, frame(4)],
                      [*outer, frame(4)], [], [frame(6)], outer)
    encoded = data_json.encode_section(name, told)
    written = json.loads(encoded)
    assert written[told_once.FRAMES_BEFORE] == [0, 0, 3, 3, 3, 0, 0, 0]
    assert [stack['frames'] for stack in written['stacks']] == [
        [frame(0)], [*outer, frame(3)], [frame(4), frame(5)], [frame(4)],
        [frame(4)], [], [frame(6)], outer]
    assert filled_in.decode(name, encoded) == told


def test_frames_that_only_look_the_same_are_repeated():
    """A number is no boolean."""
    told = stack_data([frame(1), frame(2)], [frame(True), frame(2)],
                      [frame(1), frame(2)], [frame(True, more=[1]), frame(2)],
                      [frame(True, more=[True]), frame(2)])
    encoded = data_json.encode_section('threads', told)
    assert told_once.FRAMES_BEFORE not in json.loads(encoded)
    assert encoded == json_data.compact(told)


def test_of_deep_stacks_the_outermost_frames_are_not_repeated():
    """So few that what many stacks share is no reason not to fill it in."""
    outer = [frame(number) for number in range(199)]
    told = stack_data(*([*outer, frame(-number)] for number in range(500)))
    encoded = data_json.encode_section('threads', told)
    most = told_once.SHARED_FRAMES_MAX
    assert json.loads(encoded)[told_once.FRAMES_BEFORE] == [0] + 499 * [most]
    assert filled_in.decode('threads', encoded) == told


def test_data_that_share_the_most_are_filled_in():
    """Frames with long texts are repeated."""
    chars = told_once.SHARED_FRAME_CHARS_MAX
    for more, most in ((0, told_once.SHARED_FRAMES_MAX), (1, 0)):
        outer = [{'file': 'x' * (chars + more), 'line': number,
                  'function': '', 'source': ''} for number in range(199)]
        told = {'stacks': [
            {'threads': SECTIONS['threads']['stacks'][0]['threads'],
             'frames': [*outer[:most + 1], frame(-number)]}
            for number in range(100)]}
        encoded = data_json.encode_section('threads', told)
        assert json.loads(encoded).get(
            told_once.FRAMES_BEFORE, [0])[-1] == most
        assert filled_in.decode('threads', encoded) == told


@pytest.mark.parametrize('counts', [
    5, [], [0], [0, 1, 1], [1, 0], [0, 2], [0, -1], [0, True], [0, '1'],
    [0, None], [0, 10 ** 30]])
def test_frames_that_nobody_can_have_left_out(counts):
    """What is there is what one sees."""
    told = stack_data([frame(1)], [frame(2)])
    assert filled_in.decode('threads', json_data.compact(
        {**told, told_once.USUAL: {}, told_once.FRAMES_BEFORE: counts})
    ) == told


def test_each_stack_has_frames_of_its_own():
    """Whoever changes one of them does not change the others."""
    told = stack_data([frame(1), frame(2)], [frame(1), frame(3)])
    found = filled_in.decode(
        'threads', data_json.encode_section('threads', told))
    first, second = found['stacks']
    first['frames'][0]['line'] = 5
    assert second['frames'][0]['line'] == 1


def test_what_looks_usual_and_is_not_is_told():
    """A number is no boolean; what one object lacks it is not given."""
    first, second, *_ = SECTIONS['logging']['loggers']
    del (lacking := dict(second))['filters']
    for loggers in ([first, {**second, 'disabled': 0}], [first, lacking]):
        told = {'count': 2, 'loggers': loggers}
        encoded = data_json.encode_section('logging', told)
        found = filled_in.decode('logging', encoded)
        assert json.dumps(found, sort_keys=True) == json.dumps(
            told, sort_keys=True)


@pytest.mark.parametrize('name', [*SECTIONS, 'resources', 'example'])
def test_data_of_earlier_versions_are_read_as_they_are(name):
    """And those of sections that have nothing usual."""
    told = SECTIONS.get(name) or {told_once.USUAL: {'options': {'line': 1}},
                                  'options': [{}]}
    assert filled_in.decode(name, json_data.compact(told)) == told


keys = strategies.sampled_from(sorted({
    key for told in SECTIONS.values() for path in told
    for key in (path, 'value', 'name', 'group', 'changed', 'level',
                'logger', 'foreground', 'threads', 'stacks', 'frames',
                'status', 'a')}))
anything = strategies.recursive(
    json_data.DATA, lambda inner: strategies.lists(inner, max_size=3)
    | strategies.dictionaries(keys, inner, max_size=4), max_leaves=20)


@pytest.mark.parametrize('name', SECTIONS)
@hypothesis.given(anything)
def test_any_data_come_back(name, told):
    """Whatever shape they have."""
    assert filled_in.decode(
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
    for more in (
            {}, {told_once.AT_DEFAULT: [1]},
            {told_once.AT_DEFAULT: {'x': 5, 'y': 'x', 'z': 'a'},
             told_once.AT_LEVEL: {'x': 5}},
            {told_once.AT_LEVEL: 7, told_once.ALL_OK: {'a': [1, 2, 3]},
             told_once.FRAMES_BEFORE: [0, 1, 0]}):
        found = filled_in.decode(name, json_data.compact(
            {**told, told_once.USUAL: usual, **more}))
        assert {key: found[key] for key in told} == told


@pytest.mark.parametrize(('name', 'told'), [
    ('configuration', {
        'usual': {'options': {'a': 'x' * 20_000}}, 'options': [{}] * 10_000}),
    ('configuration', {
        'usual': {'options': {'x' * 20_000: 1}}, 'options': [{}] * 10_000}),
    ('configuration', {
        'usual': {}, 'options': [], 'at_default': {
            'x' * 20_000: dict.fromkeys(map(str, range(5_000)))}}),
    ('configuration', {
        'usual': {'options': {'a': 'x' * 2_000}}, 'options': [],
        'at_default': {'x': dict.fromkeys(map(str, range(5_000)))}}),
    ('configuration', {
        'usual': {}, 'options': [], 'at_default': {
            'x': {'y': 'x' * 20_000},
            **dict.fromkeys(map(str, range(5_000)), 'x')}}),
    ('logging', {
        'usual': {}, 'loggers': [],
        'at_level': {'x' * 20_000: list(map(str, range(5_000)))}}),
    ('threads', {
        'usual': {}, 'stacks': [{'frames': ['x' * 20_000]}]
        + [{'frames': []}] * 5_000, 'frames_as_before': [0] + [1] * 5_000}),
    ('threads', {
        'usual': {}, 'stacks': [{'frames': ['x' * 9_000]}]
        + [{'frames': []}] * 5_000, 'frames_as_before': [0] + [1] * 5_000})])
def test_few_characters_do_not_become_many(name, told):
    """Somebody has written them who wants to fill what the reader writes to.
    """
    text = json_data.compact(told)
    found = filled_in.decode(name, text)
    assert len(json_data.compact(found)) < (
        len(text) * filled_in.FILLED_RATIO_MAX)
    # nothing of it is hidden
    assert found == told


def test_usual_values_are_those_of_the_types():
    """Each is a key of the objects of that list."""
    for name, by_path in told_once.USUAL_VALUES.items():
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
                    for name, by_path in told_once.USUAL_VALUES.items()
                    for path, values in by_path.items()}
