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

"""Replaces names, addresses and ids with placeholders.

The same name always gets the same placeholder.

What is replaced: the names of hosts and their domains, wherever they turn up,
as the journal, the report, its URLs, options and keys of data tell them, and
texts that say what they name; IP addresses, but those that mean no machine in
particular (loopback, any); hardware addresses; UUIDs and their like, such as
the ids of machines, boots, projects, instances and containers; names of users,
but those of services, and of the projects, domains and regions of the
configuration; mail addresses; names in a directory of LDAP; names and serial
numbers of storage.
What stays: the ids of reports, so that both sides can speak of the same one;
and words that are no names where they stand, see :mod:`.vocabulary`.
"""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
from typing import Any

from ceilometer.diagnostics.command.anonymize import directory_names
from ceilometer.diagnostics.command.anonymize import hardware_addresses
from ceilometer.diagnostics.command.anonymize import ids
from ceilometer.diagnostics.command.anonymize import ip_addresses
from ceilometer.diagnostics.command.anonymize import mails
from ceilometer.diagnostics.command.anonymize import names
from ceilometer.diagnostics.command.anonymize import placeholders
from ceilometer.diagnostics.command.anonymize import said_names
from ceilometer.diagnostics.command.anonymize import storage_names
from ceilometer.diagnostics.command.anonymize import told_names
from ceilometer.diagnostics.command.anonymize import vocabulary
from ceilometer.diagnostics.command.reports import read
from ceilometer.diagnostics.command.reports import stored
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report

# keys of data whose values are versions
_VERSIONS = frozenset(('version', 'installed_version', 'libraries',
                       'diagnostics', 'kernel'))


class Anonymizer:
    """Replaces names with placeholders: the same name, the same placeholder.

    :param reports: whole reports, which tell the names to look for
    """

    def __init__(self, reports: Iterable[read.Found]) -> None:
        given = list(reports)
        numbers = placeholders.Placeholders()
        self._mails = mails.Recognizer(numbers)
        self._directory = directory_names.Recognizer(numbers)
        self._storage = storage_names.Recognizer(numbers)
        self._ids = ids.Recognizer(numbers, [
            fields.MESSAGE_ID_SECTION, *(found.id for found in given)])
        self._hardware = hardware_addresses.Recognizer(numbers)
        self._addresses = ip_addresses.Recognizer(numbers, {
            version for found in given
            for version in vocabulary.versions(found)})
        self._names = names.Recognizer(numbers, told_names.of(given), {
            word for found in given for word in vocabulary.words(found)})
        for found in given:
            for text in told_names.texts(found):
                self._ids.learn(text)
                self._hardware.learn(text)

    def text(self, text: str, certain: bool = False,
             versions: bool = False) -> str:
        """The text with placeholders instead of names, addresses and ids.

        :param text: any text
        :param certain: whether it is where a name stands, and words that may
            be something else are names
        :param versions: whether what looks like an address is a version
        """
        text = self._mails.text(text)
        text = self._directory.text(text)
        text = self._storage.text(text)
        text = self._ids.text(text)
        text = self._hardware.text(text)
        text = self._addresses.text(text, versions)
        return self._names.text(text, certain)

    def data(self, data: Any, certain: bool = False,
             versions: bool = False) -> Any:
        """Data of the same shape, each text of it replaced.

        :param data: what JSON can hold
        :param certain: as for :meth:`text`
        :param versions: as for :meth:`text`
        """
        if isinstance(data, str):
            return self.text(data, certain, versions)
        if isinstance(data, dict):
            option = data.get('name') if 'value' in data else None
            of_option = isinstance(option, str) and _says_names(option)
            return {
                self.text(key): self.data(
                    self._storage.value(key, value),
                    certain or _says_names(key) or (
                        of_option and key in ('value', 'default')),
                    versions or key in _VERSIONS)
                for key, value in data.items()}
        if isinstance(data, list):
            return [self.data(value, certain, versions) for value in data]
        return data

    def found(self, found: read.Found) -> read.Found:
        """The report with placeholders instead of names, addresses and ids."""
        def replaced(value: str | None) -> str | None:
            return None if value is None else self.text(value)

        whole = found.report
        header = whole.header
        trigger = header.trigger._replace(
            sender_comm=replaced(header.trigger.sender_comm))
        own = found.identity
        return dataclasses.replace(
            found,
            identity=dataclasses.replace(
                own, unit=replaced(own.unit),
                hostname=own.hostname and self.text(
                    own.hostname, certain=True),
                machine_id=replaced(own.machine_id),
                boot_id=replaced(own.boot_id)),
            problems=tuple(self.text(line) for line in found.problems),
            disputes=tuple(self.text(line) for line in found.disputes),
            report=dataclasses.replace(
                whole, header=header._replace(
                    trigger=trigger, unit=replaced(header.unit),
                    worker_name=replaced(header.worker_name)),
                sections=tuple(part._replace(
                    title=self.text(part.title),
                    text=report.fold(self.text(part.text)),
                    data=self.data(part.data)) for part in whole.sections)))

    def entries(self, found: read.Found,
                entries: list[stored.Entry]) -> list[stored.Entry]:
        """Entries that carry an anonymous report.

        They are made anew, because a name may stand in two parts of a
        section.

        :param found: what :meth:`found` gave
        :param entries: the entries of the report as it was
        """
        missing = set(found.report.missing)
        indexes = [index for index in range(1, found.report.count + 1)
                   if index not in missing]
        made: list[stored.Entry] = []
        by_index: dict[str, list[stored.Entry]] = {}
        for entry in entries:
            by_index.setdefault((stored.text(
                entry, fields.REPORT_SECTION_INDEX) or '').lstrip('0'),
                []).append(entry)
        for index, part in zip(indexes, found.report.sections,
                               strict=True):
            own = by_index[str(index)]
            for number, entry in enumerate(journal_entries.from_section(
                    found.report.header, part, index, found.report.count)):
                model = own[min(number, len(own) - 1)]
                made.append({
                    **{name: self._field(value, name == '_HOSTNAME')
                       for name, value in model.items()
                       if name.startswith('_')},
                    **{name: [one.encode(errors='backslashreplace')
                              for one in value] if isinstance(value, list)
                       else value.encode(errors='backslashreplace')
                       for name, value in entry.items()}})
        return made

    def _field(self, value: Any, certain: bool) -> Any:
        if isinstance(value, list):
            return [self._field(item, certain) for item in value]
        return self.text(
            value.decode(errors='backslashreplace'), certain).encode()


def _says_names(key: str) -> bool:
    """Whether the values of an option, or of a key of data, are names."""
    return any(pattern.search(key)
               for pattern in said_names.OF_VALUES.values())
