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

"""The ``[diagnostics]`` options of a service, and their values checked.

The options stand in the service's own configuration file. Because the daemon
matters more than its diagnostics, an invalid value is not an error of
the service: it is named in the log, and the default holds.
"""

from __future__ import annotations

import logging
import os
import signal
from typing import Any

from oslo_config import cfg
from oslo_config import types

from ceilometer.diagnostics.daemon import service_options
from ceilometer.diagnostics import named_tuple

LOG = logging.getLogger(__name__)

GROUP = 'diagnostics'

#: What may be asked for with ``signals``. SIGTERM and its like are not ours.
SIGNALS = ('USR1', 'USR2')

_OPTS = [
    cfg.BoolOpt(
        'enabled', default=True,
        help='Whether the processes of this service write diagnostic '
             'reports. If false, no trigger causes a report after the '
             'configuration has been read, and the signals are not handled.'),
    cfg.ListOpt(
        'signals', default=list(SIGNALS),
        item_type=types.String(choices=[
            *SIGNALS, *('SIG' + name for name in SIGNALS)], ignore_case=True),
        help='Signals that trigger a report. Only USR1 and USR2 are '
             'supported. USR2 is also the signal of oslo.reports: if it is '
             'listed here, the report in the journal replaces that of '
             'oslo.reports; if not, oslo.reports answers it as usual.'),
    cfg.ListOpt(
        'exclude_sections', default=[],
        help='Names of sections to leave out of the reports, for example '
             'configuration or green-threads. The summary cannot be left '
             'out. An unknown name is logged when the service starts, and '
             'the summary of each report shows it.'),
    cfg.FloatOpt(
        'minimum_interval', default=1.0, min=0.0, max=3600.0,
        help='Minimum number of seconds between the starts of two reports '
             'of the same process. A trigger that comes earlier is not lost: '
             'it waits, and shares one report with all other triggers that '
             'come before that report starts.'),
    cfg.FloatOpt(
        'section_time_limit', default=5.0, min=0.1, max=300.0,
        help='Maximum number of seconds for one section. A section that '
             'takes longer is abandoned and marked in the report.'),
    cfg.FloatOpt(
        'report_time_limit', default=30.0, min=0.1, max=3600.0,
        help='Maximum number of seconds for all sections of a report. '
             'Sections that have not started by then are marked in the '
             'report.'),
    cfg.IntOpt(
        'section_size_limit', default=16 * 1024 * 1024, min=4096,
        max=256 * 1024 * 1024,
        help='Maximum size of the text of one section, and of its data, '
             'in bytes. The rest is cut, and the cut is marked.'),
    cfg.FloatOpt(
        'hang_time_limit', default=0.0, min=0.0, max=86400.0,
        help='Number of seconds after which the other processes of this '
             'service report, unasked and once, that a process hangs: code '
             'in C holds its Python interpreter, the kernel keeps it, or it '
             'is stopped. Nothing is ended. 0 switches this off; then a '
             'process at rest never wakes up for it. A unit that has a '
             'watchdog has this report written after half of the time that '
             'the watchdog waits, at the latest.'),
]


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """The options, as oslo-config-generator asks for them."""
    return [(GROUP, list(_OPTS))]


class Settings(named_tuple.NamedTuple):
    """The values of the options that are in force.

    :ivar enabled: whether reports are written
    :ivar signals: the signals that are answered
    :ivar exclude_sections: names of the sections to leave out
    :ivar minimum_interval_seconds: from start to start of two reports
    :ivar section_seconds_max: time for one section
    :ivar report_seconds_max: time for all sections
    :ivar section_bytes_max: size of one section's text, and of its data
    :ivar hang_seconds: after so long a hang is told of unasked; 0 for never
    """

    enabled: bool = True
    signals: frozenset[signal.Signals] = frozenset(
        (signal.SIGUSR1, signal.SIGUSR2))
    exclude_sections: frozenset[str] = frozenset()
    minimum_interval_seconds: float = 1.0
    section_seconds_max: float = 5.0
    report_seconds_max: float = 30.0
    section_bytes_max: int = 16 * 1024 * 1024
    hang_seconds: float = 0.0


def _written(conf: cfg.ConfigOpts, name: str) -> str | None:
    """What an option of ours is set to, as it is written.

    oslo.config says what it expected, but not always what it found.
    """
    variable = os.environ.get(f'OS_{GROUP.upper()}__{name.upper()}')
    if variable is not None:
        return variable
    for setting in service_options.settings(service_options.files(conf)):
        if (setting.group, setting.name) == (GROUP, name):
            return setting.value
    return None


def load(conf: cfg.ConfigOpts) -> Settings:
    """Register the options with a service's configuration and read them.

    An invalid value is logged, with what was expected, and replaced with the
    default, because the service itself reads all options when it logs them
    and an invalid one would stop it.

    :param conf: the configuration, parsed already
    :returns: what is in force
    """
    values: dict[str, Any] = {}
    for opt in _OPTS:
        try:
            conf.register_opt(opt, group=GROUP)
            value = conf[GROUP][opt.dest]
            if value != value:
                # not a number is within any limits
                raise ValueError(f'expected a number, not {value}')
            values[opt.dest] = value
        except Exception as error:
            LOG.error('[%s] %s = %s is invalid: %s; using the '
                      'default, %s', GROUP, opt.name, _written(conf, opt.name),
                      error, opt.default)
            values[opt.dest] = opt.default
            try:
                conf.set_override(opt.name, opt.default, group=GROUP)
            except cfg.Error:
                LOG.debug('Cannot set the default of [%s] %s', GROUP, opt.name,
                          exc_info=True)
    return Settings(
        enabled=values['enabled'],
        signals=frozenset(
            signal.Signals['SIG' + name.upper().removeprefix('SIG')]
            for name in values['signals']),
        exclude_sections=frozenset(values['exclude_sections']),
        minimum_interval_seconds=values['minimum_interval'],
        section_seconds_max=values['section_time_limit'],
        report_seconds_max=values['report_time_limit'],
        section_bytes_max=values['section_size_limit'],
        hang_seconds=values['hang_time_limit'])
