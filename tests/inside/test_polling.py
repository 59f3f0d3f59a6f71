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

"""What a worker that polls does, counted on Ceilometer's own classes."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import gc
import importlib
import json
import logging
import pathlib
import re
import socket
import threading
from typing import Any
import weakref

import pytest

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import hooks
from ceilometer.diagnostics.daemon import log_watch
from ceilometer.diagnostics.daemon import polling_text
from ceilometer.diagnostics.daemon.sections import polling
from ceilometer.diagnostics.daemon import work
from ceilometer.diagnostics import escape
from tests.inside import polling_agent
from tests import limits

SOURCE = {'name': 'host', 'interval': 10, 'meters': ['demo.*'],
          'resources': ['r1', 'r2']}


@pytest.fixture
def agent(tmp_path: pathlib.Path) -> Iterator[
        Callable[..., polling_agent.Agent]]:
    """Make workers; call it with what pollsters do, by name."""
    made: list[polling_agent.Agent] = []

    def make(*sources: dict[str, Any], **pollsters: Any,
             ) -> polling_agent.Agent:
        made.append(polling_agent.Agent(
            tmp_path, {f'demo.{name}': polls
                       for name, polls in pollsters.items()},
            sources or (SOURCE,)))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def told(one: polling_agent.Agent) -> tuple[contents.Polling, str]:
    """The section's data and text, as a report has them."""
    data: Any = polling.collect(one.context()).data
    json.dumps(data)
    return data, polling_text.render(escape.data(data))


def found(data: contents.Polling) -> dict[str, contents.Finding]:
    """What is unusual, by kind."""
    return {one['kind']: one for one in polling_text.find(escape.data(data))}


def started(one: polling_agent.Agent, event: threading.Event) -> None:
    """Have a worker poll, as it does by itself, until something happens."""
    one.start()
    one.manager.start_polling_tasks()
    assert event.wait(limits.EVENT_SECONDS)


def polled(one: polling_agent.Agent, times: int = 1) -> None:
    """Have a worker poll so often, in this thread, as its tasks would."""
    one.start()
    for _ in range(times):
        for task in one.tasks().values():
            one.manager.interval_task(task)


def pollsters(data: contents.Polling) -> dict[str, contents.Pollster]:
    """The pollsters of a section, by name."""
    return {item['pollster']: item for item in data['pollsters']}


def until(event: Callable[[], bool]) -> None:
    """Wait for something that another thread is about to do."""
    stop = threading.Event()
    for _ in range(int(limits.EVENT_SECONDS * 100)):
        if event():
            return
        stop.wait(0.01)
    raise AssertionError('it did not come')


def test_flow_is_counted(agent: Callable[..., polling_agent.Agent]) -> None:
    """Runs, resources and samples of a pollster, what is sent, when next."""
    done = threading.Event()

    def polls(resources: list[Any]) -> Iterator[Any]:
        yield from polling_agent.samples('demo.plain', 120)
        done.set()

    one = agent(plain=polls)
    started(one, done)
    until(lambda: any(item.ended for item in work.works(work.CYCLE)))
    until(lambda: bool(
        (found := told(one)[0]['cycles'])
        and found[0]['next_in_seconds'] is not None))
    data, text = told(one)
    assert (data['state'], data['host'], data['unknown']) == (
        'polling', 'node1', [])
    assert data['sources'] == [{
        'source': 'host', 'interval_seconds': 10.0, 'meters': ['demo.*'],
        'pollsters': 1, 'static_resources': 2, 'discovery': []}]
    assert data['loaded'] == ['demo.plain']
    (cycle,) = data['cycles']
    assert (cycle['interval_seconds'], cycle['runs'], cycle['failed']) == (
        10.0, 1, 0)
    assert cycle['running_since_usec'] is None
    assert cycle['overdue_seconds'] is None
    assert cycle['last_start_usec'] and cycle['last_end_usec']
    assert 0 < (cycle['next_in_seconds'] or 0) <= 10
    (pollster,) = data['pollsters']
    assert (pollster['runs'], pollster['failed'], pollster['samples'],
            pollster['samples_ever'], pollster['switched_off']) == (
                1, 0, 120, 120, 0)
    # older versions do not tell
    assert pollster['resources'] in (2, None)
    # in batches of 50
    assert (data['batches_sent'], data['samples_sent'],
            data['samples_lost']) == (3, 120, 0)
    assert text.startswith('120 samples sent in 3 messages, the last ')
    assert 'demo.plain of source host: 1 run' in text
    assert not found(data)


