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

"""Coordination that answers, and that does not: tooz' own classes."""

from __future__ import annotations

import json
import pathlib
import re
import threading
import typing

from tooz import coordination as tooz_coordination

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import coordination_watch
from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon.sections import coordination
from ceilometer.diagnostics import escape
from tests import limits


def told(service: typing.Any) -> tuple[
        contents.Coordination, str, list[contents.Finding]]:
    """The section's data and text, and what is unusual in it."""
    daemon = process.Daemon('example', None)
    daemon.worker_service = service
    data: typing.Any = coordination.collect(section.Context(daemon)).data
    json.dumps(data)
    clean = escape.data(data)
    return data, coordination.render(clean), coordination.find(clean)


def test_process_without_coordination() -> None:
    """Most have none."""
    assert told(None)[1:] == ('This process uses no coordination.', [])


def test_coordination_that_answers_and_is_lost(
        tmp_path: pathlib.Path) -> None:
    """Since when, how often, and why; no more, when it answers again."""
    coordinator = tooz_coordination.get_coordinator(
        f'file://{tmp_path}', b'agent-1')
    coordinator.start(start_heart=True)
    try:
        ring = coordinator.join_partitioned_group('central-x')

        class Service:
            partition_coordinator = coordinator
            hashrings: typing.ClassVar[dict[str, typing.Any]] = {
                'central-x': ring}

        data, text, found = told(Service())
        assert not found
        assert data['heart_alive'] is True
        assert data['groups'] == [
            {'group': 'central-x', 'members': 1, 'member': True}]
        assert 'group central-x: 1 member' in text
        # as its heart logs it, each second
        import tenacity
        failed = threading.Event()
        answers = iter([ConnectionError('no memcached at 10.0.0.7:11211')] * 2)

        def heartbeat() -> float:
            error = next(answers, None)
            if error is not None:
                raise error
            failed.set()
            return 1.0

        retry = tenacity.Retrying(
            wait=tenacity.wait_fixed(0.01),
            before_sleep=tenacity.before_sleep_log(
                tooz_coordination.LOG, 30))
        retry(heartbeat)
        assert failed.wait(limits.EVENT_SECONDS)
        (finding,) = told(Service())[2]
        assert finding['kind'] == 'coordination-lost'
        assert re.fullmatch(
            'coordination does not answer since [-0-9: ]+ UTC, 2 tries: '
            r'ConnectionError: no memcached at 10.0.0.7:11211\.?',
            finding['sentence'])
        assert coordination_watch.trouble.last is not None
        coordination_watch.trouble.last -= coordination_watch.GAP_SECONDS + 1
        assert not told(Service())[2]
        coordinator.heart.stop()
        coordinator.heart.wait()
        assert told(Service())[2][0]['sentence'].startswith(
            'the heart of coordination has ended')
    finally:
        coordinator.stop()
