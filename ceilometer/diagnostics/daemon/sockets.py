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

"""The sockets of the process, by peer and state.

Which those are tell the inodes of its descriptors; their addresses stand in
the tables of its network namespace (proc(5), /proc/[pid]/net). Below
/proc/self they can be read where ProcSubset=pid hides the rest of /proc.

Runs in the thread that collects.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable
from collections.abc import Iterator
import socket
import sys
import time
from typing import NamedTuple

from ceilometer.diagnostics import contents

#: So many lines of each table are looked at. It has the sockets of the whole
#: network namespace.
LINES_MAX = 50_000

#: So many groups of sockets are told.
GROUPS_MAX = 20

# The kernel's include/net/tcp_states.h.
_STATES = {
    1: contents.ESTABLISHED, 2: 'SYN-SENT', 3: 'SYN-RECV', 4: 'FIN-WAIT-1',
    5: 'FIN-WAIT-2', 6: 'TIME-WAIT', 7: 'CLOSE', 8: contents.CLOSE_WAIT,
    9: 'LAST-ACK', 10: contents.LISTEN, 11: 'CLOSING', 12: 'NEW-SYN-RECV',
}
_UNCONNECTED = 7

_TABLES = {'tcp': socket.AF_INET, 'tcp6': socket.AF_INET6,
           'udp': socket.AF_INET, 'udp6': socket.AF_INET6}
_MAPPED = '::ffff:'


class _Group(NamedTuple):
    """What sockets have in common.

    :ivar protocol: ``tcp``, ``udp``, ``unix``, ``other``
    """

    protocol: str
    state: str | None
    local: str | None
    peer: str | None


def groups(inodes: Iterable[str]) -> contents.Sockets:
    """Sockets by peer and state, those of which there are most first.

    :param inodes: of the sockets, as /proc/self/fd has them
    """
    wanted = set(inodes)
    counts: collections.Counter[_Group] = collections.Counter()
    cut = False
    for table in (*_TABLES, 'unix'):
        for fields in _lines(table):
            if not wanted:
                break
            if fields is None:
                cut = True
                break
            found = (_unix(fields, wanted) if table == 'unix'
                     else _internet(table, fields, wanted))
            if found is not None:
                counts[found] += 1
    if wanted:
        # netlink, packets; or what the table has no more
        counts[_Group('other', None, None, None)] = len(wanted)
    told = counts.most_common(GROUPS_MAX)
    return {
        'groups': [{
            'protocol': group.protocol, 'state': group.state,
            'local': group.local, 'peer': group.peer, 'count': count,
        } for group, count in told],
        'left_out': sum(counts.values()) - sum(count for _, count in told),
        'cut': cut,
    }


def _lines(table: str) -> Iterator[list[str] | None]:
    """The lines of a table in fields; None at the end if there are more."""
    try:
        with open(f'/proc/self/net/{table}', encoding='utf-8',
                  errors='backslashreplace') as file:
            # its heading
            next(file, None)
            for number, line in enumerate(file):
                if number == LINES_MAX:
                    yield None
                    return
                if number % 1000 == 999:
                    # whoever waits for the interpreter goes first
                    time.sleep(0)
                yield line.split()
    except OSError:
        # without this protocol, or hidden
        return


def _internet(table: str, fields: list[str],
              wanted: set[str]) -> _Group | None:
    if len(fields) < 10 or fields[9] not in wanted:
        return None
    family = _TABLES[table]
    protocol = table.rstrip('6')
    try:
        state = int(fields[3], 16)
        local, peer = (_address(field, family) for field in fields[1:3])
    except ValueError:
        return None
    wanted.discard(fields[9])
    if protocol == 'udp':
        unconnected = state == _UNCONNECTED
        return _Group(protocol, None, local if unconnected else None,
                      None if unconnected else peer)
    name = _STATES.get(state, f'state {state}')
    listens = name == contents.LISTEN
    return _Group(protocol, name, local if listens else None,
                  None if listens else peer)


def _unix(fields: list[str], wanted: set[str]) -> _Group | None:
    if len(fields) < 7 or fields[6] not in wanted:
        return None
    wanted.discard(fields[6])
    path = ' '.join(fields[7:])
    return _Group('unix', None, path or None, None)


def _address(field: str, family: int) -> str:
    """``0100007F:1F90``: words of 32 bits, each as the processor has it."""
    words, _, port = field.partition(':')
    raw = b''.join(
        int(words[at:at + 8], 16).to_bytes(4, sys.byteorder)
        for at in range(0, len(words), 8))
    address = socket.inet_ntop(family, raw)
    if address.startswith(_MAPPED) and '.' in address:
        address = address.removeprefix(_MAPPED)
    elif family == socket.AF_INET6:
        address = f'[{address}]'
    return f'{address}:{int(port, 16)}'


def render(sockets: contents.Sockets) -> list[str]:
    """A line for each group: ``245 tcp CLOSE-WAIT to 127.0.0.1:8041``.

    :param sockets: what :func:`groups` gave, masked and escaped
    """
    lines = [f'  {group["count"]} {describe(group)}'
             for group in sockets['groups']]
    if sockets['left_out']:
        lines.append(f'  {sockets["left_out"]} to other peers')
    if sockets['cut']:
        lines.append(f'  not all were looked for: more than {LINES_MAX} '
                     'sockets are open on this host')
    return lines


def describe(group: contents.SocketGroup) -> str:
    """``tcp CLOSE-WAIT to 127.0.0.1:8041``, ``unix /run/x.sock``.

    :param group: masked and escaped
    """
    words = [group['protocol'], group['state']]
    if group['peer']:
        words += ['to', group['peer']]
    elif group['local']:
        words += [group['local'] if group['protocol'] == 'unix'
                  else f'at {group["local"]}']
    return ' '.join(word for word in words if word)
