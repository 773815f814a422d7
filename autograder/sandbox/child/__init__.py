"""Runs in the fork server and its forks: builds the isolation, then serves a submission.

``runner/child/boot.py`` makes one package of this folder and of ``runner/child``, so these modules import each other as
siblings; the imports below declare the same for type checkers.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.runner.child import imports as imports
    from autograder.runner.child import startup as startup
    from autograder.runner.child import streams as streams
    from autograder.runner.child import wire as wire
    from autograder.runner.child import worker as worker