@pytest.mark.parametrize('threads', ['threading', 'eventlet.green.threading'])
def test_pollster_that_raises(
        agent: Callable[..., polling_agent.Agent],
        monkeypatch: pytest.MonkeyPatch, threads: str) -> None:
    """It fails, although Ceilometer swallows that; the others do not.

    Also with what oslo.log has records made by where eventlet is there.
    """
    monkeypatch.setattr(logging, 'threading', importlib.import_module(threads))

    def fails(resources: list[Any]) -> Any:
        raise ValueError(
            'device 6e9c3ffb-53b8-4a2f-8d26-2e87b2b4c1aa is gone')

    one = agent(raising=fails, plain=lambda resources:
                polling_agent.samples('demo.plain', 1))
    polled(one, 2)
    one.plan()
    data, text = told(one)
    raising = pollsters(data)['demo.raising']
    assert (raising['runs'], raising['failed'],
            raising['failed_in_a_row']) == (2, 2, 2)
    assert raising['last_error'] == {
        'time_usec': raising['last_end_usec'], 'kind': 'builtins.ValueError',
        'text': 'ValueError: device … is gone'}
    assert raising['failing_since_usec'] is not None
    assert pollsters(data)['demo.plain']['failed'] == 0
    assert data['cycles'][0]['failed'] == 0
    assert 'ValueError: device … is gone' in text
    (finding,) = found(data).values()
    assert finding['kind'] == 'pollster-failing'
    assert re.fullmatch(
        'demo.raising of source host failed 2 times since [0-9:]+ UTC: '
        'ValueError: device … is gone', finding['sentence'])
    assert finding['since'] is not None


def test_success_ends_a_failure(
        agent: Callable[..., polling_agent.Agent]) -> None:
    """What failed once and works again is a number, and nothing more."""
    answers: list[Any] = [ValueError('once'), None]

    def polls(resources: list[Any]) -> Any:
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        return polling_agent.samples('demo.x', 3)

    one = agent(x=polls)
    polled(one, 2)
    one.plan()
    pollster = pollsters(told(one)[0])['demo.x']
    assert (pollster['runs'], pollster['failed']) == (2, 1)
    assert pollster['failing_since_usec'] is None
    assert pollster['last_error'] is not None
    assert 'once' not in told(one)[1]
    assert not found(told(one)[0])


def test_permanent_error_switches_a_pollster_off(
        agent: Callable[..., polling_agent.Agent]) -> None:
    """How many resources are polled no more; which, nobody is told."""
    from ceilometer.polling import plugin_base

    def polls(resources: list[Any]) -> Any:
        raise plugin_base.PollsterPermanentError(resources)

    ended = threading.Event()

    def plain(resources: list[Any]) -> Iterator[Any]:
        yield from polling_agent.samples('demo.plain', 1)
        ended.set()

    one = agent(permanent=polls, plain=plain)
    started(one, ended)
    until(lambda: pollsters(told(one)[0])['demo.permanent']['runs'] == 1)
    data, text = told(one)
    assert pollsters(data)['demo.permanent']['switched_off'] == 2
    assert pollsters(data)['demo.plain']['switched_off'] == 0
    assert 'switched off for 2 resources' in text
    assert 'r1' not in json.dumps(data) + text
    (finding,) = found(data).values()
    assert (finding['kind'], finding['sentence']) == (
        'pollster-switched-off', 'demo.permanent of source host no longer '
        'polls 2 resources, because of a permanent error, until a restart')


