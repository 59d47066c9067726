# A server of your own in a container, checked by a whole handshake: an open port is not enough.
FROM node:24-bookworm-slim
COPY server.js /app/server.js
USER node
EXPOSE 9000
HEALTHCHECK --interval=10s --timeout=3s CMD ["npx", "--yes", "@hs/client", "127.0.0.1", "9000", "--timeout", "2s", "--quiet"]
CMD ["node", "/app/server.js"]
