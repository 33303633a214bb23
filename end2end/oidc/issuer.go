package main

// The issuer's pages: signing in by the name of an account, and signing out. The package op does everything else.

import (
	"crypto/rand"
	"html/template"
	"net/http"
	"net/url"

	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	signInPath    = "/sign-in"
	signedOutPath = "/signed-out"
	cookieName    = "account"
)

var signInPage = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Test issuer</title><h1>Test issuer</h1>
<form method="post"><input type="hidden" name="request" value="{{.}}"><label>Account <input name="account" autofocus></label>
<button>Sign in</button></form>`))

func newIssuer(address string, setup setup) (http.Handler, error) {
	store, err := newStorage(setup)
	if err != nil {
		return nil, err
	}
	config := &op.Config{DefaultLogoutRedirectURI: signedOutPath, CodeMethodS256: true, SupportedScopes: []string{"openid", "profile", "email", groupsScope}}
	if _, err := rand.Read(config.CryptoKey[:]); err != nil {
		return nil, err
	}
	provider, err := op.NewProvider(config, store, op.StaticIssuer(address))
	if err != nil {
		return nil, err
	}
	pages := http.NewServeMux()
	pages.Handle("/", provider)
	pages.HandleFunc(signInPath, store.signIn)
	// The package op keeps no session of the browser, so the end of the session is our cookie's end.
	pages.HandleFunc(provider.EndSessionEndpoint().Relative(), func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1})
		provider.ServeHTTP(w, r)
	})
	pages.HandleFunc(signedOutPath, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<!doctype html><title>Test issuer</title><h1>Signed out</h1>"))
	})
	return pages, nil
}

// signIn asks for an account, unless the browser is signed in already.
func (s *storage) signIn(w http.ResponseWriter, r *http.Request) {
	id, account := r.FormValue("request"), r.PostFormValue("account")
	if cookie, err := r.Cookie(cookieName); err == nil && account == "" {
		account = cookie.Value
	}
	if !s.signedIn(id, account) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = signInPage.Execute(w, id)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: account, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/authorize/callback?id="+url.QueryEscape(id), http.StatusFound)
}
