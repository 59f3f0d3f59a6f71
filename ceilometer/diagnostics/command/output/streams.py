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

"""The standard streams, where somebody has started us without one.

A descriptor that is closed would be given to the next file that is opened: to
a journal, or to the file of ``--output``, which would then get what is meant
for standard error. Runs in the command, before anything else.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO


def open_closed() -> None:
    """Put something in the place of each standard stream that is closed.

    Reading, and writing to standard output, fail as they did without it.
    """
    # each takes the lowest descriptor that is free
    for descriptor, flags in ((0, os.O_WRONLY), (1, os.O_RDONLY),
                              (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, flags)
    # Python has None for a stream that was closed when it started
    if sys.stdout is None:
        sys.stdout = _writer(1)
    if sys.stderr is None:
        sys.stderr = _writer(2)


def discard(descriptor: int) -> None:
    """Drop what a standard stream cannot write.

    Python tries it again at its end, and exits with 120 if that fails.

    :param descriptor: 1 or 2
    """
    with contextlib.suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(null, descriptor)
        os.close(null)


def _writer(descriptor: int) -> TextIO:
    return open(descriptor, 'w', encoding='utf-8', closefd=False,
                errors='backslashreplace')
