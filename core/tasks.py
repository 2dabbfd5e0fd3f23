"""Upkeep of the job queue itself."""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

logger = logging.getLogger(__name__)
#: Seconds without a sign of life after which a worker is taken for dead (workers give one every ten seconds).
SILENCE = 60


@app.periodic(cron="*/2 * * * *")
@app.task(name="core.retry_stalled_jobs", queueing_lock="core.retry_stalled_jobs")
async def retry_stalled_jobs(timestamp: int) -> None:
    """Give back to the queue the jobs whose worker was killed; every task of ours can be run again without harm."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENCE):
        logger.warning("job %s (%s) taken from a dead worker, queued again", job.id, job.task_name)
        await app.job_manager.retry_job(job)
