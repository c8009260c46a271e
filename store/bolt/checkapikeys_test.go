package bolt

import (
	"bytes"
	"testing"

	"go.etcd.io/bbolt"
)

// Each wrong record of API keys and provisioning profiles is reported by the name of the
// account, and no secret is.
func TestCheckFindsProblemsOfAPIKeys(t *testing.T) {
	const id, uuid = "k3s5yq2wd4abcdef", "0b5e3c4e-7c3f-4f0e-9d6e-3f1f8f6f2a11"
	put := func(bucket, k, v []byte) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put(k, v) }
	}
	of := func(account []byte, uuid string) []byte { return append(bytes.Clone(account), uuid...) }
	for what, c := range map[string]struct {
		damage func(*bbolt.Tx) error
		want   string
	}{
		"an API key":               {put(bucketAPIKeys, []byte(id), []byte("{")), `the record of the API key "` + id + `" is damaged`},
		"an API key of nobody":     {put(bucketAPIKeys, []byte(id), []byte(`{"account":99,"sealed":"AA=="}`)), "account 99 has an API key and does not exist"},
		"an API key without any":   {put(bucketAPIKeys, []byte(id), []byte(`{"account":2}`)), `the record of the API key "` + id + `" is damaged`},
		"a profile":                {put(bucketProfiles, of(acmes, uuid), []byte("{")), "the record of a provisioning profile of acme is damaged"},
		"a profile's key":          {put(bucketProfiles, acmes, []byte("{}")), "the bucket provisioning_profiles has a wrong key 00000002"},
		"another profile's":        {put(bucketProfiles, of(acmes, "1"+uuid[1:]), []byte(`{"uuid":"`+uuid+`","name":"x"}`)), "the record of a provisioning profile of acme is damaged"},
		"a profile of nobody":      {put(bucketProfiles, of(nobody, uuid), []byte(`{"uuid":"`+uuid+`","name":"x"}`)), "account 99 has a provisioning profile and does not exist"},
		"two profiles of a name":   {put(bucketProfiles, of(acmes, "1"+uuid[1:]), []byte(`{"uuid":"1`+uuid[1:]+`","name":"Büro"}`)), `acme has two provisioning profiles with the name "Büro"`},
		"a bucket that is missing": {func(tx *bbolt.Tx) error { return tx.DeleteBucket(bucketAPIKeys) }, "the bucket api_keys is missing"},
	} {
		t.Run(what, func(t *testing.T) {
			file := stored(t, 7)
			alter(t, file, c.damage)
			checkFinds(t, file, c.want)
		})
	}
}
