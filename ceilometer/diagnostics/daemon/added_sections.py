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

"""Third-party sections, added in any of three ways.

Those of oslo.reports, of ``register_section()`` and of entry points; and what
their functions may return, made content.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import copy
import functools
from importlib import metadata
import json
import logging
from typing import Any

from ceilometer.diagnostics.daemon import entry_points
from ceilometer.diagnostics.daemon import gmr
from ceilometer.diagnostics.daemon import registry
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics import fields

LOG = logging.getLogger(__name__)

#: How deep data is laid out in the text; what is deeper stands on one line.
RENDER_DEPTH_MAX = 8


def kinds() -> Iterator[section.Kind]:
    """The sections that others have added until now."""
    for title, generator in gmr.sections():
        yield section.Kind(
            registry.name_from_title(title), title,
            functools.partial(_content, generator), render, own=False)
    for registration in registry.registered():
        yield section.Kind(
            registration.name, registration.title,
            functools.partial(_content, registration.function), render,
            own=False)
    for point in _entry_points():
        loaded = _EntryPoint(point)
        yield section.Kind(
            registry.name_from_title(point.name),
            point.name.replace('-', ' ').capitalize(), loaded.content,
            render, own=False, load=loaded.load)


def warn_of_unknown(excluded: Iterable[str]) -> None:
    """Log the names in ``exclude_sections`` that no section has so far.

    Other code may add its sections later, so this is not an error. Runs in the
    main thread while the daemon starts; raises nothing.

    :param excluded: the names, as ``[diagnostics] exclude_sections`` has them
    """
    try:
        unknown = (set(excluded) - set(fields.SECTIONS)
                   - {kind.name for kind in kinds()})
    except Exception:
        LOG.debug('Third-party sections cannot be found', exc_info=True)
        return
    if unknown:
        LOG.warning(
            '[diagnostics] exclude_sections = %s: unknown section; expected '
            'one of %s, or the name of a third-party section',
            ', '.join(sorted(unknown)), ', '.join(fields.SECTIONS))


def _entry_points() -> tuple[metadata.EntryPoint, ...]:
    try:
        return entry_points.of(registry.ENTRY_POINT_GROUP)
    except Exception:
        # a broken distribution somewhere is no reason to have no report
        return ()


def _content(function: Callable[[], Any],
             context: section.Context) -> section.Content:
    return content(function())


class _EntryPoint:
    def __init__(self, point: metadata.EntryPoint) -> None:
        self._point = point
        self._function: Any = None

    def load(self) -> None:
        self._function = self._point.load()

    def content(self, context: section.Context) -> section.Content:
        return content(self._function())


def content(returned: Any) -> section.Content:
    """What a function returned, as the content of a section.

    :param returned: a text; a model of oslo.reports; or data. Or a pair of
        one of them and a list of findings: dicts with ``kind``, ``sentence``,
        and, if wanted, ``severity``, ``since`` and ``evidence``
    """
    if (isinstance(returned, tuple) and len(returned) == 2
            and isinstance(returned[1], list)
            and all(isinstance(one, dict) and 'kind' in one
                    and 'sentence' in one for one in returned[1])):
        return content(returned[0])._replace(findings=returned[1])
    if isinstance(returned, str):
        return section.Content(text=returned)
    if isinstance(returned, section.Content):
        return returned
    if hasattr(returned, 'set_current_view_type'):
        return _of_model(returned)
    return section.Content(data=returned)


def _of_model(model: Any) -> section.Content:
    data = None
    try:
        as_json = copy.deepcopy(model)
        as_json.set_current_view_type('json')
        data = json.loads(str(as_json))
    except Exception:
        # many models have a text only
        data = None
    model.set_current_view_type('text')
    return section.Content(data=data, text=str(model))


def render(data: Any) -> str:
    """Data of any shape, as indented lines."""
    return '\n'.join(_lines(data, 0))


def _lines(data: Any, depth: int) -> list[str]:
    indent = '  ' * depth
    if depth >= RENDER_DEPTH_MAX or not isinstance(data, (dict, list)):
        return [f'{indent}{data}']
    # what stands above nested data, what before a single value, and either
    items = ([(f'{key}:', f'{key} = ', value) for key, value in data.items()]
             if isinstance(data, dict)
             else [('-', '- ', value) for value in data])
    lines = []
    for above, before, value in items:
        if isinstance(value, (dict, list)) and value:
            lines.append(indent + above)
            lines += _lines(value, depth + 1)
        else:
            lines.append(f'{indent}{before}{value}')
    return lines
