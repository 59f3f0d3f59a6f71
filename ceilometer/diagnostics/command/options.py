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

"""The options that verbs share, and what they ask of the journal.

Names and meanings are those of journalctl(1) and coredumpctl(1).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import dataclasses
import re
import sys
from typing import Any
from typing import NoReturn

from ceilometer.diagnostics.command import times
from ceilometer.diagnostics import read
from ceilometer.diagnostics import source

PROGRAM = 'ceilometer-diagnostics'

#: Fewest digits of a report id that are taken for the beginning of one.
ID_DIGITS_MIN = 4

#: A pid has no more digits than this (/proc/sys/kernel/pid_max).
_PID_DIGITS_MAX = 7

_BOOT = re.compile(r'all|[+-]?\d+|[0-9a-f]{32}([+-]\d+)?', re.ASCII)
_FIELD = re.compile(r'_{0,2}[A-Z0-9][A-Z0-9_]*', re.ASCII)
_UNIT = re.compile(r'[\w.:@\\*?\[\]-]+', re.ASCII)
_UNIT_SUFFIXES = ('.service', '.scope', '.slice', '.socket', '.timer')

#: A short option that stands before a value, perhaps behind flags.
SHORT_WITH_VALUE = re.compile('-[mrq1h]*[DSUnoH]')
#: Long ones, of all verbs.
LONG_WITH_VALUE = frozenset((
    '--directory', '--file', '--root', '--namespace', '--since', '--until',
    '--lines', '--output', '--section', '--host', '--timeout', '--format',
    '--reports'))


class UsageError(Exception):
    """A command line that cannot be; one line says why. Exit code 2."""


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
        return self.parse_intermixed_args(_with_values(arguments))


def _with_values(arguments: list[str]) -> list[str]:
    """Join options with values that look like options, as in ``-b -1``."""
    joined: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == '--':
            return [*joined, argument, *waiting]
        if joined and joined[-1] == '--boot=' and _BOOT.fullmatch(argument):
            joined[-1] += argument
        elif argument in ('-b', '--boot'):
            joined.append('--boot=')
        elif argument.startswith('-b') and _BOOT.fullmatch(argument[2:]):
            joined.append(f'--boot={argument[2:]}')
        elif argument == '--json':
            joined.append('--json=pretty')
        else:
            value = None
            if (argument in LONG_WITH_VALUE
                    or SHORT_WITH_VALUE.fullmatch(argument)):
                value = next(waiting, None)
            if value is None:
                joined.append(argument)
            elif value.startswith('-'):
                # argparse takes "-2h" for an option
                joined.append(argument + (
                    '=' if argument.startswith('--') else '') + value)
            else:
                joined += [argument, value]
    return joined


def add_source(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where to read from."""
    group = parser.add_argument_group('where to read')
    group.add_argument(
        '-D', '--directory', metavar='DIR',
        help='journal files of a directory, or of the machines below it')
    group.add_argument(
        '--file', action='append', default=[], metavar='GLOB',
        help='journal files; may be given more than once')
    group.add_argument(
        '--root', metavar='DIR',
        help='the journal of the system whose root directory this is')
    group.add_argument(
        '--namespace', metavar='NAME',
        help='a journal namespace (LogNamespace=), "+NAME" with the default '
        'one, "*" for all')
    group.add_argument(
        '-m', '--merge', action='store_true',
        help='the journals of all machines that are on this one')


def add_selection(parser: argparse.ArgumentParser, what: str) -> None:
    """Add matches, and the options that say which reports are meant."""
    parser.add_argument(
        'match', nargs='*', metavar='MATCH',
        help=f'{what}: report id or its beginning, unit, pid, FIELD=value')
    group = parser.add_argument_group('which reports')
    group.add_argument('-S', '--since', metavar='TIME', type=_time,
                       help='none that are older (systemd.time(7))')
    group.add_argument('-U', '--until', metavar='TIME', type=_time,
                       help='none that are newer')
    group.add_argument('-b', '--boot', metavar='[ID][±N]', type=_boot,
                       help='of this boot, of an earlier one (-1), or "all"')
    group.add_argument('-n', '--lines', metavar='N', type=positive,
                       help='the newest N')
    group.add_argument('-1', dest='newest', action='store_true',
                       help='the newest one; the same as -r -n 1')
    group.add_argument('-r', '--reverse', action='store_true',
                       help='newest first')


def add_output(parser: argparse.ArgumentParser, json: bool = True) -> None:
    """Add the options that say how to print."""
    group = parser.add_argument_group('how to print')
    if json:
        group.add_argument(
            '--json', metavar='short|pretty|off', type=_json, default='off',
            help='JSON, on one line or laid out; --json alone is pretty')
    group.add_argument('-o', '--output', metavar='FILE',
                       help='write to a file')
    group.add_argument('--utc', action='store_true',
                       help='times in UTC, not in local time')
    group.add_argument('--no-pager', action='store_true',
                       help='do not start a pager')
    group.add_argument('--no-legend', action='store_true',
                       help='no heads of columns, no closing line')
    group.add_argument('-q', '--quiet', action='store_true',
                       help='no warnings')


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
    if text and not _BOOT.fullmatch(text):
        raise ValueError(f'{text!r} is no boot: expected an id, an offset as '
                         '-1, or all')
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


