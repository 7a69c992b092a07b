# The image of the agent (target `runtime`) and that of the SONiC package (target `sonic`): make docker.
# On a machine without Swift; what is compiled here is copied into a Debian without a toolchain.
ARG DEBIAN_IMAGE=docker.io/library/debian:bookworm-slim
ARG SWIFT_IMAGE=docker.io/library/swift:6.2-bookworm

# hadolint global ignore=DL3006,DL3008
# DL3006: the two images above have tags. DL3008: Debian's stable release has one version of each package, and its
# security updates take the old one away.

FROM ${SWIFT_IMAGE} AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libbpf-dev libhiredis-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# Swift's own libraries become part of the program.
RUN swift build -c release --static-swift-stdlib -Xlinker -s -Xlinker --no-export-dynamic -Xlinker --icf=safe --product telegen-sonic \
    && install -D -m 755 .build/release/telegen-sonic /out/bin/telegen-sonic

FROM ${DEBIAN_IMAGE} AS runtime
LABEL org.opencontainers.image.title="telegen-sonic" \
    org.opencontainers.image.description="Traffic telemetry for SONiC switches and any Linux machine" \
    org.opencontainers.image.source="https://github.com/platformbuilds/telegen-sonic" \
    org.opencontainers.image.licenses="Apache-2.0"
# redis-server: the private database where there is no SONiC. tini: the private database is a daemon, and a container's
# first process has to bury those. Whoever the user is may make a folder in /var/lib/telegen-sonic.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates iproute2 libbpf1 libhiredis0.14 redis-server tini zlib1g \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/* \
    && useradd --system --no-create-home --home-dir /var/lib/telegen-sonic --shell /usr/sbin/nologin telegen \
    && install -d -m 1777 /var/lib/telegen-sonic
COPY --from=build /out/ /usr/
COPY --chmod=755 deploy/docker/healthcheck /usr/share/telegen-sonic/
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s CMD ["/usr/share/telegen-sonic/healthcheck"]
# Root, because bpffs belongs to root and a container's capabilities are root's alone; the agent gives up all of root's
# rights but three when it starts. Where none is needed: --user telegen (placeholder mode).
ENTRYPOINT ["tini", "--", "telegen-sonic"]
CMD ["run"]

FROM ${DEBIAN_IMAGE} AS startup
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-pip \
    && rm -rf /var/lib/apt/lists/* \
    && pip install --no-cache-dir --no-deps --no-compile --target /out supervisord-dependent-startup==1.4.0 toposort==1.10

FROM runtime AS sonic
RUN apt-get update \
    && apt-get install -y --no-install-recommends bpftool rsyslog supervisor \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*
COPY --from=startup /out/ /usr/lib/python3/dist-packages/
COPY sonic/ /usr/share/telegen-sonic/
RUN mv /usr/share/telegen-sonic/supervisord.conf /usr/share/telegen-sonic/critical_processes /etc/supervisor/ \
    && mv /usr/share/telegen-sonic/rsyslog.conf /etc/
ENV TELEGEN_DB=sonic
# SONiC looks after its containers itself.
HEALTHCHECK NONE
ENTRYPOINT ["supervisord", "-c", "/etc/supervisor/supervisord.conf"]
CMD []
