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

"""What our modules call, whatever others put in its place."""

from __future__ import annotations

import ast
import builtins
import os
import pathlib
import sys
import types

import pytest

import ceilometer.diagnostics
from ceilometer.diagnostics.daemon import own_names

NAME = 'ceilometer.diagnostics.daemon.example'


@pytest.fixture
def ours(monkeypatch):
    """A module of ours; no other one is given anything."""
    module = types.ModuleType(NAME)
    exec('import os\nimport sys\n', vars(module))
    others = {name for name in sys.modules if name.startswith(
        'ceilometer.diagnostics.')}
    monkeypatch.setattr(own_names, '_given', others)
    monkeypatch.setitem(sys.modules, NAME, module)
    own_names.take()
    yield module
    others.intersection_update({NAME})
    own_names.take_back()


def fail(*args, **named):
    """What somebody puts in the place of a function."""
    raise AssertionError('somebody has replaced it')


def test_names_are_what_they_were(ours, monkeypatch):
    """Theirs are replaced, ours are not; what can be set stays theirs."""
    own_names.give()
    monkeypatch.setattr(os, 'getpid', fail)
    monkeypatch.setattr(builtins, 'open', fail)
    assert ours.os.getpid() > 0
    with eval('open(os.devnull)', vars(ours)) as file:
        assert file.read() == ''
    assert ours.os is not os and ours.os.environ is os.environ
    assert ours.sys is sys


def test_names_are_given_back(ours):
    """Where nothing is armed any more, ours are what all have."""
    own_names.give()
    assert ours.os is not os
    own_names.take_back()
    assert ours.os is os and 'open' not in vars(ours)
    # and where nothing is armed, nothing is given
    own_names.give()
    assert ours.os is os


@pytest.mark.any_python
def test_our_modules_call_them_by_their_own_names():
    """By any other they would not be found to be replaced."""
    copied = {module.__name__ for module in own_names._COPIED}
    plain = 0
    for path in pathlib.Path(ceilometer.diagnostics.__file__).parent.rglob(
            '*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.module not in copied, path
            for alias in getattr(node, 'names', ()):
                if isinstance(node, ast.Import) and alias.name in copied:
                    assert alias.asname is None, path
                    plain += 1
    assert plain > 50
