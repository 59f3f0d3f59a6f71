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

"""Recognizes secrets in lines of configuration that have no sign.

``rocommunity S``, ``bindpw S``, ``createUser u SHA "S" AES "S"``: a word that
says so begins the line, and the values follow.

Pure, for any process and thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterator
import re

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import spans

HINTS = ('rootpw', 'bindpw', 'community', 'com2sec', 'createuser',
         'passphrase', 'requirepass', 'masterauth', 'masteruser', 'pass ',
         'assword', 'authtok', 'auth_pass', 'auth-pass', 'stats auth',
         'secret ', '-server', '-key', 'isakmp', 'auth ', 'pre_shared_key',
         'setuser', 'digest:', 'setenv', 'env ', 'form-data', 'eap ', 'psk ',
         'auth\t', 'env\t', 'eap\t', 'psk\t', 'ntlm', 'logged ', 'logging ',
         'user', '432:', ':*:', 'net use', 'sink ', 'login', 'logon', 'cred',
         'sqlplus', 'oracle', ':1521', 'expdp', 'impdp', 'sqlldr', 'rman ',
         'oidc', 'authorization_code', 'rclone', 'sasl ', 'ion code',
         'access code', 'pin code')

#: Parts of regular expressions: what divides a name from its value,
SPACE = r'[ \t]{1,40}'
#: the value, in quotes or not,
VALUE = r"""(?:"([^"\n]{1,400})"|'([^'\n]{1,400})'|([^\s"']{1,400}))"""
#: the end of the line,
END = r'[ \t]{0,40}(?=\r?\n|\Z)'
#: the beginning of a line, or of what a line of a log says.
START = r'(?:\A|(?<=\n)|(?<=\] ))[ \t]{0,40}'
# A line may be an item of a list, or end in a semicolon.
_ITEM_START = r'(?:\A|(?<=[\n"\';]))[ \t]{0,40}'
_ITEM_END = r'[ \t]{0,40}(?=\r?\n|\Z|["\';])'
# What a sentence goes on with.
_NO_USER = r'(?!(?:failed|fails|is|was|not|error|has|cannot|could|with)\b)'
# How a password is written, in the words of routers: 5 S
_KIND = rf'(?:\d{SPACE})?'
_DIRECTIVES = tuple(map(patterns.pattern, (
    # Anaconda's has options
    rf'{START}(?:rootpw(?:{SPACE}--[a-z]{{1,20}}){{0,3}}|rootbindpw'
    rf'|bindpw|wpa_passphrase|requirepass'
    rf'|def(?:auth|priv)?passphrase|def(?:auth|priv)masterkey|defcommunity'
    rf'|masterauth|ldap_default_authtok|trapcommunity|authcommunity'
    rf'|r[ow]community6?){SPACE}{VALUE}{END}',
    # from where: an address, then an OID
    rf'\br[ow]community6?{SPACE}{VALUE}'
    rf'{SPACE}(?:default|-v|[\d\[]|[a-z][\w-]*\.)[^\n]{{0,200}}',
    rf'{START}com2sec6?{SPACE}(?:-\w+{SPACE}\S{{1,100}}{SPACE})?'
    rf'\S{{1,100}}{SPACE}\S{{1,100}}{SPACE}{VALUE}{END}',
    rf'{_ITEM_START}createuser{SPACE}(?:-e{SPACE}\S{{1,100}}{SPACE})?'
    rf'\S{{1,100}}{SPACE}(?:md5|sha[\d-]{{0,8}}){SPACE}{VALUE}'
    rf'(?:{SPACE}(?:des|aes[\d-]{{0,8}})(?:{SPACE}{VALUE})?)?{_ITEM_END}',
    rf'\bsnmp-server{SPACE}community{SPACE}{VALUE}',
    # of netrc
    rf'\blogin{SPACE}\S{{1,100}}{SPACE}password{SPACE}{VALUE}'
    rf'(?={SPACE}(?:account|machine|macdef)|{END})',
    # of keepalived and HAProxy
    rf'\b(?:vip_)?auth_pass{SPACE}{VALUE}{END}',
    rf'\bstats{SPACE}auth{SPACE}[^\s:]{{1,100}}:{VALUE}',
    rf'\buser{SPACE}\S{{1,100}}{SPACE}insecure-password{SPACE}{VALUE}',
    rf'{START}user{SPACE}\S{{1,100}}{SPACE}password{SPACE}{VALUE}'
    rf'(?={SPACE}groups|{END})',
    # of switches and routers
    rf'\bneighbor{SPACE}\S{{1,100}}{SPACE}password{SPACE}{_KIND}{VALUE}'
    rf'{END}',
    rf'\busername{SPACE}\S{{1,100}}{SPACE}(?:privilege{SPACE}\d{{1,2}}'
    rf'{SPACE})?(?:secret|password){SPACE}{_KIND}{VALUE}{END}',
    rf'\benable{SPACE}(?:secret|password){SPACE}\d{SPACE}{VALUE}{END}',
    rf'\b(?:tacacs|radius)-server{SPACE}(?:host{SPACE}\S{{1,100}}{SPACE})?'
    rf'key{SPACE}{_KIND}{VALUE}{END}',
    rf'\bmessage-digest-key{SPACE}\d{{1,3}}{SPACE}md5{SPACE}{_KIND}'
    rf'{VALUE}',
    rf'\bospf{SPACE}authentication-key{SPACE}{_KIND}{VALUE}{END}',
    rf'\bisakmp{SPACE}key{SPACE}{_KIND}{VALUE}{SPACE}address\b',
    rf'\bauth{SPACE}(?:md5|sha)[\d-]{{0,4}}{SPACE}{VALUE}'
    rf'(?:{SPACE}priv{SPACE}(?:des|aes)[\d-]{{0,4}}'
    rf'(?:{SPACE}\d{{3}})?{SPACE}{VALUE})?{END}',
    rf'\bset{SPACE}snmp{SPACE}community{SPACE}{VALUE}',
    rf'\bpre_shared_key{SPACE}{VALUE}{END}',
    rf':{SPACE}(?:eap|xauth|psk|ntlm){SPACE}(?=["\']){VALUE}',
    # of csh and Dockerfiles, and the parts of a form
    rf'{START}(?:setenv|env){SPACE}\w{{0,60}}'
    rf'(?:password|passwd|secret|token){SPACE}{VALUE}{END}',
    r'name=\\?"[\w.-]{0,60}(?:password|passwd|secret|token)\\?"'
    r'(?:\\r\\n|\r\n|\n|\\n){2}([^\r\n\\]{1,400})',
    # of Redis, ZooKeeper and QEMU
    rf'\bset{SPACE}(?:requirepass|masterauth){SPACE}{VALUE}',
    rf'\bauth-pass{SPACE}\S{{1,100}}{SPACE}{VALUE}{END}',
    rf'\bsetuser{SPACE}(?:[^\s>]{{1,100}}{SPACE}){{1,9}}>{VALUE}',
    r'\bdigest:(?!sha|md5)[^\s:]{1,100}:([^\s:"\']{1,400})',
    rf'\bset_password{SPACE}(?:vnc|spice){SPACE}{VALUE}',
    rf'\bchange{SPACE}vnc{SPACE}password{SPACE}{VALUE}{END}',
    # of Samba: the user and the password in one
    r'\buser(?:name)?[\"\']{0,2}[=:][ ]?[\"\']?[\w.@\\/+-]{1,100}%'
    r'([^\s,;\"\'&]{1,400})',
    # of oslo.config
    r'\boption[ ]\S{0,60}(?:password|secret|token)[ ]is[ ]not[ ]valid:[ ]'
    r'([^\n]{1,400})',
    # of expect
    r'assword[^\n]{0,40}\s{1,40}send[ ](?:--[ ])?"([^"\n]{1,200})"',
    # a file of passwords of PostgreSQL
    r'(?:\A|(?<=[\s"\']))(?:[\w.*-]{1,100}|\[[\da-f:.]{2,40}\])'
    r':(?:[56]432|\*):[^\s:]{1,100}:[^\s:]{1,100}:([^\s"\']{1,400})'
    r'(?=\s*(?:\n|\Z)|["\'])',
    # of Windows and of SNMP
    rf'\bnet{SPACE}use{SPACE}(?:(?:[a-z]|lpt\d):{SPACE}|\*{SPACE})?'
    rf'\\{{2,9}}[^\s"\']{{1,200}}{SPACE}(?:/user:\S{{1,100}}{SPACE})?'
    rf'(?!/){VALUE}',
    rf'{START}trap2?sink{SPACE}\S{{1,200}}{SPACE}(?!\d{{1,5}}\s){VALUE}'
    rf'(?:{SPACE}\d{{1,5}})?{END}',
    # a user and a password in one: login: u:S, creds (u, S)
    r'\b(?:log[io]n|userpwd|user_pass)["\']?[ ]?[=:][ ]?["\']?'
    r'[a-z][\w.@-]{0,60}:(?!\d{1,5}(?!\w)|[/:])([^\s"\'\\,;]{2,200})',
    r'\bcred(?:ential)?s?[ ](?:\([ ]?["\']?[\w.@-]{1,60}["\']?,[ ]?["\']?'
    r'([^\s"\'()]{2,200})["\']?[ ]?\)'
    r'|["\']?[a-z][\w.@-]{0,60}[:/](?![/:])([^\s"\'\\,;/]{2,200}))',
    # of Oracle: u/S@h
    rf'\b(?:sqlplus|expdp|impdp|sqlldr|rman)\b[^\n/]{{0,100}}?[ =\'"]'
    rf'[\w.$#]{{1,60}}/([^\s/@"\']{{1,200}})(?=@|{SPACE}|["\']|{END})',
    r'\boracle(?:[:+]\w{1,20}){1,3}:(?://)?[\w.$#]{1,60}/([^\s/@"\']{1,200})@',
    r'(?<![\w./])[\w.$#]{1,60}/([^\s/@"\']{1,200})@(?://)?'
    r'[\w.-]{1,100}:1521\b',
    # of OpenID Connect, before and behind what says so
    r'\b(?:v3oidcauthcode|authorization_code)\b[\s\S]{0,300}?\bcode["\']?'
    rf'[ ]?[=:][ ]?{VALUE}',
    rf'(?<![\w.-])code["\']?[ ]?[=:][ ]?{VALUE}'
    r'[\s\S]{0,300}?\b(?:v3oidcauthcode|authorization_code)\b',
    r'\buser["\']?[ =:]{1,2}["\']([\w.@-]{1,60}):(?!\d{1,5}["\']|/)'
    r'([^\s"\':]{3,200})["\']',
    rf'\b(?:sasl|auth){SPACE}(?:plain|login){SPACE}{_NO_USER}'
    rf'[\w.@-]{{1,60}}{SPACE}(?!cram-md5|digest-md5|plain|login|xoauth2'
    rf'|oauthbearer|gssapi|ntlm|scram|external|amqplain){VALUE}{END}',
    r'\bbasic[ _-]auth(?:entication)?[ :=(]{1,3}["\']?[a-z][\w.@-]{0,60}:'
    r'(?!//|\d{1,5}(?!\w))([^\s"\']{3,200})',
    r'\blog(?:in|on|g(?:ed|ing)[ ](?:in|on))[ ](?:with|as|using)[ ]["\']?'
    r'[a-z][\w.@-]{0,60}/([^\s"\'/]{3,200})["\']?[ ](?:failed|was|is|reject'
    r'|denied|refused|succeeded)',
    r'\buser(?:name)?/pass(?:word|wd)?\)?[ :=]{1,3}["\']?[\w.@-]{1,60}[/:]'
    r'([^\s"\']{3,200})',
    r'\bu(?:ser)?[=:][ ]?[a-z][\w.@-]{0,60}["\']?[ ,;]{1,3}p(?:w|ass|wd)?'
    rf'[=:][ ]?{VALUE}',
    rf'\b(?:set_password|wpa_passphrase){SPACE}{_NO_USER}[\w.@-]{{1,60}}'
    rf'{SPACE}{VALUE}{END}',
    r'\b(?:change|set|add)_(?:password|user)\(<<"[^"\n]{0,100}">>,[ ]?<<"'
    r'([^"\n]{1,200})">>',
    r'\bmysql_native_password["\']?[ ](?:as|by|using)[ ]["\']'
    r'([^"\'\n]{1,200})["\']',
    rf'\b(?:verification|activation|confirmation|authentication|access|pin)'
    rf'[ ]code[ ]?(?:is|was|=|:)[ ]?{VALUE}',
    r'\bcommunity(?:[ ](?:string|name))?[ ](?:"([^"\n]{1,200})"'
    r'|\'([^\'\n]{1,200})\')',
    rf'\b(?:read-?[ ]?only|read-?[ ]?write|ro|rw)[ ]community[ ]'
    rf'(?:string[ ])?{VALUE}{END}',
    rf'\brclone[ ]config[ ](?:create|update)[^\n]{{0,300}}?[ ](?:pass|password'
    rf'|secret_access_key|token|client_secret|key|api_key)[ =]{VALUE}',
)))
# What each of them has in it, in their order: to look for that is fast, and to
# compile one that is not needed takes longer than to mask most texts.
_SIGNS: tuple[str | tuple[str, ...], ...] = (
    ('rootpw', 'bindpw', 'passphrase', 'requirepass', 'masterkey',
     'masterauth', 'authtok', 'community'),
    'community', 'com2sec', 'createuser', 'snmp-server', 'login',
    'auth_pass', 'stats', 'insecure-password', 'password', 'neighbor',
    'username', 'enable', '-server', 'message-digest-key',
    'authentication-key', 'isakmp', ('auth ', 'auth\t'), 'snmp',
    'pre_shared_key',
    ('eap ', 'eap\t', 'auth ', 'auth\t', 'psk ', 'psk\t', 'ntlm'),
    ('env ', 'env\t'), 'name=', ('requirepass', 'masterauth'),
    'auth-pass', 'setuser', 'digest:', 'set_password', 'vnc',
    ('user=', 'user:', 'user"', "user'", 'name=', 'name:', 'name"', "name'"),
    'is not valid', 'send', ('432:', ':*:'), ('net ', 'net\t'), 'trap',
    ('login', 'logon', 'userpwd', 'user_pass'), 'cred',
    ('sqlplus', 'expdp', 'impdp', 'sqlldr', 'rman'), 'oracle', ':1521',
    ('authcode', 'authorization_code'), ('authcode', 'authorization_code'),
    ("'", '"'), ('plain ', 'plain\t', 'login ', 'login\t'), 'basic',
    (' with ', ' as ', ' using '), '/pass', (' p', ',p', ';p'),
    ('set_password', 'wpa_passphrase'), '(<<', 'mysql_native', ' code',
    'community', 'community', 'rclone')
