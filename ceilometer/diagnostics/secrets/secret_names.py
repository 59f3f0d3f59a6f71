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

"""Which names say that what goes by them is a secret.

Pure, for any process and thread; raises nothing for any name.
"""

from __future__ import annotations

import enum
import functools

from ceilometer.diagnostics import patterns

#: What is shown instead of a secret.
MASK = '***'

#: Of a longer name only the end counts.
NAME_CHARS_MAX = 200


class Says(enum.IntEnum):
    """What a name says about its value."""

    #: nothing
    NOTHING = 0
    #: it may be a secret, if it looks like one: ``key``, ``signature``
    PERHAPS = 1
    #: it is a secret
    SECRET = 2


_SECRET_WORDS = frozenset("""
    password passwords passwd passphrase passphrases passcode passcodes pass
    pwd pwds pw pswd psw pword passw secret secrets token tokens apikey apikeys
    credential credentials cred creds authorization cookie cookies jwt psk otp
    totp hotp pgpass sshpass bindpw authtoken authtok passin passout storepass
    keypass requirepass masterauth kek bearer sessionid jsessionid phpsessid
    passe motdepasse passwort kennwort geheimnis contrasena contrasenya senha
    wachtwoord haslo heslo losenord passord adgangskode salasana
    macaroon macaroons dockerconfigjson stringdata
    """.split())
# The same word in other scripts, and with accents.
_OTHER_SCRIPTS = (
    'contraseñ', 'hasł', 'lösenord', 'jelszó', 'şifre', 'mật_khẩu', 'heslá',
    'парол', 'κωδικό', 'סיסמ', 'كلمة_المرور', '密码', '密碼', '口令',
    'パスワード', '暗証番号', '비밀번호', '암호')
# Compact names: mypw, rabbitpassword, dbpass.
_SECRET_ENDINGS = (
    'password', 'passwords', 'passwd', 'passphrase', 'passcode', 'pass',
    'pwd', 'pw', 'pswd', 'pword', 'secret', 'secrets', 'token', 'tokens',
    'apikey', 'secretkey', 'accesskey', 'authkey', 'privatekey',
    'accountkey', 'sharedkey', 'masterkey', 'credential', 'credentials',
    'creds', 'cookie', 'jwt', 'psk', 'otp', 'authorization', 'motdepasse',
    'passwort', 'kennwort', 'wachtwoord')
_SECRET_BEGINNINGS = ('password', 'passwort', 'kennwort', 'passwd',
                      'passphrase', 'secretkey')
_NO_SECRETS = frozenset("""
    compass bypass surpass encompass overpass underpass trespass passwordless
    """.split())
# Last words that say secret, where they do not stand elsewhere.
_SECRET_LAST_WORDS = frozenset((
    'pin', 'pins', 'community', 'communities', 'rocommunity', 'rwcommunity'))
# Their value decides.
_DOUBTFUL_WORDS = frozenset("""
    key keys signature signatures sig hmac auth session sid seed clave
    parola geheim keyring assertion verifier userdata vendordata samlresponse
    samlrequest
    """.split())
# What instances are given to run, kubeconfig's keys, SAML's documents.
_DOUBTFUL_PAIRS = frozenset((
    ('user', 'data'), ('vendor', 'data'), ('auth', 'data'), ('key', 'data'),
    ('saml', 'response'), ('saml', 'request')))
_DOUBTFUL_ENDINGS = ('key', 'keys', 'auth', 'pin')
_NO_KEYS = frozenset(('monkey', 'turkey', 'hockey', 'donkey', 'whiskey'))
# Names that would say nothing, or name something: SNMP's and PostgreSQL's.
_SECRET_PAIRS = frozenset((
    ('community', 'name'), ('community', 'string'),
    ('authentication', 'string'), ('auth', 'receipt'), ('auth', 'users'),
    ('amz', 'signature'), ('oauth', 'signature'),
    ('community', 'read'), ('community', 'write'), ('community', 'ro'),
    ('community', 'rw'),
    # of dynamic pollsters: user,password,url
    ('authentication', 'parameters'), ('string', 'data')))
#: What stands before a key that locks something.
KEY_OF = frozenset("""
    api access private secret auth encryption encrypt decryption decrypt
    signing sign hmac master account shared preshared ssh ssl tls admin
    client fernet aes des crypto session storage application consumer deploy
    service identity barbican ceph rbd swift s3 rgw aws ec2 azure gcp google
    telemetry temp metering heartbeat rndc snmp ipmi priv license unseal
    recovery
    """.split())
# A key that finds something.
_KEY_TO = frozenset("""
    routing binding primary foreign sort partition cache public unique
    dict group metadata hash lookup index row column meter resource natural
    composite candidate duplicate registry
    """.split())
