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

The kernel is asked of each descriptor, by getsockopt(2), getsockname(2) and
getpeername(2): the tables of /proc/net have the sockets of the whole host, and
to read them takes milliseconds even where they are empty. Not by Python's own
socket objects: one that is made of a descriptor owns it, and may change how
it works.

Runs in the thread that collects.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable
import contextlib
import os
import socket
import struct
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics import named_tuple
from ceilometer.diagnostics import pauses

#: So many groups of sockets are told.
GROUPS_MAX = 20

#: Where more descriptors are open, one is taken to be a socket.
LISTED_MAX = 1000

_DESCRIPTORS = '/proc/self/fd'

# The kernel's include/net/tcp_states.h.
_STATES = {
    1: contents.ESTABLISHED, 2: 'SYN-SENT', 3: 'SYN-RECV', 4: 'FIN-WAIT-1',
    5: 'FIN-WAIT-2', 6: 'TIME-WAIT', 7: 'CLOSE', 8: contents.CLOSE_WAIT,
    9: 'LAST-ACK', 10: contents.LISTEN, 11: 'CLOSING', 12: 'NEW-SYN-RECV',
}

_MAPPED = '::ffff:'

# sockaddr_storage of the kernel's include/uapi/linux/socket.h
_ADDRESS_BYTES = 128
_FAMILY = struct.Struct('=H')
_PORT = struct.Struct('!H')
_NUMBER = struct.Struct('=i')
# where addresses stand in it (ip(7), ipv6(7))
_IPV4_AT = 4
_IPV6_AT = 8

# ctypes and the C library; None until they are loaded, or where they cannot
# be.
_ctypes: Any = None
_libc: Any = None


class _Group(named_tuple.NamedTuple):
    """What sockets have in common.

    :ivar protocol: ``tcp``, ``udp``, ``unix``, ``other``
    """

    protocol: str
    state: str | None
    local: str | None
    peer: str | None


_OTHER = _Group('other', None, None, None)


def load() -> None:
    """Load what asks the kernel; no process is forked meanwhile.

    That takes milliseconds: only where there is a socket. A sandbox may forbid
    it: then no socket has a peer.
    """
    global _ctypes, _libc
    if _libc is None and _has_any():
        with contextlib.suppress(ImportError, MemoryError, OSError):
            import ctypes
            _ctypes = ctypes
            _libc = ctypes.CDLL(None)


def _has_any() -> bool:
    """Whether a descriptor of this process is a socket, or may be one."""
    try:
        names = os.listdir(_DESCRIPTORS)
    except OSError:
        return True
    if len(names) > LISTED_MAX:
        return True
    for name in names:
        # what was closed since is none
        with contextlib.suppress(OSError):
            if os.readlink(f'{_DESCRIPTORS}/{name}').startswith('socket:'):
                return True
    return False


def groups(descriptors: Iterable[int]) -> contents.Sockets:
    """Sockets by peer and state, those of which there are most first.

    :param descriptors: those that are sockets; what is no longer one is
        of another kind
    """
    counts: collections.Counter[_Group] = collections.Counter()
    for descriptor in descriptors:
        counts[_group(descriptor)] += 1
        pauses.pause()
    told = counts.most_common(GROUPS_MAX)
    return {
        'groups': [{
            'protocol': group.protocol, 'state': group.state,
            'local': group.local, 'peer': group.peer, 'count': count,
        } for group, count in told],
        'left_out': sum(counts.values()) - sum(count for _, count in told),
    }


def peer(descriptor: int) -> str | None:
    """Whom a socket is connected to, None if that is nobody or not known.

    :param descriptor: of the socket
    """
    return None if _libc is None else _address(descriptor, _libc.getpeername)


def _group(descriptor: int) -> _Group:
    family = _number(descriptor, socket.SO_DOMAIN)
    kind = _number(descriptor, socket.SO_TYPE)
    state = None
    if family == socket.AF_UNIX:
        protocol = 'unix'
    elif family not in (socket.AF_INET, socket.AF_INET6):
        # netlink, packets
        return _OTHER
    elif kind == socket.SOCK_DGRAM:
        protocol = 'udp'
    else:
        # the first byte of struct tcp_info
        info = _option(descriptor, socket.IPPROTO_TCP, socket.TCP_INFO, 1)
        if kind != socket.SOCK_STREAM or not info:
            return _OTHER
        protocol = 'tcp'
        state = _STATES.get(info[0], f'state {info[0]}')
    peer = _address(descriptor, _libc.getpeername)
    # also of a connection that has none any more
    local = (_address(descriptor, _libc.getsockname)
             if peer is None and state in (None, contents.LISTEN) else None)
    return _Group(protocol, state, local, peer)


def _number(descriptor: int, option: int) -> int | None:
    value = _option(descriptor, socket.SOL_SOCKET, option, _NUMBER.size)
    number: int | None = _NUMBER.unpack(value)[0] if value else None
    return number


def _option(descriptor: int, level: int, option: int,
            size: int) -> bytes | None:
    """The first bytes of what getsockopt() says; None if it says nothing."""
    if _libc is None:
        return None
    value = _ctypes.create_string_buffer(size)
    length = _ctypes.c_uint(size)
    if _libc.getsockopt(descriptor, level, option, value,
                        _ctypes.byref(length)):
        return None
    found: bytes = value.raw
    return found


def _address(descriptor: int, function: Any) -> str | None:
    """What getsockname() or getpeername() says; None if nothing."""
    value = _ctypes.create_string_buffer(_ADDRESS_BYTES)
    length = _ctypes.c_uint(_ADDRESS_BYTES)
    if function(descriptor, value, _ctypes.byref(length)):
        return None
    raw: bytes = value.raw[:length.value]
    if len(raw) < _FAMILY.size:
        return None
    family = _FAMILY.unpack_from(raw)[0]
    if family == socket.AF_UNIX:
        return _path(raw[_FAMILY.size:])
    at, size = (_IPV4_AT, 4) if family == socket.AF_INET else (_IPV6_AT, 16)
    return address(family, raw[at:at + size],
                   _PORT.unpack_from(raw, _FAMILY.size)[0])


def address(family: int, packed: bytes, port: int) -> str:
    """``127.0.0.1:8041``, ``[::1]:8041``; pure.

    :param family: socket.AF_INET or socket.AF_INET6
    :param packed: the address, 4 or 16 bytes
    :param port: the port
    :raises ValueError: the address has another length
    """
    host = socket.inet_ntop(family, packed)
    if host.startswith(_MAPPED) and '.' in host:
        # both families speak to such a socket
        host = host.removeprefix(_MAPPED)
    elif family == socket.AF_INET6:
        host = f'[{host}]'
    return f'{host}:{port}'


def _path(raw: bytes) -> str | None:
    """The path of a Unix socket; with @ before an abstract name (unix(7))."""
    if raw[:1] == b'\0':
        raw = b'@' + raw[1:]
    else:
        raw = raw.partition(b'\0')[0]
    return os.fsdecode(raw) if raw else None


def render(sockets: contents.Sockets) -> list[str]:
    """A line for each group: ``245 tcp CLOSE-WAIT to 127.0.0.1:8041``.

    :param sockets: what :func:`groups` gave, masked and escaped
    """
    lines = [f'  {group["count"]} {describe(group)}'
             for group in sockets['groups']]
    if sockets['left_out']:
        lines.append(f'  {sockets["left_out"]} to other peers')
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
