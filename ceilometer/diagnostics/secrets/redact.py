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
from collections.abc import Iterator
from collections.abc import Mapping
import itertools
import math
from typing import Any

from ceilometer.diagnostics import escape
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import pauses
from ceilometer.diagnostics.secrets import alike
from ceilometer.diagnostics.secrets import described_values
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import mask
from ceilometer.diagnostics.secrets import named_rows
from ceilometer.diagnostics.secrets import programs
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import url_credentials

_Says = secret_names.Says

#: How deep nested data may be; what is deeper becomes its ``repr``.
DEPTH_MAX = 32

#: How much text is escaped before other threads get their turn.
PIECE_CHARS = 32 * 1024

#: How many values are masked before a pause is thought of.
VALUES_UNTIL_PAUSE = 25

#: So many names of values are remembered when a report has ended.
NAMES_MAX = 2000

#: What holds a command line goes by these names.
COMMANDS = frozenset(('command', 'commands', 'cmd', 'cmdline', 'command_line',
                      'argv', 'args', 'arguments', 'exec', 'execstart'))

# What says of the value beside it that it is secret.
_TYPES = frozenset(('type', 'inputtype', 'input_type', 'widget', 'kind'))
_FLAGS = _TYPES | {'op', 'secret', 'sensitive', 'is_secret', 'is_sensitive',
                   'no_log'}

_TEXTS = frozenset((str,))

#: So many mappings of a list are looked at together.
ROWS_MAX = 64


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
        self._names: dict[str, _Name] = {}

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
            pauses.pause()
        return ''.join(escaped)

    def rest(self) -> None:
        """Forget what need not be kept until the next report."""
        self._masker.rest()
        if len(self._names) > NAMES_MAX:
            self._names = {}

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
        walk = _Walk(self._masker, limit_chars, self._names)
        return walk.value(data, _NO_NAME, 0)

    def data_and_lines(self, data: Any, limit_chars: int | None = None,
                       ) -> tuple[Any, Any]:
        """Plain data as :meth:`data` has it, and the same with escaped texts.

        Most need no escape; the second is the very same object then.

        :param data: as for :meth:`data`
        :param limit_chars: as for :meth:`data`
        :returns: the data, and what :func:`escape.data` makes of them
        :raises TooLarge: they hold more
        """
        walk = _Walk(self._masker, limit_chars, self._names)
        masked = walk.value(data, _NO_NAME, 0)
        return masked, masked if walk.is_printable else escape.data(masked)


class _Name(named_tuple.NamedTuple):
    """What is known of a name that a value goes by.

    :ivar shown: the name without secrets, None where the value has no name
    :ivar says: what it says about the value
    :ivar is_directory: whether it is one of a directory, if the value is
    :ivar is_command: whether it is one of a command line
    :ivar describes: whether the value may be the name of something
    :ivar described: whether it may be the value of what has such a name
    :ivar is_login: whether it may be one of a user and a password
    :ivar is_plain: whether its texts are masked for nothing but what they are
    :ivar keeps_host: whether of a URL only what is secret in it is masked, as
        of an option that is secret: the host may be the cause
    """

    shown: str | None = None
    says: _Says = _Says.NOTHING
    is_directory: bool = False
    is_command: bool = False
    describes: bool = False
    described: bool = False
    is_login: bool = False
    is_plain: bool = False
    keeps_host: bool = False


_NO_NAME = _Name()


class _Row(named_tuple.NamedTuple):
    """What is known of the keys of a mapping; most have the same as others.

    :ivar names: what is known of each
    :ivar shown: each without secrets
    :ivar chars: how many characters they have together
    :ivar describing: the places of values that may be the name of something,
        if another one may be its value
    :ivar flagging: the places of values that may say that another is secret
    :ivar columns: the place of what may name columns, None if nothing may
    :ivar rows: the places of what may have them
    :ivar is_plain: whether nothing else is known of the keys but what they are
    :ivar kinds: what is plain by each
    """

    names: list[_Name]
    shown: list[str]
    chars: int
    describing: tuple[int, ...]
    flagging: tuple[int, ...]
    columns: int | None
    rows: tuple[int, ...]
    is_plain: bool
    kinds: list[alike.Column]


