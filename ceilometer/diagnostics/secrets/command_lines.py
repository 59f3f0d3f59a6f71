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

"""Recognizes the secrets in command lines.

Of a list of arguments all is shown that cannot be the value of an option, and
what is known to be none (:mod:`.programs`): the value of a short option that
is not known is hidden, and so are other arguments that look like a
credential. In a text a command line has no marked beginning; those of known
programs are recognized by :mod:`.named_commands`.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import functools
import math
import re

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import programs
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans

#: A longer command line in a text is not looked at to its end.
COMMAND_CHARS_MAX = 4096
#: How deep command lines may stand in one another.
NESTED_MAX = 3
#: A verb of a program has at most so many characters.
SAID_CHARS_MAX = 60

_SHORT = patterns.usual(r'-[A-Za-z0-9#]')
_VARIABLE = patterns.usual(r'[A-Za-z_]\w*=')
OPERATORS = ';|&'
ARGUMENT = patterns.pattern(
    r"""[;|&]+|(?:"(?:\\.|[^"\\])*+"|'[^']*+'|\\.|[^\s"'\\;|&])++""",
    re.DOTALL)
_PATH = patterns.pattern(r'(?:\.{0,2}/)[\w.+@:,/-]*\Z')
# serve, chassis-power, eth0, 10.0.0.1, 5s, a.example.org, file.conf
_WORD = patterns.pattern(
    r'[a-z][a-z_.:-]*\d{0,3}\Z|[\d.,:]+[a-zA-Z]{0,2}\Z'
    r'|[a-z\d-]+(?:\.[a-z\d-]+)+\Z|[-+*%{}@.:,\[\]]*\Z'
    # a byte of IPMI, a domain of Nova
    r'|0x[\da-fA-F]{1,4}\Z|[a-z]+-[\da-f]{8}\Z')
_SLASHED = patterns.pattern(r'/[A-Za-z]{1,12}:(?=[^/])')
_PARTS = patterns.pattern(r'[,;=+@]')
# Options whose value may be user:password.
_LOGINS = frozenset(('user', 'login', 'auth', 'account', 'userpwd', 'userpass',
                     'basic', 'username'))
# The user of user:password stays.
USER = patterns.pattern(r'[\w.@\\-]{1,64}:')
_MASKED = secret_names.MASK

# A name as an argument: git config x.token S, X-Auth-Token: S
_NAME = patterns.pattern(r'[\[{(]{0,9}[A-Za-z][\w.-]*:?\Z')
# What is done with a token, and is none: openstack token issue.
_VERBS = frozenset("""
    list show create delete issue revoke set unset add remove get update flush
    rotate setup reset change check validate store describe
    """.split())


def arguments(command: list[str], mask: Callable[[str], str],
              depth: int = 0) -> list[str]:
    """A command line without its secrets.

    :param command: the program and its arguments
    :param mask: takes what else is secret out of a text
    :param depth: in how many command lines this one stands
    """
    if len(command) == 1 and ' ' in command[0].strip():
        # the title that a process has given itself
        return [text_of_command(command[0], mask, depth)]
    reader = _Arguments(mask, depth)
    return [reader.masked(argument) for argument in command]


def text_of_command(line: str, mask: Callable[[str], str],
                    depth: int = 0) -> str:
    """A command line in one text without its secrets.

    :param line: as a shell would read it
    :param mask: takes what else is secret out of a text
    :param depth: in how many command lines this one stands
    """
    if depth >= NESTED_MAX:
        return secret_names.MASK
    shown = []
    at = 0
    for argument, plain, text in _read(line, 0, len(line), mask, depth):
        shown += [line[at:argument.start()],
                  argument[0] if text == plain else _requoted(
                      argument[0], text)]
        at = argument.end()
    # what no argument can hold: a quote that does not end
    shown.append(line[at:] if not line[at:].strip() else secret_names.MASK)
    return mask(''.join(shown))


def places(whole: str, begin: int, end: int) -> Iterator[spans.Span]:
    """The arguments of a command line in a text that are not shown.

    :param whole: the text
    :param begin: where the command line begins, as a shell would read it
    :param end: where it ends
    """
    for argument, plain, text in _read(whole, begin, end, str, 0):
        if text != plain:
            yield argument.span()


def _read(line: str, begin: int, end: int, mask: Callable[[str], str],
          depth: int) -> Iterator[tuple[re.Match[str], str, str]]:
    """Each argument where it stands, without its quotes, and masked."""
    reader = _Arguments(mask, depth)
    for argument in ARGUMENT.finditer(line, begin, end):
        if argument[0][0] in OPERATORS:
            # another command begins
            reader = _Arguments(mask, depth)
            continue
        plain = _unquoted(argument[0])
        yield argument, plain, reader.masked(plain)


