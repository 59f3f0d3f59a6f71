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

"""Recognizes the credentials of HTTP: what stands behind a scheme.

The headers themselves have names (:mod:`.named_values`). This finds what has
none: ``sent Bearer 3fa9...``.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import spans

_SCHEMES = ('basic', 'bearer', 'digest', 'negotiate', 'auth plain',
            'auth login', 'auth xoauth2')
# No word of a sentence: a token has digits, signs, or capitals inside. No
# parameter of a challenge: realm="x".
_CREDENTIALS = patterns.pattern(
    r'\s+(?!\w{1,40}=["\'])'
    r'(?=[a-z-]{0,100}(?:[0-9+/._~=]|[a-z-][A-Z]|[A-Z]{2}))'
    r'([A-Za-z0-9+/._~=-]{6,})')
# ZooKeeper: ["digest", "user:S"]
_USER_AND_PASSWORD = patterns.pattern(
    r'(?:["\']\s?,\s?[bu]?["\']|(?<=addauth digest) )'
    r'([^"\':\s]{1,100}:[^"\'\s]{1,200})')


def _find(text: spans.Text) -> Iterator[spans.Span]:
    for scheme in _SCHEMES:
        at = 0
        while (at := text.lower.find(scheme, at)) >= 0:
            inside = at > 0 and (text.whole[at - 1].isalnum()
                                 or text.whole[at - 1] == '_')
            at += len(scheme)
            found = None if inside else _CREDENTIALS.match(text.whole, at)
            if found is None and not inside:
                found = _USER_AND_PASSWORD.match(text.whole, at)
            if found is not None:
                # a sentence ends in a full stop, credentials do not
                yield found.start(1), found.end(1)
                at = found.end()


HTTP_CREDENTIALS = spans.Recognizer('credentials of HTTP', _SCHEMES, _find)
