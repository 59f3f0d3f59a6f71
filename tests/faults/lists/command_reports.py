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

"""How the command finds and reads reports."""

from tests.faults import fault

_CLAIMS = 'tests/unit/test_claims.py::'
_COMMAND = 'tests/unit/test_command.py::'
_COMPARE = 'tests/unit/test_command_compare.py::'
_DAMAGED = 'tests/unit/test_damaged_journals.py::'
_DIGEST = 'tests/unit/test_command_digest.py::'
_HOSTILE = 'tests/unit/test_command_hostile.py::'
_SELECTION = 'tests/unit/test_command_selection.py::'
_MANY = 'tests/unit/test_command_many.py::'
_KEPT = 'tests/unit/test_kept_reports.py::'
_READ = 'tests/unit/test_read.py::'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='the files of all hosts are of the same',
        file='command/reports/claims.py',
        old='for path in paths if origin(path) == wanted}',
        new='for path in paths}',
        tests=('tests/unit/test_claims.py::'
               'test_files_of_one_origin_are_those_of_its_host',)),
    fault.Fault(
        name='one damaged value hides all reports',
        file='command/reports/stored.py',
        old='    if PARTLY not in entry:\n        return entry\n',
        new='    return entry\n',
        tests=('tests/unit/test_damaged_journals.py::'
               'test_damaged_value_of_all_entries',)),
    fault.Fault(
        name='what could not be read of all reports is not told',
        file='command/reports/stored.py',
        old="    problems = [f'{name}: cannot be read' for name in missing]\n",
        new='    problems = []\n',
        tests=('tests/unit/test_damaged_journals.py::'
               'test_damaged_value_of_all_entries',)),
    fault.Fault(
        name='each process of a trigger is compared with each other',
        file='command/reports/read.py',
        old='                or one.pid in pids):\n',
        new='                or any(one.pid == has.pid for has in group)):\n',
        tests=('tests/unit/test_read.py::'
               'test_many_processes_that_answer_one_trigger',)),
    fault.Fault(
        name='a host may send a whole report of another',
        file='command/reports/claims.py',
        old='    others = sorted(claimed & known)\n',
        new='    others: list[str] = []\n',
        tests=(_CLAIMS + 'test_whole_report_in_the_name_of_another_host',)),
    fault.Fault(
        name='a journal directory may hold reports of any machine',
        file='command/reports/claims.py',
        old="    if not own.startswith('remote-'):\n",
        new="    if own.startswith('none'):\n",
        tests=(_CLAIMS + 'test_whole_report_in_the_name_of_another_host',)),
    fault.Fault(
        name='libsystemd is asked for what ends the process',
        file='command/reports/fatal_entries.py',
        old='            return at <= len(frame)\n    return False\n',
        new='            return True\n    return True\n',
        tests=(_DAMAGED + 'test_compressed_value_ends_early',)),
    fault.Fault(
        name='what ends the process is not looked for in damaged files',
        file='command/reports/fatal_entries.py',
        old='            if found.start() % 8 == 0:\n',
        new='            if found.start() % 8 == 1:\n',
        tests=(_DAMAGED + 'test_compressed_value_ends_early',)),
    fault.Fault(
        name='it is not said that a text is lost',
        file='command/reports/stored.py',
        old='            if fields.MESSAGE not in entry]\n',
        new='            if fields.MESSAGE in ()]\n',
        tests=(_DAMAGED + 'test_compressed_value_ends_early',)),
    fault.Fault(
        name='all files are looked at for damage to show one report',
        file='command/reports/search.py',
        old='_groups(journal, query, told, checked=False)',
        new='_groups(journal, query, told, checked=True)',
        tests=(_DAMAGED + 'test_damage_elsewhere',)),
    fault.Fault(
        name='a named report that is not there is not looked for in damage',
        file='command/reports/search.py',
        old='    return len(complete) == len(grouped) and all(\n',
        new='    return True or all(\n',
        tests=(_DAMAGED + 'test_damage_elsewhere',)),
    fault.Fault(
        name='a number of a frame may be of any size',
        file='command/reports/shapes.py',
        old='            if not -NUMBER_MAX <= values[place] <= NUMBER_MAX:\n',
        new='            if not -NUMBER_MAX <= values[place]:\n',
        tests=('tests/unit/test_contents.py::'
               'test_numbers_of_any_size',)),
    fault.Fault(
        name='a process is believed what it says of its unit',
        file='command/reports/read.py',
        old='(unit := stored.decode(sender.unit_of(entry)))',
        new='(unit := stored.text(entry, fields.REPORT_UNIT))',
        tests=(
            _READ + 'test_outside_of_a_unit_is_not_trusted',
            _COMMAND + 'test_list')),
    fault.Fault(
        name='a unit is believed that is only called so',
        file='command/reports/unit_patterns.py',
        old='    return _UNIT.fullmatch(name) is not None and any(',
        new="    return 'ceilometer-' in name or any(",
        tests=(_READ + 'test_outside_of_a_unit_is_not_trusted',)),
    fault.Fault(
        name='reports of two triggers are a group',
        file='command/reports/read.py',
        old='ANSWER_USEC_MAX = 5 *',
        new='ANSWER_USEC_MAX = 50 *',
        tests=(_SELECTION + 'test_who_answers_one_trigger_stands_together',)),
    fault.Fault(
        name='two reports of a process are a group',
        file='command/reports/read.py',
        old='                or one.pid in pids):\n',
        new='                ):\n',
        tests=(
            _READ + 'test_answers_to_one_trigger_stand_together',
            _SELECTION + 'test_who_answers_one_trigger_stands_together')),
    fault.Fault(
        name='reports are grouped by time although they say their trigger',
        file='command/reports/read.py',
        old='        if not group or trigger.id is None and (\n',
        new='        if not group or (\n',
        tests=(_READ + 'test_triggers_are_told_apart_by_their_ids',)),
    fault.Fault(
        name='reports of two hosts are a group',
        file='command/reports/read.py',
        old='key = (own.machine_id, own.boot_id, own.unit,',
        new='key = (own.unit,',
        tests=(_SELECTION + 'test_who_answers_one_trigger_stands_together',)),
    fault.Fault(
        name='reports of two senders are a group',
        file='command/reports/read.py',
        old='trigger.kind, trigger.signal, trigger.sender_pid))\n',
        new='trigger.kind, trigger.signal))\n',
        tests=(_SELECTION + 'test_who_answers_one_trigger_stands_together',)),
    fault.Fault(
        name='a report of exactly that time is left out',
        file='command/reports/read.py',
        old='found.time_usec >= query.since_usec)',
        new='found.time_usec > query.since_usec)',
        tests=(_COMMAND + 'test_selection',)),
    fault.Fault(
        name='--until takes what came later',
        file='command/reports/read.py',
        old='                 or found.time_usec <= query.until_usec))',
        new='                 or found.time_usec))',
        tests=(_COMMAND + 'test_selection',)),
    fault.Fault(
        name='what cannot be a report is passed over without a word',
        file='command/reports/read.py',
        old='            if problems is not None:\n'
            '                problems.append(\n'
            "                    f'report",
        new='            if False:\n'
            '                problems.append(\n'
            "                    f'report",
        tests=(
            _READ + 'test_hostile_entries_are_passed_over',
            _HOSTILE + 'test_hostile_entries_do_not_drive_the_terminal')),
    fault.Fault(
        name='a process adds to the report of another',
        file='command/reports/read.py',
        old='if sender.of_entry(entry, own.unit) == own and (',
        new='if entry and (',
        tests=(_READ + 'test_what_anybody_else_says_stands_apart',)),
    fault.Fault(
        name='a report that cannot be read is left out without a word',
        file='command/reports/read.py',
        old="            problems.append(f'{error}; skipped')",
        new='            pass',
        tests=(_READ + 'test_report_that_is_gone_is_told',)),
    fault.Fault(
        name='a report is compared with the oldest of its process',
        file='command/reports/earlier.py',
        old='reversed(earlier)',
        new='earlier',
        tests=(_SELECTION + 'test_the_nearest_report_before_is_compared',)),
    fault.Fault(
        name='the beginning of several ids means all of them',
        file='command/reports/read.py',
        old='if wanted in ids or len(ids) < 2:',
        new='if wanted in ids or len(ids) < 9:',
        tests=(_SELECTION + 'test_the_beginning_of_several_ids_is_refused',)),
    fault.Fault(
        name='the end of a report is not found where it began in time',
        file='command/reports/search.py',
        old='latest = query.until_usec + REPORT_USEC_MAX',
        new='latest = query.until_usec',
        tests=(_READ + 'test_query',)),
    fault.Fault(
        name='entries of several processes are one report',
        file='command/reports/search.py',
        old="KEY_FIELDS = (fields.REPORT_ID, '_MACHINE_ID', '_BOOT_ID', "
            "'_PID', '_UID',\n"
            "              '_SYSTEMD_UNIT')",
        new="KEY_FIELDS = (fields.REPORT_ID, '_SYSTEMD_UNIT')",
        tests=(_READ + 'test_what_anybody_else_says_stands_apart',)),
    fault.Fault(
        name='a report of which a unit got lost is two',
        file='command/reports/search.py',
        old='        if len(others) == 1:\n',
        new='        if False:\n',
        tests=(_READ + 'test_unit_lost_in_some_entries',)),
    fault.Fault(
        name='boots are in the order of their ids',
        file='command/reports/search.py',
        old='sorted(first, key=lambda boot: first[boot])',
        new='sorted(first)',
        tests=(_SELECTION + 'test_boots',)),
    fault.Fault(
        name='damage of a journal is not said',
        file='command/reports/search.py',
        old='    if reader.partly > before and problems is not None:',
        new='    if False:',
        tests=(_HOSTILE + 'test_damaged_entries_are_told',)),
    fault.Fault(
        name='what is lost behind damage is not noticed',
        file='command/reports/journal_reader.py',
        old='        if count < (reports or 0):\n            return True\n',
        new='',
        tests=(_DAMAGED + 'test_damage_in_the_middle',)),
    fault.Fault(
        name='a file that ends early is not noticed',
        file='command/reports/journal_reader.py',
        old='and self.realtime_usec() >= promise.tail_usec):\n'
            '            return True\n'
            '        if not any(promise.having):\n',
        new='and self.realtime_usec() >= promise.tail_usec):\n'
            '            pass\n'
            '        if any(promise.having):\n',
        tests=(_DAMAGED + 'test_second_half_is_zeroed',)),
    fault.Fault(
        name='of a damaged file one index is read only',
        file='command/reports/journal_reader.py',
        old='        for match in (None, _REPORT, _SECTION):\n',
        new='        for match in (None,):\n',
        tests=(_DAMAGED + 'test_damaged_index_of_all_entries',)),
    fault.Fault(
        name='a file without its mark of reports has none',
        file='command/reports/journal_reader.py',
        old='return bool(not reports and sections) and '
            'self._lost_its_mark()',
        new='return False',
        tests=(_DAMAGED + 'test_damaged_value_of_all_entries',)),
    fault.Fault(
        name='anybody can have a file called damaged',
        file='command/reports/journal_reader.py',
        old="            if sender.is_of_ceilometer(self.field("
            "'_SYSTEMD_UNIT')):\n                return True",
        new='            return True',
        tests=(_DAMAGED
               + 'test_file_is_not_called_damaged_for_what_anybody_writes',)),
    fault.Fault(
        name='one host adds to the report of another',
        file='command/reports/claims.py',
        old='            if origin(path) == home:\n',
        new='            if path:\n',
        tests=(_CLAIMS
               + 'test_no_host_adds_a_section_to_the_report_of_another',)),
    fault.Fault(
        name='a host is believed what it says of another',
        file='command/reports/sender.py',
        old='return not self.foreign and self.pid',
        new='return self.pid',
        tests=(_CLAIMS + 'test_no_file_replaces_a_section_of_another',)),
    fault.Fault(
        name='a damaged file is passed over without a word',
        file='command/reports/source.py',
        old='            problems.append(\n'
            "                f'{path}: {reason(error)}; skipped')",
        new='            pass',
        tests=(
            _HOSTILE + 'test_what_is_passed_over_is_told',
            _READ + 'test_file_cut_short')),
    fault.Fault(
        name='who sees a part of the files is not told so',
        file='command/reports/source.py',
        old='        problems.append(told)\n',
        new='',
        tests=(_SELECTION + 'test_files_that_may_not_be_read_are_told',)),
    fault.Fault(
        name='nobody is told how to gain access',
        file='command/reports/source.py',
        old="{len(paths)} files; {_how_to_gain_access(forbidden)}'",
        new="{len(paths)} files'",
        tests=(
            _HOSTILE + 'test_unreadable_journal',
            _SELECTION + 'test_files_that_may_not_be_read_are_told')),
    fault.Fault(
        name='a file that is cut short is read',
        file='command/reports/source.py',
        old='    if header_size + arena_size > status.st_size:',
        new='    if header_size > status.st_size:',
        tests=(_READ + 'test_file_cut_short',)),
    fault.Fault(
        name='journals of other machines are read as well',
        file='command/reports/source.py',
        old="every or top == '/run/log/journal'",
        new='True or top',
        tests=(_SELECTION + 'test_journals_of_this_machine',)),
    fault.Fault(
        name='all namespaces are read as well',
        file='command/reports/source.py',
        old="        if every_namespace or namespace == '*' or (",
        new="        if True or namespace == '*' or (",
        tests=(_SELECTION + 'test_journals_of_this_machine',)),
    fault.Fault(
        name='each entry without a unit is compared with every report',
        file='command/reports/search.py',
        old='        others = same.get(key[:-1], ())\n',
        new='        others = [other for other in grouped if other[:-1] == '
            'key[:-1]\n'
            '                  and other[-1] is not None]\n',
        tests=(_MANY + 'test_forged_entries_do_not_hold_up_verbs[None]',)),
    fault.Fault(
        name='any number of forged reports is listed',
        file='command/reports/search.py',
        old='None if query.names_reports else STRANGERS_MAX',
        new='None',
        tests=(_MANY + 'test_forged_entries_hide_no_report',)),
    fault.Fault(
        name='the oldest of forged reports are listed',
        file='command/reports/search.py',
        old='by_time[:max(len(by_time) - self._most, 0)]',
        new='by_time[self._most:]',
        tests=(_MANY + 'test_forged_entries_hide_no_report',)),
    fault.Fault(
        name='all files are read for each report',
        file='command/reports/read.py',
        old='_entries(journal, found, found.files)',
        new='_entries(journal, found, None)',
        tests=(_MANY + 'test_files_are_read_once_each',)),
    fault.Fault(
        name='one file of a newer systemd hides all others',
        file='command/reports/journal_reader.py',
        old='        if self.source.files or not self._files:',
        new='        if line:',
        tests=(_READ + 'test_file_of_a_newer_systemd',)),
    fault.Fault(
        name='one bad section hides all others',
        file='command/reports/stored.py',
        old='        return [], problem\n',
        new='        raise\n',
        tests=(
            _HOSTILE + 'test_section_that_is_none_hides_no_other',)),
    fault.Fault(
        name='data that cannot be read hides the text beside it',
        file='command/reports/stored.py',
        old="    return texts, f'{problem}; only",
        new="    return [], f'{problem}; only",
        tests=(
            _READ + 'test_hostile_data_costs_one_section',
            _READ + 'test_every_section_has_hostile_data')),
    fault.Fault(
        name='a forged id makes a true one ambiguous',
        file='command/reports/read.py',
        old='for one in having if one.identity.trusted}',
        new='for one in having}',
        tests=(_READ + 'test_beginning_of_several_ids',)),
    fault.Fault(
        name='data may be nested as deep as anybody likes',
        file='command/reports/stored.py',
        old='        if not any(_is_deep(part.data) for part in '
            'whole.sections):',
        new='        if whole:',
        tests=(_READ + 'test_hostile_data_costs_one_section',)),
    fault.Fault(
        name='a number that is none ends the command',
        file='command/reports/stored.py',
        old='        _check_numbers(entry)\n',
        new='',
        tests=(_HOSTILE + 'test_hostile_text_is_shown_escaped',)),
    fault.Fault(
        name='anything is an id of a report',
        file='command/reports/stored.py',
        old="        if not _ID.fullmatch(entry.get(fields.REPORT_ID, '')):",
        new='        if False:',
        tests=(_READ + 'test_hostile_entries_are_passed_over',)),
    fault.Fault(
        name='a size that cannot be is told',
        file='command/reports/stored.py',
        old='type(size) is int and 0 <= size < _SIZE_MAX',
        new='type(size) is int',
        tests=(_READ + 'test_size_that_cannot_be_is_not_told',)),
    fault.Fault(
        name='a section that failed is read as if it had not',
        file='command/reports/section_data.py',
        old='and part.data is not None and _kind(part) is kind):',
        new='and part.data is not None):',
        tests=(_COMPARE + 'test_what_is_not_there_does_not_differ',)),
    fault.Fault(
        name='missing sections have no names',
        file='command/reports/section_data.py',
        old="        names.append(escape.line(f'{name} ({index})') if name",
        new="        names.append(f'section {index}' if name",
        tests=(_COMMAND + 'test_show_last_trusted',)),
    fault.Fault(
        name='what wrote the report is a thread of the daemon',
        file='command/reports/reported_threads.py',
        old=" if not owner['diagnostics']]",
        new=']',
        tests=(_COMPARE + 'test_threads_that_write_reports_are_left_out',)),
    fault.Fault(
        name='frames that were left out are not told',
        file='command/reports/reported_threads.py',
        old='        if self.left_out:\n',
        new='        if False:\n',
        tests=(
            _COMPARE + 'test_the_stack_that_most_threads_have_stands_first',)),
    fault.Fault(
        name='the stack that fewest threads have stands first',
        file='command/reports/reported_threads.py',
        old='key=lambda item: -len(item[1])',
        new='key=lambda item: len(item[1])',
        tests=(
            _COMPARE + 'test_the_stack_that_most_threads_have_stands_first',)),
    fault.Fault(
        name='what of Ceilometer waits is not told',
        file='command/reports/reported_threads.py',
        old="                return f'{words}, from {_at(frame, name)}'",
        new='                return words',
        tests=(_DIGEST + 'test_what_of_ceilometer_waits',)),
    fault.Fault(
        name='options are called changed that are not',
        file='command/reports/reported_options.py',
        old="if option['changed']]",
        new='if option]',
        tests=(_COMMAND + 'test_show_section_and_changed',)),
    fault.Fault(
        name='the reports of one id are read for each of them',
        file='command/reports/read.py',
        old='        for match in found.sent_by:\n',
        new='        for match in found.sent_by[:0]:\n',
        tests=(_MANY + 'test_reports_of_one_id',)),
    fault.Fault(
        name='what differs in reports of one id is read for each',
        file='command/reports/search.py',
        old='        for match in asked:\n',
        new='        for match in asked[:0]:\n',
        tests=(_MANY + 'test_reports_of_one_id',)),
    fault.Fault(
        name='what lost its unit is looked for for each unit',
        file='command/reports/search.py',
        old=' or same[key[:-1]] > 1 or ',
        new=' or ',
        tests=(_MANY + 'test_reports_of_one_id',)),
    fault.Fault(
        name='the journal is asked for any number of units',
        file='command/reports/search.py',
        old='        if len(units) > _UNIT_MATCHES_MAX:\n',
        new='        if not units:\n',
        tests=(_MANY + 'test_many_units_are_not_asked_for_one_by_one',)),
    fault.Fault(
        name='very many sections can be announced',
        file='journal_entries.py',
        old='SECTIONS_MAX = 1_000',
        new='SECTIONS_MAX = 20_000',
        tests=(_MANY + 'test_each_section_that_is_announced_costs_time',)),
    fault.Fault(
        name='a file of kept reports is read for each of them',
        file='command/reports/journal_reader.py',
        old='                if kept is None or not kept.is_current():\n',
        new='                if True:\n',
        tests=(_KEPT + 'test_file_of_many_reports_is_read_once',)),
    fault.Fault(
        name='each kept report is looked at for each of them',
        file='command/reports/kept_reader.py',
        old='        if asked is None:\n',
        new='        if asked or asked is None:\n',
        tests=(_KEPT + 'test_file_of_many_reports_is_read_once',)),
)
