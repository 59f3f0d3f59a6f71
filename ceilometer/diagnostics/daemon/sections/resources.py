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

"""Section ``resources``: what the process uses, and what it may use."""

from __future__ import annotations

import collections
import gc
import os
import resource
import time

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics.daemon import sockets
from ceilometer.diagnostics import pauses

#: How many descriptors are looked at; a leak may have hundreds of thousands.
DESCRIPTORS_MAX = 20_000

_STATUS_KEYS = ('VmPeak', contents.SIZE, contents.PEAK_RSS, contents.RSS,
                'RssAnon', 'RssFile', 'RssShmem', 'VmData', contents.SWAPPED,
                'Threads')
_LIMITS = {
    contents.OPEN_FILES: resource.RLIMIT_NOFILE,
    'processes': resource.RLIMIT_NPROC,
    contents.ADDRESS_SPACE: resource.RLIMIT_AS,
    'core file': resource.RLIMIT_CORE,
    'locked memory': resource.RLIMIT_MEMLOCK,
    'stack': resource.RLIMIT_STACK,
}
_CGROUP_FILES = {
    # version 2, then version 1 (cgroups(7))
    'memory.current': 'memory', 'memory.max': 'memory',
    'memory.high': 'memory', 'memory.peak': 'memory',
    'memory.swap.current': 'memory', contents.MEMORY_EVENTS: 'memory',
    'memory.pressure': 'memory', 'cpu.max': 'cpu', 'cpu.stat': 'cpu',
    'cpu.pressure': 'cpu', 'cpu.weight': 'cpu', 'pids.current': 'pids',
    'pids.max': 'pids', 'memory.usage_in_bytes': 'memory',
    'memory.limit_in_bytes': 'memory', 'cpuacct.usage': 'cpuacct',
}


def collect(context: section.Context) -> section.Content:
    """Ask the kernel and the interpreter; takes milliseconds."""
    found: list[int] = []
    data: contents.Resources = {
        'usage': _usage(resource.RUSAGE_SELF),
        'memory_kib': _status(),
        'file_descriptors': _descriptors(found),
        'limits': {name: [_limit(value)
                          for value in resource.getrlimit(number)]
                   for name, number in _LIMITS.items()},
        'garbage_collector': {
            'enabled': gc.isenabled(),
            'threshold': list(gc.get_threshold()),
            'count': list(gc.get_count()),
            'generations': gc.get_stats(),
            'uncollectable': len(gc.garbage),
        },
        'control_group': _control_group(),
        'load_average': [round(load, 2) for load in os.getloadavg()],
        'armed_for_seconds': round(
            time.monotonic() - context.daemon.armed, 1),
    }
    of_children = _usage(resource.RUSAGE_CHILDREN)
    # all that counts is none where no child has ended
    if any(of_children.values()):
        data['usage_of_ended_children'] = of_children
    if data['file_descriptors']['count'] is not None:
        data['sockets'] = sockets.groups(found)
    return section.Content(data=data)


def _usage(who: int) -> contents.Usage:
    usage = resource.getrusage(who)
    return {
        'user_seconds': round(usage.ru_utime, 3),
        'system_seconds': round(usage.ru_stime, 3),
        'peak_rss_kib': usage.ru_maxrss,
        'minor_faults': usage.ru_minflt,
        'major_faults': usage.ru_majflt,
        'blocks_read': usage.ru_inblock,
        'blocks_written': usage.ru_oublock,
        'voluntary_switches': usage.ru_nvcsw,
        'involuntary_switches': usage.ru_nivcsw,
    }


def _status() -> dict[str, int]:
    values = {}
    try:
        with open('/proc/self/status') as file:
            for line in file:
                key, _, value = line.partition(':')
                if key in _STATUS_KEYS:
                    values[key] = int(value.split()[0])
    except (OSError, ValueError):
        # no /proc: what is known stays
        pass
    return values


def _descriptors(found: list[int]) -> contents.FileDescriptors:
    """What is open; those of sockets are added to a list."""
    counts: collections.Counter[str] = collections.Counter()
    targets: collections.Counter[str] = collections.Counter()
    try:
        names = os.listdir('/proc/self/fd')
    except OSError as error:
        return {'count': None, 'error': str(error)}
    closed = 0
    for name in names[:DESCRIPTORS_MAX]:
        try:
            target = os.readlink(f'/proc/self/fd/{name}')
        except OSError:
            # closed since; so is the one that they were listed with
            closed += 1
            continue
        kind = _kind(target)
        if kind == 'socket':
            found.append(int(name))
        counts[kind] += 1
        targets[target if kind in ('file', 'device', 'memory')
                else kind] += 1
        pauses.pause()
    by_kind = dict(counts.most_common())
    if len(names) > DESCRIPTORS_MAX:
        by_kind[contents.NOT_LOOKED_AT] = len(names) - DESCRIPTORS_MAX
    return {
        # the sum of all kinds
        'count': len(names) - closed,
        'by_kind': by_kind,
        'most_open': [{'target': target, 'count': count}
                      for target, count in targets.most_common(20)],
        'looked_at': min(len(names), DESCRIPTORS_MAX) - closed,
    }


