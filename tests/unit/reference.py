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

"""Reads the reference of the documentation, to compare it with the code."""

from __future__ import annotations

import pathlib
import re

DIRECTORY = pathlib.Path(__file__).resolve().parents[2] / (
    'doc/source/reference')


def rows(page: str) -> list[list[str]]:
    """The cells of all list tables of a page, without their first rows.

    :param page: name of its file
    """
    text = (DIRECTORY / page).read_text()
    found = []
    for row in re.findall(r'^   \* - (.*\n(?:     .*\n)*)', text, re.M):
        found.append([' '.join(cell.split())
                      for cell in re.split(r'^     - ', row, flags=re.M)])
    return [row for row in found if row[0] not in ('Field', 'Name')]


def keys(verb: str) -> set[str]:
    """The keys of a verb's JSON.

    :param verb: the heading
    """
    text = (DIRECTORY / 'json.rst').read_text()
    section = re.split(r'^[a-z -]+\n=+$', text.partition(
        f'\n{verb}\n===')[2], flags=re.MULTILINE)[0]
    return set(re.findall(r'^   \* - ``(\w+)``', section, re.MULTILINE))


def inner_keys(word: str, key: str) -> set[str]:
    """All words that the row of a key sets as code.

    :param word: what its text has, to tell it from others of the name
    :param key: the key
    """
    row, = (text for name, text in rows('json.rst')
            if name == f'``{key}``' and word in text)
    return set(re.findall(r'``(\w+)``', row))
