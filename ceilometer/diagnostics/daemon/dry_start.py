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

"""Tells what an interpreter would do with a daemon, without starting it.

``ceilometer-diagnostics check`` runs this with the interpreter of a unit's
program, as the unit's user and in its environment, and reads what it prints:
one JSON object.
"""

from __future__ import annotations

from importlib import metadata
import json
import logging
import os
import sys
from typing import Any

#: Options of a daemon that tell where its configuration is.
_CONFIG_OPTIONS = ('--config-file', '--config-dir')


def main() -> None:
    """Print what was found; the arguments are those of the daemon."""
    json.dump(look(sys.argv[1:]), sys.stdout)


def look(arguments: list[str]) -> dict[str, Any]:
    """Find out what the daemon would find.

    :param arguments: of the daemon, without its program
    :returns: ``ceilometer`` and ``diagnostics``, the versions; ``package``,
        the directory of ours; ``started``, whether site has called us;
        ``enabled`` and ``signals``, of ``[diagnostics]``, None where the
        configuration cannot be read; ``problems``, what was logged about it
    """
    told: dict[str, Any] = {
        'ceilometer': _version('ceilometer'),
        'diagnostics': _version('ceilometer-diagnostics'),
        'package': os.path.dirname(os.path.dirname(
            os.path.abspath(__file__))),
        'started': sys.modules['ceilometer_diagnostics_start'].called,
        'enabled': None, 'signals': None, 'problems': []}
    logging.basicConfig(
        level=logging.WARNING, format='%(message)s', force=True,
        handlers=[_Kept(told['problems'])])
    try:
        from oslo_config import cfg

        from ceilometer.diagnostics.daemon import options
        conf = cfg.ConfigOpts()
        conf(_config_arguments(arguments), project='ceilometer',
             prog='ceilometer')
        settings = options.load(conf)
        told['enabled'] = settings.enabled
        told['signals'] = sorted(one.name for one in settings.signals)
    except (Exception, SystemExit) as error:
        told['problems'].append(f'{type(error).__name__}: {error}')
    return told


class _Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, kept: list[str]) -> None:
        super().__init__()
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(record.getMessage())


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _config_arguments(arguments: list[str]) -> list[str]:
    found = []
    follows = False
    for argument in arguments:
        name, equals, _ = argument.partition('=')
        if follows or name in _CONFIG_OPTIONS:
            found.append(argument)
        follows = not follows and name in _CONFIG_OPTIONS and not equals
    return found
