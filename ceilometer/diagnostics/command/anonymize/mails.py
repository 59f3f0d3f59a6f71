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

"""Mail addresses."""

from __future__ import annotations

import re

from ceilometer.diagnostics.command.anonymize import placeholders

# begun at the beginning of a word only, and never gone back in
_MAIL = re.compile(
    r'(?<![\w.+-])[\w.+-]++(?P<at>@|\\@|%40|&#64;|[ ]?[\[(]at[\])][ ]?)'
    r'(?=[\w-]++(?:\.|[ ]?[\[(]dot[\])])[ ]?[\w-])'
    r'[\w-]++(?:(?:\.|[ ]?[\[(]dot[\])][ ]?)[\w-]++)++')
# "Jane Doe" <jane@example.org>
_PERSON = re.compile(
    r'("[^"\n<>]{1,60}"|(?<![\w.])[A-Z][\w.\'-]{1,30}'
    r'(?:[ ][A-Z][\w.\'-]{0,30}){1,3})'
    r'([ ]{1,2}<)(?=[\w.+-]{1,64}@)')
_SIGNS = ('@', '%40', '&#64;', '[at]', '(at)')
_DOT = re.compile(r'[ ]?[\[(]dot[\])][ ]?')


class Recognizer:
    """Finds mail addresses.

    :param numbers: of names
    """

    def __init__(self, numbers: placeholders.Placeholders) -> None:
        self._numbers = numbers

    def text(self, text: str) -> str:
        """The text with placeholders."""
        if '<' in text:
            text = _PERSON.sub(self._person, text)
        return _MAIL.sub(self._placeholder, text) if any(
            sign in text for sign in _SIGNS) else text

    def _person(self, match: re.Match[str]) -> str:
        return f'person-{self._numbers.number("person", match[1])}{match[2]}'

    def _placeholder(self, match: re.Match[str]) -> str:
        plain = _DOT.sub('.', match[0].replace(match['at'], '@')).lower()
        number = self._numbers.number('mail', plain)
        return f'user-{number}{match["at"]}mail.invalid'