class _Walk:
    """One pass over nested data; measures what it sees.

    :param masker: takes out the secrets of texts
    :param limit_chars: see :meth:`Redactor.data`
    :param common: takes names that hold no secret, for the next pass
    """

    def __init__(self, masker: mask.Masker, limit_chars: int | None,
                 common: dict[str, _Name]) -> None:
        self._common = common
        self._masker = masker
        self._chars_left = math.inf if limit_chars is None else limit_chars
        self._until_pause = VALUES_UNTIL_PAUSE
        # each frame of each stack has the same ones
        self._names: dict[str, _Name] = {}
        self._rows: dict[tuple[Any, ...], _Row] = {}
        # texts by a plain name in which nothing was masked; most stand many
        # times
        self._plain: set[str] = set()
        # and such lines of programs
        self._plain_sources: set[str] = set()
        #: whether nothing of it has to be escaped to stand on one line
        self.is_printable = True

    def value(self, value: Any, name: _Name, depth: int,
              secret: bool = False) -> Any:
        """The value without secrets.

        :param value: anything
        :param name: the name it goes by
        :param depth: how deep it stands
        :param secret: whether what it stands in is secret already
        """
        # most are texts of that very type: nothing else is asked of them
        kind = type(value)
        if value is None or kind is bool:
            self._count(4)
            return value
        says = name.says
        if name.is_directory and isinstance(value, str) and (
                value.startswith('/')):
            says = _Says.NOTHING
        secret = secret or says is _Says.SECRET
        if kind is not str:
            self._count(4)
            # to ask whether a number is a Mapping takes longer than the rest
            if kind not in alike.NUMBERS and depth < DEPTH_MAX:
                if isinstance(value, (dict, Mapping)):
                    return self._mapping(value, depth, secret)
                if isinstance(value, (list, tuple, set, frozenset)):
                    return self._sequence(value, name, depth, secret)
            if isinstance(value, (bytes, bytearray)):
                value = bytes(value).decode(errors='backslashreplace')
            elif not isinstance(value, str):
                return self._other(value, name, secret)
        if secret:
            self._count(4)
            if name.keeps_host and '://' in value:
                return self._string(
                    url_credentials.mask_secret(str(value)), name)
            # that there is none may be told
            return secret_names.MASK if value else value
        if says is _Says.PERHAPS and (looks.of_credential(value) or (
                name.is_login and looks.is_login(value))):
            self._count(4)
            return secret_names.MASK
        return self._string(str(value), name)

    def _other(self, value: Any, name: _Name, secret: bool) -> Any:
        """What is neither a text nor a container that is looked into."""
        if secret:
            # how many there are may be told
            return value if isinstance(value, int) and (
                name.shown or '').endswith('s') else secret_names.MASK
        if isinstance(value, int):
            # Python prints no number of more than 4300 digits
            return int(value) if value.bit_length() < 4096 else hex(value)
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        value = _safe_repr(value)
        if name.says is _Says.PERHAPS and looks.of_credential(value):
            return secret_names.MASK
        return self._string(value, name)

    def _string(self, text: str, name: _Name) -> str:
        self._count(4 + len(text))
        if name.is_command and ' -' in text:
            return self._line(' '.join(self._masker.arguments([text])))
        # A line of a program is no place for a secret, but is full of names
        # that say key or token.
        masked = self._line(self._masker.text(
            text, names=name.shown != 'source'))
        if name.is_plain and masked == text:
            self._plain.add(text)
        return masked

    def _line(self, masked: str) -> str:
        if not masked.isprintable():
            self.is_printable = False
        return masked

    def _name(self, key: Any) -> _Name:
        """What is known of the key of a mapping."""
        if type(key) is not str:
            return self._look_at(key)
        known = self._common.get(key) or self._names.get(key)
        if known is None:
            known = self._look_at(key)
            names = (self._common if known.shown == key
                     and key.isprintable() else self._names)
            names[key] = known
        return known

    def _look_at(self, key: Any) -> _Name:
        is_text = isinstance(key, str)
        shown = self._line(
            self._masker.text(key if is_text else _safe_repr(key)))
        says = secret_names.says(shown)
        is_command = shown.lower() in COMMANDS
        return _Name(
            shown, says, secret_names.is_directory(shown, '/'), is_command,
            is_text and key.lower() in described_values.NAMES,
            _safe_str(key).lower() in described_values.VALUES or (
                _safe_str(key).lower() == 'stringdata'),
            shown.lower().endswith('auth'),
            says is _Says.NOTHING and not is_command and shown != 'source')

    def _mapping(self, value: Mapping[Any, Any], depth: int,
                 secret: bool) -> Any:
        items = list(value.items())
        keys = tuple([key for key, _ in items])
        row = self._rows.get(keys) or self._row(keys)
        self._count(row.chars)
        described = bool(row.describing) and any(
            secret_names.is_secret(_name_of(items[number][1]))
            for number in row.describing)
        flagged = not (described or secret) and bool(row.flagging) and (
            _says_secret(value))
        # that an option is not secret is known better than its name can say
        described = described and not (value.get('secret') is False and not (
            isinstance(value.get('name'), str)
            and secret_names.is_password(value['name'])))
        if secret or described or flagged:
            return {_key(shown) if secret else shown: self.value(
                item, name._replace(keeps_host=True) if flagged else name,
                depth + 1, secret or name.described)
                for (_, item), name, shown in zip(
                    items, row.names, row.shown, strict=True)}
        if row.columns is not None and row.rows and (
                hidden := named_rows.hidden(items[row.columns][1])):
            return {shown: self._table(item, name, hidden, depth + 1)
                    if number in row.rows
                    else self.value(item, name, depth + 1)
                    for number, ((_, item), name, shown) in enumerate(zip(
                        items, row.names, row.shown, strict=True))}
        result = {}
        plain = chars = 0
        for (_, item), name, shown in zip(
                items, row.names, row.shown, strict=True):
            kind = type(item)
            # most are such, of which nothing is masked
            if kind is str and item in self._plain and name.is_plain:
                chars += len(item)
            elif item is not None and kind is not bool and not (
                    kind in alike.NUMBERS and name.says is not _Says.SECRET
                    and -alike.PLAIN_BELOW < item < alike.PLAIN_BELOW):
                result[shown] = self.value(item, name, depth + 1)
                continue
            plain += 1
            if not plain % VALUES_UNTIL_PAUSE:
                pauses.pause()
            result[shown] = item
        self._count(4 * plain + chars)
        return result

    def _table(self, rows: Any, name: _Name, hidden: frozenset[int],
               depth: int) -> Any:
        """Rows, or one, of which some columns are secret."""
        if not isinstance(rows, (list, tuple)) or depth >= DEPTH_MAX:
            return self.value(rows, name, depth)
        nested = any(isinstance(row, (list, tuple)) for row in rows)
        return [self._table(row, name, hidden, depth + 1)
                if nested and isinstance(row, (list, tuple))
                else self.value(row, name, depth + 1,
                                not nested and number in hidden)
                for number, row in enumerate(rows)]

    def _rows_of(self, items: list[Any], name: _Name,
                 depth: int) -> list[Any]:
        """Items of a list, of which the first one is a mapping.

        :param items: at most ROWS_MAX
        :param name: the name the list goes by
        :param depth: how deep they stand
        """
        # copied at once: the daemon may change them meanwhile
        items = [item.copy() if type(item) is dict else item
                 for item in items]
        keys = tuple(items[0])
        row = self._rows.get(keys) or self._row(keys)
        places = [place for place, item in enumerate(items)
                  if type(item) is dict and tuple(item) == keys
                  and not _may_hide(item, row)] if row.is_plain else []
        rows = [items[place] for place in places]
        plain: set[int] = set()
        # what equals a key need not be a text
        if rows and _TEXTS.issuperset(
                map(type, itertools.chain.from_iterable(rows))):
            found, chars = alike.plain(rows, row.kinds, self._is_plain)
            self._count(len(found) * (4 + row.chars + 4 * len(keys)) + chars)
            plain.update(places[number] for number in found)
        return [item if place in plain else self.value(item, name, depth)
                for place, item in enumerate(items)]

    def _is_plain(self, text: str, is_source: bool) -> bool:
        """Whether nothing is masked in a text.

        :param text: a text
        :param is_source: whether it is a line of a program
        """
        plain = self._plain_sources if is_source else self._plain
        if text not in plain:
            if self._line(self._masker.text(text, not is_source)) != text:
                return False
            plain.add(text)
        return True

    def _row(self, keys: tuple[Any, ...]) -> _Row:
        """What is known of the keys of a mapping, in their order."""
        names = list(map(self._name, keys))
        shown = [name.shown or '' for name in names]
        # a third-party key 'source' does not hold a line of a program
        if not ('line' in keys and 'function' in keys):
            names = [name if name.shown != 'source' else _NO_NAME
                     for name in names]
        described = any(name.described for name in names)
        describing = tuple(
            number for number, name in enumerate(names)
            if described and name.describes)
        flagging = tuple(
            number for number, name in enumerate(shown)
            if described and name.lower() in _FLAGS)
        columns = next(_places(shown, named_rows.COLUMNS), None)
        row = _Row(names, shown, sum(map(len, shown)), describing, flagging,
                   columns, tuple(_places(shown, named_rows.ROWS)),
                   columns is None and list(keys) == shown,
                   list(map(_column, names)))
        # what equals a text is one
        if all(type(key) is str for key in keys):
            self._rows[keys] = row
        return row

    def _sequence(self, value: Iterable[Any], name: _Name, depth: int,
                  secret: bool) -> list[Any]:
        items = list(value)
        if items and not secret and all(
                isinstance(item, str) for item in items):
            for item in items:
                self._count(4 + len(item))
            if _is_command(items, name, depth):
                return [self._line(argument)
                        for argument in self._masker.arguments(items)]
        if len(items) == 2 and name.is_login and all(
                isinstance(item, str) for item in items) and not (
                    secret_names.is_companion(items[1])):
            # auth=('u', 'S')
            return [self.value(items[0], _NO_NAME, depth + 1, secret),
                    self.value(items[1], _NO_NAME, depth + 1, True)]
        if len(items) == 2 and _is_name_of_secret(items):
            # ('X-Auth-Token', 'S')
            return [self.value(items[0], _NO_NAME, depth + 1, secret),
                    self.value(items[1], _NO_NAME, depth + 1, True)]
        # in the deepest ones a list has its repr()
        if secret or len(items) < 2 or type(items[0]) is not dict or (
                depth > DEPTH_MAX - 3):
            return [self.value(item, name, depth + 1, secret)
                    for item in items]
        found = []
        for at in range(0, len(items), ROWS_MAX):
            pauses.pause()
            some = items[at:at + ROWS_MAX]
            found += self._rows_of(some, name, depth + 1) if (
                type(some[0]) is dict) else [
                    self.value(item, name, depth + 1) for item in some]
        return found

    def _count(self, chars: int) -> None:
        self._chars_left -= chars
        if self._chars_left < 0:
            raise TooLarge('the data exceeds the size limit')
        self._until_pause -= 1
        if not self._until_pause:
            self._until_pause = VALUES_UNTIL_PAUSE
            pauses.pause()


