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

"""Our modules are imported fast, and are what Python makes of them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import dis
import importlib.util
import inspect
import os
import pathlib
import py_compile
import subprocess
import sys
import types

import pytest

from ceilometer import diagnostics
from ceilometer.diagnostics.daemon import import_order
from ceilometer.diagnostics.daemon import own_imports
from tests import limits
from tools import import_order as tool

PACKAGE = 'ceilometer.diagnostics'
LISTED = (import_order.ARMING + import_order.REPORTING
          + import_order.FOLDED).split()

# What a module says of itself, and which modules Python was asked for.
_TELL = f"""
import sys
asked = []
class Asked:
    def find_spec(name, path, target=None):
        asked.append(name)
sys.meta_path.insert(0, Asked)
from {PACKAGE}.daemon import folded, import_order, own_imports
before = len(asked)
if %r:
    for _ in range(2):
        own_imports.load(import_order.ARMING)
        own_imports.load(import_order.REPORTING)
        folded.keep(import_order.FOLDED)
        folded.make()
        made = made if _ else dict(sys.modules)
    assert made == sys.modules
else:
    import importlib
    for name in {LISTED}:
        importlib.import_module('{PACKAGE}.' + name)
folded, import_order, own_imports
for name, module in sorted(sys.modules.items()):
    if name.startswith('{PACKAGE}'):
        spec = module.__spec__
        print(name, module.__name__, module.__file__, module.__package__,
              module.__loader__.path, type(module.__loader__),
              spec.loader is module.__loader__, spec.name, spec.origin,
              spec.cached, spec.has_location,
              spec.parent, spec.submodule_search_locations,
              *sorted(vars(module).keys() - {{
                  '__annotations__', '__cached__'}}))
        package, _, last = name.rpartition('.')
        assert getattr(sys.modules[package], last) is module
print('asked', *[name for name in asked[before:]
                 if name.startswith('{PACKAGE}.')])
