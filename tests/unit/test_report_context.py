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

"""Tests for ceilometer.diagnostics.daemon.report_context."""

from __future__ import annotations

import threading

from ceilometer.diagnostics.daemon import options
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import report_context


def test_what_a_forked_process_begins_with():
    """No thread that hangs, no end, and no lock of the process before."""
    daemon = daemons.Daemon('example')
    settings = options.Settings()
    context = report_context.ReportContext(
        daemon, settings, {'threads': threading.current_thread()}, 7)
    context.ending.set()
    before = context.ending
    assert before.is_set() and context.hung_sections
    gate = threading.Lock()
    context.begin_anew(gate)
    assert context.hung_sections == {}
    assert not context.ending.is_set()
    # the lock of the event may have been held when the process was forked
    assert context.ending is not before
    assert context.import_gate is gate
    assert (context.daemon, context.settings, context.turn_descriptor) == (
        daemon, settings, 7)
