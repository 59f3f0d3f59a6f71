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

"""Finds the verb, runs it, and turns what goes wrong into one line.

Exit codes: 0 for success, 1 where nothing matches or something failed, 2 for
an invalid command line, 130 for ^C.
"""

from __future__ import annotations

import argparse
import sys

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command import interruption
from ceilometer.diagnostics.command import options_of_line
from ceilometer.diagnostics.command.output import characters
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.output import streams
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics.command import verbs

_USAGE = """\
usage: ceilometer-diagnostics [VERB] [OPTION ...] [MATCH ...]

Ask running Ceilometer daemons for diagnostic reports, and read the reports
from the system journal.

verbs:
{verbs}
matches: a report id or its first digits, a unit, a pid, or FIELD=value.
A report id or pid without a verb is shown.
VERB --help shows the options of a verb.

examples:
  ceilometer-diagnostics trigger ceilometer-polling
  ceilometer-diagnostics list --since today
  ceilometer-diagnostics show ceilometer-polling --section threads
  ceilometer-diagnostics -D /var/log/journal/remote list
  ceilometer-diagnostics export --format html --anonymize -o report.html
"""


def main(arguments: list[str]) -> int:
    """Run the verb that the arguments name.

    :param arguments: of the command line, without the program
    :returns: the exit code
    """
    if arguments and arguments[0] in ('-h', '--help', 'help'):
        return _print(usage())
    if arguments[:1] == ['--version']:
        from importlib import metadata
        return _print('ceilometer-diagnostics '
                      + metadata.version('ceilometer-diagnostics') + '\n')
    verb = ''
    try:
        verb, rest = split_verb(arguments)
        code: int = verbs.load(verb).main(rest)
        destination.flush()
        return code
    except KeyboardInterrupt:
        return _abandon(interruption.EXIT_CODE)
    except command_line.Help as wanted:
        return _print(str(wanted))
    except command_line.UsageError as error:
        program = f'ceilometer-diagnostics {verb}'.rstrip()
        destination.complain(f'{error}; see {program} --help')
        return 2
    except (command_line.Failure, source.JournalError) as error:
        destination.complain(str(error))
        return 1
    except ImportError as error:
        if error.name is None or error.name.startswith('ceilometer'):
            raise
        from ceilometer.diagnostics.command import missing_module
        destination.complain(missing_module.advice(error))
        return 1
    except OSError as error:
        where = f'{error.filename}: ' if error.filename else ''
        destination.complain(f'{where}{error.strerror or error}')
        return _abandon(1)


def _abandon(code: int) -> int:
    """Print what is left, or Python tries it again at its end, and fails."""
    try:
        destination.flush()
    except OSError:
        streams.discard(1)
    return code


def _print(text: str) -> int:
    try:
        # PYTHONIOENCODING=ascii:strict
        encoding = sys.stdout.encoding or 'ascii'
        sys.stdout.write(characters.fitting(text).encode(
            encoding, 'backslashreplace').decode(encoding))
        destination.flush()
    except OSError as error:
        where = error.filename or 'standard output'
        destination.complain(f'{where}: {error.strerror or error}')
        return _abandon(1)
    return 0


def usage() -> str:
    """The help of the command itself."""
    return _USAGE.format(verbs=''.join(
        f'  {f"{verb.name} {verb.words}":<23} {verb.help}\n'
        for verb in verbs.VERBS))


def split_verb(arguments: list[str]) -> tuple[str, list[str]]:
    """Take the verb out of the arguments; options may stand before it.

    :returns: the verb, the default one if there is none, and all other
        arguments
    :raises command_line.UsageError: the first word is no verb, nor a match
    """
    at = 0
    while at < len(arguments) and arguments[at] != '--':
        word = arguments[at]
        if options_of_line.is_option(word):
            _, at = options_of_line.option_at(arguments, at, _find_option)
            continue
        verb = verbs.meant(word)
        if verb is None:
            raise command_line.UsageError(
                f'unknown verb {word!r}: expected one of '
                + ', '.join(verb.name for verb in verbs.VERBS))
        is_verb = verbs.ALIASES.get(word, word) == verb
        return verb, arguments[:at] + arguments[at + is_verb:]
    return verbs.DEFAULT, arguments


def _find_option(name: str) -> argparse.Action | None:
    """An option that stands before the verb, so that of any verb."""
    shared = command_line.shared_options()
    # only where it must be, all verbs are imported
    return shared[name] if name in shared else verbs.options().get(name)
