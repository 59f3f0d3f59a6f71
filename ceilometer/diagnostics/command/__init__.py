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

"""The operator's command, a module a verb.

Runs where reports are read, which need not be where daemons run: it may
raise, block, and import what it needs. Knows nothing of
:mod:`ceilometer.diagnostics.daemon`.
"""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """The command of all verbs but ``run``.

    Ends the process: 0 for success, 1 where nothing matches or something
    failed, 2 for an invalid command line, 130 for ^C.
    """
    # a pipe that nobody reads any more ends us, as it does any filter
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    from ceilometer.diagnostics.command import interruption
    interruption.ends()
    from ceilometer.diagnostics.command.output import streams
    streams.open_closed()
    from ceilometer.diagnostics.command import cli
    try:
        interruption.raises()
        code = cli.main(sys.argv[1:])
    except KeyboardInterrupt:
        code = interruption.EXIT_CODE
    except RuntimeError as error:
        # so Python 3.11 tells of one that comes while a class is made
        if not isinstance(error.__cause__, KeyboardInterrupt):
            raise
        code = interruption.EXIT_CODE
    interruption.ends()
    sys.exit(code)
