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


"""What --anonymize replaces."""

from tests.faults import fault

_ANONYMIZE = 'tests/unit/test_command_anonymize.py::'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='mail addresses stay',
        file='command/anonymize.py',
        old='        text = _MAIL.sub(lambda',
        new='        _MAIL.sub(lambda',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='hardware addresses stay',
        file='command/anonymize.py',
        old='        text = _MAC.sub(lambda',
        new='        _MAC.sub(lambda',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='IPv6 addresses stay',
        file='command/anonymize.py',
        old='        text = _IPV6.sub(',
        new='        _IPV6.sub(',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='IPv4 addresses stay',
        file='command/anonymize.py',
        old='        text = _IPV4.sub(',
        new='        _IPV4.sub(',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='ids of projects and machines stay',
        file='command/anonymize.py',
        old='        text = _ID.sub(',
        new='        _ID.sub(',
        tests=(
            _ANONYMIZE + 'test_who_is_named_is_not_named_any_more',
            _ANONYMIZE + 'test_fields_of_the_journal')),
    fault.Fault(
        name='names of hosts stay',
        file='command/anonymize.py',
        old='            text = self._hosts.sub(lambda',
        new='            self._hosts.sub(lambda',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='names of users stay',
        file='command/anonymize.py',
        old='            text = self._users.sub(lambda',
        new='            self._users.sub(lambda',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='hosts stay that only a URL names',
        file='command/anonymize.py',
        old='                hosts[host] = None\n',
        new='                pass\n',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='hosts of a known domain stay',
        file='command/anonymize.py',
        old="            if '.' in domain:\n",
        new='            if False:\n',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='hosts stay that an option lists',
        file='command/anonymize.py',
        old='for value in values if isinstance(values, list) else [values]:\n'
            '            if',
        new='for value in [values]:\n            if',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='users stay that a directory names',
        file='command/anonymize.py',
        old='        yield from _HOME.findall(text)\n',
        new="        yield ''\n",
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='users of processes stay',
        file='command/anonymize.py',
        old="        if process['user'] is not None:\n",
        new='        if False:\n',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='the keys of data stay',
        file='command/anonymize.py',
        old='{self.text(key): self.data(value)',
        new='{key: self.data(value)',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='titles of sections stay',
        file='command/anonymize.py',
        old='title=self.text(part.title)',
        new='title=part.title',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='the name that the journal has of the host stays',
        file='command/anonymize.py',
        old='hostname=replaced(own.hostname)',
        new='hostname=own.hostname',
        tests=(_ANONYMIZE + 'test_fields_of_the_journal',)),
    fault.Fault(
        name='fields of the journal stay in exported entries',
        file='command/anonymize.py',
        old='{name: self._field(value)\n',
        new='{name: value\n',
        tests=(_ANONYMIZE + 'test_fields_of_the_journal',)),
    fault.Fault(
        name='the id of the report is replaced',
        file='command/anonymize.py',
        old='            self._kept_ids.add(found.id)\n',
        new='            pass\n',
        tests=(_ANONYMIZE + 'test_fields_of_the_journal',)),
    fault.Fault(
        name='two addresses become one',
        file='command/anonymize.py',
        old='self._counts.get(kind, 0) + 1',
        new='1',
        tests=(
            _ANONYMIZE + 'test_what_names_nobody_stays',
            _ANONYMIZE + 'test_who_is_named_is_not_named_any_more')),
    fault.Fault(
        name='loopback addresses are replaced',
        file='command/anonymize.py',
        old='address.is_loopback or address.is_unspecified',
        new='address.is_unspecified',
        tests=(_ANONYMIZE + 'test_what_names_nobody_stays',)),
)
