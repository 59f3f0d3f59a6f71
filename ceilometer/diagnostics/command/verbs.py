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

"""The verbs of ``ceilometer-diagnostics``, in the order of its help.

Light to import: a verb's module is loaded when the verb is wanted. The help,
the completions of shells and the tests take the verbs from here.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
import importlib
from typing import Any
from typing import Final
from typing import NamedTuple

from ceilometer.diagnostics.command import command_line


class Verb(NamedTuple):
    """A verb.

    :ivar name: what the operator types
    :ivar words: what may follow, as the help shows it
    :ivar help: what it does, in a few words
    :ivar module: the module of this folder that has its ``parser()`` and
        ``main(arguments)``; None for ``run``, which is the other program
    """

    name: str
    words: str
    help: str
    module: str | None


VERBS: Final = (
    Verb('list', '[MATCH ...]', 'list reports (the default)', 'list_reports'),
    Verb('show', '[MATCH ...]', 'show the last report, or those that match',
         'show'),
    Verb('trigger', '[UNIT ...]',
         'ask the processes of services for reports', 'trigger'),
    Verb('check', '[UNIT ...]',
         'say whether services can write reports, and why not', 'check'),
    Verb('why', '[METER]', 'show where samples end, and why', 'why'),
    Verb('findings', '[MATCH ...]', 'show what the reports find unusual',
         'list_findings'),
    Verb('diff', '[MATCH [MATCH]]', 'compare two reports', 'diff'),
    Verb('stuck', '[MATCH ...]', 'show threads that have not moved',
         'stuck'),
    Verb('export', '[MATCH ...]', 'write reports to a file, to send them',
         'export'),
    Verb('install-system', '',
         'install units, drop-ins, completions and their like',
         'install_system'),
    Verb('run', 'DAEMON [ARG ...]',
         'start a daemon that writes reports when asked', None),
)

#: The verb that is meant if none is given.
DEFAULT: Final = 'list'

#: What coredumpctl(1) calls a verb, and what that is called here.
ALIASES: Final = {'info': 'show'}

#: Those of the command, which has all but ``run``, by their names.
OF_COMMAND: Final = {verb.name: verb for verb in VERBS if verb.module}


def meant(word: str) -> str | None:
    """The verb that the first word of a command line means.

    :param word: a verb, or a match that stands without one
    :returns: its name; None if it is none, and no match that could be meant
    """
    word = ALIASES.get(word, word)
    if word in OF_COMMAND:
        return word
    if command_line.PID.fullmatch(word) or command_line.ID.fullmatch(word):
        return 'show'
    if '=' in word or command_line.UNIT_OF_CEILOMETER.match(word):
        return DEFAULT
    return None


def load(name: str) -> Any:
    """The module of a verb of the command; imported if it is not yet.

    :param name: one of :data:`OF_COMMAND`
    :raises ImportError: something that it needs is not installed
    """
    return importlib.import_module(
        f'ceilometer.diagnostics.command.{OF_COMMAND[name].module}')


def options() -> Mapping[str, argparse.Action]:
    """The options of all verbs of the command, by their names.

    Imports the modules of all verbs, which takes a while.

    :raises ImportError: something that a verb needs is not installed
    """
    return {option: action for name in OF_COMMAND
            for option, action in load(name).parser().options.items()}