@contextlib.contextmanager
def opened(given: argparse.Namespace,
           ) -> Iterator[tuple[source.Journal, list[str]]]:
    """A context with the journal that the options name.

    At its end, also where it fails, a line is printed for all that was
    passed over, unless the user wants to hear nothing.

    :param given: the options
    :returns: the journal, and a list that takes further such lines
    :raises UsageError: the options contradict one another
    :raises source.JournalError: the journal cannot be read
    """
    found = journal(given)
    problems = list(found.problems)
    try:
        yield found, problems
    finally:
        if not given.quiet:
            _warn(problems)


def journal(given: argparse.Namespace) -> source.Journal:
    """Find the journal that the options name.

    :raises UsageError: they contradict one another
    :raises source.JournalError: it cannot be read
    """
    named = [name for name, value in (
        ('--directory', given.directory is not None),
        ('--file', bool(given.file)), ('--root', given.root is not None),
        ('--namespace', given.namespace is not None)) if value]
    if len(named) > 1:
        raise UsageError(f'{named[0]} and {named[1]} exclude one another')
    if given.merge and given.file:
        raise UsageError('--file and --merge exclude one another')
    for name in ('directory', 'root', 'namespace'):
        if getattr(given, name) == '':
            raise UsageError(f'--{name}: expected a name, not nothing')
    if '' in given.file:
        raise UsageError('--file: expected a name, not nothing')
    return source.Journal(source.Source(
        directory=given.directory, files=tuple(given.file), root=given.root,
        namespace=given.namespace, merge=given.merge))


def query(given: argparse.Namespace,
          found: source.Journal) -> read.Query:
    """What the matches and options ask for.

    :raises UsageError: they contradict one another, or are none
    :raises Failure: there is no such boot
    """
    since, until = given.since, given.until
    if since is not None and until is not None and since > until:
        raise UsageError('--since is after --until')
    return dataclasses.replace(
        matches(given.match), since_usec=since, until_usec=until,
        boot_ids=_boot_ids(given.boot, found))


def matches(words: list[str]) -> read.Query:
    """Tell matches by their shape.

    :raises UsageError: one has no shape that a match has
    """
    ids, units, pids, raw = [], [], [], []
    for word in words:
        if '=' in word:
            name = word.partition('=')[0]
            if not _FIELD.fullmatch(name):
                raise UsageError(
                    f'{word!r}: a field has a name of capital letters, '
                    'digits and underscores')
            raw.append(word)
        elif re.fullmatch(f'[0-9]{{1,{_PID_DIGITS_MAX}}}', word):
            if int(word) == 0:
                raise UsageError(f'{word!r} is no pid')
            pids.append(int(word))
        elif re.fullmatch(f'[0-9a-f]{{{ID_DIGITS_MIN},32}}', word):
            ids.append(word)
        else:
            units.append(unit_name(word))
    return read.Query(ids=tuple(ids), units=tuple(units), pids=tuple(pids),
                      matches=tuple(raw))


def unit_name(word: str) -> str:
    """The full name of a unit, or a pattern of such.

    :raises UsageError: no unit has such a name
    """
    if not _UNIT.fullmatch(word) or word.startswith('-') or len(word) > 255:
        raise UsageError(
            f'{word!r} is no report id, unit, pid or FIELD=value')
    if word.endswith((*_UNIT_SUFFIXES, '*')):
        return word
    return f'{word}.service'


def _boot_ids(wish: str | None, found: source.Journal) -> tuple[str, ...]:
    if wish is None or wish == 'all':
        return ()
    known = read.boots(found)
    match = re.fullmatch(r'([0-9a-f]{32})?([+-]?\d+)?', wish)
    assert match is not None
    own = match[1]
    offset = int(match[2] or '0')
    if own is None and offset <= 0 and found.source.local:
        with open('/proc/sys/kernel/random/boot_id') as file:
            own = file.read().strip().replace('-', '')
        if own not in known:
            known.append(own)
    if own is not None:
        if own not in known:
            raise Failure(f'there is no boot {own} in the journal')
        place = known.index(own) + offset
    else:
        # as journalctl counts: 1 is the first one, 0 the last, -1 before it
        place = offset - 1 if offset > 0 else len(known) - 1 + offset
    if not 0 <= place < len(known):
        raise Failure(f'there is no boot {wish} in the journal, which has '
                      f'{len(known)}')
    return (known[place],)


def newest(found: list[read.Found],
           given: argparse.Namespace) -> list[read.Found]:
    """Apply -n and -1 to reports that are sorted, oldest first."""
    count = 1 if given.newest else given.lines
    return found if count is None else found[-count:]


def find(found: source.Journal, wanted: read.Query, problems: list[str],
         ) -> list[read.Found]:
    """Find reports.

    :raises Failure: there is none, or an id is ambiguous
    """
    try:
        reports = read.find(found, wanted, problems)
    except read.AmbiguousId as ambiguous:
        raise Failure(str(ambiguous)) from None
    if not reports:
        raise Failure('no reports found' if wanted == read.Query()
                      else 'no reports match')
    return reports


def _warn(problems: list[str]) -> None:
    from ceilometer.diagnostics.command import output
    sys.stdout.flush()
    for problem in problems:
        output.complain(problem)
