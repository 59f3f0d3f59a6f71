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

"""What the tests share that import Ceilometer into their own process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ceilometer.diagnostics.daemon import hooks
from ceilometer.diagnostics.daemon import log_watch
from ceilometer.diagnostics.daemon import work


def pytest_configure(config: pytest.Config) -> None:
    """What Ceilometer's libraries import is often deprecated."""
    for category in ('DeprecationWarning', 'PendingDeprecationWarning',
                     'FutureWarning', 'UserWarning', 'SyntaxWarning'):
        config.addinivalue_line('filterwarnings', f'ignore::{category}')


@pytest.fixture(autouse=True)
def followed() -> Iterator[None]:
    """Follow what Ceilometer does in this process."""
    hooks.install()
    log_watch.start()
    work.reset()
    yield
    log_watch.stop()
    hooks.uninstall()
