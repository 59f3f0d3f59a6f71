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

"""Sections that others register."""

from __future__ import annotations

import pytest

from ceilometer.diagnostics.daemon import registry


@pytest.fixture(autouse=True)
def only_own():
    """Each test has a registry of its own."""
    before = dict(registry._registrations)
    registry._registrations.clear()
    yield
    registry._registrations.clear()
    registry._registrations.update(before)


def content():
    """A function of a section."""
    return 'x'


@pytest.mark.parametrize(('title', 'name'), [
    ('Pipeline sinks', 'pipeline-sinks'), ('Pipeline Sinks!',
                                           'pipeline-sinks'),
    ('4 wheels', 'section-4-wheels'), ('', 'section'), ('äöü', 'section'),
    ('x' * 100, 'x' * 64), ('---', 'section'), ('a' * 63 + ' b', 'a' * 63)])
def test_name_is_made_from_the_title(title, name):
    """A title gives a name that can be typed as a match."""
    assert registry.name_from_title(title) == name
    registry.register_section(title, content)
    assert [found.name for found in registry.registered()] == [name]


@pytest.mark.parametrize('name', [
    '', 'Upper', 'under_score', '-x', 'x-', 'a--b', '1x', 'x' * 65, 'ä',
    'a b', 'x\n'])
def test_wrong_name_is_refused(name):
    """The error says which name, and what was expected."""
    with pytest.raises(ValueError, match='lower case') as caught:
        registry.register_section('X', content, name)
    assert repr(name) in str(caught.value)
    assert registry.registered() == []


def test_what_cannot_be_called_is_refused():
    """It is found at once, and not when the report is wanted."""
    with pytest.raises(TypeError, match="'X'.*not callable"):
        registry.register_section('X', 'text')


@pytest.mark.parametrize('title', [None, 3, b'X'])
def test_title_that_is_no_text_is_refused(title):
    """It would cost the whole report."""
    with pytest.raises(TypeError, match='title'):
        registry.register_section(title, content, 'x')
    assert registry.registered() == []


def test_name_is_taken_once():
    """Another function may not take the name; the same one may come again."""
    registry.register_section('X', content)
    registry.register_section('X', content)
    with pytest.raises(ValueError, match="'x' is already used by"):
        registry.register_section('X', lambda: 'y')
    assert len(registry.registered()) == 1


def test_section_can_be_taken_out_again():
    """What was unregistered is gone; what never was is an error."""
    registry.register_section('X', content)
    registry.unregister_section('x')
    assert registry.registered() == []
    with pytest.raises(KeyError):
        registry.unregister_section('x')
