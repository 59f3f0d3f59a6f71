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

"""What is taken and published, on Ceilometer's own classes."""

from __future__ import annotations

import gc
import json
import pathlib
import re
import types
import typing
import weakref

from ceilometer.pipeline import base
from ceilometer.pipeline import sample as sample_pipeline
from oslo_messaging.notify import dispatcher
import pytest

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import notification_text
from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon.sections import notifications
from ceilometer.diagnostics.daemon.sections import pipelines
from ceilometer.diagnostics.daemon import work
from ceilometer.diagnostics.daemon import workers
from ceilometer.diagnostics import escape
from tests.inside import polling_agent


class NotificationService:
    """What a worker's service has, as far as it is read."""

    def __init__(self, managers: list[typing.Any],
                 listeners: list[typing.Any]) -> None:
        self.managers = managers
        self.listeners = listeners


def context(service: typing.Any) -> section.Context:
    """What sections are given in this worker."""
    daemon = process.Daemon('ceilometer-agent-notification', None)
    daemon.worker_service = service
    return section.Context(daemon)


def told_pipelines(*managers: typing.Any) -> tuple[
        contents.Pipelines, str, list[contents.Finding]]:
    """The section's data and text, and what is unusual in it."""
    data: typing.Any = pipelines.collect(
        context(NotificationService(list(managers), []))).data
    json.dumps(data)
    clean = escape.data(data)
    return (data, notification_text.render_pipelines(clean),
            notification_text.find_pipelines(clean))


@pytest.fixture
def manager(tmp_path: pathlib.Path) -> typing.Callable[..., typing.Any]:
    """Make pipelines of samples with publishers."""
    def make(*publishers: str) -> typing.Any:
        conf = polling_agent.configuration(tmp_path)
        path = tmp_path / 'pipeline.yaml'
        path.write_text(json.dumps({
            'sources': [{'name': 'all', 'meters': ['*'], 'sinks': ['out']}],
            'sinks': [{'name': 'out', 'publishers': list(publishers)}]}))
        conf.set_override('pipeline_cfg_file', str(path))
        return sample_pipeline.SamplePipelineManager(conf)

    return make


def publish(manager: typing.Any, count: int) -> None:
    """Have pipelines publish samples."""
    for pipeline in manager.pipelines:
        for publisher in pipeline.publishers:
            publisher.publish_samples(polling_agent.samples('x', count))


def test_publisher_that_works_is_counted(
        manager: typing.Callable[..., typing.Any],
        tmp_path: pathlib.Path) -> None:
    """The file has what is counted."""
    one = manager(f'file://{tmp_path}/samples?json')
    publish(one, 3)
    publish(one, 4)
    data, text, found = told_pipelines(one)
    assert not found
    (publisher,) = data['publishers']
    assert (publisher['loaded'], publisher['runs'], publisher['failed'],
            publisher['published'], publisher['lost']) == (True, 2, 0, 7, 0)
    assert publisher['kind'] == 'sample'
    assert data['published'] == 7
    assert data['pipelines'] == [{
        'pipeline': 'all:out', 'kind': 'sample', 'matches': ['*'],
        'publishers': [f'file://{tmp_path}/samples?json'], 'loaded': 1}]
    assert '7 published in 2 runs' in text
    lines = (tmp_path / 'samples').read_text().splitlines()
    assert len(lines) == 7


def test_publisher_that_is_refused(
        manager: typing.Callable[..., typing.Any]) -> None:
    """HttpPublisher logs it, with the payload, and raises nothing."""
    import http.server
    import threading

    class Refuses(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers['Content-Length']))
            self.send_response(500)
            self.send_header('Content-Length', '0')
            self.end_headers()

        def log_message(self, *given: typing.Any) -> None:
            pass

    with http.server.HTTPServer(('127.0.0.1', 0), Refuses) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        one = manager(f'http://127.0.0.1:{server.server_port}/x')
        publish(one, 5)
        publish(one, 5)
        server.shutdown()
    data, text, (finding,) = told_pipelines(one)
    assert data['publishers'][0]['lost'] == 10
    assert finding['kind'] == 'publisher-failing'
    assert re.fullmatch(
        r'publisher http://127.0.0.1:[0-9]+/x failed 2 of 2 times, since '
        r'[-0-9: ]+ UTC: HTTPError: 500 Server Error: .*', finding['sentence'])
    assert 'resource-1' not in text + json.dumps(data)


def test_publisher_that_cannot_be_loaded(
        manager: typing.Callable[..., typing.Any]) -> None:
    """Its pipeline has none then."""
    data, text, found = told_pipelines(manager('nosuch://'))
    kinds = {one['kind']: one['sentence'] for one in found}
    assert kinds['publisher-not-loaded'].startswith(
        'publisher nosuch:// could not be loaded: NoMatches: ')
    assert kinds['pipeline-without-publisher'] == (
        'pipeline all:out has no publisher: what it takes is dropped')
    assert not data['publishers'][0]['loaded']
    assert 'not loaded' in text