def test_pollster_that_hangs(
        agent: Callable[..., polling_agent.Agent]) -> None:
    """The thread that works on it, and since when; the cycle runs on."""
    reached, leave = threading.Event(), threading.Event()

    def hangs(resources: list[Any]) -> Any:
        reached.set()
        leave.wait(limits.EVENT_SECONDS)
        return []

    one = agent(hang=hangs)
    try:
        started(one, reached)
        data, text = told(one)
        works = {thread['kind']: thread for thread in data['threads']}
        assert works['poll']['work'] == 'demo.hang of source host'
        assert works['poll']['since_usec'] == pollsters(
            data)['demo.hang']['running_since_usec']
        assert data['cycles'][0]['running_since_usec'] is not None
        assert data['cycles'][0]['next_in_seconds'] is None
        assert ('Threads at work:' in text
                and 'demo.hang of source host, since' in text)
        # a moment after its start, it does not hang yet
        assert not found(data)
        later: Any = {**data, 'time_usec': data['time_usec'] + 25_000_000}
        assert found(later)['pollster-hanging']['sentence'] == (
            f'{works["poll"]["thread"]} works on demo.hang of source host '
            'since 25 s, the interval is 10 s')
    finally:
        leave.set()
    until(lambda: not told(one)[0]['threads'])


def test_cycle_that_fails_as_a_whole(
        agent: Callable[..., polling_agent.Agent]) -> None:
    """As it does where coordination is lost, before any pollster."""
    class Lost:
        def run_watchers(self) -> None:
            raise ConnectionError('no memcached at 127.0.0.1:11211')

        def stop(self) -> None:
            pass

    one = agent(plain=lambda resources: [])
    one.manager.partition_coordinator = Lost()
    with pytest.raises(ConnectionError):
        polled(one)
    one.plan()
    (cycle,) = told(one)[0]['cycles']
    assert (cycle['runs'], cycle['failed']) == (1, 1)
    assert cycle['last_error'] is not None
    assert cycle['last_error']['text'] == (
        'ConnectionError: no memcached at 127.0.0.1:11211')
    assert pollsters(told(one)[0])['demo.plain']['runs'] == 0
    assert found(told(one)[0])['cycle-failing']['sentence'].startswith(
        'the poll of every 10 s fails as a whole, 1 time since ')


def test_source_that_matches_nothing(
        agent: Callable[..., polling_agent.Agent]) -> None:
    """There is nothing to run for it."""
    one = agent({'name': 'typo', 'interval': 60, 'meters': ['dmeo.*']},
                plain=lambda resources: [])
    one.start()
    one.manager.start_polling_tasks()
    assert one.manager.polling_periodics is None
    data, text = told(one)
    assert data['sources'][0]['pollsters'] == 0
    assert 'Source typo matches no loaded pollster; meters: dmeo.*' in text
    assert found(data)['source-without-pollster']['sentence'] == (
        'source typo matches no loaded pollster; its meters: dmeo.*')


