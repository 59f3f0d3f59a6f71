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

from ceilometer.diagnostics import patterns
from ceilometer.diagnostics.secrets import looks
from ceilometer.diagnostics.secrets import spans

HINTS = ('rootpw', 'bindpw', 'community', 'com2sec', 'createuser',
         'passphrase', 'requirepass', 'masterauth', 'masteruser', 'pass ',
         'password', 'authtok', 'auth_pass', 'auth-pass', 'stats auth',
         'secret ', '-server', '-key', 'isakmp', 'auth ', 'pre_shared_key',
         'setuser', 'digest:', 'setenv', 'env ', 'form-data', 'eap ', 'psk ',
         'user')

_SPACE = r'[ \t]{1,40}'
_VALUE = r"""(?:"([^"\n]{1,400})"|'([^'\n]{1,400})'|([^\s"']{1,400}))"""
_END = r'[ \t]{0,40}(?=\r?\n|\Z)'
_START = r'(?:\A|(?<=\n))[ \t]{0,40}'
# A line may be an item of a list, or end in a semicolon.
_ITEM_START = r'(?:\A|(?<=[\n"\';]))[ \t]{0,40}'
_ITEM_END = r'[ \t]{0,40}(?=\r?\n|\Z|["\';])'
# How a password is written, in the words of routers: 5 S
_KIND = rf'(?:\d{_SPACE})?'
_DIRECTIVES = tuple(map(patterns.pattern, (
    # Anaconda's has options
    rf'{_START}(?:rootpw(?:{_SPACE}--[a-z]{{1,20}}){{0,3}}|rootbindpw'
    rf'|bindpw|wpa_passphrase|requirepass'
    rf'|masterauth|ldap_default_authtok|trapcommunity|authcommunity'
    rf'|r[ow]community6?){_SPACE}{_VALUE}{_END}',
    # from where: an address, then an OID
    rf'\br[ow]community6?{_SPACE}{_VALUE}'
    rf'{_SPACE}(?:default|-v|[\d\[]|[a-z][\w-]*\.)[^\n]{{0,200}}',
    rf'{_START}com2sec6?{_SPACE}(?:-\w+{_SPACE}\S{{1,100}}{_SPACE})?'
    rf'\S{{1,100}}{_SPACE}\S{{1,100}}{_SPACE}{_VALUE}{_END}',
    rf'{_ITEM_START}createuser{_SPACE}(?:-e{_SPACE}\S{{1,100}}{_SPACE})?'
    rf'\S{{1,100}}{_SPACE}(?:md5|sha[\d-]{{0,8}}){_SPACE}{_VALUE}'
    rf'(?:{_SPACE}(?:des|aes[\d-]{{0,8}})(?:{_SPACE}{_VALUE})?)?{_ITEM_END}',
    rf'\bsnmp-server{_SPACE}community{_SPACE}{_VALUE}',
    # of netrc
    rf'\blogin{_SPACE}\S{{1,100}}{_SPACE}password{_SPACE}{_VALUE}'
    rf'(?={_SPACE}(?:account|machine|macdef)|{_END})',
    # of keepalived and HAProxy
    rf'\b(?:vip_)?auth_pass{_SPACE}{_VALUE}{_END}',
    rf'\bstats{_SPACE}auth{_SPACE}[^\s:]{{1,100}}:{_VALUE}',
    rf'\buser{_SPACE}\S{{1,100}}{_SPACE}insecure-password{_SPACE}{_VALUE}',
    rf'{_START}user{_SPACE}\S{{1,100}}{_SPACE}password{_SPACE}{_VALUE}'
    rf'(?={_SPACE}groups|{_END})',
    # of switches and routers
    rf'\bneighbor{_SPACE}\S{{1,100}}{_SPACE}password{_SPACE}{_KIND}{_VALUE}'
    rf'{_END}',
    rf'\busername{_SPACE}\S{{1,100}}{_SPACE}(?:privilege{_SPACE}\d{{1,2}}'
    rf'{_SPACE})?(?:secret|password){_SPACE}{_KIND}{_VALUE}{_END}',
    rf'\benable{_SPACE}(?:secret|password){_SPACE}\d{_SPACE}{_VALUE}{_END}',
    rf'\b(?:tacacs|radius)-server{_SPACE}(?:host{_SPACE}\S{{1,100}}{_SPACE})?'
    rf'key{_SPACE}{_KIND}{_VALUE}{_END}',
    rf'\bmessage-digest-key{_SPACE}\d{{1,3}}{_SPACE}md5{_SPACE}{_KIND}'
    rf'{_VALUE}',
    rf'\bospf{_SPACE}authentication-key{_SPACE}{_KIND}{_VALUE}{_END}',
    rf'\bisakmp{_SPACE}key{_SPACE}{_KIND}{_VALUE}{_SPACE}address\b',
    rf'\bauth{_SPACE}(?:md5|sha)[\d-]{{0,4}}{_SPACE}{_VALUE}'
    rf'(?:{_SPACE}priv{_SPACE}(?:des|aes)[\d-]{{0,4}}'
    rf'(?:{_SPACE}\d{{3}})?{_SPACE}{_VALUE})?{_END}',
    rf'\bset{_SPACE}snmp{_SPACE}community{_SPACE}{_VALUE}',
    rf'\bpre_shared_key{_SPACE}{_VALUE}{_END}',
    rf':{_SPACE}(?:eap|xauth|psk|ntlm){_SPACE}(?=["\']){_VALUE}',
    # of csh and Dockerfiles, and the parts of a form
    rf'{_START}(?:setenv|env){_SPACE}\w{{0,60}}'
    rf'(?:password|passwd|secret|token){_SPACE}{_VALUE}{_END}',
    r'name=\\?"[\w.-]{0,60}(?:password|passwd|secret|token)\\?"'
    r'(?:\\r\\n|\r\n|\n|\\n){2}([^\r\n\\]{1,400})',
    # of Redis, ZooKeeper and QEMU
    rf'\bset{_SPACE}(?:requirepass|masterauth){_SPACE}{_VALUE}',
    rf'\bauth-pass{_SPACE}\S{{1,100}}{_SPACE}{_VALUE}{_END}',
    rf'\bsetuser{_SPACE}(?:[^\s>]{{1,100}}{_SPACE}){{1,9}}>{_VALUE}',
    r'\bdigest:(?!sha|md5)[^\s:]{1,100}:([^\s:"\']{1,400})',
    rf'\bset_password{_SPACE}(?:vnc|spice){_SPACE}{_VALUE}',
    rf'\bchange{_SPACE}vnc{_SPACE}password{_SPACE}{_VALUE}{_END}',
    # of Samba: the user and the password in one
    r'\buser(?:name)?[\"\']{0,2}[=:][ ]?[\"\']?[\w.@\\/+-]{1,100}%'
    r'([^\s,;\"\'&]{1,400})',
    # of oslo.config
    r'\boption[ ]\S{0,60}(?:password|secret|token)[ ]is[ ]not[ ]valid:[ ]'
    r'([^\n]{1,400})',
    # of expect
    r'assword[^\n]{0,40}\s{1,40}send[ ](?:--[ ])?"([^"\n]{1,200})"',
)))
# What each of them has in it, in their order: to look for that is fast.
_SIGNS = (
    '', 'community', 'com2sec', 'createuser', 'snmp-server', 'login',
    'auth_pass', 'stats', 'insecure-password', 'user', 'neighbor', 'username',
    'enable', '-server', 'message-digest-key', 'authentication-key', 'isakmp',
    'auth', 'snmp', 'pre_shared_key', '', 'env', 'name=', 'set',
    'auth-pass', 'setuser', 'digest:', 'set_password', 'vnc',
    '%', 'is not valid', 'send')
