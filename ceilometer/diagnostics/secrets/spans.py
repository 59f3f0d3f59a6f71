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

"""A text, and the parts of it that are secrets.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator

from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import patterns
from ceilometer.diagnostics import pauses
from ceilometer.diagnostics.secrets import secret_names

#: Where a secret begins in a text, and where it ends.
Span = tuple[int, int]

#: How much text a search for names is given at once: what regular
#: expressions do with it, they do without a break.
WINDOW_CHARS = 32 * 1024

_NAME_CHARACTERS = patterns.usual(r'[\w.-]*')


class Text:
    """A text that recognizers look at.

    :ivar whole: the text
    :ivar lower: the same in lower case, character for character
    """

    def __init__(self, whole: str) -> None:
        self.whole = whole
        # the only character whose lower case is two
        self.lower = whole.replace('\u0130', 'i').lower()
        self._closing: dict[str, list[int]] | None = None
        #: how many more characters searches for closing brackets may read
        self.budget = 4 * len(whole) + 100_000
        #: quotes that are known not to end
        self.endless: set[str] = set()
        self._line: Span = (0, -1)

    def has(self, words: tuple[str, ...]) -> bool:
        """Whether one of these is in the text.

        What an expression cannot match without is looked for first: to
        compile one takes as long as to mask a hundred short texts.

        :param words: in lower case
        """
        return has_any(self.lower, words)

    def windows(self) -> Iterator[Span]:
        """Parts of the text that together are all of it.

        None ends within a name, so that a search for names that is limited
        to them finds all. What stands behind a name is not to be limited.
        """
        at = 0
        while at < len(self.whole):
            end = at + WINDOW_CHARS
            found = _NAME_CHARACTERS.match(self.whole, end)
            end = found.end() if found else len(self.whole)
            yield at, min(end, len(self.whole))
            at = end

    def line_end(self, at: int) -> int:
        """Where the line ends that holds a place.

        :param at: the place
        """
        # remembered, because a line may hold very many names
        if not self._line[0] <= at <= self._line[1]:
            newline = self.whole.find('\n', at)
            self._line = at, len(self.whole) if newline < 0 else newline
        return self._line[1]

    def closing_tags(self, name: str) -> list[int]:
        """Where elements of this name end, in order.

        :param name: of an XML element, in lower case
        """
        if self._closing is None:
            self._closing = {}
            at = 0
            while (at := self.lower.find('</', at)) >= 0:
                found = _TAG.match(self.lower, at + 2)
                self._closing.setdefault(found[0] if found else '', []).append(
                    at)
                at += 2
        return self._closing.get(name, [])


_TAG = patterns.pattern(r'[\w.:-]{1,200}')


class Recognizer(named_tuple.NamedTuple):
    """Finds the secrets of one kind.

    :ivar kind: what it finds, as a reader would call it
    :ivar hints: a text that has none of these in lower case has none of its
        secrets; they are looked for first, because that is fast
    :ivar find: gives the secrets of a text, in any order; takes time that
        grows with the length of the text and no faster
    :ivar sign: stands in each text that has one of its secrets
    :ivar dashed: hints, too, of texts that have a hyphen besides
    """

    kind: str
    hints: tuple[str, ...]
    find: Callable[[Text], Iterable[Span]]
    sign: str = ''
    dashed: tuple[str, ...] = ()


def has_any(text: str, words: Iterable[str]) -> bool:
    """Whether one of these words is in a text.

    :param text: of any length
    :param words: the most frequent first, if they are known
    """
    if len(text) > pauses.LONG_CHARS:
        for word in words:
            pauses.pause()
            if word in text:
                return True
        return False
    # any() takes twice as long, and this is most of the work for short texts
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False


def join(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch joined.

    :param spans: in any order
    """
    joined: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def mask(text: str, spans: Iterable[Span]) -> str:
    """A text with a mask where its secrets were.

    :param text: the text
    :param spans: where its secrets are, in any order
    """
    shown = []
    at = 0
    for start, end in join(spans):
        shown += [text[at:start], secret_names.MASK]
        at = end
    shown.append(text[at:])
    return ''.join(shown)
