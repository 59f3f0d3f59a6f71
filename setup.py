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

"""Builds the distribution; all but what setup.cfg cannot say is there."""

from importlib import util
import pathlib
import subprocess
import sys
import tempfile

import setuptools
from setuptools.command import build_py

#: Where the manual pages of the tree are, and where those that are made of
#: them stand in the package: install-system puts them where man looks.
MANUAL_SOURCE = pathlib.Path('doc/source')
MANUAL = pathlib.Path('ceilometer/diagnostics/system_files/man')

#: What site reads as Python starts; beside the packages, and in none.
START_FILES = ('ceilometer_diagnostics.pth', 'ceilometer_diagnostics.start')


class BuildPy(build_py.build_py):
    """Puts the start files beside the packages, and makes manual pages."""

    def run(self):
        """Build the packages, copy the start files, make manual pages."""
        super().run()
        for name in START_FILES:
            self.copy_file(name, str(pathlib.Path(self.build_lib) / name))
        if not getattr(self, 'editable_mode', False):
            self._make_manual()

    def _make_manual(self):
        """Make the manual pages; without Sphinx the package has none."""
        if util.find_spec('sphinx') is None or not MANUAL_SOURCE.is_dir():
            self.warn('no Sphinx, or no doc/source: no manual pages are made')
            return
        target = pathlib.Path(self.build_lib) / MANUAL
        with tempfile.TemporaryDirectory() as scratch:
            # apart, or what Sphinx imports would stay in this process
            done = subprocess.run(
                [sys.executable, '-m', 'sphinx', '-q', '-b', 'man',
                 '-d', f'{scratch}/doctrees', str(MANUAL_SOURCE),
                 f'{scratch}/man'])
            if done.returncode:
                self.warn('Sphinx has failed: no manual pages are made')
                return
            self.mkpath(str(target))
            for path in pathlib.Path(scratch, 'man').glob('*.[1-9]'):
                self.copy_file(str(path), str(target / path.name))

    def get_outputs(self, include_bytecode=1):
        """Name the start files as well, for what removes or records them."""
        return [*super().get_outputs(include_bytecode), *(
            str(pathlib.Path(self.build_lib) / name)
            for name in START_FILES)]


setuptools.setup(cmdclass={'build_py': BuildPy})
