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

"""Secrets in data are known by what stands beside them as well."""

from __future__ import annotations

import json

import pytest

from ceilometer.diagnostics.secrets import redact
from tests.unit import canaries

pytestmark = pytest.mark.any_python

SECRETS = (canaries.CANARY, canaries.WORD)

SHAPES = [
    {'columns': ['user', 'password'], 'rows': [['u', '§']]},
    {'columns': ['user', 'password'], 'rows': (('u', 'x'), ('v', '§'))},
    {'Fields': ['user', 'password'], 'Data': ['u', '§']},
    {'series': [{'columns': ['time', 'token'], 'values': [[1, '§']]}]},
    {'columns': [{'name': 'u'}, {'name': 'password', 'type': 'text'}],
     'rows': [['u', '§']]},
    {'header': ['password'], 'rows': ['§']},
    {'columns': ['u', 'secret'], 'rows': [['u', {'a': ['§']}]]},
    {'opt': 'password', 'set_to': '§'},
    {'field': 'password', 'from': '§', 'to': 'x'},
    {'option': 'token', 'before': 'x', 'after': '§'},
    {'labels': ['user', 'password'], 'values': ['u', '§']},
    {'head': ['user', 'password'], 'body': [['u', '§']]},
    {'type': 'password', 'value': '§'}, {'sensitive': True, 'value': '§'},
    {'name': 'x', 'is_secret': True, 'default': '§'},
    {'op': 'replace', 'path': '/auth/password', 'value': '§'},
    {'kind': 'Secret', 'data': {'x': '§'}},
    {'kind': 'Secret', 'stringData': {'x': '§'}}, {'stringData': {'x': '§'}},
    {'auth': ['u', '§']}, {'basic_auth': 'u:§'}, {'communities': ['§']},
]


@pytest.mark.parametrize('secret', SECRETS)
@pytest.mark.parametrize('shape', SHAPES, ids=str)
def test_secret_is_masked(shape, secret):
    """Whatever it looks like, wherever such data stand."""
    data = json.loads(json.dumps(shape).replace('§', secret))
    for whole in (data, {'a': [1, {'b': data}]}):
        masked = json.dumps(redact.Redactor().data(whole))
        assert secret not in masked
        assert '***' in masked


@pytest.mark.parametrize('data', [
    {'columns': ['user', 'state'], 'rows': [['u', 'up']]},
    {'columns': ['password_expires_at'], 'rows': [['2026']]},
    {'headers': ['password'], 'state': 'up'},
    {'columns': 3, 'rows': [['u']]},
    {'columns': ['a', None, {'x': 1}], 'rows': [['u', 'v', 'w']]},
    {'rows': [['u', 'up']]},
    {'columns': ['password'], 'rows': 5},
    {'field': 'interval', 'from': '300', 'to': '600'},
    {'type': 'gauge', 'value': 'x'}, {'sensitive': False, 'value': 'x'},
    {'op': 'replace', 'path': '/a/interval', 'value': 'x'},
    {'kind': 'ConfigMap', 'data': {'x': 'y'}}, {'auth': ['a', 'token']},
    {'kind': 'token', 'text': 'x'},
    {'tokens_used': {'a': 1}},
])
def test_other_data_stay(data):
    """What names no secret, and what has no rows."""
    assert redact.Redactor().data(data) == data


def test_key_of_what_is_secret_may_be_the_secret():
    """Where it looks as if it was made at random."""
    assert redact.Redactor().data({'tokens': {
        canaries.CANARY: 1, 'first': 'x'}}) == {
            'tokens': {'***': '***', 'first': '***'}}


def test_name_in_bytes_describes_a_value():
    """As a text would."""
    assert redact.Redactor().data({'name': b'password', 'value': 'x'}) == {
        'name': 'password', 'value': '***'}


def test_only_the_secret_column_is_masked():
    """Its neighbours tell a cause."""
    assert redact.Redactor().data(
        {'columns': ['host', 'password', 'state'],
         'rows': [['h1', 'x', 'up'], ['h2', 'y', 'down'], ['h3']]}) == {
             'columns': ['host', 'password', 'state'],
             'rows': [['h1', '***', 'up'], ['h2', '***', 'down'], ['h3']]}


def test_url_that_data_call_secret_shows_its_host():
    """A wrong host or vhost is a common cause."""
    url = 'rabbit://user:{}@h1:5672,other:{}@h2:5672/vhost'
    option = {'group': 'DEFAULT', 'name': 'transport_url', 'secret': True}
    assert redact.Redactor().data(
        {**option, 'value': url.format('x', 'y')}) == {
            **option, 'value': url.format('***', '***')}
    assert redact.Redactor().data(
        {**option, 'value': ['http://h/hook?key=x', 'x']}) == {
            **option, 'value': ['http://h/***?key=***', '***']}


def nested(times, lists):
    value = 'http://u:x@h/'
    for _ in range(times):
        value = [value] * lists
    return value


def test_what_data_call_secret_is_bounded_as_all_else():
    """However deep it is, and however often a list stands in others."""
    assert redact.Redactor().data(
        {'secret': True, 'value': nested(3, 1)}) == {
            'secret': True, 'value': [[['http://u:***@h/']]]}
    found = json.dumps(redact.Redactor().data(
        {'secret': True, 'value': nested(100_000, 1)}))
    assert '***' in found
    assert 'u:x' not in found
    with pytest.raises(redact.TooLarge):
        redact.Redactor().data(
            {'secret': True, 'value': nested(60, 2)}, limit_chars=10_000)


def test_url_by_a_secret_name_is_masked_as_a_whole():
    """A password may look like one; only what is flagged is an option's."""
    assert redact.Redactor().data(
        {'name': 'password', 'value': 'http://u:x@h/'}) == {
            'name': 'password', 'value': '***'}
