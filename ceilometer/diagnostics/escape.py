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

"""Escapes the characters that no terminal may be shown.

A report is read on terminals and in ``journalctl``, which calls a whole
message a blob for one bad byte. Used where a report is written, and again
where it is read: an entry may have been written by anybody.

Pure functions, for any process and thread; they raise nothing for any text.
"""

from __future__ import annotations

import re
from typing import Any

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics import pauses

# C0 but newline and tab, DEL, C1; line separators; marks that turn the
# direction of writing; what nobody sees, so that two names look the same;
# surrogates; what Unicode calls no character. journald takes the first and
# the last two for binary data.
_UNPRINTABLE_RANGES = (
    '\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e'
    '\u2060-\u206f\U000e0000-\U000e007f'
    '\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff'
    + ''.join(chr(plane * 0x10000 + 0xfffe) + chr(plane * 0x10000 + 0xffff)
              for plane in range(1, 17)))
_UNPRINTABLE = patterns.pattern(f'[{_UNPRINTABLE_RANGES}]')
_UNPRINTABLE_IN_LINE = patterns.pattern(f'[{_UNPRINTABLE_RANGES}\n\t]')
_SHORT_ESCAPES = {'\n': '\\n', '\t': '\\t', '\r': '\\r'}


def text(unescaped: str) -> str:
    """Escape what no terminal may be shown; newlines and tabs stay.

    :param unescaped: of any number of lines
    """
    # all that is escaped is unprintable in Unicode's sense as well; to ask
    # for that is fast
    if unescaped.replace('\n', '').replace('\t', '').isprintable():
        return unescaped
    return _UNPRINTABLE.sub(_escape_character, unescaped)


def line(unescaped: str) -> str:
    """Escape as :func:`text` does, and newlines and tabs as well.

    :param unescaped: what is to stand on one line
    """
    if unescaped.isprintable():
        return unescaped
    return _UNPRINTABLE_IN_LINE.sub(_escape_character, unescaped)


def data(unescaped: Any) -> Any:
    """Data of the same shape with each text escaped to one line.

    :param unescaped: what JSON can hold
    """
    if isinstance(unescaped, str):
        return line(unescaped)
    if isinstance(unescaped, dict):
        pauses.pause()
        return {line(key): data(value) for key, value in unescaped.items()}
    if isinstance(unescaped, list):
        return [data(value) for value in unescaped]
    return unescaped


def _escape_character(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if code < 0x100:
        return f'\\x{code:02x}'
    return f'\\u{code:04x}' if code < 0x10000 else f'\\U{code:08x}'
