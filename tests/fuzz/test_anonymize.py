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

"""The anonymizer, on texts and data made at random."""

from __future__ import annotations

import json

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.command.anonymize import anonymizer
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics import report
from tests.fuzz import fuzzing
from tests.unit import anonymize_corpus
from tests.unit import test_command_anonymize_corpus as corpus

pytestmark = pytest.mark.any_python

NAMES = sorted({word for _, word in anonymize_corpus.CANARIES})
PIECES = strategies.sampled_from([
    *NAMES, *(word for _, word in anonymize_corpus.SURVIVORS), '://', '@',
    ':', '.', '-', '_', '%2d', r'\x2d', '/', '/home/', '=', 'host=', ' ', '\n',
    '::', '1.2.3.4', 'fa:16', '0' * 32, '0' * 12, 'a', 'v', 'version', 'ß',
    '\x00', '\ud800', 'İ', '٣'])
TEXTS = strategies.lists(
    PIECES | strategies.text(max_size=8), max_size=40).map(''.join)
DATA = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | TEXTS,
    lambda inner: strategies.lists(inner)
    | strategies.dictionaries(TEXTS, inner)
    | strategies.fixed_dictionaries({'name': TEXTS, 'value': inner}))

MADE = anonymizer.Anonymizer([read.Found(
    corpus.whole(corpus.sections('compute')), read.Identity(
        1, 1, 'x.service', 'compute', 'a' * 32, 'b' * 32))])

#: Names that nothing around them makes another word of.
CERTAIN = ['ctl-7.rack4.corp.example.net', 'cache-9', 'other.corp.example.net',
           'svc-telemetry', 'DC-West-2', 'fa:16:3e:0a:1b:2c', '10.20.30.41',
           '3f2504e0-4f89-11d3-9a0c-0305e82c3301', 'jane.doe@example.com',
           '2a00:1450:4001:81b::200e']


@hypothesis.given(TEXTS, strategies.sampled_from(CERTAIN), TEXTS,
                  strategies.sampled_from([' ', ', ', '"', '(', '\n', ' = ']))
@fuzzing.SETTINGS
def test_a_name_is_found_in_any_text(before: str, name: str, behind: str,
                                     sign: str) -> None:
    """Whatever stands around it."""
    out = MADE.text(f'{before}{sign}{name} {behind}')
    assert f'{sign}{name} '.lower() not in out.lower()


@hypothesis.given(DATA)
@fuzzing.SETTINGS
def test_any_data_stay_data(data: object) -> None:
    """Of the same shape, and what JSON can hold."""
    out = MADE.data(data)
    assert type(out) is type(data)
    json.dumps(out)


@hypothesis.given(TEXTS, DATA)
@fuzzing.SETTINGS
def test_any_report_tells_its_names(text: str, data: object) -> None:
    """No report raises, whatever it holds."""
    # a text that is read has none
    text = text.replace('\ud800', '')
    made = corpus.whole([
        report.Section('package', 'P', text, data),
        report.Section('configuration', 'C', text, data),
        report.Section('processes', 'P', text, {'processes': data}),
        report.Section('x', 'X', text, data)])
    found = read.Found(made, read.Identity(1, 1, text, text, text, text))
    assert anonymizer.Anonymizer([found]).found(found).report.complete
