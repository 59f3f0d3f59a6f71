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

"""A release of Debian, with Ceilometer as Debian packages it."""

from __future__ import annotations

import hashlib
import pathlib
import shutil

from tests.system import construction

DEFAULT_MIRROR = 'http://deb.debian.org/debian'
PYTHON = '/usr/bin/python3'

#: What Debian's own units end in here: ours are not installed beside them.
ASIDE = '.service-of-debian'

# What bindep.txt has for a machine on the host's own root directory; pip and
# what builds a wheel; Ceilometer's daemons, and a broker for them.
PACKAGES = (
    'bash-completion', 'dbus', 'dropbear-bin', 'iproute2', 'libpam-systemd',
    'openssh-client', 'openssl', 'procps', 'sudo', 'systemd-journal-remote',
    'systemd-sysv', 'zsh',
    'python3-pip', 'python3-setuptools', 'python3-systemd', 'python3-venv',
    'python3-wheel',
    'ceilometer-agent-central', 'ceilometer-agent-compute',
    'ceilometer-agent-ipmi', 'ceilometer-agent-notification',
    'ceilometer-polling', 'rabbitmq-server',
)

#: What starts the broker of these packages as the machine boots.
BROKER_WANTED = (
    'etc/systemd/system/multi-user.target.wants/rabbitmq-server.service')

# In a mount namespace of its own: what debootstrap mounts ends with it.
BOOTSTRAP = """
root=$1 suite=$2 mirror=$3; shift 3
debootstrap --include=ca-certificates "$suite" "$root" "$mirror" \\
    /usr/share/debootstrap/scripts/sid
# What this host has to do to reach the mirror, the root has to do as well.
apt-config dump | grep -E '^Acquire::(Check-|http|Retries)' \\
    >"$root/etc/apt/apt.conf.d/99host" || true
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
"""

INSTALL = """\
mount -t proc proc "$root/proc"
# No service starts while it is installed.
printf '#!/bin/sh\\nexit 101\\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \\
    LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive sh -euc '
    apt-get --quiet update
    apt-get --quiet install --yes --no-install-recommends "$@"
    apt-get clean
    rm -r /var/lib/apt/lists
' sh "$@"
rm "$root/usr/sbin/policy-rc.d"
"""

BUILD = BOOTSTRAP + INSTALL


def _mirror() -> str:
    """Give the mirror of Debian that this host itself uses, if it does."""
    for line in construction.call(
            ['apt-get', 'indextargets', '--format',
             '$(ORIGIN) $(LABEL) $(REPO_URI)',
             'Created-By: Packages']).splitlines():
        origin, label, uri = (line.split() + [''] * 3)[:3]
        if (origin, label) == ('Debian', 'Debian'):
            return uri
    return DEFAULT_MIRROR


class DebianBed:
    """A release of Debian; its interface is that of a ``beds.Bed``.

    pip installs this project beside the packages, as an operator would, and
    its units stand in for Debian's.

    :param suite: the release's code name.
    :param days_max: the release still moves; build it anew after so long.
    """

    python = PYTHON

    def __init__(self, suite: str, *, days_max: float = 365) -> None:
        self.suite = suite
        self.days_max = days_max

    def build(self) -> pathlib.Path:
        """Build a root directory with Ceilometer, without this project.

        That takes some five minutes, unless there is one.
        """
        if shutil.which('debootstrap') is None:
            raise construction.MachineError(
                'debootstrap is not installed, see bindep.txt')
        digest = hashlib.sha256(
            '\n'.join([*PACKAGES, BUILD]).encode()).hexdigest()
        return construction.cached(
            f'root-{self.suite}', digest[:16], self._build,
            days_max=self.days_max)

    def _build(self, unfinished: pathlib.Path) -> None:
        construction.call(
            ['unshare', '--mount', '--propagation', 'private', 'sh', '-euc',
             BUILD, 'sh', str(unfinished), self.suite, _mirror(), *PACKAGES])

    def root(self, built: pathlib.Path) -> pathlib.Path:
        """Give that root directory."""
        return built

    def install_ceilometer(self, built: pathlib.Path, root: pathlib.Path,
                           scratch: pathlib.Path) -> None:
        """Leave it as it is: the packages are in the root directory."""

    def install(self, built: pathlib.Path, root: pathlib.Path,
                scratch: pathlib.Path) -> None:
        """Install this project with the interpreter of the packages."""
        # the tests that need the broker start it; it refuses all others
        (root / BROKER_WANTED).unlink(missing_ok=True)
        source = root / 'tmp/source'
        construction.copy_project(source)
        inside = ['chroot', str(root), 'env', '-i',
                  'PATH=/usr/local/bin:/usr/sbin:/usr/bin', 'HOME=/root',
                  'LANG=C.UTF-8']
        construction.call(
            [*inside, PYTHON, '-m', 'pip', 'install',
             '--quiet', '--no-input', '--no-index', '--no-deps',
             '--no-build-isolation', '--disable-pip-version-check',
             '--root-user-action=ignore', '--break-system-packages',
             '/tmp/source'])
        shutil.rmtree(source)
        for path in root.glob('usr/lib/systemd/system/ceilometer-*.service'):
            path.rename(path.with_suffix(ASIDE))
        construction.call(
            [*inside, 'ceilometer-diagnostics', 'install-system', '--units'])

    def packages(self, root: pathlib.Path) -> str:
        """Give where Debian's pip puts packages."""
        found, = root.glob('usr/local/lib/python3*/dist-packages/ceilometer')
        return f'/{found.parent.relative_to(root)}'
