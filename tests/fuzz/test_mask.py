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

from ceilometer.diagnostics.secrets import redact
from tests.fuzz import fuzzing

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


@hypothesis.given(TEXTS, SECRETS)
@fuzzing.SETTINGS
def test_any_text_is_masked(text, secrets):
    """No text raises, whatever is known to be secret."""
    assert isinstance(redact.Redactor(secrets).text(text), str)


@hypothesis.given(DATA, SECRETS)
@fuzzing.SETTINGS
def test_any_data_become_json_without_secrets(data, secrets):
    """No data raise, whatever is known to be secret."""
    json.loads(json.dumps(redact.Redactor(secrets).data(data),
                          allow_nan=False))
