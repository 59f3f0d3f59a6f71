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

"""Masks what the command tells that no report has told.

A report was masked where it was written. What the command learns of other
processes, from /proc, systemctl and journald, was not: it passes here before
it is printed, as what a daemon tells passes the same masker there.
"""

from __future__ import annotations

from collections.abc import Iterable

from ceilometer.diagnostics import escape
from ceilometer.diagnostics.secrets import mask
from ceilometer.diagnostics.secrets import redact


def text(unmasked: str) -> str:
    """A text without its secrets, on one line.

    :param unmasked: what another program says
    """
    return redact.line(unmasked)


def command_line(arguments: Iterable[str]) -> str:
    """A command line without its secrets, on one line.

    :param arguments: the program and its arguments
    """
    # a program that names its process anew leaves empty ones behind
    given = list(filter(None, arguments))
    return escape.line(' '.join(mask.Masker().arguments(given)))


def field(name: str, value: str) -> str:
    """The value of a journal field without its secrets, on one line.

    :param name: the field; ``_CMDLINE`` is a command line, by journald
    :param value: its value
    """
    return command_line(value.split(' ')) if name == '_CMDLINE' else text(
        value)
