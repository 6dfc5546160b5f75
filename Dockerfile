# One image for every Tidegate process; compose.yaml picks the process by its command.
FROM node:20-bookworm-slim AS build
ENV NEXT_TELEMETRY_DISABLED=1
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN node server/cli/boot.mjs build && node node_modules/next/dist/bin/next build && rm -rf .next/cache .next/dev

FROM node:20-bookworm-slim
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1
WORKDIR /app
# /data outlives the container; /run/tidegate holds the signer's sockets, closed to everybody else.
RUN groupadd --gid 10001 tidegate && useradd --uid 10001 --gid 10001 --home-dir /app --no-create-home tidegate \
 && install -d -m 0700 -o tidegate -g tidegate /data /run/tidegate
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY --from=build /app/dist ./dist
COPY --from=build --chown=tidegate:tidegate /app/.next ./.next
COPY public ./public
COPY app/docs ./app/docs
COPY server/cli/boot.mjs ./server/cli/boot.mjs
COPY next.config.ts ./
USER tidegate
VOLUME /data
ENV TG_DATA_DIR=/data TMPDIR=/run/tidegate
CMD ["node", "server/cli/boot.mjs", "start", "--passphrase-file", "/run/secrets/signer-passphrase"]
