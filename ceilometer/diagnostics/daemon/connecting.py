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

"""Whom a socket connects to, while nobody has answered yet.

The kernel tells it in the tables of the network namespace alone (proc(5),
/proc/[pid]/net). Below /proc/self they can be read where ProcSubset=pid hides
the rest of /proc. Runs in the thread that collects.
"""

from __future__ import annotations

import itertools
import os
import socket
import sys

from ceilometer.diagnostics.daemon import sockets

#: So many lines of each table are looked at. It has the sockets of the whole
#: network namespace.
LINES_MAX = 50_000

_TABLES = {'tcp': socket.AF_INET, 'tcp6': socket.AF_INET6}
# the kernel's include/net/tcp_states.h
_SYN_SENT = '02'


def peer(descriptor: int) -> str | None:
    """Whom a socket connects to, None if to nobody or if that is not known.

    :param descriptor: of the socket
    """
    try:
        target = os.readlink(f'/proc/self/fd/{descriptor}')
    except OSError:
        return None
    inode = target.removeprefix('socket:[').removesuffix(']')
    for table, family in _TABLES.items():
        try:
            with open(f'/proc/self/net/{table}', encoding='ascii',
                      errors='replace') as file:
                for line in itertools.islice(file, 1, LINES_MAX):
                    fields = line.split(maxsplit=10)
                    if len(fields) > 9 and fields[9] == inode:
                        return (_address(fields[2], family)
                                if fields[3] == _SYN_SENT else None)
        except (OSError, ValueError):
            # without this protocol, or hidden
            continue
    return None


def _address(field: str, family: int) -> str:
    """``0100007F:1F90``: words of 32 bits, each as the processor has it."""
    words, _, port = field.partition(':')
    raw = b''.join(
        int(words[at:at + 8], 16).to_bytes(4, sys.byteorder)
        for at in range(0, len(words), 8))
    return sockets.address(family, raw, int(port, 16))
