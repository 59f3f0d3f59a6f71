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

"""Whether journald takes so few entries of a unit that reports are lost.

It counts the entries of a unit, and drops those that are too many; in
journald(8), ``RateLimitBurst=``. A unit may have a limit of its own
(``LogRateLimitBurst=``), which systemd writes down where journald reads it
when it starts the unit. Nobody tells the daemon what was dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import os
import pathlib
import re

from ceilometer.diagnostics.command import journald_settings
from ceilometer.diagnostics.command import system

#: A report has so many entries, one for each section; more if some are large.
ENTRIES_OF_REPORT = 17

_RUN = pathlib.Path('/run/systemd')
_JOURNALS = tuple(map(pathlib.Path, (
    '/var/log/journal', '/run/log/journal')))
_BURST, _INTERVAL = 'RateLimitBurst', 'RateLimitIntervalSec'
_DEFAULT_BURST, _DEFAULT_INTERVAL = 10_000, '30s'
_OFF = re.compile(r'0+[a-z]*')


@dataclasses.dataclass(frozen=True)
class Limit:
    """How many entries of a unit journald takes.

    :ivar burst: as it is configured; it takes more where much is free
    :ivar interval: in so much time
    :ivar remedy: who says so, and what to do
    """

    burst: int
    interval: str
    remedy: str


def of_unit(unit: str, namespace: str | None,
            told: dict[str, str] | None = None, run: pathlib.Path = _RUN,
            directories: Sequence[pathlib.Path] = (
                journald_settings.DIRECTORIES)) -> Limit | None:
    """The limit of a unit; None if there is none.

    :param unit: its name
    :param namespace: that it logs to, None for the default one
    :param told: what systemd tells of a unit that does not run:
        ``LogRateLimitBurst`` and ``LogRateLimitIntervalUSec``
    :param run: where systemd writes down what those are of a unit that runs
    :param directories: where files of systemd are, the first one counts
    """
    said = journald_settings.read(namespace, (_BURST, _INTERVAL), directories)
    service = 'systemd-journald' + (
        '' if namespace is None else f'@{namespace}')
    pid = system.main_pid(f'{service}.service') if said else 0
    said = {name: setting for name, setting in said.items()
            if journald_settings.is_in_force(setting, pid)}
    interval = said[_INTERVAL].value if _INTERVAL in said else (
        _DEFAULT_INTERVAL)
    own_interval = _written_down(unit, 'interval', run)
    if own_interval is not None:
        interval = f'{int(own_interval) / 1e6:g}s'
    elif told and not _OFF.fullmatch(
            told.get('LogRateLimitIntervalUSec') or '0'):
        interval = told['LogRateLimitIntervalUSec']
    if interval.isdigit():
        interval += 's'
    burst = _written_down(unit, 'burst', run) or (
        told or {}).get('LogRateLimitBurst', '0')
    place, anew = 'of the unit: set Log', 'the unit'
    if not burst.isdigit() or not int(burst):
        burst, place = f'{_DEFAULT_BURST}', 'by default: set Log'
        if _BURST in said:
            burst = said[_BURST].value
            place, anew = f'in {said[_BURST].path}: set ', service
    if not burst.isdigit() or not int(burst) or _OFF.fullmatch(interval):
        return None
    return Limit(
        int(burst), interval, f'{_BURST}= is {burst} {place}{_BURST}='
        f'{_DEFAULT_BURST}, and restart {anew}')


def why_lost(limit: Limit | None, processes: int,
             journals: Sequence[pathlib.Path] = _JOURNALS) -> str | None:
    """Why entries of reports are dropped; None if there is room for them.

    :param limit: of their unit
    :param processes: how many of it write a report at the same time
    :param journals: where journald stores its files
    """
    if limit is None:
        return None
    wanted = ENTRIES_OF_REPORT * processes
    most = limit.burst * _quarters(journals) // 4
    if most >= wanted:
        return None
    return (f'the journal takes at most {most} entries of the unit in '
            f'{limit.interval}, and drops the others; a report of each '
            f'process has {wanted} or more: {limit.remedy}')


def _written_down(unit: str, what: str, run: pathlib.Path) -> str | None:
    try:
        value = os.readlink(run / f'units/log-rate-limit-{what}:{unit}')
    except OSError:
        return None
    return value if value.isdigit() else None


def _quarters(journals: Sequence[pathlib.Path]) -> int:
    """By how many quarters journald multiplies the limit, at most.

    With what is free, up to 1 MiB once: 16 MiB twice, 256 MiB three times.
    """
    free = 0
    for path in journals:
        try:
            found = os.statvfs(path)
        except OSError:
            continue
        free = max(free, found.f_bavail * found.f_frsize)
    return max(free.bit_length() - 1 - 16, 4)
