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

"""What a journal tells of containers that no engine of this machine knows.

Those that were removed, and those of other hosts. podman writes each event of
a container to the journal, and conmon what the container prints, each with
its id and name. They are root's, and not in the container: what counts is
written in the scope of its conmon, which has the id, too, or in the unit of
Ceilometer that has started it.
"""

from __future__ import annotations

from collections.abc import Iterator
import itertools

from ceilometer.diagnostics.command.reports import containers
from ceilometer.diagnostics.command.reports import engines
from ceilometer.diagnostics.command.reports import journal_reader
from ceilometer.diagnostics.command.reports import sender
from ceilometer.diagnostics.command.reports import stored
from ceilometer.diagnostics.command.reports import unit_patterns

#: So many containers are looked for.
CONTAINERS_MAX = 5000

#: So many entries with the id of a container are looked at in each file.
ENTRIES_MAX = 50

# Fields of the id and the name, of conmon and of podman.
_FIELDS = (('CONTAINER_ID_FULL', 'CONTAINER_NAME'),
           ('PODMAN_ID', 'PODMAN_NAME'))

# Files in which containers have been looked for already.
_searched: set[str] = set()


def learn(journal: journal_reader.Journal) -> None:
    """Learn the names of containers that have sent reports.

    A file is searched once a command.

    :param journal: where to look
    :raises source.JournalError: nothing of it can be read
    """
    new = set(journal.files) - _searched
    if not new:
        return
    _searched.update(new)
    unknown = _unknown(journal, new)[:CONTAINERS_MAX]
    if not unknown:
        return
    by_id = {(containers.id_of(unit) or '').encode(): unit
             for unit in unknown}
    # a container may be older than the file with its reports
    for reader in journal.each(journal_reader.OUTLINE_BYTES, checked=False):
        # what a daemon has kept in a file is nobody else's word
        if reader.damaged or not isinstance(reader, journal_reader.Reader):
            continue
        for field, name_field in _FIELDS:
            # there may be as many containers as there are files
            for value in reader.unique(field) & by_id.keys():
                _learn_from(reader, by_id[value], field, name_field)
    sender.is_of_ceilometer.cache_clear()


def _unknown(journal: journal_reader.Journal,
             paths: set[str]) -> list[str]:
    """The scopes of podman's containers of which nobody has told the name."""
    senders: dict[str, None] = {}
    named: dict[str, None] = {}
    for reader in journal.each(journal_reader.OUTLINE_BYTES, paths,
                               checked=False):
        # to read all of it takes long
        if reader.damaged:
            continue
        senders.update(dict.fromkeys(_units(reader, '_SYSTEMD_UNIT')))
        # anybody may write this one
        named.update(dict.fromkeys(
            unit for unit in _units(reader, sender.OBJECT_UNIT)
            if _has_root_named(reader, unit)))
    return list(senders | named)


def _units(reader: journal_reader.AnyReader, field: str) -> Iterator[str]:
    for value in reader.unique(field):
        unit = stored.decode(value)
        if _is_podmans(unit) and containers.of_unit(unit) is None:
            yield unit


def _has_root_named(reader: journal_reader.AnyReader, unit: str) -> bool:
    reader.add_match('_UID=0')
    reader.add_match(f'{sender.OBJECT_UNIT}={unit}')
    reader.seek_head()
    found = reader.step()
    reader.flush_matches()
    return found


def _is_podmans(unit: str) -> bool:
    # docker writes no such entries
    return unit.startswith('libpod-') and containers.id_of(unit) is not None


def _learn_from(reader: journal_reader.Reader, scope: str, field: str,
                name_field: str) -> None:
    """Look in one file for one who may tell the name of a container."""
    identity = containers.id_of(scope) or ''
    # root in some container may write more than is looked at
    for match in (f'_SYSTEMD_UNIT={_conmon(identity)}', None):
        reader.flush_matches()
        reader.add_match('_UID=0')
        reader.add_match(f'{field}={identity}')
        if match is not None:
            reader.add_match(match)
        reader.seek_head()
        for entry in itertools.islice(reader.walk(), ENTRIES_MAX):
            name = stored.text(entry, name_field) or ''
            machine_id = stored.text(entry, '_MACHINE_ID')
            if machine_id and engines.NAME.fullmatch(name) and (
                    _may_tell(entry, identity)):
                containers.learn(scope, machine_id, name)
                reader.flush_matches()
                return
    reader.flush_matches()


def _conmon(identity: str) -> str:
    return f'libpod-conmon-{identity}.scope'


def _may_tell(entry: stored.Entry, identity: str) -> bool:
    """Whether root has written an entry outside of all containers."""
    unit = stored.text(entry, '_SYSTEMD_UNIT') or ''
    group = stored.text(entry, '_SYSTEMD_CGROUP') or ''
    return unit == _conmon(identity) or (
        unit_patterns.is_unit(unit) and group.endswith(f'/{unit}'))
