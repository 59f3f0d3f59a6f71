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

"""Whose word a report is: which journal files say it, and what they dispute.

In journals that were gathered, journald's own fields are the word of the host
that sent them: a host can send entries that claim to be of another. What two
files say differently is never mixed. Each is a report of its own, and says
that there is another.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import os
import re

from ceilometer.diagnostics.command.reports import kept_reader
from ceilometer.diagnostics.command.reports import source
from ceilometer.diagnostics.command.reports import stored
from ceilometer.diagnostics import fields

_MACHINE_DIRECTORY = re.compile(r'([0-9a-f]{32})(\..+)?', re.ASCII)
_REMOTE = re.compile(r'(remote-.+?)(@.*)?\.journal~?', re.DOTALL)

_Slot = tuple[bytes, bytes]


@dataclasses.dataclass
class Claim:
    """The entries of a report in the files of one origin.

    :ivar entries: the entries
    :ivar foreign: whether another origin is that of the host
    :ivar disputes: what other files say differently, a line each
    """

    entries: list[stored.Entry]
    foreign: bool = False
    disputes: list[str] = dataclasses.field(default_factory=list)


def origin(path: str) -> str:
    """What has written a journal file: the same for all files of a host.

    systemd-journal-remote has files of its own for each host, and journald a
    directory. Of other files none is of another origin than those beside it.

    :param path: the file
    """
    if kept_reader.is_kept(path):
        # on its way to the journal of this machine
        return source.machine_id()
    directory, name = os.path.split(path)
    machine = _MACHINE_DIRECTORY.fullmatch(os.path.basename(directory))
    if machine:
        # of what is volatile, and of what stays
        return machine[1]
    remote = _REMOTE.fullmatch(name)
    return os.path.join(directory, remote[1]) if remote else directory


def of_origin(paths: Iterable[str], wanted: str) -> set[str]:
    """Those journal files that the same has written.

    :param paths: journal files
    :param wanted: what has written them, see :func:`origin`
    """
    return {path for path in paths if origin(path) == wanted}


def hosts(paths: Iterable[str]) -> set[str]:
    """Whose files there are, as far as their names tell.

    :param paths: journal files
    :returns: for a host that sent its entries the name of its file,
        ``remote-HOST``; for one whose directory it is its machine id
    """
    return {name for path in paths if (name := _host(path)) is not None}


def _host(path: str) -> str | None:
    directory = os.path.dirname(path)
    own = origin(path)
    return None if own == directory else os.path.basename(own)


def contradiction(path: str, hostname: str | None, machine_id: str | None,
                  known: set[str]) -> str | None:
    """What says that a report is not of the host that it claims to be of.

    A header of a journal file names a machine, but systemd-journal-remote 252
    writes its own there. So the names of files count, which no sender chooses.

    :param path: the file that the report is in
    :param hostname: of the host that it claims
    :param machine_id: the same
    :param known: what :func:`hosts` says of all files of the journal
    :returns: a line, None if nothing is known against it
    """
    own = _host(path)
    claimed = {f'remote-{hostname}', f'{machine_id}'}
    if own is None or own in claimed:
        return None
    others = sorted(claimed & known)
    if others:
        return (f'{path} is not of the host that it claims, which has its '
                f'own: {", ".join(others)}')
    if not own.startswith('remote-'):
        # journald writes its own machine id, and nothing else
        return f'{path} is of machine {own}, and it claims {machine_id}'
    return None


def split(entries: list[stored.Entry], file: str,
          read_whole: Callable[[set[str]], Iterable[stored.Entry]],
          ) -> list[Claim]:
    """The claims that the entries of what seems one report make.

    :param entries: the entries
    :param file: the field that names the file of each
    :param read_whole: reads them anew, the whole of them, from some files
    :returns: one if nothing is disputed
    """
    paths = set(map(os.fsdecode, {entry[file] for entry in entries}))
    if any(map(kept_reader.is_kept, paths)):
        entries = _without_copies(entries, file)
        paths = set(map(os.fsdecode, {entry[file] for entry in entries}))
    slots = set(map(_slot, entries))
    if len(slots) == len(entries) and (
            len(paths) == 1 or len(set(map(origin, paths))) == 1):
        return [Claim(entries)]
    said: dict[str, dict[_Slot, int]] = {}
    twice: set[_Slot] = set()
    for entry in read_whole(paths):
        path = os.fsdecode(entry[file])
        own = said.setdefault(path, {})
        content = _content(entry)
        if own.setdefault(_slot(entry), content) != content:
            twice.add(_slot(entry))
    groups = _agreeing(said)
    claims = []
    for group in groups:
        own_entries = [entry for entry in entries
                       if os.fsdecode(entry[file]) in group]
        claim = Claim(once(own_entries))
        others = sorted(set().union(*groups) - group)
        if others:
            claim.disputes.append(
                'another report of this id and process is in '
                + ', '.join(others))
            claim.foreign = not _is_home(group, own_entries) and any(
                _is_home(other, [
                    entry for entry in entries
                    if os.fsdecode(entry[file]) in other])
                for other in groups if other is not group)
        if twice & set(map(_slot, own_entries)):
            names = sorted({stored.decode(index) for index, _ in twice})
            claim.disputes.append(
                f'section {", ".join(names)[:80]} is there twice, and '
                'differs: the first is shown')
        claims.append(claim)
    return claims


def _agreeing(said: dict[str, dict[_Slot, int]]) -> list[set[str]]:
    """Put together the files that can be of one report; drop copies."""
    groups: list[tuple[str, dict[_Slot, int], set[str]]] = []
    for path in sorted(said, key=lambda path: (-len(said[path]), path)):
        own = said[path]
        for home, known, paths in groups:
            same = {slot for slot in own if slot in known}
            if any(own[slot] != known[slot] for slot in same):
                continue
            if len(same) == len(own):
                # a copy says nothing new
                break
            if origin(path) == home:
                known.update(own)
                paths.add(path)
                break
        else:
            groups.append((origin(path), dict(own), {path}))
    return [paths for _, _, paths in groups]


def once(entries: list[stored.Entry]) -> list[stored.Entry]:
    """Of the entries of one report the first one for each place in it.

    :param entries: as the journal has them
    """
    first: dict[_Slot, stored.Entry] = {}
    for entry in entries:
        first.setdefault(_slot(entry), entry)
    return list(first.values())


def _without_copies(entries: list[stored.Entry],
                    file: str) -> list[stored.Entry]:
    """Leave out what waits for the journal, and is in it already."""
    kept = [kept_reader.is_kept(os.fsdecode(entry[file]))
            for entry in entries]
    there = {_slot(entry) for entry, waits in zip(entries, kept, strict=True)
             if not waits}
    return [entry for entry, waits in zip(entries, kept, strict=True)
            if not waits or _slot(entry) not in there]


def _is_home(paths: set[str], entries: list[stored.Entry]) -> bool:
    """Whether files bear the name of the host that entries claim."""
    names = {os.path.basename(origin(path)) for path in paths}
    return any(
        stored.text(entry, '_MACHINE_ID') in names
        or f'remote-{stored.text(entry, "_HOSTNAME")}' in names
        for entry in entries[:1])


def _slot(entry: stored.Entry) -> _Slot:
    return (stored.first(entry, fields.REPORT_SECTION_INDEX) or b'',
            stored.first(entry, fields.REPORT_SECTION_PART) or b'1')


def _content(entry: stored.Entry) -> int:
    """The same for copies of an entry; not for anything else."""
    return hash(tuple(sorted(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in entry.items() if not name.startswith('__'))))
