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

"""The commands by which this project is installed, as the README has them."""

from __future__ import annotations

import re

from tests.system import construction

#: Where the README has Ceilometer's virtualenv.
VIRTUALENV = '/opt/ceilometer/bin/'


def in_virtualenv() -> list[str]:
    """Every command for Ceilometer in a virtualenv, in order."""
    return [_found(f'{VIRTUALENV}pip install')[0], *activate()]


def beside_packages() -> list[str]:
    """Every command for Ceilometer of Debian's packages, in order."""
    return [_found('python3 -m pip install')[0],
            *(line.replace(VIRTUALENV, '') for line in activate())]


def activate() -> list[str]:
    """The commands that follow the installation by pip."""
    return _found(f'{VIRTUALENV}ceilometer-diagnostics install-system')


def _found(begins: str) -> list[str]:
    """The commands of the block that begins with one."""
    text = (construction.TREE / 'README.rst').read_text()
    block, = re.findall(
        f'\n\n((?: {{3}}# {re.escape(begins)}.*\n)(?: {{3}}# .*\n)*)', text)
    return re.findall('(?m)^ {3}# (.*)$', block)
