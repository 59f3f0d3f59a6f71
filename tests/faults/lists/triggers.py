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

"""How a daemon is armed, waits, and is known: what asks for a report."""

from tests.faults import fault

ARMING = 'daemon/arming.py'
GMR = 'daemon/gmr.py'
OPTIONS = 'daemon/options.py'
REPORTER = 'daemon/reporter.py'
WAITER = 'daemon/waiter.py'
TRIGGERS = 'tests/functional/test_triggers.py::'
TEST_GUEST = 'tests/unit/test_guest.py::'
TEST_OPTIONS = 'tests/unit/test_options.py::'
TEST_REPORTER = 'tests/unit/test_reporter.py::'
TEST_WAITER = 'tests/unit/test_waiter.py::'
TEST_SELDOM = ('tests/unit/test_command_outside.py::'
               'test_interpreter_that_is_given_up_too_seldom')
TEST_REPLACED = ('tests/functional/test_delivery.py::'
                 'test_functions_are_replaced')

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='a server of forks writes reports that are switched off',
        file='daemon/arming.py',
        old="        os.environ[start.VARIABLE] = '0'\n",
        new='        pass\n',
        tests=('tests/unit/test_options.py::test_server_of_forks_is_not_'
               'armed_where_that_is_switched_off',)),
    # threads of ours
    fault.Fault(
        name='a debugger may hold up the threads that report',
        file='daemon/own_thread.py',
        old="'_trace_hook': None, ",
        new='',
        tests=('tests/functional/test_delivery.py::test_threads_are_traced',)),
    fault.Fault(
        name='a profiler may hold up the threads that report',
        file='daemon/own_thread.py',
        old="'_profile_hook': None,",
        new='',
        tests=('tests/functional/test_delivery.py::test_threads_are_traced',)),
    fault.Fault(
        name='a report that hangs does not say where',
        file=REPORTER,
        old='            self._tell_where()\n',
        new='            pass\n',
        tests=(TEST_REPORTER + 'test_report_that_hangs_says_where',)),
    fault.Fault(
        name='an interpreter that is given up too seldom is not named',
        file='outside/causes.py',
        old='    if armed and busy and any(map(',
        new='    if False and any(map(',
        tests=(TEST_SELDOM,)),
    fault.Fault(
        name='a thread that waits for the interpreter is said to be off',
        file='command/obstacles.py',
        old='            return AWAY\n',
        new='            return MUTE\n',
        tests=(TEST_SELDOM,)),
    fault.Fault(
        name='the kernel does not know the thread that answers',
        file=WAITER,
        old='        _tell_kernel()\n',
        new='',
        tests=(TEST_WAITER + 'test_kernel_knows_its_name',)),
    fault.Fault(
        name='threads of ours are started as those of others are',
        file='daemon/own_thread.py',
        old='        if all(getattr(threading, name) is _PRIMITIVES[name]\n',
        new='        if any(getattr(threading, name) is not None\n',
        tests=(TEST_REPLACED,)),
    fault.Fault(
        name='threads of ours wait as those of others do',
        file='daemon/own_thread.py',
        old='{**vars(threading), **_PRIMITIVES},',
        new='vars(threading),',
        tests=(TEST_REPLACED,)),
    fault.Fault(
        name='threads of ours are taken for those of a library',
        file='daemon/own_thread.py',
        old='        alone[get_ident()] = self\n',
        new='',
        tests=(TEST_REPLACED,)),
    fault.Fault(
        name='what had replaced threads before is not named',
        file='daemon/own_thread.py',
        old='    if isinstance(_start, types.BuiltinFunctionType):\n',
        new='    if True:\n',
        tests=('tests/functional/test_delivery.py::test_functions_that_are_'
               'replaced_before_are_named',)),
    fault.Fault(
        name='our modules call what a library has put in place of functions',
        file='daemon/own_names.py',
        old='            _replace(module, _copies)\n',
        new='',
        tests=(TEST_REPLACED,)),
    fault.Fault(
        name='our modules call what a library has put in place of open()',
        file='daemon/own_names.py',
        old="            vars(module)['open'] = _open\n",
        new='',
        tests=('tests/unit/test_own_names.py',)),
    fault.Fault(
        name='our modules keep the names that they were given',
        file='daemon/own_names.py',
        old='            _replace(module, before)\n',
        new='            pass\n',
        tests=('tests/unit/test_own_names.py',)),
    fault.Fault(
        name='a section whose trace cannot be told ends the report',
        file='daemon/collect.py',
        old="        return message, f'{type(error).__name__}: {message}'\n",
        new='        raise\n',
        tests=('tests/unit/test_collect.py::test_trace_that_cannot_be_told_'
               'costs_no_section',)),
    fault.Fault(
        name='a signal is lost where the kernel lets nobody wait',
        file='daemon/signal_wait.py',
        old='        info = _look(signals, seconds)\n',
        new='        raise\n',
        tests=(TEST_WAITER + 'test_signals_are_looked_for_where_nobody_may_'
               'wait',)),
    fault.Fault(
        name='a signal is answered for ever where the kernel lets nobody wait',
        file='daemon/signal_wait.py',
        old='            _take(number)\n            return',
        new='            return',
        tests=(TEST_WAITER + 'test_signals_are_looked_for_where_nobody_may_'
               'wait',)),
    fault.Fault(
        name='a signal kills who uninstalls where the kernel lets nobody wait',
        file='daemon/signal_wait.py',
        old='                _take(number)\n\n',
        new='                pass\n\n',
        tests=(TEST_WAITER + 'test_signals_are_dropped_where_nobody_may_'
               'wait',)),
    fault.Fault(
        name='who complains in vain does not go on',
        file=REPORTER,
        old='        with contextlib.suppress(Exception):\n'
            '            error =',
        new='        if True:\n            error =',
        tests=(TEST_REPORTER + 'test_complaint_that_fails_is_none',)),
    fault.Fault(
        name='who sends a signal must have a name',
        file=WAITER,
        old='    with contextlib.suppress(Exception):\n'
            "        with open(f'/proc/{pid}/comm'",
        new='    if True:\n'
            "        with open(f'/proc/{pid}/comm'",
        tests=(TEST_WAITER + 'test_sender_whose_name_cannot_be_read',)),
    fault.Fault(
        name='a limit that nobody may ask for costs the report',
        file='daemon/descriptors.py',
        old='            with contextlib.suppress(OSError, ValueError):\n'
            '                soft',
        new='            if True:\n                soft',
        tests=('tests/unit/test_descriptors.py',)),
    fault.Fault(
        name='a wait that fails is the last one',
        file=WAITER,
        old='                time.sleep(pause)\n                continue\n',
        new='                raise\n',
        tests=(TEST_WAITER + 'test_wait_that_fails_is_not_the_last',)),
    fault.Fault(
        name='nobody waits where others cannot be told',
        file=WAITER,
        old='of this one; it answers\n            self._reporter.complain()\n',
        new='of this one; it answers\n            return\n',
        tests=(TEST_WAITER + 'test_it_waits_where_others_cannot_be_told',)),
    # arming
    fault.Fault(
        name='signals are not blocked',
        file=ARMING,
        old='previous = signal.pthread_sigmask(signal.SIG_BLOCK, signals)',
        new='previous = signal.pthread_sigmask(signal.SIG_BLOCK, ())',
        tests=(TRIGGERS + 'test_signal_is_answered_with_a_whole_report',)),
    fault.Fault(
        name='a program that the daemon starts is killed by its signals',
        file=ARMING,
        old='                signal.signal(number, signal.SIG_IGN)\n',
        new='                pass\n',
        tests=(TRIGGERS + 'test_programs_it_has_started_survive',)),
    fault.Fault(
        name='a signal that waits is lost as the daemon starts',
        file=ARMING,
        old='            elif handler is not signal.SIG_IGN:\n',
        new='            else:\n                signal.signal(number, '
            'signal.SIG_DFL)\n',
        tests=(TRIGGERS + 'test_signal_that_comes_at_start_is_answered',)),
    fault.Fault(
        name='threads that exist already are not thought of',
        file=ARMING,
        old='self._late = _thread_count() > 1',
        new='self._late = False',
        tests=(TRIGGERS + 'test_late_install_is_answered',)),
    fault.Fault(
        name='a main thread that sleeps is not woken up to pass a signal on',
        file=ARMING,
        old='                signal.pthread_sigmask(signal.SIG_UNBLOCK, '
            '{number})\n            elif',
        new='                pass\n            elif',
        tests=(TRIGGERS + 'test_late_install_is_answered_while_the_main_'
               'thread_sleeps',)),
    fault.Fault(
        name='a process forked from an early thread is interrupted',
        file=ARMING,
        old='        if self.signals:\n',
        new='        if False:\n',
        tests=(TRIGGERS + 'test_fork_of_an_early_thread_is_not_'
               'interrupted',)),
    fault.Fault(
        name='a signal that waits kills who uninstalls',
        file='daemon/signal_wait.py',
        old='while signal.sigtimedwait(signals, 0):',
        new='while False:',
        tests=(TRIGGERS + 'test_uninstall_restores_everything',)),
    fault.Fault(
        name='handlers of before are not restored',
        file=ARMING,
        old='                signal.signal(number, handler)\n',
        new='                pass\n',
        tests=(TRIGGERS + 'test_uninstall_restores_everything',)),
    fault.Fault(
        name='what the unit has blocked is unblocked by who uninstalls',
        file=ARMING,
        old='if number not in blocked:',
        new='if True:',
        tests=(TRIGGERS + 'test_uninstall_leaves_what_the_unit_has_blocked',)),
    fault.Fault(
        name='a forked process is not armed',
        file=ARMING,
        old='            armed.forked()\n',
        new='            pass\n',
        tests=(TRIGGERS + 'test_forks_of_a_thread_and_of_forks_answer',)),
    fault.Fault(
        name='a fork does not wait for an import',
        file=ARMING,
        old='        armed.reporter.before_fork()\n',
        new='        pass\n',
        tests=(TRIGGERS + 'test_fork_waits_for_an_import',)),
    fault.Fault(
        name='a fork leaves the import gate closed',
        file=ARMING,
        old='        armed.reporter.after_fork_in_parent()\n',
        new='        pass\n',
        tests=(TRIGGERS + 'test_fork_waits_for_an_import',)),
    fault.Fault(
        name='enabled = false is not heeded by the signals',
        file=ARMING,
        old='wanted = settings.signals if settings.enabled else frozenset()',
        new='wanted = settings.signals',
        tests=(TRIGGERS + 'test_disabled_leaves_the_signals_alone',)),
    fault.Fault(
        name='SIGUSR2 is not left to oslo.reports',
        file=ARMING,
        old='return watched is not None or signal.SIGUSR2 in wanted',
        new='return True',
        tests=(TRIGGERS + 'test_sigusr2_may_be_left_to_oslo_reports',)),
    fault.Fault(
        name='install() outside of the main thread is not refused in words',
        file=ARMING,
        old='if threading.current_thread() is not threading.main_thread():',
        new='if False:',
        tests=(TRIGGERS + 'test_doors_say_what_is_wrong',)),
    # waiter
    fault.Fault(
        name='a file is not looked at while something is repeated',
        file=WAITER,
        old='        if self._watched is not None:\n            due[',
        new='        if self._watched and not due:\n            due[',
        tests=(TEST_WAITER + 'test_file_has_its_turn_among_others',)),
    fault.Fault(
        name='one trigger that fails is the last one',
        file=WAITER,
        old='must find this thread\n'
            '                self._reporter.complain()\n',
        new='must find this thread\n'
            '                return\n',
        tests=(TEST_WAITER + 'test_trigger_that_fails_is_not_the_last',)),
    fault.Fault(
        name='the process itself is called the sender of what it passed on',
        file=WAITER,
        old='if (info.si_pid == os.getpid()\n',
        new='if (False\n',
        tests=(TRIGGERS + 'test_sender_of_a_late_signal_is_not_known',)),
    fault.Fault(
        name='nobody is called root where the kernel kept no sender',
        file=WAITER,
        old='or info.si_pid == NOBODY and info.si_signo in passed_on):',
        new='or False):',
        tests=(TRIGGERS + 'test_sender_of_a_late_signal_is_not_known',)),
    fault.Fault(
        name='after one that was passed on no sender is known for ever',
        file=WAITER,
        old='                    self._passed_on.discard(info.si_signo)\n',
        new='',
        tests=(TEST_WAITER + 'test_only_what_was_passed_on_has_no_sender',)),
    fault.Fault(
        name='what wakes up the waiting thread is a trigger if none is queued',
        file=WAITER,
        old='_sender(info) in (os.getpid(), NOBODY)):',
        new='_sender(info) == os.getpid()):',
        tests=('tests/functional/test_readiness.py::'
               'test_service_is_ready_where_no_signal_can_be_queued',)),
    fault.Fault(
        name='a file that was touched once is answered without end',
        file=WAITER,
        old='                modified = now\n',
        new='',
        tests=(TEST_WAITER + 'test_touched_file_is_answered_once',)),
    fault.Fault(
        name='a file is looked at without a pause',
        file=WAITER,
        old='watched.interval_seconds, WATCH_SECONDS_MIN)',
        new='watched.interval_seconds, 0)',
        tests=(TEST_WAITER + 'test_file_is_not_looked_at_without_a_pause',)),
    fault.Fault(
        name='a watched file that is not there is an error',
        file=WAITER,
        old='except (OSError, ValueError):',
        new='except ValueError:',
        tests=(TEST_WAITER + 'test_file_may_come_later',)),
    # reporter
    fault.Fault(
        name='the minimum interval is ignored',
        file=REPORTER,
        old='left = self._last_start + interval - time.monotonic()',
        new='left = 0.0',
        tests=(TEST_REPORTER + 'test_reports_keep_their_interval',)),
    fault.Fault(
        name='each trigger has a report of its own',
        file=REPORTER,
        old='                triggers = self._pending\n'
            '                self._pending = []\n',
        new='                triggers = self._pending[:1]\n'
            '                self._pending = self._pending[1:]\n',
        tests=(TEST_REPORTER + 'test_triggers_that_wait_share_a_report',)),
    fault.Fault(
        name='a trigger is answered by a report that has looked already',
        file=REPORTER,
        old='answered = self._begun + 1',
        new='answered = max(self._begun, 1)',
        tests=(TEST_REPORTER + 'test_trigger_during_a_report_has_the_next_'
               'one',)),
    fault.Fault(
        name='a trigger of before writes where reports are switched off',
        file=REPORTER,
        old='                if self.enabled:\n',
        new='                if True:\n',
        tests=(TEST_REPORTER + 'test_trigger_that_waits_is_dropped_where_'
               'reports_are_switched_off',)),
    fault.Fault(
        name='a report does not wait until the daemon is imported',
        file=REPORTER,
        old='            self._loaded.wait(LOAD_SECONDS_MAX)\n',
        new='',
        tests=(TEST_REPORTER + 'test_report_waits_until_the_daemon_is_'
               'imported',)),
    fault.Fault(
        name='a daemon whose import hangs has no report',
        file=REPORTER,
        old='self._loaded.wait(LOAD_SECONDS_MAX)',
        new='self._loaded.wait()',
        tests=(TEST_REPORTER + 'test_daemon_whose_import_hangs_has_a_'
               'report',)),
    fault.Fault(
        name='each fork waits for an import that hangs',
        file=REPORTER,
        old='seconds = 0 if self._import_hangs else IMPORT_SECONDS_MAX',
        new='seconds = IMPORT_SECONDS_MAX',
        tests=(TEST_REPORTER + 'test_fork_waits_once_for_an_import_that_'
               'hangs',)),
    fault.Fault(
        name='a report that fails is not complained of',
        file=REPORTER,
        old='                self.complain()\n',
        new='                pass\n',
        tests=(TEST_REPORTER + 'test_report_that_fails_is_complained_of',)),
    fault.Fault(
        name='a complaint tells secrets',
        file=REPORTER,
        old='redact.Redactor().text(text)',
        new='text',
        tests=(TEST_REPORTER + 'test_report_that_fails_is_complained_of',)),
    fault.Fault(
        name='a daemon without a descriptor left has no report',
        file=REPORTER,
        old='with self._reserve.freed():',
        new='with contextlib.nullcontext():',
        tests=('tests/functional/test_delivery.py::'
               'test_no_descriptor_left',)),
    fault.Fault(
        name='a process without a thread left has no report',
        file=REPORTER,
        old='        except (MemoryError, RuntimeError):\n',
        new='        except KeyError:\n',
        tests=(TEST_REPORTER + 'test_report_is_written_where_no_thread_can_'
               'be_had',)),
    fault.Fault(
        name='a report does not say that it has begun',
        file='daemon/make_report.py',
        old='        begun = delivery.offer(journal_entries.beginning(\n'
            '            header, *collector.expected()), '
            'BEGIN_SECONDS_MAX)\n',
        new='        begun = False\n',
        tests=('tests/functional/test_unfinished.py::'
               'test_report_begins_before_anything_is_collected',)),
    fault.Fault(
        name='the end of a worker does not wait for its report',
        file='daemon/workers.py',
        old='        if _on_end is not None:\n            _on_end()\n',
        new='        pass\n',
        tests=('tests/functional/test_unfinished.py::'
               'test_reports_under_way_are_cut_short',)),
    fault.Fault(
        name='a report under way is not cut short',
        file=REPORTER,
        old='                self.context.ending.set()\n',
        new='',
        tests=(TRIGGERS + 'test_program_may_end_during_its_report',)),
    fault.Fault(
        name='what is waited for is not woken up where the process ends',
        file='daemon/side_thread.py',
        old='        self._results.put(None)\n',
        new='        pass\n',
        tests=(TRIGGERS + 'test_program_may_end_during_its_report',)),
    fault.Fault(
        name='a whole report is made where memory is short',
        file='daemon/collect.py',
        old='        return None if kind.name in SHORT_SECTIONS else '
            'self._shortage\n',
        new='        return None\n',
        tests=('tests/functional/test_unfinished.py::'
               'test_report_is_short_where_address_space_is',)),
    fault.Fault(
        name='what the kernel takes back is taken for used memory',
        file='daemon/memory_left.py',
        old='        used -= sum(',
        new='        used -= 0 * sum(',
        tests=('tests/unit/test_memory_left.py::'
               'test_what_the_kernel_takes_back_is_left',)),
    # crash_stacks
    fault.Fault(
        name='the stacks of a worker that crashes are not written',
        file='daemon/crash_stacks.py',
        old='        faulthandler.enable(own, all_threads=True)\n',
        new='',
        tests=('tests/unit/test_workers.py::'
               'test_crash_is_told_with_the_stacks',)),
    fault.Fault(
        name='a faulthandler that somebody has enabled is taken over',
        file='daemon/crash_stacks.py',
        old='        if faulthandler.is_enabled():\n',
        new='        if False:\n',
        tests=('tests/unit/test_workers.py::'
               'test_faulthandler_of_somebody_else_is_left_alone',)),
    fault.Fault(
        name='a worker has the stacks of one that crashed before',
        file='daemon/crash_stacks.py',
        old='        _clear(descriptor, place)\n'
            '        os.pwrite(descriptor, _HEAD.pack(_MARK, os.getpid()), ',
        new='        os.pwrite(descriptor, _HEAD.pack(_MARK, os.getpid()), ',
        tests=('tests/unit/test_workers.py::'
               'test_worker_that_was_killed_has_no_stacks',)),
    fault.Fault(
        name='who crashed stands anywhere among the stacks',
        file='daemon/crash_stacks.py',
        old='    parts.sort(key=lambda part: not part.startswith(CRASHED))\n',
        new='',
        tests=('tests/unit/test_workers.py::'
               'test_thread_that_crashed_is_told_before_all_others',)),
    fault.Fault(
        name='a crash is told to be where some other thread stood',
        file='daemon/death_text.py',
        old="            break\n    return ''\n\n\ndef cause",
        new="            continue\n    return ''\n\n\ndef cause",
        tests=('tests/unit/test_workers.py::test_crash_of_a_thread_that_runs_'
               'no_python_stands_nowhere',)),
    fault.Fault(
        name='forks of a process write no stacks of their own',
        file=ARMING,
        old='            crash_stacks.begin(self.reporter.context.'
            'turn_descriptor)\n',
        new='            pass\n',
        tests=('tests/functional/test_unfinished.py::'
               'test_stacks_of_a_worker_that_crashes_as_it_begins_are_'
               'told',)),
    fault.Fault(
        name='a worker that its master has lost is told to have died',
        file='daemon/worker_deaths.py',
        old='        lives = (code == LOST and ',
        new='        lives = (False and ',
        tests=('tests/unit/test_workers.py::'
               'test_worker_whose_server_has_ended_runs_on',)),
    fault.Fault(
        name='the exit status of a forkserver is taken away',
        file='daemon/server_end.py',
        old='os.WEXITED | os.WNOHANG | os.WNOWAIT',
        new='os.WEXITED | os.WNOHANG',
        tests=('tests/unit/test_workers.py::'
               'test_end_of_a_server_is_told_with_its_workers',)),
    fault.Fault(
        name='a forkserver that runs is asked how it has ended',
        file='daemon/server_end.py',
        old='    if status is None:\n        return None\n',
        new='',
        tests=('tests/unit/test_workers.py::'
               'test_server_that_runs_has_not_ended',)),
    fault.Fault(
        name='how a forkserver ended is told with one worker alone',
        file='daemon/worker_deaths.py',
        old='known, self._server = self._server, found or self._server',
        new='known, self._server = None, found or self._server',
        tests=('tests/unit/test_workers.py::'
               'test_end_of_a_server_is_told_with_its_workers',)),
    fault.Fault(
        name='a worker that has ended is told to run twice',
        file='daemon/sections/workers.py',
        old="and worker_deaths.age(death['pid']) is not None)\n",
        new=')\n',
        tests=('tests/unit/test_workers.py::'
               'test_worker_whose_server_has_ended_runs_on',)),
    # memory_kills
    fault.Fault(
        name='a kill for want of memory is told as one by somebody',
        file='daemon/worker_deaths.py',
        old='        return killed > known\n',
        new='        return False\n',
        tests=('tests/unit/test_workers.py::'
               'test_kill_for_want_of_memory_is_told',)),
    # master_death
    fault.Fault(
        name='no worker tells of the death of its master',
        file='daemon/installation.py',
        old='            if death is not None:\n'
            '                _tell_masters(armed, [death])\n',
        new='            pass\n',
        tests=('tests/functional/test_events.py::'
               'test_master_that_is_killed_is_told_by_a_worker',)),
    fault.Fault(
        name='each worker tells of the death of its master',
        file='daemon/master_death.py',
        old='    stack.callback(place.forget)\n',
        new='',
        tests=('tests/functional/test_events.py::'
               'test_master_that_is_killed_is_told_by_a_worker',)),
    fault.Fault(
        name='a master that ends in order is told as dead',
        file='daemon/master_death.py',
        old='        _place.forget(turn.is_ours(_place.descriptor)\n'
            '                      if _place.path is None else _opened is not '
            'None\n                      and _opened.is_open())\n',
        new='        pass\n',
        tests=('tests/functional/test_events.py::'
               'test_orderly_end_is_no_death',)),
    fault.Fault(
        name='a master whose lock is gone is told as dead',
        file='daemon/master_death.py',
        old='    if _lives(pid):\n',
        new='    if False:\n',
        tests=('tests/functional/test_events.py::'
               'test_master_whose_descriptors_are_replaced_has_not_died',)),
    fault.Fault(
        name='a master that ends writes to a file of the daemon',
        file='daemon/master_death.py',
        old='        if ours:\n',
        new='        if True:\n',
        tests=('tests/functional/test_events.py::'
               'test_master_whose_descriptors_are_replaced_has_not_died',)),
    fault.Fault(
        name='the next master tells nothing of the one before',
        file='daemon/installation.py',
        old='            _tell_masters(armed, deaths)\n',
        new='            pass\n',
        tests=('tests/functional/test_events.py::test_master_that_is_killed_'
               'with_its_workers_is_told_by_the_next',)),
    # events
    fault.Fault(
        name='a death is told only when somebody asks',
        file='daemon/installation.py',
        old='    if death.unusual and armed is not None:\n',
        new='    if False:\n',
        tests=('tests/functional/test_events.py::'
               'test_worker_that_is_killed_is_told_at_once',)),
    fault.Fault(
        name='a worker that ends in order is told as dead',
        file='daemon/installation.py',
        old='    if death.unusual and armed is not None:\n',
        new='    if armed is not None:\n',
        tests=('tests/functional/test_events.py::'
               'test_orderly_end_is_no_death',)),
    fault.Fault(
        name='each of many deaths has an entry of its own',
        file='daemon/events.py',
        old='                    if left <= 0 or self._ending:\n',
        new='                    if True:\n',
        tests=('tests/functional/test_events.py::'
               'test_workers_that_die_again_and_again_share_an_entry',)),
    fault.Fault(
        name='deaths that wait are lost at the end of the service',
        file=ARMING,
        old='        armed.events.finish()\n',
        new='',
        tests=('tests/functional/test_events.py::'
               'test_workers_that_die_again_and_again_share_an_entry',)),
    fault.Fault(
        name='the hook for exceptions of the daemon is not called any more',
        file='daemon/unhandled.py',
        old='            self.before(args)\n',
        new='            pass\n',
        tests=('tests/functional/test_events.py::'
               'test_exceptions_that_end_a_thread_and_the_process',)),
    fault.Fault(
        name='ids stay in the traceback of a worker that died',
        file='daemon/death_text.py',
        old='traces.without_ids_of(death.stacks.splitlines())',
        new='death.stacks.splitlines()',
        tests=('tests/functional/test_events.py::'
               'test_exception_that_ends_a_worker_is_told_with_its_death',)),
    fault.Fault(
        name='nobody knows that a worker died in the middle of a report',
        file='daemon/report_marks.py',
        old='    return report_id.hex() if whose == pid else None\n',
        new='    return None\n',
        tests=('tests/functional/test_events.py::'
               'test_death_in_the_middle_of_a_report_is_told',)),
    fault.Fault(
        name='a zombie is taken for a silent process',
        file='command/unit_processes.py',
        old="    if told['State'].split()[0] in 'ZX':\n",
        new='    if False:\n',
        tests=('tests/unit/test_command_trigger.py::'
               'test_process_that_has_ended_and_is_not_taken_up',)),
    # descriptors
    fault.Fault(
        name='the limit of descriptors is not put back',
        file='daemon/descriptors.py',
        old='                    resource.setrlimit('
            'resource.RLIMIT_NOFILE, restore)\n',
        new='                    pass\n',
        tests=('tests/functional/test_delivery.py::'
               'test_no_descriptor_left_where_all_are_closed',)),
    fault.Fault(
        name='the reserve of descriptors is not held again after a report',
        file='daemon/descriptors.py',
        old='            self.take()\n\n\ndef',
        new='\n\ndef',
        tests=('tests/functional/test_delivery.py::'
               'test_no_descriptor_left',)),
    fault.Fault(
        name='a fork has no reserve of descriptors of its own',
        file='daemon/descriptors.py',
        old='        self.free()\n        self.take()\n',
        new='        self.free()\n',
        tests=('tests/functional/test_delivery.py::'
               'test_no_descriptor_left_in_a_fork',)),
    fault.Fault(
        name='what stands in place of the reserve is closed',
        file='daemon/descriptors.py',
        old='            if _is_ours(descriptor):\n',
        new='            if True:\n',
        tests=('tests/functional/test_delivery.py::'
               'test_no_descriptor_left_where_all_are_closed',)),
    # process
    fault.Fault(
        name='a service made in the master makes it a worker',
        file='daemon/process.py',
        old='        if self.process == fields.PROCESS_MASTER:\n',
        new='        if False:\n',
        tests=('tests/unit/test_process.py::'
               'test_service_made_in_the_master_makes_no_worker',)),
    fault.Fault(
        name='a fork of a worker is called by the name of the worker',
        file='daemon/process.py',
        old='        self.worker = None\n        self.worker_name = None\n'
            '        self.worker_service = None\n'
            '        self.armed_usec',
        new='        self.armed_usec',
        tests=('tests/unit/test_process.py::'
               'test_fork_of_a_worker_is_a_child',)),
    fault.Fault(
        name='a clock that is set changes since when a process is armed',
        file='daemon/sections/resources.py',
        old='time.monotonic() - context.daemon.armed, 1)',
        new='time.time() - context.daemon.armed_usec / 1e6, 1)',
        tests=('tests/functional/test_unfinished.py::'
               'test_clock_may_be_set',)),
    fault.Fault(
        name='the unit is the outermost one',
        file='daemon/process.py',
        old="for name in reversed(path.split('/')):",
        new="for name in path.split('/'):",
        tests=('tests/unit/test_process.py::test_unit_is_the_innermost',)),
    fault.Fault(
        name='without /proc there is no report',
        file='daemon/process.py',
        old='    except Exception:\n        # no /proc',
        new='    except ValueError:\n        # no /proc',
        tests=('tests/unit/test_process.py::'
               'test_unit_is_not_known_without_proc',)),
    # oslo.reports and cotyledon
    fault.Fault(
        name='a watched file gives a stock report as well',
        file=GMR,
        old='    global _silenced\n    _silenced = True\n',
        new='    global _silenced\n    _silenced = False\n',
        tests=(TRIGGERS + 'test_watched_file_gives_no_stock_report',)),
    fault.Fault(
        name='a file that is watched since an earlier setup_autorun gives a '
             'stock report',
        file=GMR,
        old='            silence()\n            return True\n',
        new='            return True\n',
        tests=(TRIGGERS + 'test_watched_file_gives_no_stock_report',)),
    fault.Fault(
        name='oslo.reports is silenced where its own signal comes',
        file=GMR,
        old='    if _silenced and frame is None:\n',
        new='    if _silenced:\n',
        tests=(TEST_GUEST + 'test_signal_of_ones_own_is_left_to_oslo_'
               'reports',)),
    fault.Fault(
        name='a signal that a service names itself is taken over',
        file=GMR,
        old="if kwargs.get('signum') or len(args) > 3:",
        new='if False:',
        tests=(TEST_GUEST + 'test_signal_of_ones_own_is_left_to_oslo_'
               'reports',)),
    fault.Fault(
        name='what fails in taking over from oslo.reports stops the service',
        file=GMR,
        old="""\
    except Exception:
        LOG.exception('Diagnostics cannot replace""",
        new="""\
    except KeyError:
        LOG.exception('Diagnostics cannot replace""",
        tests=(TEST_GUEST + 'test_oslo_reports_stays_in_charge_where_we_'
               'fail',)),
    fault.Fault(
        name='the configuration is not learned from prepare_service',
        file=GMR,
        old='        call(conf)\n',
        new='        pass\n',
        tests=(TEST_GUEST + 'test_prepare_service_may_call_itself',)),
    fault.Fault(
        name='an invalid option of oslo.reports stops the service',
        file=GMR,
        old="""\
    except Exception as error:
        LOG.error('[oslo_reports]""",
        new="""\
    except KeyError as error:
        LOG.error('[oslo_reports]""",
        tests=(TEST_GUEST + 'test_wrong_option_of_oslo_reports_stops_no_'
               'service',)),
    fault.Fault(
        name='files of processes overwrite each other',
        file=GMR,
        old="f'{service}_gurumeditation_{when}_{pid}')",
        new="f'{service}_gurumeditation_{when}')",
        tests=('tests/functional/test_delivery.py::'
               'test_without_a_journal_log_dir_gets_a_file_a_process',)),
    fault.Fault(
        name='what fails in a new worker stops its service',
        file='daemon/workers.py',
        old="""\
    except Exception:
        LOG.exception('Diagnostics cannot identify this""",
        new="""\
    except KeyError:
        LOG.exception('Diagnostics cannot identify this""",
        tests=(TEST_GUEST + 'test_worker_that_cannot_be_told_of_works',)),
    fault.Fault(
        name='what fails in the master stops its service',
        file='daemon/workers.py',
        old="""\
    except Exception:
        LOG.exception('Diagnostics cannot identify the""",
        new="""\
    except ZeroDivisionError:
        LOG.exception('Diagnostics cannot identify the""",
        tests=(TEST_GUEST + 'test_manager_that_cannot_be_followed_runs',)),
    fault.Fault(
        name='a library of another shape cannot be imported',
        file='daemon/interpose.py',
        old='        except Exception as error:\n',
        new='        except KeyError as error:\n',
        tests=(TEST_GUEST + 'test_library_of_another_shape_is_imported_as_'
               'ever',)),
    # options
    fault.Fault(
        name='an invalid value stops the service when it logs its options',
        file=OPTIONS,
        old='                conf.set_override(opt.name, opt.default, '
            'group=GROUP)\n',
        new='                pass\n',
        tests=(TEST_OPTIONS + 'test_wrong_value_is_logged_and_the_default_in_'
               'force',)),
    fault.Fault(
        name='not a number is a number',
        file=OPTIONS,
        old='            if value != value:\n',
        new='            if False:\n',
        tests=(TEST_OPTIONS + 'test_wrong_value_is_logged_and_the_default_in_'
               'force',)),
    fault.Fault(
        name='section_time_limit has no upper limit',
        file=OPTIONS,
        old="'section_time_limit', default=5.0, min=0.1, max=300.0,",
        new="'section_time_limit', default=5.0, min=0.1,",
        tests=(TEST_OPTIONS + 'test_wrong_value_is_logged_and_the_default_in_'
               'force',)),
    fault.Fault(
        name='any signal can be asked for',
        file=OPTIONS,
        old="SIGNALS = ('USR1', 'USR2')",
        new="SIGNALS = ('USR1', 'USR2', 'TERM')",
        tests=(TEST_OPTIONS + 'test_wrong_value_is_logged_and_the_default_in_'
               'force',)),
    fault.Fault(
        name='an option is read and forgotten',
        file=OPTIONS,
        old="section_seconds_max=values['section_time_limit'],",
        new="section_seconds_max=5.0,",
        tests=(TEST_OPTIONS + 'test_values_of_the_file_are_in_force',)),
    # the doors
    fault.Fault(
        name='another configuration replaces the first one',
        file='__init__.py',
        old='          and armed.daemon.conf is not conf):\n',
        new='          and armed.daemon.conf is None):\n',
        tests=(TRIGGERS + 'test_doors_say_what_is_wrong',)),
    fault.Fault(
        name='write_report() writes where reports are switched off',
        file='__init__.py',
        old='    if not reporter.enabled:\n',
        new='    if False:\n',
        tests=(TEST_REPORTER + 'test_report_switched_off_asks_nobody',)),
    fault.Fault(
        name='what uninstalls leaves oslo.reports to us',
        file='daemon/installation.py',
        old='    gmr.give_back()\n',
        new='',
        tests=(TRIGGERS + 'test_oslo_reports_is_in_charge_after_'
               'uninstall',)),
)
