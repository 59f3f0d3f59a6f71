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

"""What the machines of the system tests are made of: a bed.

A bed is the root directory of a distribution, and Ceilometer in it. The
variable ``CEILOMETER_TEST_BED`` of the environment names the one to be used;
without it, that is the host's own distribution, with Ceilometer from PyPI.

Run as a program, this builds what the machines of that bed share. tox does so
before the tests, because no test's time limit is made for it.
"""

from __future__ import annotations

import collections.abc
import os
import pathlib
import sys
import typing

from tests.system import construction
from tests.system import debian_bed
from tests.system import fresh_bed
from tests.system import host_bed
from tests.system import packaging_bed
from tests.system import virtualenv_bed

VARIABLE = 'CEILOMETER_TEST_BED'


class Bed(typing.Protocol):
    """What a machine is made of.

    :ivar python: path of Ceilometer's interpreter in the machine
    """

    python: str

    def build(self) -> pathlib.Path:
        """Build what all its machines share, unless that is there.

        Runs in the process that wants a machine.

        :returns: a directory of the cache, for :meth:`install`.
        :raises construction.MachineError: if it cannot be built.
        """

    def root(self, built: pathlib.Path) -> pathlib.Path:
        """Give the root directory that the machine's own is laid over.

        :param built: what :meth:`build` gave.
        """

    def install(self, built: pathlib.Path, root: pathlib.Path,
                scratch: pathlib.Path) -> None:
        """Put Ceilometer and this project into a machine that is not booted.

        Runs in the keeper, which sees mounts that nobody else sees.

        :param built: what :meth:`build` gave.
        :param root: the machine's root directory.
        :param scratch: a directory for what is needed until the machine ends.
        :raises construction.MachineError: if that fails.
        """

    def packages(self, root: pathlib.Path) -> str:
        """Give the directory of the machine that has this project's package.

        :param root: the machine's root directory, with the project in it.
        """


HOST = 'host'

_RELEASES = {
    'debian-12': debian_bed.DebianBed('bookworm'),
    'debian-13': debian_bed.DebianBed('trixie'),
    'debian-testing': debian_bed.DebianBed('forky', days_max=7),
}

#: How names begin of those that packages are tried on.
PACKAGING = 'packaging-'

#: How names begin of those that have nothing of this project but its tree.
FRESH = 'fresh-'

BEDS: dict[str, Bed] = {
    HOST: host_bed.HostBed(),
    **_RELEASES,
    **{f'{PACKAGING}{name}': packaging_bed.PackagingBed(release)
       for name, release in _RELEASES.items()},
    **{f'{FRESH}{name}': fresh_bed.FreshBed(release)
       for name, release in _RELEASES.items()},
    f'{FRESH}virtualenv-debian-13': fresh_bed.FreshBed(
        virtualenv_bed.VirtualenvBed(_RELEASES['debian-13'])),
    **{f'{FRESH}pypi-{version}': fresh_bed.FreshBed(
        host_bed.HostBed(None if version == '27' else f'{version}.*'))
       for version in ('25', '26', '27')},
}


def chosen() -> str:
    """Give the name of the bed that the environment asks for.

    :raises construction.MachineError: if there is none of that name.
    """
    name = os.environ.get(VARIABLE) or HOST
    if name not in BEDS:
        raise construction.MachineError(
            f'{VARIABLE}={name}: the beds are {", ".join(BEDS)}')
    return name


def some(names: collections.abc.Sequence[str],
         one: str) -> collections.abc.Sequence[str]:
    """What of these to test: all on another distribution, else one of them.

    On the host's own each run has to be short.
    """
    return [one] if chosen() == HOST else names


def main() -> int:
    """Build what the machines of the chosen bed share; give a status."""
    try:
        name = chosen()
        print(f'Bed {name}: is built now if there is none', flush=True)
        print(f'Bed {name}: {BEDS[name].build()}')
    except construction.MachineError as error:
        print(f'bed: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
