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

"""What files of the kernel tell of a process, and of its control group."""

from __future__ import annotations

import os
import pathlib
import time

_CGROUP = pathlib.Path('/sys/fs/cgroup')


def status(directory: pathlib.Path) -> dict[str, str]:
    """The status of a process or thread, as in proc(5), by name.

    :param directory: its directory in /proc
    :raises OSError: it is gone, or cannot be looked at
    """
    lines = (directory / 'status').read_text(errors='replace').splitlines()
    return dict(line.split(':', 1) for line in lines if ':' in line)


def started(pid: int) -> float:
    """When a process was started, seconds since the epoch.

    :param pid: process id
    :raises OSError: it is gone
    :raises ValueError: /proc tells something else
    """
    text = pathlib.Path(f'/proc/{pid}/stat').read_text(errors='replace')
    # proc(5); the name of a program may hold anything, a parenthesis, too
    ticks = int(text.rpartition(')')[2].split()[19])
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return booted + ticks / os.sysconf('SC_CLK_TCK')


def is_frozen(directory: pathlib.Path) -> bool:
    """Whether a control group of a process is frozen.

    :param directory: its directory in /proc
    :raises OSError: it is gone, or cannot be looked at
    """
    groups = (directory / 'cgroup').read_text(errors='replace')
    return frozen_group(groups) is not None


def frozen_group(groups: str, cgroup: pathlib.Path = _CGROUP) -> str | None:
    """The control group of a process that is frozen; None if none is.

    :param groups: its control groups, as /proc/PID/cgroup names them
    :param cgroup: where the control groups are mounted
    """
    for line in groups.splitlines():
        _, _, rest = line.partition(':')
        controllers, _, path = rest.partition(':')
        if not controllers:
            # also says so if a group above it is frozen
            for top in (cgroup, cgroup / 'unified'):
                told = text(top / path.lstrip('/') / 'cgroup.events')
                if 'frozen 1' in told.splitlines():
                    return path
        elif 'freezer' in controllers.split(','):
            told = text(cgroup / 'freezer' / path.lstrip('/')
                        / 'freezer.state').strip()
            if told in ('FROZEN', 'FREEZING'):
                return path
    return None


def text(path: pathlib.Path) -> str:
    """What a file has in it; '' where it cannot be read.

    :param path: of a file that may be gone, as those of a process are
    """
    try:
        return path.read_text(errors='replace')
    except OSError:
        return ''
