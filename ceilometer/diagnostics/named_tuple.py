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

"""``typing.NamedTuple``, made in about half the time.

A daemon makes some fifty such classes as it starts. For each annotation,
typing compiles an expression, which nobody here asks for. What a class must
not do is left to the type checker, which takes it for typing's.

In any process and thread.
"""

from __future__ import annotations

import collections
from typing import Any
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    class _Maker(type):
        """Gives a class of :func:`collections.namedtuple` for each below."""

        def __new__(cls, name: str, bases: tuple[type, ...],
                    space: dict[str, Any]) -> type:
            annotations = space.pop('__annotations__', {})
            made = collections.namedtuple(
                name, annotations, module=space.pop('__module__'), defaults=[
                    space.pop(one) for one in annotations if one in space])
            made.__annotations__ = annotations
            for key, value in space.items():
                setattr(made, key, value)
            return made

    #: What :class:`typing.NamedTuple` is, for classes with annotations that
    #: are strings (``from __future__ import annotations``).
    NamedTuple = type.__new__(_Maker, 'NamedTuple', (), {})
