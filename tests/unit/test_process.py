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

"""What is known of a process."""

from __future__ import annotations

import io
import types

import pytest

from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics import fields

SERVICE = types.SimpleNamespace(name='AgentManager')


@pytest.fixture
def daemon():
    """A process that has just been armed."""
    return process.Daemon('example')


def test_service_made_in_the_master_makes_no_worker(daemon):
    """It is made for another purpose."""
    daemon.becomes_master()
    daemon.become_worker(0, SERVICE)
    assert daemon.process == fields.PROCESS_MASTER
    assert daemon.worker is None
    assert daemon.worker_name is None


def test_fork_of_a_master_is_a_worker_that_is_told_later(daemon):
    """Its number and name are not known until its service is made."""
    daemon.becomes_master()
    daemon.forked()
    assert (daemon.process, daemon.worker) == (fields.PROCESS_WORKER, None)
    daemon.become_worker(1, SERVICE)
    assert (daemon.worker, daemon.worker_name, daemon.worker_service) == (
        1, 'AgentManager', SERVICE)


def test_fork_of_a_worker_is_a_child(daemon):
    """It has neither the worker's number nor its name."""
    daemon.becomes_master()
    daemon.forked()
    daemon.become_worker(1, SERVICE)
    daemon.forked()
    assert daemon.process == fields.PROCESS_CHILD
    assert (daemon.worker, daemon.worker_name, daemon.worker_service) == (
        None, None, None)


@pytest.mark.parametrize(('groups', 'unit'), [
    ('0::/system.slice/ceilometer-polling.service\n',
     'ceilometer-polling.service'),
    ('0::/user.slice/user@0.service/app.slice/own.service/worker\n',
     'own.service'),
    ('4:memory:/a.service\n1:name=systemd:/b.service\n', 'b.service'),
    ('0::/user.slice/session-1.scope\n', None),
    ('no control group\n', None)])
def test_unit_is_the_innermost(monkeypatch, groups, unit):
    """Of those that a control group is named after."""
    monkeypatch.setattr(process, 'open', lambda path: io.StringIO(groups),
                        raising=False)
    assert process.unit() == unit


def test_unit_is_not_known_without_proc(monkeypatch):
    """A sandbox may hide it."""
    def fail(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(process, 'open', fail, raising=False)
    assert process.unit() is None
