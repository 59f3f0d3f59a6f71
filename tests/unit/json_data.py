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

"""What JSON can hold, and JSON as others write it."""

from __future__ import annotations

import json

from hypothesis import strategies

TEXTS = strategies.text(max_size=20) | strategies.sampled_from([
    '', '"', '\\', '\x00', '\ud800', '\udc00\ud800', '\u2028', '…', '🐙'])
DATA = strategies.recursive(
    strategies.none() | strategies.booleans()
    | strategies.integers(-2**64, 2**64)
    | strategies.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: strategies.lists(inner, max_size=4)
    | strategies.dictionaries(TEXTS, inner, max_size=4), max_leaves=20)


def compact(value):
    """JSON as others write it."""
    return json.dumps(value, separators=(',', ':'))
