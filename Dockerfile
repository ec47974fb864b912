# One image for bot and workers: `docker run avalanche bot`, `docker run avalanche workers`.
# Meant to run with a read-only root file system: everything that is written lies below /var/lib/avalanche and /tmp.
FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:26-slim
# git searches and blames the code; perf turns perf.data into text. git leaves processes behind (its own clean-up),
# which tini buries. Versions are those of the base image's release: old ones leave the archive when there is a fix.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git linux-perf tini \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o 1000 -g 1000 /var/lib/avalanche /var/lib/avalanche/blobs

WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json avalanche.mjs avalanche.ts LICENSE ./
COPY bot ./bot
COPY workers ./workers
COPY storage ./storage
COPY renderers ./renderers

ENV NODE_ENV=production \
    AVALANCHE_DATA=/var/lib/avalanche \
    AVALANCHE_HEALTH_HOST=0.0.0.0 \
    AVALANCHE_HEALTH_PORT=9464
# By number: an orchestrator that wants no root cannot tell from a name. 1000 is `node`.
USER 1000:1000
VOLUME /var/lib/avalanche
EXPOSE 9464
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.AVALANCHE_HEALTH_PORT}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--", "node", "/app/avalanche.mjs"]
CMD ["start"]

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Avalanche" \
      org.opencontainers.image.description="Chat-ops bot for incident response: flame graphs and suspects in the incident thread" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
