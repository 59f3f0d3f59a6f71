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

"""Which tests run on which Python.

Some thousand tests try patterns on texts, or compare texts of this tree: what
they find is the same on each Python. Marked ``any_python``, they run on one of
several: the one that the variable ONE_PYTHON names (``3.13``). Without the
variable, all tests run.
"""

from __future__ import annotations

import os
import sys

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line(
        'markers', 'any_python: finds the same on each Python')


def pytest_collection_modifyitems(config: pytest.Config,
                                  items: list[pytest.Item]) -> None:
    """Leave out what another Python runs."""
    if os.environ.get('ONE_PYTHON', '') in (
            '', f'{sys.version_info.major}.{sys.version_info.minor}'):
        return
    others = [item for item in items if item.get_closest_marker('any_python')]
    if others:
        items[:] = [item for item in items if item not in set(others)]
        config.hook.pytest_deselected(items=others)
