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

"""Takes secrets and control characters out of all that leaves the process.

Texts are masked (:mod:`.mask`) and escaped (:mod:`.escape`), because a report
is read on terminals. Data are masked by the names that their values have, and
come out in types that JSON has.

A :class:`Redactor` only computes on what it is given: it may be used in any
thread, reads nothing of the process and raises nothing for any input.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import math
import time
from typing import Any

from ceilometer.diagnostics import escape
from ceilometer.diagnostics.secrets import mask
from ceilometer.diagnostics.secrets import secret_names

#: How deep nested data may be; what is deeper becomes its ``repr``.
DEPTH_MAX = 32


class TooLarge(ValueError):
    """Data that exceeds the size limit."""


class Redactor:
    """Takes out secrets and whatever a terminal must not see.

    :param secrets: values known to be secret, see :class:`mask.Masker`
    :param ordinary: words that stay readable, see there
    """

    def __init__(self, secrets: Iterable[str] = (),
                 ordinary: Iterable[str] = ()) -> None:
        self._masker = mask.Masker(secrets, ordinary)

    def text(self, text: str, names: bool = True) -> str:
        """A text of any length without its secrets, escaped.

        :param text: any text, of one or many lines
        :param names: whether to look for secrets by name as well; not where
            the text was made of data from which they were taken already
        """
        return ''.join(map(escape.text, self._masker.pieces(text, names)))

    def data(self, data: Any, limit_chars: int | None = None) -> Any:
        """Plain data without its secrets, in types that JSON has.

        :param data: anything; what JSON cannot hold becomes its ``repr``
        :param limit_chars: how many characters its JSON may have, about; None
            for any number
        :raises TooLarge: it holds more
        """
        return _Walk(self._masker, limit_chars).value(data, None, 0)


class _Walk:
    """One pass over nested data; measures what it sees."""

    def __init__(self, masker: mask.Masker, limit_chars: int | None) -> None:
        self._masker = masker
        self._chars_left = math.inf if limit_chars is None else limit_chars
        self._until_pause = 1000

    def value(self, value: Any, key: str | None, depth: int,
              secret: bool = False) -> Any:
        """The value without secrets.

        :param value: anything
        :param key: the name it goes by, None where it has none
        :param depth: how deep it stands
        :param secret: whether what it stands in is secret already
        """
        self._count(4)
        if value is None or isinstance(value, bool):
            return value
        secret = secret or (key is not None and secret_names.is_secret(key))
        if depth < DEPTH_MAX:
            if isinstance(value, Mapping):
                return self._mapping(value, depth, secret)
            if isinstance(value, (list, tuple, set, frozenset)):
                return self._sequence(value, key, depth, secret)
        if secret:
            # that there is none may be told
            empty = isinstance(value, (str, bytes, bytearray)) and not value
            return '' if empty else secret_names.MASK
        if isinstance(value, int):
            # Python prints no number of more than 4300 digits
            return int(value) if value.bit_length() < 4096 else hex(value)
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, (bytes, bytearray)):
            value = bytes(value).decode(errors='backslashreplace')
        if isinstance(value, str):
            return self._string(str(value), key)
        return self._string(_safe_repr(value), key)

    def _string(self, text: str, key: str | None) -> str:
        self._count(len(text))
        # A line of a program is no place for a secret, but is full of names
        # that say key or token.
        return self._masker.text(text, names=key != 'source')

    def _mapping(self, value: Mapping[Any, Any], depth: int,
                 secret: bool) -> Any:
        result = {}
        named = value.get('name')
        names_secret = (isinstance(named, str)
                        and secret_names.is_secret(named))
        is_frame = 'line' in value and 'function' in value
        for key, item in list(value.items()):
            name = self._masker.text(
                key if isinstance(key, str) else _safe_repr(key))
            self._count(len(name))
            # a third-party key 'source' does not hold a line of a program
            result[name] = self.value(
                item, None if name == 'source' and not is_frame else name,
                depth + 1, secret or (names_secret and key == 'value'))
        return result

    def _sequence(self, value: Iterable[Any], key: str | None, depth: int,
                  secret: bool) -> list[Any]:
        items = list(value)
        if items and all(isinstance(item, str) for item in items):
            for item in items:
                self._count(4 + len(item))
            if secret:
                return [secret_names.MASK for _ in items]
            return self._masker.arguments(items)
        return [self.value(item, key, depth + 1, secret) for item in items]

    def _count(self, chars: int) -> None:
        self._chars_left -= chars
        if self._chars_left < 0:
            raise TooLarge('the data exceeds the size limit')
        self._until_pause -= 1
        if not self._until_pause:
            self._until_pause = 1000
            time.sleep(0)


def _safe_repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f'<{type(value).__name__}: repr raised {type(error).__name__}>'
