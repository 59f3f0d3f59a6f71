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

"""The [diagnostics] options."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal

import ceilometer_diagnostics_start
from oslo_config import cfg
import pytest

from ceilometer.diagnostics.daemon import added_sections
from ceilometer.diagnostics.daemon import arming
from ceilometer.diagnostics.daemon import options
from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics.daemon import registry
from ceilometer.diagnostics.daemon import waiter


def parsed(tmp_path, text=''):
    """A configuration with a file of this text."""
    file = tmp_path / 'test.conf'
    file.write_text(text)
    conf = cfg.ConfigOpts()
    conf(['--config-file', str(file)])
    return conf


@pytest.fixture
def adopt(monkeypatch):
    """Has an armed process take over a configuration; gives its settings."""
    armed = arming.Arming(process.Daemon('example'), ())
    for name in ('_take', '_give_back'):
        monkeypatch.setattr(armed, name, lambda *args: None)
    monkeypatch.setattr(waiter.Waiter, 'start', lambda *args: None)

    def adopted(conf):
        armed.adopt(conf)
        return armed.reporter.context.settings

    yield adopted
    armed.reporter.close()


@pytest.mark.parametrize(('enabled', 'method', 'variable'), [
    (False, 'forkserver', '0'), (False, 'fork', '1'), (False, 'spawn', '1'),
    (True, 'forkserver', '1')])
def test_server_of_forks_is_not_armed_where_that_is_switched_off(
        adopt, tmp_path, monkeypatch, enabled, method, variable):
    """It has no configuration: it is told by what the master was told by."""
    monkeypatch.setenv(ceilometer_diagnostics_start.VARIABLE, '1')
    monkeypatch.setattr(multiprocessing, 'get_start_method',
                        lambda allow_none: method)
    adopt(parsed(tmp_path, f'[diagnostics]\nenabled = {enabled}\n'))
    assert os.environ[ceilometer_diagnostics_start.VARIABLE] == variable


def test_defaults_of_settings_and_options_agree(tmp_path):
    """Without any configuration the defaults are those of the options."""
    assert options.load(parsed(tmp_path)) == options.Settings()


def test_values_of_the_file_are_in_force(tmp_path):
    """Each option is read."""
    settings = options.load(parsed(tmp_path, """\
[diagnostics]
enabled = false
signals = sigusr2
exclude_sections = configuration, green-threads
minimum_interval = 2.5
section_time_limit = 1
report_time_limit = 10
section_size_limit = 4096
hang_time_limit = 60
"""))
    assert settings == options.Settings(
        enabled=False, signals=frozenset((signal.SIGUSR2,)),
        exclude_sections=frozenset(('configuration', 'green-threads')),
        minimum_interval_seconds=2.5, section_seconds_max=1.0,
        report_seconds_max=10.0, section_bytes_max=4096, hang_seconds=60.0)


@pytest.mark.parametrize(('value', 'signals'), [
    ('', set()), ('USR1', {signal.SIGUSR1}),
    ('SIGUSR1,usr1', {signal.SIGUSR1}),
    ('USR1,USR2', {signal.SIGUSR1, signal.SIGUSR2})])
def test_signals_may_be_written_as_people_do(tmp_path, value, signals):
    """With SIG or without, in either case."""
    conf = parsed(tmp_path, f'[diagnostics]\nsignals = {value}\n')
    assert options.load(conf).signals == signals


@pytest.mark.parametrize(('name', 'value'), [
    ('enabled', 'perhaps'), ('signals', 'TERM'), ('signals', 'USR1,KILL'),
    ('minimum_interval', '-1'), ('minimum_interval', 'soon'),
    ('minimum_interval', 'nan'), ('minimum_interval', 'inf'),
    ('section_time_limit', '0'), ('section_time_limit', '301'),
    ('section_time_limit', 'nan'), ('report_time_limit', '1e9'),
    ('section_size_limit', '12'), ('section_size_limit', '1.5')])
def test_wrong_value_is_logged_and_the_default_in_force(
        tmp_path, caplog, name, value):
    """The daemon goes on; the log names the option and what is wrong."""
    conf = parsed(tmp_path, f'[diagnostics]\n{name} = {value}\n')
    assert options.load(conf) == options.Settings()
    (record,) = [record for record in caplog.records
                 if record.levelno == logging.ERROR]
    message = record.getMessage()
    assert f'[diagnostics] {name}' in message
    # of a number beyond its limits oslo.config tells the limit, and the place
    assert (value.rpartition(',')[2].lower() in message.lower()
            or 'Should be' in message)
    assert 'default' in message
    # the service reads all options as well, when it logs them
    conf.log_opt_values(logging.getLogger('test'), logging.INFO)


def test_other_options_hold_beside_a_wrong_one(tmp_path):
    """One wrong value costs no other."""
    settings = options.load(parsed(
        tmp_path,
        '[diagnostics]\nminimum_interval = x\nsection_time_limit = 7\n'))
    assert settings.section_seconds_max == 7.0
    assert settings.minimum_interval_seconds == 1.0


@pytest.mark.parametrize('name', ['confguration', 'green_threads', 'summary',
                                  'Configuration'])
def test_section_that_there_is_not_is_a_warning(adopt, tmp_path, caplog,
                                                name):
    """A mistyped name is told, with what was expected; the others hold."""
    settings = adopt(parsed(
        tmp_path, f'[diagnostics]\nexclude_sections = logging, {name}\n'))
    assert settings.exclude_sections == {'logging', name}
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    message = record.getMessage()
    assert message.startswith(f'[diagnostics] exclude_sections = {name}: ')
    assert 'package, threads, green-threads' in message


def test_section_that_others_have_added_is_known(adopt, tmp_path, caplog):
    """What is registered when the options are read is no mistake."""
    registry.register_section('Pipeline sinks', lambda: '')
    try:
        settings = adopt(parsed(
            tmp_path, '[diagnostics]\nexclude_sections = pipeline-sinks\n'))
        assert settings.exclude_sections == {'pipeline-sinks'}
    finally:
        registry.unregister_section('pipeline-sinks')
    assert not caplog.records


def test_sections_of_others_that_cannot_be_told_cost_nothing(
        adopt, tmp_path, caplog, monkeypatch):
    """The daemon starts, whatever others have registered."""
    def fail():
        raise OSError('no')

    monkeypatch.setattr(added_sections, 'kinds', fail)
    settings = adopt(parsed(
        tmp_path, '[diagnostics]\nexclude_sections = x\n'))
    assert settings.exclude_sections == {'x'}
    assert not [record for record in caplog.records
                if record.levelno > logging.DEBUG]


def test_loading_twice_is_no_error(tmp_path):
    """Both doors may load the options of one configuration."""
    conf = parsed(tmp_path, '[diagnostics]\nminimum_interval = 3\n')
    assert options.load(conf) == options.load(conf)


def test_every_option_has_help():
    """oslo-config-generator gets a sentence for each."""
    ((group, opts),) = options.list_opts()
    assert group == 'diagnostics'
    assert all(opt.help.endswith('.') for opt in opts)
