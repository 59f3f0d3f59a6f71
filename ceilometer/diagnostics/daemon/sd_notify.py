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

"""Sends messages to systemd, sd_notify(3)."""

from __future__ import annotations

import socket

#: The variable that says where systemd listens.
SOCKET_VARIABLE = 'NOTIFY_SOCKET'


def send(address: str, *lines: str) -> bool:
    """Send a message, which systemd takes as a whole.

    For any thread; raises nothing. A manager that takes none holds up nothing.

    :param address: systemd's socket, as :data:`SOCKET_VARIABLE` has it
    :param lines: what is told: ``READY=1``
    :returns: whether it was sent
    """
    if address.startswith('@'):
        address = '\0' + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM
                           | socket.SOCK_CLOEXEC) as sender:
            sender.sendto('\n'.join(lines).encode(errors='replace'),
                          socket.MSG_DONTWAIT, address)
    except (OSError, ValueError):
        return False
    return True
