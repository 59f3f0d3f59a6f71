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

"""What a worker has logged last, for its master to tell when it has died.

All that a worker knows dies with it. So it leaves when it began, and its last
error, in the file in memory that the processes of a service share; see
:mod:`.turn`. Each process has a place of its own there, found by its process
id. Processes that need the same place overwrite one another; then what was
there is not known, and nothing wrong is told.

Runs in the thread that logs, and in that of cotyledon's manager. Nothing here
raises or blocks.
"""

from __future__ import annotations

import logging
import os
import struct
import time

from ceilometer.diagnostics.daemon import log_watch
from ceilometer.diagnostics.daemon import shared_places
from ceilometer.diagnostics.daemon import shorten
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import named_tuple

#: What a process may leave.
PLACE_BYTES_MAX = shared_places.LAST_WORDS.size

# a mark, the process, when it began, when it logged the error, and how long
# that is; then the logger, the message, the exception's class and its text
_HEAD = struct.Struct('<4sIddI')
_MARK = b'last'
_SEPARATOR = b'\0'
_TEXT_BYTES_MAX = (PLACE_BYTES_MAX - _HEAD.size) // 4 - 1


class LastWords(named_tuple.NamedTuple):
    """What a process has left.

    :ivar began: when it was forked, seconds since the epoch
    :ivar time: when it logged its last error, None if it has logged none
    :ivar logger: name of the logger, empty if it was not logged
    :ivar message: as it stands in the code
    :ivar error: class of the exception, or None
    :ivar error_text: text of the exception, or None
    """

    began: float
    time: float | None = None
    logger: str = ''
    message: str = ''
    error: str | None = None
    error_text: str | None = None


_descriptor: int | None = None
_pid = 0
_began = 0.0


def begin(descriptor: int | None) -> None:
    """Leave that this process has begun, and its errors from now on.

    Runs in it, when it is known to be a worker; a second time does nothing.

    :param descriptor: of the file that the processes of the service share,
        None where they share none
    """
    global _descriptor, _pid, _began
    if descriptor is None or _pid == os.getpid():
        return
    _descriptor = descriptor
    _pid = os.getpid()
    _began = time.time()
    _write(0.0, [])
    log_watch.observe(_logged)


def _logged(logged: log_watch.Logged) -> None:
    if logged.level >= logging.ERROR and _pid == os.getpid():
        _write(logged.time, [logged.logger, logged.message,
                             logged.error or '', logged.error_text or ''])


def leave(error: BaseException) -> None:
    """Leave the exception that ends this process; nobody has logged it.

    :param error: the exception
    """
    try:
        text = str(error)
    except Exception:
        text = ''
    if _pid == os.getpid():
        _write(time.time(), ['', '', type(error).__name__,
                             shorten.text(text, log_watch.TEXT_CHARS_MAX)])


def _write(when: float, texts: list[str]) -> None:
    if _descriptor is None or not turn.is_ours(_descriptor):
        return
    words = _SEPARATOR.join(
        text.encode(errors='replace').replace(_SEPARATOR, b' ')[
            :_TEXT_BYTES_MAX] for text in texts)
    place = shared_places.LAST_WORDS.of(_pid)
    page = _HEAD.pack(_MARK, _pid, _began, when, len(words)) + words
    try:
        # the mark last: what is written half is nothing
        os.pwrite(_descriptor, bytes(len(_MARK)), place)
        os.pwrite(_descriptor, page[len(_MARK):], place + len(_MARK))
        os.pwrite(_descriptor, _MARK, place)
    except OSError:
        # no memory: then its last words are not known
        pass


def of(descriptor: int | None, pid: int) -> LastWords | None:
    """What a process has left.

    :param descriptor: of the file that the processes of the service share
    :param pid: the process
    :returns: None if it has left nothing, or another has its place now
    """
    if descriptor is None or not turn.is_ours(descriptor):
        return None
    try:
        page = os.pread(descriptor, PLACE_BYTES_MAX,
                        shared_places.LAST_WORDS.of(pid))
        mark, whose, began, when, size = _HEAD.unpack_from(page)
    except (OSError, struct.error):
        return None
    if mark != _MARK or whose != pid:
        return None
    # cut in the middle of a character, perhaps
    texts = [text.decode(errors='ignore') for text in
             page[_HEAD.size:_HEAD.size + size].split(_SEPARATOR)]
    if not when or len(texts) < 4:
        return LastWords(began)
    return LastWords(began, when, texts[0], texts[1], texts[2] or None,
                     texts[3] or None)
