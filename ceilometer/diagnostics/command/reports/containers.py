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

"""Which container a unit is, and whether it is one of Ceilometer.

An engine starts each container in a scope that has its id, and no process
leaves it. So journald's word for the unit of an entry tells the id, and the
engine tells the name. Labels are not asked for: who makes an image writes
them.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import functools
import re

from ceilometer.diagnostics.command.reports import engines
from ceilometer.diagnostics.command.reports import unit_patterns

#: Engines, by what the names of their scopes begin with.
ENGINES = {'libpod': 'podman', 'docker': 'docker'}

#: The scopes, as patterns of systemctl(1).
SCOPES = tuple(f'{word}-*.scope' for word in ENGINES)

_SCOPE = re.compile(r'(libpod|docker)-([0-9a-f]{64})\.scope')
_ID = re.compile(r'(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])')
_ID_WORD = re.compile(r'[0-9a-f]{12,64}')
_SHORT_ID_DIGITS = 12

#: Names of the units that start containers, by what has installed those:
#: kolla-ansible, EDPM, TripleO, "podman generate systemd".
_STARTED_BY = ('kolla-{}-container.service', 'edpm_{}.service',
               'tripleo_{}.service', 'container-{}.service')

# What journals have told of containers that no engine has told of, by their
# scope, and by the id of the machine that has written it.
_by_journals: dict[str, dict[str, str]] = {}


@dataclasses.dataclass(frozen=True)
class Container:
    """A container.

    :ivar scope: its unit
    :ivar name: its name, by the word of its engine
    """

    scope: str
    name: str

    @property
    def names(self) -> tuple[str, ...]:
        """All by which somebody may call it."""
        return (self.scope, self.name, f'{self.name}.service',
                *starters(self.name))


def starters(name: str) -> tuple[str, ...]:
    """What the units that start a container are called.

    A Quadlet's container runs in that unit and has no scope: podman
    --cgroups=split.

    :param name: its name, or a shell pattern of such; may end in .service
    """
    return tuple(unit.format(name.removesuffix('.service'))
                 for unit in _STARTED_BY)


def id_of(unit: str) -> str | None:
    """The id of the container that a unit is; None for other units.

    :param unit: its full name
    """
    match = _SCOPE.fullmatch(unit)
    return match[2] if match is not None else None


def short_id(unit: str) -> str | None:
    """The beginning of that id, as engines print it."""
    identity = id_of(unit)
    return None if identity is None else identity[:_SHORT_ID_DIGITS]


def of_unit(unit: str, machine_id: str | None = None) -> Container | None:
    """The container that a unit is; None if nobody has told its name.

    :param unit: its full name
    :param machine_id: its machine's: no other one tells of it; None for any
    """
    match = _SCOPE.fullmatch(unit)
    if match is None:
        return None
    name = _ask(ENGINES[match[1]]).names.get(match[2])
    if name is None:
        told = _by_journals.get(unit, {})
        name = (next(iter(told.values()), None) if machine_id is None
                else told.get(machine_id))
    return Container(unit, name) if name is not None else None


def is_of_ceilometer(unit: str, machine_id: str | None = None) -> bool:
    """Whether the reports of a unit are to be believed.

    :param unit: its full name, by the word of systemd or journald
    :param machine_id: its machine's: no other one tells of it; None for any
    :raises source.JournalError: a file of the administrator is invalid
    """
    if unit_patterns.is_unit(unit):
        return True
    container = of_unit(unit, machine_id)
    return container is not None and unit_patterns.is_container(
        container.name)


def is_called(unit: str, wanted: str) -> bool:
    """Whether a word means a unit, or the container that it is.

    :param unit: its full name
    :param wanted: a name, or a shell pattern of such
    """
    if any(fnmatch.fnmatchcase(unit, name)
           for name in (wanted, *starters(wanted))):
        return True
    container = of_unit(unit)
    return container is not None and any(
        fnmatch.fnmatchcase(name, wanted) for name in container.names)


def called(*words: str) -> list[Container]:
    """The containers of this machine that words mean.

    :param words: names, beginnings of ids, names of the units that start
        them, or shell patterns of names
    """
    every = [Container(f'{prefix}-{identity}.scope', name)
             for prefix, engine in ENGINES.items()
             for identity, name in _ask(engine).names.items()]
    return [one for one in every if any(
        any(fnmatch.fnmatchcase(name, word) for name in one.names)
        or _ID_WORD.fullmatch(word) and (
            (id_of(one.scope) or '').startswith(word)) for word in words)]


def why_unknown(unit: str) -> str | None:
    """Why nobody has told the name of a container; None for other units.

    :param unit: its full name
    """
    match = _SCOPE.fullmatch(unit)
    if match is None or of_unit(unit) is not None:
        return None
    engine = ENGINES[match[1]]
    return _ask(engine).problem or f'{engine} has no such container'


def shown(unit: str | None) -> str:
    """A unit as people are shown it: of a container the name, not 64 digits.

    :param unit: its full name, None for none
    """
    if unit is None:
        return '-'
    container = of_unit(unit)
    if container is not None:
        return container.name
    # of what other engines have started, too
    return _ID.sub(lambda match: match[0][:_SHORT_ID_DIGITS],
                   unit).removesuffix('.service')


def learn(scope: str, machine_id: str, name: str) -> None:
    """Keep what a journal has told of a container.

    :param scope: its unit
    :param machine_id: of the machine that it ran on
    :param name: its name
    """
    _by_journals.setdefault(scope, {}).setdefault(machine_id, name)


# once a command: containers that come later are not meant by it
@functools.lru_cache(maxsize=None)
def _ask(engine: str) -> engines.Answer:
    return engines.ask(engine)
