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
import pathlib
import subprocess
import sys

import pytest

import ceilometer.diagnostics

PACKAGE = 'ceilometer.diagnostics'
ROOT = pathlib.Path(ceilometer.diagnostics.__file__).parent


def loaded(script):
    """The modules a fresh interpreter has loaded after a script."""
    done = subprocess.run(
        [sys.executable, '-c', script + '\nimport sys\nprint(*sys.modules)'],
        capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


def imported_by(name):
    """The modules of the package that a module imports, at any place."""
    path = ROOT / (name.replace('.', '/') + '.py')
    if not path.exists():
        path = ROOT / name / '__init__.py'
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (
                node.module or '').startswith(PACKAGE + '.'):
            found.add(node.module.removeprefix(PACKAGE + '.'))
    return found


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
    assert f'{PACKAGE}.trigger' in modules
    assert not {name for name in modules
                if name.startswith(f'{PACKAGE}.sections')}
    assert not modules & {
        f'{PACKAGE}.collect', f'{PACKAGE}.write', f'{PACKAGE}.redact',
        f'{PACKAGE}.mask', 'psutil', 'oslo_reports', 'oslo_config',
        'cotyledon', 'jinja2'}


def test_report_imports_nothing_while_a_fork_may_happen():
    """The lock of a module would stay locked in the new process for ever.

    Here nothing has been imported but what arms: sections, and what they use
    of the standard library, come with the first report.
    """
    script = f"""
import importlib._bootstrap
import sys
import {PACKAGE}
from {PACKAGE} import trigger
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
            and not trigger.armed.reporter._import_gate.locked()):
        print(name)
    return find_and_load(name, import_)
importlib._bootstrap._find_and_load = watched
assert {PACKAGE}.write_report() is not None
importlib._bootstrap._find_and_load = find_and_load
print('done')
"""
    done = subprocess.run([sys.executable, '-c', script], text=True,
                          capture_output=True, timeout=60, check=True)
    assert done.stdout == 'done\n'


@pytest.mark.parametrize(('module', 'allowed'), [
    ('fields', set()), ('report', {'fields'}),
    ('journal_entries', {'fields', 'report'}), ('escape', set()),
    ('secret_names', set()), ('url_credentials', {'secret_names'}),
    ('mask', {'secret_names', 'url_credentials'}),
    ('redact', {'escape', 'mask', 'secret_names'}),
    ('descriptors', set()), ('turn', set()), ('registry', set()),
    ('journal', {'fields'}), ('options', {'fields', 'sections'}),
    ('daemon', {'fields'}), ('side_thread', set()), ('interpose', set()),
    ('gmr', {'interpose'}), ('workers', {'interpose'}),
    ('source', set()), ('journal_reader', {'source'}),
    ('stored', {'fields', 'journal_entries', 'report'}),
    ('search', {'fields', 'journal_reader', 'stored'}),
    ('read', {'fields', 'journal_entries', 'journal_reader', 'report',
              'search', 'source', 'stored'})])
def test_module_imports_only_what_it_may(module, allowed):
    """The arrows of the design go one way."""
    assert imported_by(module) <= allowed


def test_sections_know_nothing_of_the_journal():
    """What collects does not deliver, and cannot trigger."""
    for path in (ROOT / 'sections').glob('*.py'):
        assert not imported_by(f'sections.{path.stem}') & {
            'journal', 'trigger', 'write', 'collect', 'run', 'read'}, path


@pytest.mark.parametrize('name', [
    'source', 'journal_reader', 'stored', 'search', 'read', 'command'])
def test_reader_knows_nothing_of_the_writer(name):
    """It works on a host whose daemons are broken."""
    paths = ([ROOT / f'{name}.py'] if (ROOT / f'{name}.py').exists()
             else list((ROOT / name).glob('*.py')))
    for path in paths:
        module = str(path.relative_to(ROOT).with_suffix('')).replace('/', '.')
        assert not {found for found in imported_by(module) if
                    found.split('.')[0] in (
                        'trigger', 'collect', 'sections', 'write')}, path


def test_only_one_module_needs_the_python_module_systemd():
    """The reader's one door to libsystemd, which not every host has."""
    for path in ROOT.rglob('*.py'):
        found = {name for node in ast.walk(ast.parse(path.read_text()))
                 if isinstance(node, (ast.Import, ast.ImportFrom))
                 for name in ([alias.name for alias in node.names] if
                              isinstance(node, ast.Import)
                              else [node.module or ''])}
        if any(name.partition('.')[0] == 'systemd' for name in found):
            assert path == ROOT / 'journal_reader.py'


def test_every_module_can_be_imported_alone():
    """No module needs another to have been imported before it."""
    names = [
        f'{PACKAGE}.' + str(path.relative_to(ROOT).with_suffix('')).replace(
            '/', '.').removesuffix('.__init__')
        for path in ROOT.rglob('*.py') if path != ROOT / '__init__.py']
    script = ('import importlib, sys\n'
              f'for name in {names!r}:\n'
              f'    for known in list(sys.modules):\n'
              f'        if known.startswith({PACKAGE!r}):\n'
              '            del sys.modules[known]\n'
              '    importlib.import_module(name)\n')
    assert loaded(script)
