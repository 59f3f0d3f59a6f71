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

"""The masker, on texts and data made at random."""

from __future__ import annotations

import json

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.secrets import mask
from ceilometer.diagnostics.secrets import recognizers
from ceilometer.diagnostics.secrets import redact
from ceilometer.diagnostics.secrets import spans
from tests.fuzz import fuzzing

pytestmark = pytest.mark.any_python

#: What recognizers look for. Put together at random, it finds what they do
#: with what is only nearly right.
PIECES = strategies.sampled_from([
    '://', '@', ':', '=', ',', ' ', '\n', '\t', '"', "'", '\\', '{', '}', '[',
    ']', '(', ')', '<', '>', '</', '/', '?', '&', ';', '-', '--', '-p', '-u',
    '|', '|-', '%', '%3A', '&quot;', '***', 'b\'', 'u', 'password', 'token',
    'secret', 'key', 'Authorization', 'Bearer', 'Basic', 'Cookie', 'name',
    'value', 'mysql', 'curl', 'amqp', 'http', '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----', 'None', '\x00', '\u2028', '\ud800', 'ß',
    'W3lx9Qz'])
TEXTS = strategies.lists(
    PIECES | strategies.text(max_size=8), max_size=60).map(''.join)
DATA = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers()
    | strategies.floats() | TEXTS | strategies.binary(),
    lambda inner: strategies.lists(inner) | strategies.tuples(inner)
    | strategies.dictionaries(TEXTS | strategies.integers(), inner))
SECRETS = strategies.lists(TEXTS | strategies.text(), max_size=3)


CANARY = 'xK9-canary-77q'
#: Each is a line of its own, which tells by itself that it holds a secret.
LINES = strategies.sampled_from([
    'password={}', 'password: {}', 'admin_password = {}', '"token": "{}"',
    "{{'secret': '{}'}}", 'X-Auth-Token: {}', 'Authorization: Bearer {}',
    'amqp://user:{}@host/', 'tool --password {}', 'tool --password={}',
    'mysql -p{}', 'curl -u admin:{} http://h/', '<password>{}</password>',
    "('X-Auth-Token', '{}')", 'host=h password={} user=u'])


#: What the shortest texts are made of, with and without a secret.
WORDS = strategies.lists(strategies.sampled_from([
    'password', 'token', 'pw', 'key', 'secret', '.', '/', '-', '--', '_', '=',
    ':', ' ', '<', '>', '"', ',', 'mysql', 'curl', '-p', '-u', 'W3lx9Qz',
    'eyJ', 'name', 'value', 'identified', 'by']), max_size=8).map(''.join)


def assert_masked(masked):
    """The masker has not failed, which would hide a fault of its own."""
    assert mask.FAILED_MARK not in masked


@hypothesis.given(TEXTS, SECRETS)
@fuzzing.SETTINGS
def test_any_text_is_masked(text, secrets):
    """No text raises, whatever is known to be secret."""
    assert_masked(redact.Redactor(secrets).text(text))


@hypothesis.given(DATA, SECRETS)
@fuzzing.SETTINGS
def test_any_data_become_json_without_secrets(data, secrets):
    """No data raise, whatever is known to be secret."""
    assert_masked(json.dumps(redact.Redactor(secrets).data(data),
                             allow_nan=False))


@hypothesis.given(TEXTS, LINES, TEXTS)
@fuzzing.SETTINGS
def test_secret_is_masked_whatever_stands_before_it(before, line, after):
    """Nothing in other lines makes a recognizer overlook one."""
    masked = redact.Redactor().text(
        f'{before}\n{line.format(CANARY)}\n{after}')
    assert CANARY not in masked
    assert_masked(masked)


@hypothesis.given(TEXTS, strategies.text(min_size=6), TEXTS)
@fuzzing.SETTINGS
def test_known_secret_is_masked_wherever_it_stands(before, secret, after):
    """By its value alone."""
    hypothesis.assume(len(secret.strip()) >= 6 and '*' not in secret)
    masker = mask.Masker([secret])
    assert secret not in masker.text(f'{before}{secret}{after}')


@hypothesis.given(strategies.lists(TEXTS, max_size=8))
@fuzzing.SETTINGS
def test_any_command_line_is_masked(arguments):
    """Argument for argument; none is lost."""
    masked = mask.Masker().arguments(arguments)
    assert len(masked) == len(arguments)
    assert_masked(' '.join(masked))


@hypothesis.given(WORDS | TEXTS)
@fuzzing.SETTINGS
def test_what_is_asked_first_hides_no_secret(text):
    """A text that a recognizer is not asked of has none for it."""
    asked = spans.join(recognizers.find(text))
    all_of_them = spans.join(
        span for recognizer in recognizers.RECOGNIZERS
        for span in recognizer.find(spans.Text(text)))
    assert asked == all_of_them
