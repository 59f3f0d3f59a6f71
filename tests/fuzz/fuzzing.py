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

"""How long a fuzz run lasts.

``make test`` tries few examples, the same each time, so that it ends soon and
says the same twice. ``make fuzz`` tries many, and others each time.
"""

from __future__ import annotations

import os

import hypothesis

#: How many examples each test tries, where nobody says otherwise.
EXAMPLES = 25

_EXAMPLES_WANTED = os.environ.get('FUZZ_EXAMPLES')

#: Each test of a fuzz run is decorated with these.
SETTINGS = hypothesis.settings(
    max_examples=int(_EXAMPLES_WANTED or EXAMPLES),
    derandomize=_EXAMPLES_WANTED is None,
    # times of single examples say nothing on a shared machine
    deadline=None, database=None, print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow,
                           hypothesis.HealthCheck.data_too_large,
                           hypothesis.HealthCheck.filter_too_much],
    # which values do not matter is found out by minutes of tracing
    phases=set(hypothesis.Phase) - {hypothesis.Phase.explain})
