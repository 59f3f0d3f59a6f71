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

"""Runs the tests that import Ceilometer into their own process.

It brings options, loggers and eventlet, which other tests must not meet. So
each module of them has a process of its own.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

DIRECTORY = pathlib.Path(__file__).resolve().parents[1] / 'inside'


@pytest.mark.parametrize('module', sorted(
    path.stem for path in DIRECTORY.glob('test_*.py')))
def test_module_passes(module: str) -> None:
    """All of its tests do; what fails is shown."""
    done = subprocess.run(
        [sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider',
         str(DIRECTORY / f'{module}.py')], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, cwd=DIRECTORY.parents[1],
        check=False)
    assert done.returncode == 0, done.stdout
    assert ' passed' in done.stdout