def test_publisher_can_go(manager: typing.Callable[..., typing.Any],
                          tmp_path: pathlib.Path) -> None:
    """Nothing keeps it, and what it does is unchanged."""
    class Publisher:
        """One of somebody else."""

        def publish_samples(self, samples: list[int]) -> int:
            """Publish them."""
            return len(samples)

    from ceilometer.diagnostics.daemon import notification_work
    one = Publisher()
    notification_work.follow(one, ('sample', 'x://'))
    assert one.publish_samples([1, 2]) == 2
    assert one.publish_samples.__name__ == 'publish_samples'
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None


class Incoming:
    """A message of the broker."""

    ctxt: typing.ClassVar[dict[str, str]] = {}

    def __init__(self, number: int) -> None:
        self.message = {
            'priority': 'INFO', 'publisher_id': 'x', 'event_type': 'y',
            'message_id': f'message-{number}', 'payload': {'id': number}}


class Endpoint:
    """Takes messages, or fails."""

    fails = False

    def info(self, messages: list[typing.Any]) -> None:
        """Take some."""
        if self.fails:
            raise ValueError('no')


def told_notifications(*listeners: typing.Any) -> tuple[
        contents.Notifications, str, list[contents.Finding]]:
    """The section's data and text, and what is unusual in it."""
    data: typing.Any = notifications.collect(
        context(NotificationService([], list(listeners)))).data
    json.dumps(data)
    clean = escape.data(data)
    return (data, notification_text.render_notifications(clean),
            notification_text.find_notifications(clean))


def listener(endpoint: Endpoint, connected: bool = True,
             alive: bool = True) -> typing.Any:
    """A listener with a dispatcher of oslo.messaging."""
    kombu = types.SimpleNamespace(hostname='10.0.0.5', port=5672,
                                  virtual_host='/v', connected=connected)
    consumer = types.SimpleNamespace(queue_name='notifications.info')
    connection = types.SimpleNamespace(connection=kombu, _consumers=[consumer])
    poll = types.SimpleNamespace(
        conn=types.SimpleNamespace(connection=connection), incoming=[1, 2])
    return types.SimpleNamespace(
        dispatcher=dispatcher.BatchNotificationDispatcher([endpoint], None),
        targets=[types.SimpleNamespace(exchange='nova',
                                       topic='notifications')],
        listener=types.SimpleNamespace(
            _poll_style_listener=poll, _listen_thread=types.SimpleNamespace(
                is_alive=lambda: alive)))


def test_messages_that_are_taken_are_counted() -> None:
    """What waits, and where it listens."""
    one = listener(Endpoint())
    one.dispatcher.dispatch([Incoming(1), Incoming(2)])
    one.dispatcher.dispatch([Incoming(3)])
    data, text, found = told_notifications(one)
    assert not found
    (told,) = data['listeners']
    assert (told['host'], told['virtual_host'], told['connected']) == (
        '10.0.0.5:5672', '/v', True)
    assert (told['runs'], told['messages'], told['given_back'],
            told['waiting']) == (2, 3, 0, 2)
    assert (told['exchanges'], told['topics'], told['queues'],
            told['endpoints']) == (['nova'], ['notifications'],
                                   ['notifications.info'], ['Endpoint'])
    assert 'connected, 3 messages taken' in text
    assert 'message-1' not in text + json.dumps(data)


def test_messages_that_are_given_back() -> None:
    """The endpoint fails, and oslo.messaging only logs that."""
    endpoint = Endpoint()
    endpoint.fails = True
    one = listener(endpoint)
    back = one.dispatcher.dispatch([Incoming(1), Incoming(2)])
    assert len(back) == 2
    data, _, (finding,) = told_notifications(one)
    assert data['listeners'][0]['given_back'] == 2
    assert re.fullmatch(
        'the listener to 10.0.0.5:5672 fails 1 time since [-0-9: ]+ UTC, and '
        'has given back 2 messages: ValueError: no', finding['sentence'])


@pytest.mark.parametrize(('connected', 'alive', 'kind'), [
    (False, True, 'listener-disconnected'), (True, False, 'listener-missing')])
def test_listener_that_is_lost(connected: bool, alive: bool,
                               kind: str) -> None:
    """Of its connection, or of its thread."""
    (finding,) = told_notifications(listener(
        Endpoint(), connected, alive))[2]
    assert finding['kind'] == kind


def test_worker_that_starts_is_not_unusual() -> None:
    """It reads definitions for many seconds, and has no listener yet."""
    data, text, found = told_notifications()
    assert data['state'] == contents.STARTS
    assert text.startswith('Starting, since ')
    assert not found


def test_worker_that_stops_is_not_unusual(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """At a reload, too, it stops its listeners one after the other."""
    told = []
    monkeypatch.setattr(workers, '_ends', False)
    workers._terminate(lambda: told.append(told_notifications(
        listener(Endpoint(), connected=False, alive=False))))
    ((data, text, found),) = told
    assert data['state'] == contents.STOPPING
    assert text.startswith('Stopping: ')
    assert '10.0.0.5:5672' in text
    assert not found


def test_work_is_none_of_other_managers() -> None:
    """A publisher manager of one purpose has publishers of its own."""
    assert base.PublisherManager.get.__wrapped__
    assert not list(work.works(work.LOAD))
