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

"""Recognizes the secrets in command lines that a text announces.

Errors of subprocess and of oslo.concurrency say that a command line follows,
of whatever program. So it is read like a list of arguments: the value of a
short option that is not known is hidden, too; see :mod:`.command_lines`.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator
import re

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import command_lines
from ceilometer.diagnostics.secrets import spans

# subprocess: Command '['x', '-p', 'S']' returned, Command 'x -p S' timed out
# oslo.concurrency: Running cmd (subprocess): x -p S, CMD "x -p S" returned: 0,
# Command: x -p S
_ANNOUNCED = patterns.pattern(
    r"""\bcommand[ ](?P<list>'(?=\[))|\bcommand[ ]'(?P<quoted>)
    |\b(?:running[ ](?:cmd|command)(?:[ ]\(\w{1,20}\))?|command):[ ](?P<rest>)
    |\bcmd[ ]"(?P<double>)""", re.VERBOSE)
# An argument as repr() has it.
_ITEM = patterns.pattern(
    r"""b?(?:'(?P<single>(?:[^'\\]|\\.)*+)'|"(?P<double>(?:[^"\\]|\\.)*+)")""")


def _find(text: spans.Text) -> Iterator[spans.Span]:
    """The secrets in command lines that are announced in a text."""
    at = 0
    for _, stop in text.windows():
        while at < stop:
            found = _ANNOUNCED.search(text.lower, at, stop)
            if found is None:
                break
            begin = found.end()
            end = min(text.line_end(begin),
                      begin + command_lines.COMMAND_CHARS_MAX)
            kind = found.lastgroup
            if kind == 'list':
                yield from _of_list(text.whole, begin, end)
            else:
                sign = {'quoted': "'", 'double': '"'}.get(kind or '')
                last = text.whole.rfind(sign, begin, end) if sign else end
                yield from command_lines.places(
                    text.whole, begin, end if last < 0 else last)
            # what is read again would take more than linear time
            at = end
        at = max(at, stop)


def _of_list(whole: str, begin: int, end: int) -> Iterator[spans.Span]:
    items = [found.span(found.lastgroup or 0)
             for found in _ITEM.finditer(whole, begin, end)]
    shown = command_lines.arguments(
        [whole[start:stop] for start, stop in items], str)
    for (start, stop), argument in zip(items, shown, strict=True):
        if argument != whole[start:stop]:
            yield start, stop


ANNOUNCED_COMMANDS = spans.Recognizer(
    'command lines that are announced',
    ("command '", 'command: ', 'running cmd', 'running command', 'cmd "'),
    _find)
