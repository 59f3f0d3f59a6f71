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

"""Units of Ceilometer that somebody else has brought, and whose files are."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from typing import Final

from ceilometer.diagnostics.command.installing import inside_root
from ceilometer.diagnostics.command.installing import places
from ceilometer.diagnostics.command.installing import record
from ceilometer.diagnostics.command.installing import shipped
from ceilometer.diagnostics.command import system

#: What RDO and SUSE call the units of the same daemons.
OTHER_NAMES: Final = frozenset(
    f'openstack-ceilometer-{name}.service' for name in (
        'polling', 'central', 'compute', 'ipmi', 'notification',
        'agent-central', 'agent-compute', 'agent-ipmi', 'agent-notification'))

_SECONDS = 30


def units(root: pathlib.Path, ours: record.Record | None) -> list[str]:
    """Units of Ceilometer that are not in our record, as paths.

    :param root: the system's root directory
    :param ours: what we have installed there
    """
    found = []
    for place in places.UNIT_PATH:
        for pattern in system.UNIT_PATTERNS:
            directory = inside_root.resolve(root, place / 'x').parent
            found += [inside_root.named(root, path)
                      for path in sorted(directory.glob(pattern))]
    known = ours.files if ours is not None else {}
    names = {os.path.basename(path) for path in known}
    return [path for path in dict.fromkeys(found)
            if path not in known and _target(root, path) not in names]


def _target(root: pathlib.Path, path: str) -> str | None:
    """The name that a link leads to, as that of an alias; None if no link."""
    at = inside_root.resolve(root, pathlib.PurePosixPath(path))
    return os.path.basename(os.readlink(at)) if at.is_symlink() else None


def in_the_way(paths: list[str]) -> list[str]:
    """Those units beside which ours must not be.

    One of the same name would hide the other; one that starts the same daemon
    under another name would have all polled twice.

    :param paths: what :func:`units` found
    """
    names = OTHER_NAMES.union(shipped.unit_names())
    return [path for path in paths if os.path.basename(path) in names]


def enabled(root: pathlib.Path, paths: list[str]) -> list[str]:
    """The names of those units that ``systemctl enable`` has linked.

    :param root: the system's root directory
    :param paths: units
    """
    top = inside_root.resolve(root, places.UNIT_PATH[0] / 'x').parent
    names = {os.path.basename(path) for path in paths}
    links = [link for pattern in ('*.[wr]*/*', '*.service')
             for link in top.glob(pattern) if link.is_symlink()]
    # by its own name, or by an alias
    return sorted({name for link in links for name in (
        link.name, os.path.basename(os.readlink(link))) if name in names})


def owner(root: pathlib.Path, path: str) -> str | None:
    """The package that a file belongs to; None if nobody says.

    :param root: the system's root directory
    :param path: the file, as the system names it
    """
    # with merged /usr, dpkg knows a file by the name that its package has
    other = path.removeprefix('/usr') if path.startswith('/usr/') else (
        f'/usr{path}')
    for command in (['dpkg', f'--root={root}', '-S'],
                    ['rpm', f'--root={root}', '-q', '--queryformat',
                     '%{NAME}\n', '-f']):
        if shutil.which(command[0]) is None:
            continue
        for name in (path, other):
            try:
                done = subprocess.run(
                    [*command, name], stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    text=True, errors='replace', timeout=_SECONDS)
            except (OSError, subprocess.TimeoutExpired):
                break
            if done.returncode == 0 and done.stdout.strip():
                first = done.stdout.splitlines()[0]
                return first.partition(': ')[0].strip()
    return None


def described(root: pathlib.Path, path: str) -> str:
    """A file, and the package that it belongs to, if one says so.

    :param root: the system's root directory
    :param path: the file, as the system names it
    """
    package = owner(root, path)
    return path if package is None else f'{path} (package {package})'
