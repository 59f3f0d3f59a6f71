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

"""Where systemd, shells and man look for files: pkg-config says."""

from __future__ import annotations

import pathlib
import subprocess
from typing import Final
from typing import NamedTuple

#: Where what an administrator installs has its place (hier(7)).
DEFAULT_PREFIX: Final = '/usr/local'

#: Where systemd looks for units, the first place counts (systemd.unit(5)).
UNIT_PATH: Final = tuple(pathlib.PurePosixPath(place) for place in (
    '/etc/systemd/system', '/run/systemd/system',
    '/usr/local/lib/systemd/system', '/usr/lib/systemd/system',
    '/lib/systemd/system'))

_SECONDS = 30

# What a module of pkg-config calls its prefix; systemd 252 has two.
_PREFIXES = ('prefix', 'root_prefix', 'rootprefix')


class Places(NamedTuple):
    """Directories, as the system names them.

    :ivar units: of units, and of their drop-ins
    :ivar catalog: of the journal's catalogs
    :ivar bash: of completions for bash
    :ivar zsh: of completions for zsh
    :ivar manual: the one that has ``man1`` and its like
    :ivar examples: of what an administrator changes, and then copies
    """

    units: pathlib.PurePosixPath
    catalog: pathlib.PurePosixPath
    bash: pathlib.PurePosixPath
    zsh: pathlib.PurePosixPath
    manual: pathlib.PurePosixPath
    examples: pathlib.PurePosixPath


def below(prefix: str) -> Places:
    """The places below a prefix.

    :param prefix: ``/usr`` for a package, :data:`DEFAULT_PREFIX` otherwise
    """
    top = pathlib.PurePosixPath(prefix)
    return Places(
        units=asked(top, 'systemd', 'systemdsystemunitdir',
                    'lib/systemd/system'),
        catalog=asked(top, 'systemd', 'catalogdir', 'lib/systemd/catalog'),
        bash=asked(top, 'bash-completion', 'completionsdir',
                   'share/bash-completion/completions'),
        # these have no module
        zsh=top / 'share/zsh/site-functions',
        manual=top / 'share/man',
        examples=top / 'share/doc/ceilometer-diagnostics/examples')


def asked(prefix: pathlib.PurePosixPath, module: str, variable: str,
          default: str) -> pathlib.PurePosixPath:
    """What pkg-config says, or else the usual place.

    :param prefix: below which it has to be
    :param module: whom to ask
    :param variable: for what
    :param default: the usual place, below the prefix
    """
    usual = prefix / default
    # /usr is what the modules mean themselves
    moved = [] if str(prefix) == '/usr' else [
        f'--define-variable={name}={prefix}' for name in _PREFIXES]
    try:
        done = subprocess.run(
            ['pkg-config', *moved, f'--variable={variable}', module],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, errors='replace',
            timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return usual
    said = pathlib.PurePosixPath(done.stdout.strip())
    if done.returncode or not said.is_absolute():
        return usual
    # a module that has another prefix written out would lead elsewhere
    return said if not moved or prefix in said.parents else usual
