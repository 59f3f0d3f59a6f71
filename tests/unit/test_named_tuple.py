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

import pickle
import typing

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
    assert Own.__bases__ == Theirs.__bases__ == (tuple,)
    assert Own.__new__.__defaults__ == Theirs.__new__.__defaults__
    assert (Own.__module__, Own.__qualname__, Own.__doc__) == (
        __name__, 'Own', 'What it is.')
    assert repr(Own('a', count=3)) == "Own(name='a', rest=(), count=3)"
    assert Own('a') == ('a', (), None)
    assert not hasattr(Own('a'), '__dict__')
    assert typing.get_type_hints(Own) == typing.get_type_hints(Theirs)


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