def test_samples_that_could_not_be_sent(
        agent: Callable[..., polling_agent.Agent],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """oslo.messaging logs it, with the payload, and raises nothing."""
    one = agent(plain=lambda resources:
                polling_agent.samples('demo.plain', 60))
    one.start()

    def refuse(*arguments: Any, **named: Any) -> None:
        raise ConnectionRefusedError(111, 'Connection refused')

    monkeypatch.setattr(one.manager.notifier.transport, '_send_notification',
                        refuse)
    polled(one)
    one.plan()
    data, text = told(one)
    assert (data['samples_sent'], data['samples_lost'],
            data['batches_sent']) == (0, 60, 0)
    assert 'resource-1' not in text + json.dumps(data)
    assert '60 lost' in text
    assert found(data)['samples-lost']['sentence'] == (
        '60 samples could not be sent and are lost; 0 were sent')
    # an hour later, with none lost since, it is history
    later: Any = {**data, 'time_usec': data['time_usec'] + 3_600_000_000}
    assert 'samples-lost' not in found(later)
    (sent,) = work.works(work.SEND)
    assert sent.error == (
        'ConnectionRefusedError: [Errno 111] Connection refused')


def test_worker_that_starts(agent: Callable[..., polling_agent.Agent]) -> None:
    """It has read no polling.yaml yet; that is no fault."""
    data, text = told(agent(plain=lambda resources: []))
    assert data['state'] == contents.STARTS
    assert text.startswith('Starting, since ')
    assert not found(data)


def test_nothing_of_the_daemon_is_kept(
        agent: Callable[..., polling_agent.Agent],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """What was polled, and who did it, can go when the daemon lets go."""
    class Resource:
        pass

    given = [Resource()]
    seen = weakref.ref(given[0])

    def fails(resources: list[Any]) -> Any:
        raise ValueError(given[0])

    one = agent(fails=fails)
    # pytest keeps what is logged, and so what was raised
    root = logging.getLogger()
    monkeypatch.setattr(root, 'handlers', [
        handler for handler in root.handlers if log_watch.is_own(handler)])
    polled(one)
    manager = weakref.ref(one.manager)
    given.clear()
    for cell in agent.__closure__ or ():
        if isinstance(cell.cell_contents, list):
            # the fixture keeps the agent
            cell.cell_contents.clear()
    del one
    gc.collect()
    assert list(work.works(work.POLL))[0].failed == 1
    assert seen() is None
    assert manager() is None


def test_memory_is_bounded() -> None:
    """However many names come, as of pollsters that come and go."""
    for number in range(work.WORKS_MAX + 50):
        work.end(work.begin(work.POLL, ('source', f'pollster-{number}')))
    kept = list(work.works(work.POLL))
    assert len(kept) == work.WORKS_MAX
    assert kept[-1].key == ('source', f'pollster-{work.WORKS_MAX + 49}')
    assert not work.doings()


def test_function_that_is_called_otherwise(
        agent: Callable[..., polling_agent.Agent]) -> None:
    """A later version may pass other arguments: it works, and it is said."""
    one = agent(plain=lambda resources: [])
    one.start()
    seen = []
    from ceilometer.diagnostics.daemon import polling_work
    assert polling_work.poll(
        lambda *given, **named: seen.append((given, named)) or 7, None,
        (1, 2), {'source': 'x'}) == 7
    assert seen == [((1, 2), {'source': 'x'})]
    if 'Resources.key' not in str(hooks.unknown(polling.MODULE)):
        assert any('what each pollster does' in text
                   for text in told(one)[0]['unknown'])


def test_hooks_that_are_missing_are_told(
        agent: Callable[..., polling_agent.Agent],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """The section stays; what it cannot tell, it says."""
    from ceilometer.diagnostics.daemon import interpose
    monkeypatch.setitem(
        interpose.missing, (polling.MODULE, 'PollingTask._send_notification'),
        'no such function')
    one = agent(plain=lambda resources: [])
    one.start()
    data, text = told(one)
    assert data['unknown'] == ['which samples are sent: no such function']
    assert 'Not known: which samples are sent: no such function' in text


def test_discovery_that_finds_nothing(
        agent: Callable[..., polling_agent.Agent]) -> None:
    """With a reason it is unusual; without, the host may just be empty."""
    one = agent({'name': 'cloud', 'interval': 10, 'meters': ['demo.*'],
                 'discovery': ['nowhere']}, plain=lambda resources: [])
    polled(one)
    one.plan()
    data, _ = told(one)
    if pollsters(data)['demo.plain']['resources'] is not None:
        assert found(data)['source-without-resources']['sentence'] == (
            'demo.plain of source cloud: its discovery found no resource: '
            'Unknown discovery extension: nowhere')
    pollsters(data)['demo.plain']['last_warning'] = None
    assert not found(data)


def test_keystone_that_refuses(
        agent: Callable[..., polling_agent.Agent]) -> None:
    """All pollsters that need it are one finding."""
    from keystoneauth1 import exceptions

    def fails(manager: Any, parameter: Any) -> Any:
        raise exceptions.Unauthorized('The request you have made requires '
                                      'authentication.')

    from ceilometer.polling import plugin_base
    from stevedore import extension

    class Images(plugin_base.DiscoveryBase):
        discover = staticmethod(fails)

    one = agent({'name': 'cloud', 'interval': 10, 'meters': ['demo.*'],
                 'discovery': ['images']}, size=lambda resources: [],
                count=lambda resources: [])
    one.manager.discoveries = [extension.Extension(
        'images', None, Images, Images(one.conf))]
    polled(one)
    one.plan()
    data, _ = told(one)
    kinds = found(data)
    assert set(kinds) == {'keystone-failing'}
    assert re.fullmatch(
        'Keystone fails: 2 pollsters of source cloud get nothing, 1 time '
        'since [0-9:]+ UTC: Unauthorized: The request you have made requires '
        r'authentication. \(HTTP 401\)',
        kinds['keystone-failing']['sentence'])


def needing_keystone(texts: list[tuple[str, str]]) -> contents.Polling:
    """A section with pollsters that failed for want of it.

    :param texts: the source of each, and the text of its error
    """
    made: Any = {
        'state': contents.POLLS, 'time_usec': 60_000_000, 'since_usec': 0,
        'sources': [{'source': 'a', 'pollsters': 1}], 'not_loaded': [],
        'threads': [], 'last_lost_usec': None, 'last_sent_usec': None,
        'cycles': [], 'pollsters': [{
            'source': source, 'pollster': f'demo.{number}', 'runs': 3,
            'resources': None, 'switched_off': 0, 'samples': 0,
            'running_since_usec': None, 'last_warning': None,
            'failing_since_usec': 30_000_000 - number,
            'failed_in_a_row': 3, 'last_error': {
                'time_usec': 50_000_000, 'text': text,
                'kind': 'keystoneauth1.exceptions.connection.ConnectFailure'}}
            for number, (source, text) in enumerate(texts)]}
    return made  # type: ignore[no-any-return]


def test_keystone_that_fails_is_one_finding() -> None:
    """However many pollsters and sources follow, each with its own text."""
    away = 'ConnectFailure: Unable to connect to http://keystone:5000/v3'
    (one,) = polling_text.find(needing_keystone([
        ('cloud', f'Skipping a, keystone issue: {away}/a'),
        ('cloud', f'Skipping b, keystone issue: {away}/a'),
        ('other', f'{away}/a')]))
    assert one['sentence'] == (
        'Keystone fails: 3 pollsters of 2 sources get nothing, 3 times since '
        f'00:00:29 UTC: {away}/a')
    assert one['evidence']['pollsters'] == 'demo.0, demo.1, demo.2'
    # another service that is asked the same way fails for itself
    both = polling_text.find(needing_keystone([
        ('cloud', away), ('cloud', 'ConnectFailure: http://nova:8774/v2.1')]))
    assert [each['sentence'].rpartition(' ')[2] for each in both] == [
        'http://keystone:5000/v3', 'http://nova:8774/v2.1']
    assert all(each['sentence'].startswith('Keystone fails: demo.')
               for each in both)


def test_keystone_that_does_not_answer(
        agent: Callable[..., polling_agent.Agent]) -> None:
    """Where a pollster waits is told by the calls of its thread."""
    from keystoneauth1.identity import v3
    from keystoneauth1 import session
    asked = threading.Event()
    server = socket.create_server(('127.0.0.1', 0))
    connections: list[socket.socket] = []

    def silent() -> None:
        connections.append(server.accept()[0])
        connections[0].recv(1)
        asked.set()

    waiting = threading.Thread(target=silent)
    waiting.start()

    def polls(resources: list[Any]) -> Any:
        session.Session(auth=v3.Password(
            f'http://127.0.0.1:{server.getsockname()[1]}/v3', username='u',
            password='p', user_domain_id='d')).get_token()

    one = agent(cloud=polls)
    try:
        started(one, asked)
        data, _ = told(one)
        assert {thread['kind']: thread['through']
                for thread in data['threads']}['poll'] == 'keystone'
        assert not found(data)
        later: Any = {**data, 'time_usec': data['time_usec'] + 25_000_000}
        finding = found(later)['keystone-failing']
        assert re.fullmatch(
            'Keystone does not answer: demo.cloud of source host waits for it '
            'since 25 s, the interval is 10 s', finding['sentence'])
    finally:
        server.close()
        waiting.join()
        connections[0].close()
    until(lambda: not told(one)[0]['threads'])
