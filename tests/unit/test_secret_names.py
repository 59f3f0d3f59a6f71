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

"""Names that say that a value is secret."""

from __future__ import annotations

import pytest

from ceilometer.diagnostics.secrets import secret_names


@pytest.mark.parametrize(('name', 'secret'), [
    ('password', True), ('admin_pass', True), ('OS_TOKEN', True),
    ('secretKey', True), ('rabbit_password', True), ('apikey', True),
    ('credentials', True), ('--os-auth-token', True), ('X-Auth-Token', True),
    ('password_file', False), ('token_cache_time', False), ('', False),
    ('key_id', False), ('monkey', False), ('passing', False),
    ('userPass', True), ('HTTPTokenValue', True), ('keyFile', False),
    ('keystone_authtoken', True), ('compass', False), ('keystone', False),
    ('pw', True), ('my_pw', True), ('mypw', True), ('bindpw', True),
    ('creds', True), ('pgpass', True), ('jwt', True), ('psk', True),
    ('otp', True), ('pin', True), ('pins_max', False), ('secret_id', True),
    ('X-Amz-Credential', True), ('X-Amz-Signature', True), ('tokenId', True),
    ('access_key_id', False), ('snmp_community', True), ('password2', True),
    ('passwordHash', True), ('routing_key', False), ('KeyError', False),
    ('InvalidToken', False),
    ('AuthorizationFailure', False), ('private_key', True),
    ('bypass', False), ('spin', False), ('mapping', False),
    ('author', False), ('token_endpoint', False)])
def test_secret_names_are_told_by_their_words(name, secret):
    """Words are parted by marks and by capital letters."""
    assert secret_names.is_secret(name) == secret


@pytest.mark.parametrize(('name', 'perhaps'), [
    ('key', True), ('keys', True), ('x_signature', True), ('sig', True),
    ('auth', True), ('http_auth', True), ('session', True), ('mykey', True),
    ('volume_key', True), ('monkey', False), ('primary_key', False),
    ('sort_keys', False), ('design', False), ('password', False)])
def test_some_names_leave_it_to_the_value(name, perhaps):
    """What a key opens, or finds, the name alone does not say."""
    assert (secret_names.says(name) is secret_names.Says.PERHAPS) == perhaps
