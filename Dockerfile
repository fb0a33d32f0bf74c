# Seawall alone: docker build -t seawall . ; docker-compose.yml runs it with all that it needs.
FROM python:3.11.14-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    UV_NO_CACHE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never \
    VIRTUAL_ENV=/opt/seawall

WORKDIR /build
COPY requirements.lock pyproject.toml ./

# uv takes the hashes of a constraints file: one lock serves development and this image, which has
# only what the program needs. uv itself is taken from the lock as well.
RUN awk '/^[^ ]/ {wanted = /^uv==/} wanted' requirements.lock > uv.lock \
 && pip install --no-cache-dir --require-hashes --requirement uv.lock \
 && uv venv "$VIRTUAL_ENV" \
 && uv pip install --require-hashes --constraint requirements.lock --requirement pyproject.toml

COPY README.md LICENSE ./
COPY detectors ./detectors
COPY alerts ./alerts
COPY monitor ./monitor
RUN uv pip install --no-deps --build-constraint requirements.lock . \
 && "$VIRTUAL_ENV/bin/python" -m compileall -q "$VIRTUAL_ENV/lib"


FROM python:3.11.14-slim-bookworm

RUN useradd --system --uid 8420 --create-home --home-dir /var/lib/seawall seawall
COPY --from=build /opt/seawall /opt/seawall

# Without another database it keeps a file here: mount a volume, or it is gone with the container.
ENV PATH=/opt/seawall/bin:$PATH PYTHONUNBUFFERED=1 \
    SEAWALL_CONFIG=/etc/seawall/seawall.yaml \
    SEAWALL_DATABASE=sqlite:////var/lib/seawall/seawall.db

USER 8420
WORKDIR /var/lib/seawall
EXPOSE 8420

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8420/healthz', timeout=4)"]

ENTRYPOINT ["seawall"]
CMD ["run"]
