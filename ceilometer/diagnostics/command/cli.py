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
a command line that cannot be.
"""

from __future__ import annotations

import importlib
import sys

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.reports import source

USAGE = """\
usage: ceilometer-diagnostics [VERB] [OPTION ...] [MATCH ...]

Diagnostic reports of running Ceilometer daemons, which the journal keeps.

verbs:
  list [MATCH ...]       list reports (the default)
  show [MATCH ...]       show the last report, or those that match
  trigger [UNIT ...]     have the processes of services write reports
  diff [A] [B]           compare two reports
  stuck [UNIT]           threads that stand where they stood
  export [MATCH ...]     write reports to a file, to send them
  run DAEMON [ARG ...]   start a daemon, armed to write reports

matches: report id or its beginning, unit, pid, or FIELD=value.
VERB --help tells the options of a verb.

examples:
  ceilometer-diagnostics trigger ceilometer-polling
  ceilometer-diagnostics list --since today
  ceilometer-diagnostics show ceilometer-polling --section threads
  ceilometer-diagnostics -D /var/log/journal/remote list
  ceilometer-diagnostics export --format html --anonymize -o report.html
"""

# How to get the modules that only some verbs need.
_PACKAGES = {
    'systemd': "python3-systemd, or pip install "
    "'ceilometer-diagnostics[reader]'",
    'prettytable': 'python3-prettytable',
}

VERBS = {
    'list': 'list_reports',
    'show': 'show',
    'trigger': 'trigger',
    'diff': 'diff',
    'stuck': 'stuck',
    'export': 'export',
}

#: What a shell says of a command that ^C ended.
EXIT_INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run the verb that the arguments name.

    :param arguments: of the command line, without the program
    :returns: the exit code
    """
    if arguments and arguments[0] in ('-h', '--help', 'help'):
        return _print(USAGE)
    if arguments[:1] == ['--version']:
        from importlib import metadata
        return _print('ceilometer-diagnostics '
                      + metadata.version('ceilometer-diagnostics') + '\n')
    verb = ''
    try:
        verb, rest = split_verb(arguments)
        module = importlib.import_module(
            f'ceilometer.diagnostics.command.{VERBS[verb]}')
        code: int = module.main(rest)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
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
        name = error.name.partition('.')[0]
        destination.complain(f'the Python module {name} is wanted: install '
                             + _PACKAGES.get(name, name))
        return 1
    except OSError as error:
        where = f'{error.filename}: ' if error.filename else ''
        destination.complain(f'{where}{error.strerror or error}')
        return _abandon(1)


def _abandon(code: int) -> int:
    """Forget what could not be printed, or Python tries again at its end."""
    import os
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return code


def _print(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        destination.complain(f'standard output: {error.strerror}')
        return _abandon(1)
    return 0


def split_verb(arguments: list[str]) -> tuple[str, list[str]]:
    """Take the verb out of the arguments; options may stand before it.

    :returns: the verb, ``list`` if there is none, and all other arguments
    :raises options.UsageError: the first word is no verb
    """
    at = 0
    while at < len(arguments):
        argument = arguments[at]
        if argument == '--':
            break
        if (argument in command_line.LONG_WITH_VALUE
                or command_line.SHORT_WITH_VALUE.fullmatch(argument)):
            at += 2
            continue
        if argument.startswith('-') and argument != '-':
            optional = argument in ('-b', '--boot')
            at += 1
            # its value may be left out; no verb looks like one
            if optional and at < len(arguments) and (
                    command_line.BOOT.fullmatch(arguments[at])):
                at += 1
            continue
        if argument not in VERBS:
            raise command_line.UsageError(
                f'{argument!r} is no verb: expected one of '
                + ', '.join([*VERBS, 'run']))
        return argument, arguments[:at] + arguments[at + 1:]
    return 'list', arguments
