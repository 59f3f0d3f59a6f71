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

"""The journal's export format, read exactly.

Independent of the package, whose own writing of it is what is tested.
"""

from __future__ import annotations

import typing

# A journal entry; a field that occurs more than once has a list.
Entry = dict[str, typing.Any]


def parse(data: bytes) -> list[Entry]:
    """Read journal entries in the export format, exactly.

    Values become text; bytes that are not UTF-8 become lone surrogates, so
    that ``value.encode('utf-8', 'surrogateescape')`` gives them back.

    :raises ValueError: if the data are not whole entries in that format.
    """
    entries: list[Entry] = []
    entry: Entry = {}
    position = 0
    while position < len(data):
        end = data.index(b'\n', position)
        line = data[position:end]
        position = end + 1
        if not line:
            entries.append(entry)
            entry = {}
            continue
        name, equals, value = line.partition(b'=')
        if not equals:
            size = int.from_bytes(data[position:position + 8], 'little')
            position += 8
            value = data[position:position + size]
            position += size
            if len(value) != size or data[position:position + 1] != b'\n':
                raise ValueError(f'field {name!r} is cut short')
            position += 1
        text = value.decode('utf-8', 'surrogateescape')
        key = name.decode('ascii')
        if key not in entry:
            entry[key] = text
        elif isinstance(entry[key], list):
            entry[key].append(text)
        else:
            entry[key] = [entry[key], text]
    if entry:
        raise ValueError('the last entry is cut short')
    return entries
