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

import pytest

from ceilometer.diagnostics.daemon import added_sections
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
        monkeypatch.setattr(entry_points, '_is_known', lambda group: True)
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


@pytest.mark.parametrize('section', [
    None, 'somebody.else', registry.ENTRY_POINT_GROUP + '.more',
    registry.ENTRY_POINT_GROUP])
def test_files_are_parsed_only_where_one_has_the_group(monkeypatch, section):
    """They all say what entry points they have; most have none of ours."""
    files = {'METADATA': 'Metadata-Version: 2.1\nName: of-test\nVersion: 1\n'}
    if section is not None:
        files['entry_points.txt'] = (
            f'[console_scripts]\na = b:c\n\n[{section}]\nname = module:what\n')
    parsed = []
    find = metadata.entry_points
    monkeypatch.setattr(metadata, 'distributions', lambda **_: iter(
        [Installed({'METADATA': 'Name: other\n'}), Installed(files)]))
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


def test_deep_data_is_laid_out_up_to_a_depth():
    """What is deeper stands on one line."""
    data = 'leaf'
    for _ in range(200):
        data = {'a': data}
    lines = added_sections.render(data).split('\n')
    assert len(lines) == added_sections.RENDER_DEPTH_MAX + 1
    assert lines[1] == '  a:'
    assert 'leaf' in lines[-1]
