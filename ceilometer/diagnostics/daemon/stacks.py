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

"""Stacks of threads, greenlets and tasks: copied first, described later.

To copy a stack is to walk its frames and note code and line, nothing else:
that is what a running daemon can be asked to hold still for. File names, the
lines of source and the merging of stacks that are the same come afterwards.
Local variables are not looked at here.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable
import linecache
from types import FrameType
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics import pauses

#: Of a deeper stack the outermost and the innermost frames are kept.
FRAMES_MAX = 200

#: A line of source that is longer is cut.
SOURCE_CHARS_MAX = 200

#: Code and line of each frame in turn, outermost first: (code, line, code,
#: line, …); (None, number) stands for as many frames that were left out. Flat,
#: because each tuple is an object for Python's garbage collector to count,
#: and a thousand stacks of pairs would have it search the whole heap.
RawStack = tuple[Any, ...]


def copy(frame: FrameType | None) -> RawStack:
    """Copy the stack that a frame is the innermost of; takes microseconds."""
    inner: list[Any] = []
    outer: collections.deque[Any] = collections.deque(maxlen=FRAMES_MAX)
    count = 0
    while frame is not None:
        # innermost first and line before code, to be turned round at the end;
        # f_lineno is None in a frame that has no line yet
        target = inner if count < FRAMES_MAX // 2 else outer
        target.append(frame.f_lineno or 0)
        target.append(frame.f_code)
        count += 1
        frame = frame.f_back
    left_out = count - (len(inner) + len(outer)) // 2
    if left_out:
        inner += (left_out, None)
    inner.extend(outer)
    inner.reverse()
    return tuple(inner)


class Describer:
    """Turns copied stacks into data; reads each source file once.

    What it reads is not left behind in :mod:`linecache`, which would keep the
    sources of half the daemon in memory for ever.
    """

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def frames(self, stack: RawStack,
               ) -> list[contents.Frame | contents.LeftOut]:
        """The frames of a stack, outermost first.

        :param stack: as :func:`copy` gave it
        """
        frames: list[contents.Frame | contents.LeftOut] = []
        for code, line in zip(stack[::2], stack[1::2], strict=True):
            if code is None:
                frames.append({'left_out': line})
                continue
            frames.append({
                'file': code.co_filename,
                'line': line,
                'function': code.co_qualname,
                'source': self._source(code.co_filename, line),
            })
        return frames

    def _source(self, file: str, line: int) -> str:
        lines = self._lines.get(file)
        if lines is None:
            was_cached = file in linecache.cache
            try:
                lines = linecache.getlines(file)
            except Exception:
                lines = []
            if not was_cached:
                linecache.cache.pop(file, None)
            self._lines[file] = lines
            pauses.pause()
        if not 0 < line <= len(lines):
            return ''
        return lines[line - 1].strip()[:SOURCE_CHARS_MAX]


def merge(stacks: Iterable[tuple[Any, RawStack]],
          ) -> list[tuple[RawStack, list[Any]]]:
    """Put together what has the same stack.

    :param stacks: owners and their stacks
    :returns: each stack once with all its owners, in order of first sight
    """
    merged: dict[Any, tuple[RawStack, list[Any]]] = {}
    for owner, stack in stacks:
        # code objects compare by value, which is slow; these are the same
        key = (*map(id, stack[::2]), *stack[1::2])
        merged.setdefault(key, (stack, []))[1].append(owner)
    return list(merged.values())


def render_all(
        title: str,
        stacks: list[tuple[
            list[str], list[contents.Frame | contents.LeftOut]]],
        last: str = 'most recent call') -> str:
    """A text of all stacks, each once, under all that stand there.

    :param title: what stands there, ``Green threads``
    :param stacks: of each, a line for every owner, and its frames
    :param last: which frame comes last
    """
    count = sum(len(owners) for owners, _ in stacks)
    lines = [f'{title}: {count}, different stacks: {len(stacks)}; {last} last']
    for owners, frames in stacks:
        lines += ['', *owners, *render(frames)]
    return '\n'.join(lines)


def render(frames: list[contents.Frame | contents.LeftOut]) -> list[str]:
    """Lines for people, as Python prints a stack: most recent call last."""
    lines = []
    for frame in frames:
        if 'left_out' in frame:
            lines.append(f'  [… {frame["left_out"]} frames left out]')
            continue
        lines.append(f'  File "{frame["file"]}", line {frame["line"]}, '
                     f'in {frame["function"]}')
        if frame['source']:
            lines.append(f'    {frame["source"]}')
    return lines or ['  (no Python frames)']
