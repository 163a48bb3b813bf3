package recorder

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"sync"
	"time"
)

// PEM returns certificates and keys to connect to a daemon with TLS, by the names that docker gives the files: ca.pem has signed
// the daemon's certificate, cert.pem and key.pem are a client's.
func PEM() map[string]string { return maps.Clone(certificates().pem) }

// authority is what the process's daemons and clients know each other by.
type authority struct {
	pem    map[string]string
	daemon *tls.Config
}

var certificates = sync.OnceValue(func() authority {
	files := map[string]string{}
	ca, caKey := issue("recorder", nil, nil)
	files["ca.pem"] = block("CERTIFICATE", ca.Raw)
	other, _ := issue("another", nil, nil)
	files["ca2.pem"] = block("CERTIFICATE", other.Raw)
	for i, name := range []string{"", "2"} {
		cert, key := issue(fmt.Sprint("client ", i+1), ca, caKey)
		files["cert"+name+".pem"], files["key"+name+".pem"] = block("CERTIFICATE", cert.Raw), keyBlock(key)
	}
	own, ownKey := issue("daemon", ca, caKey)
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return authority{files, &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{own.Raw}, PrivateKey: ownKey}},
		ClientAuth:   tls.VerifyClientCertIfGiven, ClientCAs: pool,
	}}
})

// issue makes a certificate for 127.0.0.1; without a parent it is an authority's own.
func issue(name string, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour),
		NotAfter:    now.Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth,
			x509.ExtKeyUsageClientAuth},
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
	}
	if parent == nil {
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return cert, key
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func keyBlock(key *ecdsa.PrivateKey) string {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		panic(err)
	}
	return block("EC PRIVATE KEY", der)
}
