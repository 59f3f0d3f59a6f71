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

"""What our modules call of the standard library, as it is when we are armed.

A library may replace functions of it while the daemon runs, as eventlet does:
by what waits in another way, raises, or never returns. That would cost the
report. So our own modules get copies of the modules whose functions they call
most, made as the process is armed. All others see what they saw.

Runs in the main thread as the process is armed, and in a reporter thread
later.
"""

from __future__ import annotations

import builtins
import json
import os
import select
import socket
import sys
import time
import types
from typing import Any

_OURS = 'ceilometer.diagnostics.'

# Not of those in which somebody's hooks stand, as in sys and threading: such a
# hook must be seen, and set, where all look for it.
_COPIED = (json, os, select, socket, time)

# The copies, by the module that is copied; empty where nothing is armed.
_copies: dict[types.ModuleType, types.ModuleType] = {}
_open: Any = open

# Our modules that have them.
_given: set[str] = set()


def take() -> None:
    """Make the copies, for as long as the process is armed."""
    global _open
    _open = builtins.open
    for module in _COPIED:
        copy = types.ModuleType(module.__name__)
        vars(copy).update(vars(module))
        _copies[module] = copy


def give() -> None:
    """Give them to all our modules that have been imported by now.

    Does nothing where none were made.
    """
    if not _copies:
        return
    for name in tuple(sys.modules):
        module = (sys.modules.get(name) if name.startswith(_OURS)
                  and name not in _given else None)
        if module is not None:
            _given.add(name)
            _replace(module, _copies)
            vars(module)['open'] = _open


def take_back() -> None:
    """Have our modules call what all others call."""
    before = {copy: module for module, copy in _copies.items()}
    for name in _given:
        module = sys.modules.get(name)
        if module is not None:
            _replace(module, before)
            vars(module).pop('open', None)
    _given.clear()
    _copies.clear()


def _replace(module: types.ModuleType,
             others: dict[types.ModuleType, types.ModuleType]) -> None:
    names = vars(module)
    # by their own names: to look at all takes a tenth of what imports take
    for before, after in others.items():
        if names.get(before.__name__) is before:
            names[before.__name__] = after
