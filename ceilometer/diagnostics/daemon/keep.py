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
"""Keeps what the journal does not take, in a file, until it is back.

A report that has nowhere else to go is in the unit's runtime directory: see
:mod:`ceilometer.diagnostics.kept_files`. Runs in the reporter thread. Nothing
here raises for what the system does.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import fcntl
import os
import time

from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics import kept_files

#: How long to wait for another process of the unit that keeps something.
LOCK_SECONDS_MAX = 1.0

#: Most bytes of one report. What comes later is not kept.
REPORT_BYTES_MAX = kept_files.BYTES_MAX // 4

_BOOT_ID = '/proc/sys/kernel/random/boot_id'


def directory() -> str | None:
    """Where this process keeps reports, None if it has no such place.

    systemd says so in the environment. It makes the directory for the unit,
    in one that belongs to root.
    """
    for path in os.environ.get('RUNTIME_DIRECTORY', '').split(':'):
        if kept_files.unit(path) is not None:
            return path
    return None


class KeptReport:
    """The file of one report, which is made when it is needed.

    :param report_id: the report
    :ivar used: whether anything is in it
    """

    def __init__(self, report_id: str) -> None:
        self.used = False
        self._directory = directory()
        self._name = kept_files.Name(
            time.time_ns() // 1000, os.getpid(), report_id)

    def add(self, entry: Mapping[str, str | list[str]]) -> bool:
        """Keep an entry.

        :param entry: journal fields
        :returns: whether it is kept
        """
        if self._directory is None:
            return False
        now = time.time_ns() // 1000
        data = b''.join([
            kept_files.CURSOR, kept_files.WAITING, b'\n',
            journal.serialize({
                '__REALTIME_TIMESTAMP': str(now),
                '__MONOTONIC_TIMESTAMP': str(time.monotonic_ns() // 1000),
                '_BOOT_ID': _boot_id(), '_PID': str(os.getpid()),
                '_UID': str(os.geteuid())}),
            journal.serialize(entry), b'\n'])
        try:
            with locked(self._directory) as descriptor:
                kept = self._append(descriptor, data)
        except OSError:
            return False
        self.used = self.used or kept
        return kept

    def _append(self, directory: int, data: bytes) -> bool:
        name = str(self._name)
        with contextlib.closing(_File(directory, name)) as file:
            if file.size + len(data) > REPORT_BYTES_MAX:
                return False
            _make_room(directory, name, len(data))
            file.append(data)
        return True


class _File:
    """A file of this process, open to append to.

    :raises OSError: it cannot be opened, or is somebody else's
    """

    def __init__(self, directory: int, name: str) -> None:
        flags = (os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
                 | os.O_NONBLOCK)
        try:
            # of the same report: it goes on, unless it has been handed over
            self._descriptor = os.open(name, flags, dir_fd=directory)
        except FileNotFoundError:
            self._descriptor = os.open(name, flags | os.O_CREAT | os.O_EXCL,
                                       0o600, dir_fd=directory)
        try:
            kept_files.check(self._descriptor, os.geteuid())
            self.size = os.fstat(self._descriptor).st_size
        except BaseException:
            self.close()
            raise

    def append(self, data: bytes) -> None:
        """Append all of it, or nothing."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view):]
        except OSError:
            # the half of an entry would hide those after it
            os.ftruncate(self._descriptor, self.size)
            raise

    def close(self) -> None:
        """Close it."""
        os.close(self._descriptor)


def _make_room(directory: int, own: str, wanted: int) -> None:
    """Drop the oldest reports of the unit if there are too many."""
    sizes = {}
    for name in kept_files.names(directory):
        with contextlib.suppress(OSError):
            sizes[name] = os.stat(
                name, dir_fd=directory, follow_symlinks=False).st_size
    for name in sorted(sizes):
        if (len(sizes) <= kept_files.FILES_MAX
                and sum(sizes.values()) + wanted <= kept_files.BYTES_MAX):
            return
        if name == own:
            continue
        os.unlink(name, dir_fd=directory)
        del sizes[name]
        with contextlib.closing(
                _File(directory, kept_files.DROPPED)) as counter:
            counter.append(b'.')


@contextlib.contextmanager
def locked(path: str) -> Iterator[int]:
    """Have the directory for this process alone; gives its descriptor.

    :param path: the directory
    :raises OSError: it cannot be opened; TimeoutError: another has it
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        deadline = time.monotonic() + LOCK_SECONDS_MAX
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError(path) from None
            time.sleep(0.002)
        yield descriptor
    finally:
        os.close(descriptor)


def _boot_id() -> str:
    try:
        with open(_BOOT_ID) as file:
            return file.read().strip().replace('-', '')
    except OSError:
        return ''
