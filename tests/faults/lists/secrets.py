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

"""The recognizers of secrets, each alone, and what must stay readable."""

from tests.faults import fault

FORMS = 'secrets/known_forms.py'
HTTP = 'secrets/http_credentials.py'
KNOWN = 'secrets/known_values.py'
LINES = 'secrets/command_lines.py'
LISTED = 'secrets/listed_values.py'
COMMANDS = 'secrets/named_commands.py'
DIRECTIVES = 'secrets/directives.py'
FED = 'secrets/fed_passwords.py'
FRAMES = 'secrets/frames.py'
CALLS = 'secrets/call_arguments.py'
NAMES = 'secrets/secret_names.py'
NAMED = 'secrets/named_values.py'
DESCRIBED = 'secrets/described_values.py'
ELEMENTS = 'secrets/elements.py'
ENDS = 'secrets/value_ends.py'
LOOKS = 'secrets/looks.py'
RECOGNIZERS = 'secrets/recognizers.py'
SPANS = 'secrets/spans.py'
REDACT = 'secrets/redact.py'
ALIKE = 'secrets/alike.py'
IN_ROWS = ('tests/unit/test_redact.py::TestProperties::'
           'test_one_among_many_is_masked_as_if_alone')
URLS = 'secrets/url_credentials.py'
TESTS = 'tests/unit/test_redact.py::'
IN_TEXTS = TESTS + 'TestSecretsByShape::test_secret_in_a_text_is_masked'
IN_DATA = TESTS + 'TestSecretsByShape::test_secret_in_data_is_masked'
BY_VALUE = TESTS + 'TestSecretsByValue::'
WORDS = TESTS + 'TestWords::'
CANARIES = 'tests/unit/test_canaries.py::'
IN_CANARIES = CANARIES + 'TestCanaries::test_in_a_text'
IN_LONG_CANARIES = CANARIES + 'TestCanaries::test_in_a_long_text'
SURVIVES = CANARIES + 'test_what_tells_a_cause_survives'
TEST_URLS = 'tests/unit/test_url_credentials.py::'
HINTS = 'tests/unit/test_hints.py::'
TEST_NAMES = 'tests/unit/test_secret_names.py'
_ALIKE = ('tests/unit/test_redact.py::TestProperties::'
          'test_what_is_alike_is_masked_as_each_alone')

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='what is like others is not looked at',
        file='secrets/redact.py',
        old='if self._line(self._masker.text(text, not is_source)) != text:\n',
        new='if False:\n',
        tests=(_ALIKE,)),
    fault.Fault(
        name='a text is no secret because a line of a program was none',
        file='secrets/redact.py',
        old='plain = self._plain_sources if is_source else self._plain\n',
        new='plain = self._plain\n',
        tests=(_ALIKE,)),
    fault.Fault(
        name='what is like others may have a secret name',
        file='secrets/redact.py',
        old='                        name.says is not _Says.SECRET)\n\n\n',
        new='                        True)\n\n\n',
        tests=(_ALIKE,)),
    fault.Fault(
        name='what is like others may hold numbers that JSON has not',
        file=ALIKE,
        old='                    and not -PLAIN_BELOW < one < PLAIN_BELOW)\n',
        new='                    and False)\n',
        tests=(_ALIKE,)),
    fault.Fault(
        name='what is like others has no size',
        file='secrets/redact.py',
        old='4 * len(keys)) + chars)\n',
        new='4 * len(keys)))\n',
        tests=(_ALIKE,)),
    fault.Fault(
        name='what is like others may hold negative numbers of any size',
        file=ALIKE,
        old='not -PLAIN_BELOW < one < PLAIN_BELOW',
        new='not one < PLAIN_BELOW',
        tests=(IN_ROWS,)),
    fault.Fault(
        name='a secret among many texts is not looked for',
        file=ALIKE,
        old='                    if not is_plain(text, column.is_source)}\n',
        new='                    if False}\n',
        tests=(_ALIKE, IN_ROWS)),
    fault.Fault(
        name='what is no text among texts is taken for one',
        file=ALIKE,
        old='                others.update(number for number, one in enumerate'
            '(found)\n                              if type(one) is kind)\n',
        new='                pass\n',
        tests=(_ALIKE, IN_ROWS)),
    fault.Fault(
        name='the first of many stands for the next ones',
        file=REDACT,
        old='            plain.update(places[number] for number in found)\n',
        new='            plain.update(places)\n',
        tests=(_ALIKE, IN_ROWS)),
    fault.Fault(
        name='mappings of other keys are taken for such rows',
        file=REDACT,
        old='if type(item) is dict and tuple(item) == keys\n',
        new='if type(item) is dict and len(item) == len(keys)\n',
        tests=(_ALIKE, IN_ROWS)),
    fault.Fault(
        name='of many mappings only the first ones are told',
        file=REDACT,
        old='            some = items[at:at + ROWS_MAX]\n',
        new='            some = items[at:at + ROWS_MAX - 1]\n',
        tests=(IN_ROWS,)),
    fault.Fault(
        name='a key may be a text of any class',
        file='secrets/redact.py',
        old='        if rows and _TEXTS.issuperset(\n                '
            'map(type, itertools.chain.from_iterable(rows))):\n',
        new='        if rows:\n',
        tests=(_ALIKE,)),
    fault.Fault(
        name='data are those that the daemon goes on to change',
        file='secrets/redact.py',
        old='[item.copy() if type(item) is dict else item\n',
        new='[item\n',
        tests=('tests/unit/test_redact.py::TestProperties::'
               'test_data_that_change_later_are_copied',)),
    fault.Fault(
        name='a secret that was seen as something else is told',
        file=REDACT,
        old='            says is _Says.NOTHING and not is_command and shown',
        new='            shown',
        tests=(TESTS + 'TestSecretsByShape::'
               'test_secret_that_was_seen_elsewhere_is_masked',)),
    # by value
    fault.Fault(
        name='a known secret is told',
        file=KNOWN,
        old='                found += _all(whole, form)\n',
        new='                pass\n',
        tests=(BY_VALUE + 'test_known_secret_never_survives_in_a_text',)),
    fault.Fault(
        name='a known secret is told as JSON has it',
        file=KNOWN,
        old='repr(secret)[1:-1], json.dumps(secret)[1:-1],',
        new='repr(secret)[1:-1],',
        tests=(BY_VALUE + 'test_known_secret_never_survives_in_other_'
               'forms',)),
    fault.Fault(
        name='a known secret is told in other clothes',
        file=KNOWN,
        old='        if _is_dressed(whole):\n',
        new='        if False:\n',
        tests=(BY_VALUE + 'test_known_secret_is_masked_in_other_clothes',)),
    fault.Fault(
        name='a known secret is told in base64',
        file=KNOWN,
        old='        for form in self._encoded:\n',
        new='        for form in []:\n',
        tests=(BY_VALUE + 'test_known_secret_is_masked_in_other_clothes',)),
    fault.Fault(
        name='a known secret is told escaped twice',
        file=KNOWN,
        old='(?P<percent>(?:%(?:25)*[0-9A-Fa-f]{2})+)',
        new='(?P<percent>(?:%[0-9A-Fa-f]{2})+)',
        tests=(BY_VALUE + 'test_known_secret_is_masked_in_other_clothes',)),
    fault.Fault(
        name='a known secret is told folded over literals',
        file=KNOWN,
        old='        for reading, sign in enumerate(_READ_OTHERWISE, 1)\n',
        new='        for reading, sign in enumerate(_READ_OTHERWISE[:0], 1)\n',
        tests=(BY_VALUE + 'test_known_secret_is_masked_in_other_clothes',)),
    fault.Fault(
        name='a part of a longer secret is left',
        file=SPANS,
        old='joined[-1] = joined[-1][0], max(joined[-1][1], end)\n',
        new='pass\n',
        tests=(BY_VALUE + 'test_longest_secret_is_masked_first',)),
    fault.Fault(
        name='a short secret hides words',
        file=KNOWN,
        old='SECRET_CHARS_MIN = 6',
        new='SECRET_CHARS_MIN = 1',
        tests=(BY_VALUE + 'test_short_and_ordinary_values_stay_'
               'readable',)),
    fault.Fault(
        name='an ordinary word is hidden',
        file=KNOWN,
        old='        and secret.strip().lower() not in words)',
        new='        )',
        tests=(BY_VALUE + 'test_short_and_ordinary_values_stay_'
               'readable',)),
    fault.Fault(
        name='command lines that errors announce are not read',
        file='secrets/recognizers.py',
        old='    announced_commands.ANNOUNCED_COMMANDS,\n',
        new='',
        tests=('tests/unit/test_redact.py::TestAnnouncedCommands',)),
    fault.Fault(
        name='short tokens in words are told',
        file='secrets/known_forms.py',
        old='TOKEN_CHARS_MIN = 15',
        new='TOKEN_CHARS_MIN = 16',
        tests=(WORDS + 'test_token_in_a_word_is_masked',
               WORDS + 'test_no_token_of_a_word_is_shorter_than_is_said')),
    fault.Fault(
        name='tokens in words are told',
        file='secrets/recognizers.py',
        old='= (known_forms.TOKENS,)',
        new='= (known_forms.PRIVATE_KEYS,)',
        tests=(WORDS + 'test_token_in_a_word_is_masked',)),
    fault.Fault(
        name='in what looks like the name of a thread no name is looked for',
        file='secrets/recognizers.py',
        old=r'\((?P<function>[A-Za-z0-9_]+)\)',
        new=r'\((?P<function>.+)',
        tests=(WORDS + 'test_name_of_a_thread_is_masked',)),
    fault.Fault(
        name='the function of a thread is never a token',
        file='secrets/recognizers.py',
        old="word['function'] or whole",
        new="'' if word['function'] else whole",
        tests=(WORDS + 'test_name_of_a_thread_is_masked',)),
    fault.Fault(
        name='a text with our mark is none of another script',
        file='secrets/recognizers.py',
        old="whole.isascii() or whole.replace(_LEFT_OUT, '').isascii()",
        new="whole.isascii() or _LEFT_OUT in whole",
        tests=('tests/unit/test_redact.py::TestTextsWithOurMark::'
               'test_secrets_are_masked_beside_it',)),
    fault.Fault(
        name='what begins like "nothing" says that there is no secret',
        file=LOOKS,
        old='            and _NO_SECRET.match(value) is not None)',
        new='            )',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a text that was harmless is harmless by any name',
        file='secrets/redact.py',
        old='            says is _Says.NOTHING and not is_command '
            "and shown != 'source')",
        new='            True)',
        tests=('tests/unit/test_redact.py::TestSecretsByShape::'
               'test_secret_that_was_seen_elsewhere_is_masked',)),
    fault.Fault(
        name='a text that was harmless in a name is harmless in a command',
        file='secrets/redact.py',
        old='            says is _Says.NOTHING and not is_command '
            "and shown != 'source')",
        new="            says is _Says.NOTHING and shown != 'source')",
        tests=('tests/unit/test_redact.py::TestData::'
               'test_text_is_masked_by_each_of_its_names',)),
    # by form
    fault.Fault(
        name='a value of a column is told',
        file=LISTED,
        old='                    yield from _secret(text, name, item)\n',
        new='                    pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a value that SQLAlchemy has bound is told',
        file=LISTED,
        old=' and _PLACEHOLDER.search(whole):\n',
        new=' and False:\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a password that a function is called with is told',
        file=CALLS,
        old='    is_setter or is_login and item',
        new='    is_setter or False and item',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='names in a call are taken for secrets',
        file=CALLS,
        old='            span = value_lists.secret(whole, item, False)\n',
        new='            span = value_lists.secret(whole, item, True)\n',
        tests=(SURVIVES,)),
    fault.Fault(
        name='a name in another script is none',
        file=NAMES,
        old='    if not name.isascii():\n',
        new='    if False:\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a private key is told',
        file=RECOGNIZERS,
        old='    known_forms.PRIVATE_KEYS,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a private key that does not end is told',
        file=FORMS,
        old='        at = end.start() if end else len(text.whole)\n',
        new='        at = end.start() if end else beginning.end()\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a token of a known make is told',
        file=RECOGNIZERS,
        old='    known_forms.TOKENS,\n',
        new='',
        tests=(CANARIES + 'test_token_of_a_known_make_is_masked',)),
    # by place
    fault.Fault(
        name='the credentials of an HTTP header are told',
        file=RECOGNIZERS,
        old='    http_credentials.HTTP_CREDENTIALS,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='words of a sentence are taken for credentials',
        file=HTTP,
        old="    r'(?=[a-z-]{0,100}(?:[0-9+/._~=]|[a-z-][A-Z]|[A-Z]{2}))'\n",
        new='',
        tests=(SURVIVES,)),
    fault.Fault(
        name='the credentials of a URL are told',
        file=RECOGNIZERS,
        old='    url_credentials.URLS,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='the credentials before a host without a scheme are told',
        file=RECOGNIZERS,
        old='    url_credentials.BARE,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='of a list of hosts only the first is masked',
        file=URLS,
        old='    yield from found\n\n\ndef _find_bare',
        new='    yield from found[:1]\n\n\ndef _find_bare',
        tests=(TEST_URLS + 'test_secret_url_shows_where_it_leads',)),
    fault.Fault(
        name='a password with a comma is told',
        file=URLS,
        old='                yield start, sign\n                return\n',
        new='                continue\n',
        tests=(TEST_URLS + 'test_secret_url_shows_where_it_leads',
               'tests/unit/test_redact.py::TestProperties::'
               'test_password_in_a_transport_url_never_survives',)),
    fault.Fault(
        name='users and hosts of URLs are hidden',
        file=URLS,
        old='        found.append((colon + 1 if colon >= 0 else part, end))\n',
        new='        found.append((part, end))\n',
        tests=(TEST_URLS + 'test_users_and_hosts_of_urls_stay',)),
    fault.Fault(
        name='the query of a secret URL is told',
        file=URLS,
        old='    return [*found, *parameters]\n',
        new='    return found\n',
        tests=(TEST_URLS + 'test_secret_url_shows_where_it_leads',)),
    fault.Fault(
        name='the password of a URL is known as it is written only',
        file=URLS,
        old='for form in {secret, parse.unquote(secret)})',
        new='for form in {secret})',
        tests=(TEST_URLS + 'test_password_of_a_url_is_known_as_it_is_'
               'meant',)),
    # by name
    fault.Fault(
        name='the value of a secret name is told',
        file=RECOGNIZERS,
        old='    named_values.NAMED_VALUES,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a value whose name is a value is told',
        file=RECOGNIZERS,
        old='    described_values.DESCRIBED_VALUES,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='what an element of XML holds is told',
        file=RECOGNIZERS,
        old='    elements.ELEMENTS,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='options of known programs in a text are told',
        file=RECOGNIZERS,
        old='    named_commands.NAMED_COMMANDS,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a name at the end of a window is not seen',
        file=SPANS,
        old='            end = found.end() if found else len(self.whole)\n',
        new='            pass\n',
        tests=(IN_LONG_CANARIES,)),
    fault.Fault(
        name='of a value of many words the first is masked',
        file=NAMED,
        old='        to_the_end=spaced or first)\n',
        new='        to_the_end=False)\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a block of YAML is told',
        file=ENDS,
        old='    if _BLOCK.match(whole, at):\n',
        new='    if False:\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a value that a bracket holds is told',
        file=ENDS,
        old='    if whole[at] in _OPENING or call is not None:\n',
        new='    if False:\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='what tells a cause is hidden',
        file=NAMED,
        old="    if sign[0] == ':' and _in_path(line) and not (\n",
        new='    if False and not (\n',
        tests=(SURVIVES,)),
    fault.Fault(
        name='the version of HTTP behind a path of tokens is masked',
        file=NAMED,
        old='    if said is None or _in_path(_before(whole, start)[0]):\n',
        new='    if said is None:\n',
        tests=(SURVIVES,)),
    fault.Fault(
        name='the user of a URL that has no password is masked',
        file=URLS,
        old='if sign >= 0 and not _is_user(',
        new='if sign >= 0 and True or _is_user(',
        tests=(SURVIVES,)),
    fault.Fault(
        name='a word is taken for a credential',
        file=LOOKS,
        old='    if _WORDS.match(word) or _NUMBER.match(word) or (\n',
        new='    if False and (\n',
        tests=(SURVIVES,)),
    # command lines
    fault.Fault(
        name='the value of an unknown short option is told',
        file=LINES,
        old="if following == 'shown' else _MASKED",
        new='',
        tests=(TESTS + 'TestArguments',)),
    fault.Fault(
        name='the password behind a verb of a known program is told',
        file=LINES,
        old='            hidden = self._words == self._secret_word or (\n',
        new='            hidden = (\n',
        tests=(TESTS + 'TestArguments',)),
    fault.Fault(
        name='the argument behind a secret name is told',
        file=LINES,
        old='        if _is_name(argument):\n'
            "            self._next = 'named'\n",
        new='',
        tests=(TESTS + 'TestArguments',)),
    fault.Fault(
        name='a verb of a known program is not seen in a text',
        file=COMMANDS,
        old='    if any(verb.split()[0] in rest',
        new='    if False and any(verb.split()[0] in rest',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='values that a program is told to keep are told in a text',
        file=COMMANDS,
        old='    if known.values:\n',
        new='    if False:\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='what a sentence says of a program is masked',
        file=COMMANDS,
        old='            if not looks.is_complaint(whole, verb.end()):\n',
        new='            if True:\n',
        tests=(SURVIVES,)),
    fault.Fault(
        name='values that a program is told to keep are told',
        file=LINES,
        old='            if self._words >= self._values_from:\n',
        new='            if False:\n',
        tests=(TESTS + 'TestArguments',)),
    fault.Fault(
        name='a program behind two hyphens is not known',
        file=LINES,
        old='            self._may_run = self._program is None\n',
        new='',
        tests=(TESTS + 'TestArguments',)),
    fault.Fault(
        name='the name of a missing secret is masked',
        file=NAMED,
        old="    if text.lower.startswith('secret', start) and "
            "_MISSING.match(whole, at):\n",
        new='    if False:\n',
        tests=(SURVIVES,)),
    fault.Fault(
        name='what stands behind the name of a group is masked',
        file=NAMED,
        old="    if whole.startswith('[', max(0, start - 1)) and "
            "whole.startswith(']', end):\n",
        new='    if False:\n',
        tests=(SURVIVES,)),
    fault.Fault(
        name='a here-string is told',
        file=FED,
        old='        yield value_ends.token(text.whole, found.end())\n',
        new='        pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='what is substituted for a file is told',
        file=FED,
        old="    if '<(' in text.whole:\n",
        new='    if False:\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='the answer in a dialog of SMTP is told',
        file=FRAMES,
        old='                yield answer.span(1)\n',
        new='                pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a password that Redis is seen to get is told',
        file=FRAMES,
        old='            yield monitored.span(1)\n',
        new='            pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='the password that a line gives to Redis is told',
        file=DIRECTIVES,
        old='                yield found.span(2)\n',
        new='                pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a sentence of a word in capitals is masked',
        file=DIRECTIVES,
        old="            if looks.of_credential(found[2]) or found[1] == "
            "'default' and (\n",
        new='            if True or (\n',
        tests=(SURVIVES,)),
    fault.Fault(
        name='names of two words are not secret',
        file=NAMES,
        old='    if tuple(words[-2:]) in _SECRET_PAIRS:\n',
        new='    if False:\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='an argument in angle brackets hides a sentence',
        file=ELEMENTS,
        old='            if text.whole[start:start + 1].isspace() and (\n',
        new='            if False and (\n',
        tests=(SURVIVES,)),
    fault.Fault(
        name='the command line in an argument is told',
        file=LINES,
        old="        if following == 'command':\n",
        new='        if False:\n',
        tests=(TESTS + 'TestArguments',)),
    fault.Fault(
        name='the next argument of a secret option is told',
        file=LINES,
        old="        if following == 'secret' and not "
            "argument.startswith('--'):\n",
        new='        if False:\n',
        tests=(TESTS + 'TestArguments',)),
    fault.Fault(
        name='names that end in a harmless word are secret',
        file=NAMES,
        old='    if last in _HARMLESS_LAST_WORDS:\n',
        new='    if False:\n',
        tests=(TEST_NAMES,)),
    fault.Fault(
        name='names of joined words are not secret',
        file=NAMES,
        old='    return word.endswith(_SECRET_ENDINGS)\n',
        new='    return False\n',
        tests=(TEST_NAMES,)),
    fault.Fault(
        name='names parted by capital letters are not secret',
        file=NAMES,
        old="_WORD = patterns.usual(r'[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+')",
        new="_WORD = patterns.usual(r'[A-Za-z]+|[0-9]+')",
        tests=(TEST_NAMES,)),
    fault.Fault(
        name='a text is cut and then masked',
        file='daemon/sanitize.py',
        old='looked_at = text[:bytes_max + BEYOND_CHARS]',
        new='looked_at = text[:bytes_max]',
        tests=('tests/unit/test_collect.py::'
               'test_text_is_masked_and_then_cut',)),
    # data
    fault.Fault(
        name='what is called source is looked at for URLs only',
        file=REDACT,
        old="if name.shown != 'source' else _NO_NAME",
        new="if True else _NO_NAME",
        tests=(TESTS + 'TestData::test_source_is_a_line_of_a_program_in_a_'
               'frame_only',)),
    fault.Fault(
        name='a line of a program is not readable',
        file=REDACT,
        old="names=name.shown != 'source')",
        new='names=True)',
        tests=(TESTS + 'TestData::test_source_is_a_line_of_a_program_in_a_'
               'frame_only',)),
    fault.Fault(
        name='what stands within a secret is told',
        file=REDACT,
        old='secret = secret or says is _Says.SECRET',
        new='secret = says is _Says.SECRET',
        tests=(IN_DATA,)),
    fault.Fault(
        name='data with a name and a value are told',
        file=REDACT,
        old='depth + 1, secret or name.described)',
        new='depth + 1, secret)',
        tests=(IN_DATA,)),
    fault.Fault(
        name='a mapping has the values of another one with its keys',
        file=REDACT,
        old='        described = bool(row.describing) and any(',
        new='        described = False and any(',
        tests=(IN_DATA, 'tests/unit/test_redact.py::TestData::'
               'test_mappings_of_the_same_keys_are_told_apart')),
    fault.Fault(
        name='what says of itself that it is secret is copied as it is',
        file=REDACT,
        old='    if not row.describing and not row.flagging:\n',
        new='    if not row.describing:\n',
        tests=(TESTS + 'TestData::test_rows_of_options_are_told_apart',
               IN_DATA)),
    fault.Fault(
        name='a name of a secret is copied with the secret',
        file=REDACT,
        old='    for number in row.describing:\n        if secret_names',
        new='    for number in ():\n        if secret_names',
        tests=(IN_DATA, 'tests/unit/test_redact.py::TestData::'
               'test_mappings_of_the_same_keys_are_told_apart')),
    fault.Fault(
        name='lists of many mappings are left out',
        file=ALIKE,
        old='if type(one) is list and one)\n',
        new='if False)\n',
        tests=(TESTS + 'TestData::test_rows_of_options_are_told_apart',)),
    fault.Fault(
        name='data share an empty list with what they were made of',
        file=ALIKE,
        old='                rows[number][[*rows[number]][place]] = []\n',
        new='                pass\n',
        tests=(TESTS + 'TestData::test_rows_of_options_are_told_apart',)),
    fault.Fault(
        name='a secret among others of a list is shown',
        file='secrets/named_values.py',
        old="        if opening not in ('(', '[', ','):\n",
        new="        if opening not in ('(', '['):\n",
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='what stands behind a name of a secret in a list is hidden',
        file='secrets/named_values.py',
        old="            secret_names.is_secret(value) or not looks."
            "of_credential(value)):\n",
        new='            False):\n',
        tests=(CANARIES + 'test_what_tells_a_cause_survives',)),
    fault.Fault(
        name='a number that is secret is shown',
        file=REDACT,
        old='kind in alike.NUMBERS and name.says is not _Says.SECRET\n',
        new='kind in alike.NUMBERS\n',
        tests=('tests/unit/test_redact.py::TestData::'
               'test_mappings_of_the_same_keys_are_told_apart',)),
    fault.Fault(
        name='what is not printable in a key is shown on its line',
        file=REDACT,
        old='        shown = self._line(\n',
        new='        shown = str(\n',
        tests=('tests/unit/test_redact.py::TestData::'
               'test_what_is_not_printable_is_escaped_for_lines',)),
    fault.Fault(
        name='names that hold a secret are remembered',
        file=REDACT,
        old='if known.shown == key\n',
        new='if True\n',
        tests=('tests/unit/test_redact.py::TestData::'
               'test_names_are_remembered_without_secrets',)),
    fault.Fault(
        name='what is not printable in a key is escaped once',
        file=REDACT,
        old='                     and key.isprintable() else',
        new='                     else',
        tests=('tests/unit/test_redact.py::TestData::'
               'test_names_are_remembered_without_secrets',)),
    fault.Fault(
        name='names are remembered without a bound',
        file=REDACT,
        old='        if len(self._names) > NAMES_MAX:\n',
        new='        if False:\n',
        tests=('tests/unit/test_redact.py::TestData::'
               'test_names_are_remembered_without_secrets',)),
    fault.Fault(
        name='keys of data are not masked',
        file=REDACT,
        old='self._masker.text(key if is_text else _safe_repr(key))',
        new='key if is_text else _safe_repr(key)',
        tests=(IN_DATA,)),
    fault.Fault(
        name='a list of texts is not taken for arguments',
        file=REDACT,
        old='for argument in self._masker.arguments(items)]',
        new='for argument in map(self._masker.text, items)]',
        tests=(IN_DATA,)),
    fault.Fault(
        name='deep data end the section',
        file=REDACT,
        old='DEPTH_MAX = 32',
        new='DEPTH_MAX = 32_000',
        tests=(TESTS + 'TestData::test_data_that_holds_itself_ends',)),
    fault.Fault(
        name='data are walked to their end, whatever they hold',
        file=REDACT,
        old='        if self._chars_left < 0:\n',
        new='        if False:\n',
        tests=(TESTS + 'TestData::test_data_has_a_limit',)),
    fault.Fault(
        name='numbers that JSON has not are no JSON',
        file=REDACT,
        old='return value if math.isfinite(value) else str(value)',
        new='return value',
        tests=(TESTS + 'TestData::test_data_becomes_plain',)),
    fault.Fault(
        name='a number of many digits ends the section',
        file=REDACT,
        old='return int(value) if value.bit_length() < 4096 else hex(value)',
        new='return int(value)',
        tests=(TESTS + 'TestData::test_integer_too_long_for_json_is_shown_in_'
               'hexadecimal',)),
    fault.Fault(
        name='an object whose repr raises ends the section',
        file=REDACT,
        old='    except Exception as error:\n',
        new='    except KeyError as error:\n',
        tests=(TESTS + 'TestData::test_object_whose_repr_raises_is_'
               'named',)),
    fault.Fault(
        name='control characters of a text are not escaped',
        file=REDACT,
        old='            return escape.text(masked)\n',
        new='            return masked\n',
        tests=(TESTS + 'TestProperties::test_any_text_is_taken',)),
    fault.Fault(
        name='a sentence says a password',
        file='secrets/named_values.py',
        old='    |(?:(?:re)?set|changed|updated|rotated)[ ]to[ ]\n',
        new='',
        tests=('tests/unit/test_canaries.py::TestCanaries::'
               'test_in_a_text',)),
    fault.Fault(
        name='a sentence without spaces says a password',
        file='secrets/named_values.py',
        old='    if any(word in text.whole for word in _PASSWORDS_INSIDE):\n',
        new='    if text.whole.isascii():\n',
        tests=('tests/unit/test_canaries.py::TestCanaries::'
               'test_in_a_text',)),
    fault.Fault(
        name='what a client is made of is shown',
        file='secrets/call_arguments.py',
        old='        if is_key or is_client:\n',
        new='        if is_key and is_client:\n',
        tests=('tests/unit/test_canaries.py::TestCanaries::'
               'test_in_a_text',)),
    fault.Fault(
        name='rows that are copied are shown',
        file='secrets/listed_values.py',
        old='        yield from _copied(text)\n',
        new='',
        tests=('tests/unit/test_canaries.py::TestCanaries::'
               'test_in_a_text',)),
    fault.Fault(
        name='what an INSERT selects is shown',
        file='secrets/listed_values.py',
        old='        if row is None and behind >= 0 and (\n',
        new='        if row is None and behind < 0 and (\n',
        tests=('tests/unit/test_canaries.py::TestCanaries::'
               'test_in_a_text',)),
    fault.Fault(
        name='the password of ZooKeeper is shown',
        file='secrets/http_credentials.py',
        old='            if found is None and not inside:\n',
        new='            if found is None and inside:\n',
        tests=('tests/unit/test_canaries.py::TestCanaries::'
               'test_in_a_text',)),
    fault.Fault(
        name='rows of a table are shown',
        file='secrets/tables.py',
        old='        yield from _secret(whole, row[number], says)\n',
        new='        pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a value with the sign of its table is shown',
        file='secrets/tables.py',
        old='        yield row[min(columns)][0], row[-1][1]\n',
        new='        pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='names that are rows are not read',
        file='secrets/tables.py',
        old='    return len(shown) == 2 and',
        new='    return len(shown) == 3 and',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='records of psql are shown',
        file='secrets/tables.py',
        old='    yield from _of_records(text)\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a row is taken for the head of a table',
        file='secrets/tables.py',
        old='    if not ruled and sign in before:\n',
        new='    if False:\n',
        tests=(SURVIVES,)),
    fault.Fault(
        name='rows of a table of users are shown',
        file='secrets/sql_values.py',
        old='is_secret or is_users and left < 0',
        new='is_secret',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='values that are bound for users are shown',
        file='secrets/sql_values.py',
        old='            if (is_secret or is_users) and',
        new='            if False and',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='keys of functions of SQL are shown',
        file='secrets/sql_values.py',
        old='            if inside is not None and inside[1] > inside[0]:\n',
        new='            if inside is None:\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a password in a frame of AMQP is shown',
        file='secrets/frames.py',
        old='            yield start, at\n',
        new='            pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='the length of a password counts escapes',
        file='secrets/frames.py',
        old='    if shown in _ESCAPES:\n',
        new='    if False:\n',
        tests=(CANARIES + 'test_frame_shows_what_stands_behind_a_password',)),
    fault.Fault(
        name='a password in a frame of Redis is shown',
        file='secrets/frames.py',
        old='            yield value\n',
        new='            pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='lines of configuration without a sign are shown',
        file='secrets/directives.py',
        old='                yield start, end\n',
        new='                pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='PASS of FTP is shown',
        file='secrets/directives.py',
        old='            yield found.span(1)\n',
        new='            pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='what is fed to a program is shown',
        file='secrets/fed_passwords.py',
        old='            if written:\n',
        new='            if not written:\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='lines that are fed to a program are shown',
        file='secrets/fed_passwords.py',
        old='        yield at, stop if end < 0 else end\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name="the data of qemu's secrets are shown",
        file='secrets/described_values.py',
        old='    yield from _objects(text)\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a password behind its scheme is shown',
        file='secrets/value_ends.py',
        old='    if _SCHEME.match(whole, at):\n',
        new='    if False:\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='the hash of a token is hidden',
        file='secrets/named_values.py',
        old='    if text.lower.endswith(_HASHED_HEADERS, 0, end) and (\n',
        new='    if False and (\n',
        tests=(SURVIVES,)),
    fault.Fault(
        name='what instances are given to run is shown',
        file='secrets/secret_names.py',
        old='                tuple(words[-2:]) in _DOUBTFUL_PAIRS):\n',
        new='                False):\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='the arguments of known programs are shown in a text',
        file='secrets/named_commands.py',
        old='        yield from _words(whole, known, at, end)\n',
        new='        pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='the arguments of a list are read as those of a shell',
        file='secrets/named_commands.py',
        old="""    return (_ITEM if whole[at:at + 1] in ('"', "'")\n""",
        new="""    return (_ITEM if whole[at:at + 1] in ()\n""",
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='what a sentence says of a program is hidden',
        file='secrets/named_commands.py',
        old='token.start()] or looks.is_complaint(argument):\n',
        new='token.start()]:\n',
        tests=(SURVIVES,)),
    fault.Fault(
        name='what follows htpasswd is hidden where it asks for the password',
        file='secrets/named_commands.py',
        old=' and known.needs in flags:',
        new=':',
        tests=(SURVIVES,)),
    fault.Fault(
        name='options with a slash are shown in a text',
        file='secrets/named_commands.py',
        old="*map(re.escape, known.slashed), '(?!)'",
        new="'(?!)',",
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='the password behind a user of Samba is shown',
        file='secrets/command_lines.py',
        old="""    return USER.match(login) is not None or '%' in login\n""",
        new="""    return USER.match(login) is not None\n""",
        tests=(TESTS + 'TestArguments',)),
    fault.Fault(
        name="the value of one of YAML's explicit keys is shown",
        file='secrets/named_values.py',
        old='            span = _explicit(text, start, end) or _value(\n',
        new='            span = _value(\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name="the defaults of Terraform's variables are shown",
        file='secrets/described_values.py',
        old='    yield from _blocks(text)\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='the databases of nsswitch.conf are hidden',
        file='secrets/looks.py',
        old='        _NO_PASSWORD.match(text, at) is not None\n',
        new='        False\n',
        tests=(SURVIVES,)),
    fault.Fault(
        name="the options of Anaconda's rootpw are taken for its password",
        file='secrets/directives.py',
        old='{SPACE}--[a-z]{{1,20}}){{0,3}}',
        new='{SPACE}--[a-z]{{1,20}}){{0}}',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='the item behind an option in a list of YAML is shown',
        file='secrets/named_values.py',
        old=r"""\r?\n)++(?:(?<=[\n ])-[ ](?!-))?')""",
        new=r"""\r?\n)++')""",
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a value that oslo.config rejects is shown',
        file='secrets/directives.py',
        old="""    r'([^\\n]{1,400})',\n    # of expect\n""",
        new="""    r'()',\n    # of expect\n""",
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='hints beside a hyphen are not looked for',
        file='secrets/hints.py',
        old='            if recognizer.dashed:\n',
        new='            if False:\n',
        tests=(IN_CANARIES, HINTS
               + 'test_options_are_looked_for_where_a_hyphen_is')),
    fault.Fault(
        name='hints that another recognizer has as well are not looked for',
        file='secrets/hints.py',
        old='                    numbers += theirs\n',
        new='                    pass\n',
        tests=(IN_CANARIES, HINTS
               + 'test_each_hint_makes_its_recognizer_look')),
    fault.Fault(
        name='hints that have a rare sign are all looked for beside it',
        file='secrets/hints.py',
        old="        if len(groups[sign]) < _SAME_SIGN_MIN and sign:\n",
        new="        if len(groups[sign]) < 0 and sign:\n",
        tests=(HINTS
               + 'test_words_are_grouped_by_a_sign_that_several_have',)),
    fault.Fault(
        name='of texts in other scripts hints decide',
        file='secrets/hints.py',
        old='            if every:\n',
        new='            if False:\n',
        tests=(IN_CANARIES, HINTS
               + 'test_text_without_a_hint_is_not_looked_at')),
    fault.Fault(
        name='what is escaped is not read',
        file='secrets/recognizers.py',
        old="    if is_escaped and ('%' in whole",
        new="    if False and ('%' in whole",
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='what was escaped is masked beside its place',
        file='secrets/decoded.py',
        old='            start += at - self._starts[number]\n',
        new='            pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='attributes of elements with secret names are shown',
        file=ELEMENTS,
        old='        yield from _attributes(text, at,',
        new='        yield from () and _attributes(text, at,',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='columns under rules are shown',
        file='secrets/recognizers.py',
        old='    ruled_columns.RULED_COLUMNS,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='columns that a semicolon divides are shown',
        file='secrets/tables.py',
        old="_PLAIN = ('\\t', ',', ';')",
        new="_PLAIN = ('\\t', ',')",
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='values of names with a space are shown',
        file='secrets/recognizers.py',
        old='    spaced_values.SPACED_VALUES,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='the second of two cells is shown',
        file='secrets/spaced_values.py',
        old='            yield found.span(2)\n',
        new='            yield found.span(1)\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='the port that docker publishes is hidden',
        file='secrets/named_commands.py',
        old='    if known.verb and not',
        new='    if False and not',
        tests=(SURVIVES,)),
    fault.Fault(
        name='the tag of an image is hidden',
        file=URLS,
        old="after in ('[', '_')) and not (",
        new="after in ('[', '_')) and True or (",
        tests=(SURVIVES,)),
    fault.Fault(
        name='the arguments of a call hide it',
        file=LOOKS,
        old="){0,6}\\))?'",
        new="){0}\\))?'",
        tests=(SURVIVES,)),
    fault.Fault(
        name='an argument that is called like a program ends a command',
        file='secrets/named_commands.py',
        old='        if _COMMAND.search(',
        new='        if True or _COMMAND.search(',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='what stands behind a name of LDAP is shown',
        file='secrets/call_arguments.py',
        old='                and (start, end) != item) or (\n',
        new='                and False) or (\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='escapes of HTML are not looked for',
        file='secrets/decoded.py',
        old="r'%(?=[0-7])|\\\\\\\\*+|&(?=[A-Za-z\\#])'",
        new="r'%(?=[0-7])|\\\\\\\\*+|&(?=[A-Za-z])'",
        tests=('tests/unit/test_decoded.py',)),
    fault.Fault(
        name='what is escaped again is not looked for',
        file='secrets/known_values.py',
        old="_SIGNS = r'%(?=[0-9A-Fa-f])",
        new="_SIGNS = r'%(?=[3-9A-Fa-f])",
        tests=('tests/unit/test_decoded.py',)),
    fault.Fault(
        name='behind what begins like an escape nothing is looked for',
        file='secrets/decoded.py',
        old='        at = (found or begun).end()',
        new='        at = found.end() if found else len(whole)',
        tests=('tests/unit/test_decoded.py',)),
    fault.Fault(
        name='passwords that sentences tell are shown',
        file='secrets/recognizers.py',
        old='    sentences.SENTENCES,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='words that say something of a password are hidden',
        file='secrets/sentences.py',
        old='    return word in _PREDICATES or',
        new='    return',
        tests=(SURVIVES,)),
    fault.Fault(
        name='nouns that have a password in their name are hidden',
        file='secrets/sentences.py',
        old='and found[2] not in _NOUNS:',
        new='and True:',
        tests=(SURVIVES,)),
    fault.Fault(
        name='what a password is replaced with is shown',
        file='secrets/sentences.py',
        old='text, _REPLACED)',
        new='text, _READS)',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='secrets before and after a change are shown',
        file='secrets/recognizers.py',
        old='    changed_values.CHANGED_VALUES,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='whatever changes is taken for a secret',
        file='secrets/changed_values.py',
        old='        if not secret_names.is_secret(',
        new='        if not bool(',
        tests=(SURVIVES,)),
    fault.Fault(
        name='rows below the names of columns are shown',
        file='secrets/recognizers.py',
        old='    named_rows.NAMED_ROWS,\n',
        new='',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='rows before the names of columns are shown',
        file='secrets/named_rows.py',
        old='                values = before\n',
        new='                pass\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='rows of data below the names of columns are shown',
        file='secrets/redact.py',
        old='                                not nested and number in hidden)',
        new='                                False)',
        tests=(
            'tests/unit/test_secret_shapes.py::test_secret_is_masked',)),
    fault.Fault(
        name='what describes a column of data has no name',
        file='secrets/named_rows.py',
        old="one.get('name') if isinstance(one, dict) else one",
        new='one',
        tests=(
            'tests/unit/test_secret_shapes.py::test_secret_is_masked',)),
    fault.Fault(
        name='a complaint does not tell what it complains about',
        file='secrets/named_values.py',
        old='            and not looks.is_told(whole, start, line, at)):',
        new='            ):',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='what Python says of an object is hidden',
        file='secrets/named_values.py',
        old=' or looks.is_object(whole, at):',
        new=':',
        tests=(SURVIVES,)),
    fault.Fault(
        name='what a password is in a call of its name is shown',
        file='secrets/call_arguments.py',
        old='                or keyed is not None):',
        new='                ):',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a user and a password in one are shown',
        file='secrets/directives.py',
        old="r'\\b(?:log[io]n|userpwd",
        new="r'\\b(?:logxn|userpwd",
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a password of Oracle is shown',
        file='secrets/directives.py',
        old="rf'\\b(?:sqlplus|expdp",
        new="rf'\\b(?:expdp",
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='a code of OpenID Connect is shown',
        file='secrets/directives.py',
        old="r'\\b(?:v3oidcauthcode|authorization_code)\\b[\\s\\S]",
        new="r'\\b(?:authorization_code)\\b[\\s\\S]",
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='answers of SASL behind a user are shown',
        file='secrets/known_forms.py',
        old="r'|(?<=[\\w.@])\\\\x00(?:",
        new="r'|(?<=[~])\\\\x00(?:",
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='what a token of XML is called is shown',
        file='secrets/elements.py',
        old="                or text.lower.endswith('token', 0, at)\n",
        new='                or False\n',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='data that say that they are secret are shown',
        file='secrets/redact.py',
        old='            _says_secret(value))\n',
        new='            False)\n',
        tests=(
            'tests/unit/test_secret_shapes.py::test_secret_is_masked',)),
    fault.Fault(
        name='each kind of data is taken for a Secret of Kubernetes',
        file='secrets/redact.py',
        old="                and (name != 'kind' or item == 'Secret')\n",
        new='',
        tests=(
            'tests/unit/test_secret_shapes.py::test_other_data_stay',)),
    fault.Fault(
        name='a user and a password in a list of data are shown',
        file='secrets/redact.py',
        old='        if len(items) == 2 and name.is_login and all(',
        new='        if False and all(',
        tests=(
            'tests/unit/test_secret_shapes.py::test_secret_is_masked',)),
    fault.Fault(
        name='a key that is a secret is shown',
        file='secrets/redact.py',
        old='secret_names.MASK if looks.of_random(shown) else shown',
        new='shown',
        tests=(
            'tests/unit/test_secret_shapes.py::'
            'test_key_of_what_is_secret_may_be_the_secret',)),
    fault.Fault(
        name='a password behind with or using is shown',
        file='secrets/sentences.py',
        old='        for found in _WITH.finditer(lower):',
        new='        for found in _WITH.finditer(lower[:0]):',
        tests=(IN_CANARIES,)),
    fault.Fault(
        name='what a sentence goes on with is taken for a user',
        file='secrets/directives.py',
        old="_NO_USER = r'(?!(?:failed|",
        new="_NO_USER = r'(?!(?:",
        tests=(SURVIVES,)),
    fault.Fault(
        name='a URL that data call secret loses its host',
        file='secrets/redact.py',
        old="            if name.keeps_host and '://' in value:\n",
        new='            if False:\n',
        tests=('tests/unit/test_secret_shapes.py',)),
    fault.Fault(
        name='a URL by the name of a secret shows its host',
        file='secrets/redact.py',
        old='name._replace(keeps_host=True) if flagged else name',
        new='name._replace(keeps_host=True)',
        tests=('tests/unit/test_secret_shapes.py',)),
)
