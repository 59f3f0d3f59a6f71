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

"""What systemd is told of a service, and when."""

from tests.faults import fault

READINESS = 'daemon/readiness.py'
ERRORS = 'daemon/start_errors.py'
LOST = 'daemon/lost_signals.py'
TRANSPORT = 'daemon/broken_transport.py'
WORKERS = 'daemon/workers.py'
TESTS = 'tests/functional/test_readiness.py::'
_LOST = 'tests/unit/test_lost_signals.py::'
_READY = TESTS + 'test_service_is_ready_when_its_workers_are_up'
_SAMPLES = TESTS + 'test_status_tells_how_many_samples_were_polled'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='a service is ready before its workers are up',
        file=READINESS,
        old='            ready = up >= wanted or waited > READY_SECONDS_MAX\n',
        new='            ready = True\n',
        tests=(_READY,)),
    fault.Fault(
        name='a reload is forgotten that comes as the service gets ready',
        file=READINESS,
        old='        with self._lock:\n'
            '            self._since = time.monotonic()\n',
        new='        with contextlib.nullcontext():\n'
            '            self._since = time.monotonic()\n',
        tests=(TESTS + 'test_reload_that_comes_as_it_gets_ready_is_waited_'
               'for',)),
    fault.Fault(
        name='nobody looks at samples once the service is ready',
        file=READINESS,
        old='return STATUS_SECONDS if self._polls or self._served else None',
        new='return None',
        tests=(_SAMPLES,)),
    fault.Fault(
        name='the samples of one worker only are told',
        file=READINESS,
        old='sum(counts) if counts else None',
        new='max(counts) if counts else None',
        tests=(_SAMPLES,)),
    fault.Fault(
        name='a death is hidden by the number of samples',
        file=READINESS,
        old="            self._last_death = f'; {told}'\n",
        new='            pass\n',
        tests=(_SAMPLES,)),
    fault.Fault(
        name='workers of before a reload count',
        file=READINESS,
        old='run.began >= self._since and ',
        new='',
        tests=(TESTS + 'test_reload_ends_when_the_new_workers_are_up',)),
    fault.Fault(
        name='a worker that waits for a broker is not up',
        file=READINESS,
        old='or time.monotonic() - run.began > RUN_SECONDS))\n',
        new='))\n',
        tests=(TESTS + 'test_worker_that_waits_is_up',)),
    fault.Fault(
        name='who does not ask for it loses what cotyledon tells',
        file=READINESS,
        old="    return os.environ.get(VARIABLE) == '1'\n",
        new='    return True\n',
        tests=(TESTS + 'test_who_does_not_ask_gets_what_stock_sends',)),
    fault.Fault(
        name='a daemon without systemd is ended',
        file=READINESS,
        old='    if not is_wanted() or address is None:\n'
            '        return\n',
        new="    address = os.environ.setdefault(\n"
            "        sd_notify.SOCKET_VARIABLE, '/none')\n",
        tests=(TESTS + 'test_without_a_socket_nobody_is_told_or_ended',)),
    fault.Fault(
        name='what no restart can mend is tried again',
        file=ERRORS,
        old="    'PollingException', ",
        new='    ',
        tests=(TESTS + 'test_workers_that_cannot_run_end_the_start',)),
    fault.Fault(
        name='systemd is told passwords',
        file=ERRORS,
        old="redact.line(' '.join(text.split()))",
        new="' '.join(text.split())",
        tests=(TESTS + 'test_workers_that_cannot_run_end_the_start',)),
    fault.Fault(
        name='a transport that nobody has a driver for is started with',
        file=TRANSPORT,
        old='            if wrong is not None:\n',
        new='            if False:\n',
        tests=(TESTS + 'test_wrong_transport_ends_the_start_at_once',)),
    fault.Fault(
        name='a transport that is not used is refused',
        file=TRANSPORT,
        old="            else '[DEFAULT] transport_url'), special, own)\n",
        new="            else '[DEFAULT] transport_url'), None, own)\n",
        tests=(TESTS + 'test_transport_that_is_not_used_may_be_wrong',)),
    fault.Fault(
        name='a reload is not told of',
        file='daemon/installation.py',
        old='        readiness.master.reloads()\n',
        new='',
        tests=(_READY,)),
    fault.Fault(
        name='the end of a service is not told of',
        file=WORKERS,
        old='        if _on_stop is not None:\n            _on_stop()\n',
        new='        pass\n',
        tests=(_READY,)),
    fault.Fault(
        name='a wrong ceilometer.conf is tried again and again',
        file=READINESS,
        old='EXIT_CONFIGURATION if error in start_errors.PERMANENT else 1)',
        new='1)',
        tests=(TESTS + 'test_file_that_cannot_be_right_ends_the_start',)),
    fault.Fault(
        name='why a start fails says what stands in ceilometer.conf',
        file=ERRORS,
        old='    if error in OF_FILES:\n',
        new='    if False:\n',
        tests=(TESTS + 'test_file_that_cannot_be_right_ends_the_start',)),
    fault.Fault(
        name='workers that have lost a signal are not told again',
        file=READINESS,
        old='            self._repeated.repeat()\n',
        new='            pass\n',
        tests=(_LOST + 'test_reload_tells_them_again_where_signals_are_lost',)
    ),
    fault.Fault(
        name='workers are told again where no signal is lost',
        file=READINESS,
        old='if lost_signals.are_possible(manager) else None)',
        new='if True else None)',
        tests=(_LOST + 'test_reload_tells_them_again_where_signals_are_lost',)
    ),
    fault.Fault(
        name='workers are told again and again',
        file=LOST,
        old='        if self._count >= REPEATS_MAX or (\n',
        new='        if (\n',
        tests=(_LOST + 'test_workers_of_before_are_told_again',)),
    fault.Fault(
        name='workers are told again at once',
        file=LOST,
        old='seconds < REPEAT_SECONDS * (self._count + 1)):',
        new='seconds < 0):',
        tests=(_LOST + 'test_nobody_is_told_again_before_it_is_time',)),
    fault.Fault(
        name='who has the number of a worker is told to end',
        file=LOST,
        old='if sibling_page.started(pid) == started:',
        new='if sibling_page.started(pid):',
        tests=(_LOST
               + 'test_another_process_with_the_same_number_is_not_told',)),
    fault.Fault(
        name='any version of Python is taken to lose signals',
        file=LOST,
        old='sys.version_info[:2] == (3, 13) and',
        new='sys.version_info[:2] >= (3, 12) and',
        tests=(_LOST + 'test_where_signals_are_lost',)),
    fault.Fault(
        name='a worker of a server of forks is not replaced',
        file=READINESS,
        old='            self._manager._got_sig_chld.set()\n',
        new='            pass\n',
        tests=(TESTS + 'test_ends_of_workers_of_a_server_of_forks_are_looked_'
               'for',)),
)