# Last words of names that tell about a secret and hold none.
_HARMLESS_LAST_WORDS = frozenset("""
    file files filename path dir directory name names id ids type types size
    time timeout length count ttl expiry expiration expires expired interval
    enabled algorithm algorithms strategy method methods version prefix url
    uri endpoint driver cache required checks limit error errors exception
    failure failures failed warning regex pattern format policy status state
    index idx num number max min len hint label field fields column header
    headers provider factory manager plugin class function handler backend
    issuer scope usage rotation age host port user username domain project
    region alias ref mode flag set exists prompt source location middleware
    found invalid valid missing mismatch denied rejected refused at second
    seconds minute minutes hour hours used total remaining
    """.split())
# Names that stand in a list beside that of a secret.
_COMPANIONS = frozenset("""
    user username login account project tenant domain name id type url host
    hostname port value methods identity
    """.split())
# What would be ids, but are the secret.
_SECRET_IDS = frozenset(('secret', 'token', 'session', 'cookie'))
# class InvalidToken(Exception)
_FIRST_WORDS_OF_ERRORS = frozenset("""
    invalid missing bad no not unknown unsupported expired wrong duplicate
    incorrect too unexpected
    """.split())
_WORD = patterns.usual(r'[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+')
_CLASS = patterns.usual(r'(?:[A-Z][a-z]+){2,}\Z')


def is_secret(name: str) -> bool:
    """Whether what goes by this name is a secret.

    :param name: of an option, argument, variable or datum; its words may be
        joined by ``_``, ``-``, ``.`` or capital letters
    """
    return says(name) is Says.SECRET


def is_companion(name: str) -> bool:
    """Whether what stands beside a secret's name is one more name.

    :param name: the second of two: ``['password', 'user']``
    """
    words = _WORD.findall(name)
    return bool(words) and len(name) < NAME_CHARS_MAX and (
        words[-1].lower() in _COMPANIONS or says(name) > Says.NOTHING)


def says(name: str) -> Says:
    """What a name says about its value.

    :param name: see :func:`is_secret`
    """
    return _says(name[-NAME_CHARS_MAX:])


@functools.lru_cache(maxsize=2048)
def _says(name: str) -> Says:
    words = [word.lower() for word in _WORD.findall(name)]
    while words and words[-1].isdigit():
        # password2
        words.pop()
    if tuple(words[-2:]) in _SECRET_PAIRS:
        return Says.SECRET
    if words and _is_harmless(name, words):
        return Says.NOTHING
    if not name.isascii():
        lowered = name.lower()
        if any(word in lowered for word in _OTHER_SCRIPTS):
            return Says.SECRET
    if not words:
        return Says.NOTHING
    if words[-1] in _SECRET_LAST_WORDS or any(map(_is_secret_word, words)):
        return Says.SECRET
    if words[-1] == 'key' and len(words) > 1:
        if words[-2] in _KEY_TO:
            return Says.NOTHING
        if not KEY_OF.isdisjoint(words):
            return Says.SECRET
    if words[-1] == 'keys' and len(words) > 1 and words[-2] in _KEY_TO:
        return Says.NOTHING
    if words[-1] in _DOUBTFUL_WORDS or (
            words[-1].endswith(_DOUBTFUL_ENDINGS)
            and words[-1] not in _NO_KEYS) or (
                tuple(words[-2:]) in _DOUBTFUL_PAIRS):
        return Says.PERHAPS
    return Says.NOTHING


def _is_secret_word(word: str) -> bool:
    if word in _SECRET_WORDS:
        return True
    if word in _NO_SECRETS:
        return False
    if word.startswith(_SECRET_BEGINNINGS):
        return not word.endswith(('file', 'path', 'name', 'type', 'policy'))
    return word.endswith(_SECRET_ENDINGS)


def _is_harmless(name: str, words: list[str]) -> bool:
    last = words[-1]
    if last in ('id', 'ids') and len(words) > 1 and words[-2] in _SECRET_IDS:
        return False
    if last == 'uuid' and words[-2:-1] == ['secret']:
        # of libvirt, which keeps the secret itself
        return True
    if last in _HARMLESS_LAST_WORDS:
        return True
    if last == 'in' and words[-2:-1] in (['expires'], ['valid']):
        return True
    return _is_class_of_errors(name.rpartition('.')[2])


def _is_class_of_errors(name: str) -> bool:
    if not 'A' <= name[:1] <= 'Z' or _CLASS.match(name) is None:
        return False
    return _WORD.findall(name)[0].lower() in _FIRST_WORDS_OF_ERRORS


def is_directory(name: str, value: str) -> bool:
    """Whether a name that says password means where a process works.

    :param name: ``PWD``, ``OLDPWD``
    :param value: its value, or what it begins with
    """
    return name.upper() in ('PWD', 'OLDPWD') and value.startswith('/')


@functools.lru_cache(maxsize=2048)
def is_password(name: str) -> bool:
    """Whether a name says password, whatever else is known of it.

    Some libraries forget to tell oslo.config that such an option is secret:
    oslo.messaging's ``ssl_client_key_password``, for one.

    :param name: of an option
    """
    words = _WORD.findall(name.lower())
    return bool(words) and words[-1].endswith(
        ('password', 'passwd', 'passphrase', 'pwd'))
