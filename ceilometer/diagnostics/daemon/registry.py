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

"""Third-party sections, and how they are named.

Registering costs an entry in a list. The functions are called when a report
is collected, each for itself, within the limits of any section.
"""

from __future__ import annotations

from collections.abc import Callable
import re
from typing import Any

from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import patterns

#: Distributions offer sections by entry points of this group: the name of the
#: entry point is the section's, its object the function.
ENTRY_POINT_GROUP = 'ceilometer.diagnostics.sections'

NAME_CHARS_MAX = 64
_NAME = patterns.pattern(r'[a-z][a-z0-9]*(-[a-z0-9]+)*')


class Registration(named_tuple.NamedTuple):
    """A section that was registered.

    :ivar name: ``pipeline-sinks``
    :ivar title: ``Pipeline sinks``
    :ivar function: called without arguments, gives the section's content
    """

    name: str
    title: str
    function: Callable[[], Any]


_registrations: dict[str, Registration] = {}


def register_section(title: str, function: Callable[[], Any],
                     name: str | None = None) -> None:
    """Add a section to the reports of this process and of its forks.

    :param title: for people, one line, ``Pipeline sinks``
    :param function: called without arguments for each report, in a thread of
        its own, while the daemon works on. It returns a text, or data that
        JSON can hold, or a model of oslo.reports; or a pair of one of these
        and a list of findings, what is unusual: dicts with ``kind`` and
        ``sentence``, and if wanted ``severity``, ``since``, ``evidence``.
        What it raises, and its being too slow, becomes the section's content
    :param name: lower case letters, digits and hyphens; made from the title
        if not given
    :raises ValueError: the name is invalid, or another function has it
    :raises TypeError: the function is not callable, or the title is not
        a string
    """
    if not isinstance(title, str):
        raise TypeError(f'section title {title!r}: expected a string')
    if not callable(function):
        raise TypeError(f'section {title!r}: {function!r} is not callable')
    if name is None:
        name = name_from_title(title)
    elif not _NAME.fullmatch(name) or len(name) > NAME_CHARS_MAX:
        raise ValueError(
            f'section name {name!r}: expected lower case letters, digits and '
            f'single hyphens, at most {NAME_CHARS_MAX} characters')
    known = _registrations.get(name)
    if known is not None and known.function != function:
        raise ValueError(f'section name {name!r} is already used by '
                         f'{known.function!r}')
    _registrations[name] = Registration(name, title, function)


def unregister_section(name: str) -> None:
    """Take a section out again.

    :param name: as it was registered
    :raises KeyError: there is none of that name
    """
    del _registrations[name]


def registered() -> list[Registration]:
    """The sections registered here, in their order."""
    return list(_registrations.values())


def name_from_title(title: str) -> str:
    """``Pipeline Sinks!`` gives ``pipeline-sinks``."""
    name = '-'.join(re.findall('[a-z0-9]+', title.lower()))
    name = name[:NAME_CHARS_MAX].strip('-')
    return name if name[:1].isalpha() else f'section-{name}'.strip('-')
