package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"tenderbatch/internal/settings"
)

// address returns the URL that settings give or name, checked.
func address(section, given, variable string, getenv func(string) string) (string, error) {
	if given != "" {
		return given, nil
	}
	u, err := secret(getenv, section+".url_env", variable)
	if err != nil {
		return "", err
	}
	if wrong := settings.CheckURL(u); wrong != "" {
		return "", fmt.Errorf("what the environment variable %s holds, which %s.url_env names, %s", variable, section, wrong)
	}
	return u, nil
}

// addressed puts an offer into a URL.
func addressed(u, offer string) string { return strings.ReplaceAll(u, "{offer}", slug(offer)) }

// slug is an id as healthchecks.io writes it in addresses.
func slug(id string) string {
	return strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, strings.ToLower(Line(id, maxField)))
}

// client is an HTTP client that neither follows redirects, which could take what is sent
// somewhere else, nor keeps connections, since notices are hours apart.
func (n *Notifier) client() *http.Client {
	transport := &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: n.roots},
		DisableKeepAlives: true,
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// post sends a body and returns the beginning of the answer.
func (n *Notifier) post(ctx context.Context, to string, header http.Header, body []byte) (answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return "", final{errors.New("the address is not a URL")}
	}
	request.Header = header
	request.Header.Set("User-Agent", "batch/"+n.version)
	response, err := n.client().Do(request)
	if err != nil {
		return "", hidden(err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	start, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	if err != nil {
		return "", fmt.Errorf("%s: the answer was cut off: %w", request.URL.Hostname(), err)
	}
	// Masked before it is cut: half a secret would not be known again.
	answer = Line(n.secrets.Hide(strings.TrimSpace(string(start))), 200)
	return answer, status(request.URL.Hostname(), response.StatusCode, answer)
}

// mostAnswer is how many bytes of an answer are read; far fewer are shown.
const mostAnswer = 16 << 10

// hidden is an error of the HTTP client without the URL, of which the path is often a
// secret.
func hidden(err error) error {
	var e *url.Error
	if !errors.As(err, &e) {
		return err
	}
	host := "the server"
	if u, parseErr := url.Parse(e.URL); parseErr == nil {
		host = u.Hostname()
	}
	return fmt.Errorf("%s: %w", host, e.Err)
}

// status is the error that an answer's status means.
func status(host string, code int, answer string) error {
	if code >= 200 && code <= 299 {
		return nil
	}
	err := fmt.Errorf("%s answers %d %s: %q", host, code, http.StatusText(code), answer)
	switch {
	case code >= 300 && code <= 399:
		return final{fmt.Errorf("%s answers with a redirect (%d), which is not followed; use the address that it leads to",
			host, code)}
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		return err
	}
	return final{fmt.Errorf("%w; check the address", err)}
}

// uuid makes a UUID of its own (version 8, RFC 9562) of parts: the same of the same.
func uuid(parts ...string) string {
	sum := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(sum, "%d:%s", len(p), p)
	}
	u := sum.Sum(nil)[:16]
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}
