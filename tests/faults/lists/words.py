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

"""The words that both programs speak."""

from tests.faults import fault

ENTRIES = 'journal_entries.py'
PARSED = 'command/reports/parsed.py'
ESCAPE = 'escape.py'
FIELDS = 'fields.py'
REPORT = 'report.py'
TESTS = 'tests/unit/test_journal_entries.py::'
ROUND_TRIP = TESTS + 'TestRoundTrip::test_a_report_comes_back_as_it_was'
WRONG_VALUE = TESTS + 'TestInvalid::test_wrong_value_is_named_with_its_field'
PAUSES = 'tests/unit/test_pauses.py::'
TEST_ESCAPE = 'tests/unit/test_escape.py::'
TEST_REPORT = 'tests/unit/test_report.py::'

_PARTED = TESTS + ('TestRoundTrip::test_texts_are_parted_where_they_are_'
                   'too_long')

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='characters are taken for bytes where a text is parted',
        file=ENTRIES,
        old='len(text.encode(errors=\'surrogatepass\')) < PART_BYTES_MAX):',
        new='True):',
        tests=(_PARTED,)),
    fault.Fault(
        name='a line of a text that is parted has as many bytes as characters',
        file=ENTRIES,
        old='len(line) if line.isascii() else',
        new='len(line) if True else',
        tests=(_PARTED,)),
    fault.Fault(
        name='an entry may have a byte more than it may',
        file=ENTRIES,
        old='if piece and size + line_size > PART_BYTES_MAX:',
        new='if piece and size > PART_BYTES_MAX:',
        tests=(_PARTED,)),
    # escape
    fault.Fault(
        name='sequences of escapes reach the terminal',
        file=ESCAPE,
        old="'\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f",
        new="'\\x00-\\x08\\x0b-\\x1a\\x7f-\\x9f",
        tests=(TEST_ESCAPE + 'test_no_character_is_left_that_journald_takes_'
               'for_a_blob',)),
    fault.Fault(
        name='a text turns the direction of the line',
        file=ESCAPE,
        old='\\u2028-\\u202e',
        new='\\u2028-\\u2029',
        tests=(TEST_ESCAPE + 'test_character_is_escaped_as_python_has_'
               'it',)),
    fault.Fault(
        name='one line becomes many',
        file=ESCAPE,
        old="patterns.pattern(f'[{_UNPRINTABLE_RANGES}\\n\\t]')",
        new="patterns.pattern(f'[{_UNPRINTABLE_RANGES}\\t]')",
        tests=(TEST_ESCAPE + 'test_one_line_stays_one_line',)),
    fault.Fault(
        name='characters that nobody sees make two names look the same',
        file=ESCAPE,
        old='\\u180e\\u200b-\\u200f',
        new='\\u180e\\u200e\\u200f',
        tests=(TEST_ESCAPE + 'test_character_is_escaped_as_python_has_'
               'it',)),
    fault.Fault(
        name='keys of data are not escaped',
        file=ESCAPE,
        old='return {line(key): data(value) for',
        new='return {key: data(value) for',
        tests=(TEST_ESCAPE + 'test_data_keeps_its_shape',)),
    # fields
    fault.Fault(
        name='the priority of reports shares a budget with logs',
        file=FIELDS,
        old="PRIORITY_REPORT: Final = '4'",
        new="PRIORITY_REPORT: Final = '6'",
        tests=('tests/unit/test_fields.py::'
               'test_priorities_share_no_budget_with_what_daemons_log',)),
    fault.Fault(
        name='the message id has no text in the catalog',
        file=FIELDS,
        old="'3ceceb0261204322abe548ffeecaa197'",
        new="'3ceceb0261204322abe548ffeecaa198'",
        tests=('tests/unit/test_documentation.py::'
               'test_catalog_explains_the_message_id_of_sections',)),
    fault.Fault(
        name='the catalog tells of a kind of finding that there is not',
        file='findings.py',
        old="    'broker-unreachable': _BROKER,\n",
        new="    'broker-down': _BROKER,\n",
        tests=('tests/unit/test_documentation.py::'
               'test_catalog_says_how_to_find_what_is_unusual',)),
    fault.Fault(
        name='a status has another word than the documentation',
        file=FIELDS,
        old="STATUS_TIMEOUT: Final = 'timeout'",
        new="STATUS_TIMEOUT: Final = 'late'",
        tests=('tests/unit/test_documentation.py::'
               'test_every_value_of_a_field_is_documented',)),
    # report
    fault.Fault(
        name='a merged trigger is not counted',
        file=REPORT,
        old='return first._replace(merged=len(others), '
            'id=[first, *others][-1].id)',
        new='return first',
        tests=(TEST_REPORT + 'test_triggers_are_merged_and_counted',)),
    fault.Fault(
        name='of merged triggers the last is told',
        file=REPORT,
        old='first, *others = triggers',
        new='*others, first = triggers',
        tests=(TEST_REPORT + 'test_triggers_are_merged_and_counted',)),
    fault.Fault(
        name='a long line is longer than allowed once it was folded',
        file=REPORT,
        old='cut = LINE_BYTES_MAX // 4',
        new='cut = LINE_BYTES_MAX // 2',
        tests=(TEST_REPORT + 'TestFold',)),
    fault.Fault(
        name='a line that was folded is not marked',
        file=REPORT,
        old='lines += [CONTINUED_LINE + line[at:at + step]',
        new='lines += [line[at:at + step]',
        tests=(TEST_REPORT + 'TestFold',)),
    fault.Fault(
        name='a report with a section missing is called complete',
        file=PARSED,
        old='return not self.missing and len(self.sections) == self.count',
        new='return not self.missing',
        tests=(TEST_REPORT + 'test_report_is_complete_with_all_that_was_'
               'announced',)),
    fault.Fault(
        name='the heading does not name the process',
        file=REPORT,
        old="{title}  {header.service}[{header.pid}] {process}'",
        new="{title}'",
        tests=(TEST_REPORT + 'test_each_section_names_its_process',)),
    fault.Fault(
        name='a status is not in the heading',
        file=REPORT,
        old='    if section.status != fields.STATUS_OK:\n',
        new='    if False:\n',
        tests=(TESTS + 'TestRoundTrip::test_failed_sections_are_errors',)),
    # entries
    fault.Fault(
        name='an entry is too large for a small journal',
        file=ENTRIES,
        old='PART_BYTES_MAX = 240 * 1024',
        new='PART_BYTES_MAX = 300 * 1024',
        tests=(TESTS + 'TestRoundTrip::test_every_entry_stays_below_512_'
               'kib',)),
    fault.Fault(
        name='a section that failed is no error',
        file=ENTRIES,
        old='fields.PRIORITY_FAILED if section.failed else '
            'fields.PRIORITY_REPORT)',
        new='fields.PRIORITY_REPORT)',
        tests=(TESTS + 'TestRoundTrip::test_failed_sections_are_errors',)),
    fault.Fault(
        name='who sent the signal is neither written nor read',
        file=ENTRIES,
        old="    (fields.REPORT_SENDER_UID, 'sender_uid'),\n",
        new='',
        tests=(ROUND_TRIP,)),
    fault.Fault(
        name='the number of a worker is read as a text',
        file=PARSED,
        old="    'worker': _number_or_none,",
        new="    'worker': _text_or_none,",
        tests=(ROUND_TRIP,)),
    fault.Fault(
        name='parts are put together in the order of their coming',
        file=PARSED,
        old='[found[n] for n in range(1, announced + 1)]))',
        new='list(found.values())))',
        tests=(TESTS + 'TestRoundTrip::test_several_megabytes_come_back_as_'
               'they_were',)),
    fault.Fault(
        name='a section with a part missing is taken for whole',
        file=PARSED,
        old='if all(n in found for n in range(1, announced + 1)):',
        new='if 1 in found:',
        tests=(TESTS + 'TestIncomplete::test_missing_part_makes_its_section_'
               'missing',)),
    fault.Fault(
        name='a section that is missing is not named',
        file=PARSED,
        old='                                if index not in whole))\n',
        new='                                if index < 0))\n',
        tests=(TESTS + 'TestIncomplete::test_missing_section_is_named',)),
    fault.Fault(
        name='an entry may announce more sections than are allowed',
        file=PARSED,
        old='                           journal_entries.SECTIONS_MAX)\n',
        new='                           2 * journal_entries.SECTIONS_MAX)\n',
        tests=(WRONG_VALUE,)),
    fault.Fault(
        name='an unknown status is taken',
        file=PARSED,
        old='    if status not in fields.STATUSES:\n',
        new='    if False:\n',
        tests=(WRONG_VALUE,)),
    fault.Fault(
        name='another version of the vocabulary is misread',
        file=PARSED,
        old='    if schema != fields.SCHEMA:\n',
        new='    if False:\n',
        tests=(WRONG_VALUE,)),
    fault.Fault(
        name='data are called a blob by journalctl',
        file='data_json.py',
        old="json.JSONEncoder(separators=(',', ':')).encode",
        new="json.JSONEncoder(separators=(',', ':'), "
            'ensure_ascii=False).encode',
        tests=('tests/unit/test_data_json.py',)),
    fault.Fault(
        name='large data hold up the threads of the daemon',
        file='data_json.py',
        old='CHARS_MAX = 64 * 1024',
        new='CHARS_MAX = 64 * 1024 * 1024',
        tests=('tests/unit/test_data_json.py',)),
    fault.Fault(
        name='a pause wakes up no other thread',
        file='pauses.py',
        old='time.sleep(usec / 1e6)',
        new='time.sleep(0)',
        tests=(PAUSES + 'test_report_pauses_each_time_it_has_worked',)),
    fault.Fault(
        name='threads that compute keep a report from being made',
        file='pauses.py',
        old='max(WORK_SECONDS, ended - begun)',
        new='WORK_SECONDS',
        tests=(PAUSES + 'test_busy_threads_do_not_take_all_of_the_time',)),
    fault.Fault(
        name='a command pauses',
        file='pauses.py',
        old='_due = math.inf\n\n# After',
        new='_due = 0.0\n\n# After',
        tests=(PAUSES + 'test_pauses_are_for_as_long_as_a_report',)),
    fault.Fault(
        name='a report that ended in a pause goes on to pause',
        file='pauses.py',
        old='    if _due != math.inf:\n',
        new='    if True:\n',
        tests=(PAUSES + 'test_report_that_ends_in_a_pause_has_ended',)),
    fault.Fault(
        name='pauses go on after a report',
        file='daemon/make_report.py',
        old='        stack.callback(pauses.end)\n',
        new='',
        tests=(PAUSES + 'test_pauses_are_for_as_long_as_a_report',)),
    fault.Fault(
        name='a report has all objects looked at for garbage',
        file='pauses.py',
        old='        collect_young()\n    begun',
        new='        pass\n    begun',
        tests=(PAUSES + 'test_report_does_not_have_all_objects_looked_at',)),
    fault.Fault(
        name='a report looks at older objects itself',
        file='pauses.py',
        old='gc.collect(0)',
        new='gc.collect(1)',
        tests=(PAUSES + 'test_report_does_not_have_all_objects_looked_at',)),
    fault.Fault(
        name='frames have all objects looked at for garbage',
        file='daemon/stacks.py',
        old='        pauses.collect_young()\n',
        new='',
        tests=(PAUSES + 'test_frames_of_many_threads_do_not_have_all_objects_'
               'looked_at',)),
    fault.Fault(
        name='green threads have all objects looked at for garbage',
        file='daemon/sections/green_threads.py',
        old='        pauses.collect_young()\n',
        new='',
        tests=(PAUSES + 'test_green_threads_do_not_have_all_objects_looked_'
               'at',)),
    fault.Fault(
        name='tasks have all objects looked at for garbage',
        file='daemon/sections/asyncio_tasks.py',
        old='            pauses.collect_young()\n',
        new='',
        tests=(PAUSES + 'test_tasks_do_not_have_all_objects_looked_at',)),
    fault.Fault(
        name='garbage is looked for where it was switched off',
        file='pauses.py',
        old='\n            and gc.isenabled()):',
        new='):',
        tests=(PAUSES + 'test_garbage_is_not_looked_for_where_python_does_'
               'not[disabled]',)),
    fault.Fault(
        name='garbage is looked for where Python never does',
        file='pauses.py',
        old='gc.get_threshold()[0] // 2 > 0',
        new='gc.get_threshold()[0] // 2',
        tests=(PAUSES + 'test_garbage_is_not_looked_for_where_python_does_'
               'not[never]',)),
    fault.Fault(
        name='a command looks for garbage',
        file='pauses.py',
        old='    if _due == math.inf:\n        return\n',
        new='',
        tests=(PAUSES + 'test_garbage_is_looked_for_only_in_reports',)),
    fault.Fault(
        name='the first report compiles what all reports use',
        file='daemon/reporter.py',
        old='                patterns.compile_usual()\n',
        new='',
        tests=('tests/unit/test_patterns.py::test_what_nearly_every_report_'
               'uses_is_compiled_before',)),
    fault.Fault(
        name='what all reports use is compiled twice',
        file='patterns.py',
        old='        _usual.pop().compile()\n',
        new='        re.compile(_usual.pop()._expression)\n',
        tests=('tests/unit/test_patterns.py::test_usual_are_compiled_once',)),
    fault.Fault(
        name='many values are masked without a pause',
        file='secrets/redact.py',
        old='VALUES_UNTIL_PAUSE = 25',
        new='VALUES_UNTIL_PAUSE = 25_000',
        tests=(PAUSES + 'test_pauses_are_thought_of_where_much_is_done',)),
    fault.Fault(
        name='known secrets are looked for in a long text without a pause',
        file='secrets/known_values.py',
        old='is_long = len(whole) > pauses.LONG_CHARS',
        new='is_long = False',
        tests=(PAUSES + 'test_pauses_are_thought_of_where_much_is_done',)),
    fault.Fault(
        name='hints are looked for in a long text without a pause',
        file='secrets/spans.py',
        old='        for word in words:\n            pauses.pause()\n',
        new='        for word in words:\n',
        tests=(PAUSES + 'test_pauses_are_thought_of_where_much_is_done',)),
    fault.Fault(
        name='many stacks are merged without a pause',
        file='daemon/stacks.py',
        old='        pauses.pause()\n        owners = by_stack',
        new='        owners = by_stack',
        tests=(PAUSES + 'test_pauses_are_thought_of_where_much_is_done',)),
    fault.Fault(
        name='a long text is searched without a pause',
        file='secrets/recognizers.py',
        old='each takes its time\n        pauses.pause()\n',
        new='each takes its time\n',
        tests=(PAUSES + 'test_each_recognizer_thinks_of_a_pause',)),
    fault.Fault(
        name='each object repeats what is usual',
        file='data_json.py',
        old='return encode(told_once.shorten(name, data))',
        new='return encode(data)',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='objects are read without what is usual',
        file='command/reports/filled_in.py',
        old='        _fill_in_values(found, values)\n',
        new='        pass\n',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='a number that equals a usual boolean becomes one',
        file='told_once.py',
        old='             or type(usual) is not type(value))}',
        new='             )}',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='what an object lacks is given to it',
        file='told_once.py',
        old='if all(key in one for one in found)}',
        new='}',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='options with their defaults come back at the end',
        file='command/reports/filled_in.py',
        old='sorted(options + more, key=told_once.place)',
        new='options + more',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='usual values make little JSON long',
        file='command/reports/filled_in.py',
        old='            left -= len(found) * sum(\n',
        new='            left -= 0 * sum(\n',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='the name of a group makes little JSON long',
        file='command/reports/filled_in.py',
        old='            left -= len(group) * len(values)\n',
        new='            left -= len(group)\n',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='what nobody left out keeps the reader busy',
        file='command/reports/filled_in.py',
        old='and len(values) <= _KEYS_MAX',
        new='and len(values) >= 0',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='each group repeats the options of another one',
        file='told_once.py',
        old='values if first == group else first',
        new='values',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='options that only look the same are not told',
        file='told_once.py',
        old='groups.setdefault(repr(values), group)',
        new='groups.setdefault(repr(list(values)), group)',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='options of another group make little JSON long',
        file='command/reports/filled_in.py',
        old='            left -= lengths[values]\n',
        new='            left -= 0\n',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='loggers come back at the end',
        file='command/reports/filled_in.py',
        old='for logger in names], key=told_once.logger_place)',
        new='for logger in names], key=str)',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='loggers with a level of their own are as those above',
        file='told_once.py',
        old='and isinstance(level, str) and level == logger.get(',
        new='and isinstance(level, str) and logger is not logger.get(',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='the name of a level makes little JSON long',
        file='command/reports/filled_in.py',
        old='        left -= sum(2 * len(level) * len(names)\n',
        new='        left -= sum(2 * len(level)\n',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='loggers in any order are told by level',
        file='told_once.py',
        old="and _is_in_order(data['loggers'], logger_place, 'logger')",
        new="and data['loggers']",
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='a stack repeats the frames of the one before',
        file='told_once.py',
        old='            count += 1\n',
        new='            pass\n',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='a stack lacks its last frame, too',
        file='told_once.py',
        old='zip(frames[:-1], before[:SHARED_FRAMES_MAX],',
        new='zip(frames, before[:SHARED_FRAMES_MAX],',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='frames that only look the same are not told',
        file='told_once.py',
        old='        elif kind not in _PLAIN or kind is not type(equal[key]):',
        new='        elif kind not in _PLAIN:',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='stacks are read without the frames of the one before',
        file='command/reports/filled_in.py',
        old="        data['stacks'] = filled\n",
        new='        pass\n',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='frames make little JSON long',
        file='command/reports/filled_in.py',
        old='left -= sum(len(str(frame)) for frame in before[:count])',
        new='left -= 0',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='stacks share their frames with others',
        file='command/reports/filled_in.py',
        old='[dict(frame) if isinstance(frame, dict) else frame\n',
        new='[frame\n',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='more frames than there are come from the stack before',
        file='command/reports/filled_in.py',
        old='    len(before), told_once.SHARED_FRAMES_MAX)):\n',
        new='    9999, told_once.SHARED_FRAMES_MAX)):\n',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='sections are told by name though one is cut',
        file='told_once.py',
        old="or section.keys() != {'section', *OF_A_SECTION}):",
        new="or not section.keys() & {'section', *OF_A_SECTION}):",
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='sections that are told by name are not read',
        file='command/reports/filled_in.py',
        old='if isinstance(told, list) and len(told) == len(keys)]',
        new='if told is None]',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='of two sections of a name one is told',
        file='told_once.py',
        old='not isinstance(name, str) or name in told',
        new='not isinstance(name, str)',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='what nobody can have written of a section ends the reader',
        file='command/reports/filled_in.py',
        old='if isinstance(told, list) and len(told) == len(keys)]',
        new='if told]',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='deep stacks share more frames than a reader fills in',
        file='told_once.py',
        old='before[:SHARED_FRAMES_MAX]',
        new='before',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='stacks share frames that a reader does not fill in',
        file='told_once.py',
        old='    return chars <= SHARED_FRAME_CHARS_MAX\n',
        new='    return True\n',
        tests=('tests/unit/test_told_once.py',)),
    fault.Fault(
        name='a report of an idle process is as large as it was',
        file='told_once.py',
        old="    return {**data, USUAL: usual, **more} if usual or more "
            'else data\n',
        new='    return data\n',
        tests=('tests/functional/test_size.py',)),
    # named_tuple
    fault.Fault(
        name='defaults of a named tuple win',
        file='named_tuple.py',
        old='{**defaults, **named}',
        new='{**named, **defaults}',
        tests=('tests/unit/test_named_tuple.py',)),
    fault.Fault(
        name='a named tuple takes a value twice',
        file='named_tuple.py',
        old='not named or missing == len(defaults)',
        new='True',
        tests=('tests/unit/test_named_tuple.py',)),
    fault.Fault(
        name='a named tuple has the first of its defaults',
        file='named_tuple.py',
        old='[len(given) - missing:]',
        new='[:missing]',
        tests=('tests/unit/test_named_tuple.py',)),
    fault.Fault(
        name='a named tuple has attributes of its own',
        file='named_tuple.py',
        old="            space['__slots__'] = ()\n",
        new='',
        tests=('tests/unit/test_named_tuple.py',)),
    fault.Fault(
        name='a named tuple is copied into another',
        file='named_tuple.py',
        old='            return tuple(self)\n',
        new='            return (tuple(self),)\n',
        tests=('tests/unit/test_named_tuple.py',)),
    fault.Fault(
        name='a named tuple takes any name',
        file='named_tuple.py',
        old='if not named.keys() <= set(rest):',
        new='if False:',
        tests=('tests/unit/test_named_tuple.py',)),
)
