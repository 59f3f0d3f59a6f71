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

"""The section ``messaging`` for people, and what is unusual in it.

Computes on the data of the section, which are without secrets.
"""

from __future__ import annotations

from collections.abc import Iterator

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import phrases
from ceilometer.diagnostics import findings


def find(data: contents.Messaging) -> list[contents.Finding]:
    """What is unusual."""
    return [*_of_brokers(data), *_of_blocked(data)]


def _name(broker: contents.Broker) -> str:
    return f'the broker {broker["host"]}' if broker['host'] else 'the broker'


def _of_brokers(data: contents.Messaging) -> Iterator[contents.Finding]:
    for broker in data['brokers']:
        since, error = broker['down_since_usec'], broker['last_error']
        if since is None or error is None:
            continue
        tries = findings.count(broker['tries'], 'try', 'tries')
        text = f'{phrases.when(since, data["time_usec"])}, {tries}: '
        text += error['text']
        if broker['refused']:
            kind, state = 'broker-refused', 'refuses the login'
        elif 'timed out' in error['text'].lower():
            kind, state = 'broker-silent', 'does not answer'
        else:
            kind, state = 'broker-unreachable', 'is unreachable'
        yield findings.finding(
            kind, f'{_name(broker)} {state} since {text}',
            since=phrases.since(since), broker=broker['host'])


def _of_blocked(data: contents.Messaging) -> Iterator[contents.Finding]:
    since = data['blocked_since_usec']
    if since is not None:
        yield findings.finding(
            'broker-blocked',
            'the broker has blocked a connection since '
            f'{phrases.when(since, data["time_usec"])}: it takes no messages '
            f'({data["blocked_reason"] or "it does not say why"})',
            since=phrases.since(since))


def render(data: contents.Messaging) -> str:
    """Each transport, each broker, and what is connected to it."""
    now = data['time_usec']
    lines = [f'Not known: {text}' for text in data['unknown']]
    for transport in data['transports']:
        size = transport['connections']
        lines.append(
            f'{transport["driver"]} to {", ".join(transport["hosts"])}, '
            f'virtual host {transport["virtual_host"]}: '
            f'{"unknown" if size is None else size} connections to send with, '
            f'{transport["idle"]} idle')
    for connection in data['connections']:
        state = ('not known' if connection['connected'] is None
                 else 'connected' if connection['connected']
                 else 'not connected')
        lines.append(f'  connection to {connection["host"]} to '
                     f'{connection["purpose"]}: {state}')
    for broker in data['brokers']:
        error = broker['last_error']
        if error is None:
            continue
        words = [f'{_name(broker)}: {broker["reconnects"]} reconnects']
        if broker['reconnected_usec'] is not None:
            words.append(
                f'the last {phrases.when(broker["reconnected_usec"], now)}')
        words.append(f'last error {phrases.when(error["time_usec"], now)}: '
                     f'{error["text"]}')
        lines.append(', '.join(words))
    if data['blocked_times']:
        lines.append('blocked by the broker '
                     + findings.count(data['blocked_times'], 'time'))
    return '\n'.join(lines) or 'This process has no transport.'
