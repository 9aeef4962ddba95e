# The server, without a model of its own: it answers by an endpoint (CHATBOT_BASE_URL), see deploy/compose.yaml.
FROM python:3.12-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/chatbot
# The pinned versions first, with their hashes: they change less often than the code.
COPY requirements.lock ./
COPY deploy/without.py ./
RUN python without.py requirements.lock > pinned.txt \
    && /opt/chatbot/bin/python -m pip install --require-hashes -r pinned.txt
COPY pyproject.toml README.md LICENSE ./
COPY chatbot chatbot
COPY prompts prompts
COPY store store
COPY seeds seeds
RUN /opt/chatbot/bin/python -m pip install --no-deps --no-build-isolation .

FROM python:3.12-slim

LABEL org.opencontainers.image.title="chatbot" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --create-home --home-dir /data --shell /usr/sbin/nologin chatbot
COPY --from=build /opt/chatbot /opt/chatbot
ENV PATH=/opt/chatbot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CHATBOT_HOME=/data \
    CHATBOT_SERVE_HOST=0.0.0.0 \
    CHATBOT_SERVE_PORT=8000
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["chatbot"]
CMD ["serve", "--no-web"]
