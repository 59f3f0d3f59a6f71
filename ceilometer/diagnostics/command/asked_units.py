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

"""Finds the units that somebody asks for reports, for ``trigger``.

A container is asked in its scope, whatever it was called by: its name, the
beginning of its id, its scope, or the unit that starts it. If it runs in that
unit, it is asked there.
"""

from __future__ import annotations

from collections.abc import Iterable
import contextlib
import re

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import unit_patterns
from ceilometer.diagnostics.command import selection
from ceilometer.diagnostics.command import system

# The main processes of units that start containers.
_STARTERS = ('conmon', 'podman', 'docker')

# What none of the processes is for which a unit is asked.
_NONE = 'no Ceilometer service is running'


def running() -> list[system.Unit]:
    """All running units of Ceilometer, and its containers.

    :raises options.Failure: there is none, or systemctl fails
    """
    names = system.running_units()
    found = _without_starters(
        name for name in names if containers.is_of_ceilometer(name))
    if not found:
        reasons = [why for name in names
                   if (why := containers.why_unknown(name))]
        raise command_line.Failure('; '.join(
            dict.fromkeys([_NONE, *reasons])))
    return _with_daemons(found)


def checked(word: str) -> list[str]:
    """The full names of what a word means: of one unit, running or not.

    :param word: name of a unit or a container
    """
    name = selection.unit_name(word)
    with contextlib.suppress(command_line.Failure):
        told = system.properties(name, 'MainPID')
        if not int(told.get('MainPID') or 0) or _without_starters([name]):
            return [name]
    return [unit.name for unit in _containers(word, name)] or [name]


def find(words: list[str]) -> list[system.Unit]:
    """The units that words mean; all running ones if there are none.

    :param words: names of units or containers, or shell patterns of such
    :raises options.Failure: one means none that runs and is Ceilometer's
    """
    found: list[system.Unit] = []
    for word in words:
        name = selection.unit_name(word)
        found += (_matching(word, name) if re.search(r'[*?\[]', name)
                  else _named(word, name))
    if not words:
        found = running()
    for unit in found:
        if not unit.daemons:
            raise command_line.Failure(
                f'the processes of {unit.name} cannot be seen: they have '
                'ended, or /proc is mounted with hidepid'
                if not unit.contained else
                f'no daemon of Ceilometer runs in {title(unit.name)}')
    # of two names that mean one unit, one is enough
    return list({unit.name: unit for unit in found}.values())


def title(unit: str) -> str:
    """What a unit is called in a sentence: a container by its name.

    :param unit: its full name
    """
    container = containers.of_unit(unit)
    return unit if container is None else f'container {container.name}'


def _matching(word: str, name: str) -> list[system.Unit]:
    names = [one for one in system.running_units((name,))
             if containers.is_of_ceilometer(one)]
    found = _without_starters(names) + _containers(word)
    if not found:
        raise command_line.Failure(
            f'no running Ceilometer service matches {word}')
    return _with_daemons(found)


def _with_daemons(units: list[system.Unit]) -> list[system.Unit]:
    """Without other containers; all if there is none of Ceilometer.

    A pattern of scopes means whatever an engine has started.
    """
    return [unit for unit in units
            if unit.daemons or not unit.name.endswith('.scope')
            or containers.of_unit(unit.name) is not None] or units


def _named(word: str, name: str) -> list[system.Unit]:
    failure = None
    if containers.is_of_ceilometer(name):
        try:
            unit = system.look(name)
        except command_line.Failure as error:
            failure = error
        else:
            if not _starts_containers(unit):
                return [unit]
    container = containers.of_unit(name) or next(iter(containers.called(
        word.removesuffix('.service'), name)), None)
    found = []
    try:
        found = _containers(word.removesuffix('.service'), name)
    except command_line.Failure as error:
        # systemd says nothing; what nobody has heard of is not ours, anyway
        if container is not None:
            raise failure or error from None
    if found:
        return found
    if failure is not None:
        raise failure
    why = containers.why_unknown(name)
    if container is not None:
        why = (f'container {container.name}: '
               f'{unit_patterns.DIRECTORY} can say that it is one'
               if not unit_patterns.is_container(container.name)
               else f'container {container.name} does not run')
    raise command_line.Failure(
        f'{name} is not a Ceilometer service' + (f' ({why})' if why else ''))


def _containers(*words: str) -> list[system.Unit]:
    """The running containers of Ceilometer that words mean."""
    known = {one.scope: one.name for one in containers.called(*words)
             if containers.is_of_ceilometer(one.scope)}
    scopes = system.running_units(tuple(known)) if known else []
    return [system.look(scope) for scope in scopes] + _holding(
        *words, *(name for scope, name in known.items()
                  if scope not in scopes))


def _holding(*names: str) -> list[system.Unit]:
    """The running units that start a container, and that it runs in."""
    patterns = tuple(unit for name in names
                     for unit in containers.starters(name))
    return [unit for unit in map(system.look, filter(
        containers.is_of_ceilometer, system.running_units(patterns)))
        if unit.contained]


def _without_starters(names: Iterable[str]) -> list[system.Unit]:
    """Without those that only start a container, which is asked itself."""
    return [unit for unit in map(system.look, names)
            if not _starts_containers(unit)]


def _starts_containers(unit: system.Unit) -> bool:
    return not unit.contained and any(
        process.pid == unit.main_pid and process.name in _STARTERS
        for process in unit.processes)
