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

"""Every recognizer takes time that grows with the text and no faster."""

from __future__ import annotations

import os
import time

import pytest

from ceilometer.diagnostics.secrets import known_values
from ceilometer.diagnostics.secrets import recognizers
from ceilometer.diagnostics.secrets import redact
from ceilometer.diagnostics.secrets import spans

pytestmark = pytest.mark.any_python

#: Texts that ``make fuzz`` gives to each recognizer.
LARGE = 1_000_000

#: Those of each run: thousands, of which the large ones take ten minutes.
MEDIUM = LARGE if os.environ.get('FUZZ_EXAMPLES') else 250_000

#: Four times the text may take so many times as long. What grows with the
#: square takes 16 times as long.
TIMES = 4
SLOWER_MAX = 10

#: Less than this says nothing about how time grows, seconds for a large text.
SECONDS_MIN = 0.02

UNITS = [
    'a=', 'key=', 'password=', 'a="', "password='", 'key="\\', 'a: ', '://',
    'x://u:p@', 'u:p@h,', 'http://', 'http://h/,', '@', 'a:@', 'a:b@c ', 'a.',
    '-----BEGIN PRIVATE KEY-----', '-----BEGIN A', '-----BEGIN RSA ', 'Basic ',
    'Bearer\n', 'Bearer a', '"key" : ', ' ', '\n', '\\', '\x00', '--key ',
    'key', 'KeyKey', 'key:\n ', 'key => ', "['", '[key]', 'password: ',
    'password:\n', 'password:\n  ', 'password: |\n', 'password=[',
    '(password,',
    "('password', '", 'password=f(', '<password>', '<password', '</password>',
    '<a><password>x</a>', '<password a=', "'name': 'password', ",
    "{'name': 'password'}", 'name: password\nvalue: ', '<name>password</name>',
    'password | ', '| password | x', 'auth=(', 'auth=(a,', 'key=(', 'curl -u ',
    'mysql -p', 'mysql ', '-u ', '-p', "curl '-u', '", 'openssl -passin ',
    'a, password: ', 'a; password: ', '; password=', '&password=', 'password ',
    'password is ', 'identified by ', 'Could not password: ', '/password: ',
    'password=\\\n', 'password: \\\n', 'eyJ', 'eyJaaaaaaaa.', 'gAAAAA', '$6$',
    '%', '%41', '&amp;', '\\u0041', '\\x41', '+', 'c2Vj', 'password=""',
    "password='' ", 'password="\\"', '&quot;', 'password=&quot;',
    'password=\\"', 'x password: y\n', 'password = x\n  ', 'token_' * 50,
    'ab' * 150 + ' @', "Command '['x', '-p', ", 'Command: -p a ', 'CMD "',
    "Command 'x -p ", 'set(', 'insert into a(', "password=%s', ('", '\na, b',
    'пароль: ', 'password for ', 'password is now set to ', '密码是',
    'secret,a=b,', "'\\x00a", "connect('a', ", 'Client(', "digest', 'a",
    'copy a(password) from stdin\n', 'copy a(', 'api.telegram.org/bot',
    'insert into a(password) select ', 'password -v ',
    'name | password \n---|---\n', '| password |\n',
    '| password | a |\n|-|--|\n', 'a,password\n', '\tpassword\n',
    '| x | value |\n', '-[ record 1 ]-\na|b\n',
    "insert into user values ('a','b'),", "insert into user values ('a",
    '(a),',
    "aes_decrypt(x, '", 'crypt(', 'crypt(a)', '"qom-type":"secret",',
    '"qom-type":"secret","data":"', 'data: qom-type=secret ',
    'passwords\\x00\\x00\\x03\\xe8', 'auth\\r\\n$999\\r\\n',
    'rocommunity a ', '\nrocommunity ', '\ncom2sec a ', '\ncreateuser a sha ',
    'login a password ', 'echo a | chpasswd ', '|chpasswd ', 'echo ', '| ',
    'chpasswd <<eof\n', 'passwd <<< "', '{password, <<"', 'password={a}b ',
    'password:: ', 'identified via a using ', "identified by 'a' replace 'b' ",
    'akia', 'vault kv put x ', 'vault kv put ', 'kv put x a=b ',
    'vault write x a=b\\\n',
    'consul kv put x ', 'vault -a ', 'openssl passwd -a ', 'stats auth a:',
    'auth sha a priv aes 128 ', 'setuser a ', 'setuser a >', 'digest:a',
    'digest:a:', 'username a privilege 1 ', 'neighbor a password ',
    '"auth" "a ', '"auth" "a" "b" ', '334 ugfzc3dvcmq6\n', 'ugfzc3dvcmq6\r',
    'ugfzc3dvcmq6\na>', '<<< a', '<<<"', '<(echo ', '<(echo -n ',
    '<password> ', 'password[1]', ' -- ', 'AUTH a ', "\nAUTH default ",
    'password[', 'password%5d', 'password \u2192 ', 'password ?', '[token]',
    "secret 'a' ", 'setenv a ', 'name="token"\\r\\n', 'name="token"\n\n',
    'authorization.k8s.io.', 'user a insecure-password ',
    'htpasswd -b f u ', 'mkpasswd ', 'mkpasswd a ', "mkpasswd', 'a', '",
    'smbpasswd -a ', 'mc alias set a ', 'xfreerdp /p:', ' /p:', 'user=a%',
    'user=', 'username=a', '? password\n: ', '? password\n',
    'variable "password" {', 'variable "a" { default = ', ' default = ',
    'assword\nsend "', 'assword ', 'passwd: files ', 'files ',
    '--token\n- ', 'option token is not valid: ', 'option a',
    'x;createuser a sha ', 'rocommunity6 a ', '%22', '%2525', '%3d%20',
    '\\x22', '\\\\u0022', '&#61;', '&colon;', '&amp;amp;#61;', 'p%61ssword=',
    '<token id="', '<token value="a" ', 'a;password\n', '"password";"a"\n',
    '"password";"',
    'a|password\n', 'a password\n- --\n', 'a  password\n--  --\n',
    'password\n---\n', '-- ', '--\n', '-- --\n', '\u2500\u2500 ',
    'password  a\n', 'password  ', 'a:5432:b:c:d ', 'a:*:', ':5432:a:',
    'login a\npassword b\n', 'login a ', 'password a login ',
    'enter password for ', 'password for a: ', 'password [a]: ', 'password (',
    'secret key = ', 'key: a', 'git config --a ', 'git config a.token ',
    'crudini --set a b ', 'crudini --a ', 'net use ', 'net use \\\\a ',
    'trapsink a ', 'oc login -p ', 'docker run -p ', 'a/b:c@d ', 'a/b:', 'a/',
    'nxc -p ', 'rbd --key=',
    'rabbitmqctl add_user openstack ', 'openstack ', 'mysql -u openstack ',
    'password is: ', 'password is: a\n', 'a:/b:c@', "password: 'a' => ",
    ' /password:', "connect('a', 1, 'b', ", "connect('cn=a', '",
    'the password is ', 'password is a', 'password for a ',
    'password changed ', "password from 'a' to 'b' ", 'password old=a new=b ',
    'password of a ', 'password was ', 'overriding password ', 'set a ',
    "set password to '", 'columns: [', '"columns": ["password"], ',
    '"rows": [["a"]], ', 'columns=[password] rows=[[a]] ', 'login: a',
    'login: a:', 'sqlplus a/', 'sqlplus ', 'a/b@', 'oracle:a:', 'code=a ',
    'authorization_code ', 'authorization_code code=', 'rclone config create ',
    'wrong a password ', "jwt.encode(a, '", "password('", 'creds (a, ',
    'creds a:', "'a\\x00b", 'a\x00', '\npassword ', 'cert secret ',
    "user 'a:b", "user 'a:", 'auth login a ', 'basic auth a:', 'login as a/',
    'user/pass: a/', 'u=ab p=', 'set_password a ', 'add_user(<<"',
    'verification code is ', 'community "a', 'ro community ',
    'with password a ', 'decrypt a with key ', 'password generated: ',
    'a: password for b', '\\0a\\0b',
]


