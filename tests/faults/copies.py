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

"""A throw-away copy of the tree and of its environment, to plant faults in.

Tests run in it as they do in the original: the package is installed in an
environment, and the programs that tests start are that environment's. The
tree is planted too, for the tests that build the package from it.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys

from tests.faults import fault

# What the tests do not need of a tree.
_LEFT_OUT = shutil.ignore_patterns(
    '.*', '__pycache__', '*.egg-info', 'build', 'dist')
# For the import of one module.
IMPORT_SECONDS_MAX = 300

# With the package installed where this one is.
_SITE_PACKAGES = pathlib.Path(
    'lib', f'python{sys.version_info.major}.{sys.version_info.minor}',
    'site-packages')


class Copy:
    """A copy of the tree and of the virtual environment that runs this.

    :param directory: the one to make for it
    :ivar tree: the copy of the tree
    :ivar python: the interpreter of the copied environment
    """

    def __init__(self, directory: pathlib.Path) -> None:
        self.tree = directory / 'tree'
        shutil.copytree(fault.TREE, self.tree, ignore=_LEFT_OUT)
        self._environment = directory / 'environment'
        self._installed = self._environment / _SITE_PACKAGES
        self._copy_environment()
        self.python = str(self._environment / 'bin/python')

    def _copy_environment(self) -> None:
        """Link to all but the package, and the scripts' interpreter."""
        original = pathlib.Path(sys.prefix)
        # the directories that are the copy's own, and have links in them
        parted = [pathlib.Path(), pathlib.Path('bin')]
        parted += [path for path in (_SITE_PACKAGES / fault.PACKAGE).parents
                   if path != pathlib.Path()]
        for directory in parted:
            (self._environment / directory).mkdir(exist_ok=True, parents=True)
        own = {*parted, _SITE_PACKAGES / fault.PACKAGE}
        for directory in parted:
            for entry in os.scandir(original / directory):
                relative = directory / entry.name
                if relative in own or entry.name in ('lib64', '__pycache__'):
                    continue
                if directory.name == 'bin' or entry.name == 'pyvenv.cfg' or (
                        entry.name.startswith(fault.BESIDE)
                        and entry.is_file()):
                    self._copy_file(original, relative)
                else:
                    (self._environment / relative).symlink_to(entry.path)
        shutil.copytree(
            original / _SITE_PACKAGES / fault.PACKAGE,
            self._installed / fault.PACKAGE,
            ignore=shutil.ignore_patterns('__pycache__'))

    def _copy_file(self, original: pathlib.Path,
                   relative: pathlib.Path) -> None:
        """Copy a file; a script's interpreter is that of the copy."""
        target = self._environment / relative
        shutil.copy2(original / relative, target, follow_symlinks=False)
        if not target.is_symlink() and target.is_file():
            content = target.read_bytes()
            if content.startswith(b'#!'):
                target.write_bytes(content.replace(
                    os.fsencode(original), os.fsencode(self._environment)))

    @contextlib.contextmanager
    def planted(self, found: fault.Fault) -> Iterator[None]:
        """Have a fault in the copy for a while.

        :raises ValueError: if it does not apply, or the module can no longer
            be imported: that would fail any test, and tell nothing
        """
        original = (self._installed / fault.PACKAGE / found.file).read_text()
        self._write(found.file, found.applied(original))
        try:
            module = os.path.normpath(
                f'{fault.PACKAGE}/{found.file}').removesuffix(
                '.py').removesuffix('/__init__').replace('/', '.')
            done = self.run(['-c', f'import {module}'], IMPORT_SECONDS_MAX)
            if done.returncode:
                raise ValueError(
                    f'{module} cannot be imported:\n{done.stdout}')
            yield
        finally:
            self._write(found.file, original)

    def _write(self, file: str, text: str) -> None:
        for top in (self._installed, self.tree):
            path = top / fault.PACKAGE / file
            path.write_text(text)
            # Bytecode is told apart by whole seconds and sizes only.
            shutil.rmtree(path.parent / '__pycache__', ignore_errors=True)

    def run(self, arguments: list[str], seconds: float,
            ) -> subprocess.CompletedProcess[str]:
        """Run the interpreter of the copy in the tree.

        :param arguments: its arguments
        :param seconds: how long at most
        :returns: with all that it printed as ``stdout``
        :raises subprocess.TimeoutExpired: if it takes longer
        """
        binaries = str(self._environment / 'bin')
        return subprocess.run(
            [self.python, *arguments], cwd=self.tree, timeout=seconds,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors='backslashreplace',
            # What a fault keeps from coming is not waited for so long.
            env={'EVENT_SECONDS': '60', **os.environ,
                 'VIRTUAL_ENV': str(self._environment),
                 'PATH': f'{binaries}:{os.environ.get("PATH", os.defpath)}'})
