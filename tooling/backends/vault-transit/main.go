// Vault's own transit engine behind Vault's HTTP surface, for tests. What the engine answers is the real thing. The
// rest of the server is written here: tokens, logins, mounts, namespaces. For its licence see decision 71.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-uuid"
	"github.com/hashicorp/vault/builtin/logical/transit"
	"github.com/hashicorp/vault/sdk/helper/jsonutil"
	"github.com/hashicorp/vault/sdk/logical"
)

// Vault's own limit, DefaultMaxRequestSize.
const maxBodyBytes = 32 << 20

// One engine for each namespace and path that it is mounted at.
type mount struct {
	engine  logical.Backend
	storage logical.Storage
}

type server struct {
	mutex  sync.Mutex
	mounts map[string]*mount // by "NAMESPACE/PATH/"
	tokens tokenStore
}

func main() {
	address := flag.String("listen", "127.0.0.1:0", "address to listen on")
	var seeds seeds
	seeds.flags(flag.CommandLine)
	flag.Parse()
	s := &server{mounts: map[string]*mount{}, tokens: newTokenStore(seeds)}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	fmt.Fprintln(os.Stderr, http.Serve(listener, s))
	os.Exit(1)
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request, err := logicalRequest(w, r)
	if err != nil {
		logical.RespondError(w, http.StatusBadRequest, err)
		return
	}
	// The tests' namespaces spring into being when they are named; a server of the community edition has none.
	namespace := strings.Trim(r.Header.Get("X-Vault-Namespace"), "/") + "/"
	response, err := s.handle(r.Context(), namespace, request)
	status, err := logical.RespondErrorCommon(request, response, err)
	if err != nil || status != 0 {
		logical.RespondError(w, status, err)
		return
	}
	respond(w, request, response)
}

func logicalRequest(w http.ResponseWriter, r *http.Request) (*logical.Request, error) {
	id, err := uuid.GenerateUUID()
	if err != nil {
		return nil, err
	}
	request := &logical.Request{
		ID:          id,
		Path:        strings.TrimPrefix(r.URL.Path, "/v1/"),
		ClientToken: r.Header.Get("X-Vault-Token"),
		Headers:     r.Header,
	}
	if bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && request.ClientToken == "" {
		request.ClientToken = bearer
	}
	switch r.Method {
	case http.MethodGet:
		request.Operation = logical.ReadOperation
		if r.URL.Query().Get("list") == "true" {
			request.Operation = logical.ListOperation
		}
	case "LIST":
		request.Operation = logical.ListOperation
	case http.MethodDelete:
		request.Operation = logical.DeleteOperation
	case http.MethodPost, http.MethodPut:
		request.Operation = logical.UpdateOperation
		err := jsonutil.DecodeJSONFromReader(http.MaxBytesReader(w, r.Body, maxBodyBytes), &request.Data)
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("error parsing JSON: %w", err)
		}
	default:
		return nil, logical.ErrUnsupportedOperation
	}
	if request.Operation == logical.ListOperation && !strings.HasSuffix(request.Path, "/") {
		request.Path += "/"
	}
	return request, nil
}

func (s *server) handle(ctx context.Context, namespace string, request *logical.Request) (*logical.Response, error) {
	switch {
	case request.Path == "sys/health":
		return &logical.Response{Data: map[string]any{"initialized": true, "sealed": false, "standby": false}}, nil
	case strings.HasPrefix(request.Path, "auth/") && strings.HasSuffix(request.Path, "/login"):
		return s.tokens.login(request)
	}
	token, err := s.tokens.check(request.ClientToken)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(request.Path, "auth/token/") {
		return s.tokens.handle(token, request)
	}
	if path, ok := strings.CutPrefix(request.Path, "sys/mounts/"); ok {
		return nil, s.changeMounts(ctx, namespace+strings.Trim(path, "/")+"/", request)
	}
	return s.route(ctx, namespace, request)
}

func (s *server) changeMounts(ctx context.Context, path string, request *logical.Request) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if request.Operation == logical.DeleteOperation {
		delete(s.mounts, path)
		return nil
	}
	if request.Data["type"] != "transit" {
		return &logical.StatusBadRequest{Err: fmt.Sprintf("plugin not found in the catalog: %v", request.Data["type"])}
	}
	if s.mounts[path] != nil {
		return &logical.StatusBadRequest{Err: "path is already in use at " + path}
	}
	return s.add(ctx, path)
}

func (s *server) add(ctx context.Context, path string) error {
	storage := &logical.InmemStorage{}
	config := &logical.BackendConfig{
		StorageView: storage,
		System:      &logical.StaticSystemView{},
		Config:      map[string]string{},
		Logger:      hclog.NewNullLogger(),
	}
	engine, err := transit.Factory(ctx, config)
	if err != nil {
		return err
	}
	s.mounts[path] = &mount{engine, storage}
	return engine.Initialize(ctx, &logical.InitializationRequest{Storage: storage})
}

// The mount whose path is the longest beginning of the request's. Every namespace has one at transit/.
func (s *server) find(ctx context.Context, namespace, path string) (*mount, string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.mounts[namespace+"transit/"] == nil && strings.HasPrefix(path, "transit/") {
		if err := s.add(ctx, namespace+"transit/"); err != nil {
			return nil, "", err
		}
	}
	for at := len(path); at > 0; at = strings.LastIndexByte(path[:at-1], '/') + 1 {
		if found := s.mounts[namespace+path[:at]]; found != nil {
			return found, path[:at], nil
		}
	}
	return nil, "", nil
}

func (s *server) route(ctx context.Context, namespace string, request *logical.Request) (*logical.Response, error) {
	found, path, err := s.find(ctx, namespace, request.Path)
	if err != nil {
		return nil, err
	}
	if found == nil {
		text := fmt.Sprintf("no handler for route %q. route entry not found.", request.Path)
		return logical.ErrorResponse(text), logical.ErrUnsupportedPath
	}
	request.Path = strings.TrimPrefix(request.Path, path)
	request.MountPoint, request.MountType, request.Storage = path, "transit", found.storage
	if request.Operation == logical.UpdateOperation {
		checked, exists, err := found.engine.HandleExistenceCheck(ctx, request)
		if err != nil && !errors.Is(err, logical.ErrUnsupportedPath) {
			return nil, err
		}
		if checked && !exists {
			request.Operation = logical.CreateOperation
		}
	}
	response, err := found.engine.HandleRequest(ctx, request)
	if response != nil {
		response.MountType = "transit"
	}
	return response, err
}
