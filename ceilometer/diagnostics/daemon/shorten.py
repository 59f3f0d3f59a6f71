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

"""Cuts texts, so that no part of a secret is left that nothing recognizes.

Of ``amqp://user:S@host`` the beginning alone is not known to be a password,
nor is the beginning of one that the configuration holds. Runs in the thread
that logs or works; pure, raises nothing.
"""

#: A longer word is no password: it is cut at a sign.
WORD_CHARS_MAX = 100

# What seldom stands in a password.
_SIGNS = '"\'(),;<>[]{}|&?=:/'


def text(whole: str, chars_max: int) -> str:
    """The beginning of a text, which ends before a word that would be cut.

    :param whole: any text
    :param chars_max: so many characters it may have
    """
    kept = whole[:chars_max]
    if len(whole) <= chars_max or whole[chars_max].isspace():
        return kept
    start = max(kept.rfind(' '), kept.rfind('\n')) + 1
    if len(kept) - start <= WORD_CHARS_MAX:
        return kept[:start].rstrip()
    for at in range(len(kept) - 1, len(kept) - WORD_CHARS_MAX, -1):
        if kept[at] in _SIGNS:
            return kept[:at]
    return kept
