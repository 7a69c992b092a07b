# Debian's Prometheus, for the profile `small` of docker-compose.yml.
ARG DEBIAN_IMAGE=docker.io/library/debian:bookworm-slim

# hadolint global ignore=DL3006,DL3008
# DL3006: the image above has a tag. DL3008: see the Dockerfile of the agent.

FROM ${DEBIAN_IMAGE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends prometheus \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && install -d -o 65534 -g 65534 /prometheus
USER 65534
ENTRYPOINT ["prometheus"]
