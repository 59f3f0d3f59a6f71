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

"""No part of a secret is left where a text is cut."""

from __future__ import annotations

import pytest

from ceilometer.diagnostics.daemon import error_text
from ceilometer.diagnostics.daemon import shorten
from ceilometer.diagnostics.daemon import traces
from ceilometer.diagnostics.secrets import redact

pytestmark = pytest.mark.any_python

SECRET = 'swordfish-of-the-sea'


@pytest.mark.parametrize('whole', [
    f'cannot reach amqp://u:{SECRET}@h now', f'{"a/" * 90}://u:{SECRET}@h',
    f'known {SECRET} is wrong', f'x={"y" * 90}&user:{SECRET}@h'])
def test_nothing_of_a_secret_is_left(whole: str) -> None:
    """Wherever in it the limit is."""
    begins = whole.index(SECRET)
    for chars_max in range(begins + 1, len(whole) + 1):
        kept = shorten.text(whole, chars_max)
        assert len(kept) <= chars_max
        assert whole.startswith(kept)
        shown = redact.Redactor([SECRET]).text(kept)
        # what all words begin with
        assert SECRET[:3] not in shown, (chars_max, shown)


@pytest.mark.parametrize(('whole', 'kept'), [
    ('abc', 'abc'), ('ab cd', 'ab cd'), ('ab cde', 'ab'), ('ab cd e', 'ab cd'),
    ('abcdef', ''), ('', '')])
def test_words_are_kept_whole(whole: str, kept: str) -> None:
    """And all of a text that is short enough."""
    assert shorten.text(whole, 5) == kept


def test_long_words_are_cut() -> None:
    """At a sign, or, where it has none, anywhere."""
    assert shorten.text('x' * 500, 300) == 'x' * 300
    assert shorten.text('x' * 250 + ':' + 'y' * 300, 300) == 'x' * 250


def test_who_cuts_texts_cuts_them_so() -> None:
    """Errors, and exceptions of traces."""
    for number in range(480, 500):
        text = f'{"x " * (number // 2)}amqp://u:{SECRET}@h and more'
        assert SECRET[:3] not in error_text.of_text(text)
        assert SECRET[:3] not in error_text.of_exception(ValueError(text))
    for number in range(280, 300):
        text = f'{"x " * (number // 2)}amqp://u:{SECRET}@h and more'
        assert SECRET[:3] not in ''.join(traces.of(ValueError(text)))
