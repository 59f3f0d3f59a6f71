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

"""The host's own distribution, with Ceilometer from PyPI in a virtualenv."""

from __future__ import annotations

import hashlib
import pathlib
import re
import shutil
import subprocess

from tests.system import broker
from tests.system import construction

# Programs of a virtualenv name its path, so it is built where it will run.
PREFIX = pathlib.Path('/opt/ceilometer')
# User ceilometer cannot read an interpreter below root's home directory.
PYTHON = '/usr/bin/python3'

PATH = f'{PREFIX}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'


def requirements(ceilometer: str | None = None) -> list[str]:
    """Give what a virtualenv holds beside this project, for pip.

    :param ceilometer: a version, such as ``25.*``, instead of the newest.
    """
    text = pathlib.Path(__file__).with_name('requirements.txt').read_text()
    lines = [line for line in text.splitlines()
             if line and not line.startswith('#')]
    if ceilometer is not None:
        lines = [re.sub('^ceilometer==.*', f'ceilometer=={ceilometer}', line)
                 for line in lines]
    return ['setuptools>=61', 'wheel', *lines]


def _pip(directory: pathlib.Path, script: str, *arguments: str) -> None:
    """Run a shell script that sees a directory as PREFIX; nobody else does.

    :param directory: the virtualenv, or where to make it.
    :param script: what to do; ``$pip`` installs, ``$1`` is the first
        argument.
    :raises construction.MachineError: if it fails, with its output.
    """
    # The first mount may hide the directory; its descriptor stays.
    at_prefix = f"""
        exec 9<"$1"; shift
        mount -t tmpfs tmpfs {PREFIX.parent}
        mkdir {PREFIX}
        mount --bind /proc/self/fd/9 {PREFIX}
        exec 9<&-
        umask 022
        pip='{PREFIX}/bin/pip install --quiet --no-input
            --disable-pip-version-check --root-user-action=ignore'
        {script}
    """
    construction.call(['unshare', '--mount', '--propagation', 'private',
                       'sh', '-euc', at_prefix, 'sh', str(directory),
                       *arguments])


class HostBed:
    """The host's distribution; its interface is that of a ``beds.Bed``.

    The units are those of ``install-system``.

    :param ceilometer: a version for pip, such as ``25.*``, instead of that of
        requirements.txt.
    """

    python = f'{PREFIX}/bin/python'

    def __init__(self, ceilometer: str | None = None) -> None:
        self._ceilometer = ceilometer

    def build(self) -> pathlib.Path:
        """Build a virtualenv with Ceilometer, without this project.

        From PyPI in half a minute, unless an earlier one has the same
        requirements and interpreter.
        """
        broker.build()
        wanted = requirements(self._ceilometer)
        version = subprocess.check_output([PYTHON, '-VV'], text=True)
        digest = hashlib.sha256(
            '\n'.join([*wanted, version]).encode()).hexdigest()
        return construction.cached(
            'venv', digest[:16], lambda unfinished: _pip(
                unfinished, f'{PYTHON} -m venv {PREFIX}; '
                '$pip "$@"', *wanted))

    def root(self, built: pathlib.Path) -> pathlib.Path:
        """Give the host's own root directory."""
        return pathlib.Path('/')

    def install_ceilometer(self, built: pathlib.Path, root: pathlib.Path,
                           scratch: pathlib.Path) -> None:
        """Put the virtualenv and the configuration in their places."""
        broker.install(root)
        prefix = root / PREFIX.relative_to('/')
        prefix.mkdir(parents=True, exist_ok=True)
        construction.overlay(built, prefix, scratch / 'venv')
        # The host may have a Ceilometer.
        shutil.rmtree(root / 'etc/ceilometer', ignore_errors=True)
        shutil.copytree(prefix / 'etc/ceilometer', root / 'etc/ceilometer')

    def install(self, built: pathlib.Path, root: pathlib.Path,
                scratch: pathlib.Path) -> None:
        """Put all of that and this project in their places."""
        self.install_ceilometer(built, root, scratch)
        prefix = root / PREFIX.relative_to('/')
        source = scratch / 'source'
        construction.copy_project(source)
        _pip(prefix, '$pip --no-deps --no-build-isolation "$1"; '
             f'{PREFIX}/bin/ceilometer-diagnostics install-system --units '
             '--root "$2"', str(source), str(root))

    def packages(self, root: pathlib.Path) -> str:
        """Give the virtualenv's directory of packages."""
        found, = (root / PREFIX.relative_to('/')).glob(
            'lib/python3*/site-packages')
        return f'/{found.relative_to(root)}'
