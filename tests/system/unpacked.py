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

"""Debian's packages, unpacked into machines, and installed nowhere.

They are downloaded and unpacked into a directory of the cache. Nothing of it
is installed on the host, no service starts there, and a bed stays as it is.
"""

from __future__ import annotations

import collections.abc
import hashlib
import pathlib
import platform
import subprocess

from tests.system import construction

# Those that the root directory has not; none if it has all of them. What apt
# keeps for itself is the host's own, or is gone with the namespace of mounts.
DOWNLOAD = r"""
root=$1 archives=$2; shift 2
mkdir -p "$archives/partial"
inside=$archives
if [ "$root" != / ]; then
    mount -t tmpfs tmpfs /mnt
    mkdir /mnt/upper /mnt/work /mnt/root
    mount -t overlay overlay \
        -o lowerdir="$root",upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
    root=/mnt/root inside=/mnt
    mount --bind "$archives" "$root$inside"
fi
fetch() {
    chroot "$root" apt-get --quiet --quiet --yes --no-install-recommends \
        --download-only -o Debug::NoLocking=1 \
        -o Dir::Cache::archives="$inside" install "$@"
}
fetch "$@" || {
    chroot "$root" apt-get --quiet --quiet update
    fetch "$@"
}
"""

# Links as that root directory has them: a directory would hide what is behind
# one.
UNPACK = r"""
cd "$3"
for name in bin sbin lib lib64; do
    if [ -L "$1/$name" ]; then
        mkdir -p "$(readlink "$1/$name")"
        ln -s "$(readlink "$1/$name")" "$name"
    fi
done
for package in "$2"/*.deb; do
    [ ! -e "$package" ] || dpkg-deb --fsys-tarfile "$package" \
        | tar --extract --keep-directory-symlink
done
"""


def build(kind: str, packages: collections.abc.Sequence[str],
          root: pathlib.Path = pathlib.Path('/')) -> pathlib.Path:
    """Give the directory that is copied over a root directory.

    Half a minute, unless there is one.

    :param kind: what it is called in the cache.
    :param packages: what it holds, with all that they depend on and that the
        root directory has not.
    :param root: a root directory of Debian, by default the host's own.
    :raises construction.MachineError: if it cannot be built.
    """
    release = (root / 'etc/os-release').read_text()
    # one release may be two root directories: each lacks something else
    there = sorted(path.name for path in root.glob('var/lib/dpkg/info/*.list'))
    digest = hashlib.sha256('\0'.join((
        release, *there, *packages, DOWNLOAD, UNPACK, platform.machine(),
        )).encode()).hexdigest()

    def fill(unfinished: pathlib.Path) -> None:
        archives = unfinished.with_name(f'{unfinished.name}-archives')
        subprocess.run(['rm', '-rf', str(archives)], check=True)
        try:
            construction.call(
                ['unshare', '--mount', '--propagation', 'private', 'sh',
                 '-euc', DOWNLOAD, 'sh', str(root), str(archives), *packages])
            construction.call(['sh', '-euc', UNPACK, 'sh', str(root),
                               str(archives), str(unfinished)])
        finally:
            subprocess.run(['rm', '-rf', str(archives)], check=True)

    return construction.cached(kind, digest[:16], fill)


def install(built: pathlib.Path, root: pathlib.Path) -> None:
    """Put what :func:`build` gave into a machine, booted or not.

    A copy: an overlay cannot have one of its directories inside another. The
    packages' own scripts do not run.

    :param root: the machine's root directory.
    :raises construction.MachineError: if that fails.
    """
    construction.call(['cp', '--archive', f'{built}/.', str(root)])
