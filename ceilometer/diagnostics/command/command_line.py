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

"""The options that verbs share, and the parser that knows them.

Names and meanings are those of journalctl(1) and coredumpctl(1). Nothing
here reads the journal; what the options ask of it is in
:mod:`ceilometer.diagnostics.command.selection`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from collections.abc import Mapping
import functools
import re
from typing import Any
from typing import NoReturn

from ceilometer.diagnostics.command import times

PROGRAM = 'ceilometer-diagnostics'

#: Which boot: all, an offset, an id, or an offset from an id.
BOOT = re.compile(r'all|[+-]?\d{1,9}|[0-9a-f]{32}([+-]\d{1,9})?', re.ASCII)

#: Finds an option by its name, ``-n`` or ``--lines``; None if there is none.
Find = Callable[[str], argparse.Action | None]


class UsageError(Exception):
    """The command line is invalid; one line says why. Exit code 2."""


class Failure(Exception):
    """The verb cannot do what was asked; one line says why. Exit code 1."""


class Parser(argparse.ArgumentParser):
    """A parser of one verb's command line, whose errors are one line.

    :param verb: its name
    :param description: what it does
    :param examples: command lines and what each does
    """

    def __init__(self, verb: str, description: str,
                 examples: list[tuple[str, str]]) -> None:
        shown = ''.join(f'  {PROGRAM} {verb} {line}'.rstrip()
                        + f'\n        {what}\n' for line, what in examples)
        super().__init__(
            prog=f'{PROGRAM} {verb}', description=description,
            epilog=f'examples:\n{shown}', allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter)

    def error(self, message: str) -> NoReturn:
        """Raise a usage error."""
        raise UsageError(message)

    def parse(self, arguments: list[str]) -> argparse.Namespace:
        """Parse a command line on which options and words may mix."""
        words: list[str] = []
        at = 0
        while at < len(arguments) and arguments[at] != '--':
            taken, at = option_at(arguments, at, self.options.get)
            words += taken
        return self.parse_intermixed_args(words + arguments[at:])

    @property
    def options(self) -> Mapping[str, argparse.Action]:
        """All options, by each of their names."""
        return self._option_string_actions


class OptionalValue(argparse.Action):
    """An option whose value may be left out.

    :param alone: what it is without a value
    :param apart: what a value looks like that stands in a word of its own;
        None if it stands behind ``=`` only
    """

    def __init__(self, *args: Any, alone: str,
                 apart: re.Pattern[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.alone = alone
        self.apart = apart

    def __call__(self, parser: argparse.ArgumentParser,
                 namespace: argparse.Namespace, values: Any,
                 option_string: str | None = None) -> None:
        """Store the value."""
        setattr(namespace, self.dest, values)


def is_option(word: str) -> bool:
    """Whether a word is no match, unit or verb, but an option."""
    return word.startswith('-') and word != '-'


def option_at(arguments: list[str], at: int,
              find: Find) -> tuple[list[str], int]:
    """Take an option and its value from a command line.

    argparse takes ``-2h`` for an option, and knows no value that may be left
    out if a word follows; so such values are joined to their option here.

    :param arguments: the command line
    :param at: the place of the option; another word is taken as it is
    :param find: finds options
    :returns: the words to give to argparse, and the place behind them
    """
    word = arguments[at]
    following = arguments[at + 1] if at + 1 < len(arguments) else None
    action, before, rest = _last_option(word, find)
    if isinstance(action, OptionalValue):
        name = action.option_strings[-1]
        apart = action.apart
        if rest:
            if apart is None or not apart.fullmatch(rest):
                return [word], at + 1
            return [*before, f'{name}={rest}'], at + 1
        if following is not None and apart and apart.fullmatch(following):
            return [*before, f'{name}={following}'], at + 2
        return [*before, f'{name}={action.alone}'], at + 1
    if action is None or action.nargs == 0 or rest or following is None:
        return [word], at + 1
    if following.startswith('-'):
        equals = '=' if word.startswith('--') else ''
        return [f'{word}{equals}{following}'], at + 2
    return [word, following], at + 2


def _last_option(word: str, find: Find,
                 ) -> tuple[argparse.Action | None, list[str], str]:
    """The option that a word ends with.

    :returns: the option, or None; the flags that stand before it, as a word;
        and what stands behind it in the word, its value
    """
    if word.startswith('--'):
        # a value behind "=" is argparse's affair
        return None if '=' in word else find(word), [], ''
    if not is_option(word):
        return None, [], ''
    action = None
    for place, letter in enumerate(word[1:], 1):
        action = find(f'-{letter}')
        if action is None or action.nargs != 0:
            return action, [word[:place]] if place > 1 else [], word[
                place + 1:]
    return action, [], ''


@functools.cache
def shared_options() -> Mapping[str, argparse.Action]:
    """The options that verbs share, by their names."""
    parser = Parser('', '', [])
    add_selection(parser, '')
    add_source(parser)
    add_output(parser)
    return parser.options


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where to read from."""
    group = parser.add_argument_group('where to read')
    group.add_argument(
        '-D', '--directory', metavar='DIR',
        help='read the journal files in DIR, and those of machines below it')
    group.add_argument(
        '--file', action='append', default=[], metavar='GLOB',
        help='read these journal files; can be repeated')
    group.add_argument(
        '--root', metavar='DIR',
        help='read the journal of the system that is mounted at DIR')
    group.add_argument(
        '--namespace', metavar='NAME',
        help='read a journal namespace (LogNamespace=); "+NAME" adds the '
        'default one, "*" means all')
    group.add_argument(
        '-m', '--merge', action='store_true',
        help='read the journals of all machines that are stored here')


