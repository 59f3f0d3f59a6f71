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

import re

#: What is shown instead of a secret.
MASK = '***'

_SECRET_WORDS = frozenset((
    'password', 'passwords', 'passwd', 'passphrase', 'passcode', 'pass',
    'pwd', 'secret', 'secrets', 'token', 'tokens', 'key', 'keys', 'apikey',
    'credential', 'credentials', 'authorization', 'cookie'))
_SECRET_ENDINGS = (
    'password', 'passwd', 'passphrase', 'secret', 'token', 'apikey',
    'secretkey', 'accesskey', 'authkey', 'privatekey', 'credentials')
# Last words of names that tell about a secret and hold none.
_HARMLESS_LAST_WORDS = frozenset((
    'file', 'files', 'path', 'dir', 'directory', 'name', 'names', 'id',
    'type', 'size', 'time', 'timeout', 'length', 'count', 'ttl', 'expiry',
    'expiration', 'interval', 'enabled', 'algorithm', 'algorithms',
    'strategy', 'method', 'version', 'prefix', 'url', 'uri', 'endpoint',
    'driver', 'cache', 'required', 'checks', 'limit'))
_WORD = re.compile(r'[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+')


def is_secret(name: str) -> bool:
    """Whether what goes by this name is a secret.

    :param name: of an option, argument, variable or datum; its words may be
        joined by ``_``, ``-``, ``.`` or capital letters
    """
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _HARMLESS_LAST_WORDS:
        return False
    return any(word in _SECRET_WORDS or word.endswith(_SECRET_ENDINGS)
               for word in words)
