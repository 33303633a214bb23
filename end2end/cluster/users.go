package main

// Users: the cluster admin with a client certificate, and test users with persistent bearer tokens. seed/users.yaml has the
// test users' permissions.

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

const (
	userTokensFile = usersDirectory + "/tokens.csv"
	// seed/users.yaml uses the same domain.
	userDomain = "@example.com"
)

var users = []string{"admin", "project-admin", "viewer", "auditor"}

func userNames() string { return strings.Join(users, ", ") }

// writeKubeconfigs writes a kubeconfig for the cluster admin and one for each test user. Call makeUserTokens first.
func writeKubeconfigs(ca *authority, server string) error {
	admin, err := ca.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "admin@local", Organization: []string{"system:masters"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return err
	}
	tokens, err := readUserTokens()
	if err != nil {
		return err
	}
	for _, user := range users {
		name := usersDirectory + "/" + user + ".kubeconfig"
		if err := writeKubeconfig(name, ca, server, user+userDomain, &api.AuthInfo{Token: tokens[user]}); err != nil {
			return err
		}
	}
	return writeKubeconfig(kubeconfigFile, ca, server, "admin@local", &api.AuthInfo{
		ClientCertificateData: admin.certificate,
		ClientKeyData:         admin.key,
	})
}

func writeKubeconfig(path string, ca *authority, server, user string, credential *api.AuthInfo) error {
	const name = "local"
	config := api.NewConfig()
	config.Clusters[name] = &api.Cluster{Server: server, CertificateAuthorityData: ca.pem}
	config.AuthInfos[user] = credential
	config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: user}
	config.CurrentContext = name
	content, err := clientcmd.Write(*config)
	if err != nil {
		return err
	}
	return write(path, content)
}

// makeUserTokens creates a token for every test user without one.
func makeUserTokens() error {
	if err := os.MkdirAll(usersDirectory, 0o700); err != nil {
		return err
	}
	tokens, err := readUserTokens()
	if err != nil {
		return err
	}
	var file bytes.Buffer
	lines := csv.NewWriter(&file)
	for _, user := range users {
		if tokens[user] == "" {
			tokens[user] = rand.Text()
		}
		if err := lines.Write([]string{tokens[user], user + userDomain, user}); err != nil {
			return err
		}
	}
	lines.Flush()
	return write(userTokensFile, file.Bytes())
}

// readUserTokens returns the tokens by user. The map is empty before makeUserTokens.
func readUserTokens() (map[string]string, error) {
	tokens := map[string]string{}
	file, err := os.Open(userTokensFile)
	if errors.Is(err, fs.ErrNotExist) {
		return tokens, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		tokens[line[2]] = line[0]
	}
	return tokens, nil
}
