package main

import (
	"encoding/json"
	"net/http"

	"github.com/hashicorp/vault/sdk/logical"
)

// A response as Vault's HTTP layer writes it: none is 204, and an engine may give status and body itself, as transit
// does for a batch in which some items failed.
func respond(w http.ResponseWriter, request *logical.Request, response *logical.Response) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	if response == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if status, ok := response.Data[logical.HTTPStatusCode].(int); ok {
		body, _ := response.Data[logical.HTTPRawBody].(string)
		logical.RespondWithBody(w, status, body)
		return
	}
	body := logical.LogicalResponseToHTTPResponse(response)
	body.RequestID = request.ID
	_ = json.NewEncoder(w).Encode(body)
}
