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

"""Secrets are taken out, and control characters with them."""

from __future__ import annotations

import base64
import html
import itertools
import json
import math
import random
import re
import shlex
from urllib import parse

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics import escape
from ceilometer.diagnostics.secrets import alike
from ceilometer.diagnostics.secrets import known_forms
from ceilometer.diagnostics.secrets import mask
from ceilometer.diagnostics.secrets import recognizers
from ceilometer.diagnostics.secrets import redact
from ceilometer.diagnostics.secrets import secret_names
from ceilometer.diagnostics.secrets import spans
from ceilometer.diagnostics.secrets import url_credentials
from tests.unit import characters

CANARY = 'xK9-canary-77q'

PEM = ('-----BEGIN {kind}PRIVATE KEY{block}-----\nMIIE' + CANARY
       + '\nAAAA\n-----END {kind}PRIVATE KEY{block}-----\n')

# Texts that hold the canary as a secret nobody has told the redactor of.
TEXTS = {
    # URLs
    'url': 'amqp://user:{}@host:5672//',
    'url without user': 'redis://:{}@host:6379/0',
    'url with token only': 'https://{}@git.example.org/x',
    'url in a sentence': 'cannot reach http://u:{}@h/ now; see a@b.example',
    'transport_url': 'transport_url = rabbit://openstack:{}@10.0.0.1:5672/',
    'several hosts': 'rabbit://a:x12345@h1:5672,b:{}@h2:5672/vhost',
    'several hosts, first': 'rabbit://a:{}@h1:5672,b:x12345@h2:5672/vhost',
    'password with @': 'rabbit://user:{}@more@host/',
    'password with /': 'rabbit://user:a/{}@host/',
    'password with ,': 'rabbit://user:a,{}@host/',
    'password with :': 'rabbit://user:a:{}@host/',
    'password with ://': 'rabbit://user:{}://x@host/',
    'password with ://, second': 'rabbit://a:b@c,user:{}://x@host/',
    'password with #?': 'rabbit://user:a#b?{}@host/',
    'password with a quote': 'rabbit://user:a"{}\'b@host/',
    'quoted url': "connection='mysql+pymysql://u:{}@db/ceilometer'",
    'url in JSON': '{{"url": "amqp://u:{}@h"}}',
    'two urls': 'http://h/ amqp://u:{}@h http://h/',
    'url with a url': 'http://u:http://v:{}@h/',
    # assignments
    'key=value': 'password={}',
    'key = value': 'admin_password = {}',
    'key = words': 'password = correct horse {} staple',
    'key: value': 'Password: {}',
    'prefixed': 'OS_PASSWORD={} nova list',
    'exported': 'export OS_AUTH_TOKEN={}',
    'dotted': 'keystone.service_password={}',
    'camel case': 'secretKey={}',
    'many camels': 'awsSecretAccessKey: {}',
    'joined word': 'rabbitpassword={}',
    'double quoted': 'secret="{}"',
    'single quoted': "secret = 'my {}'",
    'quoted with escapes': 'secret="a\\"b {} c"',
    'arrow': "'password' => '{}'",
    'telemetry': 'telemetry_secret = {}',
    'metering': 'metering_secret={}',
    'api key': 'api_key={}',
    'apikey': 'APIKEY: {}',
    'passphrase': 'passphrase: {}',
    'cookie': 'Cookie: session={}',
    'set-cookie': 'Set-Cookie: a={}; path=/',
    'credential': 'credentials={}',
    'query': 'GET /v3?user=x&token={}&y=1',
    'after another': 'name=key password={}',
    'value that is a name': 'key=password={}',
    # structures
    'dict': "{{'user': 'u', 'password': '{}'}}",
    'dict of bytes': "{{'password': b'{}', 'user': 'u'}}",
    'dict of bytes with spaces': "{{'password': b'a {}', 'user': 'u'}}",
    'bytes with spaces': "f(password=b'a {} c', user=1)",
    'nested dict': "{{'auth': {{'passwordCredentials': "
                   "{{'username': 'u', 'password': '{}'}}}}}}",
    'JSON': '{{"password": "{}"}}',
    'JSON without spaces': '{{"a":1,"password":"{}","b":2}}',
    'JSON over lines': '{{\n  "password":\n    "{}"\n}}',
    'index': "os.environ['DB_PASSWORD'] = '{}'",
    'call': "Client(username='u', password='{}', timeout=3)",
    'YAML': 'auth:\n  username: u\n  password: {}\n',
    'YAML quoted': 'password: "{} x"\n',
    'YAML next line': 'password:\n  {}\n',
    'YAML block': 'password: >\n  {}\n',
    'dataclass': "Auth(user='u', token='{}')",
    # arguments
    'option': 'mysql --password={} -h db',
    'option and value': 'mysql --password {} -h db',
    'option in quotes': "ipmitool --password '{}' chassis",
    'option in a list': "Command '['mysql', '--password', '{}']' returned 1",
    'option of a list with =': "['mysql', '--password={}']",
    'single hyphen': 'tool -password {}',
    'os option': 'openstack --os-password {} server list',
    # headers
    'basic': 'Authorization: Basic {}',
    'bearer': 'Authorization: Bearer {}',
    'other scheme': 'Authorization: Foo {}',
    'bearer alone': 'sent Bearer {} to host',
    'header in a dict': "{{'Authorization': 'Bearer {}'}}",
    'header in bytes': "b'Authorization: Bearer {}\\r\\n'",
    'x-auth-token': 'X-Auth-Token: {}',
    'x-subject-token': "-H 'X-Subject-Token: {}'",
    'proxy': 'Proxy-Authorization: Basic {}',
    # private keys
    'PEM': PEM.format(kind='', block='').replace(CANARY, '{}'),
    'PEM RSA': PEM.format(kind='RSA ', block='').replace(CANARY, '{}'),
    'PEM EC': PEM.format(kind='EC ', block='').replace(CANARY, '{}'),
    'PEM OPENSSH': PEM.format(
        kind='OPENSSH ', block='').replace(CANARY, '{}'),
    'PEM ENCRYPTED': PEM.format(
        kind='ENCRYPTED ', block='').replace(CANARY, '{}'),
    'PGP': PEM.format(kind='PGP ', block=' BLOCK').replace(CANARY, '{}'),
    'PEM that does not end': '-----BEGIN PRIVATE KEY-----\nMII\n{}',
    'PEM in repr': "'-----BEGIN PRIVATE KEY-----\\nMII\\n{}\\n-----END'",
}