# Of FTP and POP3, in capital letters: the same word begins sentences.
_PASS = patterns.pattern(
    rf"""(?:\A|(?<=[\n'"]))(?:[>-]{{1,5}}{SPACE})?PASS[ ]"""
    r"""([^\s"'\\]{1,400})"""
    r"""(?=\s*(?:\n|\Z)|\\r|["'])""")
# AUTH S and AUTH USER S of Redis; no mechanism of SMTP.
_AUTH = patterns.pattern(
    rf"""(?:\A|(?<=[\n'"]))(?:[>-]{{1,5}}{SPACE})?AUTH[ ]"""
    r"""(?!(?:PLAIN|LOGIN|NTLM|XOAUTH2|GSSAPI|EXTERNAL)\b)"""
    r"""(?![A-Z]+-(?:MD5|SHA)\b)"""
    r"""(?:([\w.@-]{1,100})[ ])?([^\s"'\\]{1,400})"""
    r"""(?=\s*(?:\n|\Z)|\\r|["'])""")


def _find(text: spans.Text) -> Iterator[spans.Span]:
    lower = text.lower
    for directive, sign in zip(_DIRECTIVES, _SIGNS, strict=True):
        if sign in lower if isinstance(sign, str) else text.has(sign):
            yield from values(text, directive)
    if 'PASS ' in text.whole:
        for found in _PASS.finditer(text.whole):
            yield found.span(1)
    if 'AUTH ' in text.whole:
        for found in _AUTH.finditer(text.whole):
            if looks.of_credential(found[2]) or found[1] == 'default' and (
                    not looks.says_none(found[2])):
                yield found.span(2)


def values(text: spans.Text,
           directive: re.Pattern[str]) -> Iterator[spans.Span]:
    """What the groups of a regular expression hold, where it is a value.

    :param text: the text
    :param directive: for a text in lower case
    """
    for found in directive.finditer(text.lower):
        for number in range(1, len(found.groups()) + 1):
            start, end = found.span(number)
            if end > start and not looks.says_none(
                    text.whole[start:end]) and not looks.is_complaint(
                        text.lower, start):
                yield start, end


DIRECTIVES = spans.Recognizer(
    'lines of configuration without a sign', HINTS, _find)
