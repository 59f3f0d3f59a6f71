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

"""No secret of any kind survives; what tells a cause does."""

from __future__ import annotations

import json

import pytest

from ceilometer.diagnostics.secrets import mask
from ceilometer.diagnostics.secrets import redact
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans
from tests.unit import canaries

pytestmark = pytest.mark.any_python


def _texts():
    for kinds, secrets in (
            (canaries.CANARIES, (canaries.CANARY, canaries.WORD)),
            (canaries.LOOKING_CANARIES, (canaries.CANARY,))):
        for kind, texts in kinds.items():
            for text in texts:
                for secret in secrets:
                    yield pytest.param(text, secret,
                                       id=f'{kind}-{text!r:.60}-{secret}')


TEXTS = list(_texts())

#: So that each example stands on either side of the end of a window, and
#: across it at each of its characters, a few of them a text.
LONG = 32 * 1024


def _assert_masked(masked, secret):
    assert secret not in masked
    assert secret_names.MASK in masked
    assert mask.FAILED_MARK not in masked


@pytest.mark.parametrize(('text', 'secret'), TEXTS)
class TestCanaries:
    """Secrets that nobody has told the redactor of."""

    def test_in_a_text(self, text, secret):
        """As the whole text, and among others."""
        text = text.replace('§', secret)
        for whole in (text, f'one line\n{text}\nthe end',
                      f'one line\r\n{text}\r\nthe end'):
            _assert_masked(redact.Redactor().text(whole), secret)

    def test_in_a_long_text(self, text, secret):
        """Wherever what is worked on at a time ends."""
        text = text.replace('§', secret)
        redactor = redact.Redactor()
        assert spans.WINDOW_CHARS == LONG
        for distance in range(0, len(text) + 2, max(3, len(text) // 5)):
            before = LONG - distance - 1
            filler = 'x ' * (before // 2) + 'y' * (before % 2) + '\n'
            _assert_masked(redactor.text(
                filler + text + '\n' + 'x y\n' * 50), secret)

    def test_in_data(self, text, secret):
        """As a value, nested, and in bytes."""
        text = text.replace('§', secret)
        for data in ({'note': text}, [{'a': [1, {'b': [text, 2]}]}],
                     {'body': text.encode()}, {text: 1},
                     {'note': 'x y\n' * 10_000 + text}):
            masked = json.dumps(redact.Redactor().data(data))
            assert secret not in masked
            assert secret_names.MASK in masked


@pytest.mark.parametrize('secret', canaries.FORMS)
def test_token_of_a_known_make_is_masked(secret):
    """Also where nothing around it says so."""
    assert secret[8:] not in redact.Redactor().text(f'got {secret} from h')


@pytest.mark.parametrize('length', [r'\n', r'\x0a', '\n', r'\x0A'])
def test_frame_shows_what_stands_behind_a_password(length):
    """Its length says where it ends, in whatever way that is written."""
    text = rf"b'\x08PASSWORDS\x00\x00\x00{length}0123456789 and a cause'"
    assert redact.Redactor().text(text) == text.replace('0123456789', '***')


@pytest.mark.parametrize('text', canaries.SURVIVORS)
def test_what_tells_a_cause_survives(text):
    """A report that hides its causes is of no use."""
    redactor = redact.Redactor()
    assert redactor.text(text) == text
    assert redactor.text(f'first line\n{text}\nlast line') == (
        f'first line\n{text}\nlast line')
    assert redactor.data({'message': text}) == {'message': text}


@pytest.mark.parametrize('text', canaries.SURVIVORS)
def test_what_tells_a_cause_survives_in_a_line_of_a_log(text):
    """Behind the date, the level and the name of a logger."""
    line = f'2026-11-22 20:25:46.911 36 ERROR ceilometer.x [-] {text}'
    assert redact.Redactor().text(line) == line
