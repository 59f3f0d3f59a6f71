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
_CORPUS = 'tests/unit/test_command_anonymize_corpus.py::'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='mail addresses stay',
        file='command/anonymize/mails.py',
        old='return _MAIL.sub(self._placeholder, text) if any(',
        new='return text if any(',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='hardware addresses stay',
        file='command/anonymize/hardware_addresses.py',
        old='        text = _PAIRS.sub(self._pairs, text)\n',
        new='',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='names in a directory stay',
        file='command/anonymize/anonymizer.py',
        old='        text = self._directory.text(text)\n',
        new='',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='names of arguments are taken for those in a directory',
        file='command/anonymize/directory_names.py',
        old=" + rf'(?={_SURE})',",
        new=" + rf'(?={_FOLLOWING})',",
        tests=(_CORPUS + 'test_survivors',)),
    fault.Fault(
        name='names of storage stay',
        file='command/anonymize/anonymizer.py',
        old='        text = self._storage.text(text)\n',
        new='',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='any sixteen digits are a name of storage',
        file='command/anonymize/storage_names.py',
        old="if match['kind'] is None and match['digits'].isdigit():",
        new='if False:',
        tests=(_CORPUS + 'test_survivors',)),
    fault.Fault(
        name='the id of a pod stays',
        file='command/anonymize/ids.py',
        old='|(?<=pod)|',
        new='|',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='a name behind an escape of a URL stays',
        file='command/anonymize/names.py',
        old='|%[0-9a-fA-F]{2}|',
        new='|%2[deDE0]|',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='bare hardware addresses stay',
        file='command/anonymize/hardware_addresses.py',
        old='        text = _BARE.sub(self._bare, text)\n',
        new='',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='hardware addresses in names of interfaces stay',
        file='command/anonymize/hardware_addresses.py',
        old='return _GLUED.sub(self._glued, text)',
        new='return text',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='interfaces that udev calls by an address keep it',
        file='command/anonymize/hardware_addresses.py',
        old="if match['udev'] or digits in self._known or (",
        new='if digits in self._known or (',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='keys of our own sections are no words',
        file='command/anonymize/vocabulary.py',
        old='            for key in kind.__annotations__:\n',
        new='            for key in ():\n',
        tests=(_CORPUS + 'test_host_called_like_a_key_of_a_section',)),
    fault.Fault(
        name='IPv6 addresses stay',
        file='command/anonymize/ip_addresses.py',
        old='text = _V6.sub(self._six, text)',
        new='pass',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='IPv4 addresses stay',
        file='command/anonymize/ip_addresses.py',
        old='return _V4.sub(self._four, text)',
        new='return text',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='addresses in names stay',
        file='command/anonymize/ip_addresses.py',
        old='text = _V4_IN_NAME.sub(self._in_name, text)',
        new='pass',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='versions are taken for addresses',
        file='command/anonymize/ip_addresses.py',
        old='match[0] in self._versions or (',
        new='False or (',
        tests=(_CORPUS + 'test_survivors',)),
    fault.Fault(
        name='what is written as a version is taken for an address',
        file='command/anonymize/ip_addresses.py',
        old='not address.is_private and _is_version(match)',
        new='False',
        tests=(_CORPUS + 'test_survivors',)),
    fault.Fault(
        name='data of versions are taken for addresses',
        file='command/anonymize/anonymizer.py',
        old='versions or key in _VERSIONS',
        new='versions',
        tests=(_CORPUS + 'test_keys_groups_and_versions_stay',)),
    fault.Fault(
        name='ids of projects and machines stay',
        file='command/anonymize/ids.py',
        old='text = _ID.sub(self._placeholder, text)',
        new='pass',
        tests=(
            _ANONYMIZE + 'test_who_is_named_is_not_named_any_more',
            _ANONYMIZE + 'test_fields_of_the_journal')),
    fault.Fault(
        name='short ids of containers stay',
        file='command/anonymize/ids.py',
        old='            text = _SHORT.sub(self._short, text)\n',
        new='            pass\n',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='names of hosts stay',
        file='command/anonymize/told_names.py',
        old="        yield 'host', found.identity.hostname\n",
        new='        pass\n',
        tests=(_ANONYMIZE + 'test_fields_of_the_journal',)),
    fault.Fault(
        name='hosts stay that only a URL names',
        file='command/anonymize/told_names.py',
        old="                yield 'host', host\n",
        new='                pass\n',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='hosts of a known domain stay',
        file='command/anonymize/names.py',
        old='        if not self._domains:\n',
        new='        if True:\n',
        tests=(_CORPUS + 'test_what_is_below_a_domain_is_a_host',)),
    fault.Fault(
        name='domains of mail addresses stay',
        file='command/anonymize/told_names.py',
        old="            yield 'dns', domain\n",
        new='            pass\n',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='hosts stay that an option lists',
        file='command/anonymize/told_names.py',
        old='for item in value if isinstance(value, list) else [value]:',
        new='for item in [value]:',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='users stay that a directory names',
        file='command/anonymize/reached_names.py',
        old="    r'/(?:home|Users)/",
        new="    r'/(?:no)/",
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='users of processes stay',
        file='command/anonymize/said_names.py',
        old='(?:user|username|user_name|userid|user_id)',
        new='(?:username|user_name|userid|user_id)',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='names of projects stay',
        file='command/anonymize/said_names.py',
        old="    'project': re.compile(r'(?:^|[_-])(?:project|tenant)",
        new="    'project': re.compile(r'(?:^|[_-])(?:nothing)",
        tests=(_CORPUS + 'test_names_that_keys_of_data_tell',)),
    fault.Fault(
        name='a host called like a word costs all words',
        file='command/anonymize/names.py',
        old='name not in self._ordinary',
        new='True',
        tests=(
            _CORPUS + 'test_survivors',
            _CORPUS + 'test_keys_groups_and_versions_stay')),
    fault.Fault(
        name='a host called like a word stays in URLs',
        file='command/anonymize/names.py',
        old='if before.endswith(_SIGNS.get(kind, ())):',
        new='if False:',
        tests=(_CORPUS + 'test_host_called_like_a_word',)),
    fault.Fault(
        name='a host called like a word stays in options',
        file='command/anonymize/anonymizer.py',
        old='certain or _says_names(key) or (',
        new='certain or (',
        tests=(_CORPUS + 'test_host_called_like_a_word',)),
    fault.Fault(
        name='what systemd escapes is no part of a name',
        file='command/anonymize/names.py',
        old='_ESCAPED.get(between.lower(), between)',
        new='between',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='an underscore is no hyphen',
        file='command/anonymize/names.py',
        old="return '-' if between == '_' else between",
        new='return between',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='the keys of data stay',
        file='command/anonymize/anonymizer.py',
        old='                self.text(key): self.data(',
        new='                key: self.data(',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='titles of sections stay',
        file='command/anonymize/anonymizer.py',
        old='title=self.text(part.title)',
        new='title=part.title',
        tests=(_ANONYMIZE + 'test_who_is_named_is_not_named_any_more',)),
    fault.Fault(
        name='the name that the journal has of the host stays',
        file='command/anonymize/anonymizer.py',
        old='                hostname=own.hostname and self.text(\n  '
            '                  own.hostname, certain=True),\n',
        new='',
        tests=(_ANONYMIZE + 'test_fields_of_the_journal',)),
    fault.Fault(
        name='fields of the journal stay in exported entries',
        file='command/anonymize/anonymizer.py',
        old="{name: self._field(value, name == '_HOSTNAME')",
        new='{name: value',
        tests=(_ANONYMIZE + 'test_fields_of_the_journal',)),
    fault.Fault(
        name='the id of the report is replaced',
        file='command/anonymize/anonymizer.py',
        old='*(found.id for found in given)',
        new='',
        tests=(_ANONYMIZE + 'test_fields_of_the_journal',)),
    fault.Fault(
        name='two addresses become one',
        file='command/anonymize/placeholders.py',
        old='self._counts.get(kind, 0) + 1',
        new='1',
        tests=(
            _ANONYMIZE + 'test_what_names_nobody_stays',
            _ANONYMIZE + 'test_who_is_named_is_not_named_any_more')),
    fault.Fault(
        name='loopback addresses are replaced',
        file='command/anonymize/ip_addresses.py',
        old='address.is_loopback or address.is_unspecified',
        new='address.is_unspecified',
        tests=(_ANONYMIZE + 'test_what_names_nobody_stays',)),
    fault.Fault(
        name='names that texts tell are left',
        file='command/anonymize/told_names.py',
        old='        yield from said_names.of_text(text)\n',
        new='',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='names that keys of data tell are left',
        file='command/anonymize/said_names.py',
        old='            yield from ((kind, value) for kind in _kinds(key))\n',
        new='            pass\n',
        tests=(_CORPUS + 'test_names_that_keys_of_data_tell',)),
    fault.Fault(
        name='what a program calls a name is taken for one',
        file='command/anonymize/said_names.py',
        old='        if spaced or _REFERENCE.fullmatch(name) and (',
        new='        if spaced or False and (',
        tests=(_CORPUS + 'test_survivors',)),
    fault.Fault(
        name='a sentence is taken for hosts',
        file='command/anonymize/told_names.py',
        old="if not isinstance(value, str) or ' ' not in value or (",
        new='if True or (',
        tests=(_CORPUS + 'test_names_that_keys_of_data_tell',)),
    fault.Fault(
        name='ids that systemd escapes are left',
        file='command/anonymize/ids.py',
        old='|%2[dD]|\\\\x2d)',
        new=')',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='hosts that errors tell are left',
        file='command/anonymize/told_names.py',
        old='        yield from reached_names.of_text(text)\n',
        new='',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='any word where errors tell a host is taken for one',
        file='command/anonymize/reached_names.py',
        old='name.lower() not in _NO_HOSTS and not',
        new='not',
        tests=(_CORPUS + 'test_survivors',)),
    fault.Fault(
        name='whatever stands behind a program is taken for a host',
        file='command/anonymize/reached_names.py',
        old="                    'ing') and not pattern.pattern",
        new="                    'ing') or pattern.pattern",
        tests=(_CORPUS + 'test_survivors',)),
    fault.Fault(
        name='ids that are glued to a letter are left',
        file='command/anonymize/ids.py',
        old='        text = _GLUED.sub(self._placeholder, text)\n',
        new='',
        tests=(_CORPUS + 'test_canaries',)),
    fault.Fault(
        name='fields of the journal are exported as they were',
        file='command/anonymize/anonymizer.py',
        old="**{name: self._field(value, name == '_HOSTNAME')",
        new='**{name: value',
        tests=(_CORPUS + 'test_canaries_and_survivors_in_each_form',)),
)
