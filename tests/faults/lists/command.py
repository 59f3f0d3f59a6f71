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

"""The command line, and the verbs that read reports."""

from tests.faults import fault

_FUNCTIONAL = 'tests/functional/test_command.py::'
_COMMAND = 'tests/unit/test_command.py::'
_ANONYMIZE = 'tests/unit/test_command_anonymize.py::'
_HOSTILE = 'tests/unit/test_command_hostile.py::'
_NEIGHBOURS = 'tests/unit/test_command_neighbours.py::'
_STREAMS = 'tests/functional/test_command_streams.py::'
_SELECTION = 'tests/unit/test_command_selection.py::'
_TIMES = 'tests/unit/test_command_times.py::'
_WRONG = 'tests/unit/test_command_wrong.py::'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='a wrong command line ends with 1',
        file='command/cli.py',
        old='        return 2\n',
        new='        return 1\n',
        tests=(_WRONG + 'test_wrong_invocation',)),
    fault.Fault(
        name='an interrupted command says that all went well',
        file='command/cli.py',
        old='        return _abandon(interruption.EXIT_CODE)\n',
        new='        return 0\n',
        tests=(_FUNCTIONAL + 'test_interrupted',)),
    fault.Fault(
        name='a full disk says that all went well',
        file='command/cli.py',
        old='        return _abandon(1)\n\n\ndef _abandon',
        new='        return _abandon(0)\n\n\ndef _abandon',
        tests=(_FUNCTIONAL + 'test_full_disk',)),
    fault.Fault(
        name='where no report is found the command says that all went well',
        file='command/cli.py',
        old='        destination.complain(str(error))\n        return 1\n',
        new='        destination.complain(str(error))\n        return 0\n',
        tests=(_COMMAND + 'test_empty_journal',)),
    fault.Fault(
        name='a pipe that nobody reads any more gives a traceback',
        file='command/__init__.py',
        old='signal.SIG_DFL',
        new='signal.SIG_IGN',
        tests=(_FUNCTIONAL + 'test_reader_of_a_pipe_that_ends',)),
    fault.Fault(
        name='none is taken for a number of reports',
        file='command/command_line.py',
        old='and int(text) > 0)',
        new='and int(text) >= 0)',
        tests=(_WRONG + 'test_wrong_invocation',)),
    fault.Fault(
        name='a verb that stands behind options is not found',
        file='command/cli.py',
        old='_, at = options_of_line.option_at(arguments, at, _find_option)',
        new='at += 1',
        tests=(_COMMAND + 'test_options_before_and_behind',)),
    fault.Fault(
        name='a value that begins with a hyphen is taken for an option',
        file='command/options_of_line.py',
        old='    elif following is None:',
        new="    elif following is None or following[:1] == '-':",
        tests=(_COMMAND + 'test_selection',)),
    fault.Fault(
        name='what is no UTF-8 in a match gives a traceback',
        file='command/reports/search.py',
        old='reader.add_match(os.fsencode(match))',
        new='reader.add_match(match)',
        tests=(_WRONG + 'test_wrong_invocation',)),
    fault.Fault(
        name='a closed standard output gives a traceback',
        file='command/output/streams.py',
        old='    if sys.stdout is None:',
        new='    if False:',
        tests=(_STREAMS + 'test_standard_output_is_closed',)),
    fault.Fault(
        name='a file takes the place of a closed stream',
        file='command/output/streams.py',
        old='                os.open(os.devnull, flags)',
        new='                pass',
        tests=(_STREAMS + 'test_standard_output_is_closed',)),
    fault.Fault(
        name='an interrupt that Python ignores is ignored',
        file='command/interruption.py',
        old='issubclass(what.exc_type, KeyboardInterrupt)',
        new='False',
        tests=(_STREAMS + 'test_interrupted_where_nobody_hears_of_it',)),
    fault.Fault(
        name='an interrupt while a class is made is an error',
        file='command/__init__.py',
        old='        if not isinstance(error.__cause__, KeyboardInterrupt):\n'
            '            raise\n',
        new='        raise\n',
        tests=(_STREAMS + 'test_interrupted_while_a_class_is_made',)),
    fault.Fault(
        name='an interrupt that is to be ignored is not',
        file='command/interruption.py',
        old='signal.getsignal(signal.SIGINT) is not signal.SIG_IGN',
        new='True',
        tests=(_STREAMS + 'test_ignored_interrupts_stay_ignored',)),
    fault.Fault(
        name='an interrupt discards what has been answered',
        file='command/trigger.py',
        old='        return _INTERRUPTED\n',
        new='        raise\n',
        tests=('tests/unit/test_command_trigger.py',)),
    fault.Fault(
        name='a locale without UTF-8 gets it nevertheless',
        file='command/output/characters.py',
        old='if text.isascii() or has_unicode():',
        new='if True:',
        tests=(_NEIGHBOURS + 'test_characters_are_those_of_the_locale',)),
    fault.Fault(
        name='show of a unit shows all its reports',
        file='command/show.py',
        old='latest=True',
        new='latest=False',
        tests=(_NEIGHBOURS + 'test_show_gives_the_last_answers',)),
    fault.Fault(
        name='a report id without a verb is refused',
        file='command/verbs.py',
        old="        return 'show'",
        new='        return None',
        tests=(_NEIGHBOURS + 'test_a_match_without_a_verb',)),
    fault.Fault(
        name='-u is ignored',
        file='command/selection.py',
        old='    units += map(unit_name, named)\n',
        new='',
        tests=(_NEIGHBOURS + 'test_show_gives_the_last_answers',)),
    fault.Fault(
        name='-F gives the values of all reports',
        file='command/reports/field_values.py',
        old='if sender in wanted and name in entry',
        new='if name in entry',
        tests=(_NEIGHBOURS + 'test_values_of_a_field',)),
    fault.Fault(
        name='diff of a unit compares the last two of all',
        file='command/diff.py',
        old='queries or [search.Query(trusted=True)]',
        new='[search.ALL]',
        tests=(_NEIGHBOURS + 'test_diff_of_two_units',)),
    fault.Fault(
        name='a boot that is none is taken for a unit',
        file='command/selection.py',
        old='        if word in given.match and',
        new='        if False and',
        tests=(_WRONG + 'test_wrong_invocation',)),
    fault.Fault(
        name='an option takes a match for the value that it may have',
        file='command/options_of_line.py',
        old='not action.apart.fullmatch(following)',
        new='False',
        tests=(_WRONG + 'test_wrong_invocation',)),
    fault.Fault(
        name='what was passed over is not said',
        file='command/selection.py',
        old='        if not given.quiet:\n',
        new='        if False:\n',
        tests=(_HOSTILE + 'test_what_is_passed_over_is_told',)),
    fault.Fault(
        name='there is no end to what is said of forged entries',
        file='command/selection.py',
        old='lines[:_PROBLEMS_MAX]',
        new='lines',
        tests=(_HOSTILE + 'test_hostile_entries_do_not_drive_the_terminal',)),
    fault.Fault(
        name='a forgery is shown as the last report',
        file='command/selection.py',
        old='        found = matching(given, journal, problems, trusted=True)',
        new='        found = matching(given, journal, problems)',
        tests=(_SELECTION + 'test_a_forgery_is_not_what_a_verb_picks',)),
    fault.Fault(
        name='earlier boots are counted from the wrong one',
        file='command/selection.py',
        old='len(known) - 1 + offset',
        new='len(known) - 2 + offset',
        tests=(_SELECTION + 'test_boots',)),
    fault.Fault(
        name='an offset from a boot id is ignored',
        file='command/selection.py',
        old='known.index(own) + offset',
        new='known.index(own)',
        tests=(_SELECTION + 'test_boots',)),
    fault.Fault(
        name='the oldest reports are taken for the newest',
        file='command/selection.py',
        old='found[-count:]',
        new='found[:count]',
        tests=(
            _COMMAND + 'test_selection',
            _COMMAND + 'test_list_json')),
    fault.Fault(
        name='what is shown is never newest first',
        file='command/selection.py',
        old='problems), given)\n        return picked[::-1]',
        new='problems), given)\n        return picked[::1]',
        tests=(_SELECTION + 'test_newest_first',)),
    fault.Fault(
        name='a time after the other is taken',
        file='command/selection.py',
        old='since > until',
        new='False',
        tests=(_WRONG + 'test_wrong_invocation',)),
    fault.Fault(
        name='list ignores --utc',
        file='command/list_reports.py',
        old='_table(groups, given.utc,',
        new='_table(groups, False,',
        tests=(_SELECTION + 'test_times_are_local_unless_utc_is_wanted',)),
    fault.Fault(
        name='list hides that there are several hosts',
        file='command/list_reports.py',
        old='if len(hosts) < 2:',
        new='if hosts:',
        tests=(_SELECTION + 'test_hosts_are_listed_where_there_are_several',)),
    fault.Fault(
        name='list does not mark a forgery',
        file='command/list_reports.py',
        old='    if not own.trusted:\n        unit',
        new='    if False:\n        unit',
        tests=(_COMMAND + 'test_list',)),
    fault.Fault(
        name='list does not say that a report is damaged',
        file='command/list_reports.py',
        old='    if found.problems:\n',
        new='    if False:\n',
        tests=(_SELECTION + 'test_damage_is_listed',)),
    fault.Fault(
        name='list does not say that a report is incomplete',
        file='command/list_reports.py',
        old='        notes.insert(0, f\'{" ".join(missing)} missing\')',
        new='        pass',
        tests=(_COMMAND + 'test_list',)),
    fault.Fault(
        name='list prints the name of a host unescaped',
        file='command/list_reports.py',
        old="escaped(own.hostname or '-')",
        new="own.hostname or '-'",
        tests=(_HOSTILE + 'test_hostile_text_is_shown_escaped',)),
    fault.Fault(
        name='show of sections as JSON gives all of them',
        file='command/show.py',
        old='if not names or part.name in names',
        new='if part.name',
        tests=(_SELECTION + 'test_section_of_several_reports_as_json',)),
    fault.Fault(
        name='show does not say what is wrong with the entries',
        file='command/show.py',
        old='list(found.problems)',
        new='[]',
        tests=(_HOSTILE + 'test_hostile_text_is_shown_escaped',)),
    fault.Fault(
        name='show compares with no report before',
        file='command/show.py',
        old='digest.digest(one, earlier.previous(journal, one),',
        new='digest.digest(one, None,',
        tests=(_COMMAND + 'test_show_stuck_threads',)),
    fault.Fault(
        name='the data of show compare with no report before',
        file='command/show.py',
        old='before = earlier.previous(journal, full)',
        new='before = None',
        tests=(_COMMAND
               + 'test_show_json_has_the_threads_that_have_not_moved',)),
    fault.Fault(
        name='an export in the format of the journal drives the terminal',
        file='command/export.py',
        old="if given.format == 'journal' and to_terminal:",
        new='if False:',
        tests=(_FUNCTIONAL + 'test_what_is_no_text_is_not_for_a_terminal',)),
    fault.Fault(
        name='an export of entries is not anonymous',
        file='command/export.py',
        old='        if changer is not None:\n',
        new='        if False:\n',
        tests=(
            _ANONYMIZE + 'test_fields_of_the_journal',
            _ANONYMIZE + 'test_who_is_named_is_not_named_any_more')),
    fault.Fault(
        name='an export leaves out the other processes',
        file='command/export.py',
        old='whole_group=True',
        new='whole_group=False',
        tests=(_SELECTION + 'test_who_answers_one_trigger_stands_together',)),
    fault.Fault(
        name='--since -2h means in two hours',
        file='command/times.py',
        old="-1 if words[0] == '-' else 1",
        new='1',
        tests=(_TIMES + 'test_parse',)),
    fault.Fault(
        name='a length of time has no smaller unit',
        file='command/times.py',
        old='words[:2]',
        new='words[:1]',
        tests=(_TIMES + 'test_show_span',)),
)
