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

"""Tells fast which recognizers may find something in a text.

Most texts hold no secret, and to find that out is most of the work. So what
each secret of a kind has beside it is looked for first, as seldom as can be:
what several kinds have once, what contains another hint not at all, and what
has a rare sign in it only where that sign is.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from ceilometer.diagnostics.secrets import spans

# The rarest first. A hint is looked for where the first of these is that it
# has.
_SIGNS = '$\\<{(/_-. '

#: So many hints must have the same one.
_SAME_SIGN_MIN = 3


class Plan:
    """What is looked for, for some recognizers in their order.

    :param recognizers: the recognizers
    """

    def __init__(self, recognizers: Iterable[spans.Recognizer]) -> None:
        #: words that are looked for where a sign is in the text
        self._groups: list[tuple[str, tuple[str, ...]]] = []
        #: each recognizer, and the numbers of its groups
        self._needs: list[tuple[spans.Recognizer, tuple[int, ...]]] = []
        known: list[tuple[frozenset[str], tuple[int, ...]]] = []
        for recognizer in recognizers:
            numbers: tuple[int, ...] = ()
            words = frozenset(recognizer.hints)
            for others, theirs in known:
                if others <= words:
                    numbers += theirs
                    words -= others
            numbers += self._add(grouped(words))
            known.append((frozenset(recognizer.hints), numbers))
            if recognizer.dashed:
                numbers += self._add([('-', shortest(recognizer.dashed))])
            self._needs.append((recognizer, numbers))

    def _add(self, groups: Iterable[tuple[str, tuple[str, ...]]],
             ) -> tuple[int, ...]:
        first = len(self._groups)
        self._groups += groups
        return tuple(range(first, len(self._groups)))

    def promising(self, text: spans.Text,
                  every: bool = False) -> Iterator[spans.Recognizer]:
        """The recognizers that may find something, in their order.

        :param text: the text
        :param every: whether hints say nothing of this text
        """
        whole = text.whole
        lower = text.lower
        groups = self._groups
        found: list[bool | None] = [None] * len(groups)
        for recognizer, numbers in self._needs:
            if recognizer.sign not in whole:
                continue
            if every:
                yield recognizer
                continue
            for number in numbers:
                has = found[number]
                if has is None:
                    sign, words = groups[number]
                    has = found[number] = sign in lower and (
                        spans.has_any(lower, words))
                if has:
                    yield recognizer
                    break


def grouped(words: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Words by a sign that each of them has, '' for those of no group.

    :param words: hints
    """
    groups: dict[str, list[str]] = {}
    for word in shortest(words):
        sign = next((sign for sign in _SIGNS if sign in word), '')
        groups.setdefault(sign, []).append(word)
    for sign in [*groups]:
        if len(groups[sign]) < _SAME_SIGN_MIN and sign:
            groups.setdefault('', []).extend(groups.pop(sign))
    return [(sign, tuple(some)) for sign, some in groups.items()]


def shortest(words: Iterable[str]) -> tuple[str, ...]:
    """Those that contain no other one.

    :param words: hints
    """
    kept: list[str] = []
    for word in sorted(set(words), key=lambda word: (len(word), word)):
        if not spans.has_any(word, kept):
            kept.append(word)
    return tuple(kept)
