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

"""Faults in what is said to be unusual."""

from __future__ import annotations

from tests.faults import fault

FINDINGS = 'findings.py'
OF_SECTION = 'daemon/section_findings.py'
LOG_WATCH = 'daemon/log_watch.py'
RUNNING_OUT = 'daemon/running_out.py'
TESTS = 'tests/unit/test_findings.py::'
TEST_LOG = 'tests/unit/test_log_watch.py::'
TEST_RUNNING_OUT = 'tests/unit/test_running_out.py::'
TEST_WORKERS = 'tests/unit/test_workers.py::'
TEST_SECTION = 'tests/unit/test_section_findings.py::'

FAULTS = (
    fault.Fault(
        name='a crash in the garbage collector has no place',
        file='daemon/death_text.py',
        old="        if not line.startswith('  '):\n",
        new='        if True:\n',
        tests=('tests/unit/test_workers.py::'
               'test_crash_in_the_garbage_collector_has_its_place',)),
    fault.Fault(
        name='an error is the cause of any later death',
        file='daemon/death_text.py',
        old='died - words.time > CAUSE_SECONDS',
        new='False',
        tests=('tests/unit/test_workers.py',)),
    fault.Fault(
        name='an error is as old as a death',
        file='daemon/death_text.py',
        old='error(words, now, death.time)',
        new='error(words, death.time, now)',
        tests=('tests/unit/test_workers.py',)),
    fault.Fault(
        name='of missing workers the oldest error is told',
        file='daemon/sections/workers.py',
        old='newest = min(told',
        new='newest = max(told',
        tests=('tests/unit/test_workers.py',)),
    fault.Fault(
        name='what logs in a greenlet while it is logged is asked again',
        file='daemon/log_watch.py',
        old='        ident = threading.get_ident()\n        # the text',
        new='        ident = record.thread or 0\n        # the text',
        tests=('tests/unit/test_log_watch.py',)),
    fault.Fault(
        name='a cause absorbs nothing',
        file=FINDINGS,
        old="if one['kind'] in cause.absorbs or (",
        new='if (',
        tests=(TESTS + 'test_one_cause_absorbs_what_follows_from_it',)),
    fault.Fault(
        name='what goes through what is broken is a cause of its own',
        file=FINDINGS,
        old="and one['evidence'].get(THROUGH) in cause.breaks)), None)",
        new='and False)), None)',
        tests=(TESTS + 'test_one_cause_absorbs_what_follows_from_it',)),
    fault.Fault(
        name='a finding of others is taken for ours',
        file=FINDINGS,
        old="f'{FOREIGN_PREFIX}{kind}'[:KIND_CHARS_MAX]",
        new='kind[:KIND_CHARS_MAX]',
        tests=(TESTS + 'test_others_cannot_be_taken_for_ours',)),
    fault.Fault(
        name='findings that fail cost the section',
        file=OF_SECTION,
        old='    except Exception as error:\n        return [_failed(',
        new='    except ZeroDivisionError as error:\n        return [_failed(',
        tests=(TEST_SECTION + 'test_findings_that_fail_cost_nothing_else',)),
    fault.Fault(
        name='a secret in a finding of others is not masked',
        file=OF_SECTION,
        old='told[:findings.FINDINGS_MAX], limit_chars=_CHARS_MAX)):',
        new='[])) + escape.data(told[:findings.FINDINGS_MAX]):',
        tests=(TEST_SECTION + 'test_findings_of_others_have_no_secret_from_'
               'the_start',)),
    fault.Fault(
        name='kinds of findings are not in the index',
        file='journal_entries.py',
        old='if section.findings and not part:',
        new='if section.findings and part:',
        tests=(TEST_SECTION + 'test_findings_stand_first_and_in_the_index',)),
    fault.Fault(
        name='of several kinds of findings one is read',
        file='command/reports/stored.py',
        old='] = values(entry, fields.REPORT_FINDING)',
        new='] = values(entry, fields.REPORT_FINDING)[:1]',
        tests=('tests/functional/test_read_back.py::'
               'test_findings_are_in_the_index',)),
    fault.Fault(
        name='an exception that was logged is kept alive',
        file=LOG_WATCH,
        old='    known = _problems.pop(key, None)\n',
        new='    logged.__class__.kept = error\n'
            '    known = _problems.pop(key, None)\n',
        tests=(TEST_LOG + 'test_exception_is_remembered_by_class_and_text',)),
    fault.Fault(
        name='what a message is filled in with is remembered',
        file=LOG_WATCH,
        old='shorten.text(str(message), TEXT_CHARS_MAX)',
        new='shorten.text(record.getMessage(), TEXT_CHARS_MAX)',
        tests=(TEST_LOG + 'test_what_is_filled_in_is_not_remembered',)),
    fault.Fault(
        name='the watch grows with the log',
        file=LOG_WATCH,
        old='if len(_problems) >= PROBLEMS_MAX:',
        new='if not _problems and _problems:',
        tests=(TEST_LOG + 'test_memory_is_bounded',)),
    fault.Fault(
        name='what logs while it is logged is asked again',
        file=LOG_WATCH,
        old='if ident in self._inside:',
        new='if ident in ():',
        tests=(TEST_LOG + 'test_what_raises_or_logs_itself_harms_nobody',)),
    fault.Fault(
        name='a handler where there was none silences the daemon',
        file=LOG_WATCH,
        old='if _handler is not None and root.handlers and (',
        new='if _handler is not None and (',
        tests=(TEST_LOG + 'test_nothing_is_added_where_no_handler_is',)),
    fault.Fault(
        name='connections that only the peer has closed are no finding',
        file=RUNNING_OUT,
        old="        if (group['state'] == contents.CLOSE_WAIT\n",
        new="        if (group['state'] == contents.LISTEN\n",
        tests=(TEST_RUNNING_OUT + 'test_connections_that_are_not_closed',)),
    fault.Fault(
        name='no descriptor left is a warning',
        file=RUNNING_OUT,
        old='severity=findings.ERROR if used_up else None)',
        new='severity=None)',
        tests=(TEST_RUNNING_OUT + 'test_descriptors_near_their_limit',)),
    fault.Fault(
        name='cached files count as memory in use',
        file=RUNNING_OUT,
        old='_number(group.get(contents.MEMORY_ANON))',
        new="_number(group.get('memory.current'))",
        tests=(TEST_RUNNING_OUT + 'test_memory_near_the_limit_of_the_unit',)),
    fault.Fault(
        name='many threads stand in the standard library',
        file=RUNNING_OUT,
        old="              if not frame['file'].startswith(_LIBRARY)\n",
        new="              if not frame['file'].startswith('/nowhere')\n",
        tests=(TEST_RUNNING_OUT + 'test_many_threads',)),
    fault.Fault(
        name='children of others are forgotten by this process',
        file=RUNNING_OUT,
        old="             and process['parent'] == data['self']]\n",
        new="             ]\n",
        tests=(TEST_RUNNING_OUT + 'test_children_that_have_ended',)),
    fault.Fault(
        name='a replaced worker has died',
        file='daemon/worker_deaths.py',
        old='return self.code != 0 and not self.replaced',
        new='return self.code != 0',
        tests=(TEST_WORKERS + 'test_what_ended_as_it_was_told_is_nothing_'
               'unusual',)),
    fault.Fault(
        name='any death after a reload comes from it',
        file='daemon/worker_deaths.py',
        old='words.began < self.reloaded if words is not None',
        new='True if words is not None',
        tests=(TEST_WORKERS + 'test_what_ended_as_it_was_told_is_nothing_'
               'unusual',)),
    fault.Fault(
        name='a service that starts lacks workers',
        file='daemon/sections/workers.py',
        old="if missing and data['state'] == contents.RUNNING and not any(",
        new='if missing and not any(',
        tests=(TEST_WORKERS + 'test_missing_workers_are_unusual_only_once_it_'
               'runs',)),
    fault.Fault(
        name='the last error of a worker nobody has seen end is not told',
        file='daemon/sections/workers.py',
        old='                + _last_error(service)\n',
        new='',
        tests=(TEST_WORKERS
               + 'test_missing_worker_is_told_with_its_last_error',)),
    fault.Fault(
        name='the last error of a worker whose death is noted is told twice',
        file='daemon/sections/workers.py',
        old='        elif process.pid not in noted:\n',
        new='        else:\n',
        tests=(TEST_WORKERS
               + 'test_missing_worker_is_told_with_its_last_error',)),
    fault.Fault(
        name='a worker that a reload has not replaced is not told',
        file='daemon/sections/workers.py',
        old="                if worker['missed_reload']]\n",
        new="                if not worker['pid']]\n",
        tests=(TEST_WORKERS + 'test_worker_that_no_reload_has_replaced',)),
    fault.Fault(
        name='a worker may not finish what it does in a reload',
        file='daemon/sections/workers.py',
        old='        max(float(limit), SETTLE_SECONDS) + RESTART_SECONDS)\n',
        new='        SETTLE_SECONDS + RESTART_SECONDS)\n',
        tests=(TEST_WORKERS + 'test_worker_that_no_reload_has_replaced',)),
    fault.Fault(
        name='a clock that is set makes a worker late',
        file='daemon/sections/workers.py',
        old='            moment - watch.reloaded_boot)\n',
        new='            now - watch.reloaded)\n',
        tests=(TEST_WORKERS
               + 'test_clock_that_is_set_makes_no_worker_late',)),
    fault.Fault(
        name='a clock that is set makes a service start',
        file='daemon/worker_deaths.py',
        old='    return time.clock_gettime(time.CLOCK_BOOTTIME)\n',
        new='    return time.time()\n',
        tests=(TEST_WORKERS
               + 'test_clock_that_is_set_makes_no_service_start',)),
    fault.Fault(
        name='a clock that is set makes an error old',
        file='daemon/sections/recent_problems.py',
        old="round(max(now - last.moment, 0), 1)",
        new="round(max(time.time() - last.time, 0), 1)",
        tests=('tests/unit/test_log_watch.py::test_clock_that_is_set_makes_no_'
               'error_old',)),
    fault.Fault(
        name='a worker that nobody replaces is told like another',
        file='daemon/sections/workers.py',
        old="                   if data['replaces'] is False else ''),",
        new="                   if data['replaces'] is None else ''),",
        tests=(TEST_WORKERS + 'test_missing_worker_that_nobody_replaces',)),
    fault.Fault(
        name='a master that looks is said to replace nobody',
        file='daemon/sections/workers.py',
        old='return readiness.master is not None or not worker_deaths.are',
        new='return not worker_deaths.are',
        tests=(TEST_WORKERS + 'test_missing_worker_that_nobody_replaces',)),
    fault.Fault(
        name='to ask how workers start settles it',
        file='daemon/worker_deaths.py',
        old='get_start_method(allow_none=True)',
        new='get_start_method()',
        tests=(TEST_WORKERS + 'test_start_method_is_asked_and_not_settled',)),
    fault.Fault(
        name='last words go where the daemon writes',
        file='daemon/last_words.py',
        old='if _descriptor is None or not turn.is_ours(_descriptor):',
        new='if _descriptor is None:',
        tests=(TEST_WORKERS + 'test_last_words_go_nowhere_else',)),
    fault.Fault(
        name='last words of another are told',
        file='daemon/last_words.py',
        old='if mark != _MARK or whose != pid:',
        new='if mark != _MARK:',
        tests=(TEST_WORKERS + 'test_last_words_are_those_of_the_process',)),
    fault.Fault(
        name='the watch alone keeps standard error silent',
        file=LOG_WATCH,
        old='if last is not None and record.levelno >= last.level:',
        new='if last is None and record.levelno:',
        tests=(TEST_LOG + 'test_python_writes_what_it_has_no_other_handler_'
               'for',)),
    fault.Fault(
        name='the log of a worker that is no fork is not seen',
        file='daemon/installation.py',
        old='        log_watch.start_alone()\n',
        new='',
        tests=('tests/functional/test_start.py::'
               'test_worker_that_dies_is_known_to_its_master',)),
    fault.Fault(
        name='a text is cut within a secret',
        file='daemon/shorten.py',
        old='    if len(whole) <= chars_max or whole[chars_max].isspace():\n',
        new='    if True:\n',
        tests=('tests/unit/test_shorten.py::'
               'test_nothing_of_a_secret_is_left',)),
    fault.Fault(
        name='a long word is cut within a secret',
        file='daemon/shorten.py',
        old='        if kept[at] in _SIGNS:\n',
        new='        if False:\n',
        tests=('tests/unit/test_shorten.py::'
               'test_nothing_of_a_secret_is_left',)),
)
