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

"""The verb trigger, and how it reaches units and other hosts."""

from tests.faults import fault

_TRIGGER = 'tests/unit/test_command_trigger.py::'
_WRONG = 'tests/unit/test_command_wrong.py::'
_OUTSIDE = 'tests/unit/test_command_outside.py::'
_OBSTACLES = 'tests/unit/test_command_obstacles.py::'

FAULTS: tuple[fault.Fault, ...] = (
    # the thread that waits
    fault.Fault(
        name='a process that would lose the signal is not asked',
        file='command/waiting_thread.py',
        old='    return waiting or blocking\n',
        new='    return []\n',
        tests=('tests/unit/test_command_waiting_thread.py::'
               'test_thread_that_waits_is_signalled',)),
    fault.Fault(
        name='a thread gets a signal that its process takes as well',
        file='command/waiting_thread.py',
        old=' or (\n                int(main[\'SigBlk\'], 16) & _BIT)',
        new='',
        tests=('tests/unit/test_command_waiting_thread.py::'
               'test_who_takes_the_signal_needs_nothing',)),
    fault.Fault(
        name='who may not signal a thread waits for it nevertheless',
        file='command/trigger.py',
        old='            answer.obstacle = waiting_thread.LOST\n',
        new='',
        tests=('tests/unit/test_command_waiting_thread.py::'
               'test_who_may_not_signal_it_is_told',)),
    fault.Fault(
        name='of two files of journald the first one counts',
        file='command/journald_settings.py',
        old='                said[found] = Setting(value, path)\n',
        new='                said.setdefault(found, Setting(value, path))\n',
        tests=('tests/unit/test_command_obstacles.py::'
               'test_journald_that_stores_nothing',)),
    fault.Fault(
        name='an interrupt while ssh is started is not told to it',
        file='command/remote.py',
        old='SIG_BLOCK, {signal.SIGINT})',
        new='SIG_BLOCK, ())',
        tests=('tests/unit/test_command_trigger.py::'
               'test_interrupt_waits_until_ssh_is_started',)),
    fault.Fault(
        name='ssh has signals blocked',
        file='command/remote.py',
        old='        signal.pthread_sigmask(signal.SIG_SETMASK, mask)\n\n',
        new='\n',
        tests=('tests/unit/test_command_trigger.py::'
               'test_interrupt_waits_until_ssh_is_started',)),
    fault.Fault(
        name='an interrupt does not reach the other host',
        file='command/remote.py',
        old='            ssh.stdin.close()\n            return',
        new='            ssh.terminate()\n            return',
        tests=('tests/unit/test_command_trigger.py::'
               'test_interrupt_reaches_the_other_host',)),
    fault.Fault(
        name='the end of input is nothing to the other host',
        file='command/remote.py',
        old='and not os.read(0, 1):',
        new='and os.read(0, 1) is None:',
        tests=('tests/unit/test_command_trigger.py::'
               'test_end_of_input_is_an_interrupt',)),
    fault.Fault(
        name='a clock that is set back hides the answers',
        file='command/asked_at.py',
        old='min(self._earliest_usec, self._now_usec())',
        new='self._earliest_usec',
        tests=(_TRIGGER + 'test_clock_that_is_set_hides_no_answer',)),
    fault.Fault(
        name='an old report is an answer where the clock is set back',
        file='command/answers.py',
        old='since_monotonic_usec=asked.monotonic_usec))',
        new='since_monotonic_usec=None))',
        tests=(_TRIGGER + 'test_clock_that_is_set_hides_no_answer',)),
    fault.Fault(
        name='what is noticed after the clock was set is of before',
        file='command/answers.py',
        old='            and not asked.clock_was_set())',
        new='            and asked)',
        tests=(_TRIGGER + 'test_clock_set_back_by_a_minute_hides_no_answer',)),
    fault.Fault(
        name='a daemon whose clock is another one is called silent',
        file='command/answers.py',
        old='asked.usec - search.REPORT_USEC_MAX\n',
        new='0\n',
        tests=(_TRIGGER + 'test_daemon_whose_clock_is_another_answers',)),
    fault.Fault(
        name='an entry that the journal has dropped has no cause',
        file='command/outside/telling.py',
        old='waited, stacks.holder, lost[answer.unit])',
        new='waited, stacks.holder)',
        tests=(_TRIGGER + 'test_limit_of_the_journal_is_named',)),
    fault.Fault(
        name='who has not taken the signal is said to be limited',
        file='outside/causes.py',
        old='    if not causes and lost and _has_taken(data):\n',
        new='    if not causes and lost:\n',
        tests=(_TRIGGER + 'test_limit_of_the_journal_is_named',)),
    fault.Fault(
        name='a report that hangs is told as a signal that is not taken',
        file='outside/causes.py',
        old='(_TAKEN if _waits_again(data) else',
        new='(_TAKEN if not data else',
        tests=('tests/unit/test_command_outside.py::'
               'test_process_that_has_taken_the_signal',)),
    fault.Fault(
        name='that journald may have dropped a report is not said',
        file='outside/causes.py',
        old="stands; or '\n          'journald has dropped its entries",
        new="stands; or '\n          'it has no entries",
        tests=('tests/unit/test_command_outside.py::'
               'test_process_that_has_taken_the_signal',)),
    fault.Fault(
        name='who makes the report hides that the signal has been taken',
        file='outside/causes.py',
        old='        not answering or any(\n',
        new='        not answering or all(\n',
        tests=('tests/unit/test_command_outside.py::'
               'test_process_that_has_taken_the_signal',)),
    fault.Fault(
        name='who waits for nothing is said to have taken the signal',
        file='outside/causes.py',
        old="        thread['name'] == thread_looks.ANSWERING\n        and",
        new='       ',
        tests=('tests/unit/test_command_outside.py::'
               'test_process_that_has_taken_the_signal',)),
    fault.Fault(
        name='where nothing can be kept a process is called silent',
        file='command/reports/kept_reader.py',
        old='    return directory if full else None\n',
        new='    return None\n',
        tests=(_TRIGGER + 'test_full_directory_of_kept_reports_is_named',)),
    fault.Fault(
        name='where no more files can be made a process is called silent',
        file='command/reports/kept_reader.py',
        old=' or (found.f_files and not found.f_favail)',
        new='',
        tests=(_TRIGGER + 'test_full_directory_of_kept_reports_is_named',)),
    fault.Fault(
        name='who is slow is not waited for if another tells of it',
        file='command/answers.py',
        old='(answer.told is None or answer.found is not None)',
        new='answer.told is None',
        tests=(_TRIGGER + 'test_who_has_begun_to_answer_is_waited_for',)),
    fault.Fault(
        name='a limit of the journal hides what the kernel tells',
        file='outside/causes.py',
        old='    if not causes and lost and _has_taken(data):\n',
        new='    if lost and _has_taken(data):\n        causes.clear()\n',
        tests=(_TRIGGER + 'test_limit_of_the_journal_is_named',)),
    fault.Fault(
        name='each unit is said to have one process that reports',
        file='command/check.py',
        old='_PROCESSES if unit is None else len(unit.daemons)',
        new='1',
        tests=('tests/unit/test_command_check.py::test_limit_of_the_journal',
               )),
    fault.Fault(
        name='a file that is none ends who reads it',
        file='outside/proc_files.py',
        old="    except OSError:\n        return ''\n",
        new="    except FileNotFoundError:\n        return ''\n",
        tests=('tests/unit/test_command_obstacles.py::test_file_that_cannot_'
               'be_read_has_nothing_in_it',)),
    fault.Fault(
        name='check does not wait for what has just been started',
        file='command/check.py',
        old='        return time.time() - proc_files.started(pid) < STARTING_'
            'SECONDS\n',
        new='        return False\n',
        tests=('tests/unit/test_command_check.py::test_process_that_has_just_'
               'been_started_is_given_time',)),
    fault.Fault(
        name='check does not see the limit of the journal',
        file='command/check.py',
        old='    return [] if why is None else '
            "[Point(PROBLEM, 'journal', why)]\n",
        new='    return []\n',
        tests=('tests/unit/test_command_check.py::'
               'test_limit_of_the_journal',)),
    fault.Fault(
        name='a root directory without the journal is not seen',
        file='command/obstacles.py',
        old='        if not path.exists() or not',
        new='        if path.exists() or not',
        tests=('tests/unit/test_command_obstacles.py::'
               'test_root_directory_without_the_socket',)),
    fault.Fault(
        name='what a unit keeps reports in is not looked for in its root',
        file='command/obstacles.py',
        old='                for one in (str(path), keeps) if',
        new='                for one in (str(path), None) if',
        tests=('tests/unit/test_command_obstacles.py::'
               'test_root_directory_without_the_socket',)),
    fault.Fault(
        name='trigger does not read what journald has dropped',
        file='command/outside/telling.py',
        old='len(unit.daemons)) or said\n',
        new='len(unit.daemons))\n',
        tests=('tests/unit/test_command_trigger.py::test_entries_that_'
               'journald_has_dropped_are_named',)),
    fault.Fault(
        name='anybody may say that entries were dropped',
        file='command/findings/dropped_entries.py',
        old="_DROPPED}', '_TRANSPORT=driver',\n",
        new="_DROPPED}',\n",
        tests=('tests/unit/test_unit_log.py::'
               'test_what_journald_has_dropped_is_told',)),
    fault.Fault(
        name='show does not tell what journald has dropped',
        file='command/findings/unit_log.py',
        old='        return dropped\n',
        new='        return []\n',
        tests=('tests/unit/test_unit_log.py::'
               'test_what_journald_has_dropped_is_told',)),
    fault.Fault(
        name='the limit of a unit counts before its restart',
        file='command/rate_limit.py',
        old="_written_down(unit, 'burst', run) or (",
        new='None or (',
        tests=('tests/unit/test_command_obstacles.py::'
               'test_rate_limit_of_a_unit',)),
    fault.Fault(
        name='the limit of all units is not known',
        file='command/rate_limit.py',
        old='            burst = said[_BURST].value\n',
        new='',
        tests=('tests/unit/test_command_obstacles.py::'
               'test_rate_limit_of_a_unit',)),
    fault.Fault(
        name='free space raises no limit of the journal',
        file='command/rate_limit.py',
        old='    return max(free.bit_length() - 1 - 16, 4)\n',
        new='    return 4\n',
        tests=('tests/unit/test_command_obstacles.py::'
               'test_rate_limit_that_drops_reports',)),
    fault.Fault(
        name='who has asked before gets our answers',
        file='command/answers.py',
        old='            <= found.noticed_usec < asked.usec\n',
        new='            <= found.noticed_usec < 0\n',
        tests=('tests/unit/test_command_trigger.py::'
               'test_who_else_asks_gets_answers_of_their_own',)),
    fault.Fault(
        name='processes are shown with reports for several triggers',
        file='command/answers.py',
        old='    triggers.sort(key=lambda trigger_id: -having[trigger_id])\n',
        new='    triggers.sort(key=lambda trigger_id: 0)\n',
        tests=('tests/unit/test_command_trigger.py::'
               'test_who_else_asks_gets_answers_of_their_own',)),
    fault.Fault(
        name='a daemon is signalled that the signal would end',
        file='command/trigger.py',
        old='    asked = [unit for unit in units if unit not in spared]\n',
        new='    asked = units\n',
        tests=(_TRIGGER + 'test_doomed_process_is_named',)),
    fault.Fault(
        name='who got no signal is said to be silent',
        file='command/trigger.py',
        old='            or (_spared(process) if unit in spared else None)\n',
        new='            or (_spared(process) if unit in spared '
            'and process.dies else None)\n',
        tests=(_TRIGGER + 'test_who_got_no_signal_is_not_called_silent',)),
    fault.Fault(
        name='trigger says that it has waited as long as it may',
        file='command/trigger.py',
        old='waited = _within(time.monotonic() - begun)',
        new='waited = _within(given.timeout)',
        tests=(_TRIGGER + 'test_time_that_was_waited_is_told',)),
    fault.Fault(
        name='anybody is believed who writes about a process',
        file='command/reports/sender.py',
        old="stored.first(entry, '_UID') == b'0' and (",
        new='(',
        tests=(_OUTSIDE + 'test_only_root_is_believed',)),
    fault.Fault(
        name='what waits for the interpreter is not seen',
        file='outside/thread_looks.py',
        old='and turns / seconds >= _WAKE_UPS_PER_SECOND_MIN\n',
        new='and turns / seconds >= 10 ** 6\n',
        tests=(_OUTSIDE + 'test_held_interpreter',)),
    fault.Fault(
        name='what pystack prints is not masked',
        file='command/outside/python_stacks.py',
        old="masked.text(line.replace('\\t', '    '))[:STACK_LINE_CHARS_MAX]",
        new="line.replace('\\t', '    ')[:STACK_LINE_CHARS_MAX]",
        tests=(_OUTSIDE + 'test_stacks',)),
    fault.Fault(
        name='no limit of threads that are told',
        file='outside/looking.py',
        old="data['threads'][:THREADS_TOLD_MAX]]",
        new="data['threads']]",
        tests=(_OUTSIDE + 'test_many_threads_are_cut',)),
    fault.Fault(
        name='a report of before the signal is taken for an answer',
        file='command/answers.py',
        old='            since_usec=asked.earliest_usec(),\n',
        new='            since_usec=0,\n',
        tests=(
            _TRIGGER + 'test_only_what_came_after_the_signal_is_an_answer',)),
    fault.Fault(
        name='a report of another unit is taken for an answer',
        file='command/answers.py',
        old='                       if found.identity.unit == unit\n',
        new='                       if True\n',
        tests=(_TRIGGER + 'test_only_a_process_of_the_unit_answers_for_it',)),
    fault.Fault(
        name='half a report is taken for an answer',
        file='command/answers.py',
        old='self.found is not None and self.found.report.complete',
        new='self.found is not None',
        tests=(_TRIGGER + 'test_silent_process_is_named',)),
    fault.Fault(
        name='trigger says that all is well where nobody answers',
        file='command/trigger.py',
        old='return 0 if all(answer.complete for answer in answers) else 1',
        new='return 0',
        tests=(_TRIGGER + 'test_silent_process_is_named',)),
    fault.Fault(
        name='trigger waits for who has ended',
        file='command/answers.py',
        old='                   and unit_processes.look_at('
            'answer.process.pid) is not None]',
        new='                   ]',
        tests=(_TRIGGER + 'test_who_has_ended_is_not_waited_for',)),
    fault.Fault(
        name='trigger prints the name of a worker unescaped',
        file='command/trigger_output.py',
        old='process = escape.line(',
        new='process = str(',
        tests=(_TRIGGER + 'test_hostile_words_are_escaped',)),
    fault.Fault(
        name='trigger compares with no report before',
        file='command/trigger.py',
        old='before = earlier.previous(journal, answer.found)',
        new='before = None',
        tests=(_TRIGGER + 'test_answers_are_compared_with_what_was_before',)),
    fault.Fault(
        name='two names of one unit are two units',
        file='command/asked_units.py',
        old='    return list({unit.name: unit for unit in '
            'found}.values())',
        new='    return found',
        tests=(_TRIGGER + 'test_other_names_of_a_unit',)),
    fault.Fault(
        name='trigger looks for answers in one namespace only',
        file='command/trigger.py',
        old="if len(namespaces) == 1 else '*'",
        new="if namespaces else '*'",
        tests=(_TRIGGER + 'test_where_the_answers_are_looked_for',)),
    fault.Fault(
        name='services of others are signalled',
        file='command/asked_units.py',
        old='    if containers.is_of_ceilometer(name):\n',
        new='    if name:\n',
        tests=(_TRIGGER + 'test_units',)),
    fault.Fault(
        name='a signal that a process catches is said to end it',
        file='command/unit_processes.py',
        old='if not (blocked or ignored or caught):',
        new='if not (blocked or ignored):',
        tests=(_TRIGGER + 'test_who_would_die',)),
    fault.Fault(
        name='a program that a daemon has started is to answer',
        file='command/system.py',
        old='or process.origin in main\n',
        new='or process.origin\n',
        tests=(
            _TRIGGER + 'test_all_answer',
            _TRIGGER + 'test_processes_of_a_unit')),
    fault.Fault(
        name='a unit is not called what the journal knows it by',
        file='command/system.py',
        old="    name = told.get('Id', name)\n",
        new='',
        tests=(
            _TRIGGER + 'test_processes_of_a_unit',
            _TRIGGER + 'test_other_names_of_a_unit')),
    fault.Fault(
        name='processes of control groups below are not seen',
        file='command/system.py',
        old='        for directory, _, files in os.walk(top):',
        new='        for directory, _, files in [*os.walk(top)][:1]:',
        tests=(_TRIGGER + 'test_processes_of_a_unit',)),
    fault.Fault(
        name='nobody says that the signal is pending',
        file='command/unit_processes.py',
        old='    if pending:\n',
        new='    if False:\n',
        tests=(_TRIGGER + 'test_signal_that_waits',)),
    fault.Fault(
        name='what systemctl says is not passed on',
        file='command/system.py',
        old="told = masked.text(' '.join(done.stderr.split())) or",
        new='told =',
        tests=(_TRIGGER + 'test_systemctl_fails',)),
    fault.Fault(
        name='words go to a shell of the other host as they are',
        file='command/remote.py',
        old='shlex.join(command)',
        new="' '.join(command)",
        tests=(_TRIGGER + 'test_elsewhere',)),
    fault.Fault(
        name='a host may be an option of ssh',
        file='command/remote.py',
        old='[^-:\\s][^:\\s]*|',
        new='[^:\\s]+|',
        tests=(_WRONG + 'test_wrong_place',)),
    fault.Fault(
        name='the exit code of the other host is lost',
        file='command/remote.py',
        old='        return code\n',
        new='        return 0\n',
        tests=(_TRIGGER + 'test_elsewhere',)),
    fault.Fault(
        name='the other host is not told to be quiet',
        file='command/remote.py',
        old=", ('--quiet', given.quiet))",
        new=',)',
        tests=(_TRIGGER + 'test_options_hold_on_the_other_host',)),
    fault.Fault(
        name='trigger tells command lines as they are',
        file='command/masked.py',
        old="' '.join(mask.Masker().arguments(given))",
        new="' '.join(given)",
        tests=('tests/unit/test_command_trigger.py::'
               'test_command_lines_are_masked',)),
    fault.Fault(
        name='what systemctl says is told as it is',
        file='command/system.py',
        old="masked.text(' '.join(done.stderr.split()))",
        new="' '.join(done.stderr.split())",
        tests=('tests/unit/test_command_trigger.py::'
               'test_what_systemctl_says_is_masked',)),
    fault.Fault(
        name='trigger waits where the journal does not run',
        file='command/trigger.py',
        old='if why := obstacles.of_journal(namespace):',
        new='if why := None:',
        tests=('tests/unit/test_command_trigger.py::'
               'test_where_no_answer_can_come_no_signal_is_sent',)),
    fault.Fault(
        name='a frozen control group is not seen',
        file='outside/proc_files.py',
        old="if 'frozen 1' in told.splitlines():",
        new='if False:',
        tests=(_OBSTACLES + 'test_frozen_control_group',)),
    fault.Fault(
        name='a stopped process is not seen',
        file='command/obstacles.py',
        old="if state == 'T':",
        new='if False:',
        tests=(_OBSTACLES + 'test_stopped_process',)),
    fault.Fault(
        name='an armed process is said to ignore the signal',
        file='command/obstacles.py',
        old="int(told['SigIgn'], 16) & _BIT and not any(",
        new="int(told['SigIgn'], 16) & _BIT and any(",
        tests=(_OBSTACLES + 'test_armed_process_has_no_obstacle',)),
    fault.Fault(
        name='who may still be starting is not waited for',
        file='command/answers.py',
        old='_START_CPU_SECONDS = 0.7',
        new='_START_CPU_SECONDS = 0.0',
        tests=(_OBSTACLES
               + 'test_who_has_started_and_takes_nothing_is_mute',)),
    fault.Fault(
        name='who has become another program is waited for',
        file='command/answers.py',
        old='        answer.left = (now is not None and not now.armed',
        new='        answer.left = (now is None and not now.armed',
        tests=(_TRIGGER + 'test_who_executes_another_program_since_is_none_'
               'of_the_daemon',)),
    fault.Fault(
        name='who is armed in another program is not waited for',
        file='command/answers.py',
        old='        answer.left = (now is not None and not now.armed',
        new='        answer.left = (now is not None',
        tests=(_TRIGGER + 'test_who_is_armed_stays_one_of_the_daemon',)),
    fault.Fault(
        name='what strangers send is read while trigger waits',
        file='command/answers.py',
        old='pids=tuple(answer.process.pid for answer in answers),',
        new='',
        tests=('tests/unit/test_command_many.py::'
               'test_forged_entries_do_not_hold_up_who_waits',)),
    fault.Fault(
        name='lines of stacks are cut before they are masked',
        file='command/outside/python_stacks.py',
        old="masked.text(line.replace('\\t', '    '))[:STACK_LINE_CHARS_MAX]",
        new="masked.text(line.replace('\\t', '    ')[:STACK_LINE_CHARS_MAX])",
        tests=(_OUTSIDE + 'test_stacks',)),
    fault.Fault(
        name='the name of a process is shown as it is',
        file='command/unit_processes.py',
        old='        name = masked.text(name)\n',
        new='',
        tests=(_TRIGGER + 'test_name_of_a_process_is_masked',)),
    fault.Fault(
        name='a line that a killed program was writing is shown',
        file='command/outside/python_stacks.py',
        old="        text = text[:text.rfind('\\n') + 1]\n",
        new='        pass\n',
        tests=(_OUTSIDE + 'test_stacks',)),
)
