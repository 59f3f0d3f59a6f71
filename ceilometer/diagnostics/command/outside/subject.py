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

"""Whose report it is that tells of a process from the outside."""

from __future__ import annotations

import os

from ceilometer.diagnostics.command import system
from ceilometer.diagnostics.command import unit_processes
from ceilometer.diagnostics import fields
from ceilometer.diagnostics.outside import account
from ceilometer.diagnostics import report
import ceilometer_diagnostics_start


def header(unit: system.Unit, process: unit_processes.Process,
           trigger_id: str) -> report.Header:
    """Whose report it is.

    :param unit: the unit
    :param process: of the unit
    :param trigger_id: of the trigger that was not answered
    """
    names = [os.path.basename(word.rstrip(':'))
             for word in process.command.split()]
    service = next(
        (name for name in names if name in ceilometer_diagnostics_start.
         DAEMONS), unit.name.removesuffix('.service'))
    return account.header(
        service, unit.name, process.pid, process.command,
        fields.PROCESS_MASTER if process.pid == unit.main_pid
        else fields.PROCESS_CHILD, trigger_id)
