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

"""How the command finds the verb, its options, and their values."""

from tests.faults import fault

_HELP = 'tests/unit/test_command_help.py::'
_SELECTION = 'tests/unit/test_command_selection.py'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='the value of an option is taken for the verb',
        file='command/options_of_line.py',
        old='following)], at + 2\n',
        new='following)], at + 1\n',
        tests=(_HELP + 'test_every_option_may_stand_before_the_verb',)),
    fault.Fault(
        name='a value behind flags in one word is taken for the verb',
        file='command/options_of_line.py',
        old='            if action is None or action.nargs != 0:\n',
        new='            if True:\n',
        tests=(_HELP + 'test_every_option_may_stand_before_the_verb',)),
    fault.Fault(
        name='an option of one verb is not known before the verb',
        file='command/cli.py',
        old='verbs.options().get(name)',
        new='None',
        tests=(_HELP + 'test_every_option_may_stand_before_the_verb',)),
    fault.Fault(
        name='options before the verb import all verbs',
        file='command/cli.py',
        old='return shared[name] if name in shared else verbs',
        new='return verbs',
        tests=(_HELP + 'test_shared_options_are_found_without_the_verbs',)),
    fault.Fault(
        name='a value that may be left out takes any word',
        file='command/options_of_line.py',
        old="""action.apart is None or (
                not action.apart.fullmatch(following)):""",
        new='action.apart is None:',
        tests=(_SELECTION, _HELP
               + 'test_every_option_may_stand_before_the_verb')),
    fault.Fault(
        name='the help does not say what follows a verb',
        file='command/cli.py',
        old='{f"{verb.name} {verb.words}":<23}',
        new='{verb.name:<23}',
        tests=(_HELP + 'test_help_has_every_verb',)),
    fault.Fault(
        name='a verb is left out of the help',
        file='command/cli.py',
        old='        for verb in verbs.VERBS))\n\n\n',
        new='        for verb in verbs.VERBS[1:]))\n\n\n',
        tests=(_HELP + 'test_help_has_every_verb',)),
)
