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

"""How to get a Python module that only some verbs need.

Which command installs it depends on the interpreter that runs this: a package
of the distribution is of no use in a virtualenv, and pip of another Python
neither.
"""

from __future__ import annotations

import os
import sys

#: The distribution's package, what pip calls it, and what pip needs to build
#: it: PyPI has systemd-python as source only.
_PACKAGES = {
    'systemd': ('python3-systemd', 'systemd-python',
                'gcc, pkg-config, libsystemd-dev and the headers of Python'),
    'prettytable': ('python3-prettytable', 'prettytable', None),
}


def advice(error: ImportError) -> str:
    """One line that says what is missing, and how to install it here.

    :param error: what the import of a verb has raised
    """
    name = (error.name or '').partition('.')[0]
    package, project, needs = _PACKAGES.get(name, (None, name, None))
    if isinstance(error, ModuleNotFoundError):
        what = f'the Python module {name} is missing'
    else:
        # another module of this name, or a library that is gone
        what = f'the Python module {name} cannot be used ({error})'
    what += f' for {sys.executable}'
    if package is not None and _is_of_distribution():
        return f'{what}: install the package {package}'
    pip = f'{what}: run "{sys.executable} -m pip install {project}"'
    return pip if needs is None else f'{pip}, which needs {needs}'


def _is_of_distribution() -> bool:
    """Whether the distribution's packages are what this interpreter uses."""
    return sys.prefix == sys.base_prefix and (
        os.path.realpath(sys.executable).startswith('/usr/bin/'))
