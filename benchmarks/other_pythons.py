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

"""What the start of any other Python costs beside this project.

Every Python of an environment reads the project's start file, and looks at an
environment variable. Makes a virtual environment without that file, and one
with it, and starts Python in them in turns, with the variable unset and set.
Nothing is armed: the program is no daemon.
"""

from __future__ import annotations

import compileall
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import venv

import harness

import ceilometer_diagnostics_start

#: So many starts are one sample: one takes about 10 ms.
STARTS = 20


def environment(directory: str, ours: bool) -> str:
    """Make a virtual environment; give its interpreter."""
    venv.create(directory, symlinks=True)
    if ours:
        site, = pathlib.Path(directory).glob('lib/python*/site-packages')
        here = pathlib.Path(ceilometer_diagnostics_start.__file__).parent
        for path in here.glob('ceilometer_diagnostics*'):
            if path.is_file():
                shutil.copy(path, site)
        # as pip does
        compileall.compile_dir(site, quiet=2)
    return os.path.join(directory, 'bin/python')


def sample(python: str, value: str | None) -> float:
    """How long one start takes, milliseconds."""
    variables = {**os.environ}
    variables.pop('CEILOMETER_DIAGNOSTICS', None)
    if value is not None:
        variables['CEILOMETER_DIAGNOSTICS'] = value
    began = time.monotonic_ns()
    for _ in range(STARTS):
        subprocess.run([python, '-c', ''], env=variables, check=True,
                       timeout=harness.TIMEOUT)
    return (time.monotonic_ns() - began) / 1e6 / STARTS


def main() -> int:
    """Measure; give the exit status."""
    arguments = harness.parser(__doc__, pairs=15).parse_args()
    harness.print_versions()
    with tempfile.TemporaryDirectory() as directory:
        without = environment(os.path.join(directory, 'without'), False)
        with_ours = environment(os.path.join(directory, 'with'), True)
        cases = {'without': (without, None), 'with': (with_ours, None),
                 'with, set': (with_ours, '1')}
        found: dict[str, list[float]] = {name: [] for name in cases}
        for case in cases.values():
            sample(*case)
        for _ in range(arguments.pairs):
            for name, case in cases.items():
                found[name].append(sample(*case))
    rows = [('start of python -c ""', 'ms', 'difference', 'ratio')]
    for name, values in found.items():
        difference = harness.median(
            one - other for one, other in zip(
                values, found['without'], strict=True))
        rows.append((name, f'{harness.median(values):.2f}',
                     f'{difference:+.2f}',
                     harness.ratio(values, found['without'])))
    harness.print_table(rows)
    return 0


if __name__ == '__main__':
    sys.exit(main())
