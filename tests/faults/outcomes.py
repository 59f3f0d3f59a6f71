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

"""A plugin of pytest: writes what became of each test to a file.

In each line a word and the test's id: ``passed``, ``failed``, ``skipped``,
``late`` (pytest-timeout ended it) or ``error`` (it failed before or after
what it tests).
"""

from __future__ import annotations

import pathlib

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the file from the command line."""
    parser.addoption('--outcomes', type=pathlib.Path)


def pytest_configure(config: pytest.Config) -> None:
    """Write from now on."""
    config.pluginmanager.register(_Writer(config.getoption('outcomes')))


class _Writer:
    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        path.write_text('')

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the part of a test that tells what became of it."""
        outcome: str = report.outcome
        if report.failed and 'from pytest-timeout' in report.longreprtext:
            outcome = 'late'
        elif report.failed and report.when != 'call':
            outcome = 'error'
        elif report.passed and report.when != 'call':
            return
        with self._path.open('a') as stream:
            stream.write(f'{outcome} {report.nodeid}\n')
