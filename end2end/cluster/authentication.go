package main

// The OIDC issuers that the API server trusts: none at first. A test writes its own into the file, which the API server reads again after a
// change.

const authenticationFile = "authentication.yaml"

const noIssuers = `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt: []
`

func makeAuthenticationConfig() error {
	return write(authenticationFile, []byte(noIssuers))
}
