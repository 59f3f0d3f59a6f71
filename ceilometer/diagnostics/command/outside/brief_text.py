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

"""What was seen of a process from the outside, in a few lines for people."""

from __future__ import annotations

from ceilometer.diagnostics.command.output import destination
from ceilometer.diagnostics.command.outside import python_stacks
from ceilometer.diagnostics.command.outside import telling
from ceilometer.diagnostics import escape
from ceilometer.diagnostics import findings


def brief(seen: telling.Told, obstacle: str | None,
          style: destination.Style) -> str:
    """What is unusual, and where the whole of it is.

    :param seen: what was seen
    :param obstacle: what has been said of the process already
    :param style: how to paint it
    """
    lines = []
    for one in seen.data['findings']:
        if one['sentence'] != obstacle:
            paint = (str if one['severity'] == findings.NOTICE else style.bad)
            lines.append(paint(escape.line(findings.line(one))))
    if seen.not_written is not None:
        # there is nowhere else to read it
        lines += [seen.not_written, *seen.section.text.splitlines()]
        return ''.join(f'{line}\n' for line in lines)
    by = 'from the outside' if seen.told_by is None else (
        f'told by pid {seen.told_by}')
    lines.append(f'{by}: "ceilometer-diagnostics show '
                 f'{seen.header.id[:12]}"')
    if seen.data['stacks_by'] is None and seen.told_by is None:
        lines.append(python_stacks.INSTALL)
    return ''.join(f'{line}\n' for line in lines)
