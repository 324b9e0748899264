# One image for all processes: web (the default), worker and sweeper; see docker-compose.yml.
FROM python:3.11-slim

# The last two: or glibc keeps for ever the 19 MiB that one password's hash took, and leftovers for each of many threads.
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data HOST=0.0.0.0 PORT=8000 MALLOC_MMAP_THRESHOLD_=262144 MALLOC_ARENA_MAX=2
WORKDIR /app

# pg_dump and pg_restore, for `flask backup` and `flask restore`; Debian's are newer than the server of docker-compose.yml.
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*

# Every package comes as a wheel, so no compiler is needed. The layer is made again only when the pins change.
COPY requirements.txt .
RUN pip install --no-cache-dir --only-binary :all: -r requirements.txt

RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin balcao \
    && install --directory --owner balcao --group balcao --mode 0700 /data
COPY wsgi.py gunicorn.conf.py ./
COPY webapp webapp
COPY jobs jobs
COPY templates templates
COPY static static

USER balcao
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "wsgi:app"]
