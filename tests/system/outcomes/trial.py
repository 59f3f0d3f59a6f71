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

"""Tries a condition on units, as many of them at once as may run."""

from __future__ import annotations

import collections.abc
import concurrent.futures
import functools
import typing

from tests.system import machine as machines
from tests.system.outcomes import breakage
from tests.system.outcomes import documented
from tests.system.outcomes import watch

# Units that poll the same exclude one another.
AT_ONCE = (('ceilometer-polling', 'ceilometer-agent-ipmi',
            documented.NOTIFICATION, documented.UPGRADE),
           ('ceilometer-agent-central', 'ceilometer-agent-compute',
            'ceilometer-polling@ipmi'))

#: What an instance of ceilometer-polling@ needs.
INSTANCE = '/etc/ceilometer/polling@ipmi'


class Seen(typing.NamedTuple):
    """What was seen of a unit.

    :ivar word: the word for what it did
    :ivar error: what was not as it should be, None if nothing
    """

    word: str
    error: Exception | None


def run(machine: machines.Machine, condition: str,
        wanted: collections.abc.Mapping[str, documented.Outcome],
        ) -> dict[str, Seen]:
    """Try a condition; all is as before afterwards.

    :param condition: its name
    :param wanted: what each unit to try is documented to do
    :returns: what was seen of each
    """
    machine.run(['mkdir', '-p', INSTANCE])
    # else what they have said before would count
    machine.run(['journalctl', '--rotate'])
    machine.run(['journalctl', '--vacuum-time=1us'])
    seen: dict[str, Seen] = {}
    for group in AT_ONCE:
        units = [unit for unit in group if unit in wanted]
        if not units:
            continue
        try:
            with breakage.CONDITIONS[condition](machine):
                seen |= _each(units, functools.partial(
                    _broken, machine, condition, wanted))
            seen |= _each(
                [unit for unit in units if seen[unit].error is None],
                functools.partial(_mended, machine, seen))
        finally:
            machine.systemctl('stop', *units)
            machine.systemctl('reset-failed', *units, check=False)
    return seen


def _each(units: list[str], what: collections.abc.Callable[[str], Seen],
          ) -> dict[str, Seen]:
    with concurrent.futures.ThreadPoolExecutor() as threads:
        return dict(zip(units, threads.map(what, units), strict=True))


def _broken(machine: machines.Machine, condition: str,
            wanted: collections.abc.Mapping[str, documented.Outcome],
            unit: str) -> Seen:
    watched = watch.Watch(machine, unit)
    word = ''
    try:
        whom = breakage.KILLED.get(condition)
        word = watched.begin() if whom is None else watched.killed(whom)
        expected = wanted[unit]
        assert word == expected.word, machine.journal_tail(unit)
        if whom is None:
            watched.holds(word)
        if expected.says:
            machine.wait_for(
                lambda: watched.says(expected.says),
                what=f'{unit} to say: {expected.says}', unit=unit)
    except Exception as error:
        return Seen(word, error)
    return Seen(word, None)


def _mended(machine: machines.Machine, seen: dict[str, Seen],
            unit: str) -> Seen:
    watched = watch.Watch(machine, unit)
    word = seen[unit].word
    try:
        watched.mended(word)
    except Exception as error:
        return Seen(word, error)
    return Seen(word, None)
