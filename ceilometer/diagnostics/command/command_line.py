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

from ceilometer.diagnostics.command import options_of_line
from ceilometer.diagnostics.command import times

PROGRAM = 'ceilometer-diagnostics'

#: Which boot: all, an offset, an id, or an offset from an id.
BOOT = re.compile(
    r'all|[+-]?\d{1,9}|(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}'
    r'-[0-9a-fA-F]{12})(?P<offset>[+-]\d{1,9})?', re.ASCII)

#: As many reports as there are.
_ALL = 999_999_999

#: A report id, or the beginning of one. What is shorter is too common.
ID = re.compile('[0-9a-f]{4,32}')

#: A process id; no longer than in /proc/sys/kernel/pid_max.
PID = re.compile('[0-9]{1,7}')

#: How the names of units of Ceilometer begin.
UNIT_OF_CEILOMETER = re.compile('(openstack-)?ceilometer[-@.*]')

#: The name of a journal field.
FIELD = re.compile(r'_?[A-Z0-9][A-Z0-9_]*', re.ASCII)

#: How JSON is printed, or not.
JSON = re.compile('short|pretty|off')


class UsageError(Exception):
    """The command line is invalid; one line says why. Exit code 2."""


class Failure(Exception):
    """The verb cannot do what was asked; one line says why. Exit code 1."""


class Help(Exception):
    """The help of a verb is wanted; the message is that help."""


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
            epilog=f'examples:\n{shown}',
            formatter_class=argparse.RawDescriptionHelpFormatter)

    def error(self, message: str) -> NoReturn:
        """Raise a usage error."""
        raise UsageError(message)

    def print_help(self, file: Any = None) -> None:
        """Have the help printed, which ends the verb."""
        raise Help(self.format_help())

    def parse(self, arguments: list[str]) -> argparse.Namespace:
        """Parse a command line on which options and words may mix.

        argparse itself does not do that: it takes ``-2h`` for an option and
        ``--`` for nothing wherever it stands, and knows no value that may be
        left out if a word follows.

        :param arguments: the words behind the verb
        :raises UsageError: they are no command line of this verb
        :raises Help: the help is wanted
        """
        given = self.parse_args([])
        words: list[str] = []
        at = 0
        while at < len(arguments):
            if arguments[at] == '--':
                words += arguments[at + 1:]
                break
            if not options_of_line.is_option(arguments[at]):
                words.append(arguments[at])
                at += 1
                continue
            taken, at = options_of_line.option_at(
                arguments, at, self.options.get)
            for one in taken:
                self._apply(one, given)
        self._take_words(words, given)
        return given

    def _apply(self, taken: options_of_line.Taken,
               given: argparse.Namespace) -> None:
        action, value = taken.action, taken.value
        if action is None:
            self.error(f'unrecognized arguments: {taken.name}')
        if action.nargs == 0:
            if value is not None:
                self.error(f'argument {taken.name}: takes no value, but has '
                           f'{value!r}')
            action(self, given, [], taken.name)
            return
        name = '/'.join(action.option_strings)
        if value is None:
            self.error(f'argument {name}: expected one argument')
        if action.choices is not None and value not in action.choices:
            self.error(f'argument {name}: invalid choice: {value!r} (choose '
                       f'from {", ".join(map(str, action.choices))})')
        try:
            converted: Any = action.type(value) if callable(
                action.type) else value
        except argparse.ArgumentTypeError as error:
            self.error(f'argument {name}: {error}')
        action(self, given, converted, taken.name)
        if isinstance(action, options_of_line.OptionalValue):
            setattr(given, f'{action.dest}_before', taken.before)

    def _take_words(self, words: list[str],
                    given: argparse.Namespace) -> None:
        own = [action for action in self._actions
               if not action.option_strings]
        most = 0 if not own else 1 if own[0].nargs == '?' else len(words)
        if len(words) > most:
            self.error(f'unrecognized arguments: {" ".join(words[most:])}')
        if words:
            setattr(given, own[0].dest,
                    words if own[0].nargs == '*' else words[0])

    @property
    def options(self) -> Mapping[str, argparse.Action]:
        """All options, by each of their names."""
        return self._option_string_actions


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
    group = add_period(parser)
    group.add_argument('-n', '--lines', metavar='N', type=_count,
                       help='only the newest N, or all')
    group.add_argument('-1', dest='newest', action='store_true',
                       help='only the newest one; the same as -r -n 1')
    group.add_argument('-r', '--reverse', action='store_true',
                       help='show the newest first')


def add_period(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add the options that say of which units and times reports are meant.

    :returns: their group, for further ones
    """
    group = parser.add_argument_group('which reports')
    add_units(group)
    group.add_argument('-S', '--since', metavar='TIME', type=_time,
                       help='only reports from then on (systemd.time(7))')
    group.add_argument('-U', '--until', metavar='TIME', type=_time,
                       help='only reports up to then')
    group.add_argument('-b', '--boot', action=options_of_line.OptionalValue,
                       alone='', apart=BOOT, metavar='[ID][±N]', type=_boot,
                       help='only reports of this boot, of an earlier one '
                       '(-1), or of "all"')
    return group


def add_units(parser: argparse._ActionsContainer) -> None:
    """Add the option that names units, as journalctl(1) has it."""
    parser.add_argument('-u', '--unit', action='append', default=[],
                        dest='units', metavar='UNIT',
                        help='a unit or a shell pattern, the same as a word '
                        'that is one; can be repeated')


def add_output(parser: argparse.ArgumentParser, json: bool = True) -> None:
    """Add the options that say how to print."""
    group = parser.add_argument_group('how to print')
    if json:
        group.add_argument(
            '--json', action=options_of_line.OptionalValue, alone='pretty',
            apart=JSON, metavar='short|pretty|off', type=_json, default='off',
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
    if not text:
        return '0'
    found = BOOT.fullmatch(text)
    if found is None:
        raise ValueError(f'invalid boot {text!r}: expected an id, an offset '
                         'such as -1, or all')
    offset = found['offset'] or ''
    own = text[:len(text) - len(offset)]
    # an id may be written as a UUID (sd-id128(3))
    return (own.replace('-', '').lower() if len(own) >= 32 else own) + offset


@_checked
def positive(text: str) -> int:
    """A whole number of at least 1."""
    return _number(text)


@_checked
def _count(text: str) -> int:
    """How many reports: as journalctl(1) has it, ``all`` as well."""
    return _ALL if text == 'all' else _number(text, ', or all')


def _number(text: str, more: str = '') -> int:
    if not (re.fullmatch('[0-9]{1,9}', text) and int(text) > 0):
        raise ValueError(
            f'{text!r}: expected a whole number of at least 1{more}')
    return int(text)


@_checked
def _json(text: str) -> str:
    if not JSON.fullmatch(text):
        raise ValueError(f'{text!r}: expected short, pretty or off')
    return text
