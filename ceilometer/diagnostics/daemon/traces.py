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

"""The traceback of an exception, as lines without variables.

Runs in the thread in which the exception ends something; raises nothing.
"""

from __future__ import annotations

import sys
import traceback

from ceilometer.diagnostics.daemon import shorten

#: So many frames of an exception are told, the last ones.
FRAMES_MAX = 50

#: So many exceptions of a chain are told, the last ones.
CHAIN_MAX = 5

#: A longer text of an exception is cut.
TEXT_CHARS_MAX = 300

_TITLE = 'Traceback (most recent call last):'


def of(error: BaseException) -> list[str]:
    """The lines that Python would print, without those of groups.

    :param error: the exception
    """
    chain: list[BaseException] = []
    link = ''
    lines: list[str] = []
    one: BaseException | None = error
    while one is not None and one not in chain and len(chain) < CHAIN_MAX:
        chain.append(one)
        lines = [*_of_one(one), *([link] if link else []), *lines]
        if one.__cause__ is not None:
            link = 'This exception was the direct cause of the next one:'
            one = one.__cause__
        else:
            link = 'During its handling, another exception occurred:'
            one = None if one.__suppress_context__ else one.__context__
    return lines


def _of_one(error: BaseException) -> list[str]:
    lines = [_TITLE]
    try:
        frames = traceback.extract_tb(error.__traceback__)
        if len(frames) > FRAMES_MAX:
            lines.append(f'  ({len(frames) - FRAMES_MAX} frames left out)')
        for text in traceback.format_list(frames[-FRAMES_MAX:]):
            lines += text.splitlines()
    except Exception:
        lines.append('  (the frames cannot be told)')
    try:
        text = shorten.text(' '.join(str(error).split()), TEXT_CHARS_MAX)
    except Exception:
        text = ''
    name = type(error).__name__
    return [*lines, f'{name}: {text}' if text else name]


def where(ident: int) -> list[str]:
    """Where a thread stands, the innermost last; no sources, and no values.

    :param ident: its number in Python
    """
    frame = sys._current_frames().get(ident)
    lines: list[str] = []
    while frame is not None and len(lines) < FRAMES_MAX:
        code = frame.f_code
        lines.append(f'  File "{code.co_filename}", line {frame.f_lineno}, in '
                     f'{code.co_name}')
        frame = frame.f_back
    return lines[::-1]


def without_ids_of(lines: list[str]) -> list[str]:
    """Such lines without ids and payload; runs in the thread of a report.

    :param lines: as :func:`of` gives them; those of others stay as they are
    """
    # imported as the process is armed, which needs none of that
    from ceilometer.diagnostics import without_ids
    if _TITLE not in lines:
        return lines
    return [line if line.startswith(' ') or line == _TITLE
            else without_ids.text(line) for line in lines]
