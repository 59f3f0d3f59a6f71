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

"""Parts of a report that tests are made with."""

from __future__ import annotations

from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report

TRIGGER = report.Trigger(
    kind=fields.TRIGGER_SIGNAL, time_usec=1_700_000_000_000_000,
    signal='SIGUSR1', sender_pid=1, sender_uid=0, sender_comm='systemd')
HEADER = report.Header(
    id='0123456789abcdef0123456789abcdef', service='ceilometer-polling',
    process=fields.PROCESS_WORKER, pid=4711, trigger=TRIGGER,
    unit='ceilometer-polling.service', worker=0, worker_name='AgentManager')
SECTION = report.Section('threads', 'Threads', 'a\nb', {'count': 2}, usec=12)
