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

"""The sections, each on a real process."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import linecache
import logging
import os
import sys
import threading
import time

import greenlet
from oslo_config import cfg
from oslo_reports.models import with_default_views
import pytest

from ceilometer.diagnostics.daemon import added_sections
from ceilometer.diagnostics.daemon import kernel_threads
from ceilometer.diagnostics.daemon import known_secrets
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import section_table
from ceilometer.diagnostics.daemon.sections import asyncio_tasks
from ceilometer.diagnostics.daemon.sections import configuration
from ceilometer.diagnostics.daemon.sections import green_threads
from ceilometer.diagnostics.daemon.sections import log_levels
from ceilometer.diagnostics.daemon.sections import package
from ceilometer.diagnostics.daemon.sections import processes
from ceilometer.diagnostics.daemon.sections import resources
from ceilometer.diagnostics.daemon.sections import threads
from ceilometer.diagnostics.daemon import service_options
from ceilometer.diagnostics.daemon import stacks
from ceilometer.diagnostics import escape
from tests import limits

CANARY = 'xK9-canary-77q'


def context(conf=None):
    """What sections are given."""
    return section.Context(daemons.Daemon('example', conf))


def told(module, conf=None):
    """A section's data and text, as a report has them."""
    given = context(conf)
    snapshot = getattr(module, 'snapshot', None)
    if snapshot is not None:
        given.snapshots[module.NAME] = snapshot()
    data = module.collect(given).data
    json.dumps(data)
    return data, module.render(escape.data(data))


def sections_of(text):
    """The paragraphs of a text."""
    return text.split('\n\n')


class TestStacks:
    """Copied, described, merged."""

    def test_deep_stack_is_bounded_and_marked(self):
        """Of a deep recursion both ends stay, and the number between."""
        def recurse(depth):
            if depth:
                return recurse(depth - 1)
            return stacks.copy(sys._getframe())

        frames = stacks.Describer().frames(recurse(600))
        left_out = [frame['left_out'] for frame in frames
                    if 'left_out' in frame]
        assert len(frames) == stacks.FRAMES_MAX + 1
        assert left_out and left_out[0] > 400
        assert frames[-1]['source'] == (
            'return stacks.copy(sys._getframe())')
        assert f'[… {left_out[0]} frames left out]' in '\n'.join(
            stacks.render(frames))

    def test_linecache_is_left_as_it_was(self):
        """The sources that were read do not stay in memory."""
        linecache.clearcache()
        linecache.getlines(json.__file__)
        describer = stacks.Describer()
        describer.frames(stacks.copy(sys._getframe()))
        assert list(linecache.cache) == [json.__file__]

    def test_source_that_cannot_be_read_is_empty(self):
        """Code of no file has frames all the same."""
        space = {'stacks': stacks, 'sys': sys}
        exec('def f():\n    return stacks.copy(sys._getframe())', space)
        frame = stacks.Describer().frames(space['f']())[-1]
        assert (frame['file'], frame['line'], frame['source']) == (
            '<string>', 2, '')

    def test_same_stacks_are_merged(self):
        """Owners of the same stack stand together, in order."""
        code = self.test_same_stacks_are_merged.__code__
        one, other = ((code, 1),), ((code, 2), 7)
        assert stacks.merge([('a', one), ('b', other), ('c', one)]) == [
            (one, ['a', 'c']), (other, ['b'])]


@pytest.fixture
def stop():
    """What the threads of a test wait for."""
    event = threading.Event()
    started = []

    def start(name, target=event.wait):
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        started.append(thread)
        return thread

    yield start, event
    event.set()
    for thread in started:
        thread.join(limits.EVENT_SECONDS)


def owners(data):
    """The threads of the section's data."""
    return [owner for merged in data['stacks'] for owner in merged['threads']]


