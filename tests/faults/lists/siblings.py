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

"""Faults in what processes of a service tell of one another."""

from tests.faults import fault

_TESTS = 'tests/functional/test_siblings.py::'
_STACKS = 'tests/unit/test_hang_stacks.py::'
_LOOK = 'tests/unit/test_sibling_look.py::'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='a held interpreter is never proven to be held',
        file='daemon/held_proof.py',
        old='    return (computing <= 1 and computing + standing > 0\n',
        new='    return (computing <= 1 and computing + standing > 99\n',
        tests=(_TESTS + 'test_held_interpreter',)),
    fault.Fault(
        name='who is stopped during its report is not told of',
        file='daemon/sibling_look.py',
        old='        if not asked.unasked and _stands_in_report(sibling):\n',
        new='        if not descriptor:\n',
        tests=('tests/functional/test_unfinished.py::'
               'test_process_that_is_stopped_during_its_report_is_told',)),
    fault.Fault(
        name='who is stopped before its report is begun is not told of',
        file='daemon/sibling_page.py',
        old='        return self.begun_nsec > self.answered_nsec\n',
        new='        return 0 < self.answered_nsec < self.begun_nsec\n',
        tests=(_TESTS
               + 'test_worker_that_is_stopped_as_it_takes_the_signal',)),
    fault.Fault(
        name='who is stopped as it takes the signal is not told of',
        file='daemon/sibling_look.py',
        old='or suspect.asked))\n',
        new='))\n',
        tests=(_TESTS
               + 'test_worker_that_is_stopped_as_it_takes_the_signal',)),
    fault.Fault(
        name='who was not asked is told of where others were',
        file='daemon/sibling_look.py',
        old='first.keys() <= away | begun_to_answer and _come_to_others(',
        new='_come_to_others(',
        tests=(_LOOK + 'test_who_is_stopped_was_asked_if_all_others_were',)),
    fault.Fault(
        name='who has answered is told of when it is stopped later',
        file='daemon/reporter.py',
        old='            self.siblings.answered(asked_nsec)\n',
        new='',
        tests=('tests/unit/test_reporter.py::'
               'test_other_processes_see_what_is_answered',)),
    fault.Fault(
        name='who waits for a processor is said to hold the interpreter',
        file='daemon/held_proof.py',
        old='COMPUTED_SECONDS_MIN = 0.1\n',
        new='COMPUTED_SECONDS_MIN = 0.0\n',
        tests=('tests/unit/test_held_proof.py::'
               'test_who_holds_has_not_given_it_up',)),
    fault.Fault(
        name='a hold that has ended is asked for its stacks',
        file='daemon/sibling_look.py',
        old='_waits(now)) and held_proof.goes_on(\n',
        new='_waits(now)) or held_proof.goes_on(\n',
        tests=('tests/unit/test_sibling_look.py::'
               'test_stacks_are_asked_for_only_while_the_hold_lasts',)),
    fault.Fault(
        name='who computes is asked for the stacks of all',
        file='daemon/hang_stacks.py',
        old='((sibling.waiter, SIGNAL) if computing is None\n',
        new='((sibling.waiter, SIGNAL) if computing\n',
        tests=(_STACKS + 'test_who_computes_writes_its_own_stack',)),
    fault.Fault(
        name='one thread writes the stacks of all where it may move',
        file='daemon/hang_stacks.py',
        old='            OWN_SIGNAL, _own, all_threads=False, chain=False)\n',
        new='            OWN_SIGNAL, _own, all_threads=True, chain=False)\n',
        tests=(_TESTS + 'test_interpreter_is_held_by_who_computes',)),
    fault.Fault(
        name='a signal that the daemon has a use for is sent to it',
        file='daemon/hang_stacks.py',
        old='if os.pread(descriptor, len(_READY), at) != _READY or not',
        new='if not',
        tests=(_STACKS + 'test_signal_of_the_daemon_is_left_alone',)),
    fault.Fault(
        name='who computes is never known',
        file='daemon/held_proof.py',
        old='            return native_id\n    return None\n',
        new='            return None\n    return None\n',
        tests=('tests/unit/test_held_proof.py::test_who_computes_is_known',)),
    fault.Fault(
        name='a process whose threads wait for a processor is asked',
        file='daemon/hang_stacks.py',
        old='        if computing is None and not let_run:\n',
        new='        if False and not let_run:\n',
        tests=(_STACKS + 'test_nobody_is_asked_who_may_have_moved_when_it_'
               'writes',)),
    fault.Fault(
        name='a wait for a processor is counted in all, not each time',
        file='daemon/held_proof.py',
        old='QUEUED_SECONDS_MAX * max(1, now.turns - then.turns))\n',
        new='QUEUED_SECONDS_MAX)\n',
        tests=('tests/unit/test_held_proof.py::'
               'test_who_waits_long_for_a_processor_is_not_let_run',)),
    fault.Fault(
        name='a wait that has ended goes unseen',
        file='daemon/held_proof.py',
        old='                latest.turns != then.turns\n',
        new='                latest.turns < then.turns\n',
        tests=('tests/unit/test_held_proof.py::'
               'test_hold_ends_where_another_thread_runs',)),
    fault.Fault(
        name='stacks of before are taken away where another one still writes',
        file='daemon/hang_stacks.py',
        old='            os.lseek(_own, _at, os.SEEK_SET)\n            shared',
        new='            shared',
        tests=(_TESTS + 'test_held_again_is_told_again',)),
    fault.Fault(
        name='the looks of a proof are taken for one another',
        file='daemon/sibling_look.py',
        old='        before, after = proof\n',
        new='        after, before = proof\n',
        tests=('tests/unit/test_sibling_look.py::'
               'test_stacks_are_asked_for_only_while_the_hold_lasts',)),
    fault.Fault(
        name='who has had the interpreter since a proof is not seen',
        file='daemon/held_proof.py',
        old='MOVED_SECONDS_MIN = 0.001\n',
        new='MOVED_SECONDS_MIN = 1.0\n',
        tests=('tests/unit/test_held_proof.py::'
               'test_hold_ends_where_another_thread_runs',)),
    fault.Fault(
        name='threads that come and go hold the interpreter',
        file='daemon/held_proof.py',
        old='    if now.total != after.total or now.threads.keys() != '
            'after.threads.keys():\n        return False\n',
        new='',
        tests=('tests/unit/test_held_proof.py::'
               'test_hold_ends_where_threads_come_and_go',)),
    fault.Fault(
        name='a thread that is about to run is said to stand',
        file='daemon/held_proof.py',
        old='                now.state != contents.RUNNING):\n',
        new='                now.state):\n',
        tests=('tests/unit/test_held_proof.py::'
               'test_who_holds_has_not_given_it_up',)),
    fault.Fault(
        name='a stopped process that was not asked is told of',
        file='daemon/sibling_look.py',
        old="    if asked and not int(told['ShdPnd'], 16) & _SIGNALS:\n",
        new="    if asked and int(told['ShdPnd'], 16) & _SIGNALS < 0:\n",
        tests=('tests/unit/test_sibling_look.py::'
               'test_stopped_is_who_was_asked_and_cannot_take_it',)),
    fault.Fault(
        name='each sibling tells of the same silence',
        file='daemon/sibling_look.py',
        old='                sibling_page.note_told(descriptor, sibling, '
            'began_nsec)\n',
        new='                pass\n',
        tests=(_TESTS + 'test_held_for_two_triggers_is_told_once',)),
    fault.Fault(
        name='what goes on while it is told of is never told of again',
        file='daemon/sibling_look.py',
        old='                sibling_page.note_told(descriptor, sibling, '
            'began_nsec)\n',
        new='                sibling_page.note_told(\n'
            '                    descriptor, sibling, time.monotonic_ns())\n',
        tests=('tests/unit/test_sibling_look.py::'
               'test_who_goes_on_while_it_is_told_of_can_be_told_anew',)),
    fault.Fault(
        name='stacks of an earlier hold are told again',
        file='daemon/hang_stacks.py',
        old='        if os.lseek(_own, 0, os.SEEK_CUR) != _at:\n',
        new='        if os.lseek(_own, 0, os.SEEK_CUR) < _at:\n',
        tests=(_TESTS + 'test_held_again_is_told_again',)),
    fault.Fault(
        name='that a process has begun is noted as told',
        file='daemon/sibling_page.py',
        old='_write(descriptor, place, _BEGUN_AT,',
        new='_write(descriptor, place, _TOLD_AT,',
        tests=('tests/unit/test_sibling_page.py',)),
    fault.Fault(
        name='stacks are taken away only in part',
        file='daemon/shared_places.py',
        old='    while at < end and any(',
        new='    if at < end and any(',
        tests=('tests/unit/test_shared_places.py',)),
    fault.Fault(
        name='what a container tells is taken for numbers of the host',
        file='command/answers.py',
        old='process.inner_pid or process.pid), -1))',
        new='process.pid), -1))',
        tests=('tests/unit/test_containers.py::'
               'test_told_of_is_by_the_numbers_of_who_tells',)),
    fault.Fault(
        name='nobody looks at a sibling that is stopped',
        file='daemon/sibling_look.py',
        old="    if told['State'].split()[0] in ('T', 't'):\n",
        new="    if told['State'].split()[0] in ('t',):\n",
        tests=(_TESTS + 'test_stopped_worker',)),
    fault.Fault(
        name='why there are no stacks of a held interpreter is not said',
        file='daemon/sibling_look.py',
        old='        data, problem, usec, os.getpid())\n',
        new='        data, None, usec, os.getpid())\n',
        tests=(_TESTS + 'test_hang_of_the_master_is_told_unasked',)),
    fault.Fault(
        name='a hang is told again and again',
        file='daemon/hang_watch.py',
        old='one.told_nsec < one.alive_nsec',
        new='one.told_nsec >= 0',
        tests=('tests/unit/test_hang_watch.py',)),
    fault.Fault(
        name='those that were all stopped call one another hanging',
        file='daemon/hang_watch.py',
        old='            self._moves_since_nsec = now\n',
        new='            pass\n',
        tests=('tests/unit/test_hang_watch.py',)),
    fault.Fault(
        name='a process that hangs is not told of if nobody asks',
        file='daemon/siblings.py',
        old='        sibling_page.note_alive(\n',
        new='        (lambda *_: None)(\n',
        tests=(_TESTS + 'test_hang_is_told_unasked',)),
    fault.Fault(
        name='forks do not say that they are alive',
        file='daemon/waiter.py',
        old='self.start(self._signals, self._watched, self._kept)',
        new='self.start(self._signals, self._watched)',
        tests=(_TESTS + 'test_hang_is_told_unasked',)),
    fault.Fault(
        name='a slow call in C is told of as a hold',
        file='daemon/sibling_look.py',
        old='            seconds < HELD_TOLD_SECONDS):\n',
        new='            seconds < 0):\n',
        tests=('tests/unit/test_sibling_look.py::test_hold_that_is_not_'
               'proven_waits_for_the_last_look',
               _TESTS + 'test_slow_call_is_no_hold')),
    fault.Fault(
        name='a hold is told of before it can be proven',
        file='daemon/sibling_look.py',
        old='elif not (stopped or held or last) and',
        new='elif not (stopped or held or seconds) and',
        tests=('tests/unit/test_sibling_look.py::test_hold_that_is_not_'
               'proven_waits_for_the_last_look',)),
    fault.Fault(
        name='a hold that nobody asked about is told before it can be proven',
        file='daemon/sibling_look.py',
        old='_UNPROVEN_TIMES = 5\n',
        new='_UNPROVEN_TIMES = 0\n',
        tests=('tests/unit/test_sibling_look.py::test_unasked_hold_that_is_'
               'not_proven_waits_longer',)),
    fault.Fault(
        name='a signal that Python makes up is answered',
        file='daemon/waiter.py',
        old='info.si_signo not in signals',
        new='info.si_signo in ()',
        tests=('tests/unit/test_waiter.py',)),
)
