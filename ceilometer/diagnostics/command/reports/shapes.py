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

"""Fits what anybody may have written to the types it should have.

The data of a section may come from another version, or from somebody who
wants to mislead. :func:`fit` gives data of the wanted type, whatever it is
given: what has another shape is left out, what is missing is None or empty.
So whoever reads them needs no check of their own.

Runs in the command; raises nothing for any data that JSON can hold.
"""

from __future__ import annotations

from collections.abc import Callable
import functools
import math
import operator
import types
from typing import Any
from typing import cast
from typing import get_args
from typing import get_origin
from typing import get_type_hints
from typing import NotRequired
from typing import TypeVar
from typing import Union

_T = TypeVar('_T')

#: The kernel counts no further; nor does anything else that is reported.
NUMBER_MAX = 2 ** 64

# What stands for a value that is missing, or has another shape.
_NOTHING: Any = object()

# Where a value is: None for the data itself, or where what it is in is, and
# its key or number there. Words are made of it only where they are wanted.
_Place = tuple[Any, Any] | None

#: Gives the value as it should be, or _NOTHING. Takes the value, its place,
#: and a list that takes a line for each misfit.
_Fit = Callable[[Any, _Place, list[str]], Any]

#: Says at once that a value is as it should be; where it says no, it may be.
_IsFit = Callable[[Any], bool]


def fit(data: Any, kind: type[_T]) -> tuple[_T, list[str]]:
    """Fit data to a type.

    :param data: what JSON can hold
    :param kind: one of :mod:`ceilometer.diagnostics.contents`, or any class
        with annotations like those
    :returns: data of the type; and a line for each place that had another
        shape, ``stacks[3].frames: expected a list``. Keys that are missing or
        not known are no misfits: another version has others
    """
    problems: list[str] = []
    fitted = _fit_of(cast(Any, kind))(data, None, problems)
    return cast(_T, fitted), problems


def keys(kind: type) -> dict[str, Any]:
    """The keys of a type with the types of their values.

    :param kind: as for :func:`fit`
    """
    return {name: get_args(hint)[0] if get_origin(hint) is NotRequired
            else hint for name, hint in _hints(kind).items()}


def required(kind: type) -> set[str]:
    """The keys of a type that are always there.

    :param kind: as for :func:`fit`
    """
    return {name for name, hint in _hints(kind).items()
            if get_origin(hint) is not NotRequired}


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


@functools.cache
def _fit_of(hint: Any) -> _Fit:
    origin = get_origin(hint)
    arguments = get_args(hint)
    if hint is Any:
        return lambda value, place, problems: (
            None if value is _NOTHING else value)
    if origin in (Union, types.UnionType):
        return _fit_to_either(arguments)
    if origin is list:
        return _fit_to_list(_fit_of(arguments[0]),
                            _all_as_they_are(arguments[0]))
    if origin is dict:
        return _fit_to_mapping(_fit_of(arguments[1]))
    if hint in _SIMPLE:
        return _fit_to_simple(hint)
    return _fit_to_keys(hint)


def _whole_number(value: Any) -> bool:
    # True and False are numbers to Python, and nothing of the kind to JSON
    return type(value) is int and abs(value) <= NUMBER_MAX


#: For each type its name for people, whether a value is of it, and what is
#: told where there is none.
_SIMPLE: dict[Any, tuple[str, Callable[[Any], bool], Any]] = {
    str: ('a string', lambda value: isinstance(value, str), ''),
    bool: ('true or false', lambda value: isinstance(value, bool), False),
    int: ('a whole number', _whole_number, 0),
    float: ('a number', lambda value: _whole_number(value) or (
        isinstance(value, float) and math.isfinite(value)
        and abs(value) <= NUMBER_MAX), 0.0),
    type(None): ('null', lambda value: value is None, None),
}


#: So much of a key is repeated for each misfit below it.
_KEY_CHARS_MAX = 100


def _misfit(place: _Place, expected: str, problems: list[str]) -> None:
    words = ''
    while place is not None:
        place, key = place
        words = (f'[{key}]' if isinstance(key, int)
                 else f'.{key[:_KEY_CHARS_MAX]}') + words
    problems.append(f'{words.lstrip(".") or "the data"}: expected {expected}')


def _fit_to_simple(kind: Any) -> _Fit:
    name, is_one, default = _SIMPLE[kind]

    def fit_simple(value: Any, place: _Place, problems: list[str]) -> Any:
        if is_one(value):
            return value
        if value is not _NOTHING:
            _misfit(place, name, problems)
        return default
    return fit_simple