def _kind(target: str) -> str:
    if target.startswith('/memfd:'):
        return 'memory'
    if target.startswith('/dev/'):
        return 'device'
    if target.startswith('/'):
        return 'file'
    # socket:[123], pipe:[456], anon_inode:[eventpoll]
    kind, _, rest = target.partition(':')
    if kind == 'anon_inode':
        return rest.strip('[]')
    return kind


def _limit(value: int) -> int | None:
    return None if value == resource.RLIM_INFINITY else value


def _control_group() -> dict[str, str]:
    """What the kernel lets the process read of its own control groups."""
    found: dict[str, str] = {}
    try:
        with open('/proc/self/cgroup') as file:
            groups = [line.rstrip('\n').split(':', 2) for line in file]
    except (OSError, ValueError):
        return {}
    for _, controllers, path in groups:
        if controllers == '':
            found['path'] = path
            roots = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified']
            wanted = list(_CGROUP_FILES)
        else:
            roots = [f'/sys/fs/cgroup/{controllers}']
            wanted = [name for name, controller in _CGROUP_FILES.items()
                      if controller in controllers.split(',')]
        for root in roots:
            for name in wanted:
                text = _read(f'{root}{path.rstrip("/")}/{name}')
                if text is not None:
                    found.setdefault(name, text)
        if 'memory.current' in found:
            # cgroups(7), version 2: this stands first
            for root in roots:
                text = _read(f'{root}{path.rstrip("/")}/memory.stat')
                if text is not None and text.startswith('anon '):
                    found.setdefault(contents.MEMORY_ANON,
                                     text.partition(';')[0].split()[1])
    return found


def _read(path: str) -> str | None:
    try:
        with open(path) as file:
            lines = file.read(4096).split('\n')
    except OSError:
        return None
    return '; '.join(filter(None, map(str.strip, lines)))


def render(data: contents.Resources) -> str:
    """A paragraph for each kind of resource."""
    lines = []
    memory = data['memory_kib']
    if memory:
        lines.append('Memory: ' + ', '.join(
            f'{key} {value}' if key == 'Threads'
            else f'{key} {value / 1024:.1f} MiB'
            for key, value in memory.items()))
    usage = data['usage']
    lines.append(
        f'CPU: {usage["user_seconds"]} s in user mode, '
        f'{usage["system_seconds"]} s in the kernel; '
        f'{usage["voluntary_switches"]} voluntary and '
        f'{usage["involuntary_switches"]} other context switches; '
        f'load {" ".join(str(load) for load in data["load_average"])}')
    lines.append(f'Faults: {usage["minor_faults"]} minor, '
                 f'{usage["major_faults"]} major; blocks read '
                 f'{usage["blocks_read"]}, written {usage["blocks_written"]}')
    lines += _render_descriptors(data['file_descriptors'],
                                 data['limits'][contents.OPEN_FILES])
    told = data.get('sockets')
    if told and told['groups']:
        lines += ['Sockets:', *sockets.render(told)]
    lines.append('Limits (soft, hard): ' + '; '.join(
        f'{name} ' + ', '.join('unlimited' if value is None else str(value)
                               for value in values)
        for name, values in data['limits'].items()))
    collector = data['garbage_collector']
    lines.append(
        f'Garbage collector: {"on" if collector["enabled"] else "OFF"}, '
        f'counts {collector["count"]} of thresholds '
        f'{collector["threshold"]}, '
        f'{collector["uncollectable"]} uncollectable objects')
    for number, generation in enumerate(collector['generations']):
        lines.append(f'  generation {number}: '
                     f'{generation["collections"]} collections, '
                     f'{generation["collected"]} objects collected, '
                     f'{generation["uncollectable"]} uncollectable')
    group = data['control_group']
    lines.append(f'Control group: {group.get("path", "unknown")}')
    lines += [f'  {name} = {value}' for name, value in group.items()
              if name != 'path']
    return '\n'.join(lines)


def _render_descriptors(descriptors: contents.FileDescriptors,
                        limit: list[int | None]) -> list[str]:
    if descriptors['count'] is None:
        return [f'File descriptors: {descriptors["error"]}']
    kinds = ', '.join(f'{count} {kind}' for kind, count
                      in descriptors['by_kind'].items())
    lines = [f'File descriptors: {descriptors["count"]} of '
             f'{"unlimited" if limit[0] is None else limit[0]}: {kinds}']
    lines += [f'  {item["count"]} x {item["target"]}'
              for item in descriptors['most_open']]
    return lines
