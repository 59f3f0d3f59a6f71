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

"""Makes one report: has it collected, and sends it to the journal.

What has been collected is sent before anything is begun that may take long
or go wrong, so that it survives what may become of the process afterwards:
our own sections together, because that takes no time and leaves the journal
with one report after the other; then each that others have added, at once.
An entry that says that the report has begun comes before all that.

Runs in the reporter thread.
"""

from __future__ import annotations

import contextlib
import time
from typing import Any

from ceilometer.diagnostics.daemon import collect
from ceilometer.diagnostics.daemon import gmr
from ceilometer.diagnostics.daemon import hand_over
from ceilometer.diagnostics.daemon import journal
from ceilometer.diagnostics.daemon import keep
from ceilometer.diagnostics.daemon import memory_left
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import report_marks
from ceilometer.diagnostics.daemon import sanitize
from ceilometer.diagnostics.daemon import section_table
from ceilometer.diagnostics.daemon.sections import summary
from ceilometer.diagnostics.daemon import turn
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import pauses
from ceilometer.diagnostics import report

#: How long what has been collected may wait to be sent.
UNSENT_SECONDS_MAX = 2.0

#: How long the journal may take to take the first entry. If it takes longer,
#: the report is collected first.
BEGIN_SECONDS_MAX = 0.2

#: Larger JSON of a section is not kept for the next report, characters.
JSON_KEPT_MAX = 64 * 1024


def make(context: report_context.ReportContext,
         triggers: list[report.Trigger]) -> str:
    """Make a report: have it collected, and deliver it.

    :param context: what to make it with
    :param triggers: all that it answers, one at least
    :returns: the id of the report
    """
    begun_nsec = time.monotonic_ns()
    send_at_latest = begun_nsec / 1e9 + UNSENT_SECONDS_MAX
    collector = collect.Collector(context, memory_left.shortage())
    sections: list[report.Section] = []
    data_bytes: list[int] = []
    with contextlib.closing(collector), contextlib.ExitStack() as stack:
        collector.snapshot()
        pauses.begin()
        stack.callback(pauses.end)
        report_id = report.new_id()
        stack.enter_context(report_marks.writing(
            context.turn_descriptor, report_id))
        trigger = report.merged(triggers)
        # the clock may be set meanwhile
        since_usec = time.time_ns() // 1000 - trigger.time_usec - (
            time.monotonic_ns() - begun_nsec) // 1000
        header = sanitize.header(
            context.daemon, report_id, trigger, collector.redactor_at_once)
        kept = keep.KeptReport(report_id)
        # also where something goes wrong
        stack.callback(lambda: hand_over.begin() if kept.used else None)
        delivery = journal.Delivery(gmr.report_path(
            context.daemon.conf, header.service, trigger.time_usec,
            header.pid), keep=kept.add)
        begun = delivery.offer(journal_entries.beginning(
            header, *collector.expected()), BEGIN_SECONDS_MAX)
        collector.find()
        # by now, more secrets are known
        header = sanitize.header(
            context.daemon, report_id, trigger, collector.redactor)
        count = len(collector.kinds) + 1
        for section in collector.sections():
            sections.append(section)
            if (len(sections) < collector.own_count
                    and time.monotonic() < send_at_latest):
                continue
            if not data_bytes:
                stack.enter_context(turn.taken(
                    context.turn_descriptor, context.ending.is_set))
            for collected in sections[len(data_bytes):]:
                data_bytes.append(_deliver(
                    delivery, header, collected, len(data_bytes) + 1, count,
                    begun and not data_bytes))
        closing = collector.make(section_table.SUMMARY, summary.describe(
            header, sections, [*collector.findings, *collector.shortened],
            data_bytes,
            collector.excluded, collector.unknown, collector.others_problem,
            max(0, since_usec) + (time.monotonic_ns() - begun_nsec) // 1000,
            collector.snapshot_usec, delivery.problem))
        told = closing.data.get('findings', ())
        _deliver(delivery, header, closing._replace(
            findings=tuple(dict.fromkeys(
                one['kind'] for one in told))), count, count)
    return report_id


def _deliver(delivery: journal.Delivery, header: report.Header,
             section: report.Section, index: int, count: int,
             begun: bool = False) -> int:
    """Deliver a section; how many bytes its data have.

    :param begun: whether it is the first one of a report that has begun
    """
    data_bytes = 0
    for entry in journal_entries.from_section(
            header, section, index, count, int(begun), _json_of(section)):
        # to split a large section takes as long as to send it
        pauses.pause()
        delivery.deliver(entry)
        # ASCII, a byte for each character
        data_bytes += len(entry.get(fields.REPORT_DATA, ''))
        # whoever waits for the interpreter goes first
        pauses.pause()
    return data_bytes


# of the report before, of sections that are kept: their data, and its JSON
_encoded: dict[str, tuple[Any, str]] = {}


def _json_of(section: report.Section) -> str:
    """The JSON of a section; not made again of what has not changed."""
    before = _encoded.get(section.name)
    if before is not None and before[0] is section.data:
        return before[1]
    _encoded.pop(section.name, None)
    encoded = journal_entries.json_of(section)
    if sanitize.is_kept(section) and len(encoded) <= JSON_KEPT_MAX:
        _encoded[section.name] = section.data, encoded
    return encoded
