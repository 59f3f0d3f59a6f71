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

"""Who may import whom, and what a daemon pays for being armed."""

from __future__ import annotations

import ast
import graphlib
import pathlib
import subprocess
import sys

import pytest

import ceilometer.diagnostics
from ceilometer.diagnostics import fields
from tests import limits

PACKAGE = 'ceilometer.diagnostics'
ROOT = pathlib.Path(ceilometer.diagnostics.__file__).parent


def loaded(script):
    """The modules a fresh interpreter has loaded after a script."""
    done = subprocess.run(
        [sys.executable, '-c', script + '\nimport sys\nprint(*sys.modules)'],
        capture_output=True, text=True, timeout=limits.EVENT_SECONDS,
        check=True)
    return set(done.stdout.split())


def name_of(path):
    """The name of a module below the package, ``daemon.collect``."""
    return '.'.join(path.relative_to(ROOT).with_suffix('').parts).removesuffix(
        '.__init__')


#: Every module of the package but the door, by its name in it.
MODULES = {name_of(path): path for path in sorted(ROOT.rglob('*.py'))
           if path != ROOT / '__init__.py'}


def imported_by(path):
    """The modules of the package that a module imports, at any place."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (
                node.module == PACKAGE
                or (node.module or '').startswith(PACKAGE + '.')):
            base = node.module.removeprefix(PACKAGE).lstrip('.')
            for alias in node.names:
                full = f'{base}.{alias.name}'.lstrip('.')
                found.add(full if full in MODULES else base)
        elif isinstance(node, ast.ImportFrom) and node.module == 'ceilometer':
            found |= {'' for alias in node.names
                      if alias.name == 'diagnostics'}
        elif isinstance(node, ast.Import):
            found |= {alias.name.removeprefix(PACKAGE).lstrip('.')
                      for alias in node.names
                      if alias.name.startswith(PACKAGE)}
    return found


def room(name):
    """What a module stands in: a folder or module at the top, or the door."""
    return name.partition('.')[0] or '__init__'


def arrows(names, inside=''):
    """Pairs of rooms of which the first imports the second.

    :param names: the modules to look at
    :param inside: a folder whose own rooms are meant, ``daemon.``
    """
    found = set()
    for name in names:
        for other in imported_by(MODULES[name]):
            if other.startswith(inside):
                pair = (room(name.removeprefix(inside)),
                        room(other.removeprefix(inside)))
                if pair[0] != pair[1]:
                    found.add(pair)
    return found


def floors(pairs):
    """The rooms of a house, those first that need no other.

    :raises graphlib.CycleError: two rooms need one another
    """
    sorter = graphlib.TopologicalSorter()
    for above, below in pairs:
        sorter.add(above, below)
    sorter.prepare()
    found = []
    while sorter.is_active():
        ready = sorter.get_ready()
        found.append(sorted(ready))
        sorter.done(*ready)
    return found


#: All that is imported as a process is armed; folders must not add to it.
ARMING = {'', 'fields', 'report', 'daemon', *(f'daemon.{name}' for name in (
    'arming', 'broker_watch', 'chosen_names', 'coordination_watch',
    'crash_stacks', 'cycle_counts', 'descriptors',
    'error_text', 'events', 'folded', 'gmr', 'hang_stacks', 'hooks',
    'import_order',
    'installation', 'interpose', 'last_words', 'log_watch',
    'master_death', 'memory_kills', 'memory_left', 'notification_work',
    'own_imports', 'own_names', 'own_thread', 'polling_work', 'process',
    'process_record',
    'readiness',
    'record_lock', 'report_context', 'report_marks', 'reporter',
    'sd_notify', 'server_end', 'shared_places', 'shorten', 'sibling_page',
    'siblings', 'signal_wait',
    'start_errors', 'traces', 'trigger_page', 'turn', 'unhandled', 'waiter',
    'work', 'worker_deaths', 'worker_runs', 'workers')),
    'named_tuple', 'patterns', 'pauses'}


def test_package_alone_imports_nothing_of_its_own():
    """A daemon that imports the door starts as fast as ever."""
    modules = loaded(f'import {PACKAGE}')
    ours = {name for name in modules if name.startswith(PACKAGE)}
    assert ours == {PACKAGE}
    assert not modules & {'oslo_config', 'oslo_log', 'psutil', 'wrapt',
                          'json', 'logging'}


def test_arming_imports_nothing_that_collects():
    """What makes reports is imported when the first one is wanted."""
    modules = loaded(f'import {PACKAGE}\n{PACKAGE}.install()')
    ours = {name.removeprefix(PACKAGE).lstrip('.') for name in modules
            if name.startswith(PACKAGE)}
    assert ours == ARMING
    assert not modules & {
        'psutil', 'oslo_reports', 'oslo_config', 'cotyledon', 'jinja2'}


def test_report_imports_nothing_while_a_fork_may_happen():
    """The lock of a module would stay locked in the new process for ever.

    Here nothing has been imported but what arms: sections, and what they use
    of the standard library, come with the first report.
    """
    script = f"""
