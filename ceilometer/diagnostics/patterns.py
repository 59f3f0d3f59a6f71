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

"""Regular expressions that are compiled at their first use.

A daemon imports all recognizers when it starts, so that a report needs no
import. To compile their hundreds of expressions as well would take longer than
that; most daemons never use one. The few that nearly every report uses are
compiled when the daemon has been imported, for its first report.
"""

from __future__ import annotations

import re
from typing import Any
from typing import cast

from ceilometer.diagnostics import pauses


class _Pattern:
    """Stands for a compiled expression; has its methods.

    Once used, a method is an attribute of the instance, and costs what the
    method of the expression itself does. This holds no lock, which a fork
    might leave locked: threads that come at once compile it each.
    """

    def __init__(self, expression: str, flags: int) -> None:
        self._expression = expression
        self._flags = flags
        self._compiled: re.Pattern[str] | None = None

    def compile(self) -> re.Pattern[str]:
        """The expression, compiled now if it has not been."""
        if self._compiled is None:
            self._compiled = re.compile(self._expression, self._flags)
        return self._compiled

    def __getattr__(self, name: str) -> Any:
        if name.startswith('_'):
            raise AttributeError(name)
        found = getattr(self.compile(), name)
        self.__dict__[name] = found
        # to compile it has taken up to a millisecond
        pauses.pause()
        return found


# those that compile_usual() has not compiled
_usual: list[_Pattern] = []


def pattern(expression: str, flags: int = 0) -> re.Pattern[str]:
    """An expression, compiled at its first use.

    In any process and thread.

    :param expression: as of :func:`re.compile`; one that is invalid raises
        :class:`re.error` at its first use
    :param flags: as of :func:`re.compile`
    """
    return cast('re.Pattern[str]', _Pattern(expression, flags))


def usual(expression: str, flags: int = 0) -> re.Pattern[str]:
    """An expression that nearly every report uses.

    Like one of :func:`pattern`, until :func:`compile_usual` is called.

    :param expression: as of :func:`re.compile`
    :param flags: as of :func:`re.compile`
    """
    made = _Pattern(expression, flags)
    _usual.append(made)
    return cast('re.Pattern[str]', made)


def compile_usual() -> None:
    """Compile those of :func:`usual`.

    Runs in the main thread of a daemon, when it has been imported; forks
    inherit what is compiled.
    """
    while _usual:
        _usual.pop().compile()
