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

"""Tells options, their values and other words of a command line apart.

argparse cannot do it: it takes ``-2h`` for an option and ``--`` for nothing
wherever it stands, and knows no value that may be left out if a word follows.
It still says which options there are.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import re
from typing import Any
from typing import NamedTuple

#: Finds an option by its name, ``-n`` or ``--lines``; None if there is none.
Find = Callable[[str], argparse.Action | None]


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


class Taken(NamedTuple):
    """An option as it stands on a command line.

    :ivar action: what it is, None if there is no such option
    :ivar name: as it was given
    :ivar value: its value; None if it has none
    :ivar before: the word that follows an option whose value was left out
    """

    action: argparse.Action | None
    name: str
    value: str | None = None
    before: str | None = None


def option_at(arguments: list[str], at: int,
              find: Find) -> tuple[list[Taken], int]:
    """Take an option and its value from a command line.

    :param arguments: the command line
    :param at: the place of the option
    :param find: finds options
    :returns: the option, with the flags that stand before it in one word;
        and the place behind it
    """
    word = arguments[at]
    taken: list[Taken] = []
    if word.startswith('--'):
        name, equals, behind = word.partition('=')
        action = find(name)
        value = behind if equals else None
    else:
        for place, letter in enumerate(word[1:], 1):
            name = f'-{letter}'
            action = find(name)
            value = word[place + 1:] or None
            if action is None or action.nargs != 0:
                break
            taken.append(Taken(action, name))
        else:
            return taken, at + 1
    if action is None:
        return [*taken, Taken(None, word)], at + 1
    if action.nargs == 0 or value is not None:
        return [*taken, Taken(action, name, value)], at + 1
    following = arguments[at + 1] if at + 1 < len(arguments) else None
    if isinstance(action, OptionalValue):
        if following is None or action.apart is None or (
                not action.apart.fullmatch(following)):
            return [*taken, Taken(
                action, name, action.alone, following)], at + 1
    elif following is None:
        return [*taken, Taken(action, name)], at + 1
    return [*taken, Taken(action, name, following)], at + 2
