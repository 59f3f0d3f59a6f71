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

"""How large a report is: what benchmarks/report_cost.py measures as size."""

from __future__ import annotations

import runpy
import sys
import tempfile

import pytest

from ceilometer.diagnostics import contents
from ceilometer.diagnostics import fields
from tests import tree

BENCHMARKS = tree.TREE / 'benchmarks'

#: Of all fields of an idle process, bytes.
SIZE_MAX = 40 * 1024

#: More reports than these are not asked for.
REPORTS_MAX = 10


def size(entries):
    """The bytes of entries in the native protocol, for usual paths.

    What the test adds, and the unit in which it may run, do not count.
    """
    found = 0
    for entry in entries:
        for name, values in entry.items():
            if name in ('_PID', fields.REPORT_UNIT):
                continue
            for value in values if isinstance(values, list) else [values]:
                for path, usual in ((sys.prefix, '/opt/ceilometer'),
                                    (str(BENCHMARKS), '/opt/benchmarks')):
                    value = value.replace(path, usual)
                found += len(name.encode()) + len(value.encode()) + (
                    10 if '\n' in value else 2)
    return found


def waits(report):
    """Whether the thread that takes triggers has done with this one.

    Until then its stack is that of all that it calls.
    """
    (data,) = (section.data for section in report.sections
               if section.name == 'threads')
    return [thread['waiting_for'] for stack in data['stacks']
            for thread in stack['threads']
            if thread['name'] == 'diagnostics-trigger'] == [
                contents.FOR_SIGNAL]


@pytest.mark.any_python
def test_report_of_an_idle_process_is_small(start, journal):
    """It has every section, and each option, in not more than 40 KiB."""
    with tempfile.TemporaryDirectory() as directory:
        harness = runpy.run_path(str(BENCHMARKS / 'harness.py'))
        config = harness['configure'](directory)
        process = start.run([
            sys.executable, str(BENCHMARKS / 'report_cost.py'), '--subject',
            f'ours,idle,{config}'])
        process.write()
        process.wait_line('{"gap":')
        for number in range(1, REPORTS_MAX + 1):
            process.send()
            report = journal.wait_complete(number)[-1]
            if waits(report):
                break
    assert [section.name for section in report.sections] == [
        *fields.SECTIONS, fields.SECTION_SUMMARY]
    assert {section.status for section in report.sections} == {'ok'}
    options = {section.name: section.data
               for section in report.sections}['configuration']['options']
    assert len(options) > 160
    entries = [entry for entry in journal.entries
               if entry['REPORT_ID'] == report.header.id]
    assert len(entries) == len(report.sections) + 1
    assert size(entries) <= SIZE_MAX
