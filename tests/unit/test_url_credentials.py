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

"""Credentials of URLs are found and masked."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics.secrets import url_credentials

CANARY = 'xK9-canary-77q'


def test_users_and_hosts_of_urls_stay():
    """It can be told which broker a service talks to, and as whom."""
    assert url_credentials.mask('rabbit://a:x@h1:1,b:y@h2:2/v z') == (
        'rabbit://a:***@h1:1,b:***@h2:2/v z')


@hypothesis.given(strategies.text(max_size=20), strategies.text(
    max_size=20))
def test_password_in_a_secret_url_never_survives(before, after):
    """In an option that is a secret URL it may even hold white space."""
    url = f'rabbit://user:{before}{CANARY}{after}@host:5672/vhost'
    assert CANARY not in url_credentials.mask_secret(url)


@hypothesis.given(strategies.text(min_size=1, max_size=20))
def test_password_in_a_secret_url_is_told_as_a_secret(password):
    """What the configuration's URLs hold is known by value."""
    found = url_credentials.passwords(f'rabbit://u:{password}@h/')
    assert password in found


@pytest.mark.parametrize('url', [
    'rabbit://u:pass@word@h/', 'rabbit://a:other@h1,b:pass@word@h2/',
    'rabbit://u:pass@word@h1,u:x@h2/v'])
def test_password_with_a_raw_sign_is_told_as_a_secret(url):
    """Wherever a reader of the URL takes it to end."""
    assert {'pass', 'pass@word'} <= set(url_credentials.passwords(url))


def test_password_of_a_url_is_known_as_it_is_meant():
    """What is quoted in the URL is used without the quotes."""
    found = url_credentials.passwords('rabbit://u:a%2Fb%40c@h/')
    assert {'a%2Fb%40c', 'a/b@c'} <= set(found)


@pytest.mark.parametrize(('url', 'shown'), [
    ('rabbit://u:p@h:5672/v', 'rabbit://u:***@h:5672/v'),
    ('rabbit://u:p@h/v?ssl=x&key=y', 'rabbit://u:***@h/v?ssl=***&key=***'),
    ('rabbit://u:p@x@h:5672/v', 'rabbit://u:***@h:5672/v'),
    ('rabbit://u:p@h/a/b', 'rabbit://u:***@h/***'),
    ('https://hooks.example.org/T0/B1', 'https://hooks.example.org/***'),
    ('https://h/?xyz', 'https://h/?***'),
    ('rabbit://u:p@h:5672//', 'rabbit://u:***@h:5672//'),
    ('rabbit://u:p1@h1,v:p2@h2/', 'rabbit://u:***@h1,v:***@h2/'),
    ('rabbit://h/', 'rabbit://h/'), ('fake://', 'fake://'),
    ('rabbit://u:a b@h/', 'rabbit://u:***@h/'),
    ('p4ss', '***'), ('1://x', '***'),
    ('https://h/?token=x', 'https://h/?token=***')])
def test_secret_url_shows_where_it_leads(url, shown):
    """Of a secret URL scheme, user, host and port stay readable."""
    assert url_credentials.mask_secret(url) == shown
