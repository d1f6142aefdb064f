package storage

import (
	"context"
	"net"

	"github.com/minio/minio-go/v7"
)

// NewClient is a client of the S3 store at an endpoint, "" for that of AWS_ENDPOINT_URL or Amazon's, with the credentials
// that the environment names, or else those of the machine; region may be "". Only a store on this machine is reached
// without TLS. Each connection is passed through count, unless that is nil.
func NewClient(endpoint, region string, getenv func(string) string, count func(net.Conn) net.Conn) (*minio.Client, error) {
	host, secure, err := endpointOf(endpoint, getenv)
	if err != nil {
		return nil, err
	}
	transport, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, err
	}
	transport.ResponseHeaderTimeout = quiet
	if dial := transport.DialContext; count != nil {
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return count(c), nil
		}
	}
	return minio.New(host, &minio.Options{Creds: credentialsFrom(getenv), Secure: secure, Region: region, Transport: transport,
		MaxRetries: 5, BucketLookup: lookup(host)})
}
