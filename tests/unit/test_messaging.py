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

"""What was logged of brokers, and what the section says of it."""

from __future__ import annotations

from collections.abc import Iterator
import logging
import re
import sys
import types
import typing

import pytest

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import broker_watch
from ceilometer.diagnostics.daemon import hooks
from ceilometer.diagnostics.daemon import log_watch
from ceilometer.diagnostics.daemon import messaging_text
from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon.sections import messaging
from ceilometer.diagnostics.daemon import work
from ceilometer.diagnostics import escape

HOST = '10.0.0.5:5672'
DRIVER = logging.getLogger(broker_watch.DRIVER)

# As oslo.messaging 14 to 18 have them.
UNREACHABLE = ('[%(connection_id)s] AMQP server on %(hostname)s:%(port)s is '
               'unreachable: %(err_str)s. Trying again in %(sleep_time)d '
               'seconds.')
CLOSED = ('[%(connection_id)s] AMQP server %(hostname)s:%(port)s closed the '
          'connection. Check login credentials: %(err_str)s')
RECONNECTED = ('[%(connection_id)s] Reconnected to AMQP server on '
               '%(hostname)s:%(port)s via [%(transport)s] client with port '
               '%(client_port)s.')
INFO = {'hostname': '10.0.0.5', 'port': 5672, 'transport': 'amqp',
        'connection_id': '5f3a6b1c-2d4e-4f6a-8b9c-0d1e2f3a4b5c',
        'client_port': None, 'sleep_time': 1.0}


class Pool:
    """As oslo.messaging's, as far as it is read."""

    def __init__(self, connected: bool) -> None:
        self._current_size = 2
        kombu = types.SimpleNamespace(
            hostname='10.0.0.5', port=5672, connected=connected)
        self._items = [(None, types.SimpleNamespace(connection=kombu))]


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Watch what is logged, and have a transport."""
    hooks.install()
    log_watch.start()
    hooks._reset()
    DRIVER.setLevel(logging.INFO)
    yield
    log_watch.stop()
    hooks.uninstall()


def transport(monkeypatch: pytest.MonkeyPatch, connected: bool,
              *hosts: str) -> None:
    """Have one transport."""
    url = types.SimpleNamespace(virtual_host='/v', hosts=[
        types.SimpleNamespace(hostname=host, port=5672)
        for host in hosts or ('10.0.0.5',)])
    driver = types.SimpleNamespace(_url=url, _connection_pool=Pool(connected))
    monkeypatch.setitem(sys.modules, 'ceilometer.messaging',
                        types.SimpleNamespace(TRANSPORTS={
                            'secret': types.SimpleNamespace(_driver=driver)}))


def told() -> tuple[contents.Messaging, str, list[contents.Finding]]:
    """The section's data and text, and what is unusual in it."""
    context = section.Context(process.Daemon('example', None))
    data: typing.Any = messaging.collect(context).data
    clean = escape.data(data)
    return data, messaging_text.render(clean), messaging_text.find(clean)


def fails(times: int = 1) -> None:
    """Log that the broker is away."""
    for _ in range(times):
        DRIVER.error(UNREACHABLE, {
            **INFO, 'err_str': ConnectionRefusedError(
                111, 'Connection refused')})


