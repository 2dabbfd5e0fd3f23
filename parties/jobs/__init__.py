"""Long works: started by a page, done by a worker, followed in « Mes travaux ». Usable by every app above.

An app registers how a kind of work is done, in its ``tasks`` module::

    @runner("plans.import")
    def import_plans(work: Work) -> None:
        with work.acting():                      # the asker's own context, in one transaction
            for number, row in enumerate(rows):
                work.progress(number, len(rows))  # seen by others at once; raises Cancelled when asked to stop
                ...
            work.finish(url=..., label=...)      # in the same transaction as what was done

and starts one with ``start_job(kind="plans.import", label=..., params={...}, by=actor)``. A worker may be killed at any
moment: the work then starts over from the beginning, so a runner is idempotent, either because everything it does is in
the one transaction that also calls ``finish``, or because it looks at ``work.checkpoint`` and at what exists already.
"""

from parties.jobs.running import Cancelled, Work, resume_interrupted, run_job, runner
from parties.jobs.services import cancel_job, keep_file, resume_job, start_job

__all__ = [
    "Cancelled",
    "Work",
    "cancel_job",
    "keep_file",
    "resume_interrupted",
    "resume_job",
    "run_job",
    "runner",
    "start_job",
]
