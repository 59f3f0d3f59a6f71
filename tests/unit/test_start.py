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

"""What an interpreter is taken for as it starts."""

from __future__ import annotations

import importlib
from importlib import machinery
import sys
import types

import pytest

import ceilometer_diagnostics_start

FORKSERVER = ('import sys; from multiprocessing.forkserver import main; '
              "main(8, 10, ['__main__'])")


@pytest.mark.parametrize(('argv', 'program'), [
    (['python3', '/usr/bin/ceilometer-polling', '--x'],
     '/usr/bin/ceilometer-polling'),
    (['python3', '-sP', '/usr/bin/ceilometer-polling'],
     '/usr/bin/ceilometer-polling'),
    (['python3', '-W', 'error', '-X', 'dev', 'ceilometer-polling'],
     'ceilometer-polling'),
    (['python3', '-Werror', '-Xdev', 'ceilometer-polling'],
     'ceilometer-polling'),
    (['python3', '--check-hash-based-pycs', 'always', 'x'], 'x'),
    (['python3', '-c', 'ceilometer-polling', 'x'], 'ceilometer-polling'),
    (['python3', '-Bc', 'code'], 'code'),
    (['python3', '-m', 'ceilometer-polling'], ''),
    (['python3', '-', 'ceilometer-polling'], ''),
    (['python3'], ''),
    ([], ''),
])
def test_program_of_a_command_line(argv, program):
    """Options of the interpreter, and their values, are none."""
    assert ceilometer_diagnostics_start._program(argv) == program


@pytest.mark.parametrize(('argv', 'service', 'server'), [
    (['python3', '/usr/bin/ceilometer-polling'], 'ceilometer-polling', None),
    (['python3', '/x/ceilometer-agent-notification', 'ceilometer-polling'],
     'ceilometer-agent-notification', None),
    (['python3', '-c', FORKSERVER], 'ceilometer-polling', 'forkserver'),
    (['python3', '-s', '-c', 'from multiprocessing.spawn import spawn_main; '
      'spawn_main(tracker_fd=5)', '--multiprocessing-fork'],
     'ceilometer-polling', 'child'),
])
def test_daemons_and_their_servers(argv, service, server, monkeypatch):
    """A server of multiprocessing belongs to the daemon that starts it."""
    monkeypatch.setattr(ceilometer_diagnostics_start, '_service_of_parent',
                        lambda: 'ceilometer-polling')
    start = ceilometer_diagnostics_start._start_of(argv)
    assert (start.service, start.server) == (service, server)


@pytest.mark.parametrize('argv', [
    ['python3', '/usr/bin/ceilometer-upgrade'],
    ['python3', '/usr/bin/ceilometer-rootwrap', 'ceilometer-polling'],
    ['python3', '-c', 'from multiprocessing.resource_tracker import main;'
     'main(5)'],
    ['python3', '-c', FORKSERVER],
    ['python3'], []])
def test_nothing_else_is_one(argv, monkeypatch):
    """Nor is a server of somebody else's, as the parent of the tests is."""
    assert ceilometer_diagnostics_start._start_of(argv) is None


def test_diagnostics_are_not_the_daemon(monkeypatch):
    """Who imports us, as a sitecustomize may, begins no daemon yet."""
    armed = []
    monkeypatch.setattr(ceilometer_diagnostics_start, '_arm',
                        lambda start, name: armed.append((start, name)))
    start = ceilometer_diagnostics_start.Start('ceilometer-polling', None)
    finder = ceilometer_diagnostics_start.Finder(start)
    for name in ('os', 'ceilometer', 'ceilometer.diagnostics',
                 'ceilometer.diagnostics.daemon', 'ceilometers.x'):
        assert finder.find_spec(name) is None
    assert armed == []
    for name in ('ceilometer.cmd', 'ceilometer.cmd.polling'):
        assert finder.find_spec(name) is None
    assert armed == [(start, 'ceilometer.cmd')]


def test_what_site_reads_twice_is_done_once(monkeypatch):
    """In a virtualenv it reads the same files again."""
    hook = ceilometer_diagnostics_start
    monkeypatch.setenv(hook.VARIABLE, '1')
    monkeypatch.setattr(sys, 'orig_argv', ['python3', 'ceilometer-polling'])
    monkeypatch.setattr(sys, 'meta_path', list(sys.meta_path))
    monkeypatch.setattr(hook, 'called', False)
    taken = []
    monkeypatch.setattr(hook.Start, 'take_signals',
                        lambda start: taken.append(start))
    for _ in range(2):
        hook.at_start()
    assert len(taken) == 1
    assert sum(isinstance(finder, hook.Finder)
               for finder in sys.meta_path) == 1


class Asked:
    """A finder that knows one module."""

    def __init__(self, known=None, finder=None):
        self.known, self.finder, self.names = known, finder, []

    def find_spec(self, name, path=None, target=None):
        self.names.append(name)
        if self.finder is not None:
            self.finder.find_spec(name, path, target)
        return 'found' if name == self.known else None


def found(name):
    """What Python finds: the list may change while it goes through it."""
    for finder in sys.meta_path:
        spec = getattr(finder, 'find_spec', lambda *_: None)(name, None, None)
        if spec is not None:
            return spec
    return None


