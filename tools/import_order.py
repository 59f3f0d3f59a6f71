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

"""Writes down in which order a daemon best imports our modules.

``python -m tools.import_order`` writes ``daemon/import_order.py``, for
:mod:`ceilometer.diagnostics.daemon.own_imports`: each module after those that
it imports. To be run when a daemon imports another module than before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from collections.abc import Iterator
import pathlib
import textwrap

from ceilometer.diagnostics.daemon import reporter

PACKAGE = 'ceilometer.diagnostics'
ROOT = pathlib.Path(__file__).resolve().parent.parent / PACKAGE.replace(
    '.', '/')
ORDER = ROOT / 'daemon/import_order.py'

#: What arms a daemon; what it imports afterwards, beside what makes reports;
#: and what it imports when something has happened.
ARMING = ('daemon.started',)
LATER = ('daemon.options',)
FOLDED = ('daemon.event_entries', 'daemon.sibling_look')

_TEXT = '''\
{licence}
"""In which order our modules are imported; made by tools/import_order.py."""

#: What arms a daemon.
ARMING = """
{arming}
"""

#: What makes its reports.
REPORTING = """
{reporting}
"""

#: What is kept folded until something happens.
FOLDED = """
{folded}
"""
'''


def main() -> None:
    """Write the module."""
    ORDER.write_text(made())


def made() -> str:
    """The text of the module."""
    arming = list(dict.fromkeys(_in_order(ARMING)))
    reporting = [name for name in dict.fromkeys(_in_order([
        *(name.removeprefix(PACKAGE + '.') for name in reporter.IMPORTED),
        *LATER])) if name not in arming]
    folded = [name for name in dict.fromkeys(_in_order(FOLDED))
              if name not in arming and name not in reporting]
    licence = pathlib.Path(__file__).read_text().partition('"""')[0].strip()
    return _TEXT.format(licence=licence + '\n', arming=_wrapped(arming),
                        reporting=_wrapped(reporting),
                        folded=_wrapped(folded))


def _wrapped(names: Iterable[str]) -> str:
    return textwrap.fill(' '.join(names), 79, break_on_hyphens=False)


def _in_order(names: Iterable[str]) -> Iterator[str]:
    """These modules and all that they import, those first; some repeatedly.

    :param names: below the package
    """
    seen: set[str] = set()

    def walk(name: str) -> Iterator[str]:
        if name in seen:
            return
        seen.add(name)
        for other in _imported(ROOT / (name.replace('.', '/') + '.py')):
            yield from walk(other)
        yield name

    for name in names:
        yield from walk(name)


def _imported(path: pathlib.Path) -> Iterator[str]:
    """The modules of the package that one imports when it is imported.

    Packages are not among them: they have nothing in them but modules.
    """
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and (
                node.module or '').startswith(PACKAGE):
            for alias in node.names:
                name = f'{node.module}.{alias.name}'.removeprefix(
                    PACKAGE + '.')
                if (ROOT / (name.replace('.', '/') + '.py')).exists():
                    yield name


if __name__ == '__main__':
    main()
