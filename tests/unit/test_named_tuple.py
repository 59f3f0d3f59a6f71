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

"""Tests for ceilometer.diagnostics.named_tuple."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from ceilometer.diagnostics import named_tuple


class Own(named_tuple.NamedTuple):
    """What it is."""

    name: str
    rest: tuple[str, ...] = ()
    count: int | None = None

    @property
    def whole(self) -> tuple[str, ...]:
        return self.name, *self.rest

    def counted(self) -> Own:
        return self._replace(count=len(self.rest))

    @classmethod
    def made(cls, text: str) -> Own:
        return cls(*text.split())


class Theirs(typing.NamedTuple):
    name: str
    rest: tuple[str, ...] = ()
    count: int | None = None


def test_it_is_a_named_tuple():
    assert Own._fields == Theirs._fields
    assert Own._field_defaults == Theirs._field_defaults
    assert issubclass(Own, tuple)
    assert Own.__match_args__ == Theirs.__match_args__
    assert (Own.__module__, Own.__qualname__, Own.__doc__) == (
        __name__, 'Own', 'What it is.')
    assert repr(Own('a', count=3)) == "Own(name='a', rest=(), count=3)"
    assert Own('a') == ('a', (), None)
    assert Own('a', ('b',), 1)._asdict() == Theirs('a', ('b',), 1)._asdict()
    assert Own._make(['a', ()]) == ('a', (), None)
    assert not hasattr(Own('a'), '__dict__')
    hints = typing.get_type_hints(Own)
    assert {name: hints[name] for name in Own._fields} == (
        typing.get_type_hints(Theirs))


def refused(make: typing.Callable[[], object]) -> str:
    with pytest.raises(TypeError) as caught:
        make()
    return str(caught.value)


def test_values_that_do_not_fit_are_refused():
    make: typing.Any = Own
    assert refused(make) == "Own needs 'name'"
    assert refused(lambda: make(rest=())) == "Own needs 'name'"
    assert refused(lambda: make(1, 2, 3, 4)) == 'Own takes 3 values, not 4'
    assert refused(lambda: make('a', other=1)) == (
        "Own has no 'other', or has it twice")
    assert refused(lambda: make('a', name='b')) == (
        "Own has no 'name', or has it twice")
    assert refused(lambda: make('a', ('b',), rest=())) == (
        "Own has no 'rest', or has it twice")
    assert refused(lambda: make('a')._replace(other=1)) == (
        "Own has no 'other'")


def test_methods_and_properties():
    own = Own('a', ('b', 'c'))
    assert own.whole == ('a', 'b', 'c')
    assert own.counted() == ('a', ('b', 'c'), 2)
    assert Own.made('a b') == ('a', 'b', None)


def test_it_can_be_pickled():
    own = Own('a', ('b',), 1)
    found = pickle.loads(pickle.dumps(own))
    assert found == own
    assert type(found) is Own
    for made in (copy.copy(own), copy.deepcopy(own)):
        assert made == own
        assert type(made) is Own
