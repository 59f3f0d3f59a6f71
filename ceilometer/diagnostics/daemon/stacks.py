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

To copy a stack is to walk its frames and note code and instruction, nothing
else: that is what a running daemon can be asked to hold still for. Lines, file
names, the lines of source and the merging of stacks that are the same come
afterwards. Local variables are not looked at here.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable
from collections.abc import Sequence
import linecache
import sys
import time
from types import CodeType
from types import FrameType
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import shorten
from ceilometer.diagnostics import pauses

#: Of a deeper stack the outermost and the innermost frames are kept.
FRAMES_MAX = 200

#: A line of source that is longer is cut.
SOURCE_CHARS_MAX = 200

# As many outermost frames, if the stack above has them too, are told as one
# line: fewer would save none.
_WORTH_A_LINE = 2

#: For how long stacks are copied before other threads get their turn.
COPY_SECONDS = 0.001

#: How long these have it: longer than in other pauses, because whoever misses
#: it waits for the next one.
COPY_REST_USEC = 200

#: Code and instruction of each frame in turn, outermost first: (code, place,
#: code, place, …); (None, number) stands for as many frames that were left
#: out. Flat, because each tuple is an object for Python's garbage collector to
#: count, and a thousand stacks of pairs would have it search the whole heap.
#: The place is that in the bytecode: a frame has it at once, and has to search
#: for its line.
RawStack = tuple[Any, ...]


def copy(frame: FrameType | None) -> RawStack:
    """Copy the stack that a frame is the innermost of; takes microseconds."""
    # innermost first and place before code, to be turned round at the end
    inner: list[Any] = []
    append = inner.append
    for _ in range(FRAMES_MAX // 2):
        if frame is None:
            break
        append(frame.f_lasti)
        append(frame.f_code)
        frame = frame.f_back
    if frame is not None:
        outer: collections.deque[Any] = collections.deque(maxlen=FRAMES_MAX)
        count = 0
        while frame is not None:
            outer += (frame.f_lasti, frame.f_code)
            count += 1
            frame = frame.f_back
        left_out = count - len(outer) // 2
        if left_out:
            inner += (left_out, None)
        inner.extend(outer)
    inner.reverse()
    return tuple(inner)


def of_threads() -> dict[int, RawStack]:
    """Copy the stacks of all threads, by ident.

    Those of some hundred threads are copied at one moment. Of more, each is
    copied at one moment; but others get their turn in between.
    """
    frames, due = _frames()
    idents = list(frames)
    copied: dict[int, RawStack] = {}
    # those that are alike are one: fewer objects for the garbage collector
    known: dict[Any, RawStack] = {}
    for ident in idents:
        # one that has ended meanwhile has none
        if ident in frames:
            stack = copy(frames[ident])
            copied[ident] = known.setdefault(_place(stack), stack)
        # a frame that is looked at for the first time becomes an object
        pauses.collect_young()
        if time.monotonic() >= due:
            # frames keep all that their functions hold alive, and their
            # threads have moved on
            frames.clear()
            pauses.rest(COPY_REST_USEC)
            frames, due = _frames()
    frames.clear()
    return copied


def _frames() -> tuple[dict[int, FrameType], float]:
    """The frames of all threads, and until when to copy their stacks.

    To ask for those of ten thousand takes longer than to copy some stacks, and
    is done each time.
    """
    begun = time.monotonic()
    frames = sys._current_frames()
    asked = time.monotonic()
    return frames, asked + max(COPY_SECONDS, asked - begun)


def of_thread(ident: int) -> RawStack | None:
    """Copy the stack of one thread, as it is now; None if it has ended.

    :param ident: of the thread
    """
    frames = sys._current_frames()
    frame = frames.get(ident)
    frames.clear()
    return None if frame is None else copy(frame)


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
        for code, place in zip(stack[::2], stack[1::2], strict=True):
            if code is None:
                frames.append({'left_out': place})
                continue
            line = _line(code, place)
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
        return shorten.text(lines[line - 1].strip(), SOURCE_CHARS_MAX)


def merge(stacks: Iterable[tuple[Any, RawStack]],
          ) -> list[tuple[RawStack, list[Any]]]:
    """Put together what has the same stack: the same lines of the same code.

    :param stacks: owners and their stacks
    :returns: each stack once, as its first owner has it, with all its owners,
        in order of first sight
    """
    # by the object: as copied, most are the very same
    by_stack: dict[int, list[Any]] = {}
    merged: dict[Any, tuple[RawStack, list[Any]]] = {}
    seen = []
    for owner, stack in stacks:
        pauses.pause()
        owners = by_stack.get(id(stack))
        if owners is None:
            lines = tuple(map(_line, stack[::2], stack[1::2]))
            _, owners = merged.setdefault(
                (_place(stack)[0], lines), (stack, []))
            by_stack[id(stack)] = owners
            # else another one may get its id
            seen.append(stack)
        owners.append(owner)
    return list(merged.values())


def _place(stack: RawStack) -> tuple[tuple[int, ...], RawStack]:
    """Code and instructions of a stack, to compare it with others.

    :param stack: as :func:`copy` gave it; to be kept for as long as this
    """
    # code objects compare by value, which is slow; these are the same
    return tuple(map(id, stack[::2])), stack[1::2]


def _line(code: CodeType | None, place: int) -> int:
    """The line of source of an instruction, 0 if it has none.

    :param code: of the frame; None where frames were left out, which gives
        their number
    :param place: the instruction, as ``f_lasti`` has it; negative in a frame
        that has not begun
    """
    if code is None:
        return place
    if place < 0:
        return code.co_firstlineno
    return next((line or 0 for begin, end, line in code.co_lines()
                 if begin <= place < end), 0)


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
    above: list[contents.Frame | contents.LeftOut] = []
    for owners, frames in stacks:
        lines += ['', *owners, *render(frames, above)]
        above = frames
    return '\n'.join(lines)


def render(frames: Sequence[contents.Frame | contents.LeftOut],
           above: Sequence[contents.Frame | contents.LeftOut] = (),
           ) -> list[str]:
    """Lines for people, as Python prints a stack: most recent call last.

    :param frames: of the stack
    :param above: those of the stack before, in the same text. The outermost
        frames that both have are not repeated, but counted
    """
    lines = []
    same = 0
    for one, other in zip(frames[:-1], above, strict=False):
        if one != other:
            break
        same += 1
    if same >= _WORTH_A_LINE:
        lines.append(f'  [… {same} frames as above]')
        frames = frames[same:]
    for frame in frames:
        if 'left_out' in frame:
            lines.append(f'  [… {frame["left_out"]} frames left out]')
            continue
        lines.append(f'  File "{frame["file"]}", line {frame["line"]}, '
                     f'in {frame["function"]}')
        if frame['source']:
            lines.append(f'    {frame["source"]}')
    return lines or ['  (no Python frames)']
