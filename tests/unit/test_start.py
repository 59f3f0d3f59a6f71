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

import sys

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
                        armed.append)
    start = ceilometer_diagnostics_start.Start('ceilometer-polling', None)
    finder = ceilometer_diagnostics_start.Finder(start)
    for name in ('os', 'ceilometer', 'ceilometer.diagnostics',
                 'ceilometer.diagnostics.daemon', 'ceilometers.x'):
        assert finder.find_spec(name) is None
    assert armed == []
    for name in ('ceilometer.cmd', 'ceilometer.cmd.polling'):
        assert finder.find_spec(name) is None
    assert armed == [start]


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

    def arm(start):
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
    monkeypatch.setattr(ceilometer_diagnostics_start, '_arm', id)
    monkeypatch.setattr(sys, 'meta_path', [finder, behind])
    found('ceilometer.cmd')
    assert found('second') == 'found'
    assert behind.names == ['ceilometer.cmd', 'second']
    # it may be asked by who has kept the list
    assert finder.find_spec('later') is None
    assert sys.meta_path == [behind]
