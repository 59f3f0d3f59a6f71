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

"""What many objects of a section's data have in common, told once.

Most objects in the lists of a section have the same values for most of their
keys. These stand once, below :data:`USUAL`, and not in each object; options
with their defaults stand by group and name below :data:`AT_DEFAULT`, loggers
by their level below :data:`AT_LEVEL`, the sections of a report below
:data:`ALL_OK`; of a stack there are the frames in which it differs from the
one before. So the journal takes half of the bytes.
:func:`shorten` and :func:`fill_in` are each other's inverse.

Pure functions over plain data: the daemon calls the first, in the thread of
its report, and the command the second.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import itertools
from typing import Any
from typing import Final

from ceilometer.diagnostics import pauses

#: The key of a section's data for values that a key has in each object of a
#: list that lacks it.
USUAL: Final = 'usual'

#: And that for the options that have no other keys but these values.
AT_DEFAULT: Final = 'at_default'

#: And that for the loggers that have nothing but a level of their own.
AT_LEVEL: Final = 'at_level'

#: And that for how many frames, of each stack, are those of the stack before.
FRAMES_BEFORE: Final = 'frames_as_before'

#: And that for what there is to say of each section, if all are whole.
ALL_OK: Final = 'all_ok'

_RESERVED: Final = frozenset(
    (USUAL, AT_DEFAULT, AT_LEVEL, FRAMES_BEFORE, ALL_OK))

_OF_A_SECTION: Final = ('usec', 'text_bytes', 'data_bytes')

#: By section, by list (``stacks.threads``: of the lists in a list): what its
#: objects mostly are.
USUAL_VALUES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    'threads': {
        'stacks.threads': {
            'daemon': True, 'foreground': False, 'diagnostics': False,
            'state': 'waiting', 'waiting_for': None, 'cpu_share': 0.0},
    },
    'green-threads': {},
    'asyncio-tasks': {},
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

#: Most frames that a stack has from the one before. With those, and with the
#: next, no data that a daemon writes come near that ratio.
SHARED_FRAMES_MAX: Final = 20

#: A frame with longer texts is repeated.
SHARED_FRAME_CHARS_MAX: Final = 400

_NO_VALUE: Final = object()

_PLAIN: Final = frozenset((int, type(None)))


def shorten(name: str, data: Any) -> Any:
    """The data of a section in the form that the journal gets.

    :param name: of the section
    :param data: what JSON can hold; it is not changed
    """
    if (name not in USUAL_VALUES or not isinstance(data, dict)
            or not _RESERVED.isdisjoint(data)):
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
    more: dict[str, Any] = {}
    if 'options' in usual and _is_in_order(
            data['options'], _place, 'group', 'name'):
        data, more[AT_DEFAULT] = _options_by_group(data)
    if (usual.get('loggers') == USUAL_VALUES['logging']['loggers']
            and _is_in_order(data['loggers'], _logger_place, 'logger')):
        data, more[AT_LEVEL] = _loggers_by_level(data)
    if 'sections' in usual and (sections := _all_ok(data['sections'])):
        data, more[ALL_OK] = {**data, 'sections': []}, sections
    if 'stacks' in data and _objects(data, ['stacks', 'frames']):
        data, counts = _frames_that_differ(data)
        if any(counts):
            more[FRAMES_BEFORE] = counts
    return {**data, USUAL: usual, **more} if usual or more else data


def fill_in(name: str, written: Any, length: int) -> Any:
    """The data of a section with all that was told once.

    :param name: of the section
    :param written: what :func:`shorten` gave, or what anybody has written
    :param length: of what was written, characters
    """
    if (name not in USUAL_VALUES or not isinstance(written, dict)
            or not isinstance(written.get(USUAL), dict)):
        return written
    data = dict(written)
    usual = data.pop(USUAL)
    by_group = data.pop(AT_DEFAULT, None)
    by_level = data.pop(AT_LEVEL, None)
    counts = data.pop(FRAMES_BEFORE, None)
    all_ok = data.pop(ALL_OK, None)
    # Who writes a long value once and many objects that lack it has a reader
    # write it as many times.
    left = FILLED_RATIO_MAX * length
    options, loggers = data.get('options'), data.get('loggers')
    if isinstance(by_group, dict) and isinstance(options, list):
        left, more = _options_of(by_group, left)
        if left < 0:
            return written
        data['options'] = sorted(options + more, key=_place)
    if isinstance(by_level, dict) and isinstance(loggers, list):
        left -= sum(2 * len(level) * len(names)
                    for level, names in by_level.items()
                    if isinstance(names, list))
        if left < 0:
            return written
        data['loggers'] = sorted(loggers + [
            {'logger': logger, 'level': level, 'effective_level': level}
            for level, names in by_level.items() if isinstance(names, list)
            for logger in names], key=_logger_place)
    if isinstance(all_ok, dict) and data.get('sections') == []:
        data['sections'] = [
            {'section': section, **dict(zip(_OF_A_SECTION, told, strict=True))}
            for section, told in all_ok.items()
            if isinstance(told, list) and len(told) == len(_OF_A_SECTION)]
    if isinstance(counts, list):
        left = _fill_in_frames(data, counts, left)
        if left < 0:
            return written
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
        _fill_in_values(found, values)
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


def _options_by_group(data: dict[str, Any],
                      ) -> tuple[dict[str, Any], dict[str, Any]]:
    """A copy of the data without options that have a value and no more.

    :returns: also these values, by group and name; of a group that has those
        of another one, the name of that one
    """
    by_group: dict[str, dict[str, Any]] = {}
    others = []
    for option in data['options']:
        if option.keys() == {'group', 'name', 'value'}:
            by_group.setdefault(
                option['group'], {})[option['name']] = option['value']
        else:
            others.append(option)
    told: dict[str, Any] = {}
    groups: dict[str, str] = {}
    for group, values in by_group.items():
        # numbers and booleans that are equal do not look the same
        first = groups.setdefault(repr(values), group)
        told[group] = values if first == group else first
    return {**data, 'options': others}, told


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


def _loggers_by_level(data: dict[str, Any],
                      ) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """A copy of the data without loggers that have a level and no more.

    :returns: also their names, by level
    """
    by_level: dict[str, list[str]] = {}
    others = []
    usual = USUAL_VALUES['logging']['loggers']
    for logger in data['loggers']:
        level = logger.get('level', usual['level'])
        if (logger.keys() <= {'logger', 'level', 'effective_level'}
                and isinstance(level, str) and level == logger.get(
                    'effective_level', usual['effective_level'])):
            by_level.setdefault(level, []).append(logger['logger'])
        else:
            others.append(logger)
    return {**data, 'loggers': others}, by_level


def _all_ok(sections: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """What there is to say of sections, by name; empty if that is not all.

    :param sections: as they are without what is usual
    """
    told = {}
    for section in sections:
        name = section.get('section')
        if (not isinstance(name, str) or name in told
                or section.keys() != {'section', *_OF_A_SECTION}):
            return {}
        told[name] = [section[key] for key in _OF_A_SECTION]
    return told


def _frames_that_differ(data: dict[str, Any],
                        ) -> tuple[dict[str, Any], list[int]]:
    """A copy of the data whose stacks lack the frames of the stack before.

    Each keeps its last one.

    :returns: also how many each lacks
    """
    counts = []
    stacks = []
    before: list[Any] = []
    for stack in data['stacks']:
        pauses.pause()
        frames = stack['frames']
        count = 0
        for one, other in zip(frames[:-1], before[:SHARED_FRAMES_MAX],
                              strict=False):
            if one != other or not _is_short_and_plain(one, other):
                break
            count += 1
        counts.append(count)
        stacks.append({**stack, 'frames': frames[count:]} if count else stack)
        before = frames
    return {**data, 'stacks': stacks}, counts


def _is_short_and_plain(frame: dict[str, Any],
                        equal: dict[str, Any]) -> bool:
    """Whether frames that are equal look the same, and are not long."""
    chars = 0
    for key, value in frame.items():
        kind = type(value)
        if kind is str:
            chars += len(value)
        elif kind not in _PLAIN or kind is not type(equal[key]):
            # a number can be equal to a boolean, and written otherwise
            return False
    return chars <= SHARED_FRAME_CHARS_MAX


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
                or not 0 <= count <= min(len(before), SHARED_FRAMES_MAX)):
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


def _is_in_order(objects: list[dict[str, Any]],
                 place: Callable[[Any], Any], *keys: str) -> bool:
    """Whether objects stand as a reader puts them.

    :param place: where each stands
    :param keys: what tells where, texts
    """
    if not all(isinstance(one.get(key), str) for one in objects
               for key in keys):
        return False
    places = list(map(place, objects))
    return all(one < other for one, other in itertools.pairwise(places))


def _place(option: Any) -> tuple[bool, str, str]:
    """Where an option stands among the others."""
    if not isinstance(option, dict):
        return True, '', ''
    group = str(option.get('group'))
    return group != 'DEFAULT', group, str(option.get('name'))


def _logger_place(logger: Any) -> tuple[bool, str]:
    """Where a logger stands among the others."""
    if not isinstance(logger, dict):
        return True, ''
    name = str(logger.get('logger'))
    return name != 'root', name
