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

"""Characters that tests look for."""

from __future__ import annotations

import unicodedata


def unprintable(text):
    """The characters that journald, or a terminal, takes badly."""
    return [character for character in text
            if (unicodedata.category(character) in ('Cc', 'Cs')
                and character not in '\n\t')
            or ord(character) & 0xfffe == 0xfffe
            or 0xfdd0 <= ord(character) <= 0xfdef
            or character in '\u2028\u2029\u202a\u202b\u202c\u202d\u202e'
            '\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff'
            # nobody sees these
            '\xad\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064'
            or 0xe0000 <= ord(character) <= 0xe007f]
