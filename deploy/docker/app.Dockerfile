# Gateway, actions and campaigns: one image, three commands. Build from the top folder:
#   docker build -f deploy/docker/app.Dockerfile -t fanzha-app .
FROM python:3.11-slim-bookworm AS build
# Only PyTorch's own index has a build without graphics cards' libraries; it is used for training, not for serving.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY locks/app.txt locks/app.txt
# --no-deps: the lock file is the whole answer, the resolver has nothing to decide.
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --no-deps --extra-index-url "$TORCH_INDEX" -r locks/app.txt
COPY fanzha.py ./
COPY knowledge_base knowledge_base
COPY bot bot
COPY channels channels
COPY campaigns campaigns
COPY storage storage
COPY deploy deploy
# Index and scorer are part of the image: every container starts in seconds, and nothing is written while it runs.
RUN FANZHA_DATA_DIR=/app/data OMP_NUM_THREADS=1 .venv/bin/python -m fanzha index

FROM python:3.11-slim-bookworm
# The font draws cards; PostgreSQL's programs make backups.
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-noto-cjk postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin fanzha
WORKDIR /app
COPY --from=build /app /app
# A volume takes over its owner from the folder it is laid on.
RUN install -d -o 10001 -g 10001 /app/data/campaigns
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONPATH=/app HOME=/tmp \
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
    FANZHA_DATA_DIR=/app/data FANZHA_HOST=0.0.0.0 FANZHA_BOT_HOST=0.0.0.0 FANZHA_LOG_JSON=true
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=4s --start-period=60s --retries=3 \
    CMD [".venv/bin/python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD [".venv/bin/python", "-m", "uvicorn", "channels.gateway:create_default_app", "--factory", "--no-access-log", "--host", "0.0.0.0", "--port", "8000"]
