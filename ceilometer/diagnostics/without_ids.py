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

"""Takes ids and payload out of texts that the daemon has logged or raised.

What fails is told with the text of its exception, and that may hold samples,
messages and the ids of projects, users and resources. What stays is what
names the failure: hosts, ports, numbers of errors, words.

A pure function, for any thread of a report; it raises nothing.
"""

from __future__ import annotations

import re

from ceilometer.diagnostics import patterns

#: Stands for what was taken out.
MARK = '…'

#: A longer text is cut.
CHARS_MAX = 200

# What is logged behind these words is what was sent.
_PAYLOAD = patterns.pattern(
    r'\b(payload|data|body|samples?|content|response)\b\s*[=:].*',
    re.IGNORECASE | re.DOTALL)
_NESTED_MAX = 3
# containers, but the number of an error of the system; objects
_BRACES = patterns.pattern(r'\{.*\}|\{.*$', re.DOTALL)
_BRACKETS = patterns.pattern(r'\[(?!Errno |SSL|X509|…)[^][]*(\[…\][^][]*)*\]')
_ANGLES = patterns.pattern(r'<(?=[A-Za-z_.]+[ :=(])[^<>]*>')
_HEX = '[0-9A-Fa-f]'
_ID_CHARS_MIN = 16
_IDS = patterns.pattern(
    rf'\b(?:[A-Za-z]+-)?{_HEX}{{8}}-?(?:{_HEX}{{4}}-?){{3}}{_HEX}{{12}}\b'
    rf'|\b{_HEX}{{{_ID_CHARS_MIN},}}\b')
_PATH_IDS = patterns.pattern(
    r'(?i)(/v\d+(?:\.\d+)?/)(?!tokens)[^/\s?]*[0-9][^/\s?]*')


_FILLED_IN = patterns.usual(r'%(\(\w+\))?[-+ #0]*[\d.*]*[a-zA-Z]')


def message(raw: str) -> str:
    """The constant part of a message, without what marks what is filled in.

    :param raw: as it stands in the code
    """
    marked = text(_FILLED_IN.sub(MARK, raw) if '%' in raw else raw)
    # at its end nearly always the exception, which is told beside it
    return marked.rstrip(f' :{MARK}') or marked


def text(raw: str) -> str:
    """The text without ids and payload, on one line, of some length.

    :param raw: of an exception, or of a message
    """
    # what is at its end may be cut in the middle of an id
    cut = ' '.join(raw.split())
    # an expression is compiled where it may find something
    if '=' in cut or ':' in cut:
        cut = _PAYLOAD.sub(lambda match: f'{match[1]} {MARK}', cut)
    if '{' in cut:
        cut = _BRACES.sub(f'{{{MARK}}}', cut)
    if '[' in cut:
        for _ in range(_NESTED_MAX):
            cut = _BRACKETS.sub(f'[{MARK}]', cut)
    if '<' in cut:
        cut = _ANGLES.sub(f'<{MARK}>', cut)
    if any(len(word) >= _ID_CHARS_MIN for word in cut.split()):
        cut = _IDS.sub(MARK, cut)
    if '/' in cut:
        cut = _PATH_IDS.sub(rf'\1{MARK}', cut)
    return cut if len(cut) <= CHARS_MAX else (
        cut[:CHARS_MAX].rpartition(' ')[0] or cut[:CHARS_MAX - 1]) + MARK
