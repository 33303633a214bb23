package main

// Keys and certificates. The certificate authority and the service account signing key persist, so tokens and kubeconfigs
// stay valid after a restart. Each start issues new certificates.

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/util/keyutil"
)

const (
	caCertificateFile = pkiDirectory + "/ca.crt"
	caKeyFile         = pkiDirectory + "/ca.key"
	serverCertFile    = pkiDirectory + "/server.crt"
	serverKeyFile     = pkiDirectory + "/server.key"
	tokenKeyFile      = pkiDirectory + "/service-account.key"

	authorityLifetime   = 10 * 365 * 24 * time.Hour
	certificateLifetime = 365 * 24 * time.Hour
)

// authority is the certificate authority of one control plane.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	pem         []byte
}

// pair is a certificate and its key, both PEM-encoded.
type pair struct {
	certificate, key []byte
}

func openPKI() (*authority, error) {
	if err := os.MkdirAll(pkiDirectory, 0o700); err != nil {
		return nil, err
	}
	ca, err := openAuthority()
	if err != nil {
		return nil, err
	}
	server, err := ca.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:    []string{"localhost", "kubernetes.default.svc"},
	})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(write(serverCertFile, server.certificate), write(serverKeyFile, server.key)); err != nil {
		return nil, err
	}
	return ca, makeTokenKey()
}

func openAuthority() (*authority, error) {
	certificate, err := os.ReadFile(caCertificateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return makeAuthority()
	}
	if err != nil {
		return nil, err
	}
	key, err := keyutil.PrivateKeyFromFile(caKeyFile)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	block, _ := pem.Decode(certificate)
	if !ok || block == nil {
		return nil, fmt.Errorf("can't parse the certificate authority in %s: delete the directory and start again", filepath.Dir(caKeyFile))
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	return &authority{parsed, signer, certificate}, err
}

// makeAuthority writes the certificate last, because openAuthority expects a key wherever there is a certificate.
func makeAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "local control plane"},
		NotAfter:              time.Now().Add(authorityLifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	certificate, err := sign(template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return nil, err
	}
	if err := write(caKeyFile, keyPEM); err != nil {
		return nil, err
	}
	ca := &authority{certificate, key, certificatePEM(certificate)}
	return ca, write(caCertificateFile, ca.pem)
}

func (a *authority) issue(template *x509.Certificate) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	template.NotAfter = time.Now().Add(certificateLifetime)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	certificate, err := sign(template, a.certificate, key.Public(), a.key)
	if err != nil {
		return pair{}, err
	}
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	return pair{certificatePEM(certificate), keyPEM}, err
}

func sign(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour) // tolerates a clock that is set back
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

func certificatePEM(certificate *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}

// makeTokenKey creates the service account signing key if missing: RSA, the common type in installations.
func makeTokenKey() error {
	if _, err := os.Stat(tokenKeyFile); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return err
	}
	return write(tokenKeyFile, keyPEM)
}
