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

"""Faults in which units and containers are believed, and which are asked."""

from __future__ import annotations

from tests.faults import fault

_CONTAINERS = 'tests/unit/test_containers.py::'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='the administrator names containers in vain',
        file='command/reports/unit_patterns.py',
        old='for pattern in (*CONTAINERS, *_added()[1]))',
        new='for pattern in CONTAINERS)',
        tests=(_CONTAINERS + 'test_administrator_adds_patterns',)),
    fault.Fault(
        name='a line that names nothing is passed over',
        file='command/reports/unit_patterns.py',
        old='                raise source.JournalError(\n'
            "                    f'{path}:{number}",
        new='                print(\n'
            "                    f'{path}:{number}",
        tests=(_CONTAINERS + 'test_invalid_line_is_named',)),
    fault.Fault(
        name='root in a container speaks for all processes',
        file='command/reports/sender.py',
        old='        and not _is_in_container(entry))\n',
        new='        )\n',
        tests=(_CONTAINERS + 'test_root_in_a_container_is_not_root',)),
    fault.Fault(
        name='a container of any name is believed',
        file='command/reports/containers.py',
        old=' and unit_patterns.is_container(\n        container.name)\n',
        new='\n',
        tests=(_CONTAINERS
               + 'test_containers_of_ceilometer_are_believed',)),
    fault.Fault(
        name='an engine may answer anything',
        file='command/reports/engines.py',
        old='map(_LINE.fullmatch, ',
        new='map(_LINE.search, ',
        tests=(_CONTAINERS + 'test_engine_that_does_not_tell',)),
    fault.Fault(
        name='an engine of another machine is asked',
        file='command/reports/engines.py',
        old='if name not in _ELSEWHERE}',
        new='if name}',
        tests=(_CONTAINERS + 'test_engine_is_asked_of_this_machine',)),
    fault.Fault(
        name='what a hanging engine has started lives on',
        file='command/reports/engines.py',
        old='os.killpg(process.pid, signal.SIGKILL)',
        new='process.kill()',
        tests=(_CONTAINERS + 'test_engine_that_hangs',)),
    fault.Fault(
        name='what starts the daemon of a container is signalled',
        file='command/system.py',
        old='return self.daemons if self.contained else self.processes',
        new='return self.processes',
        tests=(_CONTAINERS + 'test_container_is_asked_in_its_scope',)),
    fault.Fault(
        name='conmon is asked for reports',
        file='command/asked_units.py',
        old='process.name in _STARTERS\n',
        new='process.name in ()\n',
        tests=(_CONTAINERS + 'test_container_is_asked_in_its_scope',)),
    fault.Fault(
        name='who is in a container names it in the journal',
        file='command/reports/container_records.py',
        old=" and group.endswith(f'/{unit}'))",
        new=')',
        tests=(_CONTAINERS
               + 'test_journal_tells_of_containers_that_are_gone',)),
    fault.Fault(
        name='anybody hides containers behind others',
        file='command/reports/container_records.py',
        old='            if _has_root_named(reader, unit)))\n'
            '    return list(senders | named)\n',
        new='            ))\n    return list(named | senders)\n',
        tests=(_CONTAINERS
               + 'test_others_do_not_hide_who_tells_of_a_container',)),
    fault.Fault(
        name='root in a container hides who tells of another',
        file='command/reports/container_records.py',
        old="for match in (f'_SYSTEMD_UNIT={_conmon(identity)}', None):",
        new='for match in (None,):',
        tests=(_CONTAINERS
               + 'test_others_do_not_hide_who_tells_of_a_container',)),
    fault.Fault(
        name='one machine names the containers of another',
        file='command/reports/sender.py',
        old='containers.is_of_ceilometer(self.unit, self.machine_id))',
        new='containers.is_of_ceilometer(self.unit))',
        tests=(_CONTAINERS + 'test_other_machines_do_not_tell',)),
    fault.Fault(
        name='a container in the unit that starts it is not found',
        file='command/asked_units.py',
        old=' + _holding(\n        *words, *(name for scope, name in '
            'known.items()\n                  if scope not in scopes))\n',
        new='\n',
        tests=(_CONTAINERS
               + 'test_container_is_asked_in_the_unit_that_holds_it',)),
    fault.Fault(
        name='a unit that only starts a container is taken for it',
        file='command/asked_units.py',
        old='        if unit.contained]\n\n\ndef _without',
        new='        ]\n\n\ndef _without',
        tests=(_CONTAINERS + 'test_container_is_asked_in_its_scope',
               _CONTAINERS
               + 'test_container_is_asked_in_the_unit_that_holds_it')),
    fault.Fault(
        name='the name of a container finds nothing of its unit',
        file='command/reports/containers.py',
        old='for name in (wanted, *starters(wanted))):',
        new='for name in (wanted,)):',
        tests=(_CONTAINERS
               + 'test_name_stands_for_the_unit_that_holds_it',)),
    fault.Fault(
        name='scopes of other engines do not run',
        file='command/system.py',
        old="    if name.endswith('.scope'):\n        return group\n",
        new='    if containers.id_of(name) is not None:\n'
            '        return group\n',
        tests=(_CONTAINERS
               + 'test_scopes_that_the_administrator_names_are_asked',)),
    fault.Fault(
        name='one pod of others keeps Ceilometer from being asked',
        file='command/asked_units.py',
        old="            if unit.daemons or not unit.name.endswith('.scope')\n"
            '            or containers.of_unit(unit.name) is not None] '
            'or units\n',
        new='            ]\n',
        tests=(_CONTAINERS
               + 'test_scopes_that_the_administrator_names_are_asked',)),
)
