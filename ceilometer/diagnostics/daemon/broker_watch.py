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

"""What oslo.messaging logs of its connections to brokers.

Nothing else tells since when a broker is away, or that it has blocked a
connection. Runs in the threads that log; keeps texts and numbers, of a bounded
number of brokers, and takes no lock.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from ceilometer.diagnostics.daemon import error_text

#: Logger of the driver, which has connections.
DRIVER = 'oslo.messaging._drivers.impl_rabbit'

#: Logger of what sends notifications, and swallows that it cannot.
NOTIFIER = 'oslo_messaging.notify.messaging'

#: How many brokers are remembered; the oldest is forgotten for a further one.
BROKERS_MAX = 100

# What brokers say to those that they do not let in.
_REFUSED = ('ACCESS_REFUSED', 'NOT_ALLOWED', 'AccessRefused', 'NotAllowed')


# What kombu raises where a broker cannot be reached, or says nothing.
_OF_CONNECTION = 'kombu.exceptions.OperationalError'


class Broker:
    """A broker that connections had trouble with.

    Times are those of time.monotonic(), seconds.

    :ivar down_since: when the first of the last failures came, None if it has
        been reached since then
    :ivar tries: how many failures came since then
    :ivar refused: whether it did not let us in
    :ivar error: the last one
    :ivar error_kind: full name of the exception's class, if it is known
    :ivar error_at: when that was
    :ivar reconnects: how often it was reached again
    :ivar reconnected: when that was the last time
    """

    __slots__ = ('down_since', 'error', 'error_at', 'error_kind',
                 'reconnected', 'reconnects', 'refused', 'tries')

    def __init__(self) -> None:
        self.down_since: float | None = None
        self.tries = 0
        self.refused = False
        self.error: str | None = None
        self.error_kind: str | None = None
        self.error_at: float | None = None
        self.reconnects = 0
        self.reconnected: float | None = None


class Blocked:
    """Whether a broker takes nothing, because it runs out of something.

    :ivar since: when it said so, None if it takes all again
    :ivar reason: what it said
    :ivar times: how often it said so
    """

    def __init__(self) -> None:
        self.since: float | None = None
        self.reason: str | None = None
        self.times = 0


_brokers: dict[str, Broker] = {}
blocked = Blocked()


def reset() -> None:
    """Forget all; called in a new process, in its only thread."""
    _brokers.clear()
    blocked.__init__()  # type: ignore[misc]


def brokers() -> list[tuple[str, Broker]]:
    """By ``host:port``, empty where that was not logged; for any thread."""
    return list(_brokers.items())


def logged_by_driver(record: logging.LogRecord) -> None:
    """Look at a record of :data:`DRIVER`."""
    message = str(record.msg)
    args: Any = record.args
    if isinstance(args, dict):
        if args.get('hostname') is None:
            return
        host = f'{args["hostname"]}:{args.get("port")}'
        if record.levelno >= logging.ERROR and 'err_str' in args:
            _fails(host, args['err_str'], 'login credentials' in message)
        elif 'Reconnected' in message:
            _reached(host)
    elif message.startswith('Connection failed') and args:
        # its first connection: it does not say to whom
        _fails('', args[0], False)
    elif 'has blocked the connection' in message:
        if blocked.since is None:
            blocked.since = time.monotonic()
        blocked.times += 1
        blocked.reason = str(args[0])[:200] if args else None
    elif 'has unblocked the connection' in message:
        blocked.since = None


def logged_by_notifier(record: logging.LogRecord) -> None:
    """Look at a record of :data:`NOTIFIER`: why nothing can be sent."""
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is not None:
        text = error_text.of_exception(error)
        # what cannot be encoded is no trouble with a broker
        if (isinstance(error, OSError)
                or error_text.kind_of(error) == _OF_CONNECTION
                or 'Unable to connect' in text
                or any(word in text for word in _REFUSED)):
            _fails('', error, False)


def _fails(host: str, error: object, refused: bool) -> None:
    broker = _brokers.get(host)
    if broker is None:
        while len(_brokers) >= BROKERS_MAX:
            _brokers.pop(next(iter(_brokers)), None)
        broker = _brokers[host] = Broker()
    now = time.monotonic()
    if broker.down_since is None:
        broker.down_since = now
        broker.tries = 0
    broker.tries += 1
    broker.error_at = now
    if isinstance(error, BaseException):
        broker.error = error_text.of_exception(error)
        broker.error_kind = error_text.kind_of(error)
    else:
        broker.error = error_text.of_text(str(error))
        broker.error_kind = None
    broker.refused = refused or any(
        word in broker.error for word in _REFUSED)


def _reached(host: str) -> None:
    broker = _brokers.get(host)
    now = time.monotonic()
    # a new connection is not blocked until the broker says so again
    blocked.since = None
    for each in (broker, _brokers.get('')):
        if each is not None:
            each.down_since = None
            each.reconnects += 1
            each.reconnected = now
