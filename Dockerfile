# One image for the web server, the job worker and the set-up step; docker-compose.yml says who runs what.
FROM python:3.11-slim-bookworm

# Pango and HarfBuzz draw the PDF documents; curl serves the health check.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        curl libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUTF8=1 \
    PIP_NO_CACHE_DIR=1 \
    DJANGO_SETTINGS_MODULE=config.settings.prod \
    MEDIA_ROOT=/data/files \
    CACHE_DIR=/home/cosigne/cache \
    STATIC_ROOT=/srv/static

RUN useradd --system --uid 10001 --create-home cosigne \
    && install -d -o cosigne -g cosigne /data/files /srv/static

WORKDIR /srv/cosigne

# Before the code: the libraries are only installed again when their list changes.
COPY requirements/base.txt requirements/base.txt
RUN pip install --require-hashes -r requirements/base.txt

COPY . .

USER cosigne

# The values only let the settings load; none of them is kept in the image.
RUN SECRET_KEY=build ALLOWED_HOSTS=build DATABASE_URL=postgresql://build@localhost/build \
    python manage.py collectstatic --noinput

VOLUME /data/files
EXPOSE 8000

# No access log of gunicorn's: the application writes its own, without the visitors' addresses and what they searched for.
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--workers=3", "--worker-class=gthread", "--threads=4", \
     "--timeout=120", "--no-control-socket", "--worker-tmp-dir=/dev/shm"]
