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

"""A release of Debian on which packages of this project are built and tried.

Ceilometer is Debian's, with Debian's units. Of this project there is nothing
but its tree: what is installed comes from a package that was built there.
"""

from __future__ import annotations

import hashlib
import os
import pathlib

from tests.system import construction
from tests.system import debian_bed
from tests.system import fresh_bed

#: Where the tree is.
SOURCE = fresh_bed.SOURCE

# What builds and checks packages of Debian; what does for RPM; who collects
# what support engineers ask for; and who is asked for permissions.
PACKAGES = (
    'bash-completion', 'build-essential', 'debhelper', 'dh-python', 'lintian',
    'pybuild-plugin-pyproject', 'python3-all', 'python3-sphinx',
    'pkg-config', 'systemd-dev',
    'rpm', 'rpmlint',
    'sosreport',
    'polkitd',
)
#: Releases that have some of it elsewhere.
ELSEWHERE = {'bookworm': {'systemd-dev': 'systemd'}}

# As in debian_bed, in a mount namespace of its own.
BUILD = """
root=$1 base=$2; shift 2
cp -a "$base/." "$root"
""" + debian_bed.INSTALL


class PackagingBed:
    """A release of Debian; its interface is that of a ``beds.Bed``.

    :param base: the release, with Ceilometer.
    """

    python = debian_bed.PYTHON

    def __init__(self, base: debian_bed.DebianBed) -> None:
        self._base = base

    def build(self) -> pathlib.Path:
        """Build a root directory with what makes and tries packages.

        That takes some minutes, unless there is one.
        """
        base = self._base.build()
        others = ELSEWHERE.get(self._base.suite, {})
        packages = [others.get(name, name) for name in PACKAGES]
        digest = hashlib.sha256(
            '\n'.join([base.name, *packages, BUILD]).encode()).hexdigest()
        return construction.cached(
            f'packaging-{self._base.suite}', digest[:16],
            lambda unfinished: _build(unfinished, base, packages),
            days_max=self._base.days_max)

    def root(self, built: pathlib.Path) -> pathlib.Path:
        """Give that root directory."""
        return built

    def install(self, built: pathlib.Path, root: pathlib.Path,
                scratch: pathlib.Path) -> None:
        """Put the tree into the machine, and nothing else."""
        fresh_bed.copy_tree(root)

    def packages(self, root: pathlib.Path) -> str:
        """Give where packages of Debian have their modules."""
        return '/usr/lib/python3/dist-packages'


def _build(unfinished: pathlib.Path, base: pathlib.Path,
           packages: list[str]) -> None:
    holding = construction.hold(base)
    try:
        construction.call(
            ['unshare', '--mount', '--propagation', 'private', 'sh', '-euc',
             BUILD, 'sh', str(unfinished), str(base), *packages])
    finally:
        os.close(holding)
