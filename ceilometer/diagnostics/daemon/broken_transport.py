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

"""Finds a message transport that the daemon cannot have, before it starts.

ceilometer-agent-notification finds out only when Keystone has answered. Here
the same is asked as there, of a configuration that is read for that alone: the
daemon's own stays as it is. What this does not know for sure it calls right.

Runs in the main thread of a master, before it has workers.
"""

from __future__ import annotations

from collections.abc import Iterator
import logging
from typing import Any

from oslo_config import cfg

from ceilometer.diagnostics.daemon import entry_points

LOG = logging.getLogger(__name__)

_GROUP = 'oslo_messaging_notifications'
# as oslo.messaging has it, with its old names
_OPTION = cfg.StrOpt('transport_url', secret=True, deprecated_opts=[
    cfg.DeprecatedOpt('notification_transport_url', group='DEFAULT')])

#: What nearly everybody has, and what need not be looked for.
_KNOWN = frozenset(('rabbit',))


def find(service: str, conf: Any) -> str | None:
    """What is wrong with the transports of a service.

    :param service: name of the daemon
    :param conf: its configuration, None if not known
    :returns: a sentence without secrets, None if nothing is
    """
    try:
        for option, url, transport_conf in _urls(service, conf):
            wrong = _wrong(transport_conf, url)
            if wrong is not None:
                return f'{option} is wrong: {wrong}'
    except Exception as error:
        LOG.debug('Diagnostics cannot check the message transports: %s',
                  type(error).__name__)
    return None


def _urls(service: str, conf: Any) -> Iterator[tuple[str, str | None, Any]]:
    """The options that name a transport, their values, and where to look."""
    if conf is None:
        return
    polls = service == 'ceilometer-polling'
    if polls and not getattr(conf.polling, 'enable_notifications', True):
        return
    own = cfg.ConfigOpts()
    own.register_opts([_OPTION], group=_GROUP)
    own([], project='ceilometer', default_config_files=conf.config_file,
        default_config_dirs=conf.config_dir or [])
    special = own[_GROUP].transport_url
    yield ((f'[{_GROUP}] transport_url' if special is not None
            else '[DEFAULT] transport_url'), special, own)
    for url in [] if polls else conf.notification.messaging_urls:
        yield '[notification] messaging_urls', url, own


def _wrong(conf: Any, url: str | None) -> str | None:
    # the daemon has imported it
    import oslo_messaging
    try:
        parsed = oslo_messaging.TransportURL.parse(conf, url)
    except oslo_messaging.InvalidTransportURL as error:
        # says what is missing, and not what is there
        return str(error)
    except ValueError:
        return 'it cannot be parsed'
    name = parsed.transport.partition('+')[0]
    if name not in _KNOWN and name not in {
            point.name for point in entry_points.of(
                'oslo.messaging.drivers')}:
        return f'oslo.messaging has no driver {name!r}'
    return None
