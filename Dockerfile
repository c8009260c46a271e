# The image is the program alone, static, run by a user that is not root:
#
#	docker build -t snomredirect .
#	docker run -p 80:8080 -p 2222:2222 -v snomredirect:/data snomredirect
#
# It uses nothing that only BuildKit has, so any Docker builds it.

# At least the Go that go.mod asks for.
ARG GO_IMAGE=golang:1.26-alpine

FROM ${GO_IMAGE} AS build
WORKDIR /src
# Modules are downloaded again only when these change.
COPY go.mod go.sum ./
RUN ["go", "mod", "download"]
COPY . .
ENV CGO_ENABLED=0
RUN ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", "/program/snomredirect", "./cmd/snomredirect"]
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
