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

"""How many processes the kernel has killed for want of memory.

The control group of the unit counts them (cgroups(7)). Runs in the threads of
cotyledon's manager; nothing here raises.
"""

from __future__ import annotations

import pathlib

from ceilometer.diagnostics.daemon import memory_left

_PROC = pathlib.Path('/proc/self')
_CGROUP = pathlib.Path('/sys/fs/cgroup')

# Of this group alone; with those below it; version 1.
_FILES = ('memory.events.local', 'memory.events', 'memory.oom_control')


def count() -> int | None:
    """How many it has killed in the control group of this process.

    :returns: since the group was made; None if that is not known
    """
    for directory, _ in memory_left.groups(_PROC, _CGROUP):
        for name in _FILES:
            for line in memory_left.read(directory / name).splitlines():
                key, _, value = line.partition(' ')
                if key == 'oom_kill' and value.isdecimal():
                    return int(value)
    return None
