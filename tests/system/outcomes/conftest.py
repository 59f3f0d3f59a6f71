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

"""Prints what was seen of each unit in each condition."""

from __future__ import annotations

import re

import pytest

from tests.system import compatibility
from tests.system.outcomes import documented


@pytest.hookimpl
def pytest_terminal_summary(
        terminalreporter: pytest.TerminalReporter) -> None:
    """Print a table, with what failed in capitals."""
    seen: dict[str, dict[str, str]] = {}
    for result in ('passed', 'failed'):
        for report in terminalreporter.stats.get(result, ()):
            named = re.search(r'test_unit_does_what_is_documented'
                              r'\[(.*)-(ceilometer-.*)\]', report.nodeid)
            if named and report.when == 'call':
                word = dict(report.user_properties).get('outcome', '?')
                seen.setdefault(named[1], {})[named[2]] = (
                    word if result == 'passed' else f'FAILED: {word}')
    if seen:
        terminalreporter.write_line(compatibility.table(
            [[condition, *(cells.get(unit, documented.NOTHING)
                           for unit in documented.UNITS)]
             for condition, cells in seen.items()],
            ('', *(unit.removeprefix('ceilometer-')
                   for unit in documented.UNITS))))
