package main

import (
	"flag"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-multierror"
	"github.com/hashicorp/go-secure-stdlib/parseutil"
	"github.com/hashicorp/go-uuid"
	"github.com/hashicorp/vault/sdk/logical"
)

// Whom the server knows from its start.
type seeds struct {
	rootToken, roleID, secretID, role, jwt string
	ttl                                    time.Duration
}

func (s *seeds) flags(flags *flag.FlagSet) {
	flags.StringVar(&s.rootToken, "root-token", "", "token that never expires")
	flags.StringVar(&s.roleID, "role-id", "", "of the one AppRole")
	flags.StringVar(&s.secretID, "secret-id", "", "of the one AppRole")
	flags.StringVar(&s.role, "role", "", "name of the one Kubernetes role")
	flags.StringVar(&s.jwt, "jwt", "", "service account token that may take this role")
	flags.DurationVar(&s.ttl, "ttl", time.Hour, "of the tokens that a login gives, and the most that a renewal adds")
}

type token struct {
	id, accessor, name string
	issued, expires    time.Time // the zero time: never
	ttl                time.Duration
	renewable          bool
}

type tokenStore struct {
	mutex  sync.Mutex
	seeds  seeds
	tokens map[string]*token
}

func newTokenStore(seeds seeds) tokenStore {
	root := &token{id: seeds.rootToken, name: "root", issued: time.Now()}
	return tokenStore{seeds: seeds, tokens: map[string]*token{root.id: root}}
}

func (s *tokenStore) check(id string) (*token, error) {
	if id == "" {
		return nil, logical.ErrPermissionDenied
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := s.tokens[id]
	if found == nil || (!found.expires.IsZero() && !time.Now().Before(found.expires)) {
		return nil, multierror.Append(logical.ErrPermissionDenied, logical.ErrInvalidToken)
	}
	return found, nil
}

// AppRole and Kubernetes, told apart by what is sent, so that either may be mounted anywhere under auth/.
func (s *tokenStore) login(request *logical.Request) (*logical.Response, error) {
	if jwt, ok := request.Data["jwt"]; ok {
		if request.Data["role"] != s.seeds.role {
			return logical.ErrorResponse(fmt.Sprintf("invalid role name %q", request.Data["role"])), nil
		}
		if jwt != s.seeds.jwt {
			return nil, logical.ErrPermissionDenied
		}
		return s.issue("kubernetes-"+s.seeds.role, s.seeds.ttl, true)
	}
	if request.Data["role_id"] != s.seeds.roleID || request.Data["secret_id"] != s.seeds.secretID {
		return logical.ErrorResponse("invalid role or secret ID"), nil
	}
	return s.issue("approle", s.seeds.ttl, true)
}

func (s *tokenStore) issue(name string, ttl time.Duration, renewable bool) (*logical.Response, error) {
	id, err := uuid.GenerateUUID()
	if err != nil {
		return nil, err
	}
	accessor, err := uuid.GenerateUUID()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	made := &token{"hvs." + id, accessor, name, now, now.Add(ttl), ttl, renewable}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.tokens[made.id] = made
	return made.auth(ttl), nil
}

func (t *token) auth(ttl time.Duration) *logical.Response {
	return &logical.Response{Auth: &logical.Auth{
		ClientToken:   t.id,
		Accessor:      t.accessor,
		Policies:      []string{"default"},
		TokenPolicies: []string{"default"},
		LeaseOptions:  logical.LeaseOptions{TTL: ttl, Renewable: t.renewable},
		TokenType:     logical.TokenTypeService,
		Orphan:        true,
	}}
}

// The part of auth/token/ that a client of its own token uses, and `create` and `revoke` for whoever tests it.
func (s *tokenStore) handle(caller *token, request *logical.Request) (*logical.Response, error) {
	switch request.Path {
	case "auth/token/create":
		ttl, err := duration(request.Data["ttl"], s.seeds.ttl)
		if err != nil {
			return nil, err
		}
		return s.issue("token", ttl, request.Data["renewable"] != false)
	case "auth/token/lookup-self":
		s.mutex.Lock()
		defer s.mutex.Unlock()
		return caller.lookup(), nil
	case "auth/token/renew-self":
		if !caller.renewable {
			return logical.ErrorResponse("lease is not renewable"), logical.ErrInvalidRequest
		}
		ttl, err := duration(request.Data["increment"], caller.ttl)
		if err != nil {
			return nil, err
		}
		ttl = min(ttl, s.seeds.ttl)
		s.mutex.Lock()
		defer s.mutex.Unlock()
		caller.expires = time.Now().Add(ttl)
		return caller.auth(ttl), nil
	case "auth/token/revoke-self", "auth/token/revoke":
		id, named := request.Data["token"].(string)
		if !named {
			id = caller.id
		}
		s.mutex.Lock()
		defer s.mutex.Unlock()
		delete(s.tokens, id)
		return nil, nil
	}
	return nil, logical.ErrUnsupportedPath
}

func (t *token) lookup() *logical.Response {
	data := map[string]any{
		"id": t.id, "accessor": t.accessor, "display_name": t.name, "policies": []string{"default"},
		"creation_time": t.issued.Unix(), "creation_ttl": int(t.ttl.Seconds()), "renewable": t.renewable,
		"ttl": 0, "expire_time": nil, "num_uses": 0, "orphan": true, "type": "service",
	}
	if !t.expires.IsZero() {
		data["ttl"] = int(time.Until(t.expires).Seconds())
		data["expire_time"] = t.expires.Format(time.RFC3339Nano)
	}
	return &logical.Response{Data: data}
}

func duration(given any, otherwise time.Duration) (time.Duration, error) {
	if given == nil {
		return otherwise, nil
	}
	found, err := parseutil.ParseDurationSecond(given)
	if err != nil {
		return 0, &logical.StatusBadRequest{Err: err.Error()}
	}
	return found, nil
}
