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

"""How many entries a journal file says that it has.

libsystemd passes over what is damaged without a word: it comes to the end of
an index early, or does not find it at all. The file says how many entries
there should be, in its header and beside each value. What is looked at is
little, and documented: https://systemd.io/JOURNAL_FILE_FORMAT. Nothing here
is believed further than to tell that something is missing.
"""

from __future__ import annotations

import dataclasses
import os
import struct

#: No value of a field is so far down the list of its hash.
_CHAIN_MAX = 10_000

# signature, incompatible flags, file id, offset and size of the hash table of
# data, number of entries, when the last one was received
_HEADER = struct.Struct('<8s4xI8x16s64xQQ32xQ32xQ')
HEADER_LENGTH = _HEADER.size
_SIGNATURE = b'LPKSHHRH'
_KEYED_HASH = 1 << 2
_COMPACT = 1 << 4

# an object's type, flags and size; of one with data also the hash, the next
# of this hash, of this field, its first entry, its entries, and their number
_DATA = struct.Struct('<BB6xQQQQQQQ')
_DATA_TYPE = 1
_BUCKET = struct.Struct('<QQ')

#: No file is larger, bytes.
_PLACE_MAX = 2 ** 62

_MASK = 2 ** 64 - 1


@dataclasses.dataclass(frozen=True)
class Promise:
    """What a journal file says of its entries.

    :ivar entries: how many it has
    :ivar tail_usec: when the last of them was received
    :ivar having: for each value that was asked for how many entries have it,
        None where the index is damaged; empty if the file has another index
    :ivar places: where those values are in the file that it has
    """

    entries: int
    tail_usec: int
    having: tuple[int | None, ...]
    places: tuple[int, ...] = ()


def is_compact(head: bytes) -> bool:
    """Whether a file refers to its objects in four bytes, not in eight.

    :param head: its first :data:`HEADER_LENGTH`
    """
    return bool(_HEADER.unpack(head)[1] & _COMPACT)


def read(path: str, values: tuple[bytes, ...]) -> Promise | None:
    """Read what a journal file says of its entries.

    Runs in the command.

    :param path: the file
    :param values: ``FIELD=value``, short enough not to be compressed
    :returns: None where its header cannot be read
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        header = _HEADER.unpack(os.pread(descriptor, _HEADER.size, 0))
        (signature, flags, file_id, table, table_size, entries,
         tail_usec) = header
        if signature != _SIGNATURE:
            return None
        # systemd before 246 hashes otherwise
        asked = values if flags & _KEYED_HASH else ()
        found = [_having(descriptor, value, flags, file_id, table, table_size)
                 for value in asked]
        return Promise(entries, tail_usec, tuple(
            count for count, _ in found), tuple(
                place for _, place in found if place))
    except (OSError, OverflowError, struct.error):
        # cut short, or so damaged that it cannot be told what is missing
        return None
    finally:
        os.close(descriptor)


def _having(descriptor: int, value: bytes, flags: int, file_id: bytes,
            table: int, table_size: int) -> tuple[int | None, int]:
    """How many entries have a value, and where it is in the file.

    :returns: 0 if the file does not know it, None if that cannot be told
    """
    buckets = table_size // _BUCKET.size
    if not buckets:
        return None, 0
    own = siphash24(value, file_id)
    try:
        place, _ = _BUCKET.unpack(os.pread(
            descriptor, _BUCKET.size, table + own % buckets * _BUCKET.size))
    except (OverflowError, struct.error):
        return None, 0
    payload = _DATA.size + (8 if flags & _COMPACT else 0)
    for _ in range(_CHAIN_MAX):
        if not place:
            return 0, 0
        if place > _PLACE_MAX:
            return None, 0
        head = os.pread(descriptor, _DATA.size, place)
        if len(head) < _DATA.size:
            return None, 0
        (kind, _, size, its_hash, following, _, _, _, count) = _DATA.unpack(
            head)
        if kind != _DATA_TYPE:
            return None, 0
        if its_hash == own and size == payload + len(value) and os.pread(
                descriptor, len(value), place + payload) == value:
            return int(count), place
        place = following
    return None, 0


def siphash24(data: bytes, key: bytes) -> int:
    """SipHash-2-4, with which journal files find values.

    :param data: what to hash
    :param key: 16 bytes
    """
    first, second = struct.unpack('<QQ', key)
    v0, v1 = first ^ 0x736f6d6570736575, second ^ 0x646f72616e646f6d
    v2, v3 = first ^ 0x6c7967656e657261, second ^ 0x7465646279746573
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 0xff])
    for word, in struct.iter_unpack('<Q', padded):
        v3 ^= word
        for _ in range(2):
            v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0 ^= word
    v2 ^= 0xff
    for _ in range(4):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    hashed: int = v0 ^ v1 ^ v2 ^ v3
    return hashed


def _round(v0: int, v1: int, v2: int, v3: int) -> tuple[int, int, int, int]:
    v0 = (v0 + v1) & _MASK
    v1 = (v1 << 13 | v1 >> 51) & _MASK ^ v0
    v0 = (v0 << 32 | v0 >> 32) & _MASK
    v2 = (v2 + v3) & _MASK
    v3 = (v3 << 16 | v3 >> 48) & _MASK ^ v2
    v0 = (v0 + v3) & _MASK
    v3 = (v3 << 21 | v3 >> 43) & _MASK ^ v0
    v2 = (v2 + v1) & _MASK
    v1 = (v1 << 17 | v1 >> 47) & _MASK ^ v2
    v2 = (v2 << 32 | v2 >> 32) & _MASK
    return v0, v1, v2, v3
