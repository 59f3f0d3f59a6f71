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

"""Healthy daemons for half an hour: nobody may call anything of them unusual.

``make healthy`` runs it; ``MINUTES=5`` makes it shorter. It boots a disposable
machine in which samples flow, and asks both daemons for reports again and
again: as they start, idle and busy, just reloaded, just restarted. Whatever a
report or the command then calls unusual is a false alarm: exit status 1.
Standard library only.
"""

from __future__ import annotations

import collections
import os
import sys
import time

from tests.system import construction
from tests.system import keeper
from tests.system import machine as machines
from tests.system import sample_flow

UNITS = (sample_flow.POLLING, sample_flow.NOTIFICATION)
BETWEEN_SECONDS = 20

#: What this machine really lacks, and the daemons log as they start.
EXPECTED = frozenset(('errors-logged',))


def unusual(machine: machines.Machine, unit: str) -> list[str]:
    """What the first screen of a trigger calls unusual.

    :returns: the lines that end in a kind of finding
    """
    done = machine.run(
        ['ceilometer-diagnostics', 'trigger', unit], check=False)
    if 'processes have answered' not in done.stdout.replace(
            'process has answered', 'processes have answered'):
        return [f'no answer: {done.stdout}{done.stderr}']
    return [line.strip() for line in done.stdout.splitlines()
            if line.endswith(']') and ' [' in line
            and line.rpartition(' [')[2][:-1] not in EXPECTED]


def what_next(number: int, machine: machines.Machine) -> str:
    """Do what happens to healthy daemons, in turns; say what."""
    if number % 6 == 2:
        for unit in UNITS:
            machine.systemctl('reload', unit, check=False)
        return 'just reloaded'
    if number % 6 == 5:
        for unit in UNITS:
            machine.systemctl('restart', unit)
        return 'just restarted'
    time.sleep(BETWEEN_SECONDS)
    return 'at work'


def watch(machine: machines.Machine, minutes: float) -> int:
    """Have them run; the number of false alarms."""
    flow = sample_flow.Flow(machine)
    flow.poll(sample_flow.source('host', 'demo.plain'),
              {**sample_flow.source('slow', 'demo.plain'), 'interval': 60})
    flow.publish(f'file://{sample_flow.SAMPLES}?json')
    for unit in UNITS:
        machine.start(unit)
    ends = time.monotonic() + 60 * minutes
    found: collections.Counter[str] = collections.Counter()
    number = asked = 0
    state = 'just started'
    while time.monotonic() < ends:
        for unit in UNITS:
            lines = unusual(machine, unit)
            asked += 1
            print(f'{time.strftime("%H:%M:%S")} {unit}, {state}: '
                  + (' | '.join(lines) or 'nothing unusual'), flush=True)
            found.update(lines)
        state = what_next(number, machine)
        number += 1
    print(f'{asked} triggers in {minutes:g} minutes, '
          f'{flow.published()} samples published, '
          f'{sum(found.values())} false alarms')
    return sum(found.values()) + (not flow.published())


def main() -> int:
    """Run it; give the exit status."""
    try:
        keeper.check_host()
        with machines.Machine() as machine:
            return 1 if watch(machine, float(
                os.environ.get('MINUTES') or 30)) else 0
    except (construction.MachineError, AssertionError) as error:
        print(f'healthy: {error}', file=sys.stderr)
        return 1


if __name__ == '__main__':
    sys.exit(main())
