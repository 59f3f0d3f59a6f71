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

"""What is installed into a system, and what each file then holds."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import os
import pathlib
import re
import shutil
import sys
from typing import Final
from typing import NamedTuple

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.installing import extras
from ceilometer.diagnostics.command.installing import inside_root
from ceilometer.diagnostics.command.installing import places

#: What this package brings.
DIRECTORY: Final = pathlib.Path(__file__).resolve().parents[2] / 'system_files'

UNITS: Final = 'units'
DROP_INS: Final = 'drop-ins'

#: Which units a drop-in is for, as directories that systemd reads for each
#: unit whose name begins so. The first are the names of Debian, Ubuntu and
#: OpenStack-Ansible, and ours; the second those of RDO and SUSE.
DROP_IN_DIRECTORIES: Final = ('ceilometer-.service.d',
                              'openstack-ceilometer-.service.d')

#: What systemd gives to units that say nothing (systemd.exec(5)).
_SYSTEMD_PATH = ('/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin')

#: What our units hide, and what they have instead if the daemon is there.
_HIDDEN = (
    (('/home', '/root', '/run/user'), 'ProtectHome=yes',
     'ProtectHome=read-only'),
    (('/tmp', '/var/tmp'), 'PrivateTmp=yes', 'PrivateTmp=no'))

_START = re.compile(r'^(ExecStart=(?:.*? )?)(ceilometer-[a-z-]+)(?= |$)',
                    re.MULTILINE)
_PLAIN = re.compile(r'[A-Za-z0-9._/+@:,-]+')


class File(NamedTuple):
    """A file to be installed.

    :ivar path: as the system names it
    :ivar data: what it holds
    """

    path: pathlib.PurePosixPath
    data: bytes


def files(what: str, root: pathlib.Path, prefix: str, where: places.Places,
          asked_for: Iterable[str] = ()) -> list[File]:
    """All files to be installed.

    :param what: :data:`UNITS` or :data:`DROP_INS`
    :param root: the system's root directory
    :param prefix: below which it has the programs of a package
    :param where: the directories for them
    :param asked_for: the :data:`extras.EXTRAS` that were asked for
    :raises command_line.Failure: a program of Ceilometer, or one that reads
        an extra, is not found
    """
    found = []
    if what == UNITS:
        for path in _shipped('units'):
            text = path.read_text()
            found.append(File(where.units / path.name, _started_here(
                text, root, prefix).encode()))
    else:
        for path in _shipped('drop_ins'):
            found += [File(where.units / directory / path.name,
                           path.read_bytes())
                      for directory in DROP_IN_DIRECTORIES]
    for folder, place in (('catalog', where.catalog),
                          ('completions/bash', where.bash),
                          ('completions/zsh', where.zsh),
                          ('examples', where.examples)):
        found += [File(place / path.name, path.read_bytes())
                  for path in _shipped(folder)]
    found += [File(where.manual / f'man{path.suffix[1:]}' / path.name,
                   path.read_bytes()) for path in _shipped('man')]
    for name in asked_for:
        place = extras.place(name, root, prefix)
        found += [File(place / extras.file_name(path.name), path.read_bytes())
                  for path in _shipped(name)]
    return found


def unit_names() -> list[str]:
    """The names of the units that this package brings."""
    return [path.name for path in _shipped('units')]


def has_manual() -> bool:
    """Whether this package has its manual pages."""
    return any(_shipped('man'))


def _shipped(folder: str) -> Iterator[pathlib.Path]:
    # manual pages are there only if they were built with the package
    yield from sorted(path for path in (DIRECTORY / folder).glob('*')
                      if path.is_file())


def _started_here(text: str, root: pathlib.Path, prefix: str) -> str:
    """A unit that starts the programs that belong to this installation."""
    directories = []

    def absolute(found: re.Match[str]) -> str:
        path = _program(found[2], root, prefix)
        directories.append(os.path.dirname(path))
        return found[1] + _word(path, '$')

    text = _START.sub(absolute, text)
    for directory in dict.fromkeys(directories):
        if directory not in _SYSTEMD_PATH:
            # a daemon starts more programs of its virtual environment
            value = ':'.join((directory, *_SYSTEMD_PATH))
            text = text.replace(
                '\nExecStart=', f'\nEnvironment={_word(f"PATH={value}")}'
                '\nExecStart=', 1)
    if os.path.dirname(sys.executable) in directories:
        # a virtual environment may have its interpreter elsewhere
        directories.append(os.path.realpath(sys.executable))
    for above, closed, opened in _HIDDEN:
        if any(directory.startswith(f'{place}/') for directory in directories
               for place in above):
            text = text.replace(f'\n{closed}\n', f'\n{opened}\n')
    return text


def _program(name: str, root: pathlib.Path, prefix: str) -> str:
    """The path of a program of Ceilometer, as the system names it."""
    beside = os.path.join(os.path.dirname(sys.executable), name)
    if root == pathlib.Path('/'):
        found = shutil.which(beside) or shutil.which(name)
        if found is None:
            raise command_line.Failure(
                f'{name} is neither beside {sys.executable} nor in $PATH: '
                'install Ceilometer first')
        return os.path.abspath(found)
    for path in (beside, f'{prefix}/bin/{name}', f'/usr/bin/{name}'):
        if inside_root.resolve(root, pathlib.PurePosixPath(path)).exists():
            return path
    return f'{prefix}/bin/{name}'


def _word(text: str, doubled: str = '') -> str:
    """One word of a line of a unit (systemd.syntax(7))."""
    for character in f'%{doubled}':
        text = text.replace(character, 2 * character)
    if _PLAIN.fullmatch(text.replace('=', '')):
        return text
    return '"' + text.replace('\\', r'\\').replace('"', r'\"') + '"'
