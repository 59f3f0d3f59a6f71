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

"""What journald's configuration says, as journald reads it."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
import dataclasses
import pathlib
import re

from ceilometer.diagnostics.outside import proc_files

#: Where files of systemd are; of files of one name the first one counts, see
#: systemd-system.conf(5).
DIRECTORIES = tuple(map(pathlib.Path, (
    '/etc/systemd', '/run/systemd', '/usr/local/lib/systemd',
    '/usr/lib/systemd', '/lib/systemd')))

_LINE = re.compile(r'^[ \t]*(\w+)[ \t]*=[ \t]*(\S*)[ \t]*$', re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Setting:
    """What a setting is.

    :ivar value: as it is written
    :ivar path: the file that says so
    """

    value: str
    path: pathlib.Path


def read(namespace: str | None, wanted: Collection[str],
         directories: Sequence[pathlib.Path] = DIRECTORIES,
         ) -> dict[str, Setting]:
    """What is set, by name; without what no file says.

    :param namespace: of the journal, None for the default one
    :param wanted: names of settings
    :param directories: where files of systemd are, the first one counts
    """
    name = 'journald' + ('' if namespace is None else f'@{namespace}')
    files = [path for path in (
        directory / f'{name}.conf' for directory in directories)
        if path.exists()][:1]
    later: dict[str, pathlib.Path] = {}
    for directory in directories:
        for path in sorted((directory / f'{name}.conf.d').glob('*.conf')):
            later.setdefault(path.name, path)
    said = {}
    for path in [*files, *(later[key] for key in sorted(later))]:
        for found, value in _LINE.findall(proc_files.text(path)):
            if found in wanted:
                said[found] = Setting(value, path)
    return said


def is_in_force(setting: Setting, pid: int) -> bool:
    """Whether journald has been started since it was written.

    :param setting: what a file says
    :param pid: of journald, 0 if that is not known
    :returns: True where that cannot be seen
    """
    try:
        return not (pid and setting.path.stat().st_ctime
                    > proc_files.started(pid))
    except (OSError, ValueError, IndexError):
        return True