def _column(name: _Name) -> alike.Column:
    is_source = _is_source(name)
    return alike.Column(name.is_plain or is_source, is_source,
                        name.says is not _Says.SECRET)


def _may_hide(value: dict[Any, Any], row: _Row) -> bool:
    """Whether a mapping may say of itself that it holds a secret.

    :param value: a mapping that nobody changes
    :param row: what is known of its keys
    """
    if not row.describing and not row.flagging:
        return False
    values = [*value.values()]
    for number in row.describing:
        if secret_names.is_secret(_name_of(values[number])):
            return True
    # all that says so is a text or True
    return any(values[number] is not None and values[number] is not False
               for number in row.flagging)


def _is_source(name: _Name) -> bool:
    return name.shown == 'source' and name.says is _Says.NOTHING


def line(text: str) -> str:
    """A text without its secrets, escaped, on one line.

    :param text: any text, of which nothing else is known
    """
    return escape.line(Redactor().text(text))


def _name_of(item: Any) -> str:
    if isinstance(item, bytes):
        item = item.decode(errors='backslashreplace')
    return item if isinstance(item, str) else ''


def _says_secret(value: Mapping[Any, Any]) -> bool:
    """Whether a mapping says of itself that its value is secret.

    ``{'type': 'password', 'value': 'S'}``, ``{'sensitive': True}``, ``{'op':
    'replace', 'path': '/a/password'}``, and Secrets of Kubernetes.
    """
    for key, item in list(value.items()):
        name = key.lower() if isinstance(key, str) else ''
        if name in _FLAGS and (
                name in _TYPES and isinstance(item, str)
                and secret_names.is_secret(item)
                and (name != 'kind' or item == 'Secret')
                or name not in _TYPES and item is True
                or name == 'op' and isinstance(value.get('path'), str)
                and secret_names.is_secret(
                    value['path'].rpartition('/')[2])):
            return True
    return False


def _key(shown: str) -> str:
    """A key of what is secret, which may be the secret itself."""
    return secret_names.MASK if looks.of_random(shown) else shown


def _places(names: list[str], known: frozenset[str]) -> Iterator[int]:
    for number, name in enumerate(names):
        if name.lower() in known:
            yield number


def _is_command(items: list[str], name: _Name, depth: int) -> bool:
    """Whether texts are the arguments of a command line."""
    if (name.shown is None and depth == 0) or name.is_command:
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


def _safe_str(value: Any) -> str:
    try:
        return str(value)
    except Exception:
        return _safe_repr(value)


def _safe_repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f'<{type(value).__name__}: repr raised {type(error).__name__}>'
