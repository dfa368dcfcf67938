package main

import (
	"fmt"
	"net"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
)

// serverConfig says how a server is set up.
type serverConfig struct {
	// lifted takes the limits of polling out of the way.
	lifted bool
}

type server struct {
	temporal.Server
	address string
}

func (s *server) stop() { _ = s.Stop() }

// services are those of a server, by the offset of their ports.
var services = []primitives.ServiceName{
	primitives.FrontendService, primitives.HistoryService, primitives.MatchingService, primitives.WorkerService,
}

// startServer starts all services on loopback, with one shard of the history
// and all state in memory, which is when a server on one machine is quickest.
func startServer(c serverConfig) (*server, error) {
	port, err := freePorts()
	if err != nil {
		return nil, err
	}
	stores, err := openStores()
	if err != nil {
		return nil, err
	}
	address := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", port+i) }
	cfg := &config.Config{
		Persistence: config.Persistence{
			DefaultStore: defaultStore, VisibilityStore: visibilityStore, NumHistoryShards: 1, DataStores: stores,
		},
		Global: config.Global{Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: "127.0.0.1"}},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: "active", CurrentClusterName: "active",
			ClusterInformation: map[string]cluster.ClusterInformation{
				"active": {Enabled: true, InitialFailoverVersion: 1, RPCAddress: address(0)},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            make(map[string]config.Service),
		Archival: config.Archival{
			History: config.HistoryArchival{State: "disabled"}, Visibility: config.VisibilityArchival{State: "disabled"},
		},
		PublicClient: config.PublicClient{HostPort: address(0)},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
	}
	hosts := make(map[primitives.ServiceName]static.Hosts)
	for i, name := range services {
		cfg.Services[string(name)] = config.Service{RPC: config.RPC{
			GRPCPort: port + i, MembershipPort: port + len(services) + i, BindOnLocalHost: true,
		}}
		hosts[name] = static.SingleLocalHost(address(i))
	}
	s, err := temporal.NewServer(
		temporal.WithConfig(cfg), temporal.ForServices(temporal.DefaultServices), temporal.WithStaticHosts(hosts),
		temporal.WithLogger(log.NewNoopLogger()),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()), temporal.WithDynamicConfigClient(settings(c.lifted)),
	)
	if err != nil {
		return nil, err
	}
	if err := s.Start(); err != nil {
		return nil, err
	}
	return &server{s, address(0)}, nil
}

const defaultStore, visibilityStore = "default", "visibility"

// openStores opens SQLite in memory.
func openStores() (map[string]config.DataStore, error) {
	memory := &config.SQL{
		PluginName: sqliteplugin.PluginName, DatabaseName: "bench",
		ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
	}
	ns, err := sqlite.NewNamespaceConfig("active", "default", false, nil)
	if err != nil {
		return nil, err
	}
	if err := sqlite.CreateNamespaces(memory, ns); err != nil {
		return nil, err
	}
	return map[string]config.DataStore{defaultStore: {SQL: memory}, visibilityStore: {SQL: memory}}, nil
}

// settings keep limits of requests out of the way, and with lifted those of
// polling, too, which let a shard be polled 20 times a second after a burst.
func settings(lifted bool) dynamicconfig.StaticClient {
	const unlimited = 100_000
	s := dynamicconfig.StaticClient{
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key():                 8096,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 100,
		dynamicconfig.EnableChasm.Key():                                  true,
	}
	keys := []dynamicconfig.Key{
		dynamicconfig.FrontendRPS.Key(), dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key(), dynamicconfig.HistoryRPS.Key(),
		dynamicconfig.MatchingRPS.Key(), dynamicconfig.HistoryPersistenceMaxQPS.Key(), dynamicconfig.FrontendPersistenceMaxQPS.Key(),
		dynamicconfig.MatchingPersistenceMaxQPS.Key(),
	}
	if lifted {
		keys = append(keys,
			dynamicconfig.TransferProcessorMaxPollRPS.Key(), dynamicconfig.TimerProcessorMaxPollRPS.Key(),
			dynamicconfig.VisibilityProcessorMaxPollRPS.Key(), dynamicconfig.TransferProcessorMaxPollHostRPS.Key(),
			dynamicconfig.TimerProcessorMaxPollHostRPS.Key(), dynamicconfig.VisibilityProcessorMaxPollHostRPS.Key())
	}
	for _, key := range keys {
		s[key] = unlimited
	}
	return s
}

// freePorts returns the first of a row of ports that nobody listened on a
// moment ago.
func freePorts() (first int, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
