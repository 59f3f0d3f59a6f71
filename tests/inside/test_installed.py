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

"""The Ceilometer that is installed has what is wrapped."""

from __future__ import annotations

import importlib

import pytest

from ceilometer.diagnostics.daemon import hooks
from ceilometer.diagnostics.daemon import interpose


@pytest.mark.parametrize('hook', hooks.HOOKS, ids=lambda hook: hook.name)
def test_installed_ceilometer_has_what_is_wrapped(hook: hooks.Hook) -> None:
    """Each function of the list, or the one that stands in for it."""
    module = importlib.import_module(hook.module)
    assert (hook.module, hook.name) not in interpose.missing
    found = []
    for name in [hook.name, *(hook.otherwise or ())[:1]]:
        thing = module
        for part in name.split('.'):
            thing = getattr(thing, part, None)
        found.append(thing)
    assert any(hasattr(thing, '__wrapped__') for thing in found)
