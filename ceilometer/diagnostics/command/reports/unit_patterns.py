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

"""Which units and containers are Ceilometer's, as the administrator says.

There are defaults. Files below :data:`DIRECTORY` add to them: a pattern a
line, in the words of fnmatch(3). Nothing that a process says of itself
changes the answer.
"""

from __future__ import annotations

import fnmatch
import functools
import pathlib
import re

from ceilometer.diagnostics.command.reports import engines
from ceilometer.diagnostics.command.reports import source

#: Where the administrator's files ``*.conf`` are.
DIRECTORY = pathlib.Path('/etc/ceilometer-diagnostics/units.d')

#: What the units of Ceilometer are called: by itself, and by what starts its
#: containers.
UNITS = ('ceilometer-?*.service', 'openstack-ceilometer-?*.service',
         'kolla-ceilometer_?*-container.service',
         'edpm_ceilometer_?*.service', 'tripleo_ceilometer_?*.service')

#: What its containers are called, by the word of their engine.
CONTAINERS = ('ceilometer', 'ceilometer[-_]?*')

#: What begins a line about containers.
CONTAINER = 'container:'

_UNIT = re.compile(r'[\w.:@\\-]+\.(service|scope)', re.ASCII)
# What takes the place of one character in a pattern, or of several.
_WILD = re.compile(r'\[[!]?[^][]+\]|[*?]')

_EXPECTED = ('expected a pattern of the full names of units, which end in '
             f'.service or .scope, or "{CONTAINER}" and a pattern of the '
             'names of containers')


# asked of each entry; there are few units
@functools.lru_cache(maxsize=256)
def is_unit(name: str) -> bool:
    """Whether a unit is one of Ceilometer by its name alone.

    :param name: its full name
    :raises source.JournalError: a file of the administrator is invalid
    """
    return _UNIT.fullmatch(name) is not None and any(
        fnmatch.fnmatchcase(name, pattern) for pattern in units())


def is_container(name: str) -> bool:
    """Whether a container is one of Ceilometer.

    :param name: its name, by the word of who runs it
    :raises source.JournalError: a file of the administrator is invalid
    """
    return any(fnmatch.fnmatchcase(name, pattern)
               for pattern in (*CONTAINERS, *_added()[1]))


def units() -> tuple[str, ...]:
    """All patterns of units.

    :raises source.JournalError: a file of the administrator is invalid
    """
    return (*UNITS, *_added()[0])


# asked of each unit that has sent a report
@functools.lru_cache(maxsize=1)
def _added() -> tuple[tuple[str, ...], tuple[str, ...]]:
    return read(DIRECTORY)


def read(directory: pathlib.Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the administrator's files; none at all are no error.

    :param directory: where they are
    :returns: patterns of units, and patterns of containers
    :raises source.JournalError: a line has no such pattern; it names file,
        line and what was expected
    """
    found: tuple[list[str], list[str]] = [], []
    try:
        paths = sorted(path for path in directory.iterdir()
                       if path.name.endswith('.conf'))
    except (FileNotFoundError, NotADirectoryError):
        paths = []
    except OSError as error:
        raise source.JournalError(f'{directory}: {error.strerror}') from None
    for path in paths:
        try:
            text = path.read_text(encoding='utf-8')
        except UnicodeDecodeError:
            raise source.JournalError(f'{path}: not UTF-8; {_EXPECTED} on '
                                      'each line') from None
        except OSError as error:
            raise source.JournalError(f'{path}: {error.strerror}') from None
        for number, line in enumerate(text.splitlines(), 1):
            word = line.strip()
            if not word or word.startswith('#'):
                continue
            of_container = word.startswith(CONTAINER)
            pattern = word.removeprefix(CONTAINER).strip()
            # a character that no name has is never meant; one that stands
            # for any makes a name of the rest
            if not (engines.NAME if of_container else _UNIT).fullmatch(
                    _WILD.sub('x', pattern)):
                raise source.JournalError(
                    f'{path}:{number}: {word!r}: {_EXPECTED}')
            found[of_container].append(pattern)
    return tuple(found[0]), tuple(found[1])
