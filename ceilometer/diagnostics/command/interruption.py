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

"""What ^C does: it ends the command without a word, at any moment.

While a verb runs, ^C raises KeyboardInterrupt as it does in any program of
Python, so that what has been found can be printed. Before and after that, and
where Python ignores what is raised, it ends the process at once.

Runs in the command's only thread, which is the main one.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Any

#: What a shell says of a command that ^C ended.
EXIT_CODE = 130


def ends() -> None:
    """Have ^C end the process at once, from now on."""
    if _wanted():
        signal.signal(signal.SIGINT, _end)
        sys.unraisablehook = _ignored


def raises() -> None:
    """Have ^C raise KeyboardInterrupt, from now on."""
    if _wanted():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _wanted() -> bool:
    # what is started in the background of a shell has to ignore it
    return signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(EXIT_CODE)


def _ignored(what: Any) -> None:
    """Called for an exception that is raised where none can be."""
    if issubclass(what.exc_type, KeyboardInterrupt):
        os._exit(EXIT_CODE)
    sys.__unraisablehook__(what)