# Texts that stay as they are.
READABLE = [
    'File "/usr/lib/python3/keys.py", line 3, in get_key',
    'token_expiry = 3600',
    'ssl_key_file = /etc/ssl/private/key.pem',
    'max_key_length: 20',
    'password = None',
    "{'secret': None}",
    'keystone_authtoken',
    'key without value',
    'http://host:8041/v1/metric?limit=3',
    'rabbit://host:5672/',
    'Basic settings',
    'monkey = banana',
    'passing = 3',
    'a = b = c',
]

# Data with the canary in it.
DATA = {
    'secret name': {'password': CANARY},
    'secret name deep': {'a': [{'b': {'auth_token': CANARY}}]},
    'secret name of bytes': {'password': CANARY.encode()},
    'secret name of a list': {'passwords': [CANARY, 'x']},
    'secret name of a mixed list': {'passwords': [CANARY, 1]},
    'secret name of a tuple': {'secret': (CANARY, None)},
    'secret name of a mutable text': {'password': bytearray(
        CANARY.encode())},
    'secret name of a mapping': {'tokens': {'first': CANARY}},
    'secret name of mappings': {'tokens': [{'user': 'u', 'is': [CANARY]}]},
    'secret name of an object': {'password': type('Hidden', (), {
        '__repr__': lambda self: CANARY})()},
    'secret name of what is too deep': json.loads(
        '[' * 31 + f'{{"password": ["{CANARY}", 1]}}' + ']' * 31),
    'name and value': {'name': 'admin_password', 'value': CANARY},
    'name and default': {'name': 'password', 'default': CANARY},
    'key and value': {'key': 'api_token', 'value': CANARY},
    'default and name': {'default': CANARY, 'name': 'password'},
    'pair': {'headers': [('X-Auth-Token', CANARY), ('Accept', 'x')]},
    'pair of bytes': [(b'X-Auth-Token', CANARY.encode())],
    'auth': {'auth': ('admin', CANARY)},
    'doubtful name': {'key': CANARY, 'signature': CANARY},
    'arguments of a known program': {'x': ['mysql', f'-p{CANARY}']},
    'command line': {'command': f'unknown -p {CANARY}'},
    'command line in a list': {'cmd': ['sh', '-c', f'x -p {CANARY}']},
    'name and values': {'name': 'admin_password', 'value': [CANARY, 'x']},
    'name and value as a mapping': {'name': 'tokens', 'value': {'a': CANARY}},
    'text': ['x', {'note': f'password={CANARY}'}],
    'url': {'connection': f'mysql://u:{CANARY}@h/db'},
    'arguments': {'command': ['mysql', '--password', CANARY]},
    'arguments with =': {'command': ['mysql', f'--password={CANARY}']},
    'arguments with a URL': ['tool', f'amqp://u:{CANARY}@h'],
    'url in source': {'source': f'connect("amqp://u:{CANARY}@h")'},
    'key of a mapping': {f'amqp://u:{CANARY}@h': 1},
    'PEM': {'certificate': PEM.format(kind='', block='')},
    'PEM in source': {'source': PEM.format(kind='', block='')},
    'repr': {'object': type('Thing', (), {
        '__repr__': lambda self: f"Thing(password='{CANARY}')"})()},
    'bytes': {'body': f'password={CANARY}'.encode()},
    'long text': {'text': 'x y\n' * 50_000 + f'password={CANARY}'},
    'too deep': json.loads('[' * 40 + f'{{"password": "{CANARY}"}}'
                           + ']' * 40),
}


