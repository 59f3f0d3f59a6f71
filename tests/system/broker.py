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
"""RabbitMQ in a machine whose root directory is the host's.

Its packages are downloaded and unpacked into a directory of the cache, which
is copied into the machine: nothing of it is installed on the host, and no
service starts there.
"""

from __future__ import annotations

import hashlib
import pathlib
import platform
import subprocess

from tests.system import construction

PACKAGE = 'rabbitmq-server'

# Those that the host has not; none if it has all of them.
DOWNLOAD = rf"""
mkdir -p "$1/partial"
fetch() {{
    apt-get --quiet --quiet --yes --no-install-recommends --download-only \
        -o Debug::NoLocking=1 -o Dir::Cache::archives="$1" \
        install {PACKAGE}
}}
fetch "$1" || {{ apt-get --quiet --quiet update; fetch "$1"; }}
"""

# As on the host: a directory would hide what is behind its links.
UNPACK = r"""
cd "$2"
for name in bin sbin lib lib64; do
    if [ -L "/$name" ]; then
        mkdir -p "$(readlink "/$name")"
        ln -s "$(readlink "/$name")" "$name"
    fi
done
for package in "$1"/*.deb; do
    [ ! -e "$package" ] || dpkg-deb --fsys-tarfile "$package" \
        | tar --extract --keep-directory-symlink
done
"""

# What the packages' own scripts would do. On the loopback interface only; a
# machine's host name is one that no name server knows.
SETTLE = r"""
systemd-sysusers --inline 'u epmd - "Erlang port mapper"' \
    'u rabbitmq - "RabbitMQ" /var/lib/rabbitmq'
mkdir -p /var/lib/rabbitmq /var/log/rabbitmq /etc/rabbitmq
chown -R rabbitmq:rabbitmq /var/lib/rabbitmq /var/log/rabbitmq
printf 'NODENAME=rabbit@localhost\nNODE_IP_ADDRESS=127.0.0.1\n' \
    >/etc/rabbitmq/rabbitmq-env.conf
"""


def build() -> pathlib.Path:
    """Give the directory that is copied over the root directory.

    Half a minute, unless there is one.

    :raises construction.MachineError: if it cannot be built.
    """
    release = pathlib.Path('/etc/os-release').read_bytes()
    digest = hashlib.sha256(b'\0'.join((
        release, DOWNLOAD.encode(), UNPACK.encode(),
        platform.machine().encode()))).hexdigest()
    return construction.cached('broker', digest[:16], _build)


def _build(unfinished: pathlib.Path) -> None:
    archives = unfinished.with_name(f'{unfinished.name}-archives')
    subprocess.run(['rm', '-rf', str(archives)], check=True)
    try:
        construction.call(['sh', '-euc', DOWNLOAD, 'sh', str(archives)])
        construction.call(
            ['sh', '-euc', UNPACK, 'sh', str(archives), str(unfinished)])
    finally:
        subprocess.run(['rm', '-rf', str(archives)], check=True)


def install(root: pathlib.Path) -> None:
    """Put the broker into a machine that is not booted; ready to be started.

    A copy: an overlay cannot have one of its directories inside another.

    :param root: the machine's root directory.
    :raises construction.MachineError: if that fails.
    """
    construction.call(['cp', '--archive', f'{build()}/.', str(root)])
    construction.call(['chroot', str(root), 'sh', '-euc', SETTLE])
