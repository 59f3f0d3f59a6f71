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

"""Entries that end the process if libsystemd is asked for them.

libsystemd asserts that a value that is compressed with zstd is as long as it
says. If its data end too early, because of damage, the assertion aborts the
program; journalctl, too. So what is compressed is looked at before it is asked
for: whether its blocks are all there, and not what is in them. Entries with a
value that fails are read here, without libsystemd, and without this value.

What is looked at is documented: https://systemd.io/JOURNAL_FILE_FORMAT and
RFC 8878. Runs in the command.
"""

from __future__ import annotations

from collections.abc import Iterator
import functools
import mmap
import re
import struct
from typing import Any

from ceilometer.diagnostics.command.reports import promised

_DATA_TYPE = 1
_ENTRY_TYPE = 3
_ARRAY_TYPE = 6

_ZSTD_FLAG = 1 << 2
_COMPRESSED_FLAGS = 0b111

# an object's type, flags and size
_OBJECT = struct.Struct('<BB6xQ')
# of an object with data: its first entry, more entries, and their number
_DATA_ENTRIES = struct.Struct('<QQQ')
_DATA_ENTRIES_AT = 40
_ARRAY_ITEMS_AT = 24
_ENTRY_ITEMS_AT = 64

#: No entry has more fields, and no file more entries or arrays of such.
_ITEMS_MAX = 1 << 12
_ENTRIES_MAX = 1 << 26

#: A value is not longer, bytes.
_VALUE_BYTES_MAX = 768 << 20

# the beginning of an object of an entry
_ENTRY_START = re.compile(b'\x03\x00{7}')

_ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'
_ZSTD_BLOCK_RLE = 1


