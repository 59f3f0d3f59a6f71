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

"""Section ``messaging``: connections to brokers, and since when one is away.

What is configured and connected is read from oslo.messaging's live objects,
without taking their locks; since when a broker is away, from what was logged
(:mod:`ceilometer.diagnostics.daemon.broker_watch`).
"""

from __future__ import annotations

from collections.abc import Iterator
import sys
from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import broker_watch
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import work
from ceilometer.diagnostics.daemon import work_told
from ceilometer.diagnostics import without_ids

#: How many transports and connections are told of.
CONNECTIONS_MAX = 200

#: What wants a broker tries again within 30 s. If nothing was logged for so
#: long, it is away only if no connection says otherwise.
QUIET_SECONDS = 60.0


def collect(context: section.Context) -> section.Content:
    """Ask the transports and listeners, and what was logged."""
    moments = work_told.Moments()
    data: contents.Messaging = {
        'time_usec': moments.usec(moments.now), 'transports': [],
        'connections': [], 'brokers': [], 'blocked_since_usec': None,
        'blocked_reason': None, 'blocked_times': broker_watch.blocked.times,
        'unknown': []}
    try:
        for transport in list(_transports())[:CONNECTIONS_MAX]:
            _add_transport(data, transport)
        for listener in list(getattr(
                context.daemon.worker_service, 'listeners', None) or ()):
            _add_listener(data, listener)
    except Exception as error:
        data['unknown'].append(
            f'connections: {type(error).__name__}: {str(error)[:200]}')
    _add_brokers(data, moments)
    data['blocked_since_usec'] = moments.maybe_usec(broker_watch.blocked.since)
    data['blocked_reason'] = broker_watch.blocked.reason
    return section.Content(data=data)


def _transports() -> Iterator[Any]:
    module = sys.modules.get('ceilometer.messaging')
    yield from list(getattr(module, 'TRANSPORTS', {}).values())


def _add_transport(data: contents.Messaging, transport: Any) -> None:
    driver = transport._driver
    url = getattr(driver, '_url', None)
    pool = getattr(driver, '_connection_pool', None)
    idle = [item[1] for item in list(getattr(pool, '_items', ()))]
    data['transports'].append({
        'driver': type(driver).__name__,
        'hosts': [f'{host.hostname}:{host.port or 5672}' for host in list(
            getattr(url, 'hosts', ()))],
        'virtual_host': getattr(url, 'virtual_host', None) or '/',
        'connections': getattr(pool, '_current_size', None),
        'idle': len(idle)})
    for connection in idle[:CONNECTIONS_MAX]:
        data['connections'].append(_connection('send', connection))


def _add_listener(data: contents.Messaging, listener: Any) -> None:
    poll = getattr(getattr(listener, 'listener', None),
                   '_poll_style_listener', None)
    connection = getattr(getattr(poll, 'conn', None), 'connection', None)
    if connection is not None:
        data['connections'].append(_connection('listen', connection))


def _connection(purpose: str, connection: Any) -> contents.BrokerConnection:
    """A connection of the driver, which has one of kombu."""
    kombu = getattr(connection, 'connection', None)
    return {
        'purpose': purpose,
        'host': f'{getattr(kombu, "hostname", None)}:'
                f'{getattr(kombu, "port", None)}',
        'connected': getattr(kombu, 'connected', None)}


def _add_brokers(data: contents.Messaging,
                 moments: work_told.Moments) -> None:
    hosts = {host for transport in data['transports']
             for host in transport['hosts']}
    sent = max((one.succeeded or 0.0 for one in work.works(work.SEND)),
               default=0.0)
    logged = dict(broker_watch.brokers())
    # the first connection does not say to whom it is
    nameless = logged.pop('', None)
    if nameless is not None:
        only = next(iter(hosts)) if len(hosts) == 1 else ''
        logged.setdefault(only, nameless)
    for host in sorted(hosts | set(logged)):
        broker = logged.get(host)
        if broker is None:
            broker = broker_watch.Broker()
        data['brokers'].append(_broker(host, broker, data, sent, moments))


def _broker(host: str, broker: broker_watch.Broker, data: contents.Messaging,
            sent: float, moments: work_told.Moments) -> contents.Broker:
    down_since, error_at = broker.down_since, broker.error_at
    if down_since is not None and error_at is not None:
        connected = any(one['connected'] and host in ('', one['host'])
                        for one in data['connections'])
        quiet = moments.now - error_at > QUIET_SECONDS
        # a message that was sent since then must have reached it
        if sent > error_at or (quiet and connected):
            down_since = None
    return {
        'host': host or None,
        'down_since_usec': moments.maybe_usec(down_since),
        'tries': broker.tries if down_since is not None else 0,
        'refused': broker.refused and down_since is not None,
        'last_error': None if error_at is None or broker.error is None else {
            'time_usec': moments.usec(error_at),
            'text': without_ids.text(broker.error),
            'kind': broker.error_kind},
        'reconnects': broker.reconnects,
        'reconnected_usec': moments.maybe_usec(broker.reconnected)}
