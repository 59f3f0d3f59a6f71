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

"""Modules of ours that are kept as compiled code until something happens.

Most processes never need them, and as modules they take five times the memory.
What they are made of is in memory all the same: the package may have been
upgraded or removed since, and there may be no descriptor left to read a file.
Whoever imports one of them calls :func:`make` before.

They are kept in the main thread, when the daemon has been imported; forks
inherit them. They are made in any thread, one at a time.
"""

from __future__ import annotations

import importlib
import os
import sys

from ceilometer.diagnostics.daemon import own_imports
from ceilometer.diagnostics.daemon import own_names

# By the full name of a module: where it is, and its code.
_kept: dict[str, tuple[own_imports.Place, bytes]] = {}


def keep(names: str) -> None:
    """Keep modules, unless they have been imported.

    :param names: their names below the package, with spaces between; each
        after those that it imports
    :raises Exception: what a module raises that Python must import now
    """
    folders: own_imports.Folders = {}
    for name in names.split():
        full = own_imports.PACKAGE + name
        if full in sys.modules or full in _kept:
            continue
        place = own_imports.find(full, folders)
        data = None if place is None else own_imports.read(place)
        # it was compiled in its place, or is left to Python
        if place is None or data is None or os.fsencode(place[1]) not in data:
            importlib.import_module(full)
        else:
            _kept[full] = place, data


def make() -> None:
    """Make modules of all that is kept.

    Does nothing if nothing is kept. To be called with
    :attr:`.report_context.ReportContext.import_gate` held, as for an import.

    :raises Exception: a module cannot be made; called again, it is tried
        again
    """
    if not _kept:
        return
    for name, (place, data) in _kept.items():
        if name not in sys.modules and not own_imports.make(place, data):
            raise ImportError(f'the code of {name} is damaged')
    own_names.give()
    _kept.clear()