def _cpu_seconds(function, argument):
    """What this thread computes, which others on the machine do not slow."""
    start = time.thread_time()
    function(argument)
    return time.thread_time() - start


def _assert_linear(function, make, size=LARGE):
    """Compare the time for a text with that for a fourth of it."""
    ratios = []
    # whoever shares a processor's caches can slow one of them
    for _ in range(4):
        small = _cpu_seconds(function, make(size // TIMES))
        large = _cpu_seconds(function, make(size))
        ratios.append(large / max(small, SECONDS_MIN * size / LARGE))
        if ratios[-1] < SLOWER_MAX:
            return
    raise AssertionError(f'{min(ratios)} times as long')


def _known_values(text):
    return known_values.KnownValues(
        ['some-secret', 'sec%41', 'aaaaaa']).find(text.whole)


FINDERS = {**{recognizer.kind: recognizer.find
              for recognizer in recognizers.RECOGNIZERS},
           'known values': _known_values}

#: A recognizer is not asked about a text without its sign.
SIGNS = {recognizer.kind: recognizer.sign
         for recognizer in recognizers.RECOGNIZERS}


@pytest.mark.parametrize(('kind', 'unit'), [
    (kind, unit) for kind in FINDERS for unit in UNITS
    if SIGNS.get(kind, '') in unit])
def test_recognizer_is_linear(kind, unit):
    """On what regular expressions and searches for ends are slow with."""
    def find(whole):
        for _ in FINDERS[kind](spans.Text(whole)):
            pass

    _assert_linear(find, lambda size: 'a key ' + unit * (size // len(unit)),
                   MEDIUM)


@pytest.mark.parametrize('unit', ["'a': 'b', ", 'password=x\n', 'x ', '\n'])
def test_text_is_linear(unit):
    """All recognizers together, and what replaces what they found."""
    _assert_linear(redact.Redactor(['some-secret']).text,
                   lambda size: unit * (size // len(unit)))


@pytest.mark.parametrize('make', [
    lambda size: ['key=' * (size // 20)] * 5,
    lambda size: 'password=' * (size // 9),
    lambda size: {'k' * size: 1},
    lambda size: [['a', 1]] * (size // 20),
    lambda size: {str(n): 'x' for n in range(size // 20)},
    lambda size: {'command': ['-p', 'x'] * (size // 10)},
    lambda size: {'command': 'x -p "' * (size // 10)},
    lambda size: {'command': 'sh -c "' * (size // 10)},
    lambda size: ['amqp://u:p@h,' * (size // 13)] * 8], ids=range(9))
def test_data_is_linear(make):
    """Data of all shapes."""
    _assert_linear(redact.Redactor(['some-secret']).data, make)
