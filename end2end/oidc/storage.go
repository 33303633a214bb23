package main

// State of the issuer, in memory: the client, the requests to sign in, and the key. Refresh tokens, token revocation and introspection are
// not offered: the embedded nil interface stands for their methods.

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"slices"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	groupsScope = "groups"
	lifetime    = time.Hour
)

type storage struct {
	op.Storage
	client   *client
	accounts map[string]map[string]any
	key      *signingKey

	lock     sync.Mutex
	requests map[string]*request
	codes    map[string]string // request by code
}

func newStorage(setup setup) (*storage, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return &storage{
		client:   &client{setup.ClientID, setup.RedirectURI, setup.PostLogoutRedirectURI},
		accounts: setup.Accounts,
		key:      &signingKey{rand.Text(), key},
		requests: map[string]*request{},
		codes:    map[string]string{},
	}, nil
}

// request is a request to sign in. account is empty until the person has signed in.
type request struct {
	*oidc.AuthRequest
	id, account, subject string
	time                 time.Time
}

func (r *request) GetID() string          { return r.id }
func (r *request) GetACR() string         { return "" }
func (r *request) GetAMR() []string       { return []string{"pwd"} }
func (r *request) GetAudience() []string  { return []string{r.ClientID} }
func (r *request) GetAuthTime() time.Time { return r.time }
func (r *request) GetClientID() string    { return r.ClientID }
func (r *request) GetNonce() string       { return r.Nonce }
func (r *request) GetScopes() []string    { return r.Scopes }
func (r *request) GetSubject() string     { return r.subject }
func (r *request) Done() bool             { return r.account != "" }
func (r *request) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: r.CodeChallenge, Method: r.CodeChallengeMethod}
}

func (s *storage) CreateAuthRequest(_ context.Context, asked *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if asked.CodeChallenge == "" || asked.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("PKCE with S256 is required")
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	r := &request{AuthRequest: asked, id: rand.Text(), time: time.Now()}
	s.requests[r.id] = r
	return r, nil
}

// signedIn notes who signs in. Returns false if the account or the request is unknown.
func (s *storage) signedIn(id, account string) bool {
	s.lock.Lock()
	defer s.lock.Unlock()
	r, claims := s.requests[id], s.accounts[account]
	if r == nil || claims == nil {
		return false
	}
	subject, isText := claims["sub"].(string)
	r.account, r.subject = account, subject
	return isText
}

func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if r := s.requests[id]; r != nil {
		return r, nil
	}
	return nil, oidc.ErrInvalidRequest().WithDescription("unknown request")
}

func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.codes[code] = id
	return nil
}

// AuthRequestByCode forgets the code: it works once.
func (s *storage) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	s.lock.Lock()
	id, known := s.codes[code]
	delete(s.codes, code)
	s.lock.Unlock()
	if !known {
		return nil, oidc.ErrInvalidGrant().WithDescription("unknown or used code")
	}
	return s.AuthRequestByID(ctx, id)
}

func (s *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	delete(s.requests, id)
	return nil
}

func (s *storage) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return rand.Text(), time.Now().Add(lifetime), nil
}

func (s *storage) TerminateSession(context.Context, string, string) error { return nil }

func (s *storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromRequest fills the ID token.
func (s *storage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, asked op.IDTokenRequest, scopes []string) error {
	r, _ := asked.(*request)
	info.Subject = r.subject
	for name, value := range s.accounts[r.account] {
		if name == "sub" || name == groupsScope && !slices.Contains(scopes, groupsScope) {
			continue
		}
		info.AppendClaims(name, value)
	}
	return nil
}

func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != s.client.id {
		return nil, oidc.ErrInvalidClient().WithDescription("unknown client")
	}
	return s.client, nil
}

func (s *storage) Health(context.Context) error { return nil }

// signingKey is the key in both of its roles: to sign, and published.
type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

func (k *signingKey) ID() string                                  { return k.id }
func (k *signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k *signingKey) Key() any                                    { return k.key }

type publishedKey struct{ *signingKey }

func (k publishedKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k publishedKey) Use() string                        { return "sig" }
func (k publishedKey) Key() any                           { return &k.key.PublicKey }

func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return s.key, nil }
func (s *storage) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{publishedKey{s.key}}, nil
}
func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}
