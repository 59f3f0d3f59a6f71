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
"""Times and counts in the texts of sections. Computes on what it is given."""

from __future__ import annotations

from ceilometer.diagnostics import findings


def seconds(value: float) -> str:
    """``0.35 s``, ``12 s``."""
    return f'{value:.3g} s' if value < 100 else f'{value:.0f} s'


def when(usec: int, now_usec: int) -> str:
    """A time, without its date if that is today's.

    :param usec: microseconds since the epoch
    :param now_usec: when the section was collected
    """
    return findings.when(usec / 1e6, now_usec / 1e6)


def since(usec: int | None) -> str | None:
    """A time as findings have it.

    :param usec: microseconds since the epoch, or None
    """
    return None if usec is None else findings.utc(usec / 1e6)


def some(names: list[str]) -> str:
    """``a``, ``a and 2 more``."""
    if len(names) < 2:
        return ''.join(names)
    return f'{names[0]} and {len(names) - 1} more'
