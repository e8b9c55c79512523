# The test image with the supervisors of Debian beside it, to be compared in the same surroundings, and with dinit, which
# Debian does not have, where the build context "dinit" is its source. These go on top of a first test image and stay; what
# changes, our binary, comes last.
ARG BASE=ai-dock:test
ARG OURS=ai-dock:test
FROM ${OURS} AS ours

FROM ${BASE} AS packages
RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
  supervisor s6 tini python3 sudo gcc g++ make libc6-dev
RUN --mount=type=bind,from=dinit,target=/dinit,rw if [ -e /dinit/configure ]; then \
  cd /dinit && ./configure && make -C build && make -C src && install src/dinit src/dinitctl /usr/local/sbin/; fi

FROM packages AS peers
COPY --from=ours /usr/local/bin/ai-dock /usr/local/bin/ai-dock
