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

"""Names of storage and of its parts, and serial numbers.

World wide names as Fibre Channel, SCSI and multipath write them
(``0x500507680b2180ab``, ``naa.600508b4000971ca``, ``3600508b4…``), the names
of iSCSI and NVMe (``iqn.2010-10.org.openstack:volume-1``, ``nqn.…``), devices
below ``/dev/disk/by-id``.
"""

from __future__ import annotations

import re
from typing import Any

from ceilometer.diagnostics.command.anonymize import placeholders

_HEX = '[0-9a-fA-F]'
_QUALIFIED = re.compile(
    r'(?:(?<![\w.-])|(?<=iscsi-))(iqn|nqn)\.\d{4}-\d{2}'
    r'\.[\w-]++(?:\.[\w-]++)*+'
    r'(?::[^\s"\'<>(),;\[\]{}]++)?')
_LUN = re.compile(r'-lun-\d{1,5}(?:-part\d{1,3})?\Z')
_NAMED = re.compile(rf'(?<![0-9a-zA-Z])(naa|eui|t10)\.({_HEX}{{32}}|'
                    rf'{_HEX}{{16}})(?![0-9a-zA-Z])')
# What begins otherwise is a place in memory, or a number.
_NUMBER = re.compile(
    rf'(?<![0-9a-zA-Z-])(?P<kind>0x|wwn-0x|scsi-[123]?|dm-uuid-mpath-[123]?'
    rf'|[23](?=[1256]))?'
    rf'(?P<digits>6{_HEX}{{31}}|(?:1000|2{_HEX}0{_HEX}|5{_HEX}{{3}})'
    rf'{_HEX}{{12}})(?![0-9a-zA-Z])')
_DEVICE = re.compile(r'(?<=/by-id/)[\w.:+-]++')
_PART = re.compile(r'-part\d{1,3}\Z')
_SERIAL = re.compile(
    r'(?<![a-z])((?:serial(?:[ _-]?(?:number|num|no\.?))?|(?:service|asset)'
    r'[ _-]?tag|s/n)["\']?[ ]?[:=][ ]?["\']?)'
    r'(?=[\w-]{0,40}\d)([0-9a-z][\w-]{4,40})(?![\w.])', re.IGNORECASE)
_SERIAL_KEY = re.compile(
    r'(?:^|_)(?:serial(?:_?(?:number|num|no))?|(?:service|asset)_?tag)$',
    re.IGNORECASE)


class Recognizer:
    """Finds names of storage, and serial numbers.

    :param numbers: of names
    """

    def __init__(self, numbers: placeholders.Placeholders) -> None:
        self._numbers = numbers

    def text(self, text: str) -> str:
        """The text with placeholders, written as the names were."""
        text = _QUALIFIED.sub(self._qualified, text)
        text = _DEVICE.sub(self._device, text)
        text = _NAMED.sub(
            lambda match: f'{match[1]}.{self._other(match[2])}', text)
        text = _NUMBER.sub(self._number, text)
        return _SERIAL.sub(
            lambda match: match[1] + self._serial(match[2]), text)

    def value(self, key: str, value: Any) -> Any:
        """The value of a key of data, or what stands for a serial number.

        :param key: its key
        :param value: what JSON can hold
        """
        if isinstance(value, str) and value and _SERIAL_KEY.search(key):
            return self._serial(value)
        return value

    def _serial(self, value: str) -> str:
        return f'serial-{self._numbers.number("serial", value.lower())}'

    def _qualified(self, match: re.Match[str]) -> str:
        lun = _LUN.search(match[0])
        name = match[0][:lun.start()] if lun else match[0]
        number = self._numbers.number('storage', name.rstrip('.:').lower())
        return f'{match[1]}.2000-01.invalid:name-{number}' + (
            lun[0] if lun else '')

    def _device(self, match: re.Match[str]) -> str:
        part = _PART.search(match[0])
        name = match[0][:part.start()] if part else match[0]
        return f'disk-{self._numbers.number("disk", name)}' + (
            part[0] if part else '')

    def _number(self, match: re.Match[str]) -> str:
        if match['kind'] is None and match['digits'].isdigit():
            # rather a number, or a time
            return match[0]
        return (match['kind'] or '') + self._other(match['digits'])

    def _other(self, digits: str) -> str:
        number = self._numbers.number('wwn', digits.lower())
        # one that no maker has been given
        return f'{digits[0]}{number:0{len(digits) - 1}x}'
