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
"""The files in which reports are kept while there is no journal.

A process keeps what journald does not take in its unit's runtime directory,
a file a report, in the journal's export format
(https://systemd.io/JOURNAL_EXPORT_FORMATS). The daemon hands the files over to
the journal when it is back; until then the command reads them, too.

Nothing here raises for what is in a file: the command, as root, reads what
others have written.
"""

from __future__ import annotations

from collections.abc import Iterator
import errno
import os
import stat
from typing import Any

from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import patterns

#: Directories below ``/run`` in which units have theirs: the units of this
#: project, and those of others with our drop-in.
OWN = 'ceilometer'
ADDED = 'ceilometer-diagnostics'

#: Most files that a unit keeps; then the oldest are dropped.
FILES_MAX = 64

#: Most bytes that they have in all. ``/run`` is in memory.
BYTES_MAX = 16 * 2 ** 20

#: The file that counts what was dropped: it has a byte for each report.
DROPPED = 'dropped.kept'

#: What an entry begins with; the last character tells whether the journal has
#: taken it.
CURSOR = b'__CURSOR=kept-'
WAITING = b'0'
HANDED_OVER = b'1'

_NAME = patterns.pattern(
    r'([0-9]{16})-([0-9]{1,10})-([0-9a-f]{32})\.kept')
_FIELD = patterns.pattern('[A-Z_][A-Z0-9_]{0,63}')


class Name(named_tuple.NamedTuple):
    """What the name of a file tells; names sort by age.

    :ivar time_usec: when it was begun, microseconds since the epoch
    :ivar pid: the process whose report it is
    :ivar report_id: the report
    """

    time_usec: int
    pid: int
    report_id: str

    def __str__(self) -> str:
        return f'{self.time_usec:016}-{self.pid}-{self.report_id}.kept'


class Kept(named_tuple.NamedTuple):
    """An entry in such a file.

    :ivar at: where it begins, bytes
    :ivar fields: its fields; a list where one stands twice
    :ivar waiting: whether the journal has not taken it yet
    """

    at: int
    fields: dict[str, Any]
    waiting: bool


def name(file_name: str) -> Name | None:
    """What a file name tells, None if it is that of another file."""
    found = _NAME.fullmatch(file_name)
    return found and Name(int(found[1]), int(found[2]), found[3])


def names(directory: str | int) -> list[str]:
    """The names of the files in a directory, oldest first.

    :param directory: its path, or a descriptor
    :raises OSError: it cannot be read
    """
    return sorted(filter(name, os.listdir(directory)))


def unit(directory: str) -> str | None:
    """The unit whose directory it is, None if it is no unit's.

    :param directory: its path
    """
    above, own = os.path.split(directory.rstrip('/'))
    prefix = {OWN: 'ceilometer-', ADDED: ''}.get(os.path.basename(above))
    return f'{prefix}{own}.service' if own and prefix is not None else None


def read(path: str, owner: int) -> bytes:
    """The content of a file, if it is its owner's and nobody else's.

    :param path: the file; no link is followed
    :param owner: the user whose it must be
    :raises OSError: it is not, or cannot be read
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
                         | os.O_NONBLOCK)
    try:
        check(descriptor, owner)
        chunks = []
        left = BYTES_MAX
        while left and (chunk := os.read(descriptor, min(left, 2 ** 20))):
            chunks.append(chunk)
            left -= len(chunk)
        return b''.join(chunks)
    finally:
        os.close(descriptor)


def check(descriptor: int, owner: int) -> None:
    """Look whether an open file is its owner's, and nobody else's.

    :param descriptor: the file
    :param owner: the user whose it must be
    :raises PermissionError: it is not
    """
    found = os.fstat(descriptor)
    if not (stat.S_ISREG(found.st_mode) and found.st_nlink == 1
            and found.st_uid == owner
            and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        raise PermissionError(
            errno.EPERM, 'not a file that its user alone may write to')


def entries(content: bytes) -> Iterator[Kept]:
    """The entries of a file; the last one may be cut short, and is left out.

    :param content: of the file
    """
    at = start = 0
    fields: dict[str, Any] = {}
    while at < len(content):
        end = content.find(b'\n', at)
        if end < 0:
            return
        key, equals, value = content[at:end].partition(b'=')
        if not key and not equals:
            if fields:
                cursor = fields.get('__CURSOR')
                yield Kept(start, fields, cursor != CURSOR.partition(b'=')[2]
                           + HANDED_OVER)
            fields = {}
            at = start = end + 1
            continue
        if not equals:
            # a value of any bytes, after its length
            size = int.from_bytes(content[end + 1:end + 9], 'little')
            value = content[end + 9:end + 9 + size]
            end += 9 + size
            if content[end:end + 1] != b'\n':
                return
        name_of = key.decode('latin-1')
        if not _FIELD.fullmatch(name_of):
            return
        _add(fields, name_of, value)
        at = end + 1


def _add(fields: dict[str, Any], key: str, value: bytes) -> None:
    known = fields.get(key)
    if known is None:
        fields[key] = value
    elif isinstance(known, list):
        known.append(value)
    else:
        fields[key] = [known, value]
