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

"""Section ``logging``: who logs what, from which level on, to where."""

from __future__ import annotations

import logging

from ceilometer.diagnostics import contents
from ceilometer.diagnostics.daemon import log_watch
from ceilometer.diagnostics.daemon import section
from ceilometer.diagnostics import pauses


def collect(context: section.Context) -> section.Content:
    """Look at the loggers; takes none of logging's locks."""
    root = logging.getLogger()
    loggers = [_describe('root', root)]
    count = 0
    for name, logger in sorted(dict(root.manager.loggerDict).items()):
        if not isinstance(logger, logging.Logger):
            continue
        count += 1
        pauses.pause()
        # the others do as the one above them does; many libraries give
        # theirs a handler that does nothing
        if (logger.level or logger.disabled or not logger.propagate
                or logger.filters or not all(
                    isinstance(handler, logging.NullHandler)
                    for handler in list(logger.handlers))):
            loggers.append(_describe(name, logger))
    data: contents.Logging = {
        'count': count + 1,
        'loggers': loggers,
        'disabled_below': logging.getLevelName(root.manager.disable)
        if root.manager.disable else None,
    }
    return section.Content(data=data)


def _describe(name: str, logger: logging.Logger) -> contents.Logger:
    return {
        'logger': name,
        'level': logging.getLevelName(logger.level),
        'effective_level': logging.getLevelName(logger.getEffectiveLevel()),
        'propagate': bool(logger.propagate),
        'disabled': bool(logger.disabled),
        'filters': [type(filter_).__name__ for filter_ in logger.filters],
        'handlers': [_describe_handler(handler)
                     for handler in list(logger.handlers)
                     if not log_watch.is_own(handler)],
    }


def _describe_handler(handler: logging.Handler) -> contents.Handler:
    kind = type(handler)
    formatter = handler.formatter
    return {
        'type': f'{kind.__module__}.{kind.__qualname__}',
        'level': logging.getLevelName(handler.level),
        'target': _target(handler),
        'formatter': None if formatter is None else type(formatter).__name__,
        'format': getattr(formatter, '_fmt', None),
    }


def _target(handler: logging.Handler) -> str | None:
    for name in ('baseFilename', 'address'):
        value = getattr(handler, name, None)
        if value:
            return str(value)
    stream = getattr(handler, 'stream', None)
    stream_name = getattr(stream, 'name', None)
    return None if stream_name is None else str(stream_name)


def render(data: contents.Logging) -> str:
    """The loggers with settings of their own, with their handlers.

    Those that have nothing but a level share a line with the others of it.
    """
    lines = [f'Loggers: {data["count"]}; those with settings of their own:']
    if data['disabled_below']:
        lines.append('All records up to level '
                     f'{data["disabled_below"]} are disabled')
    by_level: dict[str, list[str]] = {}
    for logger in data['loggers']:
        if (logger['level'] == logger['effective_level']
                and logger['propagate'] and not logger['disabled']
                and not logger['filters'] and not logger['handlers']):
            by_level.setdefault(logger['level'], []).append(logger['logger'])
            continue
        words = f'{logger["logger"]}: {logger["effective_level"]}'
        if logger['level'] == 'NOTSET':
            words += ' (inherited)'
        if not logger['propagate']:
            words += ', does not propagate'
        if logger['disabled']:
            words += ', DISABLED'
        if logger['filters']:
            words += f', filters {", ".join(logger["filters"])}'
        lines.append(words)
        for handler in logger['handlers']:
            lines.append(
                f'  {handler["type"]} from {handler["level"]} to '
                f'{handler["target"]}, format {handler["formatter"]}')
    lines += [f'{level} only: {", ".join(names)}'
              for level, names in by_level.items()]
    return '\n'.join(lines)
