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

"""Which of many mappings with the same keys hold nothing to mask.

There are very many of a kind, such as threads, frames and options, and of most
nothing is masked. To look at each value of each costs a report most of its
time; here all values of a key are looked at together.

Pure functions over plain data; see :mod:`.redact`, which knows what may be
plain by which name.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import Final

from ceilometer.diagnostics import named_tuple

#: Numbers that are not below it, or not above its negative, may change.
PLAIN_BELOW = 2 ** 63

NUMBERS: Final[frozenset[Any]] = frozenset((int, float))
_TRUTHS: Final[frozenset[Any]] = frozenset((bool, type(None)))


class Column(named_tuple.NamedTuple):
    """What is plain by a key.

    :ivar texts: whether a text may be
    :ivar is_source: whether such a text is a line of a program
    :ivar numbers: whether a number is
    """

    texts: bool
    is_source: bool
    numbers: bool


def plain(rows: Sequence[dict[Any, Any]], columns: Sequence[Column],
          is_plain: Callable[[str, bool], bool],
          ) -> tuple[list[int], int]:
    """The mappings that are what they would be without secrets.

    Lists in those are empty, and are replaced by lists of their own.

    :param rows: mappings of the same keys, one or more; nobody else has them
    :param columns: of each key
    :param is_plain: whether nothing is masked in a text, and whether that is
        a line of a program
    :returns: their places, and how many characters their texts have
    """
    others: set[int] = set()
    texts: list[Sequence[Any]] = []
    lists: list[int] = []
    values = [[*row.values()] for row in rows]
    by_key: list[tuple[Any, ...]] = list(zip(*values, strict=True))
    for place, (column, found) in enumerate(zip(
            columns, by_key, strict=True)):
        kinds: set[Any] = set(map(type, found))
        # that there is no value, or a truth, is no secret by any name
        for kind in kinds - _TRUTHS:
            if kind is str and column.texts:
                texts.append(found)
                masked = {text for text in (
                    set(found) if len(kinds) == 1 else
                    {one for one in found if type(one) is str})
                    if not is_plain(text, column.is_source)}
                if masked:
                    others.update(
                        number for number, one in enumerate(found)
                        if type(one) is str and one in masked)
            elif kind in NUMBERS and column.numbers:
                # nor is what is no number less than another one
                others.update(
                    number for number, one in enumerate(found)
                    if type(one) is kind
                    and not -PLAIN_BELOW < one < PLAIN_BELOW)
            elif kind is list:
                lists.append(place)
                others.update(number for number, one in enumerate(found)
                              if type(one) is list and one)
            else:
                others.update(number for number, one in enumerate(found)
                              if type(one) is kind)
    left = [number for number in range(len(rows)) if number not in others]
    for place in lists:
        for number in left:
            if type(values[number][place]) is list:
                rows[number][[*rows[number]][place]] = []
    return left, sum(
        len(found[number]) for found in texts for number in left
        if type(found[number]) is str)
