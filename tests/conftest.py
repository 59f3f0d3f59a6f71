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

"""Which tests run on which Python, and what tests of two kinds need.

Some thousand tests try patterns on texts, or compare texts of this tree: what
they find is the same on each Python. Marked ``any_python``, each runs on one
of those that the variable SHARED_PYTHONS names (``3.11 3.12 3.13``): they
share these tests. Without the variable, or on another Python, all tests run.
"""

from __future__ import annotations

from collections.abc import Iterator
import os
import resource
import sys
import zlib

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line(
        'markers', 'any_python: finds the same on each Python')


def _number(item: pytest.Item) -> int:
    """A number of a test, the same on each Python."""
    name = item.nodeid.replace(sys.prefix, '')
    return zlib.crc32(name.encode(errors='replace'))


def pytest_collection_modifyitems(config: pytest.Config,
                                  items: list[pytest.Item]) -> None:
    """Leave out what another Python runs."""
    shared = os.environ.get('SHARED_PYTHONS', '').split()
    this = f'{sys.version_info.major}.{sys.version_info.minor}'
    if this not in shared:
        return
    ours: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        is_ours = (item.get_closest_marker('any_python') is None
                   or shared[_number(item) % len(shared)] == this)
        (ours if is_ours else others).append(item)
    if others:
        items[:] = ours
        config.hook.pytest_deselected(items=others)


@pytest.fixture
def no_queue() -> Iterator[None]:
    """The kernel queues no signal of what is started meanwhile.

    A thread that is woken by a signal is not told by whom then, as where the
    processes of a user have used up what all of them may queue.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_SIGPENDING)
    resource.setrlimit(resource.RLIMIT_SIGPENDING, (0, hard))
    yield
    resource.setrlimit(resource.RLIMIT_SIGPENDING, (soft, hard))
