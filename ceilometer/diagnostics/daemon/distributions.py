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

"""Reads the metadata of what is installed.

As importlib.metadata does, which makes objects of the paths of all files that
it looks at: a report took 10 ms of it. This lists the directories of sys.path,
and reads the beginning of files there. Where somebody has added other finders,
or packages stand in archives, it asks importlib.metadata.

Runs in the threads of a report, and in the main thread while the daemon
starts.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from importlib import machinery
from importlib import metadata
import os
import sys

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics import pauses

#: So much is read of a file; more is not looked at.
FILE_BYTES_MAX = 1024 * 1024

# So much is read at once. Of a distribution's metadata no more is: the
# description, which may be long, stands below the fields.
_READ_BYTES = 16 * 1024

_ENDINGS = ('.dist-info', '.egg-info')
# the last one is of a distribution that is a lone file
_FIELDS = ('METADATA', 'PKG-INFO', '')
_ENTRY_POINTS = 'entry_points.txt'
# PEP 503
_SIGNS = patterns.usual(r'[-_.]+')


def fields(names: Iterable[str]) -> dict[str, str]:
    """What begins the metadata of distributions; those that are installed.

    :param names: of the distributions, as anybody writes them
    :raises Exception: somebody's finder is broken
    """
    wanted = {_normalized(name): name for name in names}
    found: dict[str, str] = {}
    if not wanted:
        return found
    if not _is_listed():
        for name in wanted.values():
            try:
                found[name] = _told(metadata.distribution(name))
            except metadata.PackageNotFoundError:
                continue
        return found
    for directory, file in _listed():
        name = wanted.get(_normalized(
            file.rpartition('.')[0].partition('-')[0]), '')
        if name and name not in found:
            found[name] = next(filter(None, (
                _read(f'{directory}{file}/{one}'.rstrip('/'), _READ_BYTES)
                for one in _FIELDS)), '')
            if len(found) == len(wanted):
                break
    return found


def field(text: str, name: str) -> str | None:
    """A field of such metadata, None if they have none of this name.

    :param text: as :func:`fields` gave it
    :param name: of the field
    """
    for line in text.partition('\n\n')[0].splitlines():
        found, colon, value = line.partition(':')
        # a line that goes on has no name
        if colon and found == name:
            return value.strip()
    return None


def has_entry_points(group: str) -> bool:
    """Whether a distribution has entry points of a group.

    :param group: its name
    :raises Exception: somebody's finder, or a distribution, is broken
    """
    head = f'[{group}]'
    if not _is_listed():
        return any(head in (one.read_text(_ENTRY_POINTS) or '')
                   for one in metadata.distributions())
    for directory, file in _listed():
        if head in _read(f'{directory}{file}/{_ENTRY_POINTS}',
                         FILE_BYTES_MAX):
            return True
        pauses.pause()
    return False


def _is_listed() -> bool:
    """Whether all distributions can be found by listing directories."""
    return all(
        finder is machinery.PathFinder
        or not hasattr(finder, 'find_distributions')
        for finder in list(sys.meta_path)) and not any(
            path.endswith('.egg') or os.path.isfile(path)
            for path in map(str, list(sys.path)))


def _listed() -> Iterator[tuple[str, str]]:
    """The metadata of distributions: the directory, with /, and the name."""
    for directory in list(map(str, sys.path)):
        try:
            names = os.listdir(directory or '.')
        except OSError:
            continue
        for name in names:
            if name.lower().endswith(_ENDINGS):
                yield os.path.join(directory, ''), name


def _normalized(name: str) -> str:
    """The name of a distribution as it is compared."""
    return _SIGNS.sub('-', name).lower()


def _read(path: str, bytes_max: int) -> str:
    """The beginning of a file; nothing if it is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ''
    read = b''
    try:
        while len(read) < bytes_max:
            piece = os.read(descriptor, _READ_BYTES)
            read += piece
            if len(piece) < _READ_BYTES:
                break
    except OSError:
        # a directory
        return ''
    finally:
        os.close(descriptor)
    return read.decode(errors='replace')


def _told(found: metadata.Distribution) -> str:
    return next(filter(None, map(found.read_text, _FIELDS)), '')
