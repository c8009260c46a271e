package sshconsole

import (
	"slices"

	gossh "golang.org/x/crypto/ssh"
)

// The algorithms of the server: no SHA-1, no encrypt-and-MAC, and NIST curves only in
// clients' keys, because hardware and older tools have no others. AES-CTR is for
// libraries without an AEAD cipher, such as paramiko 2.12.
var (
	keyExchanges = []string{gossh.KeyExchangeMLKEM768X25519, gossh.KeyExchangeCurve25519, "curve25519-sha256@libssh.org"}
	ciphers      = []string{gossh.CipherChaCha20Poly1305, gossh.CipherAES256GCM, gossh.CipherAES128GCM, gossh.CipherAES256CTR, gossh.CipherAES128CTR}
	macs         = []string{gossh.HMACSHA256ETM, gossh.HMACSHA512ETM}
	publicKeys   = []string{gossh.KeyAlgoED25519, gossh.KeyAlgoSKED25519, gossh.KeyAlgoECDSA256, gossh.KeyAlgoECDSA384, gossh.KeyAlgoECDSA521,
		gossh.KeyAlgoSKECDSA256, gossh.KeyAlgoRSASHA512, gossh.KeyAlgoRSASHA256}
)

// What [Config.Legacy] adds. The client's preference decides, so others may use it
// too. Of what net-ssh 7.0 offers, Diffie-Hellman in a group of 2048 bits would pass an
// audit sooner than P-256. But it is weaker, and for 7 ms of CPU instead of 0.1 an
// unauthenticated client could slow down the phones' replies.
var (
	legacyKeyExchanges = []string{gossh.KeyExchangeECDHP256} // net-ssh 7.0 has no curve25519
	legacyMACs         = []string{gossh.HMACSHA256}          // libssh2 1.10 has no encrypt-then-MAC
)

// algorithms returns the algorithms that the server offers.
func algorithms(legacy bool) gossh.Config {
	c := gossh.Config{KeyExchanges: keyExchanges, Ciphers: ciphers, MACs: macs}
	if legacy {
		c.KeyExchanges = slices.Concat(keyExchanges, legacyKeyExchanges)
		c.MACs = slices.Concat(macs, legacyMACs)
	}
	return c
}