def add_selection(parser: argparse.ArgumentParser, what: str) -> None:
    """Add matches, and the options that say which reports are meant."""
    parser.add_argument(
        'match', nargs='*', metavar='MATCH',
        help=f'{what}: report id or its first digits, unit, pid, FIELD=value')
    group = parser.add_argument_group('which reports')
    group.add_argument('-S', '--since', metavar='TIME', type=_time,
                       help='only reports from then on (systemd.time(7))')
    group.add_argument('-U', '--until', metavar='TIME', type=_time,
                       help='only reports up to then')
    group.add_argument('-b', '--boot', action=OptionalValue, alone='',
                       apart=BOOT, metavar='[ID][±N]', type=_boot,
                       help='only reports of this boot, of an earlier one '
                       '(-1), or of "all"')
    group.add_argument('-n', '--lines', metavar='N', type=positive,
                       help='only the newest N')
    group.add_argument('-1', dest='newest', action='store_true',
                       help='only the newest one; the same as -r -n 1')
    group.add_argument('-r', '--reverse', action='store_true',
                       help='show the newest first')


def add_output(parser: argparse.ArgumentParser, json: bool = True) -> None:
    """Add the options that say how to print."""
    group = parser.add_argument_group('how to print')
    if json:
        group.add_argument(
            '--json', action=OptionalValue, alone='pretty',
            metavar='short|pretty|off', type=_json, default='off',
            help='print JSON, on one line or indented; --json alone means '
            'pretty')
    group.add_argument('-o', '--output', metavar='FILE',
                       help='write to this file')
    group.add_argument('--utc', action='store_true',
                       help='show times in UTC, not in local time')
    group.add_argument('--no-pager', action='store_true',
                       help='do not start a pager')
    group.add_argument('--no-legend', action='store_true',
                       help='do not print column heads and the closing line')
    group.add_argument('-q', '--quiet', action='store_true',
                       help='do not print warnings')


def _checked(function: Callable[[str], Any]) -> Callable[[str], Any]:
    """For argparse, which hides what a ValueError says."""
    def convert(text: str) -> Any:
        try:
            return function(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
    return convert


@_checked
def _time(text: str) -> int:
    return times.parse(text)


@_checked
def _boot(text: str) -> str:
    if text and not BOOT.fullmatch(text):
        raise ValueError(f'invalid boot {text!r}: expected an id, an offset '
                         'such as -1, or all')
    return text or '0'


@_checked
def positive(text: str) -> int:
    """A whole number of at least 1."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 10**9):
        raise ValueError(
            f'{text!r}: expected a whole number of at least 1')
    return int(text)


@_checked
def _json(text: str) -> str:
    if text not in ('short', 'pretty', 'off'):
        raise ValueError(f'{text!r}: expected short, pretty or off')
    return text
