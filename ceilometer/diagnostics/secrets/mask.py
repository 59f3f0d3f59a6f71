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

"""Masks the secrets in texts.

Secrets are recognized in four ways, and each alone is enough:

- by value: what the configuration, the environment or the command line holds
  as a secret is masked wherever it turns up (:mod:`.known_values`);
- by name: the value of an argument, variable or ``name = value`` whose name
  says that it is secret (:mod:`.secret_names`);
- by place: the credentials of a URL, of HTTP, of a known program;
- by form: a private key, tokens of known makes.

The last three are :mod:`.recognizers`. All look at the whole text, so that
there is nothing that a secret could be cut by. Only computes on what it is
given: for any thread; raises nothing for any text.
"""

from __future__ import annotations

from collections.abc import Iterable

from ceilometer.diagnostics import pauses
from ceilometer.diagnostics.secrets import command_lines
from ceilometer.diagnostics.secrets import known_values
from ceilometer.diagnostics.secrets import recognizers
from ceilometer.diagnostics.secrets import spans

#: Shown instead of a text on which the masker itself has failed.
FAILED_MARK = '[… a text that could not be masked]'

#: A text of fewer characters is remembered: reports are full of the same.
REMEMBERED_CHARS_MAX = 300
#: How many of them.
REMEMBERED_TEXTS_MAX = 20_000
#: How many characters they may have together when a report has ended.
KEPT_CHARS_MAX = 256 * 1024
#: For so many reports a text is remembered that none of them has.
KEPT_REPORTS_MAX = 8


class Masker:
    """Masks the secrets in texts.

    :param secrets: values known to be secret
    :param ordinary: words that stay readable even where somebody has made
        one of them a password
    """

    def __init__(self, secrets: Iterable[str] = (),
                 ordinary: Iterable[str] = ()) -> None:
        self._known = known_values.KnownValues(secrets, ordinary)
        # what this report has had
        self._remembered: dict[tuple[str, bool], str] = {}
        # what the last reports had and it has not, the newest first
        self._older: list[dict[tuple[str, bool], str]] = []

    def text(self, text: str, names: bool = True) -> str:
        """A text of any length without its secrets.

        :param text: any text, of one or many lines
        :param names: whether to look for secrets by name as well
        """
        if len(text) > REMEMBERED_CHARS_MAX:
            return self._mask(text, names)
        masked = self._remembered.get((text, names))
        if masked is None:
            masked = self._of_before((text, names)) or self._mask(text, names)
            if len(self._remembered) >= REMEMBERED_TEXTS_MAX:
                self._remembered.clear()
            self._remembered[text, names] = masked
        return masked

    def _of_before(self, key: tuple[str, bool]) -> str | None:
        for older in self._older:
            masked = older.pop(key, None)
            if masked is not None:
                return masked
        return None

    @property
    def remembered(self) -> list[str]:
        """The texts that are remembered, as they were."""
        return [text for one in (self._remembered, *self._older)
                for text, _ in list(one)]

    def rest(self) -> None:
        """Forget all that held secrets, and of the rest what is too much.

        What is called when a report has ended: most of what the next one has
        is the same. What changes from one to the next, as times do, is
        forgotten after some.
        """
        if not self._remembered:
            return
        left = KEPT_CHARS_MAX
        every: list[dict[tuple[str, bool], str]] = []
        for one in [self._remembered, *self._older][:KEPT_REPORTS_MAX]:
            kept = {}
            # copied at once: a section that was abandoned may go on to mask
            for key, masked in one.copy().items():
                if masked == key[0] and len(masked) <= left:
                    left -= len(masked)
                    kept[key] = masked
            every.append(kept)
        self._remembered, self._older = {}, every

    def _mask(self, text: str, names: bool) -> str:
        pauses.pause()
        try:
            found = self._known.find(text)
            for span in recognizers.find(text, names):
                found.append(span)
                pauses.pause()
        except Exception:
            # a fault of ours must neither cost a report nor tell a secret
            return FAILED_MARK
        return spans.mask(text, found) if found else text

    def arguments(self, arguments: Iterable[str]) -> list[str]:
        """A command line without its secrets.

        Shows the program, and of the rest what cannot be the value of an
        option that is not known, see :mod:`.command_lines`.

        :param arguments: the program and its arguments
        """
        command = list(arguments)
        try:
            return command_lines.arguments(command, self.text)
        except Exception:
            return [*map(self.text, command[:1]), FAILED_MARK]
