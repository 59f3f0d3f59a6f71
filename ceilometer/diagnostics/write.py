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

"""Writes one report: from the trigger, by way of the sections, to the journal.

What has been collected is sent before anything is begun that may take long
or go wrong, so that it survives what may become of the process afterwards:
our own sections together, because that takes no time and leaves the journal
with one report after the other; then each that others have added, at once.

Runs in the reporter thread.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import Any
import uuid

from ceilometer.diagnostics import clean
from ceilometer.diagnostics import collect
from ceilometer.diagnostics import daemon as daemon_module
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import options
from ceilometer.diagnostics import report
from ceilometer.diagnostics.sections import summary
from ceilometer.diagnostics.sections import table
from ceilometer.diagnostics import turn

#: How long what has been collected may wait to be sent.
UNSENT_SECONDS_MAX = 2.0


def write(daemon: daemon_module.Daemon, triggers: list[report.Trigger],
          settings: options.Settings | None,
          hung_sections: dict[str, threading.Thread],
          turn_descriptor: int | None,
          import_gate: contextlib.AbstractContextManager[Any]) -> str:
    """Write a report.

    :param daemon: the process to tell of
    :param triggers: all that it answers, one at least
    :param settings: what is in force, None for the defaults
    :param hung_sections: see :class:`collect.Collector`
    :param turn_descriptor: see :mod:`turn`
    :param import_gate: see :class:`collect.Collector`
    :returns: the id of the report
    """
    settings = settings or options.Settings()
    send_at_latest = time.monotonic() + UNSENT_SECONDS_MAX
    collector = collect.Collector(
        daemon, settings, hung_sections, import_gate)
    sections: list[report.Section] = []
    data_bytes: list[int] = []
    with contextlib.closing(collector), contextlib.ExitStack() as stack:
        collector.snapshot()
        collector.find()
        report_id = uuid.uuid4().hex
        trigger = report.merged(triggers)
        header = clean.header(
            daemon, report_id, trigger, collector.redactor)
        delivery = journal.Delivery(_file_path(daemon.conf, header))
        count = len(collector.kinds) + 1
        for section in collector.sections():
            sections.append(section)
            if (len(sections) < collector.own_count
                    and time.monotonic() < send_at_latest):
                continue
            if not data_bytes:
                stack.enter_context(turn.taken(turn_descriptor))
            for collected in sections[len(data_bytes):]:
                data_bytes.append(_deliver(
                    delivery, header, collected, len(data_bytes) + 1, count))
        closing = collector.make(table.SUMMARY, summary.describe(
            header, sections, data_bytes, collector.excluded,
            collector.unknown, collector.others_problem,
            time.time_ns() // 1000 - trigger.time_usec,
            collector.snapshot_usec, delivery.problem))
        _deliver(delivery, header, closing, count, count)
    return report_id


def _deliver(delivery: journal.Delivery, header: report.Header,
             section: report.Section, index: int, count: int) -> int:
    """Deliver a section; how many bytes its data have."""
    data_bytes = 0
    for entry in journal_entries.from_section(header, section, index, count):
        delivery.deliver(entry)
        # ASCII, a byte for each character
        data_bytes += len(entry.get(fields.REPORT_DATA, ''))
        # whoever waits for the interpreter goes first
        time.sleep(0)
    return data_bytes


def _file_path(conf: Any, header: report.Header) -> str | None:
    """The file of this report where there is no journal.

    oslo.reports names it so, but for the pid, without which processes
    overwrite each other.
    """
    directory = None
    with contextlib.suppress(Exception):
        directory = conf.oslo_reports.log_dir
    if not directory:
        return None
    when = time.strftime('%Y%m%d%H%M%S', time.gmtime(
        header.trigger.time_usec / 1e6))
    return os.path.join(
        directory, f'{header.service}_gurumeditation_{when}_{header.pid}')
