# syntax=docker/dockerfile:1
# Two stages: the first builds, the second holds Python, the packages of requirements.lock and vqroute, and no compiler or pip cache.
ARG PYTHON=3.11-slim

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/vqroute
COPY requirements.lock ./
RUN /opt/vqroute/bin/pip install --require-hashes --no-deps --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY pipeline ./pipeline
COPY config ./config
# Not editable: what runs is the wheel, with the configuration that is packed into it.
RUN /opt/vqroute/bin/pip install --no-deps --no-build-isolation . \
 && /opt/vqroute/bin/pip uninstall --yes pip \
 && /opt/vqroute/bin/python -m compileall -q /opt/vqroute/lib

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="vqroute" \
      org.opencontainers.image.description="Reads lung V/Q reports, writes the patient's letter, tracks indeterminate results" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 vqroute \
 && useradd --system --uid 10001 --gid vqroute --home-dir /var/lib/vqroute --shell /usr/sbin/nologin vqroute \
 && install -d -o vqroute -g vqroute -m 0700 /var/lib/vqroute /srv/vqroute /srv/vqroute/inbox /srv/vqroute/output \
 && install -d -m 0755 /etc/vqroute
COPY --from=build /opt/vqroute /opt/vqroute
# Only what a site edits; vocabulary and letters come with the package unless the site puts its own beside it.
COPY --from=build /src/config/site.toml /etc/vqroute/site.toml
ENV PATH=/opt/vqroute/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /srv/vqroute
VOLUME ["/var/lib/vqroute", "/srv/vqroute"]
# Healthy means that the inbox was looked through a short while ago and the ledger answers, not that a process exists.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
  CMD ["vqroute", "status", "--health", "--config", "/etc/vqroute/site.toml", "--state", "/var/lib/vqroute"]
# SIGTERM (docker stop) drains; the service starts no children, so it needs no init to reap them.
STOPSIGNAL SIGTERM
ENTRYPOINT ["vqroute"]
CMD ["run", "--config", "/etc/vqroute/site.toml", "--state", "/var/lib/vqroute", "--output", "/srv/vqroute/output"]