class FatalEntries:
    """Those of a journal file.

    :param path: the file
    :param places: where values are, see :class:`promised.Promise`; the
        entries that have one of them are looked at. None means all that can
        be found in the file, which takes long
    :raises OSError: the file cannot be read
    """

    def __init__(self, path: str, places: tuple[int, ...] | None) -> None:
        with open(path, 'rb') as file:
            self._file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._compact = promised.is_compact(
            self._file[:promised.HEADER_LENGTH])
        self._payload_at = 72 if self._compact else 64
        # the values that have been looked at, and those that are bad
        self._known: set[int] = set()
        self._bad: set[int] = set()
        self._places: dict[int, int] = {}
        # most entries have all of the values
        for entry in self._scan() if places is None else dict.fromkeys(
                entry for place in places for entry in self._having(place)):
            try:
                if self._is_fatal(entry):
                    self._places[self._sequence_number(entry)] = entry
            except (IndexError, struct.error):
                # what it refers to is not in the file
                continue

    def place(self, sequence_number: int) -> int | None:
        """Where an entry is, None if libsystemd may be asked for it.

        :param sequence_number: of the entry, as its cursor has it
        """
        return self._places.get(sequence_number)

    def __len__(self) -> int:
        return len(self._places)

    def fields(self, place: int, bytes_max: int) -> dict[str, Any]:
        """The fields of an entry that can be read, as :class:`Reader` has.

        :param place: where it is
        :param bytes_max: how much of each field, 0 for all of it
        """
        made: dict[str, Any] = {}
        for item in self._items(place):
            payload = self._payload(item)
            name, mark, value = (payload or b'').partition(b'=')
            if not mark or not name.isascii():
                continue
            if bytes_max:
                value = value[:bytes_max]
            key = name.decode()
            if key in made:
                known = made[key]
                made[key] = [*(known if isinstance(known, list) else [known]),
                             value]
            else:
                made[key] = value
        return made

    def _sequence_number(self, entry: int) -> int:
        return int.from_bytes(self._file[entry + 16:entry + 24], 'little')

    def _having(self, place: int) -> Iterator[int]:
        """Where the entries are that have a value."""
        try:
            first, array, count = _DATA_ENTRIES.unpack_from(
                self._file, place + _DATA_ENTRIES_AT)
            yield first
            size = 4 if self._compact else 8
            left = min(count, _ENTRIES_MAX) - 1
            while array and left > 0:
                kind, _, length = _OBJECT.unpack_from(self._file, array)
                items = min((length - _ARRAY_ITEMS_AT) // size, left)
                if kind != _ARRAY_TYPE or items <= 0:
                    return
                yield from struct.unpack_from(
                    f'<{items}{"I" if self._compact else "Q"}', self._file,
                    array + _ARRAY_ITEMS_AT)
                left -= items
                array, = struct.unpack_from('<Q', self._file, array + 16)
        except struct.error:
            # the index leads out of the file
            return

    def _scan(self) -> Iterator[int]:
        """Where entries may be, whatever indexes say."""
        for found in _ENTRY_START.finditer(self._file):
            if found.start() % 8 == 0:
                yield found.start()

    def _items(self, entry: int) -> tuple[int, ...]:
        """Where the values of an entry are."""
        kind, _, length = _OBJECT.unpack_from(self._file, entry)
        size = 4 if self._compact else 16
        count = (length - _ENTRY_ITEMS_AT) // size
        if kind != _ENTRY_TYPE or not 0 < count <= _ITEMS_MAX:
            return ()
        if self._compact:
            return struct.unpack_from(f'<{count}I', self._file,
                                      entry + _ENTRY_ITEMS_AT)
        return struct.unpack_from(f'<{2 * count}Q', self._file,
                                  entry + _ENTRY_ITEMS_AT)[::2]

    def _is_fatal(self, entry: int) -> bool:
        items = self._items(entry)
        new = [item for item in items if item not in self._known]
        self._known.update(new)
        file = self._file
        for item in new:
            # most are not compressed
            if file[item + 1] & _ZSTD_FLAG and file[item] == _DATA_TYPE and (
                    not is_whole(self._raw(item))):
                self._bad.add(item)
        return bool(self._bad) and not self._bad.isdisjoint(items)

    def _raw(self, item: int) -> bytes:
        _, _, length = _OBJECT.unpack_from(self._file, item)
        return self._file[item + self._payload_at:item + length]

    def _payload(self, item: int) -> bytes | None:
        """What an object holds, None where that cannot be read."""
        try:
            kind, flags, _ = _OBJECT.unpack_from(self._file, item)
        except struct.error:
            return None
        if kind != _DATA_TYPE or item in self._bad:
            return None
        if not flags & _COMPRESSED_FLAGS:
            return self._raw(item)
        return _decompressed(self._raw(item)) if flags & _ZSTD_FLAG else None


def is_whole(frame: bytes) -> bool:
    """Whether all blocks of what zstd has compressed are there.

    :param frame: the compressed value; of what is none, libsystemd says that
        it is damaged, and goes on
    """
    if frame[:4] != _ZSTD_MAGIC or len(frame) < 5:
        return True
    descriptor = frame[4]
    single_segment = descriptor >> 5 & 1
    at = (5 + (not single_segment) + (0, 1, 2, 4)[descriptor & 3]
          + (single_segment, 2, 4, 8)[descriptor >> 6])
    while at + 3 <= len(frame):
        head = int.from_bytes(frame[at:at + 3], 'little')
        at += 3 + (1 if head >> 1 & 3 == _ZSTD_BLOCK_RLE else head >> 3)
        if head & 1:
            return at <= len(frame)
    return False


@functools.cache
def _library() -> Any:
    """The library that libsystemd uses, None where there is none."""
    # takes long to import, and is seldom needed
    import ctypes
    try:
        library = ctypes.CDLL('libzstd.so.1')
    except OSError:
        return None
    library.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
    library.ZSTD_decompress.restype = ctypes.c_size_t
    return library


def _decompressed(frame: bytes) -> bytes | None:
    """What was compressed, None where it cannot be read."""
    library = _library()
    if library is None:
        return None
    import ctypes
    data, size = ctypes.c_char_p(frame), ctypes.c_size_t(len(frame))
    whole = library.ZSTD_getFrameContentSize(data, size)
    if whole > _VALUE_BYTES_MAX:
        return None
    made = ctypes.create_string_buffer(max(whole, 1))
    done = library.ZSTD_decompress(made, ctypes.c_size_t(whole), data, size)
    return made.raw[:whole] if done == whole else None