def _fit_to_list(fit_item: _Fit, fits_as_it_is: _IsFit) -> _Fit:
    def fit_list(value: Any, place: _Place, problems: list[str]) -> Any:
        if not isinstance(value, list):
            if value is not _NOTHING:
                _misfit(place, 'a list', problems)
            return []
        if all(map(fits_as_it_is, value)):
            return value
        fitted = []
        for number, item in enumerate(value):
            known = len(problems)
            made = fit_item(item, (place, number), problems)
            # an item of another kind is none; one with a misfit in it stays
            if len(problems) == known or isinstance(item, (dict, list)):
                fitted.append(made)
        return fitted
    return fit_list


def _fit_to_mapping(fit_item: _Fit) -> _Fit:
    def fit_mapping(value: Any, place: _Place, problems: list[str]) -> Any:
        if not isinstance(value, dict):
            if value is not _NOTHING:
                _misfit(place, 'an object', problems)
            return {}
        fitted = {}
        for key, item in value.items():
            known = len(problems)
            made = fit_item(item, (place, key), problems)
            if len(problems) == known or isinstance(item, (dict, list)):
                fitted[key] = made
        return fitted
    return fit_mapping


def _fit_to_keys(kind: type) -> _Fit:
    fits = [(name, _fit_of(hint), _as_they_are(hint))
            for name, hint in keys(kind).items()]
    always = required(kind)
    fits_as_it_is = _all_as_they_are(kind)

    def fit_keys(value: Any, place: _Place, problems: list[str]) -> Any:
        if fits_as_it_is(value):
            return value
        if not isinstance(value, dict):
            if value is not _NOTHING:
                _misfit(place, 'an object', problems)
            value = {}
        fitted = {}
        for name, fit_value, as_they_are in fits:
            given = value.get(name, _NOTHING)
            if type(given) in as_they_are:
                fitted[name] = given
            elif given is not _NOTHING or name in always:
                fitted[name] = fit_value(given, (place, name), problems)
        return fitted
    return fit_keys


def _all_as_they_are(hint: Any) -> _IsFit:
    """Whether data are of a type as most data are, for a quick answer."""
    kinds = [kind for kind in (get_args(hint) if get_origin(hint) in (
        Union, types.UnionType) else (hint,)) if isinstance(kind, type)
        and get_origin(kind) is None and hasattr(kind, '__annotations__')]
    if not kinds:
        return lambda value: False
    hints = _hints(kinds[0])
    wanted = [_as_they_are(hint) or (
        {int} if hint is int else frozenset()) for hint in hints.values()]
    if not all(wanted) or len(hints) < 2 or required(kinds[0]) != set(hints):
        return lambda value: False
    count = len(hints)
    values_of = operator.itemgetter(*hints)
    numbers = [place for place, own in enumerate(wanted) if int in own]
    # there are few combinations
    known: set[tuple[type, ...]] = set()

    def fits_as_it_is(value: Any) -> bool:
        if type(value) is not dict or len(value) != count:
            return False
        try:
            values = values_of(value)
        except KeyError:
            return False
        own = tuple(map(type, values))
        if own not in known:
            if not all(map(operator.contains, wanted, own)):
                return False
            known.add(own)
        for place in numbers:
            if not -NUMBER_MAX <= values[place] <= NUMBER_MAX:
                return False
        return True
    return fits_as_it_is


def _as_they_are(hint: Any) -> frozenset[type]:
    """Types whose values fit without a look at them: most are of these."""
    hints = get_args(hint) if get_origin(hint) in (
        Union, types.UnionType) else (hint,)
    return frozenset({str, bool, type(None)} & set(hints))


def _fit_to_either(kinds: tuple[Any, ...]) -> _Fit:
    optional = type(None) in kinds
    others = [kind for kind in kinds if kind is not type(None)]
    fits = [(_fit_of(kind),
             frozenset() if kind in _SIMPLE or get_origin(kind)
             else frozenset(required(kind))) for kind in others]

    def fit_either(value: Any, place: _Place, problems: list[str]) -> Any:
        if optional and (value is None or value is _NOTHING):
            return None
        if len(fits) > 1 and isinstance(value, dict):
            # the kind whose keys it has, the first one if none
            chosen = next((fit_kind for fit_kind, always in fits
                           if always <= value.keys()), fits[0][0])
        else:
            chosen = fits[0][0]
        known = len(problems)
        made = chosen(value, place, problems)
        return None if optional and len(problems) > known and not isinstance(
            value, (dict, list)) else made
    return fit_either
