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

"""What is installed only if it is asked for, and where each has its place.

It changes what users, groups, devices and other programs may do or do.
"""

from __future__ import annotations

from collections.abc import Iterable
import pathlib
from typing import Final
from typing import NamedTuple

from ceilometer.diagnostics.command import command_line
from ceilometer.diagnostics.command.installing import inside_root
from ceilometer.diagnostics.command.installing import places

#: The prefix of packages. What an administrator installs of this is below
#: /etc: there all versions of these programs look for it.
_OF_PACKAGES = '/usr'


class Extra(NamedTuple):
    """One kind of files that are installed only if asked for.

    :ivar folder: where they are in this package
    :ivar meaning: what they do, in a few words
    :ivar module: the module of pkg-config that says where a package has them
    :ivar variable: which of its variables; what the module says ends so
    :ivar below: a directory in that place
    :ivar usual: where a package has them, below its prefix, if nobody says
    :ivar etc: where an administrator has them
    :ivar following: the command to be run next; empty if there is none
    """

    folder: str
    meaning: str
    module: str
    variable: str
    below: str
    usual: str
    etc: str
    following: str


EXTRAS: Final = {extra.folder: extra for extra in (
    Extra('sysusers', 'users and groups', 'systemd', 'sysusersdir', '',
          'lib/sysusers.d', '/etc/sysusers.d',
          'systemd-sysusers ceilometer-diagnostics.conf'),
    Extra('tmpfiles', 'directories, and who may read them', 'systemd',
          'tmpfilesdir', '', 'lib/tmpfiles.d', '/etc/tmpfiles.d',
          'systemd-tmpfiles --create ceilometer-diagnostics.conf'),
    Extra('udev', 'a group may use the BMC', 'udev', 'udevdir', 'rules.d',
          'lib/udev/rules.d', '/etc/udev/rules.d',
          'udevadm trigger --subsystem-match=ipmi'),
    Extra('polkit', 'a group may signal services of Ceilometer', '', '', '',
          'share/polkit-1/rules.d', '/etc/polkit-1/rules.d', ''),
    Extra('sos', '"sos report" collects reports', '', '', '', '', '', ''),
)}

_SOS: Final = 'lib/python3*/*-packages/sos/report/plugins'


def place(name: str, root: pathlib.Path,
          prefix: str) -> pathlib.PurePosixPath:
    """Where the files of an extra have their place.

    :param name: one of :data:`EXTRAS`
    :param root: the system's root directory
    :param prefix: below which the rest is installed
    :raises command_line.Failure: the program that reads them is not there
    """
    extra = EXTRAS[name]
    if name == 'sos':
        return _of_sos(root)
    if prefix != _OF_PACKAGES:
        return pathlib.PurePosixPath(extra.etc)
    top = pathlib.PurePosixPath(prefix)
    if not extra.module:
        return top / extra.usual
    usual = extra.usual.removesuffix(f'/{extra.below}')
    return places.asked(top, extra.module, extra.variable,
                        usual) / extra.below


def _of_sos(root: pathlib.Path) -> pathlib.PurePosixPath:
    """The directory of plugins: sos has one only."""
    usr = inside_root.resolve(root, pathlib.PurePosixPath('/usr/x')).parent
    for path in sorted(usr.glob(_SOS), reverse=True):
        return pathlib.PurePosixPath(inside_root.named(root, path))
    raise command_line.Failure(
        'nothing was written: --with sos: there is no '
        f'{root / "usr" / _SOS}: install sos first')


def file_name(shipped: str) -> str:
    """What a file of an extra is called in its place.

    What is a module for another program is none of ours.

    :param shipped: its name in this package
    """
    return shipped.replace('.plugin', '.py')


def following(names: Iterable[str]) -> list[str]:
    """The commands to be run after extras were installed.

    :param names: which
    """
    return [EXTRAS[name].following for name in EXTRAS
            if name in set(names) and EXTRAS[name].following]
