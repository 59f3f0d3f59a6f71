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

"""Whether there is memory enough for a whole report.

Near a limit, a report could be what the daemon is killed for. Then only what
takes next to nothing is collected. All is read from /proc and from the control
groups, as far as the process may see them. Runs in the reporter thread;
nothing here raises.
"""

from __future__ import annotations

from collections.abc import Iterator
import os
import pathlib
import resource

#: What a first report may take: its threads, what is imported for it, and
#: what it collects. A unit of several processes needs it for each of them.
REPORT_BYTES_MIN = 4 * 1024 * 1024

#: The same of address space, in which each thread has a stack, and room for
#: what it allocates.
ADDRESS_SPACE_BYTES_MIN = 48 * 1024 * 1024

#: More processes of a unit do not report at the same time.
_PROCESSES_MAX = 16

# What version 1 says where there is no limit, and less than that.
_NO_LIMIT = 2 ** 62

_CGROUP = pathlib.Path('/sys/fs/cgroup')
_PROC = pathlib.Path('/proc/self')

_Words = tuple[tuple[str, ...], str, tuple[str, ...]]

# Version 2, then version 1 (cgroups(7)): the limits, what is in use, and what
# the kernel takes back before it kills anybody.
_V2 = (('memory.max', 'memory.high'), 'memory.current',
       ('inactive_file', 'active_file'))
_V1 = (('memory.limit_in_bytes',), 'memory.usage_in_bytes',
       ('total_inactive_file', 'total_active_file'))


def shortage(proc: pathlib.Path = _PROC,
             cgroup: pathlib.Path = _CGROUP) -> str | None:
    """Why a whole report might take the last memory; None if it does not.

    :param proc: where /proc has this process
    :param cgroup: where the control groups are mounted
    """
    try:
        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    except OSError:
        # a unit may forbid that
        limit = resource.RLIM_INFINITY
    if limit != resource.RLIM_INFINITY:
        pages = read(proc / 'statm').split()
        size = int(pages[0]) * os.sysconf('SC_PAGE_SIZE') if pages else 0
        if limit - size < ADDRESS_SPACE_BYTES_MIN:
            return _sentence(limit - size, 'of address space', 'RLIMIT_AS')
    for directory, (limits, usage, reclaimed) in groups(proc, cgroup):
        # most groups have none, and nothing else is asked of them
        found = [(name, most) for name in limits
                 if (most := _number(read(directory / name).strip()))
                 is not None and most < _NO_LIMIT]
        if not found:
            continue
        try:
            used = int(read(directory / usage))
        except ValueError:
            # the group of the machine itself has none
            continue
        stat = dict(line.split(' ', 1) for line in read(
            directory / 'memory.stat').splitlines() if ' ' in line)
        used -= sum(_number(stat.get(name)) or 0 for name in reclaimed)
        count = len(read(directory / 'cgroup.procs').split()) or 1
        wanted = REPORT_BYTES_MIN * min(count, _PROCESSES_MAX)
        for name, most in found:
            if most - used < wanted:
                return _sentence(
                    most - used, 'of memory',
                    f'{name} of {_named(directory, cgroup)}')
    return None


def _sentence(left: int, what: str, limit: str) -> str:
    return (f'only {max(left, 0) / 1024 / 1024:.1f} MiB {what} are left '
            f'({limit})')


def _named(directory: pathlib.Path, cgroup: pathlib.Path) -> str:
    return f'/{directory.relative_to(cgroup)}'


def groups(proc: pathlib.Path, cgroup: pathlib.Path,
           ) -> Iterator[tuple[pathlib.Path, _Words]]:
    """The control groups that limit the memory of the process.

    :param proc: where /proc has this process
    :param cgroup: where the control groups are mounted
    :returns: the directory of each, the innermost first, and its files
    """
    for line in read(proc / 'cgroup').splitlines():
        _, _, rest = line.partition(':')
        controllers, _, path = rest.partition(':')
        tops = [cgroup / 'memory']
        words: _Words = _V1
        if not controllers:
            tops = [cgroup, cgroup / 'unified']
            words = _V2
        elif 'memory' not in controllers.split(','):
            continue
        for top in tops:
            directory = top / path.strip('/')
            # what is above it limits it as well
            for group in (directory, *directory.parents):
                if not group.is_relative_to(top):
                    break
                yield group, words


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def read(path: pathlib.Path) -> str:
    """The text of a file, empty if it cannot be read.

    :param path: the file
    """
    try:
        return path.read_text(errors='replace')
    except OSError:
        return ''
