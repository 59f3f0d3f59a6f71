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

"""The data of a section, with all that was told once.

The inverse of :func:`ceilometer.diagnostics.told_once.shorten`. Anybody may
have written what is read here.

Pure functions over plain data, in the operator's command.
"""

from __future__ import annotations

from collections.abc import Iterator
import json
from typing import Any
from typing import Final

from ceilometer.diagnostics import told_once

#: More keys than these, in what anybody may have written, are not filled in.
_KEYS_MAX = 10

#: Data in which usual values would be as many times as long are left as they
#: were written.
FILLED_RATIO_MAX: Final = 64


def decode(name: str, text: str | bytes) -> Any:
    """The data of a section, whoever wrote them.

    :param name: of the section
    :param text: the values of REPORT_DATA of all its entries, joined: what
        :func:`ceilometer.diagnostics.data_json.encode_section` gave, or any
        JSON
    :raises ValueError: it is no JSON
    """
    return fill_in(name, json.loads(text), len(text))


def fill_in(name: str, written: Any, length: int) -> Any:
    """The data of a section with all that was told once.

    :param name: of the section
    :param written: what :func:`shorten` gave, or what anybody has written
    :param length: of what was written, characters
    """
    if (name not in told_once.USUAL_VALUES or not isinstance(written, dict)
            or not isinstance(written.get(told_once.USUAL), dict)):
        return written
    data = dict(written)
    usual = data.pop(told_once.USUAL)
    by_group = data.pop(told_once.AT_DEFAULT, None)
    by_level = data.pop(told_once.AT_LEVEL, None)
    counts = data.pop(told_once.FRAMES_BEFORE, None)
    all_ok = data.pop(told_once.ALL_OK, None)
    # Who writes a long value once and many objects that lack it has a reader
    # write it as many times.
    left = FILLED_RATIO_MAX * length
    options, loggers = data.get('options'), data.get('loggers')
    if isinstance(by_group, dict) and isinstance(options, list):
        left, more = _options_of(by_group, left)
        if left < 0:
            return written
        data['options'] = sorted(options + more, key=told_once.place)
    if isinstance(by_level, dict) and isinstance(loggers, list):
        left -= sum(2 * len(level) * len(names)
                    for level, names in by_level.items()
                    if isinstance(names, list))
        if left < 0:
            return written
        data['loggers'] = sorted(loggers + [
            {'logger': logger, 'level': level, 'effective_level': level}
            for level, names in by_level.items() if isinstance(names, list)
            for logger in names], key=told_once.logger_place)
    if isinstance(all_ok, dict) and data.get('sections') == []:
        keys = told_once.OF_A_SECTION
        data['sections'] = [
            {'section': section, **dict(zip(keys, told, strict=True))}
            for section, told in all_ok.items()
            if isinstance(told, list) and len(told) == len(keys)]
    if isinstance(counts, list):
        left = _fill_in_frames(data, counts, left)
        if left < 0:
            return written
    lacking = []
    for path in told_once.USUAL_VALUES[name]:
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
        _fill_in_values(found, values)
    return data


def _options_of(by_group: dict[str, Any], left: int,
                ) -> tuple[int, list[dict[str, Any]]]:
    """The options that stand by group and name.

    :param by_group: what anybody may have written there
    :param left: how many characters they may have
    :returns: how many are left, less than 0 if these are too many; and the
        options
    """
    options: list[dict[str, Any]] = []
    lengths = {group: len(str(values))
               for group, values in by_group.items()}
    for group, values in by_group.items():
        if isinstance(values, str) and isinstance(
                by_group.get(values), dict):
            left -= lengths[values]
            values = by_group[values]
        if isinstance(values, dict):
            left -= len(group) * len(values)
            if left < 0:
                break
            options += [{'group': group, 'name': name, 'value': value}
                        for name, value in values.items()]
    return left, options


def _fill_in_frames(data: dict[str, Any], counts: list[Any],
                    left: int) -> int:
    """Give stacks the frames that they have from the stack before.

    :param counts: how many each has, if nobody else has written that
    :param left: how many characters they may have
    :returns: how many are left; less than 0 if these are too many
    """
    stacks = list(_all_objects(data, ['stacks']))
    if len(counts) != len(stacks):
        return left
    filled = []
    before: list[Any] = []
    for stack, count in zip(stacks, counts, strict=True):
        frames = stack.get('frames')
        if (not isinstance(frames, list) or type(count) is not int
                or not 0 <= count <= min(
                    len(before), told_once.SHARED_FRAMES_MAX)):
            return left
        left -= sum(len(str(frame)) for frame in before[:count])
        if left < 0:
            break
        before = [dict(frame) if isinstance(frame, dict) else frame
                  for frame in before[:count]] + frames
        filled.append({**stack, 'frames': before})
    else:
        data['stacks'] = filled
    return left


def _all_objects(data: Any, keys: list[str]) -> Iterator[dict[str, Any]]:
    """The objects of the lists at a path, whatever else is there."""
    elements = data.get(keys[0]) if isinstance(data, dict) else None
    for one in elements if isinstance(elements, list) else ():
        if keys[1:]:
            yield from _all_objects(one, keys[1:])
        elif isinstance(one, dict):
            yield one


def _fill_in_values(found: list[dict[str, Any]],
                    values: dict[str, Any]) -> None:
    """Give objects the usual values that they lack."""
    for one in found:
        for name, value in values.items():
            if name not in one:
                one[name] = (type(value)() if isinstance(
                    value, (list, dict)) else value)
