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

"""Says in a sentence why a service does not start, or why a worker has ended.

Runs in the master, for :mod:`.readiness`.
"""

from __future__ import annotations

import contextlib
import signal

from ceilometer.diagnostics.daemon import worker_deaths

#: Those of oslo.config, which say where in a file, and what stands there.
OF_FILES = frozenset((
    'ConfigDirNotFoundError', 'ConfigFileParseError',
    'ConfigFilesNotFoundError', 'ConfigFilesPermissionDeniedError',
    'ConfigFileValueError'))

#: Errors that come back at each start until somebody edits a file: these, and
#: those of Ceilometer's definitions, of oslo.messaging's URLs and of YAML.
PERMANENT = OF_FILES | frozenset((
    'ComposerError', 'ConstructorError', 'DriverLoadFailure',
    'InvalidTransportURL', 'ParserError', 'PipelineException',
    'PollingException', 'ScannerError', 'SinkException', 'SourceException'))

SENTENCE_CHARS_MAX = 300


def of_death(death: worker_deaths.Death) -> str:
    """Why a worker has ended, on one line, without secrets."""
    how = f'exit status {death.code}'
    if death.code is not None and death.code < 0:
        with contextlib.suppress(ValueError):
            how = signal.Signals(-death.code).name
    words = death.words
    why = ''
    if words is not None and (words.error or words.message):
        why = f': {words.error or words.message}: {words.error_text or ""}'
    return masked(words.error if words is not None else None,
                  f'worker {death.worker} has ended with {how}{why}')


def masked(error: str | None, text: str) -> str:
    """Give a text on one line, without secrets.

    :param error: name of the class of the error that the text tells of
    """
    from ceilometer.diagnostics.secrets import redact
    if error in OF_FILES:
        # what stands in the file comes last, in quotes
        text = text.partition(": '")[0]
    line = redact.line(' '.join(text.split()))
    return line[:SENTENCE_CHARS_MAX].rstrip(': ')
