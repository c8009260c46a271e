# The image contains only the program, static, and runs it as a user other than root:
#
#	docker build -t snomredirect --build-arg REVISION=$(git rev-parse HEAD) .
#	docker run -p 80:8080 -p 2222:2222 -v snomredirect:/data snomredirect
#
# REVISION is the commit that "version" shows; without it, that is unknown, because the
# build sees the sources only.
#
# It needs nothing that only BuildKit has, so any Docker can build it.

# At least the Go version in go.mod.
ARG GO_IMAGE=golang:1.26-alpine

FROM ${GO_IMAGE} AS build
WORKDIR /src
# Modules are downloaded again only when these change.
COPY go.mod go.sum ./
RUN ["go", "mod", "download"]
COPY . .
ENV CGO_ENABLED=0
ARG REVISION=
# Only here, and not in RUN without a shell, is the argument filled in.
ENV GOFLAGS="'-ldflags=-s -w -X main.revision=${REVISION}'"
RUN ["go", "build", "-trimpath", "-o", "/program/snomredirect", "./cmd/snomredirect"]
RUN ["mkdir", "-p", "-m", "0700", "/folders/data"]

FROM scratch
COPY --from=build /program/ /
# A new volume takes its owner and mode from the folder in the image. The folder
# keeps its mode only if it is inside what is copied.
COPY --from=build --chown=65532:65532 /folders/ /
USER 65532:65532
ENV SNOMREDIRECT_DATA=/data
VOLUME /data
# Phones (HTTP), console (SSH).
EXPOSE 8080 2222
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --retries=3 CMD ["/snomredirect", "health"]
ENTRYPOINT ["/snomredirect"]
CMD ["serve"]
