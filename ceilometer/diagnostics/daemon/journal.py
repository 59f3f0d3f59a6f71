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

"""Delivers entries to journald, or to standard error and a file.

The native protocol of systemd-journald is spoken on sockets of our own
(https://systemd.io/JOURNAL_NATIVE_PROTOCOL): libsystemd's client blocks for as
long as journald is stuck, and its Python binding holds the interpreter
meanwhile, which would stop every thread of the daemon. Here only the thread
that delivers waits, and only until its deadline.

Reports are delivered in the reporter thread. :func:`write_stderr` runs in any
thread that has to say why there is no report. Nothing here but :func:`send`
and :func:`append` raises for what the system does.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import errno
import fcntl
import os
import select
import socket
import stat
import struct
import time

from ceilometer.diagnostics import fields
from ceilometer.diagnostics import kept_files

#: Where journald listens (systemd-journald.service(8)).
SOCKET_PATH = '/run/systemd/journal/socket'

#: How long the delivery of one report may wait before what is left of it goes
#: elsewhere. Longer than a restart of journald takes, and than it hangs for
#: under load; nobody waits for it but the reporter thread.
DELIVERY_SECONDS_MAX = 20.0

#: What standard error takes in one write: a pipe takes as much whole or says
#: that it is full (PIPE_BUF, pipe(7)).
WRITE_BYTES_MAX = 4096

#: Takes an entry, and says whether it is kept.
Keep = Callable[[Mapping[str, 'str | list[str]']], bool]

# journald takes no memfd that its sender could still change.
_SEALS = (fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
          | fcntl.F_SEAL_WRITE)


class JournalUnavailable(Exception):
    """An entry was not taken by journald; the message says why."""


def serialize(entry: Mapping[str, str | list[str]]) -> bytes:
    """One entry in the native protocol.

    :param entry: journal fields; names as systemd.journal-fields(7) has them.
        A field whose value is a list stands there once for each of them
    """
    chunks = []
    for name, values in entry.items():
        key = name.encode('ascii')
        for value in [values] if isinstance(values, str) else values:
            encoded = value.encode(errors='backslashreplace')
            if b'\n' in encoded:
                chunks += [key, b'\n', struct.pack('<Q', len(encoded)),
                           encoded, b'\n']
            else:
                chunks += [key, b'=', encoded, b'\n']
    return b''.join(chunks)


def send(entry: Mapping[str, str | list[str]], deadline: float,
         path: str | None = None) -> None:
    """Hand one entry to journald.

    :param entry: journal fields
    :param deadline: until when to wait for journald to take it, on
        :func:`time.monotonic`'s clock, seconds; what is past means not to
        wait at all
    :param path: journald's socket, None for :data:`SOCKET_PATH`
    :raises JournalUnavailable: nobody listens, or not in time
    """
    path = path or SOCKET_PATH
    data = serialize(entry)
    try:
        # A socket for each entry: one socket's send buffer is small.
        with socket.socket(socket.AF_UNIX,
                           socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.setblocking(False)
            sock.connect(path)
            try:
                _send_waiting(lambda: sock.send(data), sock, deadline)
            except OSError as error:
                if error.errno not in (errno.EMSGSIZE, errno.ENOBUFS):
                    raise
                _send_memfd(sock, data, deadline)
    except OSError as error:
        raise JournalUnavailable(
            f'{path}: {error.strerror or error}') from error


def _send_waiting(attempt: Callable[[], object], sock: socket.socket,
                  deadline: float) -> None:
    # not select(2), which takes no descriptor beyond 1023
    poll = select.poll()
    poll.register(sock, select.POLLOUT)
    while True:
        try:
            attempt()
            return
        except BlockingIOError as error:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(
                    errno.ETIMEDOUT, 'journald accepts no entries') from error
        poll.poll(left * 1000)


def _send_memfd(sock: socket.socket, data: bytes, deadline: float) -> None:
    descriptor = os.memfd_create(
        'ceilometer-diagnostics', os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view):]
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                   struct.pack('i', descriptor))]
        _send_waiting(lambda: sock.sendmsg([b''], rights), sock, deadline)
    finally:
        os.close(descriptor)


class Delivery:
    """Delivers the entries of one report.

    What journald does not take is kept, and goes to standard error, and to a
    file if there is a directory for it: the same text, a message after the
    other.

    :param file_path: the file, None for none; made when needed
    :param path: journald's socket, None for :data:`SOCKET_PATH`
    :param keep: keeps an entry until the journal is back, and says whether it
        has; None if nothing does
    :param on_stderr: whether it may go to standard error
    :ivar problem: why the journal did not take everything, None if it did
    """

    def __init__(self, file_path: str | None = None,
                 path: str | None = None, keep: Keep | None = None,
                 on_stderr: bool = True) -> None:
        self.problem: str | None = None
        self._file_path = file_path
        self._path = path
        self._keep = keep
        self._on_stderr = on_stderr
        # what may still be waited; to collect the sections takes none of it
        self._seconds_left = DELIVERY_SECONDS_MAX

    def deliver(self, entry: Mapping[str, str | list[str]]) -> None:
        """Deliver one entry.

        :param entry: journal fields
        """
        start = time.monotonic()
        try:
            send(entry, start + self._seconds_left, self._path)
        except JournalUnavailable as unavailable:
            self.problem = str(unavailable)
            kept = self._keep is not None and self._keep(entry)
            message = entry.get(fields.MESSAGE, '')
            if message and isinstance(message, str):
                self.elsewhere(message + '\n', kept)
        self._seconds_left -= time.monotonic() - start

    def offer(self, entry: Mapping[str, str | list[str]],
              seconds: float) -> bool:
        """Deliver one entry to journald, or not at all.

        :param entry: journal fields
        :param seconds: for how long to wait for journald to take it
        :returns: whether it has
        """
        try:
            send(entry, time.monotonic() + seconds, self._path)
        except JournalUnavailable:
            return False
        return True

    def elsewhere(self, text: str, kept: bool = False) -> None:
        """Write a text to the file, if there is one, and to standard error.

        :param text: what to write
        :param kept: whether the journal gets it later. Then it is not written
            to standard error where that is the journal, too
        """
        data = text.encode(errors='backslashreplace')
        if self._file_path is not None:
            try:
                append(self._file_path, data)
            except OSError as error:
                problem = f'{self._file_path}: {error.strerror or error}\n'
                data += problem.encode(errors='backslashreplace')
        if self._on_stderr and not (kept and stderr_is_journal()):
            write_stderr(data, time.monotonic() + max(self._seconds_left, 1.0))


def stderr_is_journal() -> bool:
    """Whether standard error leads to journald, as systemd says."""
    try:
        found = os.fstat(2)
    except OSError:
        return False
    return os.environ.get('JOURNAL_STREAM') == (
        f'{found.st_dev}:{found.st_ino}')


def append(path: str, data: bytes) -> None:
    """Append to a file of the daemon's own, and to no other.

    In a directory that others may write to, such as /tmp, somebody may have
    put a file of that name there, to read or to stop what is written.

    :raises OSError: it cannot be written, or is somebody else's
    """
    flags = (os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
             | os.O_NONBLOCK)
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o640)
    except FileExistsError:
        descriptor = os.open(path, flags)
    try:
        kept_files.check(descriptor, os.geteuid())
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view):]
    finally:
        os.close(descriptor)


def write_stderr(data: bytes, deadline: float) -> bool:
    """Write to standard error without waiting beyond the deadline.

    Python's own ``sys.stderr`` is left alone: its lock would be held against
    the daemon's threads for as long as the reader of a pipe is stuck. The
    descriptor stays in blocking mode, which it shares with the daemon.

    :param data: what to write
    :param deadline: on :func:`time.monotonic`'s clock, seconds
    :returns: whether all of it was written
    """
    try:
        poll = select.poll()
        poll.register(2, select.POLLOUT)
        # With a default timeout a new socket object would put the daemon's
        # own descriptor into non-blocking mode.
        is_socket = (stat.S_ISSOCK(os.fstat(2).st_mode)
                     and socket.getdefaulttimeout() is None)
        view = memoryview(data)
        while view:
            left = max(deadline - time.monotonic(), 0)
            events = poll.poll(left * 1000)
            if not events or events[0][1] & (select.POLLERR | select.POLLNVAL):
                return False
            piece = view[:WRITE_BYTES_MAX]
            if is_socket:
                written = _send_stream(piece)
            else:
                written = os.write(2, piece)
            view = view[written:]
    except (OSError, ValueError):
        return False
    return True


def _send_stream(piece: memoryview) -> int:
    with socket.socket(fileno=os.dup(2)) as sock:
        try:
            return sock.send(piece, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except BlockingIOError:
            time.sleep(0.01)
            return 0
