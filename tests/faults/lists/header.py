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

"""What a report says of its process and its trigger, written and read."""

from tests.faults import fault

_ROUND_TRIP = ('tests/unit/test_journal_entries.py::TestRoundTrip::'
               'test_a_header_comes_back_as_it_was')

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='a field of the header is neither written nor read',
        file='journal_entries.py',
        old="    (fields.REPORT_WORKER_NAME, 'worker_name'),\n",
        new='',
        tests=(_ROUND_TRIP,)),
    fault.Fault(
        name='a field of the trigger is written and not read back',
        file='command/reports/parsed.py',
        old="'sender_uid': _number_or_none,",
        new="'sender_uid': lambda entry, name: None,",
        tests=(_ROUND_TRIP,)),
    fault.Fault(
        name='two fields of the header change places',
        file='journal_entries.py',
        old="(fields.REPORT_UNIT, 'unit')",
        new="(fields.REPORT_UNIT, 'worker_name')",
        tests=(_ROUND_TRIP,)),
    fault.Fault(
        name='a number that keeps the reader busy is not refused',
        file='command/reports/stored.py',
        old='                        (NUMBERS, parsed.NUMBER_MAX)):',
        new='                        ):',
        tests=('tests/unit/test_read.py::'
               'test_hostile_entries_are_passed_over',)),
    fault.Fault(
        name='the header lacks what is known of the worker',
        file='daemon/sanitize.py',
        old='worker=daemon.worker,',
        new='worker=None,',
        tests=('tests/unit/test_collect.py::'
               'test_header_has_all_that_is_known',)),
    fault.Fault(
        name='a name in the header is not anonymized',
        file='command/anonymize/anonymizer.py',
        old='worker_name=replaced(header.worker_name)',
        new='worker_name=header.worker_name',
        tests=('tests/unit/test_command_anonymize.py::'
               'test_fields_of_the_header',)),
)
