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

import pathlib

import setuptools
from setuptools.command import build_py

#: What site reads as Python starts; beside the packages, and in none.
START_FILES = ('ceilometer_diagnostics.pth', 'ceilometer_diagnostics.start')


class BuildPy(build_py.build_py):
    """Puts the start files beside the packages."""

    def run(self):
        """Build the packages, and copy the start files."""
        super().run()
        for name in START_FILES:
            self.copy_file(name, str(pathlib.Path(self.build_lib) / name))

    def get_outputs(self, include_bytecode=1):
        """Name the start files as well, for what removes or records them."""
        return [*super().get_outputs(include_bytecode), *(
            str(pathlib.Path(self.build_lib) / name)
            for name in START_FILES)]


setuptools.setup(cmdclass={'build_py': BuildPy})