def test_idle_process_has_nothing_unusual(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has no transport either."""
    assert told()[1:] == ('This process has no transport.', [])
    transport(monkeypatch, True)
    data, text, found = told()
    assert not found
    assert data['transports'][0]['hosts'] == [HOST]
    assert data['connections'] == [
        {'purpose': 'send', 'host': HOST, 'connected': True}]
    assert f'connection to {HOST} to send: connected' in text


def test_broker_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Since when, how many tries, and why; a stale connection is no proof."""
    transport(monkeypatch, True)
    fails(12)
    data, text, (finding,) = told()
    assert finding['kind'] == 'broker-unreachable'
    assert re.fullmatch(
        f'the broker {HOST} is unreachable since [-0-9: ]+ UTC, 12 tries: '
        r'ConnectionRefusedError: \[Errno 111\] Connection refused',
        finding['sentence'])
    assert data['brokers'][0]['tries'] == 12
    assert '5f3a6b1c' not in text + str(data)


def test_broker_that_is_reached_again_is_not_away(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """How often, and when, is told."""
    transport(monkeypatch, True)
    fails(3)
    DRIVER.info(RECONNECTED, INFO)
    data, _, found = told()
    assert not found
    assert (data['brokers'][0]['reconnects'],
            data['brokers'][0]['down_since_usec']) == (1, None)
    assert data['brokers'][0]['last_error'] is not None
    fails(2)
    assert '2 tries' in told()[2][0]['sentence']


def test_sent_message_shows_that_the_broker_is_there(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Where INFO is not logged, nobody says that it was reached again."""
    transport(monkeypatch, True)
    fails()
    assert told()[2]
    work.end(work.begin(work.SEND, ('samples',)))
    assert not told()[2]


@pytest.mark.parametrize('quiet', [False, True])
@pytest.mark.parametrize('connected', [False, True])
def test_connection_counts_when_nothing_fails_any_more(
        monkeypatch: pytest.MonkeyPatch, connected: bool,
        quiet: bool) -> None:
    """Who wants the broker would try again, and log that it cannot."""
    transport(monkeypatch, connected)
    fails()
    if quiet:
        monkeypatch.setattr(messaging, 'QUIET_SECONDS', -1.0)
    assert bool(told()[2]) == (not (quiet and connected))


def test_first_connection_does_not_say_to_whom(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the only broker; of several, none is named."""
    transport(monkeypatch, False)
    DRIVER.error('Connection failed: %s (retrying in %s seconds)',
                 '[Errno 111] Connection refused', 2.0)
    assert told()[2][0]['sentence'].startswith(f'the broker {HOST} is ')
    transport(monkeypatch, False, 'one', 'two')
    assert told()[2][0]['sentence'].startswith('the broker is unreachable ')


@pytest.mark.parametrize('log', [
    lambda: DRIVER.error(CLOSED, {**INFO, 'err_str': 'Socket closed'}),
    lambda: DRIVER.error(UNREACHABLE, {
        **INFO, 'err_str': '(0, 0): (403) ACCESS_REFUSED - Login was refused'
    }),
])
def test_broker_that_refuses_the_login(
        monkeypatch: pytest.MonkeyPatch,
        log: typing.Callable[[], None]) -> None:
    """It is there, and the password is wrong."""
    transport(monkeypatch, False)
    log()
    (finding,) = told()[2]
    assert finding['kind'] == 'broker-refused'
    assert finding['sentence'].startswith(
        f'the broker {HOST} refuses the login since ')


@pytest.mark.parametrize(('error', 'kind'), [
    (TimeoutError('timed out'), 'broker-silent'),
    (type('OperationalError', (Exception,), {
        '__module__': 'kombu.exceptions'})('timed out'), 'broker-silent'),
    (ConnectionResetError(104, 'Connection reset by peer'),
     'broker-unreachable'),
    (ValueError('cannot be encoded'), None)],
    ids=['time', 'kombu', 'reset', 'payload'])
def test_notification_that_gets_no_answer(
        monkeypatch: pytest.MonkeyPatch, error: Exception,
        kind: str | None) -> None:
    """Who is silent is told only by what the notifier swallows."""
    transport(monkeypatch, False)
    for _ in range(2):
        try:
            raise error
        except Exception:
            logging.getLogger(broker_watch.NOTIFIER).exception(
                'Could not send notification to %(topic)s. '
                'Payload=%(message)s', {'topic': 'telemetry', 'message': {}})
    found = told()[2]
    assert [one['kind'] for one in found] == ([kind] if kind else [])
    if kind == 'broker-silent':
        assert re.fullmatch(
            f'the broker {HOST} does not answer since [-0-9: ]+ UTC, 2 tries: '
            r'\w+: timed out', found[0]['sentence'])


def test_notification_that_is_refused(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver logs nothing, and the notifier swallows it."""
    transport(monkeypatch, False)
    try:
        raise PermissionError('(0, 0): (403) ACCESS_REFUSED - Login was '
                              'refused using authentication mechanism PLAIN')
    except PermissionError:
        logging.getLogger(broker_watch.NOTIFIER).exception(
            'Could not send notification to %(topic)s. Payload=%(message)s',
            {'topic': 'telemetry', 'message': {'project_id': 'p'}})
    assert told()[2][0]['kind'] == 'broker-refused'


def test_broker_that_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it says otherwise."""
    transport(monkeypatch, True)
    DRIVER.error('The broker has blocked the connection: %s',
                 'low on memory')
    data, _, (finding,) = told()
    assert finding['kind'] == 'broker-blocked'
    assert 'it takes no messages (low on memory)' in finding['sentence']
    assert data['blocked_times'] == 1
    DRIVER.info('The broker has unblocked the connection')
    assert not told()[2]


def test_brokers_are_bounded() -> None:
    """However many names there are."""
    for number in range(broker_watch.BROKERS_MAX + 9):
        DRIVER.error(UNREACHABLE, {**INFO, 'port': number, 'err_str': 'x'})
    assert len(broker_watch.brokers()) == broker_watch.BROKERS_MAX
