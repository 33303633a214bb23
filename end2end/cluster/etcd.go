package main

// The store: etcd in this process, reachable over a socket in the private directory alone.

import (
	"context"
	"errors"
	"net/url"

	"go.etcd.io/etcd/server/v3/embed"
)

// Relative to the control plane's directory, which is the working directory.
const etcdAddress = "unix://" + etcdSocket

func startEtcd(ctx context.Context) (*embed.Etcd, error) {
	config := embed.NewConfig()
	config.Name = "local"
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.Dir = etcdDirectory
	config.LogLevel = "warn"
	socket, err := url.Parse(etcdAddress)
	if err != nil {
		return nil, err
	}
	config.ListenClientUrls = []url.URL{*socket}
	config.AdvertiseClientUrls = []url.URL{*socket}
	config.ListenPeerUrls = nil // there are no peers
	// Safe when this process dies in any way; only a power cut can lose the last seconds, of data made to be thrown away.
	config.UnsafeNoFsync = true
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case err = <-etcd.Err():
	case <-etcd.Server.StopNotify():
		err = errors.New("it stopped while it started")
	case <-ctx.Done():
		err = ctx.Err()
	}
	etcd.Close()
	return nil, err
}
