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

"""A poll that hangs, as an operator finds it."""

from __future__ import annotations

import collections.abc
import json
import re

import pytest

from tests.system import command
from tests.system import conftest
from tests.system import machine as machines
from tests.system import versions

POLLING = 'ceilometer-polling'

# where Ceilometer's code asks it
AT_KEYSTONE = r'ceilometer/(?:keystone_client|volume/discovery)\.py'

# Accepts connections, as the kernel does for it, and never answers.
SILENT = """
import socket
import systemd.daemon
import threading
server = socket.create_server(('127.0.0.1', 5000))
systemd.daemon.notify('READY=1')
threading.Event().wait()
"""


@pytest.fixture
def silent_keystone(machine: machines.Machine,
                    ) -> collections.abc.Iterator[None]:
    """Keystone takes requests and does not answer."""
    machine.run(['systemd-run', '--unit=keystone', '--service-type=notify',
                 machine.python, '-c', SILENT])
    yield
    machine.systemctl('stop', 'keystone')


def test_a_poll_that_hangs_is_named_with_what_it_was_at(
        machine: machines.Machine, unit: conftest.StartUnit,
        silent_keystone: None) -> None:
    """By trigger, show, diff, stuck and an export."""
    if versions.is_oldest(machine):
        pytest.skip('nothing that it polls by itself asks Keystone here; '
                    'test_flow has one that does')
    unit(POLLING)

    def hangs() -> list[str]:
        # where workers are not forked, there are more processes
        worker, = (one for one in command.triggered(machine, POLLING)
                   if ' worker(' in one['command'])
        return [notice['text'] for notice in worker['digest']
                if 'has not moved' in notice['text']
                and 'waiting for data to read' in notice['text']]

    notice, = machine.wait_for(hangs, what='a poll that hangs', unit=POLLING)
    # Of what it polls, some is discovered first, in the thread of the source.
    # Which comes first, chance decides.
    found = re.search(
        r'thread "(Pollster-executor_0|ThreadPoolExecutor-\d+_0)"', notice)
    assert found is not None, notice
    thread = found[1]
    assert 'socket.py' in notice
    # Keystone is what the poll is at, in the words of Ceilometer's code
    found = re.search(f', from ({AT_KEYSTONE}:)', notice)
    assert found is not None, notice
    place = found[1]

    still = json.loads(command.run(machine, 'stuck', POLLING, '--json'))
    assert thread in {one['thread'] for one in still}
    last = command.listed(machine, POLLING, '-1', 'REPORT_PROCESS=worker')
    shown = command.run(machine, 'show', last[0]['id'])
    assert place in shown.partition('\nPackage')[0]
    changes = json.loads(command.run(
        machine, 'diff', last[0]['id'], '--json'))['changes']
    assert [change['after'] for change in changes
            if change['change'] == 'stuck'
            and change['what'] == thread
            and place in change['after']]
    assert 'has not moved' in command.run(
        machine, 'export', '--anonymize', last[0]['id'])
