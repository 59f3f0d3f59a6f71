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

"""What feeds the watchdog of a unit, and what does not."""

from tests.faults import fault

WATCHDOG = 'daemon/watchdog.py'
TIME = 'daemon/watchdog_time.py'
READINESS = 'daemon/readiness.py'
ARMING = 'daemon/arming.py'
HANG_WATCH = 'daemon/hang_watch.py'
_UNIT = 'tests/unit/test_watchdog.py::'
_REAL = 'tests/functional/test_watchdog.py::'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='the watchdog is fed whatever a worker does',
        file=WATCHDOG,
        old='            if late is None:\n',
        new='            if True:\n',
        tests=(_UNIT + 'test_worker_that_gives_no_sign_of_life',)),
    fault.Fault(
        name='a worker that nobody replaces is not missed by the watchdog',
        file=WATCHDOG,
        old='            if living < int(config.workers):\n',
        new='            if False:\n',
        tests=(_UNIT + 'test_worker_that_nobody_replaces',)),
    fault.Fault(
        name='a worker that hangs as it starts is not missed',
        file=WATCHDOG,
        old='return now if known is None else last, self._start_nsec\n',
        new='return now, self._start_nsec\n',
        tests=(_UNIT + 'test_worker_that_hangs_as_it_starts',)),
    fault.Fault(
        name='the watchdog ends who is stopped',
        file=WATCHDOG,
        old='                if now - last > limit and is_kept(pid):\n',
        new='                if False:\n',
        tests=(_UNIT + 'test_worker_that_cannot_move_counts_as_alive',)),
    fault.Fault(
        name='the watchdog ends those that were all stopped',
        file=WATCHDOG,
        old='                self._moves_since_nsec = now\n',
        new='                pass\n',
        tests=(_UNIT + 'test_who_was_stopped_itself_gives_the_others_time',)),
    fault.Fault(
        name='an error in the watchdog has systemd end the service',
        file=WATCHDOG,
        old='            self.late = None\n'
            '            sd_notify.send(self._address, OFF)\n',
        new='            self.late = None\n',
        tests=(_UNIT + 'test_error_of_its_own_ends_nothing',)),
    fault.Fault(
        name='nobody feeds the watchdog of a stopped master',
        file=HANG_WATCH,
        old='        if self._stand_in is not None:\n',
        new='        if False:\n',
        tests=(_REAL + 'test_process_that_is_stopped_counts_as_alive',)),
    fault.Fault(
        name='systemd waits for messages of diagnostics that are off',
        file=READINESS,
        old='    else:\n'
            '        watchdog.leave_off(address)\n',
        new='',
        tests=(_REAL + 'test_systemd_is_told_to_expect_nothing_where_nobody_'
               'feeds',)),
    fault.Fault(
        name='the watchdog starves during a reload',
        file=READINESS,
        old='        if self._watchdog is None or self._starts:\n',
        new='        if self._watchdog is None or not self._ready:\n',
        tests=(_REAL + 'test_reload_feeds_it_on',)),
    fault.Fault(
        name='a watchdog has no sign of life to look for',
        file=ARMING,
        old='hang_seconds = min(hang_seconds or found, found)\n',
        new='pass\n',
        tests=(_REAL + 'test_hang_is_told_before_it_ends_anything',)),
    fault.Fault(
        name='the watchdog of another process is taken',
        file=TIME,
        old="'WATCHDOG_PID', str(os.getpid())) == str(os.getpid()):\n",
        new="'WATCHDOG_PID', str(os.getpid())):\n",
        tests=(_REAL + 'test_unit_that_wants_none_gets_none',)),
    fault.Fault(
        name='any time is taken for a watchdog',
        file=TIME,
        old='    if not SECONDS_MIN <= seconds <= SECONDS_MAX:\n',
        new='    if seconds != seconds:\n',
        tests=(_REAL + 'test_invalid_time_is_named_and_harms_nothing',)),
    fault.Fault(
        name='check says nothing of a watchdog that nobody feeds',
        file='command/check.py',
        old="    if limit not in ('0', 'infinity') and not fed:\n",
        new='    if False:\n',
        tests=('tests/unit/test_command_check.py::'
               'test_watchdog_that_ends_what_is_well',)),
    fault.Fault(
        name='what another process has left is believed',
        file='daemon/process_record.py',
        old='(mark, whose) == (self._mark, pid)',
        new='mark == self._mark',
        tests=('tests/unit/test_process_record.py::'
               'test_place_of_another_process_says_nothing',)),
    fault.Fault(
        name='what is left goes into a file of the daemon',
        file='daemon/process_record.py',
        old='descriptor is not None and turn.is_ours(descriptor)',
        new='descriptor is not None',
        tests=('tests/unit/test_process_record.py::'
               'test_file_that_is_no_more_ours_is_left_alone',)),
    fault.Fault(
        name='a watchdog that is switched off is called invalid',
        file=TIME,
        old='    if seconds == 0:\n',
        new='    if False:\n',
        tests=(_REAL + 'test_unit_that_wants_none_gets_none',)),
)
