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

"""The sections that others add stand beside our own."""

from __future__ import annotations

from importlib import metadata
import sys

import pytest

from ceilometer.diagnostics.daemon import added_sections
from ceilometer.diagnostics.daemon import distributions
from ceilometer.diagnostics.daemon import entry_points
from ceilometer.diagnostics.daemon import registry
from ceilometer.diagnostics.daemon import section_table
from ceilometer.diagnostics import fields


@pytest.fixture
def add():
    """Registers sections for one test."""
    names = []

    def register(title):
        registry.register_section(title, lambda: title)
        names.append(registry.name_from_title(title))

    yield register
    for name in names:
        registry.unregister_section(name)


def test_names_of_ours_are_not_taken(add):
    """A section of the same name has a number behind it."""
    add('Threads')
    add('Summary')
    names = [kind.name for kind in section_table.kinds()]
    assert names[:len(fields.SECTIONS)] == list(fields.SECTIONS)
    assert names[len(fields.SECTIONS):] == ['threads-2', 'summary-2']


@pytest.mark.parametrize('what', ['entry_points', 'distributions'])
def test_broken_distribution_costs_only_its_sections(add, monkeypatch, what):
    """Those that were registered are there."""
    def fail(**parameters):
        raise OSError('metadata cannot be read')

    add('Registered')
    entry_points._all.cache_clear()
    entry_points.of.cache_clear()
    if what == 'entry_points':
        monkeypatch.setattr(
            distributions, 'has_entry_points', lambda group: True)
    else:
        # what finds them is somebody's own
        monkeypatch.setattr(sys, 'meta_path', [*sys.meta_path, Finder([])])
    monkeypatch.setattr(metadata, what, fail)
    try:
        assert [kind.name for kind in added_sections.kinds()] == [
            'registered']
    finally:
        entry_points._all.cache_clear()
        entry_points.of.cache_clear()


class Installed(metadata.Distribution):
    """A distribution that is installed; its files are given."""

    def __init__(self, files):
        self.files_by_name = files

    def read_text(self, filename):
        """A file of its metadata."""
        return self.files_by_name.get(filename)

    def locate_file(self, path):
        """Where one of its modules would be."""
        raise AssertionError('none is looked for')


class Finder:
    """Somebody's own way to find distributions, with some that it finds."""

    def __init__(self, installed):
        self.installed = installed

    def find_spec(self, *arguments):
        """A module: none."""

    def find_distributions(self, context=None):
        """Those that have a name, or all."""
        return iter(self.installed)


def install(monkeypatch, tmp_path, found_by, files, name='of_test-1'):
    """Have a distribution, in a directory or found in another way."""
    if found_by == 'finder':
        monkeypatch.setattr(sys, 'meta_path', [
            *sys.meta_path, Finder([Installed(files)])])
        return
    ending = found_by.removeprefix('directory ')
    directory = tmp_path / f'{name}{ending}'
    directory.mkdir()
    for file, text in files.items():
        (directory / file).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize('found_by', [
    'directory .dist-info', 'directory .egg-info', 'finder'])
@pytest.mark.parametrize('section', [
    None, 'somebody.else', registry.ENTRY_POINT_GROUP + '.more',
    registry.ENTRY_POINT_GROUP])
def test_files_are_parsed_only_where_one_has_the_group(
        monkeypatch, tmp_path, section, found_by):
    """They all say what entry points they have; most have none of ours."""
    files = {'METADATA': 'Metadata-Version: 2.1\nName: of-test\nVersion: 1\n'}
    if section is not None:
        files['entry_points.txt'] = (
            f'[console_scripts]\na = b:c\n\n[{section}]\nname = module:what\n')
    parsed = []
    find = metadata.entry_points
    install(monkeypatch, tmp_path, found_by, files)
    monkeypatch.setattr(metadata, 'entry_points', lambda **given: (
        parsed.append(1) or find(**given)))
    entry_points._all.cache_clear()
    entry_points.of.cache_clear()
    try:
        found = entry_points.of(registry.ENTRY_POINT_GROUP)
    finally:
        entry_points._all.cache_clear()
        entry_points.of.cache_clear()
    has_ours = section == registry.ENTRY_POINT_GROUP
    assert [point.value for point in found] == ['module:what'] * has_ours
    assert bool(parsed) is has_ours


@pytest.mark.parametrize('found_by', [
    'directory .dist-info', 'directory .egg-info', 'finder'])
def test_group_behind_much_else_is_found(monkeypatch, tmp_path, found_by):
    """A file may be longer than what is read at once."""
    lines = ''.join(f'script{number} = a:b\n' for number in range(5000))
    files = {'METADATA': 'Metadata-Version: 2.1\nName: of-test\nVersion: 1\n',
             'entry_points.txt': f'[console_scripts]\n{lines}\n'
             '[test.of.a.group]\nname = module:what\n'}
    assert not distributions.has_entry_points('test.of.a.group')
    install(monkeypatch, tmp_path, found_by, files)
    assert distributions.has_entry_points('test.of.a.group')
    assert not distributions.has_entry_points('test.of.a')


@pytest.mark.parametrize('name', ['of.test', 'Of_Test', 'of-test'])
@pytest.mark.parametrize('found_by', [
    'directory .dist-info', 'directory .egg-info'])
def test_distribution_is_found_by_any_form_of_its_name(
        monkeypatch, tmp_path, name, found_by):
    """As importlib.metadata finds it, and the first one of two."""
    later = tmp_path / 'later'
    later.mkdir()
    fields = 'Metadata-Version: 2.1\nName: of-test\nVersion: {}\n'
    install(monkeypatch, later, found_by, {'METADATA': fields.format(2)})
    install(monkeypatch, tmp_path, found_by, {'METADATA': fields.format(1)},
            'Of.test-1')
    found = distributions.fields([name, 'nobody-has-this'])
    assert list(found) == [name]
    assert distributions.field(found[name], 'Version') == '1'
    assert metadata.version(name) == '1'


def test_deep_data_is_laid_out_up_to_a_depth():
    """What is deeper stands on one line."""
    data = 'leaf'
    for _ in range(200):
        data = {'a': data}
    lines = added_sections.render(data).split('\n')
    assert len(lines) == added_sections.RENDER_DEPTH_MAX + 1
    assert lines[1] == '  a:'
    assert 'leaf' in lines[-1]
