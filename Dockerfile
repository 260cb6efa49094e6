# Two stages: the first builds the environment from the hashed lock file, the second only runs it.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/captain
COPY requirements.lock ./
RUN /opt/captain/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY core core
COPY storage storage
COPY commands commands
COPY bot bot
COPY sandbox sandbox
COPY plans plans
RUN /opt/captain/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
 && /opt/captain/bin/python -m compileall -q /opt/captain/lib

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/captain --create-home captain
COPY --from=build /opt/captain /opt/captain
COPY manifest.yml /opt/captain/manifest.yml
ENV PATH=/opt/captain/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CAPTAIN_DATABASE=/var/lib/captain/captain.sqlite3 \
    CAPTAIN_TEAM=/etc/captain/team.yml \
    CAPTAIN_WORKDIR=/var/lib/captain
USER captain
WORKDIR /var/lib/captain
VOLUME /var/lib/captain
EXPOSE 8080
# Socket Mode needs no port to the outside; 8080 answers /healthz and /readyz.
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s CMD ["captain", "health"]
# One process; SIGTERM lets what is in flight end (at most 20 s), the rest goes on after the restart.
STOPSIGNAL SIGTERM
ENTRYPOINT ["captain"]
CMD ["run"]
