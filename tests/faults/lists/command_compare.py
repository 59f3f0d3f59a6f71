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

"""The verbs that compare reports: diff and stuck."""

from tests.faults import fault

_COMMAND = 'tests/unit/test_command.py::'
_COMPARE = 'tests/unit/test_command_compare.py::'
_HOSTILE = 'tests/unit/test_command_hostile.py::'
_SELECTION = 'tests/unit/test_command_selection.py::'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='diff misses options',
        file='command/diff.py',
        old='    yield from _options(before, after)\n',
        new='',
        tests=(_COMPARE + 'test_all_that_differs',)),
    fault.Fault(
        name='diff misses versions',
        file='command/diff.py',
        old='    yield from _versions(before, after)\n',
        new='',
        tests=(_COMPARE + 'test_all_that_differs',)),
    fault.Fault(
        name='diff takes what was added for removed',
        file='command/diff.py',
        old="'added', None, after[name]",
        new="'removed', after[name]",
        tests=(_COMPARE + 'test_all_that_differs',)),
    fault.Fault(
        name='diff compares a section that is not there',
        file='command/diff.py',
        old='    return None if old is None or new is None else (old, new)',
        new='    return (old or kind(), new or kind())',
        tests=(_COMPARE + 'test_what_is_not_there_does_not_differ',)),
    fault.Fault(
        name='diff does not say that a report is incomplete',
        file='command/diff.py',
        old="            words += ' (incomplete)'",
        new='            pass',
        tests=(_COMPARE + 'test_what_is_not_there_does_not_differ',)),
    fault.Fault(
        name='diff does not say that a report is a forgery',
        file='command/diff.py',
        old="            words += ' (not from a Ceilometer unit)'",
        new='            pass',
        tests=(_COMPARE + 'test_processes_that_are_not_the_same',)),
    fault.Fault(
        name='diff takes the forgery of an id for the report',
        file='command/diff.py',
        old='[one for one in found if one.identity.trusted] or found',
        new='found',
        tests=(_SELECTION + 'test_a_forgery_of_an_id_is_not_compared',)),
    fault.Fault(
        name='diff calls a thread of another process stuck',
        file='command/diff.py',
        old='    if before.process_key == after.process_key:\n'
            '        for thread in',
        new='    if True:\n        for thread in',
        tests=(_COMPARE + 'test_processes_that_are_not_the_same',)),
    fault.Fault(
        name='diff names threads that came in any order',
        file='command/diff.py',
        old='    for key, thread in new.items():\n'
            '        if key not in old:\n',
        new='    for key in set(new) - set(old):\n'
            '        if thread := new[key]:\n',
        tests=(_COMPARE
               + 'test_threads_stand_in_the_order_of_their_reports',)),
    fault.Fault(
        name='diff names threads that went in any order',
        file='command/diff.py',
        old='    for key, thread in old.items():\n'
            '        if key not in new:\n',
        new='    for key in set(old) - set(new):\n'
            '        if thread := old[key]:\n',
        tests=(_COMPARE
               + 'test_threads_stand_in_the_order_of_their_reports',)),
    fault.Fault(
        name='a number of any length is read',
        file='command/reports/shapes.py',
        old='type(value) is int and abs(value) <= NUMBER_MAX',
        new='type(value) is int',
        tests=('tests/unit/test_contents.py::test_data_are_fitted',)),
    fault.Fault(
        name='a list keeps what has another shape',
        file='command/reports/shapes.py',
        old='            if len(problems) == known or isinstance(item, '
            '(dict, list)):\n                fitted.append(made)',
        new='            if True:\n                fitted.append(made)',
        tests=('tests/unit/test_contents.py::test_data_are_fitted',)),
    fault.Fault(
        name='a key of the data is written as the types do not say',
        file='daemon/sections/threads.py',
        old="        'foreground': is_main,",
        new="        'foreground': is_main, 'main': is_main,",
        tests=('tests/functional/test_read_back.py::'
               'test_what_is_written_is_what_the_types_say',)),
    fault.Fault(
        name='work that waits for a pool is compared with nothing',
        file='command/findings/growth.py',
        old="waited.get(one['thread'], 0), one['waiting']",
        new="0, one['waiting']",
        tests=('tests/unit/test_growth.py::'
               'test_work_that_waits_for_a_pool_is_told',)),
    fault.Fault(
        name='a thread that waits for a lock is told to wait for a queue',
        file='daemon/wait_reasons.py',
        old=r"_lock\.__enter__\(', contents.FOR_LOCK)",
        new=r"_lock\.__enter__\(', contents.FOR_QUEUE)",
        tests=('tests/functional/test_read_back.py::'
               'test_each_thread_is_told_what_it_waits_for',)),
    fault.Fault(
        name='stuck names threads that wait for work',
        file='command/stuck.py',
        old='if given.all or not stuck_threads.is_idle(one.thread)',
        new='if one.thread',
        tests=(
            _COMMAND + 'test_stuck',
            _COMPARE + 'test_nothing_stands_still')),
    fault.Fault(
        name='stuck believes forgeries',
        file='command/stuck.py',
        old='selection.matching(given, journal, problems, trusted=True)',
        new='selection.matching(given, journal, problems)',
        tests=(_SELECTION + 'test_a_forgery_is_not_what_a_verb_picks',)),
    fault.Fault(
        name='stuck says that a thread stands still where none does',
        file='command/stuck.py',
        old='return 0 if stood else 1',
        new='return 0',
        tests=(_COMPARE + 'test_nothing_stands_still',)),
    fault.Fault(
        name='stuck names those last that stand still for longest',
        file='command/stuck.py',
        old='-one.usec',
        new='one.usec',
        tests=(_COMPARE + 'test_longest_first',)),
    fault.Fault(
        name='stuck looks at more reports than it was asked to',
        file='command/stuck.py',
        old='reports[-count:]',
        new='reports',
        tests=(_COMPARE + 'test_longest_first',)),
)
