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

"""What the documentation says of what the shipped units forbid."""

from __future__ import annotations

import re

from tests.system import construction

PAGE = construction.TREE / 'doc/source/reference/units.rst'


def ipmi() -> str:
    """The script that has ipmitool run without root."""
    found, = re.findall(
        r'(?m)^ {3}ceilometer-diagnostics install-system .*\n(?: {3}.*\n)+',
        PAGE.read_text())
    return re.sub('(?m)^ {3}', '', found)


def off() -> str:
    """The text of the drop-in that allows all of it."""
    found, = re.findall(r'(?m)^ {3}\[Service\]\n {3}NoNew.*\n(?: {3}.*\n)+',
                        PAGE.read_text())
    return re.sub('(?m)^ {3}', '', found)
