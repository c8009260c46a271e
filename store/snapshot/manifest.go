// Package snapshot writes and reads backups: archives of the database and the keys
// of a data folder.
//
// An archive is a tar with a manifest, [ManifestName], and then the files that the
// manifest lists, in the order of [Names]. Nothing else is in it, and each file has
// the size and the SHA-256 that the manifest says. Writer and reader stream: a
// database is never in memory.
package snapshot

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ManifestName is the name of the first file of an archive.
const ManifestName = "snomredirect-backup.json"

// Names of files in an archive.
const (
	Database       = "snomredirect.db"
	HostKey        = "ssh_host_ed25519_key"
	RDSCertificate = "rds.pem"
	RDSKey         = "rds.key"
	APIKey         = "api.key" // since format 2
)

// Names are the files of an archive, in their order. The database and the host key
// are in every archive.
var Names = []string{Database, HostKey, RDSCertificate, RDSKey, APIKey}

// format is the format that this package writes. It reads older ones too.
const format = 2

// maxManifest bounds a manifest, in bytes.
const maxManifest = 64 << 10

// ErrNewer is returned for an archive that a newer version of this package wrote.
var ErrNewer = errors.New("made by a newer snomredirect")

// A Manifest describes an archive.
type Manifest struct {
	Format  int       `json:"format"`
	Version string    `json:"version"` // of the program that made the archive
	Schema  int       `json:"schema"`  // of the database
	Made    time.Time `json:"made"`    // when the database was copied
	Files   []File    `json:"files"`
}

// A File is what a manifest says of a file.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // in hex
}

// parseManifest is strict: what it does not know, it refuses.
func parseManifest(text []byte) (m Manifest, err error) {
	var head struct{ Format int }
	if err := json.Unmarshal(text, &head); err != nil {
		return m, fmt.Errorf("%s is damaged: %w", ManifestName, err)
	}
	switch {
	case head.Format > format:
		return m, fmt.Errorf("%w (format %d; this version reads up to %d)", ErrNewer, head.Format, format)
	case head.Format < 1:
		return m, fmt.Errorf("%s is damaged: format %d", ManifestName, head.Format)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("%s is damaged: %w", ManifestName, err)
	}
	if m.Schema < 1 || m.Made.IsZero() {
		return m, fmt.Errorf("%s is damaged: schema %d, made %v", ManifestName, m.Schema, m.Made)
	}
	return m, m.checkFiles()
}

// checkFiles checks that the files are those of an archive, each once and in order.
func (m Manifest) checkFiles() error {
	if len(m.Files) < 2 || m.Files[0].Name != Database || m.Files[1].Name != HostKey {
		return fmt.Errorf("%s is damaged: it has to begin with %s and %s", ManifestName, Database, HostKey)
	}
	last := -1
	for _, f := range m.Files {
		i := slices.Index(Names, f.Name)
		if i <= last {
			return fmt.Errorf("%s is damaged: %q is unknown, or not in its place", ManifestName, f.Name)
		}
		last = i
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != 32 || f.Size < 0 {
			return fmt.Errorf("%s is damaged: %s has size %d and SHA-256 %q", ManifestName, f.Name, f.Size, f.SHA256)
		}
	}
	return nil
}
