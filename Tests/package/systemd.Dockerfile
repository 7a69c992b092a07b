# A machine with systemd, on which the unit is tried: scripts/image test.
ARG AGENT_IMAGE=localhost/telegen-sonic:test

# hadolint global ignore=DL3006,DL3008

FROM ${AGENT_IMAGE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends systemd systemd-sysv \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && install -d /usr/local/bin \
    && ln -s /usr/bin/telegen-sonic /usr/local/bin/telegen-sonic
COPY deploy/systemd/telegen-sonic.service /etc/systemd/system/
RUN systemctl enable telegen-sonic.service
ENTRYPOINT ["/sbin/init"]
CMD []
