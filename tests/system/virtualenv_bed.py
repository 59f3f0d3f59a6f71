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

"""A release of Debian, with Ceilometer from PyPI in a virtualenv.

As somebody has it who does not want Debian's packages of Ceilometer: nothing
of them is there.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil

from tests.system import construction
from tests.system import debian_bed
from tests.system import host_bed

PREFIX = str(host_bed.PREFIX)

#: What builds systemd-python, which PyPI has as source only.
PACKAGES = ('gcc', 'libsystemd-dev', 'pkg-config', 'python3-dev')

# As in debian_bed, in a mount namespace of its own.
BUILD = """
root=$1 base=$2 prefix=$3 requirements=$4; shift 4
cp -a "$base/." "$root"
""" + debian_bed.INSTALL + """
# Whom this host trusts, the root has to trust as well.
cp -L /etc/ssl/certs/ca-certificates.crt "$root/tmp/trusted"
chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \\
    LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive PIP_CERT=/tmp/trusted \\
    sh -euc '
    apt-get --quiet purge --yes "ceilometer-*" python3-ceilometer
    rm -rf /etc/ceilometer
    python3 -m venv "$1"
    "$1/bin/pip" install --quiet --no-input --disable-pip-version-check \\
        --root-user-action=ignore $2
' sh "$prefix" "$requirements"
rm "$root/tmp/trusted"
"""


class VirtualenvBed:
    """Such a release; its interface is that of a ``fresh_bed.Base``.

    :param base: the release.
    """

    python = f'{PREFIX}/bin/python'

    def __init__(self, base: debian_bed.DebianBed) -> None:
        self._base = base

    def build(self) -> pathlib.Path:
        """Build a root directory with that virtualenv.

        That takes some minutes, unless there is one.
        """
        base = self._base.build()
        digest = hashlib.sha256('\n'.join(
            [base.name, *PACKAGES, *host_bed.requirements(), BUILD]).encode())
        return construction.cached(
            f'virtualenv-{self._base.suite}', digest.hexdigest()[:16],
            lambda unfinished: _build(unfinished, base),
            days_max=self._base.days_max)

    def root(self, built: pathlib.Path) -> pathlib.Path:
        """Give that root directory."""
        return built

    def install_ceilometer(self, built: pathlib.Path, root: pathlib.Path,
                           scratch: pathlib.Path) -> None:
        """Give Ceilometer the configuration that came with it."""
        shutil.copytree(root / PREFIX[1:] / 'etc/ceilometer',
                        root / 'etc/ceilometer')


def _build(unfinished: pathlib.Path, base: pathlib.Path) -> None:
    holding = construction.hold(base)
    try:
        construction.call(
            ['unshare', '--mount', '--propagation', 'private', 'sh', '-euc',
             BUILD, 'sh', str(unfinished), str(base), PREFIX,
             ' '.join(host_bed.requirements()), *PACKAGES])
    finally:
        os.close(holding)
