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

"""Finds and masks the credentials that URLs hold.

Pure functions, for any process and thread; they raise nothing for any text.
"""

from __future__ import annotations

import re
from urllib import parse

from ceilometer.diagnostics.secrets import secret_names

_RUN = re.compile(r'\S*')
_SCHEME = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*://')


def passwords(value: str) -> list[str]:
    """The passwords in the URLs that a value holds.

    :param value: one whole value, as an option or a variable holds it; the
        password may hold any character, also white space
    """
    secrets = []
    for run in re.findall(r'://(.*)@', value, re.DOTALL):
        for credentials in re.split(r'@[^,]*,(?:[a-z+]+://)?', run):
            user, colon, password = credentials.partition(':')
            secrets.append(password if colon else user)
        # also as it is if the password itself holds what parts credentials
        secrets.append(run.partition(':')[2])
    return [form for secret in secrets if secret
            for form in {secret, parse.unquote(secret)}]


def mask(text: str) -> str:
    """Mask the credentials of each URL in a text.

    All between ``://`` and the last ``@`` before white space is taken for
    credentials, because a password may hold anything; of a list
    ``user:password@host,user:password@host`` users and hosts stay readable.
    """
    masked = []
    at = 0
    while (found := text.find('://', at)) >= 0:
        run_match = _RUN.match(text, found + 3)
        run = run_match[0] if run_match else ''
        credentials, sign, _ = run.rpartition('@')
        masked.append(text[at:found + 3])
        if sign:
            masked.append(_mask_credentials(credentials) + sign)
            at = found + 3 + len(credentials) + 1
        else:
            masked.append(run)
            at = found + 3 + len(run)
    masked.append(text[at:])
    return ''.join(masked)


def _mask_credentials(credentials: str) -> str:
    segments = credentials.split(',')
    masked = []
    for number, segment in enumerate(segments):
        # a list may name the scheme again: a://b:c@d,a://e:f@g
        named = number and _SCHEME.match(segment)
        scheme = named[0] if named else ''
        rest = segment[len(scheme):]
        pair, sign, host = rest.rpartition('@')
        if number == len(segments) - 1:
            # what stands before the sign that ended the search
            pair, sign, host = rest, '', ''
        elif not sign:
            # not a list of user:password@host: no part of it can be trusted
            return secret_names.MASK
        user, colon, _ = pair.partition(':')
        masked.append(scheme + (f'{user}:' if colon else '')
                      + secret_names.MASK + sign + host)
    return ','.join(masked)


def mask_secret(value: str) -> str:
    """What a secret URL may show: its scheme, user, host and port.

    :param value: an option that is secret as a whole, such as oslo.messaging's
        transport_url: path and query may hold a secret too
    """
    scheme = _SCHEME.match(value)
    if scheme is None:
        return secret_names.MASK
    # one whole value: its password may hold white space as well
    credentials, sign, place = value[scheme.end():].rpartition('@')
    found = re.match(r'[^/?#\s]*', place)
    place_text = found[0] if found else ''
    beyond = place[len(place_text):]
    return (scheme[0] + (_mask_credentials(credentials) if sign else '')
            + sign + place_text
            + (f'/{secret_names.MASK}' if beyond.strip('/') else beyond))
