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
"""Reports that wait for the journal: how they are kept, told, handed over."""

from tests.faults import fault

_KEPT = 'tests/unit/test_kept_reports.py::'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='what the journal does not take is not kept',
        file='daemon/journal.py',
        old='self._keep is not None and self._keep(entry)',
        new='False',
        tests=(_KEPT + 'test_report_is_kept_and_told',)),
    fault.Fault(
        name='a kept report is written through a link',
        file='daemon/keep.py',
        old='os.O_APPEND | os.O_NOFOLLOW |',
        new='os.O_APPEND |',
        tests=(_KEPT + 'test_no_link_is_followed',)),
    fault.Fault(
        name='any number of reports is kept',
        file='daemon/keep.py',
        old='            _make_room(directory, name, len(data))\n',
        new='',
        tests=(_KEPT + 'test_newest_are_kept_and_the_others_counted',)),
    fault.Fault(
        name='what was dropped is not counted',
        file='daemon/keep.py',
        old="            counter.append(b'.')\n",
        new='            pass\n',
        tests=(_KEPT + 'test_newest_are_kept_and_the_others_counted',)),
    fault.Fault(
        name='what was handed over is sent again',
        file='daemon/hand_over.py',
        old='                if not kept.waiting:\n',
        new='                if False:\n',
        tests=(_KEPT + 'test_hand_over_goes_on_where_the_journal_went',)),
    fault.Fault(
        name='the file of a report that goes on is removed',
        file='daemon/hand_over.py',
        old='if os.fstat(descriptor).st_size == len(content):',
        new='if True:',
        tests=(_KEPT + 'test_report_that_goes_on_is_handed_over_whole',)),
    fault.Fault(
        name='a process hands over the report that another is writing',
        file='daemon/hand_over.py',
        old="or not os.path.exists(f'/proc/{told.pid}'))]",
        new='or True)]',
        tests=(_KEPT + 'test_report_of_a_process_that_ended_is_handed_over',)),
    fault.Fault(
        name='a report that was handed over has the time of that',
        file='command/reports/parsed.py',
        old='    when = entry.get(fields.REPORT_KEPT_USEC, when)\n',
        new='',
        tests=(_KEPT + 'test_what_was_handed_over_is_of_the_process_that_'
               'wrote_it',)),
    fault.Fault(
        name='a report that was handed over is of who did that',
        file='command/reports/sender.py',
        old='        pid=pid if sent_for is None else sent_for,\n',
        new='        pid=pid,\n',
        tests=(_KEPT + 'test_what_was_handed_over_is_of_the_process_that_'
               'wrote_it',)),
    fault.Fault(
        name='a file says whose it is',
        file='command/reports/kept_reader.py',
        old='         **host, ',
        new='         **{**host, **kept.fields}, ',
        tests=(_KEPT + 'test_file_cannot_claim_to_be_of_another',)),
    fault.Fault(
        name='files that others may write are believed',
        file='kept_files.py',
        old='and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):',
        new='):',
        tests=(_KEPT + 'test_what_others_may_write_is_not_believed',)),
    fault.Fault(
        name='what is in the journal and waits for it is told twice',
        file='command/reports/claims.py',
        old='            if not waits or _slot(entry) not in there]',
        new='            ]',
        tests=(_KEPT + 'test_what_is_in_the_journal_already_is_told_once',)),
    fault.Fault(
        name='trigger asks nobody while there is no journal',
        file='command/trigger.py',
        old='and all(map(_keeps, own)):',
        new='and False:',
        tests=('tests/unit/test_command_trigger.py::'
               'test_where_reports_are_kept_no_journal_is_needed',)),
)
