package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"sync"
	"time"
)

// keys holds the certificate that is shown to the next client.
type keys struct {
	mu          sync.Mutex
	cert, first tls.Certificate
	clients     *x509.CertPool // nil: anybody
}

func (k *keys) config() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: k.get}
	if k.clients != nil {
		c.ClientCAs, c.ClientAuth = k.clients, tls.RequireAndVerifyClientCert
	}
	return c
}

// trust lets in nobody but whom the certificate at path vouches for; "": everybody.
func (k *keys) trust(path string) error {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	k.clients = x509.NewCertPool()
	if !k.clients.AppendCertsFromPEM(text) {
		return errors.New(path + ": no certificate")
	}
	return nil
}

// restore goes back to the certificate that was shown first.
func (k *keys) restore() {
	k.mu.Lock()
	k.cert = k.first
	k.mu.Unlock()
}

func (k *keys) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	cert := k.cert
	return &cert, nil
}

// swap makes a new certificate, trusted by nobody who has not read it from path.
func (k *keys) swap(path string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	template := x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "localhost"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(24 * time.Hour),
		IsCA:         true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	k.mu.Lock()
	k.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	if k.first.Certificate == nil {
		k.first = k.cert
	}
	k.mu.Unlock()
	if path == "" {
		return nil
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return os.WriteFile(path, text, 0o600)
}
