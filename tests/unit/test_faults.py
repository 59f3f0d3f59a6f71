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

"""The list of planted faults has not grown old.

``make faults`` says whether each is caught.
"""

from __future__ import annotations

import ast
import collections
import functools

import pytest

from tests.faults import fault

pytestmark = pytest.mark.any_python

FAULTS = [pytest.param(found, id=found.name)
          for faults in fault.listed().values() for found in faults]


@functools.cache
def names_in(file: str) -> set[str]:
    """The tests of a file, and their classes, as ids have them."""
    found = set()
    for node in ast.parse((fault.TREE / file).read_text()).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f'{node.name}::{inner.name}' for inner in node.body
                      if isinstance(inner, ast.FunctionDef)}
    return found


def test_faults_have_names_of_their_own() -> None:
    """Each name says one fault."""
    names = collections.Counter(param.id for param in FAULTS)
    assert names and names.most_common(1)[0][1] == 1


@pytest.mark.parametrize('found', FAULTS)
def test_fault_applies(found: fault.Fault) -> None:
    """The text to change is there once; the tests to catch it are there."""
    text = (fault.TREE / fault.PACKAGE / found.file).read_text()
    planted = found.applied(text)
    assert planted != text
    # what is no module fails any test, and tells nothing
    ast.parse(planted)
    assert found.tests
    for test in found.tests:
        file, _, name = test.partition('[')[0].partition('::')
        assert not name or name in names_in(file)
