// Command oidc is an OpenID Connect issuer for tests, on the package op of zitadel/oidc. It reads its setup as JSON from standard input,
// prints its address, and ends when standard input ends.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

// setup is what a test decides.
type setup struct {
	// Files with the certificate for 127.0.0.1 and its key.
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
	// The public client.
	ClientID              string `json:"clientId"`
	RedirectURI           string `json:"redirectUri"`
	PostLogoutRedirectURI string `json:"postLogoutRedirectUri"`
	// Claims by the name of the account, including `sub`.
	Accounts map[string]map[string]any `json:"accounts"`
}

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal("oidc: ", err)
	}
}

func run() error {
	input := json.NewDecoder(os.Stdin)
	var setup setup
	if err := input.Decode(&setup); err != nil {
		return fmt.Errorf("can't read the setup from standard input: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := "https://" + listener.Addr().String()
	handler, err := newIssuer(address, setup)
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // blocks until the test closes it or has ended
		os.Exit(0)
	}()
	fmt.Println(address)
	return http.ServeTLS(listener, handler, setup.Certificate, setup.Key)
}
