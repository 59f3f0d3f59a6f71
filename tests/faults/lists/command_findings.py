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

"""What the command says is unusual."""

from tests.faults import fault

_COMMAND = 'tests/unit/test_command.py::'
_COMPARE = 'tests/unit/test_command_compare.py::'
_DIGEST = 'tests/unit/test_command_digest.py::'
_GROWTH = 'tests/unit/test_growth.py::'
_SECTIONS = 'tests/unit/test_sections.py::'
_HOSTILE = 'tests/unit/test_command_hostile.py::'
_UNIT_LOG = 'tests/unit/test_unit_log.py::'
_WHY = 'tests/unit/test_command_why.py::'

_STEPS = ('tests/unit/test_command_many.py::'
          'test_what_one_report_holds_takes_linear_time')

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='anybody is believed that a unit has failed',
        file='command/findings/unit_failures.py',
        old="        f'UNIT={found.identity.unit}', '_PID=1',\n",
        new="        f'UNIT={found.identity.unit}',\n",
        tests=(_UNIT_LOG + 'test_only_systemd_is_believed',)),
    fault.Fault(
        name='why a unit failed is taken from another failure',
        file='command/findings/unit_failures.py',
        old='    for usec, told in sorted(reversed(_told(journal, found)),\n'
            '                             key=operator.itemgetter(0)):\n',
        new='    for usec, told in _told(journal, found):\n',
        tests=(_UNIT_LOG + 'test_unit_that_failed_is_told',)),
    fault.Fault(
        name='whoever names a unit is believed to log about it',
        file='command/findings/unit_log.py',
        old="    ('COREDUMP_UNIT', ('_UID=0',)),\n",
        new="    ('COREDUMP_UNIT', ()),\n",
        tests=(_UNIT_LOG + 'test_others_are_not_counted',)),
    fault.Fault(
        name='errors of a unit are shown unmasked',
        file='command/findings/unit_log.py',
        old='''    text = without_ids.text(masked.text(
        last.message.partition('\\n')[0]))
''',
        new='''    text = without_ids.text(last.message.partition('\\n')[0])
''',
        tests=(_UNIT_LOG + 'test_no_secret_is_shown',)),
    fault.Fault(
        name='errors of long ago are counted',
        file='command/reports/unit_lines.py',
        old=' >= found.time_usec - BEFORE_USEC):\n', new=' >= 0):\n',
        tests=(_UNIT_LOG + 'test_others_are_not_counted',)),
    fault.Fault(
        name='nobody is warned of what others wrote',
        file='command/findings/report_worth.py',
        old='    elif not found.identity.trusted:\n',
        new='    elif False:\n',
        tests=(_COMMAND + 'test_show_forgery',)),
    fault.Fault(
        name='the digest does not say that a report is incomplete',
        file='command/findings/report_worth.py',
        old='    if not found.report.complete:\n',
        new='    if False:\n',
        tests=(_COMMAND + 'test_show_last_trusted',)),
    fault.Fault(
        name='the digest does not say that a report is damaged',
        file='command/findings/report_worth.py',
        old='    for problem in found.problems:\n',
        new='    for problem in ():\n',
        tests=(_HOSTILE + 'test_damaged_report_is_shown',)),
    fault.Fault(
        name='an upgrade without a restart is not said',
        file='daemon/sections/package.py',
        old='    if not installed or installed == running:',
        new='    if True:',
        tests=(_SECTIONS + 'TestOthers::'
               'test_upgrade_without_a_restart_is_told',)),
    fault.Fault(
        name='what was lost in delivery is not said',
        file='daemon/sections/summary.py',
        old='    if delivery_problem:',
        new='    if False:',
        tests=(_SECTIONS + 'TestSummary::'
               'test_how_the_report_was_made_is_unusual',)),
    fault.Fault(
        name='a daemon that was held up is not said',
        file='daemon/sections/summary.py',
        old='    if snapshot_usec >= SNAPSHOT_USEC_LONG:',
        new='    if False:',
        tests=(_SECTIONS + 'TestSummary::'
               'test_how_the_report_was_made_is_unusual',)),
    fault.Fault(
        name='what the reader finds is put in no order',
        file='command/findings/digest.py',
        old='    told = findings.ordered([\n',
        new='    told = list([\n',
        tests=(_DIGEST + 'test_errors_stand_before_warnings',
               _DIGEST + 'test_one_cause_absorbs_what_the_reader_finds')),
    fault.Fault(
        name='the worst is told again of its process',
        file='command/output/report_text.py',
        old='for notice in given if notice.text not in above]',
        new='for notice in given]',
        tests=('tests/unit/test_command_findings.py::'
               'test_show_begins_with_the_verdict',)),
    fault.Fault(
        name='a trigger tells the worst twice',
        file='command/trigger_output.py',
        old='        above = come_to.told\n',
        new='        above = frozenset()\n',
        tests=('tests/unit/test_command_trigger.py::'
               'test_answers_are_compared_with_what_was_before',)),
    fault.Fault(
        name='what is swapped out on a healthy host is unusual',
        file='daemon/running_out.py',
        old='swapped > max(\n            used, SWAPPED_KIB_MANY):',
        new='swapped > 0:',
        tests=('tests/unit/test_running_out.py::'
               'test_memory_that_is_swapped_out',)),
    fault.Fault(
        name='a thread that stands for long is only odd',
        file='command/findings/digest.py',
        old='STILL_USEC_BAD = 30_000_000',
        new='STILL_USEC_BAD = 3_000_000_000',
        tests=(_DIGEST + 'test_a_thread_that_stands_for_long_is_wrong',)),
    fault.Fault(
        name='a wrong value of an option is not said',
        file='daemon/sections/configuration.py',
        old="for option in data['options'] if option['error']]",
        new="for option in ()]",
        tests=(_SECTIONS + 'TestConfiguration::'
               'test_invalid_value_costs_no_other',)),
    fault.Fault(
        name='data of another shape are not told',
        file='command/findings/report_worth.py',
        old='    for misfit in section_data.misfits(found.report):',
        new='    for misfit in ():',
        tests=(_DIGEST + 'test_data_of_another_shape',)),
    fault.Fault(
        name='the digest is not escaped',
        file='command/findings/digest.py',
        old='                  escape.line(findings.line(one)), one[',
        new='                  findings.line(one), one[',
        tests=(_HOSTILE + 'test_hostile_text_is_shown_escaped',)),
    fault.Fault(
        name='a thread that computes is idle',
        file='command/findings/stuck_threads.py',
        old='    if thread.state == contents.RUNNING:\n        return False\n',
        new='',
        tests=(_DIGEST + 'test_who_waits_for_messages_is_not_stuck',)),
    fault.Fault(
        name='who waits for messages is stuck',
        file='command/findings/stuck_threads.py',
        old='any(call in IDLE_CALLS for',
        new='any(call in () for',
        tests=(_DIGEST + 'test_who_waits_for_messages_is_not_stuck',)),
    fault.Fault(
        name='a thread that has moved stands still',
        file='command/findings/stuck_threads.py',
        old='if stacks.get(key) == standing[key].stack}',
        new='if key in stacks}',
        tests=(
            _COMPARE + 'test_longest_first',
            _COMMAND + 'test_stuck')),
    fault.Fault(
        name='who waits for a queue is stuck',
        file='command/findings/stuck_threads.py',
        old='contents.FOR_QUEUE, ',
        new='',
        tests=(_COMPARE + 'test_nothing_stands_still',)),
    # several reports
    fault.Fault(
        name='the verdict begins with what is least',
        file='command/findings/verdict.py',
        old='return Verdict(sorted(groups.values(), key=_rank), total)',
        new='return Verdict(\n'
            '            sorted(groups.values(), key=_rank)[::-1], total)',
        tests=('tests/unit/test_command_findings.py::'
               'test_show_begins_with_the_verdict',)),
    fault.Fault(
        name='what is over counts as what is',
        file='command/findings/kinds_found.py',
        old='    return newest is one\n',
        new='    return newest is not None\n',
        tests=('tests/unit/test_command_findings.py::'
               'test_findings_of_a_fleet',)),
    fault.Fault(
        name='findings counts what anybody has sent',
        file='command/list_findings.py',
        old='(given, journal, problems, trusted=True), given)',
        new='(given, journal, problems), given)',
        tests=('tests/unit/test_command_findings.py::'
               'test_findings_of_others_do_not_count',)),
    fault.Fault(
        name='a thread that computes stands still',
        file='command/findings/stuck_threads.py',
        old='RUNS_CPU_SECONDS = 0.5',
        new='RUNS_CPU_SECONDS = 5.0',
        tests=(_DIGEST + 'test_a_thread_that_computes_does_not_stand_still',
               )),
    fault.Fault(
        name='a pool that fills is called growth',
        file='command/findings/growth.py',
        old="    return threads['count'] - min(idle, IDLE_IN_POOLS_MAX)\n",
        new="    return threads['count']\n",
        tests=(_GROWTH + 'test_a_pool_that_fills_is_no_growth',)),
    fault.Fault(
        name='all that stands in a pool is called idle',
        file='command/findings/growth.py',
        old='        if not frame[\'file\'].endswith(_WAITING):\n',
        new='        if False:\n',
        tests=(_GROWTH + 'test_a_pool_that_fills_is_no_growth',)),
    fault.Fault(
        name='a daemon that starts leaks memory',
        file='command/findings/growth.py',
        old="            or old['armed_for_seconds'] < STARTED_SECONDS):\n",
        new='            ):\n',
        tests=(_GROWTH + 'test_a_daemon_that_starts_grows',)),
    fault.Fault(
        name='a leak of memory is not told',
        file='command/findings/growth.py',
        old='    if rate < MEMORY_KIB_A_MINUTE_MIN and '
            'last < _MEMORY_TIMES_MIN * first:\n',
        new='    if last < _MEMORY_TIMES_MIN * first:\n',
        tests=(_GROWTH + 'test_what_grows_is_told',)),
    fault.Fault(
        name='what the new descriptors are of is not told',
        file='command/findings/growth.py',
        old="    return f'{count} more are {name}' if count > 0 else ''\n",
        new="    return ''\n",
        tests=(_GROWTH + 'test_what_grows_is_told',)),
    fault.Fault(
        name='a section that failed is told twice',
        file='command/findings/report_worth.py',
        old='        if kind in known:\n',
        new='        if False:\n',
        tests=(_DIGEST + 'test_what_the_summary_tells_is_told_once',)),
    fault.Fault(
        name='samples flow although a broker is down',
        file='command/findings/sample_chain.py',
        old='        link.state = PARTLY if passes else END\n',
        new='        link.state = FLOW\n',
        tests=(_WHY + 'test_link_that_is_broken',)),
    fault.Fault(
        name='causes at later links are not told first',
        file='command/findings/sample_chain.py',
        old="            ranks.index(pair[1].finding['kind'])))\n",
        new='            0))\n',
        tests=(_WHY + 'test_one_broker_is_told_once',
               _WHY + 'test_meter_whose_pollster_fails_before_a_publisher',
               _WHY + 'test_link_that_is_broken')),
    fault.Fault(
        name='what is sent and not taken is no fault',
        file='command/findings/sample_chain.py',
        old='    if _behind(taken, sent - slack):\n',
        new='    if False:\n',
        tests=(_WHY + 'test_what_neither_daemon_knows',)),
    fault.Fault(
        name='what has just been sent must have been taken',
        file='command/findings/sample_chain.py',
        old='max(times) - sent < slack or (',
        new='(',
        tests=(_WHY + 'test_what_has_just_been_sent_may_not_be_taken_yet',)),
    fault.Fault(
        name='a unit that may be gone counts',
        file='command/findings/daemons.py',
        old='        if newest_usec - one.time_usec >',
        new='        if 0 >',
        tests=(_WHY + 'test_reports_that_are_old_or_incomplete',)),
    fault.Fault(
        name='reports before the last trigger count',
        file='command/findings/daemons.py',
        old='        groups[own.machine_id, own.foreign, own.unit] = group\n',
        new='        groups.setdefault((own.machine_id, own.unit), group)\n',
        tests=(_WHY + 'test_only_the_last_trigger_counts',)),
    fault.Fault(
        name='a meter follows from the trouble of other pollsters',
        file='command/findings/meter_path.py',
        old="                        if cause.finding['kind'] not in "
        "_OF_POLLSTERS]\n",
        new='                        ]\n',
        tests=(_WHY + 'test_meter_and_its_pollster',)),
    fault.Fault(
        name='what a pattern leaves out is taken',
        file='command/findings/meter_path.py',
        old='        return False\n    wanted =',
        new='        return True\n    wanted =',
        tests=(_WHY + 'test_patterns_are_those_of_ceilometer',)),
    fault.Fault(
        name='a retry loop is progress',
        file='command/findings/stuck_threads.py',
        old='            return piece, True\n',
        new='            return piece, False\n',
        tests=('tests/unit/test_progress.py::test_retries_are_no_progress',)),
    fault.Fault(
        name='who sleeps below a pollster is idle',
        file='command/findings/stuck_threads.py',
        old='    if _works(thread):\n        return False\n',
        new='',
        tests=('tests/unit/test_progress.py::'
               'test_nothing_below_a_piece_of_work_is_idle',)),
    fault.Fault(
        name='another piece of work is no progress',
        file='command/findings/stuck_threads.py',
        old='        began = piece is None and _works(thread)\n',
        new='        began = False\n',
        tests=('tests/unit/test_progress.py::'
               'test_another_piece_of_work_is_progress',)),
    fault.Fault(
        name='who loops over short sleeps is stuck',
        file='command/findings/stuck_threads.py',
        old='RUNS_SWITCHES_MIN = 3',
        new='RUNS_SWITCHES_MIN = 3_000_000',
        tests=('tests/unit/test_progress.py::'
               'test_who_gets_a_processor_does_not_stand_still',)),
    fault.Fault(
        name='who is not counted never loops',
        file='command/findings/stuck_threads.py',
        old='RUNS_UNCOUNTED_SECONDS = 0.0002',
        new='RUNS_UNCOUNTED_SECONDS = 0.5',
        tests=('tests/unit/test_progress.py::'
               'test_who_is_not_counted_stands_still_without_processor_time',
               )),
    fault.Fault(
        name='where nobody is counted, one loops for little processor time',
        file='command/findings/stuck_threads.py',
        old='    if before.switches is None and after.switches is not None:\n',
        new='    if before.switches is None:\n',
        tests=('tests/unit/test_progress.py::'
               'test_who_is_not_counted_stands_still_without_processor_time',
               )),
    fault.Fault(
        name='who is counted loops for little processor time',
        file='command/findings/stuck_threads.py',
        old='    if before.switches is None and after.switches is not None:\n',
        new='    if after.switches is not None:\n',
        tests=('tests/unit/test_progress.py::'
               'test_who_is_not_counted_stands_still_without_processor_time',
               )),
    fault.Fault(
        name='who waits for a stuck thread is a cause',
        file='command/findings/stuck_threads.py',
        old='for key, one in found.items() if roots[key] == key]',
        new='for key, one in found.items()]',
        tests=('tests/unit/test_progress.py::'
               'test_who_waits_for_another_is_named_with_it',)),
    fault.Fault(
        name='each of many causes is asked what it absorbs',
        file='findings.py',
        old="                one['kind'] not in known):\n",
        new="                one['kind']):\n",
        tests=(_STEPS,)),
    fault.Fault(
        name='the way of each thread that waits is gone anew',
        file='command/findings/stuck_threads.py',
        old=' and at not in way and at not in roots:\n',
        new=' and at not in way:\n',
        tests=(_STEPS,)),
    fault.Fault(
        name='processes with a cause are compared with one another',
        file='command/findings/sample_chain.py',
        old='            if (id(known), id(process)) not in having:\n',
        new='            if process not in known.processes:\n',
        tests=(_STEPS,)),
    fault.Fault(
        name='each kind is looked for in all reports of a page',
        file='command/output/verdict_html.py',
        old='            for index in sorted({places[id(one)] for one in '
            'group.processes}))\n',
        new='            for index in range(len(reports)) if index in {\n'
            '                places[id(one)] for one in group.processes})\n',
        tests=(_STEPS,)),
    fault.Fault(
        name='a report is read for each of its kinds',
        file='command/list_findings.py',
        old='groups.setdefault(id(one), (one, []))',
        new='groups.setdefault(id(kind), (one, []))',
        tests=('tests/unit/test_command_findings.py::'
               'test_findings_read_the_newest_report_of_each_kind',)),
)
