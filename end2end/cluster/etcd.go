package main

// Runs etcd in this process, reachable only through a socket in the private directory.

import (
	"context"
	"errors"
	"net/url"

	"go.etcd.io/etcd/server/v3/embed"
)

// etcdAddress is relative to the working directory, which is the control plane's directory.
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
	config.ListenPeerUrls = nil // single member
	// A crash of this process loses no data. A power failure can lose the last seconds of test data.
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
		err = errors.New("etcd stopped during startup")
	case <-ctx.Done():
		err = ctx.Err()
	}
	etcd.Close()
	return nil, err
}