@pytest.mark.parametrize('earlier', [0, 1, 2])
def test_finder_leaves_and_no_other_is_passed_over(earlier, monkeypatch):
    """The list of finders is the daemon's; others come while it is armed."""
    others = [Asked(), Asked('second'), Asked('third')]
    added = [Asked() for _ in range(earlier)]
    finder = ceilometer_diagnostics_start.Finder(
        ceilometer_diagnostics_start.Start('ceilometer-polling', None))
    monkeypatch.setattr(sys, 'meta_path', [finder, object(), *others])

    def arm(start, name):
        # what arms a process imports
        assert found('nested') is None
        sys.meta_path[:0] = added

    monkeypatch.setattr(ceilometer_diagnostics_start, '_arm', arm)
    found('ceilometer.cmd')
    # asked again where others have come before it
    assert (finder in sys.meta_path) is not bool(earlier)
    assert found('second') == 'found'
    assert finder not in sys.meta_path
    assert sys.meta_path[len(added) + 1:] == others
    assert found('third') == 'found'
    assert others[0].names == ['nested'] + [
        'ceilometer.cmd', 'second', 'third']


def test_finder_leaves_for_the_one_behind_it(monkeypatch):
    """That one answers, though Python passes over it."""
    behind = Asked('second')
    finder = ceilometer_diagnostics_start.Finder(
        ceilometer_diagnostics_start.Start('ceilometer-polling', None))
    monkeypatch.setattr(ceilometer_diagnostics_start, '_arm',
                        lambda start, name: None)
    monkeypatch.setattr(sys, 'meta_path', [finder, behind])
    found('ceilometer.cmd')
    assert found('second') == 'found'
    assert behind.names == ['ceilometer.cmd', 'second']
    # it may be asked by who has kept the list
    assert finder.find_spec('later') is None
    assert sys.meta_path == [behind]


class Loader:
    """Runs a module, and notes that."""

    def __init__(self, told, error=None):
        self.told, self.error = told, error

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        self.told.append('run')
        if self.error is not None:
            raise self.error


class Finds:
    """A finder that knows modules by name, and their loaders."""

    def __init__(self, loaders):
        self.loaders = loaders

    def find_spec(self, name, path=None, target=None):
        if name in self.loaders:
            return machinery.ModuleSpec(name, self.loaders[name],
                                        is_package=True)
        return None


@pytest.fixture(name='held')
def _held(monkeypatch):
    """Imports of a daemon whose arming goes on later; what was told."""
    told = []
    monkeypatch.setattr(
        ceilometer_diagnostics_start, '_arm',
        lambda start, name: lambda: told.append('goes on'))
    for name in ('ceilometer', 'ceilometer.cmd', 'ceilometer.cmd.polling',
                 'ceilometer.other'):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, 'ceilometer',
                        types.ModuleType('ceilometer'))
    sys.modules['ceilometer'].__path__ = []
    finder = ceilometer_diagnostics_start.Finder(
        ceilometer_diagnostics_start.Start('ceilometer-polling', None))
    loaders = {name: Loader(told) for name in (
        'ceilometer.cmd', 'ceilometer.cmd.polling', 'ceilometer.other')}
    monkeypatch.setattr(sys, 'meta_path',
                        [finder, Finds({}), Finds({}), Finds(loaders)])
    yield told, loaders, finder
    for name in loaders:
        sys.modules.pop(name, None)


def test_arming_goes_on_when_the_daemon_has_been_imported(held):
    """Nobody is asked at each of the imports between."""
    told, loaders, finder = held
    importlib.import_module('ceilometer.cmd')
    assert told == ['run'] and finder in sys.meta_path
    module = importlib.import_module('ceilometer.cmd.polling')
    assert told == ['run', 'run', 'goes on']
    assert finder not in sys.meta_path
    loader = loaders['ceilometer.cmd.polling']
    assert module.__loader__ is loader
    assert vars(loader).keys() == {'told', 'error'}
    importlib.reload(module)
    assert told == ['run', 'run', 'goes on', 'run']


def test_arming_goes_on_at_another_import_of_ceilometer(held):
    """A program that is not as it is known may call what it has."""
    told, _, finder = held
    importlib.import_module('ceilometer.cmd')
    importlib.import_module('ceilometer.other')
    assert told == ['run', 'goes on', 'run']
    importlib.import_module('ceilometer.cmd.polling')
    assert told == ['run', 'goes on', 'run', 'run']
    assert finder not in sys.meta_path


def test_daemon_that_cannot_be_imported_is_told_so(held):
    """The error is its own; there is nothing to go on with."""
    told, loaders, _ = held
    loaders['ceilometer.cmd.polling'].error = error = LookupError()
    with pytest.raises(LookupError) as raised:
        importlib.import_module('ceilometer.cmd.polling')
    assert raised.value is error
    assert told == ['run', 'run']


class Shared:
    """A loader that is a class, as Python's own of what is built in."""

    create_module = staticmethod(lambda spec: None)
    exec_module = staticmethod(lambda module: None)


class Fixed:
    """A loader that has no room for anything else."""

    __slots__ = ()
    create_module = exec_module = staticmethod(lambda _: None)


@pytest.mark.parametrize('loader', [Shared, Fixed()])
def test_loader_that_cannot_be_changed_is_left_alone(loader, held):
    """One that is a class is that of other modules as well."""
    told, loaders, _ = held
    before = dict(vars(Shared))
    loaders['ceilometer.cmd.polling'] = loader
    importlib.import_module('ceilometer.cmd.polling')
    assert told == ['run', 'goes on']
    assert dict(vars(Shared)) == before


def test_daemon_that_is_not_there_is_missed(held):
    """Python says so, whatever we had to do."""
    told, loaders, _ = held
    del loaders['ceilometer.cmd.polling']
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module('ceilometer.cmd.polling')
    assert told == ['run', 'goes on']


def test_arming_that_cannot_go_on_is_told(held, monkeypatch, capfd):
    """The daemon is imported all the same."""
    told, _, _ = held
    monkeypatch.setattr(ceilometer_diagnostics_start, '_arm',
                        lambda start, name: lambda: 1 // 0)
    importlib.import_module('ceilometer.cmd.polling')
    assert told == ['run', 'run']
    assert 'Diagnostics are off' in capfd.readouterr().err