class TestSecretsByShape:
    """Secrets that nobody has told the redactor of."""

    @pytest.mark.parametrize('shape', TEXTS)
    def test_secret_in_a_text_is_masked(self, shape):
        """A secret does not survive in any of the shapes that are known."""
        text = TEXTS[shape].format(CANARY)
        masked = redact.Redactor().text(text)
        assert CANARY not in masked
        assert secret_names.MASK in masked

    @pytest.mark.any_python
    @pytest.mark.parametrize('shape', TEXTS)
    def test_secret_in_a_long_text_is_masked(self, shape):
        """Wherever a long text is cut to be worked on, no secret is cut."""
        text = TEXTS[shape].format(CANARY)
        redactor = redact.Redactor()
        for distance in range(0, len(text) + 2):
            before = spans.WINDOW_CHARS - distance - 1
            filler = ('some words. ' * (before // 12 + 1))[:before] + '\n'
            masked = redactor.text(filler + text + ' \nend' * 9)
            assert CANARY not in masked
            assert secret_names.MASK in masked

    @pytest.mark.parametrize('shape', DATA)
    def test_secret_in_data_is_masked(self, shape):
        """A secret does not survive in data, whatever holds it."""
        data = json.dumps(redact.Redactor().data(DATA[shape]))
        assert CANARY not in data
        assert secret_names.MASK in data

    @pytest.mark.parametrize('shape', DATA)
    def test_secret_that_was_seen_elsewhere_is_masked(self, shape):
        """What says nothing by itself is not known to be harmless."""
        data = redact.Redactor().data({'seen': CANARY, 'here': DATA[shape]})
        assert data['seen'] == CANARY
        here = json.dumps(data['here'])
        assert CANARY not in here
        assert secret_names.MASK in here

    def test_key_in_a_long_text_of_data_is_masked_whole(self):
        """Also where the text is cut to be worked on, in data as in texts."""
        key = '-----BEGIN PRIVATE KEY-----\n' + f'{CANARY}\n' * 50
        key += '-----END PRIVATE KEY-----\n'
        before = 'x y z\n' * ((spans.WINDOW_CHARS - 300) // 6)
        masked = redact.Redactor().data({'text': before + key + before})
        assert CANARY not in masked['text']

    @pytest.mark.parametrize('text', READABLE)
    def test_what_is_no_secret_stays(self, text):
        """A report stays readable."""
        assert redact.Redactor().text(text) == text

    def test_a_secret_of_any_length_is_masked_whole(self):
        """Also where its end is far away, and nothing else with it."""
        text = f'see amqp://user:{CANARY}' + 'x' * 400_000 + '@host and more'
        masked = redact.Redactor().text('word ' * 6000 + text)
        assert masked.endswith('word see amqp://user:***@host and more')

    def test_name_and_its_value_on_the_next_line_stay_together(self):
        """A long text is not cut between a name and its value."""
        redactor = redact.Redactor()
        for distance in range(30):
            filler = 'x' * 9 + '\n'
            text = filler * 3276 + 'y' * distance + '\n'
            text += f'password:\n  {CANARY}\n' + filler * 4000
            assert CANARY not in redactor.text(text)


def test_what_a_program_is_told_to_keep_ends_with_the_line():
    """The lines behind it say something else; a backslash joins them."""
    redactor = redact.Redactor()
    assert redactor.text('vault kv put x y,\nand more words') == (
        'vault kv put x ***\nand more words')
    assert redactor.text('vault kv put x \\\n a=b word\nand') == (
        'vault kv put x \\\n a=*** ***\nand')


class TestWords:
    """Texts that are one word, or the name that Python gives a thread."""

    @pytest.mark.parametrize('token', [
        'xoxb-0123456789', 'ghp_' + 'a1' * 10, 'glpat-' + 'Ab3-' * 4,
        'eyJhbGciOiJI.eyJzdWIi.c2ln', 'gAAAAA' + 'b-' * 10,
        'hooks.slack.com/services/T0/B0/S3cret'])
    @pytest.mark.parametrize('place', ['{}', '/path/{}', 'a-{}'])
    def test_token_in_a_word_is_masked(self, token, place):
        """Also the shortest one that is known."""
        masked = redact.Redactor().text(place.format(token))
        assert masked == place.format('***')

    @pytest.mark.parametrize(('name', 'shown'), [
        (f'Thread-1 (ghp_{"a1" * 10})', 'Thread-1 (***)'),
        ('Thread-1 (login)', 'Thread-1 (login)'),
        (f'Thread-1 (password={CANARY})', 'Thread-1 (password=***'),
        (f'Thread-1 (token: {CANARY})', 'Thread-1 (token: ***'),
        (f"Thread-1 (login('u', '{CANARY}'))", "Thread-1 (login('u', '***'))"),
        (f'Thread-1 (x) password={CANARY}', 'Thread-1 (x) password=***'),
    ])
    def test_name_of_a_thread_is_masked(self, name, shown):
        """Python makes it of the function's name, others of anything."""
        assert redact.Redactor().text(name) == shown

    def test_no_token_of_a_word_is_shorter_than_is_said(self):
        """Of each known make; what is shorter is not looked at."""
        shortest = min(
            re._parser.parse(form._expression).getwidth()[0]
            for hint, form in known_forms._TOKENS.items()
            if re.fullmatch(r'[\w./-]+', hint))
        assert shortest == known_forms.TOKEN_CHARS_MIN

    def test_in_a_word_are_no_secrets_but_tokens(self):
        """Whatever else is known by its place has signs around it."""
        others = [one for one in recognizers.PLACES
                  if one not in recognizers.OF_WORDS]
        assert 0 < len(others) < len(recognizers.PLACES)
        chance = random.Random(10)
        parts = [*'aZ9./_-', *(hint for one in others for hint in one.hints)]
        words = 0
        while words < 3000:
            text = ''.join(chance.choices(parts, k=chance.randrange(1, 12)))
            text = chance.choice(['{}', 'Thread-1 ({})']).format(text)
            if recognizers._WORD.fullmatch(text) is None:
                continue
            words += 1
            for one in others:
                assert not list(one.find(spans.Text(text))), text


class TestTextsWithOurMark:
    """What was taken out of a text makes it none of another script."""

    @pytest.mark.parametrize(('text', 'masked'), [
        (f'no … password={CANARY}', 'no … password=***'),
        (f'… \u5bc6\u7801: {CANARY}', '… \u5bc6\u7801: ***'),
        (f'\u5bc6\u7801\u662f{CANARY} …', '\u5bc6\u7801\u662f*** …'),
        (f'… amqp://u:{CANARY}@h', '… amqp://u:***@h'),
        ('nothing … here', 'nothing … here'),
    ])
    def test_secrets_are_masked_beside_it(self, text, masked):
        """Those of other scripts as well, which have no hints."""
        assert redact.Redactor().text(text) == masked


class TestAnnouncedCommands:
    """Command lines of programs that nobody knows, in texts."""

    @pytest.mark.parametrize(('text', 'masked'), [
        # as subprocess has them
        ("Command '['fence_x', '-p', 'S3cr et', '--login', 'admin']' returned "
         'non-zero exit status 1.',
         "Command '['fence_x', '-p', '***', '--login', 'admin']' returned "
         'non-zero exit status 1.'),
        ("x: Command 'fence_x -p S3cr-et status' timed out after 3 seconds",
         "x: Command 'fence_x -p *** status' timed out after 3 seconds"),
        ("Command '['sh', '-c', 'fence_x -p S3cr-et']' died",
         "Command '['sh', '-c', '***']' died"),
        ("Command '[b'fence_x', b'-p', b'S3cr-et']' died",
         "Command '[b'fence_x', b'-p', b'***']' died"),
        # as oslo.concurrency has them
        ('Unexpected error while running command.\n'
         'Command: sudo fence_x -p "S3cr et" status\nExit code: 1',
         'Unexpected error while running command.\n'
         'Command: sudo fence_x -p *** status\nExit code: 1'),
        ('Running cmd (subprocess): fence_x -p S3cr-et -v',
         'Running cmd (subprocess): fence_x -p *** -v'),
        ('CMD "fence_x -p S3cr-et status" returned: 1 in 0.015s',
         'CMD "fence_x -p *** status" returned: 1 in 0.015s'),
    ])
    def test_value_that_may_be_secret_is_masked(self, text, masked):
        """As it is in a list of arguments."""
        assert redact.Redactor().text(text) == masked

    @pytest.mark.parametrize('text', [
        "Command '['ipmitool', '-H', '10.0.0.1', 'sensor', '-v']' timed out",
        'Running cmd (subprocess): sudo ceilometer-rootwrap '
        '/etc/ceilometer/rootwrap.conf ipmitool sensor -v',
        'Command: qemu-img info --output=json /var/lib/nova/x --force-share',
        "Command 'poll' failed after 3 s", 'no such command: poll',
        'The command -p S3 is no announcement', 'command -v x',
    ])
    def test_all_else_survives(self, text):
        """It tells what has failed."""
        assert redact.Redactor().text(text) == text


class TestArguments:
    """Command lines."""

    @pytest.mark.parametrize(('arguments', 'masked'), [
        (['a', '--password', 'x'], ['a', '--password', '***']),
        (['a', '--password=x'], ['a', '--password=***']),
        (['a', '--token', '-x-'], ['a', '--token', '***']),
        (['a', '--password', '--verbose'], ['a', '--password', '--verbose']),
        (['a', 'OS_PASSWORD=x', 'b'], ['a', 'OS_PASSWORD=***', 'b']),
        (['a', '--key-file', '/x'], ['a', '--key-file', '/x']),
        (['sh', '-c', 'mysql --password=x1 -h y'],
         ['sh', '-c', 'mysql --password=*** -h y']),
        (['a', 'amqp://u:p@h'], ['a', 'amqp://u:***@h']),
        ([], []),
        # of known programs
        (['mysql', '-pS1', '-h', 'db'], ['mysql', '-p***', '-h', 'db']),
        (['mysql', '-p', 'db'], ['mysql', '-p', 'db']),
        (['/usr/bin/mysql', '-uroot', '-pS1'],
         ['/usr/bin/mysql', '-uroot', '-p***']),
        (['curl', '-u', 'a:S', 'http://h/'],
         ['curl', '-u', 'a:***', 'http://h/']),
        (['curl', '-sSua:S', 'x'], ['curl', '-sSua:***', 'x']),
        (['curl', '-H', 'X-Auth-Token: S1'],
         ['curl', '-H', 'X-Auth-Token: ***']),
        (['sshpass', '-p', 'S', 'ssh', '-p', '22', 'h'],
         ['sshpass', '-p', '***', 'ssh', '-p', '22', 'h']),
        (['sshpass', '-pS', 'scp', 'a', 'h:b'],
         ['sshpass', '-p***', 'scp', 'a', 'h:b']),
        (['ipmitool', '-H', '10.0.0.1', '-U', 'root', '-P', 'S', 'sdr'],
         ['ipmitool', '-H', '10.0.0.1', '-U', 'root', '-P', '***', 'sdr']),
        (['openssl', 'enc', '-pass', 'pass:S', '-in', '/x'],
         ['openssl', 'enc', '-pass', 'pass:***', '-in', '/x']),
        (['snmpget', '-v2c', '-c', 'S', 'h'],
         ['snmpget', '-v2c', '-c', '***', 'h']),
        (['java', '-Xmx512m', '-Dx.password=S', 'Main'],
         ['java', '-Xmx512m', '-Dx.password=***', 'Main']),
        # command lines in command lines
        (['sh', '-c', 'mysql -pS1'], ['sh', '-c', 'mysql -p***']),
        (['bash', '-xc', 'foo -x S; curl -u a:S h'],
         ['bash', '-xc', 'foo -x ***; curl -u a:*** h']),
        (['sudo', '-u', 'x', 'sh', '-c', "mysql '-pS'"],
         ['sudo', '-u', 'x', 'sh', '-c', "mysql '-p***'"]),
        (['timeout', '-k', '5', '10', 'x'], ['timeout', '-k', '5', '10', 'x']),
        (['env', 'MYSQL_PWD=S', 'mysql', '-h', 'db'],
         ['env', 'MYSQL_PWD=***', 'mysql', '-h', 'db']),
        (['mytool -pS1 --verbose'], ['mytool -p*** --verbose']),
        # of unknown ones
        (['a', '-x', 'S', 'b'], ['a', '-x', '***', 'b']),
        (['a', '-xS'], ['a', '-x***']), (['a', '-v'], ['a', '-v']),
        (['a', '-v', '--long', 'b'], ['a', '-v', '--long', 'b']),
        (['a', '-storepass', 'S'], ['a', '-storepass', '***']),
        (['a', 'login', CANARY], ['a', 'login', '***']),
        (['a', 'user', '/path/x', '10.0.0.1', '5', 'h.example.org'],
         ['a', 'user', '/path/x', '10.0.0.1', '5', 'h.example.org']),
        (['sleep', '3600.5'], ['sleep', '3600.5']),
        (['a', '--login', 'u:S'], ['a', '--login', 'u:***']),
        (['a', '--auth=u:S'], ['a', '--auth=u:***']),
        (['a', '--user', 'u'], ['a', '--user', 'u']),
        (['a', '--key', 'S', '--key', '/etc/x.key', '--key=S'],
         ['a', '--key', '***', '--key', '/etc/x.key', '--key=***']),
        (['a', f'user={CANARY}'], ['a', 'user=***']),
        (['a', f'--user={CANARY}', '--x=y'], ['a', '--user=***', '--x=y']),
        (['a', '/u:me', f'/p:{CANARY}'], ['a', '/u:***', '/p:***']),
        (['a', f'secret,id=s,data={CANARY}'], ['a', '***']),
        # arguments that are no options
        (['ssh', '-p', '22', 'h', 'mysql', '-pS'],
         ['ssh', '-p', '22', 'h', 'mysql', '-p***']),
        (['htpasswd', '-b', '/x', 'u', 'S'],
         ['htpasswd', '-b', '/x', 'u', '***']),
        (['htpasswd', '-nb', 'u', 'word'], ['htpasswd', '-nb', 'u', '***']),
        (['smbpasswd', '-a', '-s', 'u', 'word'],
         ['smbpasswd', '-a', '-s', 'u', '***']),
        (['openstack', 'credential', 'create', '--type', 'totp', 'u', 'word'],
         ['openstack', 'credential', 'create', '--type', 'totp', 'u',
          '***']),
        (['openstack', 'secret', 'store', '-n', 'x', '-p', 'word'],
         ['openstack', 'secret', 'store', '-n', 'x', '-p', '***']),
        (['smbclient', '--user=a%word', '//h/s'],
         ['smbclient', '--user=***', '//h/s']),
        (['smbclient', '--user', 'a%word'], ['smbclient', '--user', '***']),
        (['rabbitmqctl', 'list_queues', 'name', 'messages'],
         ['rabbitmqctl', 'list_queues', 'name', 'messages']),
        (['rabbitmqctl', 'add_user', 'u', 'S'],
         ['rabbitmqctl', 'add_user', 'u', '***']),
        (['mysqladmin', '-u', 'root', 'password', 'S'],
         ['mysqladmin', '-u', 'root', 'password', '***']),
        (['rabbitmqctl', '-q', 'change_password', 'u', 'S'],
         ['rabbitmqctl', '-q', 'change_password', 'u', '***']),
        (['vault', 'login', 'S'], ['vault', 'login', '***']),
        (['vault', 'kv', 'put', '-mount=kv', 'x', 'a=b', 'word'],
         ['vault', 'kv', 'put', '-mount=kv', 'x', 'a=***', '***']),
        (['vault', 'kv', 'get', 'x'], ['vault', 'kv', 'get', 'x']),
        (['vault', 'token', 'renew', 'word'],
         ['vault', 'token', 'renew', '***']),
        (['consul', 'kv', 'put', 'x', 'word'],
         ['consul', 'kv', 'put', 'x', '***']),
        (['ipmitool', 'user', 'set', 'password', '2', 'word'],
         ['ipmitool', 'user', 'set', 'password', '2', '***']),
        (['redis-cli', 'AUTH', 'default', 'word'],
         ['redis-cli', 'AUTH', '***', '***']),
        (['crudini', '--set', 'f', 'credentials', 'password', 'word'],
         ['crudini', '--set', 'f', 'credentials', '***', '***']),
        (['runuser', '-u', 'x', '--', 'mysql', '-pword'],
         ['runuser', '-u', '***', '--', 'mysql', '-p***']),
        (['x', '--', '-setcookie', 'word'], ['x', '--', '-setcookie', '***']),
        (['x', '--', 'word', '-p', 'S'], ['x', '--', 'word', '-p', '***']),
        (['ipmitool', 'raw', '0x2e', '0xc8'],
         ['ipmitool', 'raw', '0x2e', '0xc8']),
        (['virsh', 'dominfo', 'instance-0000001a'],
         ['virsh', 'dominfo', 'instance-0000001a']),
        (['multipath', '-ll'], ['multipath', '-ll']),
        (['sh', '-c', 'ls -l /tmp'], ['sh', '-c', 'ls -l /tmp']),
        (['virsh', '-c', 'x', 'secret-set-value', 'u', 'swordfish'],
         ['virsh', '-c', 'x', 'secret-set-value', 'u', '***']),
        # a name and its value, each an argument
        (['a', 'config', 'set', 'aws_secret_access_key', 'swordfish'],
         ['a', 'config', 'set', 'aws_secret_access_key', '***']),
        (['redis-cli', 'config', 'set', 'requirepass', 'swordfish'],
         ['redis-cli', 'config', 'set', 'requirepass', '***']),
        (['a', 'X-Auth-Token:', 'swordfish', 'b'],
         ['a', 'X-Auth-Token:', '***', 'b']),
        (['openstack', 'token', 'issue'], ['openstack', 'token', 'issue']),
        (['sh', '-c', 'echo S | kinit u'],
         ['sh', '-c', 'echo *** | kinit u']),
        # our own
        (['/usr/bin/python3.11', '-I', '/opt/bin/ceilometer-polling',
          '--config-file', '/etc/ceilometer/ceilometer.conf',
          '--polling-namespaces', 'compute'],
         ['/usr/bin/python3.11', '-I', '/opt/bin/ceilometer-polling',
          '--config-file', '/etc/ceilometer/ceilometer.conf',
          '--polling-namespaces', 'compute']),
        (['ceilometer-polling: AgentManager worker(0)'],
         ['ceilometer-polling: AgentManager worker(0)']),
        (['ceilometer-polling: master process '
          '[/opt/bin/ceilometer-polling --config-file /etc/c.conf]'],
         ['ceilometer-polling: master process '
          '[/opt/bin/ceilometer-polling --config-file /etc/c.conf]']),
    ])
    def test_values_of_secret_options_are_masked(self, arguments, masked):
        """What stands behind a secret's name is masked, and only that."""
        assert mask.Masker().arguments(arguments) == masked


class TestSecretsByValue:
    """Secrets that the configuration, say, has told."""

    secret_values = strategies.text(min_size=6, max_size=40).filter(
        lambda text: len(text.strip()) >= 6 and '*' not in text)

    @hypothesis.given(secret_values, strategies.sampled_from([
        '{}', 'text {} text', 'a{}b', '{}\n{}', 'http://h/{}', "'{}'"]))
    def test_known_secret_never_survives_in_a_text(self, secret, template):
        """A known value is masked wherever it stands."""
        text = template.replace('{}', secret)
        masked = mask.Masker([secret]).text(text)
        assert secret not in masked

    @hypothesis.given(secret_values)
    @hypothesis.example('of a/path and words')
    def test_known_secret_never_survives_in_other_forms(self, secret):
        """Also quoted for a URL, by repr, and by JSON it is masked."""
        redactor = redact.Redactor([secret])
        for form in (repr(secret)[1:-1], json.dumps(secret)[1:-1],
                     json.dumps(secret, ensure_ascii=False)[1:-1],
                     str({'k': secret})[7:-2]):
            assert form not in redactor.text(f'x {form} y')
        try:
            forms = [parse.quote(secret), parse.quote_plus(secret),
                     parse.quote(secret, safe='')]
        except UnicodeEncodeError:
            # it cannot stand in a URL
            return
        for form in forms:
            assert form not in redactor.text(f'x {form} y')

    @pytest.mark.parametrize('secret', ['S3cret/pa+ss=w&rd', 'p\xe4ss<w>"rd',
                                        "it's a \\ s%cret", 'Plain0ne',
                                        '\u65e5\u672c$\u8a9e "pw"'])
    def test_known_secret_is_masked_in_other_clothes(self, secret):
        """However somebody has quoted, encoded or folded it."""
        quoted = parse.quote(secret, safe='')
        data = secret.encode()
        clothes = [
            re.sub('%..', lambda found: found[0].lower(), quoted),
            ''.join(f'%{byte:02x}' for byte in data),
            f'%{data[0]:02X}' + parse.quote(data[1:], safe=''),
            quoted.replace('%2F', '/'), parse.quote_plus(secret),
            parse.quote_plus(secret).lower() if secret.islower() else quoted,
            repr(data), repr(repr(data)), repr(repr(secret)),
            json.dumps(json.dumps({'a': secret})),
            json.dumps(secret).replace('/', '\\/'),
            html.escape(secret), ''.join(f'&#{ord(c)};' for c in secret),
            ''.join(f'&#x{ord(c):x};' for c in secret),
            ''.join(f'\\u{ord(c):04x}' for c in secret),
            secret.replace('<', '\\u003c').replace('&', '\\u0026'),
            secret[:4] + '\n' + secret[4:],
            secret[:4] + '\r\n   ' + secret[4:],
            secret[:4] + '\\\n' + secret[4:], data.hex(), data.hex().upper(),
            data.hex(':'), data.hex(' '), ', '.join(map(str, data)),
            parse.quote(quoted), parse.quote(parse.quote(quoted)),
            html.escape(html.escape(secret)), shlex.quote(secret + ' ')[1:-2],
            secret.replace("'", "'\\''"), secret.replace("'", "''"),
            secret.replace('"', '""'), secret.replace('$', '$$'),
            ''.join(f'\\{byte:03o}' for byte in data),
            data.decode('latin-1'), secret[:4] + '\\n' + secret[4:],
            secret[:4] + "'\n   '" + secret[4:],
            secret[:4] + '" + "' + secret[4:]]
        # requests encodes what it can as Latin-1
        as_sent = [data]
        if max(secret) < '\u0100':
            as_sent.append(secret.encode('latin-1'))
        for user, sent in itertools.product(
                ('', 'a:', 'ab:', 'abc:', 'admin:'), as_sent):
            encoded = base64.b64encode(user.encode() + sent).decode()
            clothes += [encoded, encoded.replace('+', '-').replace('/', '_'),
                        encoded[:9] + '\n ' + encoded[9:]]
        redactor = redact.Redactor([secret])
        for form in clothes:
            masked = redactor.text(f'before {form} after')
            assert form not in masked
            assert '***' in masked
            assert masked.startswith('before ')
            assert masked.endswith(' after')
            assert form not in json.dumps(redactor.data({'a': [form, 1]}))

    @hypothesis.given(secret_values)
    def test_known_secret_never_survives_in_data(self, secret):
        """A known value is masked in keys, values and lists."""
        redactor = redact.Redactor([secret])
        data = redactor.data({
            'a': secret, 'b': [secret, 1], 'c': {f'x{secret}': 1},
            'source': f'f({secret})', 'command': ['x', secret]})
        for text in [data['a'], data['b'][0], *data['c'], data['source'],
                     *data['command']]:
            assert secret not in text

    def test_known_secret_of_many_words_in_long_data_is_masked(self):
        """Also where the text is cut to be worked on, at a space."""
        secret = 'correct horse battery staple'
        redactor = redact.Redactor([secret])
        for distance in range(len(secret)):
            before = ('some words. ' * spans.WINDOW_CHARS)[
                :spans.WINDOW_CHARS - distance - 1] + ' '
            masked = redactor.data({'text': f'{before}{secret} words'})
            assert 'battery' not in masked['text']

    def test_longest_secret_is_masked_first(self):
        """A secret that is a part of another leaves nothing of it."""
        redactor = redact.Redactor(['secret-a', 'secret-a-and-b'])
        assert redactor.text('x secret-a-and-b') == 'x ***'

    def test_short_and_ordinary_values_stay_readable(self):
        """A password that is an ordinary word hides no report."""
        redactor = redact.Redactor(
            ['abc', 'ceilometer', '      '], ordinary=['Ceilometer'])
        text = 'abc ceilometer       x'
        assert redactor.text(text) == text

    def test_secret_that_is_no_unicode_is_no_error(self):
        """A variable of the environment may hold any bytes."""
        redactor = redact.Redactor(['\udcff\udcfesecret', '\ud800secret'])
        assert '\udcff\udcfesecret' not in redactor.text(
            'x \udcff\udcfesecret y')
        # os.environb, and what ps shows of it
        assert redactor.text(repr(b'x \xff\xfesecret y')) == "b'x *** y'"


secrets = strategies.text(
    alphabet=strategies.characters(
        min_codepoint=33, max_codepoint=0x2fff,
        exclude_categories=['Cs', 'Cc', 'Zs', 'Zl', 'Zp', 'Cn']),
    min_size=6, max_size=30)
names = strategies.sampled_from([
    'password', 'admin_password', 'OS_PASSWORD', 'auth-token', 'secretKey',
    'telemetry_secret', 'api_key', 'rabbit.password', 'X-Auth-Token'])


def str_of_its_own(text):
    """A text of another class, which is none of JSON's."""
    return type('Text', (str,), {})(text)


class TestProperties:
    """What holds for any secret."""

    @hypothesis.given(secrets, strategies.integers(0, 3))
    def test_password_in_a_transport_url_never_survives(self, secret, place):
        """Any password without white space is found in a URL."""
        hosts = [f'user{n}:other{n}word@h{n}:567{n}' for n in range(4)]
        hosts[place] = f'user:{CANARY}{secret}@host'
        url = 'rabbit://' + ','.join(hosts) + '/vhost'
        for text in (url, f'transport_url = {url}', f'["{url}"]'):
            assert CANARY not in redact.Redactor().text(text)
        assert CANARY not in url_credentials.mask_secret(url)

    @hypothesis.given(names, secrets.filter(
        lambda text: text[0] not in '=>"\'*'))
    def test_value_of_a_secret_name_never_survives(self, name, secret):
        """name=value, name: value, --name value."""
        redactor = redact.Redactor()
        for text in (f'{name}={CANARY}{secret}', f'{name}: {CANARY}{secret}',
                     f'--{name} {CANARY}{secret}',
                     f'--{name}={CANARY}{secret}',
                     f'{name} = {CANARY}{secret} {CANARY}'):
            assert CANARY not in redactor.text(f'a {text}\nb')

    @hypothesis.given(names, strategies.text(max_size=30))
    def test_quoted_value_of_a_secret_name_never_survives(self, name, text):
        """repr and JSON of dicts and keyword arguments, any value."""
        value = text + CANARY + text
        redactor = redact.Redactor()
        for shown in (repr({name: value}), json.dumps({name: value}),
                      repr({'a': 'b', name: value, 'c': 'd'}),
                      repr([{name: value}]), f'f({name}={value!r}, b=1)',
                      repr({name: value.encode(errors='replace')})):
            assert CANARY not in redactor.text(shown)

    @hypothesis.given(names, strategies.text(max_size=30))
    def test_argument_of_a_secret_name_never_survives(self, name, text):
        """Arguments may hold anything."""
        masker = mask.Masker()
        for arguments in ([f'--{name}', CANARY + text],
                          [f'--{name}={text}{CANARY}{text}'],
                          [f'{name}={text}{CANARY}{text}']):
            masked = masker.arguments(['program', *arguments, 'x'])
            assert CANARY not in ''.join(masked)

    @hypothesis.given(strategies.text(max_size=300))
    def test_any_text_is_taken(self, text):
        """No text raises, and none gets a character journald refuses."""
        assert not characters.unprintable(redact.Redactor().text(text))

    any_data = strategies.recursive(
        strategies.none() | strategies.booleans() | strategies.integers()
        | strategies.floats() | strategies.text() | strategies.binary(),
        lambda inner: strategies.lists(inner) | strategies.tuples(inner)
        | strategies.frozensets(strategies.text() | strategies.binary())
        | strategies.dictionaries(strategies.text() | strategies.integers()
                                  | strategies.binary(), inner))

    @hypothesis.given(any_data)
    def test_any_data_becomes_json(self, data):
        """No data raises, and all of it becomes JSON."""
        json.loads(json.dumps(redact.Redactor().data(data), allow_nan=False))

    @hypothesis.given(any_data)
    def test_any_data_are_escaped_for_lines(self, data):
        """As if each text was, but where none has to be."""
        redactor = redact.Redactor()
        expected = redactor.data(data)
        found, lines = redactor.data_and_lines(data)
        assert json.dumps(found) == json.dumps(expected)
        assert json.dumps(lines) == json.dumps(escape.data(expected))

    values = strategies.sampled_from([
        None, True, 0, 1, -1.5, 2 ** 63, -2 ** 63, 10 ** 400, math.nan,
        math.inf, '', 'a word', 'a\nline', 'password = x8-no-word-1q',
        'rabbit://user:x8-no-word-1q@host', 'ghp_' + 'x8' * 20, CANARY,
        f'say({CANARY!r})', '--password', [CANARY], {'password': CANARY},
        b'bytes', str_of_its_own('text')])
    rows = strategies.lists(strategies.dictionaries(
        strategies.sampled_from([
            'name', 'line', 'function', 'source', 'file', 'password', 'path',
            'value', 'command', 'key', 'session', str_of_its_own('name')]),
        values, min_size=1, max_size=5), min_size=2, max_size=2)

    @pytest.mark.any_python
    @hypothesis.given(rows, strategies.integers(0, 60))
    @hypothesis.example([{'line': 1, 'function': CANARY, 'source': 'x'},
                         {'line': 1, 'function': 'x', 'source': CANARY}], 60)
    @hypothesis.example([{'password': 1}, {'password': 2}], 60)
    @hypothesis.example([{'name': 1}, {'name': math.nan}], 60)
    @hypothesis.example([{'name': 'x'}, {'name': CANARY}], 60)
    @hypothesis.example([{'line': 1, 'function': 'x', 'source': 'x'},
                         {'line': 1, 'function': 'x',
                          'source': 'password = x8-no-word-1q'}], 60)
    @hypothesis.example([{'line': 1, 'function': 'x',
                          'source': 'password = x8-no-word-1q'},
                         {'line': 1, 'function': 'password = x8-no-word-1q',
                          'source': 'x'}], 60)
    @hypothesis.example([{'name': 'x'}, {'name': 'y'}], 7)
    @hypothesis.example([{'name': 'x' * 30}, {'name': 'y' * 30}], 20)
    @hypothesis.example([{'name': 'x'}, {str_of_its_own('name'): 'y'}], 60)
    def test_what_is_alike_is_masked_as_each_alone(self, rows, limit):
        """Whatever is remembered of those before; with the same size."""
        def masked(data, **size):
            try:
                return redact.Redactor([CANARY]).data_and_lines(data, **size)
            except redact.TooLarge:
                return 'too large', ''

        alone = [masked([row])[0][0] for row in rows]
        # all of them again, with what is known by then
        together, lines = masked(rows * 3)
        assert json.dumps(together) == json.dumps(alone * 3)
        assert json.dumps(lines) == json.dumps(escape.data(alone * 3))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(alike, 'plain', lambda *_: ([], 0))
            slow, _ = masked(rows * 3)
            expected = masked(rows * 3, limit_chars=limit * 10)
        assert json.dumps(expected) == json.dumps(
            masked(rows * 3, limit_chars=limit * 10))
        assert [list(map(type, row)) for row in together] == [
            list(map(type, row)) for row in slow]

    @pytest.mark.any_python
    @pytest.mark.parametrize('odd', [
        {'name': CANARY, 'old': [], 'size': 1},
        {'name': 'x', 'old': [CANARY], 'size': 1},
        {'name': 'x', 'old': [], 'size': CANARY},
        {'name': 'x', 'old': [], 'size': [CANARY]},
        {'name': 'x', 'old': [], 'size': {'password': 'S'}},
        {'name': 'x', 'old': [], 'size': math.nan},
        {'name': 'x', 'old': [], 'size': 10 ** 400},
        {'name': 'x', 'old': [], 'size': -10 ** 5000},
        {'name': 'x', 'old': [], 'size': -math.inf},
        {'name': 'x', 'old': [], 'size': b'x'},
        {'name': str_of_its_own('x'), 'old': [], 'size': None},
        {'name': 'x', 'password': 'S', 'size': 1}, [CANARY], CANARY, None])
    @pytest.mark.parametrize('at', [0, 1, 63, 64, 65, 129])
    def test_one_among_many_is_masked_as_if_alone(self, odd, at):
        """Wherever it stands; and all the others are what they were."""
        rows = [{'name': f'row {number % 7}', 'old': [], 'size': number}
                for number in range(130)]
        rows[at] = odd
        found, lines = redact.Redactor([CANARY]).data_and_lines(rows)
        alone = redact.Redactor([CANARY]).data([odd])[0]
        assert json.dumps(found[at]) == json.dumps(alone)
        assert CANARY not in json.dumps(found)
        del found[at], rows[at]
        assert found == rows
        for row, one in zip(rows, found, strict=True):
            assert one['old'] is not row['old']

    @pytest.mark.any_python
    def test_data_that_change_later_are_copied(self):
        """What a daemon does with its own is not in the report."""
        rows = [{'name': f'row {number}'} for number in range(3)]
        masked = redact.Redactor().data(rows)
        for row in rows:
            row['password'] = CANARY
        assert masked == [{'name': f'row {number}'} for number in range(3)]


class TestData:
    """Data of any kind becomes data of JSON."""

    @pytest.mark.parametrize('data', [
        {'a': 'b\n'}, {'a\n': 'b'}, ['a\n'], ['--x', 'a\n'],
        {'command': 'a -b\n'}, {'a': {1: 'b\x1b'}}, {'a': b'\n'}])
    def test_what_is_not_printable_is_escaped_for_lines(self, data):
        """Wherever it stands; else nothing is copied."""
        redactor = redact.Redactor()
        found, lines = redactor.data_and_lines(data)
        assert lines == escape.data(found) != found
        found, lines = redactor.data_and_lines({'a': ['b', 1, None]})
        assert lines is found

    def test_names_are_remembered_without_secrets(self):
        """And not too many of them."""
        redactor = redact.Redactor([CANARY])
        for _ in range(2):
            found, lines = redactor.data_and_lines(
                {CANARY: 1, 'plain': 2, 'a\n': 3})
            assert found == {'***': 1, 'plain': 2, 'a\n': 3}
            assert lines == escape.data(found) != found
            redactor.rest()
            assert list(redactor._names) == ['plain']
        redactor.data({f'key {n}': n for n in range(redact.NAMES_MAX)})
        redactor.rest()
        assert len(redactor._names) <= redact.NAMES_MAX

    def test_text_is_masked_by_each_of_its_names(self):
        """It may be harmless by one, and secret or a command by another."""
        text = f'fence_x -p {CANARY}'
        found = redact.Redactor().data([
            {'seen': text, 'beside': CANARY},
            {'cmd': text, 'seen': CANARY},
            {'password': CANARY, 'token': CANARY, 'seen': text}])
        assert found == [
            {'seen': text, 'beside': CANARY},
            {'cmd': 'fence_x -p ***', 'seen': CANARY},
            {'password': '***', 'token': '***', 'seen': text}]

    def test_mappings_of_the_same_keys_are_told_apart(self):
        """What one of them says of its values is said of no other."""
        assert redact.Redactor().data([
            {'name': 'password', 'value': 'S', 'count': 7},
            {'name': 'debug', 'value': 'S', 'count': 7},
            {'name': 'password', 'value': 5, 'count': 7},
            {'password': 5, 'tokens': 7}, {'password': 'x', 'tokens': 'y'},
            {True: 1}, {1: 2}, {'source': 'password = x'},
            {'source': 'password = x', 'line': 1, 'function': 'f'},
        ]) == [
            {'name': 'password', 'value': '***', 'count': 7},
            {'name': 'debug', 'value': 'S', 'count': 7},
            {'name': 'password', 'value': '***', 'count': 7},
            {'password': '***', 'tokens': 7},
            {'password': '***', 'tokens': '***'},
            {'True': 1}, {'1': 2}, {'source': 'password = ***'},
            {'source': 'password = x', 'line': 1, 'function': 'f'}]

    def test_rows_of_options_are_told_apart(self):
        """Of those of a kind, some are secret, or hold lists."""
        rows = [{'name': name, 'secret': secret, 'value': value, 'old': old}
                for name, secret, value, old in (
                    ('debug', False, 'S', []), ('verbose', False, 'S', []),
                    ('debug', True, 'S', []), ('debug', None, 'S', ['a']),
                    ('x', False, ['password = S'], []), ('x', 0, 'S', []),
                    ('x', 'yes', 'password = S', []))]
        found = redact.Redactor().data(rows)
        assert [row['value'] for row in found] == [
            'S', 'S', '***', 'S', ['password = ***'], 'S', 'password = ***']
        assert [row['old'] for row in found] == [
            [], [], [], ['a'], [], [], []]
        # whoever changes what was given changes nothing of it
        rows[1]['old'].append('password = S')
        assert found[1]['old'] == []
        assert redact.Redactor().data([
            {'type': 'text', 'value': 'S'}, {'type': 'password', 'value': 'S'},
        ]) == [{'type': 'text', 'value': 'S'},
               {'type': 'password', 'value': '***'}]

    def test_data_has_a_limit(self):
        """What is more is refused, and not walked to its end."""
        with pytest.raises(redact.TooLarge):
            redact.Redactor().data(['x' * 100] * 100, limit_chars=5000)

    def test_data_that_holds_itself_ends(self):
        """Of endless data the limit or the depth makes an end."""
        endless = []
        endless.append(endless)
        json.dumps(redact.Redactor().data(endless))
        endless.append(endless)
        with pytest.raises(redact.TooLarge):
            redact.Redactor().data(endless, limit_chars=100_000)

    @pytest.mark.parametrize(('data', 'plain'), [
        (float('nan'), 'nan'), (float('inf'), 'inf'), ((1, 2), [1, 2]),
        (b'x\xff', 'x\\xff'), ({1: 2}, {'1': 2}), (True, True),
        ({'password': ''}, {'password': ''}),
        ({'password': b''}, {'password': ''}),
        ({'name': 'password', 'value': b''},
         {'name': 'password', 'value': ''}),
        ({'tokens': {}}, {'tokens': {}}), ({'tokens': []}, {'tokens': []}),
        ({'tokens': [{'a': None}]}, {'tokens': [{'a': None}]}),
        ({'password': None}, {'password': None}),
        ({'password': 0}, {'password': '***'}),
        ({'name': 'x', 'value': 'y'}, {'name': 'x', 'value': 'y'}),
    ])
    def test_data_becomes_plain(self, data, plain):
        """Types that JSON lacks become those that it has."""
        assert redact.Redactor().data(data) == plain

    def test_source_is_a_line_of_a_program_in_a_frame_only(self):
        """There names that say key or token stay, with what is beside."""
        line = 'token = get_key(password=None, key=name)'
        frame = {'file': 'x.py', 'line': 3, 'function': 'f', 'source': line}
        assert redact.Redactor().data(frame) == frame
        masked = redact.Redactor().data({
            'source': f'password={CANARY}',
            'frame': {'line': 3, 'source': f'password={CANARY}'},
            'source of others': line})
        assert CANARY not in json.dumps(masked)
        assert masked['source'] == 'password=***'
        assert masked['source of others'] != line

    def test_integer_too_long_for_json_is_shown_in_hexadecimal(self):
        """Python refuses to print more than 4300 digits; all may be sent."""
        data = redact.Redactor().data({'n': 10 ** 5000, 'm': -10 ** 5000})
        assert int(data['n'], 16) == 10 ** 5000
        assert int(data['m'], 16) == -10 ** 5000
        json.loads(json.dumps(data))

    def test_object_whose_repr_raises_is_named(self):
        """It does not cost the section."""
        class Hostile:
            def __repr__(self):
                raise OSError('no')
        assert redact.Redactor().data([1, Hostile()]) == [
            1, '<Hostile: repr raised OSError>']
