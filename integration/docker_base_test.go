package integration

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// dockerBuildArgs returns the arguments for the build. If the Dockerfile's base image
// can't be pulled, they replace it with an image made of this machine's Go toolchain
// and modules, and the one other program that the Dockerfile uses.
func dockerBuildArgs(t *testing.T, name string) []string {
	dockerfile, err := os.ReadFile("../Dockerfile")
	base := regexp.MustCompile(`(?m)^ARG GO_IMAGE=(\S+)$`).FindSubmatch(dockerfile)
	if base == nil {
		t.Fatalf("Dockerfile: found no ARG GO_IMAGE with a default: %v", err)
	}
	if _, err := dockerTry(dockerQuick, exec.Command("docker", "image", "inspect", string(base[1]))); err == nil {
		return nil
	}
	if _, err := dockerTry(dockerSlow, exec.Command("docker", "pull", string(base[1]))); err == nil {
		return nil
	} else {
		t.Logf("building a replacement for %s: %v", base[1], err)
	}
	// GOPROXY makes the download use this machine's module cache.
	env := strings.Split(dockerRun(t, dockerQuick, exec.Command("go", "env", "GOROOT", "GOMODCACHE", "GOPROXY")), "\n")
	root := t.TempDir()
	goMod, modErr := os.ReadFile("../go.mod")
	goSum, sumErr := os.ReadFile("../go.sum")
	err = errors.Join(modErr, sumErr,
		os.MkdirAll(root+"/image/tmp", 0o755), os.MkdirAll(root+"/image/usr/local", 0o755), os.Mkdir(root+"/module", 0o755),
		os.Symlink(env[0], root+"/image/usr/local/go"),
		os.WriteFile(root+"/module/go.mod", goMod, 0o600), os.WriteFile(root+"/module/go.sum", goSum, 0o600),
		os.WriteFile(root+"/module/mkdir.go", []byte(dockerMkdir), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"go mod download",
		"go build -o ../image/bin/mkdir mkdir.go",
		"tar -chf ../image.tar --exclude=testdata --exclude=*_test.go --exclude=./usr/local/go/test --exclude=./usr/local/go/src/cmd -C ../image .",
		"docker import -c ENV|PATH=/usr/local/go/bin:/bin|GOPATH=/go|GOPROXY=off|GOTOOLCHAIN=local -c LABEL|snomredirect-test=" + name + " ../image.tar " + name,
	} {
		words := strings.Fields(line)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "|", " ")
		}
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir = root + "/module"
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-modcacherw", "GOMODCACHE="+root+"/image/go/pkg/mod",
			"GOPROXY=file://"+env[1]+"/cache/download,"+env[2])
		dockerRun(t, dockerSlow, cmd)
	}
	t.Cleanup(func() { // the build leaves a stage with the same label
		dockerRun(t, dockerQuick, exec.Command("docker", "image", "prune", "-f", "--filter", "label=snomredirect-test="+name))
		dockerRun(t, dockerQuick, exec.Command("docker", "rmi", name))
	})
	return []string{"--build-arg", "GO_IMAGE=" + name}
}

// dockerMkdir implements the options of mkdir that the Dockerfile uses.
const dockerMkdir = `package main

import ("flag"; "log"; "os"; "strconv")

func main() {
	flag.Bool("p", true, "")
	text := flag.String("m", "0777", "")
	flag.Parse()
	mode, err := strconv.ParseUint(*text, 8, 32)
	if err == nil { err = os.MkdirAll(flag.Arg(0), os.FileMode(mode)) }
	if err != nil { log.Fatal(err) }
}
`
