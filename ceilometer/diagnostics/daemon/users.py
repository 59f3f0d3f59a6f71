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

"""Names of users, without asking the name service.

getpwuid(3) asks whatever nsswitch.conf(5) names: sssd, say, over a socket,
for as long as its server takes. Its library holds a lock meanwhile, and a
process that another thread forks at that moment has it locked for ever: its
first look at a user hangs. It was tried with a module that sleeps. Python
gives up the interpreter for the call, so that a fork may well come. All other
calls of ours that take a lock of libc keep the interpreter, and with it keep
Python from forking: those that tell the time, and those that load a library.

So only the file is read: what runs daemons are local users. Others are told
by their number.
"""

from __future__ import annotations

PASSWD = '/etc/passwd'

#: How much of the file is read.
PASSWD_BYTES_MAX = 1024 * 1024


def names() -> dict[int, str]:
    """The names of local users by their ids; the first of several counts."""
    try:
        with open(PASSWD, 'rb') as file:
            text = file.read(PASSWD_BYTES_MAX)
    except OSError:
        return {}
    found: dict[int, str] = {}
    for line in text.decode(errors='backslashreplace').split('\n'):
        name, _, rest = line.partition(':')
        number = rest.split(':')[1:2]
        if name and number and number[0].isascii() and number[0].isdecimal():
            found.setdefault(int(number[0]), name)
    return found
