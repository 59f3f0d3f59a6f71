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
from ceilometer.diagnostics.secrets import described_values
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import mask
from ceilometer.diagnostics.secrets import programs
from ceilometer.diagnostics.secrets import secret_names

_Says = secret_names.Says

#: How deep nested data may be; what is deeper becomes its ``repr``.
DEPTH_MAX = 32

#: How much text is escaped before other threads get their turn.
PIECE_CHARS = 32 * 1024

#: What holds a command line goes by these names.
COMMANDS = frozenset(('command', 'commands', 'cmd', 'cmdline', 'command_line',
                      'argv', 'args', 'arguments', 'exec', 'execstart'))

_SCALARS = frozenset((str, int, float))


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
        masked = self._masker.text(text, names)
        if len(masked) <= PIECE_CHARS:
            return escape.text(masked)
        escaped = []
        for at in range(0, len(masked), PIECE_CHARS):
            escaped.append(escape.text(masked[at:at + PIECE_CHARS]))
            time.sleep(0)
        return ''.join(escaped)

    def command(self, arguments: Iterable[str]) -> list[str]:
        """A command line without its secrets, escaped to one line each.

        :param arguments: the program and its arguments
        """
        return [escape.line(argument)
                for argument in self._masker.arguments(arguments)]

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
        says = _Says.NOTHING if key is None else secret_names.says(key)
        if key is not None and isinstance(value, str) and (
                secret_names.is_directory(key, value)):
            says = _Says.NOTHING
        secret = secret or says is _Says.SECRET
        # to ask whether a text is a Mapping takes longer than all before
        if depth < DEPTH_MAX and type(value) not in _SCALARS:
            if isinstance(value, (dict, Mapping)):
                return self._mapping(value, depth, secret)
            if isinstance(value, (list, tuple, set, frozenset)):
                return self._sequence(value, key, depth, secret)
        if isinstance(value, (bytes, bytearray)):
            value = bytes(value).decode(errors='backslashreplace')
        if secret:
            # that there is none may be told, and how many there are
            if isinstance(value, str) and not value or (
                    isinstance(value, int) and key is not None
                    and key.endswith('s')):
                return value
            return secret_names.MASK
        if isinstance(value, int):
            # Python prints no number of more than 4300 digits
            return int(value) if value.bit_length() < 4096 else hex(value)
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if not isinstance(value, str):
            value = _safe_repr(value)
        if says is _Says.PERHAPS and looks.of_credential(value):
            return secret_names.MASK
        return self._string(str(value), key)

    def _string(self, text: str, key: str | None) -> str:
        self._count(len(text))
        if key is not None and ' -' in text and key.lower() in COMMANDS:
            return ' '.join(self._masker.arguments([text]))
        # A line of a program is no place for a secret, but is full of names
        # that say key or token.
        return self._masker.text(text, names=key != 'source')

    def _mapping(self, value: Mapping[Any, Any], depth: int,
                 secret: bool) -> Any:
        result = {}
        items = list(value.items())
        described = any(
            isinstance(key, str) and isinstance(item, str)
            and key.lower() in described_values.NAMES
            and secret_names.is_secret(item) for key, item in items)
        # that an option is not secret is known better than its name can say
        public = value.get('secret') is False and not (
            isinstance(value.get('name'), str)
            and secret_names.is_password(value['name']))
        is_frame = 'line' in value and 'function' in value
        for key, item in items:
            name = self._masker.text(
                key if isinstance(key, str) else _safe_repr(key))
            self._count(len(name))
            # a third-party key 'source' does not hold a line of a program
            result[name] = self.value(
                item, None if name == 'source' and not is_frame else name,
                depth + 1, secret or (
                    described and not public
                    and str(key).lower() in described_values.VALUES))
        return result

    def _sequence(self, value: Iterable[Any], key: str | None, depth: int,
                  secret: bool) -> list[Any]:
        items = list(value)
        if items and not secret and all(
                isinstance(item, str) for item in items):
            for item in items:
                self._count(4 + len(item))
            if _is_command(items, key, depth):
                return self._masker.arguments(items)
        if len(items) == 2 and _is_name_of_secret(items):
            # ('X-Auth-Token', 'S')
            return [self.value(items[0], None, depth + 1, secret),
                    self.value(items[1], None, depth + 1, True)]
        return [self.value(item, key, depth + 1, secret) for item in items]

    def _count(self, chars: int) -> None:
        self._chars_left -= chars
        if self._chars_left < 0:
            raise TooLarge('the data exceeds the size limit')
        self._until_pause -= 1
        if not self._until_pause:
            self._until_pause = 1000
            time.sleep(0)


def line(text: str) -> str:
    """A text without its secrets, escaped, on one line.

    :param text: any text, of which nothing else is known
    """
    return escape.line(Redactor().text(text))


def _is_command(items: list[str], key: str | None, depth: int) -> bool:
    """Whether texts are the arguments of a command line."""
    if (key is None and depth == 0) or (
            key is not None and key.lower() in COMMANDS):
        return True
    return any(item.startswith('-') and len(item) > 1 for item in items) or (
        len(items) > 1 and programs.of(items[0]) is not None)


def _is_name_of_secret(items: list[Any]) -> bool:
    name, value = items
    if isinstance(name, bytes):
        name = name.decode(errors='backslashreplace')
    if not isinstance(name, str) or not secret_names.is_secret(name):
        return False
    # two names are no pair of a name and its value
    return not (isinstance(value, str) and secret_names.is_companion(value)
                and not looks.of_credential(value))


def _safe_repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f'<{type(value).__name__}: repr raised {type(error).__name__}>'
