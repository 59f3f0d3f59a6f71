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

What many objects of a section have in common is told once:
:mod:`ceilometer.diagnostics.told_once`. The inverse of :func:`encode_section`
is :func:`.filled_in.decode` of the command.

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

from ceilometer.diagnostics import pauses
from ceilometer.diagnostics import told_once

#: Most elements of a container that are encoded in one go.
ELEMENTS_MAX = 64

#: Most characters, about, that are encoded in one go: a millisecond's work.
CHARS_MAX = 64 * 1024

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
    return encode(told_once.shorten(name, data))


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
