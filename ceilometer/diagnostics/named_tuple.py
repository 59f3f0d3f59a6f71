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

"""Named tuples that cost little to make: what typing.NamedTuple is.

A daemon makes some fifty such classes as it starts. typing compiles an
expression for each annotation, and collections a constructor and four other
functions for each class; here all classes share theirs. That takes a fifth of
the time and a third of the memory, and a tuple that is made by keywords takes
a microsecond more. What a class must not do is left to the type checker, which
takes it for typing's.

In any process and thread.
"""

from __future__ import annotations

import _collections  # type: ignore[import-not-found,unused-ignore]
from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NamedTuple as NamedTuple
else:
    # of C, and collections' own for such fields; there may be none in another
    # Python
    _field = getattr(_collections, '_tuplegetter', None)
    if _field is None:
        import operator

        def _field(index: int, doc: str | None) -> property:
            return property(operator.itemgetter(index), doc=doc)

    # of the first field, the second and so on: the same for all classes
    _getters: list[Any] = []

    _tuple_of = tuple.__new__

    class _Tuple(tuple):
        """What the classes share: the methods of named tuples."""

        __slots__ = ()
        _fields: tuple[str, ...] = ()
        _field_defaults: dict[str, Any] = {}

        def __new__(cls, /, *values: Any, **named: Any) -> Any:
            if named or len(values) != len(cls._fields):
                values = _complete(cls, values, named)
            return _tuple_of(cls, values)

        @classmethod
        def _make(cls, values: Iterable[Any]) -> Any:
            return cls(*values)

        def _replace(self, /, **named: Any) -> Any:
            values = [named.pop(name, value) for name, value
                      in zip(self._fields, self, strict=True)]
            if named:
                raise TypeError(
                    f'{type(self).__name__} has no {_names(named)}')
            return _tuple_of(type(self), values)

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            values = ', '.join(f'{name}={value!r}' for name, value
                               in self._asdict().items())
            return f'{type(self).__name__}({values})'

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

    def _complete(cls: type[_Tuple], values: tuple[Any, ...],
                  named: dict[str, Any]) -> tuple[Any, ...]:
        """All values of a tuple, of which some are named or defaults."""
        name = cls.__name__
        defaults = cls._field_defaults
        missing = len(cls._fields) - len(values)
        if missing < 0:
            raise TypeError(f'{name} takes {len(cls._fields)} values, not '
                            f'{len(values)}')
        given = {**defaults, **named}
        # mostly: defaults are those of the last fields, in their order
        if len(given) == len(defaults) >= missing and (
                not named or missing == len(defaults)):
            return values + tuple(given.values())[len(given) - missing:]
        rest = cls._fields[len(values):]
        try:
            whole = values + tuple([given[field] for field in rest])
        except KeyError:
            missing = [field for field in rest if field not in given]
            raise TypeError(f'{name} needs {_names(missing)}') from None
        if not named.keys() <= set(rest):
            twice = [field for field in named if field not in rest]
            raise TypeError(f'{name} has no {_names(twice)}, or has it twice')
        return whole

    def _names(names: Iterable[str]) -> str:
        return ', '.join(map(repr, names))

    class _Maker(type):
        """Gives a class below :class:`_Tuple` for each below."""

        def __new__(cls, name: str, bases: tuple[type, ...],
                    space: dict[str, Any]) -> type:
            fields = tuple(space.get('__annotations__', ()))
            space['_field_defaults'] = {
                one: space.pop(one) for one in fields if one in space}
            space['_fields'] = space['__match_args__'] = fields
            space['__slots__'] = ()
            while len(_getters) < len(fields):
                _getters.append(_field(len(_getters), None))
            space.update(zip(fields, _getters, strict=False))
            doc = space.pop('__doc__', None)
            made = type(name, (_Tuple,), space)
            # not before: the class would have a copy of it besides
            made.__doc__ = doc
            return made

    #: What :class:`typing.NamedTuple` is, for classes with annotations that
    #: are strings (``from __future__ import annotations``).
    NamedTuple = type.__new__(_Maker, 'NamedTuple', (), {})
