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

"""Characters that the user's locale has.

As systemd's own tools do, the command prints nothing but ASCII if the locale
says so: ``LC_ALL=C``. Python does not tell: there it works as if the locale
were C.UTF-8, and may change the environment for that.
"""

from __future__ import annotations

import functools
import locale
import os

# of the same width, because they stand in tables
_ASCII = str.maketrans({
    '┌': ',', '├': '|', '└': '`', '│': '|', '─': '-', '…': '~', '±': '+'})


def fitting(text: str) -> str:
    """A text in characters that the locale has; each other is escaped.

    :param text: what is to be printed
    """
    if text.isascii() or has_unicode():
        return text
    return text.translate(_ASCII).encode(
        'ascii', 'backslashreplace').decode()


@functools.cache
def has_unicode() -> bool:
    """Whether the locale's characters are those of Unicode, in UTF-8.

    They are if nothing says what they are, as systemd's tools have it.
    """
    given = _environment()
    name = next((value for variable in ('LC_ALL', 'LC_CTYPE', 'LANG')
                 if (value := given.get(variable))), None)
    if name is None:
        return True
    if name in ('C', 'POSIX'):
        return False
    return locale.getencoding().lower().replace('-', '') == 'utf8'


def _environment() -> dict[str, str]:
    """The environment as it was before Python changed it."""
    try:
        with open('/proc/self/environ', 'rb') as file:
            lines = os.fsdecode(file.read()).split('\0')
    except OSError:
        return dict(os.environ)
    return dict(line.split('=', 1) for line in lines if '=' in line)
