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

"""What a fault is, and the faults that are listed."""

from __future__ import annotations

import dataclasses
import importlib
import pathlib
import pkgutil

from tests.faults import lists

TREE = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = 'ceilometer/diagnostics'
#: How the modules begin that are installed beside the package.
BESIDE = 'ceilometer_diagnostics'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """A change of one module that breaks a promise.

    :ivar name: which promise is broken, in plain English
    :ivar file: the module, below ceilometer/diagnostics; or beside it, as
        ``../../ceilometer_diagnostics_start.py``
    :ivar old: a text that the module has exactly once
    :ivar new: what stands there instead
    :ivar tests: ids of tests, as pytest has them, one of which must fail;
        those come first that tell it soonest
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """Give the text of the module with the fault in it.

        :param text: the module's own
        :raises ValueError: if it has the old text not at all or repeatedly
        """
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f'{self.file} has the old text {count} times')
        return text.replace(self.old, self.new)


def listed() -> dict[str, tuple[Fault, ...]]:
    """Give all faults, by the name of their list."""
    return {found.name: importlib.import_module(
        f'{lists.__name__}.{found.name}').FAULTS
        for found in pkgutil.iter_modules(lists.__path__)}
