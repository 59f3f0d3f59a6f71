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

"""How long tests wait.

A test waits for what must come, and measures nothing by it: on a machine that
has much else to do the same takes many times as long. So these limits are
long; they are there for what hangs.
"""

from __future__ import annotations

import os

#: How long a test waits for one thing that must come, seconds. Less is enough
#: where many tests are to fail: the environment may say how long.
EVENT_SECONDS = int(os.environ.get('EVENT_SECONDS', '300'))
