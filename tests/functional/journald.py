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

"""A journald for tests: a real datagram socket, and what came in by it.

It speaks journald's side of the native protocol
(https://systemd.io/JOURNAL_NATIVE_PROTOCOL), sealed memfds included, and
notes the sender's pid as the kernel tells it, as journald does in ``_PID``.
"""

from __future__ import annotations

import array
from collections.abc import Callable
import fcntl
import os
import select
import shutil
import socket
import struct
import tempfile
import threading
from typing import Any

from ceilometer.diagnostics.command.reports import parsed
from tests import limits

_SEALS = (fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
_CREDENTIALS = struct.Struct('3i')


class NotInTime(AssertionError):
    """What a test waited for did not come."""


def parse(data: bytes) -> dict[str, Any]:
    """One entry of the native protocol, as journald takes it apart.

    A field that stands there several times is a list.
    """
    entry: dict[str, Any] = {}
    at = 0
    while at < len(data):
        end = data.index(b'\n', at)
        name, equals, value = data[at:end].partition(b'=')
        at = end + 1
        if not equals:
            (size,) = struct.unpack_from('<Q', data, at)
            value = data[at + 8:at + 8 + size]
            at += 8 + size
            assert data[at:at + 1] == b'\n', 'a value of another length'
            at += 1
        key = name.decode('ascii')
        if key in entry:
            known = entry[key]
            entry[key] = [*(known if isinstance(known, list) else [known]),
                          value.decode()]
        else:
            entry[key] = value.decode()
    return entry


class Journald:
    """A socket as journald's; a thread takes what is sent to it.

    :param reading: whether to take entries from the start; a journald that
        does not read is one that hangs
    """

    def __init__(self, reading: bool = True) -> None:
        # paths of sockets are short (unix(7)), those of pytest are not
        self._directory = tempfile.mkdtemp(prefix='journald-')
        self.path = os.path.join(self._directory, 'socket')
        self.entries: list[dict[str, str]] = []
        self.memfds = 0
        self._changed = threading.Condition()
        self._socket = socket.socket(
            socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        self._socket.bind(self.path)
        # others than this user may send, as with journald
        os.chmod(self._directory, 0o755)
        os.chmod(self.path, 0o777)
        self._stop_read, self._stop_write = os.pipe()
        self._thread: threading.Thread | None = None
        if reading:
            self.read()

    def read(self) -> None:
        """Begin to take entries."""
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and go."""
        os.close(self._stop_write)
        if self._thread is not None:
            self._thread.join(limits.EVENT_SECONDS)
        os.close(self._stop_read)
        self._socket.close()
        shutil.rmtree(self._directory)

    def __enter__(self) -> Journald:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _take(self) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._stop_read, select.POLLIN)
        while True:
            ready = dict(poll.poll())
            if self._stop_read in ready:
                return
            data, ancillary, _, _ = self._socket.recvmsg(
                1 << 23, socket.CMSG_SPACE(256))
            pid = 0
            for _, kind, value in ancillary:
                if kind == socket.SCM_CREDENTIALS:
                    pid, _, _ = _CREDENTIALS.unpack(value)
                elif kind == socket.SCM_RIGHTS:
                    data = self._read_memfd(value)
            entry = parse(data)
            entry['_PID'] = str(pid)
            with self._changed:
                self.entries.append(entry)
                self._changed.notify_all()

    def _read_memfd(self, rights: bytes) -> bytes:
        (descriptor,) = array.array('i', rights)
        with os.fdopen(descriptor, 'rb') as file:
            # journald refuses one that its sender could still change
            seals = fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
            assert seals & _SEALS == _SEALS, f'seals {seals:#x}'
            file.seek(0)
            self.memfds += 1
            return file.read()

    def wait_for(self, predicate: Callable[[], Any], what: str) -> Any:
        """Wait until something holds of the entries, and return it."""
        with self._changed:
            found = self._changed.wait_for(predicate, limits.EVENT_SECONDS)
        if not found:
            raise NotInTime(f'not in time: {what}; the journal has:\n'
                            + self.describe())
        return found

    def describe(self) -> str:
        """What has come, an entry a line."""
        return '\n'.join(
            f'pid {entry["_PID"]} {entry.get("REPORT_ID")} '
            f'{entry.get("REPORT_SECTION")} '
            f'{entry.get("REPORT_SECTION_INDEX")}/'
            f'{entry.get("REPORT_SECTION_COUNT")} '
            f'{entry.get("REPORT_SECTION_STATUS")}'
            for entry in self.entries) or '(nothing)'

    def reports(self) -> list[parsed.Report]:
        """What has come of each report, in order of first sight."""
        by_id: dict[str, list[dict[str, str]]] = {}
        for entry in list(self.entries):
            by_id.setdefault(entry['REPORT_ID'], []).append(entry)
        return [parsed.to_report(entries)
                for entries in by_id.values()]

    def complete(self, pid: int | None = None) -> list[parsed.Report]:
        """The reports that are all there, of one process or of any."""
        return [found for found in self.reports() if found.complete
                and pid in (None, found.header.pid)]

    def wait_complete(self, count: int = 1,
                      pid: int | None = None) -> list[parsed.Report]:
        """Wait for a number of whole reports."""
        return self.wait_for(
            lambda: len(found := self.complete(pid)) >= count and found,
            f'{count} whole reports of pid {pid or "any"}')
