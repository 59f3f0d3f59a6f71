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

"""Names that a report tells, wherever else they stand.

A text is taken apart into words and what separates them, and a name is a
sequence of such words: so ``compute-44`` is found in ``on_compute-44``, in
``q_compute_44_fanout`` and, as systemd escapes it, in ``compute\\x2d44``, and
is not found in ``compute-441``. Each word is looked up once.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
import re
from typing import Any

from ceilometer.diagnostics.command.anonymize import placeholders
from ceilometer.diagnostics.command.anonymize import told_names
from ceilometer.diagnostics.command.anonymize import vocabulary

#: A shorter name would be found in too many words.
_CHARS_MIN = 3

#: So many words may a name have, and so many labels a host below a domain.
_WORDS_MAX = 24

_WORD = re.compile(r'\\x2[deDE]|%[0-9a-fA-F]{2}|[^\W_]+')
_ESCAPED = {'\\x2d': '-', '\\x2e': '.', '%2d': '-', '%2e': '.', '%20': ' ',
            '+': ' '}
_DOTTED = re.compile(r'(?<![\w-])[\w-]++(?:\.[\w-]++)++')
_FORMS = {'host': 'host-{}', 'user': 'user-{}', 'project': 'project-{}',
          'domain': 'domain-{}', 'region': 'region-{}',
          'dns': 'domain-{}.invalid'}
_PROGRAM = re.compile(r'(?<![\w-])(?:openstack-)?(?:'
                      + '|'.join(map(re.escape, vocabulary.PROGRAMS))
                      + r')(?![\w-])')

# where a word that may be something else is a name: behind one of these
# signs, or behind one of these words and what may stand between
_BEFORE_CHARS = 96
_SIGNS = {'host': ('//', '@'), 'user': ('://', '/home/', '/users/')}
_SAYING = {
    'host': ('host', 'server', 'nodename'), 'user': ('user',),
    'project': ('project', 'tenant'), 'domain': ('domain',),
    'region': ('region',)}
_BEFORE = {
    'host': re.compile(
        r'(?<![a-z])(?:host (?=$)|(?:host|hosts|hostname|server|servers|'
        r'nodename)["\']?\s?[=:]\s?[\w.,: \[\]"\'-]{0,60}$)'),
    'user': re.compile(
        r'(?<![a-z])(?:user|username|user_name|userid)["\']?\s?[=:]\s?'
        r'["\']?$'),
    'project': re.compile(r'(?:project|tenant)(?:_name|_id)?["\']?\s?[=:]\s?'
                          r'["\']?$'),
    'domain': re.compile(r'domain(?:_name|_id)?["\']?\s?[=:]\s?["\']?$'),
    'region': re.compile(r'region(?:_name|_id)?["\']?\s?[=:]\s?["\']?$'),
}
_BEHIND = {'host': re.compile(r':\d{2,5}(?![\d\w])'),
           'user': re.compile(r'@|:\*\*\*@')}

_Tree = dict[Any, Any]


class Recognizer:
    """Finds names that are known.

    :param numbers: of names
    :param told: the names
    :param ordinary: words that are names only where that is certain
    """

    def __init__(self, numbers: placeholders.Placeholders,
                 told: told_names.Names, ordinary: Collection[str]) -> None:
        self._numbers = numbers
        self._domains = told.domains
        self._ordinary = ordinary
        self._tree: _Tree = {}
        for domain in told.domains:
            self._plant(domain, 'dns')
        for name, kind in told.names.items():
            self._plant(name, kind)

    def _plant(self, name: str, kind: str) -> None:
        """Put a name into the tree: words and separators, then the leaf."""
        place = self._tree
        end = None
        for count, (word, start, stop) in enumerate(_words(name)):
            if count >= _WORDS_MAX:
                return
            if end is not None:
                place = place.setdefault(_separator(name, end, start), {})
            place = place.setdefault(word, {})
            end = stop
        if end is not None:
            place.setdefault(None, (kind, name))

    def text(self, text: str, certain: bool = False) -> str:
        """The text with placeholders.

        :param text: any text
        :param certain: whether it is where a name stands
        """
        spans = [*self._hosts_of_domains(text)]
        hosts = iter([*spans, (len(text) + 1, 0, '')])
        programs = [match.span() for match in _PROGRAM.finditer(text)]
        start, end, placeholder = next(hosts)
        pieces = []
        at = 0
        words = list(_words(text))
        number = 0
        passed = 0
        while number < len(words) or start <= len(text):
            if number >= len(words) or words[number][1] >= start:
                pieces += [text[at:start], placeholder]
                at = end
                while number < len(words) and words[number][1] < end:
                    number += 1
                start, end, placeholder = next(hosts)
                continue
            while passed < len(programs) and (
                    programs[passed][1] <= words[number][1]):
                passed += 1
            inside = passed < len(programs) and (
                programs[passed][0] <= words[number][1])
            found = None if inside else self._at(text, words, number, certain)
            if found is None or words[found[0] - 1][2] > start:
                number += 1
                continue
            behind, kind, name = found
            pieces += [text[at:words[number][1]], self._placeholder(
                kind, name)]
            at = words[behind - 1][2]
            number = behind
        pieces.append(text[at:])
        return ''.join(pieces)

    def _placeholder(self, kind: str, name: str) -> str:
        return _FORMS[kind].format(self._numbers.number(kind, name))

    def _hosts_of_domains(self, text: str) -> Iterator[tuple[int, int, str]]:
        """What is below a domain that is known is a host of it."""
        if not self._domains:
            return
        for match in _DOTTED.finditer(text):
            labels = match[0].rsplit('.', _WORDS_MAX)
            for count in range(1, len(labels)):
                # the longest first
                if '.'.join(labels[count:]).lower() in self._domains:
                    yield match.start(), match.end(), self._placeholder(
                        'host', match[0].lower())
                    break

    def _at(self, text: str, words: list[tuple[str, int, int]], number: int,
            certain: bool) -> tuple[int, str, str] | None:
        """The longest name that begins with a word.

        :returns: the number of the word behind it, its kind, the name
        """
        place: _Tree | None = self._tree.get(words[number][0])
        found = None
        count = number
        while place is not None:
            count += 1
            leaf = place.get(None)
            if leaf is not None and (certain or self._is_name(
                    text, words[number][1], words[count - 1][2], leaf)):
                found = (count, *leaf)
            if count >= len(words):
                break
            between = _separator(text, words[count - 1][2], words[count][1])
            below = place.get(between)
            if between == '-' and (below is None
                                   or words[count][0] not in below):
                # what is written with a hyphen stands for others
                below = next((place[sign] for sign in ('.', ' ', '_')
                              if words[count][0] in place.get(sign, ())), None)
            place = None if below is None else below.get(words[count][0])
        return found

    def _is_name(self, text: str, start: int, end: int,
                 leaf: tuple[str, str]) -> bool:
        """Whether a word that may be something else is a name here."""
        kind, name = leaf
        if len(name) >= _CHARS_MIN and name not in self._ordinary:
            return True
        before = text[max(0, start - _BEFORE_CHARS):start].lower()
        if before.endswith(_SIGNS.get(kind, ())):
            return True
        if any(word in before for word in _SAYING.get(kind, ())) and (
                _BEFORE[kind].search(before)):
            return True
        return (kind in _BEHIND and before[-1:] not in tuple('/.\\-_')
                and _BEHIND[kind].match(text, end) is not None)


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text: lower case, with their places."""
    for match in _WORD.finditer(text):
        if match[0][0] not in '\\%':
            yield match[0].lower(), match.start(), match.end()


def _separator(text: str, start: int, end: int) -> str:
    """What stands between two words; a sign for all that replace it."""
    between = text[start:min(end, start + 8)]
    between = _ESCAPED.get(between.lower(), between)
    return '-' if between == '_' else between
