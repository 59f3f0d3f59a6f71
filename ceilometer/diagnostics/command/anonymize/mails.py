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
    r'(?<![\w.+-])[\w.+-]++@(?=[\w-]++\.[\w-])[\w-]++(?:\.[\w-]++)++')


class Recognizer:
    """Finds mail addresses.

    :param numbers: of names
    """

    def __init__(self, numbers: placeholders.Placeholders) -> None:
        self._numbers = numbers

    def text(self, text: str) -> str:
        """The text with placeholders."""
        return _MAIL.sub(self._placeholder, text) if '@' in text else text

    def _placeholder(self, match: re.Match[str]) -> str:
        return f'user-{self._numbers.number("mail", match[0])}@mail.invalid'