def _is_name(argument: str) -> bool:
    return _NAME.match(argument) is not None and (
        secret_names.is_secret(argument))


def _has_password(login: str) -> bool:
    # user:S, and user%S of Samba
    return USER.match(login) is not None or '%' in login


def _unquoted(argument: str) -> str:
    if len(argument) > 1 and argument[0] in '"\'' and (
            argument[-1] == argument[0]):
        return argument[1:-1]
    return argument.replace('"', '').replace("'", '')


def _requoted(argument: str, text: str) -> str:
    quoted = argument[0] in '"\'' and argument[-1] == argument[0]
    return f'{argument[0]}{text}{argument[0]}' if quoted else text


@functools.cache
def _spaced(verbs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f' {verb}' for verb in verbs)


class _Arguments:
    """Reads one command line from left to right."""

    def __init__(self, mask: Callable[[str], str], depth: int) -> None:
        self._mask = mask
        self._depth = depth
        self._program: programs.Program | None = None
        #: what the next argument is to the option before it
        self._next = ''
        self._expects_program = True
        self._options = True
        #: how many arguments of the program were no options
        self._words = 0
        #: the number of the one that is secret
        self._secret_word = 0
        #: the number of the first of those of which all are
        self._values_from = math.inf
        #: 1 where an option says that there is one less of them
        self._fewer = 0
        #: the words before this one, the last few
        self._said = ''
        #: whether another program may follow
        self._may_run = False

    def masked(self, argument: str) -> str:
        """The next argument, without what is secret in it."""
        following, self._next = self._next, ''
        if following == 'secret' and not argument.startswith('--'):
            return self._pair(argument)
        if following == 'login' and not argument.startswith('-'):
            return (self._pair(argument) if _has_password(argument)
                    else self._word(argument))
        if following == 'doubtful' and not argument.startswith('-'):
            return self._doubtful(argument)
        if following == 'named' and not argument.startswith('-'):
            if argument in _VERBS:
                return self._word(argument)
            if _is_name(argument):
                # set GROUP password S, of a group called credentials
                self._next = 'named'
            return _MASKED
        if following == 'command':
            return text_of_command(argument, self._mask, self._depth + 1)
        if following and not argument.startswith('-'):
            return self._mask(argument) if following == 'shown' else _MASKED
        if self._options and argument == '--':
            self._options = self._expects_program or self._program is None
            # runuser -u x -- mysql -pS
            self._may_run = self._program is None
            return argument
        if self._options and argument.startswith('--'):
            return self._long(argument)
        if self._options and _SHORT.match(argument):
            return self._short(argument)
        may_run, self._may_run = self._may_run, False
        if not (self._expects_program or may_run and programs.of(argument)
                ) or argument.startswith('-'):
            return self._word(argument)
        if _VARIABLE.match(argument):
            return self._assignment(argument)
        self._program = programs.of(argument)
        self._words = self._secret_word = self._fewer = 0
        self._values_from = math.inf
        self._said = ''
        self._expects_program = (
            self._program is not None and self._program.runs)
        return self._mask(argument)

    def _pair(self, value: str) -> str:
        """What is secret as a whole, but for a user before it."""
        user = USER.match(value)
        if user is not None and not value.startswith(
                ('pass:', 'env:', 'file:', 'fd:')):
            return f'{user[0]}{_MASKED}'
        if value.startswith('pass:'):
            return f'pass:{_MASKED}'
        return _MASKED if value else value

    def _assignment(self, argument: str) -> str:
        name, _, value = argument.partition('=')
        if secret_names.is_directory(name, value):
            return argument
        if secret_names.is_secret(name) and not looks.says_none(value):
            return f'{name}={_MASKED}' if value else argument
        masked = self._mask(argument)
        return masked if masked != argument else (
            f'{name}={self._value(value)}')

    def _long(self, argument: str) -> str:
        name, equals, value = argument.partition('=')
        known = self._program
        secret = secret_names.is_secret(name) or (
            known is not None and name[2:] in known.long)
        login = name.rpartition('-')[2] in _LOGINS
        if equals:
            if value and (secret or login and _has_password(value)):
                return f'{name}={self._pair(value)}'
            if secret_names.says(name):
                return f'{name}={self._doubtful(value)}'
            return f'{name}={self._value(value)}'
        if secret or login:
            self._next = 'secret' if secret else 'login'
        elif known is not None and name[2:] in known.taking:
            self._next = 'shown'
        elif secret_names.says(name):
            self._next = 'doubtful'
        return self._mask(argument)

    def _doubtful(self, value: str) -> str:
        """What may be a key, or the file that it is in."""
        return value if not value or looks.says_none(value) or (
            _PATH.match(value)) else _MASKED

    def _value(self, value: str) -> str:
        """A value behind a name that says nothing of it."""
        if self._program is not None and self._program.words:
            return self._mask(value)
        masked = self._mask(value)
        if masked != value or '://' in value or _PATH.match(value):
            return masked
        return self._plain(value)

    def _short(self, argument: str) -> str:
        known = self._program
        if known is not None:
            if known.fewer and known.fewer in argument:
                self._fewer = 1
            if known.single and len(argument) > 2 or (
                    known.long and argument[1:] in known.long):
                return self._single(argument, known)
            shown = self._known_short(argument, known)
            if shown is not None:
                return shown
        else:
            name, equals, _ = argument.partition('=')
            if len(name) > 2 and secret_names.is_secret(name):
                # -password S, -Dkeystore.password=S
                if equals:
                    return f'{name}={_MASKED}'
                self._next = 'secret'
                return argument
        if len(argument) > 2:
            return f'{argument[:2]}{_MASKED}'
        self._next = 'value'
        return argument

    def _known_short(self, argument: str,
                     known: programs.Program) -> str | None:
        """An option of a known program, None if it is not known."""
        letter, attached = argument[1], argument[2:]
        # a bundle of flags ends in the one that has a value
        while attached and letter in known.flags:
            letter, attached = attached[0], attached[1:]
        before = argument[:len(argument) - len(attached)]
        if known.command and letter == known.command:
            if attached:
                return before + text_of_command(
                    attached, self._mask, self._depth + 1)
            self._next = 'command'
            return argument
        if letter in known.secret and (
                not known.verb or f' {known.verb}' in self._said):
            if attached:
                return before + self._pair(attached)
            # mysql -p asks
            if letter not in known.joined:
                self._next = 'secret'
            return argument
        if letter in known.shown:
            if attached:
                return before + self._mask(attached)
            self._next = 'shown'
            return argument
        return argument if letter in known.flags and not attached else None

    def _single(self, argument: str, known: programs.Program) -> str:
        name, equals, value = argument.partition('=')
        if secret_names.is_secret(name) or name[1:] in known.long:
            if equals:
                return f'{name}={_MASKED}'
            self._next = 'secret'
            return argument
        return f'{name}={self._value(value)}' if equals else self._mask(
            argument)

    def _word(self, argument: str) -> str:
        """An argument that is no option, and no value of one for sure."""
        known = self._program
        self._words += 1
        if known is not None:
            if known.host:
                self._program = None
                self._expects_program = True
                return self._mask(argument)
            if self._words >= self._values_from:
                name, equals, _ = argument.partition('=')
                return f'{name}={_MASKED}' if equals else _MASKED
            hidden = self._words == self._secret_word or (
                known.hidden_from is not None
                and self._words > known.hidden_from - self._fewer)
            if self._is_verb(argument, known) or hidden:
                return _MASKED if hidden else argument
            if known.words:
                return self._mask(argument)
        if _is_name(argument):
            self._next = 'named'
        if slash := _SLASHED.match(argument):
            # /p:S
            return f'{slash[0]}{_MASKED}'
        if _VARIABLE.match(argument):
            return self._assignment(argument)
        masked = self._mask(argument)
        if masked != argument or '://' in argument:
            return masked
        if _PATH.match(argument) or _WORD.match(argument):
            return argument
        if ' ' in argument.strip():
            return ' '.join(map(self._plain, argument.split(' ')))
        return self._plain(argument)

    def _is_verb(self, argument: str, known: programs.Program) -> bool:
        """Whether a word says that a secret follows."""
        said = self._said = f'{self._said} {argument}'[-SAID_CHARS_MAX:]
        if said.endswith(_spaced(known.behind)):
            self._secret_word = self._words + 1
        elif said.endswith(_spaced(known.last)):
            self._secret_word = self._words + 2
        elif said.endswith(_spaced(known.values)):
            self._values_from = self._words + 2
        else:
            return False
        return True

    def _plain(self, word: str) -> str:
        parts = _PARTS.split(word[:looks.LOOK_CHARS_MAX])
        return _MASKED if any(map(looks.of_credential, parts)) else word
