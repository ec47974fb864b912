# One image for bot and workers: `docker run avalanche bot`, `docker run avalanche workers`.
FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev

FROM node:26-slim
# git searches and blames the code; perf turns perf.data into text.
RUN apt-get update \
 && apt-get install -y --no-install-recommends git linux-perf ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json avalanche.mjs avalanche.ts LICENSE ./
COPY bot ./bot
COPY workers ./workers
COPY storage ./storage
COPY renderers ./renderers
# Everything that is written lies below one folder, so that the rest can be read-only.
ENV NODE_ENV=production AVALANCHE_DATA=/var/lib/avalanche
RUN mkdir -p /var/lib/avalanche && chown node:node /var/lib/avalanche
USER node
VOLUME /var/lib/avalanche
ENTRYPOINT ["node", "/app/avalanche.mjs"]
CMD ["start"]
