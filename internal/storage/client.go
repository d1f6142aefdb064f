package storage

import (
	"github.com/minio/minio-go/v7"
)

// NewClient is a client of the S3 store at an endpoint, "" for that of AWS_ENDPOINT_URL or Amazon's, with the credentials
// that the environment names, or else those of the machine; region may be "". Only a store on this machine is reached
// without TLS.
func NewClient(endpoint, region string, getenv func(string) string) (*minio.Client, error) {
	host, secure, err := endpointOf(endpoint, getenv)
	if err != nil {
		return nil, err
	}
	transport, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, err
	}
	transport.ResponseHeaderTimeout = quiet
	return minio.New(host, &minio.Options{Creds: credentialsFrom(getenv), Secure: secure, Region: region, Transport: transport,
		MaxRetries: 5, BucketLookup: lookup(host)})
}
