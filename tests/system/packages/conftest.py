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

"""Fixtures of the tests of packages, and on which machines these run."""

from __future__ import annotations

import collections.abc
import pathlib
import shlex

import pytest

from tests import limits
from tests.system import beds
from tests.system import machine as machines
from tests.system import packaging_bed

#: Others have not what builds packages.
collect_ignore_glob = [] if beds.chosen().startswith(beds.PACKAGING) else [
    'test_*']

NAME = 'ceilometer-diagnostics'

#: Where packages are built.
BUILD = pathlib.PurePosixPath('/var/tmp/build')


def shell(machine: machines.Machine, script: str, *arguments: str,
          seconds: float = limits.EVENT_SECONDS) -> str:
    """Run a shell script in the machine; give what it prints.

    :param script: ends with the first command that fails
    :param arguments: $1 and so on
    :param seconds: how long it may take
    :raises AssertionError: a command fails, or takes longer
    """
    return machine.run(['sh', '-euc', f'exec 2>&1\n{script}', 'sh',
                        *arguments], timeout=seconds).stdout


@pytest.fixture(scope='session')
def source(machine: machines.Machine) -> str:
    """The source archive, made in the machine from the tree."""
    shell(machine, f'''
        mkdir {BUILD}
        cd {shlex.quote(packaging_bed.SOURCE)}
        python3 -c "from setuptools import build_meta
build_meta.build_sdist('{BUILD}')"
    ''')
    return shell(machine, f'echo {BUILD}/*.tar.gz').strip()


@pytest.fixture(scope='session')
def deb(machine: machines.Machine, source: str) -> str:
    """The package, built as a packager does: its path."""
    shell(machine, '''
        cd "${1%/*}"
        tar -xzf "$1"
        version=${1##*-}
        mv "$1" "ceilometer-diagnostics_${version%.tar.gz}.orig.tar.gz"
        mv ceilometer?diagnostics-* tree
        cp -r tree/packaging/debian tree/debian
        cd tree
        dpkg-buildpackage --no-sign
    ''', source)
    return shell(
        machine, f'echo {BUILD}/{NAME}_*_all.deb').strip()


@pytest.fixture(scope='module')
def installed(machine: machines.Machine, deb: str,
              ) -> collections.abc.Iterator[str]:
    """The package in the machine; it is purged afterwards: its name."""
    shell(machine, 'dpkg --install "$1"', deb)
    yield NAME
    shell(machine, 'dpkg --purge "$1"', NAME)
