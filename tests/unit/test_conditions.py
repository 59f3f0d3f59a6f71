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
"""The catalogue of conditions: for each row of it there is a test."""

from __future__ import annotations

import ast
import functools

import pytest

from tests import conditions
from tests import tree
from tests.unit import reference

pytestmark = pytest.mark.any_python

ROWS = conditions.conditions()


@functools.cache
def defined(path: str) -> set[str]:
    """The names of the tests that a file has."""
    return {node.name for node in ast.parse(
        (tree.TREE / path).read_text()).body
        if isinstance(node, ast.FunctionDef)}


def test_both_pages_have_the_same_conditions() -> None:
    """What operators are told is what is tried, in the same order."""
    told = [row[0] for row in reference.rows('../admin/conditions.rst')
            if row[0] != 'Condition']
    assert len(told) > 20
    assert told == list(ROWS)


@pytest.mark.parametrize('name', ROWS)
def test_condition_has_tests_that_exist(name: str) -> None:
    """They are named in full."""
    for test in ROWS[name]:
        path, _, function = test.partition('::')
        assert function in defined(path), test


def test_whole_matrix_is_in_the_catalogue() -> None:
    """No test of it stands beside the table."""
    folder = 'tests/system/conditions'
    named = {test for tests in ROWS.values()
             for test in tests if test.startswith(folder)}
    paths = [f'{folder}/{file.name}' for file in (
        tree.TREE / folder).glob('test_*.py')]
    assert len(paths) > 1
    assert {f'{path}::{name}' for path in paths for name in defined(path)
            if name.startswith('test_')} == named
