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

"""Section ``notifications``: where ceilometer-agent-notification listens.

Listeners and their connections are read from the worker's live service; what
they have taken, from :mod:`ceilometer.diagnostics.daemon.work`.
"""

from __future__ import annotations

from typing import Any

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import hooks
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import work
from ceilometer.diagnostics.daemon import work_told
from ceilometer.diagnostics.daemon import workers

#: Module of the daemon that is followed.
MODULE = 'oslo_messaging.notify.dispatcher'

#: How many listeners, exchanges, topics and queues are told of.
TOLD_MAX = 200


def collect(context: section.Context) -> section.Content:
    """Ask the worker's service, and what was counted."""
    service = context.daemon.worker_service
    moments = work_told.Moments()
    data: contents.Notifications = {
        'state': contents.DOES_NOT, 'time_usec': moments.usec(moments.now),
        'since_usec': context.daemon.armed_usec, 'listeners': [],
        'threads': [], 'unknown': []}
    if not any(kind.__name__ == 'NotificationService'
               for kind in type(service).__mro__):
        return section.Content(data=data)
    listeners = list(getattr(service, 'listeners', None) or ())
    data['state'] = (
        contents.STOPPING if workers.ends()
        else contents.LISTENS if listeners else contents.STARTS)
    age = max(moments.usec(moments.now) - data['since_usec'], 1) / 1e6
    for listener in listeners[:TOLD_MAX]:
        try:
            data['listeners'].append(_listener(listener, age, moments))
        except Exception as error:
            data['unknown'].append(
                f'a listener: {type(error).__name__}: {str(error)[:200]}')
    data['threads'] = work_told.working_threads(
        (work.TAKE, work.PUBLISH), moments)
    data['unknown'] += hooks.unknown(MODULE)
    return section.Content(data=data)


def _listener(listener: Any, age: float,
              moments: work_told.Moments) -> contents.Listener:
    """A listener of oslo.messaging; no lock of it is taken."""
    adapter = getattr(listener, 'listener', None)
    poll = getattr(adapter, '_poll_style_listener', None)
    connection = getattr(getattr(poll, 'conn', None), 'connection', None)
    kombu = getattr(connection, 'connection', None)
    thread = getattr(adapter, '_listen_thread', None)
    done = work.known(work.TAKE, (id(listener.dispatcher),))
    targets = list(listener.targets)
    return {
        **work_told.repeated(done, moments),
        'host': None if kombu is None else f'{kombu.hostname}:{kombu.port}',
        'virtual_host': getattr(kombu, 'virtual_host', None),
        'connected': getattr(kombu, 'connected', None),
        'exchanges': sorted({str(target.exchange) for target in targets}
                            )[:TOLD_MAX],
        'topics': sorted({str(target.topic) for target in targets})[:TOLD_MAX],
        'queues': sorted({str(consumer.queue_name) for consumer in list(
            getattr(connection, '_consumers', ()))})[:TOLD_MAX],
        'endpoints': [type(endpoint).__name__ for endpoint in
                      listener.dispatcher.endpoints][:TOLD_MAX],
        'thread_alive': None if thread is None else thread.is_alive(),
        'waiting': len(getattr(poll, 'incoming', ())),
        'messages': 0 if done is None else done.items_ever,
        'given_back': 0 if done is None else done.lost,
        'busy_share': 0.0 if done is None else round(done.busy / age, 3)}
