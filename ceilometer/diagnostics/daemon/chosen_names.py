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

"""Names that anybody may have chosen, as a thread has one, or a task.

A name may be anything: an object whose __str__() raises, or a text so long
that to mask and format it takes longer than a report may.

Runs in any thread of the daemon. Nothing here raises or blocks.
"""

from __future__ import annotations

from typing import Any

#: Of a longer name only its length is told: nobody could tell of a part of a
#: secret that it is one.
NAME_CHARS_MAX = 20_000


def of(owner: Any, attribute: str = 'name') -> str:
    """The name of something.

    :param owner: what has the name
    :param attribute: where it has it; a method is called
    """
    try:
        name = getattr(owner, attribute)
        text = str(name() if callable(name) else name)
    except Exception as error:
        return f'<{type(error).__name__}>'
    if len(text) > NAME_CHARS_MAX:
        return f'<a name of {len(text)} characters>'
    return text
