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

"""What is kept of a module until something happens, and made a module then."""

from __future__ import annotations

import os
import pathlib
import py_compile
import re
import subprocess
import sys

import pytest

from ceilometer.diagnostics.daemon import folded
from ceilometer.diagnostics.daemon import import_order
from ceilometer.diagnostics.daemon import own_imports
from ceilometer.diagnostics import outside
from ceilometer.diagnostics.outside import account
from ceilometer.diagnostics.outside import looking
from tests import limits
from tools import import_order as tool

PACKAGE = 'ceilometer.diagnostics'

# Whether nothing is asked for that would come from the disk.
_PREPARED = f"""
import builtins, os, sys
import {PACKAGE}
from {PACKAGE}.daemon import arming, folded, import_order
{PACKAGE}.install()
reporter = arming.armed.reporter
for _ in range(2):
    reporter.prepare()
names = ['{PACKAGE}.' + name for name in import_order.FOLDED.split()]
print(*[name for name in names if name in sys.modules])
class Nowhere:
    def find_spec(name, path, target=None):
        if name.startswith('{PACKAGE}'):
            print(name)
def no_file(*_, **named):
    raise OSError('no file')
sys.meta_path.insert(0, Nowhere)
os.open = no_file
with reporter.context.import_gate:
    folded.make()
    from {PACKAGE}.daemon import event_entries, sibling_look
    folded.make()
print(*[name for name in names if name not in sys.modules])
print(sibling_look.os.getpid is os.getpid, sibling_look.os is os,
      folded._kept)
"""


@pytest.fixture(name='prefix', autouse=True)
def _prefix(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where all modules that are kept are compiled."""
    prefix = str(tmp_path)
    monkeypatch.setattr(sys, 'pycache_prefix', prefix)
    root = pathlib.Path(outside.__file__).parent.parent
    for name in import_order.FOLDED.split():
        py_compile.compile(
            f'{root / name.replace(".", "/")}.py', doraise=True)
    return prefix


def test_modules_come_from_memory(prefix: str) -> None:
    """The package may be gone; and so may functions of the library be."""
    done = subprocess.run(
        [sys.executable, '-c', _PREPARED], text=True, check=True,
        capture_output=True, timeout=limits.EVENT_SECONDS,
        env={**os.environ, 'PYTHONPYCACHEPREFIX': prefix})
    assert done.stdout.splitlines() == ['', '', 'True False {}']


def test_whoever_imports_them_makes_them_before() -> None:
    """Python would take them from the disk."""
    # the others are imported by these
    kept = '|'.join(name.rpartition('.')[2] for name in tool.FOLDED)
    found = []
    for path in pathlib.Path(folded.__file__).parent.rglob('*.py'):
        found += re.findall(
            rf'(?m)^(.*)\n +from {PACKAGE}\S* import (?:{kept})$',
            path.read_text())
    assert len(found) == 3
    assert {line.strip() for line in found} == {'folded.make()'}


@pytest.fixture(name='names')
def _names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The full names of two modules that have not been imported."""
    monkeypatch.setattr(folded, '_kept', {})
    for module in (looking, account):
        # and have it back at the end
        name = module.__name__
        monkeypatch.setattr(outside, name.rpartition('.')[2], module)
        monkeypatch.delitem(sys.modules, name)
    return [looking.__name__, account.__name__]


def test_module_that_cannot_be_made_is_tried_again(
        names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """When there is no memory; those before it are not made anew."""
    folded.keep('outside.looking outside.account')
    make = own_imports.make

    def fail(place: own_imports.Place, data: bytes | None) -> bool:
        if place[0] == names[1]:
            raise MemoryError
        return make(place, data)

    with monkeypatch.context() as patch:
        patch.setattr(own_imports, 'make', fail)
        with pytest.raises(MemoryError):
            folded.make()
    first = sys.modules[names[0]]
    assert names[1] not in sys.modules
    folded.make()
    assert sys.modules[names[0]] is first is not looking
    assert sys.modules[names[1]] is not account


def test_damaged_code_is_named(names: list[str]) -> None:
    """Whoever hears it may find out why."""
    folded.keep('outside.looking')
    place, data = folded._kept[names[0]]
    folded._kept[names[0]] = place, data[:100]
    with pytest.raises(ImportError, match=names[0]):
        folded.make()


@pytest.mark.parametrize('lacks', ['code', 'its place'])
def test_what_cannot_be_kept_is_imported_at_once(
        names: list[str], monkeypatch: pytest.MonkeyPatch,
        lacks: str) -> None:
    """Later it may not be there any more."""
    read = own_imports.read

    def elsewhere(place: own_imports.Place) -> bytes | None:
        data = read(place)
        return None if lacks == 'code' or data is None else data.replace(
            place[1].encode(), b'/elsewhere')

    monkeypatch.setattr(own_imports, 'read', elsewhere)
    folded.keep('outside.looking')
    assert names[0] in sys.modules and not folded._kept
