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

"""The machine of somebody who has Ceilometer, and not yet this project."""

from __future__ import annotations

import pathlib
import shutil
import typing

from tests import tree

#: Where the tree is, as a clone or an unpacked source archive has it.
SOURCE = '/usr/src/ceilometer-diagnostics'


def copy_tree(root: pathlib.Path) -> None:
    """Put the tree into a machine that is not booted.

    :param root: the machine's root directory.
    """
    for name in tree.files():
        target = root / SOURCE[1:] / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree.TREE / name, target)


class Base(typing.Protocol):
    """A bed that can be installed without this project."""

    python: str

    def build(self) -> pathlib.Path:
        """Build what all its machines share, see ``beds.Bed``."""

    def root(self, built: pathlib.Path) -> pathlib.Path:
        """Give the root directory that the machine's own is laid over."""

    def install_ceilometer(self, built: pathlib.Path, root: pathlib.Path,
                           scratch: pathlib.Path) -> None:
        """Put Ceilometer into a machine, and nothing of this project.

        Runs in the keeper; parameters are those of ``beds.Bed.install``.
        """


class FreshBed:
    """Ceilometer, and the tree; its interface is that of a ``beds.Bed``.

    :param base: where Ceilometer comes from.
    """

    def __init__(self, base: Base) -> None:
        self._base = base
        self.python = base.python

    def build(self) -> pathlib.Path:
        """Build what the base is made of."""
        return self._base.build()

    def root(self, built: pathlib.Path) -> pathlib.Path:
        """Give the base's root directory."""
        return self._base.root(built)

    def install(self, built: pathlib.Path, root: pathlib.Path,
                scratch: pathlib.Path) -> None:
        """Put Ceilometer and the tree into the machine."""
        self._base.install_ceilometer(built, root, scratch)
        copy_tree(root)

    def packages(self, root: pathlib.Path) -> str:
        """There is no package of this project yet."""
        return ''
