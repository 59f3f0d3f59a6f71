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
"""Hands reports that were kept in files over to the journal when it is back.

A process hands over its own, and those of processes of its unit that have
ended. While there are none, nothing of this runs: a thread is started when a
report has been kept, or when the daemon starts and finds some, and ends when
all are handed over.

An entry that the journal has taken is marked as such in its file, so that it
is not sent twice. It tells when it was written, which journald cannot know.
Nothing here raises for what the system does.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time

from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics.daemon import keep
from ceilometer.diagnostics.daemon import own_thread
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import kept_files

THREAD_NAME = 'diagnostics-hand-over'

#: How long the thread pauses before it looks again whether the journal is
#: back: first, and at most.
PAUSE_SECONDS = 2.0
PAUSE_SECONDS_MAX = 30.0

#: How long journald has to take one entry.
SEND_SECONDS_MAX = 1.0

_thread: threading.Thread | None = None


def begin() -> None:
    """Have what is kept handed over, in a thread, when that can be done.

    Runs in the reporter thread, and in the main thread at the start.
    """
    global _thread
    directory = keep.directory()
    if directory is None or not _of_this_process(directory):
        return
    # the thread of another process, before a fork, is none here
    if _thread is None or not _thread.is_alive():
        made = own_thread.OwnThread(
            target=_run, args=(directory,), daemon=True, name=THREAD_NAME)
        try:
            made.start()
        except (MemoryError, RuntimeError):
            # none to be had; the next report, or the next start, tries again
            return
        _thread = made


def at_end() -> None:
    """Hand over what can be, as the process ends: once, without waiting."""
    directory = keep.directory()
    if directory is not None:
        all_handed_over(directory, seconds=0)


def _run(directory: str) -> None:
    pause = PAUSE_SECONDS
    while not all_handed_over(directory):
        time.sleep(pause)
        pause = min(pause * 1.5, PAUSE_SECONDS_MAX)


def all_handed_over(directory: str, seconds: float = SEND_SECONDS_MAX,
                    path: str | None = None) -> bool:
    """Hand over what the journal takes.

    :param directory: where files are kept
    :param seconds: how long to wait for journald to take one entry
    :param path: journald's socket, None for the usual one
    :returns: whether nothing of this process is left
    """
    for name in _of_this_process(directory):
        try:
            if not _hand_over(directory, name, seconds, path):
                return False
        except (OSError, ValueError):
            # somebody else's, or gone; it does not hold up the others
            continue
    _tell_what_was_dropped(directory, seconds, path)
    return True


def _of_this_process(directory: str) -> list[str]:
    """The files that this process is to hand over."""
    with contextlib.suppress(OSError):
        return [name for name in kept_files.names(directory)
                if (told := kept_files.name(name)) is not None
                and (told.pid == os.getpid()
                     or not os.path.exists(f'/proc/{told.pid}'))]
    return []


def _hand_over(directory: str, name: str, seconds: float,
               path: str | None) -> bool:
    """Hand one file over, and remove it; False if the journal takes none."""
    told = kept_files.name(name)
    assert told is not None
    file = os.path.join(directory, name)
    descriptor = os.open(file, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
                         | os.O_NONBLOCK)
    try:
        # another process may be at it
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        kept_files.check(descriptor, os.geteuid())
        while True:
            content = kept_files.read(file, os.geteuid())
            for kept in kept_files.entries(content):
                if not kept.waiting:
                    continue
                try:
                    journal.send(_entry(kept, told.pid),
                                 time.monotonic() + seconds, path)
                except journal.JournalUnavailable:
                    return False
                os.pwrite(descriptor, kept_files.HANDED_OVER,
                          kept.at + len(kept_files.CURSOR))
            with keep.locked(directory):
                # its report may have gone on
                if os.fstat(descriptor).st_size == len(content):
                    os.unlink(file)
                    return True
    finally:
        os.close(descriptor)


def _entry(kept: kept_files.Kept, pid: int) -> dict[str, str | list[str]]:
    """What to send of an entry that was kept."""
    entry: dict[str, str | list[str]] = {
        name: list(map(_text, value)) if isinstance(value, list)
        else _text(value) for name, value in kept.fields.items()
        if not name.startswith('_')}
    entry[fields.REPORT_KEPT_USEC] = _text(
        kept.fields.get('__REALTIME_TIMESTAMP', b'0'))
    if pid != os.getpid():
        entry[fields.REPORT_KEPT_PID] = str(pid)
    return entry


def _text(value: bytes) -> str:
    return value.decode(errors='backslashreplace')


def _tell_what_was_dropped(directory: str, seconds: float,
                           path: str | None) -> None:
    """Say how many reports were dropped, when the last one is handed over."""
    with contextlib.suppress(OSError, journal.JournalUnavailable):
        with keep.locked(directory) as descriptor:
            count = os.stat(kept_files.DROPPED, dir_fd=descriptor,
                            follow_symlinks=False).st_size
            if kept_files.names(descriptor):
                return
            journal.send({
                fields.MESSAGE: dropped(count),
                fields.PRIORITY: fields.PRIORITY_REPORT,
                fields.SYSLOG_IDENTIFIER: 'ceilometer-diagnostics'},
                time.monotonic() + seconds, path)
            os.unlink(kept_files.DROPPED, dir_fd=descriptor)


def dropped(count: int) -> str:
    """The line that says how many reports were dropped."""
    return (f'{count} diagnostic report{"s were" if count > 1 else " was"} '
            'dropped while there was no journal: the newest '
            f'{kept_files.FILES_MAX}, and '
            f'{kept_files.BYTES_MAX // 2 ** 20} MiB, are kept')
