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

"""The threads of a report, from the data of its section ``threads``."""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
import functools
import re
from typing import Any

from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import section_data
from ceilometer.diagnostics import contents
from ceilometer.diagnostics import escape

# Where files of Ceilometer are, wherever it is installed: in an environment
# called ceilometer, too, or in a clone.
_OF_CEILOMETER = re.compile(
    r'/(?=ceilometer/(?!diagnostics/|bin/|lib/|.*-packages/))')


#: So many frames of a stack are looked at; the writer has fewer, but anybody
#: may write a report in which each of many threads has very many.
FRAMES_MAX = 1000


@dataclasses.dataclass(frozen=True)
class Frame:
    """A place in a stack; where ``left_out`` is set, so many places."""

    file: str = ''
    line: int = 0
    function: str = ''
    source: str = dataclasses.field(default='', compare=False)
    left_out: int = 0

    def lines(self) -> list[str]:
        """For people, as Python prints it."""
        if self.left_out:
            return [f'  [… {self.left_out} frames left out]']
        told = [f'  File "{self.file}", line {self.line}, '
                f'in {self.function}']
        if self.source:
            told.append(f'    {self.source}')
        return told


Stack = tuple[Frame, ...]


@dataclasses.dataclass(frozen=True)
class Piece:
    """A piece of work; its attributes are those of the section's data."""

    kind: str
    work: str
    since_usec: int
    interval_seconds: float | None


@dataclasses.dataclass(frozen=True)
class Awaited:
    """A thread that another one waits for, the same."""

    name: str
    native_id: int | None
    ident: int
    ended: bool


@dataclasses.dataclass(frozen=True)
class Thread:
    """A thread; its attributes are those of the section's data."""

    name: str
    native_id: int | None
    ident: int | None
    state: str
    waiting_for: str | None
    cpu_seconds: float | None
    foreground: bool
    stack: Stack
    switches: int | None = None
    awaited: Awaited | None = None
    peer: str | None = None
    works_on: tuple[Piece, ...] = ()

    @property
    def key(self) -> Any:
        """The same for one thread in all reports of its process."""
        return self.native_id or self.ident or self.name

    @property
    def place(self) -> Frame | None:
        """Where it stands, the innermost frame."""
        return self.stack[-1] if self.stack else None

    def where(self) -> str:
        """Where it stands, and from where in Ceilometer it got there.

        The call it waits in is most often of a library, and says nothing of
        what the daemon was at.

        :returns: for people, one line; empty where no stack is known
        """
        if self.place is None:
            return ''
        words = _at(self.place, self.place.file)
        for frame in reversed(self.stack):
            found = list(_OF_CEILOMETER.finditer(frame.file))
            if found and frame is self.place:
                break
            if found:
                name = frame.file[found[-1].end():]
                return f'{words}, from {_at(frame, name)}'
        return words

    def describe(self) -> str:
        """The thread in a few words, for people."""
        words = f'thread "{self.name}"'
        if self.native_id is not None:
            words += f' ({self.native_id})'
        if self.state == contents.RUNNING:
            return f'{words}, running'
        if self.waiting_for:
            return f'{words}, waiting for {self.waiting_for}{self._whom()}'
        return f'{words}, {self.state}'

    def _whom(self) -> str:
        if self.peer:
            return f' (peer {self.peer})'
        if self.awaited is None:
            return ''
        role = ('held by ' if self.waiting_for == contents.FOR_LOCK
                else '')
        if self.awaited.ended:
            return f' ({role}a thread that has ended)'
        return f' ({role}"{self.awaited.name}", {self.awaited.native_id})'


def _at(frame: Frame, name: str) -> str:
    if frame.left_out:
        return frame.lines()[0].strip()
    return f'{name}:{frame.line} in {frame.function}'


def threads(whole: parsed.Report) -> list[Thread]:
    """The threads of a report, but those that wrote it.

    :param whole: the report; it has none if its section failed
    """
    told = section_data.content(whole, contents.Threads)
    return [] if told is None else [
        _thread(owner, frames) for stack in told['stacks']
        for frames in [_frames(stack['frames'])]
        for owner in stack['threads'] if not owner['diagnostics']]


def _frames(given: list[contents.Frame | contents.LeftOut]) -> Stack:
    """The frames of a stack; of very many the outermost and innermost."""
    if len(given) <= FRAMES_MAX:
        return tuple(map(_frame, given))
    half = FRAMES_MAX // 2
    return (*map(_frame, given[:half]),
            Frame(left_out=len(given) - 2 * half),
            *map(_frame, given[-half:]))


def _frame(frame: contents.Frame | contents.LeftOut) -> Frame:
    if 'left_out' in frame:
        return Frame(left_out=frame['left_out'] or 1)
    return _known_frame(frame['file'], frame['line'], frame['function'],
                        frame['source'])


# threads stand at the same places in one report after another
@functools.lru_cache(maxsize=4096)
def _known_frame(file: str, line: int, function: str, source: str) -> Frame:
    return Frame(file=escape.line(file), line=line,
                 function=escape.line(function), source=escape.line(source))


def _thread(owner: contents.Thread, stack: Stack) -> Thread:
    waiting_for = owner['waiting_for']
    return Thread(
        name=escape.line(owner['name'] or ''), native_id=owner['native_id'],
        ident=owner['ident'], state=escape.line(owner['state']),
        waiting_for=None if waiting_for is None else escape.line(waiting_for),
        cpu_seconds=owner['cpu_seconds'], foreground=owner['foreground'],
        stack=stack, switches=owner['switches'],
        awaited=_awaited(owner.get('waits_for_thread')),
        peer=escape.line(owner.get('peer') or '') or None,
        works_on=tuple(
            Piece(escape.line(piece['kind']), escape.line(piece['work']),
                  piece['since_usec'], piece['interval_seconds'])
            for piece in owner.get('works_on') or ()))


def _awaited(told: contents.OtherThread | None) -> Awaited | None:
    return None if told is None else Awaited(
        escape.line(told['name'] or ''), told['native_id'], told['ident'],
        told['ended'])


def merge(reports: Iterable[read.Found],
          ) -> list[tuple[Stack, list[tuple[read.Found, Thread]]]]:
    """Each stack once with all threads that stand there, most of them first.

    :param reports: whole reports, of any number of processes
    """
    merged: dict[Stack, list[tuple[read.Found, Thread]]] = {}
    for found in reports:
        stack: Stack | None = None
        for thread in threads(found.report):
            # those of one stack follow one another
            if thread.stack is not stack:
                stack = thread.stack
                owners = merged.setdefault(stack, [])
            owners.append((found, thread))
    return sorted(merged.items(), key=lambda item: -len(item[1]))
