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

"""Recognizes passwords that a program of a command line reads from another.

``echo 'root:S' | chpasswd``, ``passwd --stdin root <<< S``, and the lines that
follow ``chpasswd <<EOF``: what instances are given to run has such.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import spans
from ceilometer.diagnostics.secrets import value_ends

#: So much before a program is looked at for what it reads.
BEFORE_CHARS_MAX = 1000
#: So much behind it.
LINES_CHARS_MAX = 10_000

_READER = (
    r'(?:chpasswd\b|newusers\b|passwd[ ]+--stdin\b'
    r'|sudo[ ]+(?:-\w+[ ]+){0,3}-\w*s\b'
    r'|(?:podman|docker)[ ]+secret[ ]+create\b'
    r'|kinit\b|cryptsetup\b|smbpasswd\b|saslpasswd2\b|vncpasswd\b'
    r'|[^|\n]{0,200}(?:--password-stdin|--passphrase-fd|-pass(?:in)?[ ]stdin'
    r'|--stdin-passphrase|--key-file[ =]?-))')
_PIPED = patterns.pattern(
    rf'\|[ ]*(?:sudo[ ]+(?:-\w+[ ]+){{0,4}})?(?:/[\w/]{{1,40}}/)?{_READER}')
_WRITTEN = patterns.pattern(
    r'\b(?:echo|printf)[ ]+(?:-\w+[ ]+){0,3}(?=[^\s|])')
_FED = patterns.pattern(
    r'\b(?:chpasswd|passwd|kinit|cryptsetup|smbpasswd)\b[^|<\n]{0,200}'
    r'(?:<<<[ ]*|<<-?[ ]*["\']?(\w{1,40})["\']?[ \t]*\r?\n)')

# sudo -S <<< S, --key-file <(echo S)
_HERE = patterns.pattern(r'(?<!<)<<<(?!<)[ ]{0,9}(?!["\']?\$)(?=[^\s<])')
_SUBSTITUTED = patterns.pattern(
    r'<\([ ]{0,9}(?:echo|printf)[ ]{1,9}(?:-\w{1,9}[ ]{1,9}){0,3}'
    r'(?!["\']?\$)([^()\n]{1,999})')

HINTS = ('<<<', '<(', 'newusers', 'passwd', 'sudo', 'kinit', 'cryptsetup',
         'stdin', 'passphrase-fd',
         '--key-file', 'secret')


def _find(text: spans.Text) -> Iterator[spans.Span]:
    floor = 0
    if '|' in text.whole:
        for found in _PIPED.finditer(text.lower):
            start = max(floor, found.start() - BEFORE_CHARS_MAX)
            start = max(start, text.whole.rfind('\n', start, found.start()))
            floor = found.end()
            written = [writer.end() for writer in _WRITTEN.finditer(
                text.lower, start, found.start())]
            if written:
                start = written[-1]
                yield start, start + len(
                    text.whole[start:found.start()].rstrip())
    if '<(' in text.whole:
        for found in _SUBSTITUTED.finditer(text.lower):
            yield found.span(1)
    if '<<' not in text.whole:
        return
    for found in _HERE.finditer(text.whole):
        yield value_ends.token(text.whole, found.end())
    at = 0
    while (fed := _FED.search(text.lower, at)) is not None:
        at = fed.end()
        if fed[1] is None:
            yield value_ends.token(text.whole, at)
            continue
        # the lines up to the word that was announced
        stop = min(at + LINES_CHARS_MAX, len(text.whole))
        end = text.lower.find(f'\n{fed[1]}', at - 1, stop)
        yield at, stop if end < 0 else end
        at = max(at, end)


FED_PASSWORDS = spans.Recognizer(
    'passwords that a program reads from another', HINTS, _find)
