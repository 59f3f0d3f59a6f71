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

"""Compares data with the types of ``contents``, more strictly than a reader.

A reader takes data of other versions; what the writer of this version emits,
and what tests make by hand in its place, has each key, no other, and of each
phrase one that the writer knows.
"""

from __future__ import annotations

from collections.abc import Iterator
import typing

from ceilometer.diagnostics.command.reports import shapes
from ceilometer.diagnostics import content_types
from ceilometer.diagnostics import contents

#: The values that a key may have, in the types in which it has no others.
PHRASES = {
    (contents.Thread, 'state'): contents.STATES,
    (contents.KernelThread, 'state'): contents.STATES,
    (contents.Thread, 'waiting_for'): (None, *contents.WAITS),
    (contents.Option, 'location'): contents.LOCATIONS,
    (contents.Workers, 'state'): (None, *contents.WORKERS_STATES),
}


def differences(data: typing.Any, kind: typing.Any,
                place: str = 'data') -> Iterator[str]:
    """What of some data the writer would not have emitted, a line each."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is typing.Any:
        return
    if origin in (list, dict):
        if not isinstance(data, origin):
            yield f'{place}: no {origin.__name__}'
            return
        for key, item in (data.items() if origin is dict
                          else enumerate(data)):
            yield from differences(item, arguments[-1], f'{place}[{key}]')
    elif arguments:
        told = [list(differences(data, one, place)) for one in arguments]
        if all(told):
            yield from min(told, key=len)
    elif kind.__module__ == content_types.__name__:
        yield from _of_keys(data, kind, place)
    elif shapes.fit(data, kind)[1]:
        yield f'{place}: {data!r} is no {kind.__name__}'


def _of_keys(data: typing.Any, kind: type, place: str) -> Iterator[str]:
    if not isinstance(data, dict):
        yield f'{place}: no dict'
        return
    keys = shapes.keys(kind)
    for key in sorted(shapes.required(kind) - data.keys()):
        yield f'{place}.{key}: missing'
    for key, item in data.items():
        if key not in keys:
            yield f'{place}.{key}: not known'
            continue
        yield from differences(item, keys[key], f'{place}.{key}')
        phrases = PHRASES.get((kind, key))
        if phrases is not None and item not in phrases:
            yield f'{place}.{key}: {item!r} is none of {phrases}'


def completed(name: str, data: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """Data made by hand, as the writer would have emitted them.

    :param name: of the section
    :param data: what of its data matters to a test; the rest becomes empty
    """
    kind = contents.SECTIONS[name]
    whole, problems = shapes.fit(data, kind)
    assert not problems, problems
    lost = [line for line in differences(data, kind)
            if not line.endswith(': missing')]
    assert not lost, lost
    assert not list(differences(whole, kind))
    return whole