class TestThreads:
    """Threads of this very process."""

    def test_hostile_name_stays_on_its_line(self, stop):
        """Newlines, escapes, NUL and surrogates of a name are escaped."""
        start, _ = stop
        start('x\nThread "forged"\x1b[31m\x00\ud800')
        _, text = told(threads)
        assert 'Thread "x\\nThread "forged"\\x1b[31m\\x00\\ud800"' in text
        assert '\nThread "forged"' not in text

    def test_threads_of_one_stack_are_merged(self, stop):
        """Ten threads that wait for the same are told once."""
        start, event = stop
        arrived = threading.Barrier(11)

        def wait():
            arrived.wait()
            event.wait()

        for number in range(10):
            start(f'merged-{number}', wait)
        arrived.wait()
        # until the last one has gone from the barrier to the event
        deadline = time.monotonic() + limits.EVENT_SECONDS
        while '10 threads with the same stack' not in told(threads)[1]:
            assert time.monotonic() < deadline

    def test_states_are_told(self, stop):
        """A thread that computes is running, one that sleeps waits."""
        start, event = stop

        def spin():
            while not event.is_set():
                pass

        start('spinning', spin)
        start('sleeping', lambda: time.sleep(0.1) or event.wait())

        def states():
            told_of = {owner['name']: owner['state']
                       for owner in owners(told(threads)[0])}
            return told_of['spinning'], told_of['sleeping']

        # until both do what they are to do
        deadline = time.monotonic() + limits.EVENT_SECONDS
        while (found := states()) != ('running', 'waiting'):
            assert time.monotonic() < deadline, found

    def test_thread_that_waits_for_a_processor_is_running(
            self, stop, monkeypatch):
        """On a busy machine one that computes has little of them."""
        start, _ = stop
        thread = start('computes')
        waited = itertools.count(0, 10_000_000_000)
        contents = kernel_threads._contents

        def busy(native_id, name):
            if (native_id, name) == (thread.native_id, 'schedstat'):
                return f'1000 {next(waited)} 7\n'
            return contents(native_id, name)

        monkeypatch.setattr(kernel_threads, '_contents', busy)
        states = {owner['name']: owner['state']
                  for owner in owners(told(threads)[0])}
        assert states['computes'] == 'running'

    def test_main_thread_is_marked_and_first(self):
        """It stands first, with the process's id as its own."""
        data, text = told(threads)
        first = owners(data)[0]
        assert first['foreground']
        assert first['native_id'] == os.getpid()
        assert 'FOREGROUND' in sections_of(text)[1]

    def test_local_variables_are_never_told(self):
        """A secret in a variable stays there."""
        secret = CANARY[:5] + CANARY[5:]
        data, text = told(threads)
        assert secret not in text + json.dumps(data)


class TestGreenThreads:
    """Greenlets."""

    def test_started_and_unstarted_greenlets_are_told(self):
        """Each has its state and stack."""
        def pause():
            greenlet.getcurrent().parent.switch()

        waiting = greenlet.greenlet(pause)
        waiting.switch()
        fresh = greenlet.greenlet(pause)
        dead = greenlet.greenlet(lambda: None)
        dead.switch()
        data, text = told(green_threads)
        if data['stacks']:
            found = {owner['id']: owner for merged in data['stacks']
                     for owner in merged['green_threads']}
            assert found[id(waiting)]['started']
            assert not found[id(fresh)]['started']
            assert id(dead) not in found
            assert 'in TestGreenThreads' in text
        del fresh
        waiting.switch()

    def test_objects_that_lie_about_their_class_do_no_harm(self):
        """No code of the daemon's objects is run in the search."""
        class Liar:
            asked = 0

            @property
            def __class__(self):
                Liar.asked += 1
                raise RuntimeError('working outside of a context')

        liar = Liar()
        greenlet.getcurrent()
        told(green_threads)
        assert Liar.asked == 0
        del liar


class TestAsyncioTasks:
    """Tasks of a loop in another thread."""

    def test_tasks_are_told_with_what_they_await(self):
        """Names and the chain of coroutines, innermost last."""
        ready, tasks = threading.Event(), []
        loop = asyncio.new_event_loop()

        async def inner():
            ready.set()
            await asyncio.Event().wait()

        async def outer():
            await inner()

        async def waits_for_task():
            await tasks[0]

        async def main():
            tasks.append(asyncio.create_task(outer(), name='first\none'))
            tasks.append(asyncio.create_task(waits_for_task(), name='second'))
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)

        thread = threading.Thread(target=loop.run_until_complete,
                                  args=(main(),))
        thread.start()
        assert ready.wait(limits.EVENT_SECONDS)
        # until the second has begun to wait for the first
        deadline = time.monotonic() + limits.EVENT_SECONDS
        while 'awaits task' not in (told(asyncio_tasks)[1]):
            assert time.monotonic() < deadline
        data, text = told(asyncio_tasks)
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
        thread.join(limits.EVENT_SECONDS)
        loop.close()
        (paragraph,) = [part for part in sections_of(text)
                        if 'Task "first\\none"' in part]
        assert [line.rpartition('.')[2] for line in paragraph.split('\n')
                if ', in ' in line][:2] == ['outer', 'inner']
        assert 'awaits task "first\\none"' in text
        assert data['count'] >= 3


