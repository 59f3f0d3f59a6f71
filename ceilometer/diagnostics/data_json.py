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

"""The JSON of a section's data, without holding the interpreter for long.

Most objects in the lists of a section have the same values for most of their
keys. These stand once, below :data:`USUAL`, and not in each object; options
with their defaults stand by group and name below :data:`AT_DEFAULT`. So the
journal takes half of the bytes. :func:`encode_section` and
:func:`decode_section` are each other's inverse.

The encoder of the standard library works in one go, in C, and no other thread
runs Python code meanwhile. So large data is encoded in pieces, between which
the daemon's threads get their turn. Its own way to do that, ``iterencode``,
makes a piece of each value, and takes four times as long for many threads.

Pure functions over plain data, for any process and thread.
"""

from __future__ import annotations

from collections.abc import Iterator
import itertools
import json
from typing import Any
from typing import Final

from ceilometer.diagnostics import pauses

#: Most elements of a container that are encoded in one go.
ELEMENTS_MAX = 64

#: Most characters, about, that are encoded in one go: a millisecond's work.
CHARS_MAX = 64 * 1024

#: The key of a section's data for values that a key has in each object of a
#: list that lacks it.
USUAL: Final = 'usual'

#: And that for the options that have no other keys but these values.
AT_DEFAULT: Final = 'at_default'

#: By section, by list (``stacks.threads``: of the lists in a list): what its
#: objects mostly are.
USUAL_VALUES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    'threads': {
        'stacks.threads': {
            'daemon': True, 'foreground': False, 'diagnostics': False,
            'state': 'waiting', 'waiting_for': None, 'cpu_share': 0.0},
    },
    'configuration': {
        'options': {
            'changed': False, 'location': 'default', 'detail': None,
            'line': None, 'overrides': [], 'error': None, 'secret': False},
    },
    'logging': {
        'loggers': {
            'level': 'WARNING', 'effective_level': 'WARNING',
            'propagate': True, 'disabled': False, 'filters': [],
            'handlers': []},
    },
    'summary': {
        'sections': {'status': 'ok'},
    },
}

#: More keys than these, in what anybody may have written, are not filled in.
_KEYS_MAX = 10

#: Data in which usual values would be as many times as long are left as they
#: were written.
FILLED_RATIO_MAX: Final = 64

_NO_VALUE: Final = object()

_SCALARS = frozenset((str, int, float, bool, type(None)))

_in_one_go = json.JSONEncoder(separators=(',', ':')).encode


def encode(data: Any) -> str:
    """JSON of the data, in ASCII, so that no journal tool calls it a blob.

    :param data: what JSON can hold; keys are texts
    """
    return ''.join(_pieces(data, in_list=False))


def encode_section(name: str, data: Any) -> str:
    """JSON of a section's data, in ASCII.

    :param name: of the section
    :param data: what JSON can hold; keys are texts
    """
    return encode(_without_usual(name, data))


def decode_section(name: str, text: str) -> Any:
    """The data of a section, whoever wrote them.

    :param name: of the section
    :param text: what :func:`encode_section` gave, or any JSON
    :raises ValueError: it is no JSON
    """
    written = json.loads(text)
    if (name not in USUAL_VALUES or not isinstance(written, dict)
            or not isinstance(written.get(USUAL), dict)):
        return written
    data = dict(written)
    usual = data.pop(USUAL)
    by_group = data.pop(AT_DEFAULT, None)
    options = data.get('options')
    # Who writes a long value once and many objects that lack it has a reader
    # write it as many times.
    left = FILLED_RATIO_MAX * len(text)
    if isinstance(by_group, dict) and isinstance(options, list):
        left -= sum(len(group) * len(values)
                    for group, values in by_group.items()
                    if isinstance(values, dict))
        if left < 0:
            return written
        data['options'] = options = options + [
            {'group': group, 'name': option, 'value': value}
            for group, values in by_group.items() if isinstance(values, dict)
            for option, value in values.items()]
        options.sort(key=_place)
    lacking = []
    for path in USUAL_VALUES[name]:
        values = usual.get(path)
        if (isinstance(values, dict) and len(values) <= _KEYS_MAX
                and not any(isinstance(value, (list, dict)) and value
                            for value in values.values())):
            found = list(_all_objects(data, path.split('.')))
            left -= len(found) * sum(
                len(key) + len(str(value)) for key, value in values.items())
            lacking.append((found, values))
    if left < 0:
        return written
    for found, values in lacking:
        _fill_in(found, values)
    return data


def _without_usual(name: str, data: Any) -> Any:
    """The data of a section in the form that the journal gets."""
    if (name not in USUAL_VALUES or not isinstance(data, dict)
            or USUAL in data or AT_DEFAULT in data):
        return data
    usual = {}
    for path, values in USUAL_VALUES[name].items():
        keys = path.split('.')
        found = _objects(data, keys)
        if found is None:
            continue
        # what one of them lacks nobody could tell from what is left out
        left_out = {key: value for key, value in values.items()
                    if all(key in one for one in found)}
        if left_out:
            usual[path] = left_out
            data = _leave_out(data, keys, left_out)
    if not usual:
        return data
    data = {**data, USUAL: usual}
    if 'options' in usual and _is_in_order(data['options']):
        by_group: dict[str, dict[str, Any]] = {}
        others = []
        for option in data['options']:
            if option.keys() == {'group', 'name', 'value'}:
                by_group.setdefault(
                    option['group'], {})[option['name']] = option['value']
            else:
                others.append(option)
        data['options'] = others
        data[AT_DEFAULT] = by_group
    return data


