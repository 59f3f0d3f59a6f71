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

"""A service manager of the tests, which services tell how they are."""

from __future__ import annotations

import pathlib
import socket
import time

from ceilometer.diagnostics.daemon import readiness
from tests import limits


class Systemd:
    """Receives what a service tells.

    :ivar directory: of its socket
    :ivar variables: lead a service here
    :ivar messages: the lines of each that has come
    """

    def __init__(self, directory: pathlib.Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        directory.mkdir(exist_ok=True)
        self.directory = directory
        path = str(directory / 'notify')
        self._socket.bind(path)
        self._socket.settimeout(0.1)
        self.variables = {'NOTIFY_SOCKET': path,
                          readiness.VARIABLE: '1'}
        self.messages: list[list[str]] = []

    def wait_for(self, start: str) -> list[str]:
        """Wait for a message with a line that begins so; the message."""
        deadline = time.monotonic() + limits.EVENT_SECONDS
        while time.monotonic() < deadline:
            message = self.next()
            if any(line.startswith(start) for line in message):
                return message
        raise AssertionError(f'no {start} in {self.messages}')

    def next(self) -> list[str]:
        """The next message, empty if there is none yet."""
        try:
            message = self._socket.recv(65536).decode().split('\n')
        except TimeoutError:
            return []
        self.messages.append(message)
        return message

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()