class TestProcesses:
    """Children of this very process."""

    def test_zombie_is_told(self):
        """A child that nobody has waited for costs no report."""
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        data, text = told(processes)
        os.waitpid(pid, 0)
        (zombie,) = [found for found in data['processes']
                     if found['pid'] == pid]
        assert zombie['state'] == 'zombie'
        assert f'pid {pid}, parent {os.getpid()}, zombie' in text

    def test_vanished_process_is_told(self):
        """One that ends while it is looked at costs no report."""
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        described = processes._Describer(os.getpid()).describe(pid, 0)
        assert described['state'] == 'vanished'
        text = processes.render({
            'root': 1, 'processes': [
                {**described, 'depth': 0, 'self': False}], 'left_out': 3})
        assert 'vanished' in text
        assert '3 processes left out' in text

    def test_own_process_is_marked(self):
        """Which of them has written the report can be seen."""
        data, text = told(processes)
        assert [found['pid'] for found in data['processes']
                if found['self']] == [os.getpid()]
        assert '<-- this process' in text


OPTIONS = [
    cfg.StrOpt('plain', default='ordinary'),
    cfg.StrOpt('from_file', default='a'),
    cfg.StrOpt('from_environment'),
    cfg.StrOpt('overridden', default='a'),
    cfg.StrOpt('hidden', secret=True),
    cfg.StrOpt('url', secret=True),
    cfg.StrOpt('unmarked_password'),
    cfg.IntOpt('wrong', default=1),
    cfg.IntOpt('wrong_secret', secret=True),
    cfg.ListOpt('several', default=['a', 'b']),
    cfg.DictOpt('pairs', default={'a': 'b'}),
    cfg.MultiStrOpt('many', default=[]),
]
FILE = f"""\
[DEFAULT]
from_file = b
mistyped = 3
mistyped_password = {CANARY}-1
mistyped_url = amqp://u:{CANARY}-2@h/
[part]
# a comment
hidden = {CANARY}-3
url = rabbit://u:{CANARY}-4 with spaces@host:5672/vhost
unmarked_password = {CANARY}-5
wrong = one
wrong_secret = {CANARY}-6
several = c, d
pairs = x:y
many = 1
many = 2
"""


@pytest.fixture
def conf(tmp_path, monkeypatch):
    """A real configuration with everything there can be."""
    file = tmp_path / 'test.conf'
    file.write_text(FILE)
    monkeypatch.setenv('OS_PART__FROM_ENVIRONMENT', 'e')
    conf = cfg.ConfigOpts()
    conf.register_opts(OPTIONS, group='part')
    conf.register_opts(OPTIONS[:2])
    conf.register_cli_opt(cfg.StrOpt('argument'))
    conf(['--config-file', str(file), '--argument', 'given'])
    conf.set_override('overridden', 'o', group='part')
    return conf