# Of FTP and POP3, in capital letters: the same word begins sentences.
_PASS = patterns.pattern(
    rf"""(?:\A|(?<=[\n'"]))(?:[>-]{{1,5}}{_SPACE})?PASS[ ]"""
    r"""([^\s"'\\]{1,400})"""
    r"""(?=\s*(?:\n|\Z)|\\r|["'])""")
# AUTH S and AUTH USER S of Redis; no mechanism of SMTP.
_AUTH = patterns.pattern(
    rf"""(?:\A|(?<=[\n'"]))(?:[>-]{{1,5}}{_SPACE})?AUTH[ ]"""
    r"""(?!(?:PLAIN|LOGIN|NTLM|XOAUTH2|GSSAPI|EXTERNAL)\b)"""
    r"""(?![A-Z]+-(?:MD5|SHA)\b)"""
    r"""(?:([\w.@-]{1,100})[ ])?([^\s"'\\]{1,400})"""
    r"""(?=\s*(?:\n|\Z)|\\r|["'])""")


def _find(text: spans.Text) -> Iterator[spans.Span]:
    for directive, sign in zip(_DIRECTIVES, _SIGNS, strict=True):
        if sign not in text.lower:
            continue
        for found in directive.finditer(text.lower):
            for number in range(1, len(found.groups()) + 1):
                start, end = found.span(number)
                if end > start and not looks.says_none(
                        text.whole[start:end]) and not looks.is_complaint(
                            text.lower, start):
                    yield start, end
    if 'PASS ' in text.whole:
        for found in _PASS.finditer(text.whole):
            yield found.span(1)
    if 'AUTH ' in text.whole:
        for found in _AUTH.finditer(text.whole):
            if looks.of_credential(found[2]) or found[1] == 'default' and (
                    not looks.says_none(found[2])):
                yield found.span(2)


DIRECTIVES = spans.Recognizer(
    'lines of configuration without a sign', HINTS, _find)
