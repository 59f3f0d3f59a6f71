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

"""The verb install-system, which touches only what is its own."""

from tests.faults import fault

_FOLDER = 'command/installing/'
_TESTS = 'tests/unit/test_command_install_system.py::'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='a file of somebody else is overwritten',
        file=_FOLDER + 'plan.py',
        old='elif before.is_as_written(name, there):',
        new='elif name not in before.files:',
        tests=(_TESTS + 'test_file_of_somebody_else_is_not_overwritten',)),
    fault.Fault(
        name='an upgrade overwrites what the administrator changed',
        file=_FOLDER + 'plan.py',
        old='elif before.is_as_written(name, there):',
        new='elif name in before.files:',
        tests=(_TESTS + 'test_upgrade_does_not_replace_what_was_changed',)),
    fault.Fault(
        name='what was changed since is removed',
        file=_FOLDER + 'plan.py',
        old='if before.is_as_written(name, content(at)):',
        new='if name in before.files:',
        tests=(_TESTS + 'test_uninstall_keeps_what_was_changed_since',)),
    fault.Fault(
        name='a file that was there already becomes ours',
        file=_FOLDER + 'changes.py',
        old='        if name in kept.files}, extras=list(extras))\n',
        new='        } | {name: [] for name in plan.unchanged},\n'
            '        extras=list(extras))\n',
        tests=(_TESTS + 'test_same_file_of_somebody_else_stays_theirs',)),
    fault.Fault(
        name='a unit that is enabled is removed',
        file=_FOLDER + 'plan.py',
        old='if linked := theirs.enabled(root, plan.removed):',
        new='if linked := theirs.enabled(root, []):',
        tests=(_TESTS + 'test_unit_that_is_enabled_is_not_removed',)),
    fault.Fault(
        name='an alias of our unit is taken for a unit of others',
        file=_FOLDER + 'theirs.py',
        old='if path not in known and _target(root, path) not in names]',
        new='if path not in known]',
        tests=(_TESTS + 'test_unit_that_is_enabled_is_not_removed',)),
    fault.Fault(
        name='what failed leaves files behind',
        file=_FOLDER + 'changes.py',
        old='        for temporary in self._staged.values():\n',
        new='        for temporary in ():\n',
        tests=(_TESTS + 'test_failure_leaves_all_as_it_was',)),
    fault.Fault(
        name='what failed is not taken back',
        file=_FOLDER + 'changes.py',
        old='                elif plans.content(at) != data:\n',
        new='                elif plans.content(at) is None:\n',
        tests=(_TESTS + 'test_failure_leaves_all_as_it_was',)),
    fault.Fault(
        name='who is interrupted cannot go on',
        file=_FOLDER + 'changes.py',
        old='name: [*kept.files.get(name, []), *digests]',
        new='name: kept.files.get(name, digests)',
        tests=(_TESTS + 'test_what_was_interrupted_can_be_done_again',)),
    fault.Fault(
        name='a rule for polkit is where old versions do not look',
        file=_FOLDER + 'extras.py',
        old='        return pathlib.PurePosixPath(extra.etc)\n',
        new='        return pathlib.PurePosixPath(prefix) / extra.usual\n',
        tests=(_TESTS + 'test_extra_is_where_its_program_looks',)),
    fault.Fault(
        name='an upgrade forgets what was asked for',
        file='command/install_system.py',
        old='*(before.extras if before else ())}',
        new='*()}',
        tests=(_TESTS + 'test_extras_stay_until_all_is_removed',)),
    fault.Fault(
        name='permissions are given unasked',
        file='command/install_system.py',
        old='tuple(name for name in extras.EXTRAS if name in asked)',
        new="tuple(name for name in extras.EXTRAS if name != 'sos')",
        tests=(_TESTS + 'test_nobody_gets_permissions_unasked',)),
    fault.Fault(
        name='a dry run installs',
        file='command/install_system.py',
        old='    if not given.dry_run:\n'
            '        changes.apply(root, plan, before, what,',
        new='    if given.root:\n'
            '        changes.apply(root, plan, before, what,',
        tests=(_TESTS + 'test_dry_run_changes_nothing',)),
    fault.Fault(
        name='units hide those of the distribution',
        file='command/install_system.py',
        old='if what == shipped.UNITS and (there :=',
        new='if not what and (there :=',
        tests=(_TESTS + 'test_units_are_not_installed_beside_others',)),
    fault.Fault(
        name='units are not looked for where packages have them',
        file=_FOLDER + 'places.py',
        old=" '/usr/lib/systemd/system',\n    '/lib",
        new="\n    '/lib",
        tests=(_TESTS + 'test_units_are_not_installed_beside_others',)),
    fault.Fault(
        name='a link leads out of the root',
        file=_FOLDER + 'inside_root.py',
        old='        elif left and at.is_symlink():\n',
        new='        elif left and at == root:\n',
        tests=(_TESTS + 'test_links_do_not_lead_out_of_the_root',)),
    fault.Fault(
        name='a unit of a virtual environment does not find its program',
        file=_FOLDER + 'shipped.py',
        old="        return found[1] + _word(path, '$')\n",
        new='        return found[0]\n',
        tests=(_TESTS + 'test_unit_starts_the_program_beside_the_'
               'interpreter',)),
    fault.Fault(
        name='what is installed is for root only',
        file=_FOLDER + 'changes.py',
        old='            os.fchmod(descriptor, _FILE_MODE)\n',
        new='',
        tests=(_TESTS + 'test_everyone_may_read_what_is_installed',)),
    fault.Fault(
        name='a unit hides the program that it starts',
        file='command/installing/shipped.py',
        old='    for above, closed, opened in _HIDDEN:\n',
        new='    for above, closed, opened in ():\n',
        tests=(_TESTS + 'test_unit_does_not_hide_its_own_program',)),
)
