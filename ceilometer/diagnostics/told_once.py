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
:func:`shorten` and :func:`.filled_in.fill_in` of the command are each other's
inverse.

Pure functions over plain data; the daemon calls them in the thread of its
report.
"""

from __future__ import annotations

from collections.abc import Callable
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

OF_A_SECTION: Final = ('usec', 'text_bytes', 'data_bytes')

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
            data['options'], place, 'group', 'name'):
        data, more[AT_DEFAULT] = _options_by_group(data)
    if (usual.get('loggers') == USUAL_VALUES['logging']['loggers']
            and _is_in_order(data['loggers'], logger_place, 'logger')):
        data, more[AT_LEVEL] = _loggers_by_level(data)
    if 'sections' in usual and (sections := _all_ok(data['sections'])):
        data, more[ALL_OK] = {**data, 'sections': []}, sections
    if 'stacks' in data and _objects(data, ['stacks', 'frames']):
        data, counts = _frames_that_differ(data)
        if any(counts):
            more[FRAMES_BEFORE] = counts
    return {**data, USUAL: usual, **more} if usual or more else data


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
                or section.keys() != {'section', *OF_A_SECTION}):
            return {}
        told[name] = [section[key] for key in OF_A_SECTION]
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


def _is_in_order(objects: list[dict[str, Any]],
                 place_of: Callable[[Any], Any], *keys: str) -> bool:
    """Whether objects stand as a reader puts them.

    :param place_of: where each stands
    :param keys: what tells where, texts
    """
    if not all(isinstance(one.get(key), str) for one in objects
               for key in keys):
        return False
    places = list(map(place_of, objects))
    return all(one < other for one, other in itertools.pairwise(places))


def place(option: Any) -> tuple[bool, str, str]:
    """Where an option stands among the others."""
    if not isinstance(option, dict):
        return True, '', ''
    group = str(option.get('group'))
    return group != 'DEFAULT', group, str(option.get('name'))


def logger_place(logger: Any) -> tuple[bool, str]:
    """Where a logger stands among the others."""
    if not isinstance(logger, dict):
        return True, ''
    name = str(logger.get('logger'))
    return name != 'root', name
