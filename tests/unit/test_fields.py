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

"""The vocabulary of writer and reader."""

from __future__ import annotations

import re
import uuid

import pytest

from ceilometer.diagnostics import fields

NAMES = {name: value for name, value in vars(fields).items()
         if name.startswith('REPORT') or name in (
             'MESSAGE', 'MESSAGE_ID', 'PRIORITY', 'SYSLOG_IDENTIFIER')}


@pytest.mark.parametrize('name', sorted(NAMES))
def test_field_name_is_one_that_journald_keeps(name):
    """Every name is valid for systemd.journal-fields(7)."""
    value = NAMES[name]
    assert re.fullmatch('[A-Z][A-Z0-9_]*', value)
    assert len(value) <= 64


@pytest.mark.parametrize('name', sorted(NAMES))
def test_constant_is_called_as_the_field_it_names(name):
    """A constant's name is its value, so that it can be searched for."""
    assert NAMES[name] == name


def test_names_are_distinct():
    """No field has two constants."""
    assert len(set(NAMES.values())) == len(NAMES)


def test_message_id_is_a_uuid_of_32_lower_case_digits():
    """journalctl --update-catalog refuses any other form."""
    assert re.fullmatch('[0-9a-f]{32}', fields.MESSAGE_ID_SECTION)
    assert uuid.UUID(fields.MESSAGE_ID_SECTION).version == 4


@pytest.mark.parametrize('values', [
    fields.PROCESSES, fields.TRIGGERS, fields.STATUSES])
def test_values_are_distinct_lower_case_words(values):
    """What a field may hold are words that can be typed as a match."""
    assert len(set(values)) == len(values)
    assert all(re.fullmatch('[a-z]+', value) for value in values)


def test_priorities_share_no_budget_with_what_daemons_log():
    """journald counts 5 and 6 together, where each line of stderr is."""
    assert {fields.PRIORITY_REPORT, fields.PRIORITY_FAILED} <= {'3', '4'}
