# The dialogue engine, with its trained model. Build from the top folder:
#   docker build -f deploy/docker/rasa.Dockerfile -t fanzha-rasa .
# The full Python image builds what has no wheel for 3.10; the slim one runs it.
FROM python:3.10-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1 RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3
WORKDIR /app
COPY locks/rasa.txt locks/rasa.txt
RUN python -m venv .venv-rasa && .venv-rasa/bin/pip install --no-cache-dir --no-deps -r locks/rasa.txt
COPY config.yml domain.yml endpoints.yml credentials.yml ./
COPY nlu_data nlu_data
COPY bot bot
# The same command as `fanzha train`; the image is the model's version.
RUN PYTHONPATH=/app .venv-rasa/bin/python -m rasa train --data nlu_data --out models && .venv-rasa/bin/python -m bot.model_seal models && rm -rf .rasa

FROM python:3.10-slim-bookworm
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin fanzha
WORKDIR /app
COPY --from=build /app /app
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONPATH=/app HOME=/tmp MPLCONFIGDIR=/tmp \
    OMP_NUM_THREADS=1 TF_CPP_MIN_LOG_LEVEL=3 RASA_TELEMETRY_ENABLED=false \
    FANZHA_DATA_DIR=/tmp FANZHA_MODEL_FOLDER=/app/models FANZHA_BOT_HOST=0.0.0.0 FANZHA_LOG_JSON=true
USER 10001:10001
EXPOSE 5005
HEALTHCHECK --interval=10s --timeout=4s --start-period=120s --retries=3 \
    CMD [".venv-rasa/bin/python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:5005/', timeout=3)"]
CMD [".venv-rasa/bin/python", "-m", "bot.rasa_server"]