class TestConfiguration:
    """The options of a service."""

    def by_name(self, conf):
        """The options of the section's data."""
        return {(option['group'], option['name']): option
                for option in told(configuration, conf)[0]['options']}

    @pytest.mark.parametrize(('group', 'name', 'value', 'location'), [
        ('DEFAULT', 'plain', 'ordinary', 'default'),
        ('DEFAULT', 'from_file', 'b', 'file'),
        ('DEFAULT', 'argument', 'given', 'command line'),
        ('part', 'from_environment', 'e', 'environment'),
        ('part', 'overridden', 'o', 'program'),
        ('part', 'several', ['c', 'd'], 'file'),
        ('part', 'pairs', {'x': 'y'}, 'file'),
        ('part', 'many', ['1', '2'], 'file'),
    ])
    def test_value_and_where_it_was_set(
            self, conf, group, name, value, location):
        """Each option has its value and its place."""
        option = self.by_name(conf)[group, name]
        assert option['value'] == value
        assert option['location'] == location

    def test_line_of_the_file_is_told(self, conf):
        """An operator finds the line."""
        assert self.by_name(conf)['DEFAULT', 'from_file']['line'] == 2
        assert 'test.conf line 2)' in told(configuration, conf)[1]

    def test_invalid_value_costs_no_other(self, conf):
        """A wrong value is told as an error of its option."""
        options = self.by_name(conf)
        assert 'one' in options['part', 'wrong']['error']
        assert options['part', 'wrong_secret']['error'] == (
            'has no valid value')

    def test_error_of_an_option_with_a_secret_name_tells_no_value(self, conf):
        """Also where nobody has told oslo.config that it is secret."""
        described = configuration._describe(service_options.Option(
            group='part', name='old_password', value=None, default=None,
            secret=False, location='file', detail='x',
            error=f'ValueError: {CANARY} is none'), {})
        assert described['error'] == 'has no valid value'

    def test_no_secret_is_told(self, conf):
        """Not in the data, not in the text, whatever is said of it."""
        data, text = told(configuration, conf)
        redactor = known_secrets.redactor(context(conf))
        shown = json.dumps(redactor.data(data)) + redactor.text(text)
        assert CANARY not in shown
        assert 'rabbit://u:***@host:5672/***' in shown

    def test_settings_that_no_option_reads_are_told(self, conf):
        """A mistyped name is found."""
        data, text = told(configuration, conf)
        assert {option['name'] for option in data['unregistered']} == {
            'mistyped', 'mistyped_password', 'mistyped_url'}
        assert 'mistyped = 3' in text

    def test_unknown_configuration_is_said(self):
        """A daemon that has not read it yet has a section that says so."""
        data, text = told(configuration)
        assert not data['known']
        assert 'Not known yet' in text

    def test_options_may_be_registered_meanwhile(self, conf):
        """A library that registers options at that moment costs nothing."""
        stop = threading.Event()

        def register():
            number = 0
            while not stop.is_set() and number < 2000:
                number += 1
                conf.register_opt(cfg.StrOpt(f'new_{number}'), group='part')

        thread = threading.Thread(target=register)
        thread.start()
        try:
            while thread.is_alive():
                assert told(configuration, conf)[0]['known']
                masked = known_secrets.redactor(context(conf))
                assert CANARY not in masked.text(f'{CANARY}-3')
        finally:
            stop.set()
            thread.join(limits.EVENT_SECONDS)


class TestSecrets:
    """Secrets that are known by value."""

    @pytest.mark.parametrize('number', range(1, 7))
    def test_secrets_of_the_configuration_are_masked(self, conf, number):
        """Of options, of those not registered, and within URLs."""
        # that of the URL goes on after the number
        end = ' with spaces' if number == 4 else ''
        text = f'see {CANARY}-{number}{end} there'
        masked = known_secrets.redactor(context(conf)).text(text)
        assert f'{CANARY}-{number}' not in masked

    def test_secrets_of_the_environment_are_masked(self, monkeypatch):
        """Variables with a secret's name, and credentials of URLs."""
        monkeypatch.setenv('MY_TOKEN', CANARY + '-1')
        monkeypatch.setenv('BROKER', f'amqp://u:{CANARY}-2@h')
        monkeypatch.setenv('RAW_PASSWORD', '\udcff' + CANARY)
        redactor = known_secrets.redactor(context())
        assert CANARY not in redactor.text(
            f'a {CANARY}-1 b {CANARY}-2 c \udcff{CANARY}')

    @pytest.mark.parametrize('arguments', [
        ['--password', CANARY], [f'--password={CANARY}'],
        [f'amqp://u:{CANARY}@h']])
    def test_secrets_of_the_command_line_are_masked(
            self, monkeypatch, arguments):
        """Also where they turn up elsewhere."""
        monkeypatch.setattr(sys, 'argv', ['program', *arguments])
        assert CANARY not in known_secrets.redactor(
            context()).text(f'a {CANARY}')


