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

"""Recognizes secrets in lines of configuration that have no sign.

``rocommunity S``, ``bindpw S``, ``createUser u SHA "S" AES "S"``: a word that
says so begins the line, and the values follow.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import spans

HINTS = ('rootpw', 'bindpw', 'community', 'com2sec', 'createuser',
         'passphrase', 'requirepass', 'masterauth', 'masteruser', 'pass ',
         'password', 'authtok')

_SPACE = r'[ \t]{1,40}'
_VALUE = r"""(?:"([^"\n]{1,400})"|'([^'\n]{1,400})'|([^\s"']{1,400}))"""
_END = r'[ \t]{0,40}(?=\r?\n|\Z)'
_START = r'(?:\A|(?<=\n))[ \t]{0,40}'
_DIRECTIVES = tuple(map(patterns.pattern, (
    rf'{_START}(?:rootpw|rootbindpw|bindpw|wpa_passphrase|requirepass'
    rf'|masterauth|ldap_default_authtok|trapcommunity|authcommunity'
    rf'|r[ow]community6?){_SPACE}{_VALUE}{_END}',
    # from where: an address, then an OID
    rf'{_START}r[ow]community6?{_SPACE}{_VALUE}'
    rf'{_SPACE}(?:default|-v|[\d\[]|[a-z][\w-]*\.)[^\n]{{0,200}}',
    rf'{_START}com2sec6?{_SPACE}(?:-\w+{_SPACE}\S{{1,100}}{_SPACE})?'
    rf'\S{{1,100}}{_SPACE}\S{{1,100}}{_SPACE}{_VALUE}{_END}',
    rf'{_START}createuser{_SPACE}(?:-e{_SPACE}\S{{1,100}}{_SPACE})?'
    rf'\S{{1,100}}{_SPACE}(?:md5|sha[\d-]{{0,8}}){_SPACE}{_VALUE}'
    rf'(?:{_SPACE}(?:des|aes[\d-]{{0,8}})(?:{_SPACE}{_VALUE})?)?{_END}',
    rf'\bsnmp-server{_SPACE}community{_SPACE}{_VALUE}',
    # of netrc
    rf'\blogin{_SPACE}\S{{1,100}}{_SPACE}password{_SPACE}{_VALUE}'
    rf'(?={_SPACE}(?:account|machine|macdef)|{_END})',
)))
# Of FTP and POP3, in capital letters: the same word begins sentences.
_PASS = patterns.pattern(
    rf"""(?:\A|(?<=[\n'"]))(?:[>-]{{1,5}}{_SPACE})?PASS[ ]"""
    r"""([^\s"'\\]{1,400})"""
    r"""(?=\s*(?:\n|\Z)|\\r|["'])""")


def _find(text: spans.Text) -> Iterator[spans.Span]:
    for directive in _DIRECTIVES:
        for found in directive.finditer(text.lower):
            for number in range(1, len(found.groups()) + 1):
                start, end = found.span(number)
                if end > start and not looks.says_none(
                        text.whole[start:end]):
                    yield start, end
    if 'PASS ' in text.whole:
        for found in _PASS.finditer(text.whole):
            yield found.span(1)


DIRECTIVES = spans.Recognizer(
    'lines of configuration without a sign', HINTS, _find)
