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


def test_broken_distribution_costs_only_its_sections(add, monkeypatch):
    """Those that were registered are there."""
    def fail(**parameters):
        raise OSError('metadata cannot be read')

    add('Registered')
    entry_points._all.cache_clear()
    entry_points.of.cache_clear()
    monkeypatch.setattr(metadata, 'entry_points', fail)
    try:
        assert [kind.name for kind in added_sections.kinds()] == [
            'registered']
    finally:
        entry_points._all.cache_clear()
        entry_points.of.cache_clear()


def test_deep_data_is_laid_out_up_to_a_depth():
    """What is deeper stands on one line."""
    data = 'leaf'
    for _ in range(200):
        data = {'a': data}
    lines = added_sections.render(data).split('\n')
    assert len(lines) == added_sections.RENDER_DEPTH_MAX + 1
    assert lines[1] == '  a:'
    assert 'leaf' in lines[-1]