def _objects(data: Any, keys: list[str]) -> list[dict[str, Any]] | None:
    """All objects of the lists at a path; None if something else is there."""
    level = [data]
    for key in keys:
        lists = [one.get(key) for one in level]
        if not all(isinstance(elements, list) for elements in lists):
            return None
        level = list(itertools.chain.from_iterable(lists))
        if not all(isinstance(one, dict) for one in level):
            return None
    return level or None


def _leave_out(data: dict[str, Any], keys: list[str],
               values: dict[str, Any]) -> dict[str, Any]:
    """A copy of the data whose objects at a path lack usual values."""
    key, *further = keys
    pauses.pause()
    if further:
        return {**data, key: [_leave_out(one, further, values)
                              for one in data[key]]}
    # what equals no value stands for none
    usual_of = values.get
    return {**data, key: [
        {name: value for name, value in one.items()
         if (usual := usual_of(name, _NO_VALUE)) is not value and (
             usual != value
             # a number can be equal to a boolean, and written otherwise
             or type(usual) is not type(value))}
        for one in data[key]]}


def _all_objects(data: Any, keys: list[str]) -> Iterator[dict[str, Any]]:
    """The objects of the lists at a path, whatever else is there."""
    elements = data.get(keys[0]) if isinstance(data, dict) else None
    for one in elements if isinstance(elements, list) else ():
        if keys[1:]:
            yield from _all_objects(one, keys[1:])
        elif isinstance(one, dict):
            yield one


def _fill_in(found: list[dict[str, Any]], values: dict[str, Any]) -> None:
    """Give objects the usual values that they lack."""
    for one in found:
        for name, value in values.items():
            if name not in one:
                one[name] = (type(value)() if isinstance(
                    value, (list, dict)) else value)


def _is_in_order(options: list[dict[str, Any]]) -> bool:
    """Whether options stand by group and name, as a reader puts them."""
    if not all(isinstance(option.get(key), str) for option in options
               for key in ('group', 'name')):
        return False
    places = list(map(_place, options))
    return all(one < other for one, other in itertools.pairwise(places))


def _place(option: Any) -> tuple[bool, str, str]:
    """Where an option stands among the others."""
    if not isinstance(option, dict):
        return True, '', ''
    group = str(option.get('group'))
    return group != 'DEFAULT', group, str(option.get('name'))


def _pieces(data: Any, in_list: bool) -> Iterator[str]:
    """The JSON of the data in pieces.

    :param data: what JSON can hold
    :param in_list: whether it stands in a list, at whatever depth
    """
    if isinstance(data, (dict, list, tuple)) and data:
        keyed = isinstance(data, dict)
        separator, end = '{}' if keyed else '[]'
        for part in _slices(data):
            values = part.values() if keyed else part
            pauses.pause()
            if (_is_narrow(part) if in_list and not keyed
                    else _size(values, 1 if keyed else 2) <= CHARS_MAX):
                yield separator + _in_one_go(part)[1:-1]
                separator = ','
                continue
            for key, value in part.items() if keyed else enumerate(part):
                yield separator
                if keyed:
                    yield _in_one_go(str(key)) + ':'
                yield from _pieces(value, in_list or not keyed)
                separator = ','
        yield end
    elif isinstance(data, str) and len(data) > CHARS_MAX:
        yield '"'
        for at in range(0, len(data), CHARS_MAX):
            pauses.pause()
            yield _in_one_go(data[at:at + CHARS_MAX])[1:-1]
        yield '"'
    else:
        yield _in_one_go(data)


def _slices(data: Any) -> Iterator[Any]:
    """A container in pieces of its kind, of at most ELEMENTS_MAX elements."""
    if len(data) <= ELEMENTS_MAX:
        yield data
    elif isinstance(data, dict):
        items = iter(data.items())
        while part := dict(itertools.islice(items, ELEMENTS_MAX)):
            yield part
    else:
        for at in range(0, len(data), ELEMENTS_MAX):
            yield data[at:at + ELEMENTS_MAX]


def _is_narrow(elements: Any) -> bool:
    """Whether none of them has many elements itself.

    For a list in a list. Most of a report stands there, the frames of the
    stacks: to measure them all would take as long as to encode them.
    """
    return all(len(element) <= ELEMENTS_MAX for element in elements
               if isinstance(element, (dict, list, tuple)))


def _size(values: Any, levels: int) -> int:
    """How many characters there are, about; more than CHARS_MAX if too many.

    Gives up early where it meets a container of many elements, or one below
    the levels.

    :param values: elements of a container
    :param levels: how many levels of containers to look into
    """
    if len(values) > ELEMENTS_MAX:
        return CHARS_MAX + 1
    if _SCALARS.issuperset(map(type, values)):
        return sum(map(len, map(str, values)))
    if not levels:
        return CHARS_MAX + 1
    size = 0
    for value in values:
        if isinstance(value, dict):
            size += _size(value.values(), levels - 1)
        elif isinstance(value, (list, tuple)):
            size += _size(value, levels - 1)
        else:
            size += len(str(value))
        if size > CHARS_MAX:
            break
    return size
