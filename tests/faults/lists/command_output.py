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

"""How the command prints."""

from tests.faults import fault

_FUNCTIONAL = 'tests/functional/test_command.py::'
_COMMAND = 'tests/unit/test_command.py::'
_HOSTILE = 'tests/unit/test_command_hostile.py::'
_OUTPUT = 'tests/unit/test_command_output.py::'
_SELECTION = 'tests/unit/test_command_selection.py::'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='show prints the text of sections unescaped',
        file='command/output/report_text.py',
        old='    text = escape.text(part.text)',
        new='    text = part.text',
        tests=(_HOSTILE + 'test_hostile_text_is_shown_escaped',)),
    fault.Fault(
        name='show prints the titles of sections unescaped',
        file='command/output/report_text.py',
        old='    title = escape.line(part.title)',
        new='    title = part.title',
        tests=(_HOSTILE + 'test_hostile_text_is_shown_escaped',)),
    fault.Fault(
        name='show prints options unescaped',
        file='command/output/report_text.py',
        old="    return escape.line(f'{words}    ({where})' if where else "
            'words)',
        new="    return f'{words}    ({where})' if where else words",
        tests=(_HOSTILE + 'test_hostile_text_is_shown_escaped',)),
    fault.Fault(
        name='the names of processes are not escaped',
        file='command/output/report_text.py',
        old='        return escape.line(words)\n',
        new='        return words\n',
        tests=(_HOSTILE + 'test_hostile_text_is_shown_escaped',)),
    fault.Fault(
        name='the heading prints the trigger unescaped',
        file='command/output/report_text.py',
        old='escaped(header.trigger.describe())',
        new='header.trigger.describe()',
        tests=(_HOSTILE + 'test_hostile_text_is_shown_escaped',)),
    fault.Fault(
        name='the heading calls every report complete',
        file='command/output/report_text.py',
        old='    if not found.report.complete:\n',
        new='    if False:\n',
        tests=(_COMMAND + 'test_show_last_trusted',)),
    fault.Fault(
        name='the heading ignores --utc',
        file='command/output/report_text.py',
        old='times.show(found.time_usec, utc)',
        new='times.show(found.time_usec)',
        tests=(_SELECTION + 'test_times_are_local_unless_utc_is_wanted',)),
    fault.Fault(
        name='reports of several hosts look the same',
        file='command/output/report_text.py',
        old='        if several_hosts:',
        new='        if False:',
        tests=(_COMMAND + 'test_processes_are_told_apart',)),
    fault.Fault(
        name='nothing on the page is escaped',
        file='command/output/verdict_html.py',
        old='    return html.escape(escape.text(str(value)))',
        new='    return str(value)',
        tests=(_HOSTILE + 'test_hostile_text_is_shown_escaped',)),
    fault.Fault(
        name='markup of a report is markup of the page',
        file='command/output/verdict_html.py',
        old='    return html.escape(escape.text(str(value)))',
        new='    return escape.text(str(value))',
        tests=(_HOSTILE + 'test_hostile_text_is_shown_escaped',)),
    fault.Fault(
        name='findings on the page lead nowhere',
        file='command/output/verdict_html.py',
        old="sections.get(one.section or '')",
        new="sections.get('')",
        tests=('tests/unit/test_command_findings.py::'
               'test_page_begins_with_the_verdict',)),
    fault.Fault(
        name='nothing can be searched on the page',
        file='command/output/report_html.py',
        old='    parts.append(verdict_html.SEARCH)\n',
        new='',
        tests=(_FUNCTIONAL + 'test_page_in_a_browser',)),
    fault.Fault(
        name='the page may load from anywhere',
        file='command/output/report_html.py',
        old="default-src 'none'",
        new='default-src *',
        tests=(_COMMAND + 'test_export_text_json_html',)),
    fault.Fault(
        name='the page may not run its own script',
        file='command/output/report_html.py',
        old='sha256-{digest_of_script}',
        new='sha256-x',
        tests=(_FUNCTIONAL + 'test_page_in_a_browser',)),
    fault.Fault(
        name='the page repeats what processes have in common',
        file='command/output/report_html.py',
        old='rows.setdefault(key, [])',
        new='rows.setdefault((*key, name(found)), [])',
        tests=(_COMMAND + 'test_export_text_json_html',)),
    fault.Fault(
        name='the page does not mark what was changed',
        file='command/output/report_html.py',
        old="('changed', 'changed')",
        new="('', 'changed')",
        tests=(_COMMAND + 'test_page_marks_options',)),
    fault.Fault(
        name='the page ignores --utc',
        file='command/output/report_html.py',
        old='times.show(found.time_usec, utc)',
        new='times.show(found.time_usec)',
        tests=(_SELECTION + 'test_times_are_local_unless_utc_is_wanted',)),
    fault.Fault(
        name="root's pager starts a shell for who called sudo",
        file='command/output/destination.py',
        old="    secure = 'SUDO_UID' in os.environ",
        new='    secure = False',
        tests=(_OUTPUT + 'test_pager_of_root_for_another_starts_no_shell',)),
    fault.Fault(
        name='less is not told to start no shell',
        file='command/output/destination.py',
        old="        environment['LESSSECURE'] = '1'",
        new='        pass',
        tests=(_OUTPUT + 'test_pager_of_root_for_another_starts_no_shell',)),
    fault.Fault(
        name='who wants no colours gets colours',
        file='command/output/destination.py',
        old="not os.environ.get('NO_COLOR') and (",
        new='bool(os.environ) and (',
        tests=(_FUNCTIONAL + 'test_who_wants_no_colours_gets_none',)),
    fault.Fault(
        name='a pipe gets colours',
        file='command/output/destination.py',
        old='Style(terminal and _wants_colour())',
        new='Style(_wants_colour())',
        tests=(_FUNCTIONAL + 'test_plain_in_a_pipe_coloured_on_a_terminal',)),
    fault.Fault(
        name='half of what is printed is taken for all of it',
        file='command/output/destination.py',
        old='left = left[target.write(left):]',
        new='left = left[(target.write(left), len(left))[1]:]',
        tests=(_FUNCTIONAL + 'test_disk_that_gets_full',)),
    fault.Fault(
        name='complaints are not escaped',
        file='command/output/destination.py',
        old="characters.fitting(escape.line(text.replace('\\n', ' ')))",
        new='text',
        tests=(_HOSTILE + 'test_hostile_entries_do_not_drive_the_terminal',)),
    fault.Fault(
        name='numbers are not set to the right',
        file='command/output/tables.py',
        old="'r' if name in right else 'l'",
        new="'l'",
        tests=(_OUTPUT + 'test_table',)),
)