import importlib._bootstrap
import sys
import {PACKAGE}
from {PACKAGE}.daemon import arming
def fail():
    unknown_nam
def hang():
    event.wait()
{PACKAGE}.install()
{PACKAGE}.register_section('Failing', fail)
{PACKAGE}.register_section('Hanging', hang)
import threading
event = threading.Event()
find_and_load = importlib._bootstrap._find_and_load
def watched(name, import_):
    if (name not in sys.modules
            and not arming.armed.reporter._import_gate.locked()):
        print(name)
    return find_and_load(name, import_)
importlib._bootstrap._find_and_load = watched
assert {PACKAGE}.write_report() is not None
importlib._bootstrap._find_and_load = find_and_load
# the types of data are for those that read the code, or the report
print(*[name for name in ('contents', 'content_types')
        if f'{PACKAGE}.{{name}}' in sys.modules])
print('done')
"""
    done = subprocess.run([sys.executable, '-c', script], text=True,
                          capture_output=True, check=True,
                          timeout=limits.EVENT_SECONDS)
    assert done.stdout == 'contents\ndone\n'


#: Which room may import which others, from the words that need none up to
#: the two programs. Neither program imports the other.
HOUSE = {
    'content_types': set(),
    'contents': {'content_types'},
    'fields': set(),
    'named_tuple': set(),
    'pauses': set(),
    'patterns': {'pauses'},
    'escape': {'patterns', 'pauses'},
    'secrets': {'escape', 'named_tuple', 'patterns', 'pauses'},
    'without_ids': {'patterns'},
    'findings': {'contents', 'named_tuple'},
    'kept_files': {'named_tuple', 'patterns'},
    'report': {'fields', 'named_tuple'},
    'told_once': {'pauses'},
    'data_json': {'pauses', 'told_once'},
    'journal_entries': {'data_json', 'fields', 'pauses', 'report'},
    'outside': {'contents', 'escape', 'fields', 'findings', 'named_tuple',
                'report', 'secrets'},
    'daemon': {'contents', 'escape', 'fields', 'findings', 'journal_entries',
               'kept_files', 'named_tuple', 'outside', 'patterns', 'pauses',
               'report', 'secrets', 'without_ids'},
    'command': {'content_types', 'contents', 'escape', 'fields',
                'findings', 'journal_entries', 'kept_files', 'outside',
                'report', 'secrets', 'told_once', 'without_ids'},
    '__init__': {'daemon', 'fields', 'report'},
    'run': set(),
}


def test_every_room_is_known():
    """A new one at the top is a decision, and not an accident."""
    assert {room(name) for name in MODULES} | {'__init__'} == set(HOUSE)


def test_rooms_import_only_those_below_them():
    """The house has no arrow up, and no other than the plan has."""
    found = arrows(MODULES) | {
        ('__init__', room(name)) for name in imported_by(ROOT / '__init__.py')}
    assert ('daemon', 'fields') in found
    assert found <= {(above, below) for above, others in HOUSE.items()
                     for below in others}
    assert len(floors(found)) <= 8


@pytest.mark.parametrize('inside', [
    'daemon.', 'command.', 'outside.', 'secrets.'])
def test_folders_have_no_arrow_up_inside(inside):
    """What stands in a folder has an order of its own, without a circle."""
    names = [name for name in MODULES if name.startswith(inside)]
    assert len(names) > 2
    assert floors(arrows(names, inside))


def test_sections_know_nothing_of_the_journal():
    """What collects does not deliver, and cannot trigger."""
    names = [name for name in MODULES if name.startswith('daemon.sections.')]
    assert len(names) == len(fields.SECTIONS) + 1
    for name in names:
        assert not imported_by(MODULES[name]) & {
            'journal_entries', *(f'daemon.{other}' for other in (
                'arming', 'collect', 'journal', 'make_report', 'reporter',
                'sanitize', 'section_table', 'waiter'))}, name


def test_only_one_module_needs_the_python_module_systemd():
    """The reader's one door to libsystemd, which not every host has."""
    for path in ROOT.rglob('*.py'):
        found = {name for node in ast.walk(ast.parse(path.read_text()))
                 if isinstance(node, (ast.Import, ast.ImportFrom))
                 for name in ([alias.name for alias in node.names] if
                              isinstance(node, ast.Import)
                              else [node.module or ''])}
        if any(name.partition('.')[0] == 'systemd' for name in found):
            assert path == MODULES['command.reports.journal_reader']


def test_every_module_can_be_imported_alone():
    """No module needs another to have been imported before it."""
    names = [f'{PACKAGE}.{name}' for name in MODULES]
    script = ('import importlib, sys\n'
              f'for name in {names!r}:\n'
              f'    for known in list(sys.modules):\n'
              f'        if known.startswith({PACKAGE!r}):\n'
              '            del sys.modules[known]\n'
              '    importlib.import_module(name)\n')
    assert loaded(script)
