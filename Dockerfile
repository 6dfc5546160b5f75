# One image for every Tidegate process; compose.yaml picks the process by its command.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node server/cli/boot.mjs build && npx next build

FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
RUN groupadd --gid 10001 tidegate && useradd --uid 10001 --gid 10001 --home-dir /app --no-create-home tidegate \
 && mkdir -p /data && chown tidegate:tidegate /data
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force
COPY --from=build --chown=tidegate:tidegate /app/dist ./dist
COPY --from=build --chown=tidegate:tidegate /app/.next ./.next
COPY --chown=tidegate:tidegate public ./public
COPY --chown=tidegate:tidegate app/docs ./app/docs
COPY --chown=tidegate:tidegate server/cli/boot.mjs ./server/cli/boot.mjs
COPY --chown=tidegate:tidegate next.config.ts ./
USER tidegate
VOLUME /data
ENV TG_DATA_DIR=/data
CMD ["node", "server/cli/boot.mjs", "start"]
