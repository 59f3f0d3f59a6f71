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
import wrapt

from ceilometer.diagnostics.daemon import arming
from ceilometer.diagnostics.daemon import gmr
from ceilometer.diagnostics.daemon import interpose
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import waiter
from ceilometer.diagnostics.daemon import workers


def test_function_of_a_library_is_wrapped_when_it_is_imported(monkeypatch):
    """What is called in its place gets it, and may call it."""
    module = types.ModuleType('another')
    module.double = lambda number: 2 * number
    monkeypatch.setitem(sys.modules, 'another', module)
    interpose.when_imported(
        'another', 'double',
        lambda wrapped, instance, args, kwargs: wrapped(*args) + 1)
    assert module.double(3) == 7


def test_nothing_is_wrapped_while_a_daemon_is_imported(monkeypatch):
    """What has been imported is wrapped afterwards, the rest when it is."""
    def wrapper(wrapped, instance, args, kwargs):
        return wrapped(*args) + 1

    for name in ('earlier', 'between', 'later'):
        monkeypatch.delitem(sys.modules, name, raising=False)

    def appears(name):
        module = types.ModuleType(name)
        module.double = lambda number: 2 * number
        monkeypatch.setitem(sys.modules, name, module)
        return module

    earlier = appears('earlier')
    interpose.hold()
    for name in ('earlier', 'between', 'later'):
        interpose.when_imported(name, 'double', wrapper)
    between = appears('between')
    wrapt.notify_module_loaded(between)
    assert (earlier.double(3), between.double(3)) == (6, 6)
    interpose.release()
    assert (earlier.double(3), between.double(3)) == (7, 7)
    later = appears('later')
    wrapt.notify_module_loaded(later)
    assert later.double(3) == 7
    # and nothing waits any more
    interpose.when_imported('later', 'double', wrapper)
    assert later.double(3) == 8
    interpose.release()
    assert earlier.double(3) == 7


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


class Reports:
    """oslo.reports' two functions, and who calls them.

    :ivar calls: arguments of what went on to oslo.reports
    """

    def __init__(self, taken):
        self.calls = []
        self._taken = taken
        gmr._on_autorun, self._before = self.autorun, gmr._on_autorun

    def autorun(self, conf, version):
        """Take over, or fail to."""
        if isinstance(self._taken, Exception):
            raise self._taken
        return self._taken

    def stock(self, *args, **kwargs):
        """What oslo.reports does."""
        self.calls.append((args, kwargs))

    def setup(self, *args, **kwargs):
        """Call setup_autorun."""
        gmr._setup_autorun(self.stock, None, args, kwargs)

    def handle(self, *args, **kwargs):
        """Call handle_signal."""
        gmr._handle_signal(self.stock, None, args, kwargs)

    def close(self):
        """Leave oslo.reports to itself."""
        gmr.give_back()
        gmr._on_autorun = self._before


@pytest.fixture
def reports():
    """Makes the calls of a service that is armed, or not quite."""
    made = []

    def make(taken):
        made.append(Reports(taken))
        return made[-1]

    yield make
    for found in made:
        found.close()


def test_oslo_reports_is_taken_over_with_the_services_own_configuration(
        reports):
    """And with no other call."""
    taken = reports(True)
    taken.setup(None, conf='conf')
    assert taken.calls == []
    # what watches a file has no frame
    taken.handle(None, None, None, None)
    assert taken.calls == []


def test_signal_of_ones_own_is_left_to_oslo_reports(reports):
    """Who names a signal wants just that one."""
    taken = reports(True)
    taken.setup(None, signum=12, conf='conf')
    taken.setup(None, None, None, 12, 'conf')
    assert len(taken.calls) == 2
    taken.setup(None, conf='conf')
    # and it is answered, once another has been taken over
    frame = sys._getframe()
    taken.handle(None, None, None, frame)
    taken.handle(None, None, None, frame=frame)
    assert len(taken.calls) == 4


def test_oslo_reports_stays_in_charge_where_we_fail(reports, caplog):
    """What is logged says why; the service starts."""
    failing = reports(OSError('no such option'))
    failing.setup(None, conf='conf')
    assert len(failing.calls) == 1
    assert 'no such option' in caplog.text


@pytest.fixture
def watched():
    """What workers and managers are told to."""
    def fail(*args):
        raise OSError('no such worker')

    workers._on_manager, workers._on_worker = fail, fail
    yield
    workers.unwatch()


def test_worker_that_cannot_be_told_of_works(watched, caplog):
    """Its service is made, and cotyledon runs its other hooks."""
    made = []
    workers._init_service(lambda *args: made.append(args), None, (3,), {})
    assert made == [(3,)]
    assert 'no such worker' in caplog.text


def test_manager_that_cannot_be_followed_runs(watched, caplog):
    """Whatever shape it has."""
    assert workers._run(lambda: 'ran', object(), (), {}) == 'ran'
    assert 'cannot identify the workers' in caplog.text
