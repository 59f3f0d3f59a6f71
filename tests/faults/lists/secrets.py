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

MASK = 'secrets/mask.py'
NAMES = 'secrets/secret_names.py'
REDACT = 'secrets/redact.py'
URLS = 'secrets/url_credentials.py'
TESTS = 'tests/unit/test_redact.py::'
IN_TEXTS = TESTS + 'TestSecretsByShape::test_secret_in_a_text_is_masked'
IN_DATA = TESTS + 'TestSecretsByShape::test_secret_in_data_is_masked'
IN_LONG_TEXTS = (TESTS + 'TestSecretsByShape::'
                 'test_secret_in_a_long_text_is_masked')
BY_VALUE = TESTS + 'TestSecretsByValue::'
TEST_URLS = 'tests/unit/test_url_credentials.py::'
TEST_NAMES = 'tests/unit/test_secret_names.py'

FAULTS: tuple[fault.Fault, ...] = (
    # by value
    fault.Fault(
        name='a known secret is told',
        file=MASK,
        old='text = text.replace(secret, secret_names.MASK)',
        new='pass',
        tests=(BY_VALUE + 'test_known_secret_never_survives_in_a_text',)),
    fault.Fault(
        name='a known secret is told as JSON has it',
        file=MASK,
        old='repr(secret)[1:-1], json.dumps(secret)[1:-1],',
        new='repr(secret)[1:-1],',
        tests=(BY_VALUE + 'test_known_secret_never_survives_in_other_'
               'forms',)),
    fault.Fault(
        name='a known secret is told as URLs have it',
        file=MASK,
        old="parse.quote(secret, safe='', errors='surrogatepass'),",
        new='',
        tests=(BY_VALUE + 'test_known_secret_never_survives_in_other_'
               'forms',)),
    fault.Fault(
        name='a part of a longer secret is left',
        file=MASK,
        old='sorted(forms, key=len, reverse=True)',
        new='sorted(forms, key=len)',
        tests=(BY_VALUE + 'test_longest_secret_is_masked_first',)),
    fault.Fault(
        name='a short secret hides words',
        file=MASK,
        old='SECRET_CHARS_MIN = 6',
        new='SECRET_CHARS_MIN = 1',
        tests=(BY_VALUE + 'test_short_and_ordinary_values_stay_'
               'readable',)),
    fault.Fault(
        name='an ordinary word is hidden',
        file=MASK,
        old='or secret.strip().lower() in ordinary_words):',
        new='):',
        tests=(BY_VALUE + 'test_short_and_ordinary_values_stay_'
               'readable',)),
    fault.Fault(
        name='a secret of many words is cut in two in a long text',
        file=MASK,
        old='        text = self._mask_values(text)\n        mask =',
        new='        text = self._mask_values(text) if len(text) < 9999 '
            'else text\n        mask =',
        tests=(BY_VALUE + 'test_known_secret_of_many_words_in_long_data_is_'
               'masked',)),
    # by form
    fault.Fault(
        name='a private key is told',
        file=MASK,
        old="        if 'PRIVATE KEY' in text:\n",
        new='        if False:\n',
        tests=(IN_TEXTS,)),
    fault.Fault(
        name='a private key that does not end is told',
        file=MASK,
        old="(-----END [A-Z ]*KEY(?: BLOCK)?-----|\\Z)',",
        new="(-----END [A-Z ]*KEY(?: BLOCK)?-----)',",
        tests=(IN_TEXTS,)),
    # by place
    fault.Fault(
        name='the credentials of an HTTP header are told',
        file=MASK,
        old='return _AUTHORIZATION.sub(',
        new="return re.compile('$^').sub(",
        tests=(IN_TEXTS,)),
    fault.Fault(
        name='words of a sentence are taken for credentials',
        file=MASK,
        old="    r'(?=[a-z-]*(?:[0-9+/._~=]|(?-i:[a-z-][A-Z]|[A-Z]{2})))'\n",
        new='',
        tests=(TESTS + 'TestSecretsByShape::test_what_is_no_secret_'
               'stays',)),
    fault.Fault(
        name='the credentials of a URL are told',
        file=URLS,
        old="            masked.append(_mask_credentials(credentials) + "
            "sign)\n",
        new="            masked.append(credentials + sign)\n",
        tests=(IN_TEXTS,)),
    fault.Fault(
        name='of a list of hosts only the first is masked',
        file=URLS,
        old='+ secret_names.MASK + sign + host)',
        new='+ (pair if number else secret_names.MASK) + sign + host)',
        tests=(IN_TEXTS,)),
    fault.Fault(
        name='a password with a comma is told',
        file=URLS,
        old='            return secret_names.MASK\n        user,',
        new='            pass\n        user,',
        tests=(IN_TEXTS,
               TESTS + 'TestProperties::test_password_in_a_transport_url_'
               'never_survives')),
    fault.Fault(
        name='users and hosts of URLs are hidden',
        file=URLS,
        old="masked.append(scheme + (f'{user}:' if colon else '')",
        new="masked.append(scheme + ''",
        tests=(TEST_URLS + 'test_users_and_hosts_of_urls_stay',)),
    fault.Fault(
        name='the query of a secret URL is told',
        file=URLS,
        old="(f'/{secret_names.MASK}' if beyond.strip('/') else beyond))",
        new='beyond)',
        tests=(TEST_URLS + 'test_secret_url_shows_where_it_leads',)),
    fault.Fault(
        name='the password of a URL is known as it is written only',
        file=URLS,
        old='for form in {secret, parse.unquote(secret)}]',
        new='for form in {secret}]',
        tests=(TEST_URLS + 'test_password_of_a_url_is_known_as_it_is_'
               'meant',)),
    # by name
    fault.Fault(
        name='the value of a secret name is told',
        file=MASK,
        old="        while found := _NAMED.search(text, at):\n",
        new="        while found := re.compile('$^').search(text, at):\n",
        tests=(IN_TEXTS,)),
    fault.Fault(
        name='cookies are told',
        file=MASK,
        old="'authorization', 'cookie', 'basic',",
        new="'authorization', 'basic',",
        tests=(IN_TEXTS,)),
    fault.Fault(
        name='of a value of many words the first is masked',
        file=MASK,
        old='                at = len(text) if end < 0 else end\n',
        new='                pass\n',
        tests=(IN_TEXTS,)),
    fault.Fault(
        name='a block of YAML is told',
        file=MASK,
        old='    r"""[|>][+-]?[0-9]?(?:\\n[^\\S\\n]++[^\\n]*+)++\n        |',
        new='    r"""',
        tests=(IN_TEXTS,)),
    fault.Fault(
        name='a value in quotes ends at the first quote',
        file=MASK,
        old='(?:"(?:\\\\.|[^"\\\\])*+"',
        new='(?:"[^"]*+"',
        tests=(IN_TEXTS,)),
    fault.Fault(
        name='the next argument of a secret option is told',
        file=MASK,
        old="if option_is_secret and not argument.startswith('--'):",
        new='if False:',
        tests=(TESTS + 'TestArguments::test_values_of_secret_options_are_'
               'masked',)),
    fault.Fault(
        name='an argument with = is told',
        file=MASK,
        old="elif equals and ' ' not in name and "
            'secret_names.is_secret(name):',
        new='elif False:',
        tests=(TESTS + 'TestProperties::test_argument_of_a_secret_name_never_'
               'survives',)),
    fault.Fault(
        name='a name is parted from its value in a long text',
        file=MASK,
        old="        while cut > at and text[at:cut].rstrip()[-1:] in "
            "tuple(':=>|,'):\n",
        new='        while False:\n',
        tests=(TESTS + 'TestSecretsByShape::test_name_and_its_value_on_the_'
               'next_line_stay_together',
               IN_LONG_TEXTS)),
    fault.Fault(
        name='a run too long to judge is told',
        file=MASK,
        old='            yield text[at:start] + RUN_CUT_MARK\n',
        new='            yield text[at:end]\n',
        tests=(TESTS + 'TestSecretsByShape::test_a_run_too_long_to_judge_is_'
               'cut_before_its_secret',)),
    fault.Fault(
        name='names that end in a harmless word are secret',
        file=NAMES,
        old='if not words or words[-1] in _HARMLESS_LAST_WORDS:',
        new='if not words:',
        tests=(TEST_NAMES,)),
    fault.Fault(
        name='names of joined words are not secret',
        file=NAMES,
        old='return any(word in _SECRET_WORDS or '
            'word.endswith(_SECRET_ENDINGS)',
        new='return any(word in _SECRET_WORDS',
        tests=(TEST_NAMES,)),
    fault.Fault(
        name='names parted by capital letters are not secret',
        file=NAMES,
        old="_WORD = re.compile(r'[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+')",
        new="_WORD = re.compile(r'[A-Za-z]+|[0-9]+')",
        tests=(TEST_NAMES,)),
    # data
    fault.Fault(
        name='what is called source is looked at for URLs only',
        file=REDACT,
        old="item, None if name == 'source' and not is_frame else name,",
        new='item, name,',
        tests=(TESTS + 'TestData::test_source_is_a_line_of_a_program_in_a_'
               'frame_only',)),
    fault.Fault(
        name='a line of a program is not readable',
        file=REDACT,
        old="names=key != 'source')",
        new='names=True)',
        tests=(TESTS + 'TestData::test_source_is_a_line_of_a_program_in_a_'
               'frame_only',)),
    fault.Fault(
        name='what stands within a secret is told',
        file=REDACT,
        old='secret = secret or (key is not None and',
        new='secret = (key is not None and',
        tests=(IN_DATA,)),
    fault.Fault(
        name='data with a name and a value are told',
        file=REDACT,
        old="depth + 1, secret or (names_secret and key == 'value'))",
        new='depth + 1, secret)',
        tests=(IN_DATA,)),
    fault.Fault(
        name='keys of data are not masked',
        file=REDACT,
        old='            name = self._masker.text(\n'
            '                key if isinstance(key, str) else '
            '_safe_repr(key))\n',
        new='            name = key if isinstance(key, str) else '
            '_safe_repr(key)\n',
        tests=(IN_DATA,)),
    fault.Fault(
        name='a list of texts is not taken for arguments',
        file=REDACT,
        old='            return self._masker.arguments(items)\n',
        new='            return [self._masker.text(item) for item in items]\n',
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
        old="return ''.join(map(escape.text, "
            'self._masker.pieces(text, names)))',
        new="return ''.join(self._masker.pieces(text, names))",
        tests=(TESTS + 'TestProperties::test_any_text_is_taken',)),
)