class Model(with_default_views.ModelWithDefaultViews):
    """A model of oslo.reports with text and JSON."""


class TestAdded:
    """What functions of others may return."""

    def test_model_of_oslo_reports_has_text_and_data(self):
        """A model becomes what it would be in a stock report."""
        content = added_sections.content(Model(data={'a': 1}))
        assert content.data == {'a': 1}
        assert 'a = 1' in content.text

    def test_model_with_a_text_only_has_no_data(self):
        """Many models of oslo.reports know no JSON."""
        content = added_sections.content(Model(
            data={'a': object()}, text_view=lambda model: 'text'))
        assert content.text == 'text'
        assert content.data is None

    @pytest.mark.parametrize('returned', [
        {'a': [1, {'b': 2}]}, [], None, 3, 'text',
        section.Content(data=1, text='x')])
    def test_plain_things_are_taken_as_they_are(self, returned):
        """Texts are text, contents are contents, all else is data."""
        content = added_sections.content(returned)
        if isinstance(returned, str):
            assert content.text == returned
        elif isinstance(returned, section.Content):
            assert content is returned
        else:
            assert content.data == returned

    def test_data_is_laid_out_in_lines(self):
        """Nested data can be read."""
        data = {'a': 1, 'b': [1, {'c': 2}], 'd': {}}
        assert added_sections.render(data) == (
            'a = 1\nb:\n  - 1\n  -\n    c = 2\nd = {}')


class TestOthers:
    """Resources, logging, package."""

    def test_resources_are_those_of_this_process(self):
        """Descriptors, limits, memory and the collector are told."""
        data, text = told(resources)
        assert data['file_descriptors']['count'] > 2
        assert data['memory_kib']['VmRSS'] > 1000
        assert data['limits']['open files'][0]
        assert 'Garbage collector: on' in text

    def test_levels_of_loggers_are_told(self):
        """A logger that was set up is told with its handlers."""
        logger = logging.getLogger('test.levels')
        handler = logging.FileHandler('/dev/null')
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        try:
            _, text = told(log_levels)
        finally:
            logger.removeHandler(handler)
            handler.close()
            logger.setLevel(logging.NOTSET)
            logger.propagate = True
        assert 'test.levels: DEBUG, not passed up' in text
        assert 'logging.FileHandler from NOTSET to /dev/null' in text

    def test_author_that_is_not_told_is_not_asked_for(self, monkeypatch):
        """Newer metadata have none; Python is to make that an error."""
        monkeypatch.setattr(package.metadata, 'metadata', lambda name: {
            'Name': 'ceilometer', 'Version': '1'})
        data, _ = told(package)
        assert data['vendor'] == 'OpenStack'

    def test_package_is_ceilometer(self):
        """Version, vendor and product of what runs are told."""
        data, text = told(package)
        assert data['product'] == 'OpenStack Ceilometer'
        assert data['version']
        assert data['diagnostics']
        assert sys.executable in text

    def test_names_and_titles_of_sections_are_well_formed(self):
        """Each section can be asked for by its name."""
        names = [kind.name for kind in section_table.kinds()]
        assert len(names) == len(set(names))
        assert all(name == name.lower() and ' ' not in name
                   for name in names)


@pytest.mark.parametrize('by_default', [True, False])
def test_files_of_configuration_directories_are_known(tmp_path, by_default):
    """Those of the default directories as well as of --config-dir."""
    directory = tmp_path / 'ceilometer.conf.d'
    directory.mkdir()
    (directory / 'b.conf').write_text('[DEFAULT]\n')
    (directory / 'a.conf').write_text('[diagnostics]\nsignals = USR1\n')
    (directory / 'a.txt').write_text('no configuration\n')
    conf = cfg.ConfigOpts()
    if by_default:
        conf([], project='ceilometer', default_config_files=[],
             default_config_dirs=[str(directory)])
    else:
        conf(['--config-dir', str(directory)], project='ceilometer',
             default_config_files=[])
    files = service_options.files(conf)
    assert files == [str(directory / 'a.conf'), str(directory / 'b.conf')]
    assert service_options.settings(files) == [service_options.Setting(
        files[0], 2, 'diagnostics', 'signals', 'USR1')]
