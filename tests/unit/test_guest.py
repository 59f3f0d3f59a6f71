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

"""What is laid into the daemon's calls lets them do as ever."""

from __future__ import annotations

import sys
import types

from oslo_config import cfg
import pytest

from ceilometer.diagnostics.daemon import arming
from ceilometer.diagnostics.daemon import gmr
from ceilometer.diagnostics.daemon import interpose
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import waiter


def test_function_of_a_library_is_wrapped_when_it_is_imported(monkeypatch):
    """What is called in its place gets it, and may call it."""
    module = types.ModuleType('another')
    module.double = lambda number: 2 * number
    monkeypatch.setitem(sys.modules, 'another', module)
    interpose.when_imported(
        'another', 'double',
        lambda wrapped, instance, args, kwargs: wrapped(*args) + 1)
    assert module.double(3) == 7


@pytest.mark.parametrize('name', ['gone', 'Gone.function'])
def test_library_of_another_shape_is_imported_as_ever(
        monkeypatch, caplog, name):
    """One that has not what we wrap costs our part, and not the daemon."""
    monkeypatch.setitem(sys.modules, 'another', types.ModuleType('another'))
    interpose.when_imported('another', name, lambda *args: None)
    assert f'{name} of another' in caplog.text


def test_prepare_service_may_call_itself():
    """The configuration of each call is its own."""
    calls = []

    def inner():
        gmr._waiting.append(lambda conf: calls.append(('in', conf)))
        return 'inner'

    def outer():
        gmr._waiting.append(lambda conf: calls.append(('out', conf)))
        gmr._prepare_service(inner, None, (), {})
        return 'outer'

    assert gmr._prepare_service(outer, None, (), {}) == 'outer'
    assert calls == [('in', 'inner'), ('out', 'outer')]
    assert gmr._waiting is None


@pytest.mark.parametrize('setting', [
    'file_event_handler_interval = soon', 'file_event_handler_interval = -1'])
def test_wrong_option_of_oslo_reports_stops_no_service(
        tmp_path, monkeypatch, setting, caplog):
    """A service that adopts us in its code starts all the same."""
    file = tmp_path / 'test.conf'
    file.write_text('[oslo_reports]\nfile_event_handler = /tmp\n' + setting)
    conf = cfg.ConfigOpts()
    conf.register_opts([
        cfg.StrOpt('file_event_handler'),
        cfg.IntOpt('file_event_handler_interval', min=0)],
        group='oslo_reports')
    conf(['--config-file', str(file)])
    armed = arming.Arming(daemons.Daemon('example'), ())
    for name in ('_take', '_give_back'):
        monkeypatch.setattr(armed, name, lambda *args: None)
    monkeypatch.setattr(waiter.Waiter, 'start', lambda *args: None)
    try:
        armed.adopt(conf)
    finally:
        armed.reporter.close()
    assert armed.daemon.conf is conf
    assert 'oslo_reports' in caplog.text