"""


def told(fast: bool, **environment: str) -> list[str]:
    """What modules say of themselves in a fresh interpreter."""
    kept = {name: value for name, value in os.environ.items()
            if name != 'PYTHONDONTWRITEBYTECODE'}
    done = subprocess.run(
        [sys.executable, '-c', _TELL % fast], text=True, check=True,
        capture_output=True, timeout=limits.EVENT_SECONDS,
        env={**kept, **environment})
    return done.stdout.splitlines()


@pytest.mark.any_python
def test_order_is_that_of_the_imports() -> None:
    """Whoever has a daemon import another module makes it anew."""
    assert tool.ORDER.read_text() == tool.made(), (
        f'{tool.ORDER} is out of date; run: python -m tools.import_order')


def test_modules_are_what_python_makes_of_them(
        tmp_path: pathlib.Path) -> None:
    """All that they say of themselves is the same."""
    prefix = {'PYTHONPYCACHEPREFIX': str(tmp_path)}
    not_to_write = {**prefix, 'PYTHONDONTWRITEBYTECODE': '1'}
    *before, asked = told(True, **not_to_write)
    # nothing was compiled: Python does it all
    assert f'{PACKAGE}.daemon.collect' in asked.split()
    assert not list(tmp_path.iterdir())
    *ordinary, _ = told(False, **prefix)
    *fast, asked = told(True, **not_to_write)
    assert fast == ordinary == before and len(fast) > len(LISTED)
    # Python was asked for the packages alone
    assert set(asked.split()[1:]) == {
        f'{PACKAGE}.{name}' for name in (
            'secrets', 'outside', 'daemon.sections')}


@pytest.fixture(name='path')
def _path(tmp_path: pathlib.Path) -> pathlib.Path:
    """The source of a module; it is compiled."""
    path = tmp_path / 'example.py'
    path.write_text('number = 7\n')
    py_compile.compile(str(path), doraise=True)
    return path


def compiled(path: pathlib.Path) -> pathlib.Path:
    """Where the compiled code of a module is."""
    return pathlib.Path(importlib.util.cache_from_source(str(path)))


def _is_newer(path: pathlib.Path) -> None:
    os.utime(path, (1, 1))


def _is_longer(path: pathlib.Path) -> None:
    found = path.stat()
    path.write_text('number = 78\n')
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def _is_gone(path: pathlib.Path) -> None:
    path.unlink()


def _is_not_compiled(path: pathlib.Path) -> None:
    compiled(path).unlink()


def _is_cut(path: pathlib.Path) -> None:
    code = compiled(path)
    code.write_bytes(code.read_bytes()[:40])


def _is_of_another_python(path: pathlib.Path) -> None:
    code = compiled(path)
    code.write_bytes(b'1234' + code.read_bytes()[4:])


def _is_checked_by_its_content(path: pathlib.Path) -> None:
    py_compile.compile(
        str(path), doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)


def _was_elsewhere(path: pathlib.Path) -> None:
    py_compile.compile(str(path), doraise=True, dfile='/elsewhere/example.py')


def load(path: pathlib.Path) -> Iterator[types.ModuleType]:
    """The module that is made of the code of a source; empty if none is."""
    name = f'{PACKAGE}.example'
    place = name, str(path), str(compiled(path))
    try:
        if own_imports.make(place, own_imports.read(place)):
            yield sys.modules[name]
    finally:
        sys.modules.pop(name, None)
        vars(diagnostics).pop('example', None)


def test_compiled_code_is_found(path: pathlib.Path) -> None:
    """What is mostly so."""
    module, = load(path)
    assert module.number == 7


@pytest.mark.parametrize('change', [
    _is_newer, _is_longer, _is_gone, _is_not_compiled, _is_cut,
    _is_of_another_python, _is_checked_by_its_content, _was_elsewhere])
def test_compiled_code_of_another_source_is_left_to_python(
        path: pathlib.Path, change: Callable[[pathlib.Path], None]) -> None:
    """And so is any that is not as it mostly is."""
    change(path)
    assert not list(load(path))


_WORDS = '''
"""What the module is for."""
from __future__ import annotations
from collections.abc import Iterator
import contextlib
import os

number: int = 7

def double(of: int) -> int:
    """What the function is for."""
    def add(one: int, other: int) -> int:
        """What the inner one is for."""
        return one + other
    return add(of, of)

class Thing:
    """What the class is for."""
    size: int = 1
    def __init__(self) -> None:
        """What this is for."""
        self.text = 'a text'
    @property
    def twice(self) -> int:
        """What that is for."""
        return double(self.size)
    class Part:
        """What the part is for."""
        def name(self, of: str = 'x') -> str:
            """What its name is for."""
            return f'name of {of}'

@contextlib.contextmanager
def within(_: str) -> Iterator[None]:
    """What is of another module, in part."""
    yield

sign = property(lambda self: 'a text that is a value')
foreign = os.path.join
'''


def test_words_for_readers_of_the_code_are_dropped(
        path: pathlib.Path) -> None:
    """They take memory in every process; all else is what it was."""
    foreign = os.path.join.__doc__, vars(contextlib)['contextmanager'].__doc__
    assert all(foreign)
    path.write_text(_WORDS)
    py_compile.compile(str(path), doraise=True)
    module, = load(path)
    thing = module.Thing()
    assert [module.double(4), thing.text, thing.twice, thing.Part().name()
            ] == [8, 'a text', 2, 'name of x']
    assert module.sign.fget(None) == 'a text that is a value'
    assert (os.path.join.__doc__,
            contextlib.contextmanager.__doc__) == foreign
    with module.within(''):
        pass
    kept = []
    for one in (module, module.double, module.Thing, module.Thing.__init__,
                module.Thing.twice.fget, module.Thing.Part,
                module.Thing.Part.name):
        kept += [one.__doc__, one.__annotations__]
        if hasattr(one, '__code__'):
            kept += [const for const in one.__code__.co_consts
                     if isinstance(const, str) and ' is for' in const]
    assert not any(kept), kept


def test_no_docstring_is_a_value_as_well() -> None:
    """A function of ours that returned its own would return nothing."""
    seen = 0
    for name in LISTED:
        path = importlib.util.find_spec(f'{PACKAGE}.{name}').origin
        codes = [compile(pathlib.Path(path).read_text(), path, 'exec')]
        while codes:
            code = codes.pop()
            codes += [const for const in code.co_consts
                      if isinstance(const, types.CodeType)]
            if (code.co_flags & inspect.CO_OPTIMIZED
                    and not code.co_name.startswith('<')
                    and isinstance(code.co_consts[0], str)):
                seen += 1
                assert not any(one.argval is code.co_consts[0] for one
                               in dis.get_instructions(code)), code
    assert seen > 500


_BESIDE = f"""
import sys, threading
from {PACKAGE}.daemon import own_imports, own_thread
end = threading.Event()
thread = %s(target=end.wait, daemon=True)
thread.start()
own_imports.load('daemon.cycle_counts')
print('{PACKAGE}.daemon.cycle_counts' in sys.modules)
end.set()
"""


@pytest.mark.parametrize(('thread', 'imported'), [
    # one that waits for signals runs already
    ('own_thread.OwnThread', 'True'),
    # it may import the same, and Python takes locks for that
    ('threading.Thread', 'False')])
def test_other_threads_leave_it_to_python(thread: str, imported: str) -> None:
    """Those of ours import nothing at that time."""
    done = subprocess.run(
        [sys.executable, '-c', _BESIDE % thread], text=True, check=True,
        capture_output=True, timeout=limits.EVENT_SECONDS)
    assert done.stdout.strip() == imported


def test_module_that_raises_is_not_there(path: pathlib.Path) -> None:
    """Who imports it later meets no half of it."""
    path.write_text('raise LookupError\n')
    py_compile.compile(str(path), doraise=True)
    place = f'{PACKAGE}.example', str(path), str(compiled(path))
    with pytest.raises(LookupError):
        own_imports.make(place, own_imports.read(place))
    assert f'{PACKAGE}.example' not in sys.modules
