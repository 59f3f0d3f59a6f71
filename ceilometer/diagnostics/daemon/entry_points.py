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

"""Finds entry points of the installed distributions, and looks for them once.

To look takes milliseconds, however few are wanted: it reads a file of each
distribution. What is installed later needs a restart anyway.

Runs in the threads of a report, and in the main thread while the daemon
starts.
"""

from __future__ import annotations

import functools
from importlib import metadata
from typing import Any

from ceilometer.diagnostics.daemon import distributions


@functools.cache
def of(group: str) -> tuple[metadata.EntryPoint, ...]:
    """The entry points of a group.

    :param group: its name
    :raises Exception: a distribution is broken
    """
    # Most groups that are wanted nobody has; to parse all files to find that
    # out takes three times as long as to read them.
    return tuple(_all().select(group=group)) if (
        distributions.has_entry_points(group)) else ()


@functools.cache
def _all() -> Any:
    # of two types: Python 3.12 has another one, both with select()
    return metadata.entry_points()
