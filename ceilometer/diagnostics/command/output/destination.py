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

"""Where a verb writes to: a terminal and its pager, a pipe, or a file.

What comes from the journal is escaped before it gets here
(:func:`escape.text`): nobody drives a terminal through a thread's name.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import types
from typing import Any
from typing import IO

from ceilometer.diagnostics.command.output import characters
from ceilometer.diagnostics.command.output import streams
from ceilometer.diagnostics import escape

#: What less is told where the user says nothing; as systemd's tools do.
LESS = 'FRSXMK'


#: What it is called where it cannot be written.
STANDARD_OUTPUT = 'standard output'


class Style:
    """Colours and weights, or none of them.

    :param coloured: whether to use any
    """

    def __init__(self, coloured: bool) -> None:
        self.coloured = coloured

    def _wrap(self, code: str, text: str) -> str:
        return f'\033[{code}m{text}\033[0m' if self.coloured else text

    def bold(self, text: str) -> str:
        """For headings."""
        return self._wrap('1', text)

    def bad(self, text: str) -> str:
        """For what failed, is missing or not trusted."""
        return self._wrap('1;31', text)

    def odd(self, text: str) -> str:
        """For what is worth a look."""
        return self._wrap('33', text)

    def good(self, text: str) -> str:
        """For what was added or is as it should be."""
        return self._wrap('32', text)

    def faint(self, text: str) -> str:
        """For what is there only for completeness."""
        return self._wrap('2', text)


class Output:
    """A context in which :meth:`write` writes text to where it belongs.

    :param path: a file to write to, None or ``-`` for standard output
    :param pager: whether a pager may be used
    :raises OSError: the file cannot be written
    """

    def __init__(self, path: str | None = None, pager: bool = True) -> None:
        self._path = None if path == '-' else path
        self._file: IO[bytes] | None = None
        self._pager: subprocess.Popen[bytes] | None = None
        terminal = self._path is None and sys.stdout.isatty()
        self.style = Style(terminal and _wants_colour())
        if self._path is not None:
            self._file = open(self._path, 'wb')
        elif terminal and pager:
            self._pager = _start_pager()

    def write(self, text: str) -> None:
        """Write a text, in characters that the locale has."""
        self.write_bytes(characters.fitting(text).encode(
            errors='backslashreplace'))

    def write_bytes(self, data: bytes) -> None:
        """Write bytes as they are.

        :raises OSError: that cannot be written; says where to
        """
        target = self._file or (self._pager and self._pager.stdin) or (
            sys.stdout.buffer)
        left = memoryview(data)
        try:
            while left:
                # a part of it only, where PYTHONUNBUFFERED is set and the
                # disk is full: the next one says why
                left = left[target.write(left):]
        except OSError as error:
            error.filename = error.filename or self._path or STANDARD_OUTPUT
            raise

    def __enter__(self) -> Output:
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 error: BaseException | None,
                 trace: types.TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
        elif self._pager is not None:
            _end_pager(self._pager)
        elif kind is None:
            flush()


def flush() -> None:
    """Print what has been written to standard output.

    :raises OSError: that cannot be done; says that it is standard output
    """
    try:
        sys.stdout.flush()
    except OSError as error:
        error.filename = STANDARD_OUTPUT
        raise


def _end_pager(pager: subprocess.Popen[bytes]) -> None:
    """Wait until the user has read enough.

    ^C is the pager's affair: less ends then (K in :data:`LESS`), and who
    leaves it alone on a terminal leaves that in disorder.
    """
    interrupted = False
    closed = False
    while not closed or pager.poll() is None:
        try:
            if not closed:
                closed = True
                assert pager.stdin is not None
                pager.stdin.close()
            pager.wait()
        except BrokenPipeError:
            # who has read enough ends the pager
            pass
        except KeyboardInterrupt:
            interrupted = True
    if interrupted:
        raise KeyboardInterrupt


def _wants_colour() -> bool:
    wish = os.environ.get('SYSTEMD_COLORS')
    if wish is not None:
        return wish.lower() not in ('0', 'no', 'n', 'false', 'f', 'off')
    return not os.environ.get('NO_COLOR') and (
        os.environ.get('TERM', 'dumb') != 'dumb')


def _start_pager() -> subprocess.Popen[bytes] | None:
    command = os.environ.get('SYSTEMD_PAGER', os.environ.get('PAGER'))
    # what runs as root for another may not start a shell from its pager, and
    # only less can be told so
    secure = 'SUDO_UID' in os.environ
    if command is None or secure and command not in ('', 'cat'):
        command = next((name for name in (
            ('less',) if secure else ('pager', 'less', 'more'))
            if shutil.which(name)), '')
    if command in ('', 'cat'):
        return None
    # not the user's own $LESS, which may show colours as their codes
    environment = {**os.environ, 'LESSCHARSET': 'utf-8',
                   'LESS': os.environ.get('SYSTEMD_LESS', LESS)}
    if secure:
        environment['LESSSECURE'] = '1'
    try:
        return subprocess.Popen(['sh', '-c', command], stdin=subprocess.PIPE,
                                env=environment)
    except OSError:
        return None


def to_json(data: Any, form: str) -> str:
    """Data for tools, as ``--json`` wants it.

    :param data: what JSON can hold
    :param form: ``short``, on one line, or ``pretty``, laid out
    """
    return json.dumps(data, indent=2 if form == 'pretty' else None) + '\n'


def complain(text: str) -> None:
    """Say what is wrong, in one line on standard error."""
    line = characters.fitting(escape.line(text.replace('\n', ' ')))
    try:
        sys.stderr.write(f'ceilometer-diagnostics: {line}\n')
        sys.stderr.flush()
    except OSError:
        # standard error is closed: the exit code has to say it alone
        streams.discard(2)
    except (ValueError, AttributeError):
        # so it is, in a process that did not begin as the command does
        pass
